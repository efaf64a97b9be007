package store

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Delivery is what another device hands over of one of its logs.
type Delivery struct {
	Log blob.Hash
	// From is the index of the first text; the library has those before it.
	From  int64
	Texts [][]byte
	// Note is the signed head that ends the texts.
	Note     []byte
	Openings []record.Opening
}

// Receive adds entries of a log that another device writes. The head has to be signed by key, and to be that of the
// log as the library has it with the texts after it: what was forked, rewritten or left out is a *ReceiveError, and
// nothing is written. What the library has already is passed over.
func (s *Store) Receive(ctx context.Context, d Delivery, key note.Verifier) error {
	refuse := func(reason string, err error) error { return &ReceiveError{d.Log, reason, err} }
	head, _, err := tree.Open(d.Note, key)
	if err != nil {
		return refuse("its head", err)
	}
	if head.Origin != tree.Origin(d.Log) {
		return refuse("the head is that of another log", nil)
	}
	if d.From < 0 || d.From+int64(len(d.Texts)) != head.Size || head.Size > archive.MaxSize {
		return refuse(fmt.Sprintf("its head has %d entries, and what came ends at %d", head.Size, d.From+int64(len(d.Texts))), nil)
	}
	entries := make([]archive.Entry, len(d.Texts))
	for i, text := range d.Texts {
		e, err := record.Parse(text)
		index := d.From + int64(i)
		entries[i] = archive.Entry{In: d.Log, Index: index, Hash: record.Hash(text), Text: text, Entry: e}
		if err == nil && (index == 0) != (e.Kind == record.KindLog) {
			err = errors.New("a log begins with the entry of that kind, and has no other")
		}
		if err == nil && (index == 0 && entries[i].Hash != d.Log || index > 0 && e.Log != d.Log) {
			err = errors.New("it belongs to another log")
		}
		if err != nil {
			return refuse(fmt.Sprintf("entry %d", index), err)
		}
	}
	for i := range d.Openings {
		if err := d.Openings[i].Check(); err != nil {
			return refuse("an opening", err)
		}
	}
	return s.do(ctx, func(ctx context.Context) error { return s.receive(ctx, d, head, entries) })
}

func (s *Store) receive(ctx context.Context, d Delivery, head tree.Head, entries []archive.Entry) error {
	refuse := func(reason string, err error) error { return &ReceiveError{d.Log, reason, err} }
	s.mu.Lock()
	own := s.logs[d.Log] != nil
	s.mu.Unlock()
	if own {
		return refuse("this device writes it itself", nil)
	}
	at, err := s.archive.Log(ctx, d.Log)
	var none *archive.NotFoundError
	isNew := errors.As(err, &none)
	if err != nil && !isNew {
		return err
	}
	if d.From > at.Size {
		return refuse(fmt.Sprintf("the library has %d entries of it, and what came begins at %d", at.Size, d.From), nil)
	}
	if head.Size <= at.Size {
		return s.known(ctx, at, head)
	}
	edge := &tree.Edge{}
	if !isNew {
		if edge, err = s.archive.Edge(ctx, at, at.Size); err != nil {
			return err
		}
	}
	entries = entries[at.Size-d.From:]
	var full []tree.Full
	for _, e := range entries {
		edge.Append(e.Hash, func(t tree.Full) { full = append(full, t) })
	}
	if edge.Root() != head.Root {
		return refuse("its head is not that of the entries which the library has, and of these after them", nil)
	}
	err = s.pen.transact(ctx, func() error {
		if isNew {
			if err := s.pen.conn.QueryRowContext(ctx, `INSERT INTO logs(id) VALUES (?) RETURNING number`, d.Log[:]).Scan(&at.Number); err != nil {
				return err
			}
		}
		if err := s.pen.putEntries(ctx, at.Number, entries); err != nil {
			return err
		}
		for _, t := range full {
			if err := s.pen.putTile(ctx, at.Number, t); err != nil {
				return err
			}
		}
		if err := s.pen.putOpenings(ctx, d.Openings); err != nil {
			return err
		}
		_, err := s.pen.head.ExecContext(ctx, archive.Place(at.Number, head.Size), d.Note)
		return err
	})
	if err != nil {
		return s.writeError(d.Log, err)
	}
	s.pen.note(at.Number, entries)
	return nil
}

// known compares a head with what the library has of the log.
func (s *Store) known(ctx context.Context, at archive.Log, head tree.Head) error {
	latest, err := s.archive.LatestHead(ctx, at)
	if err != nil {
		return err
	}
	root, err := tree.RootAt(ctx, s.archive.Tiles(at), latest.Head, head.Size)
	if err != nil {
		return &BrokenLogError{at.ID, "its tree", err}
	}
	if root != head.Root {
		return &ReceiveError{at.ID, fmt.Sprintf("its device has signed two logs with %d entries: it is forked, and both heads prove it", head.Size), nil}
	}
	return nil
}
