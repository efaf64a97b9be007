package archive

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Order says from which end a history is read.
type Order int

// The orders.
const (
	OldestFirst Order = iota
	NewestFirst
)

// joined ends the reading of rows.
func joined(err error, rows *sql.Rows) error {
	return errors.Join(err, failed(rows.Err()), rows.Close())
}

// places gives the places at which a key is found, in the order of logs and entries, and the logs by number.
func (a *Archive) places(ctx context.Context, key uint64) ([]int64, map[int64]Log, error) {
	a.tail.mu.Lock()
	defer a.tail.mu.Unlock()
	// In this order, so that what goes into a run meanwhile is found twice rather than not at all.
	if err := a.refresh(ctx); err != nil {
		return nil, nil, err
	}
	places, err := a.inRuns(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	logs := map[int64]Log{}
	for n, t := range a.tail.logs {
		logs[n] = t.log
		places = append(places, t.places[key]...)
	}
	return unique(places), logs, nil
}

// inRuns looks a key up in all runs.
func (a *Archive) inRuns(ctx context.Context, key uint64) (places []int64, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT `+text("keys", RunLength*pairSize*(record.MaxSubjects+2))+` FROM (SELECT DISTINCT run FROM runs) JOIN lookup ON shard = run * 256 + ?`, key>>56)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = joined(err, rows) }()
	var keys sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&keys); err != nil {
			return nil, failed(err)
		}
		places = append(places, find(keys, key)...)
	}
	return places, nil
}

// fetchCount is how many entries are read at once.
const fetchCount = 256

// fetch reads the entries at places of one log, in the order of the places. One that is missing or no entry
// is left out: it was an index that led there, and who reads the log is told.
func (a *Archive) fetch(ctx context.Context, log Log, places []int64) (entries []Entry, err error) {
	list, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	rows, err := a.db.QueryContext(ctx, `SELECT place, `+text("text", maxText)+` FROM json_each(?) JOIN entries ON place = value`, string(list))
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = joined(err, rows) }()
	for rows.Next() {
		var place int64
		var text []byte
		if err := rows.Scan(&place, &text); err != nil {
			return nil, failed(err)
		}
		_, index := split(place)
		if e, err := entryOf(log.ID, index, text); err == nil {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Index, b.Index) })
	return entries, nil
}

// Entry is the entry with that hash: a *NotFoundError where there is none.
func (a *Archive) Entry(ctx context.Context, hash blob.Hash) (Entry, error) {
	for e, err := range a.found(ctx, hashKey(hash), OldestFirst, func(e Entry) bool { return e.is(hash) }) {
		return e, err
	}
	return Entry{}, &NotFoundError{"entry " + hash.String()}
}

// History gives the entries about a subject from all logs. Each log's stand in its own order; between logs
// the times that the entries state decide, which are those of their devices' clocks. The error is a *ReadError or
// a *DamagedError.
func (a *Archive) History(ctx context.Context, subject string, order Order) iter.Seq2[Entry, error] {
	return a.found(ctx, subjectKey(subject), order, func(e Entry) bool { return e.has(subject) })
}

// OfKind gives the entries of a kind from all logs, ordered like a History.
func (a *Archive) OfKind(ctx context.Context, kind record.Kind, order Order) iter.Seq2[Entry, error] {
	return a.found(ctx, kindKey(kind), order, func(e Entry) bool { return e.Kind == kind })
}

// stream is what is found of one log, read in pieces.
type stream struct {
	log     Log
	places  []int64
	entries []Entry
}

// fill reads on until the stream has an entry that is wanted, or ends.
func (a *Archive) fill(ctx context.Context, s *stream, order Order, wanted func(Entry) bool) error {
	for len(s.entries) == 0 && len(s.places) > 0 {
		n := min(fetchCount, len(s.places))
		part := s.places[:n]
		if order == NewestFirst {
			part = s.places[len(s.places)-n:]
			s.places = s.places[:len(s.places)-n]
		} else {
			s.places = s.places[n:]
		}
		entries, err := a.fetch(ctx, s.log, part)
		if err != nil {
			return err
		}
		s.entries = slices.DeleteFunc(entries, func(e Entry) bool { return !wanted(e) })
		if order == NewestFirst {
			slices.Reverse(s.entries)
		}
	}
	return nil
}

func (a *Archive) found(ctx context.Context, key uint64, order Order, wanted func(Entry) bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		places, logs, err := a.places(ctx, key)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		byLog := map[int64]*stream{}
		for _, p := range places {
			n, _ := split(p)
			if byLog[n] == nil {
				byLog[n] = &stream{log: logs[n]}
			}
			byLog[n].places = append(byLog[n].places, p)
		}
		var streams []*stream
		for _, n := range slices.Sorted(maps.Keys(byLog)) {
			streams = append(streams, byLog[n])
		}
		for {
			var best *stream
			for _, s := range streams {
				if err := a.fill(ctx, s, order, wanted); err != nil {
					yield(Entry{}, err)
					return
				}
				if len(s.entries) > 0 && (best == nil || before(s.entries[0], best.entries[0], order)) {
					best = s
				}
			}
			if best == nil || !yield(best.entries[0], nil) {
				return
			}
			best.entries = best.entries[1:]
		}
	}
}

// before orders the next entries of two logs.
func before(a, b Entry, order Order) bool {
	if order == NewestFirst {
		a, b = b, a
	}
	return a.Time.At.Before(b.Time.At)
}

// Roots lists the newest saved states of one sort, patterns or collections, in the order of their ids. A removed one
// is among them. The entry of each is State's.
func (a *Archive) Roots(ctx context.Context, of string) ([]Root, error) {
	a.tail.mu.Lock()
	defer a.tail.mu.Unlock()
	if err := a.refresh(ctx); err != nil {
		return nil, err
	}
	newest, err := a.savedRoots(ctx, of)
	if err != nil {
		return nil, err
	}
	for _, t := range a.tail.logs {
		for _, r := range t.roots {
			if old, ok := newest[r.ID]; r.Of == of && (!ok || r.after(old)) {
				newest[r.ID] = r
			}
		}
	}
	roots := make([]Root, 0, len(newest))
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		roots = append(roots, newest[id])
	}
	return roots, nil
}

func (a *Archive) savedRoots(ctx context.Context, of string) (newest map[string]Root, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT `+text("id", maxText)+`, revision, at, place FROM roots WHERE kind = ?`, of)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = joined(err, rows) }()
	newest = map[string]Root{}
	for rows.Next() {
		r := Root{Of: of}
		if err := rows.Scan(&r.ID, &r.Revision, &r.At, &r.Place); err != nil {
			return nil, failed(err)
		}
		newest[r.ID] = r
	}
	return newest, nil
}

// State is the entry that saved a root, and what it says. The error is a *DamagedError where the
// index led to something else.
func (a *Archive) State(ctx context.Context, r Root) (Entry, *record.Saved, error) {
	n, index := split(r.Place)
	logs, err := a.logs(ctx, `number = ?`, n)
	if err != nil {
		return Entry{}, nil, err
	}
	if len(logs) == 0 {
		return Entry{}, nil, &NotFoundError{fmt.Sprintf("log number %d", n)}
	}
	e, err := a.At(ctx, logs[0], index)
	if err != nil {
		return Entry{}, nil, err
	}
	body, err := e.Decode()
	if err != nil {
		return Entry{}, nil, &DamagedError{e.In, index, err}
	}
	saved, ok := body.(*record.Saved)
	if !ok || saved.ID != r.ID || saved.Of != r.Of || saved.Revision != r.Revision {
		return Entry{}, nil, &DamagedError{e.In, index, fmt.Errorf("the index of roots says that it saves %s; rebuild the indexes", r.ID)}
	}
	return e, saved, nil
}
