package viewmodel

import (
	"image"
	"image/color"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/plane"
)

// State is all that the studio shows at one moment. Nobody changes a State
// that was handed out; slices and pictures in it are shared and read only.
type State struct {
	// Version rises with every change.
	Version uint64
	Form    Form
	Plan    Plan
	Models  []Model
	Devices []Device
	// Tasks are in the order in which they run; the first may be running.
	Tasks []Task
	// Canvas is what was accepted, nil before there is anything.
	Canvas *Piece
	// Candidates wait for a person to accept or discard them, oldest first.
	Candidates []Candidate
	// Viewing is the ID of the candidate or running task that is laid out in
	// place of the canvas' own piece; 0 shows the canvas.
	Viewing uint64
	// Comparing shows what is viewed and the canvas side by side.
	Comparing bool
	// Ground is the canvas' own piece ready to be painted, Over what is viewed
	// in its place. They follow what they show a moment later, since making
	// them takes a while; nil is nothing to show.
	Ground, Over *plane.Plane
	Notices      []Notice
	// Record is what the panel of the history shows.
	Record Record
	// Undoable names what Undo would take back; empty when there is nothing.
	Undoable string

	letters int
	undo    []moment
}

// Form is what the inspector edits: a Request that is not yet complete.
type Form struct {
	Request
	// SeedFixed uses Request.Seed; otherwise each picture has a new one.
	SeedFixed bool
	// KeepPalette inks the next result with Request.Palette; otherwise the
	// prompt's colour words choose the chips.
	KeepPalette bool
	// Count is how many candidates one Generate makes, 1 to 8.
	Count int
	// Inches shows lengths in inches.
	Inches bool
	Export ExportOptions
}

// Piece is a result on the canvas.
type Piece struct {
	ID uint64
	// Letter is that of the candidate it was, or empty.
	Letter string
	Result Result
	// Kept says that it was exported as it is, or is the example.
	Kept bool
}

// Candidate is a result that nobody has decided on yet.
type Candidate struct {
	Piece
	// Thumb is the cell at no more than ThumbSide pixels a side.
	Thumb *image.NRGBA
}

// ThumbSide is the longer side of a candidate's thumbnail in pixels.
const ThumbSide = 176

// TaskKind says what a task does.
type TaskKind uint8

// The kinds of tasks.
const (
	Generating TaskKind = iota
	Exporting
	Importing
)

// Task is a job that runs or waits to run.
type Task struct {
	ID      uint64
	Kind    TaskKind
	Title   string
	Running bool
	// Cancelling is set between Cancel and the end of the task.
	Cancelling bool
	// Stage, Step and Steps are as the service reported them.
	Stage       string
	Step, Steps int
	// Picture counts the pictures of a Generate from 1, of Pictures.
	Picture, Pictures int
	// Fraction is of the whole task, 0 to 1.
	Fraction float64
	// TimeLeft is an estimate; 0 when there is none yet.
	TimeLeft time.Duration
	Repeat   pattern.Repeat
	Preview  *image.NRGBA

	pace pace
}

// NoticeLevel is how much a notice matters.
type NoticeLevel uint8

// The levels, from news to failure.
const (
	News NoticeLevel = iota
	Warning
	Failure
)

// Notice is a line in the bar under the top of the window. It stays until it
// is dismissed or its action is taken.
type Notice struct {
	ID    uint64
	Level NoticeLevel
	Text  string
	// Action, when there is one, names a button, and Do what it does.
	Action string
	Do     Action
}

// ActionKind says what the button of a notice does.
type ActionKind uint8

// What a notice can offer.
const (
	NoAction ActionKind = iota
	UndoLast
	AcceptAndExport
	ShowFolder
	TakeOffer
)

// Action is an offer that comes with a notice.
type Action struct {
	Kind  ActionKind
	ID    uint64
	Path  string
	Offer Offer
}

// moment is what Undo brings back.
type moment struct {
	label      string
	gesture    string
	canvas     *Piece
	candidates []Candidate
	palette    []color.NRGBA
	keep       bool
}

const (
	maxUndo       = 64
	maxCandidates = 24
	// maxRetained is how many bytes of pictures candidates and undo may keep.
	maxRetained = 1 << 30
	maxNotices  = 4
)

// Running returns the task that runs, if one does.
func (s State) Running() (Task, bool) {
	for _, t := range s.Tasks {
		if t.Running {
			return t, true
		}
	}
	return Task{}, false
}

// Task returns the task with an ID.
func (s State) Task(id uint64) (Task, bool) {
	i := slices.IndexFunc(s.Tasks, func(t Task) bool { return t.ID == id })
	if i < 0 {
		return Task{}, false
	}
	return s.Tasks[i], true
}

// Candidate returns the candidate with an ID.
func (s State) Candidate(id uint64) (Candidate, bool) {
	i := slices.IndexFunc(s.Candidates, func(c Candidate) bool { return c.ID == id })
	if i < 0 {
		return Candidate{}, false
	}
	return s.Candidates[i], true
}

// Shown returns the piece that fills the canvas: the candidate that is looked
// at, or the canvas' own. It is nil while a running task's preview is looked
// at, and before there is anything.
func (s State) Shown() *Piece {
	if s.Viewing == 0 {
		return s.Canvas
	}
	if c, ok := s.Candidate(s.Viewing); ok {
		return &c.Piece
	}
	return nil
}

// Unsaved counts what would be lost with the window: candidates, and a canvas
// that was not exported since it changed.
func (s State) Unsaved() int {
	n := len(s.Candidates)
	if s.Canvas != nil && !s.Canvas.Kept {
		n++
	}
	return n
}

// source is what a plane is made of.
type source struct {
	cell   *image.NRGBA
	repeat pattern.Repeat
}

// sources returns what the ground and what lies over it are to be made of.
func (s State) sources() (ground, over source) {
	if s.Canvas != nil {
		ground = source{s.Canvas.Result.Cell, s.Canvas.Result.Repeat}
	}
	if s.Viewing == 0 {
		return ground, over
	}
	if p := s.Shown(); p != nil {
		over = source{p.Result.Cell, p.Result.Repeat}
	} else if t, ok := s.Task(s.Viewing); ok {
		over = source{t.Preview, t.Repeat}
	}
	return ground, over
}

// stale says whether a plane has to be made anew for src.
func stale(p *plane.Plane, src source) bool {
	if src.cell == nil {
		return p != nil
	}
	return !p.Of(src.cell, src.repeat)
}

// retained is the memory of all pictures that the state keeps, each counted
// once, in bytes.
func (s State) retained() int {
	seen := map[*image.NRGBA]int{}
	count := func(p *Piece) {
		if p != nil && p.Result.Cell != nil {
			seen[p.Result.Cell] = len(p.Result.Cell.Pix) + p.Result.Held
		}
	}
	all := func(canvas *Piece, cs []Candidate) {
		count(canvas)
		for i := range cs {
			count(&cs[i].Piece)
		}
	}
	all(s.Canvas, s.Candidates)
	for _, m := range s.undo {
		all(m.canvas, m.candidates)
	}
	bytes := 0
	for _, n := range seen {
		bytes += n
	}
	return bytes
}

// Model returns the model that the form chooses: the first when it names none.
func (s State) Model() (Model, bool) {
	for _, m := range s.Models {
		if m.ID == s.Form.Model || s.Form.Model == "" {
			return m, true
		}
	}
	return Model{}, false
}

// Chips returns the palette that the inspector shows: that of the piece on
// view, or the form's own before there is one.
func (s State) Chips() []Position {
	if p := s.Shown(); p != nil && len(p.Result.Palette) > 0 {
		return p.Result.Palette
	}
	m, _ := s.Model()
	var chips []Position
	for i, c := range s.Form.Palette {
		name := "Chip"
		if i < len(m.Positions) {
			name = m.Positions[i]
		}
		chips = append(chips, Position{Name: name, Chip: c})
	}
	return chips
}

// Palette returns the chips of positions.
func Palette(ps []Position) []color.NRGBA {
	chips := make([]color.NRGBA, len(ps))
	for i, p := range ps {
		chips[i] = p.Chip
	}
	return chips
}
