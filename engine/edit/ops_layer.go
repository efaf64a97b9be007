package edit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

func layerKinds() map[string]func() Op {
	return map[string]func() Op{
		"layer.add":       func() Op { return &AddLayer{} },
		"layer.remove":    func() Op { return &RemoveLayer{} },
		"layer.rename":    func() Op { return &RenameLayer{} },
		"layer.reorder":   func() Op { return &ReorderLayer{} },
		"layer.opacity":   func() Op { return &SetLayerOpacity{} },
		"layer.blend":     func() Op { return &SetLayerBlend{} },
		"layer.hide":      func() Op { return &HideLayer{} },
		"layer.duplicate": func() Op { return &DuplicateLayer{} },
		"layer.merge":     func() Op { return &MergeLayers{} },
	}
}

// NewLayerID is the id of the layer that operation ordinal makes when it is given
// none: "l" and the number.
func NewLayerID(ordinal uint32) string { return fmt.Sprintf("l%d", ordinal) }

// CheckLayerID refuses what is no id for a new layer; "" stands for NewLayerID.
// Ids that NewLayerID makes cannot be chosen, so that a list of operations means
// the same after whatever it is applied to.
func CheckLayerID(parameter, id string) error {
	if id == "" {
		return nil
	}
	if len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return &ParameterError{parameter, fmt.Sprintf("%q is no id; use up to 64 of a-z, 0-9, - and _", id)}
	}
	if id[0] == 'l' && len(id) > 1 && strings.Trim(id[1:], "0123456789") == "" {
		return &ParameterError{parameter, fmt.Sprintf("%q is the form of ids that are given out; take another", id)}
	}
	return nil
}

// Insert puts a new layer on the stack, above the layer with id above, or on top
// where above is "". An id of "" becomes NewLayerID. The error is a
// *ParameterError.
func (s *State) Insert(l *Layer, above string, ordinal uint32) error {
	if l.ID == "" {
		l.ID = NewLayerID(ordinal)
	}
	if _, retired := slices.BinarySearch(s.Retired, l.ID); retired || s.place(l.ID) >= 0 {
		return &ParameterError{"id", fmt.Sprintf("there is or was a layer %q; ids are not used twice", l.ID)}
	}
	if len(s.Layers) >= MaxLayers {
		return &ParameterError{"layer", fmt.Sprintf("a pattern has at most %d layers", MaxLayers)}
	}
	at := len(s.Layers)
	if above != "" {
		if at = s.place(above) + 1; at == 0 {
			return &ParameterError{"above", "there is no layer " + above}
		}
	}
	s.Layers = slices.Insert(s.Layers, at, l)
	return nil
}

// place is where the layer with that id lies, -1 where there is none.
func (s *State) place(id string) int {
	return slices.IndexFunc(s.Layers, func(l *Layer) bool { return l.ID == id })
}

// Remove takes a layer off the stack and retires its id.
func (s *State) Remove(id string) (*Layer, error) {
	l, err := s.Layer(id)
	if err != nil {
		return nil, err
	}
	s.Layers = slices.DeleteFunc(s.Layers, func(o *Layer) bool { return o == l })
	at, _ := slices.BinarySearch(s.Retired, id)
	s.Retired = slices.Insert(s.Retired, at, id)
	return l, nil
}

const maxName = 200

func checkBlend(b raster.Blend) error {
	if b == "" || b.Known() {
		return nil
	}
	return &ParameterError{"blend", fmt.Sprintf("%q is no blend mode; use one of %v", string(b), raster.Blends())}
}

// AddLayer puts an empty layer on the stack.
type AddLayer struct {
	ID    string `json:"id,omitempty"` // "" is given out: see NewLayerID
	Name  string `json:"name,omitempty"`
	Above string `json:"above,omitempty"` // the layer below it; "" is on top
	// Opacity is from 0 to 1, 1 where it is left out.
	Opacity *float64     `json:"opacity,omitempty"`
	Blend   raster.Blend `json:"blend,omitempty"` // "" is normal
}

// Kind is "layer.add".
func (*AddLayer) Kind() string { return "layer.add" }

// Check says what is wrong with the parameters.
func (o *AddLayer) Check() error {
	if err := CheckLayerID("id", o.ID); err != nil {
		return err
	}
	if o.Opacity != nil {
		if err := checkFraction("opacity", *o.Opacity); err != nil {
			return err
		}
	}
	if err := checkBlend(o.Blend); err != nil {
		return err
	}
	return checkText("name", o.Name, maxName)
}

// Apply adds it.
func (o *AddLayer) Apply(_ context.Context, s *State, in Inputs) error {
	return s.Insert(newLayer(o.ID, o.Name, o.Opacity, o.Blend, raster.New(s.Size.Width, s.Size.Height)), o.Above, in.Ordinal)
}

func newLayer(id, name string, opacity *float64, blend raster.Blend, pixels *raster.Raster) *Layer {
	l := &Layer{ID: id, Name: name, Opacity: raster.Opaque, Blend: blend, Pixels: pixels}
	if opacity != nil {
		l.Opacity = fraction(*opacity)
	}
	if blend == "" {
		l.Blend = raster.Normal
	}
	return l
}

// RemoveLayer takes a layer away. Its id is not used again.
type RemoveLayer struct {
	Layer string `json:"layer"`
}

// Kind is "layer.remove".
func (*RemoveLayer) Kind() string { return "layer.remove" }

// Check has nothing to say: whether there is the layer shows when it is done.
func (*RemoveLayer) Check() error { return nil }

// Apply removes it.
func (o *RemoveLayer) Apply(_ context.Context, s *State, _ Inputs) error {
	_, err := s.Remove(o.Layer)
	return err
}

// RenameLayer gives a layer another name; its id stays.
type RenameLayer struct {
	Layer string `json:"layer"`
	Name  string `json:"name"`
}

// Kind is "layer.rename".
func (*RenameLayer) Kind() string { return "layer.rename" }

// Check says what is wrong with the parameters.
func (o *RenameLayer) Check() error { return checkText("name", o.Name, maxName) }

// Apply renames it.
func (o *RenameLayer) Apply(_ context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	l.Name = o.Name
	return nil
}

// ReorderLayer moves a layer to a place in the stack.
type ReorderLayer struct {
	Layer string `json:"layer"`
	To    int    `json:"to"` // its place afterwards, 0 the lowest
}

// Kind is "layer.reorder".
func (*ReorderLayer) Kind() string { return "layer.reorder" }

// Check says what is wrong with the parameters.
func (o *ReorderLayer) Check() error {
	if o.To < 0 || o.To >= MaxLayers {
		return &ParameterError{"to", fmt.Sprintf("%d is no place in the stack; 0 is the lowest", o.To)}
	}
	return nil
}

// Apply moves it.
func (o *ReorderLayer) Apply(_ context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	if o.To >= len(s.Layers) {
		return &ParameterError{"to", fmt.Sprintf("%d is above the stack of %d layers", o.To, len(s.Layers))}
	}
	s.Layers = slices.DeleteFunc(s.Layers, func(k *Layer) bool { return k == l })
	s.Layers = slices.Insert(s.Layers, o.To, l)
	return nil
}

// SetLayerOpacity sets how much of a layer shows.
type SetLayerOpacity struct {
	Layer   string  `json:"layer"`
	Opacity float64 `json:"opacity"` // 0 to 1
}

// Kind is "layer.opacity".
func (*SetLayerOpacity) Kind() string { return "layer.opacity" }

// Check says what is wrong with the parameters.
func (o *SetLayerOpacity) Check() error { return checkFraction("opacity", o.Opacity) }

// Apply sets it.
func (o *SetLayerOpacity) Apply(_ context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	l.Opacity = fraction(o.Opacity)
	if l.Opacity > 0 && l.Opacity < raster.Opaque {
		s.Locked = nil // what shows through it is no spot colour
	}
	return nil
}

// SetLayerBlend sets how a layer meets those below.
type SetLayerBlend struct {
	Layer string       `json:"layer"`
	Blend raster.Blend `json:"blend"`
}

// Kind is "layer.blend".
func (*SetLayerBlend) Kind() string { return "layer.blend" }

// Check says what is wrong with the parameters.
func (o *SetLayerBlend) Check() error {
	if o.Blend == "" {
		return &ParameterError{"blend", "is missing"}
	}
	return checkBlend(o.Blend)
}

// Apply sets it.
func (o *SetLayerBlend) Apply(_ context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	l.Blend = o.Blend
	if l.Blend != raster.Normal {
		s.Locked = nil // what shows through it is no spot colour
	}
	return nil
}

// HideLayer hides a layer or shows it.
type HideLayer struct {
	Layer  string `json:"layer"`
	Hidden bool   `json:"hidden"`
}

// Kind is "layer.hide".
func (*HideLayer) Kind() string { return "layer.hide" }

// Check has nothing to say.
func (*HideLayer) Check() error { return nil }

// Apply hides or shows it.
func (o *HideLayer) Apply(_ context.Context, s *State, _ Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	l.Hidden = o.Hidden
	return nil
}

// DuplicateLayer puts a copy of a layer above it, with the same authors.
type DuplicateLayer struct {
	Layer string `json:"layer"`
	ID    string `json:"id,omitempty"`   // of the copy; "" is given out
	Name  string `json:"name,omitempty"` // of the copy; "" is the layer's
}

// Kind is "layer.duplicate".
func (*DuplicateLayer) Kind() string { return "layer.duplicate" }

// Check says what is wrong with the parameters.
func (o *DuplicateLayer) Check() error {
	if err := CheckLayerID("id", o.ID); err != nil {
		return err
	}
	return checkText("name", o.Name, maxName)
}

// Apply copies it.
func (o *DuplicateLayer) Apply(_ context.Context, s *State, in Inputs) error {
	l, err := s.Layer(o.Layer)
	if err != nil {
		return err
	}
	c := *l
	c.ID, c.Pixels = o.ID, l.Pixels.Clone()
	if o.Name != "" {
		c.Name = o.Name
	}
	return s.Insert(&c, o.Layer, in.Ordinal)
}

// MergeLayers makes one layer of several that lie one on another: the lowest of
// them, which keeps its id, name, opacity and blend mode, takes the others in as
// they show upon it. Hidden ones are dropped. The authors are composed along.
//
// The others are composed with the lowest at full opacity, which then shows with
// its own: what is seen stays the same where the lowest is normal and opaque.
type MergeLayers struct {
	Layers []string `json:"layers"` // two or more, next to each other
}

// Kind is "layer.merge".
func (*MergeLayers) Kind() string { return "layer.merge" }

// Check says what is wrong with the parameters.
func (o *MergeLayers) Check() error {
	if len(o.Layers) < 2 || len(o.Layers) > MaxLayers {
		return &ParameterError{"layers", "name two layers or more"}
	}
	sorted := slices.Sorted(slices.Values(o.Layers))
	if len(slices.Compact(sorted)) != len(o.Layers) {
		return &ParameterError{"layers", "one is named twice"}
	}
	return nil
}

// Apply merges them.
func (o *MergeLayers) Apply(ctx context.Context, s *State, _ Inputs) error {
	var places []int
	for _, id := range o.Layers {
		if _, err := s.Layer(id); err != nil {
			return err
		}
		places = append(places, s.place(id))
	}
	slices.Sort(places)
	low := places[0]
	if places[len(places)-1]-low != len(places)-1 {
		return &ParameterError{"layers", "they do not lie next to each other; reorder them first"}
	}
	lowest := s.Layers[low]
	sheets := []raster.Sheet{{Pixels: lowest.Pixels, Opacity: raster.Opaque, Blend: raster.Normal}}
	var gone []string
	for _, l := range s.Layers[low+1 : low+len(places)] {
		gone = append(gone, l.ID)
		if !l.Hidden {
			sheets = append(sheets, raster.Sheet{Pixels: l.Pixels, Opacity: l.Opacity, Blend: l.Blend})
		}
	}
	merged, err := raster.Flatten(ctx, s.Size.Width, s.Size.Height, sheets)
	if err != nil {
		return err
	}
	lowest.Pixels = merged
	for _, id := range gone {
		if _, err := s.Remove(id); err != nil {
			return err
		}
	}
	return nil
}
