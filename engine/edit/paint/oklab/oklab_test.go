package oklab_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

func TestAgreesWithTheColoursThatAreShown(t *testing.T) {
	var cache oklab.Cache
	rapid.Check(t, func(t *rapid.T) {
		r, g, b := rapid.Uint16().Draw(t, "r"), rapid.Uint16().Draw(t, "g"), rapid.Uint16().Draw(t, "b")
		got := oklab.Of(r, g, b)
		want := color.RGB{float64(r) / 65535, float64(g) / 65535, float64(b) / 65535}.Linear().OKLab()
		if d := oklab.Distance(got, oklab.Color(want)); d > 1e-12 {
			t.Errorf("(%d, %d, %d): %v, want %v", r, g, b, got, want)
		}
		if cache.Of(r, g, b) != got {
			t.Error("the cache answers otherwise")
		}
		if cache.Of(r, g, b) != got {
			t.Error("the cache answers otherwise when it is asked again")
		}
		br, bg, bb := got.RGB()
		for i, v := range [][2]uint16{{r, br}, {g, bg}, {b, bb}} {
			// The published matrices invert each other to about seven digits.
			if math.Abs(float64(v[0])-float64(v[1])) > 1 {
				t.Errorf("component %d of (%d, %d, %d) came back as %d", i, r, g, b, v[1])
			}
		}
	})
}

func TestSameEverywhere(t *testing.T) {
	h := sha256.New()
	for i := range 5000 {
		v := uint32(i) * 2654435761
		c := oklab.Of(uint16(v), uint16(v>>8), uint16(v>>16))
		for _, x := range c {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
			h.Write(b[:])
		}
		r, g, b := c.RGB()
		h.Write([]byte{byte(r), byte(r >> 8), byte(g), byte(g >> 8), byte(b), byte(b >> 8)})
	}
	const want = "03f20461d758ea29ffc886e4b028876579dde37b848365f4c09f3fdc014509aa"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("bits are %s, want %s", got, want)
	}
}
