package edit

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// shelf keeps the records of patterns and of one collection, as a caller does.
type shelf struct {
	store      *memory
	patterns   map[string][]byte
	collection []byte
}

func (s *shelf) open(t *testing.T) func(string) (*Pattern, error) {
	return func(name string) (*Pattern, error) {
		rec, found := s.patterns[name]
		if !found {
			return nil, fmt.Errorf("no pattern %s", name)
		}
		return Open(t.Context(), s.store, rec, Settings{})
	}
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{store: newMemory(), patterns: map[string][]byte{}}
	c, err := NewCollection("Hedgerow", []Spot{{Name: "ground", Color: "#102030"}, {Name: "leaf", Color: "#20a040"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []Member{{"poppy", Hero}, {"stripe", Coordinate}, {"dots", Blender}} {
		p := begin(t, s.store, Settings{})
		apply(t, p, &SetDesignNumber{m.Pattern})
		apply(t, p, &SetPalette{c.Palette()})
		rec, err := p.Save(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.patterns[m.Pattern] = rec
		if err := c.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if s.collection, err = c.Encode(); err != nil {
		t.Fatal(err)
	}
	return s
}

func follow(_ *Pattern, _, to []Spot) ([]Op, error) {
	return []Op{&SetPalette{to}, &SetNotes{"followed"}}, nil
}

// A crash before or after any record is put in place leaves all members as they
// were or, once the collection has been settled again, all of them changed.
func TestAPaletteChangeIsAllOrNone(t *testing.T) {
	ctx := t.Context()
	to := []Spot{{Name: "ground", Color: "#f0e0d0"}, {Name: "leaf", Color: "#a02040"}}
	for crash := 0; crash <= 5; crash++ { // after that many records were replaced
		s := newShelf(t)
		replaced := 0
		replace := func(put func()) error {
			if replaced == crash {
				return errors.New("power cut")
			}
			replaced++
			put()
			return nil
		}
		session := func() error {
			c, err := DecodeCollection(s.collection)
			if err != nil {
				return err
			}
			keep := func() error {
				rec, err := c.Encode()
				if err != nil {
					return err
				}
				return replace(func() { s.collection = rec })
			}
			if !c.Pending() {
				if err := c.Change(ctx, s.store, s.open(t), to, follow, Meta{Actor: "ada"}); err != nil {
					return err
				}
				if err := keep(); err != nil {
					return err
				}
			}
			err = c.Settle(ctx, s.store, s.open(t), func(name string, p *Pattern) error {
				rec, err := p.Save(ctx)
				if err != nil {
					return err
				}
				return replace(func() { s.patterns[name] = rec })
			})
			if err != nil {
				return err
			}
			return keep()
		}
		if err := session(); (err == nil) != (crash == 5) {
			t.Fatalf("crash after %d: %v", crash, err)
		}
		c, err := DecodeCollection(s.collection)
		if err != nil {
			t.Fatal(err)
		}
		if happened := crash >= 1; happened != (len(c.Changes()) == 1) {
			t.Fatalf("crash after %d: %d changes", crash, len(c.Changes()))
		}
		if crash == 0 {
			for name := range s.patterns {
				if p, err := s.open(t)(name); err != nil || p.State().Notes != "" {
					t.Errorf("%s changed, %v", name, err)
				}
			}
			continue
		}
		crash = 100 + crash // and now with power
		if c.Pending() {
			if err := session(); err != nil {
				t.Fatal(err)
			}
		}
		for name := range s.patterns {
			p, err := s.open(t)(name)
			if err != nil {
				t.Fatal(err)
			}
			if p.State().Notes != "followed" || p.State().Positions[1].Chip.Hex() != "#a02040" || len(p.Document().Steps()) != 5 {
				t.Errorf("crash after %d: %s has %q and %d steps", crash-100, name, p.State().Notes, len(p.Document().Steps()))
			}
		}
		if c, err = DecodeCollection(s.collection); err != nil || c.Pending() {
			t.Errorf("crash after %d: still pending, %v", crash-100, err)
		}
		crash -= 100
	}
}

func TestAMemberThatCannotFollowKeepsAllAsTheyWere(t *testing.T) {
	s := newShelf(t)
	c, err := DecodeCollection(s.collection)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Change(t.Context(), s.store, s.open(t), []Spot{{Color: "#ffffff"}}, func(p *Pattern, _, to []Spot) ([]Op, error) {
		if p.State().DesignNumber == "dots" {
			return []Op{&RemoveLayer{"none"}}, nil
		}
		return []Op{&SetPalette{to}}, nil
	}, Meta{})
	var member *MemberError
	if !errors.As(err, &member) || member.Pattern != "dots" {
		t.Errorf("%v", err)
	}
	if rec, err := c.Encode(); err != nil || !bytes.Equal(rec, s.collection) {
		t.Errorf("the collection changed, %v", err)
	}
	for _, bad := range []Member{{"x", "king"}, {"", Hero}} {
		if err := c.Add(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func FuzzDecodeCollection(f *testing.F) {
	f.Add([]byte(`{"format":"selvage collection 1","name":"n","palette":[{"color":"#102030"}],"members":[{"pattern":"p","role":"hero"}],"changes":[],"pending":false,"later":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCollection(data)
		if err != nil {
			return
		}
		rec, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeCollection(rec); err != nil {
			t.Fatalf("what was read and written cannot be read again: %v\n%s", err, rec)
		}
	})
}
