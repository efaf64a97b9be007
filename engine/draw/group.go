package draw

// A drawing of many motifs says one thing over and over. Whoever makes pictures
// dear, as a diffusion model does, makes a group of a few motifs, and repeats it.

// Groups is how many groups lie along each side of a usual cell: as many as
// leave about two motifs along each side of a group, where that comes out whole,
// and fewer where a lattice would show that is none.
func (s Spec) Groups() int {
	f := familyByName(s.Family)
	switch {
	case f != nil && f.field:
		return [...]int{3, 2, 1}[s.Scale.rank()]
	case s.Layout == Tossed || s.Layout == AllOver:
		return [...]int{2, 1, 1}[s.Scale.rank()]
	case s.Scale == Large:
		return 1
	case s.Density == Sparse:
		return [...]int{2, 1}[s.Scale.rank()]
	case s.Scale == Small:
		return 3
	default:
		return 2
	}
}

// rank is 0 to 2 from small to large; an open scale is medium.
func (s Scale) rank() int {
	switch s {
	case Small:
		return 0
	case Large:
		return 2
	default:
		return 1
	}
}

// detail is how much of the usual detail along a line a drawing has room for.
func (s *Spec) detail() float64 {
	if s.Part == 0 {
		return 1
	}
	return min(1, float64(s.Part)/2)
}
