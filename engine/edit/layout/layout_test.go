package layout

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/internal/drawing"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/warp"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
)

func repeats() []pattern.Repeat {
	return []pattern.Repeat{
		{}, {Kind: pattern.HalfDrop}, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.Brick}, {Kind: pattern.Brick, N: 2, D: 3},
		{Kind: pattern.Mirror}, {Kind: pattern.Hex}, {Kind: pattern.AlongX}, {Kind: pattern.AlongY}, {Kind: pattern.None},
	}
}

// noise is a cell whose pixels all differ, and whose authors say where they
// were.
func noise(w, h int) *raster.Raster {
	rng := rand.NewPCG(1, 2)
	r := raster.New(w, h)
	for y := range h {
		row, who := r.Edit(y)
		for x := range w {
			for c := range 3 {
				row[4*x+c] = uint16(rng.Uint64())
			}
			row[4*x+3] = raster.Opaque
			who[x] = raster.Who{Op: uint32(y*w + x + 1), Import: 255}
		}
	}
	return r
}

// at is a point of a plane.
func at(r *raster.Raster, rep pattern.Repeat, x, y int) (p [4]uint16, ok bool) {
	cx, cy, ok := rep.Source(x, y, r.Width(), r.Height())
	if !ok {
		return p, false
	}
	return r.At(cx, cy), true
}

func TestTurnsFlipsAndRollsCarryThePlane(t *testing.T) {
	const w, h = 12, 18
	r := noise(w, h)
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats()).Draw(t, "repeat")
		x, y := rapid.IntRange(-60, 60).Draw(t, "x"), rapid.IntRange(-60, 60).Draw(t, "y")
		want, inside := at(r, rep, x, y)

		source, size, turned := Quarter(rep, w, h, 1)
		q := Rearrange(r, size, source)
		if got, ok := at(q, turned, h-1-y, x); got != want || ok != inside {
			t.Fatalf("%v turned is %v: (%d, %d) differs", rep, turned, x, y)
		}
		source, flipped := Flip(rep, w, h, false)
		if got, ok := at(Rearrange(r, pattern.Size{Width: w, Height: h}, source), flipped, w-1-x, y); got != want || ok != inside {
			t.Fatalf("%v flipped is %v: (%d, %d) differs", rep, flipped, x, y)
		}
		source, flipped = Flip(rep, w, h, true)
		if got, ok := at(Rearrange(r, pattern.Size{Width: w, Height: h}, source), flipped, x, h-1-y); got != want || ok != inside {
			t.Fatalf("%v turned over is %v: (%d, %d) differs", rep, flipped, x, y)
		}
		dx, dy := rapid.IntRange(-40, 40).Draw(t, "dx"), rapid.IntRange(-40, 40).Draw(t, "dy")
		source, err := Roll(rep, w, h, dx, dy)
		if err != nil {
			var roll *RollError
			if !errors.As(err, &roll) || rep.WrapsX() && rep.WrapsY() {
				t.Fatal(err)
			}
			return
		}
		if got, ok := at(Rearrange(r, pattern.Size{Width: w, Height: h}, source), rep, x+dx, y+dy); got != want || ok != inside {
			t.Fatalf("%v rolled by (%d, %d): (%d, %d) differs", rep, dx, dy, x, y)
		}
	})
}

func TestFourQuartersRestoreTheBytes(t *testing.T) {
	r := noise(12, 18)
	for _, rep := range repeats() {
		got, now := r, rep
		for range 4 {
			source, size, next := Quarter(now, got.Width(), got.Height(), 1)
			got, now = Rearrange(got, size, source), next
		}
		wantRepeat := rep
		if rep.Kind == pattern.Hex {
			// Lying on its side a hex is a brick, and from there on a drop.
			wantRepeat = pattern.Repeat{Kind: pattern.HalfDrop}
		}
		if got.Sum() != r.Sum() || now.String() != wantRepeat.String() {
			t.Errorf("%v: four quarters give %v", rep, now)
		}
	}
}

func TestEqualCellsShowTheSamePlane(t *testing.T) {
	const w, h = 12, 18
	r := noise(w, h)
	met := 0
	for _, from := range repeats() {
		for _, to := range repeats() {
			size, err := Equal([]*raster.Raster{r}, from, w, h, to)
			var none *NoEqualError
			if err != nil {
				if !errors.As(err, &none) {
					t.Fatal(err)
				}
				continue
			}
			met++
			cell := Rearrange(r, size, func(x, y int) (int, int, bool) { return from.Source(x, y, w, h) })
			for y := -40; y < 80; y += 3 {
				for x := -40; x < 80; x++ {
					a, _ := at(r, from, x, y)
					b, _ := at(cell, to, x, y)
					if a != b {
						t.Fatalf("%v as %v of %v: (%d, %d) differs", from, to, size, x, y)
					}
				}
			}
			// And back to what it was: never larger than the cell that it came from.
			back, err := Equal([]*raster.Raster{cell}, to, size.Width, size.Height, from)
			whole := size.Width%w == 0 && size.Height%h == 0 && size.Width/w <= parts && size.Height/h <= parts
			if whole && from.Kind != pattern.Hex && (err != nil || back.Width*back.Height > w*h) {
				t.Errorf("%v as %v of %v goes back as %v, %v", from, to, size, back, err)
			}
		}
	}
	if met < 30 {
		t.Errorf("only %d pairs of repeats have an equal", met)
	}
	if s, err := Equal([]*raster.Raster{r}, pattern.Repeat{Kind: pattern.HalfDrop}, w, h, pattern.Repeat{}); err != nil || s != (pattern.Size{Width: 24, Height: 18}) {
		t.Errorf("a half-drop as a block is %v, %v", s, err)
	}
}

func TestResizedCellsStillJoin(t *testing.T) {
	ctx := context.Background()
	for _, rep := range repeats() {
		r, _ := drawing.Raster(t, draw.Spec{Family: "tulips", Scale: draw.Medium, Repeat: rep}.Complete(5), 120, 120)
		if got, err := warp.Resize(ctx, r, rep, pattern.Size{Width: 120, Height: 120}); err != nil || got.Sum() != r.Sum() {
			t.Errorf("%v: the same size changes it: %v", rep, err)
		}
		for _, to := range []pattern.Size{{Width: 180, Height: 180}, {Width: 78, Height: 78}, {Width: 132, Height: 60}} {
			got, err := warp.Resize(ctx, r, rep, to)
			if err != nil {
				t.Fatal(err)
			}
			before, _ := seam.Measure(r.NRGBA64(), rep)
			after, err := seam.Measure(got.NRGBA64(), rep)
			if err != nil || after.Statistic > 1.1*max(before.Statistic, after.Threshold) {
				t.Errorf("%v to %v: %v %v", rep, to, after, err)
			}
			if who := got.WhoAt(to.Width/2, to.Height/2); who.Rule != 255 {
				t.Errorf("%v to %v: the middle belongs to %v", rep, to, who)
			}
		}
		_, err := warp.Resize(ctx, r, pattern.Repeat{Kind: pattern.HalfDrop}, pattern.Size{Width: 60, Height: 61})
		var size *pattern.SizeError
		if !errors.As(err, &size) || len(size.Offers) == 0 {
			t.Errorf("an odd height of a half-drop: %v", err)
		}
	}
	// The resampler against the mean: a block average of a smooth picture.
	r := noise(64, 64)
	got, err := warp.Resize(ctx, r, pattern.Repeat{}, pattern.Size{Width: 4, Height: 4})
	if err != nil {
		t.Fatal(err)
	}
	sum, want := 0.0, 0.0
	for i := range 16 {
		sum += float64(got.At(i%4, i/4)[0]) / 16
	}
	for i := range 64 * 64 {
		want += float64(r.At(i%64, i/64)[0]) / 64 / 64
	}
	if math.Abs(sum-want) > 40 {
		t.Errorf("the mean of the cell was %.1f and is %.1f", want, sum)
	}
}

// scan lays a cell out as a flatbed would see it: turned, noisy, darker to one
// side.
func scan(r *raster.Raster, rep pattern.Repeat, w, h int, turn, noise, falloff float64, seed uint64) *raster.Raster {
	win := warp.Lay(r, rep, image.Rect(-w/8, -h/8, w+w/8, h+h/8))
	s := warp.NewSampler(win, 1, 1)
	rng := rand.New(rand.NewPCG(seed, 9))
	sin, cos := math.Sincos(turn * math.Pi / 180)
	out := raster.New(w, h)
	for y := range h {
		row, who := out.Edit(y)
		for x := range w {
			u, v := float64(x)+0.5-float64(w)/2, float64(y)+0.5-float64(h)/2
			p := s.At(float64(w)/2+u*cos+v*sin, float64(h)/2-u*sin+v*cos)
			light := 1 - falloff*(float64(x)/float64(w)+float64(y)/float64(h))/2
			for c := range 3 {
				row[4*x+c] = uint16(min(max(float64(p[c])*light+rng.NormFloat64()*noise*raster.Opaque, 0), raster.Opaque))
			}
			row[4*x+3] = raster.Opaque
			who[x] = raster.Who{Op: 1, Import: 255}
		}
	}
	return out
}

func TestTheRepeatOfAScanIsFound(t *testing.T) {
	kinds := []pattern.Repeat{{}, {Kind: pattern.HalfDrop}, {Kind: pattern.Brick}, {Kind: pattern.HalfDrop, N: 1, D: 3}, {Kind: pattern.Mirror}}
	families := []string{"birds", "leaves", "fish", "roses"}
	good, all := 0, 0
	worst, side, joined := 0.0, 0.0, 0
	for i, family := range families {
		for k, rep := range kinds {
			all++
			cell := pattern.Size{Width: 60, Height: 60}
			spec := draw.Spec{Family: family, Layout: draw.Tossed, Scale: draw.Large, Density: draw.Regular, Direction: draw.Multi, Style: draw.Clean, Repeat: rep}.Complete(uint64(10*i + k))
			r, _ := drawing.Raster(t, spec, cell.Width, cell.Height)
			turn := float64((i+k)%5-2) * 1.0
			picture := scan(r, rep, 240, 256, turn, 0.03, 0.3, uint64(i))
			f, err := Find(context.Background(), picture)
			if err != nil {
				t.Logf("%-10s %-14v turned %+.0f: %v", family, rep, turn, err)
				continue
			}
			// The drawing may have a finer repeat of its own; the cell found may then
			// be a part, but never anything else.
			n, d := rep.Drop()
			gn, gd := f.Repeat.Drop()
			right := f.Repeat.Kind == rep.Kind && n*gd == gn*d && math.Abs(float64(f.Crop.Size.Width-cell.Width)) <= 1 && math.Abs(float64(f.Crop.Size.Height-cell.Height)) <= 1 && math.Abs(f.Turn-turn) < 0.08
			if right {
				good++
				worst = max(worst, math.Abs(f.Turn-turn))
				side = max(side, math.Abs(norm(f.Crop.Across)-float64(cell.Width)), math.Abs(norm(f.Crop.Down)-float64(cell.Height)))
			}
			c, err := Cut(context.Background(), picture, f.Crop)
			if err != nil {
				t.Fatal(err)
			}
			report, err := seam.Measure(c.NRGBA64(), f.Repeat)
			if err == nil && report.Pass {
				joined++
			}
			t.Logf("%-10s %-14v turned %+.0f: %v %v turned %+.2f confidence %.2f, right %v, seam %.2f", family, rep, turn, f.Repeat, f.Crop.Size, f.Turn, f.Confidence, right, report.Statistic)
			drawing.Sheet(t, fmt.Sprintf("find-%s-%d", family, k), picture, c)
		}
	}
	t.Logf("%d of %d repeats found, turn within %.3f degrees, sides within %.3f pixels, %d join as cut", good, all, worst, side, joined)
	// The least squares over all copies are what brings the sides below a twentieth
	// of a pixel.
	if good < all-1 || side > 0.055 {
		t.Errorf("%d of %d repeats found, sides within %.3f pixels", good, all, side)
	}
	if f, err := Find(context.Background(), noise(300, 300)); !errors.Is(err, ErrNoRepeat) {
		t.Errorf("noise repeats as %+v, %v", f, err)
	}
	if f, err := Find(context.Background(), raster.New(300, 300)); !errors.Is(err, ErrNoRepeat) {
		t.Errorf("an empty picture repeats as %+v, %v", f, err)
	}
}

func TestUprightCropsKeepTheirBytes(t *testing.T) {
	r := noise(40, 50)
	c := Crop{Origin: [2]float64{5, 7}, Across: [2]float64{20, 0}, Down: [2]float64{0, 30}, Size: pattern.Size{Width: 20, Height: 30}}
	got, err := Cut(context.Background(), r, c)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 30 {
		for x := range 20 {
			if got.At(x, y) != r.At(x+5, y+7) || got.WhoAt(x, y) != r.WhoAt(x+5, y+7) {
				t.Fatalf("(%d, %d) differs", x, y)
			}
		}
	}
	for _, bad := range []Crop{{}, {Across: [2]float64{80, 0}, Down: [2]float64{0, 30}, Size: c.Size}, {Across: [2]float64{0, 30}, Down: [2]float64{30, 0}, Size: c.Size}, {Across: [2]float64{math.NaN(), 0}, Down: [2]float64{0, 3}, Size: c.Size}} {
		var crop *CropError
		if _, err := Cut(context.Background(), r, bad); !errors.As(err, &crop) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestHealingClosesSeams crops drawings where they do not join, with and without
// shading, and states how often each method closes them and what it changes.
func TestHealingClosesSeams(t *testing.T) {
	type tally struct{ pass, n, changed, far int }
	families := []string{"tulips", "birds", "leaves", "fish", "terrazzo", "vines"}
	sums := map[string]*tally{}
	open := map[bool]int{}
	for i, family := range families {
		for k, falloff := range []float64{0, 0.25} {
			r, _ := drawing.Raster(t, draw.Spec{Family: family, Scale: draw.Medium, Style: draw.Clean, Repeat: pattern.Repeat{}}.Complete(uint64(i)), 256, 256)
			cut := scan(r, pattern.Repeat{}, 213, 222, 0, 0, falloff, 1)
			rep := pattern.Repeat{Kind: []pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick}[i%3]}
			if rep.Kind == pattern.Brick {
				cut = scan(r, pattern.Repeat{}, 214, 221, 0, 0, falloff, 1)
			}
			before, err := seam.Measure(cut.NRGBA64(), rep)
			if err != nil {
				t.Fatal(err)
			}
			if before.Pass {
				continue
			}
			open[k == 1]++
			var all []*raster.Raster
			for _, m := range Methods() {
				within := 16
				if m == LevelPatch {
					within = 53 // a quarter of the shorter side, which is less than four times 16
				}
				got := cut.Clone()
				if err := Heal(context.Background(), got, rep, Healing{Method: m, Width: 16}); err != nil {
					t.Fatal(err)
				}
				after, err := seam.Measure(got.NRGBA64(), rep)
				if err != nil {
					t.Fatal(err)
				}
				key := fmt.Sprintf("%-11s shading %v", m, k == 1)
				if sums[key] == nil {
					sums[key] = &tally{}
				}
				s := sums[key]
				s.n++
				if after.Pass {
					s.pass++
				}
				for y := range cut.Height() {
					for x := range cut.Width() {
						if cut.At(x, y) != got.At(x, y) {
							s.changed++
							if min(x, y, cut.Width()-1-x, cut.Height()-1-y) >= within {
								s.far++
							}
						}
					}
				}
				t.Logf("%-10s %-14v falloff %.2f %-11s seam %.2f -> %.2f (%v)", family, rep, falloff, m, before.Statistic, after.Statistic, after.Pass)
				w, h := got.Width(), got.Height()
				source, _ := Roll(rep, w, h, w/2, h/2)
				all = append(all, Rearrange(got, pattern.Size{Width: w, Height: h}, source))
			}
			drawing.Sheet(t, fmt.Sprintf("heal-%s-%d", family, k), append([]*raster.Raster{cut}, all...)...)
		}
	}
	for _, m := range Methods() {
		for _, shading := range []bool{false, true} {
			key := fmt.Sprintf("%-11s shading %v", m, shading)
			s := sums[key]
			t.Logf("%s: %d of %d join, %.1f %% of the pixels changed", key, s.pass, s.n, 100*float64(s.changed)/float64(s.n)/213/222)
			if s.far != 0 && m != Clear {
				t.Errorf("%s: %d pixels changed away from the seam", key, s.far)
			}
		}
	}
	if s := sums["clear       shading false"]; s.pass < s.n*8/10 {
		t.Errorf("clear closes %d of %d", s.pass, s.n)
	}
	if s := sums["gradient    shading true"]; s.pass < s.n {
		t.Errorf("gradient closes %d of %d", s.pass, s.n)
	}
	if s := sums["level-patch shading true"]; s.pass < s.n*8/10 {
		t.Errorf("level-patch closes %d of %d", s.pass, s.n)
	}
	if s := sums["patch       shading false"]; s.pass < s.n*8/10 {
		t.Errorf("patch closes %d of %d", s.pass, s.n)
	}
}

func TestHealingRefusesWhatItCannotDo(t *testing.T) {
	var width *WidthError
	if err := Heal(context.Background(), noise(40, 40), pattern.Repeat{}, Healing{Method: Patch, Width: 30}); !errors.As(err, &width) {
		t.Errorf("a band of 30 of 40 pixels: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, m := range Methods() {
		if err := Heal(ctx, noise(200, 200), pattern.Repeat{}, Healing{Method: m, Width: 8}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s cancelled: %v", m, err)
		}
	}
	if _, err := Find(ctx, noise(200, 200)); !errors.Is(err, context.Canceled) {
		t.Errorf("Find cancelled: %v", err)
	}
}

// TestGolden holds the bytes of what replays: a crop that is turned, a resize,
// and each way of healing.
func TestGolden(t *testing.T) {
	ctx := context.Background()
	r, _ := drawing.Raster(t, draw.Random(21), 128, 128)
	got := map[string]*raster.Raster{}
	var err error
	if got["crop"], err = Cut(ctx, r, Crop{Origin: [2]float64{10.3, 8.1}, Across: [2]float64{99.7, 2.5}, Down: [2]float64{-2.4, 101.2}, Size: pattern.Size{Width: 90, Height: 70}}); err != nil {
		t.Fatal(err)
	}
	if got["resize"], err = warp.Resize(ctx, r, pattern.Repeat{Kind: pattern.HalfDrop}, pattern.Size{Width: 100, Height: 150}); err != nil {
		t.Fatal(err)
	}
	for _, m := range Methods() {
		h := got["crop"].Clone()
		if err := Heal(ctx, h, pattern.Repeat{Kind: pattern.HalfDrop}, Healing{Method: m, Width: 8, Seed: 3}); err != nil {
			t.Fatal(err)
		}
		got[string(m)] = h
	}
	want := map[string]string{
		"crop": "23ba35c4f812d48e", "resize": "aa54c6b54d28e6ba", "gradient": "a6df6468dfb82039", "patch": "ec6f0216b95aed15", "level-patch": "0ce9df7beaf612a2", "clear": "6af2f0798aea62a5",
	}
	for name, r := range got {
		if sum := fmt.Sprintf("%x", r.Sum())[:16]; sum != want[name] {
			t.Errorf("%s is %s, was %s", name, sum, want[name])
		}
	}
}
