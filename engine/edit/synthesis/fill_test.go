package synthesis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/internal/drawing"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
	"github.com/selvage-studio/selvage/engine/pattern"
)

func disc(w, h int, rep pattern.Repeat, cx, cy, radius int) *region.Mask {
	m := region.NewMask(w, h)
	for y := cy - radius; y <= cy+radius; y++ {
		for x := cx - radius; x <= cx+radius; x++ {
			if (x-cx)*(x-cx)+(y-cy)*(y-cy) > radius*radius {
				continue
			}
			if px, py, ok := rep.Source(x, y, w, h); ok {
				m.In[py*w+px] = true
			}
		}
	}
	return m
}

// TestWhatRepeatsIsFoundAgain fills holes in fields that have one right answer,
// and states by how much the filling differs from it.
func TestWhatRepeatsIsFoundAgain(t *testing.T) {
	for i, family := range []string{"gingham", "waves", "polka dots", "scallops", "plaid", "chevrons"} {
		rep := pattern.Repeat{Kind: []pattern.Kind{pattern.Block, pattern.HalfDrop}[i%2]}
		r, _ := drawing.Raster(t, draw.Spec{Family: family, Scale: draw.Small, Style: draw.Clean, Repeat: rep, Layout: draw.Grid, Direction: draw.OneWay}.Complete(uint64(i)), 192, 192)
		hole := disc(192, 192, rep, 12, 100, 20)
		marked, filled := r.Clone(), r.Clone()
		for i, in := range hole.In {
			if in {
				copy(marked.EditPixels(i / 192)[4*(i%192):], []uint16{65535, 0, 65535, 65535})
			}
		}
		if err := Fill(context.Background(), filled, rep, hole, Options{Seed: 1}); err != nil {
			t.Fatal(err)
		}
		sum, n := 0.0, 0.0
		for i, in := range hole.In {
			if in {
				for c := range 3 {
					sum += math.Abs(float64(r.At(i%192, i/192)[c])-float64(filled.At(i%192, i/192)[c])) / raster.Opaque
					n++
				}
			}
		}
		t.Logf("%-10s mean absolute error %.4f", family, sum/n)
		if sum/n > 0.06 {
			t.Errorf("%s: mean absolute error %.4f", family, sum/n)
		}
		drawing.Sheet(t, fmt.Sprint("fill-", family), r, marked, filled)
	}
}

func TestFillCancelsAndSaysWhenNothingIsLeft(t *testing.T) {
	r, _ := drawing.Raster(t, draw.Random(3), 96, 96)
	before := r.Sum()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Fill(ctx, r, pattern.Repeat{}, disc(96, 96, pattern.Repeat{}, 40, 40, 20), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	all := region.Of(96, 96, func(int, int) bool { return true })
	if err := Fill(context.Background(), r, pattern.Repeat{}, all, Options{}); !errors.Is(err, ErrNoSource) {
		t.Errorf("a hole as large as the cell: %v", err)
	}
	if r.Sum() != before {
		t.Error("what failed changed the raster")
	}
}

// TestGolden holds the bytes of a filling; replays depend on them.
func TestGolden(t *testing.T) {
	r, _ := drawing.Raster(t, draw.Random(20), 128, 128)
	rep := pattern.Repeat{Kind: pattern.HalfDrop}
	if err := Fill(context.Background(), r, rep, disc(128, 128, rep, 3, 60, 15), Options{Seed: 5}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", r.Sum()); got[:16] != "2919ef85102885eb" {
		t.Errorf("the filling is %s", got[:16])
	}
}

func TestNothingOutsideOfTheHoleChanges(t *testing.T) {
	kinds := []pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror, pattern.AlongX, pattern.AlongY, pattern.None, pattern.Hex}
	base, _ := drawing.Raster(t, draw.Random(3), 48, 60)
	rapid.Check(t, func(t *rapid.T) {
		rep := pattern.Repeat{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		hole := disc(48, 60, rep, rapid.IntRange(0, 47).Draw(t, "x"), rapid.IntRange(0, 59).Draw(t, "y"), rapid.IntRange(0, 12).Draw(t, "radius"))
		r := base.Clone()
		o := Options{Seed: rapid.Uint64().Draw(t, "seed")}
		if rapid.Bool().Draw(t, "limited") {
			o.From = region.Of(48, 60, func(x, _ int) bool { return x%24 < 12 })
		}
		if err := Fill(context.Background(), r, rep, hole, o); err != nil {
			if !errors.Is(err, ErrNoSource) {
				t.Fatal(err)
			}
			return
		}
		for i, in := range hole.In {
			x, y := i%48, i/48
			was, is, who := base.At(x, y), r.At(x, y), r.WhoAt(x, y)
			if !in {
				if was != is || who.Op != uint32(i) {
					t.Fatalf("(%d, %d) is outside of the hole and changed", x, y)
				}
				continue
			}
			// The author says which pixel was copied.
			from := int(who.Op)
			if hole.In[from] || o.From != nil && !o.From.In[from] || base.At(from%48, from/48) != is {
				t.Fatalf("(%d, %d) is no copy of (%d, %d)", x, y, from%48, from/48)
			}
		}
	})
}
