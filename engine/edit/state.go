package edit

import (
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// State is a pattern at one version: what its operations so far have made.
// Clone costs a list of bands for each layer.
type State struct {
	// Size is the cell in pixels, Width and Height are its physical size, which
	// comes first: an enlargement changes Size, not these.
	Size          pattern.Size
	Width, Height pattern.Length
	Repeat        pattern.Repeat
	Direction     Direction

	// Layers lie one on another, the lowest first. Every raster has Size.
	Layers []*Layer
	// Selection limits what the operations do; nil selects everything.
	Selection *raster.Mask

	// Positions are the chips of the palette, the ground first, once there are
	// any. Locked says that every pixel is one of them.
	Positions []Position
	Locked    *Lock
	// Colorways are further palettes: a chip for every position.
	Colorways []Colorway

	DesignNumber string
	Notes        string

	// Retired are the ids of layers that were removed, sorted: an id is never
	// used again.
	Retired []string
	// Missing are operations whose outcome is not shown, because this version of
	// the program does not know them and no state after them is stored.
	Missing []Missing
}

// Missing is an operation of the stack that was skipped.
type Missing struct {
	Version Hash
	Ordinal uint32
	Kind    string
	// Reason is "" for a kind that is not known, and otherwise why a known
	// operation after such a one could not be done without it.
	Reason string
}

// Direction says which ways up a pattern can be cut.
type Direction string

// The directions of a pattern.
const (
	OneWay Direction = "one-way"
	TwoWay Direction = "two-way"
	Tossed Direction = "tossed"
)

// Layer is one sheet of a pattern.
type Layer struct {
	ID      string // never changes and is never used again in the document
	Name    string
	Opacity uint16 // 65535 is full
	Blend   raster.Blend
	Hidden  bool
	Pixels  *raster.Raster
}

// Position is one printing position and its chip.
type Position struct {
	Name string
	Code string // of a chip book, "" where there is none
	Chip color.Chip
	// Lab is the measured colour where it is known: CIELAB with its illuminant
	// and observer, as in "D50/2".
	Lab        *color.Lab
	Illuminant string
}

// Colorway is another chip for every position.
type Colorway struct {
	Name  string
	Chips []color.Chip
}

// Lock says how a palette was locked.
type Lock struct {
	// Cloth says that the ground is the unprinted cloth, and no screen.
	Cloth bool
	// MeanDelta and MaxDelta are the CIEDE2000 differences that the lock made.
	MeanDelta, MaxDelta float64
}

// Clone returns a copy whose changes do not reach s.
func (s *State) Clone() *State {
	c := *s
	c.Layers = make([]*Layer, len(s.Layers))
	for i, l := range s.Layers {
		k := *l
		k.Pixels = l.Pixels.Clone()
		c.Layers[i] = &k
	}
	c.Positions = append([]Position(nil), s.Positions...)
	c.Colorways = append([]Colorway(nil), s.Colorways...)
	c.Retired = append([]string(nil), s.Retired...)
	c.Missing = append([]Missing(nil), s.Missing...)
	if s.Locked != nil {
		l := *s.Locked
		c.Locked = &l
	}
	return &c
}

// Layer returns the layer with that id, or a *ParameterError.
func (s *State) Layer(id string) (*Layer, error) {
	for _, l := range s.Layers {
		if l.ID == id {
			return l, nil
		}
	}
	return nil, &ParameterError{Parameter: "layer", Reason: "there is no layer " + id}
}
