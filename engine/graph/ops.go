package graph

import "fmt"

func with(shape []int, axis, size int) []int {
	s := append([]int(nil), shape...)
	s[axis] = size
	return s
}

func (b *builder) add(x, y value) value { return b.node("Add", []value{x, y}, wider(x, y), x.typ) }
func (b *builder) sub(x, y value) value { return b.node("Sub", []value{x, y}, wider(x, y), x.typ) }
func (b *builder) mul(x, y value) value { return b.node("Mul", []value{x, y}, wider(x, y), x.typ) }
func (b *builder) div(x, y value) value { return b.node("Div", []value{x, y}, wider(x, y), x.typ) }

// wider is the shape of an elementwise result: axes are matched from the last,
// and an axis of one is repeated.
func wider(x, y value) []int {
	long, short := x.shape, y.shape
	if len(long) < len(short) {
		long, short = short, long
	}
	s := append([]int(nil), long...)
	off := len(long) - len(short)
	for i, d := range short {
		s[off+i] = max(s[off+i], d)
	}
	return s
}

func (b *builder) unary(op string, x value, attrs ...attribute) value {
	return b.node(op, []value{x}, x.shape, x.typ, attrs...)
}

func (b *builder) reshape(x value, shape ...int) value {
	if count(shape) != x.len() {
		b.fail(fmt.Errorf("graph: %s: %s: no reshape of %v to %v", b.part, b.layer, x.shape, shape))
	}
	return b.node("Reshape", []value{x, b.ints(shape...)}, shape, x.typ)
}

func (b *builder) transpose(x value, perm ...int) value {
	s := make([]int, len(perm))
	for i, p := range perm {
		s[i] = x.shape[p]
	}
	return b.node("Transpose", []value{x}, s, x.typ, intsAttr("perm", perm...))
}

func (b *builder) concat(axis int, xs ...value) value {
	if len(xs) == 1 {
		return xs[0]
	}
	n := 0
	for _, x := range xs {
		n += x.shape[axis]
	}
	return b.node("Concat", xs, with(xs[0].shape, axis, n), xs[0].typ, intAttr("axis", axis))
}

// slice takes [from, to) along one axis.
func (b *builder) slice(x value, axis, from, to int) value {
	if from == 0 && to == x.shape[axis] {
		return x
	}
	return b.node("Slice", []value{x, b.ints(from), b.ints(to), b.ints(axis)}, with(x.shape, axis, to-from), x.typ)
}

// matmul multiplies the last two axes; the leading ones are equal.
func (b *builder) matmul(x, y value) value {
	n := len(x.shape)
	return b.node("MatMul", []value{x, y}, with(x.shape, n-1, y.shape[len(y.shape)-1]), x.typ)
}

func (b *builder) softmax(x value) value { return b.unary("Softmax", x, intAttr("axis", -1)) }

// silu is x·sigmoid(x).
func (b *builder) silu(x value) value {
	if b.opt.Fused {
		return b.quick(x, 1)
	}
	return b.mul(x, b.unary("Sigmoid", x))
}

// quick is x·sigmoid(alpha·x) as one contributed operator.
func (b *builder) quick(x value, alpha float64) value {
	return b.contribNode("QuickGelu", []value{x}, x.shape, x.typ, floatAttr("alpha", alpha))
}

// activation applies a named activation of a transformer's feed-forward part.
func (b *builder) activation(name string, x value) value {
	switch name {
	case "quick_gelu":
		if b.opt.Fused {
			return b.quick(x, 1.702)
		}
		return b.mul(x, b.unary("Sigmoid", b.mul(x, b.scalar(1.702))))
	case "gelu":
		return b.unary("Gelu", x)
	case "silu", "swish":
		return b.silu(x)
	case "relu":
		return b.unary("Relu", x)
	}
	b.fail(fmt.Errorf("graph: %s: the activation %q is not known", b.part, name))
	return x
}
