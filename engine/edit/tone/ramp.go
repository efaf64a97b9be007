package tone

const (
	// reach is how far a ramp goes to either side, in pixels: antialiasing is one
	// or two wide, an enlarged picture's softness about four.
	reach = 4
	// flat is the largest difference in a component, of 255, that is no step.
	flat = 6
	// least is the least contrast of a ramp's ends (squared, of 255).
	least = 40 * 40
	// grain is the least contrast of the two neighbours of a pixel of a ramp.
	grain = 24 * 24
	// A ramp's colour lies within 1/astray of its length from the line between its
	// ends: a mixture in linear light is bent by up to about an eighth.
	astray = 6
)

// rgb is a colour as whole numbers.
type rgb [3]int32

func unpack(v uint32) rgb { return rgb{int32(v >> 16 & 255), int32(v >> 8 & 255), int32(v & 255)} }

func (a rgb) minus(b rgb) rgb { return rgb{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func (a rgb) dot(b rgb) int32 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// steps reports whether two samples differ by more than noise.
func steps(a, b uint32) bool {
	if a == b {
		return false
	}
	d := unpack(a).minus(unpack(b))
	return d[0] > flat || d[0] < -flat || d[1] > flat || d[1] < -flat || d[2] > flat || d[2] < -flat || (a|b)&hollow != 0
}

// ramp finds the ends of the ramp that the sample at place i of the field lies
// on, as places; ok is false where it lies on none. Of several directions the one
// with the greatest contrast counts.
func (f *field) ramp(i int) (from, to int, ok bool) {
	p := f.px[i]
	if p&hollow != 0 {
		return 0, 0, false
	}
	c := unpack(p)
	best := int32(least - 1)
	for _, d := range [4]int{1, f.stride, f.stride + 1, f.stride - 1} {
		next, before := f.px[i+d], f.px[i-d]
		if next == p || before == p || (next|before)&hollow != 0 {
			continue
		}
		// Most samples end here: their neighbours do not lie on opposite sides, or
		// differ by no more than grain does.
		u, v := unpack(next).minus(c), unpack(before).minus(c)
		uv := u.dot(v)
		if uv >= 0 {
			continue
		}
		uu, vv := u.dot(u), v.dot(v)
		if uu+vv-2*uv < grain || 2*int64(uv)*int64(uv) < int64(uu)*int64(vv) || !steps(p, next) || !steps(p, before) {
			continue
		}
		a, b := f.walk(i, d), f.walk(i, -d)
		ca := unpack(f.px[a])
		line := unpack(f.px[b]).minus(ca)
		length := line.dot(line)
		if length <= best {
			continue
		}
		at := c.minus(ca)
		along := at.dot(line)
		if along <= 0 || along >= length {
			continue
		}
		// The squared distance from the line is at·at - along²/length.
		off := int64(at.dot(at))*int64(length) - int64(along)*int64(along)
		if off*astray*astray > int64(length)*int64(length) {
			continue
		}
		best, from, to, ok = length, a, b, true
	}
	return from, to, ok
}

// walk goes from place i in direction d while the colour moves steadily away, and
// returns where it stops; i itself if it does not move.
func (f *field) walk(i, d int) int {
	at, first := i, rgb{}
	for k := 1; k <= reach; k++ {
		n := f.px[at+d]
		if n&hollow != 0 || !steps(f.px[at], n) {
			break
		}
		move := unpack(n).minus(unpack(f.px[at]))
		if k == 1 {
			first = move
		} else if c := move.dot(first); c <= 0 || 2*int64(c)*int64(c) < int64(move.dot(move))*int64(first.dot(first)) {
			// It turns by more than 45 degrees: another edge begins.
			break
		}
		at += d
	}
	return at
}
