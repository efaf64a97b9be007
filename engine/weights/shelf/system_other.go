//go:build !unix

package shelf

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// occupy has no lock on a folder here; abandoned goes by age instead.
func occupy(string) (release func() error, err error) { return func() error { return nil }, nil }

// abandoned takes a folder that nothing was added to for a day as left behind.
func abandoned(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && time.Since(st.ModTime()) > 24*time.Hour
}

// syncDir has nothing to do: these systems make a rename durable themselves.
func syncDir(string) error { return nil }

// diskFull tells whether an error means that there is no room; 39 and 112 are
// Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
