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

// request is what is asked of whoever has the turn to write.
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

// open says whether something may still be asked for.
func (s *Store) open(ctx context.Context) error {
	if s.options.ReadOnly {
		return &ReadOnlyError{s.path}
	}
	select {
	case <-s.closing:
		return &ClosedError{"the library is closed"}
	default:
		return ctx.Err()
	}
}

// hand has a request served, and waits for what is answered. Who finds nobody writing and nobody waiting takes the turn
// and writes himself: to wake the writer up and to be woken up again would take him as long as the signature does.
// Whoever comes meanwhile waits, for one commit together.
func (s *Store) hand(ctx context.Context, r request, done chan error) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	if len(s.requests) == 0 {
		select {
		case s.turn <- struct{}{}:
			s.serve(context.Background(), r)
			s.foldLater()
			<-s.turn
			return <-done
		default:
		}
	}
	if err := s.ask(ctx, r); err != nil {
		return err
	}
	return s.answer(done)
}

// ask leaves a request for the writer. After it returns nil the request will be answered.
func (s *Store) ask(ctx context.Context, r request) error {
	if err := s.open(ctx); err != nil {
		return err
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

// do runs something that has the turn to write.
func (s *Store) do(ctx context.Context, run func(context.Context) error) error {
	j := &job{ctx, run, make(chan error, 1)}
	return s.hand(ctx, j, j.done)
}

// write is the writer's goroutine: it serves who had to wait.
func (s *Store) write() {
	defer close(s.stopped)
	ctx := context.Background()
	serve := func(r request) {
		s.turn <- struct{}{}
		s.serve(ctx, r)
		// Whoever waited has his answer. A run that cannot be written now is written later.
		_ = s.fold(ctx)
		<-s.turn
	}
	for {
		select {
		case r := <-s.requests:
			serve(r)
		case <-s.closing:
			// Who was let in before is served.
			for {
				select {
				case r := <-s.requests:
					serve(r)
				default:
					// This turn is the last one.
					s.turn <- struct{}{}
					return
				}
			}
		}
	}
}

// foldLater leaves a run that is due to the writer, so that no caller waits for it.
func (s *Store) foldLater() {
	if !s.pen.due() {
		return
	}
	select {
	case s.requests <- &job{context.Background(), s.fold, make(chan error, 1)}:
	default: // others wait, and the writer looks after it behind them
	}
}

// serve takes what waits together. Whoever calls it has the turn.
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

// grown is what a log grows by. Its edge is the log's own: where the commit fails the log is stale, and read anew.
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
			logs[b.log] = &grown{edge: b.log.edge}
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
