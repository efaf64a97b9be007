package certificate_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/multiformats/go-multibase"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/certificate"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

func vector(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "w3c", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The W3C's vector is accepted, and made again byte by byte.
func TestVectorOfW3C(t *testing.T) {
	signed := vector(t, "signedJCS.json")
	p, err := certificate.CheckProof(signed)
	if err != nil || p.Signer != "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2" || p.Created.Format("2006-01-02T15:04:05") != "2023-02-24T23:36:38" {
		t.Fatalf("%+v, %v", p, err)
	}
	var pair struct {
		Private string `json:"privateKeyMultibase"`
	}
	if err := json.Unmarshal(vector(t, "keyPair.json"), &pair); err != nil {
		t.Fatal(err)
	}
	_, raw, err := multibase.Decode(pair.Private) // 0x1300 as a varint, and the seed
	if err != nil || len(raw) != 34 {
		t.Fatalf("%x, %v", raw, err)
	}
	ours, err := certificate.AddProof(change(t, signed, func(v map[string]any) { delete(v, "proof") }), ed25519.NewKeyFromSeed(raw[2:]), p.Created, "")
	if err != nil || !bytes.Equal(canonical(t, ours), canonical(t, signed)) {
		t.Errorf("ours is %s, %v", ours, err)
	}
	var formed *certificate.FormatError
	if _, err := certificate.Verify(signed); !errors.As(err, &formed) {
		t.Errorf("as a birth certificate: %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	for name, b := range map[string]certificate.Birth{"with a model": withModel(t), "by hand": byHand()} {
		text := issue(t, b)
		pretty := &bytes.Buffer{}
		if err := json.Indent(pretty, text, "", "\t"); err != nil {
			t.Fatal(err)
		}
		for _, form := range [][]byte{text, pretty.Bytes(), canonical(t, text)} {
			v, err := certificate.Verify(form)
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, form)
			}
			want, _ := certificate.New(b)
			if got, want := mustJSON(t, v.Birth), mustJSON(t, want.Birth); !bytes.Equal(got, want) {
				t.Errorf("%s: read\n%s\nwanted\n%s", name, got, want)
			}
			if v.HandOnly != (name == "by hand") || v.Signer != makerDID() || v.Method != certificate.Method(makerDID()) || !v.Created.Equal(noon()) || !v.ValidFrom.Equal(noon()) {
				t.Errorf("%s: %+v", name, v)
			}
		}
		if again := issue(t, b); !bytes.Equal(again, text) {
			t.Errorf("%s: two issues differ", name)
		}
	}
	v, err := certificate.Verify(issue(t, withModel(t)))
	if err != nil {
		t.Fatal(err)
	}
	g := v.Birth.Generations[0]
	if g.Prompt.Text() != "peonies on <ink>, “dense” 牡丹\u2028" || g.Negative.Text() != "" || g.Seed.Text() != "4711" {
		t.Errorf("prompt %q, negative %q, seed %q", g.Prompt.Text(), g.Negative.Text(), g.Seed.Text())
	}
	_, key := logged(t)
	head, _, err := v.Birth.Inclusion.Check(key)
	if err != nil || head.Size != 1 {
		t.Errorf("inclusion: %+v, %v", head, err)
	}
	if strings.Contains(string(issue(t, byHand())), "lineage of a model") || !strings.Contains(string(issue(t, byHand())), "No model took part in anything that this program saw.") {
		t.Error("a hand-only certificate does not say what it is bounded to")
	}
}

// Certificates that were issued once stay valid: their format is that of their context.
func TestGolden(t *testing.T) {
	for name, b := range map[string]certificate.Birth{"with-model.json": withModel(t), "hand-only.json": byHand()} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		v, err := certificate.Verify(text)
		if err != nil || v.Birth.Pattern.ID != b.Pattern.ID || v.HandOnly != (name == "hand-only.json") {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		// Without salts there is one way to issue it.
		if again := issue(t, b); name == "hand-only.json" && !bytes.Equal(again, text) {
			t.Errorf("%s is issued as %s", name, again)
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return canonical(t, b)
}

// Whatever letter of a certificate is changed, it is refused.
func TestDamage(t *testing.T) {
	for _, b := range []certificate.Birth{withModel(t), byHand()} {
		text := issue(t, b)
		for i := range text {
			damaged := bytes.Clone(text)
			damaged[i] ^= 1
			if v, err := certificate.Verify(damaged); err == nil {
				t.Errorf("%s is accepted as %+v", damaged[max(0, i-20):min(len(text), i+20)], v.Proof)
			}
		}
	}
}

// What a dishonest issuer signs is refused where it contradicts itself, or could be
// read in two ways.
func TestSignedAndWrong(t *testing.T) {
	model, hand := issue(t, withModel(t)), issue(t, byHand())
	first := func(v map[string]any, list string) map[string]any {
		return subject(v)[list].([]any)[0].(map[string]any)
	}
	for name, c := range map[string]struct {
		text []byte
		edit func(map[string]any)
		want error
	}{
		"a model's made hand-only":       {model, func(v map[string]any) { v["type"] = []any{"VerifiableCredential", "HandOnlyCertificate"} }, &certificate.BirthError{}},
		"a model's without its model":    {model, func(v map[string]any) { delete(subject(v), "models") }, &certificate.BirthError{}},
		"hand-only with a model's edits": {hand, func(v map[string]any) { first(v, "edits")["class"] = "model" }, &certificate.BirthError{}},
		"hand-only with unknown edits":   {hand, func(v map[string]any) { first(v, "edits")["class"] = "unknown" }, &certificate.BirthError{}},
		"an unknown class":               {hand, func(v map[string]any) { first(v, "edits")["class"] = "inspired" }, &certificate.BirthError{}},
		"without its statements":         {hand, func(v map[string]any) { subject(v)["statements"] = []any{"It is all mine."} }, &certificate.BirthError{}},
		"another prompt": {model, func(v map[string]any) {
			first(v, "generations")["prompt"].(map[string]any)["opening"].(map[string]any)["value"] = "roses"
		}, &record.OpeningError{}},
		"shares over 1000":           {model, func(v map[string]any) { subject(v)["authorship"].(map[string]any)["pixelsByPerson"] = 999 }, &certificate.BirthError{}},
		"a lineage that nobody gave": {model, func(v map[string]any) { first(v, "models")["lineage"] = "clean" }, &certificate.BirthError{}},
		"a proof of another entry": {model, func(v map[string]any) {
			subject(v)["inclusion"].(map[string]any)["entry"] = blob.Of(nil).String()
		}, &tree.ProofError{}},
		"a proof of another log": {model, func(v map[string]any) {
			subject(v)["inclusion"].(map[string]any)["origin"] = tree.Origin(blob.Of(nil))
		}, &tree.HeadError{}},
		"another's name":        {hand, func(v map[string]any) { v["issuer"] = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2" }, &certificate.IssuerError{}},
		"a term of its own":     {hand, func(v map[string]any) { subject(v)["percentHuman"] = "99" }, &certificate.FormatError{}},
		"a key in capitals":     {hand, func(v map[string]any) { subject(v)["Device"] = "PDP-11" }, &certificate.FormatError{}},
		"a null":                {hand, func(v map[string]any) { subject(v)["device"] = nil }, &certificate.FormatError{}},
		"a time with fractions": {hand, func(v map[string]any) { v["validFrom"] = "2026-05-04T12:00:00.5Z" }, &certificate.FormatError{}},
		"another context":       {hand, func(v map[string]any) { v["@context"] = []any{"https://www.w3.org/ns/credentials/v2"} }, &certificate.FormatError{}},
		"another type":          {hand, func(v map[string]any) { v["type"] = []any{"VerifiableCredential"} }, &certificate.FormatError{}},
		"a status":              {hand, func(v map[string]any) { v["credentialStatus"] = map[string]any{"type": "BitstringStatusListEntry"} }, &certificate.FormatError{}},
	} {
		_, err := certificate.Verify(resign(t, c.text, c.edit))
		target := reflect.New(reflect.TypeOf(c.want))
		if err == nil || !errors.As(err, target.Interface()) {
			t.Errorf("%s: %v, wanted a %T", name, err, c.want)
		}
	}
}

func TestProofs(t *testing.T) {
	text := issue(t, byHand())
	proof := func(edit func(map[string]any)) []byte {
		return change(t, text, func(v map[string]any) { edit(v["proof"].(map[string]any)) })
	}
	for name, bad := range map[string][]byte{
		"none":              change(t, text, func(v map[string]any) { delete(v, "proof") }),
		"two":               change(t, text, func(v map[string]any) { v["proof"] = []any{v["proof"], v["proof"]} }),
		"null":              change(t, text, func(v map[string]any) { v["proof"] = nil }),
		"another suite":     proof(func(p map[string]any) { p["cryptosuite"] = "eddsa-rdfc-2022" }),
		"another purpose":   proof(func(p map[string]any) { p["proofPurpose"] = "authentication" }),
		"an end":            proof(func(p map[string]any) { p["expires"] = "2020-01-01T00:00:00Z" }),
		"a chain":           proof(func(p map[string]any) { p["previousProof"] = "urn:uuid:1" }),
		"no value":          proof(func(p map[string]any) { delete(p, "proofValue") }),
		"base64url":         proof(func(p map[string]any) { p["proofValue"] = "uAAAA" }),
		"half a value":      proof(func(p map[string]any) { p["proofValue"] = p["proofValue"].(string)[:40] }),
		"a key on the web":  proof(func(p map[string]any) { p["verificationMethod"] = "https://vc.example/issuers/5678#z6Mk" }),
		"another fragment":  proof(func(p map[string]any) { p["verificationMethod"] = makerDID() + "#key-1" }),
		"no time":           proof(func(p map[string]any) { p["created"] = "yesterday" }),
		"another context":   proof(func(p map[string]any) { p["@context"] = []any{"https://www.w3.org/ns/credentials/v1"} }),
		"a longer context":  proof(func(p map[string]any) { p["@context"] = append(p["@context"].([]any), "urn:x") }),
		"an empty context":  proof(func(p map[string]any) { p["@context"] = []any{} }),
		"keys twice":        bytes.Replace(text, []byte(`"type":["Ver`), []byte(`"issuer":"x","type":["Ver`), 1),
		"half a surrogate":  bytes.Replace(text, []byte(`"Selvage"`), []byte(`"\ud800"`), 1),
		"no UTF-8":          bytes.Replace(text, []byte(`"Selvage"`), []byte("\"\xff\""), 1),
		"nothing":           nil,
		"a list":            []byte("[]"),
		"nested":            []byte(strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)),
		"too long":          append(bytes.Repeat([]byte(" "), certificate.MaxSize), text...),
		"something behind":  append(bytes.Clone(text), []byte("{}")...),
		"later than signed": proof(func(p map[string]any) { p["created"] = "2030-01-01T00:00:00Z" }),
	} {
		var wrong *certificate.ProofError
		if _, err := certificate.CheckProof(bad); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		} else if forged := name == "later than signed"; wrong.Forged != forged {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := certificate.AddProof(text, maker(), noon(), ""); err == nil {
		t.Error("a second proof was added")
	}
}

// liar says that it has another key than the one that it signs with.
type liar struct{ ed25519.PrivateKey }

func (liar) Public() crypto.PublicKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32)).Public()
}

func TestKeys(t *testing.T) {
	c, err := certificate.New(byHand())
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var wrong *certificate.KeyError
	if _, err := certificate.Sign(c, other, noon(), ""); !errors.As(err, &wrong) {
		t.Errorf("with ECDSA: %v", err)
	}
	if _, err := certificate.Sign(c, liar{maker()}, noon(), ""); !errors.As(err, &wrong) {
		t.Errorf("with a liar: %v", err)
	}
	if _, err := certificate.Sign(c, maker(), noon(), makerDID()+"#key-1"); !errors.As(err, &wrong) {
		t.Errorf("under another method: %v", err)
	}
	if _, err := certificate.Sign(c, maker(), noon(), certificate.Method(makerDID())); err != nil {
		t.Errorf("under its own method: %v", err)
	}
}

func TestBirths(t *testing.T) {
	for field, spoil := range map[string]func(*certificate.Birth){
		"pattern.patternID":        func(b *certificate.Birth) { b.Pattern.ID = "" },
		"pattern.name":             func(b *certificate.Birth) { b.Pattern.Name = strings.Repeat("x", 9000) },
		"pattern.version":          func(b *certificate.Birth) { b.Pattern.Version = blob.Hash{} },
		"pattern.pictures":         func(b *certificate.Birth) { b.Pattern.Pictures = nil },
		"models[0].licence":        func(b *certificate.Birth) { b.Models[0].License = "" },
		"models[0].lineage":        func(b *certificate.Birth) { b.Models[0].Lineage = "" },
		"models[1].weights":        func(b *certificate.Birth) { b.Models = append(b.Models, b.Models[0]) },
		"generations[0].model":     func(b *certificate.Birth) { b.Generations[0].LoRAs = []blob.Hash{blob.Of(nil)} },
		"generations[0].guidance":  func(b *certificate.Birth) { b.Generations[0].Guidance = "6,5" },
		"generations[0].seed":      func(b *certificate.Birth) { b.Generations[0].Seed.Opening.Salt = nil },
		"inputs[0].origin":         func(b *certificate.Birth) { b.Inputs[0].Origin = "found" },
		"edits[1].class":           func(b *certificate.Birth) { b.Edits[1].Class = record.Drawn },
		"edits[0].count":           func(b *certificate.Birth) { b.Edits[0].Count = 0 },
		"authorship":               func(b *certificate.Birth) { b.Authorship.Person = -1 },
		"milestones[0].signer":     func(b *certificate.Birth) { b.Milestones[0].Signer = "did:web:example" },
		"milestones[0].time":       func(b *certificate.Birth) { b.Milestones[0].Time = certificate.Time{} },
		"software.softwareVersion": func(b *certificate.Birth) { b.Software.Version = "" },
		"inclusion":                func(b *certificate.Birth) { b.Inclusion.Proof = "c2sp.org/tlog-proof@v1\n" },
		"inputs":                   func(b *certificate.Birth) { b.Inputs = make([]certificate.Input, 5000) },
	} {
		b := withModel(t)
		spoil(&b)
		var wrong *certificate.BirthError
		if _, err := certificate.New(b); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Shares add up to 1000, and none is further from the truth than one thousandth.
func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(-5, 1<<rapid.IntRange(0, 62).Draw(t, "bits")), 5, 5).Draw(t, "counts")
		a := certificate.Shares(blob.Hash{1}, counts[0], counts[1], counts[2], counts[3], counts[4])
		got := []int{a.Person, a.Model, a.Rule, a.Import, a.Nobody}
		var all float64
		for i, c := range counts {
			counts[i] = min(max(c, 0), 1<<50)
			all += float64(counts[i])
		}
		sum := 0
		for i, c := range counts {
			sum += got[i]
			if all > 0 && (float64(got[i])-1000*float64(c)/all > 1.001 || float64(got[i])-1000*float64(c)/all < -1.001) {
				t.Fatalf("%d of %v is %v", i, counts, got)
			}
		}
		if sum != 1000 {
			t.Fatalf("%v add up to %d", got, sum)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add(issue(f, withModel(f)))
	f.Add(issue(f, byHand()))
	f.Add([]byte(`{"proof":{"@context":"x","proofValue":"z1"},"@context":["x"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if v, err := certificate.Verify(text); err == nil && v.Signer != makerDID() {
			t.Errorf("a certificate of nobody: %+v", v)
		}
	})
}
