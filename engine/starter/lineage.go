package starter

import (
	"encoding/json"
	"fmt"
)

// Lineage is what the training wrote down of itself, from lineage.json: what
// has to be drawn again, and run again, to come to the same model.
type Lineage struct {
	Name    string `json:"name"`
	Written string `json:"written"` // RFC 3339
	What    string `json:"what"`
	Data    Data   `json:"data"`
	// Architecture is the configuration of unet, vae and text_encoder.
	Architecture map[string]json.RawMessage `json:"architecture"`
	Parameters   map[string]int64           `json:"parameters"`
	Training     Training                   `json:"training"`
	// Software is what computed the export, by name and version.
	Software map[string]string `json:"software"`
	Results  Results           `json:"results"`
	Weights  map[string]Weight `json:"weights"`
	Bytes    int64             `json:"bytes"` // of all weights
}

// Data is the corpus. Seeds FirstSeed to FirstSeed+Drawings-1 were drawn, in
// the families of Chosen, by rules of version Rules.
type Data struct {
	What      string   `json:"what"`
	Rules     int      `json:"rules"`
	FirstSeed uint64   `json:"first_seed"`
	Drawings  int      `json:"drawings"`
	Size      int      `json:"size"` // side of the pictures in pixels
	Chosen    []string `json:"chosen_families"`
	// Figures is how many forms each motif has (corpus.Options.Figures); 0 is one
	// of its own for each drawing.
	Figures int `json:"figures"`
	// Group says that they are groups of drawings (corpus.Options.Group).
	Group bool `json:"group,omitempty"`
	// PassedOver says which of the drawings were not learned from, and Used how
	// many are left.
	PassedOver string `json:"passed_over"`
	Used       int    `json:"used"`
	Block      int    `json:"block"` // drawings to a block of the hash
	// Hash says how the hashes are taken; all are lower-case hexadecimal SHA-256.
	Hash        string `json:"hash"`
	SliceCount  int    `json:"slice"` // first drawings, for a check that takes no time
	SliceSHA256 string `json:"slice_sha256"`
	FirstBlock  string `json:"first_block_sha256"`
	Corpus      string `json:"corpus_sha256"`
	KeptOut     string `json:"captions_kept_out"`
	HeldOut     string `json:"held_out"`
	// Families counts the drawings that are left of each.
	Families map[string]int    `json:"families"`
	AlsoRead map[string]string `json:"also_read"`
	// Earlier are the corpora that the training learned from before this one, the
	// first first; Until is the step at which it left each of them.
	Earlier []Data `json:"earlier,omitempty"`
	Until   int    `json:"until,omitempty"`
}

// Training is the run.
type Training struct {
	Seed        int64          `json:"seed"`
	Plan        map[string]any `json:"plan"` // the hyperparameters
	Steps       int            `json:"steps"`
	Samples     int64          `json:"samples"`
	Hours       float64        `json:"hours"`
	Sessions    []Session      `json:"sessions"`
	Loss        float64        `json:"loss"`
	Autoencoder map[string]any `json:"autoencoder"`
	// Critic is what the critic names right, of drawings that it never saw and of
	// their round trips, by question.
	Critic map[string]map[string]Share `json:"critic"`
}

// Session is one stretch of the training without a break.
type Session struct {
	Began     string            `json:"began"` // RFC 3339
	On        string            `json:"on"`    // the processor
	Seconds   float64           `json:"seconds"`
	From      int               `json:"from"`                // step
	Rate      float64           `json:"rate,omitempty"`      // the highest of its plan, which a later session may have another of
	Planned   int               `json:"planned,omitempty"`   // steps of its plan
	Optimizer string            `json:"optimizer,omitempty"` // AdamW where nothing is said
	Software  map[string]string `json:"software"`
}

// Results are the judge's: shares of what prompts ask for that its classifier
// found in the pictures. Both are empty before it has looked.
type Results struct {
	AtStep     int         `json:"at_step"`
	Evaluation *Evaluation `json:"evaluation"`
}

// Evaluation is the judge's table. Rows go by name, then by question: family,
// layout, positions, scale.
type Evaluation struct {
	Prompts  int     `json:"prompts"`
	Steps    int     `json:"steps"`
	Guidance float64 `json:"guidance"`
	// Tries is how many samples of a prompt the critic looked at on average.
	Tries float64                     `json:"tries"`
	Rows  map[string]map[string]Share `json:"rows"`
	Order []string                    `json:"order"` // of the rows
	// Families says of each how many of its pictures were named right, and how
	// many there were.
	Families map[string][2]int `json:"families"`
}

// Share is how many of the pictures were named right; Right is nil where none
// was asked.
type Share struct {
	Right *float64 `json:"right"`
	Asked int      `json:"asked"`
}

// Weight is one file of weights.
type Weight struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // lower-case hexadecimal
}

// OpenLineage reads the lineage of the model.
func OpenLineage() (*Lineage, error) {
	b, err := readFile("lineage.json")
	if err != nil {
		return nil, err
	}
	var l Lineage
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("starter: lineage.json: %w", err)
	}
	return &l, nil
}
