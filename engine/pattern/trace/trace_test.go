package trace

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// palette is colours that lie far apart in every channel.
func palette(n int) []Position {
	all := []string{"#ffffff", "#000000", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff", "#808080"}
	var out []Position
	for i := range n {
		out = append(out, Position{Name: fmt.Sprint("p", i), Color: all[i]})
	}
	return out
}

// drawing is a drawing by rule, every pixel the position that covers most of it.
func drawing(t testing.TB, seed uint64, r pattern.Repeat, w, h int) (Picture, []Position) {
	t.Helper()
	spec := draw.Spec{Repeat: r}
	spec.Repeat = r
	spec.Seed = seed
	spec = spec.Complete(seed)
	scene, err := spec.Scene()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scene.Screens(w, h)
	if err != nil {
		t.Fatal(err)
	}
	p := Picture{Width: w, Height: h, Repeat: r, Index: make([]uint8, w*h)}
	for i := range p.Index {
		best := s.Ground[i]
		for k, plane := range s.Planes {
			if plane[i] > best {
				best, p.Index[i] = plane[i], uint8(k+1)
			}
		}
	}
	return p, palette(len(s.Planes) + 1)
}

// render opens a file in librsvg at so many pixels to the cell.
func render(t testing.TB, svg []byte, w, h int) image.Image {
	t.Helper()
	tool, err := exec.LookPath("rsvg-convert")
	if err != nil {
		t.Skip("rsvg-convert is not installed: apt-get install librsvg2-bin")
	}
	path := filepath.Join(t.TempDir(), "t.svg")
	if err := os.WriteFile(path, svg, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "-w", fmt.Sprint(w), "-h", fmt.Sprint(h), "-f", "png", path)
	var msg bytes.Buffer
	cmd.Stderr = &msg
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("rsvg-convert: %v\n%s", err, msg.Bytes())
	}
	if dir := os.Getenv("SELVAGE_LOOK"); dir != "" {
		name := strings.ReplaceAll(t.Name(), "/", "_")
		_ = os.WriteFile(filepath.Join(dir, name+".png"), out, 0o600)
		_ = os.WriteFile(filepath.Join(dir, name+".svg"), svg, 0o600)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// compare counts the pixels whose colour in img is nearest to another position,
// and those that are that far from any border.
func compare(p Picture, positions []Position, img image.Image, scale int) (wrong, deep, clear int) {
	var rgb [][3]int
	for _, q := range positions {
		var c [3]int
		_, _ = fmt.Sscanf(q.Color, "#%02x%02x%02x", &c[0], &c[1], &c[2])
		rgb = append(rgb, c)
	}
	for y := range p.Height {
		for x := range p.Width {
			c := color.NRGBAModel.Convert(img.At(x*scale+scale/2, y*scale+scale/2)).(color.NRGBA)
			// Two borders that meet in a pixel leave it up to a quarter clear in any
			// renderer that paints shapes one by one; a gap leaves more.
			if c.A < 170 {
				clear++
			}
			best, d := 0, math.MaxInt
			for k, q := range rgb {
				e := (int(c.R)-q[0])*(int(c.R)-q[0]) + (int(c.G)-q[1])*(int(c.G)-q[1]) + (int(c.B)-q[2])*(int(c.B)-q[2])
				if e < d {
					best, d = k, e
				}
			}
			own := p.Index[y*p.Width+x]
			if best == int(own) {
				continue
			}
			wrong++
			inner := true
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					if cx, cy, ok := p.Repeat.Source(x+dx, y+dy, p.Width, p.Height); ok && p.Index[cy*p.Width+cx] != own {
						inner = false
					}
				}
			}
			if inner {
				deep++
			}
		}
	}
	return wrong, deep, clear
}

func options() Options { return Options{Width: 640, Height: 640} }

func trace(t testing.TB, p Picture, positions []Position, o Options) ([]byte, Stats) {
	t.Helper()
	var out bytes.Buffer
	s, err := SVG(t.Context(), &out, p, positions, o)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), s
}

func TestTheFileIsThePicture(t *testing.T) {
	for name, r := range map[string]pattern.Repeat{
		"block": {}, "half-drop": {Kind: pattern.HalfDrop, N: 1, D: 2}, "third": {Kind: pattern.HalfDrop, N: 1, D: 3}, "brick": {Kind: pattern.Brick, N: 1, D: 2},
	} {
		for seed := range uint64(6) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				p, positions := drawing(t, seed, r, 240, 240)
				svg, stats := trace(t, p, positions, options())
				wrong, deep, clear := compare(p, positions, render(t, svg, 720, 720), 3)
				t.Logf("%d of %d pixels differ, %d off every border; %d nodes, %d bytes", wrong, len(p.Index), deep, stats.Nodes, len(svg))
				if deep > 0 || wrong > len(p.Index)/60 || clear > 0 {
					t.Errorf("%d pixels differ, %d of them off every border, %d are clear", wrong, deep, clear)
				}
			})
		}
	}
}

func TestBadPictures(t *testing.T) {
	good := Picture{Index: make([]uint8, 12), Width: 4, Height: 3}
	for name, c := range map[string]struct {
		p         Picture
		positions []Position
		o         Options
	}{
		"short":     {Picture{Index: make([]uint8, 11), Width: 4, Height: 3}, palette(2), options()},
		"no size":   {Picture{}, palette(2), options()},
		"position":  {Picture{Index: []uint8{0, 2}, Width: 2, Height: 1}, palette(2), options()},
		"colour":    {good, []Position{{Color: "red"}}, options()},
		"inject":    {good, []Position{{Color: "\"/><x>"}}, options()},
		"none":      {good, nil, options()},
		"length":    {good, palette(2), Options{Width: -1, Height: 3}},
		"tolerance": {good, palette(2), Options{Width: 1, Height: 1, Tolerance: 99}},
		"shift":     {Picture{Index: make([]uint8, 12), Width: 4, Height: 3, Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}}, palette(2), options()},
	} {
		var pe *PictureError
		if _, err := SVG(t.Context(), &bytes.Buffer{}, c.p, c.positions, c.o); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
