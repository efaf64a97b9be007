package store

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// A file that somebody made to harm whoever reads it.
func TestWhatIsNoLedgerIsRefused(t *testing.T) {
	for name, queries := range map[string][]string{
		"another program's":      {`PRAGMA application_id = 1`},
		"a later version":        {`PRAGMA user_version = 99`},
		"a view for a table":     {`ALTER TABLE entries RENAME TO e`, `CREATE VIEW entries(place, text) AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i, 'x' FROM n`},
		"a table that computes":  {`DROP TABLE roots`, `CREATE TABLE roots(kind TEXT, id TEXT, revision INTEGER, at INTEGER, place INTEGER AS (at))`},
		"a table that is absent": {`DROP TABLE heads`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			begin(t, s, "desk")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			change(t, dir, queries...)
			for _, readOnly := range []bool{true, false} {
				var refused *OpenError
				var schema *archive.SchemaError
				var version *archive.VersionError
				s, err := Open(t.Context(), Options{Dir: dir, ReadOnly: readOnly, Library: library})
				if err == nil {
					s.Close()
				}
				if !errors.As(err, &refused) || !errors.As(err, &schema) && !errors.As(err, &version) {
					t.Errorf("opened, for reading: %v: %v", readOnly, err)
				}
			}
		})
	}
	for name, content := range map[string]string{"nothing of SQLite's": "a text that is long enough to be taken for a file of SQLite's, and is none", "an empty file": ""} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, archive.FileName), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		var refused *OpenError
		if _, err := Open(t.Context(), Options{Dir: dir, ReadOnly: true}); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rows that no program of ours writes are reported where they stand, and the others are still read.
func TestRowsThatNobodyWrote(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	for i := range 5 {
		appendTo(t, l, edit("p", i))
	}
	appendTo(t, l, saved(t, "p", "Scallops", 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	place := archive.Place(1, 2)
	change(t, dir,
		fmt.Sprintf(`UPDATE entries SET text = zeroblob(50000000) WHERE place = %d`, place),
		fmt.Sprintf(`UPDATE entries SET text = 'no entry' WHERE place = %d`, place+1),
		fmt.Sprintf(`DELETE FROM entries WHERE place = %d`, place+2),
		fmt.Sprintf(`UPDATE heads SET note = zeroblob(50000000) WHERE place = %d`, place),
		`UPDATE openings SET value = zeroblob(50000000)`,
	)
	r := open(t, Options{Dir: dir, ReadOnly: true}).Archive()
	at, err := r.Log(t.Context(), l.ID())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	good, bad := 0, []int64{}
	for e, err := range r.Entries(t.Context(), at, 0, at.Size) {
		var damaged *archive.DamagedError
		if errors.As(err, &damaged) {
			bad = append(bad, damaged.Index)
			continue
		}
		if err != nil || e.In != l.ID() {
			t.Fatal(err)
		}
		good++
	}
	if good != 4 || !slices.Equal(bad, []int64{2, 3, 4}) {
		t.Errorf("%d are good, %v are not", good, bad)
	}
	n := 0
	for _, err := range r.Heads(t.Context(), at) {
		if err != nil {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d heads are damaged", n)
	}
	for _, err := range r.Openings(t.Context()) {
		if err == nil {
			t.Error("an opening of fifty megabytes is read")
		}
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 20_000_000 {
		t.Errorf("%d bytes of memory were taken for rows that are refused", taken)
	}
	if _, err := verified(r, "desk"); err == nil {
		t.Error("it verifies")
	}
	for range r.History(t.Context(), "p", archive.NewestFirst) {
		continue // nothing of it brings the reader down
	}
	if _, err := r.At(t.Context(), at, 100); err == nil {
		t.Error("an entry is there that is not")
	}
	change(t, dir, `UPDATE logs SET id = zeroblob(32)`)
	var damaged *archive.DamagedError
	if logs, err := r.Logs(t.Context()); err != nil || len(logs) != 1 || !errors.As(logs[0].Damage, &damaged) {
		t.Errorf("a log of another id: %+v, %v", logs, err)
	}
	change(t, dir, `UPDATE logs SET id = zeroblob(31)`)
	if _, err := r.Logs(t.Context()); !errors.As(err, &damaged) {
		t.Errorf("an id that is none: %v", err)
	}
}

// Wherever a bit of the file flips, reading it all ends in an error, or finds what was there.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	for i := range 30 {
		appendTo(t, l, edit("p", i), saved(t, "p", fmt.Sprint("name ", i), i+1))
	}
	want := verify(t, s.Archive(), "desk")[l.ID()]
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, archive.FileName))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for range 300 {
		bad := slices.Clone(content)
		at := rand.IntN(len(bad))
		bad[at] ^= 1 << rand.IntN(8)
		work := t.TempDir()
		if err := os.WriteFile(filepath.Join(work, archive.FileName), bad, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{Dir: work, ReadOnly: true})
		if err != nil {
			found++
			continue
		}
		got, err := verified(s.Archive(), "desk")
		for range s.Archive().History(t.Context(), "p", archive.NewestFirst) {
			continue
		}
		if _, err := s.Archive().Roots(t.Context(), "pattern"); err != nil {
			found++
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			found++
			continue
		}
		same := slices.EqualFunc(got[l.ID()], want, func(a, b archive.Entry) bool { return a.Hash == b.Hash && a.Index == b.Index })
		if !same && len(got[l.ID()]) > 0 {
			t.Fatalf("a bit at %d makes %d other entries that verify", at, len(got[l.ID()]))
		}
	}
	if found < 30 {
		t.Errorf("only %d of 300 were found", found)
	}
}

// A log whose rows are moved under another log's number is damaged, and so is one with another's entries.
func TestEntriesOfAnotherLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	a, b := begin(t, s, "desk"), begin(t, s, "laptop")
	for i := range 4 {
		appendTo(t, a, edit("p", i))
		appendTo(t, b, edit("q", i))
	}
	ids := []blob.Hash{a.ID(), b.ID()}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	change(t, dir, fmt.Sprintf(`UPDATE entries SET text = (SELECT text FROM entries WHERE place = %d) WHERE place = %d`, archive.Place(2, 2), archive.Place(1, 2)))
	r := open(t, Options{Dir: dir, ReadOnly: true}).Archive()
	at, err := r.Log(t.Context(), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	var damaged *archive.DamagedError
	if _, err := r.At(t.Context(), at, 2); !errors.As(err, &damaged) || damaged.Index != 2 {
		t.Error(err)
	}
}

// An index that leads elsewhere finds nothing that is not what was looked for.
func TestAnIndexThatLies(t *testing.T) {
	dir := t.TempDir()
	s := filled(t, dir)
	e, err := s.Archive().Entry(t.Context(), s.logs[firstLog(t, s)].ID())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, archive.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows := map[int64][]byte{}
	all, err := db.Query(`SELECT shard, keys FROM lookup`)
	if err != nil {
		t.Fatal(err)
	}
	for all.Next() {
		var shard int64
		var keys []byte
		if err := all.Scan(&shard, &keys); err != nil {
			t.Fatal(err)
		}
		for at := 8; at < len(keys); at += 16 {
			binary.BigEndian.PutUint64(keys[at:], uint64(archive.Place(1, int64(at)%300+1)))
		}
		rows[shard] = keys
	}
	for shard, keys := range rows {
		if _, err := db.Exec(`UPDATE lookup SET keys = ? WHERE shard = ?`, keys, shard); err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, Options{Dir: dir, ReadOnly: true}).Archive()
	for i := range 37 {
		subject := fmt.Sprint("pattern ", i)
		for e, err := range r.History(t.Context(), subject, archive.OldestFirst) {
			if err != nil || !slices.Contains(e.Subjects, subject) {
				t.Fatalf("%q is found for %s: %v", e.Subjects, subject, err)
			}
		}
	}
	var none *archive.NotFoundError
	if got, err := r.Entry(t.Context(), e.Hash); !errors.As(err, &none) {
		t.Errorf("%v is found for %v: %v", got.Hash, e.Hash, err)
	}
}

func firstLog(t *testing.T, s *Store) blob.Hash {
	t.Helper()
	logs, err := s.Archive().Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return logs[0].ID
}
