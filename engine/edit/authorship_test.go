package edit

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// flatPicture stores a picture of one colour that is opaque in rectangles only.
func flatPicture(t *testing.T, store Store, w, h int, opaque ...[4]int) Hash {
	t.Helper()
	r := raster.New(w, h)
	for y := range h {
		row := r.EditPixels(y)
		for x := range w {
			for _, o := range opaque {
				if x >= o[0] && y >= o[1] && x < o[2] && y < o[3] {
					row[4*x], row[4*x+3] = 0x8000, raster.Opaque
				}
			}
		}
	}
	data, err := EncodePicture(r)
	if err != nil {
		t.Fatal(err)
	}
	h2, err := store.Put(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	return h2
}

// A drawn example whose answer can be counted on paper: a model's ground of
// 64 x 96, a person's two pieces (one of them over the edge of the half-drop), a
// rule's stripe over half of one of them, an import at half opacity.
func TestFactsOfADrawnExample(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	p := begin(t, store, Settings{})
	ground := flatPicture(t, store, 64, 96, [4]int{0, 0, 64, 96})
	apply(t, p, &PlacePicture{Picture: ground, Origin: ByModel, Purpose: Candidate, Candidates: 6, ID: "ground"})
	square := flatPicture(t, store, 10, 10, [4]int{0, 0, 10, 10})
	apply(t, p, &PlacePicture{Picture: square, Origin: ByPerson, Purpose: Drawing, ID: "hand", Position: &[2]int{20, 20}})
	apply(t, p, &PlacePicture{Picture: square, Origin: ByPerson, Purpose: Drawing, Layer: "hand", Position: &[2]int{59, 4}})
	stripe := flatPicture(t, store, 64, 96, [4]int{0, 20, 64, 25})
	apply(t, p, &PlacePicture{Picture: stripe, Origin: ByRule, Purpose: Drawing, ID: "stripe"})
	half := 0.5
	scan := flatPicture(t, store, 64, 96, [4]int{0, 90, 64, 96})
	apply(t, p, &PlacePicture{Picture: scan, Origin: ByImport, Purpose: Import, ID: "scan", Opacity: &half, Author: "M. Morris", Rights: "public domain", Source: "strawberry.tif"})
	apply(t, p, &RenameLayer{"scan", "Scan"})
	apply(t, p, &HideLayer{"scan", true})
	apply(t, p, &HideLayer{"scan", false})
	f, err := p.Facts(ctx, p.Document().Current())
	if err != nil {
		t.Fatal(err)
	}
	// The piece at 20, 20 lies under the stripe by half: 50 of its 100 show. The
	// other one is whole. The scan covers 64 x 6 by half: 192 pixels.
	const all, person, rule, imported = 64 * 96, 50 + 100, 64 * 5, 64 * 6 / 2
	want := PixelFacts{All: all, Person: person, Rule: rule, Import: imported, Model: all - person - rule - imported}
	// 0.5 in 16 bits is 32768 of 65535, in shares of 255 128: a step each.
	near := func(a, b int64) bool { return a-b <= 1 && b-a <= 1 }
	if got := f.Pixels; !near(got.Person, want.Person) || !near(got.Rule, want.Rule) || !near(got.Import, want.Import) || !near(got.Model, want.Model) || got.All != all || got.Open != 0 {
		t.Errorf("pixels %+v, want %+v", f.Pixels, want)
	}
	if f.MotifsDrawn != 2 {
		t.Errorf("%d motifs drawn, want 2: the one over the edge is one", f.MotifsDrawn)
	}
	if len(f.Chosen) != 1 || f.Chosen[0] != (ChosenFact{2, 6}) {
		t.Errorf("chosen %v", f.Chosen)
	}
	if len(f.Imports) != 1 || f.Imports[0] != (ImportFact{6, "strawberry.tif", "M. Morris", "public domain", false}) {
		t.Errorf("imports %v", f.Imports)
	}
	if f.Drawings != 3 || f.Compositions != 2 || f.Strokes != 0 || f.RegionsRepainted != 0 {
		t.Errorf("facts %+v", f)
	}
	// What was undone is not counted.
	if err := p.Undo(ctx); err != nil {
		t.Fatal(err)
	}
	hidden, err := p.Facts(ctx, p.Document().Current())
	if err != nil || hidden.Pixels.Import != 0 || hidden.Compositions != 1 {
		t.Errorf("with the scan hidden: %+v, %v", hidden, err)
	}
}

// A mark by its coverage: strokes with known alpha over a model's ground.
func TestAMarkCountsByItsCoverage(t *testing.T) {
	store := newMemory()
	p := begin(t, store, Settings{})
	apply(t, p, &PlacePicture{Picture: flatPicture(t, store, 64, 96, [4]int{0, 0, 64, 96}), Origin: ByModel, Purpose: Candidate, ID: "ground"})
	r := raster.New(2, 1)
	copy(r.EditPixels(0), []uint16{0, 0, 0, 0x5555, 0, 0, 0, raster.Opaque}) // a third, and all
	data, err := EncodePicture(r)
	if err != nil {
		t.Fatal(err)
	}
	mark, err := store.Put(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, p, &PlacePicture{Picture: mark, Origin: ByPerson, Purpose: Drawing, Layer: "ground", Position: &[2]int{5, 5}})
	pixels := p.State().Layers[0].Pixels
	for x, want := range map[int]raster.Who{
		4: {Op: 2, Model: 255}, 5: {Op: 2, Person: 85, Model: 170}, 6: {Op: 3, Person: 255},
	} {
		if got := pixels.WhoAt(x, 5); got != want {
			t.Errorf("pixel %d: %+v, want %+v", x, got, want)
		}
	}
}

func TestEveryKindIsClassified(t *testing.T) {
	for _, kind := range Kinds() {
		if ClassOf(kind) == ClassUnknown {
			t.Errorf("%s is in no class of authorship.go: is it a mark, a picture or a choice?", kind)
		}
	}
}

// Choices change no author: after any of them, the shares of the picture are
// those that were there, moved along.
func TestChoicesMakeNoModelPixelHuman(t *testing.T) {
	store := newMemory()
	for _, op := range []Op{
		&DuplicateLayer{Layer: "a", ID: "b"}, &SetLayerOpacity{"a", 0.5}, &SetLayerBlend{"a", raster.Multiply},
		&RollLayout{X: 7, Y: 9}, &TurnLayout{Quarters: 2}, &FlipLayout{Axis: "x"}, &Resize{Width: 128, Height: 192},
		&ChangeRepeat{Repeat: "block"}, &RecolorMotif{Which: Which{Layer: "a", At: &[2]int{3, 3}}, Hue: 90},
		&TransformMotif{Which: Which{Layer: "a", At: &[2]int{3, 3}}, Move: [2]float64{20, 20}, Turn: 33},
	} {
		p := begin(t, store, Settings{})
		apply(t, p, &PlacePicture{Picture: flatPicture(t, store, 64, 96, [4]int{0, 0, 20, 20}), Origin: ByModel, Purpose: Candidate, ID: "a"})
		apply(t, p, op)
		flat, err := p.State().Flatten(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c := CountPixels(flat); c.Person != 0 || c.Rule != 0 || c.Import != 0 || c.Model == 0 {
			t.Errorf("after %s: %+v", op.Kind(), c)
		}
		f, err := p.Facts(t.Context(), p.Document().Current())
		if err != nil {
			t.Fatal(err)
		}
		if f.Compositions+f.LayoutChanges+f.Mechanical+f.Recolorings+f.MotifsArranged != 1 {
			t.Errorf("%s is not recorded as one choice: %+v", op.Kind(), f)
		}
	}
}

func TestCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := raster.New(rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h"))
		for range rapid.IntRange(0, 9).Draw(t, "edits") {
			row, who := r.Edit(rapid.IntRange(0, r.Height()-1).Draw(t, "y"))
			x := rapid.IntRange(0, r.Width()-1).Draw(t, "x")
			row[4*x+3] = rapid.Uint16().Draw(t, "a")
			p := rapid.Uint8().Draw(t, "p")
			who[x] = raster.Who{Person: p, Model: 255 - p}
		}
		c := CountPixels(r)
		if sum := c.Open + c.Person + c.Model + c.Rule + c.Import + c.Nobody; sum != c.All || c.All != int64(r.Width()*r.Height()) {
			t.Errorf("%+v adds up to %d", c, sum)
		}
	})
}

func TestTheOverlayShowsTheAuthors(t *testing.T) {
	r := raster.New(5, 1)
	row, who := r.Edit(0)
	for x, w := range []raster.Who{{Person: 255}, {Model: 255}, {Rule: 255}, {Import: 255}, {}} {
		who[x] = w
		row[4*x+3] = raster.Opaque // black, so that only the tints show
	}
	img := Overlay(r)
	for x, tint := range []uint32{OverlayPerson, OverlayModel, OverlayRule, OverlayImport, 0} {
		got := img.NRGBAAt(x, 0)
		for c, v := range []uint8{got.R, got.G, got.B} {
			if want := uint8(tint >> (16 - 8*c) & 0xff * 2 / 3); v != want {
				t.Errorf("pixel %d component %d is %d, want %d", x, c, v, want)
			}
		}
	}
}
