package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asked runs the program.
func asked(t *testing.T, args ...string) (code int, out map[string]any, text string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	if slices.Contains(args, "--json") {
		if err := json.Unmarshal(o.Bytes(), &out); err != nil {
			t.Fatalf("%q: %v", o.String(), err)
		}
	}
	return code, out, o.String() + e.String()
}

// The golden pictures get the state, the codes and the number of manifests that c2pa-rs gives.
func TestGoldenPictures(t *testing.T) {
	dir := filepath.Join("..", "..", "ledger", "c2pa", "testdata")
	if d := os.Getenv("SELVAGE_GOLDEN_C2PA"); d != "" {
		dir = d
	}
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct {
		State     string
		Failures  []string
		Manifests int
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	codes := map[string]int{"Valid": 0, "Invalid": 1, "Error": 2}
	for name, want := range expected {
		path := filepath.Join(dir, name)
		code, out, _ := asked(t, "--json", path)
		var failures []string
		list, ok := out["failures"].([]any)
		if !ok {
			t.Fatalf("%s: %v", name, out)
		}
		for _, f := range list {
			failures = append(failures, f.(string))
		}
		slices.Sort(failures)
		slices.Sort(want.Failures)
		if code != codes[want.State] || out["kind"] != "c2pa" || out["state"] != want.State || !slices.Equal(failures, want.Failures) || out["manifests"] != float64(want.Manifests) {
			t.Errorf("%s: exit %d, %v; want %+v", name, code, out, want)
		}
		if want.State != "Valid" {
			continue
		}
		if code, _, _ := asked(t, "--require-trust", path); code != 1 {
			t.Errorf("%s is trusted without anybody's word", name)
		}
		if code, out, _ := asked(t, "--json", "--require-trust", "--trust", filepath.Join(dir, "trust-root.pem"), path); code != 0 || out["trusted"] != true {
			t.Errorf("%s is not trusted with its root: %v", name, out)
		}
	}
	if len(expected) < 30 {
		t.Errorf("only %d pictures were looked at", len(expected))
	}
}

func TestWhatCannotBeVerified(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "ledger", "verify", "testdata", "nothing", "witness.txt"))
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(text))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage"},
		{[]string{filepath.Join(dir, "nowhere.png")}, 2, "nowhere.png"},
		{[]string{write("a.txt", "hello")}, 2, "no Content Credentials"},
		{[]string{dir}, 2, "no library"},
		{[]string{"--trust", write("no.pem", "x"), write("b.png", "x")}, 2, ""},
		{[]string{"--trust", "did:key:zzz", write("b.png", "x")}, 2, "did:key"},
		{[]string{write("c.json", "{}")}, 1, "not valid"},
		{[]string{write("d.tlog-proof", "x")}, 2, ""},
		{[]string{write("e.zip", "PK\x03\x04 and more")}, 2, "no bundle"},
		{[]string{"--witness", "nonsense", write("b.png", "x")}, 2, "--witness"},
		{[]string{"--head", write("k.note", "x"), write("b.png", "x")}, 2, "--head compares"},
		{[]string{"--head", write("k.note", "x"), write("c.json", "{}")}, 2, "--head compares"},
		{[]string{"--head", write("k.note", "x"), write("d.tlog-proof", "x")}, 2, "--head compares"},
		{[]string{"--witness", key, write("b.png", "x")}, 2, "no witness cosigns"},
		{[]string{write("f.note", "selvage-ledger/ and more")}, 1, "does not hold"},
	} {
		code, _, text := asked(t, c.args...)
		if code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, code, text)
		}
	}
}
