package graph

import (
	"fmt"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// WeightFault is one array that a graph wants and a set has otherwise. Have is
// nil where the set lacks the key.
type WeightFault struct {
	Key  string
	Want []int
	Have []int
}

// WeightsError says that a set of weights does not fit the configuration that
// it came with: arrays that are missing or of another shape, and arrays that
// the graph has no use for.
type WeightsError struct {
	Part   string // "unet", "text encoder", ...
	Faults []WeightFault
	Unused []string
}

// Error names the first few faults and how many there are.
func (e *WeightsError) Error() string {
	const most = 5
	var parts []string
	for i, f := range e.Faults {
		switch {
		case i == most:
			parts = append(parts, fmt.Sprintf("%d more that do not fit", len(e.Faults)-most))
		case i > most:
		case f.Have == nil:
			parts = append(parts, fmt.Sprintf("%s is missing (want shape %v)", f.Key, f.Want))
		default:
			parts = append(parts, fmt.Sprintf("%s has shape %v (want %v)", f.Key, f.Have, f.Want))
		}
	}
	if n := len(e.Unused); n > 0 {
		shown := e.Unused
		more := ""
		if n > most {
			shown, more = shown[:most], fmt.Sprintf(" and %d more", n-most)
		}
		parts = append(parts, "no use for "+strings.Join(shown, ", ")+more)
	}
	return fmt.Sprintf("graph: the weights of the %s do not fit its configuration: %s; check that config.json belongs to these weights", e.Part, strings.Join(parts, "; "))
}

// ShiftError says that a repeat's shift is no whole number of samples at some
// resolution inside the network, so that the repeat would not be exact.
type ShiftError struct {
	Part          string
	Layer         string // the module at that resolution
	Repeat        pattern.Repeat
	Width, Height int // of the plane there, in samples
}

// Error names the layer and its resolution.
func (e *ShiftError) Error() string {
	return fmt.Sprintf("graph: a %s repeat has no whole shift on the %d x %d plane of %s in the %s; choose a size whose shifted side is a multiple of the total stride times the drop's denominator",
		e.Repeat, e.Width, e.Height, e.Layer, e.Part)
}

// SizeError says that a plane's side is not the multiple that the network
// needs.
type SizeError struct {
	Part          string
	Width, Height int
	Multiple      int
}

// Error names the sides and the multiple.
func (e *SizeError) Error() string {
	return fmt.Sprintf("graph: the %s cannot take a plane of %d x %d samples; both sides must be positive multiples of %d", e.Part, e.Width, e.Height, e.Multiple)
}

// OptionError says that an option is out of its range.
type OptionError struct {
	Part   string
	Option string
	Msg    string
}

// Error names the option.
func (e *OptionError) Error() string {
	return fmt.Sprintf("graph: %s: option %s %s", e.Part, e.Option, e.Msg)
}
