//go:build !windows

package gpu

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"unsafe"
)

// entryPoint loads the library and returns the address of OrtGetApiBase. The
// library is never unloaded: its threads may outlive every session.
func entryPoint(path string) (unsafe.Pointer, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.dlopen(name, C.RTLD_LAZY)
	if handle == nil {
		return nil, errors.New(C.GoString(C.dlerror()))
	}
	symbol := C.CString("OrtGetApiBase")
	defer C.free(unsafe.Pointer(symbol))
	p := C.dlsym(handle, symbol)
	if p == nil {
		return nil, errors.New("the library exports no OrtGetApiBase, so it is no ONNX Runtime")
	}
	return p, nil
}
