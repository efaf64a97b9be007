package edit

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/selection"
)

// paintKinds lists the operations of a hand. All are limited by the selection,
// and all unlock a locked palette: an antialiased edge is no spot colour.
func paintKinds() map[string]func() Op {
	return map[string]func() Op{
		"brush.stroke":   func() Op { return &BrushStroke{} },
		"brush.erase":    func() Op { return &EraserStroke{} },
		"brush.clone":    func() Op { return &CloneStroke{} },
		"fill.flood":     func() Op { return &FloodFill{} },
		"fill.selection": func() Op { return &SelectionFill{} },
		"fill.erase":     func() Op { return &SelectionErase{} },
		"fill.gradient":  func() Op { return &GradientFill{} },
		"shape.draw":     func() Op { return &DrawShape{} },
	}
}

// MaxPoints is the most points of one stroke, path or lasso.
const MaxPoints = 100_000

// Bounds of the work of one stroke, so that a document cannot ask for a year.
const (
	maxDabs       = 2_000_000
	maxDabPixels  = 1 << 37
	maxStops      = 64
	maxColors     = 64
	maxPenWidth   = 4096
	maxMiterLimit = 100
)

// target is the layer to paint on.
func (s *State) target(layer string, in Inputs) (paint.Target, error) {
	l, err := s.Layer(layer)
	if err != nil {
		return paint.Target{}, err
	}
	s.Locked = nil
	return paint.Target{Pixels: l.Pixels, Repeat: s.Repeat, Selection: s.Selection, Who: in.Person()}, nil
}

func checkLayer(layer string) error {
	if layer == "" {
		return &ParameterError{"layer", "names no layer"}
	}
	return nil
}

// checkRange refuses what is not from least to most, NaN too.
func checkRange(parameter string, v, least, most float64) error {
	if !(v >= least && v <= most) {
		return &ParameterError{parameter, fmt.Sprintf("%g is not from %g to %g", v, least, most)}
	}
	return nil
}

// checkPlace refuses what is no coordinate of the plane.
func checkPlace(parameter string, values ...float64) error {
	for _, v := range values {
		if !(v >= -coverage.Furthest && v <= coverage.Furthest) {
			return &ParameterError{parameter, fmt.Sprintf("%g is out of range; the plane is %d pixels to each side", v, coverage.Furthest)}
		}
	}
	return nil
}

// parseColor reads "#rrggbb" or "#rrggbbaa".
func parseColor(parameter, text string) (paint.Color, error) {
	c := paint.Color{0, 0, 0, raster.Opaque}
	ok := len(text) == 7 || len(text) == 9
	ok = ok && text[0] == '#'
	for i := 1; ok && i < len(text); i++ {
		var digit uint16
		switch d := text[i]; {
		case d >= '0' && d <= '9':
			digit = uint16(d - '0')
		case d >= 'a' && d <= 'f':
			digit = uint16(d-'a') + 10
		case d >= 'A' && d <= 'F':
			digit = uint16(d-'A') + 10
		default:
			ok = false
		}
		// Each digit stands twice in 16 bit: 0xab is 0xabab.
		if k := (i - 1) / 2; i%2 == 1 {
			c[k] = digit << 12
		} else {
			c[k] |= digit << 8
			c[k] |= c[k] >> 8
		}
	}
	if !ok {
		return paint.Color{}, &ParameterError{parameter, fmt.Sprintf("%q is no colour; write #rrggbb or #rrggbbaa", text)}
	}
	return c, nil
}

func checkBrush(b paint.Brush) error {
	for _, f := range []struct {
		parameter      string
		v, least, most float64
	}{
		{"size", b.Size, paint.SmallestSize, paint.LargestSize},
		{"hardness", b.Hardness, 0, 1},
		{"opacity", b.Opacity, 0, 1},
		{"flow", b.Flow, 0, 1},
		{"spacing", b.Spacing, paint.SmallestSpacing, paint.LargestSpacing},
		{"size_pressure", b.SizePressure, 0, 1},
		{"opacity_pressure", b.OpacityPressure, 0, 1},
	} {
		if err := checkRange(f.parameter, f.v, f.least, f.most); err != nil {
			return err
		}
	}
	return nil
}

func checkPoints(b paint.Brush, points []paint.Point) error {
	if len(points) == 0 || len(points) > MaxPoints {
		return &ParameterError{"points", fmt.Sprintf("a stroke has 1 to %d points, not %d", MaxPoints, len(points))}
	}
	for i, p := range points {
		if err := checkStrokePoint(i, p); err != nil {
			return err
		}
	}
	return checkDabs(b, paint.Dabs(b, points))
}

func checkStrokePoint(i int, p paint.Point) error {
	at := fmt.Sprintf("points[%d]", i)
	if !(p.Pressure >= 0 && p.Pressure <= 1) {
		return &ParameterError{at, fmt.Sprintf("a pressure of %g is not from 0 to 1", p.Pressure)}
	}
	return checkPlace(at, p.X, p.Y)
}

func checkDabs(b paint.Brush, n float64) error {
	if n > maxDabs || n*b.Size*b.Size > maxDabPixels {
		return &ParameterError{"points", fmt.Sprintf("the stroke takes %.0f dabs of %g pixels, which is too much for one; space them further or draw several", n, b.Size)}
	}
	return nil
}

// BrushStroke is one stroke of the brush: paint, wholly the person's.
type BrushStroke struct {
	Layer string `json:"layer"`
	Color string `json:"color"` // "#rrggbb" or "#rrggbbaa"
	paint.Brush
	// Points are [x, y] or [x, y, pressure], anywhere on the plane.
	Points []paint.Point `json:"points"`
}

// Kind is brush.stroke.
func (o *BrushStroke) Kind() string { return "brush.stroke" }

// Check says what is wrong with the parameters.
func (o *BrushStroke) Check() error {
	if err := o.checkTool(); err != nil {
		return err
	}
	return checkPoints(o.Brush, o.Points)
}

func (o *BrushStroke) checkTool() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if _, err := parseColor("color", o.Color); err != nil {
		return err
	}
	return checkBrush(o.Brush)
}

// Apply paints the stroke.
func (o *BrushStroke) Apply(ctx context.Context, s *State, in Inputs) error {
	return applyStroke(ctx, s, o, in)
}

func (o *BrushStroke) tool() (string, paint.Brush, *[]paint.Point) {
	return o.Layer, o.Brush, &o.Points
}

func (o *BrushStroke) ink(*State, paint.Point) (paint.Ink, error) {
	c, err := parseColor("color", o.Color)
	return paint.Solid(c), err
}

// EraserStroke takes away what the stroke covers. It makes no pixel anybody's;
// see package paint.
type EraserStroke struct {
	Layer string `json:"layer"`
	paint.Brush
	Points []paint.Point `json:"points"`
}

// Kind is brush.erase.
func (o *EraserStroke) Kind() string { return "brush.erase" }

// Check says what is wrong with the parameters.
func (o *EraserStroke) Check() error {
	if err := o.checkTool(); err != nil {
		return err
	}
	return checkPoints(o.Brush, o.Points)
}

func (o *EraserStroke) checkTool() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	return checkBrush(o.Brush)
}

// Apply erases.
func (o *EraserStroke) Apply(ctx context.Context, s *State, in Inputs) error {
	return applyStroke(ctx, s, o, in)
}

func (o *EraserStroke) tool() (string, paint.Brush, *[]paint.Point) {
	return o.Layer, o.Brush, &o.Points
}

func (o *EraserStroke) ink(*State, paint.Point) (paint.Ink, error) { return paint.Erase(), nil }

// CloneStroke paints what lies Offset away on the plane, of the source as it was
// before the stroke. The pixels stay those of the source's makers.
type CloneStroke struct {
	Layer string `json:"layer"`
	// Source is the layer that is copied; "" is Layer itself.
	Source string `json:"source,omitempty"`
	// Offset is the way from where is painted to what is copied, [x, y] in pixels.
	Offset [2]int `json:"offset"`
	paint.Brush
	Points []paint.Point `json:"points"`
}

// Kind is brush.clone.
func (o *CloneStroke) Kind() string { return "brush.clone" }

// Check says what is wrong with the parameters.
func (o *CloneStroke) Check() error {
	if err := o.checkTool(); err != nil {
		return err
	}
	return checkPoints(o.Brush, o.Points)
}

func (o *CloneStroke) checkTool() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if err := checkPlace("offset", float64(o.Offset[0]), float64(o.Offset[1])); err != nil {
		return err
	}
	return checkBrush(o.Brush)
}

// Apply paints the stroke.
func (o *CloneStroke) Apply(ctx context.Context, s *State, in Inputs) error {
	return applyStroke(ctx, s, o, in)
}

func (o *CloneStroke) tool() (string, paint.Brush, *[]paint.Point) {
	return o.Layer, o.Brush, &o.Points
}

func (o *CloneStroke) ink(s *State, start paint.Point) (paint.Ink, error) {
	id := o.Source
	if id == "" {
		id = o.Layer
	}
	from, err := s.Layer(id)
	if err != nil {
		return paint.Ink{}, &ParameterError{"source", "there is no layer " + id}
	}
	return paint.Copy(from.Pixels.Clone(), s.Repeat, start, image.Pt(o.Offset[0], o.Offset[1])), nil
}

func applyStroke(ctx context.Context, s *State, o Stroke, in Inputs) error {
	layer, brush, points := o.tool()
	t, err := s.target(layer, in)
	if err != nil {
		return err
	}
	ink, err := o.ink(s, (*points)[0])
	if err != nil {
		return err
	}
	return paint.Stroke(ctx, t, brush, ink, *points)
}

// FloodFill fills what is like the pixel at a point: no farther in OKLab, and in
// alpha, than the tolerance.
type FloodFill struct {
	Layer     string  `json:"layer"`
	Color     string  `json:"color"`
	Opacity   float64 `json:"opacity"`
	X         float64 `json:"x"` // of the plane
	Y         float64 `json:"y"`
	Tolerance float64 `json:"tolerance"`
	// Contiguous fills only what can be reached from the point, over the edges of
	// the cell too.
	Contiguous bool `json:"contiguous"`
}

// Kind is fill.flood.
func (o *FloodFill) Kind() string { return "fill.flood" }

// Check says what is wrong with the parameters.
func (o *FloodFill) Check() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if _, err := parseColor("color", o.Color); err != nil {
		return err
	}
	if err := checkFraction("opacity", o.Opacity); err != nil {
		return err
	}
	if err := checkFraction("tolerance", o.Tolerance); err != nil {
		return err
	}
	if err := checkPlace("x", o.X); err != nil {
		return err
	}
	return checkPlace("y", o.Y)
}

// Apply fills.
func (o *FloodFill) Apply(ctx context.Context, s *State, in Inputs) error {
	t, err := s.target(o.Layer, in)
	if err != nil {
		return err
	}
	c, err := parseColor("color", o.Color)
	if err != nil {
		return err
	}
	m, err := wand(ctx, s, t.Pixels, o.X, o.Y, o.Tolerance, o.Contiguous)
	if err != nil {
		return err
	}
	paint.Fill(t, m, paint.Solid(c), fraction(o.Opacity))
	return nil
}

// wand is the pixels like the one that (x, y) lies in.
func wand(ctx context.Context, s *State, r *raster.Raster, x, y, tolerance float64, contiguous bool) (*raster.Mask, error) {
	m, err := selection.Wand(ctx, r, s.Repeat, int(math.Floor(x)), int(math.Floor(y)), tolerance, contiguous)
	var outside *selection.OutsideError
	if errors.As(err, &outside) {
		return nil, &ParameterError{"x", outside.Error()}
	}
	return m, err
}

// SelectionFill fills the selection, or the whole layer where there is none.
type SelectionFill struct {
	Layer   string  `json:"layer"`
	Color   string  `json:"color"`
	Opacity float64 `json:"opacity"`
}

// Kind is fill.selection.
func (o *SelectionFill) Kind() string { return "fill.selection" }

// Check says what is wrong with the parameters.
func (o *SelectionFill) Check() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if _, err := parseColor("color", o.Color); err != nil {
		return err
	}
	return checkFraction("opacity", o.Opacity)
}

// Apply fills.
func (o *SelectionFill) Apply(_ context.Context, s *State, in Inputs) error {
	t, err := s.target(o.Layer, in)
	if err != nil {
		return err
	}
	c, err := parseColor("color", o.Color)
	if err != nil {
		return err
	}
	paint.Fill(t, nil, paint.Solid(c), fraction(o.Opacity))
	return nil
}

// SelectionErase takes away what is selected, or everything.
type SelectionErase struct {
	Layer   string  `json:"layer"`
	Opacity float64 `json:"opacity"`
}

// Kind is fill.erase.
func (o *SelectionErase) Kind() string { return "fill.erase" }

// Check says what is wrong with the parameters.
func (o *SelectionErase) Check() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	return checkFraction("opacity", o.Opacity)
}

// Apply erases.
func (o *SelectionErase) Apply(_ context.Context, s *State, in Inputs) error {
	t, err := s.target(o.Layer, in)
	if err != nil {
		return err
	}
	paint.Fill(t, nil, paint.Erase(), fraction(o.Opacity))
	return nil
}

// GradientFill fills the selection with a gradient. What of it wraps is said at
// paint.Gradient.
type GradientFill struct {
	Layer string `json:"layer"`
	// Shape is "linear", from Start to End, or "radial", about Start out to End.
	Shape string         `json:"shape"`
	Start [2]float64     `json:"start"`
	End   [2]float64     `json:"end"`
	Stops []GradientStop `json:"stops"` // 2 to 64, their offsets rising
	// Extend is "pad", "repeat" or "reflect".
	Extend string `json:"extend"`
	// Space is where is interpolated: "oklab" or "srgb".
	Space   string  `json:"space"`
	Opacity float64 `json:"opacity"`
}

// GradientStop is a colour of a gradient, at an offset of 0 to 1.
type GradientStop struct {
	Offset float64 `json:"offset"`
	Color  string  `json:"color"` // "#rrggbb" or "#rrggbbaa"
}

// Kind is fill.gradient.
func (o *GradientFill) Kind() string { return "fill.gradient" }

// Check says what is wrong with the parameters.
func (o *GradientFill) Check() error {
	_, err := o.gradient()
	return err
}

func (o *GradientFill) gradient() (paint.Gradient, error) {
	g := paint.Gradient{
		Radial: o.Shape == "radial", OKLab: o.Space == "oklab",
		Start: coverage.At(o.Start[0], o.Start[1]), End: coverage.At(o.End[0], o.End[1]),
	}
	extends := map[string]paint.Extend{"pad": paint.Pad, "repeat": paint.Again, "reflect": paint.Reflect}
	var known bool
	g.Extend, known = extends[o.Extend]
	switch {
	case o.Shape != "linear" && o.Shape != "radial":
		return g, &ParameterError{"shape", fmt.Sprintf("%q is no gradient; use linear or radial", o.Shape)}
	case !known:
		return g, &ParameterError{"extend", fmt.Sprintf("%q is unknown; use pad, repeat or reflect", o.Extend)}
	case o.Space != "oklab" && o.Space != "srgb":
		return g, &ParameterError{"space", fmt.Sprintf("%q is unknown; use oklab or srgb", o.Space)}
	case len(o.Stops) < 2 || len(o.Stops) > maxStops:
		return g, &ParameterError{"stops", fmt.Sprintf("a gradient has 2 to %d, not %d", maxStops, len(o.Stops))}
	}
	if err := checkLayer(o.Layer); err != nil {
		return g, err
	}
	if err := checkPlace("start", o.Start[:]...); err != nil {
		return g, err
	}
	if err := checkPlace("end", o.End[:]...); err != nil {
		return g, err
	}
	least := 0.0
	for i, stop := range o.Stops {
		at := fmt.Sprintf("stops[%d]", i)
		if err := checkRange(at+".offset", stop.Offset, least, 1); err != nil {
			return g, err
		}
		least = stop.Offset
		c, err := parseColor(at+".color", stop.Color)
		if err != nil {
			return g, err
		}
		g.Stops = append(g.Stops, paint.Stop{Offset: stop.Offset, Color: c})
	}
	return g, checkFraction("opacity", o.Opacity)
}

// Apply fills.
func (o *GradientFill) Apply(_ context.Context, s *State, in Inputs) error {
	t, err := s.target(o.Layer, in)
	if err != nil {
		return err
	}
	g, err := o.gradient()
	if err != nil {
		return err
	}
	paint.Fill(t, nil, g.Ink(s.Size, s.Repeat), fraction(o.Opacity))
	return nil
}
