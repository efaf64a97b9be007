package draw

import (
	"slices"
	"strings"
)

// Describe is a caption of the drawing: true, but not complete. The seed
// decides what is said, in which words and in which order; the family always
// is.
func Describe(s Spec, seed uint64) string {
	s = s.Complete(s.Seed)
	r := newRNG(seed, "caption")
	f := familyByName(s.Family)
	say := func(field, value string) string {
		var phrases []string
		for _, t := range append(layoutTerms(), otherTerms()...) {
			if t.field == field && t.value == value && !t.listen {
				phrases = append(phrases, t.phrase)
			}
		}
		if len(phrases) == 0 {
			return ""
		}
		// The first is the trade's own word: it comes most often.
		if r.chance(0.45) {
			return phrases[0]
		}
		return phrases[r.n(len(phrases))]
	}
	name := f.name
	if len(f.also) > 0 && r.chance(0.15) {
		name = f.also[r.n(len(f.also))]
	}
	var tail []string
	part := func(p float64, phrase string) {
		if phrase != "" && r.chance(p) {
			tail = append(tail, phrase)
		}
	}
	// Sizes and densities stand before the name when they are one word.
	var before []string
	scale, density := say("scale", string(s.Scale)), say("density", string(s.Density))
	if r.chance(0.82) {
		if r.chance(0.8) && !strings.Contains(scale, " ") {
			before = append(before, scale)
		} else {
			tail = append(tail, scale)
		}
	}
	if s.Density != Regular || r.chance(0.2) {
		if r.chance(0.75) {
			if r.chance(0.5) && !strings.Contains(density, " ") {
				before = append(before, density)
			} else {
				tail = append(tail, density)
			}
		}
	}
	outline := say("outline", string(s.Outline))
	outlineAt := 0.85
	if s.Outline == Flat {
		outlineAt = 0.15
	}
	if r.chance(outlineAt) {
		if outline == "outlined" && r.chance(0.6) {
			before = append(before, outline)
		} else {
			tail = append(tail, outline)
		}
	}
	if r.chance(0.5) {
		slices.Reverse(before)
	}
	if s.Layout != "" {
		part(0.85, say("layout", string(s.Layout)))
	}
	if s.Direction != "" {
		p := 0.35
		if s.Direction == TwoWay {
			p = 0.7
		}
		part(p, say("direction", string(s.Direction)))
	}
	if s.Secondary != "" && s.Secondary != NoSecondary {
		terms := secondaryTerms(s.Secondary)
		part(0.9, terms[r.n(len(terms))])
	}
	if s.Style != Clean {
		part(0.9, say("style", string(s.Style)))
	}
	terms := positionTerms(s.Positions)
	part(0.8, terms[r.pick(6, 2, 2)])
	for i := len(tail) - 1; i > 0; i-- {
		j := r.n(i + 1)
		tail[i], tail[j] = tail[j], tail[i]
	}
	head := strings.Join(append(before, name), " ")
	// Now and then the name comes later.
	parts := append([]string{head}, tail...)
	if len(tail) > 0 && r.chance(0.12) {
		parts[0], parts[1] = parts[1], parts[0]
	}
	out := parts[0]
	for i, p := range parts[1:] {
		sep := ", "
		if i == 0 && parts[0] == head && (strings.HasPrefix(p, "with ") || strings.HasPrefix(p, "in ") || strings.HasPrefix(p, "and ")) {
			sep = " "
		}
		out += sep + p
	}
	return out
}
