package draw

import "testing"

// BenchmarkDraw256 is the mean over random drawings of all families, spec to
// screens; it should stay below 2 ms.
func BenchmarkDraw256(b *testing.B) {
	var r Renderer
	var s Screens
	seed := uint64(0)
	for b.Loop() {
		seed++
		sc, err := Random(seed).Scene()
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Draw(sc, 256, 256, &s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDraw4096 is one drawing at print resolution.
func BenchmarkDraw4096(b *testing.B) {
	sc, err := Spec{Family: "roses", Layout: Tossed, Scale: Medium, Density: Dense, Positions: 4}.Scene()
	if err != nil {
		b.Fatal(err)
	}
	var r Renderer
	var s Screens
	for b.Loop() {
		if err := r.Draw(sc, 4096, 4096, &s); err != nil {
			b.Fatal(err)
		}
	}
}
