package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Note is small wrapped text that explains.
type Note struct {
	widget.RichText
	seg *widget.TextSegment
}

// NewNote makes a note; it is hidden while it has no text.
func NewNote(tone fyne.ThemeColorName) *Note {
	n := &Note{seg: &widget.TextSegment{Style: widget.RichTextStyle{ColorName: tone, SizeName: theme.SizeFigures}}}
	n.Wrapping = fyne.TextWrapWord
	n.Segments = []widget.RichTextSegment{n.seg}
	n.ExtendBaseWidget(n)
	n.Hide()
	return n
}

// Text returns what the note says.
func (n *Note) Text() string { return n.seg.Text }

// Set changes the text, and hides the note when there is none.
func (n *Note) Set(text string) {
	if n.seg.Text == text {
		return
	}
	n.seg.Text = text
	n.Refresh()
	if text == "" {
		n.Hide()
	} else {
		n.Show()
	}
}
