package gpu

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// entryPoint loads the library and returns the address of OrtGetApiBase. The
// altered search path lets it find DirectML.dll and dxcompiler.dll in its own
// folder; when the binding loads the same file again it gets this module. The
// library is never unloaded: its threads may outlive every session.
func entryPoint(path string) (unsafe.Pointer, error) {
	h, err := windows.LoadLibraryEx(path, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if err != nil {
		return nil, err
	}
	p, err := windows.GetProcAddress(h, "OrtGetApiBase")
	if err != nil {
		return nil, fmt.Errorf("the library exports no OrtGetApiBase, so it is no ONNX Runtime: %w", err)
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&p)), nil
}
