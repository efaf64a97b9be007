package c2pa

import (
	"fmt"
	"time"
)

// SourceType says how pixels came to be: a term of the IPTC's vocabulary of digital
// source types, or one of C2PA's own.
type SourceType string

const iptcSourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/"

// The source types that a pattern can have.
const (
	TrainedAlgorithmicMedia SourceType = iptcSourceType + "trainedAlgorithmicMedia"              // a model made it
	CompositeWithTrained    SourceType = iptcSourceType + "compositeWithTrainedAlgorithmicMedia" // partly a model's
	AlgorithmicMedia        SourceType = iptcSourceType + "algorithmicMedia"                     // a rule made it, without learning
	HumanEdits              SourceType = iptcSourceType + "humanEdits"                           // a person, with a program
	DigitalCreation         SourceType = iptcSourceType + "digitalCreation"                      // a person, from nothing
	DigitalCapture          SourceType = iptcSourceType + "digitalCapture"                       // a camera
	Print                   SourceType = iptcSourceType + "print"                                // a scan of something on paper
	Composite               SourceType = iptcSourceType + "composite"                            // of several kinds
	Empty                   SourceType = "http://c2pa.org/digitalsourcetype/empty"               // a blank canvas
)

// Actions with a name in C2PA 18.15 that a pattern may need. Created and Opened begin
// a history, and only they do.
const (
	Created          = actionCreated
	Opened           = actionOpened
	Placed           = actionPlaced
	Edited           = "c2pa.edited"
	Drawing          = "c2pa.drawing"
	ColorAdjustments = "c2pa.color_adjustments"
	Cropped          = "c2pa.cropped"
	Filtered         = "c2pa.filtered"
	Orientation      = "c2pa.orientation"
	Resized          = "c2pa.resized"
	Converted        = "c2pa.converted"
	Published        = "c2pa.published"
)

// Manifest is what will be claimed about a file.
type Manifest struct {
	Title string // of the file; may be empty
	// InstanceID is the xmpMM:InstanceID of the file's XMP, where it has one; when
	// empty, a new one is drawn.
	InstanceID  string
	Generator   Generator
	Actions     []Action // the first is Created or Opened
	Ingredients []Ingredient
	Mining      *Mining      // nil: nothing is said about mining and training
	Thumbnail   *Thumbnail   // nil for none
	Custom      []CustomJSON // assertions of our own
}

// Generator is a program.
type Generator struct{ Name, Version string }

// Action is something that was done.
type Action struct {
	Action      string // Created, Edited, …, or a name of one's own, "studio.selvage.recolour"
	SourceType  SourceType
	Description string
	When        time.Time // UTC; zero where it is not to be said
	Agent       Generator // the program that did it; zero for the manifest's own
	// Ingredients are those that it is about, as indices into the manifest's.
	Ingredients []int
	// Parameters are more about it, to be read by programs; names of one's own have
	// a domain, "studio.selvage.class".
	Parameters map[string]any
}

// Ingredient is what a file was made of.
type Ingredient struct {
	Title        string
	Format       string // media type
	Relationship Relationship
	Description  string
	// ID is what identifies it: an xmpMM:InstanceID, or "sha256:" and its hash for
	// what is known by its bytes, such as the weights of a model.
	ID string
	// Types say what it is where it is no picture: "c2pa.types.model",
	// "c2pa.types.generator.prompt".
	Types []string
	// From is the report on the file, for one with manifests: they are carried over,
	// with what was found about them.
	From      *Report
	Thumbnail *Thumbnail
	// URL leads to a page about it.
	URL string
}

// Thumbnail is a small picture.
type Thumbnail struct {
	MediaType string // "image/jpeg" or "image/png"
	Data      []byte
}

// CustomJSON is an assertion that this package does not know.
type CustomJSON struct {
	Label string // with a domain, "studio.selvage.certificate"
	JSON  []byte
}

// Permission is what somebody may do.
type Permission string

// The permissions of CAWG training and data mining 1.1.
const (
	Allowed     Permission = "allowed"
	NotAllowed  Permission = "notAllowed"
	Constrained Permission = "constrained" // as Mining.Terms say
)

// Mining is what machines may do with a picture (CAWG training and data mining 1.1).
type Mining struct {
	DataMining, AIInference, AIGenerativeTraining, AITraining Permission
	Terms                                                     string // for Constrained: where the terms are
}

// ManifestError reports a manifest that cannot be written, since nobody would hold it
// valid.
type ManifestError struct {
	Field  string // of Manifest, such as "Actions[0]"
	Reason string
}

func (e *ManifestError) Error() string { return fmt.Sprintf("c2pa: %s: %s", e.Field, e.Reason) }
