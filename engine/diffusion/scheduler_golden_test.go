package diffusion

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/selvage-studio/selvage/engine/internal/golden"
)

// schedulerParams are the params of a case of kind scheduler.
type schedulerParams struct {
	Scheduler    json.RawMessage `json:"scheduler"`
	Steps        int             `json:"num_inference_steps"`
	SetTimesteps struct {
		OriginalSteps int `json:"original_inference_steps"`
	} `json:"set_timesteps"`
	Eta float64 `json:"eta"`
}

// goldenScheduler runs a scheduler case on the model function that the vectors
// define.
func goldenScheduler(t *testing.T, s *golden.Suite, c golden.Case) (golden.Tensors, []string) {
	var p schedulerParams
	if err := c.Decode(&p); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseSchedulerConfig(p.Scheduler)
	if err != nil {
		t.Fatal(err)
	}
	sch, err := NewScheduler(cfg, p.Steps, WithEta(p.Eta), WithOriginalSteps(p.SetTimesteps.OriginalSteps))
	if err != nil {
		t.Fatal(err)
	}
	in := s.Inputs(t, c)
	noise := in["noise"]
	n := noise.Len()
	ts := sch.Timesteps()
	z := make([]float32, n)
	for i, x := range noise.F32 {
		z[i] = x * sch.InitNoiseSigma()
	}
	stepNoise, stochastic := in["step_noise"]
	latents := make([]float32, 0, n*len(ts))
	for i, at := range ts {
		x := sch.ScaleInput(i, z)
		out := make([]float32, n)
		for k, v := range x {
			out[k] = 0.3*v + 0.1*float32(math.Sin(float64(v)))*at/1000
		}
		var e []float32
		if sch.StepNoise(i) {
			if !stochastic {
				t.Fatalf("step %d wants noise, and the case has none", i)
			}
			e = stepNoise.F32[i*n : (i+1)*n]
		}
		z = sch.Step(i, out, z, e)
		latents = append(latents, z...)
	}
	got := golden.Tensors{
		"timesteps":        golden.Floats(ts, len(ts)),
		"init_noise_sigma": golden.Floats([]float32{sch.InitNoiseSigma()}, 1),
		"latents":          golden.Floats(latents, append([]int{len(ts)}, noise.Shape...)...),
	}
	if sigmas := sch.Sigmas(); sigmas != nil {
		got["sigmas"] = golden.Floats(sigmas, len(sigmas))
	}
	if at, ok := in["add_noise_t"]; ok {
		got["add_noise"] = golden.Floats(goldenAddNoise(sch, in, int(at.I64[0])), noise.Shape...)
	}
	return got, []string{"timesteps", "sigmas", "init_noise_sigma", "add_noise", "latents"}
}

func goldenAddNoise(sch *Scheduler, in golden.Tensors, at int) []float32 {
	noise := in["noise"]
	n := noise.Len()
	clean, added := make([]float32, n), make([]float32, n)
	row := noise.Shape[len(noise.Shape)-1]
	for i, x := range noise.F32 {
		clean[i] = x / 2
		added[i/row*row+row-1-i%row] = x
	}
	if e, ok := in["step_noise"]; ok {
		added = e.F32[:n]
	}
	// The reference is given a timestep and takes the second of equal ones.
	ts := sch.Timesteps()
	first := at
	for first > 0 && ts[first-1] == ts[at] {
		first--
	}
	if first+1 < len(ts) && ts[first+1] == ts[first] {
		at = first + 1
	}
	return sch.AddNoise(clean, added, at)
}

// goldenRandn runs a case of kind torch_randn.
func goldenRandn(t *testing.T, c golden.Case) (golden.Tensors, []string) {
	var p struct {
		Seed  uint64 `json:"seed"`
		Shape []int  `json:"shape"`
	}
	if err := c.Decode(&p); err != nil {
		t.Fatal(err)
	}
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return golden.Tensors{"values": golden.Floats(Randn(p.Seed, n), p.Shape...)}, nil
}
