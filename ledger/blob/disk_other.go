//go:build !unix

package blob

import (
	"errors"
	"os"
	"syscall"
)

// isFull reports Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func isFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}

func openPlain(path string) (*os.File, error) { return os.Open(path) }

// syncDir does nothing: a folder cannot be opened for that here, and its names
// are journalled.
func syncDir(string) error { return nil }
