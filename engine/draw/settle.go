package draw

// usage counts the marks that show each position.
func (b *builder) usage() (counts [MaxPositions]int) {
	for _, p := range b.sc.paints {
		for _, m := range b.sc.shapes[p.shape] {
			if c := p.tint[m.fill]; c >= 0 {
				counts[c]++
			}
			if m.width > 0 {
				if c := p.tint[m.stroke]; c >= 0 {
					counts[c]++
				}
			}
		}
	}
	return counts
}

// visible is the role that shows most of a mark.
func visible(m *mark) role {
	if m.width > 0 && !m.outside {
		return m.stroke
	}
	return m.fill
}

// settle sees to it that each position is on the cloth: a motif changes its
// colour, or every second part of a shape does. Where even that is not enough
// (one dot cannot have seven colours), the drawing has fewer positions than
// were asked for, and its spec says so.
func (b *builder) settle() {
	for q := range b.spec.Positions {
		if b.usage()[q] > 0 || int8(q) == int8(b.spec.ink()) {
			continue
		}
		if !b.recolor(int8(q)) {
			b.split(q)
		}
	}
	b.compact()
}

// recolor gives the position to one motif whose own is on others as well.
func (b *builder) recolor(q int8) bool {
	counts := b.usage()
	for i := len(b.sc.paints) - 1; i >= 0; i-- {
		p := &b.sc.paints[i]
		var marks [roleCount]int
		for k := range b.sc.shapes[p.shape] {
			marks[visible(&b.sc.shapes[p.shape][k])]++
		}
		for _, r := range []role{roleMain, roleAlt, roleLeaf} {
			c := p.tint[r]
			if marks[r] == 0 || c < 0 || counts[c] <= marks[r] || c == int8(b.spec.ink()) {
				continue
			}
			t := *p.tint
			t[r] = q
			p.tint = &t
			return true
		}
	}
	return false
}

// split gives the position to every second mark of the role that has most.
func (b *builder) split(q int) {
	bestShape, bestRole, most := -1, role(0), 1
	for i, marks := range b.sc.shapes {
		var n [roleCount]int
		for k := range marks {
			r := visible(&marks[k])
			n[r]++
			if r != roleGround && r != roleInk && n[r] > most {
				bestShape, bestRole, most = i, r, n[r]
			}
		}
	}
	if bestShape < 0 {
		return
	}
	k := 0
	for i := range b.sc.shapes[bestShape] {
		m := &b.sc.shapes[bestShape][i]
		if visible(m) != bestRole {
			continue
		}
		if k%2 == 1 {
			if m.width > 0 && !m.outside {
				m.stroke = rolePlain + role(q)
			} else {
				m.fill = rolePlain + role(q)
			}
		}
		k++
	}
}

// compact takes out positions that are still not on the cloth.
func (b *builder) compact() {
	counts := b.usage()
	ink := b.spec.ink()
	if ink > 0 && counts[ink] == 0 {
		b.spec.Outline = Flat
	}
	next := int8(0)
	var to [MaxPositions]int8
	for q := range b.spec.Positions {
		to[q] = next
		if counts[q] > 0 {
			next++
		}
	}
	if int(next) == b.spec.Positions || next == 0 {
		return
	}
	done := map[*tint]*tint{}
	for i := range b.sc.paints {
		p := &b.sc.paints[i]
		if done[p.tint] == nil {
			t := *p.tint
			for r := range t {
				if t[r] >= 0 {
					t[r] = to[t[r]]
				}
			}
			done[p.tint] = &t
		}
		p.tint = done[p.tint]
	}
	b.spec.Positions = int(next)
}
