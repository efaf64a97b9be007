package widget

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
)

// Swatch is a chip of the palette.
type Swatch struct {
	widget.BaseWidget
	name   string
	chip   color.NRGBA
	chosen bool
	tapped func()
	desk   *Desk
}

// NewSwatch makes a chip; name says which position it has.
func NewSwatch(d *Desk, name string, c color.NRGBA, tapped func()) *Swatch {
	s := &Swatch{name: name, chip: c, tapped: tapped, desk: d}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the chip, its name, and whether it is the one being changed.
func (s *Swatch) Set(name string, c color.NRGBA, chosen bool) {
	if s.name == name && s.chip == c && s.chosen == chosen {
		return
	}
	s.name, s.chip, s.chosen = name, c, chosen
	s.Refresh()
}

// Chip returns the colour.
func (s *Swatch) Chip() color.NRGBA { return s.chip }

// Tapped implements fyne.Tappable.
func (s *Swatch) Tapped(*fyne.PointEvent) {
	s.desk.leave(s)
	s.tapped()
}

// MouseIn implements desktop.Hoverable.
func (s *Swatch) MouseIn(e *desktop.MouseEvent) {
	s.desk.enter(s, s.name+"   "+Hex(s.chip), e)
}

// MouseMoved implements desktop.Hoverable.
func (s *Swatch) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (s *Swatch) MouseOut() { s.desk.leave(s) }

// CreateRenderer implements fyne.Widget.
func (s *Swatch) CreateRenderer() fyne.WidgetRenderer {
	r := &swatchRenderer{swatch: s, fill: canvas.NewRectangle(s.chip)}
	r.fill.CornerRadius = 3
	r.apply()
	return r
}

type swatchRenderer struct {
	swatch *Swatch
	fill   *canvas.Rectangle
}

func (r *swatchRenderer) apply() {
	r.fill.FillColor = r.swatch.chip
	r.fill.StrokeWidth, r.fill.StrokeColor = 1, theme.Color(base.ColorNameInputBorder)
	if r.swatch.chosen {
		r.fill.StrokeWidth, r.fill.StrokeColor = 2, theme.Color(base.ColorNamePrimary)
	}
}

// Destroy implements fyne.WidgetRenderer.
func (r *swatchRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *swatchRenderer) Layout(s fyne.Size) { r.fill.Resize(s) }

// MinSize implements fyne.WidgetRenderer.
func (r *swatchRenderer) MinSize() fyne.Size { return fyne.NewSize(20, 26) }

// Objects implements fyne.WidgetRenderer.
func (r *swatchRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.fill} }

// Refresh implements fyne.WidgetRenderer.
func (r *swatchRenderer) Refresh() {
	r.apply()
	r.fill.Refresh()
}

// Hex writes a colour as #rrggbb.
func Hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// ParseHex reads #rrggbb, rrggbb or #rgb.
func ParseHex(text string) (color.NRGBA, error) {
	t := strings.TrimPrefix(strings.TrimSpace(text), "#")
	if len(t) == 3 {
		t = string([]byte{t[0], t[0], t[1], t[1], t[2], t[2]})
	}
	v, err := strconv.ParseUint(t, 16, 32)
	if err != nil || len(t) != 6 {
		return color.NRGBA{}, fmt.Errorf("colour %q is not of the form #rrggbb", text)
	}
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}, nil
}

// HSL returns hue in degrees, saturation and lightness between 0 and 1, as
// CSS Color 4 defines them.
func HSL(c color.NRGBA) (h, s, l float64) {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	hi, lo := max(r, g, b), min(r, g, b)
	l = (hi + lo) / 2
	d := hi - lo
	if d == 0 {
		return 0, 0, l
	}
	s = d / (1 - math.Abs(2*l-1))
	switch hi {
	case r:
		h = math.Mod((g-b)/d+6, 6)
	case g:
		h = (b-r)/d + 2
	default:
		h = (r-g)/d + 4
	}
	return h * 60, min(s, 1), l
}

// FromHSL is the inverse of HSL.
func FromHSL(h, s, l float64) color.NRGBA {
	part := func(n float64) uint8 {
		k := math.Mod(n+h/30, 12)
		a := s * min(l, 1-l)
		return uint8(math.Round(255 * (l - a*max(-1, min(k-3, 9-k, 1)))))
	}
	return color.NRGBA{part(0), part(8), part(4), 0xff}
}
