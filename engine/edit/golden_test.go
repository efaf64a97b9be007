package edit

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

var update = flag.Bool("update", false, "write the golden sums of this platform's replay")

const goldenFile = "testdata/replay.txt"

// goldenList is a document of every family of operations; testdata/replay.json
// has it in the form that `selvage edit --ops` reads. {name} stands for a blob.
func goldenList(t *testing.T, store Store) []Op {
	t.Helper()
	text, err := os.ReadFile("testdata/replay.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, blob := range map[string]Hash{"{cell}": picture(t, store, 128, 192, 7), "{swatch}": picture(t, store, 50, 40, 8)} {
		text = bytes.ReplaceAll(text, []byte(name), []byte(blob.String()))
	}
	ops, err := ParseList(text)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// Every version of the golden document, and the picture that it shows, has the
// sums that were written down once, on every platform.
func TestGoldenReplay(t *testing.T) {
	ctx := context.Background()
	store := newMemory()
	ops := goldenList(t, store)
	p, err := New(ctx, store, ops[0].(*NewPattern), Meta{}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for i, op := range ops {
		if i > 0 {
			if _, err := p.Apply(ctx, op, Meta{}); err != nil {
				t.Fatalf("operation %d, %s: %v", i+1, op.Kind(), err)
			}
		}
		// Version, state, picture: version first, so that a change of the
		// parameters is told from one of what they do.
		flat, err := raster.Flatten(ctx, p.State().Size.Width, p.State().Size.Height, p.State().Sheets())
		if err != nil {
			t.Fatal(err)
		}
		v, s, f := p.Document().Current(), p.State().Sum(), flat.Sum()
		fmt.Fprintf(&got, "%2d %-22s %x %x %x\n", i+1, op.Kind(), v[:8], s[:8], f[:8])
	}
	if *update {
		if err := os.WriteFile(goldenFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	for i := range ours {
		if i >= len(theirs) || ours[i] != theirs[i] {
			t.Fatalf("on %s/%s the replay parts from the golden one at\n%s\nwant\n%s", runtime.GOOS, runtime.GOARCH, ours[i], append(theirs, "nothing")[min(i, len(theirs))])
		}
	}
	if len(theirs) > len(ours) {
		t.Errorf("%d lines, want %d", len(ours), len(theirs))
	}
}

// replayOn builds these tests for another processor and runs the golden replay
// there, under the emulator where one is named.
func replayOn(t *testing.T, arch, emulator string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "replay")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building for %s: %v\n%s", arch, err, out)
	}
	args := []string{bin, "-test.run=^TestGoldenReplay$", "-test.v"}
	if emulator != "" {
		args = append([]string{emulator}, args...)
	}
	out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput()
	if err != nil && emulator == "" && strings.Contains(err.Error(), "exec format error") {
		t.Skipf("this system does not run %s programs: %v", arch, err)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestGoldenReplay")) {
		t.Errorf("%s: %v\n%s", arch, err, out)
	}
}

// 386 computes with other instructions and another size of int.
func TestReplayIsTheSameOn386(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skipf("%s/%s does not run 386 programs for Linux", runtime.GOOS, runtime.GOARCH)
	}
	replayOn(t, "386", "")
}

// arm64 and s390x fuse a product and a sum unless told not to; s390x has the
// bytes of its words the other way round.
func TestSoakReplayIsTheSameOnOtherProcessors(t *testing.T) {
	if os.Getenv("SELVAGE_SOAK") == "" {
		t.Skip("emulators are slow: make soak runs it")
	}
	for arch, emulator := range map[string]string{"arm64": "qemu-aarch64", "s390x": "qemu-s390x"} {
		t.Run(arch, func(t *testing.T) {
			path, err := exec.LookPath(emulator)
			if err != nil {
				t.Skipf("%s is not installed: Debian has it in qemu-user", emulator)
			}
			replayOn(t, arch, path)
		})
	}
}
