package motif

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
	"github.com/selvage-studio/selvage/engine/edit/region"
	"github.com/selvage-studio/selvage/engine/edit/warp"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Cut copies the pixels of a piece, times cover where that is not nil: the
// coverage of a pixel of the cell. Its own layer has nothing to unmix.
func Cut(r *raster.Raster, rep pattern.Repeat, piece *region.Region, cover *raster.Mask) *warp.Window {
	out := warp.Lay(r, rep, piece.Bounds)
	for i, in := range piece.In {
		p := out.Pix[4*i : 4*i+4]
		if !in {
			clear(p)
			out.Who[i] = raster.Who{}
			continue
		}
		if cover == nil {
			continue
		}
		b := piece.Bounds
		x, y, _ := rep.Source(b.Min.X+i%b.Dx(), b.Min.Y+i/b.Dx(), r.Width(), r.Height())
		for c := range p {
			p[c] = uint16(raster.Mul(uint32(p[c]), uint32(cover.Pix[y*cover.W+x])))
		}
	}
	return out
}

// Remove takes away from r what Cut copied.
func Remove(r *raster.Raster, rep pattern.Repeat, piece *region.Region, cover *raster.Mask) {
	b := piece.Bounds
	for i, in := range piece.In {
		if !in {
			continue
		}
		x, y, ok := rep.Source(b.Min.X+i%b.Dx(), b.Min.Y+i/b.Dx(), r.Width(), r.Height())
		if !ok {
			continue
		}
		keep := uint32(0)
		if cover != nil {
			keep = raster.Opaque - uint32(cover.Pix[y*cover.W+x])
		}
		row, who := r.Edit(y)
		p := row[4*x : 4*x+4]
		for c := range p {
			p[c] = uint16(raster.Mul(uint32(p[c]), keep))
		}
		if p[3] == 0 {
			who[x] = raster.Who{}
		}
	}
}

// Place lays a motif over r on the plane of rep: what leaves the cell comes in
// on the other side. Where the plane is empty, nothing is drawn.
func Place(r *raster.Raster, rep pattern.Repeat, m *warp.Window) {
	b := m.Bounds
	raster.Spans(r.Width(), r.Height(), rep, b, func(s raster.Span) {
		at := m.Index(s.X, s.Y)
		var row []uint16
		var who []raster.Who
		for k := range s.N {
			p := m.Pix[4*(at+k) : 4*(at+k)+4]
			if p[3] == 0 {
				continue
			}
			if row == nil {
				// Only bands that get something are copied.
				row, who = r.Edit(s.CY)
			}
			c := s.CX + k*s.Step
			over(row[4*c:4*c+4], &who[c], p, m.Who[at+k])
		}
	})
}

// over lays p on dst. The authors share the pixel by what each covers; the
// operation is that of the larger part.
func over(dst []uint16, who *raster.Who, p []uint16, author raster.Who) {
	rest := uint32(raster.Opaque - p[3])
	below := raster.Mul(uint32(dst[3]), rest)
	for c := range dst {
		dst[c] = uint16(min(uint32(p[c])+raster.Mul(uint32(dst[c]), rest), raster.Opaque))
	}
	total := uint32(p[3]) + below
	share := func(a, b uint8) uint8 {
		return uint8((uint64(a)*uint64(p[3]) + uint64(b)*uint64(below)) / uint64(total))
	}
	switch {
	case below == 0:
		*who = author
	case *who != author:
		mixed := raster.Who{
			Op: who.Op, Person: share(author.Person, who.Person), Model: share(author.Model, who.Model),
			Rule: share(author.Rule, who.Rule), Import: share(author.Import, who.Import),
		}
		if uint32(p[3]) >= below {
			mixed.Op = author.Op
		}
		*who = mixed
	}
}

// Placement says where a motif goes: its Pivot comes to lie on To, after it was
// mirrored left to right, scaled along its own axes and turned.
type Placement struct {
	Pivot, To      [2]float64 // points of the plane
	Turn           float64    // degrees, clockwise
	ScaleX, ScaleY float64    // 1 keeps the size
	Flip           bool
}

// MaxTurned is the most pixels that a turned motif may have.
const MaxTurned = 1 << 26

// SizeError reports a motif that would be too large.
type SizeError struct{ Width, Height float64 }

func (e *SizeError) Error() string {
	return fmt.Sprintf("motif: it would be %.0f x %.0f pixels; at most %d million are drawn, so scale it less", e.Width, e.Height, MaxTurned>>20)
}

// Pivot is the middle of b on a corner or a middle of pixels, such that quarter
// turns about it carry pixels onto pixels, and that it is found again in the
// turned motif.
func Pivot(b image.Rectangle) [2]float64 {
	x, y := b.Min.X+b.Max.X, b.Min.Y+b.Max.Y // twice the middle
	switch {
	case (x+y)&1 == 0:
		// Both whole, or both halves.
	case x&1 != 0:
		// Two whole points are as near: take the one whose sum is even.
		if ((x-1)/2+y/2)&1 == 0 {
			x--
		} else {
			x++
		}
	default:
		if (x/2+(y-1)/2)&1 == 0 {
			y--
		} else {
			y++
		}
	}
	return [2]float64{float64(x) / 2, float64(y) / 2}
}

// Turn places a motif anew. Quarter turns and moves by whole pixels at scale 1
// keep its bytes; all else is sampled with a cubic kernel, widened where the
// motif shrinks. The error is a *SizeError or ctx's.
func Turn(ctx context.Context, m *warp.Window, p Placement) (*warp.Window, error) {
	if m.Bounds.Empty() {
		return m, nil
	}
	sin, cos := sincos(p.Turn)
	sx, sy := p.ScaleX, p.ScaleY
	if p.Flip {
		sx = -sx
	}
	// Forwards: where the corners come to lie.
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range [4]image.Point{m.Bounds.Min, m.Bounds.Max, {X: m.Bounds.Min.X, Y: m.Bounds.Max.Y}, {X: m.Bounds.Max.X, Y: m.Bounds.Min.Y}} {
		u, v := float64(sx*(float64(c.X)-p.Pivot[0])), float64(sy*(float64(c.Y)-p.Pivot[1]))
		x := p.To[0] + (float64(u*cos) - float64(v*sin))
		y := p.To[1] + (float64(u*sin) + float64(v*cos))
		minX, minY, maxX, maxY = min(minX, x), min(minY, y), max(maxX, x), max(maxY, y)
	}
	soft := 2 * max(p.ScaleX, p.ScaleY, 1)
	if size := [2]float64{maxX - minX + 2*soft, maxY - minY + 2*soft}; size[0]*size[1] > MaxTurned || max(math.Abs(minX), math.Abs(minY), math.Abs(maxX), math.Abs(maxY)) > 1<<28 {
		return nil, &SizeError{size[0], size[1]}
	}
	out := warp.NewWindow(image.Rect(int(math.Floor(minX-soft)), int(math.Floor(minY-soft)), int(math.Ceil(maxX+soft)), int(math.Ceil(maxY+soft))))
	s := warp.NewSampler(m, 1/p.ScaleX, 1/p.ScaleY)
	for y := out.Bounds.Min.Y; y < out.Bounds.Max.Y; y++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for x := out.Bounds.Min.X; x < out.Bounds.Max.X; x++ {
			u, v := float64(x)+0.5-p.To[0], float64(y)+0.5-p.To[1]
			fx := p.Pivot[0] + (float64(u*cos)+float64(v*sin))/sx
			fy := p.Pivot[1] + (float64(v*cos)-float64(u*sin))/sy
			pixel := s.At(fx, fy)
			if pixel[3] == 0 {
				continue
			}
			i := out.Index(x, y)
			copy(out.Pix[4*i:4*i+4], pixel[:])
			out.Who[i] = author(s, m, fx, fy)
		}
	}
	return out.Trim(), nil
}

// author is that of the pixel under a point; a soft edge that grew over the
// outline takes that of a pixel beside it which is there.
func author(s *warp.Sampler, m *warp.Window, x, y float64) raster.Who {
	px, py := int(math.Floor(x)), int(math.Floor(y))
	if m.At(px, py)[3] != 0 {
		return s.Who(x, y)
	}
	for reach := 1; ; reach++ {
		for dy := -reach; dy <= reach; dy++ {
			for dx := -reach; dx <= reach; dx++ {
				if m.At(px+dx, py+dy)[3] != 0 {
					return m.Who[m.Index(px+dx, py+dy)]
				}
			}
		}
		if reach > m.Bounds.Dx()+m.Bounds.Dy() {
			return raster.Who{}
		}
	}
}

// sincos of degrees, exact at quarter turns.
func sincos(degrees float64) (sin, cos float64) {
	degrees -= float64(360 * math.Floor(degrees/360))
	quarter := math.Floor(degrees / 90)
	rest := degrees - float64(90*quarter)
	sin, cos = 0, 1
	if rest != 0 {
		sin, cos = exact.Sincos(float64(rest * (math.Pi / 180)))
	}
	for range int(quarter) & 3 {
		sin, cos = cos, -sin
	}
	return sin, cos
}
