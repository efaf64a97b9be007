package edit

import (
	"context"
	"encoding/json"
	"fmt"
	"image"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

func pictureKinds() map[string]func() Op {
	return map[string]func() Op{
		"picture.place": func() Op { return &PlacePicture{} },
	}
}

// Origin says where a picture comes from.
type Origin string

// The origins of a picture.
const (
	ByPerson Origin = "person" // drawn by hand, in this program
	ByModel  Origin = "model"  // generated, varied, filled in or enlarged by a model
	ByRule   Origin = "rule"   // drawn by rule
	ByImport Origin = "import" // from a file
)

// Purpose says what a picture was made for, which the facts of a pattern count.
type Purpose string

// The purposes of a picture.
const (
	Import    Purpose = "import"
	Candidate Purpose = "candidate" // one of Candidates that were offered
	Drawing   Purpose = "drawing"   // by rule
	Variation Purpose = "variation" // of what was there
	Inpaint   Purpose = "inpaint"   // a region filled anew, limited by Mask
	Upscale   Purpose = "upscale"   // the cell in more pixels
)

// PlacePicture puts a stored picture on a layer: an import, a candidate that was
// accepted, a drawing by rule, the outcome of a model operation. The request that
// it was made with is kept and never needed: replay reads the picture.
//
// It makes a new layer, or with Layer writes to one that is there. With a mask,
// or a selection, it counts only inside.
type PlacePicture struct {
	// Picture is the blob, as EncodePicture writes it. It has the size of the cell,
	// or, with Position, any size, and is laid on the plane with its corner there;
	// upscale may bring the cell a new size.
	Picture  Hash    `json:"picture"`
	Position *[2]int `json:"position,omitempty"` // pixels of the plane, x y
	Origin   Origin  `json:"origin"`
	Purpose  Purpose `json:"purpose"`

	Layer   string       `json:"layer,omitempty"` // an existing layer to write to
	ID      string       `json:"id,omitempty"`    // of a new layer; "" is given out
	Name    string       `json:"name,omitempty"`
	Above   string       `json:"above,omitempty"` // the layer below it; "" is on top
	Opacity *float64     `json:"opacity,omitempty"`
	Blend   raster.Blend `json:"blend,omitempty"`
	Hidden  bool         `json:"hidden,omitempty"`

	// Mask is a blob: a grey picture of the cell's size that says where the picture
	// counts, white wholly. Without it the selection does.
	Mask *Hash `json:"mask,omitempty"`

	// Author and Rights are what was stated, for an import or a drawing.
	Author string `json:"author,omitempty"`
	Rights string `json:"rights,omitempty"`
	// Original is the file that was imported, Source its name, Parent the version
	// that it was exported from, where it says so.
	Original *Hash  `json:"original,omitempty"`
	Source   string `json:"source,omitempty"`
	Parent   *Hash  `json:"parent,omitempty"`
	// Candidates is out of how many the picture was chosen.
	Candidates int `json:"candidates,omitempty"`
	// Request is the whole request of a model operation or a drawing, and Declared
	// what an imported file says of how it was generated. Both are kept as they are.
	Request  json.RawMessage `json:"request,omitempty"`
	Declared json.RawMessage `json:"declared,omitempty"`
}

// Kind is "picture.place".
func (*PlacePicture) Kind() string { return "picture.place" }

// Check says what is wrong with the parameters.
func (o *PlacePicture) Check() error {
	if o.Picture.Zero() {
		return &ParameterError{"picture", "is missing"}
	}
	switch o.Origin {
	case ByPerson, ByModel, ByRule, ByImport:
	default:
		return &ParameterError{"origin", fmt.Sprintf("%q is none; use person, model, rule or import", string(o.Origin))}
	}
	switch o.Purpose {
	case Import, Candidate, Drawing, Variation, Inpaint, Upscale:
	default:
		return &ParameterError{"purpose", fmt.Sprintf("%q is none; use import, candidate, drawing, variation, inpaint or upscale", string(o.Purpose))}
	}
	if o.Position != nil {
		for _, v := range o.Position {
			if v < -MaxSide || v > MaxSide {
				return &ParameterError{"position", fmt.Sprintf("%d is too far away", v)}
			}
		}
		if o.Mask != nil || o.Purpose == Upscale {
			return &ParameterError{"position", "does not go with a mask, nor with upscale"}
		}
	}
	if o.Layer != "" && (o.ID != "" || o.Name != "" || o.Above != "" || o.Opacity != nil || o.Blend != "" || o.Hidden) {
		return &ParameterError{"layer", "writes to a layer that is there; id, name, above, opacity, blend and hidden are for a new one"}
	}
	if o.Candidates < 0 || o.Candidates > 1<<20 {
		return &ParameterError{"candidates", "is no number of pictures"}
	}
	add := AddLayer{ID: o.ID, Name: o.Name, Opacity: o.Opacity, Blend: o.Blend}
	if err := add.Check(); err != nil {
		return err
	}
	for _, text := range [][2]string{{"author", o.Author}, {"source", o.Source}} {
		if err := checkText(text[0], text[1], 1000); err != nil {
			return err
		}
	}
	return checkText("rights", o.Rights, MaxNotes)
}

// who is whose the pixels of the picture are.
func (o *PlacePicture) who(in Inputs) raster.Who {
	switch o.Origin {
	case ByPerson:
		return in.Person()
	case ByModel:
		return in.Model()
	case ByRule:
		return in.Rule()
	case ByImport:
	}
	return in.Import()
}

// Apply places it.
func (o *PlacePicture) Apply(ctx context.Context, s *State, in Inputs) error {
	data, err := in.Blobs.Blob(ctx, o.Picture)
	if err != nil {
		return err
	}
	picture, err := DecodePicture(data)
	if err != nil {
		return err
	}
	picture.Attribute(o.who(in))
	size := pattern.Size{Width: picture.Width(), Height: picture.Height()}
	switch {
	case o.Position != nil:
		picture = onPlane(picture, *o.Position, s.Size, s.Repeat)
	case size == s.Size:
	case o.Purpose == Upscale:
		if err := o.enlarge(s, size); err != nil {
			return err
		}
	default:
		return &ParameterError{"picture", fmt.Sprintf("has %v pixels in a cell of %v; give a position, or bring it to the cell's size first", size, s.Size)}
	}
	mask := s.Selection
	if o.Mask != nil {
		if mask, err = readMask(ctx, in.Blobs, *o.Mask, s.Size); err != nil {
			return err
		}
	}
	var target *Layer
	if o.Layer != "" {
		if target, err = s.Layer(o.Layer); err != nil {
			return err
		}
	} else {
		target = newLayer(o.ID, o.Name, o.Opacity, o.Blend, raster.New(s.Size.Width, s.Size.Height))
		target.Hidden = o.Hidden
		if err := s.Insert(target, o.Above, in.Ordinal); err != nil {
			return err
		}
	}
	s.Locked = nil // its colours need not be the palette's
	if mask == nil && o.Position == nil {
		target.Pixels = picture
		return nil
	}
	for y := range s.Size.Height {
		if err := ctx.Err(); err != nil {
			return err
		}
		put(target.Pixels, picture, y, mask.Row(y), o.Position != nil)
	}
	return nil
}

// enlarge gives the cell more pixels. The layers that the picture was made of are
// retired: what they showed is in it.
func (o *PlacePicture) enlarge(s *State, size pattern.Size) error {
	if o.Layer != "" || o.Mask != nil {
		return &ParameterError{"purpose", "an upscale that changes the size makes a new layer, without a mask"}
	}
	if size.Width*s.Size.Height != size.Height*s.Size.Width {
		return &ParameterError{"picture", fmt.Sprintf("%v has not the proportions of the cell, %v", size, s.Size)}
	}
	if _, _, whole := s.Repeat.Shift(size.Width, size.Height); !whole {
		return &ParameterError{"picture", fmt.Sprintf("a %v does not shift %v by whole pixels", s.Repeat, size)}
	}
	for len(s.Layers) > 0 {
		if _, err := s.Remove(s.Layers[0].ID); err != nil {
			return err
		}
	}
	s.Size, s.Selection = size, nil
	return nil
}

// onPlane lays a picture on the plane with its corner at at, and returns the cell
// that it makes. Where the plane meets the cell more than once, later rows and
// columns lie above.
func onPlane(picture *raster.Raster, at [2]int, size pattern.Size, rep pattern.Repeat) *raster.Raster {
	cell := raster.New(size.Width, size.Height)
	w, h := picture.Width(), picture.Height()
	win := image.Rect(at[0], at[1], at[0]+w, at[1]+h)
	raster.Spans(size.Width, size.Height, rep, win, func(sp raster.Span) {
		row := picture.Row(sp.Y - at[1])
		if row == nil {
			return
		}
		dst, who := cell.Edit(sp.CY)
		for k := range sp.N {
			src := row[4*(sp.X-at[0]+k):][:4:4]
			if src[3] == 0 {
				continue
			}
			x := sp.CX + k*sp.Step
			raster.Over(dst[4*x:][:4:4], src)
			who[x] = picture.WhoAt(0, 0)
		}
	})
	return cell
}

// put writes row y of picture to target where mask says so: instead of what is
// there, or with above set upon it. The pixel is its author's by as much as it
// covers.
func put(target, picture *raster.Raster, y int, mask []uint16, above bool) {
	src := picture.Row(y)
	if above && src == nil {
		return
	}
	touched := false
	for x := 0; x < picture.Width() && !touched; x++ {
		touched = (mask == nil || mask[x] > 0) && (!above || src[4*x+3] > 0)
	}
	if !touched {
		return
	}
	row, who := target.Edit(y)
	for x := range who {
		m := uint32(raster.Opaque)
		if mask != nil {
			m = uint32(mask[x])
		}
		if m == 0 || above && src[4*x+3] == 0 {
			continue
		}
		var p [4]uint16
		if src != nil {
			p = [4]uint16(src[4*x : 4*x+4])
		}
		if above {
			who[x] = raster.OverWho(picture.WhoAt(x, y), who[x], raster.Mul(uint32(p[3]), m), uint32(row[4*x+3]))
			for c := range p {
				p[c] = uint16(raster.Mul(uint32(p[c]), m))
			}
			raster.Over(row[4*x:][:4:4], p[:])
			continue
		}
		who[x] = raster.MixWho(picture.WhoAt(x, y), who[x], m)
		for c := range p {
			row[4*x+c] = uint16(raster.Lerp(uint32(row[4*x+c]), uint32(p[c]), m))
		}
	}
}

// readMask reads a picture as a mask: its lightness, taken from green, upon black.
func readMask(ctx context.Context, blobs Blobs, h Hash, size pattern.Size) (*raster.Mask, error) {
	data, err := blobs.Blob(ctx, h)
	if err != nil {
		return nil, err
	}
	r, err := DecodePicture(data)
	if err != nil {
		return nil, err
	}
	if r.Width() != size.Width || r.Height() != size.Height {
		return nil, &ParameterError{"mask", fmt.Sprintf("has %d x %d pixels in a cell of %v", r.Width(), r.Height(), size)}
	}
	m := raster.NewMask(size.Width, size.Height)
	for y := range size.Height {
		src := r.Row(y)
		for x, dst := 0, m.Row(y); x < len(dst) && src != nil; x++ {
			dst[x] = src[4*x+1]
		}
	}
	return m, nil
}
