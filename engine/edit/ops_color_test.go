package edit

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

func spots(hex ...string) []Spot {
	var s []Spot
	for _, h := range hex {
		s = append(s, Spot{Color: h})
	}
	return s
}

func yes() *bool { v := true; return &v }

// lockable is a canvas whose upper layer has a soft red disc.
func lockable() *State {
	s := canvas(pattern.Size{Width: 64, Height: 48}, pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2})
	for y := range 20 {
		row, who := s.Layers[1].Pixels.Edit(y)
		for x := range 20 {
			a := uint16(min(max(100-(x-10)*(x-10)-(y-10)*(y-10), 0)*1000, raster.Opaque))
			row[4*x], row[4*x+3] = a, a
			who[x] = raster.Who{Op: 2, Person: 255}
		}
	}
	return s
}

func TestALockedPatternIsItsPositions(t *testing.T) {
	s := lockable()
	s.Colorways = []Colorway{{Name: "short", Chips: []color.Chip{{R: 9}}}}
	op := &LockPalette{Positions: spots("#102030", "#c0c0c0", "#ff0000", "#a06040"), Cloth: yes()}
	if err := errors.Join(op.Check(), op.Apply(t.Context(), s, Inputs{})); err != nil {
		t.Fatal(err)
	}
	index, err := s.Index(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if index[10*64+10] != 2 || !s.Locked.Cloth || s.Locked.MeanDelta <= 0 || s.Locked.MaxDelta < s.Locked.MeanDelta || len(s.Colorways[0].Chips) != 4 {
		t.Errorf("position %d in the middle of the disc, %+v, %v", index[10*64+10], s.Locked, s.Colorways)
	}
	if got := s.Layers[1].Pixels.WhoAt(10, 10); got.Person != 255 {
		t.Errorf("the disc is now %+v's", got)
	}
	before := s.Sum()
	if err := op.Apply(t.Context(), s, Inputs{}); err != nil {
		t.Fatal(err)
	}
	s.Locked.MeanDelta, s.Locked.MaxDelta = 0, 0
	again := s.Clone()
	if err := op.Apply(t.Context(), again, Inputs{}); err != nil || again.Sum() != s.Sum() {
		t.Errorf("locked twice it differs, %v (before %v)", err, before)
	}

	// A colourway and back, by index, is where it began.
	start := s.Clone()
	s.Colorways = []Colorway{
		{Name: "night", Chips: chipsOf(t, "#000010", "#404040", "#0000ff", "#208020")},
		{Name: "day", Chips: s.Chips()},
	}
	for _, name := range []string{"night", "day"} {
		if err := (&ApplyColorway{Name: name}).Apply(t.Context(), s, Inputs{}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Index(t.Context())
		if err != nil || !slices.Equal(got, index) {
			t.Fatalf("%s: another index, %v", name, err)
		}
	}
	for i := range s.Layers {
		if s.Layers[i].Pixels.Sum() != start.Layers[i].Pixels.Sum() {
			t.Errorf("layer %d has other pixels than before", i)
		}
	}
	// Recolouring a locked position keeps the lock.
	if err := (&Recolor{From: "#ff0000", To: "#123456", Name: "ink"}).Apply(t.Context(), s, Inputs{}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Index(t.Context()); err != nil || !slices.Equal(got, index) || s.Positions[2].Chip.String() != "ink #123456" {
		t.Errorf("%v, %v", err, s.Positions[2])
	}
	// In a selection it is only pixels that change, and the lock is gone.
	m := raster.NewMask(64, 48)
	m.Pix[10*64+10] = raster.Opaque
	s.Selection = m
	if err := (&Recolor{From: "#123456", To: "#00ff00"}).Apply(t.Context(), s, Inputs{}); err != nil {
		t.Fatal(err)
	}
	if s.Locked != nil || s.Layers[1].Pixels.At(10, 10)[1] != raster.Opaque || s.Layers[1].Pixels.At(11, 10)[1] == raster.Opaque || s.Positions[2].Chip.Name != "ink" {
		t.Error("the selection does not bound the recolouring")
	}
}

func chipsOf(t *testing.T, hex ...string) []color.Chip {
	t.Helper()
	_, chips, err := positionsOf(spots(hex...))
	if err != nil {
		t.Fatal(err)
	}
	return chips
}

func TestColorParameters(t *testing.T) {
	no := -1
	for name, op := range map[string]Op{
		"cloth unsaid": &LockPalette{Positions: spots("#000000", "#ffffff")},
		"one":          &LockPalette{Positions: spots("#000000"), Cloth: yes()},
		"25":           &LockPalette{Positions: spots(slices.Repeat([]string{"#000000"}, 25)...), Cloth: yes()},
		"twins":        &LockPalette{Positions: spots("#000000", "#ffffff", "#000000"), Cloth: yes()},
		"no colour":    &LockPalette{Positions: spots("#000000", "white"), Cloth: yes()},
		"specks":       &LockPalette{Positions: spots("#000000", "#ffffff"), Cloth: yes(), Specks: &no},
		"from":         &Recolor{From: "red", To: "#ffffff"},
		"to":           &Recolor{From: "#ffffff"},
		"long":         &Recolor{From: "#ffffff", To: "#000000", Palette: slices.Repeat([]string{"#000000"}, 25)},
		"nameless":     &ApplyColorway{},
	} {
		var pe *ParameterError
		if err := op.Check(); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		op     Op
		change func(*State)
	}{
		"multiplied layer":  {&LockPalette{Positions: spots("#000000", "#ffffff"), Cloth: yes()}, func(s *State) { s.Layers[1].Blend = raster.Multiply }},
		"thin layer":        {&LockPalette{Positions: spots("#000000", "#ffffff"), Cloth: yes()}, func(s *State) { s.Layers[0].Opacity = 9 }},
		"nothing to see":    {&LockPalette{Positions: spots("#000000", "#ffffff"), Cloth: yes()}, func(s *State) { s.Layers[0].Hidden, s.Layers[1].Hidden = true, true }},
		"no such layer":     {&Recolor{Layer: "x", From: "#ffffff", To: "#000000"}, func(*State) {}},
		"none of them":      {&Recolor{From: "#ffffff", To: "#000000", Palette: []string{"#00ff00"}}, func(*State) {}},
		"no such colourway": {&ApplyColorway{Name: "x"}, func(*State) {}},
		"unlocked":          {&ApplyColorway{Name: "x"}, func(s *State) { s.Locked, s.Colorways = nil, []Colorway{{Name: "x"}} }},
		"colourway of twins": {&ApplyColorway{Name: "x"}, func(s *State) {
			s.Positions = make([]Position, 2)
			s.Colorways = []Colorway{{Name: "x", Chips: make([]color.Chip, 2)}}
		}},
	} {
		s := lockable()
		c.change(s)
		var pe *ParameterError
		if err := c.op.Apply(context.Background(), s, Inputs{}); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := lockable()
	s.Locked = nil
	if _, err := s.Index(t.Context()); err == nil {
		t.Error("the index of an unlocked pattern")
	}
	s.Locked, s.Positions = &Lock{}, []Position{{}, {Chip: color.Chip{R: 255}}}
	var not *tone.NotLockedError
	if _, err := s.Index(t.Context()); !errors.As(err, &not) {
		t.Error("the index of pixels that are no chip")
	}
}
