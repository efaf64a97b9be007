package tone

import (
	"context"
	"fmt"
	"strconv"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Clear is the index of a pixel that is transparent.
const Clear = 255

// Locking says how to lock.
type Locking struct {
	// Chips are the spot colours, the ground first: 2 to 24, no two the same.
	Chips []color.Chip
	// Specks is the area in pixels up to which a spot amid other colours is given to
	// what surrounds it, 0 to 64; 0 keeps all. Lines are longer than that and stay.
	Specks int
	// Holes says what becomes of pixels that are more transparent than not: they
	// stay transparent, as in a layer above others, or become the ground.
	Holes bool
}

// Locked is a picture of spot colours.
type Locked struct {
	Width, Height int
	Index         []uint8 // Height rows of Width: the chip, or Clear
	Chips         []color.Chip
}

// ChipError reports chips that cannot be locked to.
type ChipError struct{ Reason string }

func (e *ChipError) Error() string { return "tone: " + e.Reason }

// CheckChips returns a *CountError or *ChipError unless the chips can be told apart.
func CheckChips(chips []color.Chip) error {
	if len(chips) < MinCount || len(chips) > MaxCount {
		return &CountError{len(chips)}
	}
	for i, c := range chips {
		for k := range i {
			if code(chips[k]) == code(c) {
				return &ChipError{fmt.Sprintf("positions %d and %d are both %s; once locked nobody could tell them apart, so make one differ by a level", k+1, i+1, c.Hex())}
			}
		}
	}
	return nil
}

// Screens is how many screens a locked palette takes: one for each position, and
// one less where the ground is the unprinted cloth.
func Screens(positions int, cloth bool) int {
	if cloth {
		return positions - 1
	}
	return positions
}

// Lock gives every pixel one of the chips: the nearest in OKLab, except that a
// ramp gets one of the colours at its ends. r is not changed; Write does that. A
// picture that is locked to these chips already stays as it is.
func Lock(ctx context.Context, r *raster.Raster, rep pattern.Repeat, o Locking) (*Locked, error) {
	if err := CheckChips(o.Chips); err != nil {
		return nil, err
	}
	if o.Specks < 0 || o.Specks > 64 {
		return nil, &ChipError{fmt.Sprintf("specks of %d pixels; 0 to 64 can be taken away", o.Specks)}
	}
	f, err := newField(ctx, r, rep)
	if err != nil {
		return nil, err
	}
	return f.lock(ctx, o)
}

// ExtractAndLock is Extract and Lock of what it found, for those who want both:
// the picture is read once.
func ExtractAndLock(ctx context.Context, r *raster.Raster, rep pattern.Repeat, e Extraction, specks int) (*Locked, error) {
	if e.Count != 0 && (e.Count < MinCount || e.Count > MaxCount) {
		return nil, &CountError{e.Count}
	}
	f, err := newField(ctx, r, rep)
	if err != nil {
		return nil, err
	}
	found, err := f.extract(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := CheckChips(found.Chips()); err != nil {
		return nil, err
	}
	return f.lock(ctx, Locking{Chips: found.Chips(), Specks: specks})
}

func (f *field) lock(ctx context.Context, o Locking) (*Locked, error) {
	l := &Locked{Width: f.w, Height: f.h, Index: make([]uint8, f.w*f.h), Chips: append([]color.Chip(nil), o.Chips...)}
	near := newNearest(o.Chips)
	labels := make([]uint8, len(f.px))
	exact := make([]bool, workers()) // by worker: a pixel was no chip
	err := rows(ctx, f.h, func(k, y int) {
		i := f.at(0, y)
		px, row := f.px[i:i+f.w], labels[i:i+f.w]
		last, label := uint32(hollow), uint8(Clear)
		if !o.Holes {
			label = 0
		}
		none := label
		for x, v := range px {
			if v != last {
				switch {
				case v&hollow != 0:
					label = none
				default:
					label = near.of(v)
					if v != code(o.Chips[label]) {
						exact[k] = true
					}
				}
				last = v
			}
			row[x] = label
		}
	})
	if err != nil {
		return nil, err
	}
	already := true
	for _, no := range exact {
		already = already && !no
	}
	if !already {
		wrap(labels, f.w, f.h, f.rep)
		if labels, err = f.cleanRamps(ctx, near, labels); err != nil {
			return nil, err
		}
		if o.Specks > 0 {
			wrap(labels, f.w, f.h, f.rep)
			if err := f.cleanSpecks(ctx, labels, o.Specks); err != nil {
				return nil, err
			}
		}
	}
	for y := range f.h {
		copy(l.Index[y*f.w:(y+1)*f.w], labels[f.at(0, y):])
	}
	return l, nil
}

// cleanRamps gives every ramp whose nearest chip is neither of its ends' to the
// nearer of the two. All decide by the labels as they were.
func (f *field) cleanRamps(ctx context.Context, near *nearest, labels []uint8) ([]uint8, error) {
	out := append([]uint8(nil), labels...)
	err := rows(ctx, f.h, func(_, y int) {
		i0 := f.at(0, y)
		for i := i0; i < i0+f.w; i++ {
			own := labels[i]
			if own == Clear || labels[i-1] == own && labels[i+1] == own && labels[i-f.stride] == own && labels[i+f.stride] == own {
				continue
			}
			a, b, ok := f.ramp(i)
			if !ok {
				continue
			}
			la, lb := labels[a], labels[b]
			if la == own || lb == own || la == Clear || lb == Clear {
				continue
			}
			c := ok8(near.light, f.px[i])
			if c.distance2(near.chips[lb]) < c.distance2(near.chips[la]) {
				la = lb
			}
			out[i] = la
		}
	})
	return out, err
}

// Areas are the pixels of each chip.
func (l *Locked) Areas() []int {
	var all [256]int
	for _, k := range l.Index {
		all[k]++
	}
	return append([]int(nil), all[:len(l.Chips)]...)
}

// Measure is the mean and the largest CIEDE2000 difference (colours of 8 bit, D65)
// between a picture and the chips that an index of its size names, over the pixels
// that both have. The sum is of whole numbers, so that it does not depend on the
// order.
func Measure(ctx context.Context, before *raster.Raster, index []uint8, chips []color.Chip) (mean, most float64, err error) {
	type tally struct {
		sum, max, n  uint64 // differences in 1/65536
		keys, values []uint32
	}
	parts := make([]tally, workers())
	light, hue := light8(), hues()
	var labs []lab
	for _, c := range chips {
		labs = append(labs, cie8(light, code(c)))
	}
	w := before.Width()
	const bits = 16
	err = rows(ctx, before.Height(), func(k, y int) {
		row := before.Row(y)
		if row == nil {
			return
		}
		t := &parts[k]
		if t.keys == nil {
			t.keys, t.values = make([]uint32, 1<<bits), make([]uint32, 1<<bits)
		}
		last, delta := uint32(0), uint32(0)
		for x, j := range index[y*w : (y+1)*w] {
			v := pack(row[4*x : 4*x+4 : 4*x+4])
			if v&hollow != 0 || j == Clear {
				continue
			}
			// Never zero, so that zero is an empty slot.
			key := v | (uint32(j)+1)<<24
			if key != last {
				last = key
				at := key * 0x9e3779b1 >> (32 - bits)
				if t.keys[at] != key {
					t.keys[at] = key
					t.values[at] = uint32(float64(delta2000(hue, cie8(light, v), labs[j])*65536) + 0.5)
				}
				delta = t.values[at]
			}
			t.sum += uint64(delta)
			t.max = max(t.max, uint64(delta))
			t.n++
		}
	})
	var sum, top, n uint64
	for _, t := range parts {
		sum, top, n = sum+t.sum, max(top, t.max), n+t.n
	}
	return float64(sum) / 65536 / float64(max(n, 1)), float64(top) / 65536, err
}

// Write makes r the locked picture; it has its size. Only bands that differ are
// edited, authors are kept, and pixels with a chip become opaque.
func (l *Locked) Write(r *raster.Raster) { Paint(r, l.Index, l.Chips) }

// Paint gives every pixel of r the chip that its index names, transparent for
// Clear. Only bands that differ are edited, and authors are kept.
func Paint(r *raster.Raster, index []uint8, chips []color.Chip) {
	var wide [256][4]uint16
	for i, c := range chips {
		wide[i] = [4]uint16{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, raster.Opaque}
	}
	w := r.Width()
	for y := range r.Height() {
		row, in := r.Row(y), index[y*w:(y+1)*w]
		x := 0
		for ; x < w; x++ {
			var now [4]uint16
			if row != nil {
				now = [4]uint16(row[4*x:])
			}
			if now != wide[in[x]] {
				break
			}
		}
		if x == w {
			continue
		}
		for row = r.EditPixels(y); x < w; x++ {
			*(*[4]uint16)(row[4*x:]) = wide[in[x]]
		}
	}
}

// NotLockedError reports a pixel that is no chip.
type NotLockedError struct{ X, Y int }

func (e *NotLockedError) Error() string {
	return fmt.Sprintf("tone: pixel (%d, %d) is none of the positions; lock the palette anew", e.X, e.Y)
}

// Index returns the position of every pixel of a locked picture, Clear where it
// is transparent. Error: *NotLockedError, *CountError, *ChipError.
func Index(r *raster.Raster, chips []color.Chip) ([]uint8, error) {
	if err := CheckChips(chips); err != nil {
		return nil, err
	}
	of := map[[4]uint16]uint8{{}: Clear}
	for i, c := range chips {
		of[[4]uint16{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, raster.Opaque}] = uint8(i)
	}
	w := r.Width()
	index := make([]uint8, w*r.Height())
	last, label := [4]uint16{}, uint8(Clear)
	for y := range r.Height() {
		row, out := r.Row(y), index[y*w:(y+1)*w]
		for x := range out {
			var p [4]uint16
			if row != nil {
				p = [4]uint16(row[4*x:])
			}
			if p != last {
				k, ok := of[p]
				if !ok {
					return nil, &NotLockedError{x, y}
				}
				last, label = p, k
			}
			out[x] = label
		}
	}
	return index, nil
}
