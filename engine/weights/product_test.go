package weights

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestAddProduct compares the product with its definition in float64, on
// shapes that leave rests in every direction.
func TestAddProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 13).Draw(t, "rows")
		cols := rapid.IntRange(1, 600).Draw(t, "cols")
		k := rapid.IntRange(1, 40).Draw(t, "k")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		random := func(n int) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = float32(r.NormFloat64())
			}
			return v
		}
		a, b, c := random(rows*k), random(k*cols), random(rows*cols)
		want := make([]float64, len(c))
		bound := make([]float64, len(c))
		for i := range rows {
			for j := range cols {
				s := float64(c[i*cols+j])
				m := math.Abs(s)
				for x := range k {
					p := float64(a[i*k+x]) * float64(b[x*cols+j])
					s += p
					m += math.Abs(p)
				}
				want[i*cols+j] = s
				bound[i*cols+j] = m * float64(k+1) * 0x1p-23
			}
		}
		// A number behind the end must stay what it is.
		c = append(c, 42)
		addProduct(c[:rows*cols], a, b, rows, cols, k)
		if c[rows*cols] != 42 {
			t.Fatal("wrote past the end")
		}
		for i, w := range want {
			if math.Abs(float64(c[i])-w) > bound[i] {
				t.Fatalf("[%d,%d] = %g, want %g", i/cols, i%cols, c[i], w)
			}
		}
	})
}

func BenchmarkAddProduct(b *testing.B) {
	for _, s := range [][3]int{{64, 1280, 16}, {64, 1280, 128}, {64, 11520, 32}, {64, 5120, 128}} {
		rows, cols, k := s[0], s[1], s[2]
		b.Run(fmt.Sprintf("%dx%dx%d", rows, cols, k), func(b *testing.B) {
			x, y, z := make([]float32, rows*k), make([]float32, k*cols), make([]float32, rows*cols)
			for b.Loop() {
				addProduct(z, x, y, rows, cols, k)
			}
			b.ReportMetric(2*float64(rows*cols*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
