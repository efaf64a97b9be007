package draw

// HeldOut reports whether a combination is kept out of the training corpus, so
// that what a model makes of it can be scored apart: by a fixed hash, about
// one in twenty pairs of family and layout, and of family and secondary motif.
func HeldOut(s Spec) bool {
	if s.Layout != "" && pairHash(s.Family, "layout", string(s.Layout))%20 == 0 {
		return true
	}
	return s.Secondary != "" && s.Secondary != NoSecondary && pairHash(s.Family, "secondary", s.Secondary)%20 == 0
}

func pairHash(parts ...string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 0x100000001b3
		}
		h = (h ^ 0xff) * 0x100000001b3
	}
	return mix64(h) >> 16
}
