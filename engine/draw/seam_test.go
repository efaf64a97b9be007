package draw

import (
	"fmt"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern"
)

var repeats = []struct {
	r    pattern.Repeat
	w, h int
}{
	{pattern.Repeat{Kind: pattern.Block}, 128, 128},
	{pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}, 128, 128},
	{pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}, 128, 144},
	{pattern.Repeat{Kind: pattern.Brick, N: 1, D: 2}, 128, 128},
	{pattern.Repeat{Kind: pattern.Brick, N: 2, D: 3}, 144, 128},
	{pattern.Repeat{Kind: pattern.Hex}, 110, 128},
	{pattern.Repeat{Kind: pattern.Mirror}, 128, 128},
	{pattern.Repeat{Kind: pattern.AlongX}, 128, 128},
	{pattern.Repeat{Kind: pattern.AlongY}, 128, 128},
	{pattern.Repeat{Kind: pattern.None}, 128, 128},
}

// vectors returns the lattice's generators in scene units, nil where the cloth
// does not repeat along them.
func vectors(sc *Scene) (a, b *point) {
	r := sc.Spec.Repeat
	n, d := r.Drop()
	s := float64(n) / float64(d)
	if r.WrapsX() {
		a = &point{sc.W, 0}
	}
	if r.WrapsY() {
		b = &point{0, sc.H}
	}
	switch r.Kind {
	case pattern.HalfDrop, pattern.Hex:
		a.y = s * sc.H
	case pattern.Brick:
		b.x = s * sc.W
	default:
	}
	return a, b
}

// laidOut draws every path at every lattice translate, clipped by the cell:
// the plain meaning of a repeat, which the torus of the canvas must equal.
func laidOut(sc *Scene) *Scene {
	out := *sc
	out.Spec.Repeat = pattern.Repeat{Kind: pattern.None}
	out.paints, out.shapes = nil, nil
	a, b := vectors(sc)
	var marks []paint
	for _, p := range sc.paints {
		for k := range sc.shapes[p.shape] {
			q := p
			q.shape = len(out.shapes)
			out.shapes = append(out.shapes, sc.shapes[p.shape][k:k+1])
			marks = append(marks, q)
		}
	}
	for _, p := range marks {
		for i := -3; i <= 3; i++ {
			for j := -3; j <= 3; j++ {
				if i != 0 && a == nil || j != 0 && b == nil {
					continue
				}
				q := p
				if a != nil {
					q.m.e += float64(i) * a.x
					q.m.f += float64(i) * a.y
				}
				if b != nil {
					q.m.e += float64(j) * b.x
					q.m.f += float64(j) * b.y
				}
				out.paints = append(out.paints, q)
			}
		}
	}
	return &out
}

func TestSeamless(t *testing.T) {
	for fi, name := range Families() {
		for ri, rep := range repeats {
			t.Run(fmt.Sprintf("%s/%s", name, rep.r), func(t *testing.T) {
				seed := uint64(fi*100 + ri)
				spec := Spec{Family: name, Repeat: rep.r}
				if ri == 2 {
					spec.Style = Ikat
				}
				if ri == 4 {
					spec.Style = Block
				}
				spec = spec.Complete(seed)
				sc, err := spec.Scene()
				if err != nil {
					t.Fatal(err)
				}
				got, err := sc.Screens(rep.w, rep.h)
				if err != nil {
					t.Fatal(err)
				}
				check(t, sc, got, 1)
				if rep.r.Kind != pattern.Mirror {
					want, err := laidOut(sc).Screens(rep.w, rep.h)
					if err != nil {
						t.Fatal(err)
					}
					near(t, sc, got, want)
				}
				if a, b := vectors(sc); a != nil && b != nil {
					rolled(t, sc, got)
				}
			})
		}
	}
}

// near allows for copies that are flattened and snapped apart: a chord may lie
// 0.12 pixel off its curve, which is 31 of 255.
func near(t *testing.T, sc *Scene, got, want *Screens) {
	t.Helper()
	off, worst := 0, 0
	for k := range got.Planes {
		for i, v := range got.Planes[k] {
			d := int(v) - int(want.Planes[k][i])
			if d < 0 {
				d = -d
			}
			worst = max(worst, d)
			if d > 40 {
				off++
			}
		}
	}
	if off > 0 {
		t.Errorf("%+v: %d samples differ from the cell laid out, by up to %d", sc.Spec, off, worst)
	}
}

// rolled draws the same scene about another origin and expects the same bytes
// at the places that the lattice says.
func rolled(t *testing.T, sc *Scene, base *Screens) {
	t.Helper()
	const ox, oy = 37, 53
	moved := *sc
	moved.origin = point{ox, oy}
	got, err := moved.Screens(base.W, base.H)
	if err != nil {
		t.Fatal(err)
	}
	dx, dy, _ := sc.Spec.Repeat.Shift(base.W, base.H)
	for y := range base.H {
		for x := range base.W {
			// Sample (x, y) of the cell lies at (x+ox, y+oy) of the plane.
			px, py := x+ox, y+oy
			j := floorInt(py, base.H)
			py, px = py-j*base.H, px-j*dx
			i := floorInt(px, base.W)
			px, py = px-i*base.W, py-i*dy
			py -= floorInt(py, base.H) * base.H
			for k := range base.Planes {
				if a, b := base.Planes[k][y*base.W+x], got.Planes[k][py*base.W+px]; a != b {
					t.Fatalf("%+v: position %d at (%d, %d): %d, but %d when drawn about (%d, %d)", sc.Spec, k, x, y, a, b, ox, oy)
				}
			}
		}
	}
}
