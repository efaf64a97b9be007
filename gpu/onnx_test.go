package gpu

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Tests write their ONNX models by hand: a message is the concatenation of its
// fields. The numbers are those of onnx.proto.

func msg(fields ...[]byte) (m []byte) {
	for _, f := range fields {
		m = append(m, f...)
	}
	return m
}

func num(field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), uint64(v))
}

func sub(field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), v)
}

func str(field protowire.Number, v string) []byte { return sub(field, []byte(v)) }

// attr is an AttributeProto: an int, a float32, a []int or a string.
func attr(name string, v any) []byte {
	const typeFloat, typeInt, typeString, typeInts = 1, 2, 3, 7
	switch v := v.(type) {
	case int:
		return sub(5, msg(str(1, name), num(3, v), num(20, typeInt)))
	case float32:
		f := protowire.AppendFixed32(protowire.AppendTag(nil, 2, protowire.Fixed32Type), math.Float32bits(v))
		return sub(5, msg(str(1, name), f, num(20, typeFloat)))
	case []int:
		m := msg(str(1, name), num(20, typeInts))
		for _, i := range v {
			m = append(m, num(8, i)...)
		}
		return sub(5, m)
	case string:
		return sub(5, msg(str(1, name), str(4, v), num(20, typeString)))
	}
	panic("attribute of a type that the tests do not write")
}

// node is a NodeProto inside a GraphProto.
func node(op string, inputs, outputs []string, attrs ...[]byte) []byte {
	m := str(4, op)
	for _, s := range inputs {
		m = append(m, str(1, s)...)
	}
	for _, s := range outputs {
		m = append(m, str(2, s)...)
	}
	return sub(1, append(m, msg(attrs...)...))
}

// domainNode is a node of another domain than ONNX's own.
func domainNode(domain, op string, inputs, outputs []string, attrs ...[]byte) []byte {
	return node(op, inputs, outputs, append(attrs, str(7, domain))...)
}

func tensorProto(name string, t DType, shape []int) []byte {
	m := num(2, int(t.ONNX()))
	for _, d := range shape {
		m = append(m, num(1, d)...)
	}
	return append(m, str(8, name)...)
}

// external is an initializer whose data is elsewhere.
func external(w Weight) []byte {
	location := sub(13, msg(str(1, "location"), str(2, "weights")))
	return sub(5, msg(tensorProto(w.Name, w.GraphType(), w.Shape), location, num(14, 1)))
}

// constant is an initializer with its data in the graph.
func constant(name string, t DType, shape []int, data []byte) []byte {
	return sub(5, msg(tensorProto(name, t, shape), sub(9, data)))
}

func int64s(v ...int) (b []byte) {
	for _, i := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(i))
	}
	return b
}

func float32s(v ...float32) (b []byte) {
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

func valueInfo(name string, t DType, shape []int) []byte {
	var dims []byte
	for _, d := range shape {
		dims = append(dims, sub(1, num(1, d))...)
	}
	return msg(str(1, name), sub(2, sub(1, msg(num(1, int(t.ONNX())), sub(2, dims)))))
}

func input(name string, t DType, shape ...int) []byte  { return sub(11, valueInfo(name, t, shape)) }
func output(name string, t DType, shape ...int) []byte { return sub(12, valueInfo(name, t, shape)) }

// model is a ModelProto of a graph's parts.
func model(parts ...[]byte) []byte {
	graph := append(str(2, "test"), msg(parts...)...)
	return msg(num(1, 9), sub(8, num(2, 18)), sub(8, msg(str(1, "com.microsoft"), num(2, 1))), sub(7, graph))
}
