package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/ledger/identity"
)

// Of many edits the report shows those that matter: a milestone's in the middle, and the one that changed most,
// although dozens came before them, and it says how they were chosen.
func TestAReportChoosesWhatItShows(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	layer := p.State().Layers[0].ID
	brush := func(n int, size float64) {
		t.Helper()
		one := &edit.BrushStroke{}
		one.Layer, one.Color, one.Size, one.Hardness, one.Opacity, one.Flow, one.Spacing = layer, "#20304f", size, 1, 1, 1, 0.25
		one.Points = []paint.Point{{X: float64(n % 60), Y: float64(n * 7 % 60), Pressure: 1}, {X: float64(n%60) + 2, Y: float64(n * 7 % 60), Pressure: 1}}
		if _, err := p.Do(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 30 {
		brush(n, 2)
	}
	if err := p.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Milestone(t.Context(), lib, "Stripes", identity.Draft); err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		brush(30+n, 2)
	}
	brush(33, 50)
	brush(41, 2)
	if err := p.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "stripes.html")
	if err := s.Report(t.Context(), lib, "Stripes", out, session.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{"24 are shown before and after", "The first edit", "The last edit", "The milestone draft", "Changed "} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if n := strings.Count(text, "Changed "); n != 21 {
		t.Errorf("%d edits are shown for what they changed", n)
	}
	most := 0.0
	for _, part := range strings.Split(text, "Changed ")[1:] {
		var share float64
		for _, c := range part {
			if c >= '0' && c <= '9' {
				share = 10*share + float64(c-'0')
			} else if c != '.' {
				break
			}
		}
		most = max(most, share/10)
	}
	if most < 20 {
		t.Errorf("the largest change is not shown; the largest that is shows %v %%", most)
	}
}
