package verify

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Ledger is a ledger.db as a Source.
func Ledger(a *archive.Archive) Source { return &ledger{a, map[blob.Hash]archive.Log{}} }

type ledger struct {
	a    *archive.Archive
	logs map[blob.Hash]archive.Log
}

func (l *ledger) Logs(ctx context.Context) ([]blob.Hash, error) {
	logs, err := l.a.Logs(ctx)
	if err != nil {
		return nil, err
	}
	var ids []blob.Hash
	for _, one := range logs {
		l.logs[one.ID] = one
		ids = append(ids, one.ID)
	}
	return ids, nil
}

// Texts gives an empty text for every entry that is missing between others.
func (l *ledger) Texts(ctx context.Context, log blob.Hash) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var next int64
		one := l.logs[log]
		for raw, err := range l.a.Raw(ctx, one, 0, one.Size) {
			if err != nil {
				yield(nil, err)
				return
			}
			for ; next < raw.Index; next++ {
				if !yield(nil, nil) {
					return
				}
			}
			next++
			if !yield(bytes.Clone(raw.Text), nil) {
				return
			}
		}
	}
}

func (l *ledger) Heads(ctx context.Context, log blob.Hash) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for signed, err := range l.a.Heads(ctx, l.logs[log]) {
			var damaged *archive.DamagedError
			if err != nil && !errors.As(err, &damaged) {
				yield(nil, err)
				return
			}
			note := signed.Note
			if err == nil {
				if note, err = l.a.Cosigned(ctx, l.logs[log], signed); err != nil {
					note = signed.Note // a line that is no signature hides no head
				}
			}
			if !yield(note, nil) {
				return
			}
		}
	}
}

func (l *ledger) Stamps(ctx context.Context, log blob.Hash) iter.Seq2[Stamp, error] {
	return func(yield func(Stamp, error) bool) {
		stamps, err := l.a.Stamps(ctx, l.logs[log])
		if err != nil {
			yield(Stamp{}, err)
			return
		}
		for _, s := range stamps {
			if !yield(Stamp{s.Size, s.Token}, nil) {
				return
			}
		}
	}
}

func (l *ledger) Openings(ctx context.Context) iter.Seq2[record.Opening, error] {
	return l.a.Openings(ctx)
}
