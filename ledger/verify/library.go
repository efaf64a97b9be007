package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Library judges a ledger. What is wrong with it is in the verdict; the error is that of
// reading it, or of ctx.
func Library(ctx context.Context, src Source, o Options) (*Verdict, error) {
	j := &judge{src: src, o: o, v: &Verdict{Library: o.Library}, logs: map[blob.Hash]*log{}, used: NewUses()}
	ids, err := src.Logs(ctx)
	var damaged *archive.DamagedError
	if errors.As(err, &damaged) {
		// Nothing can be said of a ledger whose logs have lost their names.
		j.problem(LogMalformed, damaged.Log, damaged.Index, "%v", damaged.Err)
		return j.v, nil
	}
	if err != nil {
		return nil, err
	}
	// The order of a verdict is that of the ids, however the ledger was read.
	slices.SortFunc(ids, func(a, b blob.Hash) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		if err := j.begin(ctx, id); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		if err := j.log(ctx, id); err != nil {
			return nil, err
		}
	}
	j.epochs()
	j.people()
	j.elsewhere()
	j.cosigned()
	if err := j.openings(ctx); err != nil {
		return nil, err
	}
	if err := j.contents(ctx); err != nil {
		return nil, err
	}
	for _, id := range ids {
		j.v.Logs = append(j.v.Logs, j.logs[id].Log)
	}
	return j.v, nil
}

// judge is one verdict on its way.
type judge struct {
	src  Source
	o    Options
	v    *Verdict
	logs map[blob.Hash]*log
	said []said
	used *Uses
}

// log is a log with what is needed of it later.
type log struct {
	Log
	first *record.Log
	marks map[int64]mark // at the sizes that somebody speaks of
	heads []head
	clock clock
	// cosigned says that a witness who is known saw it.
	cosigned bool
}

// mark is a log as it was at a size.
type mark struct {
	root  blob.Hash
	clock clock
}

type head struct {
	tree.Head
	note []byte
}

// ask wants to know the root of a size.
func (l *log) ask(size int64) {
	if _, asked := l.marks[size]; !asked {
		l.marks[size] = mark{}
	}
}

// begin reads the first entry of a log, which may speak of a head of another log.
func (j *judge) begin(ctx context.Context, id blob.Hash) error {
	l := j.of(id)
	for text, err := range j.src.Texts(ctx, id) {
		if err != nil {
			break // whoever reads it all tells
		}
		one := parse([][]byte{text})[0]
		if first, ok := one.body.(*record.Log); ok && one.hash == l.ID && first.Previous != nil {
			j.of(first.Previous.Log).ask(first.Previous.Size)
		}
		break
	}
	return nil
}

// of is the log with that id; one that is not there has no entries.
func (j *judge) of(id blob.Hash) *log {
	if j.logs[id] == nil {
		j.logs[id] = &log{Log: Log{ID: id}, marks: map[int64]mark{0: {root: blob.Of(nil)}}}
	}
	return j.logs[id]
}

func (j *judge) problem(c Code, log blob.Hash, index int64, format string, a ...any) {
	j.v.Problems = append(j.v.Problems, Problem{c, log, index, fmt.Sprintf(format, a...)})
}

// log reads one log whole: the heads first, so that the tree can be compared with them
// at their sizes while it is built.
func (j *judge) log(ctx context.Context, id blob.Hash) error {
	l := j.of(id)
	for note, err := range j.src.Heads(ctx, id) {
		if err != nil {
			return err
		}
		j.v.Heads++
		h, err := tree.Read(note)
		if err == nil && h.Origin != tree.Origin(id) {
			err = fmt.Errorf("it is one of %s", h.Origin)
		}
		if err != nil {
			j.problem(HeadMalformed, id, -1, "%v", err)
			continue
		}
		l.heads = append(l.heads, head{h, note})
		l.ask(h.Size)
	}
	for _, note := range j.o.Heads {
		if h, err := tree.Read(note); err == nil && h.Origin == tree.Origin(id) {
			l.ask(h.Size)
		}
	}
	if err := j.entries(ctx, l); err != nil {
		return err
	}
	if err := j.signatures(ctx, l); err != nil {
		return err
	}
	return j.stamps(ctx, l)
}

// part is a run of entries that is parsed and hashed beside others.
type part struct {
	from   int64
	texts  [][]byte
	parsed chan []parsed
}

type parsed struct {
	entry record.Entry
	body  record.Body
	hash  blob.Hash
	err   error
}

const partSize = 512

// entries reads the entries on all cores and puts them in order again.
func (j *judge) entries(ctx context.Context, l *log) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *part), make(chan *part, 4*workers)
	for range workers {
		go func() {
			for p := range work {
				p.parsed <- parse(p.texts)
			}
		}()
	}
	var reading error
	go func() {
		defer close(order)
		defer close(work)
		reading = read(ctx, j.src, l.ID, work, order)
	}()
	var edge tree.Edge
	for p := range order {
		for i, one := range <-p.parsed {
			index := p.from + int64(i)
			j.entry(l, index, one)
			edge.Append(one.hash, nil)
			l.Size = edge.Size()
			if _, asked := l.marks[l.Size]; asked {
				l.marks[l.Size] = mark{edge.Root(), l.clock}
			}
		}
		j.v.Entries += int64(len(p.texts))
		if j.o.Progress != nil {
			j.o.Progress(j.v.Entries)
		}
	}
	l.Root = edge.Root()
	var gap *GapError
	if errors.As(reading, &gap) {
		j.problem(EntryMissing, l.ID, gap.Index, "it is missing, and others stand behind it; they were not looked at")
	} else if reading != nil {
		return reading
	}
	j.clockBack(l)
	if l.Size == 0 {
		j.problem(LogMalformed, l.ID, -1, "it has no entries")
	}
	return nil
}

// read cuts a log into parts.
func read(ctx context.Context, src Source, id blob.Hash, work, order chan<- *part) error {
	p := &part{parsed: make(chan []parsed, 1)}
	send := func() error {
		for _, to := range []chan<- *part{order, work} {
			select {
			case to <- p:
			case <-ctx.Done():
				// Whoever took the part from order waits for it.
				p.parsed <- nil
				return ctx.Err()
			}
		}
		p = &part{from: p.from + int64(len(p.texts)), parsed: make(chan []parsed, 1)}
		return nil
	}
	var ended error
	for text, err := range src.Texts(ctx, id) {
		var gap *GapError
		if errors.As(err, &gap) {
			ended = err
			break
		}
		if err != nil {
			return err
		}
		if p.texts = append(p.texts, text); len(p.texts) == partSize {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(p.texts) > 0 {
		if err := send(); err != nil {
			return err
		}
	}
	return errors.Join(ended, ctx.Err())
}

func parse(texts [][]byte) []parsed {
	out := make([]parsed, len(texts))
	for i, text := range texts {
		p := &out[i]
		p.hash = record.Hash(text)
		if p.entry, p.err = record.Parse(text); p.err == nil {
			p.body, p.err = p.entry.Decode()
		}
	}
	return out
}

// entry judges one entry by itself.
func (j *judge) entry(l *log, index int64, p parsed) {
	if index == 0 {
		j.first(l, p)
		return
	}
	if p.err != nil {
		j.problem(EntryMalformed, l.ID, index, "%v", p.err)
		return
	}
	if p.entry.Log != l.ID {
		j.problem(EntryForeign, l.ID, index, "it belongs to the log %v", p.entry.Log)
		return
	}
	l.Last = p.entry.Time
	l.clock.add(index, p.entry.Time.At)
	if l.first != nil {
		j.statement(l, index, p.entry.Time, p.body)
		j.used.Add(p.body)
	}
}

// first judges the entry that makes a log.
func (j *judge) first(l *log, p parsed) {
	body, ok := p.body.(*record.Log)
	switch {
	case p.err != nil:
		j.problem(LogMalformed, l.ID, 0, "%v", p.err)
		return
	case !ok:
		j.problem(LogMalformed, l.ID, 0, "its first entry is a %s", p.entry.Kind)
		return
	case p.hash != l.ID:
		j.problem(LogMalformed, l.ID, 0, "its first entry is that of the log %v", p.hash)
		return
	}
	l.Author, l.Device, l.Epoch = body.Author, body.Device, body.Epoch
	l.First, l.Last = p.entry.Time, p.entry.Time
	l.clock.add(0, p.entry.Time.At)
	if j.v.Library == "" {
		j.v.Library = body.Library
	}
	if body.Library != j.v.Library {
		// Nothing that it says is about this library.
		j.problem(LogForeign, l.ID, 0, "it is one of the library %s, not of %s", body.Library, j.v.Library)
		return
	}
	l.first = body
}

// saw keeps the word that says most: the largest size of each, first said.
func (l *log) saw(s Seen) {
	for i, old := range l.Seen {
		if old.By == s.By {
			if s.Size > old.Size || s.Size == old.Size && s.At.Before(old.At) {
				l.Seen[i] = s
			}
			return
		}
	}
	l.Seen = append(l.Seen, s)
}

// epochs compares the logs with each other.
func (j *judge) epochs() {
	type place struct {
		author, device string
		epoch          int
	}
	at := map[place]blob.Hash{}
	for _, l := range j.inOrder() {
		if l.first == nil {
			continue
		}
		p := place{l.Author, l.Device, l.Epoch}
		if other, twice := at[p]; twice {
			j.problem(LogRepeated, l.ID, 0, "the epoch %d of this author and device is also that of the log %v", l.Epoch, other)
		}
		at[p] = l.ID
		if prev := l.first.Previous; prev != nil {
			before := j.logs[prev.Log]
			switch {
			case before.Size == 0:
				// It may have stayed where the back-up was taken.
			case prev.Size > before.Size:
				j.problem(RolledBack, prev.Log, -1, "a later log goes on from a head of %d entries, and %d are there", prev.Size, before.Size)
			case before.marks[prev.Size].root != prev.Root:
				j.problem(LogPrevious, l.ID, 0, "it goes on from a head of %d entries of %v that is not that of the entries", prev.Size, prev.Log)
			}
		}
	}
}

func (j *judge) inOrder() []*log {
	var all []*log
	for _, l := range j.logs {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *log) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return all
}

func (j *judge) openings(ctx context.Context) error {
	for o, err := range j.src.Openings(ctx) {
		var wrong *record.OpeningError
		if err == nil {
			err = o.Check()
		}
		if errors.As(err, &wrong) {
			j.problem(OpeningMismatch, blob.Hash{}, -1, "%v", err)
			continue
		}
		if err != nil {
			return err
		}
		j.v.Openings++
	}
	return nil
}

// contents looks for what entries name.
func (j *judge) contents(ctx context.Context) error {
	if j.o.Contents == nil {
		return nil
	}
	for _, h := range uses(j.used.Live()).list() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !j.o.Contents.Has(h) && j.used.Erased(h) {
			j.v.Remarks = append(j.v.Remarks, Problem{BlobErased, blob.Hash{}, -1, fmt.Sprintf("%v was erased, and an entry says so", h)})
			continue
		}
		if !j.o.Contents.Has(h) {
			j.problem(BlobMissing, blob.Hash{}, -1, "%v is in use and not there", h)
			continue
		}
		if !j.o.Deep {
			continue
		}
		err := j.o.Contents.Verify(ctx, h)
		var damaged *blob.DamagedError
		switch {
		case errors.As(err, &damaged):
			j.problem(BlobDamaged, blob.Hash{}, -1, "%v", err)
		case err != nil:
			return err
		}
	}
	return nil
}
