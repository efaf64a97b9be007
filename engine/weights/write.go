package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Write writes tensors as a safetensors file, in the given order, with
// metadata in its header (nil for none). The data begins at a multiple of
// eight bytes.
func Write(w io.Writer, metadata map[string]string, tensors ...Tensor) error {
	var head bytes.Buffer
	head.WriteByte('{')
	field := func(name string, value any) error {
		if head.Len() > 1 {
			head.WriteByte(',')
		}
		k, err := json.Marshal(name)
		if err != nil {
			return fmt.Errorf("weights: writing %q: %w", name, err)
		}
		v, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("weights: writing %q: %w", name, err)
		}
		head.Write(k)
		head.WriteByte(':')
		head.Write(v)
		return nil
	}
	if len(metadata) > 0 {
		if err := field("__metadata__", metadata); err != nil {
			return err
		}
	}
	at := 0
	seen := make(map[string]bool, len(tensors))
	for _, t := range tensors {
		size, ok := byteSize(t.Type, t.Shape)
		switch {
		case !ok || size != int64(len(t.Data)):
			return fmt.Errorf("weights: writing %q: shape %v in %v does not have %d bytes", t.Name, t.Shape, t.Type, len(t.Data))
		case seen[t.Name] || t.Name == "__metadata__":
			return fmt.Errorf("weights: writing %q: the name is taken", t.Name)
		}
		seen[t.Name] = true
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		if err := field(t.Name, struct {
			DType   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.Type.String(), shape, [2]int{at, at + len(t.Data)}}); err != nil {
			return err
		}
		at += len(t.Data)
	}
	head.WriteByte('}')
	for head.Len()%8 != 0 {
		head.WriteByte(' ')
	}
	if head.Len() > maxHeader {
		return fmt.Errorf("weights: writing: a header of %d bytes is more than the format allows", head.Len())
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(head.Len()))); err != nil {
		return fmt.Errorf("weights: writing: %w", err)
	}
	if _, err := w.Write(head.Bytes()); err != nil {
		return fmt.Errorf("weights: writing: %w", err)
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return fmt.Errorf("weights: writing %q: %w", t.Name, err)
		}
	}
	return nil
}

// NewTensor makes a float32 tensor of values, in memory.
func NewTensor(name string, values []float32, shape ...int) Tensor {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Tensor{Name: name, Type: F32, Shape: shape, Data: data}
}
