package gpu

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto that are read or written here.
const (
	modelGraph         = 7
	graphInitializer   = 5
	graphInput         = 11
	tensorDims         = 1
	tensorDataType     = 2
	tensorName         = 8
	tensorDataLocation = 14
	locationExternal   = 1
	valueName          = 1
	valueType          = 2
)

// ModelError says what is wrong with a spec's model.
type ModelError struct {
	Program string
	Reason  string
}

func (e *ModelError) Error() string {
	return fmt.Sprintf("%s: the model is wrong: %s", e.Program, e.Reason)
}

// field is one field of a message: its number, the value of a varint or the bytes of
// a message or string, and the whole as it stands on the wire.
type field struct {
	number protowire.Number
	kind   protowire.Type
	varint uint64
	bytes  []byte
	raw    []byte
}

// eachField calls f for every field of a message.
func eachField(m []byte, f func(field) error) error {
	for len(m) > 0 {
		num, kind, n := protowire.ConsumeTag(m)
		if n < 0 {
			return protowire.ParseError(n)
		}
		total := protowire.ConsumeFieldValue(num, kind, m[n:])
		if total < 0 {
			return protowire.ParseError(total)
		}
		x := field{number: num, kind: kind, raw: m[:n+total]}
		switch kind {
		case protowire.VarintType:
			x.varint, _ = protowire.ConsumeVarint(m[n:])
		case protowire.BytesType:
			x.bytes, _ = protowire.ConsumeBytes(m[n:])
		default: // the whole, as it stands, is enough
		}
		if err := f(x); err != nil {
			return err
		}
		m = m[n+total:]
	}
	return nil
}

// openModel returns the spec's model with every weight declared as an input of the
// graph in place of the external initializer that it is, ready to have its tensor put
// in. The weights must be the model's external initializers exactly, in name, type
// and shape.
func openModel(s *Spec) ([]byte, error) {
	weights := make(map[string]*Weight, len(s.Weights))
	for i := range s.Weights {
		w := &s.Weights[i]
		if weights[w.Name] != nil {
			return nil, &ModelError{s.Name, fmt.Sprintf("two weights are called %q", w.Name)}
		}
		weights[w.Name] = w
	}
	out := make([]byte, 0, len(s.Model)+64*len(weights))
	err := eachField(s.Model, func(f field) error {
		if f.number != modelGraph || f.kind != protowire.BytesType {
			out = append(out, f.raw...)
			return nil
		}
		graph, err := openGraph(f.bytes, weights)
		out = protowire.AppendBytes(protowire.AppendTag(out, modelGraph, protowire.BytesType), graph)
		return err
	})
	if err != nil {
		return nil, &ModelError{s.Name, err.Error()}
	}
	for name := range weights {
		return nil, &ModelError{s.Name, fmt.Sprintf("the weight %q is no external initializer of the graph", name)}
	}
	return out, nil
}

// openGraph is openModel's part for the graph; it removes from weights what it finds.
func openGraph(graph []byte, weights map[string]*Weight) ([]byte, error) {
	out := make([]byte, 0, len(graph))
	err := eachField(graph, func(f field) error {
		if f.number != graphInitializer || f.kind != protowire.BytesType {
			out = append(out, f.raw...)
			return nil
		}
		t, err := readTensorInfo(f.bytes)
		if err != nil {
			return err
		}
		if !t.external {
			out = append(out, f.raw...)
			return nil
		}
		w := weights[t.name]
		if w == nil {
			return fmt.Errorf("the external initializer %q has no weight", t.name)
		}
		delete(weights, t.name)
		if g := w.GraphType(); int32(t.dataType) != g.ONNX() || !slices.Equal(t.dims, w.Shape) {
			return fmt.Errorf("the initializer %q has ONNX type %d and shape %v, its weight %v (%d) and %v", t.name, t.dataType, t.dims, g, g.ONNX(), w.Shape)
		}
		out = protowire.AppendTag(out, graphInput, protowire.BytesType)
		out = protowire.AppendBytes(out, valueInfoProto(w))
		return nil
	})
	return out, err
}

// tensorInfo is what a TensorProto says beside its data.
type tensorInfo struct {
	name     string
	dataType int
	dims     []int
	external bool
}

func readTensorInfo(m []byte) (t tensorInfo, err error) {
	err = eachField(m, func(f field) error {
		switch f.number {
		case tensorName:
			t.name = string(f.bytes)
		case tensorDataType:
			t.dataType = int(f.varint)
		case tensorDataLocation:
			t.external = f.varint == locationExternal
		case tensorDims:
			if f.kind == protowire.VarintType {
				t.dims = append(t.dims, int(f.varint))
				return nil
			}
			for packed := f.bytes; len(packed) > 0; { // proto3 writers pack them
				d, n := protowire.ConsumeVarint(packed)
				if n < 0 {
					return protowire.ParseError(n)
				}
				t.dims, packed = append(t.dims, int(d)), packed[n:]
			}
		default: // the data, which lies elsewhere
		}
		return nil
	})
	return t, err
}

// valueInfoProto declares a value of the weight's type and shape.
func valueInfoProto(w *Weight) []byte {
	const typeTensor, tensorElement, tensorShape, shapeDim, dimValue = 1, 1, 2, 1, 1
	nest := func(to []byte, number protowire.Number, m []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), m)
	}
	var shape []byte
	for _, d := range w.Shape {
		shape = nest(shape, shapeDim, protowire.AppendVarint(protowire.AppendTag(nil, dimValue, protowire.VarintType), uint64(d)))
	}
	tensor := protowire.AppendTag(nil, tensorElement, protowire.VarintType)
	tensor = protowire.AppendVarint(tensor, uint64(w.GraphType().ONNX()))
	tensor = nest(tensor, tensorShape, shape)
	info := nest(nil, valueName, []byte(w.Name))
	return nest(info, valueType, nest(nil, typeTensor, tensor))
}
