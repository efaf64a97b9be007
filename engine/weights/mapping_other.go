//go:build !unix && !windows

package weights

import (
	"errors"
	"os"
)

// systemMap has nothing to call here; the caller reads the file.
func systemMap(*os.File, int) (mapping, error) { return mapping{}, errors.ErrUnsupported }
