package weights

import (
	"os"
	"testing"
)

func goldenDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SELVAGE_GOLDEN")
	if dir == "" {
		t.Skip("SELVAGE_GOLDEN names no directory of conformance vectors")
	}
	return dir
}

func TestGoldenFolders(t *testing.T) {
	dir := goldenDir(t)
	for _, name := range []string{"sd1", "sd2", "sdxl", "sd1-inpaint", "sd1-grad", "taesd", "sd1-controlnet", "rrdb-x2", "rrdb-x4"} {
		m, err := Open(dir + "/models/" + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Log(name, m.Kind, m.Family, m.Pipeline)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
