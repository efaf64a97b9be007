package viewmodel

import (
	"image"
	"image/color"
	"slices"
	"strconv"
	"time"

	"github.com/selvage-studio/selvage/ui/plane"
)

// event is something that happened. The types below are all there are.
type event interface{ isEvent() }

type (
	formEdited struct {
		form Form
		plan Plan
	}
	catalogued struct {
		models  []Model
		devices []Device
	}
	taskQueued  struct{ task Task }
	taskStarted struct{ id uint64 }
	taskMoved   struct {
		id       uint64
		now      time.Time
		picture  int
		progress Progress
	}
	taskCancelling struct{ id uint64 }
	taskEnded      struct{ id uint64 }
	arrived        struct {
		id     uint64
		result Result
		thumb  *image.NRGBA
	}
	opened struct {
		id     uint64
		result Result
	}
	accepted  struct{ id uint64 }
	discarded struct{ id uint64 }
	viewed    struct{ id uint64 }
	compared  struct{ on bool }
	// recoloring is what a person asked for; gesture is the same for changes
	// that Undo takes back in one.
	recoloring struct {
		chips   []color.NRGBA
		gesture string
	}
	inked struct {
		id    uint64
		chips []color.NRGBA
		cell  *image.NRGBA
		thumb *image.NRGBA
	}
	kept     struct{ cell *image.NRGBA }
	laid     struct{ ground, over *plane.Plane }
	undone   struct{}
	noticed  struct{ notice Notice }
	relieved struct{ id uint64 }
)

func (formEdited) isEvent()     {}
func (catalogued) isEvent()     {}
func (taskQueued) isEvent()     {}
func (taskStarted) isEvent()    {}
func (taskMoved) isEvent()      {}
func (taskCancelling) isEvent() {}
func (taskEnded) isEvent()      {}
func (arrived) isEvent()        {}
func (opened) isEvent()         {}
func (accepted) isEvent()       {}
func (discarded) isEvent()      {}
func (viewed) isEvent()         {}
func (compared) isEvent()       {}
func (recoloring) isEvent()     {}
func (inked) isEvent()          {}
func (kept) isEvent()           {}
func (laid) isEvent()           {}
func (undone) isEvent()         {}
func (noticed) isEvent()        {}
func (relieved) isEvent()       {}

// reduce returns the state after e. It changes nothing that s points to.
func reduce(s State, e event) State {
	s.Version++
	s.Record = s.Record.happen(e)
	switch e := e.(type) {
	case formEdited:
		s.Form, s.Plan = e.form, e.plan
	case catalogued:
		s.Models, s.Devices = e.models, e.devices
	case taskQueued:
		s.Tasks = append(slices.Clip(s.Tasks), e.task)
	case taskStarted:
		s.Tasks = with(s.Tasks, e.id, func(t *Task) { t.Running = true })
	case taskMoved:
		s.Tasks = with(s.Tasks, e.id, func(t *Task) { t.move(e) })
	case taskCancelling:
		s.Tasks = with(s.Tasks, e.id, func(t *Task) { t.Cancelling, t.TimeLeft = true, 0 })
	case taskEnded:
		s.Tasks = slices.DeleteFunc(slices.Clone(s.Tasks), func(t Task) bool { return t.ID == e.id })
		if s.Viewing == e.id {
			s.Viewing, s.Comparing = 0, false
		}
	case arrived:
		s = s.arrive(e)
	case opened:
		if s.Canvas == nil {
			s.Canvas = &Piece{ID: e.id, Result: e.result, Kept: true}
		}
	case accepted:
		s = s.accept(e.id)
	case discarded:
		s = s.discard(e.id)
	case viewed:
		s.Viewing = e.id
		s.Comparing = s.Comparing && e.id != 0
	case compared:
		s.Comparing = e.on && s.Viewing != 0 && s.Canvas != nil
	case recoloring:
		if n := len(s.undo); n == 0 || s.undo[n-1].gesture != e.gesture {
			s = s.remember("Recolour")
			s.undo[len(s.undo)-1].gesture = e.gesture
		}
		s.Form.Palette, s.Form.KeepPalette = e.chips, true
	case inked:
		s = s.ink(e)
	case kept:
		if s.Canvas != nil && s.Canvas.Result.Cell == e.cell {
			p := *s.Canvas
			p.Kept = true
			s.Canvas = &p
		}
	case laid:
		s.Ground, s.Over = e.ground, e.over
	case undone:
		s = s.takeBack()
	case noticed:
		s = s.notice(e.notice)
	case relieved:
		s.Notices = slices.DeleteFunc(slices.Clone(s.Notices), func(n Notice) bool { return n.ID == e.id })
	}
	for len(s.undo) > 0 && s.retained() > maxRetained {
		s.undo = s.undo[1:]
	}
	s.Undoable = ""
	if n := len(s.undo); n > 0 {
		s.Undoable = s.undo[n-1].label
	}
	return s
}

func with(tasks []Task, id uint64, change func(*Task)) []Task {
	tasks = slices.Clone(tasks)
	for i := range tasks {
		if tasks[i].ID == id {
			change(&tasks[i])
		}
	}
	return tasks
}

func (t *Task) move(e taskMoved) {
	p := e.progress
	t.Stage, t.Step, t.Steps, t.Picture = p.Stage, p.Step, p.Steps, e.picture
	n := float64(max(t.Pictures, 1))
	f := (float64(max(e.picture, 1)-1) + min(max(p.Fraction, 0), 1)) / n
	// A bar that runs backwards tells nothing.
	t.Fraction = max(t.Fraction, f)
	left := t.pace.at(e.now, t.Fraction, p.Steps > 0)
	if p.TimeLeft > 0 && t.Pictures <= 1 {
		left = p.TimeLeft
	}
	if !t.Cancelling {
		t.TimeLeft = left
	}
	if p.Preview != nil {
		t.Preview = p.Preview
	}
}

func (s State) arrive(e arrived) State {
	s.Candidates = append(slices.Clip(s.Candidates), Candidate{
		Piece: Piece{ID: e.id, Letter: letter(s.letters), Result: e.result},
		Thumb: e.thumb,
	})
	s.letters++
	// The oldest that nobody looks at goes when the strip is full, as a
	// discard that can be undone.
	for len(s.Candidates) > 1 && (len(s.Candidates) > maxCandidates || s.held() > maxRetained) {
		old := s.Candidates[0].ID
		if old == s.Viewing {
			old = s.Candidates[1].ID
		}
		s = s.discard(old)
	}
	return s
}

// held is the memory of the candidates' pictures in bytes.
func (s State) held() int {
	bytes := 0
	for _, c := range s.Candidates {
		bytes += len(c.Result.Cell.Pix) + c.Result.Held
	}
	return bytes
}

func (s State) remember(label string) State {
	s.undo = append(slices.Clip(s.undo), moment{
		label: label, canvas: s.Canvas, candidates: s.Candidates, palette: s.Form.Palette, keep: s.Form.KeepPalette,
	})
	if len(s.undo) > maxUndo {
		s.undo = slices.Clone(s.undo[len(s.undo)-maxUndo:])
	}
	return s
}

func (s State) accept(id uint64) State {
	c, ok := s.Candidate(id)
	if !ok {
		return s
	}
	s = s.remember("Accept " + c.Letter)
	s.Candidates = without(s.Candidates, id)
	s.Canvas = &c.Piece
	s.Viewing, s.Comparing = 0, false
	if !s.Form.KeepPalette && len(c.Result.Palette) > 0 {
		s.Form.Palette = Palette(c.Result.Palette)
	}
	return s
}

func (s State) discard(id uint64) State {
	c, ok := s.Candidate(id)
	if !ok {
		return s
	}
	s = s.remember("Discard " + c.Letter)
	s.Candidates = without(s.Candidates, id)
	if s.Viewing == id {
		s.Viewing, s.Comparing = 0, false
	}
	return s
}

func (s State) ink(e inked) State {
	recolor := func(p Piece) Piece {
		p.Kept = false
		p.Result.Cell = e.cell
		p.Result.Request.Palette = e.chips
		p.Result.Palette = slices.Clone(p.Result.Palette)
		for i := range p.Result.Palette {
			if i < len(e.chips) {
				p.Result.Palette[i].Chip = e.chips[i]
			}
		}
		return p
	}
	if s.Canvas != nil && s.Canvas.ID == e.id {
		p := recolor(*s.Canvas)
		s.Canvas = &p
	}
	s.Candidates = slices.Clone(s.Candidates)
	for i, c := range s.Candidates {
		if c.ID == e.id {
			s.Candidates[i] = Candidate{Piece: recolor(c.Piece), Thumb: e.thumb}
		}
	}
	return s
}

func (s State) takeBack() State {
	n := len(s.undo)
	if n == 0 {
		return s
	}
	m := s.undo[n-1]
	s.undo = s.undo[:n-1]
	// Candidates that came after the moment are no part of it and stay.
	candidates := slices.Clone(m.candidates)
	newest := uint64(0)
	for _, c := range candidates {
		newest = max(newest, c.ID)
	}
	for _, c := range s.Candidates {
		if c.ID > newest && (m.canvas == nil || c.ID != m.canvas.ID) {
			candidates = append(candidates, c)
		}
	}
	s.Canvas, s.Candidates = m.canvas, candidates
	s.Form.Palette, s.Form.KeepPalette = m.palette, m.keep
	if _, ok := s.Candidate(s.Viewing); !ok {
		if _, ok := s.Task(s.Viewing); !ok {
			s.Viewing, s.Comparing = 0, false
		}
	}
	return s
}

func (s State) notice(n Notice) State {
	notices := slices.DeleteFunc(slices.Clone(s.Notices), func(o Notice) bool {
		return o.Text == n.Text || (o.Level == News && n.Level == News)
	})
	notices = append(notices, n)
	s.Notices = notices
	if len(s.Notices) > maxNotices {
		s.Notices = s.Notices[len(s.Notices)-maxNotices:]
	}
	return s
}

func without(cs []Candidate, id uint64) []Candidate {
	return slices.DeleteFunc(slices.Clone(cs), func(c Candidate) bool { return c.ID == id })
}

// letter names candidates A to Z, then A2 to Z2 and so on.
func letter(n int) string {
	l := string(rune('A' + n%26))
	if n >= 26 {
		l += strconv.Itoa(n/26 + 1)
	}
	return l
}
