package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// model is a library as lists: what the store has to be, whatever is done to it in whatever order.
type model struct {
	logs    map[string][]blob.Hash // by device, of the log that is gone on with
	about   map[string]int         // entries by subject
	saved   map[string]int         // newest revision
	opening map[blob.Hash]string   // "" where it was erased
}

func TestTheStoreIsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "ledger")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		now := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
		options := Options{Dir: dir, Library: library, Watermark: &memory{}, Clock: func() record.Time {
			return record.Time{At: now, Clock: record.LocalClock}
		}}
		// Nobody cuts the power here, so that nothing has to wait for the disk.
		reopen := func() (*Store, error) {
			s, err := Open(context.Background(), options)
			if err == nil {
				err = s.do(context.Background(), func(ctx context.Context) error {
					_, err := s.pen.conn.ExecContext(ctx, `PRAGMA synchronous = OFF`)
					return err
				})
			}
			return s, err
		}
		s, err := reopen()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { s.Close() }()
		m := &model{logs: map[string][]blob.Hash{}, about: map[string]int{}, saved: map[string]int{}, opening: map[blob.Hash]string{}}
		handles := map[string]*Log{}
		device := rapid.SampledFrom([]string{"desk", "laptop", "phone"})
		subject := rapid.SampledFrom([]string{"a", "b", "c"})
		use := func(t *rapid.T, d string) *Log {
			if handles[d] == nil {
				l, err := s.Begin(context.Background(), owner(d))
				if err != nil {
					t.Fatal(err)
				}
				handles[d] = l
				if m.logs[d] == nil {
					m.logs[d] = []blob.Hash{l.ID()}
				}
			}
			return handles[d]
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				d := device.Draw(t, "device")
				l := use(t, d)
				var drafts []record.Draft
				n := rapid.SampledFrom([]int{1, 2, 3, 70, 300}).Draw(t, "entries")
				for i := range n {
					drafts = append(drafts, edit(subject.Draw(t, "subject"), i))
				}
				entries, head, err := l.Append(context.Background(), drafts...)
				if err != nil {
					t.Fatal(err)
				}
				for i, e := range entries {
					if e.Index != int64(len(m.logs[d])) {
						t.Fatalf("entry %d of %s stands at %d", len(m.logs[d]), d, e.Index)
					}
					m.logs[d] = append(m.logs[d], e.Hash)
					for _, about := range drafts[i].Subjects {
						m.about[about]++
					}
				}
				if head.Size != int64(len(m.logs[d])) {
					t.Fatalf("the head has %d entries of %d", head.Size, len(m.logs[d]))
				}
			},
			"save": func(t *rapid.T) {
				d, id := device.Draw(t, "device"), subject.Draw(t, "id")
				l := use(t, d)
				revision := rapid.IntRange(1, 9).Draw(t, "revision")
				name := fmt.Sprint("name ", len(m.opening))
				sealed, err := record.SealText(name)
				if err != nil {
					t.Fatal(err)
				}
				entries, _, err := l.Append(context.Background(), record.Draft{Subjects: []string{id}, Body: &record.Saved{ID: id, Of: "pattern", Name: sealed, Revision: revision}})
				if err != nil {
					t.Fatal(err)
				}
				m.logs[d] = append(m.logs[d], entries[0].Hash)
				m.about[id]++
				m.saved[id] = max(m.saved[id], revision)
				m.opening[sealed.Commitment] = name
			},
			"erase": func(t *rapid.T) {
				for c := range m.opening {
					if err := s.Erase(context.Background(), c); err != nil {
						t.Fatal(err)
					}
					m.opening[c] = ""
					return
				}
			},
			"clock": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(-400, 400).Draw(t, "days")) * 24 * time.Hour)
			},
			"reindex": func(t *rapid.T) {
				if err := s.Reindex(context.Background()); err != nil {
					t.Fatal(err)
				}
			},
			"open again": func(t *rapid.T) {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if s, err = reopen(); err != nil {
					t.Fatal(err)
				}
				clear(handles)
			},
			"restore": func(t *rapid.T) {
				file := filepath.Join(dir, "backup")
				if err := s.Backup(context.Background(), file, nil); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(filepath.Join(dir, archive.FileName)); err != nil {
					t.Fatal(err)
				}
				if err := Restore(context.Background(), file, dir); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
				if s, err = reopen(); err != nil {
					t.Fatal(err)
				}
				clear(handles)
				clear(m.logs) // each goes on in a new epoch
			},
		})
		all, err := verified(s.Archive(), "desk", "laptop", "phone")
		if err != nil {
			t.Fatal(err)
		}
		for d, want := range m.logs {
			var got []blob.Hash
			for _, e := range all[want[0]] {
				got = append(got, e.Hash)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s has %d entries, not these %d", d, len(got), len(want))
			}
		}
		for _, about := range []string{"a", "b", "c"} {
			n := 0
			for _, err := range s.Archive().History(context.Background(), about, archive.NewestFirst) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != m.about[about] {
				t.Fatalf("%d of %d entries about %s", n, m.about[about], about)
			}
		}
		roots, err := s.Archive().Roots(context.Background(), "pattern")
		if err != nil || len(roots) != len(m.saved) {
			t.Fatalf("%+v of %v, %v", roots, m.saved, err)
		}
		for _, r := range roots {
			if r.Revision != m.saved[r.ID] {
				t.Fatalf("%s has the revision %d, not %d", r.ID, r.Revision, m.saved[r.ID])
			}
		}
		for c, want := range m.opening {
			o, err := s.Archive().Opening(context.Background(), c)
			var erased *archive.ErasedError
			if want == "" && !errors.As(err, &erased) || want != "" && (err != nil || o.Text() != want) {
				t.Fatalf("%q: %+v, %v", want, o, err)
			}
		}
	})
}
