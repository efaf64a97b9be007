package store

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// OpenError reports a ledger that cannot be opened.
type OpenError struct {
	Path string
	Err  error
}

func (e *OpenError) Error() string {
	return fmt.Sprintf("store: %s cannot be opened: %v", e.Path, e.Err)
}

func (e *OpenError) Unwrap() error { return e.Err }

// WriteError reports that nothing was written.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string {
	if e.Full() {
		return fmt.Sprintf("store: nothing was written: no space is left on the disk of %s; free some", e.Path)
	}
	return fmt.Sprintf("store: nothing was written to %s: %v", e.Path, e.Err)
}

func (e *WriteError) Unwrap() error { return e.Err }

// Full reports whether the disk was full, or a quota or a limit reached.
func (e *WriteError) Full() bool {
	var s sqlite3.Error
	if !errors.As(e.Err, &s) {
		return false
	}
	switch s.SystemErrno {
	case syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG:
		return true
	default:
	}
	return s.Code == sqlite3.ErrFull
}

// ReadOnlyError reports a change that was asked of a ledger which was opened for reading.
type ReadOnlyError struct{ Path string }

func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf("store: %s was opened for reading; open it for writing to change it", e.Path)
}

// ClosedError reports that the store, or the log, takes nothing any more.
type ClosedError struct{ Reason string }

func (e *ClosedError) Error() string { return "store: " + e.Reason }

// BrokenLogError reports a log whose entries are not what its last head signed.
type BrokenLogError struct {
	Log    blob.Hash
	Reason string
	Err    error
}

func (e *BrokenLogError) Error() string {
	text := fmt.Sprintf("store: the log %v is not as its device signed it: %s", e.Log, e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text + "; verify the library, and take it from a back-up"
}

func (e *BrokenLogError) Unwrap() error { return e.Err }

// DamagedLogError reports that the log of this device is damaged at its first entry, which says whose it is. The other logs,
// and its other entries, are read as ever. Begin with Owner.NewEpoch sets it apart and goes on in a new log.
type DamagedLogError struct {
	Log blob.Hash
	Err error
}

func (e *DamagedLogError) Error() string {
	return fmt.Sprintf("store: this device's log %v cannot be gone on with, since its beginning is damaged (log.malformed): %v; put a back-up in its place, or go on in a new log by beginning a new epoch", e.Log, e.Err)
}

func (e *DamagedLogError) Unwrap() error { return e.Err }

// RolledBackError reports a library that does not hold what this device last signed in it: an older copy was
// put back, or another one took its place. Going on would sign the same places a second time. Begin with
// Owner.NewEpoch goes on in a new log, which names Known as what came before.
type RolledBackError struct {
	Known record.HeadRef // what the device signed last
	Held  int64          // entries that the library has of that log
	// Forked says that it has enough of them, but not the same.
	Forked bool
}

func (e *RolledBackError) Error() string {
	what := fmt.Sprintf("it has %d of the %d entries", e.Held, e.Known.Size)
	if e.Forked {
		what = fmt.Sprintf("its first %d entries are not those", e.Known.Size)
	}
	return fmt.Sprintf("store: the library is not the one that this device left: %s that it signed in the log %v; put the newest copy back, or begin a new epoch", what, e.Known.Log)
}

// ConflictError reports that another program extended the log meanwhile.
type ConflictError struct{ Log blob.Hash }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("store: another program writes to the log %v; close that one, and begin again", e.Log)
}

// WatermarkError reports that what the device last signed could not be kept outside the library. Nothing is
// appended before it is.
type WatermarkError struct{ Err error }

func (e *WatermarkError) Error() string {
	return fmt.Sprintf("store: nothing was appended, since the last head cannot be noted on this device: %v", e.Err)
}

func (e *WatermarkError) Unwrap() error { return e.Err }

// StillReadError reports an opening that was erased, and whose old bytes may stand in the write-ahead log
// until those who read the library are done.
type StillReadError struct{ Err error }

func (e *StillReadError) Error() string {
	return "store: it is erased, but somebody still reads an older state of the library; erase it again when other programs have closed it"
}

func (e *StillReadError) Unwrap() error { return e.Err }

// ReceiveError reports entries of somebody else's log that are not what their head says.
type ReceiveError struct {
	Log    blob.Hash
	Reason string
	Err    error
}

func (e *ReceiveError) Error() string {
	text := fmt.Sprintf("store: nothing was taken of the log %v: %s", e.Log, e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *ReceiveError) Unwrap() error { return e.Err }
