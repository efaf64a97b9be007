package pattern

import (
	"fmt"
	"math"
	"slices"
)

// Demand is what somebody asks of a cell: pixels, a size on cloth, a
// resolution, or any of them. What is zero is free.
type Demand struct {
	Repeat Repeat
	Stride int // total stride of the network in pixels, see Stride

	Width, Height  int    // pixels that the model shall generate, exactly
	RepeatWidth    Length // physical width of the cell
	RepeatHeight   Length // physical height of the cell
	DPI            float64
	Native         int   // side in pixels for which the model was trained; 512 if zero
	Limit          int   // most pixels (width times height) generated in one go; no limit if zero
	Factors        []int // enlargements that may follow, such as 2 and 4; none if empty
	AnyEnlargement bool  // the picture is made of screens, which enlarge by any factor
}

// Plan is how a demand is met: what is generated, how it is enlarged, and what
// the result measures. Notes say what was rounded, Warnings what the numbers
// would otherwise hide.
type Plan struct {
	Repeat    Repeat  `json:"-"`
	Generated Size    `json:"generated"`
	Enlarge   float64 `json:"enlarge"` // factor from Generated to the picture, along the width; 1 if none
	Picture   Size    `json:"picture"`

	// Width and Height are the physical size of the cell.
	Width  Length `json:"width_mm"`
	Height Length `json:"height_mm"`

	// DPIX and DPIY are the picture's pixels per inch; they differ only for a
	// hex, and by no more than RatioError.
	DPIX float64 `json:"dpi_x"`
	DPIY float64 `json:"dpi_y"`

	// EffectiveDPI counts generated pixels only, along the axis that has fewer:
	// the detail that is there.
	EffectiveDPI float64 `json:"effective_dpi"`

	// RatioError is by how much the sampled grid departs from √3 : 2 in a hex,
	// before (sampled) and after it is resampled (picture).
	SampledRatioError float64 `json:"sampled_ratio_error,omitempty"`
	RatioError        float64 `json:"ratio_error,omitempty"`

	Notes    []string `json:"notes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// Lattice returns the lattice that the demand is generated on.
func (d Demand) Lattice() Lattice { return Lattice{d.Repeat, max(d.Stride, 1)} }

// DemandError reports a demand that contradicts itself or makes no sense.
type DemandError struct{ Reason string }

func (e *DemandError) Error() string { return e.Reason }

const (
	defaultNative = 512
	defaultDPI    = 150     // the usual resolution of digital textile printing
	largestSide   = 1 << 17 // pixels; larger pictures are refused everywhere
)

// Plan finds the size to generate. Explicit pixels that do not fit the lattice
// are a *SizeError with offers; a physical size is rounded to the lattice and
// the rounding is a note. Contradictions are a *DemandError.
//
// The physical width holds exactly. The height follows from the pixels, so
// that they stay square; in a hex it follows from the ratio √3 : 2.
func (d Demand) Plan() (Plan, error) {
	if err := d.Repeat.Validate(); err != nil {
		return Plan{}, err
	}
	if err := d.validate(); err != nil {
		return Plan{}, err
	}
	l := d.Lattice()
	p := Plan{Repeat: d.Repeat, Enlarge: 1}
	if d.Width > 0 || d.Height > 0 {
		if err := l.Check(Size{d.Width, d.Height}); err != nil {
			return Plan{}, err
		}
	}

	want := d.pixels() // of the picture, not rounded; zero where free
	d.generate(&p, l, want)
	d.enlarge(&p, want)
	if p.Picture.Width > largestSide || p.Picture.Height > largestSide {
		return Plan{}, &DemandError{fmt.Sprintf("a picture of %v pixels is too large; the longest side is %d", p.Picture, largestSide)}
	}
	d.measure(&p, l, want)
	return p, nil
}

func (d Demand) validate() error {
	switch {
	case d.Width < 0 || d.Height < 0 || d.Width > largestSide || d.Height > largestSide:
		return &DemandError{fmt.Sprintf("size %d x %d: a side is from 1 to %d pixels", d.Width, d.Height, largestSide)}
	case math.IsNaN(d.DPI) || d.DPI < 0 || d.DPI > 0 && (d.DPI < 1 || d.DPI > 10000):
		return &DemandError{fmt.Sprintf("%g DPI: a resolution is from 1 to 10000 dots per inch", d.DPI)}
	case d.RepeatWidth < 0 || d.RepeatHeight < 0 || d.RepeatWidth > longest || d.RepeatHeight > longest || math.IsNaN(float64(d.RepeatWidth+d.RepeatHeight)):
		return &DemandError{fmt.Sprintf("repeat of %v x %v: a side is above zero and at most %v", d.RepeatWidth, d.RepeatHeight, longest)}
	}
	return nil
}

// pixels returns the picture's wanted size in pixels, from physical size and
// DPI, or else the explicit pixels; a free side is zero.
func (d Demand) pixels() [2]float64 {
	if d.RepeatWidth == 0 && d.RepeatHeight == 0 || d.DPI == 0 {
		return [2]float64{float64(d.Width), float64(d.Height)}
	}
	w, h := d.RepeatWidth.Pixels(d.DPI), d.RepeatHeight.Pixels(d.DPI)
	ratio := 1.0
	switch {
	case d.Repeat.Kind == Hex:
		ratio = hexRatio
	case d.Width > 0 && d.Height > 0:
		ratio = float64(d.Width) / float64(d.Height)
	}
	if w == 0 {
		w = h * ratio
	}
	if h == 0 || d.Repeat.Kind == Hex {
		h = w / ratio
	}
	return [2]float64{w, h}
}

// generate chooses the size that the model makes.
func (d Demand) generate(p *Plan, l Lattice, want [2]float64) {
	if d.Width > 0 && d.Height > 0 {
		p.Generated = Size{d.Width, d.Height}
		return
	}
	native := float64(max(d.Native, 0))
	if native == 0 {
		native = defaultNative
	}
	ratio := 1.0 // width over height
	switch {
	case d.Repeat.Kind == Hex:
		ratio = hexRatio
	case want[0] > 0 && want[1] > 0:
		ratio = want[0] / want[1]
	case d.RepeatWidth > 0 && d.RepeatHeight > 0:
		ratio = float64(d.RepeatWidth / d.RepeatHeight)
	}
	switch {
	case d.Width > 0:
		p.Generated = l.Nearest(float64(d.Width), float64(d.Width)/ratio)
		p.Generated.Width = d.Width
	case d.Height > 0:
		p.Generated = l.Nearest(float64(d.Height)*ratio, float64(d.Height))
		p.Generated.Height = d.Height
	case want[0] == 0:
		p.Generated = l.Nearest(native*math.Sqrt(ratio), native/math.Sqrt(ratio))
		if d.Repeat.Kind == Hex {
			p.Generated = l.hexNear(native/math.Sqrt(ratio), d.Limit)
		}
	default:
		w, h := want[0], want[1]
		if d.AnyEnlargement {
			// Screens enlarge cleanly: the model works at the size that it knows.
			s := min(1, native/math.Sqrt(w*h))
			w, h = w*s, h*s
		} else if factor := d.factor(w * h); factor > 1 {
			w, h = w/float64(factor), h/float64(factor)
		}
		if d.Limit > 0 && w*h > float64(d.Limit) {
			s := math.Sqrt(float64(d.Limit) / (w * h))
			w, h = w*s, h*s
		}
		if d.Repeat.Kind == Hex {
			p.Generated = l.hexNear(h, d.Limit)
			return
		}
		p.Generated = l.Nearest(w, h)
		sw, sh := l.Steps()
		for d.Limit > 0 && p.Generated.Width*p.Generated.Height > d.Limit {
			// Rounding up went over the limit: take the longer side back a step.
			switch {
			case p.Generated.Width-sw >= sw && (p.Generated.Width >= p.Generated.Height || p.Generated.Height <= sh):
				p.Generated.Width -= sw
			case p.Generated.Height-sh >= sh:
				p.Generated.Height -= sh
			default:
				return
			}
		}
	}
}

// factor returns the smallest enlargement that brings the generated picture
// under the limit, or the largest there is.
func (d Demand) factor(pixels float64) int {
	best := 1
	factors := slices.Sorted(slices.Values(d.Factors))
	for _, f := range append([]int{1}, factors...) {
		if f < 1 {
			continue
		}
		best = f
		if d.Limit <= 0 || pixels/float64(f*f) <= float64(d.Limit) {
			break
		}
	}
	return best
}

// enlarge chooses the picture's size: the generated one by a whole factor, or
// what was wanted when any enlargement will do. The shift of the repeat stays
// a whole number of pixels.
func (d Demand) enlarge(p *Plan, want [2]float64) {
	p.Picture = p.Generated
	g := p.Generated
	switch {
	case d.AnyEnlargement && want[0] > float64(g.Width):
		p.Picture = whole(d.Repeat, want[0], want[0]*float64(g.Height)/float64(g.Width))
	case !d.AnyEnlargement && want[0] > float64(g.Width):
		f := 1
		for _, c := range slices.Sorted(slices.Values(d.Factors)) {
			if f*g.Width < int(want[0]*0.95) && c > f {
				f = c
			}
		}
		p.Picture = Size{g.Width * f, g.Height * f}
	}
	if d.Repeat.Kind == Hex {
		p.SampledRatioError = Lattice{d.Repeat, 1}.RatioError(p.Generated)
		p.Picture = hexSize(p.Picture)
		p.RatioError = Lattice{d.Repeat, 1}.RatioError(p.Picture)
	}
	p.Enlarge = float64(p.Picture.Width) / float64(g.Width)
}

// whole rounds a picture's size so that the shift of r is whole.
func whole(r Repeat, w, h float64) Size {
	sw, sh := Lattice{r, 1}.Steps()
	return Size{nearest(w, sw), nearest(h, sh)}
}

// hexSize returns the even height within two per cent of s whose nearest width
// comes closest to √3 : 2.
func hexSize(s Size) Size {
	area := math.Sqrt(float64(s.Width) * float64(s.Height))
	ideal := area / math.Sqrt(hexRatio) // height
	best, bestErr := Size{}, math.Inf(1)
	for h := max(2, int(ideal*0.98)&^1); float64(h) <= ideal*1.02+2; h += 2 {
		c := Size{nearest(float64(h)*hexRatio, 1), h}
		if e := math.Abs(Lattice{Repeat{Kind: Hex}, 1}.RatioError(c)); e < bestErr {
			best, bestErr = c, e
		}
	}
	return best
}

// measure fills in physical size and resolution, and says what was rounded.
func (d Demand) measure(p *Plan, l Lattice, want [2]float64) {
	physical := d.RepeatWidth > 0 || d.RepeatHeight > 0
	switch {
	case d.RepeatWidth > 0:
		p.Width = d.RepeatWidth
	case d.RepeatHeight > 0 && d.Repeat.Kind == Hex:
		p.Width = d.RepeatHeight * Length(hexRatio)
	case d.RepeatHeight > 0:
		p.Width = d.RepeatHeight * Length(float64(p.Picture.Width)/float64(p.Picture.Height))
	case d.DPI > 0:
		p.Width = LengthOf(p.Picture.Width, d.DPI)
	default:
		p.Width = LengthOf(p.Picture.Width, defaultDPI)
	}
	p.Height = p.Width * Length(float64(p.Picture.Height)/float64(p.Picture.Width))
	if d.Repeat.Kind == Hex {
		p.Height = p.Width / Length(hexRatio)
	}
	p.DPIX = float64(p.Picture.Width) / p.Width.In(Inch)
	p.DPIY = float64(p.Picture.Height) / p.Height.In(Inch)
	p.EffectiveDPI = min(float64(p.Generated.Width)/p.Width.In(Inch), float64(p.Generated.Height)/p.Height.In(Inch))

	note := func(format string, a ...any) { p.Notes = append(p.Notes, fmt.Sprintf(format, a...)) }
	warn := func(format string, a ...any) { p.Warnings = append(p.Warnings, fmt.Sprintf(format, a...)) }
	sw, sh := l.Steps()
	if physical && d.DPI > 0 {
		asked := fmt.Sprintf("%v at %s DPI", p.Width, trim(d.DPI, 1))
		if p.Picture == whole(Repeat{}, want[0], want[1]) {
			note("%s is %v pixels", asked, p.Picture)
		} else {
			why := fmt.Sprintf("the lattice of a %v repeat generates multiples of %d x %d", d.Repeat, sw, sh)
			if d.AnyEnlargement {
				why = fmt.Sprintf("whole pixels, and a whole shift of a %v repeat", d.Repeat)
			}
			note("%s would be %s x %s pixels; the picture has %v (%s)", asked, trim(want[0], 1), trim(want[1], 1), p.Picture, why)
		}
	}
	if !physical && d.DPI == 0 {
		note("no physical size was asked for: at %d DPI the cell is %v wide", defaultDPI, p.Width)
	}
	if d.RepeatWidth > 0 && d.RepeatHeight > 0 && math.Abs(float64(p.Height-d.RepeatHeight)) > 0.05 {
		note("the repeat is %v high instead of %v, since its pixels are square and its sides on the lattice", p.Height, d.RepeatHeight)
	}
	if (d.Width == 0) != (d.Height == 0) {
		note("%v is generated: the side that was left free follows the other one on the lattice", p.Generated)
	}
	if d.Repeat.Kind == Hex {
		note("sampled at %v, %+.2f %% off √3 : 2, and resampled to %v, %+.3f %% off", p.Generated, 100*p.SampledRatioError, p.Picture, 100*p.RatioError)
	}
	switch {
	case p.Enlarge > 1.02:
		note("generated at %v (%s DPI), enlarged %s times to %v (%s DPI)", p.Generated, trim(p.EffectiveDPI, 1), trim(p.Enlarge, 2), p.Picture, trim(p.DPIX, 1))
	default:
		note("generated at %v: %s DPI over %v x %v", p.Generated, trim(p.EffectiveDPI, 1), p.Width, p.Height)
	}
	asked := d.DPI
	if asked == 0 {
		asked = p.DPIX
	}
	if p.EffectiveDPI < 0.97*asked && (d.DPI > 0 || p.Enlarge > 1.02) {
		warn("%s DPI is only a label: %v at %s DPI takes %.0f pixels, and %d were generated, which is %s DPI of detail; the file has %d (%s DPI)",
			trim(asked, 1), p.Width, trim(asked, 1), p.Width.Pixels(asked), p.Generated.Width, trim(p.EffectiveDPI, 1), p.Picture.Width, trim(p.DPIX, 1))
	}
}
