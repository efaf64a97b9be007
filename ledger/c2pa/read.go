package c2pa

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"slices"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
)

// State is the verdict on a file.
type State string

// The verdicts.
const (
	Valid   State = "Valid"   // signed, and unchanged since
	Invalid State = "Invalid" // something is not as it was signed
	Error   State = "Error"   // there is no manifest, or it cannot be read
)

// Report is what a file's manifests say, and whether that can be believed.
type Report struct {
	State State
	// Trusted reports that the active manifest's signer hangs on a trusted root and
	// nothing failed.
	Trusted bool
	// Failures are the codes of what failed, each once, in alphabetical order:
	// those of C2PA 15.2.2, or for the state Error one Fault. A signer whom nobody
	// trusts fails with "signingCredential.untrusted" and is Valid all the same.
	Failures []string
	// Manifests is how many manifests the store holds; 0 for the state Error.
	Manifests int
	// Detail says for a person why the state is Error; empty otherwise.
	Detail string

	Format   string   // media type of the file, "image/png"; empty where it is not known
	Statuses []Status // all that was found
	Stored   []Stored // the manifests in the order of the file, the active one last
	Range    [2]int64 // first byte and length of the store's container in the file
	store    *store   // for Sign, which carries it over
	format   embed.Format
}

// Active is the active manifest; nil for the state Error.
func (r *Report) Active() *Stored {
	if len(r.Stored) == 0 {
		return nil
	}
	return &r.Stored[len(r.Stored)-1]
}

// Stored is a manifest that was read.
type Stored struct {
	Label      string // its URN
	Version    int    // of the claim: 1 or 2
	Update     bool   // an update manifest
	Title      string
	Format     string // media type; of claim v1
	InstanceID string
	Generator  string // the program that made it, with its version
	Assertions []Assertion
	// Ingredients and Actions are among the assertions, too.
	Ingredients []FoundIngredient
	Actions     []FoundAction
	Redacted    []string   // URIs of assertions of earlier manifests
	Signature   *Signature // nil where the manifest was not reached
}

// Assertion is one assertion of a manifest.
type Assertion struct {
	Label string
	// Created says that the claim's own program vouches for it, and has not only
	// gathered it. Always so in claims of version 1.
	Created bool
	// Value is CBOR or JSON as encoding/json would give it: maps have text for
	// keys; byte strings are []byte. Nil for a file.
	Value any
	// MediaType and Data are of a file, such as a thumbnail; the memory is shared.
	MediaType string
	Data      []byte
}

// FoundIngredient is an ingredient of a manifest.
type FoundIngredient struct {
	Label        string // of its assertion
	Title        string
	Format       string // media type
	InstanceID   string
	Description  string
	Relationship Relationship
	Manifest     string // label of its active manifest in the store; empty without one
}

// FoundAction is one action of a manifest.
type FoundAction struct {
	Action      string // "c2pa.edited"
	SourceType  string // an IPTC digital source type; often empty
	Description string
	When        string // RFC 3339, as the claim has it
	Ingredients []string
}

// Signature is who signed a manifest, and when.
type Signature struct {
	Algorithm    string // "ES256"
	CommonName   string
	Organization string
	Chain        []*x509.Certificate // the signer's own first
	Valid        bool                // the signature is of this claim
	Trusted      bool                // the chain hangs on a trusted root
	Stamp        *Stamped            // nil without a time stamp
}

// Read reads the manifests of a PNG, JPEG or TIFF file, and judges them. What is
// wrong with the file is in the report; the error is the context's, or the reader's
// own.
func Read(ctx context.Context, r io.ReaderAt, size int64, trust Trust) (*Report, error) {
	report := &Report{}
	err := report.read(ctx, r, size, trust)
	var stop *faultError
	switch {
	case err == nil:
		return report, nil
	case errors.As(err, &stop):
		return &Report{State: Error, Failures: []string{string(stop.fault)}, Detail: stop.reason, Format: report.Format}, nil
	default:
		return nil, err
	}
}

func (r *Report) read(ctx context.Context, in io.ReaderAt, size int64, trust Trust) error {
	format, err := embed.Detect(in, size)
	if err != nil {
		return fileFault(err)
	}
	r.Format, r.format = format.MediaType(), format
	found, err := embed.Find(in, size, format)
	if err != nil {
		return fileFault(err)
	}
	r.Range = [2]int64{found.Range.Start, found.Range.Length}
	l := &log{}
	s, err := readStore(found.Data, l)
	if err != nil {
		return err
	}
	v := &validation{
		log: l, ctx: ctx, store: s, trust: trust, in: in, size: size, format: format, found: found.Range,
		signers: map[string]*Signature{},
	}
	if err := v.run(); err != nil {
		return fileFault(err)
	}
	r.store = s
	r.describe(v)
	r.judge(v)
	return nil
}

// fileFault gives what is wrong with a file its name.
func fileFault(err error) error {
	var bad *embed.Error
	if !errors.As(err, &bad) {
		return err
	}
	f := FaultOther
	switch bad.Problem {
	case embed.Unsupported:
		f = FaultNotSupported
	case embed.NoManifest:
		f = FaultManifestNotFound
	case embed.ManyManifests:
		f = FaultManifest
	case embed.CutOff:
		f = FaultIO
	case embed.Malformed:
	}
	return fault(f, "%v", err)
}

// judge draws the verdict from what was found.
func (r *Report) judge(v *validation) {
	r.Statuses = relevant(v)
	active := func(code string) bool {
		return slices.ContainsFunc(r.Statuses, func(s Status) bool {
			return s.Outcome == Success && s.Code == code && s.Ingredient == ""
		})
	}
	r.Failures = codes(r.Statuses)
	r.State = Invalid
	tolerated := !slices.ContainsFunc(r.Failures, func(code string) bool { return code != codeCredentialUntrusted })
	if tolerated && active(codeSignatureValidated) && active(codeSignatureInsideValidity) {
		r.State = Valid
		r.Trusted = len(r.Failures) == 0 && active(codeCredentialTrusted)
	}
}

// relevant leaves out what an ingredient says already that was found about it when it
// was taken in.
func relevant(v *validation) []Status {
	label := v.store.active().label
	var known []Status
	for _, m := range v.store.manifests {
		for _, a := range m.ingredients() {
			if in, err := a.ingredient(); err == nil {
				known = append(known, in.known()...)
			}
		}
	}
	var out []Status
	for _, s := range v.items {
		of, ok := manifestOf(s.URL)
		same := func(k Status) bool { return k.Code == s.Code && k.URL == s.URL && k.Outcome == s.Outcome }
		// What was wrong with the file itself before is no excuse for what it is now.
		binding := s.Code == codeDataHashMismatch || s.Code == codeBoxHashMismatch
		if ok && of == label || binding || !slices.ContainsFunc(known, same) {
			out = append(out, s)
		}
	}
	return out
}

// describe turns the manifests into what a caller sees. One that cannot be shown is
// a failure of its own.
func (r *Report) describe(v *validation) {
	seen := map[string]bool{}
	for _, m := range v.store.manifests {
		if m = v.store.get(m.label); seen[m.label] {
			continue
		}
		seen[m.label] = true
		if code, err := v.store.showable(m); err != nil {
			v.fail(code, manifestURI(m.label), "the manifest cannot be shown: %v", err)
			continue
		}
		r.Manifests++
		r.Stored = append(r.Stored, m.stored(v.signers[m.label]))
	}
}

// showable says whether all that a manifest refers to is there, and of its shape; if
// not, the code says what is missing.
func (s *store) showable(m *manifest) (code string, err error) {
	for _, g := range m.claim.generators {
		if g.icon != nil && m.get(g.icon.URL) == nil && !m.databoxes[lastPart(g.icon.URL)] {
			return codeAssertionMissing, fault(FaultAssertionNotFound, "an icon is missing")
		}
	}
	for _, ref := range m.claim.assertions() {
		if label, absolute := manifestOf(ref.URL); absolute && s.get(label) == nil {
			return codeClaimMissing, fault(FaultManifestNotFound, "the manifest %s is missing", label)
		}
	}
	for _, a := range m.assertions {
		if err := a.shaped(); err != nil {
			var stop *faultError
			if errors.As(err, &stop) && stop.fault == FaultDecoding {
				return codeAssertionRequiredMissing, err
			}
			return codeGeneralError, err
		}
	}
	return "", nil
}

// shaped says whether an assertion that has a shape is of it.
func (a *assertion) shaped() (err error) {
	switch {
	case a.base == labelDataHash, a.base == labelBoxHash, a.base == labelBMFFHash:
	case a.base == labelActions:
		_, err = a.actions()
	case a.base == labelIngredient:
		_, err = a.ingredient()
	case a.content == "cbor":
		err = readable(a.data)
	case a.content == "json" && a.value() == nil:
		err = fault(FaultDecoding, "the assertion %s is no JSON", a.label)
	}
	return err
}

func (m *manifest) stored(signer *Signature) Stored {
	out := Stored{
		Label: m.label, Version: m.claim.version, Update: m.update, Title: m.claim.title, Format: m.claim.format,
		InstanceID: m.claim.instanceID, Generator: m.claim.generator, Redacted: m.claim.redacted, Signature: signer,
	}
	if len(m.claim.generators) > 0 {
		g := m.claim.generators[0]
		out.Generator = g.Name
		if g.Version != "" {
			out.Generator += " " + g.Version
		}
	}
	for _, a := range m.assertions {
		shown := Assertion{Label: a.label, Created: a.created, Value: a.value()}
		if a.content == "file" {
			shown.MediaType, shown.Data = a.media, a.data
		}
		out.Assertions = append(out.Assertions, shown)
		switch a.base {
		case labelIngredient:
			if in, err := a.ingredient(); err == nil {
				out.Ingredients = append(out.Ingredients, in.found(a.label))
			}
		case labelActions:
			if list, err := a.actions(); err == nil {
				out.Actions = append(out.Actions, list.found()...)
			}
		}
	}
	return out
}

func (in *ingredient) found(label string) FoundIngredient {
	out := FoundIngredient{
		Label: label, Title: in.title, Format: in.format, InstanceID: in.instanceID, Description: in.description,
		Relationship: in.relationship,
	}
	if in.manifest != nil {
		out.Manifest = manifestPath(in.manifest.URL)
	}
	return out
}

func (l *actions) found() []FoundAction {
	var out []FoundAction
	for _, a := range l.actions {
		f := FoundAction{Action: a.name, SourceType: a.sourceType, Description: a.description, When: a.when}
		if a.parameters != nil {
			for _, ref := range a.parameters.references() {
				f.Ingredients = append(f.Ingredients, lastPart(ref.URL))
			}
		}
		out = append(out, f)
	}
	return out
}
