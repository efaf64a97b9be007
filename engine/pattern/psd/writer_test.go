package psd

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// unpackBits is TIFF 6.0's description of PackBits read the other way.
func unpackBits(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		switch n := int(int8(data[0])); {
		case n >= 0:
			out = append(out, data[1:n+2]...)
			data = data[n+2:]
		default:
			out = append(out, bytes.Repeat(data[1:2], 1-n)...)
			data = data[2:]
		}
	}
	return out
}

func TestPackBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0, 7, 255}), 0, 700).Draw(t, "data")
		packed := packBits(nil, data)
		if got := unpackBits(packed); !bytes.Equal(got, data) {
			t.Fatalf("%v came back as %v", data, got)
		}
		if len(packed) > len(data)+len(data)/128+1 {
			t.Fatalf("%d bytes became %d", len(data), len(packed))
		}
	})
}

// judge is a script for psd-tools: what it finds in a file, as JSON.
const judge = `
import sys, json
from psd_tools import PSDImage
from psd_tools.constants import Resource
p = PSDImage.open(sys.argv[1])
def raw(image):
    return None if image is None else [image.mode, list(image.size), image.tobytes().hex()]
r = p.image_resources
out = {
    "mode": int(p.color_mode), "size": list(p.size), "depth": p.depth, "channels": p.channels,
    "layers": [{"name": l.name, "opacity": l.opacity, "blend": l.blend_mode.value.decode(), "visible": l.visible,
                "box": list(l.bbox), "pixels": raw(l.topil())} for l in p],
    "icc": len(r.get_data(Resource.ICC_PROFILE) or b""),
    "names": [n.rstrip("\0") for n in r.get_data(Resource.ALPHA_NAMES_UNICODE) or []] if Resource.ALPHA_NAMES_UNICODE in r else [],
}
if Resource.RESOLUTION_INFO in r:
    info = r.get_data(Resource.RESOLUTION_INFO)
    out["dpi"] = [info.horizontal / 65536, info.vertical / 65536] if info.horizontal > 65535 else [info.horizontal, info.vertical]
planes = p._record.image_data.get_data(p._record.header)
out["planes"] = [bytes(b).hex() for b in planes]
print(json.dumps(out))
`

// psdTools opens a file in psd-tools, of Debian's python3-psd-tools.
func psdTools(t *testing.T, path string) map[string]any {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import psd_tools").Run(); err != nil {
		t.Skip("psd-tools is not installed for ", python, "; make setup-test installs it")
	}
	out, err := exec.Command(python, "-c", judge, path).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("psd-tools: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var found map[string]any
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return found
}

func numbers(v ...float64) []any {
	var out []any
	for _, x := range v {
		out = append(out, x)
	}
	return out
}

// TestPSDToolsAgrees: names, opacity, blend modes, visibility, places and pixels
// of layers, and the composite picture's planes, in 8 and 16 bits.
func TestPSDToolsAgrees(t *testing.T) {
	for _, bits := range []int{8, 16} {
		size := bits / 8
		noise := func(seed uint64, n int) []byte {
			rng := rand.New(rand.NewPCG(seed, 1))
			out := make([]byte, n)
			for i := range out {
				out[i] = byte(rng.IntN(4) * 85) // 16 bit samples of two such bytes
				if size == 2 && i%2 == 1 {
					out[i] = out[i-1]
				}
			}
			return out
		}
		const w, h = 33, 21
		composite := noise(1, 4*w*h*size)
		layers := []struct {
			name, blend, key string
			opacity          uint8
			hidden           bool
			box              image.Rectangle
		}{
			{"ground", "normal", "norm", 255, false, image.Rect(0, 0, w, h)},
			{"Blätter 🌿 long name of a layer", "multiply", "mul ", 128, false, image.Rect(3, 4, 20, 17)},
			{"over the edge", "soft-light", "sLit", 13, true, image.Rect(-5, -3, 12, 40)},
			{"glow", "color-dodge", "div ", 200, false, image.Rect(30, 20, 33, 21)},
		}
		s := Sheet{Width: w, Height: h, Bits: bits, Alpha: true, DPIX: 150, DPIY: 81.28, Profile: make([]byte, 333), XMP: []byte("<x/>")}
		s.Plane = func(dst []byte, c, y int) { copy(dst, composite[(c*h+y)*w*size:][:w*size]) }
		var pixels [][]byte
		for i, l := range layers {
			data := noise(uint64(2+i), 4*l.box.Dx()*l.box.Dy()*size)
			pixels = append(pixels, data)
			s.Layers = append(s.Layers, SheetLayer{Name: l.name, Opacity: l.opacity, Blend: l.blend, Hidden: l.hidden, Bounds: l.box,
				Row: func(dst []byte, y int) { n := 4 * l.box.Dx() * size; copy(dst, data[y*n:][:n]) }})
		}
		var b bytes.Buffer
		if err := Write(context.Background(), &b, s); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "layers.psd")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got := psdTools(t, path)
		for key, want := range map[string]any{"mode": 3.0, "size": numbers(w, h), "depth": float64(bits), "channels": 4.0, "icc": 333.0} {
			if !reflect.DeepEqual(got[key], want) {
				t.Errorf("%d bits: %s is %v, want %v", bits, key, got[key], want)
			}
		}
		found, _ := got["layers"].([]any)
		if len(found) != len(layers) {
			t.Fatalf("%d bits: %d layers", bits, len(found))
		}
		for i, l := range layers {
			f, _ := found[i].(map[string]any)
			want := map[string]any{"name": l.name, "opacity": float64(l.opacity), "blend": l.key, "visible": !l.hidden,
				"box": numbers(float64(l.box.Min.X), float64(l.box.Min.Y), float64(l.box.Max.X), float64(l.box.Max.Y))}
			for key, v := range want {
				if !reflect.DeepEqual(f[key], v) {
					t.Errorf("%d bits, layer %q: %s is %v, want %v", bits, l.name, key, f[key], v)
				}
			}
			picture, _ := f["pixels"].([]any)
			eight := pixels[i]
			if size == 2 {
				eight = nil
				for k := 0; k < len(pixels[i]); k += 2 {
					eight = append(eight, pixels[i][k])
				}
			}
			if len(picture) != 3 || picture[0] != "RGBA" || picture[2] != hexed(eight) {
				t.Errorf("%d bits, layer %q: other pixels", bits, l.name)
			}
		}
		planes, _ := got["planes"].([]any)
		for c, p := range planes {
			if p != hexed(composite[c*w*h*size:(c+1)*w*h*size]) {
				t.Errorf("%d bits: plane %d of the composite differs", bits, c)
			}
		}
	}
}

func hexed(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, v := range b {
		out = append(out, digits[v>>4], digits[v&15])
	}
	return string(out)
}

// TestSpotChannels: a multichannel document has its inks' names, and their
// colours where Photoshop looks for them.
func TestSpotChannels(t *testing.T) {
	spots := []Spot{{Name: "madder", R: 168, G: 50, B: 50}, {Name: "Krapp dünn", Lab: &[3]float64{61.5, 40, -12.25}}, {Name: "ink"}}
	s := Sheet{Width: 9, Height: 5, Bits: 8, Spots: spots, DPIX: 100, DPIY: 100}
	s.Plane = func(dst []byte, c, y int) {
		for x := range dst {
			dst[x] = byte(100*c + 10*y + x)
		}
	}
	var b bytes.Buffer
	if err := Write(context.Background(), &b, s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "spots.psd")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range SpotResources(spots) {
		if r.ID != resourceDisplay {
			continue
		}
		be := binary.BigEndian
		second := r.Data[14:28]
		if len(r.Data) != 3*14 || be.Uint16(r.Data[2:]) != 168*257 || be.Uint16(second) != 7 || be.Uint16(second[2:]) != 6150 || int16(be.Uint16(second[6:])) != -1225 || second[12] != 2 {
			t.Errorf("display info %x", r.Data)
		}
	}
	got := psdTools(t, path)
	for key, want := range map[string]any{"mode": 7.0, "channels": 3.0, "depth": 8.0, "names": []any{"madder", "Krapp dünn", "ink"}} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	planes, _ := got["planes"].([]any)
	for c, p := range planes {
		var want []byte
		for y := range 5 {
			for x := range 9 {
				want = append(want, byte(100*c+10*y+x))
			}
		}
		if p != hexed(want) {
			t.Errorf("ink %d differs", c)
		}
	}
}

// TestBothWaysAreOne: a composite picture too large to hold has the same bytes.
func TestBothWaysAreOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	data := make([]byte, 3*40*30)
	for i := range data {
		data[i] = byte(rng.IntN(2))
	}
	s := Sheet{Width: 40, Height: 30, Bits: 8, Plane: func(dst []byte, c, y int) { copy(dst, data[(c*30+y)*40:][:40]) }}
	var held, twice bytes.Buffer
	if err := errors.Join(s.composite(context.Background(), &held), s.compositeTwice(context.Background(), &twice)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(held.Bytes(), twice.Bytes()) {
		t.Error("the two ways differ")
	}
}

func TestSheetsThatDoNotFit(t *testing.T) {
	plane := func([]byte, int, int) {}
	row := func([]byte, int) {}
	good := Sheet{Width: 2, Height: 2, Bits: 8, Plane: plane}
	for name, change := range map[string]func(*Sheet){
		"size":   func(s *Sheet) { s.Width = 30001 },
		"bits":   func(s *Sheet) { s.Bits = 32 },
		"plane":  func(s *Sheet) { s.Plane = nil },
		"spots":  func(s *Sheet) { s.Spots = make([]Spot, 57) },
		"both":   func(s *Sheet) { s.Spots, s.Alpha = make([]Spot, 2), true },
		"blend":  func(s *Sheet) { s.Layers = []SheetLayer{{Name: "x", Blend: "glitter", Row: row}} },
		"no row": func(s *Sheet) { s.Layers = []SheetLayer{{Name: "x"}} },
		"layers": func(s *Sheet) { s.Layers = make([]SheetLayer, 9000) },
	} {
		s := good
		change(&s)
		var bad *WriteError
		if err := Write(context.Background(), &bytes.Buffer{}, s); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := Write(ctx, &bytes.Buffer{}, good); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled document: %v", err)
	}
}
