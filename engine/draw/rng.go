package draw

// rng is SplitMix64 (Steele, Lea and Flood 2014): small, of good quality for
// drawing, and the same everywhere.
type rng struct{ state uint64 }

func newRNG(seed uint64, stream string) *rng {
	h := seed ^ 0x9e3779b97f4a7c15
	for i := range len(stream) {
		h = mix64(h ^ uint64(stream[i]))
	}
	return &rng{mix64(h)}
}

func mix64(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix64(r.state)
}

// unit is uniform in [0, 1) with 53 bits.
func (r *rng) unit() float64 { return float64(float64(r.next()>>11) * (1.0 / (1 << 53))) }

// in is uniform in [a, b).
func (r *rng) in(a, b float64) float64 { return a + float64((b-a)*r.unit()) }

// sym is uniform in [-a, a).
func (r *rng) sym(a float64) float64 { return r.in(-a, a) }

// n is uniform in 0..k-1 (the bias of the multiplication is below 2^-32).
func (r *rng) n(k int) int { return int((r.next() >> 32) * uint64(k) >> 32) }

// count is uniform in a..b, both included.
func (r *rng) count(a, b int) int { return a + r.n(b-a+1) }

func (r *rng) chance(p float64) bool { return r.unit() < p }

// pick chooses an index by weight.
func (r *rng) pick(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	k := r.n(sum)
	for i, w := range weights {
		if k < w {
			return i
		}
		k -= w
	}
	return len(weights) - 1
}
