package draw

import "testing"

// TestHeldOut wants about one combination in twenty, and of each family most
// layouts left to learn from.
func TestHeldOut(t *testing.T) {
	layouts := []Layout{Grid, HalfDrop, Brick, Tossed, Stripe, Ogee, AllOver}
	out, all := 0, 0
	for _, f := range Families() {
		if IsField(f) {
			continue
		}
		mine := 0
		for _, l := range layouts {
			all++
			if HeldOut(Spec{Family: f, Layout: l, Secondary: NoSecondary}) {
				out++
				mine++
			}
		}
		if mine > 2 {
			t.Errorf("%s: %d of %d layouts are held out", f, mine, len(layouts))
		}
	}
	if share := float64(out) / float64(all); share < 0.02 || share > 0.09 {
		t.Errorf("%d of %d pairs of family and layout are held out", out, all)
	}
	drawn := 0
	for seed := range uint64(5000) {
		if HeldOut(Random(seed)) {
			drawn++
		}
	}
	t.Logf("%d of %d pairs; %d of 5000 random drawings", out, all, drawn)
	if drawn < 100 || drawn > 500 {
		t.Errorf("%d of 5000 random drawings are held out", drawn)
	}
}
