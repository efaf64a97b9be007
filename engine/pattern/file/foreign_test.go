package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern/origin"
)

// The pictures in testdata/foreign are other programs'; make.py there says which
// and how.

// value is what they hold: channel c of pixel (x, y).
func value(c, x, y, bits int) uint16 {
	v := (x*(5+2*c) + y*(11-3*c) + 40*c) & 255
	if bits == 8 {
		return uint16(v) * 257
	}
	return uint16(v*257 ^ (x+y)&15)
}

func openForeign(t testing.TB, name string) *Document {
	t.Helper()
	d, err := Open(t.Context(), filepath.Join("testdata", "foreign", name), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func at64(img image.Image, x, y int) color.NRGBA64 {
	c, _ := color.NRGBA64Model.Convert(img.At(x, y)).(color.NRGBA64)
	return c
}

// TestTIFFsOfOthers: every layout of samples that tifffile and libtiff write.
func TestTIFFsOfOthers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "foreign", "*.tif"))
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			d := openForeign(t, name)
			img := d.Layers[0].Image
			if like, ok := map[string]string{"palette.tif": "palette.png", "fax4.tif": "onebit.png", "fax3.tif": "onebit.png", "onebit.tif": "onebit.png", "jpeg.tif": "jpeg-tif.png"}[name]; ok {
				tolerance := 0
				if name == "jpeg.tif" {
					tolerance = 3
				}
				near(t, openForeign(t, like).Layers[0].Image, img, tolerance)
				return
			}
			if name == "cmyk-jpg.tif" {
				return // TestJPEGsOfOthers
			}
			bits := 8
			if strings.Contains(name, "16") || name == "float.tif" {
				bits = 16
			}
			if d.Bits != bits || d.Width != 37 || d.Height != 23 {
				t.Fatalf("%d bit, %d x %d", d.Bits, d.Width, d.Height)
			}
			if strings.HasSuffix(name, "-lzw.tif") && (d.DPIX != 300 || d.DPIY != 150) {
				t.Errorf("resolution %g x %g", d.DPIX, d.DPIY)
			}
			for y := range 23 {
				for x := range 37 {
					v := func(c int) uint16 { return value(c, x, y, bits) }
					want := color.NRGBA64{v(0), v(1), v(2), 65535}
					switch {
					case strings.HasPrefix(name, "rgba"):
						want.A = v(3)
					case strings.HasPrefix(name, "gray"):
						want = color.NRGBA64{v(0), v(0), v(0), 65535}
					case strings.HasPrefix(name, "white"):
						g := 65535 - v(0)
						want = color.NRGBA64{g, g, g, 65535}
					case strings.HasPrefix(name, "cmyk"): // without a profile: the plain guess
						ink := func(c int) uint16 { return uint16(math.Round(float64(65535-v(c)) * float64(65535-v(3)) / 65535)) }
						want = color.NRGBA64{ink(0), ink(1), ink(2), 65535}
					}
					if got := at64(img, x, y); got != want {
						t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
					}
				}
			}
		})
	}
}

// near compares within steps of 8 bit.
func near(t *testing.T, want, got image.Image, steps int) {
	t.Helper()
	if want.Bounds() != got.Bounds() {
		t.Fatalf("bounds %v, want %v", got.Bounds(), want.Bounds())
	}
	worst := 0
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			p, q := at64(want, x, y), at64(got, x, y)
			for _, c := range [][2]uint16{{p.R, q.R}, {p.G, q.G}, {p.B, q.B}, {p.A, q.A}} {
				if p.A == 0 && q.A == 0 {
					continue
				}
				d := int(c[0]>>8) - int(c[1]>>8)
				if worst = max(worst, d, -d); worst > steps {
					t.Fatalf("pixel %d,%d is %v, want %v", x, y, q, p)
				}
			}
		}
	}
	t.Logf("at most %d steps of 255 apart", worst)
}

// TestJPEGsOfOthers: as libjpeg unpacks them, with its interpolation of chroma.
func TestJPEGsOfOthers(t *testing.T) {
	for _, name := range []string{"444", "422", "420"} {
		d := openForeign(t, name+".jpg")
		near(t, openForeign(t, name+"-jpg.png").Layers[0].Image, d.Layers[0].Image, 3)
		if d.DPIX != 254 || d.DPIY != 254 || d.Bits != 8 || d.Format != "jpeg" {
			t.Errorf("%s: %+v", name, d)
		}
	}
	d := openForeign(t, "cmyk.jpg")
	near(t, openForeign(t, "cmyk-jpg.tif").Layers[0].Image, d.Layers[0].Image, 3)
	if len(d.Notes) == 0 || !strings.Contains(d.Notes[0], "CMYK has no profile") {
		t.Errorf("notes %q", d.Notes)
	}
}

func TestWebPsOfOthers(t *testing.T) {
	d := openForeign(t, "lossless.webp")
	for y := range 23 {
		for x := range 37 {
			want := color.NRGBA64{value(0, x, y, 8), value(1, x, y, 8), value(2, x, y, 8), value(3, x, y, 8)}
			if got := at64(d.Layers[0].Image, x, y); got != want {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
			}
		}
	}
	d = openForeign(t, "lossy.webp") // turned, with an sRGB profile
	near(t, openForeign(t, "lossy-webp.png").Layers[0].Image, d.Layers[0].Image, 3)
	if !strings.Contains(d.Profile, "sRGB") {
		t.Errorf("profile %q", d.Profile)
	}
	near(t, openForeign(t, "alpha-webp.png").Layers[0].Image, openForeign(t, "alpha.webp").Layers[0].Image, 3)
}

// TestOrientation: all eight ways that a camera was held come upright.
func TestOrientation(t *testing.T) {
	for o := 1; o <= 8; o++ {
		d := openForeign(t, fmt.Sprintf("turn%d.png", o))
		w, h := 37, 23
		if o >= 5 {
			w, h = h, w
		}
		if d.Width != w || d.Height != h {
			t.Fatalf("orientation %d: %d x %d", o, d.Width, d.Height)
		}
		for y := range 23 {
			for x := range 37 {
				// Where row y and column x of the file belong (EXIF 2.32, 4.6.4 A).
				to := map[int]image.Point{
					1: {X: x, Y: y}, 2: {X: 36 - x, Y: y}, 3: {X: 36 - x, Y: 22 - y}, 4: {X: x, Y: 22 - y},
					5: {X: y, Y: x}, 6: {X: 22 - y, Y: x}, 7: {X: 22 - y, Y: 36 - x}, 8: {X: y, Y: 36 - x},
				}[o]
				if got := at64(d.Layers[0].Image, to.X, to.Y); got.R != value(0, x, y, 8) || got.G != value(1, x, y, 8) {
					t.Fatalf("orientation %d: pixel %d,%d of the file is not at %v", o, x, y, to)
				}
			}
		}
	}
}

func TestPSDsOfOthers(t *testing.T) {
	d := openForeign(t, "layers.psd")
	if d.Width != 37 || d.Height != 23 || d.Bits != 8 || len(d.Layers) != 3 {
		t.Fatalf("%d x %d, %d bit, %d layers", d.Width, d.Height, d.Bits, len(d.Layers))
	}
	for i, want := range []struct {
		Layer
		channels int
	}{
		{Layer{Name: "Grund", Opacity: 65535, Blend: "normal", Bounds: image.Rect(0, 0, 37, 23)}, 3},
		{Layer{Name: "Blüten/petal", Opacity: 128 * 257, Blend: "multiply", Bounds: image.Rect(-3, 5, 9, 15)}, 4},
		{Layer{Name: "Blüten/stem", Opacity: 65535, Blend: "normal", Hidden: true, Bounds: image.Rect(32, 16, 39, 25)}, 4},
	} {
		got := d.Layers[i]
		if got.Name != want.Name || got.Opacity != want.Opacity || got.Blend != want.Blend || got.Hidden != want.Hidden || got.Bounds != want.Bounds || got.Image.Rect != want.Bounds {
			t.Errorf("layer %d: %q %d %s %v %v", i, got.Name, got.Opacity, got.Blend, got.Hidden, got.Bounds)
			continue
		}
		for y := range want.Bounds.Dy() {
			for x := range want.Bounds.Dx() {
				c := color.NRGBA64{value(0, x, y, 8), value(1, x, y, 8), value(2, x, y, 8), 65535}
				if want.channels == 4 {
					c.A = value(3, x, y, 8)
				}
				if p := at64(got.Image, want.Bounds.Min.X+x, want.Bounds.Min.Y+y); p != c {
					t.Fatalf("layer %d, pixel %d,%d is %v, want %v", i, x, y, p, c)
				}
			}
		}
	}
	for _, name := range []string{"rgb16-rle.psd", "rgb16-zip.psd", "rgb16.psb", "flat16.psd"} {
		d := openForeign(t, name)
		if d.Bits != 16 {
			t.Errorf("%s: %d bit", name, d.Bits)
		}
		for i, l := range d.Layers {
			off := image.Point{}
			if i == 1 {
				off = image.Pt(4, 6)
				if l.Bounds != image.Rect(4, 6, 24, 17) || l.Name != "upper" {
					t.Errorf("%s: layer %q at %v", name, l.Name, l.Bounds)
				}
			}
			for y := range l.Bounds.Dy() {
				for x := range l.Bounds.Dx() {
					want := color.NRGBA64{value(0, x+off.X, y+off.Y, 16), value(1, x+off.X, y+off.Y, 16), value(2, x+off.X, y+off.Y, 16), 65535}
					if p := at64(l.Image, l.Bounds.Min.X+x, l.Bounds.Min.Y+y); p != want {
						t.Fatalf("%s: layer %d, pixel %d,%d is %v, want %v", name, i, x, y, p, want)
					}
				}
			}
		}
		if want := map[bool]int{true: 1, false: 2}[name == "flat16.psd"]; len(d.Layers) != want {
			t.Errorf("%s: %d layers", name, len(d.Layers))
		}
	}
	near(t, openForeign(t, "cmyk8.tif").Layers[0].Image, openForeign(t, "cmyk.psd").Layers[0].Image, 0)
	near(t, openForeign(t, "gray8.tif").Layers[0].Image, openForeign(t, "gray.psd").Layers[0].Image, 0)
}

// TestMasksAndClipping: a layer's mask goes into its alpha, and the alpha of a
// layer goes into those that are clipped to it.
func TestMasksAndClipping(t *testing.T) {
	d := openForeign(t, "masks.psd")
	if len(d.Layers) != 2 || d.Layers[1].Name != "clipped" {
		t.Fatalf("%+v", d.Layers)
	}
	for y := range 23 {
		for x := range 37 {
			p := image.Pt(x, y)
			masked := uint32(0)
			if p.In(image.Rect(8, 1, 17, 15)) && p.In(image.Rect(5, 3, 25, 15)) {
				masked = uint32(value(0, x-8, y-1, 8))
			}
			if p.In(d.Layers[0].Bounds) {
				if got := at64(d.Layers[0].Image, x, y).A; uint32(got) != masked {
					t.Fatalf("the masked layer has alpha %d at %v, want %d", got, p, masked)
				}
			}
			want := (uint32(value(3, x, y, 8))*masked + 32767) / 65535
			if got := at64(d.Layers[1].Image, x, y).A; uint32(got) != want {
				t.Fatalf("the clipped layer has alpha %d at %v, want %d", got, p, want)
			}
		}
	}
}

// TestDeclaredOrigin: what a generator left in a JPEG, and what we left in a PNG
// and in XMP, is found.
func TestDeclaredOrigin(t *testing.T) {
	d := openForeign(t, "automatic.jpg")
	if g := d.Generation; g == nil || g.Program != origin.Automatic1111 || g.Prompt != "a vine" || g.NegativePrompt != "text" || g.Seed == nil || *g.Seed != 99 || g.Model != "m" {
		t.Errorf("%+v", d.Generation)
	}
	parent := origin.Parent{Pattern: "peony", Version: "sha256:ab", Document: "d1"}
	var buf bytes.Buffer
	if err := EncodePNG(&buf, sample(0, 8, 8, 1), Meta{DPIX: 150, DPIY: 150, Request: []byte(`{"prompt":"x","seed":3}`)}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][]byte{
		"key": append([]byte(origin.ParentKeyword+"\x00\x00\x00\x00\x00"), parent.Text()...),
		"xmp": append([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), parent.XMP()...),
	} {
		var extra bytes.Buffer
		chunk(&extra, "iTXt", c)
		data := append(append(bytes.Clone(buf.Bytes()[:33]), extra.Bytes()...), buf.Bytes()[33:]...)
		d, err := OpenBytes(t.Context(), data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Parent == nil || *d.Parent != parent || d.Generation == nil || d.Generation.Program != origin.Selvage || *d.Generation.Seed != 3 || len(d.Request) == 0 {
			t.Errorf("%s: parent %+v, generation %+v", name, d.Parent, d.Generation)
		}
		if len(d.Notes) != 0 { // our own sRGB profile changes nothing
			t.Errorf("notes %q", d.Notes)
		}
	}
	// JPEG's and TIFF's place for it.
	jpg, err := os.ReadFile(filepath.Join("testdata", "foreign", "444.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	body := append([]byte("http://ns.adobe.com/xap/1.0/\x00"), parent.XMP()...)
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	jpg = append(append(append(bytes.Clone(jpg[:2]), seg...), body...), jpg[2:]...)
	if d, err := OpenBytes(t.Context(), jpg, Options{}); err != nil || d.Parent == nil || *d.Parent != parent {
		t.Errorf("JPEG: %+v, %v", d, err)
	}
}

// TestProfileIsHonoured: a picture in another space comes as the sRGB that Little
// CMS finds too (see package icc for how near), with all of its 16 bit.
func TestProfileIsHonoured(t *testing.T) {
	icc, err := os.ReadFile("/usr/share/color/icc/compatibleWithAdobeRGB1998.icc")
	if err != nil {
		t.Skip("the packages that packaging/setup -test installs are missing: ", err)
	}
	img := image.NewNRGBA64(image.Rect(0, 0, 256, 1))
	for x := range 256 {
		img.SetNRGBA64(x, 0, color.NRGBA64{R: 30000 + uint16(x), G: 40000, B: 20000, A: 65535})
	}
	var buf bytes.Buffer
	if err := EncodePNG(&buf, img, Meta{}); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	at := bytes.Index(data, []byte("iCCP"))
	n := int(binary.BigEndian.Uint32(data[at-4:]))
	var other bytes.Buffer
	chunk(&other, "iCCP", append([]byte("x\x00\x00"), deflated(icc)...))
	data = append(append(bytes.Clone(data[:at-4]), other.Bytes()...), data[at+8+n:]...)
	d, err := OpenBytes(t.Context(), data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	// transicc -c0: 30000 40000 20000 of 65535 in this profile is this of 255.
	got := at64(d.Layers[0].Image, 0, 0)
	for i, want := range []float64{95.6965, 157.0973, 70.5253} {
		if v := float64([]uint16{got.R, got.G, got.B}[i]) / 257; math.Abs(v-want) > 0.2 {
			t.Errorf("channel %d is %.2f, Little CMS has %.2f", i, v, want)
		}
	}
	steps := map[uint16]bool{}
	for x := range 256 {
		steps[at64(d.Layers[0].Image, x, 0).R] = true
	}
	if len(steps) < 200 {
		t.Errorf("256 neighbouring values became %d", len(steps))
	}
	if len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "converted from") || d.Bits != 16 {
		t.Errorf("notes %q, %d bit", d.Notes, d.Bits)
	}
}

// TestBombs: files that say more than they hold, or unpack to more than they
// say, fail before memory is taken.
func TestBombs(t *testing.T) {
	tiff := func(change func(set func(tag, value uint32))) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", "foreign", "rgb8-tiles.tif"))
		if err != nil {
			t.Fatal(err)
		}
		at := int(binary.LittleEndian.Uint32(data[4:]))
		change(func(tag, value uint32) {
			for i := range int(binary.LittleEndian.Uint16(data[at:])) {
				e := data[at+2+12*i:]
				if uint32(binary.LittleEndian.Uint16(e)) == tag {
					binary.LittleEndian.PutUint16(e[2:], 4)
					binary.LittleEndian.PutUint32(e[4:], 1)
					binary.LittleEndian.PutUint32(e[8:], value)
				}
			}
		})
		return data
	}
	psd := func(change func([]byte)) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", "foreign", "layers.psd"))
		if err != nil {
			t.Fatal(err)
		}
		change(data)
		return data
	}
	// The first layer's record: its rectangle follows the count.
	record := func(data []byte) []byte {
		at := 26
		at += 4 + int(binary.BigEndian.Uint32(data[at:]))
		at += 4 + int(binary.BigEndian.Uint32(data[at:]))
		return data[at+4+4:]
	}
	for name, data := range map[string][]byte{
		"huge png":     bigPNG(100000, 100000),
		"huge tiles":   tiff(func(set func(tag, value uint32)) { set(322, 1<<31-16); set(323, 1<<31-16) }),
		"wide tiles":   tiff(func(set func(tag, value uint32)) { set(322, 1<<20); set(323, 1<<12) }),
		"huge tiff":    tiff(func(set func(tag, value uint32)) { set(256, 1<<31); set(257, 1<<31) }),
		"few tiles":    tiff(func(set func(tag, value uint32)) { set(322, 1); set(323, 1) }),
		"loop of exif": tiff(func(set func(tag, value uint32)) { set(322, 0) }),
		"psd size": psd(func(b []byte) {
			binary.BigEndian.PutUint32(b[14:], 200_000)
			binary.BigEndian.PutUint32(b[18:], 200_000)
		}),
		"psd layers": psd(func(b []byte) { binary.BigEndian.PutUint16(record(b), 30000) }),
		"psd rectangle": psd(func(b []byte) {
			binary.BigEndian.PutUint32(record(b)[2+8:], 299_999)
			binary.BigEndian.PutUint32(record(b)[2+12:], 299_999)
		}),
		"psd many": psd(func(b []byte) {
			at := bytes.Index(b, []byte("\x00\x00\x00\x05\xff\xff\xff\xfd\x00\x00\x00\x0f\x00\x00\x00\x09"))
			binary.BigEndian.PutUint32(b[at+8:], 40_000)
			binary.BigEndian.PutUint32(b[at+12:], 40_000)
		}),
		"psd layer": psd(func(b []byte) { // of fewer pixels than are read, and with far too few bytes for them
			at := bytes.Index(b, []byte("\x00\x00\x00\x05\xff\xff\xff\xfd\x00\x00\x00\x0f\x00\x00\x00\x09"))
			binary.BigEndian.PutUint32(b[at+8:], 15_000)
			binary.BigEndian.PutUint32(b[at+12:], 15_000)
		}),
		"psd channel": psd(func(b []byte) { binary.BigEndian.PutUint32(record(b)[2+18+2:], 1<<31) }),
		"svg use":     []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>`),
		"svg laughs":  []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path id="a0" d="M0 0"/>` + laughs(30) + `<use href="#a30"/></svg>`),
		"svg size":    []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>`),
		"svg entity":  []byte(`<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">&c;</svg>`),
		"svg deep":    []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat("<g>", 5000)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d, err := OpenBytes(t.Context(), data, Options{})
			runtime.ReadMemStats(&after)
			var fe *FormatError
			var te *TooLargeError
			if !errors.As(err, &fe) && !errors.As(err, &te) {
				t.Errorf("%v, %v", d, err)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 {
				t.Errorf("%d MB were taken for %d bytes", taken>>20, len(data))
			}
			t.Log(err)
		})
	}
}

// laughs doubles a reference n times.
func laughs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<g id="a%d"><use href="#a%d"/><use href="#a%d"/></g>`, i+1, i, i)
	}
	return b.String()
}

// TestCancelled: nobody waits for a picture whose context is done.
func TestCancelled(t *testing.T) {
	for _, name := range []string{"rgb8-lzw.tif", "444.jpg", "turn1.png", "layers.psd"} {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := Open(ctx, filepath.Join("testdata", "foreign", name), Options{}); !errors.Is(err, ctx.Err()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOpen: no bytes harm OpenBytes, and what it returns holds together.
func FuzzOpen(f *testing.F) {
	entries, err := os.ReadDir(filepath.Join("testdata", "foreign"))
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if data, err := os.ReadFile(filepath.Join("testdata", "foreign", e.Name())); err == nil && len(data) < 12_000 && filepath.Ext(e.Name()) != ".py" {
			f.Add(data)
		}
	}
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M1 1h5v5z"/></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		d, err := OpenBytes(t.Context(), data, Options{MaxPixels: 1 << 16, DPI: 96})
		if err != nil {
			var fe *FormatError
			var te *TooLargeError
			if !errors.As(err, &fe) && !errors.As(err, &te) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if len(d.Layers) == 0 || d.Width < 1 || d.Height < 1 {
			t.Fatalf("%+v", d)
		}
		for _, l := range d.Layers {
			if l.Image.Rect != l.Bounds || len(l.Image.Pix) != 8*l.Bounds.Dx()*l.Bounds.Dy() {
				t.Fatalf("layer %q: %v and %v", l.Name, l.Bounds, l.Image.Rect)
			}
		}
		if got := d.Flatten().Rect; got != image.Rect(0, 0, d.Width, d.Height) {
			t.Fatalf("flat %v", got)
		}
	})
}
