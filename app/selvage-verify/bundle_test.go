//go:build !js

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/bundle"
)

// pack makes a bundle of files and folders, by the names that they get.
func pack(t *testing.T, what map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.zip")
	w, err := bundle.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range what {
		add := w.AddFile
		if st, err := os.Stat(from); err == nil && st.IsDir() {
			add = w.AddFolder
		}
		if err := add(t.Context(), name, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A bundle is as good as all that it holds, and what nothing vouches for is named.
func TestABundleIsJudgedByItsParts(t *testing.T) {
	samples, pictures := filepath.Join("..", "..", "ledger", "verify", "testdata"), filepath.Join("..", "..", "ledger", "c2pa", "testdata")
	text := filepath.Join(t.TempDir(), "read me.txt")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	good, bad := filepath.Join(samples, "nothing"), filepath.Join(samples, "edit-an-entry")
	valid := filepath.Join(pictures, "chain.png")
	note := filepath.Join(good, "kept.note")
	for _, c := range []struct {
		what     map[string]string
		code     int
		parts    []string
		unjudged int
	}{
		{map[string]string{"ledger.db": filepath.Join(good, "ledger.db"), "library.json": filepath.Join(good, "library.json"), "blobs": filepath.Join(good, "blobs")}, 0, []string{"."}, 0},
		{map[string]string{"Studio.selvage": good}, 0, []string{"Studio.selvage", "Studio.selvage/kept.note"}, 1}, // the witness's key
		{map[string]string{"good": good, "bad": bad}, 1, []string{"bad", "bad/kept.note", "good", "good/kept.note"}, 2},
		{map[string]string{"head.note": note, "read me.txt": text}, 0, []string{"head.note"}, 1},
		{map[string]string{"read me.txt": text}, 2, nil, 0},
	} {
		path := pack(t, c.what)
		code, out, said := asked(t, "--json", path)
		if code != c.code {
			t.Errorf("%v: exit %d, %s", c.what, code, said)
		}
		if c.code == 2 {
			continue
		}
		var parts []string
		for _, p := range out["parts"].([]any) {
			parts = append(parts, p.(map[string]any)["name"].(string))
		}
		if out["kind"] != "bundle" || !slices.Equal(parts, c.parts) || len(out["unjudged"].([]any)) != c.unjudged || strings.Contains(said, os.TempDir()+string(filepath.Separator)+"selvage-verify-") {
			t.Errorf("%v: %s", c.what, said)
		}
	}
	path := pack(t, map[string]string{"a.png": valid})
	root := filepath.Join(pictures, "trust-root.pem")
	if code, _, said := asked(t, "--json", "--require-trust", "--trust", root, path); code != 0 {
		t.Errorf("a picture with its root: exit %d, %s", code, said)
	}
	// A picture that lost its credentials is not trusted along with the others.
	path = pack(t, map[string]string{"a.png": valid, "b.png": text})
	if code, _, said := asked(t, "--json", "--require-trust", "--trust", root, path); code != 1 {
		t.Errorf("a picture without credentials: exit %d, %s", code, said)
	}
}

// Who cosigned a head, and who did not, is told of a head by itself as well.
func TestAHeadIsJudgedByItsWitnesses(t *testing.T) {
	dir := filepath.Join("..", "..", "ledger", "verify", "testdata")
	note := filepath.Join(dir, "nothing", "kept.note")
	key := func(sample string) string {
		text, err := os.ReadFile(filepath.Join(dir, sample, "witness.txt"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	if code, out, said := asked(t, "--json", "--witness", key("nothing"), note); code != 0 || out["kind"] != "head" || len(out["seen"].([]any)) != 1 {
		t.Errorf("exit %d, %s", code, said)
	}
	if code, _, said := asked(t, "--json", "--witness", key("everything"), note); code != 1 || !strings.Contains(said, "cosignature.missing") {
		t.Errorf("a witness who has not signed it: exit %d, %s", code, said)
	}
	if code, _, said := asked(t, "--json", "--require-trust", note); code != 1 {
		t.Errorf("a device that nobody named: exit %d, %s", code, said)
	}
}
