//go:build !js

package main

import (
	"database/sql"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type sample struct {
	State    string
	Entries  int
	Heads    int
	Problems []struct{ Code, Entry string }
}

// The sample libraries get the verdicts that FORMAT.md's verifiers give, from the program as it is
// handed out: one static file.
func TestSampleLibraries(t *testing.T) {
	program := filepath.Join(t.TempDir(), "selvage-verify.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := filepath.Join("..", "..", "ledger", "verify", "testdata")
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct{ Alone, With sample }
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range expected {
		// What is judged is left as it was found.
		lib := filepath.Join(dir, name)
		before := listing(t, lib)
		got, code := asks(t, program, "--json", lib)
		same(t, name+", alone", got, want.Alone, code)
		got, code = asks(t, program, "--json", "--head", filepath.Join(lib, "kept.note"), lib)
		// Without the witness's key its words are not judged.
		alone := want.With
		alone.Problems = slices.DeleteFunc(slices.Clone(alone.Problems), func(p struct{ Code, Entry string }) bool { return p.Code == "cosignature.invalid" })
		alone.State = stateOf(alone)
		same(t, name+", with a head", got, alone, code)
		key, err := os.ReadFile(filepath.Join(lib, "witness.txt"))
		if err != nil {
			t.Fatal(err)
		}
		got, code = asks(t, program, "--json", "--witness", strings.TrimSpace(string(key)), "--head", filepath.Join(lib, "kept.note"), lib)
		// What is asked for beyond the samples' verdicts has a test of its own.
		missing := len(got.Problems)
		got.Problems = slices.DeleteFunc(got.Problems, func(p struct{ Code, Entry string }) bool { return p.Code == "cosignature.missing" })
		if missing > len(got.Problems) && code == 1 && len(got.Problems) == 0 {
			got.State, code = "Valid", 0
		}
		same(t, name+", with a head and its witness", got, want.With, code)
		if after := listing(t, lib); !maps.Equal(before, after) {
			t.Errorf("%s has other files than before: %v", name, after)
		}
	}
	if len(expected) < 20 {
		t.Errorf("only %d libraries were looked at", len(expected))
	}
}

func stateOf(s sample) string {
	if len(s.Problems) > 0 {
		return "Invalid"
	}
	return "Valid"
}

// A library as the studio keeps it has a write-ahead log, in which something may stand when
// it is copied. It is read, and nothing is written beside it.
func TestAWriteAheadLogIsReadAndLeftAlone(t *testing.T) {
	lib := t.TempDir()
	if err := os.CopyFS(lib, os.DirFS(filepath.Join("..", "..", "ledger", "verify", "testdata", "nothing"))); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(lib, "ledger.db")))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	run := func(q string) {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	run(`PRAGMA journal_mode = WAL`)
	run(`PRAGMA wal_checkpoint(TRUNCATE)`)
	run(`UPDATE openings SET salt = zeroblob(31) || x'01' WHERE number = 4`)
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(lib)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(copied, "ledger.db-shm")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{copied, lib} {
		before := listing(t, dir)
		if code, out, text := asked(t, "--json", dir); code != 1 || len(out["problems"].([]any)) != 1 || !strings.Contains(text, "opening.mismatch") {
			t.Errorf("exit %d, %s", code, text)
		}
		if after := listing(t, dir); !maps.Equal(before, after) {
			t.Errorf("%v became %v", before, after)
		}
	}
}

func listing(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int64{}
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			names[f.Name()] = info.ModTime().UnixNano()
		}
	}
	return names
}

func asks(t *testing.T, program string, args ...string) (s sample, code int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, args...)
	out, err := c.Output()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%v: %q: %v", args, out, err)
	}
	return s, c.ProcessState.ExitCode()
}

func same(t *testing.T, name string, got, want sample, code int) {
	t.Helper()
	order := func(a, b struct{ Code, Entry string }) int {
		switch {
		case a.Code+" "+a.Entry < b.Code+" "+b.Entry:
			return -1
		case a == b:
			return 0
		}
		return 1
	}
	slices.SortFunc(got.Problems, order)
	exit := map[string]int{"Valid": 0, "Invalid": 1}[want.State]
	if got.State != want.State || got.Entries != want.Entries || got.Heads != want.Heads || !slices.Equal(got.Problems, want.Problems) || code != exit {
		t.Errorf("%s: exit %d, %+v\ninstead of %+v", name, code, got, want)
	}
}

func TestItCompilesForTheBrowser(t *testing.T) {
	c := exec.CommandContext(t.Context(), "go", "vet", ".")
	c.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
