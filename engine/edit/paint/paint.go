// Package paint puts colour on a cell the way a hand does: brush, eraser and
// clone strokes, fills, gradients and shapes. All are pure functions over a
// raster; their points lie on the plane, and what crosses an edge of the cell
// comes in at the other side, at the shift of the repeat.
//
//	t := paint.Target{Pixels: layer, Repeat: repeat, Selection: mask, Who: who}
//	s, err := paint.Begin(t, brush, paint.Solid(color))
//	err = s.Add(ctx, paint.Point{X: 10, Y: 20, Pressure: 1})
//
// # How paint is laid
//
// A tool first finds its coverage of every pixel, then each pixel is mixed once
// from what it was: new = old + (ink - old)·coverage·selection. So the opacity
// of a stroke is a cap however often it crosses itself, and only the bands that
// it covers are copied.
//
// # Whose the pixels are
//
// The shares of a pixel's makers are mixed by the part that the new ink has in
// what is then seen there: its coverage, divided by the alpha that results. Paint
// on nothing is wholly the painter's, however thin; paint at half on an opaque
// pixel leaves half to those before. The operation of a pixel becomes the new
// one where that part is at least a half.
//
// An eraser makes nothing: what it leaves of a pixel stays whose it was, and
// where nothing is left the pixel is nobody's. It keeps the eraser's operation
// then, for it was the last to decide.
//
// A clone carries pixels from elsewhere: their shares come along with them, and
// the operation is the clone's. So the pixels of a model do not become a
// person's by being copied.
package paint

import (
	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Target is what is painted on.
type Target struct {
	Pixels    *raster.Raster
	Repeat    pattern.Repeat
	Selection *raster.Mask // nil for everything; of the size of Pixels
	Who       raster.Who   // whose a pixel is that is wholly new
}

func (t Target) size() pattern.Size {
	return pattern.Size{Width: t.Pixels.Width(), Height: t.Pixels.Height()}
}

// coverage covers nothing yet of the target.
func (t Target) coverage() *coverage.Coverage { return coverage.New(t.size(), t.Repeat) }

// Color is gamma-encoded sRGB, not multiplied by alpha: R, G, B, A of 0 to 65535.
type Color [4]uint16

// Ink is what a tool leaves where it covers. Use Solid, Erase or Copy; gradients
// make their own.
type Ink struct {
	color   Color
	erase   bool
	picture picture // nil for one colour
}

// picture is an ink that differs from pixel to pixel.
type picture interface {
	// row writes the pixels from to to of row y of the cell, multiplied by alpha.
	row(y, from, to int, dst []uint16)
	// who is whose pixel x of row y is; ok is false where it is the painter's.
	who(x, y int) (w raster.Who, ok bool)
}

// Solid is one colour.
func Solid(c Color) Ink { return Ink{color: c} }

// Erase takes away what is there.
func Erase() Ink { return Ink{erase: true} }

// Shape paints what c covers, at an opacity of 0 to 65535.
func Shape(t Target, c *coverage.Coverage, ink Ink, opacity uint16) {
	p := t.painter(ink, opacity)
	for y := range t.Pixels.Height() {
		if row, from, to := c.Row(y); row != nil {
			p.lay(y, from, to, row)
		}
	}
}

// Fill paints the selection, or everything, where mask has it too; a nil mask has
// everything.
func Fill(t Target, mask *raster.Mask, ink Ink, opacity uint16) {
	p := t.painter(ink, opacity)
	w := t.Pixels.Width()
	full := make([]uint16, w)
	for i := range full {
		full[i] = raster.Opaque
	}
	for y := range t.Pixels.Height() {
		row := mask.Row(y)
		if row == nil {
			row = full
		}
		p.lay(y, 0, w, row)
	}
}

// painter lays rows of one ink.
type painter struct {
	Target
	ink     Ink
	opacity uint32
	// base is what the target was before, where rows are laid again and again;
	// nil where each is laid once.
	base  *raster.Raster
	empty []uint16 // a row of a base that has none
	line  []uint16 // of a picture
}

func (t Target) painter(ink Ink, opacity uint16) *painter {
	return &painter{Target: t, ink: ink, opacity: uint32(opacity)}
}

// lay mixes the ink into pixels from to to of row y, by the coverages of the whole row.
func (p *painter) lay(y, from, to int, cover []uint16) {
	selection := p.Selection.Row(y)
	amount := func(x int) uint32 {
		k := uint32(cover[x])
		if k == 0 {
			return 0
		}
		if p.opacity != raster.Opaque {
			k = raster.Mul(k, p.opacity)
		}
		if selection != nil {
			k = raster.Mul(k, uint32(selection[x]))
		}
		return k
	}
	// What is not covered at either end is not touched, and a row of it not copied.
	for from < to && amount(from) == 0 {
		from++
	}
	for from < to && amount(to-1) == 0 {
		to--
	}
	if from == to || p.ink.erase && p.blank(y) {
		return
	}
	row, who := p.Pixels.Edit(y)
	old, owners, owner := row, who, raster.Who{}
	if p.base != nil {
		old = p.base.Row(y)
		owners, owner = p.base.WhoRow(y)
		if old == nil {
			if p.empty == nil {
				p.empty = make([]uint16, len(row))
			}
			old = p.empty
		}
	}
	before := func(x int) raster.Who {
		if owners == nil {
			return owner
		}
		return owners[x]
	}
	switch {
	case p.ink.erase:
		for x := from; x < to; x++ {
			if k := amount(x); k != 0 || p.base != nil {
				who[x] = p.erase(row[4*x:4*x+4], old[4*x:4*x+4], before(x), k)
			}
		}
	case p.ink.picture != nil:
		if p.line == nil {
			p.line = make([]uint16, 4*p.Pixels.Width())
		}
		p.ink.picture.row(y, from, to, p.line[4*from:4*to])
		for x := from; x < to; x++ {
			if k := amount(x); k != 0 || p.base != nil {
				mine, ok := p.ink.picture.who(x, y)
				if !ok {
					mine = p.Who
				}
				who[x] = over(row[4*x:4*x+4], old[4*x:4*x+4], p.line[4*x:4*x+4], k, before(x), mine)
			}
		}
	default:
		c := p.ink.color
		alpha := uint32(c[3])
		for x := from; x < to; x++ {
			k := amount(x)
			if k == 0 && p.base == nil {
				continue
			}
			if alpha != raster.Opaque {
				k = raster.Mul(k, alpha)
			}
			d, s := row[4*x:4*x+4:4*x+4], old[4*x:4*x+4:4*x+4]
			if k == raster.Opaque {
				d[0], d[1], d[2], d[3] = c[0], c[1], c[2], raster.Opaque
				who[x] = p.Who
				continue
			}
			d[0] = uint16(raster.Lerp(uint32(s[0]), uint32(c[0]), k))
			d[1] = uint16(raster.Lerp(uint32(s[1]), uint32(c[1]), k))
			d[2] = uint16(raster.Lerp(uint32(s[2]), uint32(c[2]), k))
			d[3] = uint16(raster.Lerp(uint32(s[3]), raster.Opaque, k))
			who[x] = raster.MixWho(p.Who, before(x), part(k, uint32(d[3])))
		}
	}
}

// blank reports a row on which an eraser finds nothing.
func (p *painter) blank(y int) bool {
	if p.base != nil {
		return p.base.Row(y) == nil
	}
	return p.Pixels.Row(y) == nil
}

func (p *painter) erase(dst, old []uint16, was raster.Who, k uint32) raster.Who {
	if old[3] == 0 {
		copy(dst, old)
		return was
	}
	for i, v := range old {
		dst[i] = uint16(raster.Mul(uint32(v), raster.Opaque-k))
	}
	if dst[3] != 0 {
		return was
	}
	return raster.Who{Op: p.Who.Op}
}

// over puts ink, multiplied by alpha, over old by k.
func over(dst, old, ink []uint16, k uint32, was, mine raster.Who) raster.Who {
	alpha := raster.Mul(uint32(ink[3]), k)
	for i, v := range old {
		// One rounding for both products; at most 65535² + 2^16, since no colour is
		// more than its alpha.
		s := uint32(ink[i])*k + uint32(v)*(raster.Opaque-alpha) + 0x8000
		dst[i] = uint16((s + s>>16) >> 16)
	}
	return raster.MixWho(mine, was, part(alpha, uint32(dst[3])))
}

// part is the share that an ink of coverage k has in a pixel of that alpha.
func part(k, alpha uint32) uint32 {
	if alpha == raster.Opaque || k == 0 {
		return k
	}
	return raster.Unpremultiply(min(k, alpha), alpha)
}
