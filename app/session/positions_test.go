package session

import "testing"

// TestNoMorePositionsThanThePromptSays, nor than the palette has; the ground counts.
func TestNoMorePositionsThanThePromptSays(t *testing.T) {
	three := []string{"#f0e8d0", "#c03030", "#306030"}
	for _, c := range []struct {
		prompt  string
		palette []string
		want    int
	}{
		{"ogees", nil, 0},
		{"ogees, two colours", nil, 3},
		{"ogees", three, 3},
		{"ogees, one colour", three, 2},
		{"ogees, five colours", three, 3},
		{"ogees, forty colours", three, 3},
	} {
		if most := mostPositions(Request{Prompt: c.prompt, Palette: c.palette}); most != c.want {
			t.Errorf("%q, %d chips: at most %d positions, want %d", c.prompt, len(c.palette), most, c.want)
		}
	}
}
