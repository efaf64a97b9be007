package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strconv"

	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// This file says what the ledger records of a generation.

// Software is how the program calls itself in records and certificates.
func Software() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return "Selvage " + info.Main.Version
	}
	return "Selvage"
}

// hashOfHex reads a hash that the engine writes in bare hexadecimal; one that is
// missing is the zero hash.
func hashOfHex(digits string) (h blob.Hash) {
	if b, err := hex.DecodeString(digits); err == nil && len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// lineageOf says how it is known what a model learned from. The starter's training
// is ours, and its card draws the same corpus again.
func lineageOf(name string, c weights.Card) record.Lineage {
	switch {
	case name == starter.Name:
		return record.LineageProved
	case c.TrainingData == "" || c.TrainingData == "unknown":
		return record.LineageUnknown
	}
	return record.LineageDeclared
}

// modelAct registers a model as it is now. card is where its card lies.
func modelAct(name string, c weights.Card, whole string, card blob.Hash) record.Draft {
	m := &record.Model{
		Card: card, CommercialUse: string(c.CommercialUse), Licence: c.Licence, Lineage: lineageOf(name, c),
		Name: c.Name, Weights: hashOfHex(whole), Files: []record.ModelFile{},
	}
	for _, f := range c.Files {
		m.Files = append(m.Files, record.ModelFile{Bytes: f.Size, Hash: hashOfHex(f.SHA256), Name: f.Path})
	}
	return record.Draft{Subjects: []string{m.Weights.String()}, Body: m}
}

// promptAct is a version of the words; the subject is what finds the next one.
func promptAct(r Request, previous *blob.Hash, version int) (record.Draft, error) {
	p := &record.Prompt{Previous: previous, Version: version}
	var err error
	if p.Prompt, err = record.SealText(r.Prompt); err != nil {
		return record.Draft{}, err
	}
	if p.Negative, err = record.SealText(r.Negative); err != nil {
		return record.Draft{}, err
	}
	return record.Draft{Body: p}, nil
}

// requestedAct is a person's request to a model.
func requestedAct(r Request, mode, pattern string, prompt blob.Hash) (record.Draft, error) {
	q := &record.Requested{
		Count: max(1, r.Count), Device: r.Device, Width: r.Width, Height: r.Height, Mode: mode, Pattern: pattern,
		Model: hashOfHex(r.ModelHash), Prompt: prompt, Repeat: r.Repeat.String(), Sampler: r.Sampler, Software: Software(), Steps: r.Steps,
		Guidance: decimal(r.Guidance), Strength: decimal(r.Strength),
	}
	for _, f := range []*File{r.Init, r.Mask, r.Control} {
		if f == nil {
			continue
		}
		if h, err := blob.Parse(f.Path); err == nil {
			q.Inputs = append(q.Inputs, h)
		} else if h := hashOfHex(f.SHA256); h != (blob.Hash{}) {
			q.Inputs = append(q.Inputs, h)
		}
	}
	for _, l := range r.LoRAs {
		q.LoRAs = append(q.LoRAs, hashOfHex(l.SHA256))
	}
	whole, err := exactJSON(r)
	if err != nil {
		return record.Draft{}, err
	}
	if q.Request, err = record.Seal(whole); err != nil {
		return record.Draft{}, err
	}
	if q.Seed, err = record.Seal(strconv.FormatUint(r.Seed, 10)); err != nil {
		return record.Draft{}, err
	}
	subjects := []string{q.Model.String()}
	if pattern != "" {
		subjects = append(subjects, pattern)
	}
	return record.Draft{Subjects: subjects, Body: q}, nil
}

// decimal writes a fraction as records have it; nothing for 0.
func decimal(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// exactJSON is v with its numbers as texts, since records hold no fractions and no
// integer that a double rounds.
func exactJSON(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("session: the request cannot be recorded: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var out any
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("session: the request cannot be recorded: %w", err)
	}
	return numbersAsTexts(out), nil
}

func numbersAsTexts(v any) any {
	switch x := v.(type) {
	case json.Number:
		return x.String()
	case []any:
		for i := range x {
			x[i] = numbersAsTexts(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = numbersAsTexts(x[k])
		}
	}
	return v
}
