package archive

import (
	"context"
	"sync"
)

// tail is the index of the entries that stand in no run yet, in memory. Entries only come
// to it and runs only take from it, so that it is read on from where it was.
type tail struct {
	mu   sync.Mutex
	logs map[int64]*tailLog
}

type tailLog struct {
	log         Log
	since, upTo int64 // indices that it covers
	places      map[uint64][]int64
	roots       map[rootKey]Root
}

// refresh reads what came since the last time. Its caller holds the lock.
func (a *Archive) refresh(ctx context.Context) error {
	logs, err := a.Logs(ctx)
	if err != nil {
		return err
	}
	until, err := a.indexed(ctx)
	if err != nil {
		return err
	}
	if a.tail.logs == nil {
		a.tail.logs = map[int64]*tailLog{}
	}
	for _, l := range logs {
		t := a.tail.logs[l.Number]
		if t == nil || t.since != until[l.Number] {
			t = &tailLog{since: until[l.Number], upTo: until[l.Number], places: map[uint64][]int64{}, roots: map[rootKey]Root{}}
			a.tail.logs[l.Number] = t
		}
		t.log = l
		for raw, err := range a.Raw(ctx, l, t.upTo, l.Size) {
			if err != nil {
				return err
			}
			t.upTo = raw.Index + 1
			e, err := entryOf(l.ID, raw.Index, append([]byte(nil), raw.Text...))
			if err != nil {
				continue // who reads the log is told
			}
			place := Place(l.Number, e.Index)
			for _, k := range keysOf(e) {
				t.places[k] = append(t.places[k], place)
			}
			if root, ok := rootOf(place, e); ok {
				k := rootKey{root.Of, root.ID}
				if old, ok := t.roots[k]; !ok || root.after(old) {
					t.roots[k] = root
				}
			}
		}
	}
	return nil
}

// indexed says up to which index each log stands in runs.
func (a *Archive) indexed(ctx context.Context) (until map[int64]int64, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT log, max(until) FROM runs GROUP BY log`)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = joined(err, rows) }()
	until = map[int64]int64{}
	for rows.Next() {
		var log, upTo int64
		if err := rows.Scan(&log, &upTo); err != nil {
			return nil, failed(err)
		}
		until[log] = upTo
	}
	return until, nil
}

// Span is a stretch of a log.
type Span struct {
	Log          int64 // number
	Since, Until int64 // indices, the last one excluded
}

// Unindexed indexes what stands in no run yet, for who writes the next one. An entry that is damaged is left out.
func (a *Archive) Unindexed(ctx context.Context) (*Run, []Span, error) {
	logs, err := a.Logs(ctx)
	if err != nil {
		return nil, nil, err
	}
	until, err := a.indexed(ctx)
	if err != nil {
		return nil, nil, err
	}
	var spans []Span
	for _, l := range logs {
		if l.Size > until[l.Number] {
			spans = append(spans, Span{l.Number, until[l.Number], l.Size})
		}
	}
	run, err := a.Index(ctx, spans)
	return run, spans, err
}

// Index indexes stretches of logs. An entry that is damaged is left out.
func (a *Archive) Index(ctx context.Context, spans []Span) (*Run, error) {
	run := &Run{}
	for _, s := range spans {
		logs, err := a.logs(ctx, `number = ?`, s.Log)
		if err != nil {
			return nil, err
		}
		for _, l := range logs {
			for raw, err := range a.Raw(ctx, l, s.Since, s.Until) {
				if err != nil {
					return nil, err
				}
				if e, err := entryOf(l.ID, raw.Index, raw.Text); err == nil {
					run.Add(l.Number, e)
				}
			}
		}
	}
	return run, nil
}

// Runs lists the stretches that each run indexes, in the order of the runs.
func (a *Archive) Runs(ctx context.Context) (runs map[int64][]Span, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT run, log, since, until FROM runs ORDER BY run, log`)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = joined(err, rows) }()
	runs = map[int64][]Span{}
	for rows.Next() {
		var run int64
		var s Span
		if err := rows.Scan(&run, &s.Log, &s.Since, &s.Until); err != nil {
			return nil, failed(err)
		}
		runs[run] = append(runs[run], s)
	}
	return runs, nil
}
