package c2pa_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// peerOpinion is what c2pa-ts says.
type peerOpinion struct {
	Valid bool     `json:"valid"`
	Codes []string `json:"codes"`
}

// askTypeScript asks c2pa-ts, which shares no code with c2pa-rs, reads PNG and JPEG,
// and has no list of roots.
func askTypeScript(t *testing.T, files map[string][]byte) map[string]peerOpinion {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	folder := filepath.Join(cache, "selvage", "peers", "trustnxt-c2pa-ts-0.9.4")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Skip("c2pa-ts is not installed; make setup-test installs it")
	}
	dir := t.TempDir()
	args := []string{filepath.Join("testdata", "c2pa-ts.mjs"), folder}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), "node", args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("c2pa-ts: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var found map[string]peerOpinion
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return found
}

// An independent reader finds the signature, every assertion and the file's hash in
// order, and sees when they are not.
func TestAnIndependentReaderAgrees(t *testing.T) {
	for _, alg := range []string{"ES256", "Ed25519"} {
		s := newStudio(t, alg)
		files := map[string][]byte{}
		for _, ext := range []string{"png", "jpg"} {
			for kind, data := range made(t, ext, alg, s) {
				if kind == "stamped" {
					continue // it looks for a whole TimeStampResp in sigTst2, where the standard has a token
				}
				files[strings.ReplaceAll(kind, " ", "-")+"."+ext] = data
			}
			files["damaged."+ext] = flip(files["created."+ext], -20)
		}
		for name, got := range askTypeScript(t, files) {
			if strings.HasPrefix(name, "damaged") {
				if got.Valid {
					t.Errorf("%s %s is held valid", alg, name)
				}
				continue
			}
			if !got.Valid || !slices.Contains(got.Codes, "claimSignature.validated") || !slices.Contains(got.Codes, "assertion.dataHash.match") {
				t.Errorf("%s %s: %v %q", alg, name, got.Valid, got.Codes)
			}
		}
	}
}
