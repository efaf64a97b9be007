package blob

import "fmt"

// NotFoundError reports a hash of which the store has no content.
type NotFoundError struct{ Hash Hash }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("blob: the library has no content %v", e.Hash)
}

// DamagedError reports a file that is not what its name says.
type DamagedError struct {
	Hash   Hash
	Path   string
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("blob: %s is damaged: %s; take it from a back-up, or put the same content again", e.Path, e.Reason)
}

// TooLargeError reports a content that is larger than the reader was ready for.
type TooLargeError struct {
	Hash        Hash
	Size, Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("blob: %v has %d bytes, more than the %d that it may have here", e.Hash, e.Size, e.Limit)
}

// WriteError reports a content that could not be kept; nothing of it is left.
type WriteError struct {
	Dir string // the store
	Err error
}

func (e *WriteError) Error() string {
	if e.Full() {
		return fmt.Sprintf("blob: nothing was written: no space is left on the disk of %s; free some", e.Dir)
	}
	return fmt.Sprintf("blob: nothing was written to %s: %v", e.Dir, e.Err)
}

func (e *WriteError) Unwrap() error { return e.Err }

// Full reports whether the disk was full.
func (e *WriteError) Full() bool { return isFull(e.Err) }
