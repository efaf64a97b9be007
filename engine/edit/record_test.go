package edit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A disk that fills up, or a power cut, at any Put: the record that was there
// before still opens with everything, and the open document can be saved again
// once there is room.
func TestACrashAtAnyPointOfSavingLosesNothing(t *testing.T) {
	ctx := t.Context()
	for fail := 1; fail < 6; fail++ {
		store := newMemory()
		p := begin(t, store, Settings{})
		var record []byte // what the caller last put in place
		saved := 1
		for i := range 3 * pageSteps {
			apply(t, p, &SetNotes{strings.Repeat("x", i)})
			if i == pageSteps/2 {
				rec, err := p.Save(ctx)
				if err != nil {
					t.Fatal(err)
				}
				record, saved = rec, len(p.Document().Steps())
				store.puts, store.fail = 0, fail
			}
		}
		crashed, err := p.Save(ctx)
		if fail <= 3 && err == nil {
			t.Errorf("fail %d: saved on a full disk", fail)
		}
		if err != nil && crashed != nil {
			t.Errorf("fail %d: a record beside an error", fail)
		}
		q, err := Open(ctx, store, record, Settings{})
		if err != nil || len(q.Document().Steps()) != saved {
			t.Fatalf("fail %d: the old record: %v", fail, err)
		}
		store.fail = 0
		again, err := p.Save(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if q, err = Open(ctx, store, again, Settings{}); err != nil || q.State().Sum() != p.State().Sum() {
			t.Fatalf("fail %d: the new record: %v", fail, err)
		}
		// Saving what was opened changes nothing.
		if same, err := q.Save(ctx); err != nil || !bytes.Equal(same, again) {
			t.Errorf("fail %d: saved twice, the records differ, %v", fail, err)
		}
	}
}

// foreign adds to a document an operation that this version does not know.
func foreign(t *testing.T, p *Pattern) {
	t.Helper()
	params := []byte(`{"layer":"a","motion":{"path":[[0,1.5],[3,1e+30]],"unicode":"ö\n"},"picture":"sha256:` + strings.Repeat("ab", 32) + `"}`)
	if c, err := Canonical(params); err != nil || !bytes.Equal(c, params) {
		t.Fatalf("%s, %v", c, err)
	}
	if _, err := p.doc.append("motion.animate", params, Meta{Actor: "zoe"}); err != nil {
		t.Fatal(err)
	}
}

func TestOperationsOfANewerVersionAreKeptAndShown(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	p := begin(t, store, Settings{})
	apply(t, p, &AddLayer{ID: "a"})
	known := p.State()
	foreign(t, p)
	// What follows it: one that can be done without it, and one that cannot.
	for _, op := range []Op{&SetNotes{"after"}, &RenameLayer{"made-by-it", "x"}} {
		params, err := EncodeOp(op)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.doc.append(op.Kind(), params, Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	rec, err := p.Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Members of the record that a newer version added are kept as well.
	rec = bytes.Replace(rec, []byte(`{"branch"`), []byte(`{"aaa":{"new":[1,2]},"branch"`), 1)
	q, err := Open(ctx, store, rec, Settings{Cache: newMemory(), Work: 1})
	if err != nil {
		t.Fatal(err)
	}
	missing := q.State().Missing
	if len(missing) != 2 || missing[0].Kind != "motion.animate" || missing[0].Ordinal != 3 || missing[0].Reason != "" || missing[1].Reason == "" {
		t.Errorf("missing: %+v", missing)
	}
	if q.State().Notes != "after" {
		t.Error("the operation after it was not done")
	}
	if again, err := q.Save(ctx); err != nil || !bytes.Equal(again, rec) {
		t.Errorf("the record changed: %v\n%s\n%s", err, rec, again)
	}
	var incomplete *IncompleteError
	if _, err := q.Apply(ctx, &SetNotes{"x"}, Meta{}); !errors.As(err, &incomplete) {
		t.Errorf("an edit of what is not wholly seen: %v", err)
	}
	// Before it, everything is known, and a branch begins.
	if err := q.Checkout(ctx, q.Document().Steps()[1].Version); err != nil || q.State().Sum() != known.Sum() {
		t.Fatalf("before it: %v", err)
	}
	apply(t, q, &SetNotes{"mine"})
	if got := len(q.Document().Steps()); got != 6 {
		t.Errorf("%d steps", got)
	}
	refs, err := q.Document().References(ctx, store)
	if err != nil || len(refs) != 1 || refs[0][0] != 0xab {
		t.Errorf("what the foreign operation names is not referred to: %v, %v", refs, err)
	}
}

func TestAStoredStateLeadsPastOperationsOfANewerVersion(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	p := begin(t, store, Settings{})
	apply(t, p, &PlacePicture{Picture: picture(t, store, 64, 96, 3), Origin: ByModel, Purpose: Candidate, ID: "a"})
	foreign(t, p)
	// The newer version knows what its operation makes, and stores the state.
	made := p.kept[len(p.kept)-1].state.Clone()
	made.Layers[0].Name = "animated"
	p.keep(&kept{version: p.doc.current, state: made})
	if err := p.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	v := apply(t, p, &SetNotes{"after"})
	rec, err := p.Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Open(ctx, store, rec, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if s := q.State(); len(s.Missing) != 0 || s.Layers[0].Name != "animated" || s.Sum() != p.State().Sum() {
		t.Errorf("from the stored state: missing %v", s.Missing)
	}
	if got := q.Document().Current(); got != v {
		t.Errorf("at %v", got)
	}
	apply(t, q, &SetNotes{"mine"})
	refs, err := q.Document().References(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	needed := map[Hash]bool{}
	for _, h := range refs {
		needed[h] = true
	}
	for h := range store.content {
		if !needed[h] {
			t.Errorf("blob %v would be collected", h)
		}
	}
}

func TestDamagedRecordsAreRefused(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	p := begin(t, store, Settings{})
	apply(t, p, &SetNotes{"a"})
	rec, err := p.Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	current := p.Document().Current().String()
	for name, change := range map[string][2]string{
		"an edit that was changed":  {`"notes":"a"`, `"notes":"b"`},
		"a format of the future":    {Format, "selvage pattern 2"},
		"another program's file":    {Format, "gimp"},
		"a branch to nowhere":       {`"head":"` + current, `"head":"sha256:` + strings.Repeat("00", 32)},
		"a current that is nowhere": {`"current":"` + current, `"current":"sha256:` + strings.Repeat("00", 32)},
		"no JSON":                   {`{`, `[`},
		"a branch that is not":      {`"branch":"main"`, `"branch":"moon"`},
	} {
		bad := strings.Replace(string(rec), change[0], change[1], 1)
		var damage *RecordError
		if _, err := Open(ctx, store, []byte(bad), Settings{}); !errors.As(err, &damage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(ctx, store, rec, Settings{}); err != nil {
		t.Error(err)
	}
}

func TestOperationsOutOfRangeAreRefusedAndChangeNothing(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	p := begin(t, store, Settings{})
	small := picture(t, store, 3, 3, 1)
	two := 2.0
	sum := p.State().Sum()
	for _, op := range []Op{
		first(), &NewPattern{}, &AddLayer{ID: "l9"}, &AddLayer{ID: "Ä"}, &AddLayer{Opacity: &two}, &AddLayer{Blend: "dissolve"},
		&AddLayer{Above: "nothing"}, &RemoveLayer{"x"}, &ReorderLayer{"x", -1}, &MergeLayers{}, &SetDirection{"up"},
		&SetPhysicalSize{0, 5}, &SetPhysicalSize{1e9, 5}, &SetNotes{"\x00"}, &SetNotes{"\xff"},
		&PlacePicture{Picture: small, Origin: ByModel, Purpose: Candidate}, &PlacePicture{Picture: small, Origin: "god", Purpose: Import},
		&PlacePicture{Picture: Hash{9}, Origin: ByModel, Purpose: Candidate}, &PlacePicture{Picture: small, Origin: ByImport, Purpose: Upscale},
	} {
		if _, err := p.Apply(ctx, op, Meta{}); err == nil {
			t.Errorf("%s %+v was taken", op.Kind(), op)
		}
	}
	if _, err := p.ApplyAll(ctx, []Op{&SetNotes{"a"}, &AddLayer{}, &RemoveLayer{"x"}}, Meta{}); err == nil || !strings.Contains(err.Error(), "operation 3") {
		t.Errorf("a list with a bad third: %v", err)
	}
	if p.State().Sum() != sum || len(p.Document().Steps()) != 1 {
		t.Error("the document changed")
	}
	for _, huge := range []*NewPattern{
		{Width: 1 << 20, Height: 1, WidthMM: 1, HeightMM: 1, Repeat: "block"},
		{Width: 30000, Height: 30000, WidthMM: 1, HeightMM: 1, Repeat: "block"},
		{Width: 3, Height: 7, WidthMM: 1, HeightMM: 1, Repeat: "half-drop"},
	} {
		if err := huge.Check(); err == nil {
			t.Errorf("%+v was taken", huge)
		}
	}
}

func TestLayersKeepTheirIds(t *testing.T) {
	p := begin(t, newMemory(), Settings{})
	apply(t, p, &AddLayer{ID: "a"})
	apply(t, p, &AddLayer{}) // operation 3
	apply(t, p, &DuplicateLayer{Layer: "a", ID: "b"})
	apply(t, p, &ReorderLayer{"l3", 0})
	var ids []string
	for _, l := range p.State().Layers {
		ids = append(ids, l.ID)
	}
	if fmt.Sprint(ids) != "[l3 a b]" {
		t.Errorf("layers %v", ids)
	}
	apply(t, p, &RemoveLayer{"a"})
	if _, err := p.Apply(t.Context(), &AddLayer{ID: "a"}, Meta{}); err == nil {
		t.Error("an id was used twice")
	}
}

func FuzzLoad(f *testing.F) {
	store := newMemory()
	p, err := New(f.Context(), store, first(), Meta{}, Settings{})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 40 {
		if _, err := p.Apply(f.Context(), &SetNotes{fmt.Sprint(i)}, Meta{}); err != nil {
			f.Fatal(err)
		}
	}
	rec, err := p.Save(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rec)
	f.Add([]byte(`{"format":"selvage pattern 1","tail":[{"kind":"pattern.new","params":{}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Load(t.Context(), data, store)
		if err != nil {
			return
		}
		rec, err := d.Save(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(t.Context(), rec, store); err != nil {
			t.Fatalf("what was read and saved cannot be read again: %v", err)
		}
	})
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(`[{"kind":"layer.add","params":{"id":"a","opacity":0.5}},{"kind":"pattern.notes","params":{"notes":"x"}}]`))
	f.Add([]byte(`[{"kind":"picture.place"}]`))
	for _, kind := range Kinds() {
		f.Add([]byte(`[{"kind":"` + kind + `","params":{}}]`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ops, err := ParseList(data)
		if err != nil {
			return
		}
		for _, op := range ops {
			params, err := EncodeOp(op)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := DecodeOp(op.Kind(), params); err != nil {
				t.Fatalf("%s %s cannot be read again: %v", op.Kind(), params, err)
			}
		}
	})
}

func FuzzDecodePicture(f *testing.F) {
	store := newMemory()
	f.Add(store.content[picture(f, store, 5, 4, 1)])
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		size, err := PictureSize(data)
		if err != nil || size.Width*size.Height > 1<<20 {
			return
		}
		r, err := DecodePicture(data)
		if err != nil {
			return
		}
		again, err := EncodePicture(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodePicture(again); err != nil || back.Sum() != r.Sum() {
			t.Fatalf("a picture did not come back: %v", err)
		}
	})
}

func FuzzStoredState(f *testing.F) {
	store := newMemory()
	s := &State{}
	s.Size.Width, s.Size.Height = 3, 2
	blob, err := storeState(f.Context(), store, s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(store.content[blob])
	f.Add([]byte(`{"state":{"Scheme":"selvage state 1","Size":{"width":3,"height":2},"Layers":[{"Bands":[]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := store.Put(t.Context(), data)
		if err == nil {
			_, _ = loadState(t.Context(), store, h)
			delete(store.content, h)
		}
	})
}
