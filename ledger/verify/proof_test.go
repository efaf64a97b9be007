package verify_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/verify"
	"github.com/selvage-studio/selvage/ledger/witness"
)

// TestAForgedConsistencyProofJoinsNothing: a log that was rewritten since a witness saw it, with
// whatever proof its owner can make up.
func TestAForgedConsistencyProofJoinsNothing(t *testing.T) {
	s, anna, log := found(t, libraryID)
	w := newWitness(t, "tower.example", s.at)
	key, err := identity.ParseDID(anna.Keys().Heads)
	s.check(err)
	logKey, err := tree.LogKey(tree.Origin(log), key)
	s.check(err)
	stand := witness.New(t.TempDir(), w.key, func(origin string) (note.Verifier, bool) { return logKey, origin == tree.Origin(log) })
	ask := func(s *studio, old tree.Head) witness.Answer {
		signed := s.latest(log)
		var body []byte
		s.db(func(db *sql.DB) {
			a, err := archive.Open(t.Context(), db)
			s.check(err)
			l, err := a.Log(t.Context(), log)
			s.check(err)
			body, err = witness.Ask(t.Context(), a.Tiles(l), old, signed)
			s.check(err)
		})
		return stand.Add(body)
	}
	empty := tree.Head{Origin: tree.Origin(log), Root: blob.Of(nil)}
	if a := ask(s, empty); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	old, err := tree.Read(s.latest(log))
	s.check(err)
	honest := s.copy()
	honest.write(anna, "", []record.Draft{edit("roses", 9)})
	forged := s.copy()
	forged.resign(log, otherwise(scene{forged, anna, log}, 4, 20), anna.HeadSigner)
	head, err := tree.Read(forged.latest(log))
	s.check(err)
	forged.db(func(db *sql.DB) {
		a, err := archive.Open(t.Context(), db)
		s.check(err)
		l, err := a.Log(t.Context(), log)
		s.check(err)
		// The best that there is: a genuine proof of the forged tree, and every change of one hash in it.
		claimed := old
		if claimed.Root, err = tree.RootAt(t.Context(), a.Tiles(l), head, old.Size); err != nil {
			t.Fatal(err)
		}
		proof, err := tree.Extend(t.Context(), a.Tiles(l), claimed, head)
		s.check(err)
		var failed *tree.ProofError
		for i := -1; i < len(proof); i++ {
			if i >= 0 {
				proof[i] = old.Root
			}
			if err := tree.CheckExtension(proof, old, head); !errors.As(err, &failed) {
				t.Errorf("the forged head goes on from the genuine one: %v", err)
			}
		}
	})
	if a := ask(forged, old); a.Status != 422 {
		t.Errorf("the witness answers the forger with %d %s", a.Status, a.Body)
	}
	if a := ask(honest, old); a.Status != 200 {
		t.Errorf("the witness answers the honest one with %d %s", a.Status, a.Body)
	}
}

// BenchmarkLibrary verifies 100,000 entries in batches of 1,000; a library of a million takes
// ten times as long.
func BenchmarkLibrary(b *testing.B) {
	s := newStudio(b, libraryID)
	anna := person(b, "Anna")
	batches := [][]record.Draft{s.founding(anna)}
	for n := range 100 {
		var batch []record.Draft
		for i := range 1000 {
			batch = append(batch, edit(fmt.Sprintf("pattern%d", i%50), n*1000+i))
		}
		batches = append(batches, batch)
	}
	s.write(anna, "", batches...)
	for b.Loop() {
		if v := s.verdict(verify.Options{}); !v.Intact() || v.Entries != 100_004 {
			b.Fatalf("%d %v", v.Entries, v.Problems)
		}
	}
}
