package starter_test

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/engine/starter"
)

// drawn is three planes that a function of the sample gives corners to.
func drawn(w, h int, position func(x, y int) int) []float32 {
	n := w * h
	planes := make([]float32, 3*n)
	for i := range n {
		for c, v := range starter.AllCorners()[position(i%w, i/w)] {
			planes[c*n+i] = v
		}
	}
	return planes
}

// blobs are smooth screens over the plane of a repeat: soft discs of every
// position, as the decoder's soft edges are.
func blobs(rng *rand.Rand, w, h int, r pattern.Repeat) []float32 {
	n := w * h
	planes := make([]float32, 3*n)
	for range 24 {
		cx, cy, radius := rng.Float64()*float64(w), rng.Float64()*float64(h), float64(min(w, h))*(0.06+0.14*rng.Float64())
		ink := starter.AllCorners()[rng.IntN(starter.Positions)]
		for y := int(cy-radius) - 1; y <= int(cy+radius)+1; y++ {
			for x := int(cx-radius) - 1; x <= int(cx+radius)+1; x++ {
				px, py, ok := r.Source(x, y, w, h)
				if !ok {
					continue
				}
				a := float32(min(max(radius-math.Hypot(float64(x)-cx, float64(y)-cy)+0.5, 0), 1))
				for c := range 3 {
					v := &planes[c*n+py*w+px]
					*v += a * (ink[c] - *v)
				}
			}
		}
	}
	return planes
}

// inked has a screen for each of all positions, empty where there is none.
func inked(planes []float32, w, h int, r pattern.Repeat, to pattern.Size) (*screen.Separation, error) {
	s, err := starter.DefaultInking().Ink(&pattern.Planes{Width: w, Height: h, Data: planes}, r, 0, to)
	if err != nil {
		return nil, err
	}
	all := &screen.Separation{Width: s.Width, Height: s.Height, Coverage: make([][]uint8, starter.Positions)}
	for p := range all.Coverage {
		all.Coverage[p] = make([]uint8, len(s.Coverage[0]))
	}
	for i, p := range s.Held {
		all.Coverage[p] = s.Coverage[i]
	}
	return all, nil
}

func separate(t testing.TB, planes []float32, w, h int, r pattern.Repeat, to pattern.Size) *screen.Separation {
	t.Helper()
	s, err := inked(planes, w, h, r, to)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestInkCoversExactly: at every pixel the coverages sum to 255 and at most
// three positions share it.
func TestInkCoversExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom([]pattern.Repeat{{}, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.Brick}, {Kind: pattern.None}}).Draw(t, "repeat")
		w, h := 6*rapid.IntRange(1, 6).Draw(t, "w"), 6*rapid.IntRange(1, 6).Draw(t, "h")
		to := pattern.Size{Width: 6 * rapid.IntRange(1, 30).Draw(t, "to w"), Height: 6 * rapid.IntRange(1, 30).Draw(t, "to h")}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		planes := make([]float32, 3*w*h)
		for i := range planes {
			planes[i] = rng.Float32()*1.4 - 0.2
		}
		s, err := inked(planes, w, h, r, to)
		if err != nil {
			t.Fatal(err)
		}
		for i := range to.Width * to.Height {
			sum, shared := 0, 0
			for _, plane := range s.Coverage {
				sum += int(plane[i])
				if plane[i] > 0 {
					shared++
				}
			}
			if sum != 255 || shared > 3 {
				t.Fatalf("pixel %d: coverages sum to %d over %d positions", i, sum, shared)
			}
		}
	})
}

// TestNoThirdColorAtABorder: between red and green lies neither the ground nor
// anything else, at any enlargement.
func TestNoThirdColorAtABorder(t *testing.T) {
	planes := drawn(24, 24, func(x, y int) int {
		if x+y < 24 {
			return starter.First
		}
		return starter.Second
	})
	for _, side := range []int{24, 100, 768} {
		s := separate(t, planes, 24, 24, pattern.Repeat{Kind: pattern.None}, pattern.Size{Width: side, Height: side})
		used := s.Used()
		for _, p := range []int{starter.Ground, starter.Third, starter.Outline} {
			if used[p] != 0 {
				t.Errorf("side %d: position %d covers %g", side, p, used[p])
			}
		}
	}
}

// TestEightCorners: where a model uses all corners of the cube, a border of red
// and green looks like one of black and yellow; it is read by what lies around.
func TestEightCorners(t *testing.T) {
	corners := starter.AllCorners()
	const side, big = 64, 256
	for a := range 8 {
		for b := range a {
			planes := make([]float32, 3*side*side)
			for i := range side * side {
				x, y := i%side, i/side
				for c := range 3 {
					if y < side/2 {
						// A soft diagonal border, two samples wide.
						share := float32(min(max(float64(x+y-side/2)/2+0.5, 0), 1))
						planes[c*side*side+i] = (1-share)*corners[a][c] + share*corners[b][c]
					} else {
						planes[c*side*side+i] = corners[x*8/side][c] // all of them are there
					}
				}
			}
			s := separate(t, planes, side, side, pattern.Repeat{Kind: pattern.None}, pattern.Size{Width: big, Height: big})
			for p, coverage := range s.Coverage {
				for i, v := range coverage[:big*big*2/5] {
					if p != a && p != b && v > 0 {
						t.Fatalf("between %d and %d: position %d at %d, %d", a, b, p, i%big, i/big)
					}
				}
			}
		}
	}
}

// TestFineLinesAreKept: an outline of one sample and a half is white after a decoder has softened it, and what
// it encloses is not. Without sharpening it is lost, as the ground is nearer to what is left of it.
func TestFineLinesAreKept(t *testing.T) {
	const side, radius = 96, 30.0
	n := side * side
	planes := make([]float32, 3*n)
	soft := func(v, width float64) float64 { return 0.5 + 0.5*math.Erf(v/(math.Sqrt2*width)) }
	for i := range n {
		d := radius - math.Hypot(float64(i%side)-47.5, float64(i/side)-47.5)
		inside, line := soft(d, 1), soft(d+1.5, 1)-soft(d, 1)
		planes[i], planes[n+i], planes[2*n+i] = float32(inside+line), float32(line), float32(line)
	}
	lines := func(k starter.Inking) float64 {
		s, err := k.Ink(&pattern.Planes{Width: side, Height: side, Data: planes}, pattern.Repeat{}, 3, pattern.Size{Width: 4 * side, Height: 4 * side})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range s.Held {
			if p == starter.Outline {
				return s.Used()[i] * float64(n) / (2 * math.Pi * (radius + 0.75) * 1.5)
			}
		}
		return 0
	}
	if share := lines(starter.DefaultInking()); share < 0.6 || share > 1.6 {
		t.Errorf("%.2f of the outline is left", share)
	}
	blunt := starter.DefaultInking()
	blunt.Sharpen = 0
	if share := lines(blunt); share > 0.3 {
		t.Errorf("%.2f of the outline is left without sharpening, so this test shows nothing", share)
	}
}

// TestEdgesAreOnePixelSoft: a disc that is enlarged 16 times keeps its area,
// its roundness and an edge of one pixel.
func TestEdgesAreOnePixelSoft(t *testing.T) {
	const side, big, radius = 96, 1536, 28.0
	n := side * side
	planes := make([]float32, 3*n)
	for i := range n {
		d := math.Hypot(float64(i%side)-47.5, float64(i/side)-47.5)
		planes[i] = float32(min(max(radius-d+0.5, 0), 1))
	}
	s := separate(t, planes, side, side, pattern.Repeat{}, pattern.Size{Width: big, Height: big})
	area, soft := 0.0, 0
	scale := float64(big) / side
	for i, v := range s.Coverage[starter.First] {
		area += float64(v) / 255
		d := math.Hypot(float64(i%big)-float64(big-1)/2, float64(i/big)-float64(big-1)/2)
		if v > 0 && v < 255 {
			soft++
			if math.Abs(d-radius*scale) > 0.35*scale {
				t.Fatalf("a soft pixel %g from the centre of a disc of %g", d, radius*scale)
			}
		}
	}
	if want := math.Pi * radius * radius * scale * scale; math.Abs(area/want-1) > 0.01 {
		t.Errorf("area %g, want %g", area, want)
	}
	// A circle crosses about 8/π · r · ... pixels: at most two in every row and
	// column of its width, and one more where it turns.
	if most := int(8 * radius * scale * 1.3); soft > most {
		t.Errorf("%d soft pixels on a circle of radius %g; at most %d", soft, radius*scale, most)
	}
}

// TestInkIsEquivariant: inking the rectangle as a block is the rectangle of
// the inked cell, so an inked repeat joins as its screens did.
func TestInkIsEquivariant(t *testing.T) {
	repeats := []pattern.Repeat{{Kind: pattern.HalfDrop}, {Kind: pattern.HalfDrop, N: 2, D: 3}, {Kind: pattern.Brick, N: 1, D: 3}, {Kind: pattern.Mirror}}
	for seed := range uint64(4 * len(repeats)) {
		r := repeats[seed%4]
		const w, h = 48, 48
		to := pattern.Size{Width: 96, Height: 120}
		planes := blobs(rand.New(rand.NewPCG(seed, 1)), w, h, r)
		cell := separate(t, planes, w, h, r, to)
		want, err := cell.Rectangle(r)
		if err != nil {
			t.Fatal(err)
		}
		var wide []float32
		rw, rh := 0, 0
		for c := range 3 {
			var plane []float32
			plane, rw, rh, err = pattern.Rectangle(planes[c*w*h:(c+1)*w*h], w, h, 1, r)
			if err != nil {
				t.Fatal(err)
			}
			wide = append(wide, plane...)
		}
		got := separate(t, wide, rw, rh, r.Straight(), pattern.Size{Width: want.Width, Height: want.Height})
		for p := range got.Coverage {
			for i, v := range got.Coverage[p] {
				if d := int(v) - int(want.Coverage[p][i]); d > 1 || d < -1 {
					t.Fatalf("%v: position %d pixel %d: %d, want %d", r, p, i, v, want.Coverage[p][i])
				}
			}
		}
	}
}

// TestInkedScreensJoin: screens that wrap pass the seam proof once inked, and
// the same screens inked as another repeat do not.
func TestInkedScreensJoin(t *testing.T) {
	palette := color.Default(starter.Positions, 3)
	for _, r := range []pattern.Repeat{{}, {Kind: pattern.HalfDrop}, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.Brick}} {
		planes := blobs(rand.New(rand.NewPCG(2, 2)), 96, 96, r)
		s := separate(t, planes, 96, 96, r, pattern.Size{Width: 384, Height: 384})
		rep, err := seam.Measure(s.NRGBA(palette), r)
		if err != nil {
			t.Fatal(err)
		}
		if !rep.Pass {
			t.Errorf("%v", rep)
		}
		if r.Kind == pattern.Block {
			continue
		}
		s = separate(t, planes, 96, 96, pattern.Repeat{}, pattern.Size{Width: 384, Height: 384})
		rep, err = seam.Measure(s.NRGBA(palette), pattern.Repeat{})
		if err != nil {
			t.Fatal(err)
		}
		if rep.Pass {
			t.Errorf("a %v inked as a block passes: %v", r, rep)
		}
	}
}

func TestSpecksGo(t *testing.T) {
	planes := drawn(32, 32, func(x, y int) int {
		switch {
		case (x == 31 || x == 0) && y == 10: // two samples, over the edge of the cell
			return starter.Outline
		case x >= 8 && x < 20 && y >= 16 && y < 28:
			return starter.Third
		}
		return starter.Ground
	})
	s := separate(t, planes, 32, 32, pattern.Repeat{}, pattern.Size{Width: 256, Height: 256})
	used := s.Used()
	if used[starter.Outline] != 0 {
		t.Errorf("the speck still covers %g", used[starter.Outline])
	}
	// Smoothing rounds its corners.
	if math.Abs(used[starter.Third]*1024-144) > 9 {
		t.Errorf("the motif of 144 samples covers %g", used[starter.Third]*1024)
	}
}

func TestInkIsDeterministicAndPalettesAreExact(t *testing.T) {
	planes := blobs(rand.New(rand.NewPCG(7, 7)), 64, 64, pattern.Repeat{})
	a := separate(t, planes, 64, 64, pattern.Repeat{}, pattern.Size{Width: 200, Height: 200})
	b := separate(t, planes, 64, 64, pattern.Repeat{}, pattern.Size{Width: 200, Height: 200})
	palette := color.Default(starter.Positions, 1)
	ia, ib := a.NRGBA(palette), b.NRGBA64(palette)
	if c := b.NRGBA(palette); !equal(ia, c) {
		t.Error("the same screens give two pictures")
	}
	for p, chip := range palette {
		seen := false
		for i, v := range a.Coverage[p] {
			if v == 255 {
				seen = true
				if ia.Pix[4*i] != chip.R || ia.Pix[4*i+1] != chip.G || ia.Pix[4*i+2] != chip.B || ib.Pix[8*i] != chip.R || ib.Pix[8*i+1] != chip.R {
					t.Fatalf("pixel %d is %v, not %v", i, ia.Pix[4*i:4*i+3], chip)
				}
			}
		}
		if !seen {
			t.Errorf("position %d is nowhere solid", p)
		}
	}
	if err := a.Check(palette[:3]); err == nil {
		t.Error("three chips pass for eight positions")
	}
}

func equal(a, b *image.NRGBA) bool {
	if a.Rect != b.Rect {
		return false
	}
	for i := range a.Pix {
		if a.Pix[i] != b.Pix[i] {
			return false
		}
	}
	return true
}

func TestInkRefusesBadScreens(t *testing.T) {
	bad := make([]float32, 3*64)
	bad[70] = float32(math.NaN())
	for name, planes := range map[string][]float32{"NaN": bad, "short": make([]float32, 10)} {
		if _, err := inked(planes, 8, 8, pattern.Repeat{}, pattern.Size{Width: 16, Height: 16}); err == nil {
			t.Errorf("%s passed", name)
		}
	}
	ok := make([]float32, 3*64)
	if _, err := inked(ok, 8, 8, pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}, pattern.Size{Width: 16, Height: 17}); err == nil {
		t.Error("a half-drop of 17 rows passed")
	}
}

func BenchmarkInk(b *testing.B) {
	planes := blobs(rand.New(rand.NewPCG(7, 7)), 256, 256, pattern.Repeat{})
	palette := color.Default(starter.Positions, 1)
	for b.Loop() {
		separate(b, planes, 256, 256, pattern.Repeat{}, pattern.Size{Width: 1024, Height: 1024}).NRGBA(palette)
	}
}

// TestPresentFindsWhatIsThere: positions that a picture has are held, the dark
// yellow along a contour of red and green is none, and a bound leaves out the
// smallest.
func TestPresentFindsWhatIsThere(t *testing.T) {
	const side = 64
	planes := drawn(side, side, func(x, y int) int {
		switch {
		case x >= 40 && y < 8:
			return starter.Outline
		case x < 40 && y >= 32:
			return starter.Second
		case x < 20:
			return starter.First
		}
		return starter.Ground
	})
	// A soft contour, as a decoder leaves it.
	for y := range side {
		for c := range 3 {
			i := c*side*side + y*side + 19
			planes[i] = (planes[i] + planes[i+1]) / 2
		}
	}
	for most, want := range map[int][]int{
		0: {starter.Ground, starter.First, starter.Second, starter.Outline},
		3: {starter.Ground, starter.First, starter.Second},
		2: {starter.Ground, starter.Second},
	} {
		s, err := starter.DefaultInking().Ink(&pattern.Planes{Width: side, Height: side, Data: planes}, pattern.Repeat{}, most, pattern.Size{Width: 128, Height: 128})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Held, want) || len(s.Corners) != len(want) || len(s.Coverage) != len(want) {
			t.Errorf("at most %d: %v with %d corners and %d screens, want %v", most, s.Held, len(s.Corners), len(s.Coverage), want)
		}
	}
}
