package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern/trace"
)

// traceSide is the cell that is traced; the truth is the same drawing at four times
// the size.
const (
	traceSide  = 512
	traceTruth = 4 * traceSide
)

// indexed draws a repeat by rule, each pixel the position that covers most of it.
func indexed(prompt string, seed uint64, side int) ([]uint8, int, error) {
	planes, err := drawn(prompt, seed, side)
	if err != nil {
		return nil, 0, err
	}
	index := make([]uint8, side*side)
	for i := range index {
		most := planes.Ground[i]
		for k, plane := range planes.Planes {
			if plane[i] > most {
				most, index[i] = plane[i], uint8(k+1)
			}
		}
	}
	return index, 1 + len(planes.Planes), nil
}

// traced is what tracing came to.
type traced struct {
	seconds float64
	nodes   int
	area    float64 // share of the cell that is wrong
}

// tracing is a section: one colour at a time, as potrace does it.
func (b *bench) tracing(ctx context.Context) error {
	potrace, err := exec.LookPath("potrace")
	if err != nil {
		return errors.New("potrace is not installed")
	}
	if _, err := exec.LookPath("rsvg-convert"); err != nil {
		return errors.New("rsvg-convert, which draws what was traced, is not installed")
	}
	dir, err := os.MkdirTemp("", "selvage-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's own for temporary files
	var us, them traced
	colors := 0
	for seed, prompt := range []string{"medium flowers, tossed, four colours", "large paisleys, half-drop, three colours", "small birds, outlined, three colours"} {
		index, positions, err := indexed(prompt, uint64(seed), traceSide)
		if err != nil {
			return err
		}
		truth, _, err := indexed(prompt, uint64(seed), traceTruth)
		if err != nil {
			return err
		}
		for k := range positions {
			one := make([]uint8, len(index))
			for i, v := range index {
				if int(v) != k {
					one[i] = tone.Clear
				}
			}
			began := time.Now()
			var svg bytes.Buffer
			s, err := trace.SVG(ctx, &svg, trace.Picture{Index: one, Width: traceSide, Height: traceSide}, []trace.Position{{Color: "#000000"}}, trace.Options{Width: 100, Height: 100})
			if err != nil {
				return err
			}
			us.seconds += time.Since(began).Seconds()
			us.nodes += s.Nodes
			if err := us.compare(ctx, dir, svg.Bytes(), truth, uint8(k)); err != nil {
				return err
			}
			began = time.Now()
			other, err := potraced(ctx, potrace, dir, index, uint8(k))
			if err != nil {
				return err
			}
			them.seconds += time.Since(began).Seconds()
			them.nodes += nodesOf(other)
			if err := them.compare(ctx, dir, other, truth, uint8(k)); err != nil {
				return err
			}
			colors++
		}
	}
	n := float64(colors)
	b.printf("| | ms a colour | over potrace | area that is wrong | over potrace | nodes | over potrace |\n|---|---|---|---|---|---|---|\n")
	for _, row := range []struct {
		name string
		traced
	}{{"Selvage", us}, {"potrace", them}} {
		b.printf("| %s | %.0f | %.2f | %.3f %% | %.2f | %d | %.2f |\n", row.name, 1000*row.seconds/n, row.seconds/them.seconds,
			100*row.area/n, row.area/them.area, row.nodes, float64(row.nodes)/float64(them.nodes))
	}
	b.printf("\n%d colours of three drawings, one at a time, traced at %d pixels and compared with the drawing at %d.\n", colors, traceSide, traceTruth)
	return nil
}

// potraced traces one position with potrace, files written and read included.
func potraced(ctx context.Context, tool, dir string, index []uint8, position uint8) ([]byte, error) {
	in, out := filepath.Join(dir, "in.pbm"), filepath.Join(dir, "out.svg")
	pbm := fmt.Appendf(nil, "P4\n%d %d\n", traceSide, traceSide)
	row := make([]byte, traceSide/8)
	for y := range traceSide {
		clear(row)
		for x := range traceSide {
			if index[y*traceSide+x] == position {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
		pbm = append(pbm, row...)
	}
	if err := os.WriteFile(in, pbm, 0o600); err != nil {
		return nil, err
	}
	if msg, err := exec.CommandContext(ctx, tool, "-b", "svg", "-t", "0", "-o", out, in).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("potrace: %w: %s", err, msg)
	}
	return os.ReadFile(out)
}

// nodesOf counts what the lines and curves of all paths join at.
func nodesOf(svg []byte) int {
	n := 0
	number := regexp.MustCompile(`-?[0-9.]+`)
	for _, d := range regexp.MustCompile(` d="([^"]*)"`).FindAllSubmatch(svg, -1) {
		for _, c := range regexp.MustCompile(`[A-Za-z][^A-Za-z]*`).FindAll(d[1], -1) {
			k := len(number.FindAll(c[1:], -1))
			switch c[0] {
			case 'L', 'l':
				n += k / 2
			case 'C', 'c':
				n += k / 6
			case 'H', 'h', 'V', 'v':
				n += k
			}
		}
	}
	return n
}

// compare adds the share of the truth that the drawing of svg gets wrong.
func (t *traced) compare(ctx context.Context, dir string, svg []byte, truth []uint8, position uint8) error {
	in := filepath.Join(dir, "look.svg")
	if err := os.WriteFile(in, svg, 0o600); err != nil {
		return err
	}
	side := fmt.Sprint(traceTruth)
	out, err := exec.CommandContext(ctx, "rsvg-convert", "-w", side, "-h", side, in).Output()
	if err != nil {
		return fmt.Errorf("rsvg-convert: %w", err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		return err
	}
	if img.Bounds() != image.Rect(0, 0, traceTruth, traceTruth) {
		return fmt.Errorf("the drawing of what was traced is %v", img.Bounds())
	}
	sum := 0.0
	for i, v := range truth {
		_, _, _, a := img.At(i%traceTruth, i/traceTruth).RGBA()
		cover := float64(a) / 65535
		if v == position {
			cover = 1 - cover
		}
		sum += cover
	}
	t.area += sum / float64(len(truth))
	return nil
}
