package weights

import (
	"fmt"
	"slices"
)

// DType is the number format of stored weights.
type DType uint8

// The formats that weights are stored in. Others are refused when a file is
// opened.
const (
	F32 DType = iota
	F16
	BF16
	F64
	I64
	I32
	U8
	Bool
)

// Size is the number of bytes of one number.
func (t DType) Size() int {
	switch t {
	case F64, I64:
		return 8
	case F32, I32:
		return 4
	case F16, BF16:
		return 2
	case U8, Bool:
		return 1
	}
	return 1
}

// String is the name that the safetensors format uses.
func (t DType) String() string {
	names := [...]string{"F32", "F16", "BF16", "F64", "I64", "I32", "U8", "BOOL"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("DType(%d)", uint8(t))
}

// Tensor is one named array. Data is little-endian, row-major and read-only:
// usually a window of a mapped file, so it must not be written or kept past
// the Close of the model that it came from.
type Tensor struct {
	Name  string // in diffusers' naming
	Type  DType
	Shape []int
	Data  []byte
	// File and Offset say where Data lies on disk; File is empty for arrays
	// that were made in memory (a merged LoRA, the embedded model).
	File   string
	Offset int64
}

// Len is the number of elements, 1 for a scalar.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Set is the weights of one component (a UNet, a text encoder, ...), by their
// names in diffusers' layout, whatever layout they were read from.
type Set struct {
	byName map[string]Tensor
	order  []string
}

// NewSet makes a set of tensors; a name that occurs twice is an error.
func NewSet(ts ...Tensor) (*Set, error) {
	s := &Set{byName: make(map[string]Tensor, len(ts)), order: make([]string, 0, len(ts))}
	for _, t := range ts {
		if _, ok := s.byName[t.Name]; ok {
			return nil, fmt.Errorf("weights: %q occurs twice", t.Name)
		}
		s.byName[t.Name] = t
		s.order = append(s.order, t.Name)
	}
	return s, nil
}

// With returns a copy of the set in which the given tensors take the place of
// those of the same name, or are added at the end.
func (s *Set) With(ts ...Tensor) *Set {
	out := &Set{byName: make(map[string]Tensor, len(s.byName)+len(ts)), order: slices.Clone(s.order)}
	for k, v := range s.byName {
		out.byName[k] = v
	}
	for _, t := range ts {
		if _, ok := out.byName[t.Name]; !ok {
			out.order = append(out.order, t.Name)
		}
		out.byName[t.Name] = t
	}
	return out
}

// Lookup returns the tensor of that name.
func (s *Set) Lookup(name string) (Tensor, bool) {
	t, ok := s.byName[name]
	return t, ok
}

// Has tells whether the set has a tensor of that name.
func (s *Set) Has(name string) bool {
	_, ok := s.byName[name]
	return ok
}

// Names returns all names in the order of the file.
func (s *Set) Names() []string { return slices.Clone(s.order) }

// Len is the number of tensors.
func (s *Set) Len() int { return len(s.order) }

// Bytes is the sum of the stored sizes.
func (s *Set) Bytes() int64 {
	var n int64
	for _, t := range s.byName {
		n += int64(len(t.Data))
	}
	return n
}
