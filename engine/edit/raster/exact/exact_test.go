package exact

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestCloseToMath(t *testing.T) {
	near := func(t *rapid.T, what string, got, want, tol float64) {
		if math.Abs(got-want) > tol*max(1, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-600, 600).Draw(t, "x")
		p := rapid.Float64Range(1e-9, 1e9).Draw(t, "p")
		near(t, "Exp", Exp(x)/math.Exp(x), 1, 1e-13)
		near(t, "Log", Log(p), math.Log(p), 1e-14)
		near(t, "Cbrt", Cbrt(x), math.Cbrt(x), 1e-14)
		near(t, "Pow", Pow(p, 0.41)/math.Pow(p, 0.41), 1, 1e-13)
		s, c := Sincos(x)
		near(t, "Sin", s, math.Sin(x), 1e-13)
		near(t, "Cos", c, math.Cos(x), 1e-13)
		y := rapid.Float64Range(-10, 10).Draw(t, "y")
		near(t, "Atan2", Atan2(y, x), math.Atan2(y, x), 1e-13)
	})
}

// TestSameEverywhere holds the bits of many results. Run on another processor
// (GOARCH=386, or arm64 under qemu) it shows a fused or otherwise different
// rounding at once.
func TestSameEverywhere(t *testing.T) {
	h := sha256.New()
	add := func(v float64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
		h.Write(b[:])
	}
	for i := range 20000 {
		x := float64(i)/117 - 80
		add(Exp(x))
		add(Cbrt(x))
		add(Pow(float64(i+1)/20000, 2.4))
		add(Log(float64(i + 1)))
		s, c := Sincos(x)
		add(s)
		add(c)
		add(Atan2(x, 3))
	}
	const want = "832bda9fc3ba04d75e69198985a9a6f92b2cecd212c6fe4ba469befa798f06c8"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("bits are %s, want %s", got, want)
	}
}
