package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Archive is an open ledger. It is safe for concurrent use, and sees what a writer adds.
type Archive struct {
	db   *sql.DB
	tail tail
}

// Open reads the ledger in db, which stays the caller's to close. The error is that of Check.
func Open(ctx context.Context, db *sql.DB) (*Archive, error) {
	if err := Check(ctx, db); err != nil {
		return nil, err
	}
	return &Archive{db: db}, nil
}

// Log is one log of a library.
type Log struct {
	Number int64 // in this library
	ID     blob.Hash
	Size   int64 // entries
	// Closed says why nothing is added to it any more, and is empty while it grows.
	Closed string
	// First is what its first entry says; nothing where that is damaged.
	First record.Log
	// Damage is why the first entry is not the one that gives the log its id, as a *DamagedError; nil for
	// a log that is as it should be. Whose log it was cannot be said, and nothing is added to it; its other entries are
	// read as ever.
	Damage error
}

// Entry is one entry at its place.
type Entry struct {
	In    blob.Hash // id of its log
	Index int64
	Hash  blob.Hash
	Text  []byte
	record.Entry
}

const (
	maxText = record.MaxEntry
	maxNote = 1 << 16
	maxWord = 1 << 10
)

// text reads a column of at most a number of bytes: what is longer comes as NULL
// before memory is taken for it.
func text(column string, limit int) string {
	return fmt.Sprintf("iif(length(%[1]s) <= %[2]d, CAST(%[1]s AS BLOB), NULL)", column, limit)
}

func failed(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &ReadError{err}
}

// Logs lists the logs in the order in which they came, also those with a Damage. The error is a
// *ReadError, or a *DamagedError where the list itself is damaged.
func (a *Archive) Logs(ctx context.Context) ([]Log, error) {
	return a.logs(ctx, `1`)
}

// Log is the log with that id, or a *NotFoundError.
func (a *Archive) Log(ctx context.Context, id blob.Hash) (Log, error) {
	logs, err := a.logs(ctx, `id = ?`, id[:])
	if err != nil {
		return Log{}, err
	}
	if len(logs) == 0 {
		return Log{}, &NotFoundError{"log " + id.String()}
	}
	return logs[0], nil
}

func (a *Archive) logs(ctx context.Context, where string, args ...any) (logs []Log, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT number, `+text("id", 32)+`, coalesce(`+text("closed", maxWord)+`, ''),
		coalesce((SELECT max(place) FROM entries WHERE place BETWEEN number << 40 AND (number << 40) + `+fmt.Sprint(MaxSize)+`) - (number << 40) + 1, 0),
		(SELECT `+text("text", maxText)+` FROM entries WHERE place = number << 40)
		FROM logs WHERE `+where+` ORDER BY number LIMIT `+fmt.Sprint(maxLogs), args...)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	for rows.Next() {
		var l Log
		var id, first []byte
		if err := rows.Scan(&l.Number, &id, &l.Closed, &l.Size, &first); err != nil {
			return nil, failed(err)
		}
		if len(id) != len(l.ID) {
			return nil, &DamagedError{Err: fmt.Errorf("the id of log %d has %d bytes", l.Number, len(id))}
		}
		l.ID = blob.Hash(id)
		if err := l.begin(first); err != nil {
			l.Damage = &DamagedError{Log: l.ID, Err: err}
		}
		logs = append(logs, l)
	}
	return logs, nil
}

// begin reads the first entry, which has to be the one that gives the log its id.
func (l *Log) begin(first []byte) error {
	if record.Hash(first) != l.ID {
		return errors.New("it is not the one that gives the log its id")
	}
	e, err := record.Parse(first)
	if err != nil {
		return err
	}
	body, err := e.Decode()
	if err != nil {
		return err
	}
	b, ok := body.(*record.Log)
	if !ok {
		return fmt.Errorf("a log does not begin with a %s", e.Kind)
	}
	l.First = *b
	return nil
}

// Raw is the text at a place, not looked at.
type Raw struct {
	Index int64
	// Text is nil where there is none of a size that an entry may have. It is valid until the next one
	// is asked for.
	Text []byte
}

// Raw gives the texts of a log from one index to before another, in order, leaving out
// indices that have no row: for who checks whether the log is whole. The error is a *ReadError.
func (a *Archive) Raw(ctx context.Context, log Log, from, to int64) iter.Seq2[Raw, error] {
	return func(yield func(Raw, error) bool) {
		if from >= to {
			return
		}
		rows, err := a.db.QueryContext(ctx, `SELECT place, `+text("text", maxText)+` FROM entries WHERE place BETWEEN ? AND ? ORDER BY place`, Place(log.Number, from), Place(log.Number, min(to-1, MaxSize)))
		if err != nil {
			yield(Raw{}, failed(err))
			return
		}
		var bytes sql.RawBytes
		for rows.Next() {
			var place int64
			if err := rows.Scan(&place, &bytes); err != nil {
				yield(Raw{}, errors.Join(failed(err), rows.Close()))
				return
			}
			_, index := split(place)
			if !yield(Raw{index, bytes}, nil) {
				_ = rows.Close() // whoever reads has what he wanted
				return
			}
		}
		if err := errors.Join(failed(rows.Err()), rows.Close()); err != nil {
			yield(Raw{}, err)
		}
	}
}

// Entries gives the entries of a log from one index to before another, in order. A text that
// is no entry, or belongs to another log, is a *DamagedError, after which the next one comes
// if it is asked for; a gap likewise.
func (a *Archive) Entries(ctx context.Context, log Log, from, to int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		next := from
		for raw, err := range a.Raw(ctx, log, from, to) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if raw.Index != next && !yield(Entry{In: log.ID, Index: next}, &DamagedError{log.ID, next, errors.New("it is missing")}) {
				return
			}
			next = raw.Index + 1
			if e, err := entryOf(log.ID, raw.Index, append([]byte(nil), raw.Text...)); !yield(e, err) {
				return
			}
		}
	}
}

// entryOf parses a text at its place.
func entryOf(log blob.Hash, index int64, text []byte) (Entry, error) {
	e := Entry{In: log, Index: index, Text: text, Hash: record.Hash(text)}
	var err error
	if e.Entry, err = record.Parse(text); err != nil {
		return e, &DamagedError{log, index, err}
	}
	if index == 0 && e.Hash != log || index > 0 && e.Log != log {
		return e, &DamagedError{log, index, errors.New("it belongs to another log")}
	}
	return e, nil
}

// At is one entry by its place: a *NotFoundError or a *DamagedError.
func (a *Archive) At(ctx context.Context, log Log, index int64) (Entry, error) {
	for e, err := range a.Entries(ctx, log, index, index+1) {
		return e, err
	}
	return Entry{}, &NotFoundError{fmt.Sprintf("entry %d in the log %v", index, log.ID)}
}

// Texts gives the texts of a log, as tree.Source has them.
func (a *Archive) texts(ctx context.Context, log Log, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		next := from
		for raw, err := range a.Raw(ctx, log, from, to) {
			if err == nil && raw.Index != next {
				err = &DamagedError{log.ID, next, errors.New("it is missing")}
			}
			next++
			if !yield(raw.Text, err) || err != nil {
				return
			}
		}
	}
}
