package store

import (
	"context"
	"time"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// checkpointEvery is how often the write-ahead log is tried to be cut while somebody reads an older state.
const checkpointEvery = 20 * time.Millisecond

// Erase destroys what a commitment was made of: salt and value are overwritten with zeros where they lie in
// the file, which is all that there ever was of them there, and the write-ahead log, which may hold
// an older state of the place, is brought into the file and cut to nothing. No hash changes. Whoever erases
// records that he did (record.Erased). Copies that left the library, back-ups among them, are not reached, nor what a
// disk keeps of sectors that were written over.
//
// It waits until nobody reads an older state: a *StillReadError when ctx ends before that, after which
// the value is erased but its old bytes may stand in the write-ahead log; an *archive.NotFoundError where there is no
// such opening.
func (s *Store) Erase(ctx context.Context, commitment blob.Hash) error {
	return s.do(ctx, func(ctx context.Context) error {
		var have int
		err := s.pen.transact(ctx, func() error {
			if err := s.pen.conn.QueryRowContext(ctx, `SELECT count(*) FROM openings WHERE commitment = ?`, commitment[:]).Scan(&have); err != nil {
				return err
			}
			// The row keeps its size, so that SQLite writes over it where it is. A DELETE would make it move its
			// neighbours about, and leave copies of them behind that a later erasure does not find.
			_, err := s.pen.conn.ExecContext(ctx, `UPDATE openings SET salt = zeroblob(length(salt)), value = zeroblob(length(value)) WHERE commitment = ?`, commitment[:])
			return err
		})
		if err != nil {
			return &WriteError{s.path, err}
		}
		if have == 0 {
			return &archive.NotFoundError{What: "opening of " + commitment.String()}
		}
		return s.cutWAL(ctx)
	})
}

// cutWAL brings the write-ahead log into the file and cuts it to nothing.
func (s *Store) cutWAL(ctx context.Context) error {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	// Whoever waits is to be able to go: SQLite would wait for the readers by itself.
	free := context.WithoutCancel(ctx)
	if _, err := s.pen.conn.ExecContext(free, `PRAGMA busy_timeout = 0`); err != nil {
		return &WriteError{s.path, err}
	}
	defer func() {
		// It worked a moment ago; where it does not now, others wait less.
		_, _ = s.pen.conn.ExecContext(free, `PRAGMA busy_timeout = 10000`)
	}()
	for {
		var busy, pages, done int
		err := s.pen.conn.QueryRowContext(free, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &done)
		if err != nil && !isBusy(err) {
			return &WriteError{s.path, err}
		}
		if err == nil && busy == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return &StillReadError{ctx.Err()}
		case <-tick.C:
		}
	}
}
