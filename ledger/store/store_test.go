package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

func TestWhatIsAppendedIsThere(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	var want []archive.Entry
	for i := range 3 {
		entries, head := appendTo(t, l, edit("p", i), saved(t, "p", "Scallops", i+1))
		want = append(want, entries...)
		if head.Size != int64(3+2*i) || entries[1].Index != head.Size-1 {
			t.Errorf("batch %d ends at %d, its head at %d", i, entries[1].Index, head.Size)
		}
	}
	check := func(a *archive.Archive) {
		t.Helper()
		got := verify(t, a, "desk")[l.ID()]
		if len(got) != 7 {
			t.Fatalf("there are %d entries", len(got))
		}
		for i, e := range got[1:] {
			if e.Hash != want[i].Hash || e.Index != want[i].Index || string(e.Text) != string(want[i].Text) {
				t.Errorf("entry %d is another", i)
			}
			again, err := a.Entry(t.Context(), e.Hash)
			if err != nil || again.Index != e.Index {
				t.Errorf("entry %d is not found by its hash: %v", i, err)
			}
		}
		roots, err := a.Roots(t.Context(), "pattern")
		if err != nil || len(roots) != 1 || roots[0].Revision != 3 {
			t.Fatalf("%+v, %v", roots, err)
		}
		_, state, err := a.State(t.Context(), roots[0])
		if err != nil {
			t.Fatal(err)
		}
		if o, err := a.Opening(t.Context(), state.Name.Commitment); err != nil || o.Text() != "Scallops" {
			t.Errorf("%+v, %v", o, err)
		}
	}
	check(s.Archive())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// One file is the ledger: a write-ahead log that stays behind would be read into whatever is put in its place.
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("closing leaves %v, %v", left, err)
	}
	check(open(t, Options{Dir: dir, ReadOnly: true}).Archive())
	s = open(t, Options{Dir: dir})
	check(s.Archive())
	again := begin(t, s, "desk")
	if again.ID() != l.ID() {
		t.Error("another log is begun where one could be gone on with")
	}
	appendTo(t, again, edit("p", 9))
	verify(t, s.Archive(), "desk")
}

// All who wait get into the next commit together, and each finds his own entries together.
func TestManyAppendAtOnce(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	logs := []*Log{begin(t, s, "desk"), begin(t, s, "laptop")}
	var wg sync.WaitGroup
	for c := range 16 {
		wg.Go(func() {
			l := logs[c%2]
			for i := range 30 {
				n := 1 + (c+i)%4
				drafts := make([]record.Draft, n)
				for j := range drafts {
					drafts[j] = edit(fmt.Sprint("caller", c), 10*i+j)
				}
				entries, head, err := l.Append(context.Background(), drafts...)
				if err != nil {
					t.Error(err)
					return
				}
				for j, e := range entries {
					if e.Index != entries[0].Index+int64(j) || e.Index >= head.Size {
						t.Errorf("entry %d of %d stands at %d, the first at %d, the head at %d", j, n, e.Index, entries[0].Index, head.Size)
					}
				}
			}
		})
	}
	wg.Wait()
	all := verify(t, s.Archive(), "desk", "laptop")
	logsThere, err := s.Archive().Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	heads := 0
	for _, l := range logsThere {
		for range s.Archive().Heads(t.Context(), l) {
			heads++
		}
	}
	if heads >= 16*30 {
		t.Errorf("%d heads for %d calls: nobody was joined", heads, 16*30)
	}
	for c := range 16 {
		n := 0
		for e, err := range s.Archive().History(t.Context(), fmt.Sprint("caller", c), archive.OldestFirst) {
			if err != nil {
				t.Fatal(err)
			}
			if e.In != logs[c%2].ID() {
				t.Error("an entry is in another log")
			}
			n++
		}
		if n < 70 {
			t.Errorf("caller %d has %d entries", c, n)
		}
	}
	if len(all[logs[0].ID()])+len(all[logs[1].ID()]) != 2+16*75 {
		t.Errorf("%d and %d entries", len(all[logs[0].ID()]), len(all[logs[1].ID()]))
	}
}

// A draft that cannot be written takes the others of its call with it, and nobody else's.
func TestACallIsAllOrNothing(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	l := begin(t, s, "desk")
	var refused *record.EntryError
	_, _, err := l.Append(t.Context(), edit("p", 0), record.Draft{Subjects: []string{""}, Body: &record.Note{}}, edit("p", 1))
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if _, head := appendTo(t, l, edit("p", 0)); head.Size != 2 {
		t.Errorf("the head has %d entries", head.Size)
	}
	verify(t, s.Archive(), "desk")
}

func TestAContextThatEndedWritesNothing(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	l := begin(t, s, "desk")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		_, _, err := l.Append(ctx, edit("p", 0))
		if err == nil {
			continue // it was taken up first: then it is written
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	verify(t, s.Archive(), "desk")
}

func TestAfterCloseNothingIsTaken(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	l := begin(t, s, "desk")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var closed *ClosedError
	if _, _, err := l.Append(t.Context(), edit("p", 0)); !errors.As(err, &closed) {
		t.Error(err)
	}
	if _, err := s.Begin(t.Context(), owner("desk")); !errors.As(err, &closed) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhoReadsCannotWrite(t *testing.T) {
	dir := t.TempDir()
	begin(t, open(t, Options{Dir: dir}), "desk")
	s := open(t, Options{Dir: dir, ReadOnly: true})
	var refused *ReadOnlyError
	if _, err := s.Begin(t.Context(), owner("desk")); !errors.As(err, &refused) {
		t.Error(err)
	}
	if err := s.Reindex(t.Context()); !errors.As(err, &refused) {
		t.Error(err)
	}
	var missing *OpenError
	if _, err := Open(t.Context(), Options{Dir: t.TempDir(), ReadOnly: true}); !errors.As(err, &missing) {
		t.Errorf("a ledger that is not there: %v", err)
	}
}

// Two programs that write one log do not fork it: the second is told.
func TestASecondWriterIsFound(t *testing.T) {
	dir := t.TempDir()
	one, two := open(t, Options{Dir: dir}), open(t, Options{Dir: dir})
	first, second := begin(t, one, "desk"), begin(t, two, "desk")
	if first.ID() != second.ID() {
		t.Fatal("two logs of one device")
	}
	appendTo(t, first, edit("p", 0))
	var conflict *ConflictError
	if _, _, err := second.Append(t.Context(), edit("p", 1)); !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	// What was read again goes on.
	appendTo(t, second, edit("p", 1))
	if _, _, err := first.Append(t.Context(), edit("p", 2)); !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	if got := verify(t, one.Archive(), "desk")[first.ID()]; len(got) != 3 {
		t.Errorf("%d entries", len(got))
	}
	// Two logs of two programs do not disturb one another.
	laptop := begin(t, two, "laptop")
	for i := range 50 {
		appendTo(t, laptop, edit("q", i))
	}
	verify(t, one.Archive(), "desk", "laptop")
}

func TestASignerOfAnotherKeyIsRefused(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	o := owner("desk")
	o.Key = public("another")
	var refused *tree.HeadError
	if _, err := s.Begin(t.Context(), o); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if logs, err := s.Archive().Logs(t.Context()); err != nil || len(logs) != 0 {
		t.Errorf("%+v, %v", logs, err)
	}
}

// The order of a history between logs is that of the stated times, and within each its own, even where
// a clock went back.
func TestHistoriesOfSeveralLogs(t *testing.T) {
	start := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	now := start
	s := open(t, Options{Dir: t.TempDir(), Clock: func() record.Time { return record.Time{At: now, Clock: record.LocalClock} }})
	logs := map[string]*Log{"desk": begin(t, s, "desk"), "laptop": begin(t, s, "laptop")}
	var want []blob.Hash
	for i, step := range []struct {
		log string
		at  int // minutes
	}{{"desk", 1}, {"laptop", 2}, {"laptop", 3}, {"desk", 4}, {"laptop", 5}} {
		now = start.Add(time.Duration(step.at) * time.Minute)
		entries, _ := appendTo(t, logs[step.log], edit("p", i), edit("other", i))
		want = append(want, entries[0].Hash)
	}
	// The clock of the desk goes back by a year.
	now = start.AddDate(-1, 0, 0)
	entries, head := appendTo(t, logs["desk"], edit("p", 9))
	if !head.Time.At.Equal(now) || !entries[0].Time.At.Equal(now) {
		t.Error("the head does not say what the clock says")
	}
	read := func(order archive.Order) (got []blob.Hash) {
		for e, err := range s.Archive().History(t.Context(), "p", order) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Hash)
		}
		return got
	}
	oldest := read(archive.OldestFirst)
	if !slices.Equal(oldest, []blob.Hash{want[0], want[1], want[2], want[3], entries[0].Hash, want[4]}) {
		t.Errorf("%v of %v", oldest, want)
	}
	if newest := read(archive.NewestFirst); len(newest) != 6 || newest[0] != want[4] || slices.Index(newest, entries[0].Hash) > slices.Index(newest, want[3]) {
		t.Errorf("%v of %v", newest, want)
	}
	verify(t, s.Archive(), "desk", "laptop")
}

// What the guarantees rest on is asked of SQLite itself.
func TestCommitsReachTheDisk(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	err := s.do(t.Context(), func(ctx context.Context) error {
		for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "secure_delete": "1", "temp_store": "2", "foreign_keys": "0", "auto_vacuum": "0"} {
			var got string
			if err := s.pen.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s is %s, not %s", pragma, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever is joined with one whose entries cannot be written is not harmed by him.
func TestJoinedCallersDoNotHarmOneAnother(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	old, laptop := begin(t, s, "desk"), begin(t, s, "laptop")
	o := owner("desk")
	o.NewEpoch = "a test"
	if _, err := s.Begin(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	// While the writer is held up, both come to wait.
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.do(context.Background(), func(context.Context) error { close(held); <-hold; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	errs := make([]error, 6)
	for i := range errs {
		b := &batch{log: []*Log{old, laptop}[i%2], entries: make([]archive.Entry, 1), done: make(chan error, 1)}
		if err := b.encode(b.log.id, []record.Draft{edit("p", i)}, record.Now); err != nil {
			t.Fatal(err)
		}
		if err := s.ask(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { errs[i] = s.answer(b.done) })
	}
	close(hold)
	wg.Wait()
	for i, err := range errs {
		var closed *ClosedError
		if i%2 == 0 && !errors.As(err, &closed) || i%2 == 1 && err != nil {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if got := len(verify(t, s.Archive(), "desk", "laptop")[laptop.ID()]); got != 4 {
		t.Errorf("%d entries", got)
	}
}

// Who finds nobody writing is not handed on to another goroutine.
func TestWhoeverComesAloneWritesHimself(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	err := s.do(t.Context(), func(context.Context) error {
		if !strings.Contains(string(debug.Stack()), "TestWhoeverComesAloneWritesHimself") {
			t.Error("somebody else does it")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whether a caller writes himself or waits for the writer: when the library is closed meanwhile he is told the truth.
func TestClosingWhileOthersWrite(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	var wg sync.WaitGroup
	var written, refused atomic.Int64
	for c := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				_, _, err := l.Append(context.Background(), edit(fmt.Sprint("caller ", c), i))
				var closed *ClosedError
				switch {
				case errors.As(err, &closed):
					refused.Add(1)
					return
				case err != nil:
					t.Error(err)
					return
				}
				if written.Add(1) == 50 {
					wg.Go(func() {
						if err := s.Close(); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
	wg.Wait()
	if refused.Load() != 8 {
		t.Errorf("%d callers were refused", refused.Load())
	}
	if got := len(verify(t, open(t, Options{Dir: dir, ReadOnly: true}).Archive(), "desk")[l.ID()]); int64(got) != 1+written.Load() {
		t.Errorf("%d entries, and %d were acknowledged", got, written.Load())
	}
}
