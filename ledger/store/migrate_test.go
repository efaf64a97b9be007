package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
)

var writeSample = flag.Bool("write-sample", false, "make the sample of this version anew: once, before the version changes")

// sample says what a ledger of an earlier version holds, which every later version has to find in it.
type sample struct {
	Entries  []blob.Hash `json:"entries"`
	Heads    []string    `json:"heads"`
	Openings []string    `json:"openings"`
}

func sampleOf(t *testing.T, a *archive.Archive) sample {
	t.Helper()
	var s sample
	logs, err := a.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logs {
		for e, err := range a.Entries(t.Context(), l, 0, l.Size) {
			if err != nil {
				t.Fatal(err)
			}
			s.Entries = append(s.Entries, e.Hash)
		}
		for h, err := range a.Heads(t.Context(), l) {
			if err != nil {
				t.Fatal(err)
			}
			s.Heads = append(s.Heads, string(h.Note))
		}
	}
	for o, err := range a.Openings(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		s.Openings = append(s.Openings, o.Text())
	}
	return s
}

// A ledger of every version that there was opens for writing, keeps its hashes and notes, and goes on.
func TestEveryEarlierVersionIsBroughtOn(t *testing.T) {
	for version := 1; version <= archive.Version; version++ {
		folder := filepath.Join("testdata", fmt.Sprintf("v%d", version))
		if *writeSample && version == archive.Version {
			makeSample(t, folder)
		}
		raw, err := os.ReadFile(filepath.Join(folder, "expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		var want sample
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		copyLedger(t, folder, dir)
		s := open(t, Options{Dir: dir})
		got := sampleOf(t, s.Archive())
		if !slices.Equal(got.Entries, want.Entries) || !slices.Equal(got.Heads, want.Heads) || !slices.Equal(got.Openings, want.Openings) || len(want.Entries) < 300 {
			t.Errorf("version %d has other entries, heads or openings", version)
		}
		before := dump(t, dir)
		if err := s.Reindex(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := dump(t, dir); !maps.Equal(before, after) {
			t.Errorf("version %d is indexed otherwise", version)
		}
		appendTo(t, begin(t, s, "desk"), edit("p", 0))
		verify(t, s.Archive(), "desk", "laptop")
	}
}

func makeSample(t *testing.T, folder string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Dir: folder, Library: library, Clock: ticking(time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range []string{"desk", "laptop"} {
		l := begin(t, s, device)
		for i := range 10 {
			appendTo(t, l, edit("p", i), saved(t, "p", fmt.Sprint("name ", i), i+1))
		}
		for i := range 14 {
			appendTo(t, l, edit("q", 10*i), edit("q", 10*i+1), edit("q", 10*i+2), edit("q", 10*i+3), edit("q", 10*i+4), edit("q", 10*i+5), edit("q", 10*i+6), edit("q", 10*i+7), edit("q", 10*i+8), edit("q", 10*i+9))
		}
	}
	text, err := json.MarshalIndent(sampleOf(t, s.Archive()), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "expected.json"), append(text, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// A step that fails leaves the version before; the next try goes on from there.
func TestAMigrationIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	appendTo(t, l, edit("p", 0))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, archive.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ran := 0
	good := func(ctx context.Context, c *sql.Conn) error {
		ran++
		_, err := c.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE later%d(x)`, ran))
		return err
	}
	bad := func(context.Context, *sql.Conn) error { return errors.New("it cannot be done") }
	version := func() (n int) {
		t.Helper()
		if err := conn.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := migrate(t.Context(), conn, append(steps(), good, bad)); err == nil || !strings.Contains(err.Error(), "from version 2: it cannot be done") {
		t.Fatal(err)
	}
	if version() != 1 || ran != 1 {
		t.Errorf("version %d after a step that failed", version())
	}
	if err := migrate(t.Context(), conn, append(steps(), good, good)); err != nil {
		t.Fatal(err)
	}
	if version() != 3 || ran != 3 {
		t.Errorf("version %d after two steps", version())
	}
	if err := migrate(t.Context(), conn, append(steps(), good, good)); err != nil || ran != 3 {
		t.Errorf("steps are done again: %v", err)
	}
	var later *archive.VersionError
	if err := migrate(t.Context(), conn, steps()); !errors.As(err, &later) || later.Version != 3 {
		t.Errorf("a later version: %v", err)
	}
	if _, err := Open(t.Context(), Options{Dir: dir, ReadOnly: true}); !errors.As(err, &later) {
		t.Errorf("a later version: %v", err)
	}
}
