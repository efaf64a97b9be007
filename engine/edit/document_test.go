package edit

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func first() *NewPattern {
	return &NewPattern{Width: 64, Height: 96, WidthMM: 640, HeightMM: 960, Repeat: "half-drop", Drop: "1/2"}
}

func begin(t testing.TB, store Store, set Settings) *Pattern {
	t.Helper()
	p, err := New(t.Context(), store, first(), Meta{Actor: "ada"}, set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(t testing.TB, p *Pattern, op Op) Hash {
	t.Helper()
	v, err := p.Apply(t.Context(), op, Meta{Actor: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUndoThenEditLeavesTheOldLineNamed(t *testing.T) {
	p := begin(t, newMemory(), Settings{})
	apply(t, p, &SetNotes{"a"})
	old := apply(t, p, &SetNotes{"b"})
	if err := p.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.State().Notes != "a" {
		t.Errorf("after undo the notes are %q", p.State().Notes)
	}
	head := apply(t, p, &SetNotes{"c"})
	want := []Branch{{"main", head, false}, {"main~1", old, true}}
	if got := p.Document().Branches(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("branches %v, want %v", got, want)
	}
	if err := p.Switch(t.Context(), "main~1"); err != nil || p.State().Notes != "b" {
		t.Errorf("the old line shows %q, %v", p.State().Notes, err)
	}
	var edge *EdgeError
	if err := p.Redo(t.Context()); !errors.As(err, &edge) {
		t.Errorf("redo at a head: %v", err)
	}
}

func TestAVersionIsWhatWasDoneAndNotByWhom(t *testing.T) {
	p, q := begin(t, newMemory(), Settings{}), begin(t, newMemory(), Settings{})
	apply(t, q, &SetNotes{"x"})
	if err := q.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := apply(t, p, &SetNotes{"a"})
	w, err := q.Apply(t.Context(), &SetNotes{"a"}, Meta{Actor: "grace"})
	if err != nil || v != w {
		t.Errorf("%v and %v, %v", v, w, err)
	}
	// The chain as its definition has it, written out.
	params := `{"drop":"1/2","height":96,"height_mm":960,"repeat":"half-drop","width":64,"width_mm":640}`
	zero := string(make([]byte, 32))
	v1 := HashOf([]byte("selvage version 1\n" + zero + `{"kind":"pattern.new","params":` + params + `}`))
	v2 := HashOf([]byte("selvage version 1\n" + string(v1[:]) + `{"kind":"pattern.notes","params":{"notes":"a"}}`))
	if v != v2 {
		t.Errorf("version %v, want %v", v, v2)
	}
}

// Whatever is done, in whatever order, every version that ever was stays within
// reach, and shows what it showed.
func TestEveryVersionStaysWithinReach(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		store := newMemory()
		p := begin(t, store, Settings{})
		notes := map[Hash]string{p.Document().Current(): ""}
		var branches int
		for range rapid.IntRange(1, 60).Draw(rt, "moves") {
			switch rapid.IntRange(0, 5).Draw(rt, "move") {
			case 0, 1:
				text := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "text")
				notes[apply(t, p, &SetNotes{text})] = text
			case 2:
				_ = p.Undo(ctx)
			case 3:
				_ = p.Redo(ctx)
			case 4:
				all := p.Document().Steps()
				v := all[rapid.IntRange(0, len(all)-1).Draw(rt, "version")].Version
				if err := p.Checkout(ctx, v); err != nil {
					rt.Fatal(err)
				}
			case 5:
				if rapid.Bool().Draw(rt, "save") {
					rec, err := p.Save(ctx)
					if err == nil {
						p, err = Open(ctx, store, rec, Settings{})
					}
					if err != nil {
						rt.Fatal(err)
					}
				} else {
					branches++
					if err := p.Branch(fmt.Sprint("b", branches)); err != nil {
						rt.Fatal(err)
					}
				}
			}
			if p.State().Notes != notes[p.Document().Current()] {
				rt.Fatalf("the current version shows %q, want %q", p.State().Notes, notes[p.Document().Current()])
			}
		}
		d := p.Document()
		for v, want := range notes {
			s, err := p.StateAt(ctx, v)
			if err != nil || s.Notes != want {
				rt.Fatalf("version %v: %v, want %q", v, err, want)
			}
			if !d.covered(v) {
				rt.Fatalf("no branch leads to %v", v)
			}
		}
		if len(d.Steps()) != len(notes) {
			rt.Fatalf("%d steps for %d versions", len(d.Steps()), len(notes))
		}
		for _, b := range d.Branches() {
			if b.Left && len(d.Children(b.Head)) > 0 {
				rt.Fatalf("%s was left at %v, which is no leaf", b.Name, b.Head)
			}
		}
	})
}
