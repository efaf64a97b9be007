package draw

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Scene is a drawing as vectors: paths in paint order, each filled with one
// position. Spec is what was drawn: where there are fewer motifs than
// positions it has fewer than were asked for. Its cell measures W x H scene units; the plane of the repeat is
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

// cellUnits is the root of the area of a usual cell in scene units.
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
	if s.Part < 0 || s.Part > 8 {
		return fmt.Errorf("draw: a cell of one %d-th of the usual side cannot be drawn; Part is 0 to 8", s.Part)
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
	sc := &Scene{Spec: s, W: float64(s.side() * a), H: s.side() / a}
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
	default:
	}
	b.ink /= s.detail()
	if b.f.field {
		b.buildField()
	} else {
		b.buildFigures()
	}
	b.settle()
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
	radius = float64(radius * b.spec.detail())
	g := &gen{rng: b.form(stream), motif: s, spec: b.spec, thin: 5.2 / radius, small: stream == "second"}
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

// form is what decides how a motif looks, of the stream "second" or of "shapea"
// and so on, one for each variety.
func (b *builder) form(stream string) *rng {
	figure := b.spec.Figure
	switch {
	case figure == 0:
		return newRNG(b.spec.Seed, stream)
	case stream == "second":
		return newRNG(figure, stream)
	}
	// The second variety of one figure is the first of the next: n figures are n forms in all.
	return newRNG(figure+uint64(stream[len(stream)-1]-'a'), "shapea")
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

// roles marks the roles that show as colours in the spec's line work.
func (b *builder) roles(s *symbol, has *[roleCount]bool) {
	for _, p := range s.parts {
		thin := p.kind == lineKind || p.kind == stemKind
		if b.spec.Outline != Outlined || !thin {
			has[p.role] = true
		}
	}
}

func (b *builder) buildFigures() {
	s := b.spec
	a := &arranger{l: b.l, r: newRNG(s.Seed, "layout"), spec: s, f: b.f, unit: cellUnits, stretch: 1}
	about := float64(s.Scale.size() * cellUnits / 2)
	kinds := max(1, b.f.kinds)
	vr := newRNG(s.Seed, "variants")
	if s.Scale != Small && vr.chance(0.55) || vr.chance(0.25) {
		kinds = max(kinds, 2)
	}
	if (s.Layout == Tossed || s.Layout == AllOver) && vr.chance(0.5) {
		kinds = max(kinds, 3)
	}
	symbols := make([]*symbol, kinds)
	for i := range symbols {
		symbols[i] = b.symbol(b.f, "shape"+string(rune('a'+i)), about)
	}
	sites, m := a.primary(symbols)
	sites = b.fit(symbols, sites)
	var roles [roleCount]bool
	for _, st := range sites {
		b.roles(symbols[st.variant], &roles)
	}
	var second []*symbol
	var secondRoles *[roleCount]bool
	var places []point
	var room float64
	bx := boxOf(symbols, s.Direction == Multi)
	if s.Secondary != NoSecondary {
		count := int(float64(len(sites))*1.2) + 1
		if s.Layout == AllOver {
			count = 3*len(sites) + 6
		}
		places, room = a.between(m, sites, bx, min(count, 90))
		second = []*symbol{b.symbol(familyByName(s.Secondary), "second", room)}
		secondRoles = new([roleCount]bool)
		b.roles(second[0], secondRoles)
	}
	frame := b.frame(m, second != nil)
	if frame != nil {
		roles[roleBand] = true
	}
	b.plan = newPlan(s, newRNG(s.Seed, "plan"), &roles, secondRoles)
	shift := b.shift(a.r)
	styled := newRNG(s.Seed, "style")
	if frame != nil {
		b.sc.shapes = append(b.sc.shapes, frame)
		b.paint(len(b.sc.shapes)-1, affine{1, 0, 0, 1, shift.x, shift.y}, &b.plan.primary[0])
	}
	if second != nil {
		b.secondary(a, m.nx == 0, places, room, second[0], shift, styled)
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
	b.paint(shape, m, t)
}

// fit keeps motifs on cloth that does not repeat along an axis: one that
// stands over the edge is moved inwards, or left out when that is too far. A
// motif too large for the cloth is made smaller and stands in the middle.
func (b *builder) fit(symbols []*symbol, sites []site) []site {
	if b.l.wrapX && b.l.wrapY || b.l.kind == pattern.Mirror {
		return sites
	}
	var out []site
	for _, st := range sites {
		w, h := reach(symbols[st.variant], st)
		if k := max(float64(2*w)/b.l.w, float64(2*h)/b.l.h); k > 1 {
			continue
		}
		at := st.at
		if !b.l.wrapX {
			at.x = clamp(at.x, w, b.l.w-w)
		}
		if !b.l.wrapY {
			at.y = clamp(at.y, h, b.l.h-h)
		}
		if moved := at.sub(st.at); moved.len() <= float64(0.5*min(w, h)) {
			st.at = at
			out = append(out, st)
		}
	}
	if len(out) == 0 {
		st := sites[0]
		w, h := reach(symbols[st.variant], st)
		st.scale = float64(st.scale * min(1, float64(min(b.l.w/w, b.l.h/h)*0.48)))
		st.at = point{float64(b.l.w * 0.5), float64(b.l.h * 0.5)}
		out = append(out, st)
	}
	return out
}

// reach is half the box of a motif in its place.
func reach(sym *symbol, st site) (w, h float64) {
	w = float64((sym.hi.x - sym.lo.x) * st.scale * 0.5)
	h = float64((sym.hi.y - sym.lo.y) * st.scale * 0.5)
	if st.turn != 0 && st.turn != 0.5 {
		w = float64(sym.radius * st.scale)
		h = w
	}
	return w, h
}

func (b *builder) paint(shape int, m affine, t *tint) {
	b.sc.paints = append(b.sc.paints, paint{shape, m, t})
}

// secondary paints the small motifs between the others. Where they are too
// small for line work they go without.
func (b *builder) secondary(a *arranger, loose bool, places []point, room float64, sym *symbol, shift point, styled *rng) {
	scale := float64(room*0.82) / sym.radius
	outline := b.spec.Outline
	if outline == Outlined && room < 34 {
		b.spec.Outline = Flat
	}
	shape := b.marks(sym, scale, styled)
	b.spec.Outline = outline
	f := familyByName(b.spec.Secondary)
	for i, p := range places {
		st := site{at: p, scale: scale}
		if loose && !f.round {
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
	default:
		return nil
	}
}

func (b *builder) bar(x, w float64) mark {
	return mark{fill: roleBand, p: rect(x-float64(w/2), 0, w, b.sc.H)}
}

// ogeeLine is a ribbon from the top to the bottom of the cell that swings n
// times by amp to both sides of x; it swings right where the motifs of the
// even columns lie (at half of each pitch).
func ogeeLine(x, amp, pitch float64, n int, w float64) *path {
	const steps = 12
	total := steps * n
	left, right := make([]point, 0, total+1), make([]point, 0, total+1)
	for i := 0; i <= total; i++ {
		t := float64(float64(i) / steps)
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
