package graph

import (
	"fmt"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// plane is P(i, j) of a repeat over the cell x of h rows and w columns, straight
// from its definition.
func plane(r pattern.Repeat, x []float32, h, w, i, j int) float32 {
	mod := func(a, n int) int { return (a%n + n) % n }
	floor := func(a, n int) int { return (a - mod(a, n)) / n }
	n, d := r.Drop()
	switch r.Kind {
	case pattern.HalfDrop, pattern.Hex:
		q := floor(j, w)
		return x[mod(i-n*h/d*q, h)*w+j-q*w]
	case pattern.Brick:
		q := floor(i, h)
		return x[(i-q*h)*w+mod(j-n*w/d*q, w)]
	case pattern.Block:
		return x[mod(i, h)*w+mod(j, w)]
	case pattern.AlongX:
		if i >= 0 && i < h {
			return x[i*w+mod(j, w)]
		}
	case pattern.AlongY:
		if j >= 0 && j < w {
			return x[mod(i, h)*w+j]
		}
	case pattern.None, pattern.Mirror:
		if i >= 0 && i < h && j >= 0 && j < w {
			return x[i*w+j]
		}
	}
	return 0
}

func testQueue(t testing.TB) *gpu.Queue {
	t.Helper()
	rt, err := gpu.Open(gpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	q, err := rt.Queue(t.Context(), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestSurroundIsThePlane pads planes of any size by any margin and compares
// every sample, corners included, with the definition of the repeat.
func TestSurroundIsThePlane(t *testing.T) {
	q := testQueue(t)
	empty, err := weights.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := pattern.Repeat{Kind: rapid.SampledFrom([]pattern.Kind{
			pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Hex, pattern.AlongX, pattern.AlongY, pattern.None, pattern.Mirror,
		}).Draw(t, "kind")}
		h, w := rapid.IntRange(1, 9).Draw(t, "h"), rapid.IntRange(1, 9).Draw(t, "w")
		if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
			r.D = rapid.IntRange(2, 5).Draw(t, "d")
			r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
		}
		if _, d := r.Drop(); r.Kind == pattern.Brick {
			w = (w + d - 1) / d * d
		} else {
			h = (h + d - 1) / d * d
		}
		m := margin{
			top: rapid.IntRange(0, min(2, h)).Draw(t, "top"), bottom: rapid.IntRange(0, min(2, h)).Draw(t, "bottom"),
			left: rapid.IntRange(0, min(2, w)).Draw(t, "left"), right: rapid.IntRange(0, min(2, w)).Draw(t, "right"),
		}
		b := newBuilder("test", empty, Options{Batch: 1, Height: h, Width: w, Repeat: r})
		y, rest := b.surround(b.picture("x", 1), m)
		b.output("y", y)
		spec, err := b.spec("test", func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		x := rapid.SliceOfN(rapid.Float32Range(-1, 1), h*w, h*w).Draw(t, "x")
		p, err := q.Load(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		out, err := p.Run(t.Context(), map[string]*tensor.Dense{"x": tensor.New(tensor.WithShape(1, 1, h, w), tensor.WithBacking(x))})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := out["y"].Data().([]float32)
		if !ok {
			t.Fatal("the output is not float32")
		}
		done := margin{m.top - rest.top, m.left - rest.left, m.bottom - rest.bottom, m.right - rest.right}
		wide := w + done.left + done.right
		if len(got) != wide*(h+done.top+done.bottom) {
			t.Fatalf("%v: %d samples, want %d x %d", r, len(got), h+done.top+done.bottom, wide)
		}
		for i := -done.top; i < h+done.bottom; i++ {
			for j := -done.left; j < w+done.right; j++ {
				if g, want := got[(i+done.top)*wide+j+done.left], plane(r, x, h, w, i, j); g != want {
					t.Fatalf("%v of %d x %d, margin %v: P(%d,%d) is %v, want %v", r, h, w, m, i, j, g, want)
				}
			}
		}
		// What is left to the convolution's own padding must be zero in the plane.
		for i := -m.top; i < h+m.bottom; i++ {
			for j := -m.left; j < w+m.right; j++ {
				outside := i < -done.top || i >= h+done.bottom || j < -done.left || j >= w+done.right
				if outside && plane(r, x, h, w, i, j) != 0 {
					t.Fatalf("%v of %d x %d, margin %v: P(%d,%d) is padded with zero", r, h, w, m, i, j)
				}
			}
		}
	})
}

func TestShiftThatIsNotWholeNamesTheLayer(t *testing.T) {
	empty, err := weights.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder("test", empty, Options{Batch: 1, Height: 8, Width: 8, Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}})
	b.in("conv_in")
	b.surround(b.picture("x", 1), evenly(1))
	_, err = b.spec("test", func(string) bool { return true })
	want := &ShiftError{Part: "test", Layer: "x", Repeat: b.opt.Repeat, Width: 8, Height: 8}
	if fmt.Sprint(err) != want.Error() {
		t.Errorf("got %v, want %v", err, want)
	}
}
