package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Ground is a rectangle in a colour of the theme, which follows it when the
// look changes.
type Ground struct {
	widget.BaseWidget
	tone fyne.ThemeColorName
}

// NewGround makes a rectangle.
func NewGround(tone fyne.ThemeColorName) *Ground {
	g := &Ground{tone: tone}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer implements fyne.Widget.
func (g *Ground) CreateRenderer() fyne.WidgetRenderer {
	return &groundRenderer{ground: g, fill: canvas.NewRectangle(theme.Color(g.tone))}
}

type groundRenderer struct {
	ground *Ground
	fill   *canvas.Rectangle
}

// Destroy implements fyne.WidgetRenderer.
func (r *groundRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *groundRenderer) Layout(s fyne.Size) { r.fill.Resize(s) }

// MinSize implements fyne.WidgetRenderer.
func (r *groundRenderer) MinSize() fyne.Size { return fyne.Size{} }

// Objects implements fyne.WidgetRenderer.
func (r *groundRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.fill} }

// Refresh implements fyne.WidgetRenderer.
func (r *groundRenderer) Refresh() {
	r.fill.FillColor = theme.Color(r.ground.tone)
	r.fill.Refresh()
}
