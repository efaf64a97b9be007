package motif

import (
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/internal/drawing"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
	"github.com/selvage-studio/selvage/engine/edit/warp"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// lifted takes every motif of r off its ground.
func lifted(t testing.TB, r *raster.Raster, rep pattern.Repeat, edge int) *raster.Raster {
	t.Helper()
	ctx := context.Background()
	ink := drawing.Inks()[0]
	ground := [4]uint16{uint16(ink[0] * 257), uint16(ink[1] * 257), uint16(ink[2] * 257), raster.Opaque}
	mask, err := Mask(ctx, r, ground, 0.04)
	if err != nil {
		t.Fatal(err)
	}
	all, err := region.All(ctx, mask, rep, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := raster.New(r.Width(), r.Height())
	for _, piece := range all {
		m, err := Matte(ctx, r, rep, piece, mask, ground, edge)
		if err != nil {
			t.Fatal(err)
		}
		Place(out, rep, m)
	}
	return out
}

// TestMatteFindsTheCoverageThatWasDrawn compares with the coverage that the
// drawing knows, and lays the motifs on a dark ground where they were drawn on
// a light one: a halo would show there.
func TestMatteFindsTheCoverageThatWasDrawn(t *testing.T) {
	inks := drawing.Inks()
	dark := inks
	dark[0] = [3]uint32{30, 40, 50}
	worst, edges, whole, halo, n := 0.0, 0.0, 0.0, 0.0, 0.0
	for i, family := range []string{"polka dots", "tulips", "leaves", "lemons", "butterflies", "mushrooms", "hearts", "stars", "birds", "ferns", "paisleys", "fish"} {
		for _, outline := range []draw.Outline{draw.Flat, draw.Outlined} {
			rep := pattern.Repeat{Kind: []pattern.Kind{pattern.Block, pattern.HalfDrop}[i%2]}
			spec := draw.Spec{Family: family, Scale: draw.Medium, Style: draw.Clean, Secondary: draw.NoSecondary, Outline: outline, Repeat: rep}.Complete(uint64(i))
			r, ground := drawing.Inked(t, spec, 192, 192, inks)
			want, _ := drawing.Inked(t, spec, 192, 192, dark)
			got := lifted(t, r, rep, 2)
			on := raster.New(192, 192)
			edge, count, sum, colour := 0.0, 0.0, 0.0, 0.0
			for y := range 192 {
				row := on.EditPixels(y)
				for x := range 192 {
					p := got.At(x, y)
					alpha := 1 - float64(ground[y*192+x])/255
					d := math.Abs(float64(p[3])/raster.Opaque - alpha)
					sum += d
					for c := range 3 {
						row[4*x+c] = p[c] + uint16(raster.Mul(dark[0][c]*257, uint32(raster.Opaque-p[3])))
					}
					row[4*x+3] = raster.Opaque
					if alpha > 0 && alpha < 1 && beside(ground, 192, 192, x, y) {
						edge += d
						count++
						for c := range 3 {
							colour += math.Abs(float64(row[4*x+c])-float64(want.At(x, y)[c])) / raster.Opaque / 3
						}
					}
				}
			}
			t.Logf("%-12s %-8s edge %.4f whole %.5f colour of the edge %.4f", spec.Family, outline, edge/count, sum/192/192, colour/count)
			worst = max(worst, edge/count)
			edges, whole, halo, n = edges+edge/count, whole+sum/192/192, halo+colour/count, n+1
			drawing.Sheet(t, fmt.Sprintf("matte-%s-%s", family, outline), r, on, want)
		}
	}
	t.Logf("mean absolute error of alpha: %.4f at edges (worst drawing %.4f), %.5f over all; of the edge's colour on a dark ground: %.4f", edges/n, worst, whole/n, halo/n)
	if edges/n > 0.015 || worst > 0.06 || halo/n > 0.012 {
		t.Errorf("mean absolute error of alpha: %.4f at edges (worst drawing %.4f), colour %.4f", edges/n, worst, halo/n)
	}
}

// beside reports whether pure ground is within two pixels: a thin line of ground
// within a motif is a part of it.
func beside(ground []uint8, w, h, x, y int) bool {
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			if ground[(y+dy+h)%h*w+(x+dx+w)%w] == 255 {
				return true
			}
		}
	}
	return false
}

func pieceOf(t testing.TB, r *raster.Raster, rep pattern.Repeat, p image.Point) *warp.Window {
	t.Helper()
	piece, err := region.At(context.Background(), region.Of(r.Width(), r.Height(), func(x, y int) bool { return r.At(x, y)[3] != 0 }), rep, p, 0)
	if err != nil {
		t.Fatal(err)
	}
	return Cut(r, rep, piece, nil)
}

// blob is a ragged motif of its own colours and authors around p.
func blob(t *rapid.T, w, h int, rep pattern.Repeat) *warp.Window {
	b := image.Rect(0, 0, rapid.IntRange(1, 9).Draw(t, "mw"), rapid.IntRange(1, 9).Draw(t, "mh")).Add(image.Pt(rapid.IntRange(-w, w).Draw(t, "mx"), rapid.IntRange(-h, h).Draw(t, "my")))
	m := warp.NewWindow(b)
	for i := range m.Who {
		a := rapid.Uint16Range(1, raster.Opaque).Draw(t, "a")
		m.Pix[4*i+3] = a
		for c := range 3 {
			m.Pix[4*i+c] = rapid.Uint16Range(0, a).Draw(t, "c")
		}
		m.Who[i] = raster.Who{Op: uint32(i + 1), Person: 255}
	}
	return m
}

func repeats() []pattern.Repeat {
	return []pattern.Repeat{
		{}, {Kind: pattern.HalfDrop}, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.Brick}, {Kind: pattern.Brick, N: 2, D: 3},
		{Kind: pattern.Mirror}, {Kind: pattern.Hex}, {Kind: pattern.AlongX}, {Kind: pattern.AlongY}, {Kind: pattern.None},
	}
}

// TestMovesByTheLatticeAreTheIdentity holds that placing a motif a vector of
// the lattice away gives the same cell.
func TestMovesByTheLatticeAreTheIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats()).Draw(t, "repeat")
		const w, h = 24, 30
		m := blob(t, w, h, rep)
		a, b := rep.Vectors()
		i, j := rapid.IntRange(-2, 2).Draw(t, "i"), rapid.IntRange(-2, 2).Draw(t, "j")
		move := [2]float64{w * (float64(i)*a[0] + float64(j)*b[0]), h * (float64(i)*a[1] + float64(j)*b[1])}
		// One axis counts in the other's side: a drop shifts along the height, a
		// brick along the width, which Vectors gives in their own units.
		pivot := Pivot(m.Bounds)
		moved, err := Turn(context.Background(), m, Placement{Pivot: pivot, To: [2]float64{pivot[0] + move[0], pivot[1] + move[1]}, ScaleX: 1, ScaleY: 1})
		if err != nil {
			t.Fatal(err)
		}
		one, two := raster.New(w, h), raster.New(w, h)
		Place(one, rep, m)
		Place(two, rep, moved)
		if one.Sum() != two.Sum() {
			t.Fatalf("%v: moved by %v the cell differs", rep, move)
		}
	})
}

func TestFourQuartersAndTwoFlipsRestoreTheBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := blob(t, 24, 30, pattern.Repeat{})
		quarter := rapid.SampledFrom([]float64{90, -90, 270, 450}).Draw(t, "turn")
		for _, p := range []Placement{{Turn: quarter}, {Flip: true}} {
			got := m
			for range 4 {
				p.ScaleX, p.ScaleY = 1, 1
				p.Pivot = Pivot(got.Bounds)
				p.To = p.Pivot
				if p.Flip {
					// A flip about the middle of an odd width needs a half.
					b := got.Bounds
					p.Pivot = [2]float64{float64(b.Min.X+b.Max.X) / 2, float64(b.Min.Y)}
					p.To = p.Pivot
				}
				var err error
				if got, err = Turn(context.Background(), got, p); err != nil {
					t.Fatal(err)
				}
			}
			if got.Bounds != m.Bounds || fmt.Sprint(got.Pix) != fmt.Sprint(m.Pix) || fmt.Sprint(got.Who) != fmt.Sprint(m.Who) {
				t.Fatalf("four times %+v: %v, was %v", p, got.Bounds, m.Bounds)
			}
		}
	})
}

// TestTurnedMotifsKeepTheirCoverage holds the kernel: what is turned or scaled
// covers as much as before, times the area.
func TestTurnedMotifsKeepTheirCoverage(t *testing.T) {
	r, _ := drawing.Raster(t, draw.Spec{Family: "flowers", Scale: draw.Large, Secondary: draw.NoSecondary}.Complete(3), 200, 200)
	layer := lifted(t, r, pattern.Repeat{}, 2)
	var at image.Point
	for i := range 200 * 200 {
		if layer.At(i%200, i/200)[3] == raster.Opaque {
			at = image.Pt(i%200, i/200)
			break
		}
	}
	m := pieceOf(t, layer, pattern.Repeat{}, at)
	sum := func(w *warp.Window) (s float64) {
		for i := range w.Who {
			s += float64(w.Pix[4*i+3]) / raster.Opaque
		}
		return s
	}
	for _, p := range []Placement{{Turn: 17, ScaleX: 1, ScaleY: 1}, {Turn: 45, ScaleX: 0.3, ScaleY: 0.3}, {Turn: 200, ScaleX: 2.5, ScaleY: 1.5, Flip: true}, {ScaleX: 0.1, ScaleY: 0.1}} {
		p.Pivot = Pivot(m.Bounds)
		p.To = p.Pivot
		got, err := Turn(context.Background(), m, p)
		if err != nil {
			t.Fatal(err)
		}
		if area := sum(got) / (sum(m) * p.ScaleX * p.ScaleY); math.Abs(area-1) > 0.03 {
			t.Errorf("%+v covers %.3f of what it should", p, area)
		}
		for i, w := range got.Who {
			if got.Pix[4*i+3] != 0 && w.Rule != 255 {
				t.Fatalf("%+v: pixel %d lost its author", p, i)
			}
		}
		canvas := raster.New(200, 200)
		Place(canvas, pattern.Repeat{Kind: pattern.HalfDrop}, got)
		drawing.Sheet(t, fmt.Sprintf("turn-%v-%v", p.Turn, p.ScaleX), layer, canvas)
	}
	if _, err := Turn(context.Background(), m, Placement{ScaleX: 1e4, ScaleY: 1e4}); err == nil {
		t.Error("a motif of 10,000 times its size was drawn")
	}
}

// TestApartIsTheNearestCopy compares with a search through the plane.
func TestApartIsTheNearestCopy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats()).Draw(t, "repeat")
		w, h := 6*rapid.IntRange(1, 6).Draw(t, "w"), 6*rapid.IntRange(1, 6).Draw(t, "h")
		p := image.Pt(rapid.IntRange(0, w-1).Draw(t, "px"), rapid.IntRange(0, h-1).Draw(t, "py"))
		q := image.Pt(rapid.IntRange(0, w-1).Draw(t, "qx"), rapid.IntRange(0, h-1).Draw(t, "qy"))
		want := int64(math.MaxInt64)
		for y := p.Y - 40; y <= p.Y+40; y++ {
			for x := p.X - 40; x <= p.X+40; x++ {
				if cx, cy, ok := rep.Source(x, y, w, h); ok && cx == q.X && cy == q.Y {
					want = min(want, int64((x-p.X)*(x-p.X)+(y-p.Y)*(y-p.Y)))
				}
			}
		}
		if got := Apart(w, h, rep, p, q); want != math.MaxInt64 && want <= 1600 && got != want {
			t.Fatalf("%v %d x %d: %v to %v are %d apart, want %d", rep, w, h, p, q, got, want)
		}
	})
}

func TestScatteringKeepsItsDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats()).Draw(t, "repeat")
		const w, h = 96, 120
		s := Scattering{Count: rapid.IntRange(1, 40).Draw(t, "count"), Distance: rapid.IntRange(0, 40).Draw(t, "distance"), Seed: rapid.Uint64().Draw(t, "seed")}
		spots, err := Scatter(context.Background(), w, h, rep, s)
		if err != nil || len(spots) == 0 || len(spots) > s.Count {
			t.Fatalf("%d spots, %v", len(spots), err)
		}
		again, _ := Scatter(context.Background(), w, h, rep, s)
		if fmt.Sprint(again) != fmt.Sprint(spots) {
			t.Fatal("the same seed strewed differently")
		}
		for i := range spots {
			for j := range i {
				if d := Apart(w, h, rep, spots[i].At, spots[j].At); d < int64(s.Distance*s.Distance) {
					t.Fatalf("spots %d and %d are only √%d apart", i, j, d)
				}
			}
		}
	})
}

func TestRecoloringTurnsTheHueAndKeepsTheEdge(t *testing.T) {
	re := NewRecolorer(Shift{Hue: 180, Chroma: 1})
	p := []uint16{20000, 4000, 4000, 32768}
	re.Pixel(p)
	if p[3] != 32768 || p[0] >= p[1] || p[0] >= p[2] {
		t.Errorf("red turned half round is %v", p)
	}
	grey := []uint16{20000, 4000, 4000, 32768}
	NewRecolorer(Shift{Chroma: 0}).Pixel(grey)
	if d := int(grey[0]) - int(grey[1]); d < -8 || d > 8 {
		t.Errorf("without chroma red is %v", grey)
	}
	same := []uint16{20000, 4000, 4001, 32768}
	NewRecolorer(Shift{Chroma: 1}).Pixel(same)
	for c, v := range []uint16{20000, 4000, 4001, 32768} {
		if d := int(same[c]) - int(v); d < -2 || d > 2 {
			t.Errorf("no shift made %v", same)
		}
	}
}

func TestTheGroundIsFound(t *testing.T) {
	ink := drawing.Inks()[0]
	found := 0
	for seed, family := range []string{"tulips", "leaves", "birds", "ferns", "fish", "stars"} {
		r, _ := drawing.Raster(t, draw.Spec{Family: family, Density: draw.Sparse, Style: draw.Clean}.Complete(uint64(seed)), 128, 128)
		g := Ground(r)
		near := true
		for c := range 3 {
			d := int(g[c]) - int(ink[c]*257)
			near = near && d > -600 && d < 600
		}
		if near {
			found++
		}
	}
	if found != 6 {
		t.Errorf("the ground of %d of 6 sparse drawings is found", found)
	}
	if g := Ground(raster.New(9, 9)); g != ([4]uint16{}) {
		t.Errorf("the ground of an empty layer is %v", g)
	}
}

// TestGolden holds the bytes of what replays.
func TestGolden(t *testing.T) {
	rep := pattern.Repeat{Kind: pattern.HalfDrop}
	r, _ := drawing.Raster(t, draw.Spec{Family: "birds", Density: draw.Sparse, Repeat: rep}.Complete(4), 128, 128)
	layer := lifted(t, r, rep, 2)
	got := map[string]*raster.Raster{"lift": layer.Clone()}
	var at image.Point
	for i := range 128 * 128 {
		if layer.At(i%128, i/128)[3] == raster.Opaque {
			at = image.Pt(i%128, i/128)
			break
		}
	}
	m := pieceOf(t, layer, rep, at)
	p := Placement{Pivot: Pivot(m.Bounds), To: [2]float64{3.3, 126.1}, Turn: 33.3, ScaleX: 0.8, ScaleY: 1.3, Flip: true}
	turned, err := Turn(context.Background(), m, p)
	if err != nil {
		t.Fatal(err)
	}
	Place(layer, rep, turned)
	got["turn"] = layer.Clone()
	re := NewRecolorer(Shift{Hue: 77, Chroma: 1.1, Lightness: 0.05})
	for y := range 128 {
		row := layer.EditPixels(y)
		for x := range 128 {
			re.Pixel(row[4*x : 4*x+4])
		}
	}
	got["recolor"] = layer
	spots, err := Scatter(context.Background(), 128, 128, rep, Scattering{Count: 20, Distance: 15, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{"scatter": fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, spots)))[:16]}
	for name, r := range got {
		sums[name] = fmt.Sprintf("%x", r.Sum())[:16]
	}
	want := map[string]string{
		"scatter": "955e4637f4c021b7", "lift": "55c11e3cd5cfbdc7", "turn": "e35048ed6527ce9b", "recolor": "a45cd5c63c9a69b5",
	}
	for name, sum := range sums {
		if sum != want[name] {
			t.Errorf("%s is %s, was %s", name, sum, want[name])
		}
	}
}
