package certificate_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/certificate"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

func maker() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)) }

func makerDID() string { return identity.DID(maker().Public().(ed25519.PublicKey)) }

func noon() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }

func sealed(t testing.TB, value any) record.Sealed {
	t.Helper()
	s, err := record.Seal(value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// logged puts an entry into a log of its own, and makes the proof.
func logged(t testing.TB) (*certificate.Inclusion, note.Verifier) {
	t.Helper()
	log := blob.Of([]byte("a log"))
	leaf := blob.Of([]byte("an entry"))
	skey, vkey, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{5}, 64)), tree.Origin(log))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	head := tree.Head{Origin: tree.Origin(log), Size: 1, Root: leaf, Time: record.Time{At: noon(), Clock: record.LocalClock}}
	signed, err := head.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	proof := tree.Proof{Index: 0, Head: signed}
	return &certificate.Inclusion{Entry: leaf, Origin: head.Origin, Proof: string(proof.Marshal())}, verifier
}

// withModel is a birth with everything in it.
func withModel(t testing.TB) certificate.Birth {
	t.Helper()
	weights := blob.Of([]byte("weights"))
	prompt, seed := sealed(t, "peonies on <ink>, “dense” 牡丹\u2028"), sealed(t, 4711)
	inclusion, _ := logged(t)
	chart := certificate.Shares(blob.Of([]byte("map")), 611, 302, 0, 87, 0)
	return certificate.Birth{
		Pattern: certificate.Pattern{
			ID: "p-7f21ac", Name: "Pæonia & friends", Version: blob.Of([]byte("version")),
			Pictures: []certificate.Picture{{Hash: blob.Of([]byte("picture")), MediaType: "image/png", Width: 2048, Height: 1024}},
		},
		Models: []certificate.Model{{
			Name: "Starter", Weights: weights, Card: blob.Of([]byte("card")), License: "Apache-2.0", CommercialUse: "yes",
			Lineage: record.LineageProved, Training: "drawings by rule",
		}},
		Generations: []certificate.Generation{{
			Entry: blob.Of([]byte("request")), Model: weights, Mode: "generate", Prompt: certificate.Disclosed(*prompt.Opening()),
			Negative: certificate.Withheld(sealed(t, "text")), Seed: certificate.Disclosed(*seed.Opening()), Sampler: "dpm++ 2m", Steps: 28, Guidance: "6.5",
		}},
		Inputs:     []certificate.Input{{Hash: blob.Of([]byte("scan")), Name: "leaf.tif", Origin: "own", Author: "Ida", Rights: "all mine"}},
		Edits:      []certificate.Edits{{Class: record.Drawn, Count: 41}, {Class: record.ByModel, Count: 2}},
		Authorship: &chart,
		Milestones: []certificate.Milestone{{Stage: "approved", Signer: makerDID(), Role: "designer", Entry: blob.Of([]byte("stone")), Time: certificate.At(noon())}},
		Software:   certificate.Software{Name: "Selvage", Version: "1.0.0"},
		Device:     "CPU, 2 cores",
		Inclusion:  inclusion,
		Statements: []string{"Made for the spring collection."},
	}
}

// byHand is the least that a birth says.
func byHand() certificate.Birth {
	return certificate.Birth{
		Pattern:  certificate.Pattern{ID: "p-1", Version: blob.Of([]byte("version")), Pictures: []certificate.Picture{{Hash: blob.Of([]byte("picture"))}}},
		Edits:    []certificate.Edits{{Class: record.Drawn, Count: 3}},
		Software: certificate.Software{Name: "Selvage", Version: "1.0.0"},
	}
}

func issue(t testing.TB, b certificate.Birth) []byte {
	t.Helper()
	c, err := certificate.New(b)
	if err != nil {
		t.Fatal(err)
	}
	text, err := certificate.Sign(c, maker(), noon(), "")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// change edits the JSON of a certificate.
func change(t testing.TB, text []byte, edit func(map[string]any)) []byte {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	edit(v)
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// resign changes a certificate and signs it anew, as a dishonest issuer could.
func resign(t testing.TB, text []byte, edit func(map[string]any)) []byte {
	t.Helper()
	out, err := certificate.AddProof(change(t, text, func(v map[string]any) { delete(v, "proof"); edit(v) }), maker(), noon(), "")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func subject(v map[string]any) map[string]any { return v["credentialSubject"].(map[string]any) }
