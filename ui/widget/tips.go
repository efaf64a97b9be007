package widget

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"github.com/selvage-studio/selvage/ui/theme"
)

// TipDelay is how long the pointer rests before a tip appears.
const TipDelay = 550 * time.Millisecond

// Tips is the layer on which tooltips appear: the topmost object of the
// window. It takes no clicks.
type Tips struct {
	layer *fyne.Container
	box   *fyne.Container
	text  *canvas.Text
	back  *canvas.Rectangle
	after func(time.Duration, func()) (stop func())
	stop  func()
	over  fyne.CanvasObject
}

// NewTips makes a layer. after calls a function on the drawing thread when a
// time has passed, unless it was stopped before.
func NewTips(after func(time.Duration, func()) (stop func())) *Tips {
	t := &Tips{after: after, stop: func() {}}
	t.text = canvas.NewText("", theme.Color(base.ColorNameForeground))
	t.back = canvas.NewRectangle(theme.Color(base.ColorNameOverlayBackground))
	t.back.CornerRadius = 4
	t.back.StrokeWidth = 1
	t.box = container.NewStack(t.back, container.NewPadded(t.text))
	t.box.Hide()
	t.layer = container.NewWithoutLayout(t.box)
	return t
}

// Layer is to be laid over everything else of the window.
func (t *Tips) Layer() fyne.CanvasObject { return t.layer }

// Shown returns the text of the tip that is shown, or nothing.
func (t *Tips) Shown() string {
	if !t.box.Visible() {
		return ""
	}
	return t.text.Text
}

// Rest says that the pointer came to an object.
func (t *Tips) Rest(o fyne.CanvasObject, text string) {
	t.hide()
	t.over = o
	t.stop = t.after(TipDelay, func() {
		if t.over == o {
			t.show(o, text)
		}
	})
}

// Leave says that the pointer left an object, or that it was pressed.
func (t *Tips) Leave(o fyne.CanvasObject) {
	if t.over == o {
		t.hide()
	}
}

func (t *Tips) hide() {
	t.stop()
	t.stop = func() {}
	t.over = nil
	if t.box.Visible() {
		t.box.Hide()
	}
}

func (t *Tips) show(o fyne.CanvasObject, text string) {
	t.text.Text = text
	t.text.TextSize = base.Size(theme.SizeFigures)
	t.text.Color = theme.Color(base.ColorNameForeground)
	t.back.FillColor = theme.Color(base.ColorNameOverlayBackground)
	t.back.StrokeColor = theme.Color(base.ColorNameSeparator)
	size := t.box.MinSize()
	d := fyne.CurrentApp().Driver()
	at := d.AbsolutePositionForObject(o).Subtract(d.AbsolutePositionForObject(t.layer))
	room := t.layer.Size()
	x := min(max(at.X, 4), max(4, room.Width-size.Width-4))
	y := at.Y + o.Size().Height + 4
	if y+size.Height > room.Height {
		y = at.Y - size.Height - 4
	}
	t.box.Resize(size)
	t.box.Move(fyne.NewPos(x, max(y, 0)))
	t.box.Show()
	t.box.Refresh()
}
