package tone

import "context"

// cleanSpecks gives every region of at most limit pixels (joined also by corners,
// over the lattice) to the colours around it, pixel by pixel to the one that most
// of its neighbours have. It goes inwards from the edge of each region; regions of
// nothing but specks, as in a dithered picture, stay.
func (f *field) cleanSpecks(ctx context.Context, labels []uint8, limit int) error {
	// A region of so few pixels is found by walking it, up to one pixel too many.
	small := make([]bool, len(labels))
	err := rows(ctx, f.h, func(_, y int) {
		i0 := f.at(0, y)
		s := make([]place, 0, limit+9)
		for x := range f.w {
			i := i0 + x
			own := labels[i]
			if x > 0 && labels[i-1] == own {
				small[i] = small[i-1] // one region, one answer
				continue
			}
			// Most samples have enough of their own around them.
			same := 0
			for _, d := range [8]int{-1, 1, -f.stride, f.stride, -f.stride - 1, -f.stride + 1, f.stride - 1, f.stride + 1} {
				if labels[i+d] == own {
					same++
				}
			}
			if same >= limit {
				continue
			}
			small[i] = same == 0 || f.isSmall(labels, x, y, limit, s)
		}
	})
	if err != nil {
		return err
	}
	for range limit {
		wrap(small, f.w, f.h, f.rep)
		wrap(labels, f.w, f.h, f.rep)
		type change struct {
			i     int
			label uint8
		}
		parts := make([][]change, workers())
		err := rows(ctx, f.h, func(k, y int) {
			i0 := f.at(0, y)
			for i := i0; i < i0+f.w; i++ {
				if !small[i] {
					continue
				}
				if label, ok := f.majority(labels, small, i); ok {
					parts[k] = append(parts[k], change{i, label})
				}
			}
		})
		if err != nil {
			return err
		}
		none := true
		for _, p := range parts {
			for _, c := range p {
				labels[c.i], small[c.i], none = c.label, false, false
			}
		}
		if none {
			break
		}
	}
	return nil
}

type place struct{ x, y int }

// isSmall walks the region of sample (x, y) and reports whether it has at most
// limit samples. s is room for them.
func (f *field) isSmall(labels []uint8, x, y, limit int, s []place) bool {
	own := labels[f.at(x, y)]
	s = append(s[:0], place{x, y})
	for k := 0; k < len(s); k++ {
		p := s[k]
		i := f.at(p.x, p.y)
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if labels[i+dy*f.stride+dx] != own || dx == 0 && dy == 0 {
					continue
				}
				q := place{p.x + dx, p.y + dy}
				if q.x < 0 || q.y < 0 || q.x >= f.w || q.y >= f.h {
					cx, cy, ok := f.rep.Source(q.x, q.y, f.w, f.h)
					if !ok {
						continue
					}
					q = place{cx, cy}
				}
				met := false
				for _, o := range s {
					met = met || o == q
				}
				if met {
					continue
				}
				if len(s) == limit {
					return false
				}
				s = append(s, q)
			}
		}
	}
	return true
}

// majority is the label that most neighbours of place i have which are no specks;
// of several with as many, the earlier position.
func (f *field) majority(labels []uint8, small []bool, i int) (uint8, bool) {
	var count [256]uint8
	var met [8]uint8
	n := 0
	for _, d := range [8]int{-1, 1, -f.stride, f.stride, -f.stride - 1, -f.stride + 1, f.stride - 1, f.stride + 1} {
		l := labels[i+d]
		if small[i+d] || l == Clear {
			continue
		}
		if count[l] == 0 {
			met[n] = l
			n++
		}
		// Neighbours across an edge count twice those across a corner.
		count[l]++
		if d == 1 || d == -1 || d == f.stride || d == -f.stride {
			count[l]++
		}
	}
	if n == 0 {
		return 0, false
	}
	best := met[0]
	for _, l := range met[1:n] {
		if count[l] > count[best] || count[l] == count[best] && l < best {
			best = l
		}
	}
	return best, true
}
