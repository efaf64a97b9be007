package seam

import (
	"math/rand/v2"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern"
)

func BenchmarkMeasure(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := pattern.Repeat{Kind: pattern.HalfDrop}
	p := noise(rng, 1024, 1024, r, 1)
	b.Run("8 bit", func(b *testing.B) {
		img := p.image()
		for b.Loop() {
			if _, err := Measure(img, r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("16 bit", func(b *testing.B) {
		img := p.image16()
		for b.Loop() {
			if _, err := Measure(img, r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
