package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Signed is a head as it is kept; nobody has checked its signature here.
type Signed struct {
	tree.Head
	Note []byte
}

// Heads gives all heads of a log, the smallest first. One that is no head is a
// *DamagedError, after which the next one comes if it is asked for.
func (a *Archive) Heads(ctx context.Context, log Log) iter.Seq2[Signed, error] {
	return a.heads(ctx, log, `BETWEEN ? AND ? ORDER BY place`, Place(log.Number, 0), Place(log.Number, MaxSize))
}

// LatestHead is a log's largest head, or a *NotFoundError.
func (a *Archive) LatestHead(ctx context.Context, log Log) (Signed, error) {
	return first(log, a.heads(ctx, log, `BETWEEN ? AND ? ORDER BY place DESC LIMIT 1`, Place(log.Number, 0), Place(log.Number, MaxSize)))
}

// HeadOver is the smallest head that covers the entry with that index, or a *NotFoundError.
func (a *Archive) HeadOver(ctx context.Context, log Log, index int64) (Signed, error) {
	return first(log, a.heads(ctx, log, `BETWEEN ? AND ? ORDER BY place LIMIT 1`, Place(log.Number, min(index, MaxSize-1)+1), Place(log.Number, MaxSize)))
}

func first(log Log, heads iter.Seq2[Signed, error]) (Signed, error) {
	for h, err := range heads {
		return h, err
	}
	return Signed{}, &NotFoundError{fmt.Sprintf("such head of the log %v", log.ID)}
}

func (a *Archive) heads(ctx context.Context, log Log, where string, args ...any) iter.Seq2[Signed, error] {
	return func(yield func(Signed, error) bool) {
		rows, err := a.db.QueryContext(ctx, `SELECT place, `+text("note", maxNote)+` FROM heads WHERE place `+where, args...)
		if err != nil {
			yield(Signed{}, failed(err))
			return
		}
		defer func() {
			// What is wrong with the rows was told as their error.
			_ = rows.Close()
		}()
		for rows.Next() {
			var place int64
			var s Signed
			if err := rows.Scan(&place, &s.Note); err != nil {
				yield(Signed{}, failed(err))
				return
			}
			_, size := split(place)
			s.Head, err = tree.Read(s.Note)
			if err == nil && (s.Size != size || s.Origin != tree.Origin(log.ID)) {
				err = errors.New("the head is of another size or log than its place says")
			}
			if err != nil {
				err = &DamagedError{log.ID, size, err}
			}
			if !yield(s, err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Signed{}, failed(err))
		}
	}
}

// Cosignatures lists the lines that witnesses gave for the head of a log with that size.
// They are as they came: tree.Open of Cosigned judges them.
func (a *Archive) Cosignatures(ctx context.Context, log Log, size int64) (lines []string, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT `+text("line", maxNote)+` FROM cosignatures WHERE place = ? ORDER BY line LIMIT 64`, Place(log.Number, size))
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	for rows.Next() {
		var l string
		if err := rows.Scan(&l); err != nil {
			return nil, failed(err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// Cosigned is a head's note with the cosignatures that there are for it. The error is a
// *ReadError, or a *DamagedError where one of them is no signature.
func (a *Archive) Cosigned(ctx context.Context, log Log, s Signed) ([]byte, error) {
	lines, err := a.Cosignatures(ctx, log, s.Size)
	if err != nil {
		return nil, err
	}
	n, err := tree.Cosign(s.Note, lines...)
	if err != nil {
		return nil, &DamagedError{log.ID, s.Size, err}
	}
	return n, nil
}

// Witnessed gives the sizes of the heads of a log that somebody cosigned, the largest first.
func (a *Archive) Witnessed(ctx context.Context, log Log) ([]int64, error) {
	return a.sizes(ctx, log, "cosignatures")
}

// Stamped gives the sizes of the heads of a log that have time stamps, the largest first.
func (a *Archive) Stamped(ctx context.Context, log Log) ([]int64, error) {
	return a.sizes(ctx, log, "stamps")
}

func (a *Archive) sizes(ctx context.Context, log Log, table string) (sizes []int64, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT DISTINCT place FROM `+table+` WHERE place BETWEEN ? AND ? ORDER BY place DESC`, Place(log.Number, 0), Place(log.Number, MaxSize))
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	for rows.Next() {
		var place int64
		if err := rows.Scan(&place); err != nil {
			return nil, failed(err)
		}
		_, size := split(place)
		sizes = append(sizes, size)
	}
	return sizes, nil
}

// Stamp is a time stamp of RFC 3161 over the text of a head.
type Stamp struct {
	Size      int64  // of the head
	Authority string // as it was configured
	Token     []byte // DER
}

// Stamps lists the time stamps over the heads of a log, the smallest head first.
func (a *Archive) Stamps(ctx context.Context, log Log) (stamps []Stamp, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT place, `+text("authority", maxWord)+`, `+text("token", 1<<20)+` FROM stamps WHERE place BETWEEN ? AND ? ORDER BY place, authority`,
		Place(log.Number, 0), Place(log.Number, MaxSize))
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	for rows.Next() {
		var place int64
		var s Stamp
		if err := rows.Scan(&place, &s.Authority, &s.Token); err != nil {
			return nil, failed(err)
		}
		_, s.Size = split(place)
		stamps = append(stamps, s)
	}
	return stamps, nil
}

// Wanted is what an answer is asked for.
type Wanted string

// What others are asked for.
const (
	WantStamp       Wanted = "stamp"
	WantCosignature Wanted = "cosignature"
)

// Pending is a question about a head that nobody has answered yet.
type Pending struct {
	Log   blob.Hash
	Size  int64 // of the head
	Kind  Wanted
	Party string // authority or witness, as it was configured
	Since time.Time
	Tries int
	Error string // of the last try
}

// Pending lists the questions, the oldest first.
func (a *Archive) Pending(ctx context.Context) (all []Pending, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT id, place, `+text("kind", maxWord)+`, `+text("party", maxWord)+`, since, tries, `+text("error", maxWord)+`
		FROM pending JOIN logs ON number = place >> 40 ORDER BY since, place, kind, party`)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	for rows.Next() {
		var p Pending
		var id []byte
		var place, since int64
		if err := rows.Scan(&id, &place, &p.Kind, &p.Party, &since, &p.Tries, &p.Error); err != nil {
			return nil, failed(err)
		}
		if len(id) == len(p.Log) {
			p.Log = blob.Hash(id)
		}
		_, p.Size = split(place)
		p.Since = time.UnixMilli(since).UTC()
		all = append(all, p)
	}
	return all, nil
}
