package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// copyLedger is what somebody does with a file manager while nobody has the library open.
func copyLedger(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		b, err := os.ReadFile(filepath.Join(from, archive.FileName+suffix))
		target := filepath.Join(to, archive.FileName+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A back-up is taken while four callers write. It is one state, and a library that is made of it goes on in a
// new epoch, which names the last head that it has.
func TestABackUpGoesOnInANewEpoch(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	drafts := make([]record.Draft, 500)
	for i := range drafts {
		drafts[i] = edit("p", i)
	}
	for range 12 {
		appendTo(t, l, drafts...)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if _, _, err := l.Append(context.Background(), edit("q", n), saved(t, "q", "secret name", n+1)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	file := filepath.Join(copied, archive.FileName)
	looks := 0
	err := s.Backup(t.Context(), file, func(done, all int) {
		looks++
		if done < 0 || done > all {
			t.Errorf("%d of %d pages", done, all)
		}
	})
	stop()
	wg.Wait()
	if err != nil || looks == 0 {
		t.Fatal(looks, err)
	}
	if again := s.Backup(t.Context(), file, nil); !errors.Is(again, fs.ErrExist) {
		t.Errorf("a back-up over a back-up: %v", again)
	}
	if left, err := os.ReadDir(copied); err != nil || len(left) != 1 {
		t.Errorf("there are %v beside it, %v", left, err)
	}
	stale, err := os.ReadFile(filepath.Join(dir, archive.FileName+"-wal"))
	if err != nil || len(stale) < 4096 {
		t.Fatalf("a write-ahead log of %d bytes, %v", len(stale), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	back := t.TempDir()
	if err := os.WriteFile(filepath.Join(back, archive.FileName+"-wal"), stale, 0o666); err != nil {
		t.Fatal(err)
	}
	// Without a write-ahead log of its own it can be read from where nothing can be written.
	if header, err := os.ReadFile(file); err != nil || header[18] != 1 || header[19] != 1 {
		t.Errorf("the back-up asks for a write-ahead log, %v", err)
	}
	if err := Restore(t.Context(), file, back); err != nil {
		t.Fatal(err)
	}
	if again := Restore(t.Context(), file, back); !errors.Is(again, fs.ErrExist) {
		t.Errorf("a ledger is replaced: %v", again)
	}
	var foreign *OpenError
	if err := Restore(t.Context(), filepath.Join(back, "none"), t.TempDir()); !errors.As(err, &foreign) {
		t.Errorf("a back-up that is not there: %v", err)
	}
	copied = back
	restored := open(t, Options{Dir: copied})
	entries := verify(t, restored.Archive(), "desk")[l.ID()]
	if len(entries) < 6001 {
		t.Errorf("it has %d entries", len(entries))
	}
	logs, err := restored.Archive().Logs(t.Context())
	if err != nil || !strings.HasPrefix(logs[0].Closed, "restored from a back-up of ") {
		t.Fatalf("%+v, %v", logs, err)
	}
	head, err := restored.Archive().LatestHead(t.Context(), logs[0])
	if err != nil {
		t.Fatal(err)
	}
	next := begin(t, restored, "desk")
	appendTo(t, next, edit("p", 9))
	logs, err = restored.Archive().Logs(t.Context())
	if err != nil || len(logs) != 2 {
		t.Fatalf("%+v, %v", logs, err)
	}
	first := logs[1].First
	if next.ID() == l.ID() || first.Epoch != 2 || first.Previous == nil || *first.Previous != (record.HeadRef{Log: l.ID(), Root: head.Root, Size: head.Size}) || first.Reason != logs[0].Closed {
		t.Errorf("the new epoch begins with %+v", first)
	}
	// The next time it goes on.
	if err := restored.Close(); err != nil {
		t.Fatal(err)
	}
	restored = open(t, Options{Dir: copied})
	if again := begin(t, restored, "desk"); again.ID() != next.ID() {
		t.Error("each opening begins an epoch")
	}
	verify(t, restored.Archive(), "desk")
}

func TestABackUpThatIsCancelledLeavesNothing(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	begin(t, s, "desk")
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "b.db"), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// Copies that are made without the program's knowledge are found out by what the device remembers.
func TestRolledBackLibrariesAreFound(t *testing.T) {
	dir, old := t.TempDir(), t.TempDir()
	mark := &memory{}
	options := Options{Dir: dir, Watermark: mark}
	use := func(drafts ...record.Draft) (id blob.Hash, head archive.Signed) {
		t.Helper()
		s := open(t, options)
		l := begin(t, s, "desk")
		_, head = appendTo(t, l, drafts...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return l.ID(), head
	}
	use(edit("p", 0))
	copyLedger(t, dir, old)
	id, head := use(edit("p", 1), edit("p", 2))

	// The copy is put back.
	newest := t.TempDir()
	copyLedger(t, dir, newest)
	copyLedger(t, old, dir)
	s := open(t, options)
	var back *RolledBackError
	if _, err := s.Begin(t.Context(), owner("desk")); !errors.As(err, &back) || back.Forked || back.Held != 2 || back.Known.Size != 4 {
		t.Fatalf("an older copy: %v", err)
	}
	// Another device has nothing to do with it.
	begin(t, s, "laptop")
	o := owner("desk")
	o.NewEpoch = "the newer copy is lost"
	next, err := s.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, next, edit("p", 3))
	e, err := s.Archive().Entry(t.Context(), next.ID())
	if err != nil {
		t.Fatal(err)
	}
	body, err := e.Decode()
	if err != nil {
		t.Fatal(err)
	}
	want := record.HeadRef{Log: id, Root: head.Root, Size: head.Size}
	if first := body.(*record.Log); first.Previous == nil || *first.Previous != want || first.Reason != o.NewEpoch || first.Epoch != 2 {
		t.Errorf("the new epoch begins with %+v", first)
	}
	verify(t, s.Archive(), "desk", "laptop")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Where it is fresh, the device knows a log of which nothing is there.
	empty := open(t, Options{Dir: t.TempDir(), Watermark: mark})
	if _, err := empty.Begin(t.Context(), owner("desk")); !errors.As(err, &back) || back.Held != 0 {
		t.Errorf("an empty library: %v", err)
	}

	// The file that went on elsewhere from the same state is a fork.
	fork := &memory{}
	elsewhere := t.TempDir()
	copyLedger(t, old, elsewhere)
	f := open(t, Options{Dir: elsewhere, Watermark: fork})
	appendTo(t, begin(t, f, "desk"), edit("fork", 0), edit("fork", 1))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	here := open(t, Options{Dir: newest, Watermark: fork})
	if _, err := here.Begin(t.Context(), owner("desk")); !errors.As(err, &back) || !back.Forked {
		t.Errorf("a fork: %v", err)
	}
}

// While the watermark cannot be kept nothing more is appended; what was is there.
func TestAWatermarkThatCannotBeKept(t *testing.T) {
	mark := &memory{}
	s := open(t, Options{Dir: t.TempDir(), Watermark: mark})
	l := begin(t, s, "desk")
	mark.mu.Lock()
	mark.fail = errors.New("the key store is locked")
	mark.mu.Unlock()
	appendTo(t, l, edit("p", 0))
	var refused *WatermarkError
	if _, _, err := l.Append(t.Context(), edit("p", 1)); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	mark.mu.Lock()
	mark.fail = nil
	mark.mu.Unlock()
	_, head := appendTo(t, l, edit("p", 1))
	if got, ok, err := mark.Get(t.Context(), library, "did:key:author", "did:key:desk"); err != nil || !ok || got.Size != head.Size || head.Size != 3 {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	verify(t, s.Archive(), "desk")
}

// Whoever changed the file, the log is not gone on with.
func TestALogThatWasChangedIsNotGoneOnWith(t *testing.T) {
	for name, queries := range map[string][]string{
		"an entry is missing at the end": {`DELETE FROM entries WHERE place = (SELECT max(place) FROM entries)`},
		"an entry too many":              {`INSERT INTO entries SELECT max(place) + 1, text FROM entries`},
		"an entry is another":            {`UPDATE entries SET text = (SELECT text FROM entries ORDER BY place LIMIT 1 OFFSET 1) WHERE place = (SELECT max(place) FROM entries)`},
		"a head is missing":              {`DELETE FROM heads WHERE place = (SELECT max(place) FROM heads)`},
		"no head":                        {`DELETE FROM heads`},
		"a head of another size":         {`UPDATE heads SET note = (SELECT note FROM heads ORDER BY place LIMIT 1) WHERE place = (SELECT max(place) FROM heads)`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			l := begin(t, s, "desk")
			for i := range 5 {
				appendTo(t, l, edit("p", i))
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			change(t, dir, queries...)
			s = open(t, Options{Dir: dir})
			var broken *BrokenLogError
			var damaged *archive.DamagedError
			if _, err := s.Begin(t.Context(), owner("desk")); !errors.As(err, &broken) && !errors.As(err, &damaged) {
				t.Errorf("it is gone on with: %v", err)
			}
			if _, err := verified(s.Archive(), "desk"); err == nil {
				t.Error("it verifies")
			}
		})
	}
}

// What the openings held is in no file of the library any more, and nothing else is harmed.
func TestWhatIsErasedIsGone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	secrets := map[string]blob.Hash{}
	for i := range 400 {
		// From a few bytes to several pages.
		name := fmt.Sprintf("secret-%04d-", i) + strings.Repeat(fmt.Sprintf("%04d.", i), i*i%1700)
		entries, _ := appendTo(t, l, saved(t, "p", name, i+1))
		body, err := entries[0].Decode()
		if err != nil {
			t.Fatal(err)
		}
		secrets[name] = body.(*record.Saved).Name.Commitment
	}
	wait, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	kept, n := map[string]blob.Hash{}, 0
	for name, commitment := range secrets {
		if n++; n%3 == 0 {
			kept[name] = commitment
			continue
		}
		if err := s.Erase(wait, commitment); err != nil {
			t.Fatal(err)
		}
		var erased *archive.ErasedError
		if _, err := s.Archive().Opening(t.Context(), commitment); !errors.As(err, &erased) {
			t.Fatal(err)
		}
	}
	look := func(dir string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for name := range secrets {
				_, has := kept[name]
				for _, part := range []string{name[:12], name[len(name)-5:] + name[len(name)-5:]} {
					if !has && len(name) > 20 && bytes.Contains(content, []byte(part)) {
						t.Fatalf("%s still has %.20q", f, part)
					}
				}
			}
		}
	}
	look(dir)
	verify(t, s.Archive(), "desk")
	for name, commitment := range kept {
		if o, err := s.Archive().Opening(t.Context(), commitment); err != nil || o.Text() != name {
			t.Errorf("%.20s: %v", name, err)
		}
	}
	copied := t.TempDir()
	if err := s.Backup(t.Context(), filepath.Join(copied, archive.FileName), nil); err != nil {
		t.Fatal(err)
	}
	look(copied)
	// Sealed once, erased, and written again with another entry: it stays erased.
	again := saved(t, "p", "secret-again-and-again", 1000)
	_, _ = appendTo(t, l, again)
	commitment := again.Body.(*record.Saved).Name.Commitment
	if err := s.Erase(wait, commitment); err != nil {
		t.Fatal(err)
	}
	_, _ = appendTo(t, l, again)
	var erased *archive.ErasedError
	if _, err := s.Archive().Opening(t.Context(), commitment); !errors.As(err, &erased) {
		t.Error(err)
	}
	var none *archive.NotFoundError
	if err := s.Erase(wait, blob.Of(nil)); !errors.As(err, &none) {
		t.Error(err)
	}
}

// Somebody who reads an older state keeps its bytes: that is said.
func TestErasingWaitsForWhoReads(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	l := begin(t, s, "desk")
	draft := saved(t, "p", "secret", 1)
	appendTo(t, l, draft)
	commitment := draft.Body.(*record.Saved).Name.Commitment
	tx, err := s.readers.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM openings`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var still *StillReadError
	if err := s.Erase(ctx, commitment); !errors.As(err, &still) {
		t.Errorf("%v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), commitment); err != nil {
		t.Error(err)
	}
	appendTo(t, l, edit("p", 1))
}

func TestWhatOthersGiveForHeads(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir(), Clock: ticking(time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC))})
	l := begin(t, s, "desk")
	_, head := appendTo(t, l, edit("p", 0))
	ctx := t.Context()
	for _, party := range []string{"https://authority.example/tsr", "witness.example/w1"} {
		kind := archive.WantStamp
		if strings.HasPrefix(party, "witness") {
			kind = archive.WantCosignature
		}
		for range 2 {
			if err := s.Want(ctx, l.ID(), head.Size, kind, party); err != nil {
				t.Fatal(err)
			}
		}
	}
	pending, err := s.Archive().Pending(ctx)
	if err != nil || len(pending) != 2 || pending[0].Kind != archive.WantStamp || pending[0].Log != l.ID() || pending[0].Size != head.Size {
		t.Fatalf("%+v, %v", pending, err)
	}
	if err := s.Tried(ctx, pending[0], strings.Repeat("no network ", 100)); err != nil {
		t.Fatal(err)
	}
	if pending, err = s.Archive().Pending(ctx); err != nil || pending[0].Tries != 1 || len(pending[0].Error) != mostReason {
		t.Fatalf("%+v, %v", pending, err)
	}
	if err := s.PutStamp(ctx, l.ID(), head.Size, pending[0].Party, []byte("token")); err != nil {
		t.Fatal(err)
	}
	w, err := tree.NewWitness("witness.example/w1", public("witness"))
	if err != nil {
		t.Fatal(err)
	}
	key := tree.NewCosignatureKey(w, func(m []byte) ([]byte, error) { return (&logSigner{key: keyOf("witness")}).Sign(m) }, func() time.Time { return head.Time.At })
	line := cosigned(t, head, key)
	if err := s.PutCosignature(ctx, l.ID(), head.Size, "witness.example/w1", line); err != nil {
		t.Fatal(err)
	}
	var refused *tree.HeadError
	if err := s.PutCosignature(ctx, l.ID(), head.Size, "w", "no line"); !errors.As(err, &refused) {
		t.Error(err)
	}
	if pending, err := s.Archive().Pending(ctx); err != nil || len(pending) != 0 {
		t.Errorf("%+v, %v", pending, err)
	}
	at, err := s.Archive().Log(ctx, l.ID())
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.Archive().Cosigned(ctx, at, head)
	if err != nil {
		t.Fatal(err)
	}
	if _, seen, err := tree.Open(n, verifier(t, l.ID(), "desk"), w); err != nil || len(seen) != 1 {
		t.Errorf("%+v, %v", seen, err)
	}
	if sizes, err := s.Archive().Witnessed(ctx, at); err != nil || len(sizes) != 1 || sizes[0] != head.Size {
		t.Errorf("%v, %v", sizes, err)
	}
	if stamps, err := s.Archive().Stamps(ctx, at); err != nil || len(stamps) != 1 || string(stamps[0].Token) != "token" || stamps[0].Size != head.Size {
		t.Errorf("%+v, %v", stamps, err)
	}
	var none *archive.NotFoundError
	if err := s.PutStamp(ctx, l.ID(), head.Size+1, "a", nil); !errors.As(err, &none) {
		t.Errorf("a stamp over a head that is not there: %v", err)
	}
}
