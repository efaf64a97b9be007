package gpu

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"gorgonia.org/tensor"
)

// Program is a loaded program that the holder has pinned.
type Program struct {
	w        *worker
	p        *loadedProgram
	released atomic.Bool
}

// Inputs are the names of the graph's inputs.
func (p *Program) Inputs() []string { return slices.Clone(p.p.inputs) }

// Outputs are the names of the graph's outputs.
func (p *Program) Outputs() []string { return slices.Clone(p.p.outputs) }

// Release ends the holder's claim: the program stays loaded while there is room, and
// may be unloaded for others. It is no error to call it twice.
func (p *Program) Release() {
	if p.released.Swap(true) {
		return
	}
	p.w.mu.Lock()
	p.p.pins--
	p.w.mu.Unlock()
}

// Run runs the program on the inputs, by the graph's names, and returns its outputs.
// When ctx ends, so does the run, before its next operator, with ctx's error. The
// results are new tensors of Go's own.
func (p *Program) Run(ctx context.Context, in map[string]*tensor.Dense) (map[string]*tensor.Dense, error) {
	w := p.w
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := w.turn.Acquire(ctx, p.p.width); err != nil {
		return nil, err
	}
	defer w.turn.Release(p.p.width)
	if err := w.state(); err != nil {
		return nil, err
	}
	if p.released.Load() {
		return nil, fmt.Errorf("%s: the program was released before it was run: %w", p.p.name, ErrClosed)
	}
	out, err := p.run(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.p.name, w.judge(ctx, err))
	}
	return out, nil
}

func (p *Program) run(ctx context.Context, in map[string]*tensor.Dense) (map[string]*tensor.Dense, error) {
	n := p.w.native
	var pin runtime.Pinner
	defer pin.Unpin()
	inputs := make([]value, 0, len(p.p.inputs))
	defer func() {
		for _, v := range inputs {
			n.releaseValue(v)
		}
	}()
	for _, name := range p.p.inputs {
		d, ok := in[name]
		if !ok || d == nil {
			return nil, &InputError{p.p.name, name, "is missing"}
		}
		data, t, err := denseBytes(d)
		if err != nil {
			return nil, &InputError{p.p.name, name, err.Error()}
		}
		if len(data) > 0 {
			pin.Pin(&data[0])
		}
		v, err := n.tensorOver(data, d.Shape(), t)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, v)
	}
	if len(in) > len(inputs) {
		for name := range in {
			if !slices.Contains(p.p.inputs, name) {
				return nil, &InputError{p.p.name, name, fmt.Sprintf("is not one of the graph's, which are %q", p.p.inputs)}
			}
		}
	}
	options, err := n.newRunOptions()
	if err != nil {
		return nil, err
	}
	defer options.release()
	// The options must outlive a call of terminate that has begun.
	var ending sync.WaitGroup
	ending.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer ending.Done()
		_ = options.terminate()
	})
	begin := time.Now()
	outputs, err := n.run(p.p.session, options, p.p.cInputs, inputs, p.p.cOutputs)
	p.w.ran(time.Since(begin))
	if stop() {
		ending.Done()
	}
	ending.Wait()
	runtime.KeepAlive(in)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, v := range outputs {
			n.releaseValue(v)
		}
	}()
	result := make(map[string]*tensor.Dense, len(outputs))
	for i, v := range outputs {
		t, shape, data, err := n.contents(v)
		if err != nil {
			return nil, err
		}
		if result[p.p.outputs[i]], err = newDense(t, shape, data); err != nil {
			return nil, fmt.Errorf("output %q: %w", p.p.outputs[i], err)
		}
	}
	return result, nil
}

// ran counts a run of ONNX Runtime.
func (w *worker) ran(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Runs++
	w.stats.Running += took
}

// judge turns an error of ONNX Runtime into what the caller should see: the
// context's when it was cancelled, a *DeviceError when the device failed.
func (w *worker) judge(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if text := err.Error(); deviceIsLost(text) {
		err = &DeviceError{Device: w.device, Lost: true, Err: err}
		w.mu.Lock()
		w.lost = err
		w.mu.Unlock()
	}
	return err
}

// deviceIsLost recognises, in a provider's words, that its device is gone.
func deviceIsLost(message string) bool {
	message = strings.ToLower(message)
	for _, sign := range []string{
		"device lost", "device was lost", "device is lost", "lost device", // WebGPU
		"device_removed", "device_hung", "device_reset", "887a0005", "887a0006", "887a0007", // DirectML
		"cudaerrordevicesunavailable", "device-side assert", "cuda failure 46", "cuda failure 719", // CUDA
	} {
		if strings.Contains(message, sign) {
			return true
		}
	}
	return false
}

// denseBytes is the memory of a dense tensor as bytes, row-major, with its type. A
// view is copied into order first.
func denseBytes(d *tensor.Dense) ([]byte, DType, error) {
	if d.RequiresIterator() {
		m, ok := d.Materialize().(*tensor.Dense)
		if !ok {
			return nil, 0, fmt.Errorf("is a view that cannot be copied")
		}
		d = m
	}
	if d.DataOrder().IsColMajor() && d.Dims() > 1 {
		return nil, 0, fmt.Errorf("is in column-major order")
	}
	// A scalar's Data is its element, any other tensor's a slice.
	switch v := d.Data().(type) {
	case []float32:
		return rawBytes(v, d), Float32, nil
	case float32:
		return rawBytes([]float32{v}, d), Float32, nil
	case []int64:
		return rawBytes(v, d), Int64, nil
	case int64:
		return rawBytes([]int64{v}, d), Int64, nil
	case []float64:
		return rawBytes(v, d), Float64, nil
	case float64:
		return rawBytes([]float64{v}, d), Float64, nil
	case []int32:
		return rawBytes(v, d), Int32, nil
	case int32:
		return rawBytes([]int32{v}, d), Int32, nil
	case []uint8:
		return rawBytes(v, d), Uint8, nil
	case uint8:
		return rawBytes([]uint8{v}, d), Uint8, nil
	case []bool:
		return rawBytes(v, d), Bool, nil
	case bool:
		return rawBytes([]bool{v}, d), Bool, nil
	}
	return nil, 0, fmt.Errorf("has elements of type %v, which no graph takes", d.Dtype())
}

// rawBytes is the memory of a tensor's elements; d says how many there are, since
// the slice of a small tensor may be longer.
func rawBytes[T any](v []T, d *tensor.Dense) []byte {
	n, _ := elements(d.Shape())
	n = min(n, len(v))
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), n*int(unsafe.Sizeof(one)))
}

// newDense copies a tensor of ONNX Runtime into Go.
func newDense(onnxType int, shape []int, data unsafe.Pointer) (*tensor.Dense, error) {
	n, ok := elements(shape)
	if !ok {
		return nil, fmt.Errorf("has the impossible shape %v", shape)
	}
	var backing any
	switch int32(onnxType) {
	case Float32.ONNX():
		backing = copyOut[float32](data, n)
	case Float64.ONNX():
		backing = copyOut[float64](data, n)
	case Int64.ONNX():
		backing = copyOut[int64](data, n)
	case Int32.ONNX():
		backing = copyOut[int32](data, n)
	case Uint8.ONNX():
		backing = copyOut[uint8](data, n)
	case Bool.ONNX():
		backing = copyOut[bool](data, n)
	default:
		return nil, fmt.Errorf("has ONNX element type %d, which is not offered; cast it in the graph", onnxType)
	}
	if len(shape) == 0 {
		return tensor.New(tensor.WithBacking(backing), tensor.WithShape()), nil
	}
	return tensor.New(tensor.WithBacking(backing), tensor.WithShape(shape...)), nil
}

func copyOut[T any](data unsafe.Pointer, n int) []T {
	return slices.Clone(unsafe.Slice((*T)(data), n))
}
