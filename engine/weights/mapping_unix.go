//go:build unix

package weights

import (
	"os"

	"golang.org/x/sys/unix"
)

func systemMap(f *os.File, size int) (mapping, error) {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return mapping{}, err
	}
	return mapping{data: data, close: func() error { return unix.Munmap(data) }}, nil
}

// systemAlloc returns zeroed memory outside Go's heap.
func systemAlloc(size int) (mapping, error) {
	data, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return mapping{}, err
	}
	return mapping{data: data, close: func() error { return unix.Munmap(data) }}, nil
}
