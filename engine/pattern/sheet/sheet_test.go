package sheet

import (
	"bytes"
	"context"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/press"
)

// leaves draws a cell of leaves on a ground that joins over the repeat.
func leaves(w, h int, r pattern.Repeat, positions []press.Position) *press.Picture {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	put := func(x, y int, p press.Position) {
		if cx, cy, ok := r.Source(x, y, w, h); ok {
			copy(img.Pix[img.PixOffset(cx, cy):], []uint8{p.Chip.R, p.Chip.G, p.Chip.B, 255})
		}
	}
	for y := range h {
		for x := range w {
			put(x, y, positions[0])
		}
	}
	for k := range 18 {
		p := positions[1+k%(len(positions)-1)]
		turn := float64(k) * 2.4
		cx, cy := float64((k*377)%w), float64((k*611)%h)
		long, wide := float64(w)*(0.07+0.02*float64(k%3)), float64(w)*0.028
		sin, cos := math.Sincos(turn)
		for v := -long; v <= long; v += 0.5 {
			half := wide * math.Cos(v/long*math.Pi/2)
			for u := -half; u <= half; u += 0.5 {
				put(int(cx+v*cos-u*sin), int(cy+v*sin+u*cos), p)
			}
		}
	}
	return press.FromImage(img)
}

func inks(n int) []press.Position {
	names := []string{"ecru", "madder", "indigo", "weld", "sage", "ink", "rose", "sky", "clay", "moss", "plum", "sand"}
	hexes := []string{"#f1e7d0", "#a5382f", "#2b3f6b", "#d9a62e", "#8ba888", "#1f1d1b", "#dd9a9b", "#9db9cf", "#b5683f", "#55683a", "#5e2f4c", "#d8c39a"}
	var out []press.Position
	for i := range n {
		c, err := color.ParseHex(hexes[i%len(hexes)])
		if err != nil {
			panic(err)
		}
		out = append(out, press.Position{Name: names[i%len(names)], Code: strconv.Itoa(11+i) + "-0" + strconv.Itoa(107+53*i) + " TCX", Chip: c})
	}
	return out
}

func spec(r pattern.Repeat, n int) Spec {
	pos := inks(n)
	return Spec{
		Number: "R-1021", Name: "Späte Blätter", Studio: "Atelier Nord", Collection: "Autumn 27", Colourway: "madder and indigo", Cloth: "cotton sateen, 140 cm",
		Repeat: r, Detail: press.Detail{Generated: pattern.Size{Width: 1024, Height: 1024}, Upscaled: pattern.Size{Width: 4096, Height: 4096}, File: pattern.Size{Width: 3780, Height: 3780}, Width: 640, Height: 640},
		Cell: leaves(480, 480, r, pos), Way: TwoWay, Positions: pos, Hash: "sha256:9af3c6c1b5d84a1f0e6f2a7b1d9c5e3f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d",
		Notes: "First strike-off on production cloth before the run. Match madder to the approved lab dip.", Date: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
	}
}

func sheet(t *testing.T, s Spec) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(context.Background(), &b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

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

// TestOnePage: poppler finds one page of the paper's size, embedded fonts, and
// every fact in its text; twice the same bytes.
func TestOnePage(t *testing.T) {
	for _, c := range []struct {
		paper Paper
		size  string
		r     pattern.Repeat
		n     int
	}{
		{A4, "595.28 x 841.89 pts (A4)", pattern.Repeat{Kind: pattern.HalfDrop}, 6},
		{Letter, "612 x 792 pts (letter)", pattern.Repeat{Kind: pattern.Brick, N: 1, D: 3}, 12},
		{A4, "595.28 x 841.89 pts (A4)", pattern.Repeat{Kind: pattern.AlongX}, 24},
	} {
		s := spec(c.r, c.n)
		s.Paper = c.paper
		s.Positions[0].Cloth = true
		data := sheet(t, s)
		if !bytes.Equal(data, sheet(t, s)) {
			t.Error("the same spec gives two files")
		}
		path := filepath.Join(t.TempDir(), "spec.pdf")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		info := run(t, "pdfinfo", path)
		if !strings.Contains(info, "Pages:           1\n") || !strings.Contains(info, c.size) || !strings.Contains(info, "R-1021 Späte Blätter") {
			t.Errorf("pdfinfo:\n%s", info)
		}
		for _, l := range strings.Split(strings.TrimSpace(run(t, "pdffonts", path)), "\n")[2:] {
			if f := strings.Fields(l); len(f) < 6 || f[len(f)-5] != "yes" {
				t.Errorf("a font is not embedded: %s", l)
			}
		}
		text := run(t, "pdftotext", "-layout", path, "-")
		want := []string{"R-1021", "Späte Blätter", "640 x 640 mm", "3780 x 3780", s.Hash, strconv.Itoa(c.n-1) + " for " + strconv.Itoa(c.n) + " colours", "150 DPI", "40.64 DPI of detail", "WARP", "UP", "two-way", "ecru is unprinted cloth", "Notes"}
		for _, p := range s.Positions {
			want = append(want, p.Name, p.Code)
		}
		switch c.r.Kind {
		case pattern.HalfDrop:
			want = append(want, "half-drop 1/2", "640 mm across, 320 mm down", "1280 x 640 mm, 7560 x 3780 pixels")
		case pattern.Brick:
			want = append(want, "brick 1/3", "213.33 mm across, 640 mm down")
		default:
		}
		for _, w := range want {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(w), " ")) {
				t.Errorf("the page does not say %q:\n%s", w, text)
			}
		}
	}
}

// TestBarIsTrue: rendered at 254 DPI, the bar of 100 mm is 1000 pixels long.
func TestBarIsTrue(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "spec.pdf")
	if err := os.WriteFile(path, sheet(t, spec(pattern.Repeat{}, 3)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "pdftoppm", "-r", "254", "-gray", "-singlefile", path, filepath.Join(dir, "page"))
	data, err := os.ReadFile(filepath.Join(dir, "page.pgm"))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(data[:32]))
	w, _ := strconv.Atoi(f[1])
	h, _ := strconv.Atoi(f[2])
	pix := data[len(data)-w*h:]
	// The row through the bar alternates between ink and white, 100 pixels each.
	y := int(math.Round((297 - bottom - 17 + 1) * 10))
	row := pix[y*w : (y+1)*w]
	for mm := 0; mm < 10; mm++ {
		// Just inside both ends of every segment of 10 mm, half a millimetre from them.
		for _, at := range []int{5, 94} {
			if dark := row[int(side*10)+100*mm+at] < 128; dark != (mm%2 == 0) {
				t.Fatalf("segment %d of the bar is dark at %d: %v", mm, at, dark)
			}
		}
	}
	if row[int(side*10)+1020] < 200 || row[int(side*10)-20] < 200 {
		t.Error("the bar is longer than 100 mm")
	}
}

// TestEveryLayoutIsDrawn: all layouts, square, wide and tall, with nothing but
// what is needed and with all of it.
func TestEveryLayoutIsDrawn(t *testing.T) {
	for kind := pattern.Block; kind <= pattern.None; kind++ {
		for _, size := range [][2]pattern.Length{{640, 640}, {20, 3900}, {3900, 20}} {
			s := spec(pattern.Repeat{Kind: kind}, 2)
			s = Spec{Repeat: s.Repeat, Cell: s.Cell, Detail: press.Detail{Generated: pattern.Size{Width: 480, Height: 480}, File: pattern.Size{Width: 480, Height: 480}, Width: size[0], Height: size[1]}}
			if data := sheet(t, s); len(data) < 10000 {
				t.Errorf("%v of %v: %d bytes", kind, size, len(data))
			}
		}
	}
}

// TestShrinkKeepsTheMean: area means keep the mean of a picture, and a plain
// colour exactly.
func TestShrinkKeepsTheMean(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 97, 61))
	sum := 0
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
		if i%4 == 3 {
			img.Pix[i] = 255
		} else {
			sum += int(img.Pix[i])
		}
	}
	mean := float64(sum) / (3 * 97 * 61)
	for _, size := range [][2]int{{13, 7}, {97, 61}, {50, 61}, {200, 100}} {
		got, err := shrink(context.Background(), press.FromImage(img), size[0], size[1])
		if err != nil {
			t.Fatal(err)
		}
		s := 0
		for i, v := range got.Pix {
			if i%4 != 3 {
				s += int(v)
			}
		}
		if m := float64(s) / float64(3*size[0]*size[1]); math.Abs(m-mean) > 0.6 {
			t.Errorf("%v: mean %.2f, was %.2f", size, m, mean)
		}
	}
}

func TestBadSpecs(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"size":    func(s *Spec) { s.Detail.Width = 0 },
		"cell":    func(s *Spec) { s.Cell = nil },
		"paper":   func(s *Spec) { s.Paper = "a5" },
		"long":    func(s *Spec) { s.Name = strings.Repeat("x", 5000) },
		"chips":   func(s *Spec) { s.Positions = append(inks(12), inks(13)...) },
		"narrow":  func(s *Spec) { s.Detail.Height = 1 },
		"no text": func(s *Spec) { s.Name = "\xff" },
	} {
		s := spec(pattern.Repeat{}, 2)
		change(&s)
		if err := Write(context.Background(), &bytes.Buffer{}, s); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
	s := spec(pattern.Repeat{}, 2)
	s.Name = "花 Blüte"
	if m := s.Missing(); len(m) != 1 || m[0] != '花' {
		t.Errorf("missing %q", m)
	}
	sheet(t, s)
}
