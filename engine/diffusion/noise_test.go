package diffusion

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The expected values are the last (up to three) of each draw of one
// torch.Generator("cpu") of PyTorch 2.15, seeded with 5.
func TestDrawsOfOneGenerator(t *testing.T) {
	g := NewGenerator(5)
	for _, c := range []struct {
		n    int
		want []float32
	}{
		{3, []float32{-0.4867807626724243, -0.6038215756416321, -0.5580962300300598}},
		{4, []float32{-0.19741509854793549, 1.9427834749221802, -1.4017020463943481}},
		{20, []float32{0.6704617738723755, -0.1777045875787735, 0.4313727617263794}},
		{5, []float32{0.4698884189128876, -1.9540048837661743, -0.5587331056594849}},
		{1, []float32{0.4295158088207245}},
		{17, []float32{0.5186306834220886, 0.6518765091896057, 1.1855037212371826}},
		{2, []float32{-2.264317035675049, -1.3211894035339355}},
	} {
		v := g.Randn(c.n)
		tail := v[len(v)-len(c.want):]
		if d := distance(tail, c.want); d > 1e-6 {
			t.Errorf("%d numbers end in %v, want %v", c.n, tail, c.want)
		}
	}
}

// Mersenne Twister's own test: the 10000th word of the default seed (C++
// standard, [rand.predef]).
func TestMersenneTwister(t *testing.T) {
	g := NewGenerator(5489)
	var w uint32
	for range 10_000 {
		w = g.word()
	}
	if w != 4123659995 {
		t.Errorf("the 10000th word is %d, want 4123659995", w)
	}
}

func TestSeedsAreTheirLow32Bits(t *testing.T) {
	if !slices.Equal(Randn(7, 40), Randn(7+1<<32, 40)) {
		t.Error("a seed and itself plus 2^32 differ")
	}
}

func TestNoiseIsNormal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Randn(rapid.Uint64().Draw(t, "seed"), 1<<16)
		var mean, square float64
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Fatal("a number is not finite")
			}
			mean += float64(x)
			square += float64(x) * float64(x)
		}
		mean, square = mean/float64(len(v)), square/float64(len(v))
		// Six standard errors.
		if math.Abs(mean) > 6.0/256 || math.Abs(square-1) > 6*math.Sqrt2/256 {
			t.Fatalf("mean %g, mean square %g", mean, square)
		}
	})
}

func BenchmarkRandn(b *testing.B) {
	for b.Loop() {
		Randn(1, 4*64*64)
	}
}
