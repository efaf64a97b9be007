package edit

import (
	"context"
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/selection"
)

// selectionKinds lists the operations that set what the others are limited to.
func selectionKinds() map[string]func() Op {
	return map[string]func() Op{
		"select.rectangle":   func() Op { return &SelectRectangle{} },
		"select.ellipse":     func() Op { return &SelectEllipse{} },
		"select.lasso":       func() Op { return &SelectLasso{} },
		"select.color_range": func() Op { return &SelectColorRange{} },
		"select.wand":        func() Op { return &SelectWand{} },
		"select.invert":      func() Op { return &InvertSelection{} },
		"select.grow":        func() Op { return &GrowSelection{} },
		"select.feather":     func() Op { return &FeatherSelection{} },
		"select.clear":       func() Op { return &ClearSelection{} },
	}
}

// Combining says how a new selection meets the one before: "replace" (which ""
// stands for), "add", "subtract" or "intersect". Where there is none before, "add"
// begins one, and the other two start from everything.
type Combining struct {
	Mode selection.Mode `json:"mode,omitempty"`
}

func (c *Combining) check() error {
	switch c.Mode {
	case "", selection.Replace, selection.Add, selection.Subtract, selection.Intersect:
		return nil
	}
	return &ParameterError{"mode", fmt.Sprintf("%q is unknown; use replace, add, subtract or intersect", string(c.Mode))}
}

func (c *Combining) set(s *State, m *raster.Mask) {
	mode := c.Mode
	if mode == "" {
		mode = selection.Replace
	}
	s.Selection = selection.Combine(s.Size, s.Selection, m, mode)
}

// outline selects the inside of a path.
func (c *Combining) outline(ctx context.Context, s *State, p coverage.Path) error {
	m, err := selection.Outline(ctx, s.Size, s.Repeat, p)
	if err != nil {
		return shapeError(err)
	}
	c.set(s, m)
	return nil
}

// SelectRectangle selects a box of the plane, its corners rounded by Radius,
// turned clockwise by Angle degrees about its middle.
type SelectRectangle struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Radius float64 `json:"radius,omitempty"`
	Angle  float64 `json:"angle,omitempty"`
	Combining
}

// Kind is select.rectangle.
func (o *SelectRectangle) Kind() string { return "select.rectangle" }

func (o *SelectRectangle) path() (coverage.Path, error) {
	return box(false, "", o.X, o.Y, o.Width, o.Height, o.Radius, o.Angle)
}

// Check says what is wrong with the parameters.
func (o *SelectRectangle) Check() error {
	if _, err := o.path(); err != nil {
		return err
	}
	return o.check()
}

// Apply sets the selection.
func (o *SelectRectangle) Apply(ctx context.Context, s *State, _ Inputs) error {
	p, err := o.path()
	if err != nil {
		return err
	}
	return o.outline(ctx, s, p)
}

// SelectEllipse selects the ellipse in a box of the plane, turned clockwise by
// Angle degrees about its middle.
type SelectEllipse struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Angle  float64 `json:"angle,omitempty"`
	Combining
}

// Kind is select.ellipse.
func (o *SelectEllipse) Kind() string { return "select.ellipse" }

func (o *SelectEllipse) path() (coverage.Path, error) {
	return box(true, "", o.X, o.Y, o.Width, o.Height, 0, o.Angle)
}

// Check says what is wrong with the parameters.
func (o *SelectEllipse) Check() error {
	if _, err := o.path(); err != nil {
		return err
	}
	return o.check()
}

// Apply sets the selection.
func (o *SelectEllipse) Apply(ctx context.Context, s *State, _ Inputs) error {
	p, err := o.path()
	if err != nil {
		return err
	}
	return o.outline(ctx, s, p)
}

// SelectLasso selects the inside of a line drawn by hand, closed from its end to
// its beginning. Where it crosses itself, twice around is outside.
type SelectLasso struct {
	Points [][2]float64 `json:"points"`
	Combining
}

// Kind is select.lasso.
func (o *SelectLasso) Kind() string { return "select.lasso" }

// Check says what is wrong with the parameters.
func (o *SelectLasso) Check() error {
	if len(o.Points) < 3 || len(o.Points) > MaxPoints {
		return &ParameterError{"points", fmt.Sprintf("a lasso has 3 to %d points, not %d", MaxPoints, len(o.Points))}
	}
	for i, p := range o.Points {
		if err := checkPlace(fmt.Sprintf("points[%d]", i), p[:]...); err != nil {
			return err
		}
	}
	return o.check()
}

// Apply sets the selection.
func (o *SelectLasso) Apply(ctx context.Context, s *State, _ Inputs) error {
	points := make([]coverage.Point, len(o.Points))
	for i, p := range o.Points {
		points[i] = coverage.At(p[0], p[1])
	}
	return o.outline(ctx, s, coverage.Polygon(points))
}

// SelectColorRange selects the pixels of a layer near any of some colours.
type SelectColorRange struct {
	Layer  string   `json:"layer"`
	Colors []string `json:"colors"` // "#rrggbb"
	// Fuzziness is the distance in OKLab at which nothing is selected any more; up
	// to half of it everything is.
	Fuzziness float64 `json:"fuzziness"`
	Combining
}

// Kind is select.color_range.
func (o *SelectColorRange) Kind() string { return "select.color_range" }

func (o *SelectColorRange) samples() ([]selection.Sample, error) {
	if len(o.Colors) == 0 || len(o.Colors) > maxColors {
		return nil, &ParameterError{"colors", fmt.Sprintf("name 1 to %d, not %d", maxColors, len(o.Colors))}
	}
	var samples []selection.Sample
	for i, text := range o.Colors {
		c, err := parseColor(fmt.Sprintf("colors[%d]", i), text)
		if err != nil {
			return nil, err
		}
		samples = append(samples, selection.Sample(c[:3]))
	}
	return samples, nil
}

// Check says what is wrong with the parameters.
func (o *SelectColorRange) Check() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if _, err := o.samples(); err != nil {
		return err
	}
	if err := checkFraction("fuzziness", o.Fuzziness); err != nil {
		return err
	}
	return o.check()
}

// Apply sets the selection.
func (o *SelectColorRange) Apply(ctx context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	samples, err := o.samples()
	if err != nil {
		return err
	}
	m, err := selection.ColorRange(ctx, l.Pixels, samples, o.Fuzziness)
	if err != nil {
		return err
	}
	o.set(s, m)
	return nil
}

// SelectWand selects what is like the pixel of a layer at a point, as FloodFill
// fills it.
type SelectWand struct {
	Layer      string  `json:"layer"`
	X          float64 `json:"x"` // of the plane
	Y          float64 `json:"y"`
	Tolerance  float64 `json:"tolerance"`
	Contiguous bool    `json:"contiguous"`
	Combining
}

// Kind is select.wand.
func (o *SelectWand) Kind() string { return "select.wand" }

// Check says what is wrong with the parameters.
func (o *SelectWand) Check() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if err := checkPlace("x", o.X); err != nil {
		return err
	}
	if err := checkPlace("y", o.Y); err != nil {
		return err
	}
	if err := checkFraction("tolerance", o.Tolerance); err != nil {
		return err
	}
	return o.check()
}

// Apply sets the selection.
func (o *SelectWand) Apply(ctx context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	m, err := wand(ctx, s, l.Pixels, o.X, o.Y, o.Tolerance, o.Contiguous)
	if err != nil {
		return err
	}
	o.set(s, m)
	return nil
}

// InvertSelection selects what was not; of no selection the inverse is nothing.
type InvertSelection struct{}

// Kind is select.invert.
func (*InvertSelection) Kind() string { return "select.invert" }

// Check finds nothing wrong.
func (*InvertSelection) Check() error { return nil }

// Apply sets the selection.
func (*InvertSelection) Apply(_ context.Context, s *State, _ Inputs) error {
	s.Selection = selection.Invert(s.Size, s.Selection)
	return nil
}

// GrowSelection moves the edge of the selection outwards, or inwards by a
// negative number.
type GrowSelection struct {
	By int `json:"by"` // pixels
}

// Kind is select.grow.
func (o *GrowSelection) Kind() string { return "select.grow" }

// Check says what is wrong with the parameters.
func (o *GrowSelection) Check() error {
	if o.By == 0 || o.By < -selection.WidestGrowth || o.By > selection.WidestGrowth {
		return &ParameterError{"by", fmt.Sprintf("%d does not move an edge; give 1 to %d pixels, or as many below zero to shrink", o.By, selection.WidestGrowth)}
	}
	return nil
}

// Apply sets the selection.
func (o *GrowSelection) Apply(ctx context.Context, s *State, _ Inputs) error {
	m, err := selection.Grow(ctx, s.Selection, s.Repeat, o.By)
	if err != nil {
		return err
	}
	s.Selection = m
	return nil
}

// FeatherSelection softens the edge of the selection by a Gaussian.
type FeatherSelection struct {
	Radius float64 `json:"radius"` // the standard deviation, pixels
}

// Kind is select.feather.
func (o *FeatherSelection) Kind() string { return "select.feather" }

// Check says what is wrong with the parameters.
func (o *FeatherSelection) Check() error {
	return checkRange("radius", o.Radius, 0.1, selection.WidestFeather)
}

// Apply sets the selection.
func (o *FeatherSelection) Apply(ctx context.Context, s *State, _ Inputs) error {
	m, err := selection.Feather(ctx, s.Selection, s.Repeat, o.Radius)
	if err != nil {
		return err
	}
	s.Selection = m
	return nil
}

// ClearSelection ends the selection: nothing is limited any more.
type ClearSelection struct{}

// Kind is select.clear.
func (*ClearSelection) Kind() string { return "select.clear" }

// Check finds nothing wrong.
func (*ClearSelection) Check() error { return nil }

// Apply sets the selection.
func (*ClearSelection) Apply(_ context.Context, s *State, _ Inputs) error {
	s.Selection = nil
	return nil
}
