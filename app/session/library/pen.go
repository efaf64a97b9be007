package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/store"
)

// Pen is the right to change a library. One process has it at a time, and within
// the process whoever took it from the same Library.
type Pen struct {
	l   *Library
	log *store.Log
	// signed is the library's, as it was when the pen was taken.
	signed func(ctx context.Context, p *Pen, entries []archive.Entry)
}

// WriteOptions say how a library is gone on with.
type WriteOptions struct {
	// NewEpoch begins a new log for that reason: after an older copy was put back.
	NewEpoch string
}

// Write takes a pen for a person on this device. Another process, or another Library, that
// has one is a *HeldError; a library that is not the one that this device left a
// *store.RolledBackError.
func (l *Library) Write(ctx context.Context, me *identity.Identity) (*Pen, error) {
	return l.WriteWith(ctx, me, WriteOptions{})
}

// WriteWith is Write with options.
func (l *Library) WriteWith(ctx context.Context, me *identity.Identity, o WriteOptions) (_ *Pen, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pens == 0 {
		if err := l.take(ctx, me); err != nil {
			return nil, err
		}
	}
	l.pens++
	p := &Pen{l: l, signed: l.signed}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.giveBack())
		}
	}()
	key, err := identity.ParseDID(me.Keys().Heads)
	if err != nil {
		return nil, err
	}
	p.log, err = l.store.Begin(ctx, store.Owner{Author: me.DID(), Device: me.Keys().Heads, Key: key, Signer: me.HeadSigner, NewEpoch: o.NewEpoch})
	if err != nil {
		return nil, err
	}
	return p, p.introduce(ctx, me)
}

// take locks the library for this process. Callers hold mu.
func (l *Library) take(ctx context.Context, me *identity.Identity) error {
	lock := flock.New(filepath.Join(l.dir, "writer.lock"), flock.SetPermissions(0o666))
	got, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", l.dir, err)
	}
	if !got {
		e := &HeldError{Dir: l.dir}
		// The other may be just about to say who it is: then it is not told.
		_ = readJSON(l.holderPath(), &e.Holder)
		return errors.Join(e, lock.Close())
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this computer"
	}
	// Who holds it is only said to people; the lock is the system's.
	if err := writeJSON(l.holderPath(), Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second)}); err != nil {
		return errors.Join(err, lock.Close())
	}
	s, err := store.Open(ctx, store.Options{Dir: l.dir, Library: l.id, Watermark: marks{filepath.Join(me.Folder(), "heads")}})
	if err != nil {
		return errors.Join(err, os.Remove(l.holderPath()), lock.Close())
	}
	l.lock, l.store = lock, s
	return nil
}

func (l *Library) holderPath() string { return filepath.Join(l.dir, "writer.json") }

// Library is what the pen writes.
func (p *Pen) Library() *Library { return p.l }

// Log is the id of the log that the pen writes.
func (p *Pen) Log() blob.Hash { return p.log.ID() }

// Store is the ledger that the pen writes: for what is not an act, such as a cosignature.
func (p *Pen) Store() *store.Store { return p.l.store }

// Record writes acts, all of them or none, and returns what they became once they are on
// the disk. What they name has to be there before.
func (p *Pen) Record(ctx context.Context, acts ...record.Draft) ([]archive.Entry, error) {
	entries, _, err := p.log.Append(ctx, acts...)
	if err == nil && p.signed != nil {
		p.signed(ctx, p, entries)
	}
	return entries, err
}

// Release gives the pen back; a second time does nothing. The lock file stays:
// removing it would let two processes lock two files of the same name.
func (p *Pen) Release() error {
	l := p.l
	if l == nil {
		return nil
	}
	p.l = nil
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.giveBack()
}

// giveBack is the end of a pen. Callers hold mu.
func (l *Library) giveBack() error {
	if l.pens--; l.pens > 0 {
		return nil
	}
	err := l.store.Close()
	l.store = nil
	if gone := os.Remove(l.holderPath()); !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	err = errors.Join(err, l.lock.Close())
	l.lock = nil
	return err
}
