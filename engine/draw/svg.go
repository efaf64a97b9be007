package draw

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// PaletteError says that a palette has fewer chips than a drawing needs.
type PaletteError struct{ Have, Need int }

func (e *PaletteError) Error() string {
	return fmt.Sprintf("draw: the palette has %d colours; this drawing needs %d: one for the ground and one for each position", e.Have, e.Need)
}

// SVG is the scene as vectors, one cell that repeats as the lattice says:
// what crosses an edge is drawn again at its lattice translates and clipped
// by the view box. palette[0] is the ground, palette[k+1] position k. Each
// position is a class (p1, p2, ..., the ground p0), so that a colourway is one
// line of the style sheet.
func (sc *Scene) SVG(palette []color.RGBA) ([]byte, error) {
	if need := sc.Spec.Positions + 1; len(palette) < need {
		return nil, &PaletteError{Have: len(palette), Need: need}
	}
	w := svgWriter{sc: sc, ids: map[string]int{}}
	w.body()
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %s %s\" width=\"%s\" height=\"%s\">\n", num(sc.W), num(sc.H), num(sc.W), num(sc.H))
	fmt.Fprintf(&b, "<title>%s</title>\n", sc.Spec.Family)
	fmt.Fprintf(&b, "<desc>Drawn by rule: rules version %d, seed %d. One cell of a %s repeat.</desc>\n<style>\n", Version, sc.Spec.Seed, sc.Spec.Repeat)
	for i, c := range palette[:sc.Spec.Positions+1] {
		fmt.Fprintf(&b, ".p%d{fill:#%02x%02x%02x}.s%d{stroke:#%02x%02x%02x}\n", i, c.R, c.G, c.B, i, c.R, c.G, c.B)
	}
	b.WriteString("path{stroke-linejoin:round}.u{paint-order:stroke}\n</style>\n")
	if w.defs.Len() > 0 {
		fmt.Fprintf(&b, "<defs>\n%s</defs>\n", w.defs.String())
	}
	fmt.Fprintf(&b, "<rect class=\"p0\" width=\"%s\" height=\"%s\"/>\n%s</svg>\n", num(sc.W), num(sc.H), w.out.String())
	return []byte(b.String()), nil
}

type svgWriter struct {
	sc        *Scene
	defs, out strings.Builder
	ids       map[string]int
}

func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// body writes the motifs as uses of groups, and what covers the whole cell
// path by path, so that the paint order is the same at every translate.
func (w *svgWriter) body() {
	for i := range w.sc.paints {
		p := &w.sc.paints[i]
		marks := w.sc.shapes[p.shape]
		if p.m.a == 1 && p.m.b == 0 && p.m.c == 0 && p.m.d == 1 {
			for k := range marks {
				lo, hi := marks[k].p.bounds()
				for _, v := range w.translates(lo, hi, marks[k].width, p.m) {
					moved := p.m
					moved.e, moved.f = moved.e+v.x, moved.f+v.y
					w.out.WriteString(w.path(&marks[k], p.tint, moved))
				}
			}
			continue
		}
		id := w.group(p)
		lo, hi := boundsOf(marks)
		widest := 0.0
		for k := range marks {
			widest = max(widest, marks[k].width)
		}
		for _, v := range w.translates(lo, hi, widest, p.m) {
			m := p.m
			fmt.Fprintf(&w.out, "<use href=\"#m%d\" transform=\"matrix(%s %s %s %s %s %s)\"/>\n", id, coef(m.a), coef(m.b), coef(m.c), coef(m.d), num(m.e+v.x), num(m.f+v.y))
		}
	}
}

func coef(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }

func boundsOf(marks []mark) (lo, hi point) {
	for k := range marks {
		a, b := marks[k].p.bounds()
		if k == 0 {
			lo, hi = a, b
		}
		lo = point{min(lo.x, a.x), min(lo.y, a.y)}
		hi = point{max(hi.x, b.x), max(hi.y, b.y)}
	}
	return lo, hi
}

// translates lists the lattice vectors by which a box touches the cell.
func (w *svgWriter) translates(lo, hi point, width float64, m affine) []point {
	a, b := m.apply(lo), m.apply(hi)
	c, d := m.apply(point{lo.x, hi.y}), m.apply(point{hi.x, lo.y})
	pad := float64(width * sqrt(max(float64(m.a*m.a)+float64(m.b*m.b), float64(m.c*m.c)+float64(m.d*m.d))))
	x0, x1 := min(a.x, b.x, c.x, d.x)-pad, max(a.x, b.x, c.x, d.x)+pad
	y0, y1 := min(a.y, b.y, c.y, d.y)-pad, max(a.y, b.y, c.y, d.y)+pad
	r := w.sc.Spec.Repeat
	n, den := r.Drop()
	s := float64(n) / float64(den)
	dx, dy := 0.0, 0.0
	switch r.Kind {
	case pattern.HalfDrop, pattern.Hex:
		dy = float64(s * w.sc.H)
	case pattern.Brick:
		dx = float64(s * w.sc.W)
	default:
	}
	i0, i1 := span(x0, x1, w.sc.W, r.WrapsX(), dx != 0)
	j0, j1 := span(y0, y1, w.sc.H, r.WrapsY(), dy != 0)
	var out []point
	for i := i0; i <= i1; i++ {
		for j := j0; j <= j1; j++ {
			v := point{float64(i*w.sc.W) + float64(j*dx), float64(j*w.sc.H) + float64(i*dy)}
			if x1+v.x > 0 && x0+v.x < w.sc.W && y1+v.y > 0 && y0+v.y < w.sc.H {
				out = append(out, v)
			}
		}
	}
	return out
}

// span is the range of steps that may bring lo..hi into 0..size; sheared
// lattices need one more to each side for every step of the other axis.
func span(lo, hi, size float64, wraps, sheared bool) (from, to float64) {
	if !wraps {
		return 0, 0
	}
	from, to = math.Floor(-hi/size), math.Ceil((size-lo)/size)
	if sheared {
		from, to = from-3, to+3
	}
	return from, to
}

// group defines a motif once for each way that it is coloured.
func (w *svgWriter) group(p *paint) int {
	var b strings.Builder
	marks := w.sc.shapes[p.shape]
	for k := range marks {
		b.WriteString(w.path(&marks[k], p.tint, identity()))
	}
	body := b.String()
	id, ok := w.ids[body]
	if !ok {
		id = len(w.ids)
		w.ids[body] = id
		fmt.Fprintf(&w.defs, "<g id=\"m%d\">\n%s</g>\n", id, body)
	}
	return id
}

// path writes one mark, moved by a translation.
func (w *svgWriter) path(m *mark, t *tint, by affine) string {
	var b strings.Builder
	class := func(r role) int { return int(max(t[r], ground)) + 1 }
	fmt.Fprintf(&b, "<path class=\"p%d", class(m.fill))
	if m.width > 0 {
		fmt.Fprintf(&b, " s%d", class(m.stroke))
		if m.outside {
			b.WriteString(" u")
		}
	}
	b.WriteString("\" ")
	if m.width > 0 {
		fmt.Fprintf(&b, "stroke-width=\"%s\" ", coef(m.width))
	}
	b.WriteString("d=\"")
	k := 0
	at := func(n int) {
		for i := range n {
			q := by.apply(m.p.pts[k+i])
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(coordinate(q.x, by) + " " + coordinate(q.y, by))
		}
		k += n
	}
	for i, op := range m.p.ops {
		switch op {
		case opMove:
			if i > 0 {
				b.WriteByte('Z')
			}
			b.WriteByte('M')
			at(1)
		case opLine:
			b.WriteByte('L')
			at(1)
		case opCubic:
			b.WriteByte('C')
			at(3)
		}
	}
	b.WriteString("Z\"/>\n")
	return b.String()
}

// coordinate keeps 1/1000 of a scene unit, and six digits in motif units,
// which are some hundred times larger.
func coordinate(v float64, by affine) string {
	if by == identity() {
		return strconv.FormatFloat(math.Round(v*1e5)/1e5, 'f', -1, 64)
	}
	return num(v)
}
