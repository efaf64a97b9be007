package viewmodel_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/uitest"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// bench is a studio over a draughtsman, with what a test needs to wait for
// states instead of for time.
type bench struct {
	t     *testing.T
	d     *uitest.Draughtsman
	st    *viewmodel.Studio
	clock *handClock
	wake  chan struct{}
}

func newBench(t *testing.T, change func(*viewmodel.Services)) *bench {
	t.Helper()
	b := &bench{t: t, d: uitest.New(), clock: newHandClock(), wake: make(chan struct{}, 1)}
	sv := b.d.Services()
	if change != nil {
		change(&sv)
	}
	f := viewmodel.DefaultForm()
	f.Size = viewmodel.Size{Width: 64, Height: 64, DPI: 72}
	f.Steps = 3
	seed := uint64(100)
	b.st = viewmodel.New(sv, b.clock, viewmodel.WithForm(f), viewmodel.WithSeeds(func() uint64 { seed++; return seed }))
	t.Cleanup(b.st.Close)
	b.st.Subscribe(func() {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	})
	return b
}

// until waits for a state; the test's deadline ends a wait in vain.
func (b *bench) until(what string, fits func(viewmodel.State) bool) viewmodel.State {
	b.t.Helper()
	give := time.After(30 * time.Second)
	for {
		st := b.st.State()
		if fits(st) {
			return st
		}
		select {
		case <-b.wake:
		case <-give:
			b.t.Fatalf("never: %s; the state is %+v", what, st)
		}
	}
}

func idle(st viewmodel.State) bool { return len(st.Tasks) == 0 }

// generate makes one candidate.
func (b *bench) generate() viewmodel.Candidate {
	b.t.Helper()
	n := len(b.st.State().Candidates)
	if b.st.Generate() == 0 {
		b.t.Fatalf("not generated: %v", b.st.State().Notices)
	}
	st := b.until("a candidate", func(st viewmodel.State) bool { return idle(st) && len(st.Candidates) == n+1 })
	return st.Candidates[n]
}

func TestResultsWaitForAPerson(t *testing.T) {
	b := newBench(t, nil)
	b.until("the example", func(st viewmodel.State) bool { return st.Canvas != nil && st.Ground != nil })
	example := b.st.State().Canvas.ID
	c := b.generate()
	st := b.st.State()
	if st.Canvas.ID != example || st.Viewing != 0 {
		t.Fatal("a result went to the canvas, or on view, by itself")
	}
	if c.Letter != "A" || c.Result.Cell == nil || c.Thumb == nil || !c.Result.Seam.OK {
		t.Fatalf("the candidate is %+v", c)
	}
	b.st.View(c.ID)
	st = b.until("the candidate is laid out", func(st viewmodel.State) bool { return st.Over.Of(c.Result.Cell, c.Result.Repeat) })
	if st.Canvas.ID != example || st.Shown().ID != c.ID {
		t.Fatal("looking at a candidate put it on the canvas")
	}
	b.st.Accept(c.ID)
	st = b.until("it is on the canvas", func(st viewmodel.State) bool {
		return st.Canvas.ID == c.ID && st.Ground.Of(c.Result.Cell, c.Result.Repeat) && st.Over == nil
	})
	if len(st.Candidates) != 0 || st.Viewing != 0 || st.Undoable != "Accept A" {
		t.Fatalf("after accepting: %d candidates, viewing %d, undoable %q", len(st.Candidates), st.Viewing, st.Undoable)
	}
	b.st.Undo()
	st = b.st.State()
	if st.Canvas.ID != example || len(st.Candidates) != 1 || st.Undoable != "" {
		t.Fatal("Undo did not bring the canvas and the candidate back")
	}
	b.st.Discard(c.ID)
	st = b.st.State()
	if len(st.Candidates) != 0 || len(st.Notices) != 1 || st.Notices[0].Action != "Undo" {
		t.Fatalf("after discarding: %+v", st.Notices)
	}
	b.st.Act(st.Notices[0])
	if st = b.st.State(); len(st.Candidates) != 1 || len(st.Notices) != 0 {
		t.Fatal("the notice's Undo did not bring the candidate back")
	}
}

// A result that comes between an act and its undoing is no part of it.
func TestUndoKeepsWhatCameLater(t *testing.T) {
	b := newBench(t, nil)
	a := b.generate()
	b.st.Accept(a.ID)
	later := b.generate()
	b.st.Undo()
	var ids []uint64
	for _, c := range b.st.State().Candidates {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, []uint64{a.ID, later.ID}) {
		t.Fatalf("candidates after Undo: %v, want %v", ids, []uint64{a.ID, later.ID})
	}
}

func TestProgressAndTimeLeft(t *testing.T) {
	b := newBench(t, nil)
	b.d.Hold()
	b.st.Edit(func(f *viewmodel.Form) { f.Steps, f.Count = 4, 2 })
	id := b.st.Generate()
	step := func(picture, n int) viewmodel.Task {
		b.clock.turn(time.Second)
		b.d.Step()
		st := b.until("a step", func(st viewmodel.State) bool {
			k, ok := st.Running()
			return ok && k.Picture == picture && k.Step == n
		})
		k, _ := st.Running()
		return k
	}
	first := step(1, 1)
	if first.ID != id || first.Steps != 4 || first.Pictures != 2 || first.Preview == nil {
		t.Fatalf("the first step is %+v", first)
	}
	if first.TimeLeft != 0 {
		t.Errorf("%v left is a guess after one step", first.TimeLeft)
	}
	second := step(1, 2)
	// The fractions of a picture are step/5: 0.1 of the whole in a second, of
	// which 0.8 are left.
	if want := 8 * time.Second; second.TimeLeft.Round(time.Millisecond) != want {
		t.Errorf("%v left after two of ten fifths in a second each, want %v", second.TimeLeft, want)
	}
	if got := second.StageLine(); got != "Picture 1 of 2 · Sampling · step 2 of 4 · 8 s left" {
		t.Errorf("the line says %q", got)
	}
	b.st.View(id)
	b.until("the preview is laid out", func(st viewmodel.State) bool { return st.Over.Of(second.Preview, second.Repeat) })
	step(1, 3)
	b.d.Step() // the fourth, which ends the picture
	last := step(2, 1)
	if last.Fraction <= second.Fraction {
		t.Errorf("the bar ran from %.2f to %.2f", second.Fraction, last.Fraction)
	}
	b.d.Free()
	st := b.until("both candidates", func(st viewmodel.State) bool { return idle(st) && len(st.Candidates) == 2 })
	if st.Viewing != 0 {
		t.Error("a task that ended is still on view")
	}
	if s := st.Candidates; s[0].Result.Request.Seed != 101 || s[1].Result.Request.Seed != 102 {
		t.Errorf("seeds are %d and %d", s[0].Result.Request.Seed, s[1].Result.Request.Seed)
	}
}

func TestCancel(t *testing.T) {
	b := newBench(t, nil)
	b.d.Hold()
	b.st.Generate()
	b.d.Step()
	waiting := b.st.Generate()
	st := b.until("one runs, one waits", func(st viewmodel.State) bool {
		k, ok := st.Running()
		return ok && k.Step == 1 && len(st.Tasks) == 2
	})
	if st.Tasks[1].ID != waiting || st.Tasks[1].Running {
		t.Fatal("two tasks run at once")
	}
	b.st.Cancel(waiting)
	if st = b.st.State(); len(st.Tasks) != 1 {
		t.Fatal("a task that waits is still there after Cancel")
	}
	b.st.CancelRunning()
	st = b.until("nothing runs", idle)
	if len(st.Candidates) != 0 || len(st.Notices) != 0 {
		t.Fatalf("a cancelled task left %d candidates and the notices %v", len(st.Candidates), st.Notices)
	}
	b.d.Free()
	b.generate()
}

func TestCloseEndsEverything(t *testing.T) {
	b := newBench(t, nil)
	b.d.Hold()
	for range 3 {
		b.st.Generate()
	}
	b.until("one runs", func(st viewmodel.State) bool { _, ok := st.Running(); return ok })
	b.st.Close()
	if n := b.d.Runs(); n != 1 {
		t.Errorf("%d generations began, and those that waited should not have", n)
	}
	if b.st.Generate() != 0 {
		t.Error("a closed studio generates")
	}
	b.st.SetChip(0, color.NRGBA{A: 255})
	b.st.Edit(func(f *viewmodel.Form) { f.Prompt = "later" })
	if b.st.State().Form.Prompt == "later" {
		t.Error("a closed studio is edited")
	}
}

func TestErrorsBecomeNotices(t *testing.T) {
	b := newBench(t, nil)
	b.d.Fail(errors.New("NaN out of the model in step 3; try the CPU"))
	b.st.Generate()
	st := b.until("the failure is told", func(st viewmodel.State) bool { return idle(st) && len(st.Notices) == 1 })
	if n := st.Notices[0]; n.Level != viewmodel.Failure || n.Text != "The pattern was not generated: NaN out of the model in step 3; try the CPU" {
		t.Errorf("the notice is %+v", n)
	}
	b.st.Generate()
	b.until("the second task ended", func(st viewmodel.State) bool { return idle(st) && b.d.Runs() == 2 })
	if n := len(b.st.State().Notices); n != 1 {
		t.Errorf("the same failure is told %d times", n)
	}
	b.st.Dismiss(b.st.State().Notices[0].ID)
	if len(b.st.State().Notices) != 0 {
		t.Error("a dismissed notice stays")
	}
}

func TestUnknownWordsAreNamed(t *testing.T) {
	b := newBench(t, nil)
	b.st.Edit(func(f *viewmodel.Form) { f.Prompt = "daisies and zeppelins" })
	b.generate()
	st := b.st.State()
	if len(st.Notices) != 1 || !strings.Contains(st.Notices[0].Text, "“zeppelins”") {
		t.Errorf("the notices are %+v", st.Notices)
	}
}

func TestASizeThatTheLatticeForbidsIsOffered(t *testing.T) {
	b := newBench(t, nil)
	b.st.Edit(func(f *viewmodel.Form) { f.Size = viewmodel.Size{Width: 100, Height: 96, DPI: 72} })
	st := b.st.State()
	if st.Plan.Problem == "" || len(st.Plan.Offers) == 0 {
		t.Fatalf("the plan is %+v", st.Plan)
	}
	if b.st.Generate() != 0 || b.d.Runs() != 0 {
		t.Fatal("a size that cannot be made was generated")
	}
	n := b.st.State().Notices[0]
	if !strings.HasPrefix(n.Action, "Use ") {
		t.Fatalf("the notice is %+v", n)
	}
	b.st.Act(n)
	st = b.st.State()
	if st.Plan.Problem != "" || st.Form.Size.Width%32 != 0 || st.Form.Size.Height%64 != 0 {
		t.Fatalf("after taking the offer: %+v, %+v", st.Form.Size, st.Plan)
	}
	b.generate()
}

func TestRecolouringNeedsNoModel(t *testing.T) {
	b := newBench(t, nil)
	c := b.generate()
	b.st.View(c.ID)
	runs := b.d.Runs()
	blue := color.NRGBA{20, 40, 200, 255}
	for i := range 20 {
		b.st.SetChip(0, color.NRGBA{20, 40, uint8(100 + i), 255})
	}
	b.st.SetChip(0, blue)
	st := b.until("the ground is blue", func(st viewmodel.State) bool {
		k, _ := st.Candidate(c.ID)
		return k.Result.Palette[0].Chip == blue && st.Over.Of(k.Result.Cell, k.Result.Repeat)
	})
	k, _ := st.Candidate(c.ID)
	if k.Result.Cell == c.Result.Cell || k.Thumb == c.Thumb {
		t.Fatal("the picture was not inked anew, or in place")
	}
	if c.Result.Palette[0].Chip == blue {
		t.Fatal("an old snapshot changed")
	}
	share := 0
	for i := 0; i < len(k.Result.Cell.Pix); i += 4 {
		if k.Result.Cell.Pix[i] == 20 && k.Result.Cell.Pix[i+1] == 40 && k.Result.Cell.Pix[i+2] == 200 {
			share++
		}
	}
	if share == 0 {
		t.Error("no pixel is of the new chip")
	}
	if b.d.Runs() != runs {
		t.Error("the model ran")
	}
	if !st.Form.KeepPalette || st.Form.Palette[0] != blue {
		t.Error("the next result would not have the chip")
	}
	b.st.Undo()
	st = b.st.State()
	if k, _ := st.Candidate(c.ID); k.Result.Palette[0].Chip != c.Result.Palette[0].Chip || st.Undoable != "" {
		t.Error("one Undo did not take all of the slider's way back")
	}
	next := b.generate()
	if next.Result.Palette[0].Chip == blue {
		t.Error("the palette that was undone inked the next result")
	}
}

func TestKeptChipsInkTheNextResult(t *testing.T) {
	b := newBench(t, nil)
	c := b.generate()
	b.st.Accept(c.ID)
	red := color.NRGBA{200, 10, 10, 255}
	b.st.SetChip(0, red)
	b.until("the canvas is red", func(st viewmodel.State) bool { return st.Canvas.Result.Palette[0].Chip == red })
	if next := b.generate(); next.Result.Palette[0].Chip != red {
		t.Error("the chip was not kept")
	}
	b.st.Edit(func(f *viewmodel.Form) { f.KeepPalette = false })
	if next := b.generate(); next.Result.Palette[0].Chip == red {
		t.Error("the chip was kept although it was let go")
	}
}

func TestExport(t *testing.T) {
	b := newBench(t, nil)
	dir := t.TempDir()
	b.until("the example", func(st viewmodel.State) bool { return st.Canvas != nil })
	if b.st.MayExport() {
		t.Fatal("the example is exported")
	}
	c := b.generate()
	b.st.View(c.ID)
	if b.st.MayExport() {
		t.Fatal("a candidate is exported without being accepted")
	}
	ns := b.st.State().Notices
	n := ns[len(ns)-1]
	if n.Action != "Accept and export" {
		t.Fatalf("the notice is %+v", n)
	}
	b.st.Act(n)
	if !b.st.MayExport() || b.st.State().Unsaved() != 1 {
		t.Fatal("an accepted pattern is not exported")
	}
	path := filepath.Join(dir, "out.png")
	b.st.Export(path)
	st := b.until("exported", func(st viewmodel.State) bool { return idle(st) && st.Unsaved() == 0 })
	last := st.Notices[len(st.Notices)-1]
	if last.Level != viewmodel.News || last.Do.Path != dir || !strings.Contains(last.Text, "out.png (the cell)") {
		t.Errorf("the notice is %+v", last)
	}
	for _, name := range []string{"out.png", "out.rectangle.png"} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err != nil || fi.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.st.Export(filepath.Join(dir, "no such folder", "out.png"))
	st = b.until("the failure is told", func(st viewmodel.State) bool {
		return idle(st) && st.Notices[len(st.Notices)-1].Level == viewmodel.Failure
	})
	if st.Canvas.ID != c.ID {
		t.Error("a failed export changed the canvas")
	}
}

func TestDrops(t *testing.T) {
	var model viewmodel.Model
	imported := make(chan string, 1)
	b := newBench(t, func(sv *viewmodel.Services) {
		sv.Catalogue = catalogue{&model}
		sv.Importer = importer(func(path string) (viewmodel.Model, error) {
			imported <- path
			return viewmodel.Model{ID: "mine", Name: "Mine"}, nil
		})
	})
	b.st.Drop("/pictures/fern.PNG")
	if st := b.st.State(); st.Form.Init != "" || len(st.Notices) != 1 {
		t.Error("a model that cannot start from a picture took one")
	}
	b.st.Drop("/models/mine.safetensors")
	b.until("imported", func(st viewmodel.State) bool { return idle(st) && st.Form.Model == "mine" })
	if got := <-imported; got != "/models/mine.safetensors" {
		t.Errorf("%s was imported", got)
	}
	b.st.Drop("/pictures/fern.PNG")
	if st := b.st.State(); st.Form.Init != "/pictures/fern.PNG" {
		t.Errorf("the picture to start from is %q", st.Form.Init)
	}
}

type catalogue struct{ first *viewmodel.Model }

func (c catalogue) Models(context.Context) ([]viewmodel.Model, error) {
	return []viewmodel.Model{{ID: "first", Name: "First", Steps: 3}, {ID: "mine", Name: "Mine", Steps: 3, FromPicture: true}}, nil
}

func (c catalogue) Devices(context.Context) ([]viewmodel.Device, error) { return nil, nil }

type importer func(string) (viewmodel.Model, error)

func (f importer) Import(_ context.Context, path string, _ func(viewmodel.Progress)) (viewmodel.Model, error) {
	return f(path)
}

// A snapshot that somebody holds does not change, whatever is done next.
func TestSnapshotsAreImmutable(t *testing.T) {
	b := newBench(t, nil)
	a := b.generate()
	b.generate()
	held := b.st.State()
	letters := func(st viewmodel.State) (s string) {
		for _, c := range st.Candidates {
			s += c.Letter
		}
		return s
	}
	before, form := letters(held), held.Form
	b.st.Accept(a.ID)
	b.st.SetChip(0, color.NRGBA{1, 2, 3, 255})
	b.until("inked", func(st viewmodel.State) bool { return st.Canvas.Result.Palette[0].Chip == color.NRGBA{1, 2, 3, 255} })
	b.generate()
	b.st.Undo()
	b.st.Undo()
	if letters(held) != before || !reflect.DeepEqual(held.Form, form) {
		t.Errorf("a held snapshot went from %s to %s", before, letters(held))
	}
}

// Everything may be called from everywhere; run with -race.
func TestConcurrentUse(t *testing.T) {
	b := newBench(t, nil)
	c := b.generate()
	b.st.Accept(c.ID)
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 25 {
				switch (i + k) % 6 {
				case 0:
					b.st.Edit(func(f *viewmodel.Form) { f.Steps = 1 + i%3 })
				case 1:
					b.st.SetChip(i%2, color.NRGBA{uint8(i), uint8(k), 9, 255})
				case 2:
					b.st.CancelRunning()
				case 3:
					for _, c := range b.st.State().Candidates {
						b.st.View(c.ID)
						b.st.Accept(c.ID)
					}
				case 4:
					b.st.Undo()
				case 5:
					if i < 8 {
						b.st.Generate()
					}
				}
			}
		})
	}
	wg.Wait()
	b.until("all tasks have ended", idle)
}

func TestExampleAndPlanOnFirstStart(t *testing.T) {
	b := newBench(t, nil)
	st := b.until("all is read", func(st viewmodel.State) bool { return st.Canvas != nil && len(st.Models) > 0 && st.Ground != nil })
	if st.Unsaved() != 0 {
		t.Error("the example would be lost")
	}
	if st.Plan.Width != 64 || st.Form.Repeat != (pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}) {
		t.Errorf("the plan is %+v", st.Plan)
	}
	if got := st.Shown().Result.Figures(false); !slices.Equal(got, []string{"256 × 256", "half-drop 1/2", "9.0 cm", "72 DPI"}) {
		t.Errorf("figures are %q", got)
	}
}

func TestUseSettingsMakesTheSamePictureAgain(t *testing.T) {
	b := newBench(t, nil)
	c := b.generate()
	b.st.Edit(func(f *viewmodel.Form) { f.Prompt, f.Repeat = "stars", pattern.Repeat{} })
	b.st.View(c.ID)
	b.st.UseSettings()
	again := b.generate()
	if !samePixels(c.Result.Cell, again.Result.Cell) {
		t.Error("the same settings made another picture")
	}
}

func samePixels(a, b *image.NRGBA) bool { return a.Rect == b.Rect && slices.Equal(a.Pix, b.Pix) }
