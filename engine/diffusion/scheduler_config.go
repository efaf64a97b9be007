package diffusion

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/selvage-studio/selvage/engine/weights"
)

// SchedulerClass is the name under which a scheduler_config.json asks for an
// algorithm.
type SchedulerClass string

// The classes that NewScheduler builds.
const (
	DDIMClass           SchedulerClass = "DDIMScheduler"
	EulerClass          SchedulerClass = "EulerDiscreteScheduler"
	EulerAncestralClass SchedulerClass = "EulerAncestralDiscreteScheduler"
	DPMMultistepClass   SchedulerClass = "DPMSolverMultistepScheduler"
	UniPCClass          SchedulerClass = "UniPCMultistepScheduler"
	LCMClass            SchedulerClass = "LCMScheduler"
)

// SchedulerConfig is a scheduler_config.json. A field that the file leaves out
// is nil and takes the default of its class, which is not the same in every
// class; so a configuration can be handed from one class to another (see
// ForSampler) and only what the model's author wrote down goes along.
type SchedulerConfig struct {
	Class              SchedulerClass `json:"_class_name"`
	NumTrainTimesteps  *int           `json:"num_train_timesteps,omitempty"`
	BetaStart          *float64       `json:"beta_start,omitempty"`
	BetaEnd            *float64       `json:"beta_end,omitempty"`
	BetaSchedule       *string        `json:"beta_schedule,omitempty"` // linear, scaled_linear, squaredcos_cap_v2
	TrainedBetas       []float64      `json:"trained_betas,omitempty"`
	PredictionType     *string        `json:"prediction_type,omitempty"`  // epsilon, v_prediction, sample
	TimestepSpacing    *string        `json:"timestep_spacing,omitempty"` // leading, linspace, trailing
	StepsOffset        *int           `json:"steps_offset,omitempty"`
	RescaleZeroSNR     *bool          `json:"rescale_betas_zero_snr,omitempty"`
	ClipSample         *bool          `json:"clip_sample,omitempty"`
	ClipSampleRange    *float64       `json:"clip_sample_range,omitempty"`
	SetAlphaToOne      *bool          `json:"set_alpha_to_one,omitempty"`
	Thresholding       *bool          `json:"thresholding,omitempty"`
	InterpolationType  *string        `json:"interpolation_type,omitempty"` // linear, log_linear
	TimestepType       *string        `json:"timestep_type,omitempty"`      // discrete, continuous
	UseKarrasSigmas    *bool          `json:"use_karras_sigmas,omitempty"`
	UseExponential     *bool          `json:"use_exponential_sigmas,omitempty"`
	UseBetaSigmas      *bool          `json:"use_beta_sigmas,omitempty"`
	UseLULambdas       *bool          `json:"use_lu_lambdas,omitempty"`
	UseFlowSigmas      *bool          `json:"use_flow_sigmas,omitempty"`
	SigmaMin           *float64       `json:"sigma_min,omitempty"`
	SigmaMax           *float64       `json:"sigma_max,omitempty"`
	FinalSigmasType    *string        `json:"final_sigmas_type,omitempty"` // zero, sigma_min
	LambdaMinClipped   *float64       `json:"lambda_min_clipped,omitempty"`
	VarianceType       *string        `json:"variance_type,omitempty"`
	AlgorithmType      *string        `json:"algorithm_type,omitempty"` // dpmsolver++, sde-dpmsolver++, dpmsolver, sde-dpmsolver
	SolverOrder        *int           `json:"solver_order,omitempty"`
	SolverType         *string        `json:"solver_type,omitempty"` // midpoint, heun; bh1, bh2
	LowerOrderFinal    *bool          `json:"lower_order_final,omitempty"`
	EulerAtFinal       *bool          `json:"euler_at_final,omitempty"`
	PredictX0          *bool          `json:"predict_x0,omitempty"`
	DisableCorrector   []int          `json:"disable_corrector,omitempty"`
	OriginalSteps      *int           `json:"original_inference_steps,omitempty"`
	TimestepScaling    *float64       `json:"timestep_scaling,omitempty"`
	UseDynamicShifting *bool          `json:"use_dynamic_shifting,omitempty"`
}

// SchedulerConfigError says which setting of a scheduler cannot be used.
type SchedulerConfigError struct {
	Class  SchedulerClass
	Field  string // as it is written in the file
	Reason string
}

func (e *SchedulerConfigError) Error() string {
	class := string(e.Class)
	if class == "" {
		class = "scheduler"
	}
	return fmt.Sprintf("%s: %s: %s", class, e.Field, e.Reason)
}

// ParseSchedulerConfig reads a scheduler_config.json. The files are written by
// Python, whose JSON has the words Infinity and NaN (lambda_min_clipped is
// -Infinity in many of them); an infinite or undefined setting counts as absent.
func ParseSchedulerConfig(file []byte) (SchedulerConfig, error) {
	var c SchedulerConfig
	if err := json.Unmarshal(weights.PlainJSON(file), &c); err != nil {
		return SchedulerConfig{}, fmt.Errorf("scheduler_config.json: %w", err)
	}
	return c, nil
}

// schedulerSettings is a SchedulerConfig with the defaults of its class.
type schedulerSettings struct {
	class                SchedulerClass
	train                int // number of training timesteps
	betaStart, betaEnd   float64
	betaSchedule         string
	trainedBetas         []float64
	prediction           string
	spacing              string
	offset               int
	zeroSNR              bool
	clip                 bool
	clipRange            float64
	alphaToOne           bool
	logLinear            bool
	continuous           bool
	karras               bool
	exponential, lu      bool
	sigmaMin, sigmaMax   float64 // NaN where the table decides
	finalMin             bool    // the last sigma is the smallest one of training, not zero
	lambdaMin            float64
	sde, plus            bool // algorithm_type
	order                int
	heun, bh1            bool
	lowerFinal           bool
	eulerFinal           bool
	predictX0            bool
	uncorrected          []int
	originalSteps        int
	timestepScaling, eta float64
}

// maxTrainTimesteps bounds the tables that a hostile file can ask for.
const maxTrainTimesteps = 100_000

func or[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

// settings fills in defaults (those of diffusers 0.42) and checks every value.
func (c SchedulerConfig) settings() (schedulerSettings, error) {
	bad := func(field, format string, a ...any) (schedulerSettings, error) {
		return schedulerSettings{}, &SchedulerConfigError{Class: c.Class, Field: field, Reason: fmt.Sprintf(format, a...)}
	}
	s := schedulerSettings{
		class: c.Class, train: or(c.NumTrainTimesteps, 1000),
		betaStart: or(c.BetaStart, 0.0001), betaEnd: or(c.BetaEnd, 0.02), betaSchedule: or(c.BetaSchedule, "linear"),
		trainedBetas: c.TrainedBetas, prediction: or(c.PredictionType, "epsilon"), spacing: or(c.TimestepSpacing, "linspace"),
		offset: or(c.StepsOffset, 0), zeroSNR: or(c.RescaleZeroSNR, false),
		clipRange: or(c.ClipSampleRange, 1), alphaToOne: or(c.SetAlphaToOne, true),
		karras: or(c.UseKarrasSigmas, false), exponential: or(c.UseExponential, false), lu: or(c.UseLULambdas, false),
		sigmaMin: or(c.SigmaMin, math.NaN()), sigmaMax: or(c.SigmaMax, math.NaN()),
		lambdaMin: or(c.LambdaMinClipped, math.Inf(-1)), order: or(c.SolverOrder, 2),
		lowerFinal: or(c.LowerOrderFinal, true), eulerFinal: or(c.EulerAtFinal, false),
		predictX0: or(c.PredictX0, true), uncorrected: c.DisableCorrector,
		originalSteps: or(c.OriginalSteps, 50), timestepScaling: or(c.TimestepScaling, 10),
	}
	switch c.Class {
	case DDIMClass:
		s.spacing, s.clip = or(c.TimestepSpacing, "leading"), or(c.ClipSample, true)
	case LCMClass:
		s.spacing, s.clip = or(c.TimestepSpacing, "leading"), or(c.ClipSample, false)
		s.betaStart, s.betaEnd, s.betaSchedule = or(c.BetaStart, 0.00085), or(c.BetaEnd, 0.012), or(c.BetaSchedule, "scaled_linear")
	case EulerClass, EulerAncestralClass, DPMMultistepClass, UniPCClass:
	case "":
		return bad("_class_name", "the file does not name a scheduler")
	default:
		return bad("_class_name", "this scheduler is not built in; choose one of the samplers %v", SamplerNames())
	}
	if s.trainedBetas != nil {
		s.train = len(s.trainedBetas)
	}
	if s.train < 1 || s.train > maxTrainTimesteps {
		return bad("num_train_timesteps", "%d is outside 1 to %d", s.train, maxTrainTimesteps)
	}
	if s.offset < 0 || s.offset >= s.train {
		return bad("steps_offset", "%d is outside 0 to %d", s.offset, s.train-1)
	}
	switch s.betaSchedule {
	case "linear", "scaled_linear", "squaredcos_cap_v2":
	default:
		return bad("beta_schedule", "%q is none of linear, scaled_linear, squaredcos_cap_v2", s.betaSchedule)
	}
	switch s.prediction {
	case "epsilon", "v_prediction", "sample":
	default:
		return bad("prediction_type", "%q is none of epsilon, v_prediction, sample", s.prediction)
	}
	switch s.spacing {
	case "leading", "linspace", "trailing":
	default:
		return bad("timestep_spacing", "%q is none of leading, linspace, trailing", s.spacing)
	}
	if or(c.Thresholding, false) {
		return bad("thresholding", "dynamic thresholding is for models that work in pixels, not in latents")
	}
	if !(s.clipRange > 0) {
		return bad("clip_sample_range", "%g is not above 0", s.clipRange)
	}
	return c.solver(s, bad)
}

// solver reads the settings of the sigma-based classes.
func (c SchedulerConfig) solver(s schedulerSettings, bad func(field, format string, a ...any) (schedulerSettings, error)) (schedulerSettings, error) {
	switch v := or(c.FinalSigmasType, "zero"); v {
	case "zero", "sigma_min":
		s.finalMin = v == "sigma_min"
	default:
		return bad("final_sigmas_type", "%q is neither zero nor sigma_min", v)
	}
	switch {
	case or(c.UseFlowSigmas, false) || or(c.UseDynamicShifting, false):
		return bad("use_flow_sigmas", "flow matching models are not supported")
	case or(c.UseBetaSigmas, false):
		return bad("use_beta_sigmas", "this spacing is not supported; use_karras_sigmas is")
	case s.karras && s.exponential, s.karras && s.lu && s.class == DPMMultistepClass, s.exponential && s.lu && s.class == DPMMultistepClass:
		return bad("use_karras_sigmas", "only one spacing of the sigmas can be used at a time")
	case s.sigmaMin <= 0 || s.sigmaMax <= 0 || s.sigmaMax < s.sigmaMin:
		return bad("sigma_min", "sigma_min and sigma_max have to be above 0 and in this order")
	case s.order < 1 || s.order > 3:
		return bad("solver_order", "%d is outside 1 to 3", s.order)
	}
	switch v := or(c.InterpolationType, "linear"); v {
	case "linear", "log_linear":
		s.logLinear = v == "log_linear"
	default:
		return bad("interpolation_type", "%q is neither linear nor log_linear", v)
	}
	switch v := or(c.TimestepType, "discrete"); v {
	case "discrete", "continuous":
		s.continuous = v == "continuous"
	default:
		return bad("timestep_type", "%q is neither discrete nor continuous", v)
	}
	// A file written for one multistep class may be read by another; a solver
	// type that only the other one knows means the class's own.
	switch v := or(c.SolverType, ""); v {
	case "", "midpoint", "bh2", "logrho":
	case "heun":
		s.heun = true
	case "bh1":
		s.bh1 = true
	default:
		return bad("solver_type", "%q is none of midpoint, heun, bh1, bh2", v)
	}
	if s.class != DPMMultistepClass {
		return s, nil
	}
	if v := or(c.VarianceType, ""); v != "" {
		return bad("variance_type", "models that learn their variance (%s) are not supported", v)
	}
	switch v := or(c.AlgorithmType, "dpmsolver++"); v {
	case "dpmsolver++", "deis":
		s.plus = true
	case "sde-dpmsolver++":
		s.plus, s.sde = true, true
	case "dpmsolver":
	case "sde-dpmsolver":
		s.sde = true
	default:
		return bad("algorithm_type", "%q is none of dpmsolver++, sde-dpmsolver++, dpmsolver, sde-dpmsolver", v)
	}
	if !s.plus && !s.finalMin {
		return bad("final_sigmas_type", "algorithm_type %s needs sigma_min", or(c.AlgorithmType, ""))
	}
	if s.sde && !s.plus && s.order > 2 {
		return bad("solver_order", "algorithm_type sde-dpmsolver goes up to order 2")
	}
	return s, nil
}
