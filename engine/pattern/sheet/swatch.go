package sheet

import (
	"context"
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/press"
)

// panelDPI is the resolution of the picture on the page.
const panelDPI = 300

// window is a view of the plane, in mm of cloth, and where it lies on the page.
type window struct {
	x, y, w, h float64 // on the page, in mm
	fromX      float64 // of the plane, mm of cloth at the left edge
	fromY      float64
	scale      float64 // mm of page to a mm of cloth
}

// at returns where a point of the cloth lies on the page.
func (v window) at(x, y float64) (float64, float64) {
	return v.x + (x-v.fromX)*v.scale, v.y + (y-v.fromY)*v.scale
}

// view chooses how much of the plane a panel of w x h mm at (x, y) shows: both
// vectors and the beginning of what lies around them, and no more than there is
// of a border or a placed print.
func (s *Spec) view(x, y, w, h float64) window {
	cw, ch := float64(s.Detail.Width), float64(s.Detail.Height)
	across, down := 2.3, 1.35
	lead := 0.14 // of a cell before the first
	switch s.Repeat.Kind {
	case pattern.Block, pattern.HalfDrop, pattern.Hex:
	case pattern.Brick:
		across, down = 2.1, 1.6
	case pattern.Mirror:
		across, down = 2.3, 2.25
	case pattern.AlongX:
		down = 1
	case pattern.AlongY:
		across = 1
	case pattern.None:
		across, down = 1, 1
	}
	v := window{x: x, y: y, w: w, h: h, scale: min(w/(across*cw), h/(down*ch)), fromX: -lead * cw, fromY: -lead * ch}
	if across == 1 {
		v.w, v.fromX = min(w, cw*v.scale), 0
		v.x += (w - v.w) / 2
	}
	if down == 1 {
		v.h, v.fromY = min(h, ch*v.scale), 0
		v.y += (h - v.h) / 2
	}
	return v
}

// picture draws the view at panelDPI. The cell is brought to the view's scale by
// the mean over area, of which every share lies inside of the cell, so that
// nothing shows at its edges; then it is laid.
func (s *Spec) picture(ctx context.Context, v window) (*image.NRGBA, error) {
	cell := s.Cell.EightBit().RGB()
	perMM := panelDPI / 25.4
	// The small cell keeps a whole shift, so that drops are drawn where they are.
	_, d := s.Repeat.Drop()
	fit := func(mm float64, step int) int {
		return max(int(math.Round(mm*v.scale*perMM/float64(step))), 1) * step
	}
	w, h := fit(float64(s.Detail.Width), 1), fit(float64(s.Detail.Height), 1)
	switch s.Repeat.Kind {
	case pattern.HalfDrop, pattern.Hex:
		h = fit(float64(s.Detail.Height), d)
	case pattern.Brick:
		w = fit(float64(s.Detail.Width), d)
	default:
	}
	small, err := shrink(ctx, cell, w, h)
	if err != nil {
		return nil, err
	}
	pxX, pxY := float64(w)/float64(s.Detail.Width), float64(h)/float64(s.Detail.Height) // to a mm of cloth
	x0, y0 := int(math.Round(v.fromX*pxX)), int(math.Round(v.fromY*pxY))
	win := image.Rect(x0, y0, x0+int(math.Round(v.w/v.scale*pxX)), y0+int(math.Round(v.h/v.scale*pxY)))
	if win.Empty() {
		win = image.Rect(x0, y0, x0+1, y0+1)
	}
	laid, _ := pattern.LayImage(small, s.Repeat, win).(*image.NRGBA) // of an NRGBA, an NRGBA
	return laid, nil
}

// shrink brings an 8 bit RGB picture to w x h by the mean over area, or by
// repeating pixels where it grows.
func shrink(ctx context.Context, p *press.Picture, w, h int) (*image.NRGBA, error) {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	row := make([]byte, p.RowBytes())
	line := make([]float64, 3*w) // one row of the source, shrunk across
	sum := make([]float64, 3*w)
	read := -1
	for y := range h {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(sum)
		from, to := float64(y)*float64(p.Height)/float64(h), float64(y+1)*float64(p.Height)/float64(h)
		for sy := int(from); float64(sy) < to-1e-9 && sy < p.Height; sy++ {
			share := (min(to, float64(sy+1)) - max(from, float64(sy))) / (to - from)
			if read != sy {
				p.Row(row, sy)
				across(line, row, p.Width, w)
				read = sy
			}
			for i, v := range line {
				sum[i] += v * share
			}
		}
		for x := range w {
			px := out.Pix[out.PixOffset(x, y):]
			for c := range 3 {
				px[c] = uint8(sum[3*x+c] + 0.5)
			}
			px[3] = 255
		}
	}
	return out, nil
}

// across shrinks a row of from pixels to w.
func across(dst []float64, row []byte, from, w int) {
	for x := range w {
		a, b := float64(x)*float64(from)/float64(w), float64(x+1)*float64(from)/float64(w)
		var sum [3]float64
		for sx := int(a); float64(sx) < b-1e-9 && sx < from; sx++ {
			share := (min(b, float64(sx+1)) - max(a, float64(sx))) / (b - a)
			for c := range sum {
				sum[c] += float64(row[3*sx+c]) * share
			}
		}
		copy(dst[3*x:], sum[:])
	}
}
