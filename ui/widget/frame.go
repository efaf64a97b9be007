package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// Frame sets objects around a middle one without any room between them; nil
// leaves a side out. A hidden side takes no room.
func Frame(top, bottom, left, right, middle fyne.CanvasObject) *fyne.Container {
	f := &frame{top: top, bottom: bottom, left: left, right: right, middle: middle}
	c := container.New(f)
	for _, o := range []fyne.CanvasObject{middle, top, bottom, left, right} {
		if o != nil {
			c.Add(o)
		}
	}
	return c
}

type frame struct{ top, bottom, left, right, middle fyne.CanvasObject }

func room(o fyne.CanvasObject) fyne.Size {
	if o == nil || !o.Visible() {
		return fyne.Size{}
	}
	return o.MinSize()
}

// Layout implements fyne.Layout.
func (f *frame) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	t, b, l, r := room(f.top).Height, room(f.bottom).Height, room(f.left).Width, room(f.right).Width
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		if o != nil {
			o.Move(fyne.NewPos(x, y))
			o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
		}
	}
	between := s.Height - t - b
	place(f.top, 0, 0, s.Width, t)
	place(f.bottom, 0, s.Height-b, s.Width, b)
	place(f.left, 0, t, l, between)
	place(f.right, s.Width-r, t, r, between)
	place(f.middle, l, t, s.Width-l-r, between)
}

// MinSize implements fyne.Layout.
func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size {
	t, b, l, r, m := room(f.top), room(f.bottom), room(f.left), room(f.right), room(f.middle)
	return fyne.NewSize(
		max(t.Width, b.Width, l.Width+m.Width+r.Width),
		t.Height+b.Height+max(l.Height, m.Height, r.Height),
	)
}

// Stacked sets objects one below the other without any room between them.
func Stacked(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(0), objects...)
}
