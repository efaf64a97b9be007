package coverage_test

import (
	"context"
	"errors"
	"image"
	"image/draw"
	"math"
	"testing"

	"golang.org/x/image/vector"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// genLattice draws a cell and a repeat of it whose shift is whole, with two
// vectors of whole pixels that carry the plane onto itself.
func genLattice(t *rapid.T) (size pattern.Size, r pattern.Repeat, a, b image.Point) {
	r.Kind = rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror,
		pattern.Hex, pattern.AlongX, pattern.AlongY, pattern.None}).Draw(t, "kind")
	if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
		r.D = rapid.IntRange(2, 4).Draw(t, "d")
		r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
	}
	_, d := r.Drop()
	size = pattern.Size{Width: d * rapid.IntRange(3, 12).Draw(t, "w"), Height: d * rapid.IntRange(3, 12).Draw(t, "h")}
	va, vb := r.Vectors()
	whole := func(v [2]float64) image.Point {
		return image.Pt(int(math.Round(v[0]*float64(size.Width))), int(math.Round(v[1]*float64(size.Height))))
	}
	return size, r, whole(va), whole(vb)
}

func genPath(t *rapid.T) coverage.Path {
	f := rapid.Float64Range(-40, 40)
	switch rapid.IntRange(0, 3).Draw(t, "shape") {
	case 0:
		return coverage.Rectangle(coverage.At(f.Draw(t, "x"), f.Draw(t, "y")), rapid.Int64Range(0, 9000).Draw(t, "w"),
			rapid.Int64Range(0, 9000).Draw(t, "h"), rapid.Int64Range(0, 3000).Draw(t, "r"), rapid.Float64Range(-360, 360).Draw(t, "angle"))
	case 1:
		return coverage.Ellipse(coverage.At(f.Draw(t, "x"), f.Draw(t, "y")), rapid.Int64Range(1, 9000).Draw(t, "w"),
			rapid.Int64Range(1, 9000).Draw(t, "h"), rapid.Float64Range(-360, 360).Draw(t, "angle"))
	case 2:
		var nodes []coverage.Node
		for range rapid.IntRange(1, 5).Draw(t, "nodes") {
			nodes = append(nodes, coverage.Node{At: coverage.At(f.Draw(t, "x"), f.Draw(t, "y")),
				In: coverage.At(f.Draw(t, "ix"), f.Draw(t, "iy")), Out: coverage.At(f.Draw(t, "ox"), f.Draw(t, "oy"))})
		}
		return coverage.Curve(nodes, rapid.Bool().Draw(t, "closed"))
	}
	var points []coverage.Point
	for range rapid.IntRange(1, 7).Draw(t, "points") {
		points = append(points, coverage.At(f.Draw(t, "x"), f.Draw(t, "y")))
	}
	return coverage.Path{Points: points, Closed: rapid.Bool().Draw(t, "closed")}
}

func genPen(t *rapid.T) coverage.Pen {
	return coverage.Pen{
		Width: rapid.Int64Range(20, 5000).Draw(t, "width"), MiterLimit: rapid.Float64Range(1, 10).Draw(t, "limit"),
		Join: rapid.SampledFrom([]coverage.Join{coverage.MiterJoin, coverage.RoundJoin, coverage.BevelJoin}).Draw(t, "join"),
		Cap:  rapid.SampledFrom([]coverage.Cap{coverage.ButtCap, coverage.RoundCap, coverage.SquareCap}).Draw(t, "cap"),
	}
}

func fill(t interface{ Fatal(...any) }, size pattern.Size, r pattern.Repeat, rule coverage.Rule, paths ...coverage.Path) []uint16 {
	c := coverage.New(size, r)
	if err := c.Fill(context.Background(), paths, rule); err != nil {
		t.Fatal(err)
	}
	return c.Mask().Pix
}

func moved(paths []coverage.Path, by image.Point) []coverage.Path {
	var out []coverage.Path
	for _, p := range paths {
		q := p
		q.Points = nil
		for _, v := range p.Points {
			q.Points = append(q.Points, coverage.Point{X: v.X + int64(by.X)*coverage.One, Y: v.Y + int64(by.Y)*coverage.One})
		}
		out = append(out, q)
	}
	return out
}

func equal(a, b []uint16) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestAShapeMovedByALatticeVectorCoversTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, r, a, b := genLattice(t)
		i, j := rapid.IntRange(-3, 3).Draw(t, "i"), rapid.IntRange(-3, 3).Draw(t, "j")
		by := a.Mul(i).Add(b.Mul(j))
		path := genPath(t)
		there := moved([]coverage.Path{path}, by)
		if !equal(fill(t, size, r, coverage.EvenOdd, path), fill(t, size, r, coverage.EvenOdd, there...)) {
			t.Fatalf("%v of %v: filled otherwise at a distance of %v", r, size, by)
		}
		pen := genPen(t)
		if !equal(fill(t, size, r, coverage.NonZero, pen.Outline(path)...), fill(t, size, r, coverage.NonZero, pen.Outline(there[0])...)) {
			t.Fatalf("%v of %v: stroked otherwise at a distance of %v", r, size, by)
		}
	})
}

// TestTheCellIsThePlaneFolded gathers by hand what is covered of a plane without
// a repeat.
func TestTheCellIsThePlaneFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, r, _, _ := genLattice(t)
		path := genPath(t)
		const margin = 300
		wide := pattern.Size{Width: 2 * margin, Height: 2 * margin}
		plane := fill(t, wide, pattern.Repeat{Kind: pattern.None}, coverage.NonZero, moved([]coverage.Path{path}, image.Pt(margin, margin))...)
		want := make([]uint16, size.Width*size.Height)
		for y := range wide.Height {
			for x := range wide.Width {
				if cx, cy, ok := r.Source(x-margin, y-margin, size.Width, size.Height); ok {
					at := &want[cy*size.Width+cx]
					*at = uint16(min(65535, uint32(*at)+uint32(plane[y*wide.Width+x])))
				}
			}
		}
		if !equal(fill(t, size, r, coverage.NonZero, path), want) {
			t.Fatalf("%v of %v differs from its plane", r, size)
		}
	})
}

// TestAgreesWithAnotherRasterizer compares with golang.org/x/image/vector, whose
// coverage is an exact area rounded to 8 bit. Each edge may be off by half a line
// of 64, and by 1/256 where it was rounded; a pixel that a sliver crosses has two
// edges in it.
func TestAgreesWithAnotherRasterizer(t *testing.T) {
	const side = 100
	// Beyond 512 pixels the other one counts in floating point rather than in few bits.
	const theirs = 600
	const within = 2 * (1.0/128 + 1.0/256)
	worst := 0.0
	compare := func(t *rapid.T, p coverage.Path) {
		got := fill(t, pattern.Size{Width: side, Height: side}, pattern.Repeat{Kind: pattern.None}, coverage.NonZero, p)
		z := vector.NewRasterizer(theirs, theirs)
		for i, q := range p.Points {
			if x, y := float32(q.X)/coverage.One, float32(q.Y)/coverage.One; i == 0 {
				z.MoveTo(x, y)
			} else {
				z.LineTo(x, y)
			}
		}
		z.ClosePath()
		want := image.NewAlpha(image.Rect(0, 0, theirs, theirs))
		z.DrawOp = draw.Src
		z.Draw(want, want.Bounds(), image.Opaque, image.Point{})
		for i := range got {
			d := math.Abs(float64(got[i])/65535 - float64(want.AlphaAt(i%side, i/side).A)/255)
			if worst = max(worst, d); d > within {
				t.Fatalf("pixel (%d, %d): %v, want %v", i%side, i/side, float64(got[i])/65535, float64(want.AlphaAt(i%side, i/side).A)/255)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(2, 98)
		// A sliver along the lines is the worst that an edge can be off, twice.
		compare(t, coverage.Polygon([]coverage.Point{coverage.At(2, 2),
			coverage.At(98, 2+rapid.Float64Range(0, 0.5).Draw(t, "rise")), coverage.At(2, 2+rapid.Float64Range(0.25, 1).Draw(t, "thick"))}))
		// A triangle has no crossing, at which the two follow different rules.
		compare(t, coverage.Polygon([]coverage.Point{coverage.At(f.Draw(t, "ax"), f.Draw(t, "ay")),
			coverage.At(f.Draw(t, "bx"), f.Draw(t, "by")), coverage.At(f.Draw(t, "cx"), f.Draw(t, "cy"))}))
		compare(t, coverage.Ellipse(coverage.At(20+f.Draw(t, "ex")/4, 20+f.Draw(t, "ey")/4), rapid.Int64Range(100, 8000).Draw(t, "w"),
			rapid.Int64Range(100, 8000).Draw(t, "h"), f.Draw(t, "angle")))
	})
	t.Logf("largest difference %.4f", worst)
}

func TestAreasThatAreKnown(t *testing.T) {
	none := pattern.Repeat{Kind: pattern.None}
	size := pattern.Size{Width: 120, Height: 120}
	sum := func(pix []uint16) (s float64) {
		for _, v := range pix {
			s += float64(v) / 65535
		}
		return s
	}
	box := coverage.Rectangle(coverage.At(30, 30), 40*coverage.One, 20*coverage.One, 0, 0)
	line := coverage.Polyline([]coverage.Point{coverage.At(20, 50), coverage.At(80, 50)})
	bend := coverage.Polyline([]coverage.Point{coverage.At(20, 80), coverage.At(60, 80), coverage.At(60, 30)})
	px := coverage.Units
	cases := []struct {
		name  string
		paths []coverage.Path
		rule  coverage.Rule
		want  float64
	}{
		{"rectangle", []coverage.Path{box}, coverage.NonZero, 800},
		{"turned by 30°", []coverage.Path{coverage.Rectangle(coverage.At(30, 30), px(40), px(20), 0, 30)}, coverage.NonZero, 800},
		{"rounded", []coverage.Path{coverage.Rectangle(coverage.At(30, 30), px(40), px(20), px(5), 0)}, coverage.NonZero, 800 - (4-math.Pi)*25},
		{"disc", []coverage.Path{coverage.Ellipse(coverage.At(10, 10), px(100), px(100), 0)}, coverage.NonZero, math.Pi * 2500},
		{"twice, even-odd", []coverage.Path{box, box}, coverage.EvenOdd, 0},
		{"twice, non-zero", []coverage.Path{box, box}, coverage.NonZero, 800},
		{"butt line", coverage.Pen{Width: px(10)}.Outline(line), coverage.NonZero, 600},
		{"square line", coverage.Pen{Width: px(10), Cap: coverage.SquareCap}.Outline(line), coverage.NonZero, 700},
		{"round line", coverage.Pen{Width: px(10), Cap: coverage.RoundCap}.Outline(line), coverage.NonZero, 600 + math.Pi*25},
		{"bevel", coverage.Pen{Width: px(10), Join: coverage.BevelJoin}.Outline(bend), coverage.NonZero, 900 - 25 + 12.5},
		{"mitre", coverage.Pen{Width: px(10), MiterLimit: 4}.Outline(bend), coverage.NonZero, 900 - 25 + 25},
		{"mitre beyond its limit", coverage.Pen{Width: px(10), MiterLimit: 1.2}.Outline(bend), coverage.NonZero, 900 - 25 + 12.5},
		{"round join", coverage.Pen{Width: px(10), Join: coverage.RoundJoin}.Outline(bend), coverage.NonZero, 900 - 25 + math.Pi*25/4},
		{"closed box", coverage.Pen{Width: px(4), MiterLimit: 4}.Outline(box), coverage.NonZero, 44*24 - 36*16},
		{"ring", coverage.Pen{Width: px(4)}.Outline(coverage.Ellipse(coverage.At(20, 20), px(60), px(60), 0)), coverage.NonZero, math.Pi * (32*32 - 28*28)},
		{"dot", coverage.Pen{Width: px(10), Cap: coverage.RoundCap}.Outline(coverage.Polyline([]coverage.Point{coverage.At(50, 50)})), coverage.NonZero, math.Pi * 25},
		{"square dot", coverage.Pen{Width: px(10), Cap: coverage.SquareCap}.Outline(coverage.Polyline([]coverage.Point{coverage.At(50, 50)})), coverage.NonZero, 100},
		{"no dot", coverage.Pen{Width: px(10)}.Outline(coverage.Polyline([]coverage.Point{coverage.At(50, 50)})), coverage.NonZero, 0},
		// A parabola as a cubic: its area is two thirds of the box.
		{"curve", []coverage.Path{coverage.Curve([]coverage.Node{
			{At: coverage.At(20, 90), Out: coverage.At(20, -40)}, {At: coverage.At(80, 90), In: coverage.At(-20, -40)}}, false)},
			coverage.NonZero, 60 * 30 * 2.0 / 3},
	}
	for _, c := range cases {
		got := sum(fill(t, size, none, c.rule, c.paths...))
		if math.Abs(got-c.want) > 0.002*c.want+0.02 {
			t.Errorf("%s: area %.3f, want %.3f", c.name, got, c.want)
		}
	}
}

func TestAStripeAsWideAsTheCellCloses(t *testing.T) {
	size := pattern.Size{Width: 20, Height: 10}
	got := fill(t, size, pattern.Repeat{}, coverage.NonZero, coverage.Rectangle(coverage.At(3.7, -2), 20*coverage.One, 30*coverage.One, 0, 0))
	for i, v := range got {
		// Two roundings of a part to 16 bit.
		if v < 65534 {
			t.Fatalf("pixel (%d, %d) is covered by %d", i%20, i/20, v)
		}
	}
}

func TestShapesBeyondMeasureAreRefused(t *testing.T) {
	c := coverage.New(pattern.Size{Width: 8, Height: 8}, pattern.Repeat{})
	box := coverage.Rectangle(coverage.At(-coverage.Furthest, -coverage.Furthest), 2*coverage.Furthest*coverage.One, 2*coverage.Furthest*coverage.One, 0, 0)
	var size *coverage.SizeError
	if err := c.Fill(context.Background(), []coverage.Path{box}, coverage.NonZero); !errors.As(err, &size) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Fill(ctx, []coverage.Path{coverage.Ellipse(coverage.Point{}, 900, 900, 0)}, coverage.NonZero); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
