package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// One acknowledged entry beside a bare insert of a row of its size with the same durability, in turn on the same
// disk. The figures are microseconds.
func BenchmarkOneEntry(b *testing.B) {
	s := open(b, Options{Dir: b.TempDir()})
	l := begin(b, s, "desk")
	line, err := edit("p", 0).Encode(l.ID(), record.Now())
	if err != nil {
		b.Fatal(err)
	}
	bare, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	bare.SetMaxOpenConns(1)
	if _, err := bare.Exec(`CREATE TABLE t(n INTEGER PRIMARY KEY, text BLOB)`); err != nil {
		b.Fatal(err)
	}
	insert, err := bare.Prepare(`INSERT INTO t(text) VALUES (?)`)
	if err != nil {
		b.Fatal(err)
	}
	var ours, theirs []time.Duration
	n := 0
	for b.Loop() {
		n++
		begin := time.Now()
		if _, err := insert.Exec(line.Text); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if _, _, err := l.Append(context.Background(), edit("p", n)); err != nil {
			b.Fatal(err)
		}
		theirs, ours = append(theirs, middle.Sub(begin)), append(ours, time.Since(middle))
	}
	at := func(d []time.Duration, p int) float64 {
		slices.Sort(d)
		return float64(d[len(d)*p/100].Microseconds())
	}
	for _, p := range []int{50, 99} {
		b.ReportMetric(at(ours, p), fmt.Sprintf("p%d-us", p))
		b.ReportMetric(at(theirs, p), fmt.Sprintf("bare-p%d-us", p))
		b.ReportMetric(at(ours, p)/at(theirs, p), fmt.Sprintf("p%d-ratio", p))
	}
}

// Batches of a thousand.
func BenchmarkThousands(b *testing.B) {
	s := open(b, Options{Dir: b.TempDir()})
	l := begin(b, s, "desk")
	drafts := make([]record.Draft, 1000)
	n := 0
	for b.Loop() {
		for i := range drafts {
			drafts[i] = edit("p", n)
			n++
		}
		if _, _, err := l.Append(context.Background(), drafts...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "entries/s")
}

// million is a library of that many entries, which SELVAGE_BENCH_LIBRARY keeps between runs.
func million(b *testing.B) string {
	b.Helper()
	const size = 1_000_000
	dir := os.Getenv("SELVAGE_BENCH_LIBRARY")
	if dir == "" {
		b.Skip("SELVAGE_BENCH_LIBRARY names no folder for a library of a million entries")
	}
	s := open(b, Options{Dir: dir})
	defer s.Close()
	l := begin(b, s, "desk")
	for n := int(l.last.Size); n < size; n += 1000 {
		drafts := make([]record.Draft, 1000)
		for i := range drafts {
			drafts[i] = edit(fmt.Sprint("pattern ", (n+i)/1000), n+i)
		}
		drafts[0] = saved(b, fmt.Sprint("pattern ", n/1000), "a name", 1)
		if _, _, err := l.Append(context.Background(), drafts...); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

func BenchmarkMillionOpens(b *testing.B) {
	dir := million(b)
	for b.Loop() {
		s, err := Open(context.Background(), Options{Dir: dir, Library: library})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Begin(context.Background(), owner("desk")); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMillionHistory(b *testing.B) {
	s := open(b, Options{Dir: million(b), ReadOnly: true})
	n := 0
	for b.Loop() {
		n = (n + 317) % 1000
		count := 0
		for _, err := range s.Archive().History(context.Background(), fmt.Sprint("pattern ", n), archive.NewestFirst) {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		if count < 999 {
			b.Fatal(count)
		}
	}
}

func BenchmarkMillionEntry(b *testing.B) {
	s := open(b, Options{Dir: million(b), ReadOnly: true})
	logs, err := s.Archive().Logs(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	e, err := s.Archive().At(context.Background(), logs[0], 654_321)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, err := s.Archive().Entry(context.Background(), e.Hash); err != nil || got.Index != e.Index {
			b.Fatal(err)
		}
	}
}

func BenchmarkMillionScan(b *testing.B) {
	s := open(b, Options{Dir: million(b), ReadOnly: true})
	logs, err := s.Archive().Logs(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n, sum := int64(0), blob.Hash{}
		for raw, err := range s.Archive().Raw(context.Background(), logs[0], 0, logs[0].Size) {
			if err != nil {
				b.Fatal(err)
			}
			h := record.Hash(raw.Text)
			sum[0] ^= h[0]
			n++
		}
		if n != logs[0].Size {
			b.Fatal(n)
		}
	}
}
