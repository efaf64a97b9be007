package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Section is a part of the inspector with a title that folds it away.
type Section struct {
	widget.BaseWidget
	title   string
	content *fyne.Container
	open    bool
	// Toggled is called after the section was opened or closed by a person.
	Toggled func(open bool)
	desk    *Desk
}

// NewSection makes an open section.
func NewSection(d *Desk, title string, content ...fyne.CanvasObject) *Section {
	s := &Section{title: title, content: container.NewVBox(content...), open: true, desk: d}
	s.ExtendBaseWidget(s)
	return s
}

// Title returns the section's title.
func (s *Section) Title() string { return s.title }

// Open says whether the content is shown.
func (s *Section) Open() bool { return s.open }

// Relay lays the content out anew after something in it came or went.
func (s *Section) Relay() {
	s.content.Refresh()
	s.Refresh()
}

// SetOpen shows or hides the content.
func (s *Section) SetOpen(open bool) {
	if s.open == open {
		return
	}
	s.open = open
	s.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (s *Section) CreateRenderer() fyne.WidgetRenderer {
	head := newHead(s)
	line := canvas.NewRectangle(color.Transparent)
	line.FillColor = theme.Color(base.ColorNameSeparator)
	return &sectionRenderer{section: s, head: head, line: line}
}

type sectionRenderer struct {
	section *Section
	head    *head
	line    *canvas.Rectangle
}

const headHeight = 28

// Destroy implements fyne.WidgetRenderer.
func (r *sectionRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *sectionRenderer) Layout(s fyne.Size) {
	r.head.Resize(fyne.NewSize(s.Width, headHeight))
	h := r.section.content.MinSize().Height
	r.section.content.Move(fyne.NewPos(0, headHeight))
	r.section.content.Resize(fyne.NewSize(s.Width, h))
	r.line.Move(fyne.NewPos(0, s.Height-1))
	r.line.Resize(fyne.NewSize(s.Width, 1))
}

// MinSize implements fyne.WidgetRenderer.
func (r *sectionRenderer) MinSize() fyne.Size {
	c := r.section.content.MinSize()
	if !r.section.open {
		return fyne.NewSize(c.Width, headHeight+2)
	}
	return fyne.NewSize(c.Width, headHeight+c.Height+10)
}

// Objects implements fyne.WidgetRenderer.
func (r *sectionRenderer) Objects() []fyne.CanvasObject {
	if !r.section.open {
		return []fyne.CanvasObject{r.head, r.line}
	}
	return []fyne.CanvasObject{r.head, r.section.content, r.line}
}

// Refresh implements fyne.WidgetRenderer.
func (r *sectionRenderer) Refresh() {
	r.line.FillColor = theme.Color(base.ColorNameSeparator)
	r.line.Refresh()
	r.head.Refresh()
	r.Layout(r.section.Size())
	canvas.Refresh(r.section)
}

// head is the title of a section.
type head struct {
	widget.BaseWidget
	section *Section
	hovered bool
}

func newHead(s *Section) *head {
	h := &head{section: s}
	h.ExtendBaseWidget(h)
	return h
}

// Tapped implements fyne.Tappable.
func (h *head) Tapped(*fyne.PointEvent) {
	h.section.SetOpen(!h.section.open)
	if h.section.Toggled != nil {
		h.section.Toggled(h.section.open)
	}
}

// MouseIn implements desktop.Hoverable.
func (h *head) MouseIn(e *desktop.MouseEvent) {
	h.hovered = true
	h.Refresh()
	tip := "Open " + h.section.title
	if h.section.open {
		tip = "Fold " + h.section.title + " away"
	}
	h.section.desk.enter(h, tip, e)
}

// MouseMoved implements desktop.Hoverable.
func (h *head) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (h *head) MouseOut() {
	h.hovered = false
	h.Refresh()
	h.section.desk.leave(h)
}

// CreateRenderer implements fyne.Widget.
func (h *head) CreateRenderer() fyne.WidgetRenderer {
	icon := canvas.NewImageFromResource(nil)
	text := canvas.NewText(h.section.title, color.Black)
	text.TextStyle.Bold = true
	r := &headRenderer{head: h, icon: icon, text: text}
	r.apply()
	return r
}

type headRenderer struct {
	head *head
	icon *canvas.Image
	text *canvas.Text
}

func (r *headRenderer) apply() {
	r.text.TextSize = base.Size(base.SizeNameText)
	tone := base.ColorNameForeground
	if !r.head.section.open && !r.head.hovered {
		tone = theme.Quiet
	}
	r.text.Color = theme.Color(tone)
	r.icon.Resource = base.MenuExpandIcon()
	if r.head.section.open {
		r.icon.Resource = base.MenuDropDownIcon()
	}
}

// Destroy implements fyne.WidgetRenderer.
func (r *headRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *headRenderer) Layout(s fyne.Size) {
	const icon = 14
	r.icon.Resize(fyne.NewSquareSize(icon))
	r.icon.Move(fyne.NewPos(0, (s.Height-icon)/2))
	r.text.Resize(fyne.NewSize(s.Width-icon-4, s.Height))
	r.text.Move(fyne.NewPos(icon+4, 0))
}

// MinSize implements fyne.WidgetRenderer.
func (r *headRenderer) MinSize() fyne.Size { return fyne.NewSize(80, headHeight) }

// Objects implements fyne.WidgetRenderer.
func (r *headRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.icon, r.text} }

// Refresh implements fyne.WidgetRenderer.
func (r *headRenderer) Refresh() {
	r.apply()
	r.icon.Refresh()
	r.text.Refresh()
}

// Bar is a thin line that fills from the left.
type Bar struct {
	widget.BaseWidget
	value float64
}

// NewBar makes an empty bar.
func NewBar() *Bar {
	b := &Bar{}
	b.ExtendBaseWidget(b)
	return b
}

// Set fills the bar to a share between 0 and 1.
func (b *Bar) Set(v float64) {
	if b.value != v {
		b.value = min(max(v, 0), 1)
		b.Refresh()
	}
}

// Value returns how far the bar is filled.
func (b *Bar) Value() float64 { return b.value }

// CreateRenderer implements fyne.Widget.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{bar: b, back: canvas.NewRectangle(color.Black), fill: canvas.NewRectangle(color.Black)}
	r.back.CornerRadius, r.fill.CornerRadius = 1.5, 1.5
	r.apply()
	return r
}

type barRenderer struct {
	bar        *Bar
	back, fill *canvas.Rectangle
}

func (r *barRenderer) apply() {
	r.back.FillColor = theme.Color(base.ColorNameInputBorder)
	r.fill.FillColor = theme.Color(base.ColorNamePrimary)
}

// Destroy implements fyne.WidgetRenderer.
func (r *barRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *barRenderer) Layout(s fyne.Size) {
	const h = 3
	at := fyne.NewPos(0, (s.Height-h)/2)
	r.back.Move(at)
	r.fill.Move(at)
	r.back.Resize(fyne.NewSize(s.Width, h))
	r.fill.Resize(fyne.NewSize(s.Width*float32(r.bar.value), h))
}

// MinSize implements fyne.WidgetRenderer.
func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 5) }

// Objects implements fyne.WidgetRenderer.
func (r *barRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.back, r.fill} }

// Refresh implements fyne.WidgetRenderer.
func (r *barRenderer) Refresh() {
	r.apply()
	r.Layout(r.bar.Size())
	r.back.Refresh()
	r.fill.Refresh()
}
