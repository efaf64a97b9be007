package trace

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// potrace traces one position, black, and returns the file and its nodes.
func potrace(t *testing.T, p Picture, position uint8) (svg []byte, nodes int, took time.Duration) {
	t.Helper()
	tool, err := exec.LookPath("potrace")
	if err != nil {
		t.Skip("potrace is not installed: apt-get install potrace")
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pbm"), filepath.Join(dir, "out.svg")
	pbm := fmt.Appendf(nil, "P4\n%d %d\n", p.Width, p.Height)
	for y := range p.Height {
		row := make([]byte, (p.Width+7)/8)
		for x := range p.Width {
			if p.Index[y*p.Width+x] == position {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
		pbm = append(pbm, row...)
	}
	if err := os.WriteFile(in, pbm, 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if msg, err := exec.Command(tool, "-b", "svg", "-t", "0", "-o", out, in).CombinedOutput(); err != nil {
		t.Fatalf("potrace: %v\n%s", err, msg)
	}
	took = time.Since(start)
	if svg, err = os.ReadFile(out); err != nil {
		t.Fatal(err)
	}
	return svg, countNodes(svg), took
}

// countNodes counts what the lines and curves of all paths join at.
func countNodes(svg []byte) int {
	n := 0
	number := regexp.MustCompile(`-?[0-9.]+`)
	for _, d := range regexp.MustCompile(` d="([^"]*)"`).FindAllSubmatch(svg, -1) {
		for _, c := range regexp.MustCompile(`[MmLlCcHhVvZz][^A-Za-z]*`).FindAll(d[1], -1) {
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

// off is the share of the area in which a rendering, black on clear, differs from
// the position in a drawing of the same size.
func off(img image.Image, truth Picture, position uint8) float64 {
	sum := 0.0
	for y := range truth.Height {
		for x := range truth.Width {
			_, _, _, a := img.At(x, y).RGBA()
			v := float64(a) / 65535
			if truth.Index[y*truth.Width+x] == position {
				v = 1 - v
			}
			sum += v
		}
	}
	return sum / float64(truth.Width*truth.Height)
}

// TestBesidePotrace traces one colour at a time with potrace and here, and compares
// both with the drawing at four times the size: the area that is wrong is no larger
// here, and takes no more nodes.
func TestBesidePotrace(t *testing.T) {
	const size, scale = 360, 4
	var area, theirArea float64
	var nodes, theirNodes int
	var took, theirTook time.Duration
	for seed := range uint64(4) {
		p, positions := drawing(t, seed, pattern.Repeat{}, size, size)
		truth, _ := drawing(t, seed, pattern.Repeat{}, size*scale, size*scale)
		for k := range positions {
			one := p
			one.Index = make([]uint8, len(p.Index))
			for i, v := range p.Index {
				if int(v) != k {
					one.Index[i] = none
				}
			}
			start := time.Now()
			svg, s := trace(t, one, []Position{{Color: "#000000"}}, options())
			took += time.Since(start)
			other, n, spent := potrace(t, p, uint8(k))
			theirTook += spent
			other = bytes.Replace(other, []byte(`width="360.000000pt" height="360.000000pt"`), []byte(`width="360" height="360"`), 1)
			a := off(render(t, svg, size*scale, size*scale), truth, uint8(k))
			b := off(render(t, other, size*scale, size*scale), truth, uint8(k))
			t.Logf("seed %d, position %d: %.4f %% of the area and %d nodes here, %.4f %% and %d potrace", seed, k, 100*a, s.Nodes, 100*b, n)
			area, theirArea, nodes, theirNodes = area+a, theirArea+b, nodes+s.Nodes, theirNodes+n
		}
	}
	t.Logf("together %.4f %% of the area, %d nodes, %v here; %.4f %%, %d nodes, %v potrace", 100*area, nodes, took, 100*theirArea, theirNodes, theirTook)
	if area > theirArea {
		t.Errorf("the area that is wrong: %.5f here, %.5f potrace", area, theirArea)
	}
	if nodes > theirNodes {
		t.Errorf("%d nodes here, %d potrace", nodes, theirNodes)
	}
}
