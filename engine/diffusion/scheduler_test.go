package diffusion

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// published is the scheduler configuration of Stable Diffusion 1, with the
// class left open.
const publishedScheduler = `{"_class_name":"PNDMScheduler","num_train_timesteps":1000,"beta_start":0.00085,"beta_end":0.012,
	"beta_schedule":"scaled_linear","set_alpha_to_one":false,"skip_prk_steps":true,"steps_offset":1,"trained_betas":null,"clip_sample":false}`

func configOf(t testing.TB, file string) SchedulerConfig {
	t.Helper()
	c, err := ParseSchedulerConfig([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// oracle is the output of a model that knows the clean latent, for the latent
// of step i.
func oracle(s *Scheduler, kind string, i int, latent, clean []float32) []float32 {
	var alpha, sigma float64
	if sigmas := s.Sigmas(); sigmas != nil {
		alpha, sigma = alphaSigma(float64(sigmas[i]))
	} else {
		p := float64(s.table.acp[int(s.Timesteps()[i])])
		alpha, sigma = math.Sqrt(p), math.Sqrt(1-p)
	}
	out := make([]float32, len(latent))
	for k, z := range s.ScaleInput(i, latent) {
		noise := (float64(z) - alpha*float64(clean[k])) / sigma
		switch kind {
		case "sample":
			out[k] = clean[k]
		case "v_prediction":
			out[k] = float32(alpha*noise - sigma*float64(clean[k]))
		default:
			out[k] = float32(noise)
		}
	}
	return out
}

// run samples with the oracle from step first on; where it errs by so much, its outputs
// are revised before they are stepped by.
func run(t rapid.TB, s *Scheduler, kind string, first int, clean []float32, errs float32) []float32 {
	t.Helper()
	foreseen := slices.Clone(clean)
	for k := range foreseen {
		foreseen[k] += errs * float32(k%3)
	}
	g := NewGenerator(uint64(len(s.Timesteps())))
	z := s.AddNoise(clean, g.Randn(len(clean)), first)
	for i := first; i < len(s.Timesteps()); i++ {
		out := oracle(s, kind, i, z, foreseen)
		if errs != 0 {
			out = s.Revise(i, out, s.ScaleInput(i, z), func(said []float32) []float32 {
				if d := distance(said, foreseen); d > 2e-3 {
					t.Fatalf("step %d: what is revised is %g away from what the model means", i, d)
				}
				return clean
			})
		}
		var noise []float32
		if s.StepNoise(i) {
			noise = g.Randn(len(z))
		}
		before := [][]float32{slices.Clone(out), slices.Clone(z), slices.Clone(noise)}
		next, predicted := s.StepPredict(i, out, z, noise)
		for k, v := range [][]float32{out, z, noise} {
			if !slices.Equal(v, before[k]) {
				t.Fatalf("step %d changed its argument %d", i, k)
			}
		}
		if d := distance(predicted, clean); d > 2e-3 {
			t.Fatalf("step %d predicts a latent %g away from what the model means", i, d)
		}
		z = next
	}
	return z
}

func distance(a, b []float32) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(float64(a[i]-b[i])))
	}
	return worst
}

// A model that knows the picture brings every sampler to it, from any step, in
// every prediction type and spacing.
func TestSamplersArriveAtThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := SchedulerConfig{}
		start, end, betas, one := 0.00085, 0.012, "scaled_linear", true
		kind := rapid.SampledFrom([]string{"epsilon", "v_prediction", "sample"}).Draw(t, "prediction")
		spacing := rapid.SampledFrom([]string{"leading", "linspace", "trailing"}).Draw(t, "spacing")
		offset := rapid.IntRange(0, 1).Draw(t, "offset")
		name := rapid.SampledFrom(SamplerNames()).Draw(t, "sampler")
		order := rapid.IntRange(1, 3).Draw(t, "order")
		solver := rapid.SampledFrom([]string{"midpoint", "heun", "bh1", "bh2"}).Draw(t, "solver")
		zero := kind != "epsilon" && rapid.Bool().Draw(t, "zero SNR")
		steps := rapid.IntRange(1, 40).Draw(t, "steps")
		first := rapid.IntRange(0, steps-1).Draw(t, "first")
		eta := rapid.SampledFrom([]float64{0, 0.4, 1}).Draw(t, "eta")
		cfg.BetaStart, cfg.BetaEnd, cfg.BetaSchedule, cfg.SetAlphaToOne = &start, &end, &betas, &one
		cfg.PredictionType, cfg.TimestepSpacing, cfg.StepsOffset = &kind, &spacing, &offset
		cfg.RescaleZeroSNR = &zero
		cfg, err := cfg.ForSampler(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg.SolverOrder, cfg.SolverType = &order, &solver
		if name == "unipc" && !zero {
			// In terms of the noise, a start from no signal is lost in rounding.
			x0 := rapid.Bool().Draw(t, "predict x0")
			cfg.PredictX0 = &x0
		}
		s, err := NewScheduler(cfg, steps, WithEta(eta))
		if err != nil {
			t.Fatal(err)
		}
		clean := NewGenerator(7).Randn(24)
		errs := rapid.SampledFrom([]float32{0, 0.5}).Draw(t, "errs")
		got := run(t, s, kind, first, clean, errs)
		limit := 2e-3
		switch {
		case name == "ddim":
			// Some spacings end at training step 0, which has noise of
			// deviation 0.03 left.
			limit = 0.15
		case zero:
			limit = 2e-2 // float32 at a sigma of 4096
		}
		if d := distance(got, clean); !(d < limit) {
			t.Fatalf("%s ends %g away from the picture", name, d)
		}
	})
}

// A batch is no more than its pictures.
func TestStepsTakePicturesApart(t *testing.T) {
	for _, name := range SamplerNames() {
		cfg, err := configOf(t, publishedScheduler).ForSampler(name)
		if err != nil {
			t.Fatal(err)
		}
		const n, steps = 20, 5
		var whole []float32
		var parts [2][]float32
		for part := range 3 {
			s, err := NewScheduler(cfg, steps)
			if err != nil {
				t.Fatal(err)
			}
			from, to := 0, 2*n
			if part < 2 {
				from, to = part*n, (part+1)*n
			}
			z := slices.Clone(Randn(1, 2*n)[from:to])
			for i := range s.Timesteps() {
				out := make([]float32, len(z))
				for k, x := range s.ScaleInput(i, z) {
					out[k] = float32(math.Tanh(float64(x)))
				}
				z = s.Step(i, out, z, Randn(uint64(2+i), 2*n)[from:to])
			}
			if part < 2 {
				parts[part] = z
			} else {
				whole = z
			}
		}
		if !slices.Equal(whole, append(parts[0], parts[1]...)) {
			t.Errorf("%s mixes the pictures of a batch", name)
		}
	}
}

func TestStepNoise(t *testing.T) {
	for name, want := range map[string][]bool{
		"ddim": {false, false, false}, "euler": {false, false, false}, "euler_a": {true, true, true},
		"dpmpp_2m": {false, false, false}, "dpmpp_2m_sde": {true, true, true}, "unipc": {false, false, false}, "lcm": {true, true, false},
	} {
		cfg, err := configOf(t, publishedScheduler).ForSampler(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewScheduler(cfg, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if s.StepNoise(i) != want[i] {
				t.Errorf("%s step %d: noise %v, want %v", name, i, s.StepNoise(i), want[i])
			}
		}
	}
}

func TestForSamplerTakesTheModelsOwnSettingsAlong(t *testing.T) {
	c := configOf(t, `{"_class_name":"EulerDiscreteScheduler","beta_start":0.001,"beta_end":0.02,"beta_schedule":"linear",
		"prediction_type":"v_prediction","rescale_betas_zero_snr":true,"timestep_spacing":"trailing","use_karras_sigmas":true,"solver_type":"bh1"}`)
	for _, name := range SamplerNames() {
		d, err := c.ForSampler(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.settings()
		if err != nil {
			t.Fatal(err)
		}
		if s.prediction != "v_prediction" || !s.zeroSNR || s.spacing != "trailing" || s.betaEnd != 0.02 || s.betaSchedule != "linear" {
			t.Errorf("%s lost a setting of the model: %+v", name, s)
		}
		if s.clip {
			t.Errorf("%s clips latents, which the model does not ask for", name)
		}
		if d.Class == DPMMultistepClass && s.karras != strings.HasSuffix(name, "karras") {
			t.Errorf("%s: Karras spacing is %v", name, s.karras)
		}
		if back := d.SamplerName(); back != name {
			t.Errorf("%s calls itself %s", name, back)
		}
	}
	if c.Class != EulerClass || c.AlgorithmType != nil {
		t.Error("deriving a configuration changed the model's own")
	}
	var se *SamplerError
	if _, err := c.ForSampler("plms"); !errors.As(err, &se) || se.Name != "plms" {
		t.Errorf("an unknown sampler: %v", err)
	}
}

func TestSamplerName(t *testing.T) {
	for file, want := range map[string]string{
		publishedScheduler:                          "dpmpp_2m",
		`{"_class_name":"HeunDiscreteScheduler"}`:   "euler",
		`{"_class_name":"UniPCMultistepScheduler"}`: "unipc",
		`{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"sde-dpmsolver++","use_karras_sigmas":true}`: "dpmpp_2m_sde_karras",
		`{"_class_name":"EulerAncestralDiscreteScheduler"}`:                                                         "euler_a",
	} {
		if got := configOf(t, file).SamplerName(); got != want {
			t.Errorf("%.60s: %s, want %s", file, got, want)
		}
	}
}

func TestParseSchedulerConfigReadsPythonsJSON(t *testing.T) {
	c := configOf(t, `{"_class_name":"DPMSolverMultistepScheduler","lambda_min_clipped":-Infinity,"sigma_max": Infinity,
		"sigma_min":NaN,"note":"Infinity \" NaN","solver_order":3}`)
	if c.LambdaMinClipped != nil || c.SigmaMax != nil || c.SigmaMin != nil || *c.SolverOrder != 3 {
		t.Errorf("%+v", c)
	}
	if _, err := NewScheduler(c, 10); err != nil {
		t.Error(err)
	}
	if _, err := ParseSchedulerConfig([]byte(`{"solver_order":`)); err == nil {
		t.Error("half a file was accepted")
	}
}

func TestLambdaMinClippedLeavesOutTheNoisiest(t *testing.T) {
	c := configOf(t, `{"_class_name":"DPMSolverMultistepScheduler","beta_schedule":"squaredcos_cap_v2","lambda_min_clipped":-5.1}`)
	clipped, err := NewScheduler(c, 10)
	if err != nil {
		t.Fatal(err)
	}
	if top := float64(clipped.Sigmas()[0]); top > math.Exp(5.1) {
		t.Errorf("starts at a sigma of %g, more than %g", top, math.Exp(5.1))
	}
	c.LambdaMinClipped = nil
	free, err := NewScheduler(c, 10)
	if err != nil {
		t.Fatal(err)
	}
	if free.Sigmas()[0] <= clipped.Sigmas()[0] {
		t.Error("without the limit it starts no higher")
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	for _, c := range []struct{ file, field string }{
		{`{}`, "_class_name"},
		{`{"_class_name":"FlowMatchEulerDiscreteScheduler"}`, "_class_name"},
		{`{"_class_name":"DDIMScheduler","num_train_timesteps":0}`, "num_train_timesteps"},
		{`{"_class_name":"DDIMScheduler","num_train_timesteps":1000000000}`, "num_train_timesteps"},
		{`{"_class_name":"EulerDiscreteScheduler","num_train_timesteps":1}`, "num_train_timesteps"},
		{`{"_class_name":"DDIMScheduler","beta_schedule":"cubic"}`, "beta_schedule"},
		{`{"_class_name":"DDIMScheduler","beta_end":3}`, "beta_schedule"},
		{`{"_class_name":"DDIMScheduler","beta_start":-1}`, "beta_schedule"},
		{`{"_class_name":"DDIMScheduler","prediction_type":"score"}`, "prediction_type"},
		{`{"_class_name":"DDIMScheduler","timestep_spacing":"random"}`, "timestep_spacing"},
		{`{"_class_name":"DDIMScheduler","steps_offset":-1}`, "steps_offset"},
		{`{"_class_name":"DDIMScheduler","thresholding":true}`, "thresholding"},
		{`{"_class_name":"DDIMScheduler","clip_sample_range":0}`, "clip_sample_range"},
		{`{"_class_name":"DDIMScheduler","rescale_betas_zero_snr":true,"timestep_spacing":"trailing"}`, "prediction_type"},
		{`{"_class_name":"EulerDiscreteScheduler","trained_betas":[0.5,1]}`, "beta_schedule"},
		{`{"_class_name":"EulerDiscreteScheduler","final_sigmas_type":"two"}`, "final_sigmas_type"},
		{`{"_class_name":"EulerDiscreteScheduler","interpolation_type":"cubic"}`, "interpolation_type"},
		{`{"_class_name":"EulerDiscreteScheduler","timestep_type":"both"}`, "timestep_type"},
		{`{"_class_name":"EulerDiscreteScheduler","use_karras_sigmas":true,"use_exponential_sigmas":true}`, "use_karras_sigmas"},
		{`{"_class_name":"EulerDiscreteScheduler","use_beta_sigmas":true}`, "use_beta_sigmas"},
		{`{"_class_name":"EulerDiscreteScheduler","sigma_min":0}`, "sigma_min"},
		{`{"_class_name":"UniPCMultistepScheduler","solver_order":4}`, "solver_order"},
		{`{"_class_name":"UniPCMultistepScheduler","solver_type":"rk4"}`, "solver_type"},
		{`{"_class_name":"UniPCMultistepScheduler","use_flow_sigmas":true}`, "use_flow_sigmas"},
		{`{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"dpmsolver"}`, "final_sigmas_type"},
		{`{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"x"}`, "algorithm_type"},
		{`{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"sde-dpmsolver","final_sigmas_type":"sigma_min","solver_order":3}`, "solver_order"},
		{`{"_class_name":"DPMSolverMultistepScheduler","variance_type":"learned"}`, "variance_type"},
		{`{"_class_name":"LCMScheduler","original_inference_steps":2000}`, "original_inference_steps"},
	} {
		_, err := NewScheduler(configOf(t, c.file), 1)
		var ce *SchedulerConfigError
		if !errors.As(err, &ce) || ce.Field != c.field {
			t.Errorf("%s: %v, want a SchedulerConfigError about %s", c.file, err, c.field)
		}
	}
	if _, err := NewScheduler(configOf(t, `{"_class_name":"DDIMScheduler"}`), 1, WithEta(1.5)); err == nil {
		t.Error("an eta of 1.5 was accepted")
	}
}

func TestStepsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		sampler string
		steps   int
	}{
		{"ddim", 0}, {"ddim", -3}, {"ddim", 1001}, {"ddim", 1000}, // the offset of 1 leads beyond the table
		{"lcm", 51}, {"dpmpp_2m", 1000}, {"unipc", 1000}, {"euler", 1001},
	} {
		cfg, err := configOf(t, publishedScheduler).ForSampler(c.sampler)
		if err != nil {
			t.Fatal(err)
		}
		spacing := "leading"
		cfg.TimestepSpacing = &spacing
		_, err = NewScheduler(cfg, c.steps)
		var se *StepsError
		if !errors.As(err, &se) || se.Steps != c.steps {
			t.Errorf("%s with %d steps: %v, want a StepsError", c.sampler, c.steps, err)
		}
	}
}

// The zero terminal SNR of Lin et al.: the last alpha is zero, the first is
// what it was.
func TestRescaleZeroSNR(t *testing.T) {
	s, err := configOf(t, `{"_class_name":"DDIMScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear"}`).settings()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.alphasCumprod()
	if err != nil {
		t.Fatal(err)
	}
	s.zeroSNR = true
	zero, err := s.alphasCumprod()
	if err != nil {
		t.Fatal(err)
	}
	if zero[999] != 0 || math.Abs(float64(zero[0]-plain[0])) > 1e-6 {
		t.Errorf("first %g (was %g), last %g", zero[0], plain[0], zero[999])
	}
}

func FuzzSchedulerConfig(f *testing.F) {
	f.Add([]byte(publishedScheduler), "ddim", 10)
	f.Add([]byte(`{"_class_name":"UniPCMultistepScheduler","solver_order":3,"trained_betas":[0.1,0.2,0.3,0.4]}`), "", 3)
	f.Add([]byte(`{"_class_name":"DPMSolverMultistepScheduler","lambda_min_clipped":-Infinity,"use_lu_lambdas":true}`), "", 7)
	f.Add([]byte(`{"_class_name":"EulerDiscreteScheduler","interpolation_type":"log_linear","sigma_min":0.1,"use_karras_sigmas":true}`), "", 7)
	f.Fuzz(func(t *testing.T, file []byte, sampler string, steps int) {
		c, err := ParseSchedulerConfig(file)
		if err != nil || c.NumTrainTimesteps != nil && *c.NumTrainTimesteps > 2000 {
			return
		}
		if sampler != "" {
			if c, err = c.ForSampler(sampler); err != nil {
				return
			}
		}
		s, err := NewScheduler(c, steps%100)
		if err != nil {
			return
		}
		for _, v := range append(append([]float32{s.InitNoiseSigma()}, s.Timesteps()...), s.Sigmas()...) {
			if v != v || math.IsInf(float64(v), 0) {
				t.Fatalf("timesteps %v, sigmas %v, start %g", s.Timesteps(), s.Sigmas(), s.InitNoiseSigma())
			}
		}
		z := []float32{0.5, -1, 2}
		for i := range s.Timesteps() {
			s.ScaleInput(i, z)
			s.AddNoise(z, z, i)
			z = s.Step(i, z, z, z)
		}
	})
}

func BenchmarkStep(b *testing.B) {
	const n = 4 * 64 * 64
	noise, out := Randn(1, n), Randn(2, n)
	for _, name := range SamplerNames() {
		cfg, err := configOf(b, publishedScheduler).ForSampler(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			s, err := NewScheduler(cfg, 20)
			if err != nil {
				b.Fatal(err)
			}
			z, i := Randn(3, n), 0
			for b.Loop() {
				if i == 20 {
					b.StopTimer()
					if s, err = NewScheduler(cfg, 20); err != nil {
						b.Fatal(err)
					}
					z, i = Randn(3, n), 0
					b.StartTimer()
				}
				z = s.Step(i, out, s.ScaleInput(i, z), noise)
				i++
			}
		})
	}
}

func BenchmarkNewScheduler(b *testing.B) {
	cfg, err := configOf(b, publishedScheduler).ForSampler("dpmpp_2m_karras")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := NewScheduler(cfg, 20); err != nil {
			b.Fatal(err)
		}
	}
}
