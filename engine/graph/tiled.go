package graph

import (
	"slices"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu/bfloat"
)

// inTiles says whether a layer of these weights is one of gpu/bfloat's operators.
func (b *builder) inTiles(key string, kernel int) bool {
	if b.opt.Parts == 0 || kernel > bfloat.MostKernel {
		return false
	}
	t, ok := b.set.Lookup(b.prefix + key)
	return !ok || t.Type != weights.F64 // a layer without weights is told of elsewhere
}

// raw binds part i of n equal parts of an array as it is stored.
func (b *builder) raw(key string, want, as []int, i, n int) value {
	t, ok := b.lookup(key, want)
	if !ok {
		return value{b.prefix + key, as, b.floatType()}
	}
	_, stored := storedType(t.Type)
	return b.bind(t, as, i, n, stored)
}

// tiledConv is a convolution as one of gpu/bfloat's: the margin that the repeat
// continues is part of the operator. fold is the operator's, and then kernel is 2.
func (b *builder) tiledConv(x value, path string, out, kernel, stride int, m margin, bias bool, fold int) value {
	b.in(path)
	stored := kernel
	if fold > 0 {
		stored = 3
	}
	shape := []int{out, x.shape[1], stored, stored}
	ins := []value{x, b.raw(path+".weight", shape, shape, 0, 1), b.bias(path, out, bias)}
	r := b.opt.Repeat
	across, down := r.WrapsX(), r.WrapsY()
	dx, dy := 0, 0
	if m.any() && (across || down) {
		var err error
		if dx, dy, err = b.shift(x, m); err != nil {
			b.fail(err)
		}
		if b.opt.WrapSwitch {
			ins = append(ins, b.wrapInput())
		}
	}
	for ins[len(ins)-1].name == "" {
		ins = ins[:len(ins)-1]
	}
	high, wide := x.shape[2]+m.top+m.bottom, x.shape[3]+m.left+m.right
	y := []int{x.shape[0], out, (high-kernel)/stride + 1, (wide-kernel)/stride + 1}
	// The packed plane, once for every tap where the kernel moves by more.
	samples := high * wide
	if stride > 1 {
		samples = kernel * kernel * y[2] * y[3]
	}
	b.live.scratch(int64(x.shape[0]) * int64(samples) * int64((x.shape[1]+31)/32*32) * 2 * int64(b.opt.Parts))
	return b.bfloatNode("Conv", ins, y, out,
		intAttr("kernel", kernel), intAttr("stride", stride), intAttr("fold", fold), intsAttr("pads", m.top, m.left, m.bottom, m.right),
		intsAttr("wraps", bit(across), bit(down)), intsAttr("shift", dx, dy))
}

// tiledUpConv is upConv by four convolutions of gpu/bfloat.
func (b *builder) tiledUpConv(x value, path string, out int, bias bool) value {
	parts := make([]value, 0, 4)
	for dy := range 2 {
		for dx := range 2 {
			m := margin{top: 1 - dy, left: 1 - dx, bottom: dy, right: dx}
			parts = append(parts, b.tiledConv(x, path, out, 2, 1, m, bias, 1+2*dy+dx))
		}
	}
	return b.interleave(x, out, parts)
}

// tiledLinear is linearPart by one of gpu/bfloat's operators.
func (b *builder) tiledLinear(x value, path string, out int, bias bool, i, n int) value {
	in := x.shape[1]
	ins := []value{x, b.raw(path+".weight", []int{n * out, in}, []int{out, in}, i, n)}
	if bias {
		ins = append(ins, b.slab(path+".bias", []int{n * out}, []int{out}, i, n))
	}
	b.live.scratch(int64((x.shape[0]+15)/16*16) * int64((in+31)/32*32) * 2 * int64(b.opt.Parts))
	return b.bfloatNode("Linear", ins, []int{x.shape[0], out}, out)
}

// tiledAttention is attention by one of gpu/bfloat's operators.
func (b *builder) tiledAttention(q, k, v value, n, heads int, scale float64) value {
	c := q.shape[1]
	b.live.scratch(int64(k.shape[0]) * int64(c+heads*32) * 4 * int64(b.opt.Parts)) // heads are filled up to 32 channels
	return b.bfloatNode("Attention", []value{q, k, v}, q.shape, c,
		intAttr("heads", heads), intAttr("batch", n), floatAttr("scale", scale))
}

// bfloatNode emits a node of gpu/bfloat's, whose result's shape the runtime is told.
func (b *builder) bfloatNode(op string, in []value, shape []int, out int, attrs ...attribute) value {
	b.own = true
	attrs = append(attrs, intAttr("parts", b.opt.Parts), intAttr("out", out))
	y := b.nodes1(op, bfloat.Domain, in, slices.Clone(shape), float32Elem, attrs)
	b.infos = appendPort(b.infos, graphValueInfo, y.name, y.typ, y.shape)
	return y
}

func bit(v bool) int {
	if v {
		return 1
	}
	return 0
}
