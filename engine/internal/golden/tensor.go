package golden

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
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

// Read reads a safetensors file of float32, float64, int64 and uint8 arrays;
// float64 is rounded to float32.
func Read(path string) (Tensors, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	bad := func(format string, a ...any) (Tensors, error) {
		return nil, fmt.Errorf("golden: %s: %s", path, fmt.Sprintf(format, a...))
	}
	if len(b) < 8 || binary.LittleEndian.Uint64(b) > uint64(len(b)-8) {
		return bad("is shorter than its header says")
	}
	n := 8 + int(binary.LittleEndian.Uint64(b))
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(b[8:n], &raw); err != nil {
		return bad("header: %v", err)
	}
	delete(raw, "__metadata__")
	clean, err := json.Marshal(raw)
	if err != nil {
		return bad("header: %v", err)
	}
	if err := json.Unmarshal(clean, &header); err != nil {
		return bad("header: %v", err)
	}
	out := make(Tensors, len(header))
	for name, h := range header {
		lo, hi := n+h.Offsets[0], n+h.Offsets[1]
		if lo < n || hi < lo || hi > len(b) {
			return bad("%s lies outside the file", name)
		}
		x := Tensor{Shape: h.Shape}
		data := b[lo:hi]
		switch h.DType {
		case "F32":
			x.F32 = make([]float32, len(data)/4)
			for i := range x.F32 {
				x.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
			}
		case "F64":
			x.F32 = make([]float32, len(data)/8)
			for i := range x.F32 {
				x.F32[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])))
			}
		case "I64":
			x.I64 = make([]int64, len(data)/8)
			for i := range x.I64 {
				x.I64[i] = int64(binary.LittleEndian.Uint64(data[8*i:]))
			}
		case "U8":
			x.U8 = append([]uint8{}, data...)
		default:
			return bad("%s has type %s; known are F32, F64, I64 and U8", name, h.DType)
		}
		if x.have() != x.Len() {
			return bad("%s has %d values for the shape %v", name, x.have(), x.Shape)
		}
		out[name] = x
	}
	return out, nil
}
