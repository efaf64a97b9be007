package weights

import "fmt"

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

// Set is the weights of one component (a UNet, a text encoder, ...), by their
// names in diffusers' layout, whatever layout they were read from.
type Set struct {
	byName map[string]Tensor
	order  []string
}

// NewSet makes a set of tensors; a name that occurs twice is an error.
func NewSet(ts ...Tensor) (*Set, error) {
	s := &Set{byName: make(map[string]Tensor, len(ts))}
	for _, t := range ts {
		if _, ok := s.byName[t.Name]; ok {
			return nil, fmt.Errorf("weights: %q occurs twice", t.Name)
		}
		s.byName[t.Name] = t
		s.order = append(s.order, t.Name)
	}
	return s, nil
}

// Lookup returns the tensor of that name.
func (s *Set) Lookup(name string) (Tensor, bool) {
	t, ok := s.byName[name]
	return t, ok
}

// Names returns all names in the order of the file.
func (s *Set) Names() []string { return append([]string(nil), s.order...) }

// Bytes is the sum of the stored sizes.
func (s *Set) Bytes() int64 {
	var n int64
	for _, t := range s.byName {
		n += int64(len(t.Data))
	}
	return n
}
