package store

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// A log whose beginning is damaged is set apart: all else is read, others write on, and the device whose
// log it is does so in a new one once it is told to.
func TestALogWithADamagedBeginning(t *testing.T) {
	dir, mark := t.TempDir(), &memory{}
	s := open(t, Options{Dir: dir, Watermark: mark})
	desk, other := begin(t, s, "desk"), begin(t, s, "laptop")
	appendTo(t, desk, edit("p", 0), saved(t, "p", "Roses", 1))
	appendTo(t, other, edit("p", 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", uri(filepath.Join(dir, archive.FileName), url.Values{}))
	if err != nil {
		t.Fatal(err)
	}
	place := archive.Place(desk.number, 0)
	_, err = db.ExecContext(t.Context(), `UPDATE entries SET text = x'7b7d' WHERE place = ?`, place)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}

	s = open(t, Options{Dir: dir, Watermark: mark})
	a := s.Archive()
	logs, err := a.Logs(t.Context())
	if err != nil || len(logs) != 2 {
		t.Fatalf("%v, %v", logs, err)
	}
	for _, l := range logs {
		var damaged *archive.DamagedError
		if l.ID == desk.ID() != errors.As(l.Damage, &damaged) {
			t.Errorf("the damage of %v: %v", l.ID, l.Damage)
		}
	}
	found := 0
	for _, err := range a.History(t.Context(), "p", archive.OldestFirst) {
		if err != nil {
			t.Fatal(err)
		}
		found++
	}
	roots, err := a.Roots(t.Context(), "pattern")
	if err != nil || found != 3 || len(roots) != 1 {
		t.Fatalf("%d entries and %v are read of it, %v", found, roots, err)
	}
	if _, state, err := a.State(t.Context(), roots[0]); err != nil || state.ID != "p" {
		t.Errorf("%v, %v", state, err)
	}

	// Another device's is gone on with.
	appendTo(t, begin(t, s, "laptop"), edit("p", 2))
	// Its own is not, silently.
	var damaged *DamagedLogError
	if _, err := s.Begin(t.Context(), owner("desk")); !errors.As(err, &damaged) || damaged.Log != desk.ID() || !strings.Contains(err.Error(), "new epoch") {
		t.Fatalf("%v", err)
	}
	o := owner("desk")
	o.NewEpoch = "its beginning was damaged"
	next, err := s.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, next, edit("p", 3))
	at, err := a.Log(t.Context(), next.ID())
	if err != nil || at.First.Epoch < 2 || at.First.Previous == nil || at.First.Previous.Log != desk.ID() || at.First.Previous.Size != 3 || at.First.Reason != o.NewEpoch {
		t.Fatalf("%+v, %v", at.First, err)
	}
	if old, err := a.Log(t.Context(), desk.ID()); err != nil || old.Closed != o.NewEpoch {
		t.Errorf("%+v, %v", old, err)
	}
	// From then on there is nothing to be told.
	if again := begin(t, s, "desk"); again.ID() != next.ID() {
		t.Errorf("%v goes on after %v", again.ID(), next.ID())
	}

	// A device that remembers nothing does not take a damaged log for none either.
	if _, err := (open(t, Options{Dir: dir})).Begin(t.Context(), owner("newcomer")); !errors.As(err, &damaged) {
		t.Errorf("%v", err)
	}
	if damaged.Log == (blob.Hash{}) {
		t.Error("it does not say which")
	}
}
