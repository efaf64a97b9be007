package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Line is one line of small text in a colour and style of the theme, cut with
// an ellipsis where it does not fit when Elide is set.
type Line struct {
	widget.BaseWidget
	// Elide lets the line become narrower than its text.
	Elide bool
	text  string
	tone  fyne.ThemeColorName
	style fyne.TextStyle
	size  fyne.ThemeSizeName
	align fyne.TextAlign
}

// NewLine makes a line in the theme's text size.
func NewLine(text string, tone fyne.ThemeColorName) *Line {
	l := &Line{text: text, tone: tone, size: base.SizeNameText}
	l.ExtendBaseWidget(l)
	return l
}

// NewSmall makes a line in the smaller size.
func NewSmall(text string, tone fyne.ThemeColorName) *Line {
	l := NewLine(text, tone)
	l.size = theme.SizeFigures
	return l
}

// NewFigure makes a line of monospaced figures.
func NewFigure(text string, tone fyne.ThemeColorName) *Line {
	l := NewSmall(text, tone)
	l.style.Monospace = true
	return l
}

// Bold sets the line in bold type.
func (l *Line) Bold() *Line {
	l.style.Bold = true
	return l
}

// Right aligns the text at the right.
func (l *Line) Right() *Line {
	l.align = fyne.TextAlignTrailing
	return l
}

// Text returns what is shown.
func (l *Line) Text() string { return l.text }

// Set changes text and colour.
func (l *Line) Set(text string, tone fyne.ThemeColorName) {
	if l.text == text && l.tone == tone {
		return
	}
	l.text, l.tone = text, tone
	l.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (l *Line) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{line: l, text: canvas.NewText(l.text, color.Black)}
	r.apply()
	return r
}

type lineRenderer struct {
	line *Line
	text *canvas.Text
}

func (r *lineRenderer) apply() {
	r.text.TextStyle, r.text.TextSize = r.line.style, base.Size(r.line.size)
	r.text.Color, r.text.Alignment = theme.Color(r.line.tone), r.line.align
	r.text.Text = fitted(r.line.text, r.text, r.line.Elide, r.line.Size().Width)
}

// fitted cuts text to a width by whole letters.
func fitted(text string, t *canvas.Text, elide bool, width float32) string {
	measure := func(s string) float32 { return fyne.MeasureText(s, t.TextSize, t.TextStyle).Width }
	if !elide || width <= 0 || measure(text) <= width {
		return text
	}
	letters := []rune(text)
	lo, hi := 0, len(letters)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if measure(string(letters[:mid])+"…") <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return string(letters[:lo]) + "…"
}

// Destroy implements fyne.WidgetRenderer.
func (r *lineRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *lineRenderer) Layout(s fyne.Size) {
	r.text.Text = fitted(r.line.text, r.text, r.line.Elide, s.Width)
	r.text.Resize(s)
}

// MinSize implements fyne.WidgetRenderer.
func (r *lineRenderer) MinSize() fyne.Size {
	s := fyne.MeasureText(r.line.text, r.text.TextSize, r.text.TextStyle)
	if r.line.Elide {
		s.Width = min(s.Width, 24)
	}
	return s
}

// Objects implements fyne.WidgetRenderer.
func (r *lineRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }

// Refresh implements fyne.WidgetRenderer.
func (r *lineRenderer) Refresh() {
	r.apply()
	r.text.Refresh()
}

// Badge is a small chip that states something: amber what is open, green what
// is done.
type Badge struct {
	widget.BaseWidget
	text         string
	tone, ground fyne.ThemeColorName
}

// NewBadge makes a chip.
func NewBadge(text string, tone, ground fyne.ThemeColorName) *Badge {
	b := &Badge{text: text, tone: tone, ground: ground}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes what the chip states.
func (b *Badge) Set(text string, tone, ground fyne.ThemeColorName) {
	if b.text == text && b.tone == tone && b.ground == ground {
		return
	}
	b.text, b.tone, b.ground = text, tone, ground
	b.Refresh()
}

// Text returns what the chip states.
func (b *Badge) Text() string { return b.text }

// CreateRenderer implements fyne.Widget.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	r := &badgeRenderer{badge: b, text: canvas.NewText(b.text, color.Black), back: canvas.NewRectangle(color.Black)}
	r.text.Alignment = fyne.TextAlignCenter
	r.apply()
	return r
}

type badgeRenderer struct {
	badge *Badge
	text  *canvas.Text
	back  *canvas.Rectangle
}

func (r *badgeRenderer) apply() {
	r.text.Text, r.text.TextSize = r.badge.text, base.Size(theme.SizeFigures)
	r.text.Color = theme.Color(r.badge.tone)
	r.back.FillColor = theme.Color(r.badge.ground)
	r.back.CornerRadius = 8
}

// Destroy implements fyne.WidgetRenderer.
func (r *badgeRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *badgeRenderer) Layout(s fyne.Size) {
	h := r.MinSize().Height
	r.back.Move(fyne.NewPos(0, (s.Height-h)/2))
	r.back.Resize(fyne.NewSize(s.Width, h))
	r.text.Resize(s)
}

// MinSize implements fyne.WidgetRenderer.
func (r *badgeRenderer) MinSize() fyne.Size {
	return fyne.MeasureText(r.badge.text, r.text.TextSize, r.text.TextStyle).AddWidthHeight(14, 3)
}

// Objects implements fyne.WidgetRenderer.
func (r *badgeRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.back, r.text} }

// Refresh implements fyne.WidgetRenderer.
func (r *badgeRenderer) Refresh() {
	r.apply()
	r.back.Refresh()
	r.text.Refresh()
}

// Natural returns the width at which nothing is cut.
func (l *Line) Natural() float32 {
	return fyne.MeasureText(l.text, base.Size(l.size), l.style).Width
}
