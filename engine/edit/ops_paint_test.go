package edit

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"image"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// canvas is a state with a layer that a model made and one that is empty.
func canvas(size pattern.Size, repeat pattern.Repeat) *State {
	ground := raster.New(size.Width, size.Height)
	for y := range size.Height {
		row := ground.EditPixels(y)
		for x := range size.Width {
			copy(row[4*x:], []uint16{uint16(x * 300), uint16(y * 200), uint16((x/9 + y/7) % 3 * 20000), 65535})
		}
	}
	ground.Attribute(raster.Who{Op: 1, Model: 255})
	return &State{Size: size, Repeat: repeat, Locked: &Lock{}, Layers: []*Layer{
		{ID: "ground", Opacity: 65535, Pixels: ground},
		{ID: "ink", Opacity: 65535, Pixels: raster.New(size.Width, size.Height)},
	}}
}

// work is one of every operation of the hand, and of every selection.
const work = `[
 {"kind": "fill.selection", "params": {"layer": "ink", "color": "#20406080", "opacity": 1}},
 {"kind": "select.ellipse", "params": {"x": -10, "y": 5.5, "width": 90, "height": 60, "angle": 20}},
 {"kind": "select.rectangle", "params": {"x": 40, "y": 30, "width": 50, "height": 50, "radius": 8, "mode": "add"}},
 {"kind": "select.lasso", "params": {"points": [[10, 10], [50.5, 12], [30, 44]], "mode": "subtract"}},
 {"kind": "select.feather", "params": {"radius": 2.5}},
 {"kind": "select.grow", "params": {"by": 3}},
 {"kind": "brush.stroke", "params": {"layer": "ink", "color": "#c03020", "size": 23.5, "hardness": 0.6, "opacity": 0.9, "flow": 0.7, "spacing": 0.2, "size_pressure": 0.5, "points": [[-10, 4, 0.4], [60, 50], [99, 20, 0.2]]}},
 {"kind": "select.invert", "params": {}},
 {"kind": "brush.clone", "params": {"layer": "ink", "source": "ground", "offset": [17, -40], "size": 30, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0.25, "points": [[5, 70], [45, 90.25]]}},
 {"kind": "select.wand", "params": {"layer": "ground", "x": -3, "y": 200, "tolerance": 0.12, "contiguous": true}},
 {"kind": "fill.gradient", "params": {"layer": "ink", "shape": "linear", "start": [0, 0], "end": [80, 30], "stops": [{"offset": 0, "color": "#ff000080"}, {"offset": 1, "color": "#00ffff"}], "extend": "reflect", "space": "oklab", "opacity": 0.8}},
 {"kind": "select.color_range", "params": {"layer": "ground", "colors": ["#204060", "#505050"], "fuzziness": 0.3}},
 {"kind": "fill.gradient", "params": {"layer": "ground", "shape": "radial", "start": [20, 20], "end": [50, 20], "stops": [{"offset": 0, "color": "#ffffff"}, {"offset": 0.5, "color": "#ffee0000"}], "extend": "pad", "space": "srgb", "opacity": 1}},
 {"kind": "select.clear", "params": {}},
 {"kind": "fill.flood", "params": {"layer": "ground", "color": "#102030", "opacity": 0.5, "x": 3, "y": 3, "tolerance": 0.1, "contiguous": false}},
 {"kind": "shape.draw", "params": {"layer": "ink", "shape": {"kind": "path", "nodes": [{"at": [10, 80], "out": [30, -60]}, {"at": [90, 85], "in": [-10, 40]}, {"at": [50, 120]}], "closed": true}, "fill": "#f0f0d0", "rule": "evenodd", "stroke": {"color": "#000000cc", "width": 3.5, "join": "round", "cap": "round"}}},
 {"kind": "shape.draw", "params": {"layer": "ink", "shape": {"kind": "polyline", "points": [[0, 0], [50, 10], [20, 30]]}, "stroke": {"color": "#ffffff", "width": 5, "join": "miter", "cap": "square", "miter_limit": 10}}},
 {"kind": "brush.erase", "params": {"layer": "ink", "size": 12, "hardness": 0.9, "opacity": 1, "flow": 1, "spacing": 0.1, "points": [[0, 0], [96, 96]]}},
 {"kind": "select.rectangle", "params": {"x": 0, "y": 0, "width": 12, "height": 12}},
 {"kind": "fill.erase", "params": {"layer": "ink", "opacity": 0.5}}
]`

func do(t *testing.T, s *State, list string) {
	t.Helper()
	ops, err := ParseList([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	for i, op := range ops {
		if err := op.Check(); err != nil {
			t.Fatalf("%d %s: %v", i, op.Kind(), err)
		}
		data, err := EncodeOp(op)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeOp(op.Kind(), data)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := EncodeOp(again); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s came back as %s, was %s (%v)", op.Kind(), back, data, err)
		}
		if err := again.Apply(context.Background(), s, Inputs{Ordinal: uint32(i + 2)}); err != nil {
			t.Fatalf("%d %s: %v", i, op.Kind(), err)
		}
	}
}

// TestTheHandReplays holds the sum of what the hand does, in every repeat. It runs
// on 32 bit as well.
func TestTheHandReplays(t *testing.T) {
	for name, want := range map[string]string{
		"block": "a759d59afd9add1e", "half-drop": "f27ace5d4921a3a9", "brick": "5f3151b887131964", "mirror": "0d621cbe599a4ae6", "hex": "f27ace5d4921a3a9", "x": "93430a03fec632af", "y": "2bd0d55b9ec71c2d", "none": "b8034980b41b6dd7",
	} {
		repeat, err := pattern.ParseRepeat(name, "")
		if err != nil {
			t.Fatal(err)
		}
		s := canvas(pattern.Size{Width: 96, Height: 128}, repeat)
		list := work
		if name == "x" || name == "y" || name == "none" {
			// Where there is a plane.
			list = strings.Replace(list, `"x": -3, "y": 200`, `"x": 3, "y": 100`, 1)
		}
		do(t, s, list)
		sum := HashOf(append(sumOf(s.Layers[0].Pixels), sumOf(s.Layers[1].Pixels)...))
		if got := hex.EncodeToString(sum[:8]); got != want {
			t.Errorf("%s: sum is %s, want %s", name, got, want)
		}
		if s.Locked != nil {
			t.Errorf("%s: a painted pattern is still locked", name)
		}
	}
}

func sumOf(r *raster.Raster) []byte { s := r.Sum(); return s[:] }

func TestStrokesAreThePersons(t *testing.T) {
	s := canvas(pattern.Size{Width: 40, Height: 40}, pattern.Repeat{})
	do(t, s, `[{"kind": "brush.stroke", "params": {"layer": "ground", "color": "#ffffff", "size": 10, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0.1, "points": [[0, 20], [20, 20]]}},
	 {"kind": "brush.clone", "params": {"layer": "ink", "source": "ground", "offset": [0, 0], "size": 60, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0.1, "points": [[20, 20]]}}]`)
	if got, want := s.Layers[0].Pixels.WhoAt(10, 20), (raster.Who{Op: 2, Person: 255}); got != want {
		t.Errorf("a painted pixel is %+v's, want %+v", got, want)
	}
	if got, want := s.Layers[1].Pixels.WhoAt(10, 20), (raster.Who{Op: 3, Person: 255}); got.Person != want.Person {
		t.Errorf("its copy is %+v's, want %+v", got, want)
	}
	if got := s.Layers[1].Pixels.WhoAt(10, 2); got.Model != 255 || got.Person != 0 {
		t.Errorf("a copy of a model's pixel is %+v's", got)
	}
}

func TestALiveStrokeFinishesAsItsOperation(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		repeat := pattern.Repeat{Kind: rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Mirror}).Draw(t, "repeat")}
		before := canvas(pattern.Size{Width: 48, Height: 64}, repeat)
		brush := paint.Brush{Size: 20, Hardness: 0.5, Opacity: 0.7, Flow: 0.5, Spacing: 0.2, SizePressure: 0.5}
		op := rapid.SampledFrom([]Stroke{
			&BrushStroke{Layer: "ink", Color: "#a03040", Brush: brush}, &EraserStroke{Layer: "ground", Brush: brush},
			&CloneStroke{Layer: "ground", Offset: [2]int{13, -7}, Brush: brush},
		}).Draw(t, "tool")
		look, in := before.Clone(), Inputs{Ordinal: 5}
		l, err := BeginStroke(look, op, in)
		if err != nil {
			t.Fatal(err)
		}
		if l.Finish() != nil {
			t.Error("a stroke without points is an operation")
		}
		at := rapid.Float64Range(-90, 90)
		for range rapid.IntRange(1, 6).Draw(t, "points") {
			p := paint.Point{X: at.Draw(t, "x"), Y: at.Draw(t, "y"), Pressure: rapid.Float64Range(0, 1).Draw(t, "pressure")}
			if err := l.Add(ctx, p, p); err != nil {
				t.Fatal(err)
			}
		}
		done := l.Finish()
		data, err := EncodeOp(done)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeOp(done.Kind(), data)
		if err != nil {
			t.Fatal(err)
		}
		after := before.Clone()
		if err := errors.Join(again.Check(), again.Apply(ctx, after, in)); err != nil {
			t.Fatal(err)
		}
		for i := range after.Layers {
			if after.Layers[i].Pixels.Sum() != look.Layers[i].Pixels.Sum() {
				t.Fatalf("%s, layer %d: what was seen is not what was recorded", done.Kind(), i)
			}
		}
		l.Cancel()
		for i := range before.Layers {
			if before.Layers[i].Pixels.Sum() != look.Layers[i].Pixels.Sum() {
				t.Fatal("a cancelled stroke left something")
			}
		}
	})
}

func TestALiveStrokeRefusesWhatCannotBe(t *testing.T) {
	s := canvas(pattern.Size{Width: 8, Height: 8}, pattern.Repeat{})
	brush := paint.Brush{Size: 2, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 0.1}
	var parameter *ParameterError
	if _, err := BeginStroke(s, &BrushStroke{Layer: "nowhere", Color: "#000000", Brush: brush}, Inputs{}); !errors.As(err, &parameter) {
		t.Errorf("error %v", err)
	}
	l, err := BeginStroke(s, &BrushStroke{Layer: "ink", Color: "#000000", Brush: brush}, Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []paint.Point{{X: math.NaN(), Pressure: 1}, {X: 2e6, Pressure: 1}, {Pressure: 1.1}, {Pressure: math.NaN()}} {
		if err := l.Add(context.Background(), p); !errors.As(err, &parameter) {
			t.Errorf("%v: error %v", p, err)
		}
	}
	if l.Finish() != nil {
		t.Error("refused points make an operation")
	}
}

func TestParametersOutOfRange(t *testing.T) {
	brush := `"size": 5, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0.1, `
	for _, c := range []struct{ kind, params, parameter string }{
		{"brush.stroke", `{"color": "#000000", ` + brush + `"points": [[0, 0]]}`, "layer"},
		{"brush.stroke", `{"layer": "ink", "color": "red", ` + brush + `"points": [[0, 0]]}`, "color"},
		{"brush.stroke", `{"layer": "ink", "color": "#12345g", ` + brush + `"points": [[0, 0]]}`, "color"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", ` + brush + `"points": []}`, "points"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", ` + brush + `"points": [[0, 1e7]]}`, "points[0]"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", ` + brush + `"points": [[0, 1], [0, 1, -0.1]]}`, "points[1]"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", "size": 9000, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0.1, "points": [[0, 0]]}`, "size"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", "size": 5, "hardness": 1.01, "opacity": 1, "flow": 1, "spacing": 0.1, "points": [[0, 0]]}`, "hardness"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", "size": 5, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0, "points": [[0, 0]]}`, "spacing"},
		{"brush.stroke", `{"layer": "ink", "color": "#000000", "size": 1, "hardness": 1, "opacity": 1, "flow": 1, "spacing": 0.01, "points": [[-900000, 0], [900000, 0]]}`, "points"},
		{"brush.erase", `{"layer": "ink", "size": 5, "hardness": -1, "opacity": 1, "flow": 1, "spacing": 1, "points": [[0, 0]]}`, "hardness"},
		{"brush.clone", `{"layer": "ink", "offset": [2000000, 0], ` + brush + `"points": [[0, 0]]}`, "offset"},
		{"fill.flood", `{"layer": "ink", "color": "#000000", "opacity": 1, "x": 0, "y": 0, "tolerance": 2, "contiguous": true}`, "tolerance"},
		{"fill.selection", `{"layer": "ink", "color": "#000000", "opacity": -1}`, "opacity"},
		{"fill.erase", `{"layer": "", "opacity": 1}`, "layer"},
		{"fill.gradient", `{"layer": "ink", "shape": "conic", "start": [0, 0], "end": [1, 1], "stops": [{"offset": 0, "color": "#000000"}, {"offset": 1, "color": "#ffffff"}], "extend": "pad", "space": "srgb", "opacity": 1}`, "shape"},
		{"fill.gradient", `{"layer": "ink", "shape": "linear", "start": [0, 0], "end": [1, 1], "stops": [{"offset": 0.5, "color": "#000000"}, {"offset": 0.4, "color": "#ffffff"}], "extend": "pad", "space": "srgb", "opacity": 1}`, "stops[1].offset"},
		{"fill.gradient", `{"layer": "ink", "shape": "linear", "start": [0, 0], "end": [1, 1], "stops": [{"offset": 0.5, "color": "#000000"}], "extend": "pad", "space": "srgb", "opacity": 1}`, "stops"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "star"}, "fill": "#000000"}`, "shape.kind"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "rectangle", "width": -1, "height": 3}, "fill": "#000000"}`, "shape.width"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "line", "points": [[0, 0], [1, 1]]}, "fill": "#000000"}`, "fill"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "line", "points": [[0, 0], [1, 1]]}}`, "fill"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "line", "points": [[0, 0], [1, 1]]}, "stroke": {"color": "#000000", "width": 0}}`, "stroke.width"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "line", "points": [[0, 0], [1, 1]]}, "stroke": {"color": "#000000", "width": 3, "join": "arc"}}`, "stroke.join"},
		{"shape.draw", `{"layer": "ink", "shape": {"kind": "path", "nodes": [{"at": [0, 0]}, {"at": [0, 1e9]}]}, "fill": "#000000"}`, "shape.nodes[1]"},
		{"select.rectangle", `{"x": 0, "y": 0, "width": 3, "height": 3, "mode": "xor"}`, "mode"},
		{"select.ellipse", `{"x": 0, "y": 0, "width": 3, "height": -3}`, "height"},
		{"select.lasso", `{"points": [[0, 0], [1, 1]]}`, "points"},
		{"select.color_range", `{"layer": "ink", "colors": [], "fuzziness": 0.1}`, "colors"},
		{"select.color_range", `{"layer": "ink", "colors": ["#00"], "fuzziness": 0.1}`, "colors[0]"},
		{"select.wand", `{"layer": "ink", "x": 0, "y": 0, "tolerance": -0.5, "contiguous": true}`, "tolerance"},
		{"select.grow", `{"by": 0}`, "by"},
		{"select.grow", `{"by": 1000}`, "by"},
		{"select.feather", `{"radius": 1000}`, "radius"},
	} {
		op, err := DecodeOp(c.kind, []byte(c.params))
		if err == nil {
			err = op.Check()
		}
		var parameter *ParameterError
		if !errors.As(err, &parameter) || parameter.Parameter != c.parameter {
			t.Errorf("%s %s: error %v, want one about %s", c.kind, c.params, err, c.parameter)
		}
	}
	// What only the state can tell.
	s := canvas(pattern.Size{Width: 8, Height: 8}, pattern.Repeat{Kind: pattern.None})
	for _, op := range []Op{
		&SelectionFill{Layer: "gone", Color: "#000000", Opacity: 1},
		&FloodFill{Layer: "ink", Color: "#000000", Opacity: 1, X: -1},
		&SelectWand{Layer: "ink", X: 3, Y: 8},
		&CloneStroke{Layer: "ink", Source: "gone", Brush: paint.Brush{Size: 1, Spacing: 1}, Points: []paint.Point{{}}},
		&DrawShape{Layer: "ink", Fill: "#000000", Shape: Shape{Kind: "rectangle", X: -9e5, Width: 9e5, Height: 9e5}},
	} {
		var parameter *ParameterError
		if err := op.Apply(context.Background(), s, Inputs{Ordinal: 2}); !errors.As(err, &parameter) {
			t.Errorf("%s: error %v", op.Kind(), err)
		}
	}
}

func TestSelectionLimitsTheHand(t *testing.T) {
	s := canvas(pattern.Size{Width: 64, Height: 96}, pattern.Repeat{Kind: pattern.HalfDrop})
	before := s.Layers[1].Pixels.Clone()
	do(t, s, `[{"kind": "select.rectangle", "params": {"x": 10, "y": 40, "width": 20, "height": 10}},
	 {"kind": "fill.selection", "params": {"layer": "ink", "color": "#ff0000", "opacity": 1}}]`)
	inside := image.Rect(10, 40, 30, 50)
	for y := range 96 {
		for x := range 64 {
			if got, want := s.Layers[1].Pixels.At(x, y)[3] != 0, (image.Point{X: x, Y: y}).In(inside); got != want {
				t.Fatalf("(%d, %d) is painted: %v", x, y, got)
			}
		}
	}
	if d := raster.Diff(before, s.Layers[1].Pixels); len(d) != 1 || d[0] != 1 {
		t.Errorf("bands %v changed, want the second", d)
	}
}
