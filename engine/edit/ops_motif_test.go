package edit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/internal/drawing"
	"github.com/selvage-studio/selvage/engine/edit/layout"
	"github.com/selvage-studio/selvage/engine/edit/motif"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// drawn is a state with one layer, "drawing", of a drawing.
func drawn(t testing.TB, spec draw.Spec, w, h int) *State {
	t.Helper()
	r, _ := drawing.Raster(t, spec, w, h)
	return &State{
		Size: pattern.Size{Width: w, Height: h}, Width: 100, Height: 100 * pattern.Length(h) / pattern.Length(w), Repeat: spec.Repeat,
		Layers: []*Layer{{ID: "drawing", Opacity: raster.Opaque, Blend: raster.Normal, Pixels: r}},
	}
}

// enact applies operations as a file has them.
func enact(t testing.TB, s *State, in Inputs, list string) error {
	t.Helper()
	ops, err := ParseList([]byte(list))
	if err != nil {
		return err
	}
	for i, op := range ops {
		in.Ordinal = uint32(100000 + i)
		data, err := EncodeOp(op)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeOp(op.Kind(), data)
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", data, err)
		}
		if err := again.Apply(context.Background(), s, in); err != nil {
			return err
		}
	}
	return nil
}

func motifSpec() draw.Spec {
	return draw.Spec{Family: "birds", Layout: draw.Grid, Scale: draw.Medium, Density: draw.Sparse, Secondary: draw.NoSecondary, Style: draw.Clean, Outline: draw.Flat, Repeat: pattern.Repeat{Kind: pattern.HalfDrop}}.Complete(4)
}

// motifAt is a pixel well inside of a motif.
func motifAt(t testing.TB, s *State) image.Point {
	t.Helper()
	base := motif.Ground(s.Layers[0].Pixels)
	for i := range s.Size.Width * s.Size.Height {
		x, y := i%s.Size.Width, i/s.Size.Width
		inside := true
		for d := -2; d <= 2; d++ {
			p := s.Layers[0].Pixels.At((x+d+s.Size.Width)%s.Size.Width, y)
			inside = inside && math.Abs(float64(p[1])-float64(base[1])) > 20000
		}
		if inside {
			return image.Pt(x, y)
		}
	}
	t.Fatal("the drawing has no motif")
	return image.Point{}
}

func TestLiftedMotifsLookAsBeforeAndLeaveTheirGround(t *testing.T) {
	s := drawn(t, motifSpec(), 160, 160)
	was := s.Layers[0].Pixels.Clone()
	at := motifAt(t, s)
	for _, hole := range []string{"ground", "surroundings", "transparent"} {
		c := s.Clone()
		if err := enact(t, c, Inputs{}, fmt.Sprintf(`[{"kind":"motif.lift","params":{"layer":"drawing","at":[%d,%d],"id":"bird","hole":%q}}]`, at.X, at.Y, hole)); err != nil {
			t.Fatal(err)
		}
		if len(c.Layers) != 2 || c.Layers[1].ID != "bird" {
			t.Fatalf("%d layers", len(c.Layers))
		}
		lifted, left := c.Layers[1].Pixels, c.Layers[0].Pixels
		sum, moved, outside := 0.0, 0, 0
		for y := range 160 {
			for x := range 160 {
				p, q, w := lifted.At(x, y), left.At(x, y), was.At(x, y)
				if p[3] == 0 {
					if q != w || left.WhoAt(x, y) != was.WhoAt(x, y) {
						outside++
					}
					continue
				}
				moved++
				if who := lifted.WhoAt(x, y); who.Rule != 255 || who.Op >= 100000 {
					t.Fatalf("(%d, %d) of the lifted motif belongs to %+v", x, y, who)
				}
				for c := range 3 {
					over := float64(p[c]) + float64(raster.Mul(uint32(q[c]), uint32(raster.Opaque-p[3])))
					sum += math.Abs(over-float64(w[c])) / raster.Opaque / 3
				}
			}
		}
		if outside != 0 {
			t.Errorf("%s: %d pixels outside of the motif changed", hole, outside)
		}
		if moved < 100 || hole != "transparent" && sum/float64(moved) > 0.004 {
			t.Errorf("%s: %d pixels lifted, which differ by %.4f from before", hole, moved, sum/float64(moved))
		}
		if hole == "ground" {
			base := motif.Ground(was)
			if p := left.At(at.X, at.Y); math.Abs(float64(p[0])-float64(base[0])) > 20 {
				t.Errorf("behind the motif lies %v, and not the ground %v", p, base)
			}
		}
		drawing.Sheet(t, "lift-"+hole, was, lifted, left)
	}
}

// TestTheGroundFillsAlone holds that between crowded motifs nothing of them gets
// behind the one that was lifted.
func TestTheGroundFillsAlone(t *testing.T) {
	spec := motifSpec()
	spec.Density, spec.Family = draw.Dense, "hearts"
	r, ground := drawing.Raster(t, spec, 160, 160)
	s := drawn(t, spec, 160, 160)
	ink := drawing.Inks()[0]
	o := &LiftMotif{Which: Which{Layer: "drawing"}, Ground: fmt.Sprintf("#%02x%02x%02x", ink[0], ink[1], ink[2])}
	all, err := o.FindAll(context.Background(), s, 50)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d motifs, %v", len(all), err)
	}
	for i, in := range all[0].In {
		if in {
			b := all[0].Bounds
			o.At = &[2]int{b.Min.X + i%b.Dx(), b.Min.Y + i/b.Dx()}
		}
	}
	if err := o.Apply(context.Background(), s, Inputs{Ordinal: 100000}); err != nil {
		t.Fatal(err)
	}
	filled := 0
	for y := range 160 {
		for x := range 160 {
			if s.Layers[1].Pixels.At(x, y)[3] == 0 {
				continue
			}
			filled++
			from := s.Layers[0].Pixels.WhoAt(x, y).Op
			if ground[from] < 250 {
				t.Fatalf("behind (%d, %d) lies a copy of pixel %d, which is ground by %d of 255 only", x, y, from, ground[from])
			}
		}
	}
	drawing.Sheet(t, "ground-alone", r, s.Layers[0].Pixels)
	if filled < 100 {
		t.Errorf("only %d pixels were lifted", filled)
	}
}

func TestMotifsAreProposed(t *testing.T) {
	s := drawn(t, motifSpec(), 160, 160)
	at := motifAt(t, s)
	o := &LiftMotif{Which: Which{Layer: "drawing", At: &[2]int{at.X, at.Y}}}
	one, err := o.Find(context.Background(), s)
	if err != nil || len(one) != 1 || !one[0].Has(at) || one[0].RunsOn {
		t.Fatalf("at %v: %d motifs, %v", at, len(one), err)
	}
	all, err := o.FindAll(context.Background(), s, 50)
	if err != nil || len(all) < 3 {
		t.Fatalf("%d motifs, %v", len(all), err)
	}
	met := 0
	for _, r := range all {
		if r.Area == one[0].Area && r.Bounds.Size() == one[0].Bounds.Size() {
			met++
		}
	}
	if met == 0 {
		t.Error("the motif at the point is not among all")
	}
	o.At = &[2]int{at.X, at.Y}
	o.Ground = "#a83232"
	if again, err := o.Find(context.Background(), s); err == nil && again[0].Area == one[0].Area {
		t.Error("another ground gives the same motif")
	}
}

func TestLongOperationsStop(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := drawn(t, motifSpec(), 160, 160)
	at := motifAt(t, s)
	which := Which{Layer: "drawing", At: &[2]int{at.X, at.Y}}
	for _, op := range []Op{
		&LiftMotif{Which: which}, &TransformMotif{Which: which}, &RecolorMotif{Which: Which{Layer: "drawing"}}, &ScatterMotif{Which: which, Count: 3},
		&CropToRepeat{Across: [2]float64{100, 3}, Down: [2]float64{-3, 100}, Origin: [2]float64{9, 9}, Width: 100, Height: 100, Repeat: "block"},
		&Resize{Width: 100, Height: 100}, &TurnLayout{Quarters: 1}, &FlipLayout{Axis: "x"}, &RollLayout{X: 3},
		&ChangeRepeat{Repeat: "block", Keep: KeepPlane}, &HealSeam{Layer: "drawing", Method: layout.Gradient, Width: 9}, &HealSeam{Layer: "drawing", Method: layout.LevelPatch, Width: 9},
	} {
		if err := op.Check(); err != nil {
			t.Fatal(err)
		}
		if err := op.Apply(ctx, s.Clone(), Inputs{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", op.Kind(), err)
		}
	}
}

func TestAModelsPictureFillsTheHole(t *testing.T) {
	s := drawn(t, motifSpec(), 160, 160)
	at := motifAt(t, s)
	store := newMemory()
	r, _ := drawing.Raster(t, draw.Random(1), 160, 160)
	data, err := EncodePicture(r)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := store.Put(context.Background(), data)
	if err := enact(t, s, Inputs{Blobs: store}, fmt.Sprintf(`[{"kind":"motif.lift","params":{"layer":"drawing","at":[%d,%d],"hole":"picture","picture":%q}}]`, at.X, at.Y, h)); err != nil {
		t.Fatal(err)
	}
	if who := s.Layers[0].Pixels.WhoAt(at.X, at.Y); who.Model != 255 || who.Op != 100000 {
		t.Errorf("behind the motif is the model's, not %+v", who)
	}
	if s.Layers[0].Pixels.At(at.X, at.Y) != r.At(at.X, at.Y) {
		t.Error("behind the motif is not the picture")
	}
}

func TestMotifsMoveTurnAndScatter(t *testing.T) {
	s := drawn(t, motifSpec(), 160, 160)
	at := motifAt(t, s)
	point := fmt.Sprintf(`"at":[%d,%d]`, at.X, at.Y)
	if err := enact(t, s, Inputs{}, `[{"kind":"motif.lift","params":{"layer":"drawing","id":"bird",`+point+`}}]`); err != nil {
		t.Fatal(err)
	}
	bird := func(s *State) *raster.Raster { return s.Layers[1].Pixels }
	same := func(name string, list string) {
		t.Helper()
		c := s.Clone()
		if err := enact(t, c, Inputs{}, list); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bird(c).Sum() != bird(s).Sum() {
			t.Errorf("%s changes the layer", name)
		}
	}
	one := func(params string) string {
		return `[{"kind":"motif.transform","params":{"layer":"bird",` + params + `}}]`
	}
	same("a move by nothing", one(point))
	same("scale 1", one(point+`,"scale":1`))
	same("a move by a vector of the lattice", one(point+`,"move":[160,80]`))
	same("a move by a cell", one(point+`,"move":[0,-160]`))
	same("a whole turn", one(point+`,"turn":360`))
	there := `,"pivot":[80,80],"turn":90}}`
	same("four quarters", fmt.Sprintf(`[{"kind":"motif.transform","params":{"layer":"bird",%s,"pivot":[80,80],"turn":90}},{"kind":"motif.transform","params":{"layer":"bird","at":[%d,%d]%s,{"kind":"motif.transform","params":{"layer":"bird","at":[%d,%d]%s,{"kind":"motif.transform","params":{"layer":"bird","at":[%d,%d]%s]`,
		point, 159-at.Y, at.X, there, 159-at.X, 159-at.Y, there, at.Y, 159-at.X, there))

	c := s.Clone()
	if err := enact(t, c, Inputs{}, `[{"kind":"motif.scatter","params":{"layer":"bird",`+point+`,"count":12,"distance":30,"seed":3,"turn_by":180,"scale_from":0.4,"scale_to":0.7,"flip":true,"remove":true}},{"kind":"motif.recolor","params":{"layer":"bird","hue":120}}]`); err != nil {
		t.Fatal(err)
	}
	drawing.Sheet(t, "scatter", bird(s), bird(c))
	covered, mine := 0, 0
	for i := range 160 * 160 {
		if p := bird(c).At(i%160, i/160); p[3] != 0 {
			covered++
			if who := bird(c).WhoAt(i%160, i/160); who.Rule == 255 {
				mine++
			}
		}
	}
	if covered < 500 || mine != covered {
		t.Errorf("%d pixels are covered, of which %d keep their author", covered, mine)
	}
}

func TestBadMotifOperationsAreRefused(t *testing.T) {
	s := drawn(t, motifSpec(), 96, 96)
	for _, params := range []string{
		`"motif.lift","params":{"layer":"none","at":[1,1]}`, `"motif.lift","params":{"at":[1,1]}`, `"motif.lift","params":{"layer":"drawing"}`,
		`"motif.lift","params":{"layer":"drawing","at":[1,1],"edge":99}`, `"motif.lift","params":{"layer":"drawing","at":[1,1],"hole":"sky"}`,
		`"motif.lift","params":{"layer":"drawing","at":[1,1],"hole":"picture"}`, `"motif.lift","params":{"layer":"drawing","at":[1,1],"ground":"mud"}`,
		`"motif.lift","params":{"layer":"drawing","at":[99999999999,1]}`, `"motif.lift","params":{"layer":"drawing","at":[1,1],"tolerance":2}`,
		`"motif.transform","params":{"layer":"drawing","at":[1,1],"scale":-1}`, `"motif.transform","params":{"layer":"drawing","at":[1,1],"turn":1e9}`,
		`"motif.transform","params":{"layer":"drawing","at":[1,1],"move":[1e300,0]}`, `"motif.transform","params":{"layer":"drawing","at":[1,1],"turn":30}`,
		`"motif.transform","params":{"layer":"drawing","at":[1,1],"gap":-1}`, `"motif.transform","params":{"layer":"drawing","at":[1,1],"to":"none"}`,
		`"motif.scatter","params":{"layer":"drawing","at":[1,1],"count":0,"distance":1}`, `"motif.scatter","params":{"layer":"drawing","at":[1,1],"count":1,"distance":-1}`,
		`"motif.scatter","params":{"layer":"drawing","at":[1,1],"count":1,"distance":1}`, `"motif.scatter","params":{"layer":"drawing","at":[1,1],"count":1,"distance":1,"scale_from":2}`,
		`"motif.recolor","params":{"layer":"drawing","chroma":9}`, `"motif.recolor","params":{"layer":"drawing","lightness":-3}`,
		`"layout.repeat","params":{"repeat":"zigzag"}`, `"layout.repeat","params":{"repeat":"block","keep":"calm"}`, `"layout.repeat","params":{"repeat":"mirror","keep":"plane"}`,
		`"layout.crop","params":{}`, `"layout.crop","params":{"origin":[0,0],"across":[200,0],"down":[0,96],"width":96,"height":96,"repeat":"block"}`,
		`"layout.resize","params":{"width":0,"height":9}`, `"layout.resize","params":{"width":100000,"height":100000}`,
		`"layout.turn","params":{"quarters":4}`, `"layout.flip","params":{"axis":"z"}`, `"layout.roll","params":{"x":9007199254740993}`,
		`"layout.heal","params":{"layer":"drawing","method":"glue","width":9}`, `"layout.heal","params":{"layer":"drawing","method":"patch","width":0}`,
		`"layout.heal","params":{"layer":"drawing","method":"patch","width":40}`, `"layout.heal","params":{"layer":"none","method":"patch","width":4}`,
	} {
		var parameter *ParameterError
		if err := enact(t, s.Clone(), Inputs{}, `[{"kind":`+params+`}]`); !errors.As(err, &parameter) {
			t.Errorf("%s: %v", params, err)
		}
	}
}

func TestLayoutOperationsKeepThePlane(t *testing.T) {
	s := drawn(t, motifSpec(), 120, 160)
	plane := func(s *State, x, y int) [4]uint16 {
		cx, cy, _ := s.Repeat.Source(x, y, s.Size.Width, s.Size.Height)
		return s.Layers[0].Pixels.At(cx, cy)
	}
	for _, c := range []struct {
		list string
		to   func(x, y int) (int, int)
		size pattern.Size
		rep  string
		mm   [2]pattern.Length
	}{
		{`[{"kind":"layout.turn","params":{"quarters":1}}]`, func(x, y int) (int, int) { return 159 - y, x }, pattern.Size{Width: 160, Height: 120}, "brick 1/2", [2]pattern.Length{s.Height, s.Width}},
		{`[{"kind":"layout.flip","params":{"axis":"y"}}]`, func(x, y int) (int, int) { return x, 159 - y }, s.Size, "half-drop 1/2", [2]pattern.Length{s.Width, s.Height}},
		{`[{"kind":"layout.roll","params":{"x":-33,"y":70}}]`, func(x, y int) (int, int) { return x - 33, y + 70 }, s.Size, "half-drop 1/2", [2]pattern.Length{s.Width, s.Height}},
		{`[{"kind":"layout.repeat","params":{"repeat":"block","keep":"plane"}}]`, func(x, y int) (int, int) { return x, y }, pattern.Size{Width: 240, Height: 160}, "block", [2]pattern.Length{2 * s.Width, s.Height}},
		{`[{"kind":"layout.repeat","params":{"repeat":"block","keep":"plane"}},{"kind":"layout.repeat","params":{"repeat":"half-drop","keep":"plane"}}]`, func(x, y int) (int, int) { return x, y }, s.Size, "half-drop 1/2", [2]pattern.Length{s.Width, s.Height}},
	} {
		k := s.Clone()
		if err := enact(t, k, Inputs{}, c.list); err != nil {
			t.Fatalf("%s: %v", c.list, err)
		}
		if k.Size != c.size || k.Repeat.String() != c.rep || math.Abs(float64(k.Width-c.mm[0])) > 1e-9 || math.Abs(float64(k.Height-c.mm[1])) > 1e-9 {
			t.Errorf("%s: %v, %v, %v x %v", c.list, k.Size, k.Repeat, k.Width, k.Height)
		}
		for i := range 2000 {
			x, y := i*7%400-200, i*13%400-200
			tx, ty := c.to(x, y)
			if plane(s, x, y) != plane(k, tx, ty) {
				t.Fatalf("%s: (%d, %d) differs", c.list, x, y)
			}
		}
	}
	var fit *FitError
	if err := enact(t, s.Clone(), Inputs{}, `[{"kind":"layout.resize","params":{"width":60,"height":81}}]`); !errors.As(err, &fit) || len(fit.Offers) == 0 {
		t.Errorf("an odd height of a half-drop: %v", err)
	}
	k := s.Clone()
	if err := enact(t, k, Inputs{}, `[{"kind":"layout.resize","params":{"width":60,"height":80}}]`); err != nil || k.Width != s.Width || k.Size.Width != 60 {
		t.Errorf("resized: %v, %v", k.Size, err)
	}
}

func TestAFoundRepeatIsCroppedAndASeamHealed(t *testing.T) {
	spec := motifSpec()
	cell, _ := drawing.Raster(t, spec, 64, 64)
	picture := layout.Rearrange(cell, pattern.Size{Width: 230, Height: 240}, func(x, y int) (int, int, bool) { return spec.Repeat.Source(x, y, 64, 64) })
	s := &State{Size: pattern.Size{Width: 230, Height: 240}, Width: 230, Height: 240, Repeat: pattern.Repeat{}, Layers: []*Layer{{ID: "scan", Opacity: raster.Opaque, Pixels: picture}}}
	healed, err := ProposeHealing(context.Background(), s, "scan", 12, 1)
	if err != nil {
		t.Fatal(err)
	}
	best := healed[0]
	if best.Before.Pass || !best.After.Pass || best.Changed > 0.15 {
		t.Errorf("healed with %s: %.2f to %.2f, %.3f changed", best.Op.Method, best.Before.Statistic, best.After.Statistic, best.Changed)
	}
	op, found, err := FoundCrop(context.Background(), s, "scan")
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(op)
	if err := enact(t, s, Inputs{}, `[{"kind":"layout.crop","params":`+string(data)+`}]`); err != nil {
		t.Fatal(err)
	}
	// The grid of birds may have a finer repeat of its own: then any cell that
	// shows the same plane is right, and this one is exact.
	for y := range 230 {
		for x := range 230 {
			px, py := x-int(op.Origin[0]), y-int(op.Origin[1])
			cx, cy, _ := s.Repeat.Source(px, py, s.Size.Width, s.Size.Height)
			if d := math.Abs(float64(picture.At(x, y)[1]) - float64(s.Layers[0].Pixels.At(cx, cy)[1])); d > 6000 {
				t.Fatalf("(%d, %d) of the plane differs by %.0f under %v %v (confidence %.2f)", x, y, d, s.Repeat, s.Size, found.Confidence)
			}
		}
	}
}
