package weights

import (
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// half is the value of an fp16 number by its definition.
func half(h uint16) float64 {
	sign, exp, frac := 1.0, int(h>>10&31), float64(h&1023)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1+frac/1024, exp-15)
}

func TestFloat16All(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got, want := float64(Float16(h)), half(h)
		if math.IsNaN(want) {
			if !math.IsNaN(got) {
				t.Fatalf("%#04x is %g, not NaN", h, got)
			}
			continue
		}
		if got != want || math.Signbit(got) != math.Signbit(want) {
			t.Fatalf("%#04x is %g, want %g", h, got, want)
		}
		if back := ToFloat16(Float16(h)); back != h {
			t.Fatalf("%#04x came back as %#04x", h, back)
		}
		b := math.Float32frombits(uint32(h) << 16)
		if back := ToBFloat16(b); back != h && b == b {
			t.Fatalf("bf16 %#04x came back as %#04x", h, back)
		}
	}
}

// TestRounding checks that rounding takes the nearest number of the format,
// and of two the even one.
func TestRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		if f != f {
			if h := ToFloat16(f); half(h) == half(h) {
				t.Fatalf("NaN became %#04x", h)
			}
			if b := ToBFloat16(f); math.Float32frombits(uint32(b)<<16) == math.Float32frombits(uint32(b)<<16) {
				t.Fatalf("NaN became bf16 %#04x", b)
			}
			return
		}
		nearest := func(name string, got uint16, value func(uint16) float64) {
			d := math.Abs(value(got) - float64(f))
			if math.IsInf(value(got), 0) {
				return // checked by its neighbour below
			}
			for _, n := range []uint16{got - 1, got + 1} {
				if (n^got)&0x8000 != 0 || math.IsNaN(value(n)) {
					continue
				}
				v := value(n)
				if math.IsInf(v, 0) { // counts as the next power of two
					v = math.Copysign(math.Ldexp(1, 16), v)
					if name == "bf16" {
						v = math.Copysign(math.Ldexp(1, 128), v)
					}
				}
				e := math.Abs(v - float64(f))
				if e < d || e == d && got&1 == 1 {
					t.Fatalf("%s: %g became %#04x (%g), nearer is %#04x (%g)", name, f, got, value(got), n, v)
				}
			}
		}
		nearest("fp16", ToFloat16(f), half)
		nearest("bf16", ToBFloat16(f), func(b uint16) float64 { return float64(math.Float32frombits(uint32(b) << 16)) })
		if math.Abs(float64(f)) >= 65520 && ToFloat16(f)&0x7fff != 0x7c00 {
			t.Fatalf("%g does not overflow", f)
		}
	})
}

// TestWidenEveryHalf compares the vectors' widening with the definition.
func TestWidenEveryHalf(t *testing.T) {
	data := make([]byte, 2<<16)
	for i := range 1 << 16 {
		binary.LittleEndian.PutUint16(data[2*i:], uint16(i))
	}
	for _, typ := range []DType{F16, BF16} {
		for i, got := range Float32s(Tensor{Type: typ, Shape: []int{1 << 16}, Data: data}) {
			want := half(uint16(i))
			if typ == BF16 {
				want = float64(math.Float32frombits(uint32(i) << 16))
			}
			if float64(got) != want && want == want || got == got && want != want {
				t.Fatalf("%v %#04x is %g, want %g", typ, i, got, want)
			}
		}
	}
}

func TestFloat32s(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		typ  DType
		data []byte
		want []float32
	}{
		{F32, le.AppendUint32(nil, math.Float32bits(-1.5)), []float32{-1.5}},
		{F16, le.AppendUint16(nil, 0x3c00), []float32{1}},
		{BF16, le.AppendUint16(nil, 0x3fc0), []float32{1.5}},
		{F64, le.AppendUint64(nil, math.Float64bits(0.1)), []float32{0.1}},
		{I64, le.AppendUint64(nil, ^uint64(6)), []float32{-7}},
		{I32, le.AppendUint32(nil, ^uint32(8)), []float32{-9}},
		{U8, []byte{200}, []float32{200}},
		{Bool, []byte{0, 1, 7}, []float32{0, 1, 1}},
	} {
		got := Float32s(Tensor{Type: c.typ, Shape: []int{len(c.want)}, Data: c.data})
		if len(got) != len(c.want) {
			t.Fatalf("%v: %v", c.typ, got)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%v: %v, want %v", c.typ, got, c.want)
			}
		}
	}
}

// TestWidenLarge goes through the parallel path and a rest.
func TestWidenLarge(t *testing.T) {
	n := 1<<20 + 37
	data := make([]byte, 2*n)
	for i := range n {
		binary.LittleEndian.PutUint16(data[2*i:], ToFloat16(float32(i%2048)))
	}
	for i, v := range Float32s(Tensor{Type: F16, Shape: []int{n}, Data: data}) {
		if v != float32(i%2048) {
			t.Fatalf("%d: %g", i, v)
		}
	}
}

func BenchmarkWiden(b *testing.B) {
	const n = 1 << 22
	dst := make([]float32, n)
	for _, typ := range []DType{F16, BF16, F32} {
		b.Run(typ.String(), func(b *testing.B) {
			t := Tensor{Type: typ, Shape: []int{n}, Data: make([]byte, n*typ.Size())}
			b.SetBytes(int64(n * typ.Size()))
			for b.Loop() {
				Widen(dst, t)
			}
		})
	}
}
