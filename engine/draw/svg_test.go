package draw

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/vector"

	"github.com/selvage-studio/selvage/engine/pattern"
)

var testPalette = []color.RGBA{
	{0, 0, 0, 255}, {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255},
	{0, 255, 255, 255}, {255, 0, 255, 255}, {255, 255, 0, 255}, {255, 255, 255, 255},
}

type svgNode struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Nodes   []svgNode  `xml:",any"`
}

func (n *svgNode) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// viewer is a second reading of the SVG: it fills paths with the rasteriser
// of golang.org/x/image, which shares nothing with this package.
type viewer struct {
	t      *testing.T
	img    *image.RGBA
	sx, sy float64
	groups map[string]*svgNode
	paths  int
}

func (v *viewer) draw(n *svgNode, m affine) {
	for i := range n.Nodes {
		c := &n.Nodes[i]
		switch c.XMLName.Local {
		case "defs":
			for j := range c.Nodes {
				v.groups[c.Nodes[j].attr("id")] = &c.Nodes[j]
			}
		case "use":
			g := v.groups[strings.TrimPrefix(c.attr("href"), "#")]
			if g == nil {
				v.t.Fatalf("%s is not defined", c.attr("href"))
			}
			var k affine
			if _, err := fmt.Sscanf(c.attr("transform"), "matrix(%g %g %g %g %g %g)", &k.a, &k.b, &k.c, &k.d, &k.e, &k.f); err != nil {
				v.t.Fatalf("%s: %v", c.attr("transform"), err)
			}
			v.draw(g, k)
		case "path":
			v.paths++
			v.fill(c, m)
		}
	}
}

func (v *viewer) fill(n *svgNode, m affine) {
	b := v.img.Bounds()
	z := vector.NewRasterizer(b.Dx(), b.Dy())
	d := n.attr("d")
	for len(d) > 0 {
		op := d[0]
		end := strings.IndexAny(d[1:], "MLCZ") + 1
		if end == 0 {
			end = len(d)
		}
		var p []point
		f := strings.Fields(d[1:end])
		for i := 0; i+1 < len(f); i += 2 {
			x, err1 := strconv.ParseFloat(f[i], 64)
			y, err2 := strconv.ParseFloat(f[i+1], 64)
			if err1 != nil || err2 != nil {
				v.t.Fatalf("bad numbers in %q", d[:end])
			}
			q := m.apply(point{x, y})
			p = append(p, point{q.x * v.sx, q.y * v.sy})
		}
		switch op {
		case 'M':
			z.MoveTo(float32(p[0].x), float32(p[0].y))
		case 'L':
			z.LineTo(float32(p[0].x), float32(p[0].y))
		case 'C':
			z.CubeTo(float32(p[0].x), float32(p[0].y), float32(p[1].x), float32(p[1].y), float32(p[2].x), float32(p[2].y))
		case 'Z':
			z.ClosePath()
		}
		d = d[end:]
	}
	k := int(n.attr("class")[1] - '0')
	z.DrawOp = draw.Over
	z.Draw(v.img, b, image.NewUniform(testPalette[k]), image.Point{})
}

// TestSVG reads the SVG of drawings without strokes and expects the picture
// that the screens give.
func TestSVG(t *testing.T) {
	// The other rasteriser's slopes drift: by 50 of 255 on a diagonal across
	// 128 rows, where the coverage is the same in each.
	const tolerance = 72
	for i, name := range []string{"leaves", "polka dots", "stars", "vertical stripes", "diagonal stripes", "waves", "scallops", "argyle", "houndstooth", "diamonds", "clouds", "moons"} {
		for j, rep := range repeats[:6] {
			spec := Spec{Family: name, Outline: Flat, Secondary: NoSecondary, Repeat: rep.r}.Complete(uint64(10*i + j))
			sc, err := spec.Scene()
			if err != nil {
				t.Fatal(err)
			}
			text, err := sc.SVG(testPalette)
			if err != nil {
				t.Fatal(err)
			}
			var root svgNode
			if err := xml.Unmarshal(text, &root); err != nil {
				t.Fatalf("%+v: %v", spec, err)
			}
			v := viewer{t: t, img: image.NewRGBA(image.Rect(0, 0, rep.w, rep.h)), sx: float64(rep.w) / sc.W, sy: float64(rep.h) / sc.H, groups: map[string]*svgNode{}}
			draw.Draw(v.img, v.img.Bounds(), image.NewUniform(testPalette[0]), image.Point{}, draw.Src)
			v.draw(&root, identity())
			s, err := sc.Screens(rep.w, rep.h)
			if err != nil {
				t.Fatal(err)
			}
			far := 0
			for k := range rep.w * rep.h {
				var want [3]int
				for p := range s.Planes {
					c := testPalette[p+1]
					for q, u := range []uint8{c.R, c.G, c.B} {
						want[q] += int(u) * int(s.Planes[p][k]) / 255
					}
				}
				for q := range 3 {
					if diff := want[q] - int(v.img.Pix[4*k+q]); diff > tolerance || diff < -tolerance {
						far++
						break
					}
				}
			}
			if far > rep.w*rep.h/1000 || v.paths == 0 {
				t.Errorf("%+v: the SVG (%d paths) differs from the screens at %d samples", sc.Spec, v.paths, far)
			}
		}
	}
}

func TestSVGPalette(t *testing.T) {
	sc, err := Spec{Family: "tulips", Positions: 3, Outline: Flat, Repeat: pattern.Repeat{}}.Scene()
	if err != nil {
		t.Fatal(err)
	}
	var short *PaletteError
	if _, err := sc.SVG(testPalette[:1]); !errors.As(err, &short) || short.Need != sc.Spec.Positions+1 {
		t.Errorf("a palette of one colour: %v", err)
	}
}
