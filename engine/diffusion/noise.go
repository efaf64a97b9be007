package diffusion

import "math"

// Generator draws the random numbers of PyTorch's CPU generator, so that a seed
// means the same picture here and there: MT19937 (Matsumoto and Nishimura,
// 1998) with torch.randn on top. It is not safe for concurrent use.
type Generator struct {
	state [624]uint32
	next  int // words of state that are used up
	// Fewer than 16 normals are drawn in pairs. Of an odd number the second
	// half of the last pair waits for the next such draw.
	spare    float64
	hasSpare bool
}

// NewGenerator seeds as torch.Generator("cpu").manual_seed does, which looks
// at the low 32 bits only.
func NewGenerator(seed uint64) *Generator {
	g := &Generator{next: 624}
	g.state[0] = uint32(seed) //nolint:gosec // the low bits are meant
	for i := uint32(1); i < 624; i++ {
		p := g.state[i-1]
		g.state[i] = 1812433253*(p^p>>30) + i
	}
	return g
}

// Randn returns n normal numbers of unit variance, as torch.randn would in a
// sequence of calls with one generator.
func Randn(seed uint64, n int) []float32 { return NewGenerator(seed).Randn(n) }

// Randn draws n normal numbers. From 16 on they come in blocks of 16 by Box and
// Muller's method in float32; if 16 does not divide n, the last 16 are drawn
// anew. Fewer are computed in float64.
func (g *Generator) Randn(n int) []float32 {
	out := make([]float32, n)
	if n < 16 {
		for i := range out {
			out[i] = float32(g.normal())
		}
		return out
	}
	for i := range out {
		out[i] = g.uniform24()
	}
	for i := 0; i+16 <= n; i += 16 {
		boxMuller(out[i : i+16])
	}
	if n%16 != 0 {
		tail := out[n-16:]
		for i := range tail {
			tail[i] = g.uniform24()
		}
		boxMuller(tail)
	}
	return out
}

// boxMuller turns 16 uniforms into normals: the first eight give the radii, the
// others the angles.
func boxMuller(v []float32) {
	for j := range 8 {
		u1, u2 := 1-v[j], v[j+8]
		r := sqrt32(-2 * float32(math.Log(float64(u1))))
		angle := 2 * float32(math.Pi) * u2
		sin, cos := math.Sincos(float64(angle))
		v[j], v[j+8] = r*float32(cos), r*float32(sin)
	}
}

// normal draws one number in float64.
func (g *Generator) normal() float64 {
	if g.hasSpare {
		g.hasSpare = false
		return g.spare
	}
	u1, u2 := g.uniform53(), g.uniform53()
	r := math.Sqrt(-2 * math.Log1p(-u2))
	sin, cos := math.Sincos(2 * math.Pi * u1)
	g.spare, g.hasSpare = r*sin, true
	return r * cos
}

func (g *Generator) uniform24() float32 {
	return float32(g.word()&(1<<24-1)) / (1 << 24)
}

func (g *Generator) uniform53() float64 {
	high := uint64(g.word())
	return float64((high<<32|uint64(g.word()))&(1<<53-1)) / (1 << 53)
}

// word draws 32 bits.
func (g *Generator) word() uint32 {
	if g.next == 624 {
		g.twist()
	}
	y := g.state[g.next]
	g.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (g *Generator) twist() {
	for i := range g.state {
		y := g.state[i]&0x80000000 | g.state[(i+1)%624]&0x7fffffff
		x := g.state[(i+397)%624] ^ y>>1
		if y&1 != 0 {
			x ^= 0x9908b0df
		}
		g.state[i] = x
	}
	g.next = 0
}
