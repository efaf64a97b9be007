package weights

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// mapping is a file's bytes, mapped where the system can and read where it
// cannot. A mapped file that another program cuts short while it is in use
// ends this program, as with every mapping; the shelf therefore keeps models
// under names that nothing writes to again.
type mapping struct {
	data  []byte
	close func() error
}

func mapFile(path string) (m mapping, err error) {
	f, err := os.Open(path)
	if err != nil {
		return mapping{}, fmt.Errorf("weights: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return mapping{}, fmt.Errorf("weights: %w", err)
	}
	size := st.Size()
	switch {
	case !st.Mode().IsRegular():
		return mapping{}, &FormatError{File: path, Reason: "is not a regular file"}
	case size > math.MaxInt:
		return mapping{}, &UnsupportedError{File: path, Reason: "is larger than this machine can address"}
	case size == 0:
		return mapping{close: func() error { return nil }}, nil
	}
	if m, err := systemMap(f, int(size)); err == nil {
		return m, nil
	}
	// No mapping on this file system (some network drives): read it instead.
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return mapping{}, fmt.Errorf("weights: reading %s: %w", path, err)
	}
	return mapping{data: data, close: func() error { return nil }}, nil
}
