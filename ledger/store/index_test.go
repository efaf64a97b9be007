package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/torchwood"
	_ "modernc.org/sqlite" // another driver, and another build of SQLite

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// filled makes a library of two logs with several runs and a rest that is in none.
func filled(t *testing.T, dir string) *Store {
	t.Helper()
	s := open(t, Options{Dir: dir})
	desk, laptop := begin(t, s, "desk"), begin(t, s, "laptop")
	for i := range 24 {
		drafts := make([]record.Draft, 400)
		for j := range drafts {
			drafts[j] = edit(fmt.Sprint("pattern ", (i+j)%37), 1000*i+j)
		}
		drafts[7] = saved(t, fmt.Sprint("pattern ", i%5), fmt.Sprint("name ", i), i+1)
		l := desk
		if i%3 == 1 {
			l = laptop
		}
		appendTo(t, l, drafts...)
	}
	return s
}

func TestIndexesAreMadeAgainToTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	s := filled(t, dir)
	before := dump(t, dir)
	for _, table := range []string{"tiles", "lookup", "roots", "runs"} {
		if before[table] == "" {
			t.Fatalf("there is nothing in %s", table)
		}
	}
	if err := s.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := dump(t, dir)
	for table := range maps.Keys(before) {
		if before[table] != after[table] {
			t.Errorf("%s has changed", table)
		}
	}
	verify(t, s.Archive(), "desk", "laptop")
}

// What stood in the indexes is wrong, or gone: it comes back.
func TestDamagedIndexesAreMended(t *testing.T) {
	dir := t.TempDir()
	s := filled(t, dir)
	before := dump(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	change(t, dir, `DELETE FROM roots`, `UPDATE lookup SET keys = zeroblob(160)`, `DELETE FROM tiles WHERE level = 0 AND number > 3`, `UPDATE tiles SET root = zeroblob(32), hashes = zeroblob(8192)`)
	s = open(t, Options{Dir: dir})
	if err := s.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := dump(t, dir)
	for table := range maps.Keys(before) {
		if before[table] != after[table] {
			t.Errorf("%s has changed", table)
		}
	}
	begin(t, s, "desk")
}

// change does something to the file that no program of ours does.
func change(t *testing.T, dir string, queries ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, archive.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// Every way to find something gives what reading everything gives, through either driver, whoever wrote meanwhile.
func TestWhatIsFoundIsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	s := filled(t, dir)
	all := verify(t, s.Archive(), "desk", "laptop")
	subjects, kinds, newest := map[string]int{}, map[record.Kind]int{}, map[string]int{}
	var hashes []blob.Hash
	for _, entries := range all {
		for _, e := range entries {
			for _, subject := range e.Subjects {
				subjects[subject]++
			}
			kinds[e.Kind]++
			hashes = append(hashes, e.Hash)
			if body, err := e.Decode(); err == nil {
				if sv, ok := body.(*record.Saved); ok {
					newest[sv.ID] = max(newest[sv.ID], sv.Revision)
				}
			}
		}
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, archive.FileName)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	pure, err := archive.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]*archive.Archive{"go-sqlite3": s.Archive(), "modernc": pure} {
		for i := range 37 {
			subject := fmt.Sprint("pattern ", i)
			var forward, backward []blob.Hash
			for e, err := range a.History(t.Context(), subject, archive.OldestFirst) {
				if err != nil {
					t.Fatal(name, err)
				}
				forward = append(forward, e.Hash)
			}
			for e, err := range a.History(t.Context(), subject, archive.NewestFirst) {
				if err != nil {
					t.Fatal(name, err)
				}
				backward = append(backward, e.Hash)
			}
			slices.Sort(subjectsOf(forward))
			if len(forward) != subjects[subject] || len(backward) != len(forward) {
				t.Errorf("%s: %s has %d and %d of %d entries", name, subject, len(forward), len(backward), subjects[subject])
			}
		}
		for kind, want := range kinds {
			if kind == record.KindEdit && name == "modernc" {
				continue
			}
			n := 0
			for _, err := range a.OfKind(t.Context(), kind, archive.OldestFirst) {
				if err != nil {
					t.Fatal(name, err)
				}
				n++
			}
			if n != want {
				t.Errorf("%s: %d of %d %ss", name, n, want, kind)
			}
		}
		for range 100 {
			h := hashes[rand.IntN(len(hashes))]
			if e, err := a.Entry(t.Context(), h); err != nil || e.Hash != h {
				t.Errorf("%s: %v: %v", name, h, err)
			}
		}
		var none *archive.NotFoundError
		if _, err := a.Entry(t.Context(), blob.Of([]byte("none"))); !errors.As(err, &none) {
			t.Errorf("%s: an entry that is not there: %v", name, err)
		}
		roots, err := a.Roots(t.Context(), "pattern")
		if err != nil || len(roots) != len(newest) {
			t.Fatalf("%s: %+v, %v", name, roots, err)
		}
		for _, r := range roots {
			if r.Revision != newest[r.ID] {
				t.Errorf("%s: %s has the revision %d, not %d", name, r.ID, r.Revision, newest[r.ID])
			}
			if _, state, err := a.State(t.Context(), r); err != nil || state.Revision != r.Revision {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func subjectsOf(hashes []blob.Hash) []string {
	var all []string
	for _, h := range hashes {
		all = append(all, h.String())
	}
	return all
}

// An archive that stays open finds what is written after it was opened, across the writing of runs.
func TestAnOpenArchiveKeepsUp(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	other := open(t, Options{Dir: dir, ReadOnly: true}).Archive()
	n := 0
	for i := range 30 {
		drafts := make([]record.Draft, 300)
		for j := range drafts {
			drafts[j] = edit("p", n)
			n++
		}
		entries, _ := appendTo(t, l, drafts...)
		for _, a := range []*archive.Archive{s.Archive(), other} {
			count := 0
			for _, err := range a.History(t.Context(), "p", archive.NewestFirst) {
				if err != nil {
					t.Fatal(err)
				}
				count++
			}
			if count != n {
				t.Fatalf("round %d: %d of %d entries", i, count, n)
			}
			if _, err := a.Entry(t.Context(), entries[7].Hash); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A library is laid out for other people's tools, and proves each of its entries by what it has itself.
func TestALibraryIsATiledLog(t *testing.T) {
	s := filled(t, t.TempDir())
	logs, err := s.Archive().Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range logs {
		device := []string{"desk", "laptop"}[i]
		v := verifier(t, l.ID, device)
		latest, err := s.Archive().LatestHead(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []int64{0, 1, 255, 256, 1000, l.Size - 1} {
			e, err := s.Archive().At(t.Context(), l, index)
			if err != nil {
				t.Fatal(err)
			}
			over, err := s.Archive().HeadOver(t.Context(), l, index)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range []archive.Signed{over, latest} {
				path, err := tree.Include(t.Context(), s.Archive().Tiles(l), h.Head, index)
				if err != nil {
					t.Fatal(err)
				}
				proof := &tree.Proof{Index: index, Path: path, Head: h.Note}
				if _, _, err := proof.Check(e.Hash, v); err != nil {
					t.Errorf("entry %d in %d: %v", index, h.Size, err)
				}
			}
			way, err := tree.Extend(t.Context(), s.Archive().Tiles(l), over.Head, latest.Head)
			if err != nil || tree.CheckExtension(way, over.Head, latest.Head) != nil {
				t.Errorf("from %d to %d: %v", over.Size, latest.Size, err)
			}
		}
		dir := t.TempDir()
		if err := s.Archive().Write(t.Context(), l, dir); err != nil {
			t.Fatal(err)
		}
		files, err := torchwood.NewTileFS(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		client, err := torchwood.NewClient(files)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := files.ReadEndpoint(t.Context(), "checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := torchwood.VerifyCheckpoint(signed, torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(tree.Origin(l.ID)), torchwood.SingleVerifierPolicy(v)))
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for range client.AllEntries(t.Context(), c.Tree, 0) {
			n++
		}
		if err := client.Err(); err != nil || n != l.Size {
			t.Errorf("%d of %d entries: %v", n, l.Size, err)
		}
	}
}
