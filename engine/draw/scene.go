package draw

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Scene is a drawing as vectors: paths in paint order, each filled with one
// position. Its cell measures W x H scene units; the plane of the repeat is
// filled with it as the lattice says.
type Scene struct {
	Spec   Spec
	W, H   float64
	paints []paint
	// shapes[i] is painted where an instance says so.
	shapes [][]mark
	origin point // in pixels of the raster, for tests of the lattice only
}

// mark is one painted path of a motif: filled by role, and where width > 0
// stroked with role stroke, under the fill (outside) or over it.
type mark struct {
	p       *path
	fill    role
	stroke  role
	width   float64 // scene units, full
	outside bool
}

// paint is one motif in its place.
type paint struct {
	shape int
	m     affine
	tint  *tint
}

// cellUnits is the root of a cell's area in scene units.
const cellUnits = 1024

// root3 is the square root of 3.
const root3 = 1.7320508075688772

// aspect is W : H of the cell.
func (s *Spec) aspect() float64 {
	if s.Repeat.Kind == pattern.Hex {
		return root3 / 2
	}
	if s.AspectW <= 0 || s.AspectH <= 0 {
		return 1
	}
	return clamp(float64(s.AspectW)/float64(s.AspectH), 1.0/8, 8)
}

// Validate reports what no drawing can be made of.
func (s Spec) Validate() error {
	if s.Family != "" && familyByName(s.Family) == nil {
		return &UnknownError{Field: "family", Value: s.Family, Known: Families()}
	}
	if s.Positions < 0 || s.Positions > MaxPositions {
		return &PositionsError{Asked: s.Positions}
	}
	check := func(field, value string, known []string) error {
		if value == "" {
			return nil
		}
		for _, k := range known {
			if k == value {
				return nil
			}
		}
		return &UnknownError{Field: field, Value: value, Known: known}
	}
	for _, c := range []struct {
		field, value string
		known        []string
	}{
		{"layout", string(s.Layout), []string{string(Grid), string(HalfDrop), string(Brick), string(Tossed), string(Stripe), string(Ogee), string(AllOver)}},
		{"scale", string(s.Scale), []string{string(Small), string(Medium), string(Large)}},
		{"density", string(s.Density), []string{string(Sparse), string(Regular), string(Dense)}},
		{"direction", string(s.Direction), []string{string(OneWay), string(TwoWay), string(Multi)}},
		{"secondary", s.Secondary, append(Secondaries(), NoSecondary)},
		{"outline", string(s.Outline), []string{string(Flat), string(Outlined), string(Line)}},
		{"style", string(s.Style), []string{string(Clean), string(Block), string(Ikat)}},
	} {
		if err := check(c.field, c.value, c.known); err != nil {
			return err
		}
	}
	if err := s.Repeat.Validate(); err != nil {
		return fmt.Errorf("draw: %w", err)
	}
	return nil
}

// Scene builds the vectors. Open fields are filled in from Seed first.
func (s Spec) Scene() (*Scene, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.Complete(s.Seed)
	a := sqrt(s.aspect())
	sc := &Scene{Spec: s, W: float64(cellUnits * a), H: cellUnits / a}
	b := builder{sc: sc, spec: &sc.Spec, f: familyByName(s.Family)}
	b.l = newLattice(sc.W, sc.H, s.Repeat)
	// Line work is drawn 1.5 to 2.4 pixels wide at 256 pixels to the cell.
	r := newRNG(s.Seed, "line")
	b.ink = r.in(5.5, 8.5)
	switch s.Scale {
	case Large:
		b.ink = r.in(7, 12)
	case Small:
		b.ink = r.in(4.5, 6)
	}
	if b.f.field {
		b.buildField()
	} else {
		b.buildFigures()
	}
	return sc, nil
}

// builder makes one scene.
type builder struct {
	sc   *Scene
	spec *Spec
	f    *family
	l    lattice
	ink  float64
	plan *plan
}

// symbol draws a family once; radius is about its size on the cell in scene
// units, which decides how much detail it can have.
func (b *builder) symbol(f *family, stream string, radius float64) *symbol {
	s := &symbol{}
	g := &gen{rng: newRNG(b.spec.Seed, stream), motif: s, spec: b.spec, thin: 5.2 / radius}
	switch {
	case radius > 150:
		g.fine = 2
	case radius > 85:
		g.fine = 1
	}
	f.draw(g)
	s.measure()
	return s
}

// marks turns a symbol into painted paths for motifs drawn at a scale.
func (b *builder) marks(s *symbol, scale float64, styled *rng) int {
	var out []mark
	outline := b.spec.Outline
	for _, p := range s.parts {
		q := p.p
		if b.spec.Style != Clean {
			q = b.styled(q, scale, styled)
		}
		m := mark{p: q, fill: p.role}
		switch {
		case p.role == roleGround:
		case outline == Line && (p.kind == shapeKind || p.kind == gapKind):
			m.fill, m.stroke, m.width = roleGround, p.role, b.ink
			if b.spec.Positions == 1 {
				m.stroke = roleInk
			}
		case outline == Line:
			if b.spec.Positions == 1 {
				m.fill = roleInk
			}
		case outline == Outlined && (p.kind == shapeKind || p.kind == gapKind):
			m.stroke, m.width, m.outside = roleInk, float64(b.ink*1.7), true
		case outline == Outlined && (p.kind == lineKind || p.kind == stemKind):
			m.fill = roleInk
		case p.kind == gapKind:
			m.stroke, m.width, m.outside = roleGround, float64(b.ink*1.7), true
		}
		out = append(out, m)
	}
	if b.spec.Style == Block {
		out = append(out, b.voids(s, scale, styled)...)
	}
	for i := range out {
		out[i].width /= scale
	}
	b.sc.shapes = append(b.sc.shapes, out)
	return len(b.sc.shapes) - 1
}

func (b *builder) buildFigures() {
	s := b.spec
	a := &arranger{l: b.l, r: newRNG(s.Seed, "layout"), spec: s, unit: cellUnits}
	about := float64(s.Scale.size() * cellUnits / 2)
	kinds := 1
	vr := newRNG(s.Seed, "variants")
	if s.Scale != Small && vr.chance(0.55) || vr.chance(0.25) {
		kinds = 2
	}
	if (s.Layout == Tossed || s.Layout == AllOver) && vr.chance(0.5) {
		kinds = 3
	}
	symbols := make([]*symbol, kinds)
	var roles [roleCount]bool
	for i := range symbols {
		symbols[i] = b.symbol(b.f, "shape"+string(rune('a'+i)), about)
		for k, used := range symbols[i].roles {
			roles[k] = roles[k] || used
		}
	}
	sites, m := a.primary(symbols)
	var second []*symbol
	var secondRoles *[roleCount]bool
	if s.Secondary != NoSecondary {
		second = []*symbol{b.symbol(familyByName(s.Secondary), "second", 45)}
		secondRoles = &second[0].roles
	}
	frame := b.frame(m, second != nil)
	if frame != nil {
		roles[roleBand] = true
	}
	b.plan = newPlan(s, newRNG(s.Seed, "plan"), &roles, secondRoles)
	turned := s.Direction == Multi
	bx := boxOf(symbols, turned)
	shift := b.shift(a.r)
	styled := newRNG(s.Seed, "style")
	if frame != nil {
		b.sc.shapes = append(b.sc.shapes, frame)
		b.paint(len(b.sc.shapes)-1, affine{1, 0, 0, 1, shift.x, shift.y}, &b.plan.primary[0])
	}
	if second != nil {
		b.secondary(a, m, sites, bx, second, shift, styled)
	}
	b.tints(sites)
	shapes := make([]int, len(symbols))
	for i, sym := range symbols {
		scale := sites[0].scale
		shapes[i] = b.marks(sym, scale, styled)
	}
	for _, st := range sites {
		sym := symbols[st.variant]
		b.instance(sym, shapes[st.variant], st, shift, &b.plan.primary[st.tint])
	}
}

// shift moves the whole arrangement by eighths of the cell, which keeps what
// is aligned to its edges aligned to pixels.
func (b *builder) shift(r *rng) point {
	i, j := float64(r.n(8)), float64(r.n(8))
	if !b.l.wrapX {
		i = 0
	}
	if !b.l.wrapY {
		j = 0
	}
	return point{float64(b.sc.W * i / 8), float64(b.sc.H * j / 8)}
}

// tints shares the variants of the main position out over the motifs, so that
// each is used.
func (b *builder) tints(sites []site) {
	n := len(b.plan.primary)
	if n == 1 {
		return
	}
	r := newRNG(b.spec.Seed, "tints")
	off := r.n(n)
	for i := range sites {
		sites[i].tint = (i + off) % n
	}
	if len(sites) < n {
		return
	}
	// In loose layouts an even mix looks woven: swap some.
	if b.spec.Layout == Tossed || b.spec.Layout == AllOver {
		for i := range sites {
			j := r.n(len(sites))
			sites[i].tint, sites[j].tint = sites[j].tint, sites[i].tint
		}
	}
}

func (b *builder) instance(sym *symbol, shape int, st site, shift point, t *tint) {
	c := sym.mid()
	m := place(point{}, st.scale, st.turn)
	if st.flip {
		m = m.flipX()
		c.x = -c.x
	}
	m2 := place(point{}, st.scale, st.turn)
	off := m2.apply(c)
	m.e, m.f = st.at.x+shift.x-off.x, st.at.y+shift.y-off.y
	if !b.inside(sym, st, shift) {
		return
	}
	b.paint(shape, m, t)
}

// inside keeps motifs off the edges of cloth that does not repeat there.
func (b *builder) inside(sym *symbol, st site, shift point) bool {
	p := st.at.add(shift)
	w := float64((sym.hi.x - sym.lo.x) / 2 * st.scale)
	h := float64((sym.hi.y - sym.lo.y) / 2 * st.scale)
	if st.turn != 0 && st.turn != 0.5 {
		w = float64(sym.radius * st.scale)
		h = w
	}
	if b.l.kind == pattern.Mirror {
		return true
	}
	if !b.l.wrapX && (p.x-w < -1 || p.x+w > b.l.w+1) && float64(2*w) < b.l.w {
		return false
	}
	if !b.l.wrapY && (p.y-h < -1 || p.y+h > b.l.h+1) && float64(2*h) < b.l.h {
		return false
	}
	return true
}

func (b *builder) paint(shape int, m affine, t *tint) {
	b.sc.paints = append(b.sc.paints, paint{shape, m, t})
}

// secondary paints the small motifs between the others.
func (b *builder) secondary(a *arranger, m motifLattice, sites []site, bx box, second []*symbol, shift point, styled *rng) {
	count := int(float64(len(sites))*1.2) + 1
	if b.spec.Layout == AllOver {
		count = 3*len(sites) + 6
	}
	count = min(count, 90)
	places, room := a.between(m, sites, bx, count)
	sym := second[0]
	size := sym.radius
	scale := float64(room*0.82) / size
	shape := b.marks(sym, scale, styled)
	f := familyByName(b.spec.Secondary)
	for i, p := range places {
		st := site{at: p, scale: scale}
		if m.nx == 0 && !f.round {
			st.turn = a.r.unit()
		} else if b.spec.Direction == TwoWay && i%2 == 1 && !f.round {
			st.turn = 0.5
		}
		b.instance(sym, shape, st, shift, &b.plan.second)
	}
}

// frame draws what belongs to the layout itself: the bands of stripes and the
// ogee net, in the cell's own units.
func (b *builder) frame(m motifLattice, second bool) []mark {
	r := newRNG(b.spec.Seed, "frame")
	w := r.in(1.2, 2.2)
	switch b.spec.Layout {
	case Stripe:
		var out []mark
		px := b.sc.W / float64(m.nx)
		kind := r.n(3)
		for i := range m.nx {
			x := float64(px * float64(i))
			band := float64(px * r.in(0.06, 0.06))
			switch {
			case second || kind == 0:
				d := float64(px * 0.16)
				out = append(out, b.bar(x-d, float64(b.ink*w)), b.bar(x+d, float64(b.ink*w)))
			case kind == 1:
				out = append(out, b.bar(x, float64(band*w)))
			default:
				out = append(out, b.bar(x, float64(band*w)), b.bar(x-float64(px*0.11), b.ink), b.bar(x+float64(px*0.11), b.ink))
			}
		}
		return out
	case Ogee:
		var out []mark
		px, py := b.sc.W/float64(m.nx), b.sc.H/float64(m.ny)
		swell := r.in(0.78, 0.97)
		width := float64(b.ink * w * 1.5)
		for i := range m.nx {
			side := 1.0
			if i%2 == 1 {
				side = -1
			}
			// The line to the right of column i bulges at its motifs.
			out = append(out, mark{fill: roleBand, p: ogeeLine(float64(px*float64(i+1)), float64(side*px/2*swell), py, m.ny, width)})
		}
		return out
	}
	return nil
}

func (b *builder) bar(x, w float64) mark {
	return mark{fill: roleBand, p: rect(x-w/2, 0, w, b.sc.H)}
}

// ogeeLine is a ribbon from the top to the bottom of the cell that swings n
// times by amp to both sides of x; it swings right where the motifs of the
// even columns lie (at half of each pitch).
func ogeeLine(x, amp, pitch float64, n int, w float64) *path {
	const steps = 12
	total := steps * n
	left, right := make([]point, 0, total+1), make([]point, 0, total+1)
	for i := 0; i <= total; i++ {
		t := float64(i) / steps
		_, c := sincos(t)
		s, _ := sincos(t)
		// Widen across the slope so that the ribbon keeps its width.
		slope := float64(amp*6.283185307179586*s) / pitch
		half := float64(w / 2 * sqrt(1+float64(slope*slope)))
		cx := x - float64(amp*c)
		y := float64(t * pitch)
		left = append(left, point{cx - half, y})
		right = append(right, point{cx + half, y})
	}
	for i, j := 0, len(right)-1; i < j; i, j = i+1, j-1 {
		right[i], right[j] = right[j], right[i]
	}
	p := (&path{}).move(left[0].x, left[0].y)
	p.open(left)
	p.line(right[0].x, right[0].y)
	p.open(right)
	return p
}
