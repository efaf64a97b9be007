package edit

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// picture puts a picture of w x h into the store: colours and alpha from a small
// integer sequence.
func picture(t testing.TB, store Store, w, h int, seed uint32) Hash {
	t.Helper()
	r := raster.New(w, h)
	for y := range h {
		row := r.EditPixels(y)
		for x := range w {
			seed = seed*1664525 + 1013904223
			a := uint32(raster.Opaque)
			if seed>>28 < 6 {
				a = seed >> 12 & 0xffff
			}
			for c := range uint32(3) {
				row[4*x+int(c)] = uint16(raster.Mul((seed>>(3*c)^uint32(x*y*97))&0xffff, a))
			}
			row[4*x+3] = uint16(a)
		}
	}
	data, err := EncodePicture(r)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := store.Put(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// ticking is a clock on which every operation takes step.
func ticking(step time.Duration) func() time.Time {
	at := time.Unix(0, 0)
	return func() time.Time { at = at.Add(step); return at }
}

// wander does a random walk of edits, and returns the versions it made.
func wander(t *rapid.T, tb testing.TB, p *Pattern, store Store) []Hash {
	ctx := tb.Context()
	pictures := []Hash{picture(tb, store, 64, 96, 1), picture(tb, store, 20, 30, 2)}
	ids := []string{"a", "b", "c", "d"}
	for range rapid.IntRange(1, 25).Draw(t, "edits") {
		id := rapid.SampledFrom(ids).Draw(t, "layer")
		quarter := float64(rapid.IntRange(0, 4).Draw(t, "opacity")) / 4
		var op Op
		switch rapid.IntRange(0, 9).Draw(t, "op") {
		case 0, 1:
			op = &PlacePicture{Picture: pictures[0], Origin: ByModel, Purpose: Candidate, Candidates: 4, ID: id, Opacity: &quarter}
		case 2, 3:
			op = &PlacePicture{Picture: pictures[1], Origin: ByPerson, Purpose: Import, Layer: id, Position: &[2]int{rapid.IntRange(-90, 90).Draw(t, "x"), rapid.IntRange(-120, 120).Draw(t, "y")}}
		case 4:
			op = &PlacePicture{Picture: pictures[0], Origin: ByModel, Purpose: Inpaint, Layer: id, Mask: &pictures[0]}
		case 5:
			op = &SetLayerBlend{id, rapid.SampledFrom(raster.Blends()).Draw(t, "blend")}
		case 6:
			op = &MergeLayers{[]string{id, rapid.SampledFrom(ids).Draw(t, "other")}}
		case 7:
			op = &RemoveLayer{id}
		case 8:
			op = &SetLayerOpacity{id, quarter}
		case 9:
			all := p.Document().Steps()
			if err := p.Checkout(ctx, all[rapid.IntRange(0, len(all)-1).Draw(t, "to")].Version); err != nil {
				t.Fatal(err)
			}
			continue
		}
		before := p.Document().Current()
		if _, err := p.Apply(ctx, op, Meta{}); err != nil && p.Document().Current() != before {
			t.Fatalf("a refused operation changed the document: %v", err)
		}
	}
	var versions []Hash
	for _, s := range p.Document().Steps() {
		versions = append(versions, s.Version)
	}
	return versions
}

// However a version is come to, from snapshots, from memory, after the cache was
// damaged or from the first operation, it is the same to the last bit.
func TestAColdReplayGivesTheSameBytes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		store, cache := newMemory(), newMemory()
		work := time.Duration(rapid.IntRange(1, 5).Draw(rt, "work"))
		p := begin(t, store, Settings{Cache: cache, Work: work, Clock: ticking(1), Memory: 1})
		versions := wander(rt, t, p, store)
		sums := map[Hash]Hash{}
		for _, v := range versions {
			s, err := p.StateAt(ctx, v)
			if err != nil {
				rt.Fatal(err)
			}
			sums[v] = s.Sum()
		}
		if err := p.Flush(ctx); err != nil {
			rt.Fatal(err)
		}
		rec, err := p.Save(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		damaged := cache.clone()
		for k, data := range damaged.content {
			if k[0]%3 == 0 {
				damaged.content[k] = append([]byte(nil), data[:len(data)-1]...)
			}
		}
		for name, set := range map[string]Settings{
			"cold": {}, "from snapshots": {Cache: cache}, "from damaged snapshots": {Cache: damaged},
			"with little memory": {Cache: newMemory(), Memory: 1, Work: 1, Clock: ticking(2)},
		} {
			q, err := Open(ctx, store, rec, set)
			if err != nil {
				rt.Fatal(err)
			}
			for _, v := range versions {
				s, err := q.StateAt(ctx, v)
				if err != nil {
					rt.Fatal(err)
				}
				if s.Sum() != sums[v] {
					rt.Fatalf("%s: version %v differs", name, v)
				}
			}
		}
	})
}

// No version is further from a snapshot than the work that is allowed: counted on
// a clock on which every operation takes one tick.
func TestNoVersionIsFarFromASnapshot(t *testing.T) {
	ctx := t.Context()
	store, cache := newMemory(), newMemory()
	var ticks int
	clock := func() time.Time { ticks++; return time.Unix(0, int64(ticks)) } // two calls an operation, one tick between them
	const allowed = 4
	set := Settings{Cache: cache, Work: allowed, Clock: clock, Memory: 1}
	p := begin(t, store, set)
	blob := picture(t, store, 64, 96, 5)
	apply(t, p, &PlacePicture{Picture: blob, Origin: ByModel, Purpose: Candidate, ID: "ground"})
	for i := range 40 {
		apply(t, p, &RenameLayer{"ground", fmt.Sprint(i)})
		if i%7 == 0 {
			if err := p.Undo(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	rec, err := p.Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Document().Steps() {
		d, err := Load(ctx, rec, store)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.checkout(s.Version); err != nil {
			t.Fatal(err)
		}
		jumped, err := d.Save(ctx, store)
		if err != nil {
			t.Fatal(err)
		}
		before := ticks
		if _, err := Open(ctx, store, jumped, set); err != nil {
			t.Fatal(err)
		}
		if ops := (ticks - before) / 2; ops > allowed {
			t.Errorf("operation %d is %d operations from its snapshot, more than %d", s.Ordinal, ops, allowed)
		}
	}
	// A snapshot shares with those before it what did not change: forty names of
	// one picture cost one picture.
	bands := 0
	for _, data := range cache.content {
		if len(data) > 64*4*8 {
			bands++
		}
	}
	if want := 3; bands != want {
		t.Errorf("the snapshots hold %d bands of pixels, want the picture's %d", bands, want)
	}
}

// What a state is made of has to be in its snapshot, also what somebody adds to
// State later: every field is filled with something and comes back.
func TestASnapshotHoldsEverything(t *testing.T) {
	lab := color.Lab{50, 10, -20}
	m := raster.NewMask(64, 96)
	m.Pix[70] = 9
	l := &Layer{ID: "a", Name: "A", Opacity: 77, Blend: raster.Screen, Hidden: true, Pixels: raster.New(64, 96)}
	row, who := l.Pixels.Edit(50)
	row[3], who[1] = 5, raster.Who{Op: 3, Person: 4, Model: 5, Rule: 6, Import: 7}
	chip := color.Chip{Name: "madder", R: 1, G: 2, B: 3}
	s := &State{
		Size: pattern.Size{Width: 64, Height: 96}, Width: 640.1, Height: 959.9,
		Repeat: pattern.Repeat{Kind: pattern.Brick, N: 1, D: 4}, Direction: Tossed, Layers: []*Layer{l}, Selection: m,
		Positions: []Position{{Name: "p", Code: "19-1", Chip: chip, Lab: &lab, Illuminant: "D50/2"}},
		Locked:    &Lock{Cloth: true, MeanDelta: 0.1, MaxDelta: 2.3},
		Colorways: []Colorway{{Name: "night", Chips: []color.Chip{chip}}}, DesignNumber: "17", Notes: "n",
		Retired: []string{"x"}, Missing: []Missing{{Ordinal: 3, Kind: "k", Reason: "r"}},
	}
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test does not fill State.%s", v.Type().Field(i).Name)
		}
	}
	cache, store := newMemory(), newMemory()
	if err := keepSnapshot(t.Context(), cache, Hash{1}, s); err != nil {
		t.Fatal(err)
	}
	back, err := loadSnapshot(t.Context(), cache, Hash{1}, nil)
	if err != nil || back == nil {
		t.Fatalf("%v, %v", back, err)
	}
	blob, err := storeState(t.Context(), store, s)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := loadState(t.Context(), store, blob)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*State{back, stored} {
		if got.Sum() != s.Sum() {
			t.Error("the sum differs")
		}
		a, b := *got, *s
		if raster.Diff(a.Layers[0].Pixels, b.Layers[0].Pixels) != nil {
			t.Error("the pixels differ")
		}
		a.Layers, b.Layers = nil, nil
		if !reflect.DeepEqual(a, b) {
			t.Errorf("got %+v, want %+v", a, b)
		}
	}
}

// An edit copies only the bands that it touches, and says so by Diff.
func TestAnEditTouchesOnlyItsBands(t *testing.T) {
	store := newMemory()
	p := begin(t, store, Settings{})
	apply(t, p, &PlacePicture{Picture: picture(t, store, 64, 96, 1), Origin: ByModel, Purpose: Candidate, ID: "ground"})
	before := p.State()
	apply(t, p, &PlacePicture{Picture: picture(t, store, 10, 8, 2), Origin: ByPerson, Purpose: Drawing, Layer: "ground", Position: &[2]int{5, 36}})
	after := p.State()
	if got := raster.Diff(before.Layers[0].Pixels, after.Layers[0].Pixels); !reflect.DeepEqual(got, []int{1}) {
		t.Errorf("bands %v changed, want [1]", got)
	}
	seen := map[any]struct{}{}
	all := before.memory(seen)
	if more := after.memory(seen); more > all {
		t.Errorf("the edit holds %d bytes more than the %d that were there", more, all)
	}
	// On the half-drop the right edge goes on 48 rows lower, on the left.
	apply(t, p, &PlacePicture{Picture: picture(t, store, 10, 8, 2), Origin: ByPerson, Purpose: Drawing, Layer: "ground", Position: &[2]int{60, 4}})
	if got := raster.Diff(after.Layers[0].Pixels, p.State().Layers[0].Pixels); !reflect.DeepEqual(got, []int{0, 1}) {
		t.Errorf("bands %v changed, want [0 1]", got)
	}
}
