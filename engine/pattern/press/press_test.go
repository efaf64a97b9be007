package press

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/image/tiff"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// sample draws a picture that varies smoothly, and with noise in its low bits:
// 8 or 16 bits, opaque or not.
func sample(w, h, bits int, opaque bool, seed uint64) *Picture {
	rng := rand.New(rand.NewPCG(seed, 1))
	if bits == 8 {
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range img.Pix {
			img.Pix[i] = uint8(i/7) ^ uint8(rng.Uint32()&3)
			if i%4 == 3 && opaque {
				img.Pix[i] = 255
			}
		}
		return FromImage(img)
	}
	img := image.NewNRGBA64(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i/11) ^ uint8(rng.Uint32()&7)
		if i%8 >= 6 && opaque {
			img.Pix[i] = 255
		}
	}
	return FromImage(img)
}

// pixels are all samples of a picture.
func pixels(p *Picture) []byte {
	n := p.RowBytes()
	out := make([]byte, n*p.Height)
	for y := range p.Height {
		p.Row(out[y*n:(y+1)*n], y)
	}
	return out
}

const identity = `{"pattern":"0b7c","version":"sha256:9af3","document":"\"<rose> & 'leaf'\""}`

func described(dpi float64) Meta {
	return Meta{DPIX: dpi, DPIY: dpi, Title: "R-1021 Rötlich", Description: "Generated at 512 x 512 (20.3 DPI); effective 20.3 DPI.", Pattern: []byte(identity)}
}

func write(t *testing.T, f func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReadBack: PNG and TIFF of every model, depth and compression come back
// sample by sample in decoders of others.
func TestReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bits := rapid.SampledFrom([]int{8, 16}).Draw(rt, "bits")
		p := sample(rapid.IntRange(1, 70).Draw(rt, "w"), rapid.IntRange(1, 70).Draw(rt, "h"), bits, rapid.Bool().Draw(rt, "opaque"), rapid.Uint64().Draw(rt, "seed"))
		if rapid.Bool().Draw(rt, "grey") {
			p = p.part(Gray, 1, 2)
		}
		ctx := context.Background()
		files := map[string]func(io.Writer) error{"png": func(w io.Writer) error { return WritePNG(ctx, w, p, described(150)) }}
		for _, c := range []Compression{LZW, Deflate, Plain} {
			files[fmt.Sprint("tiff ", c)] = func(w io.Writer) error { return WriteTIFF(ctx, w, p, described(150), TIFF{c}) }
		}
		for name, f := range files {
			var b bytes.Buffer
			if err := f(&b); err != nil {
				rt.Fatal(name, err)
			}
			var img image.Image
			var err error
			if name == "png" {
				img, err = png.Decode(&b)
			} else {
				img, err = tiff.Decode(&b)
			}
			if err != nil {
				rt.Fatal(name, err)
			}
			got := FromImage(img)
			if p.Model == RGBA && got.Model == RGB {
				continue // every pixel happens to be opaque
			}
			if got.Model != p.Model || got.Bits != p.Bits || !bytes.Equal(pixels(got), pixels(p)) {
				rt.Fatalf("%s: %v of %d bits came back as %v of %d, or with other samples", name, p.Model, p.Bits, got.Model, got.Bits)
			}
		}
	})
}

// TestBandsJoin: a picture of several bands is one stream, its checksum right,
// and the same bytes every time.
func TestBandsJoin(t *testing.T) {
	p := sample(1500, 1100, 8, false, 12) // 6.6 MB, seven bands
	files := [2][]byte{}
	for i := range files {
		files[i] = write(t, func(w io.Writer) error { return WritePNG(context.Background(), w, p, Meta{}) })
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same picture gives two files")
	}
	img, err := png.Decode(bytes.NewReader(files[0])) // checks the sum
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pixels(FromImage(img)), pixels(p)) {
		t.Error("other samples")
	}
}

// TestJPEG: at quality 100 every colour comes back within what rounding twice
// allows, chroma not subsampled, and at lower qualities near.
func TestJPEG(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 45, 37)) // not a multiple of 8
	rng := rand.New(rand.NewPCG(3, 3))
	for y := range 37 {
		for x := range 45 {
			o := img.PixOffset(x, y)
			// Saturated columns one pixel wide: subsampling would mix them.
			copy(img.Pix[o:], []uint8{uint8(255 * (x % 2)), uint8(rng.IntN(256)), uint8(255 * ((x + 1) % 2)), 255})
		}
	}
	p := FromImage(img)
	for quality, worst := range map[int]int{100: 3, 90: 45} {
		data := write(t, func(w io.Writer) error {
			return WriteJPEG(context.Background(), w, p, described(150), JPEG{quality})
		})
		got, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if r := got.(*image.YCbCr).SubsampleRatio; r != image.YCbCrSubsampleRatio444 {
			t.Errorf("subsampled: %v", r)
		}
		a, b := pixels(p), pixels(FromImage(got).EightBit())
		far := 0
		for i := range a {
			far = max(far, abs(int(a[i])-int(b[i])))
		}
		if far > worst {
			t.Errorf("quality %d: %d levels off", quality, far)
		}
	}
	grey := p.part(Gray, 1, 2)
	data := write(t, func(w io.Writer) error { return WriteJPEG(context.Background(), w, grey, Meta{}, JPEG{100}) })
	got, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	a, b := pixels(grey), pixels(FromImage(got))
	for i := range a {
		if abs(int(a[i])-int(b[i])) > 2 {
			t.Fatalf("grey: sample %d is %d, was %d", i, b[i], a[i])
		}
	}
}

// TestLayoutsAreThePlane: rows laid one by one are what the plane has there,
// and the rectangle and its multiples lay straight.
func TestLayoutsAreThePlane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := pattern.Kind(rapid.IntRange(0, 7).Draw(t, "kind"))
		r := pattern.Repeat{Kind: kind}
		if kind == pattern.HalfDrop || kind == pattern.Brick {
			r.D = rapid.IntRange(2, 5).Draw(t, "d")
			r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
		}
		w, h := rapid.IntRange(1, 12).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		p := sample(w, h, 8, true, 5)
		l := Layout{Kind: Multiple, Across: rapid.IntRange(1, 3).Draw(t, "across"), Down: rapid.IntRange(1, 3).Draw(t, "down")}
		if rapid.Bool().Draw(t, "piece") {
			l = Layout{Kind: Piece, Width: pattern.Length(rapid.IntRange(1, 40).Draw(t, "mm x")), Height: pattern.Length(rapid.IntRange(1, 40).Draw(t, "mm y"))}
		}
		got, err := l.Apply(p, r, 25.4, 25.4)
		var bad *LayoutError
		if errors.As(err, &bad) {
			if kind != pattern.AlongX && kind != pattern.AlongY && kind != pattern.None {
				t.Fatal(err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		all, cell := pixels(got), pixels(p)
		for y := range got.Height {
			for x := range got.Width {
				cx, cy, ok := r.Source(x, y, w, h)
				if !ok || !bytes.Equal(all[3*(y*got.Width+x):][:3], cell[3*(cy*w+cx):][:3]) {
					t.Fatalf("%v of %v: pixel %d,%d is not that of the plane", l, r, x, y)
				}
			}
		}
		if l.Kind == Multiple {
			rw, rh := r.RectangleSize(w, h)
			if got.Width != rw*l.Across || got.Height != rh*l.Down {
				t.Fatalf("%d x %d", got.Width, got.Height)
			}
		}
	})
}

func TestParseLayout(t *testing.T) {
	for in, want := range map[string]Layout{
		"cell": {}, "Rectangle": {Kind: Rectangle}, "2x3": {Kind: Multiple, Across: 2, Down: 3},
		"150cm x 3m": {Kind: Piece, Width: 1500, Height: 3000}, "54in×2yd": {Kind: Piece, Width: 1371.6, Height: 1828.8},
	} {
		got, err := ParseLayout(in)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v", in, got, err)
		}
		if again, err := ParseLayout(got.String()); err != nil || again.Kind != got.Kind {
			t.Errorf("%q does not come back: %+v, %v", got, again, err)
		}
	}
	for _, in := range []string{"", "x", "0x2", "2x", "-1x3", "9999x1", "3mx2", "tile"} {
		var bad *LayoutError
		if _, err := ParseLayout(in); !errors.As(err, &bad) {
			t.Errorf("%q: %v", in, err)
		}
	}
	if got := Layouts(pattern.Repeat{Kind: pattern.HalfDrop}); len(got) != 2 || got[1].Kind != Rectangle {
		t.Errorf("a half-drop is exported as %v", got)
	}
	if got := Layouts(pattern.Repeat{}); len(got) != 1 {
		t.Errorf("a block is exported as %v", got)
	}
}

func TestDetail(t *testing.T) {
	d := Detail{Generated: pattern.Size{Width: 512, Height: 512}, Upscaled: pattern.Size{Width: 2048, Height: 2048}, File: pattern.Size{Width: 3780, Height: 3780}, Width: 640, Height: 640}
	const want = "Repeat 640 x 640 mm, 3780 x 3780 pixels, 150 DPI in this file. Generated at 512 x 512 (20.3 DPI), upscaled to 2048 x 2048 (81.3 DPI), resampled to 3780 x 3780; effective 20.3 DPI."
	if got := d.Statement(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	d.File, d.Upscaled = pattern.Size{Width: 256, Height: 256}, pattern.Size{}
	if got := d.EffectiveDPI(); got > 10.2 {
		t.Errorf("a file of 256 pixels has %g effective DPI", got)
	}
}

// locked draws an index plane of blobs in so many positions.
func locked(seed uint64, w, h, n int) []uint8 {
	rng := rand.New(rand.NewPCG(seed, 9))
	out := make([]uint8, w*h)
	for range 4 * n {
		cx, cy, r, v := rng.IntN(w), rng.IntN(h), 1+rng.IntN(max(min(w, h)/3, 1)), uint8(rng.IntN(n))
		for y := range h {
			for x := range w {
				if (x-cx)*(x-cx)+(y-cy)*(y-cy) < r*r {
					out[y*w+x] = v
				}
			}
		}
	}
	return out
}

func inks(n int) []Position {
	var out []Position
	for i := range n {
		out = append(out, Position{Name: fmt.Sprintf("ink %c", 'a'+i), Code: fmt.Sprintf("%02d-0000 TCX", i), Chip: color.Chip{R: uint8(250 - 9*i), G: uint8(240 - 10*i), B: uint8(230 - 8*i)}})
	}
	return out
}

func chips(n int) (out color.Palette) {
	for _, p := range inks(n) {
		out = append(out, p.Chip)
	}
	return out
}

// TestButtJoints: without traps exactly one position prints at every pixel, in
// the single screens and in the picture of all inks, cloth or not.
func TestButtJoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, color.MaxPositions).Draw(t, "n")
		w, h := rapid.IntRange(1, 30).Draw(t, "w"), rapid.IntRange(1, 30).Draw(t, "h")
		pos := inks(n)
		cloth := -1
		if rapid.Bool().Draw(t, "cloth") {
			cloth = rapid.IntRange(0, n-1).Draw(t, "which")
			pos[cloth].Cloth = true
		}
		index := locked(rapid.Uint64().Draw(t, "seed"), w, h, n)
		for range rapid.IntRange(0, 3).Draw(t, "bare") {
			index[rapid.IntRange(0, w*h-1).Draw(t, "pixel")] = Bare
		}
		s, err := NewSeparation(index, pattern.Size{Width: w, Height: h}, pattern.Repeat{}, pos)
		if err != nil {
			t.Fatal(err)
		}
		sums := make([]int, w*h)
		for _, p := range s.Printed() {
			for i, v := range pixels(s.Screen(p)) {
				sums[i] += 255 - int(v)
			}
		}
		all := s.Inks()
		samples, k := pixels(all), all.Samples()
		for i, sum := range sums {
			together := 0
			for _, v := range samples[k*i : k*i+k] {
				together += int(v)
			}
			want := 255
			if int(index[i]) == cloth || index[i] == Bare {
				want = 0
			}
			if sum != want || together != want {
				t.Fatalf("pixel %d prints %d of 255, in one file %d", i, sum, together)
			}
		}
		if got := s.Screens(); got.Count != k || got.Colours != n {
			t.Fatalf("%+v for %d positions, cloth %d", got, n, cloth)
		}
	})
}

// TestTrap: against the distance to every pixel of the plane, one by one. What
// prints beside a position is a lighter one, within the trap's width of one of
// its own pixels, and all that is within prints.
func TestTrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := pattern.Repeat{Kind: pattern.Kind(rapid.IntRange(0, 7).Draw(t, "kind"))}
		if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
			r.D = rapid.IntRange(2, 4).Draw(t, "d")
			r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
		}
		n := rapid.IntRange(2, 5).Draw(t, "positions")
		w, h := 12*rapid.IntRange(1, 2).Draw(t, "w"), 12*rapid.IntRange(1, 2).Draw(t, "h")
		pos := inks(n)
		index := locked(rapid.Uint64().Draw(t, "seed"), w, h, n)
		if rapid.Bool().Draw(t, "bare") {
			index[rapid.IntRange(0, w*h-1).Draw(t, "pixel")] = Bare
		}
		s, err := NewSeparation(index, pattern.Size{Width: w, Height: h}, r, pos)
		if err != nil {
			t.Fatal(err)
		}
		const dpiX, dpiY = 254.0, 200.0
		width := pattern.Length(rapid.Float64Range(0.14, 0.7).Draw(t, "mm"))
		if err := s.Trap(context.Background(), dpiX, dpiY, AllTraps(pos, width)); err != nil {
			t.Fatal(err)
		}
		px, py := 25.4/dpiX, 25.4/dpiY
		for y := range h {
			for x := range w {
				own := int(index[y*w+x])
				want := uint32(0)
				for dy := -8; dy <= 8; dy++ {
					for dx := -8; dx <= 8; dx++ {
						mm := float64(dx)*px*float64(dx)*px + float64(dy)*py*float64(dy)*py
						if cx, cy, ok := r.Source(x+dx, y+dy, w, h); ok && mm <= float64(width*width)+1e-9 {
							if v := int(index[cy*w+cx]); v < own && own != Bare { // inks darken with their number
								want |= 1 << v
							}
						}
					}
				}
				if got := s.under[y*w+x]; got != want {
					t.Fatalf("%v: under pixel %d,%d of ink %d lie %b, want %b", r, x, y, own, got, want)
				}
			}
		}
	})
}

func TestTrapErrors(t *testing.T) {
	pos := inks(3)
	pos[0].Cloth = true
	s, err := NewSeparation(locked(1, 9, 9, 3), pattern.Size{Width: 9, Height: 9}, pattern.Repeat{}, pos)
	if err != nil {
		t.Fatal(err)
	}
	for name, tr := range map[string]Trap{"cloth": {0, 1, 1}, "itself": {1, 1, 1}, "beyond": {1, 3, 1}, "thin": {1, 2, 0.01}, "wide": {1, 2, 99}, "negative": {1, 2, -1}} {
		var bad *TrapError
		if err := s.Trap(context.Background(), 150, 150, []Trap{tr}); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.under != nil {
		t.Error("a refused trap left something")
	}
	if err := s.FallOn([]FallOn{{Over: 2, Under: 1}}); err != nil {
		t.Fatal(err)
	}
	for i, v := range s.index {
		if s.prints(1, i) != (v == 1 || v == 2) || s.prints(2, i) != (v == 2) {
			t.Fatalf("pixel %d of position %d", i, v)
		}
	}
}

// TestMarksLieOutside: inside of the margin the screens are untouched, and
// outside of it something lies on all four sides.
func TestMarksLieOutside(t *testing.T) {
	index := locked(2, 200, 160, 4)
	s, err := NewSeparation(index, pattern.Size{Width: 200, Height: 160}, pattern.Repeat{}, inks(4))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Picture{"screen": s.Screen(2), "inks": s.Inks()} {
		n := p.Samples()
		labels := slices.Repeat([]string{"R-1021 1/4 ink a"}, n)
		m, err := WithMarks(p, 150, 150, Marks{labels})
		if err != nil {
			t.Fatal(err)
		}
		mx, my := (m.Width-p.Width)/2, (m.Height-p.Height)/2
		got, want := pixels(m), pixels(p)
		none := byte(0)
		if p.Model == Gray {
			none = 255
		}
		var sides [4]int
		for y := range m.Height {
			row := got[n*y*m.Width : n*(y+1)*m.Width]
			if y >= my && y < my+p.Height {
				if !bytes.Equal(row[n*mx:n*(mx+p.Width)], want[n*(y-my)*p.Width:n*(y-my+1)*p.Width]) {
					t.Fatalf("%s: row %d of the repeat is changed", name, y-my)
				}
			}
			for x := range m.Width {
				for c := range n {
					if row[n*x+c] == none {
						continue
					}
					switch {
					case y < my:
						sides[0]++
					case y >= my+p.Height:
						sides[1]++
					case x < mx:
						sides[2]++
					case x >= mx+p.Width:
						sides[3]++
					}
				}
			}
		}
		// Two ticks at each corner, 6 mm long, a pixel wide.
		const tick = 35 // 6 mm at 150 DPI
		for _, cx := range []int{mx, m.Width - mx} {
			for _, cy := range []int{my, m.Height - my} {
				across, down := 0, 0
				for d := -mx; d < mx; d++ {
					if d >= -1 && d <= 0 {
						continue
					}
					for _, off := range []int{-1, 0} {
						outX, outY := cx == mx == (d < 0), cy == my == (d < 0)
						if outX && got[n*((cy+off)*m.Width+cx+d)] != none {
							across++
						}
						if outY && got[n*((cy+d)*m.Width+cx+off)] != none {
							down++
						}
					}
				}
				if abs(across-tick) > 2 || abs(down-tick) > 2 {
					t.Errorf("%s: ticks at %d,%d are %d and %d pixels, want %d", name, cx, cy, across, down, tick)
				}
			}
		}
		if slices.Min(sides[:]) < 20 || sides[1] <= sides[0]+50 {
			t.Errorf("%s: marks of %v pixels", name, sides)
		}
	}
}

func TestIndexRoundTrip(t *testing.T) {
	const w, h, n = 61, 47, 7
	index := locked(4, w, h, n)
	palette := chips(n)
	p, err := FromIndex(index, w, h, palette)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	img, err := png.Decode(bytes.NewReader(write(t, func(w io.Writer) error { return WritePNG(ctx, w, p, Meta{}) })))
	if err != nil {
		t.Fatal(err)
	}
	if pal := img.(*image.Paletted); len(pal.Palette) != n || !bytes.Equal(pal.Pix, index) {
		t.Errorf("the PNG has %d colours, or other places in them", len(pal.Palette))
	}
	img, err = tiff.Decode(bytes.NewReader(write(t, func(w io.Writer) error { return WriteTIFF(ctx, w, p, Meta{}, TIFF{}) })))
	if err != nil {
		t.Fatal(err)
	}
	got := FromImage(img)
	if got.Model != Indexed || !bytes.Equal(pixels(got), index) || !slices.EqualFunc(got.Palette[:n], palette, func(a, b color.Chip) bool { return a.Hex() == b.Hex() }) {
		t.Errorf("the TIFF came back as %v with %v", got.Model, got.Palette[:n])
	}
	for _, v := range []uint8{7, Bare} {
		if _, err := FromIndex([]uint8{0, v}, 2, 1, palette); err == nil {
			t.Errorf("place %d beyond the palette was taken", v)
		}
	}
}

// run calls another program, or skips the test where it is not installed.
func run(t *testing.T, name string, arg ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed; make setup-test installs it", name)
	}
	out, err := exec.Command(name, arg...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arg, err, out)
	}
	return string(out)
}

// exif asks exiftool for all tags of a file by group and name.
func exif(t *testing.T, path string) map[string]any {
	t.Helper()
	var out []map[string]any
	if err := json.Unmarshal([]byte(run(t, "exiftool", "-j", "-G0", "-n", path)), &out); err != nil {
		t.Fatal(err)
	}
	for k, v := range out[0] {
		if strings.HasSuffix(k, ":Warning") || strings.HasSuffix(k, ":Error") {
			t.Errorf("%s: %s %v", filepath.Base(path), k, v)
		}
	}
	return out[0]
}

// put writes files of a set into a fresh folder.
func put(t *testing.T, files map[string]func(io.Writer) error) string {
	t.Helper()
	dir := t.TempDir()
	var s file.Set
	for name, f := range files {
		if err := s.Add(filepath.Join(dir, name), f); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// inverse is a transform for tests that need one, and no press: what a colour
// lacks is ink, and black takes none.
type inverse struct{}

func (inverse) Row(dst, src []uint16) {
	for i := range len(src) / 3 {
		dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = ^src[3*i], ^src[3*i+1], ^src[3*i+2], 0
	}
}

// TestOthersAgree: exiftool and ImageMagick find the size, resolution, profile,
// channels, description and identity that were written.
func TestOthersAgree(t *testing.T) {
	ctx := context.Background()
	deep, flat := sample(90, 60, 16, true, 6), sample(90, 60, 8, true, 6)
	clearer := sample(90, 60, 8, false, 6)
	palette := chips(5)
	index, err := FromIndex(locked(4, 90, 60, 5), 90, 60, palette)
	if err != nil {
		t.Fatal(err)
	}
	m := described(81.28)
	cmyk, err := flat.ToCMYK(inverse{})
	if err != nil {
		t.Fatal(err)
	}
	press := m
	press.Profile = cmykProfile()
	dir := put(t, map[string]func(io.Writer) error{
		"deep.png":    func(w io.Writer) error { return WritePNG(ctx, w, deep, m) },
		"index.png":   func(w io.Writer) error { return WritePNG(ctx, w, index, m) },
		"flat.jpg":    func(w io.Writer) error { return WriteJPEG(ctx, w, flat, m, JPEG{}) },
		"flat.tif":    func(w io.Writer) error { return WriteTIFF(ctx, w, flat, m, TIFF{}) },
		"deep.tif":    func(w io.Writer) error { return WriteTIFF(ctx, w, deep, m, TIFF{Deflate}) },
		"clear.tif":   func(w io.Writer) error { return WriteTIFF(ctx, w, clearer, m, TIFF{}) },
		"index.tif":   func(w io.Writer) error { return WriteTIFF(ctx, w, index, m, TIFF{}) },
		"flat.psd":    func(w io.Writer) error { return WritePSD(ctx, w, flat, nil, m) },
		"deep.psd":    func(w io.Writer) error { return WritePSD(ctx, w, deep, nil, m) },
		"printed.tif": func(w io.Writer) error { return WriteTIFF(ctx, w, cmyk, press, TIFF{}) },
	})
	for name, want := range map[string]struct {
		p     *Picture
		depth string
	}{"deep.png": {deep, "16"}, "index.png": {index, "8"}, "flat.jpg": {flat, "8"}, "flat.tif": {flat, "8"}, "deep.tif": {deep, "16"}, "clear.tif": {clearer, "8"}, "index.tif": {index, "8"}, "flat.psd": {flat, "8"}, "deep.psd": {deep, "16"}, "printed.tif": {cmyk, "8"}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			e := exif(t, path)
			text := fmt.Sprint(e)
			profile := "sRGB IEC61966-2.1"
			if want.p.Model == CMYK {
				profile = "press of a test"
			}
			for _, part := range []string{profile, "R-1021 Rötlich", "effective 20.3 DPI", `"version":"sha256:9af3"`} {
				if !strings.Contains(text, part) {
					t.Errorf("exiftool finds no %q in\n%s", part, text)
				}
			}
			got := strings.TrimSpace(run(t, "identify", "-units", "PixelsPerInch", "-format", "%w %h %[fx:resolution.x*100] %z %[channels]", path+"[0]"))
			f := strings.Fields(got)
			if f[0] != "90" || f[1] != "60" || f[3] != want.depth {
				t.Errorf("identify: %s", got)
			}
			exact := map[string]bool{"8128": true, "8127.9": true, "8127.88": true, "8127.9984": true, "8128.02": true}
			if name == "flat.jpg" {
				exact = map[string]bool{"8100": true, "8128": true}
			}
			if !exact[f[2]] && !strings.HasPrefix(f[2], "8127.9") && !strings.HasPrefix(f[2], "8128.0") {
				t.Errorf("identify finds %s hundredths of a DPI", f[2])
			}
			switch {
			case want.p.Model == CMYK && !strings.HasPrefix(f[4], "cmyk"), name == "clear.tif" && f[4] != "srgba":
				t.Errorf("channels %s", f[4])
			case want.p.Model == Indexed:
				if n := strings.TrimSpace(run(t, "identify", "-format", "%k", path)); n != fmt.Sprint(used(index)) {
					t.Errorf("%s colours in the file", n)
				}
			}
			// The samples, in somebody else's decoder.
			if name != "flat.jpg" && want.p.Model != CMYK {
				q := want.p
				if q.Model == Indexed {
					q = q.RGB()
				}
				kind := map[Model]string{RGB: "rgb:-", RGBA: "rgba:-"}[q.Model]
				raw := run(t, "convert", path+"[0]", "-depth", fmt.Sprint(q.Bits), "-endian", "MSB", kind)
				if raw != string(pixels(q)) {
					t.Errorf("ImageMagick reads other samples")
				}
			}
		})
	}
	if out := run(t, "identify", "-format", "%[jpeg:sampling-factor] %Q", filepath.Join(dir, "flat.jpg")); out != "1x1,1x1,1x1 95" {
		t.Errorf("identify: a JPEG of %s", out)
	}
	if out := run(t, "tiffinfo", filepath.Join(dir, "flat.tif")); !strings.Contains(out, "LZW") || !strings.Contains(out, "Resolution: 81.28, 81.28 pixels/inch") {
		t.Errorf("tiffinfo:\n%s", out)
	}
	if out := run(t, "tiffinfo", "-D", filepath.Join(dir, "printed.tif")); !strings.Contains(out, "separated") || strings.Contains(out, "arning") {
		t.Errorf("tiffinfo:\n%s", out)
	}
	if raw := run(t, "convert", filepath.Join(dir, "printed.tif"), "-depth", "8", "cmyk:-"); raw != string(pixels(cmyk)) {
		t.Error("ImageMagick reads other inks")
	}
}

func used(p *Picture) int {
	var seen [256]bool
	n := 0
	for _, v := range pixels(p) {
		if !seen[v] {
			seen[v] = true
			n++
		}
	}
	return n
}

// cmykProfile is a header and a description, enough for those who only name it.
func cmykProfile() []byte {
	p := append([]byte(nil), file.SRGBProfile()...)
	copy(p[12:], "prtrCMYKLab ")
	return bytes.Replace(p, []byte("sRGB IEC61966-2.1"), []byte("press of a test  "), 1)
}

// TestScreensInOthersEyes: libtiff names the inks, and finds no fault.
func TestScreensInOthersEyes(t *testing.T) {
	pos := inks(6)
	pos[0].Cloth = true
	pos[3].Name = pos[2].Name // told apart by a number
	pos[4].Lab = &color.Lab{61.5, 40, -12}
	s, err := NewSeparation(locked(8, 120, 80, 6), pattern.Size{Width: 120, Height: 80}, pattern.Repeat{Kind: pattern.HalfDrop}, pos)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var set file.Set
	paths, err := s.Add(context.Background(), &set, filepath.Join(dir, "R-1021"), Meta{DPIX: 100, DPIY: 100, Title: "R-1021"}, Plates{Layout: Layout{Kind: Rectangle}, Single: true, Together: true, Photoshop: true})
	if err := errors.Join(err, set.Commit()); err != nil {
		t.Fatal(err)
	}
	if len(paths) != 7 || filepath.Base(paths[2]) != "R-1021 3 ink c 2.tif" {
		t.Fatalf("%q", paths)
	}
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			t.Error(err)
		}
	}
	all := filepath.Join(dir, "R-1021 screens.tif")
	out := run(t, "tiffinfo", "-D", all)
	for _, part := range []string{"Image Width: 240 Image Length: 80", "separated", "Samples/Pixel: 5", "Ink Names: ink b, ink c, ink c 2, ink e, ink f", "NumberOfInks: 5", "InkSet: 2"} {
		if !strings.Contains(out, part) {
			t.Errorf("tiffinfo has no %q in\n%s", part, out)
		}
	}
	if strings.Contains(out, "arning") {
		t.Error(out)
	}
	if e := exif(t, all); !strings.Contains(fmt.Sprint(e["EXIF:ImageDescription"]), "5 screens") || !strings.Contains(fmt.Sprint(e), "ink e") {
		t.Errorf("%v", e)
	}
	one, err := tiff.Decode(bytes.NewReader(must(os.ReadFile(paths[0]))))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Layout{Kind: Rectangle}.Apply(s.Screen(1), s.repeat, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pixels(FromImage(one)), pixels(want)) {
		t.Error("a screen reads otherwise")
	}
}

func TestWatched(t *testing.T) {
	p := sample(50, 80, 8, true, 1)
	for name, f := range map[string]func(*Picture) error{
		"tiff": func(p *Picture) error { return WriteTIFF(context.Background(), io.Discard, p, Meta{}, TIFF{}) },
		"psd":  func(p *Picture) error { return WritePSD(context.Background(), io.Discard, p, nil, Meta{}) },
	} {
		var seen [81]atomic.Int32
		err := f(p.Watched(func(rows, of int) {
			if of != 80 {
				t.Errorf("%s: of %d", name, of)
			}
			seen[rows].Add(1)
		}))
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= 80; i++ {
			if n := seen[i].Load(); n != 1 {
				t.Errorf("%s: row %d was reported %d times", name, i, n)
			}
		}
	}
}

// TestPSDInkIsDark: Photoshop's channels have ink as 0 and none as 255, a
// TIFF's the other way round.
func TestPSDInkIsDark(t *testing.T) {
	s, err := NewSeparation([]uint8{0, 1}, pattern.Size{Width: 2, Height: 1}, pattern.Repeat{}, inks(2))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	data := write(t, func(w io.Writer) error { return WritePSD(ctx, w, s.Inks(), nil, Meta{}) })
	// Two rows by PackBits, each two bytes as they are.
	if want := []byte{1, 0, 255, 1, 255, 0}; !bytes.HasSuffix(data, want) {
		t.Errorf("a PSD ends in %v, want %v", data[len(data)-6:], want)
	}
	data = write(t, func(w io.Writer) error { return WriteTIFF(ctx, w, s.Inks(), Meta{}, TIFF{Plain}) })
	if want := []byte{255, 0, 0, 255}; !bytes.Equal(data[8:12], want) {
		t.Errorf("a TIFF has %v, want %v", data[8:12], want)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
