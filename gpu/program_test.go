package gpu

import (
	"context"
	"testing"

	"gorgonia.org/tensor"
)

func openTest(t *testing.T, cfg Config) *Runtime {
	t.Helper()
	rt, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	return rt
}

func queueTest(t *testing.T, cfg Config, id string) *Queue {
	t.Helper()
	q, err := openTest(t, cfg).Queue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if q.Device().ID != id {
		t.Fatalf("asked for %s, got %s: %v", id, q.Device().ID, q.Fallbacks())
	}
	return q
}

func loadTest(t *testing.T, q *Queue, s Spec) *Program {
	t.Helper()
	p, err := q.Load(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Release)
	return p
}

func dense(shape []int, v ...float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))
}

func TestRunWithWeights(t *testing.T) {
	q := queueTest(t, Config{}, "cpu")
	w := Weight{Name: "w", Type: Float32, Shape: []int{2, 2}, Data: float32s(1, 2, 3, 4)}
	h := Weight{Name: "h", Type: BFloat16, Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x00, 0xc0}}
	s := Weight{Name: "s", Type: Float16, Shape: nil, Data: []byte{0x00, 0x3c}}
	m := model(external(w), external(h), external(s),
		node("MatMul", []string{"x", "w"}, []string{"a"}),
		node("Add", []string{"a", "h"}, []string{"b"}),
		node("Mul", []string{"b", "k"}, []string{"c"}),
		node("Add", []string{"c", "s"}, []string{"y"}),
		node("ReduceSum", []string{"c"}, []string{"z"}, attr("keepdims", 0)),
		input("x", Float32, 1, 2), input("k", Float32),
		output("y", Float32, 1, 2), output("z", Float32))
	p := loadTest(t, q, Spec{Key: "a", Name: "test", Model: m, Weights: []Weight{w, h, s}})
	out, err := p.Run(context.Background(), map[string]*tensor.Dense{"x": dense([]int{1, 2}, 1, 1), "k": tensor.New(tensor.FromScalar(float32(2)))})
	if err != nil {
		t.Fatal(err)
	}
	if y := out["y"].Data().([]float32); y[0] != 11 || y[1] != 9 {
		t.Error("y", y)
	}
	if z, ok := out["z"].Data().(float32); !ok || z != 18 {
		t.Error("z", out["z"])
	}
}
