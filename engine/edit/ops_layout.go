package edit

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/layout"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/synthesis"
	"github.com/selvage-studio/selvage/engine/edit/warp"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
)

func layoutKinds() map[string]func() Op {
	return map[string]func() Op{
		"layout.repeat": func() Op { return &ChangeRepeat{} },
		"layout.crop":   func() Op { return &CropToRepeat{} },
		"layout.resize": func() Op { return &Resize{} },
		"layout.turn":   func() Op { return &TurnLayout{} },
		"layout.flip":   func() Op { return &FlipLayout{} },
		"layout.roll":   func() Op { return &RollLayout{} },
		"layout.heal":   func() Op { return &HealSeam{} },
	}
}

// FitError reports a size whose repeat does not shift by whole pixels, with
// sizes around it that do.
type FitError struct {
	Asked  pattern.Size
	Repeat pattern.Repeat
	Offers []pattern.Size
}

func (e *FitError) Error() string {
	return fmt.Sprintf("edit: a %v does not shift a cell of %v by whole pixels, so it would not join; sizes nearby that do: %v", e.Repeat, e.Asked, e.Offers)
}

// fits returns a *FitError, or what checkSize says.
func fits(rep pattern.Repeat, s pattern.Size) error {
	if err := checkSize(s); err != nil {
		return err
	}
	if _, _, whole := rep.Shift(s.Width, s.Height); !whole {
		l := pattern.Lattice{Repeat: rep, Stride: 1}
		if rep.Kind == pattern.Hex {
			// The ratio of a hex may be off by any rounding; its shift may not.
			l.Repeat = pattern.Repeat{Kind: pattern.HalfDrop}
		}
		return &FitError{s, rep, l.Offers(s)}
	}
	return nil
}

func checkRepeat(name, drop string) (pattern.Repeat, error) {
	r, err := pattern.ParseRepeat(name, drop)
	if err != nil {
		return r, &ParameterError{"repeat", err.Error()}
	}
	return r, nil
}

// rearrange gives every layer and the selection the pixels that source names.
// Millimetres per pixel stay.
func (s *State) rearrange(ctx context.Context, to pattern.Size, source layout.Source) error {
	mmX, mmY := s.Width/pattern.Length(s.Size.Width), s.Height/pattern.Length(s.Size.Height)
	for _, l := range s.Layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.Pixels = layout.Rearrange(l.Pixels, to, source)
	}
	s.Selection = layout.RearrangeMask(s.Selection, to, source)
	if to != s.Size {
		s.Width, s.Height = mmX*pattern.Length(to.Width), mmY*pattern.Length(to.Height)
	}
	s.Size = to
	return nil
}

// Keep says what stays when the repeat changes.
type Keep string

// What stays.
const (
	KeepCell  Keep = "cell"  // the pixels of the cell; the plane looks different
	KeepPlane Keep = "plane" // how the plane looks; the cell may become another
)

// ChangeRepeat gives the pattern another repeat.
type ChangeRepeat struct {
	Repeat string `json:"repeat"`         // such as "half-drop"
	Drop   string `json:"drop,omitempty"` // such as "1/3"; "" is 1/2 where there is one
	Keep   Keep   `json:"keep,omitempty"` // "" is cell
}

// Kind is "layout.repeat".
func (*ChangeRepeat) Kind() string { return "layout.repeat" }

// Check says what is wrong with the parameters.
func (o *ChangeRepeat) Check() error {
	if o.Keep != "" && o.Keep != KeepCell && o.Keep != KeepPlane {
		return &ParameterError{"keep", fmt.Sprintf("%q is neither cell nor plane", string(o.Keep))}
	}
	_, err := checkRepeat(o.Repeat, o.Drop)
	return err
}

// Apply does it. The error is a *FitError where the cell does not go with the
// repeat, and a *ParameterError where no cell shows the same plane.
func (o *ChangeRepeat) Apply(ctx context.Context, s *State, _ Inputs) error {
	to, err := checkRepeat(o.Repeat, o.Drop)
	if err != nil {
		return err
	}
	if o.Keep != KeepPlane {
		if err := fits(to, s.Size); err != nil {
			return err
		}
		s.Repeat = to
		return nil
	}
	layers := make([]*raster.Raster, len(s.Layers))
	for i, l := range s.Layers {
		layers[i] = l.Pixels
	}
	from, w, h := s.Repeat, s.Size.Width, s.Size.Height
	size, err := layout.Equal(layers, from, w, h, to)
	if err != nil {
		return &ParameterError{"repeat", err.Error()}
	}
	if err := fits(to, size); err != nil {
		return err
	}
	s.Repeat = to
	return s.rearrange(ctx, size, func(x, y int) (int, int, bool) { return from.Source(x, y, w, h) })
}

// CropToRepeat makes a repeat that was found in a picture the cell: see
// layout.Find. Every layer is cropped alike, and the selection is dropped.
type CropToRepeat struct {
	// Origin is the corner of the cell in the picture, Across and Down its sides,
	// in pixels; they may lie turned.
	Origin [2]float64 `json:"origin"`
	Across [2]float64 `json:"across"`
	Down   [2]float64 `json:"down"`
	Width  int        `json:"width"` // of the new cell
	Height int        `json:"height"`
	Repeat string     `json:"repeat"`
	Drop   string     `json:"drop,omitempty"`
}

// Kind is "layout.crop".
func (*CropToRepeat) Kind() string { return "layout.crop" }

// Check says what is wrong with the parameters.
func (o *CropToRepeat) Check() error {
	rep, err := checkRepeat(o.Repeat, o.Drop)
	if err != nil {
		return err
	}
	for _, err := range []error{checkPoint("origin", o.Origin), checkPoint("across", o.Across), checkPoint("down", o.Down)} {
		if err != nil {
			return err
		}
	}
	return fits(rep, pattern.Size{Width: o.Width, Height: o.Height})
}

// Apply crops. The physical size of a pixel of the picture stays.
func (o *CropToRepeat) Apply(ctx context.Context, s *State, _ Inputs) error {
	rep, err := checkRepeat(o.Repeat, o.Drop)
	if err != nil {
		return err
	}
	c := layout.Crop{Origin: o.Origin, Across: o.Across, Down: o.Down, Size: pattern.Size{Width: o.Width, Height: o.Height}}
	if err := c.Check(s.Size.Width, s.Size.Height); err != nil {
		return &ParameterError{"origin", err.Error()}
	}
	for _, l := range s.Layers {
		if l.Pixels, err = layout.Cut(ctx, l.Pixels, c); err != nil {
			return err
		}
	}
	side := func(v [2]float64, px int, mm pattern.Length) pattern.Length {
		length := math.Sqrt(float64(v[0]*v[0]) + float64(v[1]*v[1]))
		return pattern.Length(length/float64(px)) * mm
	}
	s.Width, s.Height = side(o.Across, s.Size.Width, s.Width), side(o.Down, s.Size.Height, s.Height)
	s.Size, s.Repeat, s.Selection = c.Size, rep, nil
	if !c.Upright() {
		s.Locked = nil
	}
	return nil
}

// FoundCrop looks for the repeat in what a layer shows and returns the operation
// that crops to it, with what was found. The errors are a *ParameterError,
// layout.ErrNoRepeat, layout.ErrSkewed and ctx's.
func FoundCrop(ctx context.Context, s *State, layer string) (*CropToRepeat, layout.Found, error) {
	l, err := s.Layer(layer)
	if err != nil {
		return nil, layout.Found{}, err
	}
	f, err := layout.Find(ctx, l.Pixels)
	if err != nil {
		return nil, layout.Found{}, err
	}
	o := &CropToRepeat{
		Origin: f.Crop.Origin, Across: f.Crop.Across, Down: f.Crop.Down,
		Width: f.Crop.Size.Width, Height: f.Crop.Size.Height, Repeat: f.Repeat.Kind.String(),
	}
	if f.Repeat.Kind == pattern.HalfDrop || f.Repeat.Kind == pattern.Brick {
		n, d := f.Repeat.Drop()
		o.Drop = fmt.Sprintf("%d/%d", n, d)
	}
	return o, f, nil
}

// Resize brings the cell to another size in pixels; its millimetres stay. The
// selection is dropped.
type Resize struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Kind is "layout.resize".
func (*Resize) Kind() string { return "layout.resize" }

// Check says what is wrong with the parameters.
func (o *Resize) Check() error { return checkSize(pattern.Size{Width: o.Width, Height: o.Height}) }

// Apply resamples every layer. The error is a *FitError for a size that the
// repeat does not go with.
func (o *Resize) Apply(ctx context.Context, s *State, _ Inputs) error {
	to := pattern.Size{Width: o.Width, Height: o.Height}
	if err := fits(s.Repeat, to); err != nil {
		return err
	}
	if to == s.Size {
		return nil
	}
	for _, l := range s.Layers {
		var err error
		if l.Pixels, err = warp.Resize(ctx, l.Pixels, s.Repeat, to); err != nil {
			return err
		}
	}
	s.Size, s.Selection, s.Locked = to, nil, nil
	return nil
}

// TurnLayout turns the whole pattern by quarters, clockwise: a half-drop becomes
// a brick, and one side of the cell the other.
type TurnLayout struct {
	Quarters int `json:"quarters"` // 1 to 3
}

// Kind is "layout.turn".
func (*TurnLayout) Kind() string { return "layout.turn" }

// Check says what is wrong with the parameters.
func (o *TurnLayout) Check() error {
	if o.Quarters < 1 || o.Quarters > 3 {
		return &ParameterError{"quarters", fmt.Sprintf("%d is not 1, 2 or 3", o.Quarters)}
	}
	return nil
}

// Apply turns it.
func (o *TurnLayout) Apply(ctx context.Context, s *State, _ Inputs) error {
	source, size, rep := layout.Quarter(s.Repeat, s.Size.Width, s.Size.Height, o.Quarters)
	w, h := s.Width, s.Height
	if o.Quarters != 2 {
		w, h = h, w
	}
	if err := s.rearrange(ctx, size, source); err != nil {
		return err
	}
	s.Repeat, s.Width, s.Height = rep, w, h
	return nil
}

// FlipLayout mirrors the whole pattern; a drop of 1/3 becomes one of 2/3.
type FlipLayout struct {
	// Axis is "x" for left to right, "y" for top to bottom.
	Axis string `json:"axis"`
}

// Kind is "layout.flip".
func (*FlipLayout) Kind() string { return "layout.flip" }

// Check says what is wrong with the parameters.
func (o *FlipLayout) Check() error {
	if o.Axis != "x" && o.Axis != "y" {
		return &ParameterError{"axis", fmt.Sprintf("%q is neither x nor y", o.Axis)}
	}
	return nil
}

// Apply mirrors it.
func (o *FlipLayout) Apply(ctx context.Context, s *State, _ Inputs) error {
	source, rep := layout.Flip(s.Repeat, s.Size.Width, s.Size.Height, o.Axis == "y")
	s.Repeat = rep
	return s.rearrange(ctx, s.Size, source)
}

// RollLayout moves the plane under the cell, so that another part of the
// pattern is in its middle.
type RollLayout struct {
	X int `json:"x"` // pixels to the right
	Y int `json:"y"` // and down
}

// Kind is "layout.roll".
func (*RollLayout) Kind() string { return "layout.roll" }

// Check says what is wrong with the parameters.
func (o *RollLayout) Check() error {
	return checkPoint("x", [2]float64{float64(o.X), float64(o.Y)})
}

// Apply moves it.
func (o *RollLayout) Apply(ctx context.Context, s *State, _ Inputs) error {
	source, err := layout.Roll(s.Repeat, s.Size.Width, s.Size.Height, o.X, o.Y)
	var roll *layout.RollError
	if errors.As(err, &roll) {
		return &ParameterError{roll.Axis, err.Error()}
	}
	return s.rearrange(ctx, s.Size, source)
}

// HealSeam closes the seam of a picture that was not in repeat.
type HealSeam struct {
	Layer  string        `json:"layer"`
	Method layout.Method `json:"method"`
	Width  int           `json:"width"` // of the band on each side of the seam, pixels
	Seed   uint32        `json:"seed,omitempty"`
}

// Kind is "layout.heal".
func (*HealSeam) Kind() string { return "layout.heal" }

// Check says what is wrong with the parameters.
func (o *HealSeam) Check() error {
	switch o.Method {
	case layout.Gradient, layout.Patch, layout.LevelPatch, layout.Clear:
	default:
		return &ParameterError{"method", fmt.Sprintf("%q is none of %v", string(o.Method), layout.Methods())}
	}
	if o.Layer == "" {
		return &ParameterError{"layer", "names no layer"}
	}
	if o.Width < 1 || o.Width > layout.MaxWidth {
		return &ParameterError{"width", fmt.Sprintf("%d is not from 1 to %d pixels", o.Width, layout.MaxWidth)}
	}
	return nil
}

// Apply heals it.
func (o *HealSeam) Apply(ctx context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	err = layout.Heal(ctx, l.Pixels, s.Repeat, layout.Healing{Method: o.Method, Width: o.Width, Seed: uint64(o.Seed)})
	var width *layout.WidthError
	switch {
	case errors.As(err, &width):
		return &ParameterError{"width", err.Error()}
	case errors.Is(err, synthesis.ErrNoSource):
		return &ParameterError{"width", "leaves nothing to heal the seam from"}
	case err != nil:
		return err
	}
	if o.Method != layout.Patch && o.Method != layout.Clear {
		s.Locked = nil
	}
	return nil
}

// Healed is what one way of healing would do.
type Healed struct {
	Op      *HealSeam
	Before  seam.Report
	After   seam.Report
	Changed float64 // share of the cell's pixels that are not as they were
}

// ProposeHealing tries the methods on a copy of a layer and returns them with
// their seam reports, the best first: those that join before those that do not,
// and of those that join the one that changes least. The errors are a
// *ParameterError, *seam.TooSmallError and ctx's.
func ProposeHealing(ctx context.Context, s *State, layer string, width int, seed uint32) ([]Healed, error) {
	l, err := s.Layer(layer)
	if err != nil {
		return nil, err
	}
	before, err := seam.Measure(l.Pixels.NRGBA64(), s.Repeat)
	if err != nil {
		return nil, err
	}
	var all []Healed
	for _, m := range layout.Methods() {
		o := &HealSeam{Layer: layer, Method: m, Width: width, Seed: seed}
		if err := o.Check(); err != nil {
			return nil, err
		}
		trial := s.Clone()
		if err := o.Apply(ctx, trial, Inputs{}); err != nil {
			return nil, err
		}
		healed, err := trial.Layer(layer)
		if err != nil {
			return nil, err
		}
		h := Healed{Op: o, Before: before, Changed: changed(l.Pixels, healed.Pixels)}
		if h.After, err = seam.Measure(healed.Pixels.NRGBA64(), s.Repeat); err != nil {
			return nil, err
		}
		// Few: an insertion keeps the order of the methods among equals.
		at := len(all)
		for at > 0 && h.before(all[at-1]) {
			at--
		}
		all = append(all[:at], append([]Healed{h}, all[at:]...)...)
	}
	return all, nil
}

func (h Healed) before(o Healed) bool {
	switch {
	case h.After.Pass != o.After.Pass:
		return h.After.Pass
	case h.After.Pass:
		return h.Changed < o.Changed
	}
	return h.After.Statistic < o.After.Statistic
}

func changed(a, b *raster.Raster) float64 {
	n := 0
	for _, band := range raster.Diff(a, b) {
		for y := band * raster.BandRows; y < min((band+1)*raster.BandRows, a.Height()); y++ {
			for x := range a.Width() {
				if a.At(x, y) != b.At(x, y) {
					n++
				}
			}
		}
	}
	return float64(n) / float64(a.Width()*a.Height())
}
