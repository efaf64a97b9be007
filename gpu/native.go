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
)

// native is ONNX Runtime's C API as far as the binding does not offer it.
type native struct {
	api  C.ort_api
	info unsafe.Pointer // OrtMemoryInfo of the host's memory
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
	name := C.CString("selvage")
	defer C.free(unsafe.Pointer(name))
	var env unsafe.Pointer
	// There is one environment per process; this takes a reference to the binding's.
	if err := n.check("environment", C.ort_create_env(n.api, name, &env)); err != nil {
		return nil, err
	}
	defer C.ort_release(n.api, C.SLOT_RELEASE_ENV, env)
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
	dims := make([]C.int64_t, len(shape)+1) // one more, for an address where the rank is 0
	for i, d := range shape {
		dims[i] = C.int64_t(d)
	}
	var v value
	err := n.check("tensor", C.ort_tensor_over(n.api, n.info, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), &dims[0], C.size_t(len(shape)), C.int(t.ONNX()), &v.p))
	return v, err
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
	for _, p := range unsafe.Slice(c.p, c.count) {
		C.free(unsafe.Pointer(p))
	}
	C.free(unsafe.Pointer(c.p))
}

// addExternalInitializers hands the values over in place of the external data of
// the model's initializers of these names.
func (n *native) addExternalInitializers(options unsafe.Pointer, names []string, values []value) error {
	if len(names) == 0 {
		return nil
	}
	c := newCStrings(names)
	defer c.free()
	list := make([]unsafe.Pointer, len(values))
	for i, v := range values {
		list[i] = v.p
	}
	return n.check("weights", C.ort_add_external_initializers(n.api, options, c.p, &list[0], C.size_t(len(list))))
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
