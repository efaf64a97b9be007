package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Card is a picture of the staging strip with a caption; tapping it looks at
// it closely.
type Card struct {
	widget.BaseWidget
	tip     string
	picture image.Image
	title   string
	note    string
	chosen  bool
	hovered bool
	tapped  func()
	desk    *Desk
}

// CardSide is the side of a card's picture.
const CardSide = 76

// NewCard makes a card without a picture.
func NewCard(d *Desk, tip string, tapped func()) *Card {
	c := &Card{tip: tip, tapped: tapped, desk: d}
	c.ExtendBaseWidget(c)
	return c
}

// Set changes what the card shows.
func (c *Card) Set(picture image.Image, title, note string, chosen bool) {
	if c.picture == picture && c.title == title && c.note == note && c.chosen == chosen {
		return
	}
	c.picture, c.title, c.note, c.chosen = picture, title, note, chosen
	c.Refresh()
}

// Title returns the caption's first line.
func (c *Card) Title() string { return c.title }

// Tapped implements fyne.Tappable.
func (c *Card) Tapped(*fyne.PointEvent) {
	c.desk.leave(c)
	c.tapped()
}

// MouseIn implements desktop.Hoverable.
func (c *Card) MouseIn(e *desktop.MouseEvent) {
	c.hovered = true
	c.Refresh()
	c.desk.enter(c, c.tip, e)
}

// MouseMoved implements desktop.Hoverable.
func (c *Card) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Card) MouseOut() {
	c.hovered = false
	c.Refresh()
	c.desk.leave(c)
}

// CreateRenderer implements fyne.Widget.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	r := &cardRenderer{
		card: c, frame: canvas.NewRectangle(color.Transparent), image: &canvas.Image{FillMode: canvas.ImageFillContain},
		title: canvas.NewText("", color.Black), note: canvas.NewText("", color.Black),
	}
	r.frame.CornerRadius = 4
	r.image.ScaleMode = canvas.ImageScaleSmooth
	r.title.TextStyle.Bold, r.note.TextStyle.Monospace = true, true
	r.apply()
	return r
}

type cardRenderer struct {
	card        *Card
	frame       *canvas.Rectangle
	image       *canvas.Image
	title, note *canvas.Text
}

func (r *cardRenderer) apply() {
	c := r.card
	r.frame.FillColor = theme.Color(base.ColorNameInputBackground)
	r.frame.StrokeWidth, r.frame.StrokeColor = 1, theme.Color(base.ColorNameInputBorder)
	switch {
	case c.chosen:
		r.frame.StrokeWidth, r.frame.StrokeColor = 2, theme.Color(base.ColorNamePrimary)
	case c.hovered:
		r.frame.StrokeColor = theme.Color(theme.Quiet)
	}
	r.image.Image = c.picture
	if c.picture == nil {
		r.image.Hide()
	} else {
		r.image.Show()
	}
	r.title.Text, r.note.Text = c.title, c.note
	r.title.TextSize, r.note.TextSize = base.Size(theme.SizeFigures), base.Size(theme.SizeFigures)-1
	r.title.Color, r.note.Color = theme.Color(base.ColorNameForeground), theme.Color(theme.Quiet)
}

// Destroy implements fyne.WidgetRenderer.
func (r *cardRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *cardRenderer) Layout(s fyne.Size) {
	const inset = 3
	r.frame.Resize(fyne.NewSquareSize(CardSide))
	r.image.Move(fyne.NewSquareOffsetPos(inset))
	r.image.Resize(fyne.NewSquareSize(CardSide - 2*inset))
	h := r.title.MinSize().Height
	r.title.Move(fyne.NewPos(1, CardSide+2))
	r.title.Resize(fyne.NewSize(s.Width, h))
	r.note.Move(fyne.NewPos(1, CardSide+2+h))
	r.note.Resize(fyne.NewSize(s.Width, h))
}

// MinSize implements fyne.WidgetRenderer.
func (r *cardRenderer) MinSize() fyne.Size {
	w := fyne.Max(CardSide, fyne.Max(r.title.MinSize().Width, r.note.MinSize().Width)+2)
	return fyne.NewSize(w, CardSide+3+2*r.title.MinSize().Height)
}

// Objects implements fyne.WidgetRenderer.
func (r *cardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.frame, r.image, r.title, r.note}
}

// Refresh implements fyne.WidgetRenderer.
func (r *cardRenderer) Refresh() {
	r.apply()
	r.Layout(r.card.Size())
	r.frame.Refresh()
	r.image.Refresh()
	r.title.Refresh()
	r.note.Refresh()
}
