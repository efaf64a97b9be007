package store

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Owner is whose log it is, and what signs its heads.
type Owner struct {
	Author, Device string // did:keys
	// Key is the device's key for heads, of which Device is the name.
	Key ed25519.PublicKey
	// Signer makes the key's signer for a log, by the log's origin.
	Signer func(origin string) (note.Signer, error)
	// NewEpoch, where it is not empty, begins a new log for that reason, although the last one could be gone
	// on with.
	NewEpoch string
}

// Log is a log that this program extends. It is safe for concurrent use.
type Log struct {
	store  *Store
	number int64
	id     blob.Hash
	origin string
	owner  Owner
	signer note.Signer
	key    note.Verifier

	// What follows is whoever's who has the turn to write.
	edge  *tree.Edge
	last  record.HeadRef
	noted bool  // the watermark is that of last
	stale bool  // a commit failed: what is on the disk has to be read again
	ended error // why nothing is appended any more
}

// ID is the hash of the log's first entry.
func (l *Log) ID() blob.Hash { return l.id }

// Begin goes on with the log of a person on this device, or begins one. It goes on only from the state
// that the log's last head signed: a *BrokenLogError where the entries are another, a *RolledBackError where the
// device has signed more or otherwise, a *DamagedLogError where the log's first entry is damaged. A log that was closed, as all are in a back-up, is followed by one of a new
// epoch.
func (s *Store) Begin(ctx context.Context, o Owner) (*Log, error) {
	var l *Log
	err := s.do(ctx, func(ctx context.Context) (err error) {
		l, err = s.begin(ctx, o)
		return err
	})
	return l, err
}

func (s *Store) begin(ctx context.Context, o Owner) (*Log, error) {
	logs, err := s.archive.Logs(ctx)
	if err != nil {
		return nil, err
	}
	var mine, damaged []archive.Log
	for _, l := range logs {
		if l.Damage != nil {
			damaged = append(damaged, l)
		}
		if f := l.First; f.Author == o.Author && f.Device == o.Device && f.Library == s.options.Library {
			mine = append(mine, l)
		}
	}
	slices.SortStableFunc(mine, func(a, b archive.Log) int { return a.First.Epoch - b.First.Epoch })
	known, marked, err := s.watermark(ctx, o)
	if err != nil {
		return nil, err
	}
	if lost := own(damaged, mine, known, marked); lost != nil {
		return s.after(ctx, o, *lost, mine, len(damaged), known, marked)
	}
	if len(mine) == 0 {
		switch {
		case !marked:
			return s.found(ctx, o, record.Log{Epoch: 1, Reason: o.NewEpoch}, nil)
		case o.NewEpoch == "":
			return nil, &RolledBackError{Known: known}
		default:
			return s.found(ctx, o, record.Log{Epoch: 1, Reason: o.NewEpoch, Previous: &known}, nil)
		}
	}
	last := mine[len(mine)-1]
	reason := cmp.Or(o.NewEpoch, last.Closed)
	if reason == "" {
		return s.goOn(ctx, o, last, mine, known, marked)
	}
	previous, err := s.lastHead(ctx, last)
	if err != nil {
		return nil, err
	}
	// What the device signed last is what came before, even where this copy does not have it.
	if marked && s.compare(ctx, mine, known) != nil {
		previous = known
	}
	return s.found(ctx, o, record.Log{Epoch: last.First.Epoch + 1, Reason: reason, Previous: &previous}, &last)
}

// own finds the log of this device among those whose first entry is damaged, so that nobody can read in them
// whose they are: the one that it signed last, or, for a device that remembers nothing and has no other, any.
func own(damaged, mine []archive.Log, known record.HeadRef, marked bool) *archive.Log {
	for i, l := range damaged {
		if marked && l.ID == known.Log || !marked && len(mine) == 0 {
			return &damaged[i]
		}
	}
	return nil
}

// after begins a log after one that is damaged at its first entry: never without being told to. Its epoch leaves room
// for those of all damaged logs, which cannot be read.
func (s *Store) after(ctx context.Context, o Owner, lost archive.Log, mine []archive.Log, damaged int, known record.HeadRef, marked bool) (*Log, error) {
	if o.NewEpoch == "" {
		return nil, &DamagedLogError{lost.ID, lost.Damage}
	}
	first := record.Log{Epoch: 1 + damaged, Reason: o.NewEpoch}
	if n := len(mine); n > 0 {
		first.Epoch += mine[n-1].First.Epoch
	}
	if marked {
		first.Previous = &known
	}
	return s.found(ctx, o, first, &lost)
}

func (s *Store) lastHead(ctx context.Context, l archive.Log) (record.HeadRef, error) {
	h, err := s.archive.LatestHead(ctx, l)
	var none *archive.NotFoundError
	if errors.As(err, &none) {
		return record.HeadRef{}, &BrokenLogError{l.ID, "no head of it is there", nil}
	}
	if err != nil {
		return record.HeadRef{}, err
	}
	return record.HeadRef{Log: l.ID, Root: h.Root, Size: h.Size}, nil
}

// found begins a log, after the one before it, if there is one.
func (s *Store) found(ctx context.Context, o Owner, first record.Log, before *archive.Log) (*Log, error) {
	first.Author, first.Device, first.Library = o.Author, o.Device, s.options.Library
	first.Nonce = make([]byte, 32)
	if _, err := rand.Read(first.Nonce); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	line, err := record.Draft{Body: &first}.Encode(blob.Hash{}, s.options.Clock())
	if err != nil {
		return nil, err
	}
	id := record.Hash(line.Text)
	l, err := s.handle(o, id)
	if err != nil {
		return nil, err
	}
	g := &grown{edge: &tree.Edge{}, entries: []archive.Entry{{In: id, Hash: id, Text: line.Text, Entry: line.Entry}}}
	g.edge.Append(id, nil)
	err = s.pen.transact(ctx, func() error {
		if before != nil {
			if _, err := s.pen.conn.ExecContext(ctx, `UPDATE logs SET closed = coalesce(closed, ?) WHERE number = ?`, first.Reason, before.Number); err != nil {
				return err
			}
		}
		if err := s.pen.conn.QueryRowContext(ctx, `INSERT INTO logs(id) VALUES (?) RETURNING number`, id[:]).Scan(&l.number); err != nil {
			return err
		}
		if err := s.pen.putEntries(ctx, l.number, g.entries); err != nil {
			return err
		}
		if err := s.sign(ctx, l, g); err != nil {
			return err
		}
		// A signer whose heads nobody could check is found out before there is a log of them.
		_, _, err := tree.Open(g.head.Note, l.key)
		return err
	})
	if err != nil {
		return nil, s.writeError(id, err)
	}
	if before != nil {
		s.end(before.ID, &ClosedError{"a new epoch of the log has begun"})
	}
	l.edge, l.last = g.edge, l.ref(g.head.Head)
	s.pen.note(l.number, g.entries)
	s.keep(l)
	// As after any commit, what fails here is told before the next.
	l.noted = s.mark(ctx, l) == nil
	return l, nil
}

// goOn goes on with a log.
func (s *Store) goOn(ctx context.Context, o Owner, at archive.Log, mine []archive.Log, known record.HeadRef, marked bool) (*Log, error) {
	l, err := s.handle(o, at.ID)
	if err != nil {
		return nil, err
	}
	l.number = at.Number
	if err := s.load(ctx, l, at); err != nil {
		return nil, err
	}
	if marked {
		if err := s.compare(ctx, mine, known); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	open := s.logs[l.id]
	s.mu.Unlock()
	if open != nil && open.ended == nil && !open.stale {
		return open, nil // one handle for each log, so that there is one state of it
	}
	s.keep(l)
	if s.options.Watermark != nil {
		if err := s.mark(ctx, l); err != nil {
			return nil, &WatermarkError{err}
		}
	}
	l.noted = true
	return l, nil
}

func (s *Store) handle(o Owner, id blob.Hash) (*Log, error) {
	l := &Log{store: s, id: id, origin: tree.Origin(id), owner: o}
	var err error
	if l.key, err = tree.LogKey(l.origin, o.Key); err != nil {
		return nil, err
	}
	if l.signer, err = o.Signer(l.origin); err != nil {
		return nil, fmt.Errorf("store: the key of the log's heads: %w", err)
	}
	return l, nil
}

func (s *Store) keep(l *Log) {
	s.mu.Lock()
	s.logs[l.id] = l
	s.mu.Unlock()
}

// end makes a handle refuse what comes.
func (s *Store) end(id blob.Hash, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.logs[id]; l != nil {
		l.ended = reason
		delete(s.logs, id)
	}
}

func (l *Log) ref(h tree.Head) record.HeadRef {
	return record.HeadRef{Log: l.id, Root: h.Root, Size: h.Size}
}

// load reads the state of a log and compares it with its last head, which the device's key has to have signed.
func (s *Store) load(ctx context.Context, l *Log, at archive.Log) error {
	h, err := s.archive.LatestHead(ctx, at)
	var none *archive.NotFoundError
	if errors.As(err, &none) {
		return &BrokenLogError{at.ID, "no head of it is there", nil}
	}
	if err != nil {
		return err
	}
	if _, _, err := tree.Open(h.Note, l.key); err != nil {
		return &BrokenLogError{at.ID, "its last head", err}
	}
	if h.Size != at.Size {
		return &BrokenLogError{at.ID, fmt.Sprintf("it has %d entries, and its last head %d", at.Size, h.Size), nil}
	}
	edge, err := s.archive.Edge(ctx, at, at.Size)
	if err != nil {
		return &BrokenLogError{at.ID, "its tree", err}
	}
	if edge.Root() != h.Root {
		return &BrokenLogError{at.ID, "its entries have another root than its last head", nil}
	}
	l.edge, l.last, l.stale = edge, l.ref(h.Head), false
	return nil
}

// ready brings a log into the state that the disk has, after a commit that failed, and the watermark to that
// of the last one.
func (s *Store) ready(ctx context.Context, l *Log) error {
	if l.ended != nil {
		return l.ended
	}
	if l.stale {
		at, err := s.archive.Log(ctx, l.id)
		if err != nil {
			return err
		}
		if err := s.load(ctx, l, at); err != nil {
			return err
		}
		l.noted = false
	}
	if !l.noted {
		if err := s.mark(ctx, l); err != nil {
			return &WatermarkError{err}
		}
		l.noted = true
	}
	return nil
}

// Append writes drafts as one batch: all of them, or none. It returns when they are on the disk, with the
// entries that they became and the head that covers them. Where ctx ends before the writer has taken them up nothing
// is written; after that the answer is waited for. The error is a *WriteError, a *ConflictError, a *WatermarkError or
// that of a draft.
func (l *Log) Append(ctx context.Context, drafts ...record.Draft) ([]archive.Entry, archive.Signed, error) {
	if len(drafts) == 0 {
		return nil, archive.Signed{}, &ClosedError{"nothing is to be appended"}
	}
	b := &batch{log: l, entries: make([]archive.Entry, len(drafts)), done: make(chan error, 1)}
	if err := b.encode(l.id, drafts, l.store.options.Clock); err != nil {
		return nil, archive.Signed{}, err
	}
	if err := l.store.hand(ctx, b, b.done); err != nil {
		return nil, archive.Signed{}, err
	}
	return b.entries, b.head, nil
}

// encode writes the drafts down, on all cores where there are many.
func (b *batch) encode(log blob.Hash, drafts []record.Draft, clock func() record.Time) error {
	now := clock()
	openings := make([][]record.Opening, len(drafts))
	part := func(from, to int) error {
		for i := from; i < to; i++ {
			line, err := drafts[i].Encode(log, now)
			if err != nil {
				return err
			}
			b.entries[i] = archive.Entry{In: log, Hash: record.Hash(line.Text), Text: line.Text, Entry: line.Entry}
			openings[i] = line.Openings
		}
		return nil
	}
	const each = 64
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(drafts); from += each {
		if len(drafts) <= each {
			if err := part(0, len(drafts)); err != nil {
				return err
			}
			break
		}
		g.Go(func() error { return part(from, min(from+each, len(drafts))) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.openings = slices.Concat(openings...)
	return nil
}
