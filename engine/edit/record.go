package edit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format is the first member of a record. Members that this version does not
// know are kept; what may not be read without being understood gets another name.
const Format = "selvage pattern 1"

// The stored form of a document.
const (
	pageSteps = 32       // a page is full with this many steps,
	pageBytes = 64 << 10 // or with this many bytes
	// No part is read that is larger than what Save can write.
	maxPage   = pageBytes + MaxParams + 1<<16
	maxRecord = 32 << 20
)

// page names a blob of full steps.
type page struct {
	Blob  Hash `json:"blob"`
	Steps int  `json:"steps"`
}

// record is the root of a document: small, and the one thing that changes.
type record struct {
	Format      string            `json:"format"`
	Pages       []page            `json:"pages"`
	Tail        []json.RawMessage `json:"tail"`
	Branches    []Branch          `json:"branches"`
	Branch      string            `json:"branch"`
	Current     Hash              `json:"current"`
	Checkpoints []Checkpoint      `json:"checkpoints,omitempty"`
}

type storedStep struct {
	Version Hash            `json:"version"`
	Parent  *Hash           `json:"parent,omitempty"`
	Kind    string          `json:"kind"`
	Params  json.RawMessage `json:"params"`
	Meta
}

func encodeStep(s *Step) ([]byte, error) {
	j := storedStep{Version: s.Version, Kind: s.Kind, Params: s.Params, Meta: s.Meta}
	if !s.Parent.Zero() {
		j.Parent = &s.Parent
	}
	data, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("edit: the step cannot be stored: %w", err)
	}
	// Canonical JSON has no line break, so that a page is a step on each line.
	return Canonical(data)
}

// addStored checks a stored step against the steps before it and adds it.
func (d *Document) addStored(raw []byte, tail bool) error {
	part := fmt.Sprintf("step %d", len(d.steps)+1)
	if len(d.steps) >= MaxSteps {
		return &RecordError{part, fmt.Sprintf("there are more than %d", MaxSteps)}
	}
	canonical, err := Canonical(raw)
	if err != nil {
		return &RecordError{part, err.Error()}
	}
	var j storedStep
	if err := json.Unmarshal(canonical, &j); err != nil {
		return &RecordError{part, err.Error()}
	}
	s := &Step{Version: j.Version, Ordinal: 1, Kind: j.Kind, Params: j.Params, Meta: j.Meta}
	if j.Parent != nil {
		p, known := d.index[*j.Parent]
		if !known {
			return &RecordError{part, fmt.Sprintf("its parent %v does not come before it", *j.Parent)}
		}
		s.Parent, s.Ordinal = p.Version, p.Ordinal+1
	} else if len(d.steps) > 0 {
		return &RecordError{part, "it has no parent, as only the first may"}
	}
	switch {
	case s.Kind == "" || len(s.Kind) > 100:
		return &RecordError{part, "its kind is no name"}
	case len(s.Params) > MaxParams:
		return &RecordError{part, fmt.Sprintf("its parameters have %d bytes, more than %d", len(s.Params), MaxParams)}
	case len(s.Params) == 0 || s.Params[0] != '{':
		return &RecordError{part, "its parameters are no object"}
	case VersionOf(s.Parent, s.Kind, s.Params) != s.Version:
		return &RecordError{part, fmt.Sprintf("what it does does not hash to its version %v; it was changed or damaged", s.Version)}
	case d.index[s.Version] != nil:
		return &RecordError{part, "it is there twice"}
	}
	if tail {
		s.raw = canonical
	}
	d.insert(s)
	return nil
}

// Save stores what is new and returns the document's record, which is small, and
// which the caller puts in the place of the old one in a single step: rename a
// file over it, or commit a row. Blobs are only ever added, so a crash at any
// point leaves either the old record with all that it names, or the new one with
// all that it names. Every blob has reached store when Save returns; the store
// answers for its having reached the disk.
func (d *Document) Save(ctx context.Context, store Store) ([]byte, error) {
	if err := d.fillPages(ctx, store); err != nil {
		return nil, err
	}
	r := record{
		Format: Format, Pages: d.pages, Tail: []json.RawMessage{}, Branches: d.branches,
		Branch: d.branch, Current: d.current, Checkpoints: d.checkpoints,
	}
	if r.Pages == nil {
		r.Pages = []page{}
	}
	for _, s := range d.steps[d.paged:] {
		r.Tail = append(r.Tail, s.raw)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("edit: the record cannot be stored: %w", err)
	}
	if len(d.extra) > 0 {
		all := map[string]json.RawMessage{}
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, fmt.Errorf("edit: the record cannot be stored: %w", err)
		}
		for name, value := range d.extra {
			all[name] = value
		}
		if data, err = json.Marshal(all); err != nil {
			return nil, fmt.Errorf("edit: the record cannot be stored: %w", err)
		}
	}
	return Canonical(data)
}

// fillPages moves steps from the record's tail to pages as these get full.
func (d *Document) fillPages(ctx context.Context, store Store) error {
	for {
		var text []byte
		n, full := 0, false
		for _, s := range d.steps[d.paged:] {
			text = append(append(text, s.raw...), '\n')
			n++
			if full = n == pageSteps || len(text) >= pageBytes; full {
				break
			}
		}
		if !full {
			return nil
		}
		blob, err := store.Put(ctx, text)
		if err != nil {
			return fmt.Errorf("edit: the document was not saved: %w", err)
		}
		d.pages = append(d.pages, page{blob, n})
		for _, s := range d.steps[d.paged : d.paged+n] {
			s.raw = nil
		}
		d.paged += n
	}
}

// Load reads a document from its record and the pages that it names. Every step
// is checked against its hash. The error is a *RecordError, or what blobs says.
func Load(ctx context.Context, rec []byte, blobs Blobs) (*Document, error) {
	if len(rec) > maxRecord {
		return nil, &RecordError{"record", fmt.Sprintf("it has %d bytes, more than %d", len(rec), maxRecord)}
	}
	var all map[string]json.RawMessage
	var r record
	canonical, err := Canonical(rec)
	if err == nil {
		err = errors.Join(json.Unmarshal(canonical, &all), json.Unmarshal(canonical, &r))
	}
	if err != nil {
		return nil, &RecordError{"record", err.Error()}
	}
	if r.Format != Format {
		if strings.HasPrefix(r.Format, "selvage pattern ") {
			return nil, &RecordError{"record", fmt.Sprintf("its format is %q, made by a newer version; this one reads %q", r.Format, Format)}
		}
		return nil, &RecordError{"record", "it is no pattern document"}
	}
	d := newDocument()
	for i, p := range r.Pages {
		part := fmt.Sprintf("page %d", i+1)
		text, err := blobs.Blob(ctx, p.Blob)
		if err != nil {
			return nil, fmt.Errorf("edit: document: %s: %w", part, err)
		}
		if len(text) > maxPage {
			return nil, &RecordError{part, fmt.Sprintf("it has %d bytes, more than %d", len(text), maxPage)}
		}
		n := 0
		for line := range bytes.Lines(text) {
			if err := d.addStored(line, false); err != nil {
				return nil, err
			}
			n++
		}
		if n != p.Steps {
			return nil, &RecordError{part, fmt.Sprintf("it has %d steps where the record says %d", n, p.Steps)}
		}
		d.pages, d.paged = append(d.pages, p), d.paged+n
	}
	for _, raw := range r.Tail {
		if err := d.addStored(raw, true); err != nil {
			return nil, err
		}
	}
	if err := d.place(&r); err != nil {
		return nil, err
	}
	for _, known := range []string{"format", "pages", "tail", "branches", "branch", "current", "checkpoints"} {
		delete(all, known)
	}
	d.extra = all
	return d, nil
}

// place takes over branches, checkpoints and the current version.
func (d *Document) place(r *record) error {
	if len(d.steps) == 0 {
		return &RecordError{"record", "it has no steps"}
	}
	if d.index[r.Current] == nil {
		return &RecordError{"record", fmt.Sprintf("its current version %v is not there", r.Current)}
	}
	for _, b := range r.Branches {
		if b.Name == "" || len(b.Name) > 200 || !utf8.ValidString(b.Name) {
			return &RecordError{"branches", fmt.Sprintf("%q is no name", b.Name)}
		}
		if _, twice := d.find(b.Name); twice {
			return &RecordError{"branches", fmt.Sprintf("%q is there twice", b.Name)}
		}
		if d.index[b.Head] == nil {
			return &RecordError{"branches", fmt.Sprintf("%q ends at %v, which is not there", b.Name, b.Head)}
		}
		d.setBranch(b)
	}
	for _, c := range r.Checkpoints {
		if d.index[c.Version] == nil {
			return &RecordError{"checkpoints", fmt.Sprintf("version %v is not there", c.Version)}
		}
	}
	i, found := d.find(r.Branch)
	if !found || !d.isAncestor(r.Current, d.branches[i].Head) {
		return &RecordError{"record", fmt.Sprintf("its current version is not on its branch %q", r.Branch)}
	}
	d.checkpoints, d.branch, d.current = r.Checkpoints, r.Branch, r.Current
	d.coverLeaves()
	return nil
}

// coverLeaves names the lines of the tree that have no name, so that every
// version stays within reach whatever wrote the record.
func (d *Document) coverLeaves() {
	reached := make(map[Hash]bool, len(d.steps))
	mark := func(v Hash) {
		for s := d.index[v]; s != nil && !reached[s.Version]; s = d.index[s.Parent] {
			reached[s.Version] = true
		}
	}
	for _, b := range d.branches {
		mark(b.Head)
	}
	for i := len(d.steps) - 1; i >= 0; i-- {
		if s := d.steps[i]; !reached[s.Version] {
			d.leave(MainBranch, s.Version)
			mark(s.Version)
		}
	}
}

// Store keeps content by its hash.
type Store interface {
	Blobs
	// Put keeps data for ever, durably when it returns, and returns HashOf(data).
	// What is already there is left as it is.
	Put(ctx context.Context, data []byte) (Hash, error)
}
