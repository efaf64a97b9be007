package session_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// An upscale is an edit: more pixels on the same cloth, a model's work, joined as
// before, and undone like any other.
func TestUpscaleIsAnEdit(t *testing.T) {
	s, lib, path := studio(t, 32, 32)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes", Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}})
	before := p.Info()
	r, err := s.Upscale(t.Context(), p, "../../engine/testdata/golden/models/rrdb-x2", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	after := p.Info()
	if after.Size != (pattern.Size{Width: 64, Height: 64}) || after.Width != before.Width || after.Repeat != before.Repeat || len(after.Layers) != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if r.From.Width != 32 || r.To.Width != 64 || r.Device == "" {
		t.Errorf("the request is %+v", r)
	}
	facts, err := p.Facts(t.Context(), after.Version)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Enlargements != 1 || facts.Pixels.Model != 64*64 {
		t.Errorf("the facts are %+v", facts)
	}
	got, err := s.ExportPattern(t.Context(), p, t.TempDir()+"/a.png", session.PatternExport{})
	if err != nil || !strings.Contains(got.Statement, "Generated at 32 x 32") || !strings.Contains(got.Statement, "upscaled to 64 x 64") {
		t.Errorf("%s, %v", got.Statement, err)
	}
	if err := p.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Info().Size != before.Size {
		t.Error("it cannot be undone")
	}
	var usage *session.UsageError
	if _, err := s.Upscale(t.Context(), p, "starter", "", nil); !errors.As(err, &usage) {
		t.Errorf("by the starter: %v", err)
	}
}

// A variation of a locked pattern is locked to the same chips, and its request names
// what it began with by a hash of the library.
func TestAVariationStaysLocked(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	work := session.ModelWork{Request: session.Request{Prompt: "polka dots", Model: "starter", Seed: 5, Steps: 2, Strength: 0.8}}
	var usage *session.UsageError
	if _, err := s.Vary(t.Context(), p, work, nil); !errors.As(err, &usage) {
		t.Errorf("a model of screens on a picture: %v", err)
	}
	if err := p.Lock(t.Context(), spots, true, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Vary(t.Context(), p, work, nil); err != nil {
		t.Fatal(err)
	}
	info := p.Info()
	if info.Lock == nil || !info.Lock.Cloth || len(info.Positions) != 3 || info.Positions[1].Chip != "#8f2d31" {
		t.Errorf("afterwards: %+v", info)
	}
	if _, err := p.State().Index(t.Context()); err != nil {
		t.Error(err)
	}
	var placed *session.StepInfo
	history, err := p.History(false)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range history {
		if step.Kind == "picture.place" {
			placed = &history[i]
		}
	}
	refs, err := p.Document().References(t.Context(), p.Store())
	if err != nil {
		t.Fatal(err)
	}
	op, err := edit.DecodeOp(placed.Kind, placed.Params)
	if err != nil {
		t.Fatal(err)
	}
	text := string(op.(*edit.PlacePicture).Request)
	named := 0
	for _, h := range refs {
		if strings.Contains(text, h.String()) {
			named++
		}
	}
	if named != 1 || !strings.Contains(text, `"init":{"path":"sha256:`) {
		t.Errorf("the request is %s", text)
	}
}
