package press

import (
	"fmt"
	"math"
	"strconv"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Detail is where the pixels of a cell come from: a label of 300 DPI says
// nothing of the detail that is there.
type Detail struct {
	// Generated is the cell as a model made it, or as it was drawn, scanned or
	// imported: the last size at which pixels were made and not enlarged.
	Generated pattern.Size `json:"generated"`

	// Upscaled is the cell after a model enlarged it; zero if none did.
	Upscaled pattern.Size `json:"upscaled,omitzero"`

	// File is the cell as the file has it, after any resampling.
	File pattern.Size `json:"file"`

	// Width and Height are the physical size of the cell.
	Width  pattern.Length `json:"width_mm"`
	Height pattern.Length `json:"height_mm"`
}

// dpi returns the lower resolution of the two axes.
func (d Detail) dpi(s pattern.Size) float64 {
	if !(d.Width > 0) || !(d.Height > 0) {
		return 0
	}
	return min(float64(s.Width)/d.Width.In(pattern.Inch), float64(s.Height)/d.Height.In(pattern.Inch))
}

// FileDPI returns the file's pixels per inch along both axes, 0 if the cell has
// no physical size.
func (d Detail) FileDPI() (x, y float64) {
	if !(d.Width > 0) || !(d.Height > 0) {
		return 0, 0
	}
	return float64(d.File.Width) / d.Width.In(pattern.Inch), float64(d.File.Height) / d.Height.In(pattern.Inch)
}

// GeneratedDPI counts the pixels that were made, along the axis that has fewer.
func (d Detail) GeneratedDPI() float64 { return d.dpi(d.Generated) }

// UpscaledDPI counts the pixels after the upscaling model; 0 if there was none.
func (d Detail) UpscaledDPI() float64 { return d.dpi(d.Upscaled) }

// EffectiveDPI is the detail that is there: the pixels that were made, and no
// more than the file holds.
func (d Detail) EffectiveDPI() float64 {
	x, y := d.FileDPI()
	return min(d.GeneratedDPI(), x, y)
}

// Statement says it in one sentence or two, for files and for people.
func (d Detail) Statement() string {
	fx, fy := d.FileDPI()
	if fx == 0 {
		return fmt.Sprintf("The cell has %v pixels and no physical size.", d.File)
	}
	s := fmt.Sprintf("Repeat %s x %s mm, %v pixels, %s DPI in this file. Generated at %v (%s DPI)",
		Millimetres(d.Width), Millimetres(d.Height), d.File, dots(fx, fy), d.Generated, dot(d.GeneratedDPI()))
	if d.Upscaled != (pattern.Size{}) && d.Upscaled != d.Generated {
		s += fmt.Sprintf(", upscaled to %v (%s DPI)", d.Upscaled, dot(d.UpscaledDPI()))
	}
	last := d.Generated
	if d.Upscaled != (pattern.Size{}) {
		last = d.Upscaled
	}
	if d.File != last {
		s += fmt.Sprintf(", resampled to %v", d.File)
	}
	return s + fmt.Sprintf("; effective %s DPI.", dot(d.EffectiveDPI()))
}

// Millimetres writes a length to a hundredth of a millimetre, without zeros at
// the end.
func Millimetres(l pattern.Length) string {
	return strconv.FormatFloat(math.Round(l.In(pattern.Millimetre)*100)/100, 'f', -1, 64)
}

func dot(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func dots(x, y float64) string {
	if dot(x) == dot(y) {
		return dot(x)
	}
	return dot(x) + " x " + dot(y)
}
