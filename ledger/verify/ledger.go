package verify

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
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
		if one.Damage != nil {
			return nil, one.Damage
		}
		l.logs[one.ID] = one
		ids = append(ids, one.ID)
	}
	return ids, nil
}

// Texts implements Source.
func (l *ledger) Texts(ctx context.Context, log blob.Hash) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var next int64
		one := l.logs[log]
		for raw, err := range l.a.Raw(ctx, one, 0, one.Size) {
			if err == nil && raw.Index != next {
				err = &GapError{log, next}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			next++
			if !yield(bytes.Clone(raw.Text), nil) {
				return
			}
		}
	}
}

// Heads gives nil for a row that is no head, or that of another log or size than its place says.
func (l *ledger) Heads(ctx context.Context, log blob.Hash) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		sizes, err := l.a.Witnessed(ctx, l.logs[log])
		if err != nil {
			yield(nil, err)
			return
		}
		witnessed := map[int64]bool{}
		for _, size := range sizes {
			witnessed[size] = true
		}
		for signed, err := range l.a.Heads(ctx, l.logs[log]) {
			var damaged *archive.DamagedError
			if err != nil && !errors.As(err, &damaged) {
				yield(nil, err)
				return
			}
			note := signed.Note
			switch {
			case err != nil:
				note = nil
			case witnessed[signed.Size]:
				if note, err = l.cosigned(ctx, log, signed); err != nil {
					yield(nil, err)
					return
				}
			}
			if !yield(note, nil) {
				return
			}
		}
	}
}

// cosigned adds the lines of witnesses to a head. One that is no signature hides neither
// the head nor the others.
func (l *ledger) cosigned(ctx context.Context, log blob.Hash, signed archive.Signed) ([]byte, error) {
	lines, err := l.a.Cosignatures(ctx, l.logs[log], signed.Size)
	if err != nil {
		return nil, err
	}
	note := signed.Note
	for _, line := range lines {
		if more, err := tree.Cosign(note, line); err == nil {
			note = more
		}
	}
	return note, nil
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
