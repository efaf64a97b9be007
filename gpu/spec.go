package gpu

import (
	"fmt"
	"math"
)

// Spec describes a program: a graph, its weights, and what it will take.
type Spec struct {
	Key     string   // identity of graph, weights and shapes: equal keys are one program
	Name    string   // for people: "unet 512x512 half-drop 1/2"
	Model   []byte   // ONNX ModelProto
	Weights []Weight // each an initializer of Model with data_location EXTERNAL
	Scratch int64    // estimate of the peak of activations in bytes, 0 where unknown
	// Threads is how many threads a run takes at most on a processor, so that others may run
	// beside it; 0 is all there are. It is part of what a program is, and of its Key.
	Threads int
	Brief   bool // runs once or twice for a picture, not at every step: its scratch is given back after each run
}

// Weight is one initializer of a graph, by reference to bytes that somebody else
// owns: a mapped file, data embedded in the program, or memory of C. It is best not
// Go's heap, which would count twice in the collector's eyes, but may be. Data must
// stay valid and unchanged while the program is loaded.
type Weight struct {
	Name  string
	Type  DType // of Data, as stored, little-endian, dense, row-major
	Shape []int
	Data  []byte

	// As is the type that a Float16 or BFloat16 weight has in the graph: Float32 (the
	// zero value), and gpu widens it while it loads, exactly and without help from
	// the graph; or Type itself, for graphs that compute in it. The graph holds no
	// Cast. For the other types As means nothing: they are in the graph as stored.
	As DType

	File   string // where Data lies on disk, "" for nowhere
	Offset int64  // of Data in File
}

// GraphType is the type that the initializer has in the graph.
func (w *Weight) GraphType() DType {
	if w.Type == Float16 || w.Type == BFloat16 {
		return w.As
	}
	return w.Type
}

// weightBytes is the size of all weights in the graph's types.
func (s *Spec) weightBytes() (n int64) {
	for i := range s.Weights {
		n += s.Weights[i].size()
	}
	return n
}

// elements is the product of a shape; ok is false when the shape is negative
// somewhere or its product overflows.
func elements(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d < 0 || (d > 0 && n > math.MaxInt/d) {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// check says what is wrong with the weight, nil if nothing.
func (w *Weight) check() error {
	n, ok := elements(w.Shape)
	if !ok || w.Type.Size() == 0 || n > math.MaxInt/8 {
		return fmt.Errorf("weight %q: shape %v of %v is impossible", w.Name, w.Shape, w.Type)
	}
	if len(w.Data) != n*w.Type.Size() {
		return fmt.Errorf("weight %q: %d bytes, but shape %v of %v takes %d", w.Name, len(w.Data), w.Shape, w.Type, n*w.Type.Size())
	}
	if g := w.GraphType(); g != w.Type && g != Float32 {
		return fmt.Errorf("weight %q: stored as %v and wanted as %v; only widening to float32 is offered", w.Name, w.Type, g)
	}
	return nil
}

// size is the number of bytes of the weight in the graph's type.
func (w *Weight) size() int64 {
	n, _ := elements(w.Shape)
	return int64(n) * int64(w.GraphType().Size())
}
