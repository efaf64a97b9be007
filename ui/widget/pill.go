package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Figure is a part of a Pill with its colour.
type Figure struct {
	Text string
	Tone fyne.ThemeColorName
}

// Pill is a line of figures that floats over the repeat. It takes no clicks.
type Pill struct {
	widget.BaseWidget
	parts []Figure
}

// NewPill makes an empty pill.
func NewPill() *Pill {
	p := &Pill{}
	p.ExtendBaseWidget(p)
	return p
}

// Set changes the figures, and says whether they are others than before.
func (p *Pill) Set(parts ...Figure) (changed bool) {
	same := len(parts) == len(p.parts)
	for i := 0; same && i < len(parts); i++ {
		same = parts[i] == p.parts[i]
	}
	if same {
		return false
	}
	p.parts = parts
	p.Refresh()
	return true
}

// Text returns the figures with two spaces between them.
func (p *Pill) Text() string {
	s := ""
	for i, f := range p.parts {
		if i > 0 {
			s += "  "
		}
		s += f.Text
	}
	return s
}

// CreateRenderer implements fyne.Widget.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{pill: p, back: canvas.NewRectangle(color.Black)}
	r.apply()
	return r
}

type pillRenderer struct {
	pill  *Pill
	back  *canvas.Rectangle
	texts []*canvas.Text
}

const (
	pillGap    = 18
	pillHeight = 25
)

func (r *pillRenderer) apply() {
	r.back.FillColor = theme.Color(theme.Pill)
	r.back.CornerRadius = pillHeight / 2
	for len(r.texts) < len(r.pill.parts) {
		t := canvas.NewText("", color.Black)
		t.TextStyle.Monospace = true
		r.texts = append(r.texts, t)
	}
	r.texts = r.texts[:len(r.pill.parts)]
	for i, f := range r.pill.parts {
		r.texts[i].Text, r.texts[i].Color, r.texts[i].TextSize = f.Text, theme.Color(f.Tone), base.Size(theme.SizeFigures)
	}
}

// Destroy implements fyne.WidgetRenderer.
func (r *pillRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *pillRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	x := float32(pillGap * 0.75)
	for _, t := range r.texts {
		m := t.MinSize()
		t.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		t.Resize(m)
		x += m.Width + pillGap
	}
}

// MinSize implements fyne.WidgetRenderer.
func (r *pillRenderer) MinSize() fyne.Size {
	if len(r.texts) == 0 {
		return fyne.Size{}
	}
	w := float32(pillGap * 0.5)
	for _, t := range r.texts {
		w += t.MinSize().Width + pillGap
	}
	return fyne.NewSize(w, pillHeight)
}

// Objects implements fyne.WidgetRenderer.
func (r *pillRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.back}
	for _, t := range r.texts {
		out = append(out, t)
	}
	return out
}

// Refresh implements fyne.WidgetRenderer.
func (r *pillRenderer) Refresh() {
	r.apply()
	r.Layout(r.pill.Size())
	canvas.Refresh(r.pill)
}
