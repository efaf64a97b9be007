package graph

// margin is how many samples a convolution sees beyond each edge.
type margin struct{ top, left, bottom, right int }

func evenly(p int) margin { return margin{p, p, p, p} }

func (m margin) any() bool { return m.top+m.left+m.bottom+m.right > 0 }

// surround extends an NCHW plane by what the infinite plane of the repeat holds
// beyond its edges. The margin that it returns is what is left to pad with
// zeros, along an axis that does not repeat.
//
// With X one cell of h x w samples, the plane P that is continued is
//
//	block            P(i,j) = X[i mod h, j mod w]
//	half-drop, s     P(i,j) = X[(i - s·q) mod h, j - q·w], q = floor(j/w)
//	brick, t         P(i,j) = X[i - q·h, (j - t·q) mod w], q = floor(i/h)
//	x, y             as block along one axis, zero beyond the other
//
// The edge across the twisted axis is joined first, with its shift, then the
// other one over the widened plane, which makes the corners right. Slices and
// Concat alone do it: CoreML and DirectML refuse Pad with mode wrap, and older
// CUDA providers send it to the CPU.
func (b *builder) surround(x value, m margin) (value, margin) {
	r := b.opt.Repeat
	if !m.any() || !r.WrapsX() && !r.WrapsY() {
		return x, m
	}
	h, w := x.shape[2], x.shape[3]
	dx, dy, err := b.shift(x, m)
	if err != nil {
		b.fail(err)
	}
	if max(m.top, m.bottom) > h || max(m.left, m.right) > w {
		return b.fresh([]int{x.shape[0], x.shape[1], h + m.top + m.bottom, w + m.left + m.right}, x.typ), margin{}
	}
	rest := m
	rows := func() {
		if r.WrapsY() {
			x = b.join(x, 2, m.top, m.bottom, 3, dx)
			rest.top, rest.bottom = 0, 0
		}
	}
	if dx != 0 {
		rows()
	}
	if r.WrapsX() {
		x = b.join(x, 3, m.left, m.right, 2, dy)
		rest.left, rest.right = 0, 0
	}
	if dx == 0 {
		rows()
	}
	return x, rest
}

// shift is how many samples the cell to the right of x's stands lower and the cell
// below further right. A margin is never wider than the cell.
func (b *builder) shift(x value, m margin) (dx, dy int, err error) {
	h, w := x.shape[2], x.shape[3]
	if max(m.top, m.bottom) > h || max(m.left, m.right) > w {
		return 0, 0, &SizeError{b.part, w, h, max(m.top, m.bottom, m.left, m.right)}
	}
	dx, dy, exact := b.opt.Repeat.Shift(w, h)
	if !exact {
		return 0, 0, &ShiftError{b.part, b.layer, b.opt.Repeat, w, h}
	}
	return dx, dy, nil
}

// join continues x along axis by before and after samples. The neighbour that
// follows stands shift samples further along the axis across, the one before
// as much less.
func (b *builder) join(x value, axis, before, after, across, shift int) value {
	n := x.shape[axis]
	var parts []value
	if before > 0 {
		parts = append(parts, b.switched(b.roll(b.slice(x, axis, n-before, n), across, -shift)))
	}
	parts = append(parts, x)
	if after > 0 {
		parts = append(parts, b.switched(b.roll(b.slice(x, axis, 0, after), across, shift)))
	}
	return b.concat(axis, parts...)
}

// roll moves what x holds by so many samples along an axis, around its end.
func (b *builder) roll(x value, axis, by int) value {
	n := x.shape[axis]
	by = (by%n + n) % n
	if by == 0 {
		return x
	}
	return b.concat(axis, b.slice(x, axis, n-by, n), b.slice(x, axis, 0, n-by))
}

// switched multiplies a strip by the input of Options.WrapSwitch.
func (b *builder) switched(x value) value {
	if !b.opt.WrapSwitch {
		return x
	}
	return b.mul(x, b.wrapInput())
}

func (b *builder) wrapInput() value {
	if b.wrap.name == "" {
		b.wrap = b.half("wrap", []int{1})
	}
	return b.wrap
}
