package edit

import (
	"context"
	"errors"
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
)

// DrawShape fills a shape, draws along it with a pen, or both, the pen above.
type DrawShape struct {
	Layer string `json:"layer"`
	Shape Shape  `json:"shape"`
	// Fill is a colour, "#rrggbb" or "#rrggbbaa", or "" for none.
	Fill string `json:"fill,omitempty"`
	// Rule says what is inside of a path that crosses itself: "nonzero" (which ""
	// stands for) or "evenodd".
	Rule   string `json:"rule,omitempty"`
	Stroke *Pen   `json:"stroke,omitempty"`
}

// Shape is an outline on the plane, in pixels.
type Shape struct {
	// Kind is line, polyline, polygon, rectangle, ellipse or path.
	Kind string `json:"kind"`
	// Points are [x, y]: two of a line, any number of a polyline or a polygon.
	Points [][2]float64 `json:"points,omitempty"`
	// Nodes are those of a path of cubic Bézier curves; Closed joins the last to
	// the first.
	Nodes  []Node `json:"nodes,omitempty"`
	Closed bool   `json:"closed,omitempty"`
	// A rectangle or an ellipse fills the box at (X, Y), turned clockwise by Angle
	// degrees about its middle. Radius rounds the corners of a rectangle.
	X      float64 `json:"x,omitempty"`
	Y      float64 `json:"y,omitempty"`
	Width  float64 `json:"width,omitempty"`
	Height float64 `json:"height,omitempty"`
	Radius float64 `json:"radius,omitempty"`
	Angle  float64 `json:"angle,omitempty"`
}

// Node is a point of a path with its handles, which are steps from it.
type Node struct {
	At  [2]float64 `json:"at"`
	In  [2]float64 `json:"in,omitzero"`
	Out [2]float64 `json:"out,omitzero"`
}

// Pen draws along a shape.
type Pen struct {
	Color string  `json:"color"`
	Width float64 `json:"width"`
	// Join is miter (which "" stands for), round or bevel.
	Join string `json:"join,omitempty"`
	// Cap is butt (which "" stands for), round or square.
	Cap string `json:"cap,omitempty"`
	// MiterLimit is how many widths long a mitre may be; 0 stands for 4.
	MiterLimit float64 `json:"miter_limit,omitempty"`
}

// Kind is shape.draw.
func (o *DrawShape) Kind() string { return "shape.draw" }

// Check says what is wrong with the parameters.
func (o *DrawShape) Check() error {
	if err := checkLayer(o.Layer); err != nil {
		return err
	}
	if o.Fill == "" && o.Stroke == nil {
		return &ParameterError{"fill", "there is neither a fill nor a stroke; a shape needs one of them"}
	}
	if o.Fill != "" {
		if _, err := parseColor("fill", o.Fill); err != nil {
			return err
		}
		if o.Shape.Kind == "line" {
			return &ParameterError{"fill", "a line has no inside; give it a stroke"}
		}
	}
	if o.Rule != "" && o.Rule != "nonzero" && o.Rule != "evenodd" {
		return &ParameterError{"rule", fmt.Sprintf("%q is unknown; use nonzero or evenodd", o.Rule)}
	}
	if o.Stroke != nil {
		if _, err := o.Stroke.pen(); err != nil {
			return err
		}
	}
	_, err := o.Shape.path()
	return err
}

func (p *Pen) pen() (coverage.Pen, error) {
	joins := map[string]coverage.Join{"": coverage.MiterJoin, "miter": coverage.MiterJoin, "round": coverage.RoundJoin, "bevel": coverage.BevelJoin}
	caps := map[string]coverage.Cap{"": coverage.ButtCap, "butt": coverage.ButtCap, "round": coverage.RoundCap, "square": coverage.SquareCap}
	join, known := joins[p.Join]
	if !known {
		return coverage.Pen{}, &ParameterError{"stroke.join", fmt.Sprintf("%q is unknown; use miter, round or bevel", p.Join)}
	}
	end, known := caps[p.Cap]
	if !known {
		return coverage.Pen{}, &ParameterError{"stroke.cap", fmt.Sprintf("%q is unknown; use butt, round or square", p.Cap)}
	}
	limit := p.MiterLimit
	if limit == 0 {
		limit = 4
	}
	if err := checkRange("stroke.miter_limit", limit, 1, maxMiterLimit); err != nil {
		return coverage.Pen{}, err
	}
	if err := checkRange("stroke.width", p.Width, 1.0/64, maxPenWidth); err != nil {
		return coverage.Pen{}, err
	}
	if _, err := parseColor("stroke.color", p.Color); err != nil {
		return coverage.Pen{}, err
	}
	return coverage.Pen{Width: coverage.Units(p.Width), Join: join, Cap: end, MiterLimit: limit}, nil
}

// path is the outline, or a *ParameterError.
func (h *Shape) path() (coverage.Path, error) {
	fail := func(parameter, format string, args ...any) (coverage.Path, error) {
		return coverage.Path{}, &ParameterError{"shape." + parameter, fmt.Sprintf(format, args...)}
	}
	if len(h.Points) > MaxPoints || len(h.Nodes) > MaxPoints/10 {
		return fail("points", "%d are too many; a shape has at most %d, or %d nodes", max(len(h.Points), len(h.Nodes)), MaxPoints, MaxPoints/10)
	}
	var points []coverage.Point
	for i, p := range h.Points {
		if err := checkPlace(fmt.Sprintf("shape.points[%d]", i), p[:]...); err != nil {
			return coverage.Path{}, err
		}
		points = append(points, coverage.At(p[0], p[1]))
	}
	switch h.Kind {
	case "line":
		if len(points) != 2 {
			return fail("points", "a line has 2 points, not %d", len(points))
		}
		return coverage.Polyline(points), nil
	case "polyline":
		if len(points) < 2 {
			return fail("points", "a polyline has at least 2 points, not %d", len(points))
		}
		return coverage.Polyline(points), nil
	case "polygon":
		if len(points) < 3 {
			return fail("points", "a polygon has at least 3 points, not %d", len(points))
		}
		return coverage.Polygon(points), nil
	case "rectangle", "ellipse":
		return box(h.Kind == "ellipse", "shape.", h.X, h.Y, h.Width, h.Height, h.Radius, h.Angle)
	case "path":
		if len(h.Nodes) < 2 {
			return fail("nodes", "a path has at least 2 nodes, not %d", len(h.Nodes))
		}
		nodes := make([]coverage.Node, len(h.Nodes))
		for i, n := range h.Nodes {
			if err := checkPlace(fmt.Sprintf("shape.nodes[%d]", i), n.At[0], n.At[1], n.In[0], n.In[1], n.Out[0], n.Out[1]); err != nil {
				return coverage.Path{}, err
			}
			nodes[i] = coverage.Node{At: coverage.At(n.At[0], n.At[1]), In: coverage.At(n.In[0], n.In[1]), Out: coverage.At(n.Out[0], n.Out[1])}
		}
		return coverage.Curve(nodes, h.Closed), nil
	}
	return fail("kind", "%q is no shape; use line, polyline, polygon, rectangle, ellipse or path", h.Kind)
}

// box is a rectangle or an ellipse; prefix goes before the names of parameters.
func box(ellipse bool, prefix string, x, y, width, height, radius, angle float64) (coverage.Path, error) {
	err := errors.Join(
		checkPlace(prefix+"x", x), checkPlace(prefix+"y", y),
		checkRange(prefix+"width", width, 0, coverage.Furthest), checkRange(prefix+"height", height, 0, coverage.Furthest),
		checkRange(prefix+"radius", radius, 0, coverage.Furthest), checkRange(prefix+"angle", angle, -3600, 3600))
	var parameter *ParameterError
	if errors.As(err, &parameter) {
		return coverage.Path{}, parameter
	}
	corner := coverage.At(x, y)
	if ellipse {
		return coverage.Ellipse(corner, coverage.Units(width), coverage.Units(height), angle), nil
	}
	return coverage.Rectangle(corner, coverage.Units(width), coverage.Units(height), coverage.Units(radius), angle), nil
}

// Apply draws the shape.
func (o *DrawShape) Apply(ctx context.Context, s *State, in Inputs) error {
	t, err := s.target(o.Layer, in)
	if err != nil {
		return err
	}
	path, err := o.Shape.path()
	if err != nil {
		return err
	}
	draw := func(parameter, color string, rule coverage.Rule, paths []coverage.Path) error {
		ink, err := parseColor(parameter, color)
		if err != nil {
			return err
		}
		c := coverage.New(s.Size, s.Repeat)
		if err := c.Fill(ctx, paths, rule); err != nil {
			return shapeError(err)
		}
		paint.Shape(t, c, paint.Solid(ink), 65535)
		return nil
	}
	if o.Fill != "" {
		rule := coverage.NonZero
		if o.Rule == "evenodd" {
			rule = coverage.EvenOdd
		}
		if err := draw("fill", o.Fill, rule, []coverage.Path{path}); err != nil {
			return err
		}
	}
	if o.Stroke == nil {
		return nil
	}
	pen, err := o.Stroke.pen()
	if err != nil {
		return err
	}
	return draw("stroke.color", o.Stroke.Color, coverage.NonZero, pen.Outline(path))
}

// shapeError makes a shape that is too large a matter of its parameters.
func shapeError(err error) error {
	var size *coverage.SizeError
	if errors.As(err, &size) {
		return &ParameterError{"shape", size.Error()}
	}
	return err
}
