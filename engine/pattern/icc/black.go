package icc

// Black point compensation as Adobe published it (Adobe Systems, "Adobe Systems'
// Implementation of Black Point Compensation", 2006) and ISO 18619 has it.

// black returns the darkest neutral of the profile in XYZ, or zero where it is
// unknown or black.
func (p *Profile) black(intent Intent) [3]float64 {
	to, err := p.toXYZ(intent)
	if err != nil {
		return [3]float64{}
	}
	if p.Major >= 4 && intent != RelativeColorimetric && p.pick("A2B", intent) != "" {
		return [3]float64{0.00336, 0.0034731, 0.00287} // the reference medium's (ICC.1:2010, 6.3.3)
	}
	var v values
	switch {
	case p.Space == CMYK && p.Class == Output && intent == RelativeColorimetric:
		// All inks at full is more than a press may lay; what the profile itself
		// makes of black is what it can do.
		back, err := p.fromXYZ(Perceptual)
		if err != nil {
			return [3]float64{}
		}
		run(back, &v)
	case p.Space == CMYK:
		v[0], v[1], v[2], v[3] = 1, 1, 1, 1
	case p.Space != RGB && p.Space != Gray:
		return [3]float64{}
	}
	for i := range v {
		v[i] = min(max(v[i], 0), 1)
	}
	run(to, &v)
	lab := LabOf([3]float64{v[0], v[1], v[2]})
	lab[1], lab[2] = 0, 0
	lab[0] = min(max(lab[0], 0), 50)
	return XYZOf(lab)
}

func run(stages []stage, v *values) {
	for _, s := range stages {
		s.apply(v)
	}
}

// scaleBlack moves black from one point to another along straight lines that
// meet in white.
func scaleBlack(from, to [3]float64) *matrix {
	var m matrix
	for i := range 3 {
		d := from[i] - d50[i]
		m[i][i] = (to[i] - d50[i]) / d
		m[i][3] = -d50[i] * (to[i] - from[i]) / d
	}
	return &m
}
