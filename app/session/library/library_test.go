package library_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/store"
	"github.com/selvage-studio/selvage/ledger/verify"
)

func create(t testing.TB) *library.Library {
	t.Helper()
	l, err := library.Create(filepath.Join(t.TempDir(), "Studio.selvage"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// anna is a person whose keys are quick to unlock.
func anna(t testing.TB) *identity.Identity {
	t.Helper()
	me, err := identity.Create(t.Context(), identity.Options{
		Dir: filepath.Join(t.TempDir(), "identity"), Name: "Anna", NoKeyStore: true, Work: 4,
		Passphrase: func(context.Context, bool) (string, error) { return "test", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return me
}

func pen(t testing.TB, l *library.Library) *library.Pen {
	t.Helper()
	return penOf(t, l, anna(t))
}

func penOf(t testing.TB, l *library.Library, me *identity.Identity) *library.Pen {
	t.Helper()
	p, err := l.Write(t.Context(), me)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// root is a pattern whose document is its name.
func root(name string) library.Root {
	return library.Root{Kind: library.Pattern, ID: library.NewID(), Name: name, Document: json.RawMessage(`{"format":"a test of ` + name + `"}`)}
}

func put(t testing.TB, l *library.Library, p *library.Pen, name string) library.Root {
	t.Helper()
	r, err := p.Put(t.Context(), nil, root(name))
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

func same(a, b library.Root) bool { return reflect.DeepEqual(a, b) }

func TestALibraryIsMadeAndFoundAgain(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	roses, rope := put(t, l, p, "Roses"), put(t, l, p, "rope & knots")
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := library.Open(l.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if again.ID() != l.ID() || len(l.ID()) != 26 {
		t.Errorf("the id was %s and is %s", l.ID(), again.ID())
	}
	all, err := again.Roots(t.Context(), library.Pattern)
	if err != nil || len(all) != 2 || !same(all[0], rope) || !same(all[1], roses) {
		t.Errorf("it has %+v, %v", all, err)
	}
	for _, ref := range []string{"Roses", "roses", roses.ID, roses.Short(), roses.ID[:4]} {
		if got, err := again.Find(t.Context(), library.Pattern, ref); err != nil || !same(got, roses) {
			t.Errorf("%s is %+v, %v", ref, got, err)
		}
	}
	var none *library.NotFoundError
	for _, ref := range []string{"rose", "", roses.ID[:3], "sha256:" + strings.Repeat("0", 64)} {
		if _, err := again.Find(t.Context(), library.Pattern, ref); !errors.As(err, &none) {
			t.Errorf("%q: %v", ref, err)
		}
	}
	if _, err := again.Find(t.Context(), library.Collection, "Roses"); !errors.As(err, &none) || none.Kind != library.Collection {
		t.Errorf("a collection of a pattern's name: %v", err)
	}
	if made, err := library.Create(l.Dir()); err != nil || made.ID() != l.ID() {
		t.Errorf("made once more: %v", err)
	}
}

func TestWhatIsNoLibrary(t *testing.T) {
	write := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "library.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	var (
		none    *library.NoLibraryError
		later   *library.VersionError
		damaged *library.DamagedError
	)
	id := library.NewID()
	for _, c := range []struct {
		dir  string
		want any
	}{
		{t.TempDir(), &none},
		{filepath.Join(t.TempDir(), "nowhere"), &none},
		{write(`{"format":"selvage library","version":9,"id":"` + id + `"}`), &later},
		{write(`{"format":"selvage library","version":1,"id":"../../etc"}`), &damaged},
		{write(`{"format":"a zoo","version":1,"id":"` + id + `"}`), &damaged},
		{write(`{"format":"selvage`), &damaged},
		{write(`"` + strings.Repeat("x", 2<<20) + `"`), &damaged},
	} {
		if _, err := library.Open(c.dir); !errors.As(err, c.want) {
			t.Errorf("%s: %v", c.dir, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := library.Create(dir); err == nil || !strings.Contains(err.Error(), "something else") {
		t.Errorf("a library in a folder of something else: %v", err)
	}
}

func TestOneWrites(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	other, err := library.Open(l.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var held *library.HeldError
	if _, err := other.Write(t.Context(), anna(t)); !errors.As(err, &held) || held.Holder.PID != os.Getpid() || held.Holder.Host == "" {
		t.Fatalf("a second writer: %v", err)
	}
	if !strings.Contains(held.Error(), "process ") {
		t.Errorf("it does not say who has it: %v", held)
	}
	// Reading goes on, and sees what is written.
	r := put(t, l, p, "Roses")
	if got, err := other.Find(t.Context(), library.Pattern, "Roses"); err != nil || !same(got, r) {
		t.Errorf("a reader: %+v, %v", got, err)
	}
	// Another part of the same process writes as well, but not over the first.
	second := pen(t, l)
	var conflict *library.ConflictError
	if _, err := second.Put(t.Context(), nil, r); err != nil {
		t.Error(err)
	}
	if _, err := p.Put(t.Context(), nil, r); !errors.As(err, &conflict) {
		t.Errorf("over what another wrote: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
	if _, err := other.Write(t.Context(), anna(t)); !errors.As(err, &held) {
		t.Errorf("one of two pens is given back: %v", err)
	}
	for range 2 {
		if err := p.Release(); err != nil {
			t.Fatal(err)
		}
	}
	q := pen(t, other)
	if err := q.Release(); err != nil {
		t.Error(err)
	}
	if err := pen(t, l).Release(); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	roses := put(t, l, p, "Roses")
	var bad *library.NameError
	for _, name := range []string{"", " roses", "roses\n", "\xff", strings.Repeat("r", 121), "sha256:x", "-roses", "ROSES"} {
		if _, err := p.Put(t.Context(), nil, root(name)); !errors.As(err, &bad) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"r", "Rosen & Röschen", "牡丹", strings.Repeat("ö", 120)} {
		put(t, l, p, name)
	}
	// Its own name is not taken.
	roses.Name = "roses"
	again, err := p.Put(t.Context(), nil, roses)
	if err != nil || again[0].Revision != 2 {
		t.Errorf("%+v, %v", again, err)
	}
	roses.ID = "../" + roses.ID[3:]
	if _, err := p.Put(t.Context(), nil, roses); err == nil {
		t.Error("an id that is a path is taken")
	}
}

// Roots that cannot be read are told, and hide no others.
func TestADamagedRoot(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	roses, rope := put(t, l, p, "Roses"), put(t, l, p, "Rope")
	path := l.Blobs().Path(blob.Of(rope.Document))
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, harm := range []string{"", "{", string(roses.Document)} {
		if err := os.WriteFile(path, []byte(harm), 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *library.DamagedError
		all, err := l.Roots(t.Context(), library.Pattern)
		if len(all) != 1 || !errors.As(err, &damaged) || !strings.Contains(damaged.Error(), rope.Short()) {
			t.Errorf("%.20q: %+v, %v", harm, all, err)
		}
		if got, err := l.Find(t.Context(), library.Pattern, "roses"); err != nil || !same(got, roses) {
			t.Errorf("the other: %+v, %v", got, err)
		}
		if _, err := l.Find(t.Context(), library.Pattern, "rope"); !errors.As(err, &damaged) {
			t.Errorf("the damaged one: %v", err)
		}
	}
}

func TestAShortIDOfTwo(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	a, b := root("A"), root("B")
	b.ID = a.ID[:10] + b.ID[10:]
	for _, r := range []library.Root{a, b} {
		if _, err := p.Put(t.Context(), nil, r); err != nil {
			t.Fatal(err)
		}
	}
	var two *library.AmbiguousError
	if _, err := l.Find(t.Context(), library.Pattern, a.Short()); !errors.As(err, &two) || len(two.Roots) != 2 {
		t.Errorf("it could be both: %v", err)
	}
}

// Acts and roots that are put together are there together.
func TestPutTogether(t *testing.T) {
	l := create(t)
	me := anna(t)
	p := penOf(t, l, me)
	roses, rope := put(t, l, p, "Roses"), put(t, l, p, "Rope")
	spring := root("Spring")
	spring.Kind = library.Collection
	roses.Document, rope.Document = json.RawMessage(`{"n":1}`), json.RawMessage(`{"n":2}`)
	stale := rope
	stale.Revision--
	var conflict *library.ConflictError
	if _, err := p.Put(t.Context(), nil, roses, stale); !errors.As(err, &conflict) {
		t.Errorf("one of two is stale: %v", err)
	}
	if got, err := l.Find(t.Context(), library.Pattern, "Roses"); err != nil || same(got, roses) {
		t.Errorf("the other one was put: %+v, %v", got, err)
	}
	act := record.Draft{Subjects: []string{roses.ID}, Body: &record.Note{About: roses.ID}}
	next, err := p.Put(t.Context(), []record.Draft{act}, roses, rope, spring)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	for _, want := range next {
		if got, err := l.Find(t.Context(), want.Kind, want.Name); err != nil || !same(got, want) {
			t.Errorf("%+v is %+v, %v", want, got, err)
		}
	}
	judged(t, l)
	// The same person goes on in the same log, and says nothing twice about themselves.
	before := entries(t, l)
	p = penOf(t, l, me)
	put(t, l, p, "Ribbon")
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	if after := entries(t, l); after != before+1 {
		t.Errorf("%d entries became %d by one act", before, after)
	}
	judged(t, l)
}

func entries(t *testing.T, l *library.Library) (n int64) {
	t.Helper()
	err := l.Read(t.Context(), func(a *archive.Archive) error {
		logs, err := a.Logs(t.Context())
		for _, one := range logs {
			n += one.Size
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// judged verifies the library as a stranger would.
func judged(t *testing.T, l *library.Library) {
	t.Helper()
	err := l.Read(t.Context(), func(a *archive.Archive) error {
		v, err := verify.Library(t.Context(), verify.Ledger(a), verify.Options{Library: l.ID()})
		if err == nil && !v.Intact() {
			t.Errorf("%v", v.Problems)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A person's new key, and another person, are introduced by what they write.
func TestPeopleAreIntroduced(t *testing.T) {
	l := create(t)
	o := identity.Options{
		Dir: filepath.Join(t.TempDir(), "identity"), Name: "Anna", NoKeyStore: true, Work: 4,
		Passphrase: func(context.Context, bool) (string, error) { return "test", nil },
	}
	me, err := identity.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	write := func(who *identity.Identity, name string) {
		p := penOf(t, l, who)
		put(t, l, p, name)
		if err := p.Release(); err != nil {
			t.Fatal(err)
		}
	}
	write(me, "One")
	if err := me.Rotate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	write(me, "Two")
	write(anna(t), "Three")
	judged(t, l)
	err = l.Read(t.Context(), func(a *archive.Archive) error {
		people, err := verify.People(t.Context(), a)
		if err != nil {
			return err
		}
		if got := people.Roles(me.DID()); len(got) != 1 || got[0] != identity.Owner || len(people.People()) != 2 {
			t.Errorf("%v of %v", got, people.People())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A copy that was put back is found out by the device that wrote the newer one, and gone on
// with only in a new epoch.
func TestAnOlderCopyIsFoundOut(t *testing.T) {
	l := create(t)
	me := anna(t)
	p := penOf(t, l, me)
	put(t, l, p, "One")
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.Dir(), archive.FileName)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p = penOf(t, l, me)
	put(t, l, p, "Two")
	if err := errors.Join(p.Release(), l.Close(), os.WriteFile(path, old, 0o600)); err != nil {
		t.Fatal(err)
	}
	var back *store.RolledBackError
	if _, err := l.Write(t.Context(), me); !errors.As(err, &back) {
		t.Fatalf("it is written on: %v", err)
	}
	p, err = l.WriteWith(t.Context(), me, library.WriteOptions{NewEpoch: "an older copy was put back"})
	if err != nil {
		t.Fatal(err)
	}
	put(t, l, p, "Three")
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
}
