package press

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Marks are what a margin around the repeat carries; nothing of them lies
// inside of it.
type Marks struct {
	// Labels say what each screen is: one for a grey picture, one for each ink
	// otherwise.
	Labels []string
}

// The margin, its two zones, and what lies in them, in millimetres.
const (
	margin     = 16 * pattern.Millimetre
	gap        = 1 * pattern.Millimetre // clear of the repeat
	tick       = 6 * pattern.Millimetre // of corner ticks
	ring       = 2 * pattern.Millimetre // radius of a registration mark
	arm        = 3 * pattern.Millimetre // of its cross
	markMiddle = 4.5 * pattern.Millimetre
	hairline   = 0.15 * pattern.Millimetre
	letters    = 2.5 * pattern.Millimetre // size of the labels' font
	firstLine  = 10 * pattern.Millimetre  // from the repeat to the labels' first baseline
	lineStep   = 3 * pattern.Millimetre
)

// WithMarks returns the picture, of one screen (0 prints) or of inks, with a
// margin of 16 mm around it that has ticks at the corners of the repeat,
// registration marks at the middle of its sides, which all screens print, and
// each screen's label below. dpiX and dpiY are the picture's.
func WithMarks(p *Picture, dpiX, dpiY float64, m Marks) (*Picture, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	n := p.Samples()
	switch {
	case p.Model != Gray && p.Model != Inks || p.Bits != 8:
		return nil, &PictureError{fmt.Sprintf("marks are laid around screens of 8 bits, not around %v of %d", p.Model, p.Bits)}
	case !(dpiX > 0) || !(dpiY > 0) || max(dpiX, dpiY) > maxDPI:
		return nil, &PictureError{"marks have a size in mm, and the pattern has none"}
	case len(m.Labels) != n:
		return nil, &PictureError{fmt.Sprintf("%d labels for %d screens", len(m.Labels), n)}
	}
	mx, my := int(math.Ceil(margin.Pixels(dpiX))), int(math.Ceil(margin.Pixels(dpiY)))
	out := *p
	out.Width, out.Height = p.Width+2*mx, p.Height+2*my
	if err := out.check(); err != nil {
		return nil, err
	}
	f := frame{in: image.Rect(mx, my, mx+p.Width, my+p.Height), dpiX: dpiX, dpiY: dpiY}
	labels, err := f.labels(m.Labels, out.Width, out.Height)
	if err != nil {
		return nil, err
	}
	// Row by row the common marks are drawn from their geometry.
	out.Row = func(dst []byte, y int) {
		ink, none := byte(255), byte(0)
		if p.Model == Gray {
			ink, none = 0, 255
		}
		for i := range dst[:n*out.Width] {
			dst[i] = none
		}
		if y >= my && y < my+p.Height {
			p.Row(dst[n*mx:n*(mx+p.Width)], y-my)
		}
		beside := y >= my && y < my+p.Height
		for x := 0; x < out.Width; x++ {
			if beside && x == mx {
				x += p.Width
			}
			if f.mark(x, y) {
				for c := range n {
					dst[n*x+c] = ink
				}
			}
		}
		for c, l := range labels {
			if y < l.Rect.Min.Y || y >= l.Rect.Max.Y {
				continue
			}
			for x := l.Rect.Min.X; x < l.Rect.Max.X; x++ {
				if l.AlphaAt(x, y).A >= 128 {
					dst[n*x+c] = ink
				}
			}
		}
	}
	return &out, nil
}

// frame is where the repeat lies in a picture with a margin.
type frame struct {
	in         image.Rectangle
	dpiX, dpiY float64
}

// mark reports whether a pixel of the margin belongs to a tick or a
// registration mark.
func (f frame) mark(x, y int) bool {
	// The middle of the pixel, in mm from the repeat's corner.
	px, py := pattern.LengthOf(1, f.dpiX), pattern.LengthOf(1, f.dpiY)
	u, v := (pattern.Length(x-f.in.Min.X)+0.5)*px, (pattern.Length(y-f.in.Min.Y)+0.5)*py
	w, h := pattern.Length(f.in.Dx())*px, pattern.Length(f.in.Dy())*py
	thick := max(hairline, px, py) / 2
	// Of two rows whose middles are equally far, the first, whatever the rounding.
	near := func(a, b pattern.Length) bool { return a-b < 0.999*thick && b-a < 1.001*thick }
	outside := func(a, side pattern.Length) pattern.Length { return max(-a, a-side) }

	if ou := outside(u, w); ou >= gap && ou <= gap+tick && (near(v, 0) || near(v, h)) {
		return true
	}
	if ov := outside(v, h); ov >= gap && ov <= gap+tick && (near(u, 0) || near(u, w)) {
		return true
	}
	for _, c := range [4][2]pattern.Length{{w / 2, -markMiddle}, {w / 2, h + markMiddle}, {-markMiddle, h / 2}, {w + markMiddle, h / 2}} {
		du, dv := u-c[0], v-c[1]
		if max(du, -du) > arm || max(dv, -dv) > arm {
			continue
		}
		r := pattern.Length(math.Hypot(float64(du), float64(dv)))
		if near(du, 0) || near(dv, 0) || near(r, ring) {
			return true
		}
	}
	return false
}

// labels draws each label once, one after the other along the lines below the
// repeat; what does not fit is cut off at the edge.
func (f frame) labels(texts []string, width, height int) ([]*image.Alpha, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("press: the labels' font: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: letters.Pixels(f.dpiY), DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("press: the labels' font: %w", err)
	}
	x, y := f.in.Min.X, f.in.Max.Y+int(firstLine.Pixels(f.dpiY))
	space := int(letters.Pixels(f.dpiX))
	page := image.Rect(0, f.in.Max.Y, width, height)
	out := make([]*image.Alpha, len(texts))
	for i, s := range texts {
		d := font.Drawer{Src: image.NewUniform(color.Opaque), Face: face}
		long := d.MeasureString(s).Ceil()
		if x > f.in.Min.X && x+long > width {
			x, y = f.in.Min.X, y+int(lineStep.Pixels(f.dpiY))
		}
		box := image.Rect(x, y-face.Metrics().Ascent.Ceil(), x+long, y+face.Metrics().Descent.Ceil()).Intersect(page)
		out[i] = image.NewAlpha(box)
		d.Dst, d.Dot = draw.Image(out[i]), fixed.P(x, y)
		d.DrawString(s)
		x += long + space
	}
	return out, nil
}
