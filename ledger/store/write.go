package store

import (
	"context"
	"errors"

	"github.com/mattn/go-sqlite3"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// request is what the writer's goroutine is asked for.
type request interface{ isRequest() }

// batch is what one caller appends.
type batch struct {
	log      *Log
	entries  []archive.Entry // without their places
	openings []record.Opening
	head     archive.Signed
	done     chan error
}

func (*batch) isRequest() {}

// job is anything else that writes.
type job struct {
	ctx  context.Context
	run  func(context.Context) error
	done chan error
}

func (*job) isRequest() {}

// mostTogether bounds how many entries one commit takes from several callers.
const mostTogether = 1 << 14

// ask hands a request to the writer. After it returns nil the request will be answered.
func (s *Store) ask(ctx context.Context, r request) error {
	if s.options.ReadOnly {
		return &ReadOnlyError{s.path}
	}
	select {
	case <-s.closing:
		return &ClosedError{"the library is closed"}
	default:
	}
	select {
	case s.requests <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
		return &ClosedError{"the library is closed"}
	}
}

// answer waits for what was asked. What the writer has begun is not taken back, so that the answer is always the
// truth.
func (s *Store) answer(done chan error) error {
	select {
	case err := <-done:
		return err
	case <-s.stopped:
	}
	select {
	case err := <-done:
		return err
	default:
		return &ClosedError{"the library is closed"}
	}
}

// do runs something in the writer's goroutine.
func (s *Store) do(ctx context.Context, run func(context.Context) error) error {
	j := &job{ctx, run, make(chan error, 1)}
	if err := s.ask(ctx, j); err != nil {
		return err
	}
	return s.answer(j.done)
}

// write is the writer's goroutine.
func (s *Store) write() {
	defer close(s.stopped)
	ctx := context.Background()
	for {
		select {
		case r := <-s.requests:
			s.serve(ctx, r)
		case <-s.closing:
			// Who was let in before is served.
			for {
				select {
				case r := <-s.requests:
					s.serve(ctx, r)
				default:
					return
				}
			}
		}
	}
}

// serve takes what waits together.
func (s *Store) serve(ctx context.Context, r request) {
	for r != nil {
		var group []*batch
		n := 0
		for {
			b, ok := r.(*batch)
			if !ok {
				break
			}
			group = append(group, b)
			if n += len(b.entries); n >= mostTogether {
				r = nil
				break
			}
			select {
			case r = <-s.requests:
				continue
			default:
				r = nil
			}
			break
		}
		if len(group) > 0 {
			s.commit(ctx, group)
		}
		if j, ok := r.(*job); ok {
			j.done <- j.run(j.ctx)
			r = nil
		}
	}
	// Whoever waited has his answer. A run that cannot be written now is written later.
	if err := s.fold(ctx); err != nil {
		return
	}
}

// commit writes what several callers brought, and answers each. What one of them brought may be
// what cannot be written: then each is tried by himself.
func (s *Store) commit(ctx context.Context, group []*batch) {
	err := s.commitAll(ctx, group)
	if err != nil && len(group) > 1 {
		for _, b := range group {
			s.commit(ctx, []*batch{b})
		}
		return
	}
	for _, b := range group {
		b.done <- err
	}
}

// grown is a log as it will be.
type grown struct {
	edge    *tree.Edge
	entries []archive.Entry
	head    archive.Signed
}

func (s *Store) commitAll(ctx context.Context, group []*batch) error {
	logs := map[*Log]*grown{}
	var order []*Log
	for _, b := range group {
		if err := s.ready(ctx, b.log); err != nil {
			return err
		}
		if logs[b.log] == nil {
			logs[b.log] = &grown{edge: b.log.edge.Clone()}
			order = append(order, b.log)
		}
	}
	err := s.pen.transact(ctx, func() error {
		for _, b := range group {
			g := logs[b.log]
			for i := range b.entries {
				b.entries[i].Index = g.edge.Size()
				var full []tree.Full
				g.edge.Append(b.entries[i].Hash, func(t tree.Full) { full = append(full, t) })
				for _, t := range full {
					if err := s.pen.putTile(ctx, b.log.number, t); err != nil {
						return err
					}
				}
			}
			g.entries = append(g.entries, b.entries...)
			if err := s.pen.putEntries(ctx, b.log.number, b.entries); err != nil {
				return err
			}
			if err := s.pen.putOpenings(ctx, b.openings); err != nil {
				return err
			}
		}
		for _, l := range order {
			if err := s.sign(ctx, l, logs[l]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, l := range order {
			l.stale = true
		}
		return s.writeError(order[0].ID(), err)
	}
	for l, g := range logs {
		l.edge = g.edge
		l.last = l.ref(g.head.Head)
		l.noted = false
		s.pen.note(l.number, g.entries)
		// What fails here is tried again, and told, before the next commit.
		if err := s.mark(ctx, l); err == nil {
			l.noted = true
		}
	}
	for _, b := range group {
		b.head = logs[b.log].head
	}
	return nil
}

// sign ends what a log has grown by with its head.
func (s *Store) sign(ctx context.Context, l *Log, g *grown) error {
	h := tree.Head{Origin: l.origin, Size: g.edge.Size(), Root: g.edge.Root(), Time: s.options.Clock()}
	if h.Size > archive.MaxSize {
		return &ClosedError{"the log is full; begin a new epoch"}
	}
	note, err := h.Sign(l.signer)
	if err != nil {
		return err
	}
	g.head = archive.Signed{Head: h, Note: note}
	_, err = s.pen.head.ExecContext(ctx, archive.Place(l.number, h.Size), note)
	return err
}

// writeError says what a failed commit means to the caller.
func (s *Store) writeError(log blob.Hash, err error) error {
	var q sqlite3.Error
	if errors.As(err, &q) && q.Code == sqlite3.ErrConstraint {
		return &ConflictError{log}
	}
	var head *tree.HeadError
	var closed *ClosedError
	if errors.As(err, &head) || errors.As(err, &closed) {
		return err
	}
	return &WriteError{s.path, err}
}
