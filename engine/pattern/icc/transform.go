package icc

import (
	"math"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Intent is what is kept where two devices cannot show the same colours.
type Intent int

// The intents that are converted by. Perceptual squeezes all colours so that
// none is lost; relative colorimetric keeps those that both have and clips the
// rest; saturation keeps them vivid.
const (
	Perceptual Intent = iota
	RelativeColorimetric
	Saturation
)

// d50 is the white of the connection space (ICC.1:2010, 6.3.4.3).
var d50 = [3]float64{0.9642, 1, 0.8249} //nolint:gochecknoglobals // a constant

// Transform converts pixels between a profile's space and sRGB. It is not
// changed once it is made: several goroutines may use it at once.
type Transform struct {
	in, out int

	// first is the first step of what comes from a device, for each value that a
	// channel can have; nil where the pipeline begins with something else.
	first  [][]float32
	stages []stage
	encode *encoder // linear to sRGB, where that is the target
	same   bool     // nothing changes
}

// In returns how many values a pixel has before.
func (t *Transform) In() int { return t.in }

// Out returns how many values a pixel has after.
func (t *Transform) Out() int { return t.out }

// Identity says that the transform leaves every pixel as it is: the profile is
// sRGB under whatever name, to within four steps of 8 bit.
func (t *Transform) Identity() bool { return t.same }

// Row converts len(src) / In() pixels of 0..65535. CMYK is 65535 where the ink
// is full. dst takes len(src) / In() * Out() values and does not overlap src.
func (t *Transform) Row(dst, src []uint16) {
	n := len(src) / t.in
	if t.same {
		copy(dst[:n*t.out], src)
		return
	}
	for i := range n {
		s, d := src[i*t.in:(i+1)*t.in], dst[i*t.out:(i+1)*t.out]
		if i > 0 && equal(s, src[(i-1)*t.in:i*t.in]) {
			copy(d, dst[(i-1)*t.out:i*t.out])
			continue
		}
		t.pixel(d, s)
	}
}

func equal(a, b []uint16) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (t *Transform) pixel(dst, src []uint16) {
	var v values
	if t.first != nil {
		for i, s := range src {
			v[i] = float64(t.first[i][s])
		}
	} else {
		for i, s := range src {
			v[i] = float64(s) / 65535
		}
	}
	for _, s := range t.stages {
		s.apply(&v)
	}
	if t.encode != nil {
		for i := range dst {
			dst[i] = t.encode.at(v[i])
		}
		return
	}
	for i := range dst {
		x := v[i]
		if !(x > 0) {
			x = 0
		}
		dst[i] = uint16(min(x, 1)*65535 + 0.5)
	}
}

// ToSRGB returns the conversion from p to sRGB. With blackPoint the darkest
// colour of p becomes sRGB's black and the rest is scaled between, which is what
// a designer expects of a print that comes in: ink's black is not grey. The
// error is a *ProfileError.
func ToSRGB(p *Profile, intent Intent, blackPoint bool) (*Transform, error) {
	stages, err := p.toXYZ(intent)
	if err != nil {
		return nil, err
	}
	if blackPoint {
		if b := p.black(intent); b != ([3]float64{}) {
			stages = append(stages, scaleBlack(b, [3]float64{}))
		}
	}
	m := inverse(srgbColorants())
	stages = append(stages, &m)
	t := &Transform{in: Channels(p.Space), out: 3, stages: stages, encode: newEncoder()}
	if c, ok := stages[0].(curves); ok {
		t.first = make([][]float32, len(c))
		for i := range c {
			if i > 0 && sameCurve(&c[i], &c[0]) {
				t.first[i] = t.first[0]
				continue
			}
			t.first[i] = make([]float32, 65536)
			for k := range t.first[i] {
				t.first[i][k] = float32(c[i].at(float64(k) / 65535))
			}
		}
		t.stages = stages[1:]
	}
	t.same = p.Space == RGB && t.nearIdentity()
	return t, nil
}

func sameCurve(a, b *curve) bool {
	if a.samples == nil || b.samples == nil {
		return a.samples == nil && b.samples == nil &&
			a.g == b.g && a.a == b.a && a.b == b.b && a.c == b.c && a.d == b.d && a.e == b.e && a.f == b.f
	}
	return &a.samples[0] == &b.samples[0]
}

// nearIdentity tries a grid of colours: sRGB profiles of different makers differ
// in rounding, and pixels should not change for that.
func (t *Transform) nearIdentity() bool {
	const near = 4 * 65535 / 255 // where a channel is near 0, beside full ones, rounding shows most
	var src, dst [3]uint16
	for i := range 9 * 9 * 9 {
		for c, k := range [3]int{i % 9, i / 9 % 9, i / 81} {
			src[c] = uint16(k * 65535 / 8)
		}
		t.pixel(dst[:], src[:])
		for c := range dst {
			if d := int(dst[c]) - int(src[c]); d > near || d < -near {
				return false
			}
		}
	}
	return true
}

// FromSRGB returns the conversion from sRGB to p, for printing. With blackPoint
// sRGB's black becomes the darkest colour that p has, and the rest is scaled
// between; without, what is darker than that is lost. The error is a
// *ProfileError.
func FromSRGB(p *Profile, intent Intent, blackPoint bool) (*Transform, error) {
	back, err := p.fromXYZ(intent)
	if err != nil {
		return nil, err
	}
	lin := make([]float32, 65536)
	for i := range lin {
		lin[i] = float32(color.Linear(float64(i) / 65535))
	}
	m := srgbColorants()
	t := &Transform{in: 3, out: Channels(p.Space), first: [][]float32{lin, lin, lin}, stages: []stage{&m}}
	if blackPoint {
		if b := p.black(intent); b != ([3]float64{}) {
			t.stages = append(t.stages, scaleBlack([3]float64{}, b))
		}
	}
	t.stages = append(t.stages, back...)
	return t, nil
}

// srgbColorants are sRGB's primaries in the connection space: those of IEC
// 61966-2-1 adapted to D50 by the Bradford transform, and rounded so that white
// is the connection space's to the last digit. Greys then have three equal values.
func srgbColorants() matrix {
	m := matrix{
		{0.4360747, 0.3850649, 0.1430804, 0},
		{0.2225045, 0.7168786, 0.0606169, 0},
		{0.0139322, 0.0971045, 0.7141733, 0},
	}
	for i, row := range m {
		for j := range 3 {
			m[i][j] *= d50[i] / (row[0] + row[1] + row[2])
		}
	}
	return m
}

// inverse inverts the square part of m, which has no offset.
func inverse(m matrix) matrix {
	var r matrix
	det := 0.0
	for i := range 3 {
		a, b := (i+1)%3, (i+2)%3
		det += m[0][i] * (m[1][a]*m[2][b] - m[1][b]*m[2][a])
	}
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := (j+1)%3, (j+2)%3, (i+1)%3, (i+2)%3
			r[i][j] = (m[a][c]*m[b][d] - m[a][d]*m[b][c]) / det
		}
	}
	return r
}

// encoder is sRGB's curve as a table over the square root of light, where it is
// nearly straight: 16 bit come out as the formula has them, within one.
type encoder [8193]float64

func newEncoder() *encoder {
	var e encoder
	for i := range e {
		s := float64(i) / float64(len(e)-1)
		e[i] = 65535 * color.Encode(s*s)
	}
	return &e
}

func (e *encoder) at(v float64) uint16 {
	if !(v > 0) {
		return 0
	}
	if v >= 1 {
		return 65535
	}
	p := math.Sqrt(v) * float64(len(e)-1)
	i := int(p)
	return uint16(e[i] + (p-float64(i))*(e[i+1]-e[i]) + 0.5)
}

// LabToSRGB returns the conversion from CIELAB under D50, in the 16 bit encoding
// of version 4: L 0..100 and a, b -128..127 over 0..65535.
func LabToSRGB() *Transform {
	m := inverse(srgbColorants())
	return &Transform{in: 3, out: 3, stages: []stage{labToXYZ{1}, &m}, encode: newEncoder()}
}
