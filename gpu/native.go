package gpu

/*
#include "native.h"
#include <stdlib.h>
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/selvage-studio/selvage/gpu/bfloat"
)

// native is ONNX Runtime's C API as far as the binding does not offer it.
type native struct {
	api  C.ort_api
	info unsafe.Pointer // OrtMemoryInfo of the host's memory

	operators unsafe.Pointer // domain of gpu/bfloat's, nil where the processor has no tiles
}

func loadNative(path string) (*native, error) {
	entry, err := entryPoint(path)
	if err != nil {
		return nil, err
	}
	n := &native{api: C.ort_get_api(entry)}
	if n.api == nil {
		return nil, fmt.Errorf("the library is older than version %d of the C API that is needed", C.ORT_API_VERSION_ASKED)
	}
	if err := n.check("memory info", C.ort_cpu_memory_info(n.api, &n.info)); err != nil {
		return nil, err
	}
	if bfloat.Permit() {
		domain, s := bfloat.Operators(unsafe.Pointer(n.api), n.info, runtime.NumCPU())
		if err := n.check("operators in bfloat16", s); err != nil {
			return nil, err
		}
		n.operators = domain
	}
	return n, nil
}

// check makes a *RuntimeError of a status and frees it; op says what was asked.
func (n *native) check(op string, s unsafe.Pointer) error {
	if s == nil {
		return nil
	}
	err := &RuntimeError{Op: op, Code: Code(C.ort_error_code(n.api, s)), Message: C.GoString(C.ort_error_message(n.api, s))}
	C.ort_release(n.api, C.SLOT_RELEASE_STATUS, s)
	return err
}

// providers lists the execution providers that the library was built with.
func (n *native) providers() ([]string, error) {
	var names **C.char
	var count C.int
	if err := n.check("list of providers", C.ort_available_providers(n.api, &names, &count)); err != nil {
		return nil, err
	}
	defer C.ort_release_providers(n.api, names, count)
	var list []string
	for _, s := range unsafe.Slice(names, int(count)) {
		list = append(list, C.GoString(s))
	}
	return list, nil
}

// hardware is a device as ONNX Runtime sees it.
type hardware struct {
	provider string // execution provider that would run it
	kind     int    // 0 CPU, 1 GPU, 2 NPU
	vendorID uint32 // PCI
	deviceID uint32 // PCI
	vendor   string
	metadata map[string]string
}

// hardware lists what the providers of the library could run on.
func (n *native) hardware() ([]hardware, error) {
	env, err := n.environment()
	if err != nil {
		return nil, err
	}
	defer n.releaseEnvironment(env)
	var devices *unsafe.Pointer
	var count C.size_t
	if err := n.check("list of devices", C.ort_ep_devices(n.api, env, &devices, &count)); err != nil {
		return nil, err
	}
	var list []hardware
	for _, d := range unsafe.Slice(devices, int(count)) {
		hw := C.ort_ep_hardware(n.api, d)
		h := hardware{
			provider: C.GoString(C.ort_ep_name(n.api, d)),
			kind:     int(C.ort_hardware_type(n.api, hw)),
			vendorID: uint32(C.ort_hardware_number(n.api, C.SLOT_HARDWARE_DEVICE_VENDOR_ID, hw)),
			deviceID: uint32(C.ort_hardware_number(n.api, C.SLOT_HARDWARE_DEVICE_ID, hw)),
			vendor:   C.GoString(C.ort_hardware_vendor(n.api, hw)),
			metadata: map[string]string{},
		}
		var keys, values **C.char
		var pairs C.size_t
		C.ort_hardware_metadata(n.api, hw, &keys, &values, &pairs)
		for i, key := range unsafe.Slice(keys, int(pairs)) {
			h.metadata[C.GoString(key)] = C.GoString(unsafe.Slice(values, int(pairs))[i])
		}
		list = append(list, h)
	}
	return list, nil
}

// value is a tensor of ONNX Runtime.
type value struct{ p unsafe.Pointer }

// tensorOver makes a tensor that reads and writes the caller's bytes, which the
// caller keeps alive and, when they are Go's, pins until the value is released.
func (n *native) tensorOver(data []byte, shape []int, t DType) (value, error) {
	dims := cShape(shape)
	var v value
	err := n.check("tensor", C.ort_tensor_over(n.api, n.info, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), &dims[0], C.size_t(len(shape)), C.int(t.ONNX()), &v.p))
	return v, err
}

// tensorOf is tensorOver when external is true, and else a tensor with a copy.
func (n *native) tensorOf(data []byte, shape []int, t DType, external bool) (v value, err error) {
	if external {
		return n.tensorOver(data, shape, t)
	}
	dims := cShape(shape)
	err = n.check("tensor", C.ort_tensor_copy(n.api, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), &dims[0], C.size_t(len(shape)), C.int(t.ONNX()), &v.p))
	return v, err
}

// tensorOwning makes a tensor with memory of its own, to be filled at data.
func (n *native) tensorOwning(size int64, shape []int, t DType) (v value, data unsafe.Pointer, err error) {
	if data = C.ort_memory(C.size_t(size)); data == nil {
		return v, nil, fmt.Errorf("the system has no %s of memory left", Bytes(size))
	}
	dims := cShape(shape)
	err = n.check("tensor", C.ort_tensor_owning(n.api, data, C.size_t(size), &dims[0], C.size_t(len(shape)), C.int(t.ONNX()), &v.p))
	if err != nil {
		C.ort_memory_free(data)
	}
	return v, data, err
}

// cShape is a shape as C takes it, with one more, for an address where the rank is 0.
func cShape(shape []int) []C.int64_t {
	dims := make([]C.int64_t, len(shape)+1)
	for i, d := range shape {
		dims[i] = C.int64_t(d)
	}
	return dims
}

func (n *native) releaseValue(v value) {
	if v.p != nil {
		C.ort_release(n.api, C.SLOT_RELEASE_VALUE, v.p)
	}
}

// contents returns a tensor's type, shape and bytes; the bytes are its own and live
// as long as it does.
func (n *native) contents(v value) (onnxType int, shape []int, data unsafe.Pointer, err error) {
	var info unsafe.Pointer
	if err = n.check("tensor's shape", C.ort_tensor_info(n.api, v.p, &info)); err != nil {
		return 0, nil, nil, err
	}
	defer C.ort_release(n.api, C.SLOT_RELEASE_TYPE_AND_SHAPE, info)
	var t C.int
	var rank C.size_t
	if err = n.check("tensor's type", C.ort_info_type(n.api, info, &t)); err != nil {
		return 0, nil, nil, err
	}
	if err = n.check("tensor's rank", C.ort_info_rank(n.api, info, &rank)); err != nil {
		return 0, nil, nil, err
	}
	dims := make([]C.int64_t, int(rank)+1)
	if err = n.check("tensor's shape", C.ort_info_shape(n.api, info, &dims[0], rank)); err != nil {
		return 0, nil, nil, err
	}
	shape = make([]int, int(rank))
	for i := range shape {
		shape[i] = int(dims[i])
	}
	err = n.check("tensor's data", C.ort_tensor_data(n.api, v.p, &data))
	return int(t), shape, data, err
}

// names lists a session's inputs (output false) or outputs (output true).
func (n *native) names(session unsafe.Pointer, output bool) ([]string, error) {
	var which C.int
	if output {
		which = 1
	}
	var count C.size_t
	if err := n.check("session's inputs and outputs", C.ort_session_count(n.api, session, which, &count)); err != nil {
		return nil, err
	}
	var list []string
	for i := range count {
		var name *C.char
		if err := n.check("session's inputs and outputs", C.ort_session_name(n.api, session, which, i, &name)); err != nil {
			return nil, err
		}
		list = append(list, C.GoString(name))
		if err := n.check("free", C.ort_free(n.api, unsafe.Pointer(name))); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// cStrings is an array of C strings in C's memory.
type cStrings struct {
	p     **C.char
	count int
}

func newCStrings(list []string) cStrings {
	c := cStrings{count: len(list)}
	c.p = (**C.char)(C.calloc(C.size_t(len(list)+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	for i, s := range list {
		unsafe.Slice(c.p, len(list))[i] = C.CString(s)
	}
	return c
}

func (c cStrings) free() {
	if c.p == nil {
		return
	}
	for _, p := range unsafe.Slice(c.p, c.count) {
		C.free(unsafe.Pointer(p))
	}
	C.free(unsafe.Pointer(c.p))
}

// session makes a session of a model whose weights, declared as inputs of the names,
// arrive as tensors, which are handed over.
func (n *native) session(model []byte, options unsafe.Pointer, names []string, tensors *weightTensors) (session unsafe.Pointer, err error) {
	env, err := n.environment()
	if err != nil {
		return nil, err
	}
	defer n.releaseEnvironment(env)
	if err := n.check("model", C.ort_editor_session(n.api, env, unsafe.Pointer(unsafe.SliceData(model)), C.size_t(len(model)), options, &session)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			n.releaseSession(session)
			session = nil
		}
	}()
	var graph unsafe.Pointer
	if err := n.check("graph of weights", C.ort_editor_graph(n.api, &graph)); err != nil {
		return nil, err
	}
	if err := n.fill(graph, session, names, tensors); err != nil {
		C.ort_release(n.api, C.SLOT_RELEASE_GRAPH, graph)
		return session, err
	}
	if err := n.check("weights", C.ort_editor_apply(n.api, session, graph)); err != nil {
		return session, err
	}
	return session, n.check("compilation", C.ort_editor_finish(n.api, session, options))
}

// fill puts the tensors into the graph, and says which inputs remain.
func (n *native) fill(graph, session unsafe.Pointer, names []string, tensors *weightTensors) error {
	isWeight := make(map[string]bool, len(names))
	for i, name := range names {
		isWeight[name] = true
		var external C.int
		if tensors.extern[i] {
			external = 1
		}
		c := C.CString(name)
		err := n.check("weight "+name, C.ort_editor_initializer(n.api, graph, c, tensors.values[i].p, external))
		C.free(unsafe.Pointer(c))
		if err != nil {
			return err
		}
		tensors.values[i].p = nil // the graph's now
	}
	all, err := n.names(session, false)
	if err != nil {
		return err
	}
	var inputs []string
	var indices []C.size_t
	for i, name := range all {
		if !isWeight[name] {
			inputs, indices = append(inputs, name), append(indices, C.size_t(i))
		}
	}
	list := newCStrings(inputs)
	defer list.free()
	return n.check("inputs", C.ort_editor_inputs(n.api, graph, session, list.p, unsafe.SliceData(indices), C.size_t(len(inputs))))
}

func (n *native) releaseSession(session unsafe.Pointer) {
	C.ort_release(n.api, C.SLOT_RELEASE_SESSION, session)
}

// environment takes a reference to the environment, of which a process has one: the
// binding's.
func (n *native) environment() (unsafe.Pointer, error) {
	name := C.CString("selvage")
	defer C.free(unsafe.Pointer(name))
	var env unsafe.Pointer
	return env, n.check("environment", C.ort_create_env(n.api, name, &env))
}

func (n *native) releaseEnvironment(env unsafe.Pointer) {
	C.ort_release(n.api, C.SLOT_RELEASE_ENV, env)
}

// cancelLoad makes the creation of a session with these options fail as soon as it
// looks; it may be called from another thread.
func (n *native) cancelLoad(options unsafe.Pointer) error {
	return n.check("cancellation", C.ort_cancel_load(n.api, options))
}

// runOptions are those of one run.
type runOptions struct {
	n *native
	p unsafe.Pointer
}

func (n *native) newRunOptions() (*runOptions, error) {
	r := &runOptions{n: n}
	if err := n.check("run options", C.ort_create_run_options(n.api, &r.p)); err != nil {
		return nil, err
	}
	return r, nil
}

// terminate ends the run from another thread; its Run fails before the next node.
func (r *runOptions) terminate() error {
	return r.n.check("cancellation", C.ort_terminate(r.n.api, r.p))
}

func (r *runOptions) release() { C.ort_release(r.n.api, C.SLOT_RELEASE_RUN_OPTIONS, r.p) }

// run runs a session. The outputs are new values, which the caller releases.
func (n *native) run(session unsafe.Pointer, options *runOptions, inputNames cStrings, inputs []value, outputNames cStrings) ([]value, error) {
	in, out := make([]unsafe.Pointer, len(inputs)+1), make([]unsafe.Pointer, outputNames.count+1)
	for i, v := range inputs {
		in[i] = v.p
	}
	// out is Go memory that C fills with its own pointers, so that it is pinned.
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&out[0])
	err := n.check("run", C.ort_run(n.api, session, options.p, inputNames.p, &in[0], C.size_t(len(inputs)), outputNames.p, C.size_t(outputNames.count), &out[0]))
	if err != nil {
		return nil, err
	}
	values := make([]value, outputNames.count)
	for i := range values {
		values[i].p = out[i]
	}
	return values, nil
}
