package region

import (
	"context"
	"errors"
	"fmt"
	"image"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
)

func repeats() []pattern.Repeat {
	return []pattern.Repeat{
		{}, {Kind: pattern.HalfDrop}, {Kind: pattern.Brick, N: 1, D: 3}, {Kind: pattern.Mirror}, {Kind: pattern.Hex},
		{Kind: pattern.AlongX}, {Kind: pattern.AlongY}, {Kind: pattern.None},
	}
}

func random(t *rapid.T, w, h int) *Mask {
	m := NewMask(w, h)
	for range rapid.IntRange(0, 40).Draw(t, "pixels") {
		m.In[rapid.IntRange(0, w*h-1).Draw(t, "at")] = true
	}
	return m
}

// TestPiecesShareTheMask holds that each pixel is in one piece, once, and that a
// piece is found from any of its points.
func TestPiecesShareTheMask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats()).Draw(t, "repeat")
		const w, h = 9, 12
		m := random(t, w, h)
		gap := rapid.IntRange(0, 3).Draw(t, "gap")
		all, err := All(context.Background(), m, rep, gap)
		if err != nil {
			t.Fatal(err)
		}
		count := make([]int, w*h)
		for _, r := range all {
			area := 0
			for i, in := range r.In {
				if !in {
					continue
				}
				area++
				p := r.Bounds.Min.Add(image.Pt(i%r.Bounds.Dx(), i/r.Bounds.Dx()))
				x, y, ok := rep.Source(p.X, p.Y, w, h)
				if !ok || !m.In[y*w+x] {
					t.Fatalf("%v is in no mask", p)
				}
				count[y*w+x]++
				if again, err := At(context.Background(), m, rep, p, gap); err != nil || again.Area != r.Area {
					t.Fatalf("the piece at %v has %d pixels, %v; want %d", p, again.Area, err, r.Area)
				}
			}
			if area != r.Area {
				t.Fatalf("a piece of %d pixels says %d", area, r.Area)
			}
		}
		marked := NewMask(w, h)
		for _, r := range all {
			r.Mark(marked, rep)
		}
		if fmt.Sprint(marked.In) != fmt.Sprint(m.In) {
			t.Fatal("the pieces marked together are not the mask")
		}
		for i, in := range m.In {
			if in && count[i] != 1 || !in && count[i] != 0 {
				t.Fatalf("pixel %d is in %d pieces, in the mask: %v", i, count[i], in)
			}
		}
	})
}

func TestGrowIsTheSquareOnThePlane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats()).Draw(t, "repeat")
		const w, h = 9, 12
		m := random(t, w, h)
		n := rapid.IntRange(0, 4).Draw(t, "n")
		g, s := m.Grow(rep, n), m.Shrink(rep, n)
		for y := range h {
			for x := range w {
				near, whole := false, true
				for dy := -n; dy <= n; dy++ {
					for dx := -n; dx <= n; dx++ {
						if cx, cy, ok := rep.Source(x+dx, y+dy, w, h); ok {
							near = near || m.In[cy*w+cx]
							whole = whole && m.In[cy*w+cx]
						}
					}
				}
				if g.In[y*w+x] != near || s.In[y*w+x] != whole {
					t.Fatalf("%v grown by %d: (%d, %d) is %v, want %v", rep, n, x, y, g.In[y*w+x], near)
				}
			}
		}
	})
}

func TestPiecesUnrollAcrossTheEdge(t *testing.T) {
	rep := pattern.Repeat{Kind: pattern.HalfDrop}
	// A bar from x = 8 of one cell to x = 1 of the next, which hangs 5 lower.
	m := NewMask(10, 10)
	for x := 8; x <= 11; x++ {
		cx, cy, _ := rep.Source(x, 3, 10, 10)
		m.In[cy*10+cx] = true
	}
	r, err := At(context.Background(), m, rep, image.Pt(9, 3), 0)
	if err != nil || r.Bounds != image.Rect(8, 3, 12, 4) || r.Area != 4 || r.RunsOn {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := At(context.Background(), m, rep, image.Pt(5, 5), 0); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing at (5, 5): %v", err)
	}
	stripe := Of(10, 10, func(_, y int) bool { return y < 3 })
	if r, _ := At(context.Background(), stripe, pattern.Repeat{}, image.Pt(4, 1), 0); !r.RunsOn {
		t.Error("a stripe does not run on")
	}
	ring := Of(10, 10, func(x, y int) bool { return x > 2 && x < 8 && y > 2 && y < 8 && (x != 5 || y != 5) })
	r, _ = At(context.Background(), ring, rep, image.Pt(3, 3), 0)
	if e := r.Enclosed(); e.Area != 25 || !e.Has(image.Pt(5, 5)) || r.Has(image.Pt(5, 5)) {
		t.Errorf("a ring of %d encloses to %d", r.Area, e.Area)
	}
}
