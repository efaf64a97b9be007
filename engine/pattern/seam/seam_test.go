package seam

import (
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
)

var (
	block = pattern.Repeat{}
	half  = pattern.Repeat{Kind: pattern.HalfDrop}
)

func measure(t testing.TB, img image.Image, r pattern.Repeat) Report {
	t.Helper()
	rep, err := Measure(img, r)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestMeasuredRates is where the threshold comes from: pictures that wrap and
// pictures that do not, of every family, on every lattice. It holds the rates
// that Threshold's comment states.
func TestMeasuredRates(t *testing.T) {
	const size, seeds = 72, 6
	lattices := []pattern.Repeat{
		block, half, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.HalfDrop, N: 2, D: 3},
		{Kind: pattern.Brick}, {Kind: pattern.Brick, N: 1, D: 4}, {Kind: pattern.Hex}, {Kind: pattern.AlongX}, {Kind: pattern.AlongY},
	}
	// The share of pictures without wrapping that must be found. Noise is
	// always cut; motifs may happen to miss the edge.
	must := map[string]float64{"soft noise": 1, "clouds": 1, "cloth": 1, "dots": 0.85, "hard dots": 0.7, "flowers": 0.95, "squares": 0, "white noise": 0}
	var wrapped, flagged int
	for _, f := range families {
		found, cropped := 0, 0
		twisted, twistedFound := 0, 0
		for li, r := range lattices {
			for s := range uint64(seeds) {
				rng := rand.New(rand.NewPCG(s, uint64(li)))
				p := f.draw(rng, size, size, r)
				wrapped++
				if rep := measure(t, p.image(), r); !rep.Pass {
					flagged++
					t.Logf("%s wraps, seed %d:\n%v", f.name, s, rep)
				}
				cut := f.draw(rng, size+19, size+19, block).crop(size, size)
				cropped++
				if !measure(t, cut.image(), r).Pass {
					found++
				}
				if _, d := r.Drop(); d > 1 {
					// A block that is judged as a drop: the neighbour stands wrong.
					twisted++
					if !measure(t, f.draw(rng, size, size, block).image(), r).Pass {
						twistedFound++
					}
				}
			}
		}
		t.Logf("%-12s cropped: found %d of %d; block taken for a drop: found %d of %d", f.name, found, cropped, twistedFound, twisted)
		if float64(found) < must[f.name]*float64(cropped) {
			t.Errorf("%s: only %d of %d cropped pictures were found", f.name, found, cropped)
		}
		if must[f.name] == 1 && twistedFound < twisted {
			t.Errorf("%s: only %d of %d blocks taken for a drop were found", f.name, twistedFound, twisted)
		}
	}
	t.Logf("%d of %d pictures that wrap were flagged", flagged, wrapped)
	if float64(flagged) > 0.01*float64(wrapped) {
		t.Errorf("%d of %d pictures that wrap were flagged", flagged, wrapped)
	}
}

// TestRectanglesPassAsBlocks: what lays straight joins straight.
func TestRectanglesPassAsBlocks(t *testing.T) {
	for _, r := range []pattern.Repeat{half, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.Brick}, {Kind: pattern.Hex}, {Kind: pattern.Mirror}} {
		p := flowers(rand.New(rand.NewPCG(3, 3)), 96, 96, r)
		if rep := measure(t, pattern.RectangleImage(p.image(), r), r.Straight()); !rep.Pass {
			t.Errorf("%v: %v", r, rep)
		}
		if r.Kind == pattern.Mirror {
			continue
		}
		if rep := measure(t, p.image(), block); rep.Pass {
			t.Errorf("the bare cell of a %v passes as a block: %v", r, rep)
		}
	}
}

// paint makes a picture from a function of the pixel.
func paint(w, h int, f func(x, y int) [3]float64) *picture {
	p := newPicture(w, h, cream)
	for i := range p.pix {
		p.pix[i] = f(i%w, i/w)
	}
	return p
}

func pick(c bool, a, b [3]float64) [3]float64 {
	if c {
		return a
	}
	return b
}

// TestGeometricsWithEdgesOnTheBorder: hard lines that the design has by right.
func TestGeometricsWithEdgesOnTheBorder(t *testing.T) {
	white, grey, black := [3]float64{1, 1, 1}, [3]float64{0.5, 0.5, 0.5}, [3]float64{}
	for name, f := range map[string]func(x, y int) [3]float64{
		"flat":               func(_, _ int) [3]float64 { return sage },
		"flat black":         func(_, _ int) [3]float64 { return black },
		"stripes down":       func(x, _ int) [3]float64 { return pick(x/8%2 == 0, cream, madder) },
		"stripes across":     func(_, y int) [3]float64 { return pick(y/8%2 == 0, cream, madder) },
		"one stripe":         func(x, _ int) [3]float64 { return pick(x < 32, cream, madder) },
		"three bands":        func(x, _ int) [3]float64 { return [][3]float64{black, grey, white}[x*3/64] },
		"checks":             func(x, y int) [3]float64 { return pick((x/8+y/8)%2 == 0, cream, indigo) },
		"one check":          func(x, y int) [3]float64 { return pick((x/32+y/32)%2 == 0, cream, indigo) },
		"gingham":            func(x, y int) [3]float64 { return [][3]float64{white, grey, black}[x/8%2+y/8%2] },
		"windowpane on edge": func(x, y int) [3]float64 { return pick(x%32 == 0 || y%32 == 0, indigo, cream) },
		"pinstripe at edge":  func(x, _ int) [3]float64 { return pick(x%16 == 15, indigo, cream) },
		"one pinstripe":      func(x, _ int) [3]float64 { return pick(x == 63, indigo, cream) },
		"pixel checks":       func(x, y int) [3]float64 { return pick((x+y)%2 == 0, cream, indigo) },
		"diagonal":           func(x, y int) [3]float64 { return pick((x+y)/8%2 == 0, cream, indigo) },
		"basket": func(x, y int) [3]float64 {
			return pick((x/16+y/16)%2 == 0, pick(x/4%2 == 0, cream, sage), pick(y/4%2 == 0, cream, sage))
		},
	} {
		p := paint(64, 64, f)
		for _, r := range []pattern.Repeat{block, half, {Kind: pattern.Brick}, {Kind: pattern.AlongX}, {Kind: pattern.AlongY}, {Kind: pattern.Mirror}} {
			window := image.Rect(0, 0, 128, 128)
			straight := pattern.LayImage(p.image(), block, window).(*image.NRGBA)
			if _, d := r.Drop(); d > 1 && !slices.Equal(straight.Pix, pattern.LayImage(p.image(), r, window).(*image.NRGBA).Pix) {
				continue // this drop would break the design
			}
			if rep := measure(t, p.image(), r); !rep.Pass {
				t.Errorf("%s as %v: %v", name, r, rep)
			}
		}
	}
}

// TestCutsAreFound: each picture is one way in which an edge shows.
func TestCutsAreFound(t *testing.T) {
	for name, p := range map[string]*picture{
		"ramp": paint(64, 64, func(x, _ int) [3]float64 { v := float64(x) / 63; return [3]float64{v, v, v} }),
		"vignette": paint(64, 64, func(x, y int) [3]float64 {
			v := 0.9 - float64((x-24)*(x-24)+(y-30)*(y-30))/6000
			return [3]float64{v, v, v}
		}),
		"one dot cut": paint(64, 64, func(x, y int) [3]float64 { return pick((x-58)*(x-58)+(y-30)*(y-30) < 150, madder, cream) }),
		"a step of three levels in shadow": paint(64, 64, func(x, _ int) [3]float64 {
			v := 0.3 + 0.0006*float64(x)
			return [3]float64{v, v, v}
		}),
	} {
		rep := measure(t, p.image16(), block)
		if rep.Pass {
			t.Errorf("%s passes: %v", name, rep)
			continue
		}
		if e := rep.Edges[0]; e.Pass || e.Name != "right" || e.WorstAt.X != 63 || e.Percentile < 99 {
			t.Errorf("%s: the right edge should show: %+v", name, e)
		}
	}
}

func TestWorstAtIsWhereTheCutIs(t *testing.T) {
	p := newPicture(128, 128, cream)
	p.put(pattern.Repeat{Kind: pattern.None}, 128, 90, 20, disc(15, false), madder)
	rep := measure(t, p.image(), half)
	at := rep.Edges[0].WorstAt
	// Across the right edge lies the neighbour, 64 lower: only this side has ink.
	if rep.Pass || at.X != 127 || at.Y < 80 || at.Y > 100 {
		t.Errorf("%v", rep)
	}
	if rep.Edges[1].Statistic > rep.Edges[1].Threshold {
		t.Errorf("the bottom edge is calm: %v", rep)
	}
}

func TestAxesThatDoNotRepeatAreNotJudged(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	along := noise(rng, 64, 40, pattern.Repeat{Kind: pattern.AlongX}, 3)
	rep := measure(t, along.image(), pattern.Repeat{Kind: pattern.AlongX})
	if len(rep.Edges) != 1 || rep.Edges[0].Name != "right" || !rep.Pass {
		t.Errorf("%v", rep)
	}
	rep = measure(t, along.image(), block)
	if !rep.Edges[0].Pass || rep.Edges[1].Pass {
		t.Errorf("a border as a block: %v", rep)
	}
	rep = measure(t, along.image(), pattern.Repeat{Kind: pattern.None})
	if len(rep.Edges) != 0 || !rep.Pass || !strings.Contains(rep.String(), "nothing to join") {
		t.Errorf("%v", rep)
	}
	rep = measure(t, along.image(), pattern.Repeat{Kind: pattern.Mirror})
	if len(rep.Edges) != 4 || !rep.Pass {
		t.Errorf("a mirror always joins: %v", rep)
	}
}

func TestDepthsAndAlpha(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	p := cloth(rng, 64, 64, half)
	a, b := measure(t, p.image(), half), measure(t, p.image16(), half)
	if d := a.Statistic - b.Statistic; d > 0.1 || d < -0.1 {
		t.Errorf("8 bit %g, 16 bit %g", a.Statistic, b.Statistic)
	}
	// A motif cut on a transparent ground, in the colour of the ground.
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for y := 20; y < 44; y++ {
		for x := 40; x < 64; x++ {
			if (x-55)*(x-55)+(y-32)*(y-32) < 140 {
				img.SetNRGBA(x, y, color.NRGBA{A: 255})
			}
		}
	}
	if rep := measure(t, img, block); rep.Pass {
		t.Errorf("a cut in alpha passes: %v", rep)
	}
	// What is fully transparent has no colour.
	glass := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		glass.Pix[4*i] = uint8(i * 7)
	}
	if rep := measure(t, glass, block); !rep.Pass || rep.Statistic != 1 {
		t.Errorf("nothing to see, but: %v", rep)
	}
}

// TestAnythingGivesAReport: any picture of any format and size gives a finite
// report that survives JSON, or a typed error.
func TestAnythingGivesAReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := pattern.Repeat{Kind: pattern.Kind(rapid.IntRange(0, int(pattern.None)).Draw(t, "kind"))}
		if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
			r.D = rapid.IntRange(2, 5).Draw(t, "d")
			r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
		}
		w, h := rapid.IntRange(0, 40).Draw(t, "w"), rapid.IntRange(0, 40).Draw(t, "h")
		box := image.Rect(3, 5, 3+w, 5+h)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var img image.Image
		fill := func(pix []uint8) {
			for i := range pix {
				pix[i] = uint8(rng.Uint32())
			}
		}
		switch rapid.IntRange(0, 2).Draw(t, "format") {
		case 0:
			n := image.NewNRGBA(box)
			fill(n.Pix)
			img = n
		case 1:
			n := image.NewNRGBA64(box)
			fill(n.Pix)
			img = n
		default:
			n := image.NewGray(box)
			fill(n.Pix)
			img = n
		}
		rep, err := Measure(img, r)
		if err != nil {
			var small *TooSmallError
			if !errors.As(err, &small) || w >= MinSide && h >= MinSide {
				t.Fatalf("%d x %d as %v: %v", w, h, r, err)
			}
			return
		}
		data, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		var back Report
		if err := json.Unmarshal(data, &back); err != nil || back.Statistic != rep.Statistic || len(back.Edges) != len(rep.Edges) {
			t.Fatalf("%s: %v", data, err)
		}
		for _, e := range rep.Edges {
			if (e.Statistic <= e.Threshold) != e.Pass || !e.Pass && rep.Pass || e.Statistic > rep.Statistic && e.Threshold == rep.Threshold {
				t.Fatalf("%+v contradicts %+v", e, rep)
			}
			if !(image.Point{X: e.WorstAt.X, Y: e.WorstAt.Y}).In(image.Rect(0, 0, w, h)) {
				t.Fatalf("worst at %+v in %d x %d", e.WorstAt, w, h)
			}
		}
		if rep.String() == "" {
			t.Fatal("no text")
		}
	})
}

// TestRollingKeepsTheVerdict: which cell is cut out of a plane that joins does
// not matter.
func TestRollingKeepsTheVerdict(t *testing.T) {
	p := flowers(rand.New(rand.NewPCG(4, 1)), 96, 96, half).image()
	for dx := 0; dx < 96; dx += 7 {
		rolled := pattern.LayImage(p, half, image.Rect(dx, 2*dx, dx+96, 2*dx+96))
		if rep := measure(t, rolled, half); !rep.Pass {
			t.Errorf("rolled by %d, %d: %v", dx, 2*dx, rep)
		}
	}
}

func TestSymmetry(t *testing.T) {
	p := cloth(rand.New(rand.NewPCG(8, 8)), 20, 24, block).image()
	full := pattern.RectangleImage(p, pattern.Repeat{Kind: pattern.Mirror}).(*image.NRGBA)
	if a := Symmetry(full); a.Worst != 0 || a.Mean != 0 {
		t.Errorf("a reflected picture: %v", a)
	}
	full.SetNRGBA(7, 30, color.NRGBA{R: 255, A: 255})
	if a := Symmetry(full); a.Worst < 10 || a.Mean <= 0 || a.At.X != 7 && a.At.X != 32 {
		t.Errorf("one pixel changed: %v", a)
	}
}

// TestChannelIsFound: motifs that stop short of the edge at a straight front,
// as zero padding makes them, and the same motifs where they were not stopped.
func TestChannelIsFound(t *testing.T) {
	p := flowers(rand.New(rand.NewPCG(21, 1)), 256, 256, half)
	if rep := measure(t, p.image(), half); !rep.Pass {
		t.Fatalf("%v", rep)
	}
	framed := newPicture(256, 256, indigo)
	for y := range 256 {
		for x := range 256 {
			if d := min(x, y, 255-x, 255-y); d >= 2 {
				framed.pix[y*256+x] = p.pix[y*256+x]
			}
		}
	}
	rep := measure(t, framed.image(), half)
	if rep.Pass {
		t.Errorf("a frame of two pixels passes: %v", rep)
	}
	for _, e := range rep.Edges {
		if !strings.HasPrefix(e.Measure, "channel") {
			t.Errorf("%s is judged by %q", e.Name, e.Measure)
		}
	}
}
