package edit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// paletteKinds lists what changes the words and chips of a palette and no pixel.
func paletteKinds() map[string]func() Op {
	return map[string]func() Op{
		"palette.set":     func() Op { return &SetPalette{} },
		"colorway.set":    func() Op { return &SetColorway{} },
		"colorway.remove": func() Op { return &RemoveColorway{} },
	}
}

// MaxColorways is the most colourways of a pattern.
const MaxColorways = 200

// Spot is a position of a palette as operations write it.
type Spot struct {
	Name  string      `json:"name,omitempty"` // of the position, such as "blotch"
	Code  string      `json:"code,omitempty"` // of a chip book, such as "19-1664 TCX"
	Color string      `json:"color"`          // "#rrggbb"
	Chip  string      `json:"chip,omitempty"` // the chip's name; "" is its colour
	Lab   *[3]float64 `json:"lab,omitempty"`  // CIELAB as measured
	// Illuminant and observer of Lab, such as "D50/2".
	Illuminant string `json:"illuminant,omitempty"`
}

func (s Spot) position() (Position, error) {
	chip, err := color.ParseHex(s.Color)
	if err != nil || !strings.HasPrefix(s.Color, "#") {
		return Position{}, &ParameterError{"color", fmt.Sprintf("%q is no colour; write #rrggbb", s.Color)}
	}
	if s.Chip != "" {
		chip.Name = s.Chip
	}
	p := Position{Name: s.Name, Code: s.Code, Chip: chip, Illuminant: s.Illuminant}
	for _, text := range [][2]string{{"name", s.Name}, {"code", s.Code}, {"chip", s.Chip}, {"illuminant", s.Illuminant}} {
		if err := checkText(text[0], text[1], maxName); err != nil {
			return Position{}, err
		}
	}
	if s.Lab == nil {
		return p, nil
	}
	for i, v := range s.Lab {
		if !(v >= -200 && v <= 200) || i == 0 && v < 0 {
			return Position{}, &ParameterError{"lab", fmt.Sprintf("%g is no component of CIELAB", v)}
		}
	}
	lab := color.Lab(*s.Lab)
	p.Lab = &lab
	return p, nil
}

// SetPalette names the positions of the pattern, the ground first. Colourways,
// which have a chip for every position, lose or repeat their last where the
// number changes. The chips of a locked palette cannot be changed so, since its
// pixels would stay: names, codes and measurements can.
type SetPalette struct {
	Positions []Spot `json:"positions"`
}

// Kind is "palette.set".
func (*SetPalette) Kind() string { return "palette.set" }

// Check says what is wrong with the parameters.
func (o *SetPalette) Check() error {
	if len(o.Positions) > color.MaxPositions {
		return &ParameterError{"positions", fmt.Sprintf("there are %d; a palette ends at %d", len(o.Positions), color.MaxPositions)}
	}
	for _, s := range o.Positions {
		if _, err := s.position(); err != nil {
			return err
		}
	}
	return nil
}

// Apply sets them.
func (o *SetPalette) Apply(_ context.Context, s *State, _ Inputs) error {
	var positions []Position
	for _, spot := range o.Positions {
		p, err := spot.position()
		if err != nil {
			return err
		}
		positions = append(positions, p)
	}
	if s.Locked != nil && !slices.EqualFunc(positions, s.Positions, func(a, b Position) bool { return a.Chip.Hex() == b.Chip.Hex() }) {
		return &ParameterError{"positions", "the pattern is locked to its palette; recolour it, or apply a colourway, so that its pixels follow"}
	}
	s.Positions = positions
	for i, way := range s.Colorways {
		chips := slices.Clone(way.Chips[:min(len(way.Chips), len(positions))])
		for n := len(chips); n < len(positions); n++ {
			chips = append(chips, positions[n].Chip)
		}
		s.Colorways[i].Chips = chips
	}
	return nil
}

// SetColorway adds a colourway, or replaces the one of that name.
type SetColorway struct {
	Name  string   `json:"name"`
	Chips []string `json:"chips"` // "#rrggbb" or "#rrggbb name", one for every position
}

// Kind is "colorway.set".
func (*SetColorway) Kind() string { return "colorway.set" }

// Check says what is wrong with the parameters.
func (o *SetColorway) Check() error {
	if o.Name == "" {
		return &ParameterError{"name", "is missing"}
	}
	if _, err := o.chips(); err != nil {
		return err
	}
	return checkText("name", o.Name, maxName)
}

func (o *SetColorway) chips() ([]color.Chip, error) {
	if len(o.Chips) == 0 || len(o.Chips) > color.MaxPositions {
		return nil, &ParameterError{"chips", fmt.Sprintf("there are %d; give one for every position, at most %d", len(o.Chips), color.MaxPositions)}
	}
	var chips []color.Chip
	for _, text := range o.Chips {
		hex, name, _ := strings.Cut(text, " ")
		p, err := Spot{Color: hex, Chip: name}.position()
		if err != nil {
			return nil, err
		}
		chips = append(chips, p.Chip)
	}
	return chips, nil
}

// Apply sets it.
func (o *SetColorway) Apply(_ context.Context, s *State, _ Inputs) error {
	chips, err := o.chips()
	if err != nil {
		return err
	}
	if len(chips) != len(s.Positions) {
		return &ParameterError{"chips", fmt.Sprintf("there are %d for a palette of %d positions", len(chips), len(s.Positions))}
	}
	way := Colorway{Name: o.Name, Chips: chips}
	if i := slices.IndexFunc(s.Colorways, func(w Colorway) bool { return w.Name == o.Name }); i >= 0 {
		s.Colorways[i] = way
		return nil
	}
	if len(s.Colorways) >= MaxColorways {
		return &ParameterError{"name", fmt.Sprintf("a pattern has at most %d colourways", MaxColorways)}
	}
	s.Colorways = append(s.Colorways, way)
	return nil
}

// RemoveColorway takes a colourway away.
type RemoveColorway struct {
	Name string `json:"name"`
}

// Kind is "colorway.remove".
func (*RemoveColorway) Kind() string { return "colorway.remove" }

// Check has nothing to say.
func (*RemoveColorway) Check() error { return nil }

// Apply removes it.
func (o *RemoveColorway) Apply(_ context.Context, s *State, _ Inputs) error {
	before := len(s.Colorways)
	s.Colorways = slices.DeleteFunc(s.Colorways, func(w Colorway) bool { return w.Name == o.Name })
	if len(s.Colorways) == before {
		return &ParameterError{"name", fmt.Sprintf("there is no colourway %q", o.Name)}
	}
	return nil
}
