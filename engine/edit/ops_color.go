package edit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// colorKinds lists what changes the colours of pixels and nothing else: choices,
// which leave the authors as they are.
func colorKinds() map[string]func() Op {
	return map[string]func() Op{
		"color.lock":     func() Op { return &LockPalette{} },
		"color.recolor":  func() Op { return &Recolor{} },
		"colorway.apply": func() Op { return &ApplyColorway{} },
	}
}

// LockPalette makes every pixel one of the positions, the ground first, which
// become the palette of the pattern. It is of the whole pattern, whatever is
// selected. Layers stay layers: what is more transparent than not is a hole, except
// in the lowest, where it becomes the ground. Every visible layer has to be normal
// and opaque, since a mixture of two chips is none.
type LockPalette struct {
	Positions []Spot `json:"positions"` // 2 to 24, no two of one colour
	// Cloth says whether the ground is the unprinted cloth: it has to be said, since
	// the number of screens follows from it.
	Cloth *bool `json:"cloth"`
	// Specks is the area in pixels up to which a lone spot goes to what surrounds
	// it, 0 to 64; without it 3.
	Specks *int `json:"specks,omitempty"`
}

// Kind is "color.lock".
func (*LockPalette) Kind() string { return "color.lock" }

// Check says what is wrong with the parameters.
func (o *LockPalette) Check() error {
	if o.Cloth == nil {
		return &ParameterError{"cloth", "say whether the ground is the unprinted cloth (true) or printed as a blotch (false)"}
	}
	if o.Specks != nil && (*o.Specks < 0 || *o.Specks > 64) {
		return &ParameterError{"specks", fmt.Sprintf("%d is not from 0 to 64", *o.Specks)}
	}
	_, chips, err := positionsOf(o.Positions)
	if err != nil {
		return err
	}
	return parameter("positions", tone.CheckChips(chips))
}

// positionsOf reads spots.
func positionsOf(spots []Spot) (positions []Position, chips []color.Chip, err error) {
	for _, s := range spots {
		p, err := s.position()
		if err != nil {
			return nil, nil, err
		}
		positions, chips = append(positions, p), append(chips, p.Chip)
	}
	return positions, chips, nil
}

// parameter makes an error of package tone that of a parameter.
func parameter(name string, err error) error {
	var count *tone.CountError
	var chip *tone.ChipError
	switch {
	case errors.As(err, &count):
		return &ParameterError{name, fmt.Sprintf("there are %d; a palette has 2 to %d", count.Count, tone.MaxCount)}
	case errors.As(err, &chip):
		return &ParameterError{name, chip.Reason}
	}
	return err
}

// Apply locks.
func (o *LockPalette) Apply(ctx context.Context, s *State, _ Inputs) error {
	positions, chips, err := positionsOf(o.Positions)
	if err != nil {
		return err
	}
	specks := 3
	if o.Specks != nil {
		specks = *o.Specks
	}
	visible := 0
	for _, l := range s.Layers {
		if l.Hidden {
			continue
		}
		visible++
		if l.Blend != raster.Normal && l.Blend != "" || l.Opacity != raster.Opaque {
			return &ParameterError{"layer", fmt.Sprintf("%s is %s at %.0f %%; only normal, opaque layers can be locked: merge it first", l.ID, l.Blend, float64(l.Opacity)/raster.Opaque*100)}
		}
	}
	if visible == 0 {
		return &ParameterError{"layer", "no layer is visible; there is nothing to lock"}
	}
	before, err := s.Flatten(ctx)
	if err != nil {
		return err
	}
	lowest := true
	for _, l := range s.Layers {
		if l.Hidden {
			continue
		}
		locked, err := tone.Lock(ctx, l.Pixels, s.Repeat, tone.Locking{Chips: chips, Specks: specks, Holes: !lowest})
		if err != nil {
			return parameter("positions", err)
		}
		locked.Write(l.Pixels)
		lowest = false
	}
	after, err := s.Flatten(ctx)
	if err != nil {
		return err
	}
	index, err := tone.Index(after, chips)
	if err != nil {
		return err
	}
	lock := &Lock{Cloth: *o.Cloth}
	if lock.MeanDelta, lock.MaxDelta, err = tone.Measure(ctx, before, index, chips); err != nil {
		return err
	}
	s.Positions, s.Locked = positions, lock
	s.fitColorways()
	return nil
}

// fitColorways gives every colourway as many chips as there are positions.
func (s *State) fitColorways() {
	for i, way := range s.Colorways {
		chips := slices.Clone(way.Chips[:min(len(way.Chips), len(s.Positions))])
		for n := len(chips); n < len(s.Positions); n++ {
			chips = append(chips, s.Positions[n].Chip)
		}
		s.Colorways[i].Chips = chips
	}
}

// Chips are the chips of the positions.
func (s *State) Chips() []color.Chip {
	chips := make([]color.Chip, len(s.Positions))
	for i, p := range s.Positions {
		chips[i] = p.Chip
	}
	return chips
}

// Index is the position of every pixel of a locked pattern, row by row: what
// separations, indexed pictures and colourways are made of. The error says that the
// pattern is not locked, or which pixel is no chip (*tone.NotLockedError).
func (s *State) Index(ctx context.Context) ([]uint8, error) {
	if s.Locked == nil {
		return nil, &ParameterError{"palette", "the pattern is not locked; color.lock makes every pixel one of its positions"}
	}
	flat, err := s.Flatten(ctx)
	if err != nil {
		return nil, err
	}
	return tone.Index(flat, s.Chips())
}

// Recolor changes one colour into another, where the selection is and on one
// layer or all. Antialiasing and shading stay. In a locked pattern that is changed
// as a whole the position gets another chip exactly, and the pattern stays locked.
type Recolor struct {
	Layer string `json:"layer,omitempty"` // "" is every layer
	From  string `json:"from"`            // "#rrggbb", one of the palette
	To    string `json:"to"`
	Name  string `json:"name,omitempty"` // of the new chip
	// Palette is the colours that the pixels are made of; without it the pattern's
	// positions, and From where there are none.
	Palette []string `json:"palette,omitempty"`
}

// Kind is "color.recolor".
func (*Recolor) Kind() string { return "color.recolor" }

// Check says what is wrong with the parameters.
func (o *Recolor) Check() error {
	_, _, palette, err := o.chips()
	if err != nil {
		return err
	}
	if len(palette) > tone.MaxCount {
		return &ParameterError{"palette", fmt.Sprintf("there are %d; a palette ends at %d", len(palette), tone.MaxCount)}
	}
	return checkText("name", o.Name, maxName)
}

func (o *Recolor) chips() (from, to color.Chip, palette []color.Chip, err error) {
	read := func(text, name string) color.Chip {
		p, e := Spot{Color: text, Chip: name}.position()
		err = errors.Join(err, e)
		return p.Chip
	}
	from, to = read(o.From, ""), read(o.To, o.Name)
	for _, text := range o.Palette {
		palette = append(palette, read(text, ""))
	}
	return from, to, palette, err
}

// Apply recolours.
func (o *Recolor) Apply(ctx context.Context, s *State, _ Inputs) error {
	from, to, palette, err := o.chips()
	if err != nil {
		return err
	}
	same := func(c color.Chip) bool { return c.Hex() == from.Hex() }
	whole := o.Layer == "" && s.Selection == nil
	own := slices.IndexFunc(s.Positions, func(p Position) bool { return same(p.Chip) })
	if s.Locked != nil && whole && len(palette) == 0 {
		if own < 0 {
			return &ParameterError{"from", fmt.Sprintf("%s is none of the positions", o.From)}
		}
		chips := s.Chips()
		chips[own] = to
		return s.exchange(chips, "to")
	}
	if len(palette) == 0 {
		palette = s.Chips()
	}
	if len(palette) == 0 {
		palette = []color.Chip{from}
	}
	position := slices.IndexFunc(palette, same)
	if position < 0 {
		return &ParameterError{"from", fmt.Sprintf("%s is not in the palette", o.From)}
	}
	layers := s.Layers
	if o.Layer != "" {
		l, err := s.Layer(o.Layer)
		if err != nil {
			return err
		}
		layers = []*Layer{l}
	}
	for _, l := range layers {
		if err := tone.Recolor(ctx, l.Pixels, s.Repeat, tone.Recoloring{Palette: palette, Position: position, To: to, Selection: s.Selection}); err != nil {
			return parameter("palette", err)
		}
	}
	s.Locked = nil
	if whole && own >= 0 {
		s.rechip(own, to)
	}
	return nil
}

// rechip gives position i another chip; what was measured was the old one's.
func (s *State) rechip(i int, to color.Chip) {
	if p := &s.Positions[i]; p.Chip.Hex() != to.Hex() {
		*p = Position{Name: p.Name, Chip: to}
	}
}

// exchange gives the positions of a locked pattern other chips, pixel by pixel
// through their index.
func (s *State) exchange(chips []color.Chip, name string) error {
	if err := tone.CheckChips(chips); err != nil {
		return parameter(name, err)
	}
	now := s.Chips()
	for _, l := range s.Layers {
		index, err := tone.Index(l.Pixels, now)
		if err != nil {
			var not *tone.NotLockedError
			if l.Hidden && errors.As(err, &not) {
				continue // hidden when the pattern was locked
			}
			return err
		}
		tone.Paint(l.Pixels, index, chips)
	}
	for i, c := range chips {
		s.rechip(i, c)
	}
	return nil
}

// ApplyColorway gives every position of a locked pattern the chip that a
// colourway has for it. Two positions of one colour could never be told apart
// again, so such a colourway can be exported and not applied.
type ApplyColorway struct {
	Name string `json:"name"`
}

// Kind is "colorway.apply".
func (*ApplyColorway) Kind() string { return "colorway.apply" }

// Check says what is wrong with the parameters.
func (o *ApplyColorway) Check() error {
	if o.Name == "" {
		return &ParameterError{"name", "is missing"}
	}
	return nil
}

// Apply exchanges the chips.
func (o *ApplyColorway) Apply(_ context.Context, s *State, _ Inputs) error {
	i := slices.IndexFunc(s.Colorways, func(w Colorway) bool { return w.Name == o.Name })
	if i < 0 {
		return &ParameterError{"name", fmt.Sprintf("there is no colourway %q", o.Name)}
	}
	if s.Locked == nil {
		return &ParameterError{"name", "a colourway has a chip for every position, and this pattern is not locked; lock its palette first"}
	}
	if len(s.Colorways[i].Chips) != len(s.Positions) {
		return &ParameterError{"name", fmt.Sprintf("%q has %d chips for %d positions", o.Name, len(s.Colorways[i].Chips), len(s.Positions))}
	}
	return s.exchange(s.Colorways[i].Chips, "name")
}
