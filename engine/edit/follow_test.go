package edit

import (
	"testing"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// twoColors stores a cell whose left half is a, whose right half is b.
func twoColors(t *testing.T, store Store, a, b [3]uint16) Hash {
	t.Helper()
	r := raster.New(64, 96)
	for y := range 96 {
		row := r.EditPixels(y)
		for x := range 64 {
			c := a
			if x >= 32 {
				c = b
			}
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = c[0]*257, c[1]*257, c[2]*257, raster.Opaque
		}
	}
	data, err := EncodePicture(r)
	if err != nil {
		t.Fatal(err)
	}
	h, err := store.Put(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The hero is locked, the coordinate is not: both show the new colours after one
// change of what they share.
func TestPatternsFollowTheSharedPalette(t *testing.T) {
	ctx := t.Context()
	from := []Spot{{Name: "ground", Color: "#102030"}, {Name: "leaf", Color: "#20a040"}}
	to := []Spot{{Name: "ground", Color: "#f0e0d0", Chip: "oat"}, {Name: "leaf", Color: "#a02040", Code: "19-1664"}}
	store := newMemory()
	blob := twoColors(t, store, [3]uint16{0x10, 0x20, 0x30}, [3]uint16{0x20, 0xa0, 0x40})
	patterns := map[string]*Pattern{}
	c, err := NewCollection("Hedgerow", from)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"locked", "free"} {
		p := begin(t, store, Settings{})
		apply(t, p, &PlacePicture{Picture: blob, Origin: ByRule, Purpose: Drawing, ID: "a"})
		if name == "locked" {
			cloth := false
			apply(t, p, &LockPalette{Positions: from, Cloth: &cloth})
		}
		patterns[name] = p
		if err := c.Add(Member{name, Coordinate}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(name string) (*Pattern, error) { return patterns[name], nil }
	if err := c.Change(ctx, store, open, to, FollowPalette("collection"), Meta{}); err != nil {
		t.Fatal(err)
	}
	for name, p := range patterns {
		if got := p.State().Layers[0].Pixels.At(3, 3); got[0] != 0x1010 {
			t.Errorf("%s changed before it was settled", name)
		}
	}
	if err := c.Settle(ctx, store, open, func(string, *Pattern) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for name, p := range patterns {
		px := p.State().Layers[0].Pixels
		if l, r := px.At(3, 3), px.At(50, 50); l != [4]uint16{0xf0f0, 0xe0e0, 0xd0d0, 0xffff} || r != [4]uint16{0xa0a0, 0x2020, 0x4040, 0xffff} {
			t.Errorf("%s: %04x and %04x", name, l, r)
		}
		if px.WhoAt(3, 3).Rule != 255 {
			t.Errorf("%s: a recolouring changed the author", name)
		}
	}
	if s := patterns["locked"].State(); s.Locked == nil || s.Positions[0].Chip.Name != "oat" || s.Positions[1].Code != "19-1664" {
		t.Errorf("the locked pattern: %+v", s.Positions)
	}
	// Changing places works where pixels are positions, and is refused elsewhere.
	swap := []Spot{{Color: "#a02040"}, {Color: "#f0e0d0"}}
	if _, err := FollowPalette("swap")(patterns["free"], to, swap); err == nil {
		t.Error("colours of an unlocked pattern changed places")
	}
	ops, err := FollowPalette("swap")(patterns["locked"], to, swap)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := patterns["locked"].ApplyAll(ctx, ops, Meta{}); err != nil {
		t.Fatal(err)
	}
	if got := patterns["locked"].State().Layers[0].Pixels.At(3, 3); got[0] != 0xa0a0 {
		t.Errorf("%04x", got)
	}
}
