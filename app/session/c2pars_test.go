package session_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
)

// What leaves the studio is Valid to c2pa-rs: each picture of a pattern, with the manifest, the certificate and
// the fields that the session puts into it.
func TestExportsAreValidToC2PARS(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	python := filepath.Join(cache, "selvage", "peers", "c2pa-python-0.38.1", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Skip("c2pa-python is not installed; make setup-test installs it")
	}
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"a.png", "b.jpg", "c.tif"} {
		done, err := s.ExportPattern(t.Context(), p, filepath.Join(dir, name), session.PatternExport{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range done.Files {
			if slices.Contains([]string{".png", ".jpg", ".tif"}, filepath.Ext(f.Path)) {
				files = append(files, f.Path)
			}
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("..", "..", "ledger", "c2pa", "testdata", "oracle.py")}, files...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("c2pa-python: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var found map[string]struct {
		State     string   `json:"state"`
		Failures  []string `json:"failures"`
		Manifests int      `json:"manifests"`
		Detail    string   `json:"detail"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(found) != len(files) || len(files) < 3 {
		t.Errorf("%d files, %d opinions", len(files), len(found))
	}
	for name, got := range found {
		if got.State != "Valid" || !slices.Equal(got.Failures, []string{"signingCredential.untrusted"}) || got.Manifests < 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
