package session

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/icc"
	"github.com/selvage-studio/selvage/engine/pattern/press"
	specsheet "github.com/selvage-studio/selvage/engine/pattern/sheet"
)

// Format is a kind of file that a pattern is exported as.
type Format string

// The formats of patterns.
const (
	PNG              Format = "png"
	JPEG             Format = "jpeg"
	TIFF             Format = "tiff"
	PSD              Format = "psd"
	PDF              Format = "pdf"
	IndexedPNG       Format = "indexed-png"
	IndexedTIFF      Format = "indexed-tiff"
	CMYKTIFF         Format = "cmyk-tiff"
	Separations      Format = "separations"
	MultichannelTIFF Format = "multichannel-tiff"
	MultichannelPSD  Format = "multichannel-psd"
	Spec             Format = "spec"
	Swatches         Format = "swatches"
	SVG              Format = "svg"
)

// Formats lists them with the ending that their files have.
func Formats() map[Format][]string {
	return map[Format][]string{
		PNG: {".png"}, JPEG: {".jpg", ".jpeg"}, TIFF: {".tif", ".tiff"}, PSD: {".psd"}, PDF: {".pdf"},
		IndexedPNG: {".png"}, IndexedTIFF: {".tif", ".tiff"}, CMYKTIFF: {".tif", ".tiff"},
		Separations: {".tif", ".tiff"}, MultichannelTIFF: {".tif", ".tiff"}, MultichannelPSD: {".psd"},
		Spec: {".pdf"}, SVG: {".svg"}, Swatches: {".ase", ".aco", ".cxf", ".csv"},
	}
}

// PatternExport says what leaves the program, and how.
type PatternExport struct {
	Format Format // "" is what the ending of the file says
	// DPI is the resolution of the file; 0 is the pattern's own pixels.
	DPI float64
	// Colorway is the name of the colourway; "" is the palette itself.
	Colorway string
	// Layout is nil for the cell with the rectangle that lays straight beside it.
	Layout *press.Layout
	Depth  int // bits, 8 (which 0 stands for) or 16
	// Compression is that of TIFF files.
	Compression press.Compression
	Quality     int // of a JPEG, 0 is 95
	// Tolerance is how far curves of an SVG may pass from the pixels, 0 is 0.5.
	Tolerance float64
	// Trap is laid between every pair of positions, Traps and FallOn between those
	// that they name by name or place.
	Trap   pattern.Length
	Traps  []PairTrap
	FallOn []Pair
	Marks  bool
	// Profile is the ICC profile of CMYK, a file; Intent how colours go there.
	Profile string
	Intent  icc.Intent
	// Paper of a spec sheet, Studio, Collection and Cloth what it says.
	Paper                     specsheet.Paper
	Studio, Collection, Cloth string
	// Clean leaves out by which pattern and version the file was made.
	Clean bool
	// Bare leaves out the birth certificate and what the picture says about itself; Disclose
	// puts prompts and seeds into the certificate, which otherwise has commitments to them.
	Bare, Disclose bool
	// AIGC adds China's implicit label (GB 45438-2025) to a picture that a model took part in.
	AIGC bool
}

// Pair is two positions by their names, or by their numbers from 1.
type Pair struct{ A, B string }

// PairTrap is the trap between two positions.
type PairTrap struct {
	Pair
	Width pattern.Length
}

// ParseFormat finds the format that is named, or that the ending of path says. The
// error is a *UsageError.
func ParseFormat(name, path string) (Format, error) {
	ext := strings.ToLower(filepath.Ext(path))
	all := Formats()
	if name == "" {
		for _, f := range []Format{PNG, JPEG, TIFF, PSD, PDF, SVG, Swatches} {
			if slices.Contains(all[f], ext) {
				return f, nil
			}
		}
		return "", usage("%s: the ending says no format; give --format or end it in .png, .jpg, .tif, .psd, .pdf, .svg, .ase, .aco, .cxf or .csv", path)
	}
	ends, known := all[Format(name)]
	if !known {
		var names []string
		for f := range all {
			names = append(names, string(f))
		}
		slices.Sort(names)
		return "", usage("there is no format %q; use one of %s", name, strings.Join(names, ", "))
	}
	if !slices.Contains(ends, ext) {
		return "", usage("%s: a file of the format %s ends in %s", path, name, strings.Join(ends, " or "))
	}
	return Format(name), nil
}
