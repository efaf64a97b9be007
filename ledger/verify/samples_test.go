package verify_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// TestMain has the flag that makes the samples and the table of FORMAT.md anew.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "make the sample libraries and the table of attacks anew")
	flag.Parse()
	os.Exit(m.Run())
}

func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// expected is a verdict as testdata/expected.json and testdata/verify.py write it.
type expected struct {
	State    string    `json:"state"`
	Entries  int64     `json:"entries"`
	Heads    int64     `json:"heads"`
	Problems []finding `json:"problems"`
	Remarks  []finding `json:"remarks"`
}

type finding struct {
	Code  string `json:"code"`
	Entry string `json:"entry"`
}

// both are the verdicts on a library alone, and with the head and the witness that lie beside it.
type both struct {
	Alone expected `json:"alone"`
	With  expected `json:"with"`
}

func told(v *verify.Verdict) expected {
	list := func(all []verify.Problem) []finding {
		out := []finding{}
		for _, p := range all {
			out = append(out, finding{string(p.Code), p.Entry()})
		}
		slices.SortFunc(out, func(a, b finding) int { return strings.Compare(a.Code+" "+a.Entry, b.Code+" "+b.Entry) })
		return out
	}
	e := expected{"Valid", v.Entries, v.Heads, list(v.Problems), list(v.Remarks)}
	if !v.Intact() {
		e.State = "Invalid"
	}
	return e
}

const (
	keptNote    = "kept.note"
	witnessFile = "witness.txt"
)

// known is what lies beside a sample.
func known(t testing.TB, dir string) (o verify.Options) {
	t.Helper()
	kept, err := os.ReadFile(filepath.Join(dir, keptNote))
	if err != nil {
		t.Fatal(err)
	}
	o.Heads = [][]byte{kept}
	key, err := os.ReadFile(filepath.Join(dir, witnessFile))
	if err != nil {
		t.Fatal(err)
	}
	w, err := tree.ParseWitness(strings.TrimSpace(string(key)))
	if err != nil {
		t.Fatal(err)
	}
	o.Witnesses = []*tree.Witness{w}
	return o
}

// sampled are the attacks of which there is a sample, beside those of more.
func sampled() []string {
	return []string{
		"nothing", "edit an entry", "edit the first entry", "make an entry unreadable", "delete an entry", "delete the last entry", "insert an entry",
		"put an entry far behind the others", "replay an entry of another library, signed again", "edit an entry and sign with a stranger's key",
		"write nonsense for a head", "sign the whole log anew with the owner's key", "truncate to an earlier head", "write the whole library anew, as another log",
		"replay a log of another library", "restore a back-up in two places, and bring both together", "go on in a new epoch from a head that never was",
		"roll back what a later epoch goes on from", "make oneself an owner, with a device's key alone", "claim the library with a clock that is put back",
		"go on with a stolen device after it was revoked", "swap a content", "remove a content", "swap two openings", "erase an opening without a word",
	}
}

// samplesOfMore have what the attacks do not: every kind, several people, and words of a witness.
func samplesOfMore() []attack {
	return []attack{
		{name: "everything", do: everything},
		{name: "a body that is not as it should be", do: func(s scene) {
			text := s.line(s.log, record.Draft{Body: &record.Note{Text: record.Sealed{}}})
			texts := append(s.texts(s.log), bytes.Replace(text, []byte(`{"text":null}`), []byte(`{"text":null,"title":"x"}`), 1), bytes.Replace(text, []byte(`"text":null`), []byte(`"about":"","text":null`), 1))
			s.resign(s.log, append(texts, bytes.Replace(text, []byte(`"kind":"note"`), []byte(`"kind":"later.kind"`), 1)), s.anna.HeadSigner)
		}},
		{name: "a forged cosignature", do: func(s scene) {
			w := known(s.t, s.dir).Witnesses[0]
			forged := newWitness(s.t, w.Name(), s.at).line(s.t, s.latest(s.log))
			genuine := w.Name() + " " + base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, w.KeyHash()))
			s.exec(`UPDATE cosignatures SET line = ?`, "— "+w.Name()+" "+withID(s.t, forged, genuine))
		}},
		{name: "a clock that ran ahead of the witness", do: func(s scene) {
			s.exec(`DELETE FROM cosignatures`)
		}},
	}
}

// everything is a library in which there is an entry of every kind, and more than one person.
func everything(s scene) {
	ben := person(s.t, "Ben")
	hash := blob.Of([]byte("something"))
	content := s.put("some content")
	role, err := s.anna.Sign(identity.Statement{Type: identity.Grant, Role: identity.ArtDirector, Library: s.id, Person: ben.DID()})
	four, err4 := s.anna.Sign(identity.Statement{Type: identity.Settings, Library: s.id, FourEyes: true})
	s.write(s.anna, "", []record.Draft{s.say(role, err), s.say(four, err4)})
	reach := func(me *identity.Identity, m identity.Milestone) record.Draft {
		st, err := me.Sign(identity.Statement{Type: identity.Approve, Library: s.id, Milestone: m, Pattern: "roses", Version: &hash})
		s.check(err)
		text, err := st.Text()
		s.check(err)
		return record.Draft{Subjects: []string{"roses"}, Body: &record.Milestone{Milestone: string(m), Pattern: "roses", Statement: text, Version: hash}}
	}
	s.write(s.anna, "", []record.Draft{reach(s.anna, identity.Review)})
	s.write(ben, "", []record.Draft{s.arrival(ben), reach(ben, identity.Approved)})
	request := record.Draft{Subjects: []string{"roses", "ä \" \\ \n \x01"}, Body: &record.Requested{
		Count: 2, Device: "CPU", Height: 64, Mode: "generate", Pattern: "roses", Guidance: "7.5", Inputs: []blob.Hash{hash}, LoRAs: []blob.Hash{hash}, Model: hash, Prompt: hash,
		Repeat: "half-drop 1/2", Request: s.sealed("all of it"), Sampler: "euler", Seed: s.sealed("42"), Software: "selvage 1", Steps: 20, Strength: "0.5", Width: 64,
	}}
	bodies := []record.Body{
		&record.Model{Card: content, CommercialUse: "yes", Files: []record.ModelFile{{Bytes: 5, Hash: hash, Name: "unet"}}, Licence: "MIT", Lineage: record.LineageDeclared, Name: "A model", Weights: hash},
		&record.Model{Card: content, CommercialUse: "no", Licence: "unknown", Lineage: record.LineageUnknown, Name: "", Weights: hash},
		&record.Prompt{Prompt: s.sealed("roses"), Previous: &hash, Version: 2},
		&record.Finished{Candidates: []record.Candidate{{Picture: content, Seam: "0.1"}, {Picture: content}}, Outcome: "done", Request: hash, Took: 1200},
		&record.Finished{Outcome: "failed", Reason: "no memory", Request: hash},
		&record.Accepted{Of: 2, Pattern: "roses", Picture: content, Request: hash},
		&record.Rejected{Picture: content, Reason: s.sealed("too busy"), Request: hash},
		&record.Revert{From: hash, Pattern: "roses", To: hash},
		&record.Saved{Document: content, ID: "roses", Name: s.sealed("Roses"), Of: "pattern", Removed: true, Revision: 2, Version: &hash},
		&record.Review{Decision: "changes", Note: s.sealed("larger"), Pattern: "roses", Reviewer: ben.DID(), Version: hash},
		&record.Import{Author: s.sealed("Anna"), File: content, Origin: "person", Parent: "x", Pattern: "roses"},
		&record.Disclosure{Date: "2026-11-20", How: "fair", Country: "DE", Pattern: "roses", Place: s.sealed("Frankfurt"), Version: hash},
		&record.Export{Certificate: &content, Clean: true, Files: []record.ExportedFile{{Bytes: 9, Format: "png", Hash: hash, Name: s.sealed("roses.png"), What: "cell"}}, Pattern: "roses", Version: hash},
		&record.Scan{Corpus: "known art", Hits: 3, Pattern: "roses", Report: content, Version: hash},
		&record.Verdict{Decision: "clear", Pattern: "roses", Reason: s.sealed("another motif"), Scan: hash},
		&record.Grant{Document: content, Licensee: s.sealed("A mill"), Pattern: "roses"},
		&record.Note{About: "roses", Text: s.sealed("call them back")},
		&record.Erased{Commitment: hash, Reason: "asked for"},
	}
	batch := []record.Draft{request}
	for _, b := range bodies {
		batch = append(batch, record.Draft{Subjects: []string{"roses"}, Body: b})
	}
	s.write(s.anna, "", batch)
}

func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ':
			return '-'
		case ',', '\'':
			return -1
		}
		return r
	}, name)
}

func makeSamples(t *testing.T) {
	all := slices.DeleteFunc(attacks(), func(a attack) bool { return !slices.Contains(sampled(), a.name) })
	if len(all) != len(sampled()) {
		t.Fatalf("%d of %d samples are attacks", len(all), len(sampled()))
	}
	want := map[string]both{}
	for _, a := range append(all, samplesOfMore()...) {
		s, anna, log := found(t, libraryID)
		at := s.at.Add(time.Minute)
		if strings.Contains(a.name, "ran ahead") {
			at = s.at.Add(-time.Hour)
		}
		w := newWitness(t, "tower.example", at)
		cosigned := s.cosign(log, w)
		s.check(os.WriteFile(filepath.Join(s.dir, keptNote), cosigned, 0o600))
		s.check(os.WriteFile(filepath.Join(s.dir, witnessFile), []byte(w.String()+"\n"), 0o600))
		a.do(scene{s, anna, log})
		s.small()
		to := filepath.Join("testdata", slug(a.name))
		s.check(os.RemoveAll(to))
		s.check(os.CopyFS(to, os.DirFS(s.dir)))
		s.check(os.RemoveAll(filepath.Join(to, "blobs", "new")))
		want[slug(a.name)] = both{told(s.verdict(verify.Options{})), told(s.verdict(known(t, s.dir)))}
	}
	text, err := json.MarshalIndent(want, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "expected.json"), append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func samples(t *testing.T) map[string]both {
	t.Helper()
	if updating() {
		makeSamples(t)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]both
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

// TestSamples: the libraries that are kept get the verdicts that are kept, from the judge and from
// another implementation, which was written from FORMAT.md.
func TestSamples(t *testing.T) {
	for name, want := range samples(t) {
		t.Run(name, func(t *testing.T) {
			// SQLite writes beside the file, so that it is looked at elsewhere.
			s := &studio{t: t, dir: t.TempDir(), id: libraryID}
			s.check(os.CopyFS(s.dir, os.DirFS(filepath.Join("testdata", name))))
			got := both{told(s.verdict(verify.Options{})), told(s.verdict(known(t, s.dir)))}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v\ninstead of\n%+v", got, want)
			}
		})
	}
}

func TestAnotherImplementationAgrees(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	want := samples(t)
	out, err := exec.CommandContext(t.Context(), python, "-B", filepath.Join("testdata", "verify.py"), "testdata").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]both
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d samples instead of %d", len(got), len(want))
	}
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s: %+v\ninstead of\n%+v", name, got[name], want[name])
		}
	}
}

// TestTheTableOfAttacks holds FORMAT.md to what the tests find.
func TestTheTableOfAttacks(t *testing.T) {
	say := func(codes []string) string {
		if len(codes) == 0 {
			return "–"
		}
		return "`" + strings.Join(codes, "`, `") + "`"
	}
	rows := "| what is done | alone | with a head |\n|---|---|---|\n"
	for _, a := range attacks() {
		rows += fmt.Sprintf("| %s | %s | %s |\n", a.name, say(a.alone), say(a.with))
	}
	path := filepath.Join("..", "FORMAT.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- attacks -->\n", "<!-- /attacks -->\n"
	before, rest, found := strings.Cut(string(text), begin)
	was, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		t.Fatal("FORMAT.md has no place for the table")
	}
	switch {
	case was == rows:
	case updating():
		if err := os.WriteFile(path, []byte(before+begin+rows+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("FORMAT.md has another table; go test -run Attacks -update writes it")
	}
}
