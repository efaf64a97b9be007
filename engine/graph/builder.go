package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
	"github.com/selvage-studio/selvage/gpu/bfloat"
)

// value is one result inside a graph under construction; its shape is static.
type value struct {
	name  string
	shape []int
	typ   elem
}

func (v value) len() int { return count(v.shape) }

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func decimal(v int64) string { return strconv.FormatInt(v, 10) }

// builder assembles one graph. Its methods emit nodes and return their results;
// faults are kept, the work goes on with values of the right shape, and spec
// reports all of them at once.
type builder struct {
	part string
	opt  Options
	set  *weights.Set

	nodes   []byte
	inits   []byte
	ports   []byte
	next    int    // of values
	count   int    // of nodes
	infos   []byte // shapes of results that the runtime cannot infer
	contrib bool   // whether there are contributed operators
	own     bool   // whether there are operators of gpu/bfloat
	layer   string // the module being built, for names and messages

	consts  map[string]value // by type, shape and content
	bound   map[string]value // initializers that are bound, by name
	cast    map[string]value // their casts to the graph's own type
	stored  []gpu.Weight     // in the order of first use
	used    map[string]bool  // keys of the set
	faults  []WeightFault    // weights that do not fit
	err     error            // the first other error
	outputs []string         // in the order of computation
	taps    map[string]bool  // wanted, false once emitted
	wrap    value            // the scalar of Options.WrapSwitch
	memo    map[string]value // results that several layers share
	live    lifetimes
	prefix  string // of the keys in the set
}

func newBuilder(part string, set *weights.Set, opt Options) *builder {
	b := &builder{
		part: part, opt: opt, set: set,
		consts: map[string]value{}, bound: map[string]value{}, cast: map[string]value{},
		used: map[string]bool{}, taps: map[string]bool{}, memo: map[string]value{},
	}
	for _, t := range opt.Taps {
		b.taps[t] = true
	}
	return b
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) fresh(shape []int, typ elem) value {
	b.next++
	return value{"v" + strconv.Itoa(b.next), shape, typ}
}

// node emits a node with one result.
func (b *builder) node(op string, in []value, shape []int, typ elem, attrs ...attribute) value {
	return b.nodes1(op, "", in, shape, typ, attrs)
}

// contribNode emits a node of the contributed operators.
func (b *builder) contribNode(op string, in []value, shape []int, typ elem, attrs ...attribute) value {
	b.contrib = true
	return b.nodes1(op, contribDomain, in, shape, typ, attrs)
}

func (b *builder) nodes1(op, domain string, in []value, shape []int, typ elem, attrs []attribute) value {
	out := b.fresh(shape, typ)
	b.emit(op, domain, in, out, attrs)
	return out
}

func (b *builder) emit(op, domain string, in []value, out value, attrs []attribute) {
	b.count++
	names := make([]string, len(in))
	for i, v := range in {
		names[i] = v.name
	}
	b.live.node(op, in, out)
	b.nodes = appendNode(b.nodes, op, domain, b.layer+"/"+op+"_"+strconv.Itoa(b.count), names, out.name, attrs)
}

// in sets the module that following nodes are named after.
func (b *builder) in(path string) { b.layer = path }

// input declares an input of the graph.
func (b *builder) input(name string, typ elem, shape ...int) value {
	b.ports = appendPort(b.ports, graphInput, name, typ, shape)
	b.live.input(value{name, shape, typ})
	return value{name, shape, typ}
}

// half declares a float32 input in the graph's type.
func (b *builder) half(name string, shape []int) value {
	return b.to(b.input(name, float32Elem, shape...), b.floatType())
}

// output gives a result a name at the graph's boundary.
func (b *builder) output(name string, v value) {
	b.layer = "output"
	if v.typ == float16Elem {
		v = b.to(v, float32Elem)
	}
	b.emit("Identity", "", []value{v}, value{name, v.shape, v.typ}, nil)
	b.ports = appendPort(b.ports, graphOutput, name, v.typ, v.shape)
	b.live.keep(name)
	b.outputs = append(b.outputs, name)
}

// tap makes an intermediate value an output, if Options.Taps asks for it.
func (b *builder) tap(path string, v value) {
	if b.taps[path] {
		b.taps[path] = false
		b.output("tap/"+path, v)
	}
}

// floatType is the type that activations have.
func (b *builder) floatType() elem {
	if b.opt.Half {
		return float16Elem
	}
	return float32Elem
}

func (b *builder) to(v value, typ elem) value {
	if v.typ == typ {
		return v
	}
	return b.node("Cast", []value{v}, v.shape, typ, intAttr("to", int(typ)))
}

func (b *builder) constant(typ elem, shape []int, raw []byte) value {
	key := fmt.Sprint(typ, shape) + string(raw)
	if v, ok := b.consts[key]; ok {
		return v
	}
	v := value{"c" + strconv.Itoa(len(b.consts)), shape, typ}
	b.inits = appendConstant(b.inits, v.name, typ, shape, raw)
	b.consts[key] = v
	return v
}

// ints is a constant vector of int64.
func (b *builder) ints(v ...int) value {
	return b.constant(int64Elem, []int{len(v)}, rawInt64(v))
}

// floats is a float32 constant, converted to the graph's type where that is
// another.
func (b *builder) floats(shape []int, v ...float32) value {
	return b.to(b.constant(float32Elem, shape, rawFloat32(v)), b.floatType())
}

func (b *builder) scalar(v float64) value { return b.floats(nil, float32(v)) }

// param binds an array of the set as an initializer of the graph's float type.
func (b *builder) param(key string, want ...int) value {
	return b.slab(key, want, want, 0, 1)
}

// paramAs is param in another shape of as many values.
func (b *builder) paramAs(key string, want, as []int) value {
	return b.slab(key, want, as, 0, 1)
}

// slab is param for part i of n equal parts along the first axis of the stored
// array; as is the shape of the part.
func (b *builder) slab(key string, want, as []int, i, n int) value {
	t, ok := b.lookup(key, want)
	if !ok {
		return value{b.prefix + key, as, b.floatType()}
	}
	typ := b.floatType()
	if typ == float32Elem && t.Type != weights.F64 {
		// Halves are widened while the program is loaded.
		return b.bind(t, as, i, n, gpu.Float32)
	}
	_, stored := storedType(t.Type)
	w := b.bind(t, as, i, n, stored)
	if w.typ == typ {
		return w
	}
	if v, ok := b.cast[w.name]; ok {
		return v
	}
	v := b.to(w, typ)
	b.cast[w.name] = v
	return v
}

// table binds an array in the type it is stored in, for rows to be gathered
// from: converting a whole vocabulary for 77 rows would be waste.
func (b *builder) table(key string, want ...int) value {
	t, ok := b.lookup(key, want)
	if !ok {
		return value{b.prefix + key, want, b.floatType()}
	}
	_, stored := storedType(t.Type)
	return b.bind(t, want, 0, 1, stored)
}

func (b *builder) lookup(key string, want []int) (weights.Tensor, bool) {
	name := b.prefix + key
	t, ok := b.set.Lookup(name)
	if !ok {
		b.faults = append(b.faults, WeightFault{Key: name, Want: want})
		return t, false
	}
	b.used[name] = true
	if !slices.Equal(t.Shape, want) {
		b.faults = append(b.faults, WeightFault{Key: name, Want: want, Have: append([]int{}, t.Shape...)})
		return t, false
	}
	typ, stored := storedType(t.Type)
	if typ == 0 || count(want)*stored.Size() != len(t.Data) {
		b.fail(fmt.Errorf("graph: %s: %s holds %d bytes of type %v, which is not what shape %v takes", b.part, name, len(t.Data), t.Type, want))
		return t, false
	}
	return t, true
}

// bind makes part i of n of a stored array an initializer.
func (b *builder) bind(t weights.Tensor, as []int, i, n int, typ gpu.DType) value {
	// One array may be bound in several parts and shapes, so these are part of
	// the name.
	name := t.Name
	if n > 1 {
		name += "#" + strconv.Itoa(i) + "of" + strconv.Itoa(n)
	}
	if !slices.Equal(as, t.Shape) {
		name += fmt.Sprint("@", as)
	}
	if v, ok := b.bound[name]; ok {
		return v
	}
	_, stored := storedType(t.Type)
	part := len(t.Data) / n
	w := gpu.Weight{
		Name: name, Type: stored, As: typ, Shape: as,
		Data: t.Data[i*part : (i+1)*part], File: t.File, Offset: t.Offset + int64(i*part),
	}
	b.stored = append(b.stored, w)
	v := value{name, as, elem(typ.ONNX())}
	b.inits = appendExternal(b.inits, name, v.typ, as, "weights", 0, int64(count(as)*typ.Size()))
	b.bound[name] = v
	return v
}

func storedType(t weights.DType) (elem, gpu.DType) {
	switch t {
	case weights.F32:
		return float32Elem, gpu.Float32
	case weights.F16:
		return float16Elem, gpu.Float16
	case weights.BF16:
		return bfloat16Elem, gpu.BFloat16
	case weights.F64:
		return float64Elem, gpu.Float64
	default:
		return 0, 0
	}
}

// ignored says which keys of published files are no weights.
func ignored(key string) bool {
	return strings.HasSuffix(key, "position_ids") || key == "logit_scale"
}

// spec closes the graph. owns says which keys of the set belong to this part;
// those that were not used are an error.
func (b *builder) spec(name string, owns func(key string) bool) (gpu.Spec, error) {
	var unused []string
	for _, k := range b.set.Names() {
		if !b.used[k] && !ignored(k) && owns(k) {
			unused = append(unused, k)
		}
	}
	slices.Sort(unused)
	// A module that is missing as a whole is told by its weights first: unused
	// keys beside them say what is there instead.
	if len(b.faults) > 0 || len(unused) > 0 {
		return gpu.Spec{}, &WeightsError{Part: b.part, Faults: b.faults, Unused: unused}
	}
	if b.err != nil {
		return gpu.Spec{}, b.err
	}
	for path, wanted := range b.taps {
		if wanted {
			return gpu.Spec{}, &OptionError{b.part, "Taps", fmt.Sprintf("names %q, which is no module of this graph", path)}
		}
	}
	if b.opt.WrapSwitch {
		b.wrapInput() // there for every repeat, so that callers need not ask
	}
	g := make([]byte, 0, len(b.nodes)+len(b.inits)+len(b.ports)+len(b.infos)+64)
	g = append(g, b.nodes...)
	g = appendString(g, graphName, b.part)
	g = append(g, b.inits...)
	g = append(g, b.ports...)
	g = append(g, b.infos...)
	var domains []string
	if b.contrib {
		domains = append(domains, contribDomain)
	}
	if b.own {
		domains = append(domains, bfloat.Domain)
	}
	model := appendModel(g, domains)
	return gpu.Spec{
		Key: b.key(model), Name: name, Model: model, Weights: b.stored, Scratch: b.live.peak(), Threads: b.opt.Threads,
		// AutoencoderKL has the largest planes of all, once for a picture.
		Brief: strings.HasPrefix(b.part, "vae "),
	}, nil
}

// key identifies the graph and its weights, without reading those that lie in
// files: they are told by name, size, time of change, offset and address. The
// address tells a model that was closed and opened again from the first one,
// whose mapping a loaded program may still refer to.
func (b *builder) key(model []byte) string {
	h := sha256.New()
	sum := sha256.Sum256(model)
	h.Write(sum[:])
	note := func(format string, a ...any) { _, _ = fmt.Fprintf(h, format, a...) } // a hash takes everything
	note("%d threads\n", b.opt.Threads)
	seen := map[string]bool{}
	for _, w := range b.stored {
		note("%s %p %d %q %d\n", w.Name, unsafe.SliceData(w.Data), len(w.Data), w.File, w.Offset)
		switch {
		case w.File == "":
			sample(h, w.Data)
		case !seen[w.File]:
			seen[w.File] = true
			// A file that is gone leaves its mapping behind; its name must do then.
			if info, err := os.Stat(w.File); err == nil {
				note("%d %d\n", info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sample writes windows spread over an array that was made in memory, where
// another may stand at the same address later. What is made in memory is merged
// from low-rank changes, which reach into every row.
func sample(h io.Writer, data []byte) {
	const windows, size = 16, 4096
	if len(data) <= windows*size {
		_, _ = h.Write(data)
		return
	}
	for i := range windows {
		at := (len(data) - size) / (windows - 1) * i
		_, _ = h.Write(data[at : at+size])
	}
}

// title names a program for people.
func (b *builder) title(scale int) string {
	s := fmt.Sprintf("%s %dx%d", b.part, b.opt.Width*scale, b.opt.Height*scale)
	if b.opt.Batch > 1 {
		s += fmt.Sprintf(" x%d", b.opt.Batch)
	}
	if b.opt.Repeat.Kind != pattern.None {
		s += " " + b.opt.Repeat.String()
	}
	return s
}
