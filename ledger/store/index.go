package store

import (
	"context"
	"maps"
	"slices"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// loadTail indexes in memory what stands in no run.
func (p *pen) loadTail(ctx context.Context, a *archive.Archive) error {
	run, spans, err := a.Unindexed(ctx)
	if err != nil {
		return err
	}
	p.tail, p.spans = run, map[int64]archive.Span{}
	for _, s := range spans {
		p.spans[s.Log] = s
	}
	return nil
}

// noted is what was committed and is indexed when a run is due, rather than while its caller waits.
type noted struct {
	log     int64
	entries []archive.Entry
}

// note keeps what was committed for the tail; the caller's own list is his.
func (p *pen) note(log int64, entries []archive.Entry) {
	p.noted = append(p.noted, noted{log, slices.Clone(entries)})
	p.notedCount += len(entries)
	s, ok := p.spans[log]
	if !ok {
		s = archive.Span{Log: log, Since: entries[0].Index}
	}
	s.Until = entries[len(entries)-1].Index + 1
	p.spans[log] = s
}

// due says whether there is enough for a run.
func (p *pen) due() bool { return p.tail.Size()+p.notedCount >= archive.RunLength }

// fold writes the next run once there is enough for one. It loses nothing when it fails: what is in no
// run is found in the entries.
func (s *Store) fold(ctx context.Context) error {
	p := s.pen
	if !p.due() {
		return nil
	}
	for _, n := range p.noted {
		for _, e := range n.entries {
			p.tail.Add(n.log, e)
		}
	}
	p.noted, p.notedCount = nil, 0
	for {
		same := false
		err := p.transact(ctx, func() error {
			spans, err := p.unindexed(ctx)
			if err != nil {
				return err
			}
			// Another program may have written, or a damaged entry been left out.
			if same = maps.Equal(spans, p.spans); !same {
				return nil
			}
			return p.putRun(ctx, slices.SortedFunc(maps.Values(spans), bySpan), p.tail)
		})
		if err != nil {
			return err
		}
		if same {
			p.tail, p.spans = &archive.Run{}, map[int64]archive.Span{}
			return nil
		}
		if err := p.loadTail(ctx, s.archive); err != nil {
			return err
		}
	}
}

func bySpan(a, b archive.Span) int { return int(a.Log - b.Log) }

func (p *pen) unindexed(ctx context.Context) (map[int64]archive.Span, error) {
	rows, err := p.sizes.QueryContext(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		// What is wrong with the rows was told as their error.
		_ = rows.Close()
	}()
	spans := map[int64]archive.Span{}
	for rows.Next() {
		var s archive.Span
		if err := rows.Scan(&s.Log, &s.Since, &s.Until); err != nil {
			return nil, err
		}
		if s.Until > s.Since {
			spans[s.Log] = s
		}
	}
	return spans, rows.Err()
}

// putRun writes a new run.
func (p *pen) putRun(ctx context.Context, spans []archive.Span, run *archive.Run) error {
	var number int64
	if err := p.nextRun.QueryRowContext(ctx).Scan(&number); err != nil {
		return err
	}
	for _, s := range spans {
		if _, err := p.run.ExecContext(ctx, number, s.Log, s.Since, s.Until); err != nil {
			return err
		}
	}
	return p.putIndex(ctx, number, run)
}

// putIndex writes what a run finds.
func (p *pen) putIndex(ctx context.Context, number int64, run *archive.Run) error {
	for s := range run.Shards(number) {
		if _, err := p.shard.ExecContext(ctx, s.Key, s.Keys); err != nil {
			return err
		}
	}
	for r := range run.Roots() {
		if _, err := p.root.ExecContext(ctx, r.Of, r.ID, r.Revision, r.At, r.Place); err != nil {
			return err
		}
	}
	return nil
}

// Reindex drops the indexes and makes them again from the entries, to the same bytes. Nothing is written
// meanwhile; reading goes on and sees the old ones until the new ones are there. The error is a
// *WriteError or an *archive.ReadError.
func (s *Store) Reindex(ctx context.Context) error {
	return s.do(ctx, func(ctx context.Context) error {
		logs, err := s.archive.Logs(ctx)
		if err != nil {
			return err
		}
		runs, err := s.archive.Runs(ctx)
		if err != nil {
			return err
		}
		err = s.pen.transact(ctx, func() error {
			// A table that is damaged inside can be dropped, but not emptied.
			for _, t := range archive.Tables() {
				if !t.Index {
					continue
				}
				for _, q := range []string{`DROP TABLE ` + t.Name, t.SQL} {
					if _, err := s.pen.conn.ExecContext(ctx, q); err != nil {
						return err
					}
				}
			}
			for _, l := range logs {
				if err := s.retile(ctx, l); err != nil {
					return err
				}
			}
			for _, number := range slices.Sorted(maps.Keys(runs)) {
				run, err := s.archive.Index(ctx, runs[number])
				if err != nil {
					return err
				}
				if err := s.pen.putIndex(ctx, number, run); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return &WriteError{s.path, err}
		}
		return nil
	})
}

func (s *Store) retile(ctx context.Context, l archive.Log) error {
	var edge tree.Edge
	var full []tree.Full
	for raw, err := range s.archive.Raw(ctx, l, 0, l.Size) {
		if err != nil {
			return err
		}
		if raw.Index != edge.Size() {
			break // what follows a gap is in no tree
		}
		edge.Append(record.Hash(raw.Text), func(t tree.Full) { full = append(full, t) })
		for _, t := range full {
			if err := s.pen.putTile(ctx, l.Number, t); err != nil {
				return err
			}
		}
		full = full[:0]
	}
	return nil
}
