package certificate

import (
	"encoding/json"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Birth is what a certificate tells of one version of a pattern.
type Birth struct {
	Pattern     Pattern      `json:"pattern"`
	Models      []Model      `json:"models,omitempty"`
	Generations []Generation `json:"generations,omitempty"`
	Inputs      []Input      `json:"inputs,omitempty"`
	Edits       []Edits      `json:"edits,omitempty"`
	Authorship  *Authorship  `json:"authorship,omitempty"`
	Milestones  []Milestone  `json:"milestones,omitempty"`
	Software    Software     `json:"software"`
	Device      string       `json:"device,omitempty"` // on which models and edits ran
	Inclusion   *Inclusion   `json:"inclusion,omitempty"`
	// Statements say what the certificate is, and what it is not. New puts those of
	// Statements before whatever there is.
	Statements []string `json:"statements"`
}

// Pattern is what was born.
type Pattern struct {
	ID       string    `json:"patternID"`
	Name     string    `json:"name,omitempty"`
	Version  blob.Hash `json:"version"` // over all operations that led to it
	Pictures []Picture `json:"pictures"`
}

// Picture is a file of the pattern, or its cell.
type Picture struct {
	Hash      blob.Hash `json:"hash"`
	MediaType string    `json:"mediaType,omitempty"` // image/png…
	Width     int       `json:"width,omitempty"`     // pixels
	Height    int       `json:"height,omitempty"`    // pixels
}

// Model is a model that took part.
type Model struct {
	Name          string         `json:"name"`
	Weights       blob.Hash      `json:"weights"` // by which generations name it
	Card          blob.Hash      `json:"card"`    // the model card
	License       string         `json:"licence"`
	CommercialUse string         `json:"commercialUse,omitempty"` // yes, no, unknown
	Lineage       record.Lineage `json:"lineage"`
	// Training says in words what it learned from; Lineage says how that is known.
	Training string `json:"training,omitempty"`
}

// Generation is one request to a model that the pattern comes from.
type Generation struct {
	Entry    blob.Hash   `json:"entry"` // of the request, in the ledger
	Model    blob.Hash   `json:"model"` // Model.Weights
	LoRAs    []blob.Hash `json:"loras,omitempty"`
	Mode     string      `json:"mode"` // generate, vary, inpaint, upscale
	Prompt   *Secret     `json:"prompt,omitempty"`
	Negative *Secret     `json:"negativePrompt,omitempty"`
	Seed     *Secret     `json:"seed,omitempty"`
	Sampler  string      `json:"sampler,omitempty"`
	Steps    int         `json:"steps,omitempty"`
	Guidance string      `json:"guidance,omitempty"` // decimal
	Strength string      `json:"strength,omitempty"` // decimal
}

// Secret is a value that is withheld behind its commitment, or disclosed beside it.
type Secret struct {
	Commitment blob.Hash `json:"commitment"`
	Opening    *Opening  `json:"opening,omitempty"`
}

// Opening is what a commitment was made of; record.Opening says how.
type Opening struct {
	Salt  []byte          `json:"salt"`
	Value json.RawMessage `json:"value"`
}

// Withheld is the commitment alone.
func Withheld(s record.Sealed) *Secret {
	if s.IsZero() {
		return nil
	}
	return &Secret{Commitment: s.Commitment}
}

// Disclosed is the commitment with what opens it.
func Disclosed(o record.Opening) *Secret {
	return &Secret{o.Commitment, &Opening{o.Salt, o.Value}}
}

// Text is the disclosed value where it is a text, and its JSON otherwise; empty where
// it is withheld.
func (s *Secret) Text() string {
	if s == nil || s.Opening == nil {
		return ""
	}
	o := record.Opening{Value: s.Opening.Value}
	return o.Text()
}

// check opens what is disclosed. The error is a *record.OpeningError.
func (s *Secret) check() error {
	if s == nil || s.Opening == nil {
		return nil
	}
	value, err := record.Canonical(s.Opening.Value)
	if err != nil {
		return &record.OpeningError{Commitment: s.Commitment, Reason: err.Error()}
	}
	o := record.Opening{Commitment: s.Commitment, Salt: s.Opening.Salt, Value: value}
	return o.Check()
}

// Input is a picture that came from elsewhere, with what its bringer states.
type Input struct {
	Hash   blob.Hash `json:"hash"`
	Name   string    `json:"name,omitempty"`
	Origin string    `json:"origin"` // own, import, model, rule: as stated
	Author string    `json:"author,omitempty"`
	Rights string    `json:"rights,omitempty"`
}

// Edits counts the edits of one class.
type Edits struct {
	Class record.Class `json:"class"`
	Count int          `json:"count"`
}

// Authorship has the facts of the map of who made each pixel, in thousandths of the
// cell, 1000 together. Shares computes them.
type Authorship struct {
	Map    blob.Hash `json:"map"` // the map itself, among the blobs
	Person int       `json:"pixelsByPerson"`
	Model  int       `json:"pixelsByModel"`
	Rule   int       `json:"pixelsByRule"`
	Import int       `json:"pixelsByImport"`
	Nobody int       `json:"pixelsByNobody"` // blank
}

// Shares turns counts of pixels into thousandths that add up to 1000: each is rounded
// down, and what is left goes to the largest remainders. Counts below 0 are 0; without
// any, all is nobody's.
func Shares(chart blob.Hash, person, model, rule, imported, nobody int64) Authorship {
	a := Authorship{Map: chart}
	counts := []int64{person, model, rule, imported, nobody}
	shares := []*int{&a.Person, &a.Model, &a.Rule, &a.Import, &a.Nobody}
	var all int64
	for i := range counts {
		// More pixels than this no picture has, and their sum times 1000 still fits.
		counts[i] = min(max(counts[i], 0), 1<<50)
		all += counts[i]
	}
	if all == 0 {
		a.Nobody = whole
		return a
	}
	left := whole
	for i, c := range counts {
		*shares[i] = int(c * whole / all)
		left -= *shares[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i, c := range counts {
			if rest := c*whole - int64(*shares[i])*all; rest > counts[best]*whole-int64(*shares[best])*all {
				best = i
			}
		}
		*shares[best]++
	}
	return a
}

// whole is the sum of the shares of Authorship.
const whole = 1000

// Milestone is a state that somebody signed.
type Milestone struct {
	Stage  string    `json:"stage"`  // concept, draft, review, approved
	Signer string    `json:"signer"` // did:key of the person
	Role   string    `json:"role,omitempty"`
	Entry  blob.Hash `json:"entry"` // in the ledger
	// Time is by the clock of whoever recorded it, UTC.
	Time Time `json:"time"`
}

// Software is the program that saw all of this.
type Software struct {
	Name    string `json:"name"`
	Version string `json:"softwareVersion"`
}

// Time is UTC to the second, written as RFC 3339 with a Z.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05Z"

// At is t to the second.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Second)} }

func (t Time) String() string { return t.UTC().Format(timeLayout) }

// MarshalText writes String.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON is here so that time.Time's own, which has fractions, is not used.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	at, err := time.Parse(timeLayout, s)
	if err != nil {
		return &FormatError{Reason: "a time is written as 2006-01-02T15:04:05Z", Where: s}
	}
	t.Time = at
	return nil
}
