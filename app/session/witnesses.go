package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/app/connect"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/store"
	"github.com/selvage-studio/selvage/ledger/timestamp"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/witness"
)

// Asked is what a party answered.
type Asked struct {
	Party Party
	Log   blob.Hash
	Size  int64
	At    time.Time // as it says
	Err   error     // nil where it answered; the question waits otherwise
}

// Ask asks every party about the latest head of the log of this device, now. What is not
// answered waits in the ledger, and is asked again.
func (s *Session) Ask(ctx context.Context, lib *library.Library) ([]Asked, error) {
	if len(s.Parties()) == 0 {
		return nil, usage("nobody is asked yet: name a witness or a time-stamp authority with selvage ledger witness add")
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.want(ctx, pen), pen.Release()); err != nil {
		return nil, err
	}
	all, err := s.askThose(ctx, lib, func(archive.Pending) bool { return true }, nil)
	return all, err
}

// want keeps, in the ledger, the question about the latest head of the pen's log to each party that has
// not answered it: what waits there is not forgotten.
func (s *Session) want(ctx context.Context, pen *library.Pen) error {
	a := pen.Store().Archive()
	log, err := a.Log(ctx, pen.Log())
	if err != nil {
		return err
	}
	head, err := a.LatestHead(ctx, log)
	if err != nil {
		return err
	}
	for _, p := range s.Parties() {
		answered, err := hasAnswered(ctx, a, log, head, p)
		if err != nil {
			return err
		}
		if answered {
			continue
		}
		if err := pen.Store().WantNewest(ctx, log.ID, head.Size, p.wanted(), p.URL); err != nil {
			return err
		}
	}
	return nil
}

// hasAnswered says whether the library has a party's word on a head.
func hasAnswered(ctx context.Context, a *archive.Archive, log archive.Log, head archive.Signed, p Party) (bool, error) {
	if p.Witness() {
		who, err := tree.ParseWitness(p.Key)
		if err != nil {
			return false, err
		}
		note, err := a.Cosigned(ctx, log, head)
		if err != nil {
			return false, err
		}
		// A line of the witness's that is wrong is as good as none.
		seen, _ := tree.Cosigners(note, who)
		return len(seen) > 0, nil
	}
	stamps, err := a.Stamps(ctx, log)
	return slices.ContainsFunc(stamps, func(s archive.Stamp) bool { return s.Size == head.Size && s.Authority == p.URL }), err
}

// askThose asks what waits in the ledger and is chosen. The pen is had only to keep the answers, so that
// nobody waits for a network to write. told, where it is given, hears of each answer.
func (s *Session) askThose(ctx context.Context, lib *library.Library, chosen func(archive.Pending) bool, told func(Asked)) (all []Asked, err error) {
	st, err := store.Open(ctx, store.Options{Dir: lib.Dir(), Library: lib.ID(), ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a := st.Archive()
	waiting, err := a.Pending(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range waiting {
		i := slices.IndexFunc(s.Parties(), func(p Party) bool { return p.URL == one.Party && p.wanted() == one.Kind })
		if i < 0 || !chosen(one) {
			continue // it is asked no longer, or not now
		}
		q := Asked{Party: s.Parties()[i], Log: one.Log, Size: one.Size}
		keep, err := s.exchange(ctx, a, one, &q)
		if ctx.Err() != nil {
			return all, ctx.Err() // nobody's fault: it is not counted as a try
		}
		if err != nil {
			return all, err
		}
		pen, err := s.write(ctx, lib)
		if err != nil {
			return all, err
		}
		if err := errors.Join(keep(ctx, pen.Store()), pen.Release()); err != nil {
			return all, err
		}
		all = append(all, q)
		if told != nil {
			told(q)
		}
	}
	return all, nil
}

// exchange asks one question, and returns how the answer, or that there was none, is kept.
func (s *Session) exchange(ctx context.Context, a *archive.Archive, one archive.Pending, q *Asked) (keep func(context.Context, *store.Store) error, err error) {
	log, err := a.Log(ctx, one.Log)
	if err != nil {
		return nil, err
	}
	head, err := a.HeadOver(ctx, log, one.Size-1)
	if err != nil {
		return nil, err
	}
	if one.Kind == archive.WantCosignature {
		var line string
		line, q.At, q.Err = s.askWitness(ctx, a, log, head, q.Party)
		keep = func(ctx context.Context, st *store.Store) error {
			return st.PutCosignature(ctx, log.ID, head.Size, one.Party, line)
		}
	} else {
		var token []byte
		token, q.At, q.Err = s.askAuthority(ctx, head, q.Party)
		keep = func(ctx context.Context, st *store.Store) error {
			return st.PutStamp(ctx, log.ID, head.Size, one.Party, token)
		}
	}
	if q.Err != nil {
		keep = func(ctx context.Context, st *store.Store) error {
			return st.Tried(ctx, one, fmt.Sprintf("%.300s", q.Err.Error()))
		}
	}
	return keep, nil
}

func (s *Session) askWitness(ctx context.Context, a *archive.Archive, log archive.Log, head archive.Signed, p Party) (line string, at time.Time, err error) {
	who, err := tree.ParseWitness(p.Key)
	if err != nil {
		return "", at, err
	}
	check, err := logKey(log)
	if err != nil {
		return "", at, err
	}
	old := tree.Head{Origin: head.Origin, Root: blob.Of(nil)}
	for range 2 {
		body, err := witness.Ask(ctx, a.Tiles(log), old, head.Note)
		if err != nil {
			return "", at, err
		}
		got, err := connect.Exchange{URL: strings.TrimSuffix(p.URL, "/") + witness.Path, Sends: witness.TextType, Statuses: witness.Statuses()}.Do(ctx, body)
		if err != nil {
			return "", at, err
		}
		_, c, err := witness.Judge(head.Note, witness.Answer{Status: got.Status, Body: got.Body}, check, who)
		var elsewhere *witness.ConflictError
		if errors.As(err, &elsewhere) && elsewhere.Size <= head.Size && elsewhere.Size != old.Size {
			root, err := tree.RootAt(ctx, a.Tiles(log), head.Head, elsewhere.Size)
			if err != nil {
				return "", at, err
			}
			old.Size, old.Root = elsewhere.Size, root
			continue
		}
		if errors.As(err, &elsewhere) {
			return "", at, fmt.Errorf("%s saw %d entries of this log, which has %d: an older copy of the library was put back", p.URL, elsewhere.Size, head.Size)
		}
		if err != nil {
			return "", at, err
		}
		return c.Line, c.At, nil
	}
	return "", at, fmt.Errorf("%s changes its mind about what it saw of the log; ask again", p.URL)
}

func (s *Session) askAuthority(ctx context.Context, head archive.Signed, p Party) (token []byte, at time.Time, err error) {
	roots, err := s.authorityRoots()
	if err != nil {
		return nil, at, err
	}
	question, err := timestamp.NewRequest(blob.Of([]byte(head.Text())), nil)
	if err != nil {
		return nil, at, err
	}
	got, err := connect.Exchange{URL: p.URL, Sends: "application/timestamp-query", Takes: "application/timestamp-reply"}.Do(ctx, question)
	if err != nil {
		return nil, at, err
	}
	stamp, err := timestamp.Judge(question, got.Body, roots)
	if err != nil {
		return nil, at, err
	}
	return stamp.Token, stamp.Time, nil
}

// Pending lists what was asked and not answered yet.
func (s *Session) Pending(ctx context.Context, lib *library.Library) (all []archive.Pending, err error) {
	err = lib.Read(ctx, func(a *archive.Archive) error {
		all, err = a.Pending(ctx)
		return err
	})
	return all, err
}

func logKey(l archive.Log) (note.Verifier, error) {
	key, err := identity.ParseDID(l.First.Device)
	if err != nil {
		return nil, err
	}
	return tree.LogKey(tree.Origin(l.ID), key)
}

// verifierKey writes the key of a log's heads as C2SP signed-note has it.
func verifierKey(l archive.Log) (string, error) {
	key, err := identity.ParseDID(l.First.Device)
	if err != nil {
		return "", err
	}
	return note.NewEd25519VerifierKey(tree.Origin(l.ID), key)
}
