package archive

import (
	"fmt"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// NotFoundError reports what the library has none of.
type NotFoundError struct{ What string }

func (e *NotFoundError) Error() string { return "archive: the library has no " + e.What }

// DamagedError reports a row that cannot be what was written.
type DamagedError struct {
	Log   blob.Hash
	Index int64 // of the entry, or size of the head
	Err   error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("archive: entry %d of the log %v is damaged: %v; take the library from a back-up", e.Index, e.Log, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// ErasedError reports an opening that was destroyed on purpose.
type ErasedError struct{ Commitment blob.Hash }

func (e *ErasedError) Error() string {
	return fmt.Sprintf("archive: what %v commits to was erased", e.Commitment)
}

// ReadError reports that the database could not be read.
type ReadError struct{ Err error }

func (e *ReadError) Error() string {
	return fmt.Sprintf("archive: the ledger cannot be read: %v", e.Err)
}

func (e *ReadError) Unwrap() error { return e.Err }
