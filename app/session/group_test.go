package session_test

import (
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// TestScaleIsHowOftenAGroupIsRepeated: medium motifs come in two groups a side, so
// that the cell is the same half of its width further on; large ones in one.
func TestScaleIsHowOftenAGroupIsRepeated(t *testing.T) {
	s := open(t)
	for scale, again := range map[string]bool{"medium": true, "large": false} {
		r := quick(pattern.Block)
		r.Prompt = scale + " gingham, two colours"
		r.Width, r.Height = 256, 256
		made, err := s.Generate(t.Context(), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := made.Cell.Bounds()
		same := true
		for y := range b.Dy() {
			for x := range b.Dx() / 2 {
				same = same && made.Cell.At(x, y) == made.Cell.At(x+b.Dx()/2, y)
			}
		}
		if same != again {
			t.Errorf("%s: the same half a cell further: %v", scale, same)
		}
	}
}
