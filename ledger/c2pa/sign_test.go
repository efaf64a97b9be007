package c2pa_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/image/tiff"

	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/c2pa/authority"
)

// studio is an authority and a signer below it.
type studio struct {
	root    *authority.Root
	rootKey crypto.Signer
	signer  c2pa.Signer
}

func newKey(t testing.TB, alg string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	if alg == "ES256" {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newStudio(t testing.TB, alg string) studio {
	t.Helper()
	rootKey := newKey(t, alg)
	root, err := authority.NewRoot(rootKey, authority.Name{Organization: "Studio Nord", CommonName: "Studio Nord root", Country: "NO"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, alg)
	cert, err := root.Issue(key.Public(), authority.Name{Organization: "Studio Nord", CommonName: "Content Credentials"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return studio{root, rootKey, c2pa.Signer{Key: key, Chain: []*x509.Certificate{cert}}}
}

func (s studio) trust() c2pa.Trust {
	return c2pa.Trust{Roots: []*x509.Certificate{s.root.Certificate}}
}

// pattern is a small picture that does not pack to nothing.
func pattern() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 48, 48))
	for y := range 48 {
		for x := range 48 {
			m.Set(x, y, color.RGBA{byte(x * y), byte(x ^ y), byte(5 * x), 255})
		}
	}
	return m
}

// plain is a picture without a manifest, by its extension.
func plain(t testing.TB, ext string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch ext {
	case "png":
		err = png.Encode(&b, pattern())
	case "jpg":
		err = jpeg.Encode(&b, pattern(), nil)
	case "tif":
		err = tiff.Encode(&b, pattern(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func formats() []string { return []string{"png", "jpg", "tif"} }

func thumbnail(t testing.TB) *c2pa.Thumbnail {
	t.Helper()
	return &c2pa.Thumbnail{MediaType: "image/png", Data: plain(t, "png")}
}

// created is the manifest of a pattern that a model made and a person edited.
func created() c2pa.Manifest {
	return c2pa.Manifest{
		Title:     "Rosebud, half-drop",
		Generator: c2pa.Generator{Name: "Selvage", Version: "0.3.0"},
		Ingredients: []c2pa.Ingredient{{
			Title: "loom-1.safetensors", Relationship: c2pa.InputTo, ID: "sha256:" + "ab12" + "00000000000000000000000000000000000000000000000000000000" + "cdef",
			Types: []string{"c2pa.types.model"}, Description: "The weights of the model, by their SHA-256.",
		}},
		Actions: []c2pa.Action{
			{Action: c2pa.Created, SourceType: c2pa.TrainedAlgorithmicMedia, When: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), Ingredients: []int{0}},
			{
				Action: c2pa.Edited, SourceType: c2pa.HumanEdits, When: time.Date(2026, 11, 20, 9, 41, 0, 0, time.UTC),
				Description: "34 strokes", Parameters: map[string]any{"studio.selvage.class": "drawing"},
			},
			{Action: c2pa.ColorAdjustments, SourceType: c2pa.HumanEdits},
		},
		Mining: &c2pa.Mining{
			DataMining: c2pa.Allowed, AIInference: c2pa.Constrained, AIGenerativeTraining: c2pa.NotAllowed, AITraining: c2pa.NotAllowed,
			Terms: "https://example.org/terms",
		},
		Custom: []c2pa.CustomJSON{{Label: "studio.selvage.certificate", JSON: []byte(`{"type":["VerifiableCredential"]}`)}},
	}
}

// opened is the manifest of a later version of a file.
func opened(from *c2pa.Report) c2pa.Manifest {
	return c2pa.Manifest{
		Title:       "Rosebud, mirrored",
		Generator:   c2pa.Generator{Name: "Selvage"},
		Ingredients: []c2pa.Ingredient{{Relationship: c2pa.ParentOf, From: from, Title: "Rosebud"}},
		Actions: []c2pa.Action{
			{Action: c2pa.Opened, Ingredients: []int{0}},
			{Action: c2pa.Edited, SourceType: c2pa.CompositeWithTrained},
		},
	}
}

func sign(t testing.TB, data []byte, m c2pa.Manifest, s c2pa.Signer) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := c2pa.Sign(t.Context(), bytes.NewReader(data), int64(len(data)), &out, m, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// made are signed files of each kind, by what they are.
func made(t testing.TB, ext, alg string, s studio) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	out["created"] = sign(t, plain(t, ext), created(), s.signer)
	with := created()
	with.Thumbnail = thumbnail(t)
	with.Ingredients[0].Thumbnail = thumbnail(t)
	out["thumbnails"] = sign(t, plain(t, ext), with, s.signer)
	parent := judge(t, out["thumbnails"], c2pa.Trust{})
	out["opened"] = sign(t, out["thumbnails"], opened(parent), s.signer)
	grandparent := judge(t, out["opened"], c2pa.Trust{})
	third := opened(grandparent)
	third.Thumbnail = thumbnail(t)
	out["third"] = sign(t, out["opened"], third, s.signer)
	out["from nothing"] = sign(t, plain(t, ext), opened(nil), s.signer)
	stamped := s.signer
	stamped.Stamper = newStampAuthority(t, s)
	out["stamped"] = sign(t, plain(t, ext), created(), stamped)
	return out
}

func TestWhatIsSignedIsValid(t *testing.T) {
	for _, alg := range []string{"ES256", "Ed25519"} {
		s := newStudio(t, alg)
		for _, ext := range formats() {
			for kind, data := range made(t, ext, alg, s) {
				t.Run(alg+"/"+ext+"/"+kind, func(t *testing.T) {
					r := judge(t, data, c2pa.Trust{})
					if r.State != c2pa.Valid || !slices.Equal(r.Failures, []string{"signingCredential.untrusted"}) || r.Trusted {
						t.Fatalf("untrusted: %s %q %v %s", r.State, r.Failures, r.Statuses, r.Detail)
					}
					if want := map[string]int{"opened": 2, "third": 3}[kind]; want > 0 && r.Manifests != want {
						t.Errorf("%d manifests", r.Manifests)
					}
					r = judge(t, data, s.trust())
					if r.State != c2pa.Valid || !r.Trusted || len(r.Failures) > 0 {
						t.Fatalf("trusted: %s %q", r.State, r.Failures)
					}
					stamp := r.Active().Signature.Stamp
					if (stamp != nil) != (kind == "stamped") || stamp != nil && !stamp.Trusted {
						t.Errorf("the time stamp is %+v", stamp)
					}
				})
			}
		}
	}
}

// Every bit counts: whatever is changed of a signed file, it is not Valid any more,
// but for what is outside of all hashes by the standard.
func TestAChangedBitIsFound(t *testing.T) {
	s := newStudio(t, "Ed25519")
	for _, ext := range formats() {
		data := sign(t, plain(t, ext), created(), s.signer)
		r := judge(t, data, c2pa.Trust{})
		missed := 0
		for at := 0; at < len(data); at += 7 {
			changed := bytes.Clone(data)
			changed[at] ^= 1 << (at % 8)
			got, err := c2pa.Read(t.Context(), bytes.NewReader(changed), int64(len(changed)), c2pa.Trust{})
			if err != nil {
				t.Fatal(err)
			}
			if got.State != c2pa.Valid {
				continue
			}
			if start, end := r.Range[0], r.Range[0]+r.Range[1]; int64(at) < start || int64(at) >= end {
				t.Errorf("%s: byte %d was changed, and nobody saw it", ext, at)
			}
			missed++
		}
		// The headers of the container and of the outer boxes, and the unprotected
		// part of the signature, are in no hash.
		if missed > 60 {
			t.Errorf("%s: %d changes were not seen", ext, missed)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	s := newStudio(t, "ES256")
	m := created()
	m.Thumbnail = thumbnail(t)
	r := judge(t, sign(t, plain(t, "png"), m, s.signer), s.trust())
	got := r.Active()
	if got.Title != m.Title || got.Generator != "Selvage 0.3.0" || got.Version != 2 || r.Format != "image/png" {
		t.Errorf("%q by %q, claim v%d, %s", got.Title, got.Generator, got.Version, r.Format)
	}
	if len(got.Actions) != 3 || got.Actions[0].SourceType != string(c2pa.TrainedAlgorithmicMedia) ||
		got.Actions[0].When != "2026-11-20T09:30:00Z" || !slices.Equal(got.Actions[0].Ingredients, []string{"c2pa.ingredient.v3"}) ||
		got.Actions[1].Description != "34 strokes" {
		t.Errorf("actions: %+v", got.Actions)
	}
	if len(got.Ingredients) != 1 || got.Ingredients[0].Relationship != c2pa.InputTo || got.Ingredients[0].InstanceID != m.Ingredients[0].ID {
		t.Errorf("ingredients: %+v", got.Ingredients)
	}
	values := map[string]any{}
	for _, a := range got.Assertions {
		values[a.Label] = a.Value
		if a.Label == "c2pa.thumbnail.claim" && (a.MediaType != "image/png" || !bytes.Equal(a.Data, m.Thumbnail.Data)) {
			t.Errorf("the thumbnail is %s of %d bytes", a.MediaType, len(a.Data))
		}
	}
	mining := values["cawg.training-mining"].(map[string]any)["entries"].(map[string]any)
	if use := mining["cawg.ai_inference"].(map[string]any); use["use"] != "constrained" || use["constraint_info"] != m.Mining.Terms {
		t.Errorf("mining: %v", mining)
	}
	if vc := values["studio.selvage.certificate"].(map[string]any); vc["type"].([]any)[0] != "VerifiableCredential" {
		t.Errorf("the certificate is %v", vc)
	}
	if got.Signature.Organization != "Studio Nord" || got.Signature.Algorithm != "ES256" || !got.Signature.Trusted {
		t.Errorf("signed by %+v", got.Signature)
	}
}

// A manifest of any length fits the range that the hash leaves out.
func TestAnyLengthFits(t *testing.T) {
	s := newStudio(t, "Ed25519")
	for _, ext := range formats() {
		for _, n := range []int{0, 1, 20, 60_000, 61_700, 61_750, 61_800, 63_950, 64_000, 126_000, 128_000, 190_000} {
			m := created()
			m.Custom = append(m.Custom, c2pa.CustomJSON{Label: "studio.selvage.long", JSON: append(append([]byte{'"'}, bytes.Repeat([]byte{'x'}, n)...), '"')})
			r := judge(t, sign(t, plain(t, ext), m, s.signer), s.trust())
			if r.State != c2pa.Valid || !r.Trusted {
				t.Errorf("%s with %d bytes: %s %q", ext, n, r.State, r.Failures)
			}
		}
	}
}

func TestWhatNobodyWouldHoldValidIsNotSigned(t *testing.T) {
	s := newStudio(t, "ES256")
	data := plain(t, "png")
	damaged := judge(t, read(t, filepath.Join("testdata", "es256-truncated.png")), c2pa.Trust{})
	for name, change := range map[string]func(*c2pa.Manifest){
		"no actions":            func(m *c2pa.Manifest) { m.Actions = nil },
		"begins with an edit":   func(m *c2pa.Manifest) { m.Actions = m.Actions[1:] },
		"created twice":         func(m *c2pa.Manifest) { m.Actions = append(m.Actions, m.Actions[0]) },
		"no source type":        func(m *c2pa.Manifest) { m.Actions[0].SourceType = "" },
		"opened without parent": func(m *c2pa.Manifest) { m.Actions[0] = c2pa.Action{Action: c2pa.Opened} },
		"opened an input":       func(m *c2pa.Manifest) { m.Actions[0].Action = c2pa.Opened },
		"two parents": func(m *c2pa.Manifest) {
			m.Ingredients = append(m.Ingredients, c2pa.Ingredient{Relationship: c2pa.ParentOf}, c2pa.Ingredient{Relationship: c2pa.ParentOf})
		},
		"no such ingredient":       func(m *c2pa.Manifest) { m.Actions[1].Ingredients = []int{7} },
		"an ingredient of no kind": func(m *c2pa.Manifest) { m.Ingredients[0].Relationship = "cousinOf" },
		"a damaged parent":         func(m *c2pa.Manifest) { m.Ingredients[0].From = damaged },
		"no program":               func(m *c2pa.Manifest) { m.Generator.Name = "" },
		"someone's label":          func(m *c2pa.Manifest) { m.Custom[0].Label = "c2pa.hash.data" },
		"no JSON":                  func(m *c2pa.Manifest) { m.Custom[0].JSON = []byte("{") },
		"a thumbnail in GIF":       func(m *c2pa.Manifest) { m.Thumbnail = &c2pa.Thumbnail{MediaType: "image/gif", Data: []byte{1}} },
		"an odd permission":        func(m *c2pa.Manifest) { m.Mining.AITraining = "maybe" },
	} {
		m := created()
		change(&m)
		var out bytes.Buffer
		var bad *c2pa.ManifestError
		if err := c2pa.Sign(t.Context(), bytes.NewReader(data), int64(len(data)), &out, m, s.signer); !errors.As(err, &bad) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
	other := newStudio(t, "ES256")
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, signer := range map[string]c2pa.Signer{
		"nothing":                  {},
		"another's certificate":    {Key: s.signer.Key, Chain: other.signer.Chain},
		"the root itself":          {Key: s.signer.Key, Chain: []*x509.Certificate{s.root.Certificate}},
		"a chain that is none":     {Key: s.signer.Key, Chain: append(slices.Clone(s.signer.Chain), other.root.Certificate)},
		"a curve that is not ours": {Key: p384, Chain: s.signer.Chain},
	} {
		var bad *c2pa.SignerError
		if err := c2pa.Sign(t.Context(), bytes.NewReader(data), int64(len(data)), &bytes.Buffer{}, created(), signer); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c2pa.Sign(ctx, bytes.NewReader(data), int64(len(data)), &bytes.Buffer{}, created(), s.signer); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
