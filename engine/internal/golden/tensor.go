package golden

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/selvage-studio/selvage/engine/weights"
)

// Tensor is one array of a vector file. One of F32, I64 and U8 holds its
// values, row-major.
type Tensor struct {
	Shape []int
	F32   []float32
	I64   []int64
	U8    []uint8
}

// Tensors are arrays by name.
type Tensors map[string]Tensor

// Floats makes a Tensor of float32 values.
func Floats(values []float32, shape ...int) Tensor { return Tensor{Shape: shape, F32: values} }

// Ints makes a Tensor of int64 values.
func Ints(values []int64, shape ...int) Tensor { return Tensor{Shape: shape, I64: values} }

// Bytes makes a Tensor of uint8 values.
func Bytes(values []uint8, shape ...int) Tensor { return Tensor{Shape: shape, U8: values} }

// Len is the number of values that the shape asks for.
func (x Tensor) Len() int {
	n := 1
	for _, d := range x.Shape {
		n *= d
	}
	return n
}

func (x Tensor) have() int { return len(x.F32) + len(x.I64) + len(x.U8) }

// Read reads a safetensors file. Floating numbers of any width become float32,
// int64 and uint8 stay.
func Read(path string) (_ Tensors, err error) {
	f, err := weights.OpenFile(path)
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := Tensors{}
	for _, t := range f.Tensors() {
		x := Tensor{Shape: slices.Clone(t.Shape)}
		switch t.Type {
		case weights.F32, weights.F16, weights.BF16, weights.F64:
			x.F32 = weights.Float32s(t)
		case weights.I64:
			x.I64 = make([]int64, len(t.Data)/8)
			for i := range x.I64 {
				x.I64[i] = int64(binary.LittleEndian.Uint64(t.Data[8*i:]))
			}
		case weights.U8:
			x.U8 = bytes.Clone(t.Data)
		default:
			return nil, fmt.Errorf("golden: %s: %s is of type %v; vectors are floating numbers, int64 or uint8", path, t.Name, t.Type)
		}
		out[t.Name] = x
	}
	return out, nil
}
