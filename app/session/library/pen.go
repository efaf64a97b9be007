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

// Pen is the right to change a library. One process has it at a time.
type Pen struct {
	l    *Library
	lock *flock.Flock
}

// Write takes the pen. It waits for another part of this process that has it from
// this Library, until ctx is done; another process, or another Library, that has
// it is a *HeldError at once.
func (l *Library) Write(ctx context.Context) (*Pen, error) {
	select {
	case <-l.pen:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p, err := l.take()
	if err != nil {
		l.pen <- struct{}{}
	}
	return p, err
}

func (l *Library) take() (*Pen, error) {
	lock := flock.New(filepath.Join(l.dir, "writer.lock"), flock.SetPermissions(0o666))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", l.dir, err)
	}
	if !got {
		e := &HeldError{Dir: l.dir}
		// The other may be just about to say who it is: then it is not told.
		_ = readJSON(l.holderPath(), &e.Holder)
		return nil, errors.Join(e, lock.Close())
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this computer"
	}
	// Who holds it is only said to people; the lock is the system's.
	if err := writeJSON(l.holderPath(), Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second)}); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l.sweep()
	return &Pen{l: l, lock: lock}, nil
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

// Release gives the pen back. The lock file stays: removing it would let two
// processes lock two files of the same name.
func (p *Pen) Release() error {
	if p.lock == nil {
		return nil
	}
	err := os.Remove(p.l.holderPath())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	err = errors.Join(err, p.lock.Close())
	p.lock = nil
	p.l.pen <- struct{}{}
	return err
}
