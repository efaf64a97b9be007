package library_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/app/session/library"
)

func create(t testing.TB) *library.Library {
	t.Helper()
	l, err := library.Create(filepath.Join(t.TempDir(), "Studio.selvage"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func pen(t testing.TB, l *library.Library) *library.Pen {
	t.Helper()
	p, err := l.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// root is a pattern whose document is its name.
func root(name string) library.Root {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	return library.Root{Kind: library.Pattern, ID: library.NewID(), Name: name, Created: now, Changed: now, Document: json.RawMessage(`{"format":"a test"}`)}
}

func put(t testing.TB, l *library.Library, p *library.Pen, name string) library.Root {
	t.Helper()
	r, err := p.Put(root(name))
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
	all, err := again.Roots(library.Pattern)
	if err != nil || len(all) != 2 || !same(all[0], rope) || !same(all[1], roses) {
		t.Errorf("it has %+v, %v", all, err)
	}
	for _, ref := range []string{"Roses", "roses", roses.ID, roses.Short(), roses.ID[:4]} {
		if got, err := again.Find(library.Pattern, ref); err != nil || !same(got, roses) {
			t.Errorf("%s is %+v, %v", ref, got, err)
		}
	}
	var none *library.NotFoundError
	for _, ref := range []string{"rose", "", roses.ID[:3], "sha256:" + strings.Repeat("0", 64)} {
		if _, err := again.Find(library.Pattern, ref); !errors.As(err, &none) {
			t.Errorf("%q: %v", ref, err)
		}
	}
	if _, err := again.Find(library.Collection, "Roses"); !errors.As(err, &none) || none.Kind != library.Collection {
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
	if _, err := other.Write(t.Context()); !errors.As(err, &held) || held.Holder.PID != os.Getpid() || held.Holder.Host == "" {
		t.Fatalf("a second writer: %v", err)
	}
	if !strings.Contains(held.Error(), "process ") {
		t.Errorf("it does not say who has it: %v", held)
	}
	// Reading goes on, and sees what is written.
	r := put(t, l, p, "Roses")
	if got, err := other.Find(library.Pattern, "Roses"); err != nil || !same(got, r) {
		t.Errorf("a reader: %+v, %v", got, err)
	}
	// Another part of the same process writes as well, but not over the first.
	second := pen(t, l)
	var conflict *library.ConflictError
	if _, err := second.Put(r); err != nil {
		t.Error(err)
	}
	if _, err := p.Put(r); !errors.As(err, &conflict) {
		t.Errorf("over what another wrote: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
	if _, err := other.Write(t.Context()); !errors.As(err, &held) {
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
		if _, err := p.Put(root(name)); !errors.As(err, &bad) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"r", "Rosen & Röschen", "牡丹", strings.Repeat("ö", 120)} {
		put(t, l, p, name)
	}
	// Its own name is not taken.
	roses.Name = "roses"
	again, err := p.Put(roses)
	if err != nil || again[0].Revision != 2 {
		t.Errorf("%+v, %v", again, err)
	}
	roses.ID = "../" + roses.ID[3:]
	if _, err := p.Put(roses); err == nil {
		t.Error("an id that is a path is taken")
	}
}

// Roots that cannot be read are told, and hide no others.
func TestADamagedRoot(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	roses, rope := put(t, l, p, "Roses"), put(t, l, p, "Rope")
	path := filepath.Join(l.Dir(), "patterns", rope.ID+".json")
	swapped := roses
	text, err := json.Marshal(swapped)
	if err != nil {
		t.Fatal(err)
	}
	for _, harm := range []string{"", "{", string(text)} {
		if err := os.WriteFile(path, []byte(harm), 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *library.DamagedError
		all, err := l.Roots(library.Pattern)
		if len(all) != 1 || !errors.As(err, &damaged) || damaged.Path != path {
			t.Errorf("%.20q: %+v, %v", harm, all, err)
		}
		if got, err := l.Find(library.Pattern, "roses"); err != nil || !same(got, roses) {
			t.Errorf("the other: %+v, %v", got, err)
		}
		if _, err := l.Find(library.Pattern, "rope"); !errors.As(err, &damaged) {
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
		if _, err := p.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	var two *library.AmbiguousError
	if _, err := l.Find(library.Pattern, a.Short()); !errors.As(err, &two) || len(two.Roots) != 2 {
		t.Errorf("it could be both: %v", err)
	}
}

// What a process left that died in the middle goes when the next one writes.
func TestLeftOversGo(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	r := put(t, l, p, "Roses")
	left := filepath.Join(l.Dir(), "patterns", "."+r.ID+".json.0123.part")
	if err := os.WriteFile(left, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := l.Roots(library.Pattern); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	p = pen(t, l)
	if _, err := os.Stat(left); err == nil {
		t.Error("it is still there")
	}
	if err := p.Release(); err != nil {
		t.Error(err)
	}
}

// Roots that are put together are there together, at whatever point the process
// dies: the journal is what decides.
func TestPutTogether(t *testing.T) {
	l := create(t)
	p := pen(t, l)
	roses, rope := put(t, l, p, "Roses"), put(t, l, p, "Rope")
	spring := root("Spring")
	spring.Kind = library.Collection
	roses.Document, rope.Document = json.RawMessage(`{"n":1}`), json.RawMessage(`{"n":2}`)
	stale := rope
	stale.Revision--
	var conflict *library.ConflictError
	if _, err := p.Put(roses, stale); !errors.As(err, &conflict) {
		t.Errorf("one of two is stale: %v", err)
	}
	if got, err := l.Find(library.Pattern, "Roses"); err != nil || same(got, roses) {
		t.Errorf("the other one was put: %+v, %v", got, err)
	}
	next, err := p.Put(roses, rope, spring)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(l.Dir(), "together.json")
	if _, err := os.Stat(journal); err == nil {
		t.Error("the journal is still there")
	}
	// A process that died after the journal, and after each of the roots: what is
	// left of it is the journal and old roots.
	text, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{
		filepath.Join(l.Dir(), "patterns", roses.ID+".json"), filepath.Join(l.Dir(), "patterns", rope.ID+".json"),
		filepath.Join(l.Dir(), "collections", spring.ID+".json"),
	}
	for done := range 4 {
		if err := os.WriteFile(journal, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for i := done; i < 3; i++ {
			old := next[i]
			old.Revision, old.Document = old.Revision-1, json.RawMessage(`{"old":true}`)
			b, err := json.Marshal(old)
			if err != nil {
				t.Fatal(err)
			}
			if i == 2 {
				err = os.Remove(paths[i])
			} else {
				err = os.WriteFile(paths[i], b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, stage := range []string{"before it is settled", "after"} {
			for _, want := range next {
				if got, err := l.Find(want.Kind, want.Name); err != nil || !same(got, want) {
					t.Errorf("%d done, %s: %+v, %v", done, stage, got, err)
				}
			}
			if err := pen(t, l).Release(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(journal); err == nil {
			t.Error("the journal is still there")
		}
	}
}
