// Package studio is the screen of the first room: the repeat, filling the
// canvas; the inspector beside it; the candidates that wait for a decision
// below.
//
// A Screen draws snapshots of a viewmodel.Studio and turns what a person does
// into calls of its methods. It keeps nothing of its own but what is folded
// away and where the camera stands.
//
//	s, err := studio.New(st, desk, commands)
//	window.SetContent(s.Object())
//	s.Update(st.State()) // on the drawing thread, for every new snapshot
package studio

import (
	"errors"
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"github.com/selvage-studio/selvage/ui/canvas"
	"github.com/selvage-studio/selvage/ui/command"
	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// Screen is the room. Its methods belong to the drawing thread.
type Screen struct {
	st       *viewmodel.Studio
	desk     *widget.Desk
	commands *command.Registry
	// pitch is the millimetres of one device pixel of the monitor, 0 when it
	// is not known.
	pitch float64
	// Measure, when there is one, is called before true scale is shown, since
	// the window may have moved to another monitor.
	Measure func()

	view      *canvas.View
	pill      *widget.Pill
	foot      *fyne.Container // of pill
	rail      *rail
	inspector *inspector
	strip     *strip
	history   *history
	object    fyne.CanvasObject

	state viewmodel.State
}

// New makes the screen and adds its commands to the registry.
func New(st *viewmodel.Studio, d *widget.Desk, commands *command.Registry) (*Screen, error) {
	s := &Screen{st: st, desk: d, commands: commands, view: canvas.NewView(), pill: widget.NewPill()}
	if err := s.addCommands(); err != nil {
		return nil, err
	}
	s.view.Moved = s.showFigures
	s.rail = newRail(s)
	s.inspector = newInspector(s)
	s.strip = newStrip(s)
	s.history = newHistory(s)
	s.foot = container.NewHBox(layout.NewSpacer(), s.pill, layout.NewSpacer())
	over := container.NewBorder(nil, container.NewPadded(s.foot), nil, nil)
	middle := widget.Frame(nil, widget.Stacked(newEdge(), s.strip.object), nil, nil, container.NewStack(s.view, over))
	middle = widget.Frame(nil, nil, s.history.object, nil, middle)
	s.object = widget.Frame(nil, nil, s.rail.object, widget.Frame(nil, nil, newEdge(), nil, s.inspector.object), middle)
	s.Update(st.State())
	return s, nil
}

// Object is what fills the window.
func (s *Screen) Object() fyne.CanvasObject { return s.object }

// View is the canvas.
func (s *Screen) View() *canvas.View { return s.view }

// SetPitch tells the millimetres of one device pixel of the monitor, by which
// true scale is shown.
func (s *Screen) SetPitch(mm float64) {
	s.pitch = mm
	s.showFigures()
}

// Panels returns which sections of the inspector are folded away.
func (s *Screen) Panels() (folded []string) { return s.inspector.folded() }

// SetPanels folds sections away.
func (s *Screen) SetPanels(folded []string) { s.inspector.fold(folded) }

// FocusPrompt puts the cursor into the prompt.
func (s *Screen) FocusPrompt() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s.inspector.prompt); c != nil {
		c.Focus(s.inspector.prompt)
	}
}

// Update draws a snapshot.
func (s *Screen) Update(st viewmodel.State) {
	s.state = st
	over := st.Over
	if st.Viewing == 0 {
		over = nil
	}
	s.view.LayOver(st.Ground, over, st.Comparing)
	s.inspector.update(st)
	s.strip.update(st)
	s.history.update(st)
	s.rail.update()
	s.showFigures()
}

// showFigures writes the pill.
func (s *Screen) showFigures() {
	st := s.state
	var parts []widget.Figure
	add := func(text string, tone fyne.ThemeColorName) {
		parts = append(parts, widget.Figure{Text: text, Tone: tone})
	}
	if c, ok := st.Candidate(st.Viewing); ok {
		add("candidate "+c.Letter, theme.Amber)
	}
	if t, ok := st.Task(st.Viewing); ok {
		add("preview", theme.Amber)
		add(t.StageLine(), theme.PillText)
	}
	p := st.Shown()
	if p != nil && s.view.Zoom() > 0 {
		zoom := fmt.Sprintf("%.0f %%", 100*s.view.Zoom())
		if s.atTrueScale() {
			zoom = "true scale"
		}
		add(zoom, theme.PillText)
		for _, f := range p.Result.Figures(st.Form.Inches) {
			add(f, theme.PillText)
		}
		if p.Result.Seam.Statement != "" || p.Result.Seam.Limit > 0 {
			tone := theme.PillText
			if !p.Result.Seam.OK {
				tone = theme.Amber
			}
			add(p.Result.Seam.String(), tone)
		}
	}
	if s.pill.Set(parts...) && s.foot != nil {
		visible(s.pill, len(parts) > 0)
		s.foot.Refresh()
	}
}

// trueZoom is the zoom at which a centimetre of cloth takes a centimetre of
// the screen, 0 when that is not known.
func (s *Screen) trueZoom() float64 {
	p := s.state.Shown()
	if p == nil || s.pitch <= 0 || p.Result.WidthMM <= 0 || p.Result.Cell == nil {
		return 0
	}
	return p.Result.WidthMM / float64(p.Result.Cell.Rect.Dx()) / s.pitch
}

func (s *Screen) atTrueScale() bool {
	z := s.trueZoom()
	return z > 0 && math.Abs(s.view.Zoom()/z-1) < 1e-6
}

// addCommands puts everything that can be done here into the registry.
func (s *Screen) addCommands() error {
	viewed := func() bool { _, ok := s.state.Candidate(s.state.Viewing); return ok }
	shown := func() bool { return s.state.Ground != nil || s.state.Over != nil }
	var errs []error
	for _, c := range []command.Command{
		{ID: "generate", Title: "Generate", Key: command.Ctrl("Enter"), Run: func() { s.inspector.commit(); s.st.Generate() }},
		{ID: "cancel", Title: "Cancel what runs", Key: command.Plain("Esc"), Run: s.st.CancelRunning,
			Enabled: func() bool { _, ok := s.state.Running(); return ok }},
		{ID: "accept", Title: "Accept the candidate", Key: command.Plain("Enter"), Run: func() { s.st.Accept(s.state.Viewing) }, Enabled: viewed},
		{ID: "discard", Title: "Discard the candidate", Key: command.Plain("Delete"), Run: func() { s.st.Discard(s.state.Viewing) }, Enabled: viewed},
		{ID: "compare", Title: "Compare with the canvas", Key: command.Plain("C"), Run: func() { s.st.Compare(!s.state.Comparing) },
			Enabled: func() bool { return s.state.Viewing != 0 && s.state.Canvas != nil }},
		{ID: "back", Title: "Back to the canvas", Key: command.Plain("B"), Run: func() { s.st.View(0) },
			Enabled: func() bool { return s.state.Viewing != 0 }},
		{ID: "next", Title: "Next candidate", Key: command.Plain("Right"), Run: func() { s.step(1) },
			Enabled: func() bool { return len(s.state.Candidates) > 0 }},
		{ID: "previous", Title: "Previous candidate", Key: command.Plain("Left"), Run: func() { s.step(-1) },
			Enabled: func() bool { return len(s.state.Candidates) > 0 }},
		{ID: "reuse", Title: "Use the settings of what is shown", Key: command.Ctrl("U"), Run: s.st.UseSettings,
			Enabled: func() bool { return s.state.Shown() != nil }},
		{ID: "undo", Title: "Undo", Key: command.Ctrl("Z"), Run: s.st.Undo, Enabled: func() bool { return s.state.Undoable != "" }},
		{ID: "fit", Title: "Fit the repeat", Key: command.Plain("0"), Run: s.view.Fit, Enabled: shown},
		{ID: "pixels", Title: "One screen pixel for each pixel", Key: command.Plain("1"), Run: func() { s.view.SetZoom(1) }, Enabled: shown},
		{ID: "true-scale", Title: "True scale: a centimetre is a centimetre", Key: command.Plain("2"),
			Run: s.showTrueScale, Enabled: func() bool { return s.trueZoom() > 0 }},
		{ID: "zoom-in", Title: "Zoom in", Key: command.Plain("+"), Run: func() { s.view.ZoomBy(1.25) }, Enabled: shown},
		{ID: "zoom-out", Title: "Zoom out", Key: command.Plain("-"), Run: func() { s.view.ZoomBy(0.8) }, Enabled: shown},
		{ID: "edge", Title: "Show or hide the edge of the cell", Key: command.Plain("E"), Run: func() { s.view.SetEdge(!s.view.Edge()); s.rail.update() }},
		{ID: "dim", Title: "Dim the copies, or not", Key: command.Plain("D"), Run: func() { s.view.SetDim(!s.view.Dim()); s.rail.update() }},
		{ID: "history", Title: "Show or hide the history", Key: command.Plain("H"), Run: func() { s.st.ShowHistory(!s.state.Record.Open) },
			Enabled: func() bool { return s.state.Record.Offered }},
		{ID: "verify", Title: "Verify the record", Run: func() { s.st.ShowHistory(true); s.st.VerifyRecord() },
			Enabled: func() bool { return s.state.Record.Offered }},
		{ID: "prompt", Title: "Write the prompt", Key: command.Plain("P"), Run: s.FocusPrompt},
	} {
		errs = append(errs, s.commands.Add(c))
	}
	return errors.Join(errs...)
}

func (s *Screen) showTrueScale() {
	if s.Measure != nil {
		s.Measure()
	}
	if z := s.trueZoom(); z > 0 {
		s.view.SetZoom(z)
	}
}

// step looks at the next candidate in the strip.
func (s *Screen) step(by int) {
	cs := s.state.Candidates
	at := -1
	for i, c := range cs {
		if c.ID == s.state.Viewing {
			at = i
		}
	}
	switch {
	case at < 0 && by < 0:
		at = len(cs) - 1
	case at < 0:
		at = 0
	default:
		at = (at + by + len(cs)) % len(cs)
	}
	s.st.View(cs[at].ID)
}
