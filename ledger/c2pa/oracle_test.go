package c2pa_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/c2pa/authority"
)

// opinion is what c2pa-rs says of a file.
type opinion struct {
	verdict
	Trusted bool   `json:"trusted"`
	Detail  string `json:"detail"`
}

// peerPython is the Python that has c2pa-python; make setup-test puts it there.
func peerPython(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	python := filepath.Join(cache, "selvage", "peers", "c2pa-python-0.38.1", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Skip("c2pa-python is not installed; make setup-test installs it")
	}
	return python
}

// ask asks c2pa-rs about files by their names, with the studio's root trusted or
// nobody.
func ask(t testing.TB, files map[string][]byte, s *studio) map[string]opinion {
	t.Helper()
	python := peerPython(t)
	dir := t.TempDir()
	args := []string{filepath.Join("testdata", "oracle.py")}
	if s != nil {
		pem := filepath.Join(dir, "root.pem")
		if err := os.WriteFile(pem, authority.PEM(s.root.Certificate), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--trust", pem)
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), python, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("c2pa-python: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var found map[string]opinion
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return found
}

// agree compares our verdicts on files with those of c2pa-rs.
func agree(t *testing.T, files map[string][]byte, s *studio) {
	t.Helper()
	trust := c2pa.Trust{}
	if s != nil {
		trust = s.trust()
	}
	for name, want := range ask(t, files, s) {
		got := judge(t, files[name], trust)
		if string(got.State) != want.State || got.Trusted != want.Trusted || !slices.Equal(got.Failures, want.Failures) || got.Manifests != want.Manifests {
			t.Errorf("%s: got %s %v %q %d (%s), c2pa-rs %s %v %q %d (%s)", name, got.State, got.Trusted, got.Failures, got.Manifests, got.Detail,
				want.State, want.Trusted, want.Failures, want.Manifests, want.Detail)
		}
	}
}

func TestC2PARSHoldsValidWhatIsSigned(t *testing.T) {
	for _, alg := range []string{"ES256", "Ed25519"} {
		s := newStudio(t, alg)
		files := map[string][]byte{}
		for _, ext := range formats() {
			for kind, data := range made(t, ext, alg, s) {
				files[kind+"."+ext] = data
			}
		}
		for name, got := range ask(t, files, nil) {
			if got.State != "Valid" || !slices.Equal(got.Failures, []string{"signingCredential.untrusted"}) {
				t.Errorf("%s %s: %s %q %s", alg, name, got.State, got.Failures, got.Detail)
			}
		}
		for name, got := range ask(t, files, &s) {
			if got.State != "Valid" || !got.Trusted || len(got.Failures) > 0 {
				t.Errorf("%s %s, with its root: %s %v %q %s", alg, name, got.State, got.Trusted, got.Failures, got.Detail)
			}
		}
		agree(t, files, &s)
	}
}

// Flipped bits in the assertions and the claim of the active manifest of files that c2pa-rs made get its
// verdict; the files are the same each time, and so are the bits.
func TestDamageGetsTheVerdictOfC2PARS(t *testing.T) {
	files := map[string][]byte{}
	for _, name := range []string{"es256.png", "chain.jpg", "es256.tif", "peer/v1.png", "peer/redacted.png", "peer/update.png"} {
		data := read(t, filepath.Join("testdata", filepath.FromSlash(name)))
		from := bytes.LastIndex(data, []byte("c2pa.assertions\x00"))
		to := bytes.LastIndex(data, []byte("c2pa.signature\x00"))
		if from < 0 || to < from {
			t.Fatalf("%s has no manifest", name)
		}
		for at := from; at < to; at += 23 {
			damaged := bytes.Clone(data)
			damaged[at] ^= 1 << (at % 8)
			files[fmt.Sprintf("%s-%d%s", strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), at, filepath.Ext(name))] = damaged
		}
	}
	agree(t, files, nil)
}
