package warp

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoFusedMultiplyAdd reads the assembly that the compiler makes for a
// machine with fused multiply-add, of all that replays motifs and layouts: one
// such instruction, and a version would have other bytes there. What finds a
// repeat stores what it found, and may use them.
func TestNoFusedMultiplyAdd(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles packages for another machine")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool to compile with")
	}
	fused := regexp.MustCompile(`\tFN?M(ADD|SUB)[DS]\t`)
	for _, pkg := range []string{".", "../region", "../synthesis", "../motif", "../layout"} {
		// Here the binary may be the same with and without a rounding, and a kept
		// result would be shown: reading the sources makes the result theirs.
		sources, err := filepath.Glob(filepath.Join(pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range sources {
			if _, err := os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(tool, "build", "-gcflags=-S", pkg)
		cmd.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%.400s", pkg, err, out)
		}
		if !strings.Contains(string(out), "TEXT") {
			t.Fatalf("%s: no assembly to read", pkg)
		}
		for line := range strings.SplitSeq(string(out), "\n") {
			if fused.MatchString(line) && !strings.Contains(line, "layout/find.go") {
				t.Errorf("%s: %s", pkg, strings.TrimSpace(line))
			}
		}
	}
}
