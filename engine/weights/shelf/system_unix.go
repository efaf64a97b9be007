//go:build unix

package shelf

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// occupy locks a folder that is being filled, until release is called or this
// process ends in whatever way. The lock is on the folder
// itself, so that it holds nothing but the model.
func occupy(dir string) (release func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("shelf: %w", err), f.Close())
	}
	return f.Close, nil
}

// abandoned tells whether nobody fills a folder any more.
func abandoned(dir string) bool {
	release, err := occupy(dir)
	if err != nil {
		return false
	}
	return release() == nil
}

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	return nil
}

// diskFull tells whether an error means that there is no room.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
