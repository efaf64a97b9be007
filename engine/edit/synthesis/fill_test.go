package synthesis

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
	"github.com/selvage-studio/selvage/engine/pattern"
	"pgregory.net/rapid"
)

// inks colours screens without any mixing but their coverage.
func drawn(t testing.TB, spec draw.Spec, w, h int) *raster.Raster {
	t.Helper()
	sc, err := spec.Scene()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sc.Screens(w, h)
	if err != nil {
		t.Fatal(err)
	}
	inks := [][3]uint32{{242, 234, 214}, {168, 50, 50}, {40, 74, 110}, {90, 122, 60}, {220, 160, 60}, {120, 70, 120}, {60, 60, 60}, {230, 120, 110}}
	r := raster.New(w, h)
	for y := range h {
		row, who := r.Edit(y)
		for x := range w {
			i := y*w + x
			for c := range 3 {
				v := uint32(s.Ground[i]) * inks[0][c]
				for k, p := range s.Planes {
					v += uint32(p[i]) * inks[k+1][c]
				}
				row[4*x+c] = uint16(v * 257 / 255)
			}
			row[4*x+3] = raster.Opaque
			who[x] = raster.Who{Op: uint32(i), Rule: 255}
		}
	}
	return r
}

// sheet writes rasters side by side where SELVAGE_SHEETS names a folder, for
// people who look.
func sheet(t testing.TB, name string, rs ...*raster.Raster) {
	dir := os.Getenv("SELVAGE_SHEETS")
	if dir == "" {
		return
	}
	w, h := 0, 0
	for _, r := range rs {
		w, h = w+r.Width()+8, max(h, r.Height())
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	x0 := 0
	for _, r := range rs {
		for y := range r.Height() {
			for x := range r.Width() {
				p := r.At(x, y)
				img.Set(x0+x, y, color.RGBA64{R: p[0], G: p[1], B: p[2], A: p[3]})
			}
		}
		x0 += r.Width() + 8
	}
	f, err := os.Create(dir + "/" + name + ".png")
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

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

func TestFillLook(t *testing.T) {
	if os.Getenv("SELVAGE_SHEETS") == "" {
		t.Skip("for people: SELVAGE_SHEETS names a folder for pictures")
	}
	for seed := range uint64(8) {
		rep := pattern.Repeat{}
		if seed%2 == 1 {
			rep.Kind = pattern.HalfDrop
		}
		spec := draw.Spec{Repeat: rep}.Complete(seed + 20)
		r := drawn(t, spec, 256, 256)
		hole := disc(256, 256, rep, 20, 120, 30)
		marked := r.Clone()
		for i, in := range hole.In {
			if in {
				copy(marked.EditPixels(i / 256)[4*(i%256):], []uint16{65535, 0, 65535, 65535})
			}
		}
		f := r.Clone()
		if err := Fill(context.Background(), f, rep, hole, Options{Seed: 1}); err != nil {
			t.Fatal(err)
		}
		sheet(t, fmt.Sprint("fill", seed), r, marked, f)
	}
}

func TestNothingOutsideOfTheHoleChanges(t *testing.T) {
	kinds := []pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror, pattern.AlongX, pattern.AlongY, pattern.None, pattern.Hex}
	base := drawn(t, draw.Random(3), 48, 60)
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
