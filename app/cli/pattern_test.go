package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/identity"
)

// bench is a library of its own for commands that are run as processes.
type bench struct {
	t    *testing.T
	data string
}

func newBench(t *testing.T) bench {
	t.Helper()
	b := bench{t, t.TempDir()}
	if err := makeIdentity(b.data); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bench) command(ctx context.Context, args ...string) *exec.Cmd {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Args[0] = "selvage" // the test binary is the program of this name
	c.Env = append(os.Environ(), "SELVAGE_DATA="+b.data, "SELVAGE_LIBRARY=", identity.PassphraseEnv+"="+testPassphrase)
	return c
}

// run wants a command to end well and returns what it printed.
func (b bench) run(args ...string) string {
	b.t.Helper()
	c := b.command(b.t.Context(), args...)
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		b.t.Fatalf("selvage %q: %v\n%s", args, err, errs.String())
	}
	return string(out)
}

func (b bench) version(pattern string) string {
	b.t.Helper()
	var info struct{ Version string }
	if err := json.Unmarshal([]byte(b.run("pattern", "info", pattern, "--json")), &info); err != nil || info.Version == "" {
		b.t.Fatalf("the version of %s: %q, %v", pattern, info.Version, err)
	}
	return info.Version
}

func (b bench) library() *library.Library {
	b.t.Helper()
	s, err := session.Open(session.Config{DataDir: b.data})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.t.Error(err)
		}
	})
	lib, err := s.Library(filepath.Join(b.data, "Studio.selvage"))
	if err != nil {
		b.t.Fatal(err)
	}
	return lib
}

// notes is a list of n operations that fill pages of the document.
func notes(t *testing.T, n, round int) string {
	t.Helper()
	type op struct {
		Kind   string            `json:"kind"`
		Params map[string]string `json:"params"`
	}
	var list []op
	for i := range n {
		list = append(list, op{"pattern.notes", map[string]string{"notes": fmt.Sprintf("%d %d %s", round, i, strings.Repeat("warp and weft ", 400))}})
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ops.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An edit is killed at a random moment, 20 times over. What is there afterwards is
// the version before it or the one after it, whole, and the next edit goes on.
func TestKilledWhileEditing(t *testing.T) {
	b := newBench(t)
	b.run("pattern", "new", "Roses", "--width", "64", "--height", "64")
	began := time.Now()
	b.run("edit", "Roses", "--ops", notes(t, 40, -1))
	full := time.Since(began)
	lib := b.library()
	changed, killed := 0, 0
	for round := range 20 {
		before := b.version("Roses")
		// The moment is random, and whatever it is the outcome has to be right.
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(2*int64(full))))
		c := b.command(ctx, "edit", "Roses", "--ops", notes(t, 40, round))
		err := c.Run()
		cancel()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			if st, ok := exit.Sys().(syscall.WaitStatus); !ok || !st.Signaled() {
				t.Fatalf("round %d: it was not killed, but said %v", round, err)
			}
			killed++
		} else if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		var steps []struct{ Version string }
		for line := range strings.Lines(b.run("pattern", "history", "Roses", "--json")) {
			var s struct{ Version string }
			if err := json.Unmarshal([]byte(line), &s); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, s)
		}
		after := b.version("Roses")
		if after != before {
			changed++
		}
		if want := 1 + 40*(1+changed); len(steps) != want || steps[len(steps)-1].Version != after {
			t.Fatalf("round %d: %d steps after %d whole edits, want %d", round, len(steps), changed, want)
		}
	}
	checked, err := lib.Blobs().Check(t.Context())
	if err != nil || len(checked.Damaged) > 0 {
		t.Errorf("the contents: %+v, %v", checked, err)
	}
	t.Logf("%d of 20 were killed, %d came through", killed, changed)
}

// Who holds the library is named to the one that wants to write, and no reader is
// kept out.
func TestASecondWriterIsToldWhoHoldsIt(t *testing.T) {
	b := newBench(t)
	b.run("pattern", "new", "Roses", "--width", "64", "--height", "64")
	me, err := identity.Open(t.Context(), identity.Options{
		Dir: filepath.Join(b.data, "identity"), Passphrase: func(context.Context, bool) (string, error) { return testPassphrase, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	pen, err := b.library().Write(t.Context(), me)
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.command(t.Context(), "edit", "Roses", "--ops", notes(t, 1, 0)).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(string(out), fmt.Sprintf("process %d on", os.Getpid())) {
		t.Errorf("the second writer: %v, %s", err, out)
	}
	b.version("Roses")
	if err := pen.Release(); err != nil {
		t.Fatal(err)
	}
	b.run("edit", "Roses", "--ops", notes(t, 1, 0))
}

// An interrupt while a list is read from a terminal ends the command.
func TestInterruptedWhileReadingOperations(t *testing.T) {
	b := newBench(t)
	b.run("pattern", "new", "Roses", "--width", "64", "--height", "64")
	before := b.version("Roses")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := b.command(t.Context(), "edit", "Roses", "--ops", "-")
	c.Stdin = r
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	// More than a pipe holds: when this is written, the program is reading.
	if _, err := w.Write([]byte("[" + strings.Repeat(" ", 1<<17))); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitCancelled {
		t.Errorf("after an interrupt: %v, want exit code %d", err, exitCancelled)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if after := b.version("Roses"); after != before {
		t.Error("the pattern changed")
	}
}
