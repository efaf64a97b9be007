package gpu

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/gpu/bfloat"
)

// Every place of the C API's tables that bfloat/ops.h names is where the header has it.
func TestPlacesOfTheOperators(t *testing.T) {
	h := header(t)
	api := table(t, h, "OrtApi")
	functions := map[string]string{
		"CREATE_STATUS": "CreateStatus", "CREATE_DOMAIN": "CreateCustomOpDomain", "DOMAIN_ADD": "CustomOpDomain_Add", "ADD_DOMAIN": "AddCustomOpDomain",
		"TENSOR_DATA": "GetTensorMutableData", "ELEMENT_TYPE": "GetTensorElementType", "DIMENSIONS_COUNT": "GetDimensionsCount", "DIMENSIONS": "GetDimensions",
		"TYPE_AND_SHAPE": "GetTensorTypeAndShape", "ALLOCATE": "AllocatorAlloc", "FREE": "AllocatorFree", "ATTRIBUTE_FLOAT": "KernelInfoGetAttribute_float",
		"ATTRIBUTE_INT": "KernelInfoGetAttribute_int64", "INPUT_COUNT": "KernelContext_GetInputCount", "INPUT": "KernelContext_GetInput",
		"OUTPUT": "KernelContext_GetOutput", "RELEASE_TYPE_AND_SHAPE": "ReleaseTensorTypeAndShapeInfo", "RELEASE_ALLOCATOR": "ReleaseAllocator",
		"ATTRIBUTE_INTS": "KernelInfoGetAttributeArray_int64", "ALLOCATOR": "KernelContext_GetAllocator", "PARALLEL_FOR": "KernelContext_ParallelFor",
	}
	ours, err := os.ReadFile("bfloat/ops.h")
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`PLACE_(\w+) = (\d+),`).FindAllStringSubmatch(string(ours), -1)
	if len(places) != len(functions) {
		t.Errorf("ops.h names %d places, and the test knows %d", len(places), len(functions))
	}
	for _, m := range places {
		place, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if want := functions[m[1]]; place >= len(api) || api[place] != want || want == "" {
			t.Errorf("PLACE_%s is %d, where the header does not have %q", m[1], place, want)
		}
	}
	// The order of an operator's functions, as ops.h has them.
	want := []string{
		"CreateKernel", "GetName", "GetExecutionProviderType", "GetInputType", "GetInputTypeCount", "GetOutputType", "GetOutputTypeCount",
		"KernelCompute", "KernelDestroy", "GetInputCharacteristic", "GetOutputCharacteristic", "GetInputMemoryType",
		"GetVariadicInputMinArity", "GetVariadicInputHomogeneity", "GetVariadicOutputMinArity", "GetVariadicOutputHomogeneity",
		"CreateKernelV2", "KernelComputeV2", "InferOutputShapeFn", "GetStartVersion", "GetEndVersion",
		"GetMayInplace", "ReleaseMayInplace", "GetAliasMap", "ReleaseAliasMap",
	}
	if have := table(t, h, "OrtCustomOp"); !slices.Equal(have, want) {
		t.Errorf("an operator's functions are %q", have)
	}
}

// bfloatQueues are the devices that multiply in bfloat16, with what two numbers' product
// may be off, relative to it.
func bfloatQueues(t *testing.T) map[*Queue]float64 {
	t.Helper()
	rt := openTest(t, Config{})
	queues := map[*Queue]float64{}
	for id, most := range map[string]float64{"cpu:bf16x2": 1.0 / (1 << 15), "cpu:bf16": 1.0 / (1 << 7)} {
		q, err := rt.Queue(t.Context(), id)
		var unknown *UnknownDeviceError
		if errors.As(err, &unknown) {
			t.Skipf("the processor multiplies no tiles: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		queues[q] = most
	}
	return queues
}

// bfloatModel is model with the operators' domain.
func bfloatModel(parts ...[]byte) []byte {
	graph := append(str(2, "test"), msg(parts...)...)
	return msg(num(1, 9), sub(8, num(2, 18)), sub(8, msg(str(1, bfloat.Domain), num(2, 1))), sub(7, graph))
}

// stored are numbers as weights of a type, and what they are after being stored.
func stored(v []float32, typ DType) ([]byte, []float32) {
	if typ == Float32 {
		return float32s(v...), v
	}
	var b []byte
	back := make([]float32, len(v))
	for i, x := range v {
		// Eight bits of a number between 2^-10 and 2 are the same in both halves.
		bits := math.Float32bits(x) &^ 0xffff
		back[i] = math.Float32frombits(bits)
		if typ == BFloat16 {
			b = binary.LittleEndian.AppendUint16(b, uint16(bits>>16))
			continue
		}
		half := bits >> 16 & 0x8000
		if bits&0x7fffffff != 0 {
			half |= (bits>>23&0xff-112)<<10 | bits>>13&0x3ff
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(half))
	}
	return b, back
}

// numbers draws numbers whose size is between 2^-10 and 2.
func numbers(t *rapid.T, n int, label string) []float32 {
	seed := rapid.Uint64().Draw(t, label)
	v := normal(seed, n).Data().([]float32)
	for i, x := range v {
		v[i] = float32(math.Copysign(min(max(math.Abs(float64(x)), 1.0/1024), 1.99), float64(x)))
	}
	return v
}

func TestLinearInTiles(t *testing.T) {
	queues := bfloatQueues(t)
	rapid.Check(t, func(t *rapid.T) {
		rows, in, out := rapid.IntRange(1, 70).Draw(t, "rows"), rapid.IntRange(1, 100).Draw(t, "in"), rapid.IntRange(1, 70).Draw(t, "out")
		typ := rapid.SampledFrom([]DType{Float32, Float16, BFloat16}).Draw(t, "type")
		x, bias := numbers(t, rows*in, "x"), numbers(t, out, "bias")
		data, w := stored(numbers(t, out*in, "w"), typ)
		for q, most := range queues {
			weights := []Weight{{Name: "w", Type: typ, As: typ, Shape: []int{out, in}, Data: data}, {Name: "b", Type: Float32, Shape: []int{out}, Data: float32s(bias...)}}
			y := runTiles(t, q, weights, map[string]*tensor.Dense{"x": dense([]int{rows, in}, x...)}, []int{rows, out},
				domainNode(bfloat.Domain, "Linear", []string{"x", "w", "b"}, []string{"y"}, attr("parts", q.Device().Parts), attr("out", out)),
				input("x", Float32, rows, in))
			for i := range rows {
				for j := range out {
					want, size := float64(bias[j]), math.Abs(float64(bias[j]))
					for k := range in {
						p := float64(x[i*in+k]) * float64(w[j*in+k])
						want, size = want+p, size+math.Abs(p)
					}
					if got := float64(y[i*out+j]); !(math.Abs(got-want) <= most*size) {
						t.Fatalf("%s, %d rows of %d to %d, %v: y[%d,%d] is %v, want %v within %v", q.Device().ID, rows, in, out, typ, i, j, got, want, most*size)
					}
				}
			}
		}
	})
}

func TestAttentionInTiles(t *testing.T) {
	queues := bfloatQueues(t)
	rapid.Check(t, func(t *rapid.T) {
		batch, heads, d := rapid.IntRange(1, 2).Draw(t, "batch"), rapid.IntRange(1, 3).Draw(t, "heads"), rapid.IntRange(1, 70).Draw(t, "d")
		s, keys := rapid.IntRange(1, 40).Draw(t, "s"), rapid.SampledFrom([]int{1, 2, 15, 31, 32, 33, 77, 511, 512, 513, 600, 1030}).Draw(t, "t")
		c := heads * d
		scale := 1 / math.Sqrt(float64(d))
		query, key, val := numbers(t, batch*s*c, "q"), numbers(t, batch*keys*c, "k"), numbers(t, batch*keys*c, "v")
		in := map[string]*tensor.Dense{
			"q": dense([]int{batch * s, c}, query...), "k": dense([]int{batch * keys, c}, key...), "v": dense([]int{batch * keys, c}, val...),
		}
		for q, most := range queues {
			y := runTiles(t, q, nil, in, []int{batch * s, c},
				domainNode(bfloat.Domain, "Attention", []string{"q", "k", "v"}, []string{"y"}, attr("parts", q.Device().Parts), attr("out", c),
					attr("heads", heads), attr("batch", batch), attr("scale", float32(scale))),
				input("q", Float32, batch*s, c), input("k", Float32, batch*keys, c), input("v", Float32, batch*keys, c))
			for row := range batch * s {
				for h := range heads {
					weights, sum, size := make([]float64, keys), 0.0, 0.0
					for i := range keys {
						score, abs := 0.0, 0.0
						for e := range d {
							p := float64(query[row*c+h*d+e]) * float64(key[(row/s*keys+i)*c+h*d+e])
							score, abs = score+p, abs+math.Abs(p)
						}
						weights[i], size = math.Exp(score*scale), max(size, abs*scale)
						sum += weights[i]
					}
					for e := range d {
						want := 0.0
						for i := range keys {
							want += weights[i] / sum * float64(val[(row/s*keys+i)*c+h*d+e])
						}
						// A score that is off by so much changes its weight by as much of it.
						allowed := 2 * most * (2 + 2*size)
						if got := float64(y[row*c+h*d+e]); !(math.Abs(got-want) <= allowed) {
							t.Fatalf("%s, %d x %d heads of %d, %d queries, %d keys: y[%d,%d] is %v, want %v within %v", q.Device().ID, batch, heads, d, s, keys, row, h*d+e, got, want, allowed)
						}
					}
				}
			}
		}
	})
}

// runTiles runs a graph of one operator, whose output is y.
func runTiles(t *rapid.T, q *Queue, weights []Weight, in map[string]*tensor.Dense, shape []int, parts ...[]byte) []float32 {
	for _, w := range weights {
		parts = append(parts, external(w))
	}
	parts = append(parts, output("y", Float32, shape...))
	model := bfloatModel(parts...)
	key := append(slices.Clone(model), q.Device().ID...)
	for _, w := range weights {
		key = append(key, w.Data...)
	}
	p, err := q.Load(t.Context(), Spec{Key: string(key), Name: "tiles", Model: model, Weights: weights})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	out, err := p.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out["y"].Data().([]float32)
}

// The same bytes come out for any number of threads.
func TestTilesOfAnyThreads(t *testing.T) {
	var first []float32
	for _, threads := range []int{1, 3} {
		q, err := openTest(t, Config{Threads: threads}).Queue(t.Context(), "cpu:bf16x2")
		var unknown *UnknownDeviceError
		if errors.As(err, &unknown) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		w := []Weight{normalWeight("w", 1, 300, 200)}
		node := domainNode(bfloat.Domain, "Linear", []string{"x", "w"}, []string{"y"}, attr("parts", 2), attr("out", 300))
		p := loadTest(t, q, Spec{Key: "threads", Name: "threads", Weights: w, Model: bfloatModel(external(w[0]), node, input("x", Float32, 700, 200), output("y", Float32, 700, 300))})
		out, err := p.Run(t.Context(), map[string]*tensor.Dense{"x": normal(2, 700, 200)})
		if err != nil {
			t.Fatal(err)
		}
		y := out["y"].Data().([]float32)
		if first != nil && !slices.Equal(first, y) {
			t.Errorf("%d threads compute something else than one", threads)
		}
		first = y
	}
}

// What does not go together is refused and computes nothing.
func TestOperatorsRefuse(t *testing.T) {
	for q := range bfloatQueues(t) {
		w := []Weight{normalWeight("w", 1, 8, 5)}
		node := domainNode(bfloat.Domain, "Linear", []string{"x", "w"}, []string{"y"}, attr("parts", 1), attr("out", 8))
		p := loadTest(t, q, Spec{Key: "wrong", Name: "wrong", Weights: w, Model: bfloatModel(external(w[0]), node, input("x", Float32, 2, 4), output("y", Float32, 2, 8))})
		var failed *RuntimeError
		if _, err := p.Run(t.Context(), map[string]*tensor.Dense{"x": normal(1, 2, 4)}); !errors.As(err, &failed) {
			t.Errorf("%s: a layer of 5 features took 4: %v", q.Device().ID, err)
		}
	}
}
