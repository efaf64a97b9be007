package session_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// standing lists the files of a library in which a text stands.
func standing(t *testing.T, lib *library.Library, text string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(lib.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// What is erased stands nowhere in the library any more: not in the opening, not in the request that had it
// as well, not in a file that came in with it; no document ever had it. The pattern stays, and all verifies.
func TestWhatIsErasedStandsNowhere(t *testing.T) {
	s, lib, _ := studio(t, 64, 64)
	const words = "a very private prompt & more"
	made, err := s.GenerateIn(t.Context(), lib, session.Request{
		Prompt: words, Model: "starter", Seed: 1_234_567_891, Steps: 1, Width: 64, Height: 64, Repeat: session.Repeat{Repeat: pattern.Repeat{}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stars.png")
	if _, err := s.ExportIn(t.Context(), lib, made, path, session.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	m, err := s.ReadImport(t.Context(), session.Import{Path: path}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := session.NewPattern{Name: "Stars"}
	m.Shape(&n)
	p, _, err := s.NewPattern(t.Context(), lib, n, func(p *session.Pattern) error {
		_, err := p.Place(t.Context(), m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(p.Root().Document, []byte("private")) || bytes.Contains(p.Root().Document, []byte("1234567891")) {
		t.Error("the document holds what is sealed in the record")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	var prompt blob.Hash
	err = s.Acts(t.Context(), lib, session.LedgerQuery{Kind: record.KindPrompt}, func(a session.Act) error {
		if b, ok := a.Body.(*record.Prompt); ok {
			prompt = b.Prompt.Commitment
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(standing(t, lib, words)) == 0 {
		t.Fatal("there is nothing to be erased")
	}
	done, err := s.Erase(t.Context(), lib, prompt, "asked for")
	if err != nil || len(done.Openings) != 2 || len(done.Contents) != 1 || len(done.Left) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := lib.Close(); err != nil {
		t.Fatal(err)
	}
	if left := standing(t, lib, words); len(left) > 0 {
		t.Errorf("it stands in %v", left)
	}
	v, err := s.VerifyLedger(t.Context(), lib, session.VerifyOptions{Deep: true}, nil)
	if err != nil || !v.Intact() {
		t.Fatalf("%+v, %v", v, err)
	}
	told := 0
	for _, r := range v.Remarks {
		if r.Code == verify.BlobErased {
			told++
		}
	}
	if told != 1 {
		t.Errorf("that a content was erased is not told: %v", v.Remarks)
	}
	again, err := s.OpenPattern(t.Context(), lib, "Stars")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.State().Flatten(t.Context()); err != nil {
		t.Errorf("the pattern has gone with it: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	// A content that is missing without a word is missing still.
	if err := lib.Blobs().Erase(t.Context(), made.Recorded.Picture); err != nil {
		t.Fatal(err)
	}
	if v, err := s.VerifyLedger(t.Context(), lib, session.VerifyOptions{}, nil); err != nil || len(v.Problems) != 1 || v.Problems[0].Code != verify.BlobMissing {
		t.Errorf("%+v, %v", v, err)
	}
}

// A document of an early version of the program may hold a prompt in clear: it is left, and told.
func TestWhatAnErasureLeavesIsTold(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	const words = "a prompt in an old document"
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	request, err := json.Marshal(map[string]string{"prompt": words})
	if err != nil {
		t.Fatal(err)
	}
	step := p.Document().Steps()[1]
	var placed edit.PlacePicture
	if err := json.Unmarshal(step.Params, &placed); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Do(t.Context(), &edit.PlacePicture{Picture: placed.Picture, Origin: edit.ByModel, Purpose: edit.Variation, Name: "old", Request: request}); err != nil {
		t.Fatal(err)
	}
	if err := p.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Note(t.Context(), lib, "", words); err != nil {
		t.Fatal(err)
	}
	var sealed blob.Hash
	err = s.Acts(t.Context(), lib, session.LedgerQuery{Kind: record.KindNote}, func(a session.Act) error {
		if b, ok := a.Body.(*record.Note); ok {
			sealed = b.Text.Commitment
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Erase(t.Context(), lib, sealed, "")
	if err != nil || len(done.Left) != 1 || len(done.Openings) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := s.OpenPattern(t.Context(), lib, "Stripes"); err != nil {
		t.Error(err)
	}
	if v, err := s.VerifyLedger(t.Context(), lib, session.VerifyOptions{Deep: true}, nil); err != nil || !v.Intact() {
		t.Errorf("%+v, %v", v, err)
	}
}
