// Package drawing gives tests of the edit room pictures whose every pixel is
// known: drawings of engine/draw in flat inks, with the coverage of their
// ground.
package drawing

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Inks are the ground and seven positions.
func Inks() [8][3]uint32 {
	return [8][3]uint32{{242, 234, 214}, {168, 50, 50}, {40, 74, 110}, {90, 122, 60}, {220, 160, 60}, {120, 70, 120}, {60, 60, 60}, {230, 120, 110}}
}

// Raster draws spec. The author of pixel (x, y) has operation y·w + x, so that
// a copy of it says where it came from. ground is its coverage, of 255.
func Raster(t testing.TB, spec draw.Spec, w, h int) (r *raster.Raster, ground []uint8) {
	t.Helper()
	return Inked(t, spec, w, h, Inks())
}

// Inked is Raster with other inks.
func Inked(t testing.TB, spec draw.Spec, w, h int, inks [8][3]uint32) (r *raster.Raster, ground []uint8) {
	t.Helper()
	sc, err := spec.Scene()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sc.Screens(w, h)
	if err != nil {
		t.Fatal(err)
	}
	r = raster.New(w, h)
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
	return r, s.Ground
}

// Sheet writes rasters side by side, for people who look, where SELVAGE_SHEETS
// names a folder.
func Sheet(t testing.TB, name string, rs ...*raster.Raster) {
	t.Helper()
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
	f, err := os.Create(filepath.Join(dir, name+".png"))
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
