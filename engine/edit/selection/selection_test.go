package selection_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/selection"
	"github.com/selvage-studio/selvage/engine/pattern"
)

func genRepeat(t *rapid.T, exact bool) (size pattern.Size, r pattern.Repeat) {
	r.Kind = rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror,
		pattern.Hex, pattern.AlongX, pattern.AlongY, pattern.None}).Draw(t, "kind")
	if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
		r.D = rapid.IntRange(2, 4).Draw(t, "d")
		r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
	}
	size = pattern.Size{Width: rapid.IntRange(1, 24).Draw(t, "w"), Height: rapid.IntRange(1, 24).Draw(t, "h")}
	if _, d := r.Drop(); exact {
		size.Width, size.Height = size.Width*d, size.Height*d
	}
	return size, r
}

func genMask(t *rapid.T, size pattern.Size) *raster.Mask {
	m := raster.NewMask(size.Width, size.Height)
	for i := range m.Pix {
		m.Pix[i] = rapid.SampledFrom([]uint16{0, 0, 0, 30000, 65535}).Draw(t, "v")
	}
	return m
}

// patches is a layer of few colours, some of it transparent.
func patches(t *rapid.T, size pattern.Size) *raster.Raster {
	colors := [][4]uint16{{65535, 0, 0, 65535}, {64000, 2000, 0, 65535}, {0, 0, 65535, 65535}, {0, 20000, 0, 20000}, {}}
	r := raster.New(size.Width, size.Height)
	for y := range size.Height {
		row := r.EditPixels(y)
		for x := range size.Width {
			c := rapid.SampledFrom(colors).Draw(t, "color")
			copy(row[4*x:], c[:])
		}
	}
	return r
}

// rolled cuts the cell out of the plane at by.
func rolled[T any](cell []T, size pattern.Size, r pattern.Repeat, by image.Point) []T {
	out, err := pattern.Lay(cell, size.Width, size.Height, 1, r, image.Rect(by.X, by.Y, by.X+size.Width, by.Y+size.Height))
	if err != nil {
		panic(err)
	}
	return out
}

func TestCombine(t *testing.T) {
	size := pattern.Size{Width: 4, Height: 1}
	a := &raster.Mask{W: 4, H: 1, Pix: []uint16{0, 65535, 65535, 20000}}
	b := &raster.Mask{W: 4, H: 1, Pix: []uint16{65535, 65535, 0, 30000}}
	for _, c := range []struct {
		have *raster.Mask
		mode selection.Mode
		want []uint16
	}{
		{a, selection.Replace, b.Pix},
		{a, selection.Add, []uint16{65535, 65535, 65535, 30000}},
		{a, selection.Subtract, []uint16{0, 0, 65535, 20000}},
		{a, selection.Intersect, []uint16{0, 65535, 0, 20000}},
		{nil, selection.Replace, b.Pix},
		{nil, selection.Add, b.Pix},
		{nil, selection.Subtract, []uint16{0, 0, 65535, 35535}},
		{nil, selection.Intersect, b.Pix},
	} {
		have := c.have
		before := slices.Clone(a.Pix)
		if got := selection.Combine(size, have, b, c.mode); !slices.Equal(got.Pix, c.want) {
			t.Errorf("%s: %v, want %v", c.mode, got.Pix, c.want)
		}
		if !slices.Equal(a.Pix, before) {
			t.Errorf("%s changed a mask that may be shared", c.mode)
		}
	}
	if got := selection.Invert(size, nil); slices.Max(got.Pix) != 0 {
		t.Errorf("the inverse of everything is %v", got.Pix)
	}
}

// TestWandReachesWhatThePlaneJoins floods a large piece of the plane by pixels and
// folds it back.
func TestWandReachesWhatThePlaneJoins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, repeat := genRepeat(t, true)
		size.Width, size.Height = min(size.Width, 8), min(size.Height, 8)
		if _, d := repeat.Drop(); size.Width%d != 0 || size.Height%d != 0 {
			size.Width, size.Height = d, d*2
		}
		r := patches(t, size)
		x, y := rapid.IntRange(0, size.Width-1).Draw(t, "x"), rapid.IntRange(0, size.Height-1).Draw(t, "y")
		got, err := selection.Wand(context.Background(), r, repeat, x, y, 0.1, true)
		if err != nil {
			t.Fatal(err)
		}
		want := raster.NewMask(size.Width, size.Height)
		seed := r.At(x, y)
		queue := []image.Point{{X: x, Y: y}}
		// By classes of the lattice: from a point of the cell over the plane to the next.
		for len(queue) > 0 {
			p := queue[0]
			queue = queue[1:]
			if want.Row(p.Y)[p.X] != 0 {
				continue
			}
			want.Row(p.Y)[p.X] = 65535
			for _, n := range []image.Point{{X: p.X - 1, Y: p.Y}, {X: p.X + 1, Y: p.Y}, {X: p.X, Y: p.Y - 1}, {X: p.X, Y: p.Y + 1}} {
				if cx, cy, ok := repeat.Source(n.X, n.Y, size.Width, size.Height); ok && alike(r.At(cx, cy), seed, 0.1) {
					queue = append(queue, image.Pt(cx, cy))
				}
			}
		}
		if !slices.Equal(got.Pix, want.Pix) {
			t.Fatalf("%v of %v from (%d, %d): %v, want %v", repeat, size, x, y, got.Pix, want.Pix)
		}
		// From anywhere that it reached it is the same, and from every copy.
		va, vb := repeat.Vectors()
		ax, ay := x+int(math.Round(2*va[0]*float64(size.Width)-vb[0]*float64(size.Width))), y+int(math.Round(2*va[1]*float64(size.Height)-vb[1]*float64(size.Height)))
		again, err := selection.Wand(context.Background(), r, repeat, ax, ay, 0.1, true)
		if err != nil || !slices.Equal(again.Pix, got.Pix) {
			t.Fatalf("from its copy at (%d, %d) it is another: %v", ax, ay, err)
		}
		all, err := selection.Wand(context.Background(), r, repeat, x, y, 0.1, false)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range all.Pix {
			if alike(r.At(i%size.Width, i/size.Width), seed, 0.1) != (v != 0) {
				t.Fatalf("pixel %d is selected by %d", i, v)
			}
		}
	})
}

func alike(p, q [4]uint16, tolerance float64) bool {
	a, b := float64(p[3])/65535, float64(q[3])/65535
	lab := func(p [4]uint16) oklab.Color {
		if p[3] == 0 {
			return oklab.Color{}
		}
		s := func(c uint16) uint16 { return uint16(math.Round(float64(c) / float64(p[3]) * 65535)) }
		return oklab.Of(s(p[0]), s(p[1]), s(p[2]))
	}
	return math.Abs(a-b) <= tolerance && min(a, b)*oklab.Distance(lab(p), lab(q)) <= tolerance
}

func TestWandOutside(t *testing.T) {
	var outside *selection.OutsideError
	if _, err := selection.Wand(context.Background(), raster.New(4, 4), pattern.Repeat{Kind: pattern.None}, 4, 0, 0, true); !errors.As(err, &outside) {
		t.Errorf("error %v", err)
	}
}

func TestColorRange(t *testing.T) {
	r := raster.New(256, 1)
	row := r.EditPixels(0)
	for x := range 256 {
		v := uint16(x * 257)
		copy(row[4*x:], []uint16{v, v, v, 65535})
	}
	copy(row[4*10:], []uint16{10000, 10000, 10000, 20000})
	grey := selection.Sample{32896, 32896, 32896}
	const fuzziness = 0.1
	m, err := selection.ColorRange(context.Background(), r, []selection.Sample{grey, {65535, 0, 0}}, fuzziness)
	if err != nil {
		t.Fatal(err)
	}
	middle := oklab.Of(grey[0], grey[1], grey[2])
	for x := range 256 {
		v, alpha := uint16(x*257), 1.0
		if x == 10 {
			v, alpha = 32768, 20000.0/65535
		}
		d := oklab.Distance(oklab.Of(v, v, v), middle)
		want := alpha * min(1, max(0, 2*(1-d/fuzziness)))
		if got := float64(m.Pix[x]) / 65535; math.Abs(got-want) > 2.0/65535 {
			t.Errorf("grey %d at a distance of %.4f: %v, want %v", x, d, got, want)
		}
	}
}

// TestGrowIsTheUnionOfDiscs takes the greatest value of the plane within a disc,
// one pixel at a time.
func TestGrowIsTheUnionOfDiscs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, repeat := genRepeat(t, false)
		m := genMask(t, size)
		by := rapid.IntRange(-9, 9).Draw(t, "by")
		got, err := selection.Grow(context.Background(), m, repeat, by)
		if err != nil {
			t.Fatal(err)
		}
		r := max(by, -by)
		for y := range size.Height {
			for x := range size.Width {
				want := m.Row(y)[x]
				for dy := -r; dy <= r; dy++ {
					for dx := -r; dx <= r; dx++ {
						cx, cy, ok := repeat.Source(x+dx, y+dy, size.Width, size.Height)
						if !ok || 4*(dx*dx+dy*dy) > (2*r+1)*(2*r+1)-1 {
							continue
						}
						if v := m.Row(cy)[cx]; by > 0 {
							want = max(want, v)
						} else {
							want = min(want, v)
						}
					}
				}
				if got.Row(y)[x] != want {
					t.Fatalf("%v of %v by %d: (%d, %d) is %d, want %d", repeat, size, by, x, y, got.Row(y)[x], want)
				}
			}
		}
	})
}

// TestFeatherIsTheGaussian compares with the bell in two dimensions over the plane
// in package math's arithmetic.
func TestFeatherIsTheGaussian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, repeat := genRepeat(t, false)
		size.Width, size.Height = min(size.Width, 9), min(size.Height, 9)
		m := genMask(t, size)
		s := rapid.Float64Range(0.3, 3).Draw(t, "radius")
		got, err := selection.Feather(context.Background(), m, repeat, s)
		if err != nil {
			t.Fatal(err)
		}
		n := int(math.Ceil(3 * s))
		clampX := repeat.Kind == pattern.None || repeat.Kind == pattern.AlongY
		clampY := repeat.Kind == pattern.None || repeat.Kind == pattern.AlongX
		for y := range size.Height {
			for x := range size.Width {
				sum, total := 0.0, 0.0
				for dy := -n; dy <= n; dy++ {
					for dx := -n; dx <= n; dx++ {
						px, py := x+dx, y+dy
						if clampX {
							px = min(max(px, 0), size.Width-1)
						}
						if clampY {
							py = min(max(py, 0), size.Height-1)
						}
						cx, cy, _ := repeat.Source(px, py, size.Width, size.Height)
						k := math.Exp(-float64(dx*dx+dy*dy) / (2 * s * s))
						sum, total = sum+k*float64(m.Row(cy)[cx]), total+k
					}
				}
				// The weights are rounded to 16 bit, up to nineteen of them, twice.
				if d := math.Abs(float64(got.Row(y)[x]) - sum/total); d > 25 {
					t.Fatalf("%v of %v, radius %v: (%d, %d) is %d, want %.1f", repeat, size, s, x, y, got.Row(y)[x], sum/total)
				}
			}
		}
	})
}

// TestSpreadingCommutesWithRolling needs no expected value at all.
func TestSpreadingCommutesWithRolling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, repeat := genRepeat(t, true)
		if k := repeat.Kind; k == pattern.Mirror || k == pattern.None || k == pattern.AlongX || k == pattern.AlongY {
			repeat = pattern.Repeat{}
		}
		m := genMask(t, size)
		by := image.Pt(rapid.IntRange(-40, 40).Draw(t, "x"), rapid.IntRange(-40, 40).Draw(t, "y"))
		other := &raster.Mask{W: m.W, H: m.H, Pix: rolled(m.Pix, size, repeat, by)}
		for name, f := range map[string]func(*raster.Mask) (*raster.Mask, error){
			"grow":   func(m *raster.Mask) (*raster.Mask, error) { return selection.Grow(context.Background(), m, repeat, 5) },
			"shrink": func(m *raster.Mask) (*raster.Mask, error) { return selection.Grow(context.Background(), m, repeat, -3) },
			"feather": func(m *raster.Mask) (*raster.Mask, error) {
				return selection.Feather(context.Background(), m, repeat, 4.2)
			},
		} {
			a, err1 := f(m)
			b, err2 := f(other)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(rolled(a.Pix, size, repeat, by), b.Pix) {
				t.Fatalf("%s on %v of %v: rolled by %v it is another", name, repeat, size, by)
			}
		}
	})
}

func TestFeatherLeavesWhatIsWholeAsItIs(t *testing.T) {
	size := pattern.Size{Width: 300, Height: 200}
	m := selection.Invert(size, raster.NewMask(300, 200))
	for _, radius := range []float64{0.2, 1, 17.3, 256} {
		got, err := selection.Feather(context.Background(), m, pattern.Repeat{}, radius)
		if err != nil || !slices.Equal(got.Pix, m.Pix) {
			t.Errorf("radius %v changed a selection of everything: %v", radius, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m, r := raster.NewMask(8, 8), raster.New(8, 8)
	_, err1 := selection.Grow(ctx, m, pattern.Repeat{}, 3)
	_, err2 := selection.Feather(ctx, m, pattern.Repeat{}, 3)
	_, err3 := selection.Wand(ctx, r, pattern.Repeat{}, 0, 0, 0.1, true)
	_, err4 := selection.ColorRange(ctx, r, nil, 0.1)
	_, err5 := selection.Outline(ctx, pattern.Size{Width: 8, Height: 8}, pattern.Repeat{}, coverage.Ellipse(coverage.Point{}, 999, 999, 0))
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("function %d: %v", i+1, err)
		}
	}
}

// TestSameEverywhere holds the sum of one of everything; see package paint.
func TestSameEverywhere(t *testing.T) {
	const want = "0637d8b15ba1a476ca9d1be026f080c34e015fe5fa2af3f6e71a7815da190ee9"
	ctx := context.Background()
	size, repeat := pattern.Size{Width: 120, Height: 90}, pattern.Repeat{Kind: pattern.Brick, N: 1, D: 3}
	lasso, err := selection.Outline(ctx, size, repeat, coverage.Polygon([]coverage.Point{
		coverage.At(-30, 20), coverage.At(90.3, -11), coverage.At(20, 80.7), coverage.At(100, 130)}))
	if err != nil {
		t.Fatal(err)
	}
	r := raster.New(size.Width, size.Height)
	for y := range size.Height {
		row := r.EditPixels(y)
		for x := range size.Width {
			copy(row[4*x:], []uint16{uint16(x * 500), uint16(y * 700), uint16(x*y) % 60000, 65535})
		}
	}
	h := sha256.New()
	add := func(m *raster.Mask, err error) *raster.Mask {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range m.Pix {
			h.Write(binary.LittleEndian.AppendUint16(nil, v))
		}
		return m
	}
	wand := add(selection.Wand(ctx, r, repeat, 30, 40, 0.13, true))
	colors := add(selection.ColorRange(ctx, r, []selection.Sample{{20000, 30000, 10000}, {50000, 9000, 40000}}, 0.3))
	add(selection.Combine(size, lasso, wand, selection.Subtract), nil)
	add(selection.Feather(ctx, add(selection.Combine(size, lasso, colors, selection.Intersect), nil), repeat, 7.7))
	add(selection.Grow(ctx, lasso, repeat, 6))
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("sum is %s, want %s", got, want)
	}
}
