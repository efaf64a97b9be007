package draw

import (
	"fmt"
	"strings"
)

// UnknownError says that a field holds a word that the rules do not have.
type UnknownError struct {
	Field, Value string
	Known        []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("draw: %s %q is unknown; use one of %s", e.Field, e.Value, strings.Join(e.Known, ", "))
}

// PositionsError says that more positions were asked for than a drawing has.
type PositionsError struct{ Asked int }

func (e *PositionsError) Error() string {
	return fmt.Sprintf("draw: %d positions were asked for; a drawing has 1 to %d beside its ground", e.Asked, MaxPositions)
}

// SizeError says that the shift of the lattice is no whole number of pixels at
// a size, or that the size is none.
type SizeError struct {
	W, H   int
	Repeat string
	Need   string // what would do, such as "a height that 3 divides"
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("draw: %d x %d pixels do not fit a %s repeat; choose %s", e.W, e.H, e.Repeat, e.Need)
}
