package gpu

import "fmt"

// DType is the type of a tensor's elements.
type DType int

// The element types that weights and tensors have.
const (
	Float32 DType = iota
	Float16
	BFloat16
	Float64
	Int64
	Int32
	Uint8
	Bool
)

// Size is the number of bytes of one element, 0 for a value that is no DType.
func (t DType) Size() int {
	switch t {
	case Float32, Int32:
		return 4
	case Float16, BFloat16:
		return 2
	case Float64, Int64:
		return 8
	case Uint8, Bool:
		return 1
	}
	return 0
}

func (t DType) String() string {
	switch t {
	case Float32:
		return "float32"
	case Float16:
		return "float16"
	case BFloat16:
		return "bfloat16"
	case Float64:
		return "float64"
	case Int64:
		return "int64"
	case Int32:
		return "int32"
	case Uint8:
		return "uint8"
	case Bool:
		return "bool"
	}
	return fmt.Sprintf("DType(%d)", int(t))
}

// ONNX is the type's number in TensorProto.DataType, 0 for a value that is no DType.
// ONNX Runtime's ONNXTensorElementDataType has the same numbers.
func (t DType) ONNX() int32 {
	switch t {
	case Float32:
		return 1
	case Uint8:
		return 2
	case Int32:
		return 6
	case Int64:
		return 7
	case Bool:
		return 9
	case Float16:
		return 10
	case Float64:
		return 11
	case BFloat16:
		return 16
	}
	return 0
}
