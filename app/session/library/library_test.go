package library_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/blob"
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
func root(t testing.TB, l *library.Library, name string) library.Root {
	t.Helper()
	h, err := l.Blobs().PutBytes(t.Context(), []byte(name))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	return library.Root{Kind: library.Pattern, ID: library.NewID(), Name: name, Created: now, Changed: now, Document: h}
}

func put(t testing.TB, l *library.Library, p *library.Pen, name string) library.Root {
	t.Helper()
	r := root(t, l, name)
	if err := p.Put(r); err != nil {
		t.Fatal(err)
	}
	return r
}

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
	if err != nil || len(all) != 2 || all[0] != rope || all[1] != roses {
		t.Errorf("it has %+v, %v", all, err)
	}
	for _, ref := range []string{"Roses", "roses", roses.ID, roses.Short(), roses.ID[:4]} {
		if got, err := again.Find(library.Pattern, ref); err != nil || got != roses {
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
	if got, err := other.Find(library.Pattern, "Roses"); err != nil || got != r {
		t.Errorf("a reader: %+v, %v", got, err)
	}
	// Another part of the same process waits, and can give up waiting.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Write(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting in vain: %v", err)
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
		if err := p.Put(root(t, l, name)); !errors.As(err, &bad) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"r", "Rosen & Röschen", "牡丹", strings.Repeat("ö", 120)} {
		put(t, l, p, name)
	}
	// Its own name is not taken.
	roses.Name = "roses"
	if err := p.Put(roses); err != nil {
		t.Error(err)
	}
	roses.Document = blob.Of([]byte("never put"))
	var lost *blob.NotFoundError
	if err := p.Put(roses); !errors.As(err, &lost) {
		t.Errorf("a root of nothing: %v", err)
	}
	roses.ID = "../" + roses.ID[3:]
	roses.Document = root(t, l, "x").Document
	if err := p.Put(roses); err == nil {
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
		if got, err := l.Find(library.Pattern, "roses"); err != nil || got != roses {
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
	a, b := root(t, l, "A"), root(t, l, "B")
	b.ID = a.ID[:10] + b.ID[10:]
	for _, r := range []library.Root{a, b} {
		if err := p.Put(r); err != nil {
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
