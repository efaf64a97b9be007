package edit

import (
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
)

// Class says what an operation is in the account of who made a pattern. See
// AUTHORSHIP.md.
type Class string

// The classes of operations.
const (
	// Setting up and describing: no part of the picture.
	ClassDocument Class = "document"
	// Marks of a hand: they make pixels the person's.
	ClassStroke Class = "stroke"
	ClassFill   Class = "fill"
	ClassShape  Class = "shape"
	// Pictures that came from somewhere: they are their origin's.
	ClassPicture Class = "picture"
	// Choices: recorded as such, and no pixel changes its author.
	ClassSelect   Class = "selection"
	ClassArrange  Class = "arrangement"
	ClassRecolor  Class = "recolouring"
	ClassLayout   Class = "layout"
	ClassCompose  Class = "composition"
	ClassMechanic Class = "mechanical"
	// What this version does not know.
	ClassUnknown Class = "unknown"
)

// ClassOf is the class of a kind of operation.
func ClassOf(kind string) Class {
	switch kind {
	case "pattern.new", "pattern.physical_size", "pattern.direction", "pattern.design_number", "pattern.notes",
		"layer.add", "layer.rename", "palette.set", "colorway.set", "colorway.remove":
		return ClassDocument
	case "brush.stroke", "brush.erase", "brush.clone":
		return ClassStroke
	case "fill.flood", "fill.selection", "fill.erase", "fill.gradient":
		return ClassFill
	case "shape.draw":
		return ClassShape
	case "picture.place":
		return ClassPicture
	case "select.rectangle", "select.ellipse", "select.lasso", "select.color_range", "select.wand",
		"select.invert", "select.grow", "select.feather", "select.clear":
		return ClassSelect
	case "motif.lift", "motif.transform", "motif.scatter":
		return ClassArrange
	case "motif.recolor", "color.recolor", "color.lock", "colorway.apply":
		return ClassRecolor
	case "layout.repeat", "layout.crop", "layout.turn", "layout.flip", "layout.roll":
		return ClassLayout
	case "layer.remove", "layer.reorder", "layer.opacity", "layer.blend", "layer.hide", "layer.duplicate", "layer.merge":
		return ClassCompose
	case "layout.resize", "layout.heal":
		return ClassMechanic
	}
	return ClassUnknown
}

// Facts are what is known about who made a version of a pattern: counts, each of
// something that happened or is there, and no sum of unlike things.
type Facts struct {
	// Pixels of the picture as it shows.
	Pixels PixelFacts `json:"pixels"`

	// Marks of hands.
	Strokes int `json:"strokes"`
	Fills   int `json:"fills"`
	Shapes  int `json:"shapes"`
	// MotifsDrawn counts the pieces of the picture that are a person's by more
	// than half and have at least MotifPixels pixels; pieces touch where their
	// pixels do, over the edges of the repeat as well.
	MotifsDrawn int `json:"motifs_drawn"`

	// Choices.
	MotifsLifted    int `json:"motifs_lifted"`
	MotifsArranged  int `json:"motifs_arranged"`  // moved, turned, scaled, flipped or copied, one by one
	MotifsScattered int `json:"motifs_scattered"` // operations that scattered a motif
	Recolorings     int `json:"recolourings"`
	LayoutChanges   int `json:"layout_changes"`
	Compositions    int `json:"compositions"` // of layers
	Selections      int `json:"selections"`
	Mechanical      int `json:"mechanical"`

	// Chosen lists the candidates that were accepted.
	Chosen []ChosenFact `json:"candidates_chosen"`
	// RegionsRepainted counts the regions that a model filled anew, Variations and
	// Enlargements what else it made of what was there, Drawings what was drawn by
	// rule.
	RegionsRepainted int          `json:"regions_repainted"`
	Variations       int          `json:"variations"`
	Enlargements     int          `json:"enlargements"`
	Drawings         int          `json:"drawings_by_rule"`
	Imports          []ImportFact `json:"imports"`

	// NotUnderstood lists the kinds of operations that this version does not know
	// and could not count.
	NotUnderstood []string `json:"not_understood,omitempty"`
}

// MotifPixels is the least size of a piece that MotifsDrawn counts.
const MotifPixels = 16

// PixelFacts counts the pixels of a flattened cell. Each pixel that shows is
// divided by its shares, and by how much of it shows; the five counts of what
// shows and Open add up to All, each rounded down but for the largest.
type PixelFacts struct {
	All    int64 `json:"all"`
	Open   int64 `json:"open"` // transparent
	Person int64 `json:"person"`
	Model  int64 `json:"model"`
	Rule   int64 `json:"rule"`
	Import int64 `json:"import"`
	Nobody int64 `json:"nobody"`
}

// ChosenFact is a candidate that was accepted.
type ChosenFact struct {
	Operation uint32 `json:"operation"`
	OutOf     int    `json:"out_of"` // 0 where it was not said
}

// ImportFact is a picture from outside, with what was stated about it.
type ImportFact struct {
	Operation uint32 `json:"operation"`
	Source    string `json:"source,omitempty"`
	Author    string `json:"author,omitempty"`
	Rights    string `json:"rights,omitempty"`
	// Generated says that the file itself declares how a model made it.
	Generated bool `json:"generated,omitempty"`
}

// Facts counts what made version v, whose state is s.
func (p *Pattern) Facts(ctx context.Context, v Hash) (*Facts, error) {
	s, err := p.StateAt(ctx, v)
	if err != nil {
		return nil, err
	}
	line, err := p.doc.History(v)
	if err != nil {
		return nil, err
	}
	f := &Facts{Chosen: []ChosenFact{}, Imports: []ImportFact{}}
	for _, step := range line {
		f.count(step)
	}
	flat, err := s.Flatten(ctx)
	if err != nil {
		return nil, err
	}
	f.Pixels = CountPixels(flat)
	drawn := region.Of(s.Size.Width, s.Size.Height, func(x, y int) bool {
		return flat.WhoAt(x, y).Person > 127 && flat.At(x, y)[3] > raster.Opaque/2
	})
	pieces, err := region.All(ctx, drawn, s.Repeat, 0)
	if err != nil {
		return nil, err
	}
	for _, piece := range pieces {
		if piece.Area >= MotifPixels {
			f.MotifsDrawn++
		}
	}
	return f, nil
}

func (f *Facts) count(step *Step) {
	switch ClassOf(step.Kind) { //nolint:exhaustive // what concerns the document alone is no one's share
	case ClassStroke:
		f.Strokes++
	case ClassFill:
		f.Fills++
	case ClassShape:
		f.Shapes++
	case ClassSelect:
		f.Selections++
	case ClassArrange:
		switch step.Kind {
		case "motif.lift":
			f.MotifsLifted++
		case "motif.scatter":
			f.MotifsScattered++
		default:
			f.MotifsArranged++
		}
	case ClassRecolor:
		f.Recolorings++
	case ClassLayout:
		f.LayoutChanges++
	case ClassCompose:
		f.Compositions++
	case ClassMechanic:
		f.Mechanical++
	case ClassPicture:
		f.countPicture(step)
	case ClassUnknown:
		if !slices.Contains(f.NotUnderstood, step.Kind) {
			f.NotUnderstood = append(f.NotUnderstood, step.Kind)
		}
	}
}

func (f *Facts) countPicture(step *Step) {
	op, err := DecodeOp(step.Kind, step.Params)
	place, is := op.(*PlacePicture)
	if err != nil || !is {
		f.NotUnderstood = append(f.NotUnderstood, fmt.Sprintf("%s (operation %d)", step.Kind, step.Ordinal))
		return
	}
	switch place.Purpose {
	case Candidate:
		f.Chosen = append(f.Chosen, ChosenFact{step.Ordinal, place.Candidates})
	case Inpaint:
		f.RegionsRepainted++
	case Variation:
		f.Variations++
	case Upscale:
		f.Enlargements++
	case Drawing:
		f.Drawings++
	case Import:
		f.Imports = append(f.Imports, ImportFact{step.Ordinal, place.Source, place.Author, place.Rights, place.Declared != nil})
	}
}

// CountPixels counts the pixels of a flattened cell by their authors.
func CountPixels(flat *raster.Raster) PixelFacts {
	var sums [6]uint64 // open, person, model, rule, import, nobody, in 1/(255·65535) pixels
	w, h := flat.Width(), flat.Height()
	for y := range h {
		row := flat.Row(y)
		if row == nil {
			sums[0] += uint64(w) * raster.Opaque * 255
			continue
		}
		whos, all := flat.WhoRow(y)
		for x := range w {
			who := all
			if whos != nil {
				who = whos[x]
			}
			a := uint64(row[4*x+3])
			sums[0] += (raster.Opaque - a) * 255
			named := uint64(0)
			for i, share := range [4]uint8{who.Person, who.Model, who.Rule, who.Import} {
				sums[1+i] += a * uint64(share)
				named += uint64(share)
			}
			sums[5] += a * (255 - named)
		}
	}
	var counts [6]int64
	total, largest := int64(w)*int64(h), 0
	rest := total
	for i, s := range sums {
		counts[i] = int64(s / (raster.Opaque * 255))
		rest -= counts[i]
		if s > sums[largest] {
			largest = i
		}
	}
	counts[largest] += rest
	return PixelFacts{total, counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]}
}

// The colours of the overlay, told apart by people with every kind of colour
// vision (M. Okabe and K. Ito, "Color Universal Design", 2008).
const (
	OverlayPerson = 0x0072b2 // blue
	OverlayModel  = 0xd55e00 // vermilion
	OverlayRule   = 0x009e73 // green
	OverlayImport = 0xcc79a7 // purple
)

// Overlay shows who made each pixel of a flattened cell: the picture in grey,
// tinted by the colours of its authors in proportion to their shares. What is
// nobody's stays grey, what is open transparent.
func Overlay(flat *raster.Raster) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, flat.Width(), flat.Height()))
	tints := [4]uint32{OverlayPerson, OverlayModel, OverlayRule, OverlayImport}
	for y := range flat.Height() {
		row := flat.Row(y)
		if row == nil {
			continue
		}
		whos, who := flat.WhoRow(y)
		for x := range flat.Width() {
			if whos != nil {
				who = whos[x]
			}
			p := row[4*x : 4*x+4]
			a := uint32(p[3])
			// Luma of Rec. 709 on the encoded components, in 1/255.
			grey := (2126*raster.Unpremultiply(uint32(p[0]), a) + 7152*raster.Unpremultiply(uint32(p[1]), a) + 722*raster.Unpremultiply(uint32(p[2]), a)) / 10000 / 257
			shares := [4]uint32{uint32(who.Person), uint32(who.Model), uint32(who.Rule), uint32(who.Import)}
			nobody := 255 - shares[0] - shares[1] - shares[2] - shares[3]
			out := img.Pix[img.PixOffset(x, y):]
			for c := range 3 {
				sum := nobody * grey
				for i, tint := range tints {
					// Two thirds tint, one third of the picture's grey.
					sum += shares[i] * (2*(tint>>(16-8*c)&0xff) + grey) / 3
				}
				out[c] = uint8(sum / 255)
			}
			out[3] = uint8(a / 257)
		}
	}
	return img
}
