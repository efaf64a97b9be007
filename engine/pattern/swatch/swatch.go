// Package swatch reads and writes colour files: Adobe Swatch Exchange (.ase),
// Photoshop's colour swatches (.aco), CxF3 (ISO 17972-1, the core of CxF/X) and
// CSV. They are how a palette comes from a chip book and how positions reach a mill.
//
//	chips, err := swatch.Read(data)              // knows the format by its content
//	data, err := swatch.Write(swatch.CxF, chips, time.Now())
//
// What each of them can hold:
//
//	       name  code  position  Lab  illuminant  sRGB
//	ase    yes   no    order     D50  D50/2       yes (instead of Lab)
//	aco    yes   no    order     D50  D50/2       yes (instead of Lab)
//	cxf    yes   yes   yes       yes  yes         yes
//	csv    yes   yes   yes       yes  yes         yes
//
// In .ase and .aco the code goes before the name. A chip is written there as Lab
// where it was measured under D50 by the 2 degree observer, which is what Adobe's
// programs mean by Lab, and as sRGB elsewhere.
package swatch

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Chip is one colour of a file.
type Chip struct {
	Position int    // its printing position from 1, 0 where the file does not say
	Name     string // such as "madder"
	Code     string // of a chip book, such as "18-1547"
	// Lab is the measured CIELAB with its illuminant ("D50", "D65", "A", ...) and
	// observer (2 or 10 degrees), nil where the file has none.
	Lab        *color.Lab
	Illuminant string
	Observer   int
	// Preview is the colour in sRGB: the file's own, or made from Lab.
	Preview color.Chip
}

// Format is a kind of colour file.
type Format string

// The formats, named by their extension.
const (
	ASE Format = "ase"
	ACO Format = "aco"
	CxF Format = "cxf"
	CSV Format = "csv"
)

// The bounds of what is read: a chip book has some thousands of colours.
const (
	MaxBytes = 16 << 20
	MaxChips = 1 << 14
	maxName  = 1 << 10 // in characters
)

// FormatError reports bytes that are no colour file, or a damaged one.
type FormatError struct {
	Format Format // "" where no format was recognised
	Reason string
}

func (e *FormatError) Error() string {
	if e.Format == "" {
		return "swatch: " + e.Reason
	}
	return fmt.Sprintf("swatch: .%s: %s", e.Format, e.Reason)
}

// Read reads a colour file of any of the formats. The error is a *FormatError.
func Read(data []byte) ([]Chip, error) {
	if len(data) > MaxBytes {
		return nil, &FormatError{"", fmt.Sprintf("%d bytes; a colour file has at most %d", len(data), MaxBytes)}
	}
	var chips []Chip
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("ASEF")):
		chips, err = readASE(data)
	case len(data) >= 4 && data[0] == 0 && (data[1] == 1 || data[1] == 2):
		chips, err = readACO(data)
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte(bom)), " \t\r\n"), []byte("<")):
		chips, err = readCxF(data)
	default:
		chips, err = readCSV(data)
	}
	if err != nil {
		return nil, err
	}
	if len(chips) == 0 {
		return nil, &FormatError{"", "it holds no colour that can be read"}
	}
	return chips, nil
}

// Write writes chips in a format. Names are cut to 1024 characters. CxF wants to
// know when the colours were made; the others do not say. The error is a
// *FormatError.
func Write(f Format, chips []Chip, made time.Time) ([]byte, error) {
	if len(chips) == 0 || len(chips) > MaxChips {
		return nil, &FormatError{f, fmt.Sprintf("%d chips; 1 to %d can be written", len(chips), MaxChips)}
	}
	for i, c := range chips {
		if c.Lab == nil {
			continue
		}
		for _, v := range c.Lab {
			if math.IsNaN(v) || math.Abs(v) > 1000 {
				return nil, &FormatError{f, fmt.Sprintf("chip %d (%s) has the impossible Lab %v", i+1, c.Name, *c.Lab)}
			}
		}
	}
	switch f {
	case ASE:
		return writeASE(chips), nil
	case ACO:
		return writeACO(chips), nil
	case CxF:
		return writeCxF(chips, made)
	case CSV:
		return writeCSV(chips)
	}
	return nil, &FormatError{f, "this format is unknown; ase, aco, cxf and csv can be written"}
}

// bom is the byte order mark that some programs begin a text with.
const bom = "\xef\xbb\xbf"

// title is name and code as the formats have it that know no codes.
func (c Chip) title() string {
	if c.Code == "" || strings.HasPrefix(c.Name, c.Code) {
		return cut(c.Name)
	}
	return cut(strings.TrimSpace(c.Code + " " + c.Name))
}

func cut(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName])
	}
	return s
}

// adobe reports whether a chip's Lab is what Adobe's programs mean by it.
func (c Chip) adobe() bool {
	if c.Lab == nil || c.Illuminant != "D50" || c.Observer != 2 {
		return false
	}
	l := *c.Lab
	return l[0] >= 0 && l[0] <= 100 && l[1] >= -128 && l[1] <= 127 && l[2] >= -128 && l[2] <= 127
}

// named fills in the preview's name and, where there is only Lab, its colour.
func (c Chip) named() Chip {
	if c.Preview.Name = c.Name; c.Name == "" {
		c.Preview.Name = c.Preview.Hex()
	}
	return c
}

// white is the XYZ of an illuminant's white for the 2 or 10 degree observer
// (ASTM E308, table 5); what is not known is taken as D50, which changes a
// preview and nothing else.
func white(illuminant string, observer int) [3]float64 {
	whites := map[string][2][3]float64{
		"A":   {{1.0985, 1, 0.35585}, {1.11144, 1, 0.35200}},
		"C":   {{0.98074, 1, 1.18232}, {0.97285, 1, 1.16145}},
		"D50": {{0.96422, 1, 0.82521}, {0.96720, 1, 0.81427}},
		"D55": {{0.95682, 1, 0.92149}, {0.95799, 1, 0.90926}},
		"D65": {{0.95047, 1, 1.08883}, {0.94811, 1, 1.07304}},
		"D75": {{0.94972, 1, 1.22638}, {0.94416, 1, 1.20641}},
		"F2":  {{0.99186, 1, 0.67393}, {1.03279, 1, 0.69027}},
		"F7":  {{0.95041, 1, 1.08747}, {0.95792, 1, 1.07686}},
		"F11": {{1.00962, 1, 0.64350}, {1.03863, 1, 0.65607}},
	}
	w, ok := whites[illuminant]
	if !ok {
		w = whites["D50"]
	}
	if observer == 10 {
		return w[1]
	}
	return w[0]
}

// Preview is the sRGB of a CIELAB colour under an illuminant, adapted to D65 by
// Bradford's matrix (ICC.1:2010, annex E); what lies outside of sRGB is clamped.
func Preview(lab color.Lab, illuminant string, observer int) color.Chip {
	w := white(illuminant, observer)
	inverse := func(t float64) float64 {
		if t > 6./29 {
			return t * t * t
		}
		return 3 * (6. / 29) * (6. / 29) * (t - 4./29)
	}
	fy := (lab[0] + 16) / 116
	xyz := [3]float64{w[0] * inverse(fy+lab[1]/500), w[1] * inverse(fy), w[2] * inverse(fy-lab[2]/200)}
	to := white("D65", 2)
	cone := func(v [3]float64) [3]float64 {
		return [3]float64{
			0.8951*v[0] + 0.2664*v[1] - 0.1614*v[2],
			-0.7502*v[0] + 1.7135*v[1] + 0.0367*v[2],
			0.0389*v[0] - 0.0685*v[1] + 1.0296*v[2],
		}
	}
	c, from, into := cone(xyz), cone(w), cone(to)
	for i := range c {
		c[i] *= into[i] / from[i]
	}
	x := 0.9869929*c[0] - 0.1470543*c[1] + 0.1599627*c[2]
	y := 0.4323053*c[0] + 0.5183603*c[1] + 0.0492912*c[2]
	z := -0.0085287*c[0] + 0.0400428*c[1] + 0.9684867*c[2]
	return color.ChipOf("", color.RGB{
		3.2404542*x - 1.5371385*y - 0.4985314*z,
		-0.9692660*x + 1.8760108*y + 0.0415560*z,
		0.0556434*x - 0.2040259*y + 1.0572252*z,
	}.Clamp().Encode())
}

// ink is the sRGB of plain CMYK shares (0 none to 1 full), as a preview: the true
// colour depends on a press that the file does not name.
func ink(c, m, y, k float64) color.Chip {
	return color.ChipOf("", color.RGB{(1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)})
}
