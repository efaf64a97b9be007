package widget

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Note is small text that explains, wrapped at words. Its height follows from
// its width, so a note in a column of fixed width is told it.
type Note struct {
	widget.BaseWidget
	text  string
	tone  fyne.ThemeColorName
	width float32 // fixed, or 0 for what it was laid out with
}

// NewNote makes a note of a fixed width, or of the width that it is given
// when that is 0. It is hidden while it has no text.
func NewNote(tone fyne.ThemeColorName, width float32) *Note {
	n := &Note{tone: tone, width: width}
	n.ExtendBaseWidget(n)
	n.Hide()
	return n
}

// Text returns what the note says.
func (n *Note) Text() string { return n.text }

// Set changes the text, and hides the note when there is none.
func (n *Note) Set(text string) {
	if n.text == text {
		return
	}
	n.text = text
	if text == "" {
		n.Hide()
	} else {
		n.Show()
	}
	n.Refresh()
}

// unlaid is the width of a note that was not laid out yet.
const unlaid = 600

func (n *Note) wrapWidth() float32 {
	switch {
	case n.width > 0:
		return n.width
	case n.Size().Width > 0:
		return n.Size().Width
	default:
		return unlaid
	}
}

// CreateRenderer implements fyne.Widget.
func (n *Note) CreateRenderer() fyne.WidgetRenderer {
	r := &noteRenderer{note: n}
	r.wrap()
	return r
}

type noteRenderer struct {
	note  *Note
	lines []*canvas.Text
	of    string
	width float32
	size  float32
}

// wrap breaks the text into lines when text, width or size have changed.
func (r *noteRenderer) wrap() {
	size, width := base.Size(theme.SizeFigures), r.note.wrapWidth()
	if r.of == r.note.text && r.width == width && r.size == size && r.lines != nil {
		return
	}
	r.of, r.width, r.size = r.note.text, width, size
	r.lines = []*canvas.Text{}
	for _, line := range wrapped(r.note.text, width, func(s string) float32 {
		return fyne.MeasureText(s, size, fyne.TextStyle{}).Width
	}) {
		t := canvas.NewText(line, color.Black)
		t.TextSize = size
		r.lines = append(r.lines, t)
	}
	for _, t := range r.lines {
		t.Color = theme.Color(r.note.tone)
	}
}

// wrapped breaks text into lines no wider than width; a word that is wider by
// itself is broken.
func wrapped(text string, width float32, measure func(string) float32) []string {
	var lines []string
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			next := word
			if line != "" {
				next = line + " " + word
			}
			if measure(next) <= width {
				line = next
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			line = word
			for measure(line) > width {
				letters := []rune(line)
				cut := len(letters) - 1
				for cut > 1 && measure(string(letters[:cut])) > width {
					cut--
				}
				if cut < 1 {
					break
				}
				lines = append(lines, string(letters[:cut]))
				line = string(letters[cut:])
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// Destroy implements fyne.WidgetRenderer.
func (r *noteRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *noteRenderer) Layout(s fyne.Size) {
	r.wrap()
	y := float32(0)
	for _, t := range r.lines {
		h := t.MinSize().Height
		t.Move(fyne.NewPos(0, y))
		t.Resize(fyne.NewSize(s.Width, h))
		y += h
	}
}

// MinSize implements fyne.WidgetRenderer.
func (r *noteRenderer) MinSize() fyne.Size {
	r.wrap()
	s := fyne.NewSize(r.note.width, 0)
	for _, t := range r.lines {
		s.Height += t.MinSize().Height
	}
	return s
}

// Objects implements fyne.WidgetRenderer.
func (r *noteRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(r.lines))
	for i, t := range r.lines {
		out[i] = t
	}
	return out
}

// Refresh implements fyne.WidgetRenderer.
func (r *noteRenderer) Refresh() {
	r.wrap()
	for _, t := range r.lines {
		t.Color = theme.Color(r.note.tone)
	}
	r.Layout(r.note.Size())
	canvas.Refresh(r.note)
}
