package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestLook writes samples into the folder that SELVAGE_LOOK names, for a person to
// look at.
func TestLook(t *testing.T) {
	dir := os.Getenv("SELVAGE_LOOK")
	if dir == "" {
		t.Skip("SELVAGE_LOOK names no folder")
	}
	faces, err := SystemFaces(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Report{"sample": sample(t, 30), "large": sample(t, 2000), "hostile": hostile(t), "bare": bare()} {
		r.Faces = faces
		var pdf, html bytes.Buffer
		if err := PDF(&pdf, r); err != nil {
			t.Fatal(name, err)
		}
		if err := HTML(&html, r); err != nil {
			t.Fatal(name, err)
		}
		for ext, b := range map[string][]byte{".pdf": pdf.Bytes(), ".html": html.Bytes()} {
			if err := os.WriteFile(filepath.Join(dir, name+ext), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
