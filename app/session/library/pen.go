package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Pen is the right to change a library. One process has it at a time, and within
// the process whoever took it from the same Library.
type Pen struct{ l *Library }

// Write takes a pen. Another process, or another Library, that has one is a
// *HeldError.
func (l *Library) Write(ctx context.Context) (*Pen, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pens == 0 {
		if err := l.take(); err != nil {
			return nil, err
		}
	}
	l.pens++
	return &Pen{l}, nil
}

// take locks the library for this process. Callers hold mu.
func (l *Library) take() error {
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
	if err := l.settle(); err != nil {
		return errors.Join(err, os.Remove(l.holderPath()), lock.Close())
	}
	l.lock = lock
	l.sweep()
	return nil
}

// sweep removes roots that a process which died did not finish. What cannot be
// removed disturbs nobody.
func (l *Library) sweep() {
	for _, k := range []Kind{Pattern, Collection} {
		left, err := filepath.Glob(filepath.Join(l.rootDir(k), ".*.part"))
		if err != nil {
			continue
		}
		for _, path := range left {
			_ = os.Remove(path)
		}
	}
}

func (l *Library) holderPath() string { return filepath.Join(l.dir, "writer.json") }

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
	if l.pens--; l.pens > 0 {
		return nil
	}
	err := os.Remove(l.holderPath())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	err = errors.Join(err, l.lock.Close())
	l.lock = nil
	return err
}
