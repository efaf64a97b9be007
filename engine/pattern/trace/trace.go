package trace

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Picture is a locked picture.
type Picture struct {
	Index         []uint8 // Height rows of Width: the position from 0, 255 for none
	Width, Height int
	Repeat        pattern.Repeat
}

// Position is what a group of the file is named and filled with.
type Position struct {
	Name, Code string
	Color      string // "#rrggbb"
}

// Options say how to trace.
type Options struct {
	// Width and Height are the physical size of the cell.
	Width, Height pattern.Length
	// Tolerance is how far, in pixels, a curve may pass from the middles of the
	// cracks that it follows: 0.1 to 10, 0 for 0.75.
	Tolerance float64
	// Title of the file, such as the design number.
	Title string
}

// Stats say what was written.
type Stats struct {
	// Nodes are the points that curves and lines of the borders join at, each border
	// counted once; Curves are those of its pieces that are no straight lines.
	Nodes, Curves int
	// Laid are the nodes in the file: each border serves two positions, and shapes
	// that cross the edge are laid several times.
	Laid int
}

// MaxPixels bounds what is traced.
const MaxPixels = 1 << 28

// PictureError reports a picture that cannot be traced.
type PictureError struct{ Reason string }

func (e *PictureError) Error() string { return "trace: " + e.Reason }

func (p Picture) check(positions []Position, o Options) error {
	bad := func(format string, arg ...any) error { return &PictureError{fmt.Sprintf(format, arg...)} }
	if p.Width < 1 || p.Height < 1 || p.Width > MaxPixels/p.Height || len(p.Index) != p.Width*p.Height {
		return bad("%d pixels are no picture of %d x %d", len(p.Index), p.Width, p.Height)
	}
	if len(positions) < 1 || len(positions) > none {
		return bad("%d positions", len(positions))
	}
	for i, v := range p.Index {
		if int(v) >= len(positions) && v != none {
			return bad("pixel (%d, %d) has position %d of %d", i%p.Width, i/p.Width, v+1, len(positions))
		}
	}
	for i, q := range positions {
		hex := strings.TrimPrefix(q.Color, "#")
		if _, err := strconv.ParseUint(hex, 16, 32); err != nil || len(q.Color) != 7 || len(hex) != 6 {
			return bad("position %d has the colour %q; write #rrggbb", i+1, q.Color)
		}
	}
	if !(o.Width > 0 && o.Height > 0 && o.Width < 1e6 && o.Height < 1e6) {
		return bad("a cell of %v x %v", o.Width, o.Height)
	}
	if o.Tolerance != 0 && !(o.Tolerance >= 0.1 && o.Tolerance <= 10) {
		return bad("a tolerance of %g pixels; 0.1 to 10 can be had", o.Tolerance)
	}
	return nil
}

// pad is how far shapes run on where a repeat has no lattice.
const pad = 16

// onTorus returns a picture whose repeat has a lattice in both directions, and
// where the cell begins in it.
func (p Picture) onTorus() (Picture, vertex, error) {
	r := p.Repeat
	px, py := 0, 0
	switch r.Kind {
	case pattern.Mirror, pattern.None:
		px, py = pad, pad
	case pattern.AlongX:
		py = pad
	case pattern.AlongY:
		px = pad
	default:
		if _, _, exact := r.Shift(p.Width, p.Height); !exact {
			return p, vertex{}, &PictureError{fmt.Sprintf("a %v repeat has no whole shift at %d x %d pixels; trace the rectangle that lays straight", r, p.Width, p.Height)}
		}
		return p, vertex{}, nil
	}
	out := Picture{Width: p.Width + 2*px, Height: p.Height + 2*py}
	out.Index = make([]uint8, out.Width*out.Height)
	for y := range out.Height {
		for x := range out.Width {
			out.Index[y*out.Width+x] = p.Index[min(max(y-py, 0), p.Height-1)*p.Width+min(max(x-px, 0), p.Width-1)]
		}
	}
	return out, vertex{px, py}, nil
}

// SVG writes the picture as an SVG file, a group for each position, its size in
// millimetres and its units the pixels of the picture. Errors: *PictureError, and
// those of w.
func SVG(ctx context.Context, w io.Writer, p Picture, positions []Position, o Options) (Stats, error) {
	var stats Stats
	if err := p.check(positions, o); err != nil {
		return stats, err
	}
	if o.Tolerance == 0 {
		o.Tolerance = 0.75
	}
	torus, origin, err := p.onTorus()
	if err != nil {
		return stats, err
	}
	c := newCracks(torus)
	if err := c.follow(ctx); err != nil {
		return stats, err
	}
	for _, ch := range c.chains {
		if err := ctx.Err(); err != nil {
			return stats, err
		}
		ch.fit(o.Tolerance)
		stats.Nodes += len(ch.curve)
		for _, s := range ch.curve {
			if !s.line {
				stats.Curves++
			}
		}
	}
	out := &writer{w: bufio.NewWriter(w)}
	out.printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%smm\" height=\"%smm\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">\n",
		number(o.Width.In(pattern.Millimetre)), number(o.Height.In(pattern.Millimetre)), p.Width, p.Height)
	if o.Title != "" {
		out.printf("<title>%s</title>\n", escape(o.Title))
	}
	out.printf("<clipPath id=\"cell\"><rect width=\"%d\" height=\"%d\"/></clipPath>\n<g clip-path=\"url(#cell)\">\n", p.Width, p.Height)
	l := layer{c: c, origin: origin, win: [4]int{origin.x, origin.y, origin.x + p.Width, origin.y + p.Height}}
	for i, q := range positions {
		if err := ctx.Err(); err != nil {
			return stats, err
		}
		d, nodes := l.path(uint8(i))
		stats.Laid += nodes
		if d == "" {
			continue
		}
		name := strings.TrimSpace(q.Code + " " + q.Name)
		if name == "" {
			name = q.Color
		}
		out.printf("<g id=\"position-%d\"><title>%s</title><path fill=\"%s\" fill-rule=\"evenodd\" d=\"%s\"/></g>\n", i+1, escape(name), q.Color, d)
	}
	out.printf("</g>\n</svg>\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	return stats, out.err
}

type writer struct {
	w   *bufio.Writer
	err error
}

func (w *writer) printf(format string, arg ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, arg...)
	}
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// layer lays the borders of positions into a window of the plane.
type layer struct {
	c      *cracks
	origin vertex
	win    [4]int // left, top, right, bottom
}

// path is the path of one position and its number of nodes.
func (l *layer) path(label uint8) (string, int) {
	var b strings.Builder
	nodes, inside := 0, false
	probe := point{float64(l.win[0]) + 0.5, float64(l.win[1]) + 0.5}
	for _, r := range l.c.rings(label) {
		for _, u := range l.translates(r) {
			for _, run := range l.runs(r, u) {
				poly := run.corners()
				if r.drift != (vertex{}) {
					poly = append(poly, l.home(poly[len(poly)-1], poly[0])...)
				}
				if around(poly, probe) {
					inside = !inside
				}
				nodes += l.write(&b, run, r.drift != (vertex{}))
			}
		}
	}
	is := l.c.px[(l.win[1]+margin)*l.c.stride+l.win[0]+margin] == label
	if is != inside {
		// The position fills what no border encloses: the window, a little larger.
		x, y := l.win[0]-l.origin.x-2, l.win[1]-l.origin.y-2
		fmt.Fprintf(&b, "M%d %dH%dV%dH%dZ", x, y, l.win[2]-l.origin.x+2, l.win[3]-l.origin.y+2, x)
		nodes += 4
	}
	return b.String(), nodes
}

// run is a ring laid once: its pieces in order, moved by one vector.
type run struct {
	pieces []piece
	by     vertex
}

// translates are the vectors of the lattice by which a ring has to be laid so
// that all of it is there that shows in the window.
func (l *layer) translates(r ring) []vertex {
	box := bounds(r)
	ax, ay := l.axes()
	var out []vertex
	reach := func(span, size int) int { return (span+size-1)/size + 2 }
	// Rows and columns of cells that the ring could come from.
	n := reach(box[2]-box[0]+l.win[2]-l.win[0]+2*abs(box[0])+2*abs(box[1])+abs(r.drift.x), l.c.w)
	m := reach(box[3]-box[1]+l.win[3]-l.win[1]+2*abs(box[1])+2*abs(box[0])+abs(r.drift.y)+n*abs(ax.y)+l.c.h, l.c.h)
	if ay.x != 0 {
		n += reach(m*abs(ay.x), l.c.w)
	}
	for j := -m; j <= m; j++ {
		for i := -n; i <= n; i++ {
			u := vertex{i*ax.x + j*ay.x, i*ax.y + j*ay.y}
			if r.drift != (vertex{}) {
				// The ring moved by its own drift is the ring: one of them will do.
				if !l.first(u, r.drift) {
					continue
				}
				out = append(out, u)
				continue
			}
			if l.meets(box, u) {
				out = append(out, u)
			}
		}
	}
	return out
}

func abs(v int) int { return max(v, -v) }

// axes are two vectors that span the lattice.
func (l *layer) axes() (a, b vertex) {
	dx, dy, _ := l.c.rep.Shift(l.c.w, l.c.h)
	return vertex{l.c.w, dy}, vertex{dx, l.c.h}
}

// first reports whether u is the one that stands for all that differ from it by
// multiples of the drift: that whose share along the drift is from 0 to below 1.
func (l *layer) first(u, drift vertex) bool {
	k := u.x*drift.x + u.y*drift.y
	return k >= 0 && k < drift.x*drift.x+drift.y*drift.y
}

func (l *layer) meets(box [4]int, u vertex) bool {
	const soft = 2 // corners of pixels that smoothing left outside of the curves
	return box[0]+u.x-soft < l.win[2] && box[2]+u.x+soft > l.win[0] && box[1]+u.y-soft < l.win[3] && box[3]+u.y+soft > l.win[1]
}

// bounds are what a ring's curves lie within: a curve never leaves the hull of its
// four points.
func bounds(r ring) [4]int {
	b := [4]int{math.MaxInt, math.MaxInt, math.MinInt, math.MinInt}
	for _, p := range r.pieces {
		for _, s := range p.chain.curve {
			for _, v := range s.p {
				x, y := v.x+float64(p.offset.x), v.y+float64(p.offset.y)
				b[0], b[1] = min(b[0], int(math.Floor(x))), min(b[1], int(math.Floor(y)))
				b[2], b[3] = max(b[2], int(math.Ceil(x))), max(b[3], int(math.Ceil(y)))
			}
		}
	}
	return b
}

// runs are how a ring is laid at vector u: once where it closes, and otherwise as
// one line that begins and ends outside of the window; none if it does not show.
func (l *layer) runs(r ring, u vertex) []run {
	if r.drift == (vertex{}) {
		return []run{{r.pieces, u}}
	}
	box := bounds(r)
	diagonal := l.win[2] - l.win[0] + l.win[3] - l.win[1] + box[2] - box[0] + box[3] - box[1] + 8
	side := max(abs(r.drift.x), abs(r.drift.y))
	k := (diagonal+abs(u.x)+abs(u.y)+abs(box[0])+abs(box[1]))/side + 2
	shows := false
	out := run{by: u}
	for i := -k; i <= k; i++ {
		by := vertex{i * r.drift.x, i * r.drift.y}
		shows = shows || l.meets(box, vertex{u.x + by.x, u.y + by.y})
		for _, p := range r.pieces {
			p.offset = vertex{p.offset.x + by.x, p.offset.y + by.y}
			out.pieces = append(out.pieces, p)
		}
	}
	if !shows {
		return nil
	}
	// Keep what lies about the window, with one turn before and after.
	n := len(r.pieces)
	from, to := -1, 0
	for i := 0; i <= 2*k; i++ {
		by := vertex{(i-k)*r.drift.x + u.x, (i-k)*r.drift.y + u.y}
		if l.meets(box, by) {
			if from < 0 {
				from = i
			}
			to = i
		}
	}
	from, to = max(from-1, 0), min(to+1, 2*k)
	out.pieces = out.pieces[from*n : (to+1)*n]
	return []run{out}
}

// corners are the run's corners of pixels.
func (r run) corners() []point {
	var out []point
	for _, p := range r.pieces {
		add := func(v vertex) {
			out = append(out, point{float64(v.x + p.offset.x + r.by.x), float64(v.y + p.offset.y + r.by.y)})
		}
		if p.back {
			for _, v := range slices.Backward(p.chain.pts) {
				add(v)
			}
		} else {
			for _, v := range p.chain.pts {
				add(v)
			}
		}
	}
	return out
}

// home is a way from one point outside of the window to another that stays outside
// of it: straight out to a wide square, along it, and straight in.
func (l *layer) home(from, to point) []point {
	center := point{float64(l.win[0]+l.win[2]) / 2, float64(l.win[1]+l.win[3]) / 2}
	far := 8*float64(l.win[2]-l.win[0]+l.win[3]-l.win[1]+l.c.w+l.c.h) + from.minus(center).length() + to.minus(center).length()
	// Where a point lies around the square, 0 to 8, and the point there.
	edge := func(p point) (float64, point) {
		d := p.minus(center)
		d = d.times(far / max(math.Abs(d.x), math.Abs(d.y), 1e-9))
		x, y := d.x/far, d.y/far
		switch {
		case math.Abs(x) >= math.Abs(y) && x > 0:
			return 1 + y, center.plus(d)
		case math.Abs(x) >= math.Abs(y):
			return 5 - y, center.plus(d)
		case y > 0:
			return 3 - x, center.plus(d)
		default:
			return 7 + x, center.plus(d)
		}
	}
	a, pa := edge(from)
	b, pb := edge(to)
	if b < a {
		b += 8
	}
	out := []point{pa}
	for k := math.Floor(a/2)*2 + 2; k < b; k += 2 {
		corner := [4]point{{1, -1}, {1, 1}, {-1, 1}, {-1, -1}}[int(k/2)%4]
		out = append(out, center.plus(corner.times(far)))
	}
	return append(out, pb)
}

// around reports whether a closed polygon goes around p an odd number of times.
func around(poly []point, p point) bool {
	in := false
	for i, a := range poly {
		b := poly[(i+1)%len(poly)]
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x) {
			in = !in
		}
	}
	return in
}

// write writes a run and returns its nodes.
func (l *layer) write(b *strings.Builder, r run, open bool) int {
	nodes := 0
	var first, last point
	at := func(p point) point { return p.minus(l.origin.point()) }
	for i, p := range r.pieces {
		by := vertex{p.offset.x + r.by.x, p.offset.y + r.by.y}.point()
		n := len(p.chain.curve)
		for k := range n {
			s := p.chain.curve[k]
			if p.back {
				s = p.chain.curve[n-1-k]
				s.p = [4]point{s.p[3], s.p[2], s.p[1], s.p[0]}
			}
			for q := range s.p {
				s.p[q] = at(s.p[q].plus(by))
			}
			if i == 0 && k == 0 {
				first = s.p[0]
				fmt.Fprintf(b, "M%s %s", number(first.x), number(first.y))
			}
			if s.line {
				fmt.Fprintf(b, "L%s %s", number(s.p[3].x), number(s.p[3].y))
			} else {
				fmt.Fprintf(b, "C%s %s %s %s %s %s", number(s.p[1].x), number(s.p[1].y), number(s.p[2].x), number(s.p[2].y), number(s.p[3].x), number(s.p[3].y))
			}
			last = s.p[3]
			nodes++
		}
	}
	if open {
		for _, p := range l.home(last.plus(l.origin.point()), first.plus(l.origin.point())) {
			p = at(p)
			fmt.Fprintf(b, "L%s %s", number(p.x), number(p.y))
			nodes++
		}
	}
	b.WriteByte('Z')
	return nodes
}
