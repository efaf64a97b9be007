//go:build !unix && !windows

package weights

import (
	"errors"
	"os"
)

// systemMap has nothing to call here; the caller reads the file.
func systemMap(*os.File, int) (mapping, error) { return mapping{}, errors.ErrUnsupported }

// systemAlloc has only Go's heap here.
func systemAlloc(size int) (mapping, error) {
	return mapping{data: make([]byte, size), close: func() error { return nil }}, nil
}
