package viewmodel

import (
	"context"
	"image"
	"image/color"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Services are what the studio needs from the rest of the program. Generator
// and Exporter are required; what is nil otherwise is not offered on the
// screen.
type Services struct {
	Generator Generator
	Exporter  Exporter
	// Catalogue lists models and devices.
	Catalogue Catalogue
	// Importer takes in models that are dropped on the window.
	Importer Importer
	// Recorder is told what a person takes and what they do not want.
	Recorder Recorder
	// Historian tells what is on record.
	Historian Historian
	// Example gives the studio something to look at on its first start.
	Example func(ctx context.Context) (Result, error)
}

// Recorder puts choices on record. It is called beside the window, and waited for when
// the studio closes.
type Recorder interface {
	// Accepted is that a candidate was taken, out of how many there were.
	Accepted(ctx context.Context, r Result, of int) error
	// Discarded is that a candidate was not wanted.
	Discarded(ctx context.Context, r Result) error
}

// Historian reads the record of what happened.
type Historian interface {
	// History lists what is on record about a result, the newest first; about everything where the result is
	// nil or was not made here.
	History(ctx context.Context, r *Result) (History, error)
	// Verify judges the whole record, which may take a while.
	Verify(ctx context.Context) (Judgement, error)
}

// History is what is on record.
type History struct {
	// Of says what it is about: "this pattern", "the library".
	Of   string
	Acts []Act
}

// Act is one thing that happened.
type Act struct {
	ID    string
	Group ActGroup
	// What says it in a few words: "Prompt, version 3", "Candidate taken, out of 4".
	What string
	Who  string
	When time.Time
	// Words are what a person wrote: a prompt, a note. Withheld says that they are sealed, and cannot be opened here.
	Words    string
	Withheld bool
}

// ActGroup is a sort of acts, by which they are filtered.
type ActGroup uint8

// The groups. Everything is none of its own.
const (
	Everything ActGroup = iota
	Generations
	Choices
	Edits
	Milestones
	Exports
	Others
)

// Judgement is what verifying the record came to.
type Judgement struct {
	Intact bool
	// Entries were read; Problems say what is wrong, each with its code.
	Entries  int64
	Problems []string
}

// Generator makes repeats.
type Generator interface {
	// Plan says what the size of r becomes on its lattice. It is arithmetic:
	// it is called on every keystroke and neither waits nor loads anything.
	Plan(r Request) Plan
	// Generate makes one picture with r.Seed. It calls report from any one
	// goroutine at a time, at least once a step. When ctx is cancelled it
	// returns within a step with an error that wraps ctx.Err().
	Generate(ctx context.Context, r Request, report func(Progress)) (Result, error)
}

// Exporter writes a result where a designer asked for it.
type Exporter interface {
	// Export writes the cell to path and what belongs to it beside it. On an
	// error or a cancelled ctx nothing half-written is left.
	Export(ctx context.Context, r Result, path string, o ExportOptions, report func(Progress)) (Exported, error)
}

// Catalogue says what can be chosen from.
type Catalogue interface {
	// Models lists the installed models, the one to start with first.
	Models(ctx context.Context) ([]Model, error)
	// Devices lists what a model can run on, the best first.
	Devices(ctx context.Context) ([]Device, error)
}

// Importer takes a model in from a file or folder.
type Importer interface {
	Import(ctx context.Context, path string, report func(Progress)) (Model, error)
}

// Screens are the coverage planes of a result that was made as screens, not
// as a picture: its colours can change without the model.
type Screens interface {
	// Ink gives every position its chip, in the order of Result.Palette, and
	// returns the picture of the cell. It does not change what it was called
	// on and may be called from several goroutines.
	Ink(ctx context.Context, chips []color.NRGBA) (*image.NRGBA, error)
}

// Size is the size of a cell as a designer states it: by the cloth, or in
// pixels.
type Size struct {
	// Physical chooses WidthMM, HeightMM and DPI; otherwise Width and Height
	// in pixels decide, and DPI says how large they print.
	Physical bool
	// WidthMM and HeightMM are millimetres of the repeat. HeightMM 0 is the
	// height that the layout has by itself: the width, or 2/√3 of it for hex.
	WidthMM, HeightMM float64
	// DPI is pixels per inch.
	DPI float64
	// Width and Height are pixels.
	Width, Height int
}

// Request is everything that decides a picture.
type Request struct {
	Prompt, Negative string
	// Model, Sampler and Device are IDs of the Catalogue's lists; empty stands
	// for the first.
	Model, Sampler, Device string
	Repeat                 pattern.Repeat
	Size                   Size
	Seed                   uint64
	// Steps 0 and Guidance 0 stand for the model's own.
	Steps    int
	Guidance float64
	// Palette gives positions their chips, ground first; empty leaves the
	// choice to the colour words of the prompt.
	Palette []color.NRGBA
	// Init is the path of a picture to start from, Strength how far to leave
	// it, 0 to 1.
	Init     string
	Strength float64
}

// Plan is what a size becomes on its lattice.
type Plan struct {
	// Width and Height are the pixels of the exported cell, GeneratedWidth and
	// GeneratedHeight those that the model makes before any enlarging.
	Width, Height                   int
	GeneratedWidth, GeneratedHeight int
	// WidthMM, HeightMM and DPI are what the cell measures after rounding.
	WidthMM, HeightMM, DPI float64
	// Statements tell the rounding and the enlarging in words; none when the
	// size is made exactly as asked. Warnings are what the figures would hide.
	Statements, Warnings []string
	// Problem says why the size or drop cannot be made, with the reason; empty
	// when it can. Offers are then sizes and drops that can.
	Problem string
	Offers  []Offer
}

// Offer is a size and a repeat that the lattice allows.
type Offer struct {
	// Label is short enough for a button: "1024 × 1024 · 24.1 cm".
	Label  string
	Size   Size
	Repeat pattern.Repeat
}

// Progress is how far one call of a service has come.
type Progress struct {
	// Stage says what is being done: "Loading weights", "Sampling".
	Stage string
	// Step counts from 1; Steps is 0 for a stage that has none.
	Step, Steps int
	// Fraction is the whole call's, 0 to 1.
	Fraction float64
	// TimeLeft is the service's own estimate; 0 where it has none.
	TimeLeft time.Duration
	// Preview is the cell as it looks after this step; nil where there is
	// none. It is not written to after it was reported.
	Preview *image.NRGBA
}

// Position is one place of the palette with its chip.
type Position struct {
	// Name is "Ground", "First", "Ink"…
	Name string
	Chip color.NRGBA
}

// Seam is the judgement on a result's seams over its lattice.
type Seam struct {
	// Figure is the statistic, Limit the largest one that passes.
	Figure, Limit float64
	OK            bool
	// Statement explains it in one sentence.
	Statement string
}

// Result is one finished picture.
type Result struct {
	// Request is complete: run again on the same device it gives the same
	// bytes.
	Request Request
	// Cell is the picture of the cell. It is not written to any more.
	Cell   *image.NRGBA
	Repeat pattern.Repeat
	// WidthMM and HeightMM are what the cell measures on cloth, DPI its pixels
	// per inch there, EffectiveDPI those that the model made; 0 when that is
	// the same.
	WidthMM, HeightMM, DPI, EffectiveDPI float64
	// GeneratedWidth and GeneratedHeight are the pixels that the model made.
	GeneratedWidth, GeneratedHeight int
	Seam                            Seam
	// Statement says what was generated, what was enlarged and the effective
	// DPI.
	Statement string
	// Warnings are things that a designer has to know before printing, such
	// as a DPI that is only a label. Alerts are those that are told at once,
	// such as a device that did not start.
	Warnings, Alerts []string
	// UnknownWords are words of the prompt that the model does not know.
	UnknownWords []string
	// Palette is the chips the result is inked with, and Screens inks it
	// anew; both are empty for a model that makes pictures.
	Palette []Position
	Screens Screens
	// Example says that nobody made it: it is there to look at, and is not
	// exported.
	Example bool
	// Origin belongs to the service that made the result, and keeps Held bytes
	// beside Cell.
	Origin any
	Held   int
}

// ExportOptions say how a result is written. The path's extension decides
// between PNG and TIFF.
type ExportOptions struct {
	// Depth is bits per channel, 8 or 16.
	Depth int
	// Clean leaves prompt and seed out of the file.
	Clean bool
}

// Exported says what was written.
type Exported struct {
	// Files are in the order in which a designer looks for them.
	Files []ExportedFile
	// Warnings go with the files: a seam over the limit, a DPI that is only a
	// label.
	Warnings []string
}

// ExportedFile is one written file and what it is for.
type ExportedFile struct{ Path, What string }

// Model is an installed model.
type Model struct {
	ID, Name string
	// Note is one sentence on what it is good for; FirstLook marks one that is
	// not good enough yet, and says so on the screen.
	Note      string
	FirstLook bool
	// Steps and Guidance are its defaults.
	Steps    int
	Guidance float64
	// Samplers are those it can run with, its own first.
	Samplers []string
	// Positions names its palette, ground first; empty when it makes pictures.
	Positions []string
	// FromPicture says that it can start from a picture.
	FromPicture bool
}

// Device is something that a model can run on.
type Device struct {
	ID, Name string
	// Memory is bytes, 0 when the system does not tell.
	Memory int64
	// Unavailable is why it cannot be used, empty when it can.
	Unavailable string
}
