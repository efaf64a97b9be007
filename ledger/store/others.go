package store

import (
	"context"
	"strings"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// on does something about the head of a log that has that size. Where there is no such head the error is an
// *archive.NotFoundError.
func (s *Store) on(ctx context.Context, log blob.Hash, size int64, do func(ctx context.Context, place int64, note []byte) error) error {
	return s.do(ctx, func(ctx context.Context) error {
		l, err := s.archive.Log(ctx, log)
		if err != nil {
			return err
		}
		head, err := s.archive.HeadOver(ctx, l, size-1)
		if err != nil {
			return err
		}
		if head.Size != size {
			return &archive.NotFoundError{What: "head of that size in the log " + log.String()}
		}
		return do(ctx, archive.Place(l.Number, size), head.Note)
	})
}

// exec is one change, on the disk when it returns.
func (s *Store) exec(ctx context.Context, queries ...func() (string, []any)) error {
	err := s.pen.transact(ctx, func() error {
		for _, q := range queries {
			text, args := q()
			if _, err := s.pen.conn.ExecContext(ctx, text, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return &WriteError{s.path, err}
	}
	return nil
}

func query(text string, args ...any) func() (string, []any) {
	return func() (string, []any) { return text, args }
}

// PutCosignature keeps the line that a witness, or several, answered for a head, and takes the question of that party
// out of those that are pending. Whether the line is right is for who knows the witness to have judged (tree.Open); it has to
// have the form of a signature.
func (s *Store) PutCosignature(ctx context.Context, log blob.Hash, size int64, party, line string) error {
	return s.on(ctx, log, size, func(ctx context.Context, place int64, note []byte) error {
		line := strings.TrimSuffix(line, "\n")
		if _, err := tree.Cosign(note, line); err != nil {
			return err
		}
		return s.exec(ctx,
			query(`INSERT INTO cosignatures(place, line) VALUES (?, ?) ON CONFLICT DO NOTHING`, place, line),
			query(`DELETE FROM pending WHERE place = ? AND kind = ? AND party = ?`, place, archive.WantCosignature, party))
	})
}

// PutStamp keeps the time stamp of an authority over the text of a head, and takes the question out of those that are
// pending. Whether it is right is for ledger/timestamp to have judged.
func (s *Store) PutStamp(ctx context.Context, log blob.Hash, size int64, authority string, token []byte) error {
	return s.on(ctx, log, size, func(ctx context.Context, place int64, _ []byte) error {
		return s.exec(ctx,
			query(`INSERT INTO stamps(place, authority, token) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET token = excluded.token`, place, authority, token),
			query(`DELETE FROM pending WHERE place = ? AND kind = ? AND party = ?`, place, archive.WantStamp, authority))
	})
}

// Want keeps a question to an authority or a witness about a head, for when there is a network. Asking twice is
// asking once.
func (s *Store) Want(ctx context.Context, log blob.Hash, size int64, kind archive.Wanted, party string) error {
	return s.on(ctx, log, size, func(ctx context.Context, place int64, _ []byte) error {
		return s.exec(ctx, query(`INSERT INTO pending(place, kind, party, since, tries, error) VALUES (?, ?, ?, ?, 0, '') ON CONFLICT DO NOTHING`,
			place, kind, party, s.options.Clock().At.UnixMilli()))
	})
}

// WantNewest is Want, and gives up the questions about earlier heads of the log to the same party, which this one covers: it has
// waited since the first of them, and was tried as often.
func (s *Store) WantNewest(ctx context.Context, log blob.Hash, size int64, kind archive.Wanted, party string) error {
	return s.on(ctx, log, size, func(ctx context.Context, place int64, _ []byte) error {
		first := place - size
		return s.exec(ctx,
			query(`INSERT INTO pending(place, kind, party, since, tries, error)
				SELECT ?1, ?2, ?3, coalesce(min(since), ?4), coalesce(max(tries), 0), coalesce(max(error), '') FROM pending WHERE place BETWEEN ?5 AND ?1 AND kind = ?2 AND party = ?3
				ON CONFLICT DO NOTHING`, place, kind, party, s.options.Clock().At.UnixMilli(), first),
			query(`DELETE FROM pending WHERE place >= ? AND place < ? AND kind = ? AND party = ?`, first, place, kind, party))
	})
}

// mostReason bounds what is kept of somebody else's words.
const mostReason = 500

// Tried notes that a question was not answered, and why.
func (s *Store) Tried(ctx context.Context, p archive.Pending, reason string) error {
	return s.on(ctx, p.Log, p.Size, func(ctx context.Context, place int64, _ []byte) error {
		if len(reason) > mostReason {
			reason = strings.ToValidUTF8(reason[:mostReason], "")
		}
		return s.exec(ctx, query(`UPDATE pending SET tries = tries + 1, error = ? WHERE place = ? AND kind = ? AND party = ?`, reason, place, p.Kind, p.Party))
	})
}

// Drop gives a question up: the party will not answer it.
func (s *Store) Drop(ctx context.Context, p archive.Pending) error {
	return s.on(ctx, p.Log, p.Size, func(ctx context.Context, place int64, _ []byte) error {
		return s.exec(ctx, query(`DELETE FROM pending WHERE place = ? AND kind = ? AND party = ?`, place, p.Kind, p.Party))
	})
}
