package gpu

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"context"
)

// halfValue is a binary16's value by its definition in IEEE 754, not by bits.
func halfValue(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10&31), float64(h&0x3ff)/1024
	switch exponent {
	case 0:
		return sign * fraction * math.Pow(2, -14)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * (1 + fraction) * math.Pow(2, float64(exponent-15))
}

func allHalves() (b []byte) {
	for h := range 1 << 16 {
		b = binary.LittleEndian.AppendUint16(b, uint16(h))
	}
	return b
}

func sameFloat(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || (a != a && b != b)
}

func TestWidenEveryHalf(t *testing.T) {
	// At every alignment and length, so that the plain and the fast code both run.
	for shift := range 4 {
		src := append(make([]byte, shift), allHalves()...)[shift:]
		for _, n := range []int{0, 1, 7, 8, 9, 1000, 1 << 16} {
			got := make([]float32, n+1)
			got[n] = 42
			widen(&got[0], src[:2*n], Float16)
			for i := range n {
				if want := float32(halfValue(uint16(i))); !sameFloat(got[i], want) {
					t.Fatalf("half %#04x became %g, not %g", i, got[i], want)
				}
			}
			if got[n] != 42 {
				t.Fatal("wrote past the end")
			}
		}
		got := make([]float32, 1<<16)
		widen(&got[0], src, BFloat16)
		for i, v := range got {
			if math.Float32bits(v) != uint32(i)<<16 {
				t.Fatalf("bfloat16 %#04x became %g", i, v)
			}
		}
	}
}

// Weights that lie in a file are read from it, with the same result as from memory.
func TestWidenFromFile(t *testing.T) {
	const offset = 13
	path := filepath.Join(t.TempDir(), "weights")
	data := allHalves()
	if err := os.WriteFile(path, append(make([]byte, offset), data...), 0o600); err != nil {
		t.Fatal(err)
	}
	from := Weight{Name: "w", Type: Float16, Shape: []int{1 << 16}, Data: data, File: path, Offset: offset}
	native := openTest(t, Config{}).native
	tensors, err := newWeightTensors(t.Context(), native, []Weight{from})
	if err != nil {
		t.Fatal(err)
	}
	defer tensors.release()
	_, shape, p, err := native.contents(tensors.values[0])
	if err != nil || len(shape) != 1 || shape[0] != 1<<16 {
		t.Fatal(shape, err)
	}
	for i, v := range copyOut[float32](p, 1<<16) {
		if !sameFloat(v, float32(halfValue(uint16(i)))) {
			t.Fatalf("half %#04x became %g", i, v)
		}
	}

	for name, spoil := range map[string]func(*Weight){
		"a file that is gone":      func(w *Weight) { w.File += "x" },
		"a file that is too short": func(w *Weight) { w.Offset = 1 << 16 },
	} {
		bad := from
		spoil(&bad)
		if tensors, err := newWeightTensors(t.Context(), native, []Weight{bad}); err == nil {
			tensors.release()
			t.Errorf("%s is read", name)
		} else if !strings.Contains(err.Error(), `"w"`) {
			t.Errorf("%s: the error does not name the weight: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newWeightTensors(ctx, native, []Weight{from}); !errors.Is(err, context.Canceled) {
		t.Error("a cancelled load goes on:", err)
	}
}

func TestWeightCheck(t *testing.T) {
	good := Weight{Name: "w", Type: Float32, Shape: []int{2, 3}, Data: make([]byte, 24)}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]Weight{
		"too few bytes":       {Type: Float32, Shape: []int{2, 3}, Data: make([]byte, 23)},
		"too many bytes":      {Type: Float16, Shape: []int{2, 3}, Data: make([]byte, 24)},
		"negative":            {Type: Float32, Shape: []int{-2, -3}, Data: make([]byte, 24)},
		"overflow":            {Type: Float32, Shape: []int{math.MaxInt, 2}},
		"overflow in bytes":   {Type: Float32, Shape: []int{math.MaxInt / 2}},
		"no type":             {Type: 99, Shape: []int{1}, Data: make([]byte, 1)},
		"half to integer":     {Type: Float16, Shape: []int{1}, Data: make([]byte, 2), As: Int32},
		"half to other half":  {Type: Float16, Shape: []int{1}, Data: make([]byte, 2), As: BFloat16},
		"overflow at a zero":  {Type: Float32, Shape: []int{math.MaxInt, math.MaxInt, 0}},
		"scalar without data": {Type: Float32},
	} {
		if w.check() == nil {
			t.Errorf("%s: passes", name)
		}
	}
	for _, w := range []Weight{
		{Type: Int64, Shape: []int{1}, Data: make([]byte, 8)},
		{Type: Float16, Shape: []int{1}, Data: make([]byte, 2), As: Float16},
		{Type: Float64, Shape: nil, Data: make([]byte, 8)},
		{Type: Float32, Shape: []int{0, 5}},
	} {
		if err := w.check(); err != nil {
			t.Error(err)
		}
	}
}
