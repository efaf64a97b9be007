package paint_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// lattice is a cell and its repeat, with two vectors of whole pixels that carry
// the plane onto itself.
type lattice struct {
	pattern.Size
	pattern.Repeat
	a, b image.Point
}

// genLattice draws one. Where the shift is no whole number of pixels, the vectors
// are the shortest that are.
func genLattice(t *rapid.T) lattice {
	var l lattice
	l.Kind = rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror,
		pattern.Hex, pattern.AlongX, pattern.AlongY, pattern.None}).Draw(t, "kind")
	if l.Kind == pattern.HalfDrop || l.Kind == pattern.Brick {
		l.D = rapid.IntRange(2, 4).Draw(t, "d")
		l.N = rapid.IntRange(1, l.D-1).Draw(t, "n")
	}
	l.Width, l.Height = rapid.IntRange(1, 50).Draw(t, "w"), rapid.IntRange(1, 80).Draw(t, "h")
	va, vb := l.Vectors()
	_, _, exact := l.Shift(l.Width, l.Height)
	if _, d := l.Drop(); !exact {
		for i := range 2 {
			va[i] *= float64(d)
			vb[i] *= float64(d)
		}
	}
	whole := func(v [2]float64) image.Point {
		return image.Pt(int(math.Round(v[0]*float64(l.Width))), int(math.Round(v[1]*float64(l.Height))))
	}
	l.a, l.b = whole(va), whole(vb)
	return l
}

func (l lattice) vector(t *rapid.T) image.Point {
	return l.a.Mul(rapid.IntRange(-4, 4).Draw(t, "i")).Add(l.b.Mul(rapid.IntRange(-4, 4).Draw(t, "j")))
}

var (
	hand  = raster.Who{Op: 7, Person: 255}
	model = raster.Who{Op: 3, Model: 255}
	red   = paint.Color{60000, 3000, 9000, 65535}
)

// ground is a picture that a model made, with some of it transparent.
func ground(w, h int) *raster.Raster {
	r := raster.New(w, h)
	for y := range h {
		row, who := r.Edit(y)
		for x := range w {
			a := uint32(65535)
			if (x/5+y/7)%4 == 0 {
				a = uint32(x*911+y*377) % 65536
			}
			for c := range 3 {
				row[4*x+c] = uint16(uint32(x*7919+y*104729+c*31337) % (a + 1))
			}
			row[4*x+3] = uint16(a)
			if a > 0 {
				who[x] = model
			}
		}
	}
	return r
}

func genSelection(t *rapid.T, l lattice) *raster.Mask {
	if !rapid.Bool().Draw(t, "selected") {
		return nil
	}
	m := raster.NewMask(l.Width, l.Height)
	for i := range m.Pix {
		m.Pix[i] = uint16(i * 4001)
	}
	return m
}

func genBrush(t *rapid.T) paint.Brush {
	unit := rapid.Float64Range(0, 1)
	return paint.Brush{
		Size: rapid.Float64Range(0.5, 130).Draw(t, "size"), Hardness: unit.Draw(t, "hardness"),
		Opacity: unit.Draw(t, "opacity"), Flow: unit.Draw(t, "flow"), Spacing: rapid.Float64Range(0.1, 2).Draw(t, "spacing"),
		SizePressure: unit.Draw(t, "size pressure"), OpacityPressure: unit.Draw(t, "opacity pressure"),
	}
}

func genPoints(t *rapid.T) []paint.Point {
	var points []paint.Point
	at := rapid.Float64Range(-150, 150)
	for range rapid.IntRange(1, 4).Draw(t, "points") {
		points = append(points, paint.Point{X: at.Draw(t, "x"), Y: at.Draw(t, "y"), Pressure: rapid.Float64Range(0, 1).Draw(t, "pressure")}.Rounded())
	}
	return points
}

func shifted(points []paint.Point, by image.Point) []paint.Point {
	moved := slices.Clone(points)
	for i := range moved {
		moved[i].X += float64(by.X)
		moved[i].Y += float64(by.Y)
	}
	return moved
}

// tools are everything that paints: each draws the same at a shift of the plane.
func tools(t *rapid.T) map[string]func(to paint.Target, by image.Point) error {
	ctx := context.Background()
	brush, points := genBrush(t), genPoints(t)
	step := image.Pt(rapid.IntRange(-60, 60).Draw(t, "dx"), rapid.IntRange(-60, 60).Draw(t, "dy"))
	g := paint.Gradient{
		Extend: rapid.SampledFrom([]paint.Extend{paint.Pad, paint.Again, paint.Reflect}).Draw(t, "extend"),
		Stops:  []paint.Stop{{Offset: 0.1, Color: red}, {Offset: 0.7, Color: paint.Color{0, 65535, 65535, 30000}}}, OKLab: true,
	}
	gradient := func(radial bool) func(paint.Target, image.Point) error {
		return func(to paint.Target, by image.Point) error {
			p := shifted(append(points, points...), by)
			g := g
			g.Radial, g.Start, g.End = radial, coverage.At(p[0].X, p[0].Y), coverage.At(p[1].X, p[1].Y)
			size := pattern.Size{Width: to.Pixels.Width(), Height: to.Pixels.Height()}
			paint.Fill(to, nil, g.Ink(size, to.Repeat), 50000)
			return nil
		}
	}
	return map[string]func(paint.Target, image.Point) error{
		"brush": func(to paint.Target, by image.Point) error {
			return paint.Stroke(ctx, to, brush, paint.Solid(red), shifted(points, by))
		},
		"eraser": func(to paint.Target, by image.Point) error {
			return paint.Stroke(ctx, to, brush, paint.Erase(), shifted(points, by))
		},
		"clone": func(to paint.Target, by image.Point) error {
			p := shifted(points, by)
			return paint.Stroke(ctx, to, brush, paint.Copy(to.Pixels.Clone(), to.Repeat, p[0], step), p)
		},
		"linear": gradient(false),
		"radial": gradient(true),
	}
}

func TestPaintMovedByALatticeVectorIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := genLattice(t)
		by, selection := l.vector(t), genSelection(t, l)
		for name, draw := range tools(t) {
			here := paint.Target{Pixels: ground(l.Width, l.Height), Repeat: l.Repeat, Selection: selection, Who: hand}
			there := here
			there.Pixels = ground(l.Width, l.Height)
			if err := errors.Join(draw(here, image.Point{}), draw(there, by)); err != nil {
				t.Fatal(err)
			}
			if here.Pixels.Sum() != there.Pixels.Sum() {
				t.Fatalf("%s on %v of %v: at a distance of %v it is another", name, l.Repeat, l.Size, by)
			}
		}
	})
}

// rolled is the cell cut out of the plane of r at by.
func rolled(r *raster.Raster, repeat pattern.Repeat, by image.Point) *raster.Raster {
	out := raster.New(r.Width(), r.Height())
	for y := range r.Height() {
		row, who := out.Edit(y)
		for x := range r.Width() {
			if cx, cy, ok := repeat.Source(x+by.X, y+by.Y, r.Width(), r.Height()); ok {
				p := r.At(cx, cy)
				copy(row[4*x:], p[:])
				who[x] = r.WhoAt(cx, cy)
			}
		}
	}
	return out
}

func TestPaintCommutesWithRolling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := genLattice(t)
		if l.Kind == pattern.Mirror || l.Kind == pattern.None || l.Kind == pattern.AlongX || l.Kind == pattern.AlongY {
			// A cell cut elsewhere out of these has another repeat.
			l.Repeat = pattern.Repeat{}
		}
		if _, _, exact := l.Shift(l.Width, l.Height); !exact {
			_, d := l.Drop()
			l.Width, l.Height = d*l.Width, d*l.Height
		}
		by := image.Pt(rapid.IntRange(-90, 90).Draw(t, "rx"), rapid.IntRange(-90, 90).Draw(t, "ry"))
		for name, draw := range tools(t) {
			first := paint.Target{Pixels: ground(l.Width, l.Height), Repeat: l.Repeat, Who: hand}
			then := paint.Target{Pixels: rolled(ground(l.Width, l.Height), l.Repeat, by), Repeat: l.Repeat, Who: hand}
			if err := errors.Join(draw(first, image.Point{}), draw(then, image.Point{}.Sub(by))); err != nil {
				t.Fatal(err)
			}
			if rolled(first.Pixels, l.Repeat, by).Sum() != then.Pixels.Sum() {
				t.Fatalf("%s on %v of %v: rolled by %v it is another", name, l.Repeat, l.Size, by)
			}
		}
	})
}

func TestALiveStrokeIsTheStroke(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		l := genLattice(t)
		brush, points, selection := genBrush(t), genPoints(t), genSelection(t, l)
		ink := rapid.SampledFrom([]string{"solid", "erase", "copy"}).Draw(t, "ink")
		target := func() (paint.Target, paint.Ink) {
			to := paint.Target{Pixels: ground(l.Width, l.Height), Repeat: l.Repeat, Selection: selection, Who: hand}
			switch ink {
			case "erase":
				return to, paint.Erase()
			case "copy":
				return to, paint.Copy(to.Pixels.Clone(), l.Repeat, points[0], image.Pt(3, 5))
			}
			return to, paint.Solid(paint.Color{1, 2, 3, 40000})
		}
		whole, with := target()
		if err := paint.Stroke(ctx, whole, brush, with, points); err != nil {
			t.Fatal(err)
		}
		live, with := target()
		s := paint.Begin(live, brush, with)
		for _, p := range points {
			if err := s.Add(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		if whole.Pixels.Sum() != live.Pixels.Sum() {
			t.Fatal("a stroke drawn bit by bit is another")
		}
		s.Cancel()
		if live.Pixels.Sum() != ground(l.Width, l.Height).Sum() {
			t.Fatal("a cancelled stroke left something")
		}
	})
}

func TestAStrokeEditsOnlyItsBands(t *testing.T) {
	const w, h = 64, 32 * 6
	before := ground(w, h)
	after := before.Clone()
	to := paint.Target{Pixels: after, Who: hand}
	// From y = -20 to 20: the bands at both ends.
	line := []paint.Point{{X: 30, Y: -10, Pressure: 1}, {X: 31, Y: 10, Pressure: 1}}
	brush := paint.Brush{Size: 20, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 0.2}
	if err := paint.Stroke(context.Background(), to, brush, paint.Solid(red), line); err != nil {
		t.Fatal(err)
	}
	if got := raster.Diff(before, after); !slices.Equal(got, []int{0, 5}) {
		t.Errorf("bands %v changed, want the first and the last", got)
	}
	for y := 32; y < 160; y++ {
		if &before.Row(y)[0] != &after.Row(y)[0] {
			t.Fatalf("row %d was copied", y)
		}
	}
	// What lies outside of the selection is not copied either.
	none := before.Clone()
	to = paint.Target{Pixels: none, Selection: raster.NewMask(w, h), Who: hand}
	if err := paint.Stroke(context.Background(), to, brush, paint.Solid(red), line); err != nil {
		t.Fatal(err)
	}
	if &before.Row(0)[0] != &none.Row(0)[0] {
		t.Error("a row that is not selected was copied")
	}
}

func TestOpacityIsACapOverTheStroke(t *testing.T) {
	r := raster.New(80, 40)
	var there []paint.Point
	for range 30 {
		there = append(there, paint.Point{X: 10, Y: 20, Pressure: 1}, paint.Point{X: 70, Y: 20, Pressure: 1})
	}
	brush := paint.Brush{Size: 12, Hardness: 0.5, Opacity: 0.5, Flow: 0.6, Spacing: 0.1}
	if err := paint.Stroke(context.Background(), paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.None}}, brush, paint.Solid(red), there); err != nil {
		t.Fatal(err)
	}
	if a := r.At(40, 20)[3]; a < 32700 || a > 32768 {
		t.Errorf("alpha %d where many dabs of a half meet", a)
	}
	// A second stroke goes on from there.
	if err := paint.Stroke(context.Background(), paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.None}}, brush, paint.Solid(red), there); err != nil {
		t.Fatal(err)
	}
	if a := r.At(40, 20)[3]; a < 49000 || a > 49152 {
		t.Errorf("alpha %d after the second stroke", a)
	}
}

func TestPressure(t *testing.T) {
	width := func(b paint.Brush, pressure float64) (n int, most uint16) {
		r := raster.New(100, 100)
		to := paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.None}}
		if err := paint.Stroke(context.Background(), to, b, paint.Solid(red), []paint.Point{{X: 50.5, Y: 50.5, Pressure: pressure}}); err != nil {
			t.Fatal(err)
		}
		for x := range 100 {
			if a := r.At(x, 50)[3]; a > 0 {
				n, most = n+1, max(most, a)
			}
		}
		return n, most
	}
	b := paint.Brush{Size: 41, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 0.1, SizePressure: 1}
	if n, a := width(b, 1); n != 41 || a != 65535 {
		t.Errorf("%d pixels of %d", n, a)
	}
	if n, a := width(b, 0.5); n != 21 || a != 65535 {
		t.Errorf("at half the pressure %d pixels of %d", n, a)
	}
	b.SizePressure, b.OpacityPressure = 0, 0.5
	if n, a := width(b, 0); n != 41 || a < 32767 || a > 32768 {
		t.Errorf("without pressure %d pixels of %d", n, a)
	}
}

// TestALighterDabTakesNothingBack goes over a full touch with hardly any pressure.
func TestALighterDabTakesNothingBack(t *testing.T) {
	b := paint.Brush{Size: 20, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 0.1, OpacityPressure: 1}
	r := raster.New(60, 40)
	over := []paint.Point{{X: 20, Y: 20, Pressure: 1}, {X: 21, Y: 20, Pressure: 0.1}, {X: 40, Y: 20, Pressure: 0.1}, {X: 20, Y: 20, Pressure: 0.1}}
	if err := paint.Stroke(context.Background(), paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.None}}, b, paint.Solid(red), over); err != nil {
		t.Fatal(err)
	}
	if a := r.At(20, 20)[3]; a != 65535 {
		t.Errorf("alpha %d where the first touch was full", a)
	}
	if a := r.At(45, 20)[3]; a < 6000 || a > 7000 {
		t.Errorf("alpha %d where a tenth of the pressure was", a)
	}
}

// TestACloneCopiesWhatLiesThereOnThePlane also where the plane shows the cell
// reflected: what is seen by away from the stroke is what comes.
func TestACloneCopiesWhatLiesThereOnThePlane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := genLattice(t)
		by := image.Pt(rapid.IntRange(-70, 70).Draw(t, "dx"), rapid.IntRange(-70, 70).Draw(t, "dy"))
		x, y := rapid.IntRange(-90, 90).Draw(t, "x"), rapid.IntRange(-90, 90).Draw(t, "y")
		if _, _, exact := l.Shift(l.Width, l.Height); !exact {
			_, d := l.Drop()
			l.Width, l.Height = d*l.Width, d*l.Height
		}
		r := ground(l.Width, l.Height)
		before := r.Clone()
		cx, cy, ok := l.Source(x, y, l.Width, l.Height)
		sx, sy, from := l.Source(x+by.X, y+by.Y, l.Width, l.Height)
		if !ok || !from || before.At(sx, sy)[3] != 65535 {
			t.Skip("nothing there")
		}
		// A touch on one pixel: its middle is covered whole.
		touch := []paint.Point{{X: float64(x) + 0.5, Y: float64(y) + 0.5, Pressure: 1}}
		b := paint.Brush{Size: 2, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 1}
		to := paint.Target{Pixels: r, Repeat: l.Repeat, Who: hand}
		if err := paint.Stroke(context.Background(), to, b, paint.Copy(before, l.Repeat, touch[0], by), touch); err != nil {
			t.Fatal(err)
		}
		if got, want := r.At(cx, cy), before.At(sx, sy); got != want {
			t.Fatalf("%v of %v: at (%d, %d) by %v came %v, want %v", l.Repeat, l.Size, x, y, by, got, want)
		}
	})
}

// TestAHardDiscAgainstItsArea compares a dab with the exact rasteriser of package
// coverage (which is compared with another's): to within 1/32 at every pixel, and
// 1/20 for brushes of less than three pixels.
func TestAHardDiscAgainstItsArea(t *testing.T) {
	none := pattern.Repeat{Kind: pattern.None}
	worst := 0.0
	rapid.Check(t, func(t *rapid.T) {
		const side = 120
		d := rapid.Int64Range(coverage.One, 100*coverage.One).Draw(t, "diameter") / 2 * 2
		x, y := rapid.Int64Range(55*256, 65*256).Draw(t, "x"), rapid.Int64Range(55*256, 65*256).Draw(t, "y")
		limit := 1.0 / 32
		if d < 3*coverage.One {
			limit = 1.0 / 20
		}
		r := raster.New(side, side)
		at := paint.Point{X: float64(x) / 256, Y: float64(y) / 256, Pressure: 1}
		brush := paint.Brush{Size: float64(d) / 256, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 1}
		if err := paint.Stroke(context.Background(), paint.Target{Pixels: r, Repeat: none}, brush, paint.Solid(red), []paint.Point{at}); err != nil {
			t.Fatal(err)
		}
		c := coverage.New(pattern.Size{Width: side, Height: side}, none)
		disc := coverage.Ellipse(coverage.Point{X: x - d/2, Y: y - d/2}, d, d, 0)
		if err := c.Fill(context.Background(), []coverage.Path{disc}, coverage.NonZero); err != nil {
			t.Fatal(err)
		}
		want := c.Mask()
		for y := range side {
			for x := range side {
				diff := math.Abs(float64(r.At(x, y)[3])-float64(want.Row(y)[x])) / 65535
				if worst = max(worst, diff); diff > limit {
					t.Fatalf("(%d, %d) is covered by %d, want %d", x, y, r.At(x, y)[3], want.Row(y)[x])
				}
			}
		}
	})
	t.Logf("largest difference %.4f", worst)
}

func TestWhoseThePixelsAre(t *testing.T) {
	r := raster.New(4, 1)
	row, who := r.Edit(0)
	copy(row[4:8], []uint16{65535, 65535, 65535, 65535})
	who[1] = model
	copy(row[12:16], []uint16{65535, 65535, 65535, 65535})
	who[3] = model
	m := raster.NewMask(4, 1)
	copy(m.Pix, []uint16{16384, 16384, 0, 49152})
	paint.Fill(paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.None}, Who: hand}, m, paint.Solid(red), 65535)
	for x, want := range []raster.Who{
		hand, // a quarter on nothing: all that is there is the hand's
		{Op: 3, Person: 64, Model: 191},
		{},
		{Op: 7, Person: 191, Model: 64},
	} {
		if got := r.WhoAt(x, 0); got != want {
			t.Errorf("pixel %d is %+v's, want %+v", x, got, want)
		}
	}
	// The eraser leaves the shares of what stays, and nobody where nothing does.
	m = raster.NewMask(4, 1)
	copy(m.Pix, []uint16{65535, 60000, 65535, 0})
	paint.Fill(paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.None}, Who: raster.Who{Op: 9, Person: 255}}, m, paint.Erase(), 65535)
	for x, want := range []raster.Who{
		{Op: 9},
		{Op: 3, Person: 64, Model: 191},
		{},
		{Op: 7, Person: 191, Model: 64},
	} {
		if got := r.WhoAt(x, 0); got != want {
			t.Errorf("erased: pixel %d is %+v's, want %+v", x, got, want)
		}
	}
	// A clone brings along whose its source is.
	c := raster.New(2, 1)
	row, who = c.Edit(0)
	copy(row, []uint16{0, 0, 0, 65535})
	who[0] = model
	paint.Fill(paint.Target{Pixels: c, Who: hand}, nil, paint.Copy(c.Clone(), pattern.Repeat{}, paint.Point{}, image.Pt(1, 0)), 65535)
	if got := c.WhoAt(1, 0); got.Model != 255 || got.Person != 0 {
		t.Errorf("a copy of a model's pixel is %+v's", got)
	}
}

// TestColoursStayWithinTheirAlpha is what a band must hold to be read again.
func TestColoursStayWithinTheirAlpha(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := genLattice(t)
		for name, draw := range tools(t) {
			to := paint.Target{Pixels: ground(l.Width, l.Height), Repeat: l.Repeat, Who: hand}
			if err := draw(to, image.Point{}); err != nil {
				t.Fatal(err)
			}
			for i := range to.Pixels.Bands() {
				if err := raster.New(l.Width, l.Height).SetBand(i, to.Pixels.AppendBand(nil, i)); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	})
}

func TestALongStrokeCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := ground(40, 40)
	b := paint.Brush{Size: 9, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 0.01}
	points := []paint.Point{{X: -1e6, Pressure: 1}, {X: 1e6, Pressure: 1}}
	if err := paint.Stroke(ctx, paint.Target{Pixels: r}, b, paint.Solid(red), points); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if r.Sum() != ground(40, 40).Sum() {
		t.Error("a cancelled stroke left something")
	}
}

func TestPointsAsJSON(t *testing.T) {
	var points []paint.Point
	if err := json.Unmarshal([]byte(`[[1,2],[3.5,-4,0.25]]`), &points); err != nil {
		t.Fatal(err)
	}
	if want := []paint.Point{{1, 2, 1}, {3.5, -4, 0.25}}; !slices.Equal(points, want) {
		t.Errorf("%v, want %v", points, want)
	}
	b, err := json.Marshal(points)
	if err != nil || string(b) != `[[1,2],[3.5,-4,0.25]]` {
		t.Errorf("%s %v", b, err)
	}
	for _, bad := range []string{`[[1]]`, `[[1,2,3,4]]`, `["x"]`, `[[1,"2"]]`} {
		if err := json.Unmarshal([]byte(bad), &points); err == nil {
			t.Errorf("%s passed", bad)
		}
	}
}

// TestReplaysToTheSameBytes holds the sum of one of everything. It runs on 32 bit
// as well: GOARCH=386 CGO_ENABLED=0 go test ./engine/edit/paint.
func TestReplaysToTheSameBytes(t *testing.T) {
	const want = "72121743ddf3a7a003b1b47b404b419d4dcea2ba35d12cd3cdee0e6f8bd85f68"
	ctx := context.Background()
	r := ground(160, 128)
	to := paint.Target{Pixels: r, Repeat: pattern.Repeat{Kind: pattern.HalfDrop}, Who: hand}
	wave := []paint.Point{{X: -20, Y: 10, Pressure: 0.3}, {X: 77.7, Y: 60.2, Pressure: 1}, {X: 190, Y: 31.4, Pressure: 0.6}, {X: 140, Y: 150, Pressure: 0.9}}
	soft := paint.Brush{Size: 33.3, Hardness: 0.2, Opacity: 0.8, Flow: 0.3, Spacing: 0.15, SizePressure: 0.7, OpacityPressure: 0.4}
	hard := paint.Brush{Size: 11.1, Hardness: 1, Opacity: 0.9, Flow: 1, Spacing: 0.1}
	c := coverage.New(pattern.Size{Width: 160, Height: 128}, to.Repeat)
	pen := coverage.Pen{Width: 1500, Join: coverage.RoundJoin, Cap: coverage.RoundCap}
	star := coverage.Curve([]coverage.Node{
		{At: coverage.At(20, 20), Out: coverage.At(60, -30)}, {At: coverage.At(120, 80), In: coverage.At(10, 50), Out: coverage.At(-40, 30)}, {At: coverage.At(40, 140)}}, true)
	err := errors.Join(
		c.Fill(ctx, append(pen.Outline(star), coverage.Rectangle(coverage.At(99, 3), 9000, 5000, 700, 33)), coverage.NonZero),
		paint.Stroke(ctx, to, soft, paint.Solid(red), wave),
		paint.Stroke(ctx, to, hard, paint.Erase(), shifted(wave, image.Pt(30, 9))),
		paint.Stroke(ctx, to, soft, paint.Copy(r.Clone(), to.Repeat, wave[0], image.Pt(-31, 50)), shifted(wave, image.Pt(50, 40))),
	)
	if err != nil {
		t.Fatal(err)
	}
	paint.Shape(to, c, paint.Solid(paint.Color{1000, 50000, 30000, 60000}), 40000)
	stops := []paint.Stop{{Offset: 0, Color: red}, {Offset: 0.4, Color: paint.Color{0, 20000, 65535, 20000}}, {Offset: 1, Color: paint.Color{65535, 65535, 0, 50000}}}
	for i, g := range []paint.Gradient{
		{Start: coverage.At(10, 10), End: coverage.At(100, 70), Stops: stops, OKLab: true, Extend: paint.Reflect},
		{Start: coverage.At(90, 40), End: coverage.At(100, 100), Stops: stops, Radial: true},
	} {
		paint.Fill(to, nil, g.Ink(pattern.Size{Width: 160, Height: 128}, to.Repeat), uint16(20000+10000*i))
	}
	sum := r.Sum()
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("sum is %s, want %s", got, want)
	}
}
