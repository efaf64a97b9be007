package raster

import (
	"image"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
)

func TestMulAndLerpRoundToNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Uint32Range(0, Opaque).Draw(t, "a")
		b := rapid.Uint32Range(0, Opaque).Draw(t, "b")
		k := rapid.Uint32Range(0, Opaque).Draw(t, "t")
		round := func(n uint64) uint32 { return uint32((2*n + Opaque) / (2 * Opaque)) }
		if got, want := Mul(a, b), round(uint64(a)*uint64(b)); got != want {
			t.Errorf("Mul(%d, %d) = %d, want %d", a, b, got, want)
		}
		if got, want := Lerp(a, b, k), round(uint64(a)*uint64(Opaque-k)+uint64(b)*uint64(k)); got != want {
			t.Errorf("Lerp(%d, %d, %d) = %d, want %d", a, b, k, got, want)
		}
	})
}

func TestClonesShareUntilOneIsEdited(t *testing.T) {
	r := New(10, 100)
	r.Attribute(Who{Model: 255, Op: 1})
	c := r.Clone()
	row, who := c.Edit(40)
	row[3], who[0] = Opaque, Who{Op: 2, Person: 255}
	if r.At(0, 40) != ([4]uint16{}) || r.WhoAt(0, 40) != (Who{Model: 255, Op: 1}) {
		t.Error("an edit of the clone reached the original")
	}
	if d := Diff(r, c); len(d) != 1 || d[0] != 1 {
		t.Errorf("Diff = %v, want [1]", d)
	}
	r.EditPixels(0)[3] = 7
	if c.At(0, 0) != ([4]uint16{}) {
		t.Error("an edit of the original reached the clone")
	}
}

func TestABandComesBackFromItsStoredForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h"))
		for range rapid.IntRange(0, 5).Draw(t, "edits") {
			x, y := rapid.IntRange(0, r.Width()-1).Draw(t, "x"), rapid.IntRange(0, r.Height()-1).Draw(t, "y")
			row, who := r.Edit(y)
			row[4*x+3], who[x] = rapid.Uint16().Draw(t, "a"), Who{Op: rapid.Uint32().Draw(t, "op"), Rule: 9}
		}
		c := New(r.Width(), r.Height())
		for i := range r.Bands() {
			if err := c.SetBand(i, r.AppendBand(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		if c.Sum() != r.Sum() {
			t.Error("the raster differs from what was stored")
		}
	})
}

func FuzzSetBand(f *testing.F) {
	r := New(3, 2)
	r.Edit(1)
	f.Add(r.AppendBand(nil, 0))
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := New(3, 2)
		if r.SetBand(0, data) == nil {
			if err := New(3, 2).SetBand(0, r.AppendBand(nil, 0)); err != nil {
				t.Errorf("what was accepted is not accepted again: %v", err)
			}
		}
	})
}

func TestSpansAreThePlane(t *testing.T) {
	kinds := []pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror, pattern.AlongX, pattern.AlongY, pattern.None}
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 12).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		rep := pattern.Repeat{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		if rep.Kind == pattern.HalfDrop || rep.Kind == pattern.Brick {
			rep.D = rapid.IntRange(2, 4).Draw(t, "d")
			rep.N = rapid.IntRange(1, rep.D-1).Draw(t, "n")
		}
		x0, y0 := rapid.IntRange(-30, 30).Draw(t, "x"), rapid.IntRange(-30, 30).Draw(t, "y")
		win := image.Rect(x0, y0, x0+rapid.IntRange(0, 40).Draw(t, "dx"), y0+rapid.IntRange(0, 40).Draw(t, "dy"))
		seen := map[image.Point]image.Point{}
		Spans(w, h, rep, win, func(s Span) {
			for k := range s.N {
				seen[image.Pt(s.X+k, s.Y)] = image.Pt(s.CX+k*s.Step, s.CY)
			}
		})
		for y := win.Min.Y; y < win.Max.Y; y++ {
			for x := win.Min.X; x < win.Max.X; x++ {
				cx, cy, ok := rep.Source(x, y, w, h)
				got, met := seen[image.Pt(x, y)]
				if met != ok || ok && got != image.Pt(cx, cy) {
					t.Fatalf("(%d, %d): cell %v met %v, want (%d, %d) %v", x, y, got, met, cx, cy, ok)
				}
			}
		}
	})
}
