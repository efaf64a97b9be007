package edit

import (
	"context"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Op is one operation on a pattern: what a person did, small enough to keep for
// ever and exact enough to do again. Its fields are its parameters, as JSON.
type Op interface {
	// Kind names the operation in files, such as "brush.stroke". A kind's
	// meaning never changes; what has to change gets another name.
	Kind() string
	// Check says what is wrong with the parameters on their own: a *ParameterError.
	Check() error
	// Apply does it to s, which it may change in any way. It touches only the
	// bands that it changes. The same operation on the same state gives the same
	// bytes on every platform. An error leaves s to be thrown away.
	Apply(ctx context.Context, s *State, in Inputs) error
}

// Inputs is what an operation may read beside the state.
type Inputs struct {
	// Blobs holds the pictures, masks and model outputs that operations name by
	// their hash.
	Blobs Blobs
	// Ordinal is the operation's own number in the document, from 1: what
	// raster.Who.Op is set to.
	Ordinal uint32
}

// Blobs reads content by its hash.
type Blobs interface {
	// Blob returns the content with that hash, verified. A hash that is not
	// there is an error.
	Blob(ctx context.Context, h Hash) ([]byte, error)
}

// Person is a pixel that a hand decided with operation in.Ordinal.
func (in Inputs) Person() raster.Who { return raster.Who{Op: in.Ordinal, Person: 255} }

// Model is a pixel that a model decided.
func (in Inputs) Model() raster.Who { return raster.Who{Op: in.Ordinal, Model: 255} }

// Rule is a pixel that was drawn by rule.
func (in Inputs) Rule() raster.Who { return raster.Who{Op: in.Ordinal, Rule: 255} }

// Import is a pixel of a picture from outside.
func (in Inputs) Import() raster.Who { return raster.Who{Op: in.Ordinal, Import: 255} }
