package file

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/image/tiff/lzw"
	"pgregory.net/rapid"
)

// sample draws a picture of a kind: 0 NRGBA opaque, 1 NRGBA with alpha, 2
// NRGBA64 opaque, 3 NRGBA64 with alpha, each inside of a larger one, so that
// rows have a stride.
func sample(kind, w, h int, seed uint64) image.Image {
	rng := rand.New(rand.NewPCG(seed, uint64(kind)))
	box, inner := image.Rect(0, 0, w+5, h+3), image.Rect(2, 1, 2+w, 1+h)
	if kind < 2 {
		img := image.NewNRGBA(box)
		for i := range img.Pix {
			img.Pix[i] = uint8(rng.Uint32())
			if kind == 0 && i%4 == 3 {
				img.Pix[i] = 255
			}
		}
		return img.SubImage(inner)
	}
	img := image.NewNRGBA64(box)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
		if kind == 2 && i%8 >= 6 {
			img.Pix[i] = 255
		}
	}
	return img.SubImage(inner)
}

func same(a, b image.Image) error {
	if a.Bounds().Dx() != b.Bounds().Dx() || a.Bounds().Dy() != b.Bounds().Dy() {
		return fmt.Errorf("bounds %v and %v", a.Bounds(), b.Bounds())
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p := color.NRGBA64Model.Convert(a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y))
			q := color.NRGBA64Model.Convert(b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y))
			if p != q {
				return fmt.Errorf("pixel %d,%d is %v, was %v", x, y, q, p)
			}
		}
	}
	return nil
}

const request = `{"prompt":"rötlich \"tulips\" on 🌷 cream","seed":18446744073709551615,"n":[1,2.5e-3]}`

// TestRoundTrip: both formats, both depths, with and without alpha, give back
// pixels, resolution, profile and request.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.IntRange(0, 3).Draw(t, "kind")
		img := sample(kind, rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 90).Draw(t, "h"), rapid.Uint64().Draw(t, "seed"))
		m := Meta{Request: []byte(request)}
		if rapid.Bool().Draw(t, "sized") {
			m.DPIX, m.DPIY = rapid.Float64Range(1, 5000).Draw(t, "x"), rapid.Float64Range(1, 5000).Draw(t, "y")
		}
		for format, encode := range map[string]func(io.Writer, image.Image, Meta) error{"png": EncodePNG, "tiff": EncodeTIFF} {
			var buf bytes.Buffer
			if err := encode(&buf, img, m); err != nil {
				t.Fatal(err)
			}
			got, info, err := Decode(buf.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if err := same(img, got); err != nil {
				t.Fatalf("%s of kind %d: %v", format, kind, err)
			}
			if info.Format != format || info.Profile != "sRGB IEC61966-2.1" {
				t.Fatalf("%+v", info)
			}
			if math.Abs(info.DPIX-m.DPIX) > 0.013 || math.Abs(info.DPIY-m.DPIY) > 0.013 {
				t.Fatalf("%s: %g x %g DPI, want %g x %g", format, info.DPIX, info.DPIY, m.DPIX, m.DPIY)
			}
			var a, b any
			if json.Unmarshal(info.Request, &a) != nil || json.Unmarshal([]byte(request), &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
				t.Fatalf("%s: request %s", format, info.Request)
			}
		}
	})
}

// TestLZW: every length around the places where codes grow and the table is
// cleared unpacks to what was packed, in another's unpacker.
func TestLZW(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 9000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	check := func(data []byte) {
		t.Helper()
		r := lzw.NewReader(bytes.NewReader(PackLZW(data)), lzw.MSB, 8)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: %d came back, %v", len(data), len(got), err)
		}
	}
	for n := range 4500 {
		check(noise[:n])
	}
	check(noise)
	check(make([]byte, 1<<20))
	for range 50 {
		data := make([]byte, rng.IntN(200000))
		for i := range data {
			data[i] = byte(rng.IntN(3) * rng.IntN(2))
		}
		check(data)
	}
}

func TestManyStrips(t *testing.T) {
	img := sample(2, 700, 300, 1)
	var a, b bytes.Buffer
	if err := EncodeTIFF(&a, img, Meta{}); err != nil {
		t.Fatal(err)
	}
	if err := EncodeTIFF(&b, img, Meta{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same picture gives two files")
	}
	got, _, err := Decode(a.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := same(img, got); err != nil {
		t.Error(err)
	}
}

func TestCleanLeavesNothing(t *testing.T) {
	img := sample(0, 8, 8, 1)
	m := Meta{DPIX: 150, DPIY: 150, Request: []byte(`{"prompt":"secret prompt","seed":4711}`)}
	for format, encode := range map[string]func(io.Writer, image.Image, Meta) error{"png": EncodePNG, "tiff": EncodeTIFF} {
		var with, without bytes.Buffer
		if err := errors.Join(encode(&with, img, m), encode(&without, img, m.Clean())); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"secret", "4711", Keyword} {
			if !bytes.Contains(with.Bytes(), []byte(word)) {
				t.Errorf("%s: a working file lacks %q", format, word)
			}
			if bytes.Contains(without.Bytes(), []byte(word)) {
				t.Errorf("%s: a clean file holds %q", format, word)
			}
		}
	}
}

func TestReadRequest(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.TIFF"} {
		path := filepath.Join(dir, name)
		if err := Write(path, sample(0, 9, 9, 2), Meta{Request: []byte(`{"seed":1}`)}); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadRequest(path); err != nil || string(got) != `{"seed":1}` {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if err := Write(path, sample(0, 9, 9, 2), Meta{}); err != nil {
			t.Fatal(err)
		}
		_, err := ReadRequest(path)
		var none *NoRequestError
		if !errors.As(err, &none) || none.Path != path {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Write(filepath.Join(dir, "c.gif"), sample(0, 9, 9, 2), Meta{}); err == nil {
		t.Error("a GIF was written")
	}
	if err := Write(filepath.Join(dir, "c.png"), sample(0, 9, 9, 2), Meta{Request: []byte("{")}); err == nil {
		t.Error("a request that is not JSON was written")
	}
	if err := Write(filepath.Join(dir, "c.png"), sample(0, 9, 9, 2), Meta{DPIX: math.NaN(), DPIY: 1}); err == nil {
		t.Error("NaN DPI was written")
	}
}

// bigPNG, bigTIFF and bigJPEG are headers of pictures that nobody has.
func bigPNG(w, h uint32) []byte {
	out := bytes.NewBufferString(pngSignature)
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk(out, "IHDR", append(body, 8, 2, 0, 0, 0))
	chunk(out, "IDAT", deflated(make([]byte, 1000)))
	chunk(out, "IEND", nil)
	return out.Bytes()
}

func bigTIFF(t testing.TB, w, h uint32) []byte {
	var buf bytes.Buffer
	if err := EncodeTIFF(&buf, sample(0, 4, 4, 1), Meta{}); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	at := binary.LittleEndian.Uint32(data[4:])
	binary.LittleEndian.PutUint32(data[at+2+8:], w)
	binary.LittleEndian.PutUint32(data[at+2+12+8:], h)
	return data
}

func bigJPEG(t testing.TB, w, h uint16) []byte {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, sample(0, 16, 16, 1), nil); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	at := bytes.Index(data, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(data[at+5:], h)
	binary.BigEndian.PutUint16(data[at+7:], w)
	return data
}

func TestHugeHeadersAreRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"png 100000":  bigPNG(100000, 100000),
		"png 20000":   bigPNG(12000, 12000),
		"tiff 100000": bigTIFF(t, 100000, 100000),
		"tiff 12000":  bigTIFF(t, 12000, 12000),
		"jpeg 65535":  bigJPEG(t, 65535, 65535),
		"jpeg 9000":   bigJPEG(t, 9000, 9000),
	} {
		before := testing.AllocsPerRun(1, func() {
			_, _, err := Decode(data)
			var te *TooLargeError
			if !errors.As(err, &te) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if before > 10000 {
			t.Errorf("%s: %g allocations", name, before)
		}
	}
}

func TestBadFiles(t *testing.T) {
	good := func(encode func(io.Writer, image.Image, Meta) error) []byte {
		var buf bytes.Buffer
		if err := encode(&buf, sample(0, 20, 20, 1), Meta{Request: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	p, f := good(EncodePNG), good(EncodeTIFF)
	for name, data := range map[string][]byte{
		"empty": {}, "text": []byte("hello"), "signature": []byte(pngSignature), "tiff signature": []byte("II\x2a\x00"),
		"cut png": p[:len(p)/2], "cut tiff": f[:100], "zero tiff": bigTIFF(t, 0, 5),
	} {
		_, _, err := Decode(data)
		var fe *FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	if _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, _, err := Read(filepath.Join(dir, "none.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(dir, "x.png")
	if err := os.WriteFile(path, p[:len(p)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("the message does not name the file: %v", err)
	}
}

func left(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFullDiskLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "cell.png")
	if err := os.WriteFile(old, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	var s Set
	if err := s.Add(old, func(w io.Writer) error { return EncodePNG(w, sample(0, 50, 50, 1), Meta{}) }); err != nil {
		t.Fatal(err)
	}
	err := s.Add(filepath.Join(dir, "cell-rectangle.png"), func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 5000)); err != nil {
			return err
		}
		return fmt.Errorf("write: %w", syscall.ENOSPC)
	})
	var we *WriteError
	if !errors.As(err, &we) || !we.Full() || !strings.Contains(err.Error(), "no space is left") {
		t.Fatalf("error %v", err)
	}
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := left(t, dir); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "before" {
		t.Errorf("the old file is now %q, %v", data, err)
	}
}

// TestReallyFullDisk writes to a file system of 64 KiB, where one can be made.
func TestReallyFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).Run(); err != nil {
		t.Skip("no small file system can be mounted here: ", err)
	}
	defer func() {
		if err := exec.Command("umount", dir).Run(); err != nil {
			t.Error(err)
		}
	}()
	err := Write(filepath.Join(dir, "a.tiff"), sample(0, 300, 300, 1), Meta{})
	var we *WriteError
	if !errors.As(err, &we) || !we.Full() {
		t.Errorf("error %v", err)
	}
	if got := left(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestSetAppearsTogether(t *testing.T) {
	dir := t.TempDir()
	var s Set
	names := []string{"a.png", "b.tif", "c.json"}
	for _, n := range names {
		write := func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err }
		if filepath.Ext(n) != ".json" {
			var err error
			if write, err = Encode(n, sample(1, 6, 6, 1), Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Add(filepath.Join(dir, n), write); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range left(t, dir) {
		if !strings.HasPrefix(n, ".") || !strings.HasSuffix(n, ".part") {
			t.Errorf("%s is there before Commit", n)
		}
	}
	if err := s.Add(filepath.Join(dir, "a.png"), nil); err == nil {
		t.Error("one name twice")
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := left(t, dir); strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%v", got)
	}
	if err := s.Add(filepath.Join(dir, "no", "such", "folder.png"), nil); err == nil {
		t.Error("a folder that is not there")
	}
	if err := s.Add(dir, nil); err == nil {
		t.Error("a folder in the file's place")
	}
}

// TestOtherProgramsAgree asks exiftool, tiffinfo and identify what they see.
func TestOtherProgramsAgree(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, arg ...string) string {
		t.Helper()
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
		out, err := exec.Command(name, arg...).CombinedOutput()
		if err != nil {
			t.Errorf("%s %v: %v\n%s", name, arg, err, out)
		}
		return string(out)
	}
	for kind := range 4 {
		for _, ext := range []string{".png", ".tif"} {
			path := filepath.Join(dir, fmt.Sprint(kind, ext))
			if err := Write(path, sample(kind, 300, 200, 1), Meta{DPIX: 150, DPIY: 150, Request: []byte(request)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("exiftool", func(t *testing.T) {
		for kind := range 4 {
			for _, ext := range []string{".png", ".tif"} {
				out := run("exiftool", "-validate", "-ImageWidth", "-ImageHeight", "-ProfileDescription", "-PixelsPerUnitX", "-PixelUnits", "-BitDepth", "-XResolution", "-YResolution", "-ResolutionUnit", "-Warning", "-n", "-j", filepath.Join(dir, fmt.Sprint(kind, ext)))
				var got []map[string]any
				if err := json.Unmarshal([]byte(out), &got); err != nil {
					t.Fatal(err, out)
				}
				m := got[0]
				if m["ImageWidth"] != 300.0 || m["ImageHeight"] != 200.0 || m["ProfileDescription"] != "sRGB IEC61966-2.1" {
					t.Errorf("%d%s: %v", kind, ext, m)
				}
				if ext == ".png" && (m["PixelsPerUnitX"] != 5906.0 || m["PixelUnits"] != 1.0 || m["BitDepth"] != float64(8*(1+kind/2))) {
					t.Errorf("%d%s: %v", kind, ext, m)
				}
				if ext == ".tif" && (m["XResolution"] != 150.0 || m["YResolution"] != 150.0 || m["ResolutionUnit"] != 2.0) {
					t.Errorf("%d%s: %v", kind, ext, m)
				}
				if w, ok := m["Warning"]; ok {
					t.Errorf("%d%s: exiftool warns: %v", kind, ext, w)
				}
			}
		}
	})
	t.Run("tiffinfo", func(t *testing.T) {
		for kind := range 4 {
			out := run("tiffinfo", "-d", filepath.Join(dir, fmt.Sprint(kind, ".tif")))
			for _, want := range []string{"Image Width: 300 Image Length: 200", "Resolution: 150, 150 pixels/inch", fmt.Sprintf("Bits/Sample: %d", 8*(1+kind/2)), fmt.Sprintf("Samples/Pixel: %d", 3+kind%2), "ICC Profile: <present>"} {
				if !strings.Contains(out, want) {
					t.Errorf("kind %d: no %q in\n%s", kind, want, out)
				}
			}
			if strings.Contains(out, "arning") || strings.Contains(out, "rror") {
				t.Errorf("kind %d: %s", kind, out)
			}
		}
	})
	t.Run("identify", func(t *testing.T) {
		for kind := range 4 {
			for _, ext := range []string{".png", ".tif"} {
				out := run("identify", "-units", "PixelsPerInch", "-format", "%w %h %x %z %[profile:icc]", filepath.Join(dir, fmt.Sprint(kind, ext)))
				var w, h, z int
				var x float64
				if _, err := fmt.Sscan(out, &w, &h, &x, &z); err != nil || w != 300 || h != 200 || math.Abs(x-150) > 0.02 || z != 8*(1+kind/2) || !strings.Contains(out, "sRGB") {
					t.Errorf("%d%s: %s (%v)", kind, ext, out, err)
				}
			}
		}
	})
	t.Run("the same pixels", func(t *testing.T) {
		for kind := range 4 {
			// compare prints the number of different pixels on stderr.
			out := run("compare", "-metric", "AE", filepath.Join(dir, fmt.Sprint(kind, ".png")), filepath.Join(dir, fmt.Sprint(kind, ".tif")), "null:")
			if f := strings.Fields(out); len(f) == 0 || f[0] != "0" {
				t.Errorf("kind %d: %q pixels differ between PNG and TIFF", kind, out)
			}
		}
	})
}

func TestForeignResolutions(t *testing.T) {
	// A big-endian TIFF with centimetres, as other programs write them.
	var buf bytes.Buffer
	if err := EncodeTIFF(&buf, sample(0, 4, 4, 1), Meta{DPIX: 100, DPIY: 50}); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	at := int(binary.LittleEndian.Uint32(data[4:]))
	for i := range int(binary.LittleEndian.Uint16(data[at:])) {
		if e := data[at+2+12*i:]; binary.LittleEndian.Uint16(e) == tagUnit {
			e[8] = 3
		}
	}
	info, err := DecodeInfo(data)
	if err != nil || math.Abs(info.DPIX-254) > 1e-9 || math.Abs(info.DPIY-127) > 1e-9 {
		t.Errorf("%+v, %v", info, err)
	}
	// A compressed iTXt, and one of another keyword.
	png := bigPNG(1, 1)
	var extra bytes.Buffer
	chunk(&extra, "iTXt", append([]byte(Keyword+"\x00\x01\x00de\x00Anfrage\x00"), deflated([]byte(`{"a":1}`))...))
	chunk(&extra, "iTXt", []byte("Comment\x00\x00\x00\x00\x00no"))
	png = append(png[:33:33], append(extra.Bytes(), png[33:]...)...)
	said, err := pngSaid(png)
	if err != nil || string(said.request) != `{"a":1}` {
		t.Errorf("%+v, %v", said, err)
	}
}

func TestProfileIsWellFormed(t *testing.T) {
	icc := SRGBProfile()
	if int(binary.BigEndian.Uint32(icc)) != len(icc) || string(icc[36:40]) != "acsp" || len(icc)%4 != 0 {
		t.Errorf("header of %d bytes: %x", len(icc), icc[:40])
	}
	// The three primaries of an RGB profile add up to its white, D50.
	var sum [3]float64
	for i := range int(binary.BigEndian.Uint32(icc[128:])) {
		e := icc[132+12*i:]
		off := binary.BigEndian.Uint32(e[4:])
		if s := string(e[:4]); s == "rXYZ" || s == "gXYZ" || s == "bXYZ" {
			for c := range sum {
				sum[c] += float64(int32(binary.BigEndian.Uint32(icc[int(off)+8+4*c:]))) / 65536
			}
		}
	}
	for c, want := range []float64{0.9642, 1, 0.8249} {
		if math.Abs(sum[c]-want) > 1e-3 {
			t.Errorf("the primaries add up to %v", sum)
		}
	}
	if crc32.ChecksumIEEE(icc) != crc32.ChecksumIEEE(SRGBProfile()) {
		t.Error("the profile changes")
	}
}

// FuzzDecode: no bytes harm a reader, and whatever is read is what the header
// said.
func FuzzDecode(f *testing.F) {
	for kind := range 4 {
		for _, encode := range []func(io.Writer, image.Image, Meta) error{EncodePNG, EncodeTIFF} {
			var buf bytes.Buffer
			if err := encode(&buf, sample(kind, 7, 5, 1), Meta{DPIX: 150, DPIY: 150, Request: []byte(request)}); err != nil {
				f.Fatal(err)
			}
			f.Add(buf.Bytes())
		}
	}
	f.Add(bigPNG(100000, 100000))
	f.Add(bigTIFF(f, 100000, 3))
	f.Add(bigJPEG(f, 16, 16))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		img, info, err := Decode(data)
		if err != nil {
			var fe *FormatError
			var te *TooLargeError
			if !errors.As(err, &fe) && !errors.As(err, &te) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if img.Bounds().Dx() != info.Width || img.Bounds().Dy() != info.Height {
			t.Fatalf("%+v holds %v", info, img.Bounds())
		}
	})
}

// FuzzInfo: the walks over chunks, tags and profiles stay inside of the bytes.
func FuzzInfo(f *testing.F) {
	f.Add([]byte(pngSignature), SRGBProfile())
	f.Fuzz(func(t *testing.T, data, icc []byte) {
		if said, err := pngSaid(append([]byte(pngSignature), data...)); err == nil && len(said.request) > maxText {
			t.Fatal("a request without bounds")
		}
		if _, err := tiffConfig(append([]byte("MM\x00\x2a"), data...), &said{}); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
		jpegSaid(append([]byte("\xff\xd8"), data...))
		if _, err := webpSaid(append([]byte("RIFF\x00\x00\x00\x00WEBP"), data...)); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
		if name := profileName(icc, "none"); len([]rune(name)) > 64 {
			t.Fatalf("a name of %d runes", len([]rune(name)))
		}
	})
}

// TestAddMends: a format may go back to its beginning, and go on at its end.
func TestAddMends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mended")
	var s Set
	err := s.Add(path, func(w io.Writer) error {
		_, e1 := io.WriteString(w, "0123456789")
		_, e2 := w.(io.WriterAt).WriteAt([]byte("ab"), 2)
		_, e3 := io.WriteString(w, "xyz")
		return errors.Join(e1, e2, e3)
	})
	if err := errors.Join(err, s.Commit()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "01ab456789xyz" {
		t.Errorf("%s, %v", got, err)
	}
}
