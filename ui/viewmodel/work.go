package viewmodel

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"
)

// job is a task with what runs it.
type job struct {
	task   Task
	ctx    context.Context
	cancel context.CancelFunc
	run    func(ctx context.Context, id uint64) error
	// failure begins the notice that an error becomes.
	failure string
}

// enqueue adds a job and starts it when nothing runs. It returns the task's
// ID, or 0 when the studio is closed.
func (s *Studio) enqueue(t Task, failure string, run func(ctx context.Context, id uint64) error) uint64 {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return 0
	}
	s.lastID++
	t.ID = s.lastID
	ctx, cancel := context.WithCancel(s.ctx)
	j := &job{task: t, ctx: ctx, cancel: cancel, run: run, failure: failure}
	s.jobs[t.ID] = j
	s.queue = append(s.queue, j)
	s.state = reduce(s.state, taskQueued{t})
	if !s.busy {
		s.busy = true
		s.work.Go(s.serve)
	}
	tell := s.heard()
	s.mu.Unlock()
	tell()
	return t.ID
}

// serve runs jobs until none waits. One runs at a time: the device does one
// thing at a time, and two would only make both slow.
func (s *Studio) serve() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.busy = false
			s.mu.Unlock()
			return
		}
		j := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()

		err := j.ctx.Err()
		if err == nil {
			s.apply(taskStarted{j.task.ID})
			err = j.run(j.ctx, j.task.ID)
		}
		cancelled := j.ctx.Err() != nil
		j.cancel()
		s.mu.Lock()
		delete(s.jobs, j.task.ID)
		s.mu.Unlock()
		s.apply(taskEnded{j.task.ID})
		// Whatever a service says after it was told to stop is no news.
		if err != nil && !cancelled && !errors.Is(err, context.Canceled) {
			s.complain(j.failure, err)
		}
	}
}

// Cancel ends a task, or takes it out of the queue.
func (s *Studio) Cancel(id uint64) {
	s.mu.Lock()
	j := s.jobs[id]
	if j == nil {
		s.mu.Unlock()
		return
	}
	var e event = taskCancelling{id}
	if i := slices.Index(s.queue, j); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		delete(s.jobs, id)
		e = taskEnded{id}
	}
	s.mu.Unlock()
	j.cancel()
	s.apply(e)
}

// CancelRunning ends the task that runs, if one does.
func (s *Studio) CancelRunning() {
	if t, ok := s.State().Running(); ok {
		s.Cancel(t.ID)
	}
}

// Generate queues what the form asks for, and returns the task's ID; 0 when
// the form cannot be made, which a notice then says.
func (s *Studio) Generate() uint64 {
	st := s.State()
	f := st.Form
	if st.Plan.Problem != "" {
		n := Notice{Level: Warning, Text: st.Plan.Problem}
		if len(st.Plan.Offers) > 0 {
			n.Action = "Use " + st.Plan.Offers[0].Label
			n.Do = Action{Kind: TakeOffer, Offer: st.Plan.Offers[0]}
		}
		s.tell(n)
		return 0
	}
	r := f.Request
	if !f.KeepPalette {
		r.Palette = nil
	}
	r.Palette = slices.Clone(r.Palette)
	if m, ok := st.Model(); ok {
		r.Model = m.ID
		if r.Steps == 0 {
			r.Steps = m.Steps
		}
		if r.Guidance == 0 {
			r.Guidance = m.Guidance
		}
		if !m.FromPicture {
			r.Init = ""
		}
	}
	if !f.SeedFixed {
		r.Seed = s.seed()
	}
	t := Task{
		Kind: Generating, Title: Title(r), Picture: 1, Pictures: f.Count, Repeat: r.Repeat, Stage: "Waiting",
	}
	return s.enqueue(t, "The pattern was not generated", func(ctx context.Context, id uint64) error {
		return s.generate(ctx, id, r, f.Count)
	})
}

func (s *Studio) generate(ctx context.Context, id uint64, r Request, count int) error {
	for i := range count {
		one := r
		one.Seed = r.Seed + uint64(i)
		res, err := s.services.Generator.Generate(ctx, one, func(p Progress) {
			s.apply(taskMoved{id: id, now: s.clock.Now(), picture: i + 1, progress: p})
		})
		if err != nil {
			return err
		}
		// A result that came although it was cancelled is not wanted.
		if err := ctx.Err(); err != nil {
			return err
		}
		if res.Cell == nil || res.Cell.Rect.Empty() {
			return errors.New("the model returned no picture; try another model or size")
		}
		s.apply(arrived{id: s.id(), result: res, thumb: thumbnail(res.Cell)})
		for _, w := range res.Alerts {
			s.tell(Notice{Level: Warning, Text: w})
		}
		if len(res.UnknownWords) > 0 {
			s.tell(Notice{Level: Warning, Text: unknown(res.UnknownWords)})
		}
	}
	return nil
}

// MayExport says whether there is something to export. Where not, a notice
// says what to do; while a candidate is looked at, that is to accept it, since
// the eye takes it for the pattern.
func (s *Studio) MayExport() bool {
	st := s.State()
	if c, ok := st.Candidate(st.Viewing); ok {
		s.tell(Notice{
			Level: Warning, Text: "Candidate " + c.Letter + " is not on the canvas yet, and only the canvas is exported.",
			Action: "Accept and export", Do: Action{Kind: AcceptAndExport, ID: c.ID},
		})
		return false
	}
	if st.Canvas == nil {
		s.tell(Notice{Level: Warning, Text: "There is nothing on the canvas to export; generate a pattern and accept it."})
		return false
	}
	if st.Canvas.Result.Example {
		s.tell(Notice{Level: Warning, Text: "This is an example to look at; generate a pattern of your own, accept it, and export that."})
		return false
	}
	return s.services.Exporter != nil
}

// Export writes the canvas' piece to path, and returns the task's ID; 0 when
// there is nothing to export.
func (s *Studio) Export(path string) uint64 {
	st := s.State()
	if st.Canvas == nil || st.Canvas.Result.Example || s.services.Exporter == nil {
		return 0
	}
	res, o := st.Canvas.Result, st.Form.Export
	t := Task{Kind: Exporting, Title: "Export " + filepath.Base(path), Stage: "Waiting"}
	return s.enqueue(t, "The pattern was not exported", func(ctx context.Context, id uint64) error {
		done, err := s.services.Exporter.Export(ctx, res, path, o, func(p Progress) {
			s.apply(taskMoved{id: id, now: s.clock.Now(), progress: p})
		})
		if err != nil {
			return err
		}
		s.apply(kept{res.Cell})
		for _, w := range done.Warnings {
			s.tell(Notice{Level: Warning, Text: w})
		}
		s.tell(Notice{Level: News, Text: exported(done), Action: "Show folder", Do: Action{Kind: ShowFolder, Path: filepath.Dir(path)}})
		return nil
	})
}

// Drop takes a file or folder that was dropped on the window: a picture to
// start from, or a model to import.
func (s *Studio) Drop(path string) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp":
		if m, ok := s.State().Model(); !ok || !m.FromPicture {
			s.tell(Notice{Level: Warning, Text: "The chosen model cannot start from a picture; choose another model first."})
			return
		}
		s.Edit(func(f *Form) { f.Init = path })
	default:
		if s.services.Importer == nil {
			s.tell(Notice{Level: Warning, Text: filepath.Base(path) + " is neither a picture nor anything else that can be dropped here; drop a PNG, JPEG or TIFF."})
			return
		}
		s.Import(path)
	}
}

// Import takes a model in from a file or folder.
func (s *Studio) Import(path string) uint64 {
	if s.services.Importer == nil {
		return 0
	}
	t := Task{Kind: Importing, Title: "Import " + filepath.Base(path), Stage: "Waiting"}
	return s.enqueue(t, filepath.Base(path)+" was not imported", func(ctx context.Context, id uint64) error {
		m, err := s.services.Importer.Import(ctx, path, func(p Progress) {
			s.apply(taskMoved{id: id, now: s.clock.Now(), progress: p})
		})
		if err != nil {
			return err
		}
		s.readCatalogue()
		s.Edit(func(f *Form) { f.Model, f.Steps, f.Guidance = m.ID, 0, 0 })
		s.tell(Notice{Level: News, Text: m.Name + " is imported and chosen."})
		return nil
	})
}

func (s *Studio) readCatalogue() {
	models, err := s.services.Catalogue.Models(s.ctx)
	if err != nil && s.ctx.Err() == nil {
		s.complain("The models could not be listed", err)
	}
	devices, err := s.services.Catalogue.Devices(s.ctx)
	if err != nil && s.ctx.Err() == nil {
		s.complain("The devices could not be listed", err)
	}
	s.apply(catalogued{models, devices})
	// What the form chooses may be gone, or mean something else now.
	s.edit(true, func(f *Form) {
		if !slices.ContainsFunc(models, func(m Model) bool { return m.ID == f.Model }) {
			f.Model, f.Sampler = "", ""
		}
		if !slices.ContainsFunc(devices, func(d Device) bool { return d.ID == f.Device }) {
			f.Device = ""
		}
	})
}

func (s *Studio) open() {
	res, err := s.services.Example(s.ctx)
	if s.ctx.Err() != nil {
		return
	}
	if err != nil {
		s.complain("The example could not be opened", err)
		return
	}
	s.apply(opened{s.id(), res})
}

// inking is the newest palette that a piece shall have.
type inking struct {
	piece Piece
	chips []color.NRGBA
}

// wanted returns the chips that a piece is being inked with, or have.
func (s *Studio) wanted(piece uint64, have []color.NRGBA) []color.NRGBA {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.inks[piece]; k != nil {
		return slices.Clone(k.chips)
	}
	return slices.Clone(have)
}

// ink inks a piece, or tells the goroutine that already does so what is
// wanted now: only the newest palette is worth a picture.
func (s *Studio) ink(p Piece, position int, chips []color.NRGBA) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	if k := s.inks[p.ID]; k != nil {
		k.piece, k.chips = p, chips
	} else {
		k := &inking{piece: p, chips: chips}
		s.inks[p.ID] = k
		s.work.Go(func() { s.inkUntilDone(k) })
	}
	s.state = reduce(s.state, recoloring{slices.Clone(chips), fmt.Sprintf("ink %d %d", p.ID, position)})
	tell := s.heard()
	s.mu.Unlock()
	tell()
}

// inkUntilDone inks until the newest palette is done, or Undo has made all of
// it unwanted.
func (s *Studio) inkUntilDone(k *inking) {
	s.mu.Lock()
	p, chips := k.piece, k.chips
	s.mu.Unlock()
	for {
		cell, err := p.Result.Screens.Ink(s.ctx, slices.Clone(chips))
		var thumb *image.NRGBA
		if err == nil {
			thumb = thumbnail(cell)
		}
		s.mu.Lock()
		if s.inks[p.ID] != k {
			s.mu.Unlock()
			return
		}
		done := err != nil || slices.Equal(chips, k.chips)
		if done {
			delete(s.inks, p.ID)
		}
		if err == nil {
			s.state = reduce(s.state, inked{id: p.ID, chips: chips, cell: cell, thumb: thumb})
			s.lay()
		}
		p, chips = k.piece, k.chips
		tell := s.heard()
		s.mu.Unlock()
		tell()
		if err != nil && s.ctx.Err() == nil {
			s.complain("The colours were not changed", err)
		}
		if done {
			return
		}
	}
}

// thumbnail returns cell with at most ThumbSide pixels a side.
func thumbnail(cell *image.NRGBA) *image.NRGBA {
	b := cell.Bounds()
	w, h := b.Dx(), b.Dy()
	if w <= ThumbSide && h <= ThumbSide {
		return cell
	}
	long := max(w, h)
	out := image.NewNRGBA(image.Rect(0, 0, max(1, w*ThumbSide/long), max(1, h*ThumbSide/long)))
	draw.ApproxBiLinear.Scale(out, out.Rect, cell, b, draw.Src, nil)
	return out
}
