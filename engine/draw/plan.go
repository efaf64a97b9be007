package draw

// tint maps each role to a position; ground is -1.
type tint [roleCount]int8

const ground = int8(-1)

// plan hands out the positions of a scene.
type plan struct {
	fills   int // positions that are no line work
	ink     int8
	primary []tint // the main motif in its variants
	second  tint   // secondary motifs
}

// overs says which roles a role lies on and so must differ from.
func overs(r role) []role {
	switch r {
	case roleAlt:
		return []role{roleMain}
	case roleCentre:
		return []role{roleMain, roleAlt}
	case roleDetail:
		return []role{roleMain, roleAlt, roleCentre}
	case roleVein:
		return []role{roleLeaf}
	default:
		return nil
	}
}

// newPlan gives each role a position of its own while there are any, the most
// important first; the others share one that differs from what they lie on,
// or let the ground through. Positions that are left over become variants of
// the main motif.
func newPlan(s *Spec, r *rng, primary, second *[roleCount]bool) *plan {
	p := &plan{fills: s.fills(), ink: int8(s.ink())}
	if p.ink >= 0 && p.fills == int(p.ink)+1 {
		p.fills-- // one position that is line work only
	}
	var first tint
	for i := range first {
		first[i], p.second[i] = -2, -2
	}
	next := int8(0)
	own := func(t *tint, has *[roleCount]bool, r role) {
		if has != nil && has[r] && t[r] == -2 && int(next) < p.fills {
			t[r] = next
			next++
		}
	}
	own(&first, primary, roleMain)
	order := []role{roleCentre, roleLeaf}
	if r.chance(0.6) {
		order[0], order[1] = order[1], order[0]
	}
	own(&first, primary, order[0])
	if r.chance(0.5) {
		own(&p.second, second, roleMain)
	}
	own(&first, primary, order[1])
	own(&first, primary, roleAlt)
	own(&p.second, second, roleMain)
	for _, k := range []role{roleBand, roleDetail, roleVein} {
		own(&first, primary, k)
	}
	p.settle(&first, primary, nil)
	p.settle(&p.second, second, &first)
	for k := range MaxPositions {
		first[int(rolePlain)+k] = int8(k)
		p.second[int(rolePlain)+k] = int8(k)
	}
	p.primary = append(p.primary, first)
	for ; int(next) < p.fills; next++ {
		t := first
		t[roleMain] = next
		p.primary = append(p.primary, t)
	}
	return p
}

// settle gives the roles without a position one to share.
func (p *plan) settle(t *tint, has *[roleCount]bool, first *tint) {
	for k := roleMain; k <= roleBand; k++ {
		if t[k] != -2 {
			continue
		}
		if p.fills == 0 {
			t[k] = ground
			continue
		}
		taken := map[int8]bool{}
		for _, o := range overs(k) {
			if has != nil && has[o] {
				taken[t[o]] = true
			}
		}
		start := 1
		if k == roleMain {
			start = 0
			if first != nil {
				// Secondary motifs take after leaves or centres.
				start = int(max(first[roleLeaf], first[roleCentre], 0))
			}
		}
		t[k] = ground
		for i := range p.fills {
			c := int8((start + i) % p.fills)
			if !taken[c] {
				t[k] = c
				break
			}
		}
		if t[k] == ground && k == roleAlt {
			t[k] = t[roleMain]
		}
	}
	t[roleInk] = p.ink
	if p.ink < 0 {
		t[roleInk] = t[roleDetail]
	}
	t[roleGround] = ground
}
