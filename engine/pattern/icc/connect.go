package icc

import "math"

// toXYZ returns the steps from the device's values to the connection space.
func (p *Profile) toXYZ(intent Intent) ([]stage, error) {
	n := Channels(p.Space)
	if n == 0 {
		return nil, p.fail("colours of the space %q are not read", p.Space)
	}
	switch p.Class {
	case Input, Display, Output, ColorSpace:
	default:
		return nil, p.fail("profiles of the class %q do not describe a device", p.Class)
	}
	if p.Connection != XYZ && p.Connection != Lab {
		return nil, p.fail("it connects by %q, neither XYZ nor Lab", p.Connection)
	}
	if tag := p.pick("A2B", intent); tag != "" {
		l, err := p.parseLUT(tag)
		if err != nil {
			return nil, err
		}
		if l.in != n || l.out != 3 {
			return nil, p.fail("its table %s has %d inputs and %d outputs", tag, l.in, l.out)
		}
		return append(l.stages, p.fromConnection(l.legacy)), nil
	}
	switch p.Space {
	case RGB:
		return p.matrixShaper()
	case Gray:
		c, err := p.trc("kTRC")
		if err != nil {
			return nil, err
		}
		return []stage{curves{c}, grayToXYZ{lightness: p.Connection == Lab}}, nil
	}
	return nil, p.fail("it has no table from its colours")
}

// fromXYZ returns the steps from the connection space to the device's values.
func (p *Profile) fromXYZ(intent Intent) ([]stage, error) {
	n := Channels(p.Space)
	if n == 0 {
		return nil, p.fail("colours of the space %q are not written", p.Space)
	}
	if p.Connection != XYZ && p.Connection != Lab {
		return nil, p.fail("it connects by %q, neither XYZ nor Lab", p.Connection)
	}
	if tag := p.pick("B2A", intent); tag != "" {
		l, err := p.parseLUT(tag)
		if err != nil {
			return nil, err
		}
		if l.in != 3 || l.out != n {
			return nil, p.fail("its table %s has %d inputs and %d outputs", tag, l.in, l.out)
		}
		return append([]stage{p.toConnection(l.legacy)}, l.stages...), nil
	}
	switch p.Space {
	case RGB:
		fwd, err := p.matrixShaper()
		if err != nil {
			return nil, err
		}
		m, ok := fwd[1].(*matrix)
		if !ok {
			return nil, p.fail("it has no table to its colours")
		}
		inv := inverse(*m)
		back := make(curves, 3)
		for i, c := range fwd[0].(curves) { //nolint:forcetypeassert // matrixShaper's first
			back[i] = c.inverse()
		}
		return []stage{&inv, back}, nil
	case Gray:
		c, err := p.trc("kTRC")
		if err != nil {
			return nil, err
		}
		return []stage{xyzToGray{lightness: p.Connection == Lab}, curves{c.inverse()}}, nil
	}
	return nil, p.fail("it has no table to its colours: it serves to read pictures, not to print them")
}

// pick names the table for an intent, or the perceptual one where that is all
// there is, or "" where there is none (ICC.1:2010, 8.10).
func (p *Profile) pick(direction string, intent Intent) string {
	for _, tag := range []string{direction + string(rune('0'+intent)), direction + "0"} {
		if p.tags[tag] != nil {
			return tag
		}
	}
	return ""
}

func (p *Profile) trc(tag string) (curve, error) {
	c, _, ok := parseCurve(p.tags[tag])
	if !ok {
		return c, p.fail("it has no %s", tag)
	}
	return c, nil
}

// matrixShaper is three curves and a matrix (ICC.1:2010, F.3).
func (p *Profile) matrixShaper() ([]stage, error) {
	if p.Connection != XYZ {
		return nil, p.fail("it has neither a table nor primaries")
	}
	c, m := make(curves, 3), matrix{}
	for i, channel := range []string{"r", "g", "b"} {
		var err error
		if c[i], err = p.trc(channel + "TRC"); err != nil {
			return nil, err
		}
		v, err := p.xyz(channel + "XYZ")
		if err != nil {
			return nil, err
		}
		for j := range v {
			m[j][i] = v[j]
		}
	}
	for i, v := range inverse(m) {
		for j := range 3 {
			if math.IsNaN(v[j]) || math.IsInf(v[j], 0) {
				return nil, p.fail("its primary %d lies on a line with the others", i+1)
			}
		}
	}
	return []stage{c, &m}, nil
}

type grayToXYZ struct{ lightness bool }

func (g grayToXYZ) apply(v *values) {
	y := v[0]
	if g.lightness {
		y = labInverse((100*y + 16) / 116)
	}
	v[0], v[1], v[2] = d50[0]*y, d50[1]*y, d50[2]*y
}

type xyzToGray struct{ lightness bool }

func (g xyzToGray) apply(v *values) {
	if v[0] = v[1]; g.lightness {
		v[0] = (116*labF(v[1]) - 16) / 100
	}
}

// The 16 bit encodings of the connection space as fractions of 65535 (ICC.1:2010,
// 6.3.4.2; the older one of Lab is that of lut16Type, 10.10).
const (
	xyzFull   = 1 + 32767.0/32768
	labLegacy = 65535.0 / 65280
)

// fromConnection turns encoded values into XYZ.
func (p *Profile) fromConnection(legacy bool) stage {
	if p.Connection == XYZ {
		return &matrix{{xyzFull, 0, 0, 0}, {0, xyzFull, 0, 0}, {0, 0, xyzFull, 0}}
	}
	scale := 1.0
	if legacy {
		scale = labLegacy
	}
	return labToXYZ{scale}
}

// toConnection turns XYZ into encoded values.
func (p *Profile) toConnection(legacy bool) stage {
	if p.Connection == XYZ {
		return &matrix{{1 / xyzFull, 0, 0, 0}, {0, 1 / xyzFull, 0, 0}, {0, 0, 1 / xyzFull, 0}}
	}
	scale := 1.0
	if legacy {
		scale = labLegacy
	}
	return xyzToLab{scale}
}

type labToXYZ struct{ scale float64 }

func (s labToXYZ) apply(v *values) {
	lab := [3]float64{100 * s.scale * v[0], 255*s.scale*v[1] - 128, 255*s.scale*v[2] - 128}
	xyz := XYZOf(lab)
	copy(v[:], xyz[:])
}

type xyzToLab struct{ scale float64 }

func (s xyzToLab) apply(v *values) {
	lab := LabOf([3]float64{v[0], v[1], v[2]})
	v[0] = lab[0] / (100 * s.scale)
	v[1] = (lab[1] + 128) / (255 * s.scale)
	v[2] = (lab[2] + 128) / (255 * s.scale)
}

// LabOf returns CIELAB of XYZ under D50, L from 0 to 100 (CIE 15:2004).
func LabOf(xyz [3]float64) [3]float64 {
	x, y, z := labF(xyz[0]/d50[0]), labF(xyz[1]/d50[1]), labF(xyz[2]/d50[2])
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// XYZOf is the inverse of LabOf.
func XYZOf(lab [3]float64) [3]float64 {
	y := (lab[0] + 16) / 116
	return [3]float64{
		d50[0] * labInverse(y+lab[1]/500),
		d50[1] * labInverse(y),
		d50[2] * labInverse(y-lab[2]/200),
	}
}

const labKnee = 6.0 / 29

func labF(t float64) float64 {
	if t > labKnee*labKnee*labKnee {
		return math.Cbrt(t)
	}
	return t/(3*labKnee*labKnee) + 4.0/29
}

func labInverse(t float64) float64 {
	if t > labKnee {
		return t * t * t
	}
	return 3 * labKnee * labKnee * (t - 4.0/29)
}
