package tone

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

func chips(t testing.TB, s string) []color.Chip {
	t.Helper()
	p, err := color.ParsePalette(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// disc is an antialiased disc or ring on the torus.
type disc struct {
	x, y, r, hole float64
	chip          int
}

// draw paints discs over a ground, antialiased by 16 samples and mixed in the
// encoded components, and returns for every pixel the chip that covers most of it.
func draw(w, h int, chips []color.Chip, discs []disc) (*raster.Raster, []uint8) {
	r := raster.New(w, h)
	truth := make([]uint8, w*h)
	for y := range h {
		row := r.EditPixels(y)
		for x := range w {
			count := make([]int, len(chips))
			for s := range 16 {
				px, py := float64(x)+(float64(s%4)+.5)/4, float64(y)+(float64(s/4)+.5)/4
				c := 0
				for _, d := range discs {
					dx, dy := math.Abs(px-d.x), math.Abs(py-d.y)
					dx, dy = min(dx, float64(w)-dx), min(dy, float64(h)-dy)
					if q := dx*dx + dy*dy; q <= d.r*d.r && q >= d.hole*d.hole {
						c = d.chip
					}
				}
				count[c]++
			}
			var sum [3]int
			best := 0
			for c, n := range count {
				sum[0], sum[1], sum[2] = sum[0]+n*int(chips[c].R), sum[1]+n*int(chips[c].G), sum[2]+n*int(chips[c].B)
				if n > count[best] {
					best = c
				}
			}
			for k, v := range sum {
				row[4*x+k] = uint16(v * 257 / 16)
			}
			row[4*x+3] = raster.Opaque
			truth[y*w+x] = uint8(best)
		}
	}
	return r, truth
}

// noise is a picture of soft random colours.
func noise(t *rapid.T, w, h int) *raster.Raster {
	r := raster.New(w, h)
	v := rapid.Uint32().Draw(t, "seed")
	smooth := rapid.Uint32Range(1, 6).Draw(t, "smooth")
	for y := range h {
		row := r.EditPixels(y)
		for x := range w {
			s := (uint32(x)/smooth*7919 + uint32(y)/smooth*104729 + v) * 2654435761
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = uint16(s), uint16(s>>8), uint16(s>>16), raster.Opaque
		}
	}
	return r
}

func roll(r *raster.Raster, rep pattern.Repeat, dx, dy int) *raster.Raster {
	out := raster.New(r.Width(), r.Height())
	for y := range r.Height() {
		row := out.EditPixels(y)
		for x := range r.Width() {
			cx, cy, _ := rep.Source(x+dx, y+dy, r.Width(), r.Height())
			p := r.At(cx, cy)
			copy(row[4*x:], p[:])
		}
	}
	return out
}

var repeats = []pattern.Repeat{{}, {Kind: pattern.HalfDrop, N: 1, D: 2}, {Kind: pattern.Brick, N: 1, D: 4}}

func TestExtractFindsTheColoursOfADrawing(t *testing.T) {
	want := chips(t, "#f4ead2,#a83232,#2c46ad,#1c1c1e,#f1988c")
	r, _ := draw(160, 120, want, []disc{{40, 40, 25, 0, 1}, {110, 70, 30, 27, 2}, {5, 110, 12, 0, 3}, {80, 20, 8, 0, 4}})
	for _, count := range []int{0, 5} {
		found, err := Extract(t.Context(), r, pattern.Repeat{}, Extraction{Count: count})
		if err != nil {
			t.Fatal(err)
		}
		got := found.Chips()
		if len(got) != len(want) || got[0].Hex() != want[0].Hex() {
			t.Fatalf("count %d: %v, want %v with the ground first", count, found, want)
		}
		for _, c := range want {
			if !slices.ContainsFunc(got, func(g color.Chip) bool { return g.Hex() == c.Hex() }) {
				t.Errorf("count %d: %v is missing among %v", count, c, got)
			}
		}
	}
}

// A third chip that lies between two others is what antialiasing meets: no pixel
// of an edge between the two may become it.
func TestEdgesShowNoThirdColour(t *testing.T) {
	c := chips(t, "#ffffff,#c01020,#e08890,#f0c4c8,#101030")
	r, truth := draw(128, 128, c, []disc{{40, 40, 30, 0, 1}, {100, 100, 24, 22.4, 4}, {100, 30, 9, 0, 2}})
	l, err := Lock(t.Context(), r, pattern.Repeat{}, Locking{Chips: c})
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i, got := range l.Index {
		x, y := i%128, i/128
		d := math.Hypot(float64(x)-39.5, float64(y)-39.5)
		if d < 34 && got != 0 && got != 1 {
			t.Fatalf("(%d, %d) at the edge of red and white became position %d", x, y, got)
		}
		if got != truth[i] {
			wrong++
		}
	}
	if l.Areas()[3] != 0 {
		t.Errorf("%d pixels have the palest pink, which nothing is drawn in", l.Areas()[3])
	}
	if wrong > 128*128/200 {
		t.Errorf("%d pixels have not the colour that covers most of them", wrong)
	}
	// The ring is 1.6 pixels wide: it is one piece all around.
	for a := range 360 {
		s, cs := math.Sincos(float64(a) * math.Pi / 180)
		met := false
		for rr := 21.5; rr <= 24.5; rr += 0.25 {
			met = met || l.Index[int(100+rr*s)%128*128+int(100+rr*cs)%128] == 4
		}
		if !met {
			t.Fatalf("the thin ring is broken at %d degrees", a)
		}
	}
}

func TestSpecksGoAndLinesStay(t *testing.T) {
	c := chips(t, "#ffffff,#000000")
	r := raster.New(40, 40)
	index := make([]uint8, 1600)
	for _, p := range [][2]int{{0, 0}, {39, 39}, {10, 10}, {11, 10}, {20, 5}, {20, 6}, {21, 6}, {20, 7}} {
		index[p[1]*40+p[0]] = 1
	}
	for k := range 12 {
		index[30*40+k+5] = 1
	}
	Paint(r, index, c)
	r.EditPixels(25)[4] = 60000 // so that it is not locked yet
	l, err := Lock(t.Context(), r, pattern.Repeat{}, Locking{Chips: c, Specks: 3})
	if err != nil {
		t.Fatal(err)
	}
	// Of the corners, (0, 0) and (39, 39) touch over the lattice: a speck of two.
	if l.Areas()[1] != 12+4 {
		t.Errorf("%d black pixels, want the line of 12 and the spot of 4", l.Areas()[1])
	}
}

func TestLockProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := 4*rapid.IntRange(3, 9).Draw(t, "w"), 4*rapid.IntRange(3, 9).Draw(t, "h")
		rep := rapid.SampledFrom(repeats).Draw(t, "repeat")
		r := noise(t, w, h)
		who := raster.Who{Op: 3, Model: 255}
		r.Attribute(who)
		n := rapid.IntRange(MinCount, MaxCount).Draw(t, "count")
		found, err := Extract(context.Background(), r, rep, Extraction{Count: n})
		if err != nil || len(found) > n {
			t.Fatal(len(found), err)
		}
		if len(found) < MinCount {
			return
		}
		o := Locking{Chips: found.Chips(), Specks: rapid.IntRange(0, 6).Draw(t, "specks")}
		l, err := Lock(context.Background(), r, rep, o)
		if err != nil {
			t.Fatal(err)
		}
		locked := r.Clone()
		l.Write(locked)
		index, err := Index(locked, o.Chips)
		if err != nil || !slices.Equal(index, l.Index) {
			t.Fatal("a pixel is no chip, or another one: ", err)
		}
		if locked.WhoAt(w/2, h/2) != who {
			t.Error("the lock took the authors away")
		}
		again, err := Lock(context.Background(), locked, rep, o)
		if err != nil || !slices.Equal(again.Index, l.Index) {
			t.Errorf("the second lock is another one (%v)", err)
		}
		mean, most, err := Measure(context.Background(), locked, l.Index, l.Chips)
		if err != nil || mean != 0 || most != 0 {
			t.Errorf("a locked picture differs from itself by %g, at most %g (%v)", mean, most, err)
		}
		dx, dy := rapid.IntRange(-50, 50).Draw(t, "dx"), rapid.IntRange(-50, 50).Draw(t, "dy")
		rolled, err := Lock(context.Background(), roll(r, rep, dx, dy), rep, o)
		if err != nil {
			t.Fatal(err)
		}
		cell := raster.New(w, h)
		rolled.Write(cell)
		if cell.Sum() != roll(locked, rep, dx, dy).Sum() {
			t.Errorf("rolled by (%d, %d) the lock of a %v differs", dx, dy, rep)
		}
	})
}

func TestDeltaIsTheFormulas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := rapid.Uint32Range(0, 1<<24-1).Draw(t, "p"), rapid.Uint32Range(0, 1<<24-1).Draw(t, "q")
		chip := func(v uint32) color.Lab {
			return color.Chip{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v)}.RGB().Linear().CIELAB()
		}
		want := color.Delta2000(chip(p), chip(q))
		if got := delta2000(hues(), cie8(light8(), p), cie8(light8(), q)); math.Abs(got-want) > 1e-3 {
			t.Errorf("%06x to %06x: %g, want %g", p, q, got, want)
		}
	})
}

// Greys have no hue, and the arithmetic must say so; a step of one level is small.
func TestDeltaOfGreys(t *testing.T) {
	for v := range uint32(255) {
		a, b := v*0x010101, (v+1)*0x010101
		if d := delta2000(hues(), cie8(light8(), a), cie8(light8(), b)); d <= 0 || d > 0.6 {
			t.Errorf("grey %d to the next: %g", v, d)
		}
		if d := delta2000(hues(), cie8(light8(), a), cie8(light8(), a)); d != 0 {
			t.Errorf("grey %d to itself: %g", v, d)
		}
	}
}

func TestRecolorMovesEdgesAlong(t *testing.T) {
	c := chips(t, "#f4ead2,#a83232,#2c46ad,#e0a070")
	discs := []disc{{40, 40, 25, 0, 1}, {60, 60, 30, 24, 2}, {90, 20, 12, 0, 3}, {90, 20, 6, 0, 1}}
	r, _ := draw(120, 96, c, discs)
	to := chips(t, "#2f9a48")[0]
	other := slices.Clone(c)
	other[1] = to
	want, _ := draw(120, 96, other, discs)
	got := r.Clone()
	if err := Recolor(t.Context(), got, pattern.Repeat{}, Recoloring{Palette: c, Position: 1, To: to}); err != nil {
		t.Fatal(err)
	}
	sum, worst := 0.0, 0.0
	for y := range 96 {
		for x := range 120 {
			p, q := got.At(x, y), want.At(x, y)
			d := delta2000(hues(), cie8(light8(), pack(p[:])), cie8(light8(), pack(q[:])))
			sum, worst = sum+d, max(worst, d)
		}
	}
	// The drawing mixes its edges in encoded components, the change is in OKLab.
	if mean := sum / (96 * 120); mean > 0.06 || worst > 10 {
		t.Errorf("drawn in the new colour the picture differs by %.3f, at most %.1f", mean, worst)
	}
	t.Logf("against the drawing in the new colour: mean %.3f, max %.1f", sum/(96*120), worst)

	back := got.Clone()
	if err := Recolor(t.Context(), back, pattern.Repeat{}, Recoloring{Palette: other, Position: 1, To: c[1]}); err != nil {
		t.Fatal(err)
	}
	sum, worst = 0, 0
	for y := range 96 {
		for x := range 120 {
			p, q := back.At(x, y), r.At(x, y)
			d := delta2000(hues(), cie8(light8(), pack(p[:])), cie8(light8(), pack(q[:])))
			sum, worst = sum+d, max(worst, d)
		}
	}
	t.Logf("there and back: mean %.4f, max %.2f", sum/(96*120), worst)
	if mean := sum / (96 * 120); mean > 0.04 || worst > 6 {
		t.Errorf("there and back it differs by %.4f, at most %.2f", mean, worst)
	}
}

func TestRecolorKeepsShading(t *testing.T) {
	c := chips(t, "#f4ead2,#a83232")
	r := raster.New(64, 64)
	for y := range 64 {
		row := r.EditPixels(y)
		for x := range 64 {
			k := uint16(200 + x/4) // of 215: a soft shade
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = 168*k, 50*k, 50*k, raster.Opaque
		}
	}
	if err := Recolor(t.Context(), r, pattern.Repeat{}, Recoloring{Palette: c, Position: 1, To: chips(t, "#2c46ad")[0]}); err != nil {
		t.Fatal(err)
	}
	for x := 1; x < 64; x++ {
		if a, b := r.At(x-1, 9), r.At(x, 9); x%4 == 0 && b[2] <= a[2] || x%4 != 0 && a != b {
			t.Fatalf("the shade is gone or out of order at %d: %v, %v", x, a, b)
		}
	}
}

func TestRecolorCommutesWithRolling(t *testing.T) {
	c := chips(t, "#f4ead2,#a83232,#2c46ad")
	r, _ := draw(96, 64, c, []disc{{2, 3, 14, 0, 1}, {50, 60, 20, 16, 2}})
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats).Draw(t, "repeat")
		dx, dy := rapid.IntRange(-100, 100).Draw(t, "dx"), rapid.IntRange(-100, 100).Draw(t, "dy")
		o := Recoloring{Palette: c, Position: rapid.IntRange(0, 2).Draw(t, "position"), To: color.Chip{R: rapid.Uint8().Draw(t, "r"), G: 90}}
		a, b := r.Clone(), roll(r, rep, dx, dy)
		if err := errors.Join(Recolor(context.Background(), a, rep, o), Recolor(context.Background(), b, rep, o)); err != nil {
			t.Fatal(err)
		}
		if roll(a, rep, dx, dy).Sum() != b.Sum() {
			t.Errorf("a %v rolled by (%d, %d)", rep, dx, dy)
		}
	})
}

func TestOnlyBandsThatChangeAreEdited(t *testing.T) {
	c := chips(t, "#ffffff,#000000")
	index := make([]uint8, 64*128)
	index[70*64+3] = 1
	r := raster.New(64, 128)
	Paint(r, index, c)
	a := r.Clone()
	if err := Recolor(t.Context(), a, pattern.Repeat{}, Recoloring{Palette: c, Position: 1, To: chips(t, "#ff0000")[0]}); err != nil {
		t.Fatal(err)
	}
	if d := raster.Diff(r, a); !slices.Equal(d, []int{2}) {
		t.Errorf("bands %v changed, want [2]", d)
	}
	b := r.Clone()
	index[5] = 1
	Paint(b, index, c)
	if d := raster.Diff(r, b); !slices.Equal(d, []int{0}) {
		t.Errorf("bands %v changed, want [0]", d)
	}
}

func TestWrongParameters(t *testing.T) {
	r := raster.New(4, 4)
	var count *CountError
	var chip *ChipError
	var not *NotLockedError
	for _, n := range []int{-1, 1, 25} {
		if _, err := Extract(t.Context(), r, pattern.Repeat{}, Extraction{Count: n}); !errors.As(err, &count) {
			t.Errorf("%d colours: %v", n, err)
		}
	}
	two := chips(t, "#ffffff,#000000")
	for name, o := range map[string]Locking{
		"twins":  {Chips: chips(t, "#ffffff,#000000,#ffffff")},
		"specks": {Chips: two, Specks: 65},
		"less":   {Chips: two, Specks: -1},
	} {
		if _, err := Lock(t.Context(), r, pattern.Repeat{}, o); !errors.As(err, &chip) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Lock(t.Context(), r, pattern.Repeat{}, Locking{Chips: two[:1]}); !errors.As(err, &count) {
		t.Errorf("one chip: %v", err)
	}
	if err := Recolor(t.Context(), r, pattern.Repeat{}, Recoloring{Palette: two, Position: 2}); !errors.As(err, &chip) {
		t.Errorf("a third position: %v", err)
	}
	r.EditPixels(2)[4*1+3] = 7
	if _, err := Index(r, two); !errors.As(err, &not) || not.X != 1 || not.Y != 2 {
		t.Errorf("a pixel that is no chip: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Lock(ctx, r, pattern.Repeat{}, Locking{Chips: two}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestHolesStayOrBecomeGround(t *testing.T) {
	two := chips(t, "#ffffff,#000000")
	r := raster.New(4, 4)
	r.EditPixels(1)[3] = raster.Opaque
	for _, holes := range []bool{true, false} {
		l, err := Lock(t.Context(), r, pattern.Repeat{}, Locking{Chips: two, Holes: holes})
		if err != nil {
			t.Fatal(err)
		}
		want := uint8(0)
		if holes {
			want = Clear
		}
		if l.Index[0] != want || l.Index[4] != 1 {
			t.Errorf("holes %v: %v", holes, l.Index)
		}
	}
}

func TestValuesAreTheLightnessOfGreys(t *testing.T) {
	r := raster.New(256, 2)
	row := r.EditPixels(0)
	for x := range 256 {
		v := uint16(x * 257)
		row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = v, v, v, raster.Opaque
	}
	img, err := Values(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for x := range 256 {
		if d := int(img.Pix[x]) - x; d < -1 || d > 1 {
			t.Errorf("grey %d has value %d", x, img.Pix[x])
		}
		if img.Pix[256+x] != 255 {
			t.Error("what is transparent lies on white")
		}
	}
	if y, b := Value(chips(t, "#ffff00")[0]), Value(chips(t, "#0000ff")[0]); y < 200 || b > 140 || y < b {
		t.Errorf("yellow has value %d, blue %d", y, b)
	}
}

// Golden bytes: what is replayed has to be the same on every machine. Run it under
// GOARCH=386 as well.
func TestSameBytesEverywhere(t *testing.T) {
	c := chips(t, "#f4ead2,#a83232,#2c46ad,#1c1c1e,#f1988c")
	r, _ := draw(160, 120, c, []disc{{40, 40, 25, 0, 1}, {110, 70, 30, 27, 2}, {5, 110, 12, 0, 3}, {80, 20, 8, 0, 4}})
	for y := range 120 {
		row := r.EditPixels(y)
		for i := range row {
			if i%4 != 3 {
				row[i] = uint16(min(int(row[i])+(y*i*7919)%2500, raster.Opaque))
			}
		}
	}
	rep := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}
	found, err := Extract(t.Context(), r, rep, Extraction{Count: 7})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Lock(t.Context(), r, rep, Locking{Chips: found.Chips(), Specks: 3})
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, f := range found {
		h.Write([]byte(f.Chip.Hex()))
	}
	h.Write(l.Index)
	mean, most, err := Measure(t.Context(), r, l.Index, l.Chips)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{mean, most} {
		_ = binary.Write(h, binary.LittleEndian, math.Float64bits(v))
	}
	if err := Recolor(t.Context(), r, rep, Recoloring{Palette: found.Chips(), Position: 1, To: c[2]}); err != nil {
		t.Fatal(err)
	}
	sum := r.Sum()
	h.Write(sum[:])
	values, err := Values(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(values.Pix)
	const want = "7e5162c0a108c3aa41f8d5f82107dc32a9747a36fd0a55a6dcd90b0140feb505"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("bytes are %s, want %s", got, want)
	}
}
