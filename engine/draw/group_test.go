package draw

import "testing"

// TestGroupsFillACell: repeated as often as it says, a group has about as many
// motifs as the drawing that it stands for, and they are about as large. A
// group of two motifs a side at least, and three of a drawing of five, make the bounds wide.
func TestGroupsFillACell(t *testing.T) {
	groups := map[int]int{}
	for seed := range uint64(400) {
		whole := Spec{Style: Clean, Secondary: NoSecondary}.Complete(seed)
		if familyByName(whole.Family).field {
			continue
		}
		group := whole
		group.Part = group.Groups()
		groups[group.Part]++
		a, err := whole.Scene()
		if err != nil {
			t.Fatal(err)
		}
		b, err := group.Scene()
		if err != nil {
			t.Fatal(err)
		}
		if b.W*float64(group.Part) != a.W || b.H*float64(group.Part) != a.H {
			t.Fatalf("seed %d: %d groups of %v x %v do not fill %v x %v", seed, group.Part, b.W, b.H, a.W, a.H)
		}
		n := len(b.paints) * group.Part * group.Part
		if r := float64(n) / float64(len(a.paints)); r < 0.4 || r > 2.9 {
			t.Errorf("seed %d, %s: %d motifs in %d groups a side, %d in the whole", seed, Describe(whole, 0), n, group.Part, len(a.paints))
		}
		loose := group.Direction != "" || group.Layout == Tossed || group.Layout == AllOver
		if r := b.paints[len(b.paints)-1].m.a / a.paints[len(a.paints)-1].m.a; !loose && (r < 0.6 || r > 1.6) {
			t.Errorf("seed %d, %s: motifs of a group are %.2f times as large", seed, Describe(whole, 0), r)
		}
	}
	for part := 1; part <= 3; part++ {
		if groups[part] < 20 {
			t.Errorf("only %d drawings of %d groups a side", groups[part], part)
		}
	}
}
