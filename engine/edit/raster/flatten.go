package raster

import (
	"context"
	"runtime"
	"slices"
	"sync"
)

// Sheet is one layer as Flatten sees it; the lowest comes first and hidden ones
// are left out.
type Sheet struct {
	Pixels  *Raster
	Opacity uint16 // of Opaque
	Blend   Blend
}

// Flatten lays sheets of w x h pixels one on another, as W3C Compositing and
// Blending Level 1 has it for isolated groups:
//
//	co = Cs·αs·(1-αb) + Cb·αb·(1-αs) + αs·αb·B(Cb, Cs),  αo = αs + αb - αs·αb
//
// in the gamma-encoded space of the components. Each layer rounds to the nearest
// 1/65535 once for its opacity, once for the colours that the blend function
// takes, which are not multiplied by alpha, once in that function and once for
// the sum: against the formula in real numbers on those colours a layer is off by
// at most one.
//
// The authors are composed along, by what is visible of each: see
// AUTHORSHIP.md of the package edit.
func Flatten(ctx context.Context, w, h int, sheets []Sheet) (*Raster, error) {
	var f Flattener
	r, _, err := f.Flatten(ctx, w, h, sheets)
	return r, err
}

// Flattener flattens the same stack again and again, and composes only the bands
// in which some layer has changed. The zero value is ready. It is not safe for
// use by several goroutines.
type Flattener struct {
	out  *Raster
	made [][]source // what each band of out was composed of
}

// source is one sheet's part in one band.
type source struct {
	band    *band
	edits   uint64
	opacity uint16
	blend   Blend
}

// Flatten is the function of that name; changed lists the bands that are not
// those of the call before, all of them the first time. The result is to be read
// only, and is good until the next call.
func (f *Flattener) Flatten(ctx context.Context, w, h int, sheets []Sheet) (r *Raster, changed []int, err error) {
	if f.out == nil || f.out.w != w || f.out.h != h {
		f.out = New(w, h)
		f.made = make([][]source, f.out.Bands())
		for i := range f.made {
			f.made[i] = []source{{}} // of nothing that a stack can have
		}
	}
	for i := range f.out.bands {
		if !slices.Equal(f.made[i], sources(sheets, i)) {
			changed = append(changed, i)
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(changed))
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for n := k; n < len(changed) && ctx.Err() == nil; n += workers {
				i := changed[n]
				from := sources(sheets, i)
				f.out.bands[i] = composeBand(from, w, f.out.rows(i))
				f.made[i] = from
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	return f.out, changed, nil
}

// sources lists what the sheets contribute to band i: transparent bands nothing.
func sources(sheets []Sheet, i int) []source {
	var list []source
	for _, s := range sheets {
		if b := s.Pixels.bands[i]; b != nil && s.Opacity > 0 {
			list = append(list, source{b, b.edits, s.Opacity, s.Blend})
		}
	}
	return list
}

// composeBand makes a band of rows of w pixels. One normal layer is its own
// composition; nothing of it is copied.
func composeBand(from []source, w, rows int) *band {
	if len(from) == 0 {
		return nil
	}
	if len(from) == 1 && from[0].opacity == Opaque {
		b := from[0].band
		// A view with a token of its own: an edit in place of the layer would
		// otherwise reach it unseen, but then its edits count has changed.
		return &band{token: new(int), pix: b.pix, who: b.who, uniform: b.uniform}
	}
	out := &band{token: new(int), pix: make([]uint16, 4*w*rows)}
	for n, s := range from {
		composeWho(out, s, n == 0)
		composePixels(out.pix, s)
	}
	return out
}

// composePixels lays one source on dst.
func composePixels(dst []uint16, s source) {
	op := uint32(s.opacity)
	src := s.band.pix
	if s.blend == Normal || s.blend == "" {
		for k := 0; k < len(dst); k += 4 {
			p, q := src[k:k+4:k+4], dst[k:k+4:k+4]
			if p[3] == 0 {
				continue
			}
			if p[3] == Opaque && op == Opaque {
				q[0], q[1], q[2], q[3] = p[0], p[1], p[2], p[3]
				continue
			}
			rest := Opaque - Mul(uint32(p[3]), op)
			// Both terms rounded together; they add up to at most 65535².
			for c := range 4 {
				q[c] = div(uint32(p[c])*op + uint32(q[c])*rest)
			}
			clampToAlpha(q)
		}
		return
	}
	blend := s.blend.blendFunc()
	for k := 0; k < len(dst); k += 4 {
		p, q := src[k:k+4:k+4], dst[k:k+4:k+4]
		if p[3] == 0 {
			continue
		}
		as, ab := uint64(Mul(uint32(p[3]), op)), uint64(q[3])
		ao := as + ab - uint64(Mul(uint32(as), uint32(ab)))
		for c := range 3 {
			s, b := uint64(Mul(uint32(p[c]), op)), uint64(q[c])
			both := uint64(0)
			if ab > 0 {
				both = as * ab * uint64(blend(Unpremultiply(uint32(q[c]), uint32(ab)), Unpremultiply(uint32(p[c]), uint32(p[3]))))
			}
			// At most three times 65535³, which 64 bits hold.
			sum := s*(Opaque-ab)*Opaque + b*(Opaque-as)*Opaque + both
			q[c] = uint16(min(ao, (sum+Opaque*Opaque/2)/(Opaque*Opaque)))
		}
		q[3] = uint16(ao)
	}
}

// div is v/65535 to nearest, for v of at most 65535².
func div(v uint32) uint16 {
	v += 0x8000
	return uint16((v + v>>16) >> 16)
}

func clampToAlpha(q []uint16) {
	q[0], q[1], q[2] = min(q[0], q[3]), min(q[1], q[3]), min(q[2], q[3])
}

// composeWho lays the authors of one source on those of dst, whose pixels are
// still as they were below it.
func composeWho(dst *band, s source, lowest bool) {
	if lowest {
		if s.band.who != nil {
			dst.who = slices.Clone(s.band.who)
		}
		dst.uniform = s.band.uniform
		return
	}
	if s.band.who == nil && dst.who == nil && s.band.uniform == dst.uniform {
		return
	}
	n := len(dst.pix) / 4
	if dst.who == nil {
		dst.who = make([]Who, n)
		for k := range dst.who {
			dst.who[k] = dst.uniform
		}
		dst.uniform = Who{}
	}
	top := s.band.uniform
	for k := range n {
		alpha := uint32(s.band.pix[4*k+3])
		if alpha == 0 {
			continue
		}
		if s.band.who != nil {
			top = s.band.who[k]
		}
		dst.who[k] = over(top, dst.who[k], Mul(alpha, uint32(s.opacity)), uint32(dst.pix[4*k+3]), s.blend)
	}
}

// over is the author of a pixel that shows top with coverage as upon below with
// coverage ab. In the normal mode top counts by as and below by what still shows,
// ab·(1-as). In every other mode what both cover shows both, and counts half for
// each.
func over(top, below Who, as, ab uint32, blend Blend) Who {
	if as == 0 || top == below {
		return below
	}
	both := Mul(as, ab)
	ws, wb := 2*as, 2*(ab-both)
	if blend != Normal && blend != "" {
		ws, wb = 2*as-both, 2*ab-both
	}
	if wb == 0 {
		return top
	}
	w := Who{Op: below.Op}
	if ws >= wb {
		w.Op = top.Op
	}
	// Rounding the running sum rather than each share keeps their sum at 255.
	var sum, given uint64
	share := func(a, b uint8) uint8 {
		sum += uint64(a)*uint64(ws) + uint64(b)*uint64(wb)
		all := uint64(ws) + uint64(wb)
		now := (2*sum + all) / (2 * all)
		part := now - given
		given = now
		return uint8(part)
	}
	w.Person = share(top.Person, below.Person)
	w.Model = share(top.Model, below.Model)
	w.Rule = share(top.Rule, below.Rule)
	w.Import = share(top.Import, below.Import)
	return w
}

// Over lays the pixel src on dst, in the normal mode.
func Over(dst, src []uint16) {
	rest := Opaque - uint32(src[3])
	for c := range 4 {
		dst[c] = div(uint32(src[c])*Opaque + uint32(dst[c])*rest)
	}
	clampToAlpha(dst)
}

// OverWho is the author of a pixel that shows top with coverage as upon below
// with coverage ab, both of Opaque, in the normal mode.
func OverWho(top, below Who, as, ab uint32) Who { return over(top, below, as, ab, Normal) }

// MixWho is the author of a pixel that was replaced by t of Opaque: below keeps
// the rest, whatever the alphas of the two.
func MixWho(top, below Who, t uint32) Who { return over(top, below, t, Opaque, Normal) }
