package gpu

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// systemMemory is the machine's memory in bytes, 0 where it cannot be read.
func systemMemory() int64 {
	status := struct {
		length, load                                                                                     uint32
		totalPhysical, freePhysical, totalPage, freePage, totalVirtual, freeVirtual, freeExtendedVirtual uint64
	}{}
	status.length = uint32(unsafe.Sizeof(status))
	ok, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx").Call(uintptr(unsafe.Pointer(&status)))
	if ok == 0 {
		return 0
	}
	return int64(status.totalPhysical)
}

// processorName is what the processor calls itself.
func processorName() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `HARDWARE\DESCRIPTION\System\CentralProcessor\0`, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer func() { _ = key.Close() }()
	name, _, err := key.GetStringValue("ProcessorNameString")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(name)
}

// adapters lists the graphics adapters that WebGPU may run on; ONNX Runtime knows
// them here, so that there is nothing to add.
func adapters() (list []adapter, reason string) { return nil, "" }
