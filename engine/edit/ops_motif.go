package edit

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/selvage-studio/selvage/engine/edit/motif"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
	"github.com/selvage-studio/selvage/engine/edit/synthesis"
	"github.com/selvage-studio/selvage/engine/edit/warp"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

func motifKinds() map[string]func() Op {
	return map[string]func() Op{
		"motif.lift":      func() Op { return &LiftMotif{} },
		"motif.transform": func() Op { return &TransformMotif{} },
		"motif.recolor":   func() Op { return &RecolorMotif{} },
		"motif.scatter":   func() Op { return &ScatterMotif{} },
	}
}

// Which says which motif of a layer is meant: the connected piece at a point of
// the plane, or, without a point, what is selected.
type Which struct {
	Layer string `json:"layer"` // the layer that the motif is on
	// At is a point of the plane in pixels. The piece at it is found with parts
	// that are at most Gap pixels apart.
	At  *[2]int `json:"at,omitempty"`
	Gap int     `json:"gap,omitempty"`
}

// farthest bounds points and moves: a thousand of the largest cells.
const farthest = 1000 * MaxSide

func (w *Which) check() error {
	if w.Layer == "" {
		return &ParameterError{"layer", "names no layer"}
	}
	if w.At != nil {
		for _, v := range w.At {
			if v < -farthest || v > farthest {
				return &ParameterError{"at", fmt.Sprintf("%d is out of range; it is a point of the plane in pixels", v)}
			}
		}
	}
	if w.Gap < 0 || w.Gap > region.MaxGap {
		return &ParameterError{"gap", fmt.Sprintf("%d is not from 0 to %d pixels", w.Gap, region.MaxGap)}
	}
	return nil
}

// pieces finds what is meant in the mask. Where it is the selection, all of its
// pieces come, each moved by the lattice to be near the first.
func (w *Which) pieces(ctx context.Context, s *State, mask *region.Mask) ([]*region.Region, error) {
	if w.At != nil {
		piece, err := region.At(ctx, mask, s.Repeat, image.Pt(w.At[0], w.At[1]), w.Gap)
		if errors.Is(err, region.ErrNothing) {
			return nil, &ParameterError{"at", fmt.Sprintf("there is no motif at (%d, %d) of layer %s", w.At[0], w.At[1], w.Layer)}
		}
		if err != nil {
			return nil, err
		}
		return []*region.Region{piece}, nil
	}
	if s.Selection == nil {
		return nil, &ParameterError{"at", "no motif is named; give a point of it, or select it first"}
	}
	all, err := region.All(ctx, mask, s.Repeat, w.Gap)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, &ParameterError{"at", "nothing of layer " + w.Layer + " is selected"}
	}
	for _, r := range all[1:] {
		r.Bounds = r.Bounds.Add(towards(s, r.Bounds, all[0].Bounds))
	}
	return all, nil
}

// towards is the vector of the lattice, of those by one cell each way, that
// brings the middle of b nearest to that of a.
func towards(s *State, b, a image.Rectangle) image.Point {
	var best image.Point
	if s.Repeat.Kind == pattern.Mirror {
		return best
	}
	dx, dy, _ := s.Repeat.Shift(s.Size.Width, s.Size.Height)
	u, v := image.Pt(s.Size.Width, dy), image.Pt(dx, s.Size.Height)
	if !s.Repeat.WrapsX() {
		u = image.Point{}
	}
	if !s.Repeat.WrapsY() {
		v = image.Point{}
	}
	least := int64(math.MaxInt64)
	for i := -1; i <= 1; i++ {
		for j := -1; j <= 1; j++ {
			m := u.Mul(i).Add(v.Mul(j))
			d := b.Min.Add(b.Max).Add(m.Mul(2)).Sub(a.Min.Add(a.Max))
			if far := int64(d.X)*int64(d.X) + int64(d.Y)*int64(d.Y); far < least || far == least && m == (image.Point{}) {
				best, least = m, far
			}
		}
	}
	return best
}

// covered is the mask of what the layer shows, within the selection.
func covered(s *State, l *Layer) *region.Mask {
	m := region.NewMask(s.Size.Width, s.Size.Height)
	for y := range m.H {
		row, selected := l.Pixels.Row(y), s.Selection.Row(y)
		if row == nil {
			continue
		}
		for x := range m.W {
			m.In[y*m.W+x] = row[4*x+3] != 0 && (selected == nil || selected[x] != 0)
		}
	}
	return m
}

// Hole says what becomes of the place where a motif was.
type Hole string

// What a hole is filled with.
const (
	HoleGround       Hole = "ground"       // synthesised from the ground alone
	HoleSurroundings Hole = "surroundings" // synthesised from all that is around
	HoleTransparent  Hole = "transparent"  // left open
	HolePicture      Hole = "picture"      // a model's stored picture
)

// LiftMotif takes a motif out of its ground onto a new layer of its own, with a
// soft edge and colours that the ground has been taken out of, and fills the
// hole that it leaves.
type LiftMotif struct {
	Which
	ID   string `json:"id,omitempty"`   // of the new layer; "" is given out
	Name string `json:"name,omitempty"` // of the new layer
	// Ground is the colour that the motif lies on, "#rrggbb"; "" is estimated.
	Ground string `json:"ground,omitempty"`
	// Tolerance is how far in OKLab a colour may be from the ground to count as
	// ground; 0.02 is just noticeable. 0 stands for 0.04.
	Tolerance float64 `json:"tolerance,omitempty"`
	// Edge is how far on both sides of the outline pixels are unmixed; nil is 2.
	Edge *int `json:"edge,omitempty"`
	// Enclosed takes along what the motif encloses, such as an eye in the colour
	// of the ground.
	Enclosed bool `json:"enclosed,omitempty"`
	Hole     Hole `json:"hole,omitempty"` // "" is ground
	// Picture is the model's, of the cell's size, for a Hole that is one.
	Picture *Hash  `json:"picture,omitempty"`
	Seed    uint32 `json:"seed,omitempty"`
}

// Kind is "motif.lift".
func (*LiftMotif) Kind() string { return "motif.lift" }

// Check says what is wrong with the parameters.
func (o *LiftMotif) Check() error {
	if err := o.check(); err != nil {
		return err
	}
	if err := CheckLayerID("id", o.ID); err != nil {
		return err
	}
	if o.Ground != "" {
		if _, err := color.ParseHex(o.Ground); err != nil {
			return &ParameterError{"ground", err.Error()}
		}
	}
	if err := checkFraction("tolerance", o.Tolerance); err != nil {
		return err
	}
	if o.Edge != nil && (*o.Edge < 0 || *o.Edge > motif.MaxEdge) {
		return &ParameterError{"edge", fmt.Sprintf("%d is not from 0 to %d pixels", *o.Edge, motif.MaxEdge)}
	}
	switch o.Hole {
	case "", HoleGround, HoleSurroundings, HoleTransparent:
		if o.Picture != nil {
			return &ParameterError{"picture", fmt.Sprintf("is for a hole that is filled with a picture; this one is %q", string(o.Hole))}
		}
	case HolePicture:
		if o.Picture == nil {
			return &ParameterError{"picture", "names no stored picture to fill the hole with"}
		}
	default:
		return &ParameterError{"hole", fmt.Sprintf("%q is none of ground, surroundings, transparent and picture", string(o.Hole))}
	}
	return checkText("name", o.Name, maxName)
}

// Apply lifts it. The new layer lies on the old one, and together they look as
// before, but for what the synthesis puts behind.
func (o *LiftMotif) Apply(ctx context.Context, s *State, in Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	edge := 2
	if o.Edge != nil {
		edge = *o.Edge
	}
	pieces, motifs, ground, err := o.find(ctx, s, l)
	if err != nil {
		return err
	}
	layer := newLayer(o.ID, o.Name, nil, "", raster.New(s.Size.Width, s.Size.Height))
	hole := region.NewMask(s.Size.Width, s.Size.Height)
	for _, piece := range pieces {
		m, err := motif.Matte(ctx, l.Pixels, s.Repeat, piece, motifs, ground, edge)
		if err != nil {
			return err
		}
		motif.Place(layer.Pixels, s.Repeat, m)
	}
	for y := range s.Size.Height {
		row := layer.Pixels.Row(y)
		for x := 0; 4*x < len(row); x++ {
			hole.In[y*hole.W+x] = row[4*x+3] != 0
		}
	}
	if err := o.fill(ctx, s, l.Pixels, layer.Pixels, hole, motifs, ground, edge, in); err != nil {
		return err
	}
	s.Locked = nil
	return s.Insert(layer, o.Layer, in.Ordinal)
}

// find returns the pieces that are meant, the mask of all motifs, and the ground.
func (o *LiftMotif) find(ctx context.Context, s *State, l *Layer) (pieces []*region.Region, motifs *region.Mask, ground [4]uint16, err error) {
	motifs, ground, err = o.motifs(ctx, l)
	if err != nil {
		return nil, nil, ground, err
	}
	w := s.Size.Width
	meant := motifs
	if s.Selection != nil {
		// What a hand selected is the motif, whatever its colour.
		meant = region.Of(w, s.Size.Height, func(x, y int) bool {
			i := y*w + x
			return s.Selection.Pix[i] >= 0x8000 && (o.At == nil || motifs.In[i])
		})
		if o.At == nil {
			for i, in := range meant.In {
				motifs.In[i] = motifs.In[i] || in
			}
		}
	}
	if pieces, err = o.pieces(ctx, s, meant); err != nil {
		return nil, nil, ground, err
	}
	if o.Enclosed {
		for i := range pieces {
			pieces[i] = pieces[i].Enclosed()
		}
	}
	return pieces, motifs, ground, nil
}

// motifs is everything that differs from the ground.
func (o *LiftMotif) motifs(ctx context.Context, l *Layer) (mask *region.Mask, ground [4]uint16, err error) {
	tolerance := o.Tolerance
	if tolerance == 0 {
		tolerance = 0.04
	}
	ground = motif.Ground(l.Pixels)
	if o.Ground != "" {
		c, err := color.ParseHex(o.Ground)
		if err != nil {
			return nil, ground, &ParameterError{"ground", err.Error()}
		}
		ground = [4]uint16{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, raster.Opaque}
	}
	mask, err = motif.Mask(ctx, l.Pixels, ground, tolerance)
	return mask, ground, err
}

// Find shows what Apply would lift, each piece unrolled on the plane: the
// outline under the pointer. The errors are Apply's.
func (o *LiftMotif) Find(ctx context.Context, s *State) ([]*region.Region, error) {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return nil, err
	}
	pieces, _, _, err := o.find(ctx, s, l)
	return pieces, err
}

// FindAll proposes every motif of the layer, whatever At and the selection say,
// row by row; specks of fewer than least pixels are left out.
func (o *LiftMotif) FindAll(ctx context.Context, s *State, least int) ([]*region.Region, error) {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return nil, err
	}
	mask, _, err := o.motifs(ctx, l)
	if err != nil {
		return nil, err
	}
	all, err := region.All(ctx, mask, s.Repeat, o.Gap)
	return slices.DeleteFunc(all, func(r *region.Region) bool { return r.Area < least }), err
}

func (o *LiftMotif) fill(ctx context.Context, s *State, r, lifted *raster.Raster, hole, motifs *region.Mask, ground [4]uint16, edge int, in Inputs) error {
	how := o.Hole
	if ground[3] == 0 && how != HolePicture {
		// Over a transparent ground nothing lies behind.
		how = HoleTransparent
	}
	w := s.Size.Width
	switch how {
	case HoleTransparent:
		for i, open := range hole.In {
			if !open {
				continue
			}
			x, y := i%w, i/w
			row, who := r.Edit(y)
			keep := uint32(raster.Opaque - lifted.At(x, y)[3])
			p := row[4*x : 4*x+4]
			a := raster.Mul(uint32(p[3]), keep)
			// What shows through is the ground's colour.
			for c := range 3 {
				p[c] = uint16(raster.Mul(raster.Unpremultiply(uint32(ground[c]), uint32(ground[3])), a))
			}
			if p[3] = uint16(a); a == 0 {
				who[x] = raster.Who{}
			}
		}
		return nil
	case HolePicture:
		data, err := in.Blobs.Blob(ctx, *o.Picture)
		if err != nil {
			return err
		}
		picture, err := DecodePicture(data)
		if err != nil {
			return err
		}
		if picture.Width() != s.Size.Width || picture.Height() != s.Size.Height {
			return &ParameterError{"picture", fmt.Sprintf("has %d x %d pixels; the cell has %v", picture.Width(), picture.Height(), s.Size)}
		}
		for i, open := range hole.In {
			if open {
				p := picture.At(i%w, i/w)
				row, who := r.Edit(i / w)
				copy(row[4*(i%w):4*(i%w)+4], p[:])
				who[i%w] = in.Model()
			}
		}
		return nil
	case HoleSurroundings:
		return fillHole(ctx, s, r, hole, synthesis.Options{Seed: uint64(o.Seed)})
	default:
	}
	// The soft edges of other motifs are no ground either.
	from := motifs.Grow(s.Repeat, edge)
	for i := range from.In {
		from.In[i] = !from.In[i]
	}
	err := synthesis.Fill(ctx, r, s.Repeat, hole, synthesis.Options{Seed: uint64(o.Seed), From: from})
	if errors.Is(err, synthesis.ErrNoSource) {
		return fillHole(ctx, s, r, hole, synthesis.Options{Seed: uint64(o.Seed)})
	}
	return err
}

func fillHole(ctx context.Context, s *State, r *raster.Raster, hole *region.Mask, o synthesis.Options) error {
	err := synthesis.Fill(ctx, r, s.Repeat, hole, o)
	if errors.Is(err, synthesis.ErrNoSource) {
		return &ParameterError{"hole", "nothing is left of the layer to fill it from; lift less, or leave the hole transparent"}
	}
	return err
}

// TransformMotif moves, turns, scales or flips a motif, or a copy of it.
type TransformMotif struct {
	Which
	To string `json:"to,omitempty"` // the layer that it goes to; "" is its own
	// Move is how far, in pixels of the plane.
	Move [2]float64 `json:"move,omitzero"`
	// Pivot is the point of the plane about which it is turned, scaled and
	// flipped; nil is its middle.
	Pivot *[2]float64 `json:"pivot,omitempty"`
	Turn  float64     `json:"turn,omitempty"` // degrees, clockwise
	// Scale is 1 where it is left out; ScaleY is along the motif's own height,
	// and Scale where it is left out.
	Scale  float64 `json:"scale,omitempty"`
	ScaleY float64 `json:"scale_y,omitempty"`
	Flip   bool    `json:"flip,omitempty"` // left to right, before it is turned
	Copy   bool    `json:"copy,omitempty"` // leaves the motif where it is
}

// Kind is "motif.transform".
func (*TransformMotif) Kind() string { return "motif.transform" }

// The range in which motifs are scaled.
const (
	minScale = 0.02
	maxScale = 50
)

func checkScale(parameter string, v float64) error {
	if v != 0 && !(v >= minScale && v <= maxScale) {
		return &ParameterError{parameter, fmt.Sprintf("%g is not from %g to %d", v, minScale, maxScale)}
	}
	return nil
}

func checkTurn(parameter string, v float64) error {
	if !(math.Abs(v) <= 3600) {
		return &ParameterError{parameter, fmt.Sprintf("%g is not from -3600 to 3600 degrees", v)}
	}
	return nil
}

func checkPoint(parameter string, p [2]float64) error {
	for _, v := range p {
		if !(math.Abs(v) <= farthest) {
			return &ParameterError{parameter, fmt.Sprintf("%g is out of range; it is in pixels of the plane", v)}
		}
	}
	return nil
}

// Check says what is wrong with the parameters.
func (o *TransformMotif) Check() error {
	for _, err := range []error{o.check(), checkScale("scale", o.Scale), checkScale("scale_y", o.ScaleY), checkTurn("turn", o.Turn), checkPoint("move", o.Move)} {
		if err != nil {
			return err
		}
	}
	if o.Pivot != nil {
		return checkPoint("pivot", *o.Pivot)
	}
	return nil
}

// Apply does it. The authors of the pixels go with them.
func (o *TransformMotif) Apply(ctx context.Context, s *State, _ Inputs) error {
	from, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	to := from
	if o.To != "" {
		if to, err = s.Layer(o.To); err != nil {
			return err
		}
	}
	pieces, err := o.pieces(ctx, s, covered(s, from))
	if err != nil {
		return err
	}
	p := motif.Placement{Turn: o.Turn, ScaleX: o.Scale, ScaleY: o.ScaleY, Flip: o.Flip}
	if p.ScaleX == 0 {
		p.ScaleX = 1
	}
	if p.ScaleY == 0 {
		p.ScaleY = p.ScaleX
	}
	bounds := image.Rectangle{}
	for _, r := range pieces {
		if r.RunsOn && (p.ScaleX != 1 || p.ScaleY != 1 || p.Flip || math.Mod(p.Turn, 360) != 0) {
			return &ParameterError{"at", "this motif runs on into its own copies, as a stripe does; it can be moved, but not turned, flipped or scaled"}
		}
		bounds = bounds.Union(r.Bounds)
	}
	p.Pivot = motif.Pivot(bounds)
	if o.Pivot != nil {
		p.Pivot = *o.Pivot
	}
	p.To = [2]float64{p.Pivot[0] + o.Move[0], p.Pivot[1] + o.Move[1]}
	var placed []*warp.Window
	for _, r := range pieces {
		m, err := motif.Turn(ctx, motif.Cut(from.Pixels, s.Repeat, r, s.Selection), p)
		if err != nil {
			return motifError(err)
		}
		placed = append(placed, m)
	}
	if !o.Copy {
		for _, r := range pieces {
			motif.Remove(from.Pixels, s.Repeat, r, s.Selection)
		}
	}
	for _, m := range placed {
		if err := ctx.Err(); err != nil {
			return err
		}
		motif.Place(to.Pixels, s.Repeat, m)
	}
	s.Locked = nil
	return nil
}

// motifError names the parameter of a motif that gets too large.
func motifError(err error) error {
	var size *motif.SizeError
	if errors.As(err, &size) {
		return &ParameterError{"scale", err.Error()}
	}
	return err
}

// RecolorMotif shifts the colours of a motif in OKLab; its edge stays as soft as
// it is. Without a point and a selection it shifts the whole layer.
type RecolorMotif struct {
	Which
	Hue       float64  `json:"hue,omitempty"`       // degrees
	Chroma    *float64 `json:"chroma,omitempty"`    // a factor from 0 to 4, 1 where it is left out
	Lightness float64  `json:"lightness,omitempty"` // added, -1 to 1
}

// Kind is "motif.recolor".
func (*RecolorMotif) Kind() string { return "motif.recolor" }

// Check says what is wrong with the parameters.
func (o *RecolorMotif) Check() error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Chroma != nil && !(*o.Chroma >= 0 && *o.Chroma <= 4) {
		return &ParameterError{"chroma", fmt.Sprintf("%g is not from 0 to 4", *o.Chroma)}
	}
	if !(math.Abs(o.Lightness) <= 1) {
		return &ParameterError{"lightness", fmt.Sprintf("%g is not from -1 to 1", o.Lightness)}
	}
	return checkTurn("hue", o.Hue)
}

// Apply does it; it is a choice, and the authors stay.
func (o *RecolorMotif) Apply(ctx context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	shift := motif.Shift{Hue: o.Hue, Chroma: 1, Lightness: o.Lightness}
	if o.Chroma != nil {
		shift.Chroma = *o.Chroma
	}
	meant := covered(s, l)
	if o.At != nil {
		pieces, err := o.pieces(ctx, s, meant)
		if err != nil {
			return err
		}
		meant = region.NewMask(s.Size.Width, s.Size.Height)
		for _, p := range pieces {
			p.Mark(meant, s.Repeat)
		}
	}
	re := motif.NewRecolorer(shift)
	w := s.Size.Width
	for y := range s.Size.Height {
		if err := ctx.Err(); err != nil {
			return err
		}
		var row []uint16
		selected := s.Selection.Row(y)
		for x := range w {
			if !meant.In[y*w+x] {
				continue
			}
			if row == nil {
				row = l.Pixels.EditPixels(y)
			}
			p := row[4*x : 4*x+4]
			was := [4]uint16(p)
			re.Pixel(p)
			if selected != nil {
				for c := range 3 {
					p[c] = uint16(raster.Lerp(uint32(was[c]), uint32(p[c]), uint32(selected[x])))
				}
			}
		}
	}
	s.Locked = nil
	return nil
}

// ScatterMotif strews copies of a motif over the cell, evenly and across its
// edges.
type ScatterMotif struct {
	Which
	Onto string `json:"onto,omitempty"` // the layer that the copies go to; "" is its own
	// Count is how many copies; fewer where they find no room. Distance is how
	// far their middles are apart at least, in pixels.
	Count    int    `json:"count"`
	Distance int    `json:"distance"`
	Seed     uint32 `json:"seed,omitempty"`
	// Turn is that of all copies, and TurnBy how much each may differ, in degrees
	// both ways.
	Turn   float64 `json:"turn,omitempty"`
	TurnBy float64 `json:"turn_by,omitempty"`
	// Scales of the copies are between these; left out they are 1.
	ScaleFrom float64 `json:"scale_from,omitempty"`
	ScaleTo   float64 `json:"scale_to,omitempty"`
	Flip      bool    `json:"flip,omitempty"` // every second one by chance
	// Avoid is a layer whose content the middles stay away from, by Clearance
	// pixels.
	Avoid     string `json:"avoid,omitempty"`
	Clearance int    `json:"clearance,omitempty"`
	Remove    bool   `json:"remove,omitempty"` // takes the motif itself away
}

// Kind is "motif.scatter".
func (*ScatterMotif) Kind() string { return "motif.scatter" }

// Check says what is wrong with the parameters.
func (o *ScatterMotif) Check() error {
	for _, err := range []error{o.check(), checkTurn("turn", o.Turn), checkTurn("turn_by", o.TurnBy), checkScale("scale_from", o.ScaleFrom), checkScale("scale_to", o.ScaleTo)} {
		if err != nil {
			return err
		}
	}
	switch {
	case o.Count < 1 || o.Count > motif.MaxCount:
		return &ParameterError{"count", fmt.Sprintf("%d is not from 1 to %d", o.Count, motif.MaxCount)}
	case o.Distance < 0 || o.Distance > MaxSide:
		return &ParameterError{"distance", fmt.Sprintf("%d is not from 0 to %d pixels", o.Distance, MaxSide)}
	case o.Clearance < 0 || o.Clearance > MaxSide:
		return &ParameterError{"clearance", fmt.Sprintf("%d is not from 0 to %d pixels", o.Clearance, MaxSide)}
	case (o.ScaleFrom == 0) != (o.ScaleTo == 0) || o.ScaleFrom > o.ScaleTo:
		return &ParameterError{"scale_from", "and scale_to belong together, the smaller one first"}
	}
	return nil
}

// Apply does it. The copies keep the authors of their pixels.
func (o *ScatterMotif) Apply(ctx context.Context, s *State, _ Inputs) error {
	from, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	onto := from
	if o.Onto != "" {
		if onto, err = s.Layer(o.Onto); err != nil {
			return err
		}
	}
	pieces, err := o.pieces(ctx, s, covered(s, from))
	if err != nil {
		return err
	}
	bounds := image.Rectangle{}
	var cuts []*warp.Window
	for _, r := range pieces {
		if r.RunsOn {
			return &ParameterError{"at", "this motif runs on into its own copies, as a stripe does; it cannot be scattered"}
		}
		bounds = bounds.Union(r.Bounds)
		cuts = append(cuts, motif.Cut(from.Pixels, s.Repeat, r, s.Selection))
	}
	how := motif.Scattering{Count: o.Count, Distance: o.Distance, Seed: uint64(o.Seed)}
	if o.Avoid != "" {
		l, err := s.Layer(o.Avoid)
		if err != nil {
			return err
		}
		w := s.Size.Width
		full := region.Of(w, s.Size.Height, func(x, y int) bool { return l.Pixels.At(x, y)[3] != 0 })
		full = full.Grow(s.Repeat, min(o.Clearance, max(w, s.Size.Height)))
		how.Avoid = func(p image.Point) bool { return full.In[p.Y*w+p.X] }
	}
	spots, err := motif.Scatter(ctx, s.Size.Width, s.Size.Height, s.Repeat, how)
	if err != nil {
		return err
	}
	if len(spots) == 0 {
		return &ParameterError{"clearance", "leaves no room for a single copy"}
	}
	if o.Remove {
		for _, r := range pieces {
			motif.Remove(from.Pixels, s.Repeat, r, s.Selection)
		}
	}
	pivot := motif.Pivot(bounds)
	for _, spot := range spots {
		// Random numbers are of 32 bits, so that these are exact.
		part := func(k int) float64 { return float64(spot.Random[k]) / (1 << 32) }
		scale := 1.0
		if o.ScaleTo != 0 {
			scale = o.ScaleFrom + float64((o.ScaleTo-o.ScaleFrom)*part(1))
		}
		p := motif.Placement{
			// By whole pixels, so that a copy that is not turned has the motif's bytes.
			Pivot: pivot, To: [2]float64{float64(spot.At.X) + pivot[0] - math.Floor(pivot[0]), float64(spot.At.Y) + pivot[1] - math.Floor(pivot[1])},
			Turn:   o.Turn + float64(o.TurnBy*(float64(2*part(0))-1)),
			ScaleX: scale, ScaleY: scale, Flip: o.Flip && spot.Random[2]>>31 == 1,
		}
		for _, cut := range cuts {
			if err := ctx.Err(); err != nil {
				return err
			}
			m, err := motif.Turn(ctx, cut, p)
			if err != nil {
				return motifError(err)
			}
			motif.Place(onto.Pixels, s.Repeat, m)
		}
	}
	s.Locked = nil
	return nil
}
