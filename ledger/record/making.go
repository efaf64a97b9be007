package record

import "github.com/selvage-studio/selvage/ledger/blob"

// Lineage says how it is known what a model learned from.
type Lineage string

// The lineages.
const (
	// LineageDeclared is what the publisher says.
	LineageDeclared Lineage = "declared by publisher"
	// LineageProved is a training that is ours and can be repeated from its card.
	LineageProved Lineage = "proved by its own training"
	// LineageUnknown is a model of which nobody says anything.
	LineageUnknown Lineage = "unknown"
)

// Model is a model that took part, as it was when it did.
type Model struct {
	Card          blob.Hash   `json:"card"`           // the card as JSON, among the blobs
	CommercialUse string      `json:"commercial_use"` // yes, no, unknown
	Files         []ModelFile `json:"files"`
	Licence       string      `json:"licence"`
	Lineage       Lineage     `json:"lineage"`
	Name          string      `json:"name"`
	// Weights is the SHA-256 over the files' hashes, by which requests name it.
	Weights blob.Hash `json:"weights"`
}

// ModelFile is one file of a model.
type ModelFile struct {
	Bytes int64     `json:"bytes"`
	Hash  blob.Hash `json:"hash"`
	Name  string    `json:"name"`
}

// Kind is KindModel.
func (*Model) Kind() Kind { return KindModel }

// Prompt is a version of the words that somebody wrote.
type Prompt struct {
	Negative Sealed `json:"negative"`
	// Previous is the entry of the version before.
	Previous *blob.Hash `json:"previous,omitempty"`
	Prompt   Sealed     `json:"prompt"`
	Version  int        `json:"version"`
}

// Kind is KindPrompt.
func (*Prompt) Kind() Kind { return KindPrompt }

// Requested is a person's request to a model, before it ran.
type Requested struct {
	Count   int    `json:"count"`
	Device  string `json:"device,omitempty"`
	Height  int    `json:"height,omitempty"` // pixels of the cell
	Mode    string `json:"mode"`             // generate, vary, inpaint, upscale
	Pattern string `json:"pattern,omitempty"`
	// Guidance and Strength are decimal texts.
	Guidance string `json:"guidance,omitempty"`
	// Inputs are pictures and masks that the request names.
	Inputs []blob.Hash `json:"inputs,omitempty"`
	LoRAs  []blob.Hash `json:"loras,omitempty"`
	Model  blob.Hash   `json:"model"` // Model.Weights
	Prompt blob.Hash   `json:"prompt"`
	Repeat string      `json:"repeat"`
	// Request is the complete request, from which the picture can be made again.
	Request  Sealed `json:"request"`
	Sampler  string `json:"sampler,omitempty"`
	Seed     Sealed `json:"seed"`
	Software string `json:"software"`
	Steps    int    `json:"steps,omitempty"`
	Strength string `json:"strength,omitempty"`
	Width    int    `json:"width,omitempty"`
}

// Kind is KindRequested.
func (*Requested) Kind() Kind { return KindRequested }

// Finished is what came of a request.
type Finished struct {
	Candidates []Candidate `json:"candidates,omitempty"`
	// Outcome is done, cancelled or failed.
	Outcome string    `json:"outcome"`
	Reason  string    `json:"reason,omitempty"`
	Request blob.Hash `json:"request"` // the entry
	Took    int64     `json:"took_ms"`
}

// Candidate is one picture that a model made.
type Candidate struct {
	Picture blob.Hash `json:"picture"`
	// Seam is the figure of the seam report, a decimal text.
	Seam string `json:"seam,omitempty"`
}

// Kind is KindFinished.
func (*Finished) Kind() Kind { return KindFinished }

// Accepted is a candidate that a person took.
type Accepted struct {
	Of      int       `json:"of"` // candidates that there were to choose from
	Pattern string    `json:"pattern,omitempty"`
	Picture blob.Hash `json:"picture"`
	Request blob.Hash `json:"request"`
}

// Kind is KindAccepted.
func (*Accepted) Kind() Kind { return KindAccepted }

// Rejected is a candidate that a person did not want.
type Rejected struct {
	Picture blob.Hash `json:"picture"`
	Reason  Sealed    `json:"reason"`
	Request blob.Hash `json:"request"`
}

// Kind is KindRejected.
func (*Rejected) Kind() Kind { return KindRejected }

// Class groups edits by what a reader of a certificate or a registrar asks for.
type Class string

// The classes.
const (
	Drawn      Class = "drawn"      // strokes, fills, shapes: marks made by hand
	Selected   Class = "selected"   // where the next edit counts
	Arranged   Class = "arranged"   // layout, layers, moving and cutting of motifs
	Recolored  Class = "recoloured" // palette, chips, colourways
	Mechanical Class = "mechanical" // size, resolution, healing
	ByModel    Class = "model"      // a model's outcome that was placed
	ByRule     Class = "rule"       // a drawing by rule that was placed
	ByImport   Class = "import"     // a picture that came in
	Described  Class = "described"  // names, notes, numbers
	Unclassed  Class = "unknown"    // what the program that recorded it did not know
)

// Edit is one operation of a person on a pattern.
type Edit struct {
	Class     Class  `json:"class"`
	Operation string `json:"operation"` // kind of the operation
	// Parent and Version are the states before and after; a version is a hash over
	// all operations that lead to it, so that it commits to what was done.
	Parent  blob.Hash `json:"parent"`
	Pattern string    `json:"pattern"`
	Version blob.Hash `json:"version"`
}

// Kind is KindEdit.
func (*Edit) Kind() Kind { return KindEdit }

// Revert goes to another version: an undo, a redo, another branch.
type Revert struct {
	From    blob.Hash `json:"from"`
	Pattern string    `json:"pattern"`
	To      blob.Hash `json:"to"`
}

// Kind is KindRevert.
func (*Revert) Kind() Kind { return KindRevert }

// Saved is the state of a pattern or a collection from now on. The newest of them is
// what a library shows.
type Saved struct {
	Document blob.Hash `json:"document"` // the record of the state, among the blobs
	ID       string    `json:"id"`
	Name     Sealed    `json:"name"`
	Of       string    `json:"of"` // pattern, collection
	// Removed says that it is no longer shown; everything that was recorded stays.
	Removed  bool `json:"removed,omitempty"`
	Revision int  `json:"revision"`
	// Version is the pattern's current one.
	Version *blob.Hash `json:"version,omitempty"`
}

// Kind is KindSaved.
func (*Saved) Kind() Kind { return KindSaved }

// Import is a picture that came from elsewhere, with what its bringer states.
type Import struct {
	Author  Sealed    `json:"author"`
	File    blob.Hash `json:"file"`
	Name    Sealed    `json:"name"`
	Origin  string    `json:"origin"` // own, import, model, rule: as stated
	Parent  string    `json:"parent,omitempty"`
	Pattern string    `json:"pattern"`
	Rights  Sealed    `json:"rights"`
}

// Kind is KindImport.
func (*Import) Kind() Kind { return KindImport }
