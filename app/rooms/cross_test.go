package rooms

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestRoomsWithoutCgoCompileForOtherSystems builds everything that reaches no
// cgo for Windows and macOS. What needs cgo (gpu, the window) is built on its own
// system.
func TestRoomsWithoutCgoCompileForOtherSystems(t *testing.T) {
	g := list(t, module+"...")
	var portable []string
	for _, path := range sorted(g) {
		if !strings.HasPrefix(path, module) || len(g[path].CgoFiles) > 0 {
			continue
		}
		cgo := false
		for _, dep := range g[path].Deps {
			// The standard library has its own way round cgo.
			cgo = cgo || len(g[dep].CgoFiles) > 0 && strings.Contains(dep, ".") || under(dep, "fyne.io/fyne/v2")
		}
		if !cgo {
			portable = append(portable, path)
		}
	}
	if len(portable) < 10 {
		t.Fatalf("only %v reach no cgo; the test lost its subject", portable)
	}
	for _, system := range []string{"windows/amd64", "darwin/arm64"} {
		t.Run(system, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(system, "/")
			c := exec.CommandContext(t.Context(), "go", append([]string{"build"}, portable...)...)
			c.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
