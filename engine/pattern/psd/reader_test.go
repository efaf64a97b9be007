package psd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"testing"

	"pgregory.net/rapid"
)

// sheet draws a document to write from a few numbers.
func sheet(w, h, bits int, layers []SheetLayer) Sheet {
	size := bits / 8
	fill := func(dst []byte, seed int) {
		for i := range dst {
			dst[i] = byte(i/3*seed + seed)
		}
	}
	for i := range layers {
		layers[i].Row = func(dst []byte, y int) { fill(dst, 7*i+y+1) }
	}
	return Sheet{
		Width: w, Height: h, Bits: bits, Layers: layers, DPIX: 150, DPIY: 75, XMP: []byte("<x/>"), Profile: []byte("a profile"),
		Plane: func(dst []byte, channel, y int) { fill(dst[:w*size], channel+y+1) },
	}
}

// TestWhatIsWrittenIsRead: every document that Write makes comes back with its
// layers, their places and all of their samples.
func TestWhatIsWrittenIsRead(t *testing.T) {
	modes := []string{"normal", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn", "hard-light", "soft-light", "difference", "exclusion"}
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 90).Draw(t, "h")
		bits := rapid.SampledFrom([]int{8, 16}).Draw(t, "bits")
		layers := make([]SheetLayer, rapid.IntRange(0, 4).Draw(t, "layers"))
		for i := range layers {
			x, y := rapid.IntRange(-20, 20).Draw(t, "x"), rapid.IntRange(-20, 20).Draw(t, "y")
			layers[i] = SheetLayer{
				Name: rapid.StringMatching(`[a-zäöü🌷 ]{0,30}`).Draw(t, "name"), Opacity: rapid.Uint8().Draw(t, "opacity"),
				Blend: rapid.SampledFrom(modes).Draw(t, "blend"), Hidden: rapid.Bool().Draw(t, "hidden"),
				Bounds: image.Rect(x, y, x+rapid.IntRange(1, 70).Draw(t, "lw"), y+rapid.IntRange(1, 80).Draw(t, "lh")),
			}
		}
		s := sheet(w, h, bits, layers)
		var buf bytes.Buffer
		if err := Write(t.Context(), &buf, s); err != nil {
			t.Fatal(err)
		}
		d, err := Open(buf.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d.Width != w || d.Height != h || d.Bits != bits || d.DPIX != 150 || d.DPIY != 75 || string(d.XMP) != "<x/>" || string(d.Profile) != "a profile" || len(d.Layers) != len(layers) {
			t.Fatalf("%+v", d)
		}
		size := bits / 8
		for i, l := range d.Layers {
			want := layers[i]
			if l.Name != want.Name || l.Opacity != uint16(want.Opacity)*257 || l.Blend != want.Blend || l.Hidden != want.Hidden || l.Bounds != want.Bounds {
				t.Fatalf("layer %d is %+v, was %+v", i, l, want)
			}
			line := make([]byte, 4*size*l.Bounds.Dx())
			err := l.Rows(t.Context(), func(y, n int, px []uint16) error {
				for k := range n {
					want.Row(line, y+k)
					for j := range 4 * l.Bounds.Dx() {
						v := uint16(line[j*size]) * 257
						if bits == 16 {
							v = binary.BigEndian.Uint16(line[2*j:])
						}
						if got := px[k*4*l.Bounds.Dx()+j]; got != v {
							t.Fatalf("layer %d, row %d, sample %d is %d, was %d", i, y+k, j, got, v)
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		rows := 0
		if err := d.Merged.Rows(t.Context(), func(_, n int, _ []uint16) error { rows += n; return nil }); err != nil || rows != h {
			t.Fatalf("%d rows of the merged picture, %v", rows, err)
		}
	})
}

// FuzzOpen: no bytes bring the reader down, or make it give rows that its bounds
// do not have.
func FuzzOpen(f *testing.F) {
	for _, bits := range []int{8, 16} {
		var buf bytes.Buffer
		if err := Write(f.Context(), &buf, sheet(9, 7, bits, []SheetLayer{{Name: "a", Bounds: image.Rect(1, 2, 6, 9)}})); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Add([]byte("8BPS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x08\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Open(data)
		if err != nil {
			var fe *FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for _, l := range append(d.Layers, d.Merged) {
			if int64(l.Bounds.Dx())*int64(l.Bounds.Dy()) > 1<<16 {
				continue
			}
			at := 0
			err := l.Rows(t.Context(), func(y, n int, px []uint16) error {
				if y != at || len(px) != n*l.Bounds.Dx()*d.Channels() {
					t.Fatalf("rows %d to %d of %v with %d values", y, y+n, l.Bounds, len(px))
				}
				at += n
				return nil
			})
			if err == nil && at != l.Bounds.Dy() {
				t.Fatalf("%d rows of %v", at, l.Bounds)
			}
		}
	})
}
