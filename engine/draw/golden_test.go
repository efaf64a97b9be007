package draw

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fingerprint hashes scene, planes and caption of one drawing of a family.
func fingerprint(t *testing.T, name string, i int) string {
	t.Helper()
	spec := Spec{Family: name, Style: []Style{Clean, Block, Ikat}[i%3]}.Complete(uint64(i) * 7919)
	sc, err := spec.Scene()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sc.Screens(96, 96)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	h.Write(s.Encode(nil))
	// The hashes are older than Figure and Part, which are 0 here.
	text := strings.Replace(fmt.Sprintf("%+v", sc.Spec), " Figure:0 Part:0}", "}", 1)
	fmt.Fprintf(h, "%s %s", text, Describe(sc.Spec, uint64(i)))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// TestGolden holds the bytes of every family. When it fails, either undo what
// changed the drawings or raise Version and write the file anew with
// DRAW_GOLDEN=write.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", fmt.Sprintf("golden-%d.txt", Version))
	var b strings.Builder
	for i, name := range Families() {
		fmt.Fprintf(&b, "%s %s\n", fingerprint(t, name, i), name)
	}
	if os.Getenv("DRAW_GOLDEN") == "write" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wants, gots := strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")
	if len(wants) != len(gots) {
		t.Fatalf("%d families in %s, %d drawn", len(wants)-1, path, len(gots)-1)
	}
	for i := range gots {
		if gots[i] != wants[i] {
			t.Errorf("rules changed: %q, was %q", gots[i], wants[i])
		}
	}
}

// TestNoFusedMultiplyAdd reads the assembly that the compiler makes for a
// machine with fused multiply-add: one such instruction and drawings would
// differ between machines.
func TestNoFusedMultiplyAdd(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package for another machine")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool to compile with")
	}
	fused := regexp.MustCompile(`\t(V?FN?M(ADD|SUB)[0-9]*[DS]*|WFMADB|WFMSDB|FMADD|FMSUB|FNMSUB|FNMADD)\t`)
	for _, arch := range []string{"arm64"} {
		cmd := exec.Command(tool, "build", "-gcflags=-S", ".")
		cmd.Env = append(os.Environ(), "GOARCH="+arch, "GOOS=linux", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%.400s", arch, err, out)
		}
		if !strings.Contains(string(out), "draw.") {
			t.Fatalf("%s: no assembly to read", arch)
		}
		for _, line := range strings.Split(string(out), "\n") {
			if fused.MatchString(line) {
				t.Errorf("%s: %s", arch, strings.TrimSpace(line))
			}
		}
	}
}
