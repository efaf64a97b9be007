package diffusion

import (
	"image"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
)

func TestRollIsUndoneByItsOpposite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(2, 5).Draw(t, "d")
		rep := pattern.Repeat{
			Kind: rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick}).Draw(t, "kind"),
			N:    rapid.IntRange(1, d-1).Draw(t, "n"), D: d,
		}
		h, w := d*rapid.IntRange(1, 4).Draw(t, "h"), d*rapid.IntRange(1, 4).Draw(t, "w")
		src := make([]float32, 2*h*w)
		for i := range src {
			src[i] = float32(i)
		}
		dy, dx := rapid.IntRange(-40, 40).Draw(t, "dy"), rapid.IntRange(-40, 40).Draw(t, "dx")
		there, back := make([]float32, len(src)), make([]float32, len(src))
		roll(there, src, 2, h, w, rep, dy, dx)
		roll(back, there, 2, h, w, rep, -dy, -dx)
		if !slices.Equal(back, src) {
			t.Fatalf("%v of %dx%d: rolled by (%d, %d) and back is another cell", rep, w, h, dy, dx)
		}
		// Moving by a lattice vector is standing still.
		sx, sy, _ := rep.Shift(w, h)
		roll(there, src, 2, h, w, rep, sy, w)
		roll(back, src, 2, h, w, rep, h, sx)
		if !slices.Equal(there, src) || !slices.Equal(back, src) {
			t.Fatalf("%v of %dx%d: a lattice vector moves the plane", rep, w, h)
		}
	})
}

func TestSymmetrizedCanvasReflects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, w := rapid.IntRange(1, 6).Draw(t, "h"), rapid.IntRange(1, 6).Draw(t, "w")
		v := make([]float32, 2*h*2*w*2)
		for i := range v {
			v[i] = float32(rapid.IntRange(-99, 99).Draw(t, "v"))
		}
		was := symmetrize(v, 2, 2*h, 2*w)
		again := append([]float32(nil), v...)
		if symmetrize(again, 2, 2*h, 2*w) != 0 || !slices.Equal(again, v) {
			t.Fatalf("a symmetrical canvas moved (first time by %g)", was)
		}
		full := make([]float32, len(v))
		reflect(full, quadrant(v, 2, h, w), 2, h, w)
		if !slices.Equal(full, v) {
			t.Fatal("the quadrant does not reflect into the canvas")
		}
	})
}

// What is made alike is brought onto itself by each of the shifts, keeps its mean, and is
// left as it is where it was alike before.
func TestAlikenedLatentsAreAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop}).Draw(t, "kind")
		j := &job{batch: 2, channels: 3, h: 8, w: 8, repeat: pattern.Repeat{Kind: kind}, alike: []image.Point{{X: 4, Y: 2}, {X: 0, Y: 4}, {X: 4, Y: 6}}}
		v := make([]float32, j.size())
		var sum float32
		for i := range v {
			v[i] = float32(rapid.IntRange(-99, 99).Draw(t, "v"))
			sum += v[i]
		}
		got := j.alikened(v)
		moved := make([]float32, len(v))
		for _, at := range j.alike {
			roll(moved, got, j.batch*j.channels, j.h, j.w, j.repeat, at.Y, at.X)
			if d := distance(moved, got); d > 1e-4 {
				t.Fatalf("shifted by %v it is another cell, by %g", at, d)
			}
		}
		if d := distance(j.alikened(got), got); d > 1e-4 {
			t.Fatalf("what is alike changes by %g", d)
		}
		for _, x := range got {
			sum -= x
		}
		if sum > 0.1 || sum < -0.1 {
			t.Fatalf("the mean changes: %g", sum)
		}
	})
}
