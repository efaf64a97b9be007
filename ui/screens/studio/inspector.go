package studio

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// inspectorWidth is the width of the inspector.
const inspectorWidth = 276

// Room at the inspector's left and right, and the width of its notes: what is
// left between.
const (
	marginLeft, marginRight = 12, 14
	noteWidth               = inspectorWidth - marginLeft - marginRight
)

// inspector is the column at the right: all that decides the next picture,
// and what is known of the one on view.
type inspector struct {
	screen   *Screen
	prompt   *widget.Entry
	parts    []part
	sections []*widget.Section
	box      *fyne.Container
	least    fyne.Size // of box when it was laid out last
	object   fyne.CanvasObject
}

// part is one section's content.
type part interface {
	update(st viewmodel.State)
}

func newInspector(s *Screen) *inspector {
	n := &inspector{screen: s}
	box := container.NewVBox()
	n.box = box
	add := func(title string, p part, content ...fyne.CanvasObject) {
		sec := widget.NewSection(s.desk, title, content...)
		n.parts = append(n.parts, p)
		n.sections = append(n.sections, sec)
		box.Add(sec)
	}
	prompt := newPromptPart(s)
	n.prompt = prompt.prompt
	add("Prompt", prompt, prompt.objects()...)
	sampling := newSamplingPart(s)
	add("Sampling", sampling, sampling.objects()...)
	size := newRepeatPart(s)
	add("Repeat", size, size.objects()...)
	colour := newColorPart(s)
	add("Colour", colour, colour.objects()...)
	shown := newShownPart(s)
	add("On view", shown, shown.objects()...)

	width := fynecanvas.NewRectangle(color.Transparent)
	width.SetMinSize(fyne.NewSize(inspectorWidth, 1))
	scroll := container.NewVScroll(container.New(layout.NewCustomPaddedLayout(6, 10, marginLeft, marginRight), box))
	n.object = Panel(container.NewStack(width, scroll))
	return n
}

// commit takes what is being typed into the form, for a command that comes by
// the keyboard while a field still has the focus.
func (n *inspector) commit() {
	c := fyne.CurrentApp().Driver().CanvasForObject(n.object)
	if c == nil {
		return
	}
	if e, ok := c.Focused().(*widget.Entry); ok && e.Left != nil {
		e.Left(e.Text)
	}
}

func (n *inspector) update(st viewmodel.State) {
	for _, p := range n.parts {
		p.update(st)
	}
	// Rows that came or went move those below them.
	if least := n.box.MinSize(); least != n.least {
		n.least = least
		for _, s := range n.sections {
			s.Relay()
		}
		n.box.Refresh()
	}
}

func (n *inspector) folded() []string {
	var out []string
	for _, s := range n.sections {
		if !s.Open() {
			out = append(out, s.Title())
		}
	}
	return out
}

func (n *inspector) fold(titles []string) {
	for _, s := range n.sections {
		for _, t := range titles {
			if s.Title() == t {
				s.SetOpen(false)
			}
		}
	}
}

// labelled sets a control between a quiet label and a figure.
type labelled struct {
	figure *widget.Line
	object fyne.CanvasObject
}

func newLabelled(label string, control fyne.CanvasObject) labelled {
	f := widget.NewFigure("", base.ColorNameForeground).Right()
	return labelled{figure: f, object: container.NewBorder(nil, nil,
		wide(labelWidth, widget.NewSmall(label, theme.Quiet)), wide(figureWidth, f), control)}
}

func (l labelled) show(figure string) { l.figure.Set(figure, base.ColorNameForeground) }

// Widths of labels before a control and of figures after it.
const (
	labelWidth  = 66
	figureWidth = 38
)

// wide gives an object a least width.
func wide(w float32, o fyne.CanvasObject) fyne.CanvasObject {
	space := fynecanvas.NewRectangle(color.Transparent)
	space.SetMinSize(fyne.NewSize(w, 1))
	return container.NewStack(space, o)
}

// row sets a quiet label before controls of equal width.
func row(label string, controls ...fyne.CanvasObject) fyne.CanvasObject {
	cols := container.NewGridWithColumns(max(1, len(controls)), controls...)
	return container.NewBorder(nil, nil, wide(labelWidth, widget.NewSmall(label, theme.Quiet)), nil, cols)
}

// visible shows or hides an object, and says whether that changed anything.
func visible(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
