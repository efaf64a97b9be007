package gpu

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/gpu/library"
)

// webgpuQueue is the WebGPU device, on SwiftShader or the driver that the environment
// names; the test skips where there is neither, and fails where there is and it does
// not start.
func webgpuQueue(t *testing.T) *Queue {
	t.Helper()
	if os.Getenv("VK_ICD_FILENAMES") == "" {
		_, err := library.SwiftShader()
		t.Skipf("WebGPU is tested on SwiftShader, a Vulkan driver in software, which is not on this machine: %v", err)
	}
	rt := openTest(t, Config{Budget: 256 << 20})
	q, err := rt.Queue(t.Context(), "webgpu:0")
	var unknown *UnknownDeviceError
	if errors.As(err, &unknown) && os.Getenv(library.EnvLibrary) != "" {
		t.Skip("the library that was named has no WebGPU")
	}
	if err != nil {
		t.Fatal(err)
	}
	if q.Device().ID != "webgpu:0" {
		for _, d := range rt.Devices() {
			if strings.Contains(d.Unavailable, "loader") {
				t.Skip(d.Unavailable)
			}
		}
		t.Fatalf("WebGPU does not start: %v", q.Fallbacks()[0].Err)
	}
	return q
}

// normal is a tensor of normally distributed numbers, the same in every run.
func normal(seed uint64, shape ...int) *tensor.Dense {
	r := rand.New(rand.NewPCG(seed, 1))
	n, _ := elements(shape)
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return dense(shape, v...)
}

func normalWeight(name string, seed uint64, shape ...int) Weight {
	return Weight{Name: name, Type: Float32, Shape: shape, Data: float32s(normal(seed, shape...).Data().([]float32)...)}
}

// operators are small graphs of the kinds that the models are made of.
func operators() map[string]struct {
	spec Spec
	in   map[string]*tensor.Dense
} {
	type c = struct {
		spec Spec
		in   map[string]*tensor.Dense
	}
	list := map[string]c{}
	add := func(name string, weights []Weight, in map[string]*tensor.Dense, parts ...[]byte) {
		for _, w := range weights {
			parts = append(parts, external(w))
		}
		list[name] = c{Spec{Key: name, Name: name, Model: model(parts...), Weights: weights}, in}
	}
	ints := func(name string, v ...int) []byte { return constant(name, Int64, []int{len(v)}, int64s(v...)) }

	add("convolution", []Weight{normalWeight("w", 1, 8, 4, 3, 3), normalWeight("b", 2, 8)},
		map[string]*tensor.Dense{"x": normal(3, 2, 4, 8, 8)},
		node("Conv", []string{"x", "w", "b"}, []string{"y"}, attr("kernel_shape", []int{3, 3}), attr("pads", []int{1, 1, 1, 1}), attr("strides", []int{2, 2})),
		input("x", Float32, 2, 4, 8, 8), output("y", Float32, 2, 8, 4, 4))

	add("group norm and silu", []Weight{normalWeight("g", 4, 8, 1, 1), normalWeight("h", 5, 8, 1, 1)},
		map[string]*tensor.Dense{"x": normal(6, 2, 8, 4, 4)},
		ints("groups", 2, 2, -1), ints("back", 2, 8, 4, 4),
		constant("one", Float32, []int{2}, float32s(1, 1)), constant("zero", Float32, []int{2}, float32s(0, 0)),
		node("Reshape", []string{"x", "groups"}, []string{"a"}),
		node("InstanceNormalization", []string{"a", "one", "zero"}, []string{"b"}, attr("epsilon", float32(1e-5))),
		node("Reshape", []string{"b", "back"}, []string{"c"}),
		node("Mul", []string{"c", "g"}, []string{"d"}), node("Add", []string{"d", "h"}, []string{"e"}),
		node("Sigmoid", []string{"e"}, []string{"s"}), node("Mul", []string{"e", "s"}, []string{"y"}),
		input("x", Float32, 2, 8, 4, 4), output("y", Float32, 2, 8, 4, 4))

	// The edges of a half-drop: the left margin is the right edge, shifted by half.
	add("wrapped edges", []Weight{normalWeight("w", 7, 3, 3, 3, 3)},
		map[string]*tensor.Dense{"x": normal(8, 1, 3, 8, 6)},
		ints("0", 0), ints("1", 1), ints("4", 4), ints("5", 5), ints("6", 6), ints("7", 7), ints("8", 8), ints("2", 2), ints("3", 3),
		node("Slice", []string{"x", "5", "6", "3"}, []string{"right"}),
		node("Slice", []string{"right", "0", "4", "2"}, []string{"r0"}), node("Slice", []string{"right", "4", "8", "2"}, []string{"r1"}),
		node("Concat", []string{"r1", "r0"}, []string{"left"}, attr("axis", 2)),
		node("Slice", []string{"x", "0", "1", "3"}, []string{"first"}),
		node("Slice", []string{"first", "0", "4", "2"}, []string{"f0"}), node("Slice", []string{"first", "4", "8", "2"}, []string{"f1"}),
		node("Concat", []string{"f1", "f0"}, []string{"beyond"}, attr("axis", 2)),
		node("Concat", []string{"left", "x", "beyond"}, []string{"wide"}, attr("axis", 3)),
		node("Slice", []string{"wide", "7", "8", "2"}, []string{"above"}), node("Slice", []string{"wide", "0", "1", "2"}, []string{"below"}),
		node("Concat", []string{"above", "wide", "below"}, []string{"padded"}, attr("axis", 2)),
		node("Conv", []string{"padded", "w"}, []string{"y"}, attr("kernel_shape", []int{3, 3})),
		input("x", Float32, 1, 3, 8, 6), output("y", Float32, 1, 3, 8, 6))

	add("attention", []Weight{normalWeight("wq", 9, 16, 16), normalWeight("wk", 10, 12, 16), normalWeight("wv", 11, 12, 16)},
		map[string]*tensor.Dense{"x": normal(12, 1, 10, 16), "c": normal(13, 1, 7, 12)},
		ints("qs", 1, 10, 2, 8), ints("ks", 1, 7, 2, 8), ints("out", 1, 10, 16), constant("scale", Float32, []int{1}, float32s(float32(1/math.Sqrt(8)))),
		node("MatMul", []string{"x", "wq"}, []string{"q0"}), node("MatMul", []string{"c", "wk"}, []string{"k0"}), node("MatMul", []string{"c", "wv"}, []string{"v0"}),
		node("Reshape", []string{"q0", "qs"}, []string{"q1"}), node("Reshape", []string{"k0", "ks"}, []string{"k1"}), node("Reshape", []string{"v0", "ks"}, []string{"v1"}),
		node("Transpose", []string{"q1"}, []string{"q"}, attr("perm", []int{0, 2, 1, 3})),
		node("Transpose", []string{"k1"}, []string{"k"}, attr("perm", []int{0, 2, 3, 1})),
		node("Transpose", []string{"v1"}, []string{"v"}, attr("perm", []int{0, 2, 1, 3})),
		node("MatMul", []string{"q", "k"}, []string{"s0"}), node("Mul", []string{"s0", "scale"}, []string{"s1"}),
		node("Softmax", []string{"s1"}, []string{"p"}, attr("axis", -1)),
		node("MatMul", []string{"p", "v"}, []string{"o"}), node("Transpose", []string{"o"}, []string{"o1"}, attr("perm", []int{0, 2, 1, 3})),
		node("Reshape", []string{"o1", "out"}, []string{"y"}),
		input("x", Float32, 1, 10, 16), input("c", Float32, 1, 7, 12), output("y", Float32, 1, 10, 16))

	add("fused attention", nil,
		map[string]*tensor.Dense{"q": normal(14, 1, 10, 16), "k": normal(15, 1, 7, 16), "v": normal(16, 1, 7, 16)},
		domainNode("com.microsoft", "MultiHeadAttention", []string{"q", "k", "v"}, []string{"y"}, attr("num_heads", 2)),
		input("q", Float32, 1, 10, 16), input("k", Float32, 1, 7, 16), input("v", Float32, 1, 7, 16), output("y", Float32, 1, 10, 16))

	add("layer norm and gelu", []Weight{normalWeight("g", 17, 16), normalWeight("b", 18, 16)},
		map[string]*tensor.Dense{"x": normal(19, 1, 10, 16)},
		node("LayerNormalization", []string{"x", "g", "b"}, []string{"a"}, attr("axis", -1), attr("epsilon", float32(1e-5))),
		domainNode("com.microsoft", "QuickGelu", []string{"a"}, []string{"y"}, attr("alpha", float32(1.702))),
		input("x", Float32, 1, 10, 16), output("y", Float32, 1, 10, 16))
	return list
}

// The WebGPU provider computes what the processor's does, all by itself: the graphs
// may not fall back to the processor.
func TestWebGPUAgreesWithTheProcessor(t *testing.T) {
	web := webgpuQueue(t)
	cpu := queueTest(t, Config{}, "cpu")
	for name, c := range operators() {
		t.Run(name, func(t *testing.T) {
			alone, err := web.w.compile(t.Context(), &c.spec, func(o *ort.SessionOptions) error {
				return o.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1")
			})
			if err != nil {
				t.Fatalf("not all of it runs on WebGPU: %v", err)
			}
			alone.free()

			want, err := loadTest(t, cpu, c.spec).Run(t.Context(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			p := loadTest(t, web, c.spec)
			got, err := p.Run(t.Context(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			a, b := got["y"].Data().([]float32), want["y"].Data().([]float32)
			if len(a) != len(b) || !got["y"].Shape().Eq(want["y"].Shape()) {
				t.Fatal("shapes differ:", got["y"].Shape(), want["y"].Shape())
			}
			var worst, size float64
			for i := range a {
				worst, size = max(worst, math.Abs(float64(a[i]-b[i]))), max(size, math.Abs(float64(b[i])))
			}
			if !(worst <= 1e-5*size) || size == 0 {
				t.Errorf("differs by %g where the largest value is %g", worst, size)
			}
			again, err := p.Run(t.Context(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range again["y"].Data().([]float32) {
				if v != a[i] {
					t.Fatal("the same request gave other bytes")
				}
			}
		})
	}
}

// The same request gives the same bytes on the processor, run after run and load
// after load.
func TestProcessorIsDeterministic(t *testing.T) {
	for name, c := range operators() {
		var first []float32
		for range 3 {
			q := queueTest(t, Config{}, "cpu")
			p := loadTest(t, q, c.spec)
			for range 5 {
				out, err := p.Run(t.Context(), c.in)
				if err != nil {
					t.Fatal(err)
				}
				y := out["y"].Data().([]float32)
				if first == nil {
					first = y
				}
				for i := range y {
					if math.Float32bits(y[i]) != math.Float32bits(first[i]) {
						t.Fatalf("%s: element %d is %g, and was %g", name, i, y[i], first[i])
					}
				}
			}
		}
	}
}
