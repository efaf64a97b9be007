package color

import (
	"math"
	"slices"
)

// sets returns palettes that hold together, each a ground and chips that stand
// on it, strongest first.
func sets() [][]string {
	return [][]string{
		{"cream", "madder", "sage", "mustard", "indigo"},
		{"navy", "blush", "cream", "gold", "dusty blue"},
		{"sage", "ivory", "burgundy", "forest", "blush"},
		{"coral", "ivory", "teal", "plum", "apricot"},
		{"ivory", "indigo", "terracotta", "duck egg", "ochre"},
		{"midnight", "mustard", "teal", "coral", "ecru"},
		{"blush", "raspberry", "olive", "cream", "claret"},
		{"mustard", "ivory", "petrol", "rust", "charcoal"},
		{"duck egg", "white", "navy", "coral", "moss"},
		{"charcoal", "ecru", "rust", "sage", "gold"},
		{"linen", "terracotta", "eucalyptus", "aubergine", "ochre"},
		{"forest", "blush", "mustard", "rust", "sage"},
		{"white", "cobalt", "sky", "lemon", "navy"},
		{"teal", "peach", "ivory", "mustard", "midnight"},
		{"lilac", "aubergine", "ivory", "moss", "raspberry"},
		{"terracotta", "cream", "indigo", "blush", "olive"},
		{"chalk", "black", "brick", "grey", "ochre"},
		{"powder", "navy", "white", "poppy", "denim"},
		{"aubergine", "lilac", "gold", "sage", "blush"},
		{"mint", "forest", "coral", "white", "mulberry"},
		{"ecru", "delft", "claret", "moss", "honey"},
		{"peach", "terracotta", "white", "teal", "plum"},
		{"bottle", "primrose", "blush", "jade", "cream"},
		{"oatmeal", "ink", "cinnamon", "verdigris", "brick"},
	}
}

// apart is the least OKLab distance of two chips of one palette: well above
// what the eye needs side by side, so that neighbours read as two colours.
const apart = 0.09

// Default returns a harmonious palette of n chips, the ground first, chosen by
// seed. n is at least 1.
func Default(n int, seed uint64) Palette { return Complete(Words{}, n, seed) }

// Complete returns a palette of n chips, the ground first: the colours that
// the words name, in order, and for positions that they leave open the chips
// of the harmonious palette that suits them; the same seed chooses the same.
// A colour named twice, or more colours than positions, are left out.
func Complete(w Words, n int, seed uint64) Palette {
	n = max(n, 1)
	var named Palette
	if w.Ground != nil {
		named = append(named, *w.Ground)
	}
	named = append(named, w.Motifs...)
	set := choose(named, w.Ground, seed)

	out := make(Palette, 0, n)
	if w.Ground != nil {
		out = append(out, *w.Ground)
	} else {
		out = append(out, set.ground(w.Motifs))
	}
	for _, c := range w.Motifs {
		if len(out) < n {
			out = append(out, c)
		}
	}
	for need := apart; len(out) < n && need > 0.01; need *= 0.7 {
		for _, c := range set {
			if len(out) < n && out.distance(c) >= need {
				out = append(out, c)
			}
		}
	}
	for len(out) < n { // more positions than the set has chips: shades of the first motifs
		c := out[1+len(out)%max(len(out)-1, 1)].OKLab()
		c[0] = math.Mod(c[0]+0.31, 0.8) + 0.12
		out = append(out, ChipOf("", inGamut(c)))
	}
	return out
}

// Ink returns the chip for outlines on the palette: a dark one, tinted as its
// darkest chip, on a light ground, or a light one on a dark ground, unless that
// would be lost against a chip that it has to outline.
func (p Palette) Ink() Chip {
	if len(p) == 0 {
		return Chip{Name: "black", R: 0x17, G: 0x17, B: 0x1a}
	}
	darkest, lightest := p[0].OKLab(), p[0].OKLab()
	for _, c := range p[1:] {
		l := c.OKLab()
		if l[0] < darkest[0] {
			darkest = l
		}
		if l[0] > lightest[0] {
			lightest = l
		}
	}
	tint := func(name string, like Lab, l float64) Chip {
		return ChipOf(name, inGamut(Lab{l, like[1] * 0.5, like[2] * 0.5}))
	}
	dark := []Chip{tint("dark outline", darkest, 0.27), tint("dark outline", darkest, 0.16)}
	light := []Chip{tint("light outline", lightest, 0.96), tint("light outline", lightest, 0.86)}
	order := slices.Concat(dark, light)
	if p[0].OKLab()[0] <= 0.5 {
		order = slices.Concat(light, dark)
	}
	best := order[0]
	for _, c := range order {
		if p.distance(c) >= 1.6*apart {
			return c
		}
		if p.distance(c) > p.distance(best) {
			best = c
		}
	}
	return best
}

// distance is the smallest OKLab distance from c to a chip of p.
func (p Palette) distance(c Chip) float64 {
	d := math.Inf(1)
	for _, q := range p {
		d = min(d, DeltaOK(c.OKLab(), q.OKLab()))
	}
	return d
}

// ground returns the set's own ground, or the first chip of the set that
// stands off from the motifs.
func (p Palette) ground(motifs []Chip) Chip {
	for need := 2.5 * apart; need > 0.01; need *= 0.7 {
		for _, c := range p {
			if Palette(motifs).distance(c) >= need {
				return c
			}
		}
	}
	return p[0]
}

// choose returns the set for a seed: among all when nothing is named,
// otherwise among the quarter whose chips are nearest to the named ones.
func choose(named Palette, ground *Chip, seed uint64) Palette {
	all, dict := sets(), dictionary()
	type candidate struct {
		set  Palette
		cost float64
	}
	candidates := make([]candidate, len(all))
	for i, names := range all {
		c := candidate{set: make(Palette, 0, len(names))}
		for _, n := range names {
			if chip, ok := lookup(dict, n); ok {
				c.set = append(c.set, chip)
			}
		}
		for _, chip := range named {
			c.cost += c.set.distance(chip)
		}
		if ground != nil {
			c.cost += DeltaOK(ground.OKLab(), c.set[0].OKLab())
		}
		candidates[i] = c
	}
	if len(named) > 0 {
		slices.SortStableFunc(candidates, func(a, b candidate) int {
			switch {
			case a.cost < b.cost:
				return -1
			case a.cost > b.cost:
				return 1
			default:
				return 0
			}
		})
		candidates = candidates[:len(candidates)/4]
	}
	// SplitMix64's finisher, so that seeds side by side choose apart
	// (S. Vigna, 2015).
	z := seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return candidates[(z^z>>31)%uint64(len(candidates))].set
}
