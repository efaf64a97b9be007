package c2pa_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa"
)

// verdict is what c2pa-rs says of a file.
type verdict struct {
	State     string   `json:"state"`
	Failures  []string `json:"failures"`
	Manifests int      `json:"manifests"`
}

func judge(t testing.TB, data []byte, trust c2pa.Trust) *c2pa.Report {
	t.Helper()
	r, err := c2pa.Read(t.Context(), bytes.NewReader(data), int64(len(data)), trust)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The folders of files with the verdicts of c2pa-rs; the environment may name more.
func goldenFolders() []string {
	folders := []string{"testdata", filepath.Join("testdata", "peer")}
	if more := os.Getenv("SELVAGE_GOLDEN_C2PA"); more != "" {
		folders = append(folders, more)
	}
	return folders
}

func TestTheVerdictIsThatOfC2PARS(t *testing.T) {
	for _, dir := range goldenFolders() {
		var expected map[string]verdict
		if err := json.Unmarshal(read(t, filepath.Join(dir, "expected.json")), &expected); err != nil {
			t.Fatal(err)
		}
		roots, err := c2pa.ParseTrust(read(t, filepath.Join(dir, "trust-root.pem")))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range expected {
			t.Run(filepath.Base(dir)+"/"+name, func(t *testing.T) {
				data := read(t, filepath.Join(dir, name))
				got := judge(t, data, c2pa.Trust{})
				if string(got.State) != want.State || !slices.Equal(got.Failures, want.Failures) || got.Manifests != want.Manifests {
					t.Errorf("got %s %q %d (%s), want %+v", got.State, got.Failures, got.Manifests, got.Detail, want)
				}
				trusted := judge(t, data, roots)
				if slices.Contains(trusted.Failures, "signingCredential.untrusted") || trusted.Trusted != (want.State == "Valid") {
					t.Errorf("with its root trusted: %s %v %q", trusted.State, trusted.Trusted, trusted.Failures)
				}
			})
		}
	}
}
