package graph

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Version numbers that the models declare. Opset 20 is the newest that every
// provider in use takes (DirectML stops there), and the first with Gelu; the
// repository of contributed operators has one version only.
const (
	irVersion      = 9
	opsetVersion   = 20
	contribDomain  = "com.microsoft"
	contribVersion = 1
)

// elem is an element type, numbered as TensorProto.DataType is.
type elem int32

const (
	float32Elem  elem = 1
	uint8Elem    elem = 2
	int32Elem    elem = 6
	int64Elem    elem = 7
	boolElem     elem = 9
	float16Elem  elem = 10
	float64Elem  elem = 11
	bfloat16Elem elem = 16
)

// size is the number of bytes of one element.
func (e elem) size() int64 {
	switch e {
	case uint8Elem, boolElem:
		return 1
	case float16Elem, bfloat16Elem:
		return 2
	case int64Elem, float64Elem:
		return 8
	default:
		return 4
	}
}

// The field numbers below are those of onnx.proto.
const (
	modelIRVersion = 1
	modelProducer  = 2
	modelGraph     = 7
	modelOpset     = 8

	graphNode        = 1
	graphName        = 2
	graphInitializer = 5
	graphInput       = 11
	graphOutput      = 12
	graphValueInfo   = 13

	nodeInput     = 1
	nodeOutput    = 2
	nodeName      = 3
	nodeOpType    = 4
	nodeAttribute = 5
	nodeDomain    = 7

	attrName   = 1
	attrFloat  = 2
	attrInt    = 3
	attrString = 4
	attrInts   = 8
	attrType   = 20

	tensorDims     = 1
	tensorType     = 2
	tensorName     = 8
	tensorRaw      = 9
	tensorExternal = 13
	tensorLocation = 14
)

func appendVarint(b []byte, field protowire.Number, v int64) []byte {
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(v))
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendString(b, s)
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

// attribute is one AttributeProto, encoded.
type attribute []byte

func intAttr(name string, v int) attribute {
	b := appendString(nil, attrName, name)
	b = appendVarint(b, attrInt, int64(v))
	return appendVarint(b, attrType, 2)
}

func floatAttr(name string, v float64) attribute {
	b := appendString(nil, attrName, name)
	b = protowire.AppendTag(b, attrFloat, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, math.Float32bits(float32(v)))
	return appendVarint(b, attrType, 1)
}

func stringAttr(name, v string) attribute {
	b := appendString(nil, attrName, name)
	b = appendString(b, attrString, v)
	return appendVarint(b, attrType, 3)
}

func intsAttr(name string, v ...int) attribute {
	b := appendString(nil, attrName, name)
	for _, i := range v {
		b = appendVarint(b, attrInts, int64(i))
	}
	return appendVarint(b, attrType, 7)
}

// appendNode appends a NodeProto with one result to a GraphProto.
func appendNode(b []byte, op, domain, name string, in []string, out string, attrs []attribute) []byte {
	var n []byte
	for _, s := range in {
		n = appendString(n, nodeInput, s)
	}
	n = appendString(n, nodeOutput, out)
	n = appendString(n, nodeName, name)
	n = appendString(n, nodeOpType, op)
	for _, a := range attrs {
		n = appendBytes(n, nodeAttribute, a)
	}
	if domain != "" {
		n = appendString(n, nodeDomain, domain)
	}
	return appendBytes(b, graphNode, n)
}

func appendTensorHead(name string, typ elem, shape []int) []byte {
	var t []byte
	for _, d := range shape {
		t = appendVarint(t, tensorDims, int64(d))
	}
	t = appendVarint(t, tensorType, int64(typ))
	return appendString(t, tensorName, name)
}

// appendConstant appends an initializer that carries its values.
func appendConstant(b []byte, name string, typ elem, shape []int, raw []byte) []byte {
	t := appendTensorHead(name, typ, shape)
	t = appendBytes(t, tensorRaw, raw)
	return appendBytes(b, graphInitializer, t)
}

// appendExternal appends an initializer whose values are bound when the model
// is loaded, by its name. The location is a placeholder that no loader may
// open: whoever loads the model hands the bytes over.
func appendExternal(b []byte, name string, typ elem, shape []int, location string, offset, length int64) []byte {
	t := appendTensorHead(name, typ, shape)
	entry := func(k, v string) {
		e := appendString(nil, 1, k)
		e = appendString(e, 2, v)
		t = appendBytes(t, tensorExternal, e)
	}
	entry("location", location)
	entry("offset", decimal(offset))
	entry("length", decimal(length))
	t = appendVarint(t, tensorLocation, 1)
	return appendBytes(b, graphInitializer, t)
}

// appendPort appends an input or output of static shape.
func appendPort(b []byte, field protowire.Number, name string, typ elem, shape []int) []byte {
	var dims []byte
	for _, d := range shape {
		dims = appendBytes(dims, 1, appendVarint(nil, 1, int64(d)))
	}
	t := appendVarint(nil, 1, int64(typ))
	t = appendBytes(t, 2, dims)
	v := appendString(nil, 1, name)
	v = appendBytes(v, 2, appendBytes(nil, 1, t))
	return appendBytes(b, field, v)
}

// appendModel wraps an encoded GraphProto into a ModelProto. domains are those of the
// operators beside ONNX's own, each of which has one version.
func appendModel(graph []byte, domains []string) []byte {
	opset := func(b []byte, domain string, version int64) []byte {
		o := appendString(nil, 1, domain)
		o = appendVarint(o, 2, version)
		return appendBytes(b, modelOpset, o)
	}
	m := make([]byte, 0, len(graph)+64)
	m = appendVarint(m, modelIRVersion, irVersion)
	m = appendString(m, modelProducer, "selvage")
	m = opset(m, "", opsetVersion)
	for _, d := range domains {
		m = opset(m, d, contribVersion)
	}
	return appendBytes(m, modelGraph, graph)
}

func rawInt64(v []int) []byte {
	b := make([]byte, 0, 8*len(v))
	for _, i := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(int64(i)))
	}
	return b
}

func rawFloat32(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}
