package session_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

func TestWidthsByName(t *testing.T) {
	for text, want := range map[string]pattern.Length{
		"64cm": 640, "rotary": 640, "Rotary-US": 641.35, "64cm/3": 640.0 / 3, "rotary-us/2": 641.35 / 2, "25.25in": 641.35, "wallpaper": 530,
	} {
		if got, err := session.ParseWidth(text); err != nil || math.Abs(float64(got-want)) > 1e-9 {
			t.Errorf("%s is %v mm, %v; want %v", text, float64(got), err, float64(want))
		}
	}
	var usage *session.UsageError
	var length *pattern.LengthError
	for text, want := range map[string]any{"64cm/0": &usage, "64cm/x": &usage, "64cm/65": &usage, "sofa": &usage, "64": &length, "": &length} {
		if _, err := session.ParseWidth(text); !errors.As(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// studio is a session with a library and a picture of w x h pixels, stripes of
// three colours that join.
func studio(t *testing.T, w, h int) (*session.Session, *library.Library, string) {
	t.Helper()
	s := open(t)
	lib, _, err := s.MakeLibrary(filepath.Join(t.TempDir(), "A.selvage"))
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		c := []color.NRGBA{{244, 234, 215, 255}, {143, 45, 49, 255}, {63, 107, 87, 255}}[i%w*4/w%3]
		img.SetNRGBA(i%w, i/w, c)
	}
	path := filepath.Join(t.TempDir(), "stripes.png")
	if err := file.Write(path, img, file.Meta{DPIX: 100, DPIY: 100}); err != nil {
		t.Fatal(err)
	}
	return s, lib, path
}

// begin makes a pattern of a picture.
func begin(t *testing.T, s *session.Session, lib *library.Library, path string, n session.NewPattern) *session.Pattern {
	t.Helper()
	m, err := s.ReadImport(t.Context(), session.Import{Path: path, Origin: edit.ByPerson}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.Shape(&n)
	p, _, err := s.NewPattern(t.Context(), lib, n, func(p *session.Pattern) error {
		_, err := p.Place(t.Context(), m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

var spots = []edit.Spot{{Name: "ground", Color: "#f4ead7"}, {Name: "madder", Color: "#8f2d31"}, {Name: "leaf", Color: "#3f6b57"}}

// A locked pattern is exactly its palette at whatever size it leaves.
func TestALockedPatternKeepsItsPaletteAtAnySize(t *testing.T) {
	s, lib, path := studio(t, 60, 40)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	if err := p.Lock(t.Context(), spots, false, nil); err != nil {
		t.Fatal(err)
	}
	for _, dpi := range []float64{100, 163, 71} {
		out := filepath.Join(t.TempDir(), "out.png")
		if _, err := s.ExportPattern(t.Context(), p, out, session.PatternExport{DPI: dpi}); err != nil {
			t.Fatal(err)
		}
		img, info, err := file.Read(out)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(info.DPIX-dpi) > 2 || img.Bounds().Dx() != int(math.Round(0.6*dpi)) {
			t.Errorf("%g DPI: the file has %g DPI and %d pixels across", dpi, info.DPIX, img.Bounds().Dx())
		}
		seen := map[string]int{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				r, g, b, a := img.At(x, y).RGBA()
				seen[fmt.Sprintf("#%02x%02x%02x %d", r>>8, g>>8, b>>8, a>>8)]++
			}
		}
		if len(seen) != 3 || seen["#8f2d31 255"] == 0 {
			t.Errorf("%g DPI: the file has the colours %v", dpi, seen)
		}
	}
}

// An export says how much detail is there, whatever the label says.
func TestTheDetailThatIsThere(t *testing.T) {
	s, lib, path := studio(t, 60, 40)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Small", RepeatWidth: 25.4 * pattern.Millimetre, Width: 240, Height: 160})
	out := filepath.Join(t.TempDir(), "out.png")
	statement := func() string {
		t.Helper()
		got, err := s.ExportPattern(t.Context(), p, out, session.PatternExport{})
		if err != nil {
			t.Fatal(err)
		}
		return got.Statement
	}
	if got := statement(); !strings.Contains(got, "240 x 160 pixels, 240 DPI") || !strings.Contains(got, "Generated at 60 x 40 (60 DPI)") || !strings.Contains(got, "effective 60 DPI") {
		t.Errorf("60 pixels brought to 240: %s", got)
	}
	if _, err := p.Do(t.Context(), &edit.Resize{Width: 120, Height: 80}); err != nil {
		t.Fatal(err)
	}
	if got := statement(); !strings.Contains(got, "120 x 80 pixels") || !strings.Contains(got, "Generated at 60 x 40") {
		t.Errorf("and back to 120: %s", got)
	}
	if _, err := p.Do(t.Context(), &edit.Resize{Width: 30, Height: 20}); err != nil {
		t.Fatal(err)
	}
	if got := statement(); !strings.Contains(got, "Generated at 30 x 20 (30 DPI)") {
		t.Errorf("and to 30: %s", got)
	}
}

// A hash shows the version that it names, and an edit from there is a branch.
func TestAVersionByItsHash(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	old, err := p.Do(t.Context(), &edit.SetNotes{Notes: "old"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Do(t.Context(), &edit.SetNotes{Notes: "new"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{old.String(), strings.TrimPrefix(old.String(), "sha256:")[:10]} {
		q, err := s.OpenPattern(t.Context(), lib, ref)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Info(); got.Notes != "old" || got.Steps != 3 || got.All != 4 {
			t.Errorf("%s: %+v", ref, got)
		}
	}
	q, err := s.EditPattern(t.Context(), lib, old.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Do(t.Context(), &edit.SetNotes{Notes: "other"}); err != nil {
		t.Fatal(err)
	}
	if err := q.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The first did not see it: what it has may not go over it.
	var conflict *library.ConflictError
	if err := p.Save(t.Context()); !errors.As(err, &conflict) {
		t.Errorf("a stale pattern is saved: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	q, err = s.OpenPattern(t.Context(), lib, "stripes")
	if err != nil {
		t.Fatal(err)
	}
	if got := q.Info(); got.Notes != "other" || len(got.Branches) != 2 {
		t.Errorf("afterwards: %+v", got)
	}
	if err := q.Save(t.Context()); err == nil {
		t.Error("a pattern that was opened for reading is saved")
	}
}

// What nothing names goes, what a document names stays, on every branch.
func TestCollectKeepsWhatIsNamed(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	m, err := s.ReadImport(t.Context(), session.Import{Path: path, Name: "again"}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Place(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := p.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Do(t.Context(), &edit.SetNotes{Notes: "a branch"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	orphan, err := lib.Blobs().PutBytes(t.Context(), []byte("nobody's"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err = library.Open(lib.Dir()) // a later session
	if err != nil {
		t.Fatal(err)
	}
	// Beside what is nobody's goes the record of the first state, which the second took the place of.
	got, err := s.Collect(t.Context(), lib)
	if err != nil || got.Removed != 2 || got.Kept == 0 || len(got.Missing) > 0 || lib.Blobs().Has(orphan) {
		t.Errorf("collected %+v, %v", got, err)
	}
	if err := os.RemoveAll(lib.Cache()); err != nil {
		t.Fatal(err)
	}
	q, err := s.OpenPattern(t.Context(), lib, "Stripes")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range q.Document().Branches() {
		if _, err := q.StateAt(t.Context(), b.Head); err != nil {
			t.Errorf("branch %s after the collection: %v", b.Name, err)
		}
	}
}

// A change of the shared palette that one pattern cannot follow changes none.
func TestASharedPaletteIsOneEdit(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	for _, name := range []string{"Hero", "Blender"} {
		p := begin(t, s, lib, path, session.NewPattern{Name: name})
		if err := p.Lock(t.Context(), spots, true, nil); err != nil {
			t.Fatal(err)
		}
		if err := p.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.NewCollection(t.Context(), lib, "Spring"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Hero", "Blender"} {
		if _, err := s.AddToCollection(t.Context(), lib, "spring", name, edit.Coordinate); err != nil {
			t.Fatal(err)
		}
	}
	chips := func(name string) string {
		t.Helper()
		p, err := s.OpenPattern(t.Context(), lib, name)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range p.Info().Positions {
			all = append(all, c.Chip)
		}
		return strings.Join(all, " ")
	}
	// Two change places, a third gets a new colour: at once.
	set := []edit.Spot{{Name: "madder", Color: "#3f6b57"}, {Name: "LEAF", Color: "#8f2d31"}, {Name: "ground", Color: "#ffffff"}}
	c, err := s.SetCollectionPalette(t.Context(), lib, "Spring", set)
	if err != nil {
		t.Fatal(err)
	}
	const want = "#ffffff #3f6b57 #8f2d31"
	if chips("Hero") != want || chips("Blender") != want || len(c.Changes()) != 1 || c.Pending() {
		t.Errorf("Hero %s, Blender %s, %+v", chips("Hero"), chips("Blender"), c.Changes())
	}
	// One is not locked any more: where colours change places it cannot follow.
	p, err := s.EditPattern(t.Context(), lib, "Blender")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.ReadImport(t.Context(), session.Import{Path: path}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Place(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Save(t.Context()), p.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = s.SetCollectionPalette(t.Context(), lib, "Spring", []edit.Spot{{Name: "madder", Color: "#8f2d31"}, {Name: "leaf", Color: "#3f6b57"}})
	if err == nil || !strings.Contains(err.Error(), "Blender") {
		t.Errorf("a pattern that cannot follow: %v", err)
	}
	if chips("Hero") != want || chips("Blender") != want {
		t.Errorf("after what failed: Hero %s, Blender %s", chips("Hero"), chips("Blender"))
	}
}

// A cancelled export leaves nothing.
func TestACancelledExportLeavesNothing(t *testing.T) {
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"a.png", "a.tif", "a.psd", "a.pdf"} {
		dir := t.TempDir()
		if _, err := s.ExportPattern(ctx, p, filepath.Join(dir, name), session.PatternExport{DPI: 300}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left are %v, %v", name, left, err)
		}
	}
}
