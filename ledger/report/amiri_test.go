package report

import (
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-text/typesetting/font"
)

// oneFace is Faces of a single face.
type oneFace struct{ face *font.Face }

func (o oneFace) ResolveFace(rune) *font.Face { return o.face }

// amiri is a face with Arabic letters, which the module that shapes text carries
// for its own tests.
func amiri(t testing.TB) Faces {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-text/typesetting").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "font", "testdata", "Amiri-Regular.ttf"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	face, err := font.ParseTTF(file)
	if err != nil {
		t.Fatal(err)
	}
	return oneFace{face}
}

func crcOf(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

func TestSystemFaces(t *testing.T) {
	faces, err := SystemFaces(t.TempDir())
	if err != nil {
		t.Skip("this computer has no fonts: ", err)
	}
	if f := faces.ResolveFace('ß'); f == nil {
		t.Error("no face has a letter that most have")
	}
}
