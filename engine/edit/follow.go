package edit

import (
	"fmt"
	"slices"
	"strings"
)

// FollowPalette says by which operations a pattern follows a change of its
// collection's palette, for Collection.Change: positions are matched by their
// place. A locked pattern exchanges the chips of its positions exactly, by a
// colourway of the name way; the pixels of another are recoloured chip by chip,
// each among the others. A pattern that has none of the chips that change has
// nothing to do.
//
// The error is a *ParameterError where colours of an unlocked pattern would
// change places: once both are one colour nothing tells them apart. Lock it first.
func FollowPalette(way string) func(p *Pattern, from, to []Spot) ([]Op, error) {
	return func(p *Pattern, from, to []Spot) ([]Op, error) {
		s := p.State()
		changes := map[string]Spot{} // by the colour of before
		for i := range min(len(from), len(to)) {
			a, b := strings.ToLower(from[i].Color), strings.ToLower(to[i].Color)
			if was, twice := changes[a]; twice && !strings.EqualFold(was.Color, b) {
				return nil, &ParameterError{"positions", fmt.Sprintf("two positions were %s and become different colours", a)}
			}
			changes[a] = to[i]
		}
		if s.Locked != nil {
			return exchangeOps(s, way, changes)
		}
		return recolorOps(s, from, changes)
	}
}

// exchangeOps are those of a locked pattern.
func exchangeOps(s *State, way string, changes map[string]Spot) ([]Op, error) {
	set := &SetColorway{Name: way}
	words := &SetPalette{}
	changed := false
	for _, p := range s.Positions {
		spot := Spot{Name: p.Name, Code: p.Code, Color: p.Chip.Hex(), Chip: p.Chip.Name, Illuminant: p.Illuminant}
		if p.Lab != nil {
			lab := [3]float64(*p.Lab)
			spot.Lab = &lab
		}
		if to, follows := changes[p.Chip.Hex()]; follows && !strings.EqualFold(to.Color, spot.Color) {
			changed = true
			to.Name, to.Color = p.Name, strings.ToLower(to.Color)
			spot = to
		}
		set.Chips = append(set.Chips, strings.TrimSpace(spot.Color+" "+spot.Chip))
		words.Positions = append(words.Positions, spot)
	}
	if !changed {
		return nil, nil
	}
	// palette.set comes last: codes and measurements belong to the new chips.
	return []Op{set, &ApplyColorway{Name: way}, words}, nil
}

// recolorOps are those of a pattern whose pixels may be any colour.
func recolorOps(s *State, from []Spot, changes map[string]Spot) ([]Op, error) {
	var ops []Op
	if s.Selection != nil {
		ops = append(ops, &ClearSelection{})
	}
	var palette []string
	for _, spot := range from {
		palette = append(palette, strings.ToLower(spot.Color))
	}
	var left []string
	for _, c := range palette {
		if !strings.EqualFold(changes[c].Color, c) && changes[c].Color != "" && !slices.Contains(left, c) {
			left = append(left, c)
		}
	}
	if len(left) == 0 || len(s.Layers) == 0 {
		return nil, nil
	}
	for len(left) > 0 {
		// The next is one whose new colour nobody has who is still to change.
		i := slices.IndexFunc(left, func(c string) bool { return !slices.Contains(left, strings.ToLower(changes[c].Color)) })
		if i < 0 {
			return nil, &ParameterError{"positions", fmt.Sprintf("%s would change places with another colour; lock the pattern's palette first", left[0])}
		}
		c := left[i]
		to := changes[c]
		ops = append(ops, &Recolor{From: c, To: to.Color, Name: to.Chip, Palette: slices.Clone(palette)})
		next := strings.ToLower(to.Color)
		palette = slices.DeleteFunc(palette, func(p string) bool { return p == c || p == next })
		palette = append(palette, next)
		left = slices.Delete(left, i, i+1)
	}
	return ops, nil
}
