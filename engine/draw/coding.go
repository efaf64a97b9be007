package draw

import "fmt"

// The coding of screens for a model that makes RGB pictures: the ground is
// black and each position has one of the seven other corners of the RGB cube.
// Positions that are no line work take red, green, blue, cyan, magenta and
// yellow in turn; line work takes white, and so does the seventh position of
// a drawing that has seven without line work. A picture of up to three
// positions is therefore their planes as red, green and blue, with white ink.
//
// Where coverage is partial (antialiased edges) the sample is the mean of the
// corners weighted by coverage. Decode takes the nearest corner; smooth and
// enlarge before it for clean edges.

// slots lists the corners: the ground, then R, G, B, C, M, Y, W, each as the
// bits R=1, G=2, B=4.
const slots = "\x00\x01\x02\x04\x06\x05\x03\x07"

// InkSlot is the slot of line work.
const InkSlot = 7

// SlotColor returns the RGB corner of a slot, 0 (ground) to 7.
func SlotColor(slot int) (r, g, b uint8) {
	s := slots[slot]
	return 255 * (s & 1), 255 * (s >> 1 & 1), 255 * (s >> 2 & 1)
}

// Slot returns the slot of a position of the screens.
func (s *Screens) Slot(position int) int {
	if position == s.Ink || position == MaxPositions-1 {
		return InkSlot
	}
	return position + 1
}

// Encode writes the screens as an RGB picture, 3 bytes a sample, row by row.
// dst is used where it is large enough.
func (s *Screens) Encode(dst []uint8) []uint8 {
	n := s.W * s.H
	dst = grow(dst, 3*n)
	clear(dst)
	for k, plane := range s.Planes {
		bits := slots[s.Slot(k)]
		for c := range 3 {
			if bits>>c&1 == 0 {
				continue
			}
			for i, v := range plane {
				// The planes sum to at most 255, so a channel cannot overflow.
				dst[3*i+c] += v
			}
		}
	}
	return dst
}

// Decode reads an RGB picture of w x h samples back: each sample goes wholly
// to the slot whose corner is nearest, of all slots or of those in allowed.
// Whoever knows how many positions there are should say so: an edge between
// red and green is the colour of a dark yellow. The result has a plane for each slot
// that holds at least least samples; slotOf names them. Line work, when there
// is any, is the last plane.
func Decode(rgb []uint8, w, h, least int, allowed ...int) (s *Screens, slotOf []int, err error) {
	if w < 1 || h < 1 || len(rgb) != 3*w*h {
		return nil, nil, fmt.Errorf("draw: a coded picture of %d x %d samples has %d bytes, not %d", w, h, 3*w*h, len(rgb))
	}
	if len(allowed) == 0 {
		allowed = []int{1, 2, 3, 4, 5, 6, 7}
	}
	for _, k := range allowed {
		if k < 0 || k >= len(slots) {
			return nil, nil, fmt.Errorf("draw: a coded picture has no slot %d; slots are 0 to %d", k, len(slots)-1)
		}
	}
	index := make([]uint8, w*h)
	var counts [8]int
	for i := range index {
		k := nearest(rgb[3*i:3*i+3], allowed)
		index[i] = uint8(k)
		counts[k]++
	}
	s = &Screens{W: w, H: h, Ground: make([]uint8, w*h), Ink: -1}
	var planeOf [8]int
	for k := 1; k < 8; k++ {
		planeOf[k] = -1
		if counts[k] >= max(least, 1) {
			if k == InkSlot {
				s.Ink = len(s.Planes)
			}
			planeOf[k] = len(s.Planes)
			s.Planes = append(s.Planes, make([]uint8, w*h))
			slotOf = append(slotOf, k)
		}
	}
	for i, k := range index {
		if k == 0 || planeOf[k] < 0 {
			s.Ground[i] = 255
		} else {
			s.Planes[planeOf[k]][i] = 255
		}
	}
	return s, slotOf, nil
}

// nearest is the slot among the ground and allowed whose corner is nearest to
// a sample; of equals the first.
func nearest(p []uint8, allowed []int) int {
	best, least := 0, -1
	for i := -1; i < len(allowed); i++ {
		k := 0
		if i >= 0 {
			k = allowed[i]
		}
		d := 0
		for c := range 3 {
			v := int(p[c]) - 255*int(slots[k]>>c&1)
			d += v * v
		}
		if least < 0 || d < least {
			best, least = k, d
		}
	}
	return best
}
