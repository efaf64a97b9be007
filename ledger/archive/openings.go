package archive

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Opening is what a commitment was made of, checked: a *NotFoundError where this copy of the library
// does not have it, an *ErasedError where it was destroyed, a *record.OpeningError where it is not the right one.
func (a *Archive) Opening(ctx context.Context, commitment blob.Hash) (record.Opening, error) {
	o := record.Opening{Commitment: commitment}
	err := a.db.QueryRowContext(ctx, `SELECT `+text("salt", 32)+`, `+text("value", record.MaxSize)+` FROM openings WHERE commitment = ?`, commitment[:]).Scan(&o.Salt, (*[]byte)(&o.Value))
	if errors.Is(err, sql.ErrNoRows) {
		return record.Opening{}, &NotFoundError{"opening of " + commitment.String()}
	}
	if err != nil {
		return record.Opening{}, failed(err)
	}
	return opened(o)
}

func opened(o record.Opening) (record.Opening, error) {
	if bytes.Count(o.Salt, []byte{0}) == len(o.Salt) && bytes.Count(o.Value, []byte{0}) == len(o.Value) {
		return record.Opening{}, &ErasedError{o.Commitment}
	}
	if err := o.Check(); err != nil {
		return record.Opening{}, err
	}
	return o, nil
}

// Openings gives all openings that there are, in the order in which they came; what was
// erased is left out, and one that is not right is a *record.OpeningError, after which the next one comes if it
// is asked for.
func (a *Archive) Openings(ctx context.Context) iter.Seq2[record.Opening, error] {
	return func(yield func(record.Opening, error) bool) {
		rows, err := a.db.QueryContext(ctx, `SELECT `+text("commitment", 32)+`, `+text("salt", 32)+`, `+text("value", record.MaxSize)+` FROM openings ORDER BY number`)
		if err != nil {
			yield(record.Opening{}, failed(err))
			return
		}
		defer func() {
			// What is wrong with the rows was told as their error.
			_ = rows.Close()
		}()
		for rows.Next() {
			var commitment []byte
			var o record.Opening
			if err := rows.Scan(&commitment, &o.Salt, (*[]byte)(&o.Value)); err != nil {
				yield(record.Opening{}, failed(err))
				return
			}
			if len(commitment) == len(o.Commitment) {
				o.Commitment = blob.Hash(commitment)
			}
			o, err := opened(o)
			var erased *ErasedError
			if errors.As(err, &erased) {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(record.Opening{}, failed(err))
		}
	}
}
