package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
)

// verifier builds the program that is handed out, and runs it.
func verifier(t *testing.T) func(args ...string) (code int, out map[string]any) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "selvage-verify.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../selvage-verify")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(args ...string) (code int, out map[string]any) {
		t.Helper()
		c := exec.CommandContext(t.Context(), program, append([]string{"--json"}, args...)...)
		text, err := c.Output()
		if c.ProcessState == nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%v: %q: %v", args, text, err)
		}
		return c.ProcessState.ExitCode(), out
	}
}

// What the studio hands on in one file is judged without it: the proofs of a pattern, and a
// back-up, which becomes a library again.
func TestBundlesAreVerifiedElsewhere(t *testing.T) {
	s, lib, _ := witnessed(t)
	verify := verifier(t)
	dir := t.TempDir()
	proofs, backup := filepath.Join(dir, "stripes.zip"), filepath.Join(dir, "backup.zip")
	done, err := s.ProvePattern(t.Context(), lib, "Stripes", proofs)
	if err != nil || done.Heads != 1 || done.Entries < 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := s.Backup(t.Context(), lib, backup, nil); err != nil {
		t.Fatal(err)
	}
	me, err := s.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if code, out := verify("--trust", me.Keys().Heads, "--require-trust", proofs); code != 0 || len(out["parts"].([]any)) != done.Entries+done.Heads {
		t.Errorf("the proofs: exit %d, %v", code, out)
	}
	if code, out := verify("--require-trust", proofs); code != 1 || out["state"] != "Valid" {
		t.Errorf("the proofs by themselves: exit %d, %v", code, out)
	}
	if code, out := verify("--trust", me.DID(), "--require-trust", backup); code != 0 {
		t.Errorf("the back-up: exit %d, %v", code, out)
	}
	data, err := os.ReadFile(proofs)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/3] ^= 1
	if err := os.WriteFile(proofs+"2.zip", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := verify(proofs + "2.zip"); code == 0 {
		t.Errorf("a flipped bit: %v", out)
	}

	again := filepath.Join(dir, "Again.selvage")
	if err := s.Restore(t.Context(), backup, again); err != nil {
		t.Fatal(err)
	}
	restored, err := library.Open(again)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Note(t.Context(), restored, "Stripes", "from the copy"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.VerifyLedger(t.Context(), restored, session.VerifyOptions{Deep: true}, nil); err != nil || !v.Intact() || len(v.Logs) != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := restored.Close(); err != nil {
		t.Error(err)
	}

	var wrong *session.UsageError
	if _, err := s.ProvePattern(t.Context(), lib, "Stripes", filepath.Join(dir, "a.txt")); !errors.As(err, &wrong) {
		t.Errorf("no bundle's name: %v", err)
	}
	if err := s.Restore(t.Context(), proofs, filepath.Join(dir, "No.selvage")); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "no back-up") {
		t.Errorf("no back-up: %v", err)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Backup(over, lib, filepath.Join(dir, "c.zip"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*c.zip*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
