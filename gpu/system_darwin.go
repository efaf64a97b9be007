package gpu

import "golang.org/x/sys/unix"

// systemMemory is the machine's memory in bytes, 0 where it cannot be read.
func systemMemory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(n)
}

// processorName is what the processor calls itself.
func processorName() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}

// adapters lists the graphics adapters that WebGPU may run on. Every Mac that the
// library is built for has one, which shares the machine's memory.
func adapters() (list []adapter, reason string) {
	return []adapter{{name: processorName() + " graphics", kind: integratedAdapter, memory: systemMemory()}}, ""
}
