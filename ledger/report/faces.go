package report

import (
	"fmt"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
)

// Faces finds a face that has a letter; it may answer nil, or a face without it.
// *fontscan.FontMap is one. It is asked from one goroutine at a time.
type Faces interface {
	ResolveFace(r rune) *font.Face
}

// SystemFaces gives the faces that are installed on this computer. The folder takes
// an index of them, which makes the next call quick; it must not be shared by two
// processes at once. Reports that differ in nothing but the computer they were made
// on can differ in the shapes of such letters.
func SystemFaces(cacheDir string) (Faces, error) {
	m := fontscan.NewFontMap(silent{})
	if err := m.UseSystemFonts(cacheDir); err != nil {
		return nil, fmt.Errorf("authorship report: looking for fonts: %w", err)
	}
	m.SetQuery(fontscan.Query{Families: []string{fontscan.SansSerif}})
	return m, nil
}

// silent takes what fontscan has to say about fonts that it skips.
type silent struct{}

func (silent) Printf(string, ...any) {}
