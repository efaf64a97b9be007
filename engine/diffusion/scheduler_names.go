package diffusion

import (
	"fmt"
	"slices"
)

// SamplerNames lists the samplers by the names that people use.
func SamplerNames() []string {
	return []string{
		"ddim", "euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras",
		"dpmpp_2m_sde", "dpmpp_2m_sde_karras", "unipc", "lcm",
	}
}

// SamplerError says that nothing goes by the name of a sampler.
type SamplerError struct{ Name string }

func (e *SamplerError) Error() string {
	return fmt.Sprintf("there is no sampler %q; choose one of %v", e.Name, SamplerNames())
}

// ForSampler derives the configuration of a sampler from the model's own, in
// the way of diffusers' from_config: what the model's file says (betas,
// prediction type, zero terminal SNR, spacing) goes along, all else takes the
// defaults of the new class. One departure: where a file says nothing of
// clip_sample, diffusers' DDIM would clip the latents to -1 to 1, which suits
// pixels and ruins latents, so that a derived configuration does not clip.
func (c SchedulerConfig) ForSampler(name string) (SchedulerConfig, error) {
	multistep := func(algorithm string, karras bool) {
		order, exponential, lu := 2, false, false
		c.Class = DPMMultistepClass
		c.AlgorithmType, c.SolverOrder = &algorithm, &order
		c.UseKarrasSigmas, c.UseExponential, c.UseLULambdas = &karras, &exponential, &lu
	}
	if c.ClipSample == nil && c.Class != DDIMClass {
		no := false
		c.ClipSample = &no
	}
	switch name {
	case "ddim":
		c.Class = DDIMClass
	case "euler":
		c.Class = EulerClass
	case "euler_a":
		c.Class = EulerAncestralClass
	case "dpmpp_2m":
		multistep("dpmsolver++", false)
	case "dpmpp_2m_karras":
		multistep("dpmsolver++", true)
	case "dpmpp_2m_sde":
		multistep("sde-dpmsolver++", false)
	case "dpmpp_2m_sde_karras":
		multistep("sde-dpmsolver++", true)
	case "unipc":
		c.Class = UniPCClass
	case "lcm":
		c.Class = LCMClass
	default:
		return SchedulerConfig{}, &SamplerError{Name: name}
	}
	return c, nil
}

// SamplerName is the sampler that a model's configuration asks for, or the
// nearest one where the class is not built in (PNDM, the class of Stable
// Diffusion 1.5, is a multistep method, and so is DPM++ 2M).
func (c SchedulerConfig) SamplerName() string {
	name := "dpmpp_2m"
	switch c.Class {
	case DDIMClass:
		return "ddim"
	case LCMClass:
		return "lcm"
	case UniPCClass:
		return "unipc"
	case EulerClass, "HeunDiscreteScheduler", "LMSDiscreteScheduler", "KDPM2DiscreteScheduler", "EDMEulerScheduler":
		return "euler"
	case EulerAncestralClass, "KDPM2AncestralDiscreteScheduler":
		return "euler_a"
	case "DPMSolverSDEScheduler":
		name = "dpmpp_2m_sde"
	case DPMMultistepClass:
		if slices.Contains([]string{"sde-dpmsolver++", "sde-dpmsolver"}, or(c.AlgorithmType, "")) {
			name = "dpmpp_2m_sde"
		}
	}
	if or(c.UseKarrasSigmas, false) {
		name += "_karras"
	}
	return name
}
