package weights

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func systemMap(f *os.File, size int) (mapping, error) {
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil)
	if err != nil {
		return mapping{}, err
	}
	addr, err := windows.MapViewOfFile(h, windows.FILE_MAP_READ, 0, 0, uintptr(size))
	if err != nil {
		return mapping{}, errors.Join(err, windows.CloseHandle(h))
	}
	// The address comes from the system, not from Go's heap: reading it
	// through a pointer to itself is the conversion that vet accepts.
	data := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&addr))), size)
	return mapping{data: data, close: func() error {
		return errors.Join(windows.UnmapViewOfFile(addr), windows.CloseHandle(h))
	}}, nil
}

// systemAlloc returns zeroed memory outside Go's heap.
func systemAlloc(size int) (mapping, error) {
	addr, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		return mapping{}, err
	}
	data := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&addr))), size)
	return mapping{data: data, close: func() error { return windows.VirtualFree(addr, 0, windows.MEM_RELEASE) }}, nil
}
