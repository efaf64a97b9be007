package gpu

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestModelAndWeightsMustAgree(t *testing.T) {
	q := queueTest(t, Config{}, "cpu")
	change := func(f func(*Spec)) Spec {
		s := product("a", 4, 2)
		f(&s)
		return s
	}
	for name, c := range map[string]struct {
		spec Spec
		says string
	}{
		"a weight too many": {change(func(s *Spec) {
			s.Weights = append(s.Weights, Weight{Name: "extra", Type: Float32, Shape: []int{1}, Data: make([]byte, 4)})
		}), `"extra"`},
		"a weight too few":       {change(func(s *Spec) { s.Weights = nil }), `"w"`},
		"the same weight twice":  {change(func(s *Spec) { s.Weights = append(s.Weights, s.Weights[0]) }), `"w"`},
		"another shape":          {change(func(s *Spec) { s.Weights[0].Shape = []int{2, 8} }), "[2 8]"},
		"another type":           {change(func(s *Spec) { s.Weights[0].Type = Int32 }), "int32"},
		"a graph cut short":      {change(func(s *Spec) { s.Model = s.Model[:len(s.Model)-3] }), "model"},
		"no graph":               {change(func(s *Spec) { s.Model = []byte{8, 9} }), `"w"`},
		"no model":               {change(func(s *Spec) { s.Model = nil }), `"w"`},
		"an operator of nowhere": {Spec{Key: "z", Name: "z", Model: model(node("NoSuchOperator", []string{"x"}, []string{"y"}), input("x", Float32, 1), output("y", Float32, 1))}, "NoSuchOperator"},
		"an operator that fails": {Spec{Key: "z", Name: "z", Model: model(node("MatMul", []string{"x", "x"}, []string{"y"}), input("x", Float32, 2, 3), output("y", Float32, 2, 3))}, "MatMul"},
		"data of a wrong length": {change(func(s *Spec) { s.Weights[0].Data = s.Weights[0].Data[1:] }), "63 bytes"},
	} {
		_, err := q.Load(t.Context(), c.spec)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.spec.Name) {
			t.Errorf("%s: the error %q does not say %q", name, err, c.says)
		}
	}
	var wrong *ModelError
	if _, err := q.Load(t.Context(), change(func(s *Spec) { s.Weights = nil })); !errors.As(err, &wrong) {
		t.Error(err)
	}
	if len(q.keys()) != 0 {
		t.Error("failed loads left", q.keys())
	}
}

// What is not a weight's initializer goes through unchanged, and a model that does not
// parse is an error, never a panic.
func FuzzOpenModel(f *testing.F) {
	s := product("a", 4, 2)
	f.Add(s.Model)
	f.Add(model(constant("c", Float32, []int{1}, float32s(1)), external(s.Weights[0])))
	f.Add([]byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, m []byte) {
		out, err := openModel(&Spec{Name: "fuzz", Model: m, Weights: s.Weights})
		if err == nil && bytes.Equal(out, m) {
			t.Error("the weight is found, and the model unchanged")
		}
		if out, err := openModel(&Spec{Name: "fuzz", Model: m}); err == nil {
			same, err := openModel(&Spec{Name: "fuzz", Model: out})
			if err != nil || !bytes.Equal(same, out) {
				t.Error("opening twice changes the model again")
			}
		}
	})
}
