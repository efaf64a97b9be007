package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/selvage-studio/selvage/ledger/identity"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"selvage": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// testPassphrase locks the keys of the tests' person, at a cost that tests can pay.
const testPassphrase = "test"

func makeIdentity(data string) error {
	_, err := identity.Create(context.Background(), identity.Options{
		Dir: filepath.Join(data, "identity"), Name: "Anna", NoKeyStore: true, Work: 4,
		Passphrase: func(context.Context, bool) (string, error) { return testPassphrase, nil },
	})
	return err
}

// TestCommands runs testdata/*.txtar: what a designer types and gets.
func TestCommands(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			// The scripts have a home of their own, but the ONNX Runtime of this machine.
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("SELVAGE_DATA", filepath.Join(e.WorkDir, "data"))
			if err := makeIdentity(filepath.Join(e.WorkDir, "data")); err != nil {
				return err
			}
			e.Setenv(identity.PassphraseEnv, testPassphrase)
			e.Setenv("DISPLAY", "")
			e.Setenv("LONG", strings.Repeat("tulips and ", 9000))
			e.Setenv("WAYLAND_DISPLAY", "")
			for _, k := range []string{"SELVAGE_ONNXRUNTIME"} {
				e.Setenv(k, os.Getenv(k))
			}
			return nil
		},
		Condition: func(c string) (bool, error) {
			switch c {
			case "root":
				return os.Geteuid() == 0, nil
			case "cmyk": // a printer's profile, of Ghostscript's
				_, err := os.Stat("/usr/share/color/icc/ghostscript/default_cmyk.icc")
				return err == nil, nil
			}
			return false, fmt.Errorf("no condition %q", c)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"interrupted": interrupted,
			"smalldisk":   smallDisk,
			// exits CODE COMMAND... runs a command that has to end with that code.
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				if len(args) < 2 || neg {
					ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
				}
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				err = ts.Exec(args[1], args[2:]...)
				got := 0
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					got = exit.ExitCode()
				} else if err != nil {
					ts.Fatalf("%v", err)
				}
				if got != want {
					ts.Fatalf("exit code %d, want %d", got, want)
				}
			},
		},
	})
}

// interrupted N COMMAND... runs a command, interrupts it after N lines of its
// output, and wants the exit code 130.
func interrupted(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: interrupted LINES COMMAND [ARG...]")
	}
	lines, err := strconv.Atoi(args[0])
	ts.Check(err)
	self, err := os.Executable()
	ts.Check(err)
	c := exec.Command(self, args[2:]...)
	c.Args[0] = args[1] // the test binary is the program of this name
	c.Dir = ts.Getenv("WORK")
	for _, k := range []string{"PATH", "HOME", "XDG_CACHE_HOME", "SELVAGE_DATA", "SELVAGE_ONNXRUNTIME", "WORK", identity.PassphraseEnv} {
		c.Env = append(c.Env, k+"="+ts.Getenv(k))
	}
	out, err := c.StdoutPipe()
	ts.Check(err)
	ts.Check(c.Start())
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for n := 0; s.Scan(); {
		if n++; n == lines {
			ts.Check(c.Process.Signal(syscall.SIGINT))
		}
	}
	err = c.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitCancelled {
		ts.Fatalf("after %d lines and an interrupt: %v, want exit code %d", lines, err, exitCancelled)
	}
}

// smallDisk DIR SIZE mounts a file system of that size.
func smallDisk(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: smalldisk DIR SIZE")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() { ts.Check(syscall.Unmount(dir, 0)) })
}
