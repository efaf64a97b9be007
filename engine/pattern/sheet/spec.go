package sheet

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/press"
)

// Paper is the size of the page.
type Paper string

// The papers.
const (
	A4     Paper = "a4" // 210 x 297 mm
	Letter Paper = "letter"
)

// ParsePaper reads "a4" or "letter"; empty is A4.
func ParsePaper(s string) (Paper, error) {
	switch p := Paper(s); p {
	case "":
		return A4, nil
	case A4, Letter:
		return p, nil
	default:
		return "", &SpecError{fmt.Sprintf("paper %q is not known; use a4 or letter", s)}
	}
}

// size in mm.
func (p Paper) size() (w, h float64) {
	if p == Letter {
		return 215.9, 279.4
	}
	return 210, 297
}

// Direction is how the motifs of a design lie, which decides how it may be cut.
type Direction string

// The directions.
const (
	OneWay  Direction = "one-way"
	TwoWay  Direction = "two-way"
	FourWay Direction = "four-way"
	Tossed  Direction = "tossed"
)

// Spec is what the page says. What is empty is left out.
type Spec struct {
	Paper  Paper  // A4 if empty
	Number string // of the design
	Name   string
	Studio string

	Collection, Colourway, Cloth string

	Repeat pattern.Repeat
	Detail press.Detail   // sizes in pixels and on cloth, both needed
	Cell   *press.Picture // in colours or indexed, any size: it is drawn as large as Detail says
	Way    Direction

	Positions []press.Position
	Traps     string // "0.3 mm, light under dark"; empty is butt joints
	Notes     string

	Hash string    // of the version, with its algorithm: "sha256:…"
	Date time.Time // printed where it is not zero
}

// SpecError reports a spec that cannot be drawn.
type SpecError struct{ Reason string }

func (e *SpecError) Error() string { return "spec sheet: " + e.Reason }

// longestText is the most bytes that a field of text takes; what does not fit
// its line ends in an ellipsis.
const longestText = 4096

func (s *Spec) check() error {
	if _, err := ParsePaper(string(s.Paper)); err != nil {
		return err
	}
	if err := s.Repeat.Validate(); err != nil {
		return &SpecError{err.Error()}
	}
	w, h := s.Detail.Width.In(pattern.Millimetre), s.Detail.Height.In(pattern.Millimetre)
	if !(w > 0) || !(h > 0) || math.IsInf(w+h, 0) {
		return &SpecError{"the pattern has no physical size; give its repeat in mm"}
	}
	if w/h > 200 || h/w > 200 {
		return &SpecError{fmt.Sprintf("a repeat of %s x %s mm is too narrow to draw", press.Millimetres(s.Detail.Width), press.Millimetres(s.Detail.Height))}
	}
	if s.Cell == nil || s.Cell.Row == nil || s.Cell.Width <= 0 || s.Cell.Height <= 0 {
		return &SpecError{"there is no picture of the cell"}
	}
	if s.Cell.Model == press.CMYK || s.Cell.Model == press.Inks {
		return &SpecError{"the picture of the cell is needed in colours, not in " + s.Cell.Model.String()}
	}
	if len(s.Positions) > mostChips {
		return &SpecError{fmt.Sprintf("%d positions do not fit one page; it holds %d", len(s.Positions), mostChips)}
	}
	for _, t := range s.texts() {
		if len(t) > longestText || !utf8.ValidString(t) {
			return &SpecError{fmt.Sprintf("a text of %d bytes is too long for a page, or no UTF-8", len(t))}
		}
	}
	return nil
}

// mostChips is as many positions as a palette has.
const mostChips = 24

func (s *Spec) texts() []string {
	out := []string{s.Number, s.Name, s.Studio, s.Collection, s.Colourway, s.Cloth, string(s.Way), s.Traps, s.Notes, s.Hash}
	for _, p := range s.Positions {
		out = append(out, p.Name, p.Code)
	}
	return out
}

// Missing returns the characters of the spec's texts that the page's font does
// not have, and that appear as a question mark: it has Latin, Greek and
// Cyrillic.
func (s *Spec) Missing() []rune {
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil
	}
	var out []rune
	for _, t := range s.texts() {
		for _, r := range t {
			if !has(font, r) && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

func has(font *sfnt.Font, r rune) bool {
	i, err := font.GlyphIndex(&sfnt.Buffer{}, r)
	return err == nil && i != 0
}
