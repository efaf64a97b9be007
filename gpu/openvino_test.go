package gpu

import (
	"math"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/gpu/library"
)

// OpenVINO, where a library with it is named, computes what the processor's provider
// does: nearly so in single precision, to some per cent in bfloat16.
func TestOpenVINOAgreesWithTheProcessor(t *testing.T) {
	rt := openTest(t, Config{})
	cpu, err := rt.Queue(t.Context(), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	for id, most := range map[string]float64{"openvino:cpu": 1e-5, "openvino:cpu-bf16": 3e-2} {
		if !slices.ContainsFunc(rt.Devices(), func(d Device) bool { return d.ID == id }) {
			t.Skipf("the library has no OpenVINO; %s names one that has, and `make openvino` fetches it", library.EnvLibrary)
		}
		vino, err := rt.Queue(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if vino.Device().ID != id {
			t.Fatalf("%s does not start: %v", id, vino.Fallbacks())
		}
		for name, c := range operators() {
			want, err := loadTest(t, cpu, c.spec).Run(t.Context(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			p, err := vino.Load(t.Context(), c.spec)
			if err != nil {
				t.Errorf("%s on %s: %v", name, id, err)
				continue
			}
			got, err := p.Run(t.Context(), c.in)
			p.Release()
			if err != nil {
				t.Errorf("%s on %s: %v", name, id, err)
				continue
			}
			var off, size float64
			a, b := got["y"].Data().([]float32), want["y"].Data().([]float32)
			for i := range b {
				off += float64(a[i]-b[i]) * float64(a[i]-b[i])
				size += float64(b[i]) * float64(b[i])
			}
			if d := math.Sqrt(off / size); !(d <= most) {
				t.Errorf("%s on %s is %.2g off, which may be %g", name, id, d, most)
			}
		}
	}
}
