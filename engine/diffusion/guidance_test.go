package diffusion

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestGuide(t *testing.T) {
	negative, positive := []float32{1, 2, -3}, []float32{2, 0, -3}
	for scale, want := range map[float32][]float32{
		0: {1, 2, -3}, 1: {2, 0, -3}, 7: {8, -12, -3},
	} {
		out := make([]float32, 3)
		Guide(out, negative, positive, scale)
		if !slices.Equal(out, want) {
			t.Errorf("scale %g: %v, want %v", scale, out, want)
		}
	}
	Guide(negative, negative, positive, 7)
	if !slices.Equal(negative, []float32{8, -12, -3}) {
		t.Errorf("in place: %v", negative)
	}
}

func TestRescaleGuidance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		guided, positive := Randn(rapid.Uint64().Draw(t, "seed"), 48), Randn(9, 48)
		for i := range guided {
			guided[i] = 3*guided[i] + 0.5
		}
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		before := deviation(guided)
		RescaleGuidance(guided, positive, share)
		want := share*deviation(positive) + (1-share)*before
		if got := deviation(guided); math.Abs(got-want) > 1e-5 {
			t.Fatalf("deviation %g, want %g", got, want)
		}
	})
	flat := []float32{2, 2, 2}
	RescaleGuidance(flat, []float32{1, 2, 3}, 0.7)
	if !slices.Equal(flat, []float32{2, 2, 2}) {
		t.Errorf("a prediction without contrast became %v", flat)
	}
	if d := deviation([]float32{1, 2, 3, 4}); math.Abs(d-1.2909944) > 1e-6 {
		t.Errorf("the deviation of 1 to 4 is %g, want that of a sample, 1.29099", d)
	}
}

func TestFirstStep(t *testing.T) {
	for _, c := range []struct {
		steps    int
		strength float64
		want     int
	}{
		{20, 1, 0}, {20, 0.5, 10}, {20, 0, 20}, {6, 0.6, 3}, {10, 0.29, 8}, {1, 0.9, 1}, {10, 1.5, 0}, {10, -1, 10},
	} {
		if got := firstStep(c.steps, c.strength); got != c.want {
			t.Errorf("%d steps at %g begin at %d, want %d", c.steps, c.strength, got, c.want)
		}
	}
}

func TestBlendInpaint(t *testing.T) {
	latents, keep := []float32{1, 2, 3, 4}, []float32{10, 20, 30, 40}
	BlendInpaint(latents, keep, []float32{1, 0})
	if want := []float32{1, 20, 3, 40}; !slices.Equal(latents, want) {
		t.Errorf("%v, want %v", latents, want)
	}
}

func TestBinarizeMask(t *testing.T) {
	if got, want := BinarizeMask([]float32{0, 0.499, 0.5, 1}), []float32{0, 0, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestMaskToLatent(t *testing.T) {
	mask := make([]float32, 4*6)
	for i := range mask {
		mask[i] = float32(i)
	}
	if got, want := MaskToLatent(mask, 4, 6, 2, 3), []float32{0, 2, 4, 12, 14, 16}; !slices.Equal(got, want) {
		t.Errorf("halved: %v, want %v", got, want)
	}
	// Rows 0 and 2 of 4 for 3, columns floor(i*1.5).
	if got, want := MaskToLatent(mask, 4, 6, 3, 4), []float32{0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16}; !slices.Equal(got, want) {
		t.Errorf("by no whole factor: %v, want %v", got, want)
	}
}

func TestSampleLatent(t *testing.T) {
	got := SampleLatent([]float32{1, 2}, []float32{0, -30}, []float32{3, 100}, 0.5)
	if math.Abs(float64(got[0])-2) > 1e-6 || math.Abs(float64(got[1])-1) > 1e-4 {
		t.Errorf("%v, want 2 and 1", got)
	}
}

func TestTimeIDs(t *testing.T) {
	if got, want := TimeIDs(768, 1024), []float32{768, 1024, 0, 0, 768, 1024}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
