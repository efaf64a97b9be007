package studio

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/widget"
)

// rail is the column of buttons at the left: how the repeat is looked at.
type rail struct {
	screen  *Screen
	buttons map[string]*widget.Button
	object  fyne.CanvasObject
}

func newRail(s *Screen) *rail {
	r := &rail{screen: s, buttons: map[string]*widget.Button{}}
	box := container.NewVBox()
	for _, b := range []struct {
		id   string
		icon fyne.Resource
	}{
		{"fit", base.ZoomFitIcon()}, {"pixels", theme.IconPixels()}, {"true-scale", theme.IconTrueScale()},
		{"zoom-in", base.ZoomInIcon()}, {"zoom-out", base.ZoomOutIcon()},
		{"", nil},
		{"edge", theme.IconEdge()}, {"dim", theme.IconDim()}, {"compare", theme.IconCompare()},
		{"", nil},
		{"history", base.HistoryIcon()},
	} {
		if b.id == "" {
			gap := fynecanvas.NewRectangle(color.Transparent)
			gap.SetMinSize(fyne.NewSize(1, 10))
			box.Add(gap)
			continue
		}
		c, _ := s.commands.Find(b.id)
		button := widget.NewButton(s.desk, "", b.icon, c.Tip(), func() { s.commands.Run(b.id) })
		button.Importance = fynewidget.LowImportance
		r.buttons[b.id] = button
		box.Add(button)
	}
	r.object = Panel(container.NewPadded(box))
	return r
}

// update shows which buttons can be pressed and which are on.
func (r *rail) update() {
	v := r.screen.view
	on := map[string]bool{
		"edge": v.Edge(), "dim": v.Dim(), "compare": r.screen.state.Comparing, "history": r.screen.state.Record.Open, "true-scale": r.screen.atTrueScale(),
	}
	for id, b := range r.buttons {
		c, _ := r.screen.commands.Find(id)
		i := fynewidget.LowImportance
		if on[id] {
			i = fynewidget.MediumImportance
		}
		b.Set("", i, c.Available())
	}
}

// Panel lays an object on the panels' colour.
func Panel(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(widget.NewGround(theme.Panel), o)
}

// newEdge is a hairline between two panels.
func newEdge() fyne.CanvasObject { return fynewidget.NewSeparator() }
