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
	"regexp"
	"slices"
	"strconv"
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
func compare(p Picture, positions []Position, img image.Image, scale int) (wrong, deep, open int) {
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
				open++
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
	return wrong, deep, open
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
				o := options()
				o.Tolerance = 0.5
				svg, stats := trace(t, p, positions, o)
				wrong, deep, open := compare(p, positions, render(t, svg, 720, 720), 3)
				t.Logf("%d of %d pixels differ, %d off every border; %d nodes, %d bytes", wrong, len(p.Index), deep, stats.Nodes, len(svg))
				if deep > 0 || wrong > len(p.Index)/60 || open > 0 {
					t.Errorf("%d pixels differ, %d of them off every border, %d are clear", wrong, deep, open)
				}
			})
		}
	}
}

// Borders that never close, and repeats without a lattice.
func TestEveryTopology(t *testing.T) {
	const w, h = 96, 72
	fill := func(f func(x, y int) bool) []uint8 {
		index := make([]uint8, w*h)
		for i := range index {
			if f(i%w, i/w) {
				index[i] = 1
			}
		}
		return index
	}
	drop := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}
	brick := pattern.Repeat{Kind: pattern.Brick, N: 1, D: 4}
	across := fill(func(_, y int) bool { return y >= 20 && y < 41 })
	down := fill(func(x, _ int) bool { return x < 13 || x >= 70 })
	slant := fill(func(x, y int) bool { return (x*3+y*4)%288 < 90 })
	net := fill(func(x, y int) bool { return x%48 < 9 || y%36 < 9 })
	disc := fill(func(x, y int) bool { dx, dy := x-90, y-5; return dx*dx+dy*dy < 60*60 })
	line := fill(func(x, y int) bool { return x == y })
	for name, p := range map[string]Picture{
		"one":               {Index: fill(func(int, int) bool { return false })},
		"across":            {Index: across},
		"across, drop":      {Index: across, Repeat: drop},
		"across, brick":     {Index: across, Repeat: brick},
		"down":              {Index: down},
		"down, drop":        {Index: down, Repeat: drop},
		"down, brick":       {Index: down, Repeat: brick},
		"slant":             {Index: slant},
		"net":               {Index: net},
		"net, drop":         {Index: net, Repeat: drop},
		"disc":              {Index: disc},
		"disc, drop":        {Index: disc, Repeat: drop},
		"disc, brick":       {Index: disc, Repeat: brick},
		"disc, mirror":      {Index: disc, Repeat: pattern.Repeat{Kind: pattern.Mirror}},
		"disc, border":      {Index: disc, Repeat: pattern.Repeat{Kind: pattern.AlongX}},
		"disc, border down": {Index: disc, Repeat: pattern.Repeat{Kind: pattern.AlongY}},
		"disc, placed":      {Index: disc, Repeat: pattern.Repeat{Kind: pattern.None}},
		"line":              {Index: line},
	} {
		t.Run(name, func(t *testing.T) {
			p.Width, p.Height = w, h
			svg, _ := trace(t, p, palette(2), options())
			wrong, deep, open := compare(p, palette(2), render(t, svg, 4*w, 4*h), 4)
			if deep > 0 || wrong > w*h/50 || open > 0 {
				t.Errorf("%d pixels differ, %d of them off every border, %d are clear", wrong, deep, open)
			}
		})
	}
}

// TestOppositeEdgesMatch: whatever crosses the right or lower edge is there again,
// with the same numbers, where the lattice continues it.
func TestOppositeEdgesMatch(t *testing.T) {
	for _, r := range []pattern.Repeat{{}, {Kind: pattern.HalfDrop, N: 1, D: 2}, {Kind: pattern.Brick, N: 1, D: 3}} {
		const w, h = 240, 180
		p, positions := drawing(t, 2, r, w, h)
		svg, _ := trace(t, p, positions, options())
		dx, dy, _ := r.Shift(w, h)
		crossing := 0
		for _, d := range regexp.MustCompile(` d="([^"]*)"`).FindAllSubmatch(svg, -1) {
			shapes := map[string]bool{}
			var all [][]float64
			for _, s := range strings.Split(string(d[1]), "M") {
				var n []float64
				for _, f := range regexp.MustCompile(`-?[0-9.]+`).FindAllString(s, -1) {
					v, err := strconv.ParseFloat(f, 64)
					if err != nil {
						t.Fatal(err)
					}
					n = append(n, math.Round(v*1000))
				}
				if len(n) == 0 || strings.ContainsAny(s, "HV") {
					continue
				}
				all = append(all, n)
				shapes[fmt.Sprint(n)] = true
			}
			for _, n := range all {
				if slices.ContainsFunc(n, func(v float64) bool { return math.Abs(v) > 5*w*1000 }) {
					continue // a border without end, closed far away
				}
				for _, edge := range []struct{ axis, at, x, y int }{{0, w, -w, -dy}, {1, h, -dx, -h}} {
					lo, hi := math.Inf(1), math.Inf(-1)
					for i := edge.axis; i < len(n); i += 2 {
						lo, hi = min(lo, n[i]), max(hi, n[i])
					}
					if lo >= float64(edge.at*1000) || hi <= float64(edge.at*1000) {
						continue
					}
					moved := make([]float64, len(n))
					inside := false
					for i := 0; i < len(n); i += 2 {
						moved[i], moved[i+1] = n[i]+float64(edge.x*1000), n[i+1]+float64(edge.y*1000)
						inside = inside || moved[i] > 0 && moved[i] < w*1000 && moved[i+1] > 0 && moved[i+1] < h*1000
					}
					if !inside {
						continue // its translate does not show in the cell
					}
					crossing++
					if !shapes[fmt.Sprint(moved)] {
						t.Errorf("%v: a shape that crosses edge %v does not come in at the other: %.200v", r, edge, n)
					}
				}
			}
		}
		if crossing == 0 {
			t.Errorf("%v: nothing crosses the edge, so nothing was tested", r)
		}
	}
}

// TestCornersAreKept: the corners of a square are points of its path exactly.
func TestCornersAreKept(t *testing.T) {
	p := Picture{Width: 60, Height: 60, Index: make([]uint8, 3600)}
	for y := 15; y < 45; y++ {
		for x := 20; x < 48; x++ {
			p.Index[y*60+x] = 1
		}
	}
	svg, s := trace(t, p, palette(2), options())
	if s.Nodes != 4 || s.Curves != 0 {
		t.Errorf("a square has %d nodes and %d curves", s.Nodes, s.Curves)
	}
	for _, corner := range []string{"20 15", "48 15", "48 45", "20 45"} {
		if !strings.Contains(string(svg), corner) {
			t.Errorf("the corner %s is gone", corner)
		}
	}
}

func TestTheSizeIsPhysical(t *testing.T) {
	p := Picture{Width: 60, Height: 60, Index: make([]uint8, 3600)}
	svg, _ := trace(t, p, []Position{{Name: "<cream> & co", Code: "11-0809", Color: "#f0e0c0"}}, Options{Width: pattern.Inch * 25.25, Height: 320, Title: "SV \"1\""})
	for _, want := range []string{`width="641.35mm" height="320mm" viewBox="0 0 60 60"`, "&lt;cream&gt; &amp; co"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("%s is not in\n%s", want, svg)
		}
	}
}

func BenchmarkTrace1024(b *testing.B) {
	p, positions := drawing(b, 1, pattern.Repeat{}, 1024, 1024)
	for b.Loop() {
		_, s := trace(b, p, positions, options())
		b.ReportMetric(float64(s.Nodes), "nodes")
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
