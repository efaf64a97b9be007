package viewmodel

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"image/color"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/plane"
)

// Studio is the state of the first room and what a person can do there. All
// methods may be called from any goroutine and return at once.
type Studio struct {
	services Services
	clock    Clock
	seed     func() uint64

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	state     State
	lastID    uint64
	listeners map[uint64]func()
	jobs      map[uint64]*job
	queue     []*job
	busy      bool
	laying    bool
	inks      map[uint64]*inking
	closed    bool
}

// Option changes how a Studio is made.
type Option func(*Studio)

// WithSeeds sets where random seeds come from.
func WithSeeds(next func() uint64) Option { return func(s *Studio) { s.seed = next } }

// WithForm sets what the inspector starts with.
func WithForm(f Form) Option { return func(s *Studio) { s.state.Form = f } }

// DefaultForm is what the inspector shows on the first start.
func DefaultForm() Form {
	return Form{
		Request: Request{
			Prompt: "tossed flowers and leaves, dense",
			Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2},
			Size:   Size{Physical: true, WidthMM: 240, DPI: 150, Width: 512, Height: 512},
			Seed:   1, Strength: 0.6,
		},
		Count:  1,
		Export: ExportOptions{Depth: 8},
	}
}

// New makes a studio and begins to read the catalogue and the example. Close
// ends it.
func New(sv Services, c Clock, opts ...Option) *Studio {
	s := &Studio{
		services: sv, clock: c, seed: randomSeed,
		state:     State{Form: DefaultForm()},
		listeners: map[uint64]func(){}, jobs: map[uint64]*job{}, inks: map[uint64]*inking{},
	}
	for _, o := range opts {
		o(s)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.state.Record.Offered = sv.Historian != nil
	s.state.Plan = sv.Generator.Plan(s.state.Form.Request)
	if sv.Catalogue != nil {
		s.work.Go(s.readCatalogue)
	}
	if sv.Example != nil {
		s.work.Go(s.open)
	}
	return s
}

// Close cancels every task, waits for all of them and for every other
// goroutine of the studio. Methods called later do nothing.
func (s *Studio) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
}

// State returns the newest snapshot.
func (s *Studio) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Subscribe calls changed after every change, from the goroutine that made
// it; changed must not wait. The returned function ends that.
func (s *Studio) Subscribe(changed func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	id := s.lastID
	s.listeners[id] = changed
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, id)
	}
}

// apply reduces an event into the state and tells the listeners. The lock is
// not held.
func (s *Studio) apply(e event) {
	s.mu.Lock()
	s.state = reduce(s.state, e)
	s.lay()
	s.readHistory()
	tell := s.heard()
	s.mu.Unlock()
	tell()
}

// lay starts to make the planes that the state lacks. The lock is held.
func (s *Studio) lay() {
	ground, over := s.state.sources()
	if s.laying || s.closed || !stale(s.state.Ground, ground) && !stale(s.state.Over, over) {
		return
	}
	s.laying = true
	s.work.Go(s.layOut)
}

// layOut makes planes until the state has those that it needs. Of pictures
// that come faster than this, all but the newest are left out.
func (s *Studio) layOut() {
	for {
		s.mu.Lock()
		ground, over := s.state.sources()
		g, o := s.state.Ground, s.state.Over
		if s.closed || !stale(g, ground) && !stale(o, over) {
			s.laying = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		// What was viewed is often what is on the canvas next.
		made := func(src source, have ...*plane.Plane) *plane.Plane {
			if src.cell == nil {
				return nil
			}
			for _, p := range have {
				if p.Of(src.cell, src.repeat) {
					return p
				}
			}
			return plane.New(src.cell, src.repeat)
		}
		ng, no := made(ground, g, o), made(over, o, g)
		s.mu.Lock()
		s.state = reduce(s.state, laid{ng, no})
		tell := s.heard()
		s.mu.Unlock()
		tell()
	}
}

// heard returns the listeners as one call. The lock is held.
func (s *Studio) heard() func() {
	var fs []func()
	for _, f := range s.listeners {
		fs = append(fs, f)
	}
	return func() {
		for _, f := range fs {
			f()
		}
	}
}

func (s *Studio) id() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	return s.lastID
}

// Edit changes the form, and plans its size anew.
func (s *Studio) Edit(change func(*Form)) { s.edit(false, change) }

// edit is Edit; always plans anew even when the form stays as it is.
func (s *Studio) edit(always bool, change func(*Form)) {
	s.mu.Lock()
	f := s.state.Form
	f.Palette = slices.Clone(f.Palette)
	change(&f)
	f.tidy()
	if s.closed || !always && reflect.DeepEqual(f, s.state.Form) {
		s.mu.Unlock()
		return
	}
	s.state = reduce(s.state, formEdited{f, s.services.Generator.Plan(f.Request)})
	tell := s.heard()
	s.mu.Unlock()
	tell()
}

// tidy keeps figures inside what the studio allows.
func (f *Form) tidy() {
	f.Count = min(max(f.Count, 1), 8)
	f.Steps = min(max(f.Steps, 0), 150)
	f.Guidance = min(max(f.Guidance, 0), 30)
	f.Strength = min(max(f.Strength, 0.05), 1)
	if f.Export.Depth != 16 {
		f.Export.Depth = 8
	}
}

// Take fills the form with a size and repeat that the lattice allows.
func (s *Studio) Take(o Offer) {
	s.Edit(func(f *Form) { f.Size, f.Repeat = o.Size, o.Repeat })
}

// UseSettings fills the form with the request of a piece on view, its seed
// fixed, so that it can be varied.
func (s *Studio) UseSettings() {
	p := s.State().Shown()
	if p == nil {
		return
	}
	s.Edit(func(f *Form) {
		f.Request = p.Result.Request
		f.SeedFixed = true
		f.KeepPalette = len(f.Palette) > 0
	})
}

// View lays out a candidate, or the preview of a task, in place of the
// canvas; 0 goes back.
func (s *Studio) View(id uint64) {
	st := s.State()
	if st.Viewing == id {
		return
	}
	if id != 0 {
		_, candidate := st.Candidate(id)
		_, task := st.Task(id)
		if !candidate && !task {
			return
		}
	}
	s.apply(viewed{id})
}

// Compare shows the canvas and what is viewed side by side, or stops to.
func (s *Studio) Compare(on bool) { s.apply(compared{on}) }

// Accept puts a candidate on the canvas.
func (s *Studio) Accept(id uint64) {
	st := s.State()
	if c, ok := st.Candidate(id); ok {
		of := len(st.Candidates)
		s.record(func(ctx context.Context, r Recorder) error { return r.Accepted(ctx, c.Result, of) })
	}
	s.apply(accepted{id})
}

// record tells the recorder, where there is one, beside the window. What was begun is ended
// also when the studio closes.
func (s *Studio) record(tell func(ctx context.Context, r Recorder) error) {
	r := s.services.Recorder
	if r == nil {
		return
	}
	s.work.Go(func() {
		if err := tell(context.WithoutCancel(s.ctx), r); err != nil {
			s.complain("This choice is not on record", err)
		}
		s.apply(recorded{})
	})
}

// Discard takes a candidate away; Undo brings it back.
func (s *Studio) Discard(id uint64) {
	c, ok := s.State().Candidate(id)
	if !ok {
		return
	}
	s.record(func(ctx context.Context, r Recorder) error { return r.Discarded(ctx, c.Result) })
	s.apply(discarded{id})
	s.tell(Notice{Level: News, Text: "Candidate " + c.Letter + " is discarded.", Action: "Undo", Do: Action{Kind: UndoLast}})
}

// Undo takes the last accept, discard or recolouring back.
func (s *Studio) Undo() {
	s.mu.Lock()
	clear(s.inks) // what is being inked now is no longer wanted
	s.mu.Unlock()
	s.apply(undone{})
}

// Act does what the button of a notice offers, as far as it is the studio's to
// do, and takes the notice away.
func (s *Studio) Act(n Notice) {
	s.Dismiss(n.ID)
	switch n.Do.Kind {
	case UndoLast:
		s.Undo()
	case AcceptAndExport:
		s.Accept(n.Do.ID)
	case TakeOffer:
		s.Take(n.Do.Offer)
	default:
	}
}

// Dismiss takes a notice away.
func (s *Studio) Dismiss(id uint64) { s.apply(relieved{id}) }

func (s *Studio) tell(n Notice) {
	n.ID = s.id()
	s.apply(noticed{n})
}

// complain shows an error as a notice.
func (s *Studio) complain(what string, err error) {
	text := strings.TrimSpace(err.Error())
	if what != "" {
		text = what + ": " + text
	}
	s.tell(Notice{Level: Failure, Text: text})
}

// Report shows an error that happened outside the studio's own tasks.
func (s *Studio) Report(what string, err error) { s.complain(what, err) }

// SetChip changes one chip of the palette. A piece on view that carries
// screens is inked anew at once, without the model; in any case the next
// result uses the chips.
func (s *Studio) SetChip(position int, c color.NRGBA) {
	st := s.State()
	chips := Palette(st.Chips())
	p := st.Shown()
	if p != nil {
		chips = s.wanted(p.ID, chips)
	}
	if position < 0 || position >= len(chips) {
		return
	}
	chips[position] = c
	if p == nil || p.Result.Screens == nil {
		s.Edit(func(f *Form) { f.Palette, f.KeepPalette = slices.Clone(chips), true })
		return
	}
	s.ink(*p, position, chips)
}

func randomSeed() uint64 {
	var b [4]byte
	// Reading from the system's source never fails (crypto/rand).
	_, _ = rand.Read(b[:])
	return uint64(binary.LittleEndian.Uint32(b[:]))
}
