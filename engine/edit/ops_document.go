package edit

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// The largest cell: its longer side and its area in pixels.
const (
	MaxSide   = 32768
	MaxPixels = 1 << 27
)

// MaxNotes is the most bytes of a pattern's notes.
const MaxNotes = 1 << 16

func documentKinds() map[string]func() Op {
	return map[string]func() Op{
		"pattern.new":           func() Op { return &NewPattern{} },
		"pattern.physical_size": func() Op { return &SetPhysicalSize{} },
		"pattern.direction":     func() Op { return &SetDirection{} },
		"pattern.design_number": func() Op { return &SetDesignNumber{} },
		"pattern.notes":         func() Op { return &SetNotes{} },
	}
}

// NewPattern is the first operation of every document: an empty cell.
type NewPattern struct {
	Width  int `json:"width"` // of the cell, pixels
	Height int `json:"height"`
	// WidthMM and HeightMM are the cell's physical size.
	WidthMM  float64 `json:"width_mm"`
	HeightMM float64 `json:"height_mm"`
	// Repeat is a layout by name, such as "half-drop"; Drop is its drop, such as
	// "1/3", where the layout has one; "" is 1/2.
	Repeat       string    `json:"repeat"`
	Drop         string    `json:"drop,omitempty"`
	Direction    Direction `json:"direction,omitempty"` // "" is one-way
	DesignNumber string    `json:"design_number,omitempty"`
}

// Kind is "pattern.new".
func (*NewPattern) Kind() string { return "pattern.new" }

func checkSize(s pattern.Size) error {
	switch {
	case s.Width <= 0 || s.Height <= 0:
		return &ParameterError{"width", fmt.Sprintf("a cell of %v has no pixels", s)}
	case s.Width > MaxSide || s.Height > MaxSide || s.Width*s.Height > MaxPixels:
		return &ParameterError{"width", fmt.Sprintf("a cell of %v is too large; a side has at most %d pixels, the cell %d million", s, MaxSide, MaxPixels/1000000)}
	}
	return nil
}

func checkMillimetres(parameter string, mm float64) error {
	if !(mm >= 1 && mm <= 20000) {
		return &ParameterError{parameter, fmt.Sprintf("%g mm is no size of a repeat; give 1 to 20000", mm)}
	}
	return nil
}

// Check says what is wrong with the parameters.
func (o *NewPattern) Check() error {
	size := pattern.Size{Width: o.Width, Height: o.Height}
	if err := checkSize(size); err != nil {
		return err
	}
	if err := checkMillimetres("width_mm", o.WidthMM); err != nil {
		return err
	}
	if err := checkMillimetres("height_mm", o.HeightMM); err != nil {
		return err
	}
	r, err := pattern.ParseRepeat(o.Repeat, o.Drop)
	if err != nil {
		return &ParameterError{"repeat", err.Error()}
	}
	if _, _, whole := r.Shift(o.Width, o.Height); !whole {
		return &ParameterError{"drop", fmt.Sprintf("a %v does not shift a cell of %v by whole pixels, so it would not join; sizes that do: %v", r, size, pattern.Lattice{Repeat: r, Stride: 1}.Offers(size))}
	}
	if o.Direction != "" {
		if err := o.Direction.check(); err != nil {
			return err
		}
	}
	return checkText("design_number", o.DesignNumber, 200)
}

// Apply makes the empty cell.
func (o *NewPattern) Apply(_ context.Context, s *State, in Inputs) error {
	if in.Ordinal != 1 || s.Size != (pattern.Size{}) {
		return &ParameterError{"pattern.new", "only the first operation begins a pattern"}
	}
	r, err := pattern.ParseRepeat(o.Repeat, o.Drop)
	if err != nil {
		return &ParameterError{"repeat", err.Error()}
	}
	s.Size = pattern.Size{Width: o.Width, Height: o.Height}
	s.Width, s.Height = pattern.Length(o.WidthMM), pattern.Length(o.HeightMM)
	s.Repeat, s.Direction, s.DesignNumber = r, o.Direction, o.DesignNumber
	if s.Direction == "" {
		s.Direction = OneWay
	}
	return nil
}

func (d Direction) check() error {
	switch d {
	case OneWay, TwoWay, Tossed:
		return nil
	}
	return &ParameterError{"direction", fmt.Sprintf("%q is none; use %s, %s or %s", string(d), OneWay, TwoWay, Tossed)}
}

// checkText refuses text that is too long, no UTF-8, or has control characters
// other than line breaks and tabs.
func checkText(parameter, text string, most int) error {
	switch {
	case len(text) > most:
		return &ParameterError{parameter, fmt.Sprintf("has %d bytes; at most %d", len(text), most)}
	case !utf8.ValidString(text):
		return &ParameterError{parameter, "is not UTF-8"}
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		return &ParameterError{parameter, "has control characters"}
	}
	return nil
}

// SetPhysicalSize changes the size on cloth; no pixel changes.
type SetPhysicalSize struct {
	WidthMM  float64 `json:"width_mm"`
	HeightMM float64 `json:"height_mm"`
}

// Kind is "pattern.physical_size".
func (*SetPhysicalSize) Kind() string { return "pattern.physical_size" }

// Check says what is wrong with the parameters.
func (o *SetPhysicalSize) Check() error {
	if err := checkMillimetres("width_mm", o.WidthMM); err != nil {
		return err
	}
	return checkMillimetres("height_mm", o.HeightMM)
}

// Apply sets it.
func (o *SetPhysicalSize) Apply(_ context.Context, s *State, _ Inputs) error {
	s.Width, s.Height = pattern.Length(o.WidthMM), pattern.Length(o.HeightMM)
	return nil
}

// SetDirection says which ways up the pattern can be cut.
type SetDirection struct {
	Direction Direction `json:"direction"`
}

// Kind is "pattern.direction".
func (*SetDirection) Kind() string { return "pattern.direction" }

// Check says what is wrong with the parameters.
func (o *SetDirection) Check() error { return o.Direction.check() }

// Apply sets it.
func (o *SetDirection) Apply(_ context.Context, s *State, _ Inputs) error {
	s.Direction = o.Direction
	return nil
}

// SetDesignNumber gives the pattern the studio's number.
type SetDesignNumber struct {
	DesignNumber string `json:"design_number"`
}

// Kind is "pattern.design_number".
func (*SetDesignNumber) Kind() string { return "pattern.design_number" }

// Check says what is wrong with the parameters.
func (o *SetDesignNumber) Check() error { return checkText("design_number", o.DesignNumber, 200) }

// Apply sets it.
func (o *SetDesignNumber) Apply(_ context.Context, s *State, _ Inputs) error {
	s.DesignNumber = o.DesignNumber
	return nil
}

// SetNotes replaces the pattern's notes.
type SetNotes struct {
	Notes string `json:"notes"`
}

// Kind is "pattern.notes".
func (*SetNotes) Kind() string { return "pattern.notes" }

// Check says what is wrong with the parameters.
func (o *SetNotes) Check() error { return checkText("notes", o.Notes, MaxNotes) }

// Apply sets them.
func (o *SetNotes) Apply(_ context.Context, s *State, _ Inputs) error {
	s.Notes = o.Notes
	return nil
}

// fraction converts a number of 0 to 1 to 0 to 65535, to nearest.
func fraction(v float64) uint16 { return uint16(math.Floor(float64(v*65535) + 0.5)) }

// checkFraction refuses what is not from 0 to 1.
func checkFraction(parameter string, v float64) error {
	if !(v >= 0 && v <= 1) {
		return &ParameterError{parameter, fmt.Sprintf("%g is not from 0 to 1", v)}
	}
	return nil
}
