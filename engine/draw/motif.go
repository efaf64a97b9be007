package draw

// role says what a part of a motif is; the colour plan of a scene gives each
// role a position, so that any motif can be drawn in any number of them.
type role uint8

const (
	roleMain   role = iota // petals, body
	roleAlt                // a second tone beside or inside the main one
	roleCentre             // lies on main and alt
	roleLeaf               // leaves and stems, apart from main
	roleDetail             // spots and marks on main, alt or centre
	roleVein               // lies on leaf
	roleBand               // frames and stripes between motifs
	roleInk                // line work
	roleGround             // the ground shows through
	rolePlain              // rolePlain+k is position k, for fields
	roleCount  = rolePlain + 7
)

// kind says how a part takes line work.
type kind uint8

const (
	shapeKind kind = iota // a surface: gets an outline
	gapKind               // a surface that is set apart from what lies below
	lineKind              // an inner line: ink where there is line work
	stemKind              // a thin stroke: ink where there is line work
	dotKind               // too small for an outline
)

type part struct {
	p    *path
	role role
	kind kind
}

// symbol is a motif in units of its own, about 1 from middle to rim.
type symbol struct {
	parts  []part
	lo, hi point
	radius float64 // of the circle around the middle of the box
}

func (s *symbol) mid() point { return s.lo.lerp(s.hi, 0.5) }

func (s *symbol) measure() {
	first := true
	for _, p := range s.parts {
		lo, hi := p.p.bounds()
		if first {
			s.lo, s.hi, first = lo, hi, false
		}
		s.lo = point{min(s.lo.x, lo.x), min(s.lo.y, lo.y)}
		s.hi = point{max(s.hi.x, hi.x), max(s.hi.y, hi.y)}
	}
	c, r2 := s.mid(), 0.0
	for _, p := range s.parts {
		for _, t := range p.p.pts {
			d := t.sub(c)
			r2 = max(r2, d.dot(d))
		}
	}
	s.radius = sqrt(r2)
}

// gen is what a family draws with.
type gen struct {
	*rng
	motif *symbol
	spec  *Spec
	thin  float64 // width of the finest line that can still be seen, in motif units
	fine  int     // 0 small motifs without detail, 1 medium, 2 large
	small bool    // a small motif between others
	leafy bool    // leaves are the main thing
	field *field  // for families that cover the whole cell
}

func (g *gen) put(k kind, r role, p *path) { g.motif.parts = append(g.motif.parts, part{p, r, k}) }

// shape, gap, line, stem and dot add a part of that kind.
func (g *gen) shape(r role, p *path) { g.put(shapeKind, r, p) }
func (g *gen) gap(r role, p *path)   { g.put(gapKind, r, p) }
func (g *gen) dot(r role, at point, radius float64) {
	g.put(dotKind, r, circle(at, max(radius, float64(g.thin*0.8))))
}

// line is an inner line, of full width w in its middle.
func (g *gen) line(r role, w float64, pts ...point) {
	w = max(w, g.thin)
	g.put(lineKind, r, brush(float64(w*0.7), w, float64(w*0.5), pts...))
}

// stem is a stroke that is widest at its start.
func (g *gen) stem(r role, w float64, pts ...point) {
	w = max(w, float64(g.thin*1.2))
	g.put(stemKind, r, brush(w, float64(w*0.85), float64(w*0.7), curve(4, pts...)...))
}

// around puts n copies of p around the middle, turned evenly.
func (g *gen) around(k kind, r role, n int, turn float64, p *path) {
	for i := range n {
		g.put(k, r, p.at(place(point{}, 1, turn+float64(i)/float64(n))))
	}
}
