package graph

import "fmt"

// conv is a convolution of an NCHW value by the weights at path, continued
// beyond its edges by the repeat. Kernels of one sample see no edges.
func (b *builder) conv(x value, path string, out, kernel, stride int, m margin, bias bool) value {
	if b.inTiles(path+".weight", kernel) {
		return b.tiledConv(x, path, out, kernel, stride, m, bias, 0)
	}
	b.in(path)
	w := b.param(path+".weight", out, x.shape[1], kernel, kernel)
	return b.convolve(x, w, b.bias(path, out, bias), stride, m)
}

// bias is the shift of a layer, without a name where it has none.
func (b *builder) bias(path string, out int, has bool) value {
	if !has {
		return value{}
	}
	return b.param(path+".bias", out)
}

// convolve is conv by weights that are at hand, [out, in, k, k].
func (b *builder) convolve(x, w, bias value, stride int, m margin) value {
	out, kernel := w.shape[0], w.shape[2]
	if in := w.shape[1]; !b.opt.Fused && in > 4 && in%4 != 0 {
		x, w = b.fillChannels(x, 4-in%4), b.fillChannels(w, 4-in%4)
	}
	x, m = b.surround(x, m)
	ins := []value{x, w}
	if bias.name != "" {
		ins = append(ins, bias)
	}
	h := (x.shape[2]+m.top+m.bottom-kernel)/stride + 1
	wd := (x.shape[3]+m.left+m.right-kernel)/stride + 1
	return b.node("Conv", ins, []int{x.shape[0], out, h, wd}, x.typ,
		intsAttr("kernel_shape", kernel, kernel),
		intsAttr("strides", stride, stride),
		intsAttr("pads", m.top, m.left, m.bottom, m.right))
}

// fillChannels appends channels of zeros, to pictures or weights. ONNX Runtime
// 1.30 convolves 6, 9 or 15 channels wrongly on WebGPU, whose kernel takes them
// by threes; the 9 channels of an inpainting UNet are such a case.
func (b *builder) fillChannels(x value, n int) value {
	return b.node("Pad", []value{x, b.ints(0, 0, 0, 0, 0, n, 0, 0)}, with(x.shape, 1, x.shape[1]+n), x.typ)
}

// upConv doubles a plane by the nearest sample and convolves it by 3 x 3
// weights, without making the doubled plane. Of the nine samples that an output
// sees, only four differ: outputs with even and odd rows and columns are
// four convolutions of the small plane by 2 x 2 weights, which are sums of the
// stored ones. That is 4/9 of the work, and the repeat continues the small
// plane by half the margin and half the shift.
func (b *builder) upConv(x value, path string, out int, bias bool) value {
	b.in(path)
	if b.inTiles(path+".weight", 3) {
		return b.tiledUpConv(x, path, out, bias)
	}
	// The runtime adds constants once, while it loads the graph.
	w := b.to(b.param(path+".weight", out, x.shape[1], 3, 3), float32Elem)
	shift := b.bias(path, out, bias)
	parts := make([]value, 0, 4)
	for dy := range 2 {
		rows := b.pairs(w, 2, dy)
		for dx := range 2 {
			parts = append(parts, b.convolve(x, b.to(b.pairs(rows, 3, dx), x.typ), shift, 1,
				margin{top: 1 - dy, left: 1 - dx, bottom: dy, right: dx}))
		}
	}
	return b.interleave(x, out, parts)
}

// interleave makes a plane of twice x's sides of four of its size: even and odd columns
// of the even rows, then those of the odd ones.
func (b *builder) interleave(x value, out int, parts []value) value {
	y := b.concat(1, parts...)
	return b.node("DepthToSpace", []value{y}, []int{x.shape[0], out, 2 * x.shape[2], 2 * x.shape[3]}, x.typ,
		intAttr("blocksize", 2), stringAttr("mode", "DCR"))
}

// pairs adds two of three weights along an axis: the last two for outputs that
// lie on the first half of a doubled sample, the first two for the second half.
func (b *builder) pairs(w value, axis, half int) value {
	if half == 0 {
		return b.concat(axis, b.slice(w, axis, 0, 1), b.add(b.slice(w, axis, 1, 2), b.slice(w, axis, 2, 3)))
	}
	return b.concat(axis, b.add(b.slice(w, axis, 0, 1), b.slice(w, axis, 1, 2)), b.slice(w, axis, 2, 3))
}

// conv3 is the usual convolution: 3 x 3, stride 1, one sample of margin.
func (b *builder) conv3(x value, path string, out int) value {
	return b.conv(x, path, out, 3, 1, evenly(1), true)
}

// conv1 is a 1 x 1 convolution with a bias.
func (b *builder) conv1(x value, path string, out int) value {
	return b.conv(x, path, out, 1, 1, margin{}, true)
}

// linear maps rows [N, in] to [N, out].
func (b *builder) linear(x value, path string, out int, bias bool) value {
	return b.linearPart(x, path, out, bias, 0, 1)
}

// linearPart is linear by part i of n of the stored rows; out is the width of
// the part.
func (b *builder) linearPart(x value, path string, out int, bias bool, i, n int) value {
	b.in(path)
	if b.inTiles(path+".weight", 1) {
		return b.tiledLinear(x, path, out, bias, i, n)
	}
	in := x.shape[1]
	ins := []value{x, b.slab(path+".weight", []int{n * out, in}, []int{out, in}, i, n)}
	if bias {
		ins = append(ins, b.slab(path+".bias", []int{n * out}, []int{out}, i, n))
	}
	return b.node("Gemm", ins, []int{x.shape[0], out}, x.typ, intAttr("transB", 1))
}

// groupNorm normalises an NCHW value over groups of channels and applies the
// scale and shift at path; silu says whether x·sigmoid(x) follows.
func (b *builder) groupNorm(x value, path string, groups int, eps float64, silu bool) value {
	b.in(path)
	n, c, h, w := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	scale := b.paramAs(path+".weight", []int{c}, []int{c, 1, 1})
	shift := b.paramAs(path+".bias", []int{c}, []int{c, 1, 1})
	if groups < 1 || c%groups != 0 {
		b.fail(fmt.Errorf("graph: %s: %d groups do not divide the %d channels of %s", b.part, groups, c, path))
		return x
	}
	y := b.to(x, float32Elem)
	y = b.reshape(y, n, groups, c/groups*h*w)
	ones := make([]float32, groups)
	for i := range ones {
		ones[i] = 1
	}
	y = b.node("InstanceNormalization", []value{
		y, b.constant(float32Elem, []int{groups}, rawFloat32(ones)), b.constant(float32Elem, []int{groups}, rawFloat32(make([]float32, groups))),
	}, y.shape, y.typ, floatAttr("epsilon", eps))
	y = b.to(b.reshape(y, n, c, h, w), x.typ)
	y = b.add(b.mul(y, scale), shift)
	if silu {
		y = b.silu(y)
	}
	return y
}

// layerNorm normalises the last axis.
func (b *builder) layerNorm(x value, path string, eps float64) value {
	b.in(path)
	c := x.shape[len(x.shape)-1]
	return b.node("LayerNormalization", []value{x, b.param(path+".weight", c), b.param(path+".bias", c)},
		x.shape, x.typ, intAttr("axis", -1), floatAttr("epsilon", eps))
}

// scoreLimit is the limit of attention scores without Options.Scores, bytes.
const scoreLimit = 256 << 20

// queryStep is how many of s queries are taken at once so that their scores
// against t keys stay below the limit.
func (b *builder) queryStep(n, heads, s, t int) int {
	limit := b.opt.Scores
	if limit <= 0 {
		if b.opt.Fused {
			return s
		}
		limit = scoreLimit
	}
	step := s
	for step > 1 && int64(n)*int64(heads)*int64(step)*int64(t)*b.floatType().size() > limit {
		step = (step + 1) / 2
	}
	return step
}

// attention is softmax(q·kᵀ/√d)·v over heads. q is [n·s, heads·d], k and v are
// [n·t, heads·d]; so is the result, with s rows a batch element. bias, where it
// has a name, is added to the scores: [1, 1, s, t].
func (b *builder) attention(q, k, v value, n, heads int, bias value) value {
	c := q.shape[1]
	if heads < 1 || c%heads != 0 {
		b.fail(fmt.Errorf("graph: %s: %d heads do not divide the %d channels of %s", b.part, heads, c, b.layer))
		return q
	}
	s, t, d := q.shape[0]/n, k.shape[0]/n, c/heads
	scale := rsqrt(d)
	step := b.queryStep(n, heads, s, t)
	var parts []value
	if b.opt.Parts > 0 && bias.name == "" {
		return b.tiledAttention(q, k, v, n, heads, scale)
	}
	if b.opt.Fused && bias.name == "" {
		q, k, v = b.reshape(q, n, s, c), b.reshape(k, n, t, c), b.reshape(v, n, t, c)
		for from := 0; from < s; from += step {
			part := b.slice(q, 1, from, min(from+step, s))
			parts = append(parts, b.contribNode("MultiHeadAttention", []value{part, k, v}, part.shape, q.typ,
				intAttr("num_heads", heads), floatAttr("scale", scale)))
		}
		return b.reshape(b.concat(1, parts...), n*s, c)
	}
	qh := b.transpose(b.reshape(b.mul(q, b.scalar(scale)), n, s, heads, d), 0, 2, 1, 3)
	kt := b.transpose(b.reshape(k, n, t, heads, d), 0, 2, 3, 1)
	vh := b.transpose(b.reshape(v, n, t, heads, d), 0, 2, 1, 3)
	for from := 0; from < s; from += step {
		scores := b.matmul(b.slice(qh, 2, from, min(from+step, s)), kt)
		if bias.name != "" {
			scores = b.add(scores, b.slice(bias, 2, from, min(from+step, s)))
		}
		parts = append(parts, b.matmul(b.softmax(scores), vh))
	}
	y := b.transpose(b.concat(2, parts...), 0, 2, 1, 3)
	return b.reshape(y, n*s, c)
}
