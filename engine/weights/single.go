package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	ldmUNet    = "model.diffusion_model."
	ldmVAE     = "first_stage_model."
	ldmControl = "control_model."
)

// layout is what a single file holds.
type layout int

const (
	layoutUnknown layout = iota
	layoutCheckpoint
	layoutControl      // ControlNet in the original layout
	layoutControlDiff  // ControlNet in diffusers' naming
	layoutVAE          // AutoencoderKL in the original layout
	layoutVAEDiff      // AutoencoderKL in diffusers' naming
	layoutTiny         // AutoencoderTiny in diffusers' naming
	layoutUpscaler     // RRDBNet
	layoutLoRA         // low-rank changes for a model
	layoutUNetDiff     // a UNet alone, in diffusers' naming
	layoutOtherFamily  // a transformer (SD3, Flux, ...)
	layoutTextInverted // an embedding
)

// recognise tells the layout of a file by its names.
func recognise(f *File) layout {
	has := func(name string) bool { _, ok := f.byName[name]; return ok }
	some := func(match func(string) bool) bool {
		return slices.ContainsFunc(f.tensors, func(t Tensor) bool { return match(t.Name) })
	}
	switch {
	case has(ldmUNet + "input_blocks.0.0.weight"):
		return layoutCheckpoint
	case has(ldmControl + "input_hint_block.0.weight"), has("input_hint_block.0.weight"):
		return layoutControl
	case has("controlnet_cond_embedding.conv_in.weight"):
		return layoutControlDiff
	case some(isLoRAKey):
		return layoutLoRA
	case has(ldmVAE + "decoder.conv_in.weight"),
		has("decoder.conv_in.weight") && has("decoder.up.0.block.0.conv1.weight"):
		return layoutVAE
	case has("decoder.conv_in.weight") && has("decoder.up_blocks.0.resnets.0.conv1.weight"):
		return layoutVAEDiff
	case has("encoder.layers.0.weight") && has("decoder.layers.0.weight"):
		return layoutTiny
	case has("conv_in.weight") && has("down_blocks.0.resnets.0.conv1.weight"):
		return layoutUNetDiff
	case some(func(n string) bool { return rrdbName(n) == "body.0.rdb1.conv1.weight" }):
		return layoutUpscaler
	case some(func(n string) bool {
		return strings.Contains(n, "joint_blocks.0.") || strings.Contains(n, "double_blocks.0.") || strings.Contains(n, "transformer_blocks.0.attn.")
	}):
		return layoutOtherFamily
	case has("emb_params"), has("clip_g") || has("clip_l"):
		return layoutTextInverted
	}
	return layoutUnknown
}

// openSingle opens one .safetensors file of the folder s.
func openSingle(s source, name string, o options) (*Model, error) {
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	var m *Model
	switch recognise(f) {
	case layoutCheckpoint:
		m, err = openCheckpoint(s, f, o)
	case layoutControl:
		m, err = openControl(f, true)
	case layoutControlDiff:
		m, err = openControl(f, false)
	case layoutVAE:
		m, err = openVAE(f, true)
	case layoutVAEDiff:
		m, err = openVAE(f, false)
	case layoutUpscaler:
		m = &Model{Kind: KindUpscaler, Upscaler: &Component[UpscalerConfig]{}}
		c := m.Upscaler
		if c.Weights, err = collect([]*File{f}, rrdbName); err != nil {
			return nil, err
		}
		if c.Config, err = inferUpscaler(c.Weights, f.Name()); err == nil {
			err = checkUpscaler(&c.Config, c.Weights, f.Name())
		}
	case layoutTiny, layoutUNetDiff:
		if s.exists("config.json") {
			return openComponent(s, o)
		}
		err = &MissingError{Where: f.Name(), What: "the config.json that belongs beside it", Do: "open the folder that the file came from"}
	case layoutLoRA:
		err = &UnsupportedError{File: f.Name(), Reason: "is a LoRA, which changes a model and is none: name it with --lora beside the model"}
	case layoutOtherFamily:
		err = &UnsupportedError{File: f.Name(), Reason: "is a diffusion transformer (Stable Diffusion 3, Flux, ...); Stable Diffusion 1.x, 2.x and XL can be used"}
	case layoutTextInverted:
		err = &UnsupportedError{File: f.Name(), Reason: "is a textual inversion, a single word for another model's vocabulary, and no model"}
	default:
		err = &UnsupportedError{File: f.Name(), Reason: "has no weights of a Stable Diffusion 1.x, 2.x or XL, ControlNet, autoencoder or RRDBNet under any name that this program knows"}
	}
	if err != nil {
		return nil, err
	}
	if m.Card, err = cardOfFile(s, f); err != nil {
		return nil, err
	}
	m.Card.Kind, m.Card.Family = m.Kind, m.Family
	return m, nil
}

// split gathers the tensors whose name begins so, without that beginning.
func split(f *File, prefix string) []Tensor {
	var out []Tensor
	for _, t := range f.tensors {
		if rest, ok := strings.CutPrefix(t.Name, prefix); ok {
			t.Name = rest
			out = append(out, t)
		}
	}
	return out
}

func namesOf(ts []Tensor) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.Name
	}
	return out
}

// renamed makes a set of ts under other names. A name that becomes "" is
// handed to unknown, which may refuse it.
func renamed(file string, ts []Tensor, rename func(string) string, unknown func(string) error) (*Set, error) {
	out := make([]Tensor, 0, len(ts))
	for _, t := range ts {
		to := rename(t.Name)
		if to == "" {
			if err := unknown(t.Name); err != nil {
				return nil, err
			}
			continue
		}
		t.Name = to
		out = append(out, t)
	}
	set, err := NewSet(out...)
	if err != nil {
		return nil, &FormatError{File: file, Reason: "two names mean the same weight: " + err.Error()}
	}
	return set, nil
}

// openControl opens a ControlNet of one file.
func openControl(f *File, original bool) (*Model, error) {
	ts := f.Tensors()
	rename := sameName
	if original {
		if some := split(f, ldmControl); len(some) > 0 {
			ts = some
		}
		paths := controlPaths(namesOf(ts))
		rename = func(n string) string { return unetName(paths, n) }
	}
	set, err := renamed(f.Name(), ts, rename, strange(f.Name()))
	if err != nil {
		return nil, err
	}
	m := &Model{Kind: KindControlNet, ControlNet: &Component[UNetConfig]{Weights: set}}
	family := familyOfShapes(set)
	if m.ControlNet.Config, err = inferUNet(set, f.Name(), family, true); err != nil {
		return nil, err
	}
	m.Family = family
	m.Assumed = append(m.Assumed, "sizes that no shape shows: those of the published models")
	return m, checkControlNet(&m.ControlNet.Config, set, f.Name())
}

// familyOfShapes tells a lone UNet's or ControlNet's family: XL embeds the
// picture's size, 2 has linear projections, 1 neither.
func familyOfShapes(set *Set) Family {
	if set.Has("add_embedding.linear_1.weight") {
		return SDXL
	}
	if t, ok := set.Lookup("mid_block.attentions.0.proj_in.weight"); ok && len(t.Shape) == 2 {
		return SD2
	}
	return SD1
}

// openVAE opens an AutoencoderKL of one file.
func openVAE(f *File, original bool) (*Model, error) {
	ts := f.Tensors()
	if some := split(f, ldmVAE); len(some) > 0 {
		ts = some
	}
	set, err := vaeSet(f.Name(), ts, original, func(string) error { return nil })
	if err != nil {
		return nil, err
	}
	m := &Model{Kind: KindVAE, VAE: &Component[VAEConfig]{Weights: set}}
	if m.VAE.Config, err = inferVAE(set, f.Name(), NoFamily); err != nil {
		return nil, err
	}
	m.Assumed = append(m.Assumed, fmt.Sprintf("scaling factor %g, that of Stable Diffusion 1 and 2", m.VAE.Config.ScalingFactor))
	return m, checkVAE(&m.VAE.Config, set, f.Name())
}

func vaeSet(file string, ts []Tensor, original bool, unknown func(string) error) (*Set, error) {
	rename := vaeName
	if original {
		levels := vaeLevels(namesOf(ts))
		rename = func(n string) string { return vaeOriginalName(n, levels) }
	}
	set, err := renamed(file, ts, rename, unknown)
	if err != nil {
		return nil, err
	}
	return linearAttention(set), nil
}

// checkpoint is a single file with all parts of a Stable Diffusion.
type checkpoint struct {
	*File
	family Family
	// The prefixes of the text encoders; open ones are OpenCLIP's.
	text1, text2 string
	open1        bool
}

// inspect tells the family by the place of the text encoder.
func inspect(f *File) (checkpoint, error) {
	c := checkpoint{File: f}
	has := func(prefix string) bool {
		return slices.ContainsFunc(f.tensors, func(t Tensor) bool { return strings.HasPrefix(t.Name, prefix) })
	}
	switch {
	case has("conditioner.embedders.0.transformer.") && has("conditioner.embedders.1.model."):
		c.family, c.text1, c.text2 = SDXL, "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."
	case has("conditioner.embedders.0.model."):
		return c, &UnsupportedError{File: f.Name(), Key: "conditioner.embedders.0.model.*", Reason: "is the SDXL refiner: it continues another model's picture and cannot make one. Use the base model"}
	case has("cond_stage_model.model."):
		c.family, c.text1, c.open1 = SD2, "cond_stage_model.model.", true
	case has("cond_stage_model.transformer."):
		c.family, c.text1 = SD1, "cond_stage_model.transformer."
	default:
		return c, &MissingError{Where: f.Name(), What: "the text encoder", Do: "it is a part of a checkpoint; use the complete version"}
	}
	if _, ok := f.byName["edm_mean"]; ok || has("edm_vpred") {
		return c, &UnsupportedError{File: f.Name(), Key: "edm_mean", Reason: "was trained in the EDM formulation, which this program's samplers do not have"}
	}
	return c, nil
}

func openCheckpoint(s source, f *File, o options) (*Model, error) {
	c, err := inspect(f)
	if err != nil {
		return nil, err
	}
	m := &Model{Kind: Pipeline, Family: c.family, Pipeline: "StableDiffusionPipeline"}
	if c.family == SDXL {
		m.Pipeline, m.ForceZerosForEmptyPrompt = "StableDiffusionXLPipeline", true
	}
	ts := split(f, ldmUNet)
	paths := unetPaths(namesOf(ts))
	m.UNet = &Component[UNetConfig]{}
	m.UNet.Weights, err = renamed(f.Name(), ts, func(n string) string { return unetName(paths, n) }, strange(f.Name()))
	if err != nil {
		return nil, err
	}
	vae := split(f, ldmVAE)
	if len(vae) == 0 {
		return nil, &MissingError{Where: f.Name(), What: "the autoencoder (first_stage_model)", Do: "it is a pruned checkpoint; use the complete version"}
	}
	m.VAE = &Component[VAEConfig]{}
	if m.VAE.Weights, err = vaeSet(f.Name(), vae, true, func(n string) error { m.Ignored = append(m.Ignored, ldmVAE+n); return nil }); err != nil {
		return nil, err
	}
	m.TextEncoder = &Component[TextConfig]{}
	if m.TextEncoder.Weights, err = textSet(f, c.text1, c.open1, m, s.held); err != nil {
		return nil, err
	}
	if c.text2 != "" {
		m.TextEncoder2 = &Component[TextConfig]{}
		if m.TextEncoder2.Weights, err = textSet(f, c.text2, true, m, s.held); err != nil {
			return nil, err
		}
	}
	for _, t := range f.tensors {
		if !strings.HasPrefix(t.Name, ldmUNet) && !strings.HasPrefix(t.Name, ldmVAE) && !strings.HasPrefix(t.Name, c.text1) &&
			(c.text2 == "" || !strings.HasPrefix(t.Name, c.text2)) {
			m.Ignored = append(m.Ignored, t.Name)
		}
	}
	return m, c.configure(s, m, o)
}

func textSet(f *File, prefix string, open bool, m *Model, held *holdings) (*Set, error) {
	ts := split(f, prefix)
	if !open {
		return renamed(f.Name(), ts, textName, func(n string) error { m.Ignored = append(m.Ignored, prefix+n); return nil })
	}
	ts, err := openCLIP(f.Name(), ts, held)
	if err != nil {
		return nil, err
	}
	return renamed(f.Name(), ts, sameName, nil)
}

// configure finds the sizes, the tokenizers and the scheduler, none of which a
// single file holds: from the folder that was named; else from a diffusers
// folder that the file lies in, or one beside it that has the file's name, if
// the shapes agree; else from the shapes and the published models.
func (c checkpoint) configure(s source, m *Model, o options) error {
	if o.config != "" {
		return c.configureFrom(s.elsewhere(o.config), m, o)
	}
	if s.disk {
		beside := []string{s.root, strings.TrimSuffix(c.Name(), filepath.Ext(c.Name()))}
		for _, dir := range beside {
			if _, err := os.Stat(filepath.Join(dir, "unet", "config.json")); err != nil {
				continue
			}
			trial, before := copies(m), s.reads()
			if err := c.configureFrom(s.elsewhere(dir), trial, o); err != nil {
				s.forget(before) // it belongs to another model
				continue
			}
			m.UNet, m.VAE, m.TextEncoder, m.TextEncoder2 = trial.UNet, trial.VAE, trial.TextEncoder, trial.TextEncoder2
			m.Tokenizer, m.Tokenizer2, m.Scheduler = trial.Tokenizer, trial.Tokenizer2, trial.Scheduler
			m.ForceZerosForEmptyPrompt = trial.ForceZerosForEmptyPrompt
			m.Assumed = append(m.Assumed, "sizes, tokenizer and scheduler of "+dir+", whose shapes agree")
			return nil
		}
	}
	return c.infer(s, m, o)
}

// copies returns a model with components of its own, so that a configuration
// that does not fit leaves no trace in m.
func copies(m *Model) *Model {
	unet, vae, text := *m.UNet, *m.VAE, *m.TextEncoder
	out := &Model{UNet: &unet, VAE: &vae, TextEncoder: &text, ForceZerosForEmptyPrompt: m.ForceZerosForEmptyPrompt}
	if m.TextEncoder2 != nil {
		text2 := *m.TextEncoder2
		out.TextEncoder2 = &text2
	}
	return out
}

// configureFrom takes configurations from a diffusers folder.
func (c checkpoint) configureFrom(dir source, m *Model, o options) error {
	var err error
	type validator interface{ Validate() error }
	read := func(part string, raw *json.RawMessage, config validator) {
		if err == nil {
			*raw, err = readConfig(dir, part, config)
		}
		if err == nil {
			err = inFile(config.Validate(), dir.full(part+"/config.json"))
		}
	}
	m.UNet.Config, m.VAE.Config, m.TextEncoder.Config = defaultUNet(), defaultVAE(), defaultText()
	read("unet", &m.UNet.Raw, &m.UNet.Config)
	read("vae", &m.VAE.Raw, &m.VAE.Config)
	read("text_encoder", &m.TextEncoder.Raw, &m.TextEncoder.Config)
	if m.TextEncoder2 != nil {
		m.TextEncoder2.Config = defaultText()
		read("text_encoder_2", &m.TextEncoder2.Raw, &m.TextEncoder2.Config)
	}
	if err != nil {
		return err
	}
	if err := refuseVariants(m.UNet.Raw); err != nil {
		return inFile(err, dir.full("unet/config.json"))
	}
	if err := c.fit(m); err != nil {
		return err
	}
	if dir.exists("tokenizer/vocab.json") {
		if m.Tokenizer, err = readTokenizer(dir, "tokenizer"); err != nil {
			return err
		}
	}
	if m.TextEncoder2 != nil && dir.exists("tokenizer_2/vocab.json") {
		if m.Tokenizer2, err = readTokenizer(dir, "tokenizer_2"); err != nil {
			return err
		}
	}
	if m.Scheduler, err = readScheduler(dir, "scheduler/scheduler_config.json", o); err != nil {
		return err
	}
	if b, err := dir.text("model_index.json"); err == nil && b != nil {
		var idx modelIndex
		if json.Unmarshal(b, &idx) == nil && idx.ForceZeros != nil {
			m.ForceZerosForEmptyPrompt = *idx.ForceZeros
		}
	}
	return c.complete(m, o, "")
}

// infer derives configurations from the shapes.
func (c checkpoint) infer(s source, m *Model, o options) error {
	var err error
	if m.UNet.Config, err = inferUNet(m.UNet.Weights, c.Name(), c.family, false); err != nil {
		return err
	}
	if m.VAE.Config, err = inferVAE(m.VAE.Weights, c.Name(), c.family); err != nil {
		return err
	}
	if m.TextEncoder.Config, err = inferText(m.TextEncoder.Weights, c.Name(), c.open1, false); err != nil {
		return err
	}
	if c.family == SD2 && m.TextEncoder.Config.NumHiddenLayers > 1 {
		// Stable Diffusion 2 takes the output of the last layer but one, so
		// diffusers' version of it has one layer less.
		m.TextEncoder.Config.NumHiddenLayers--
	}
	if m.TextEncoder2 != nil {
		if m.TextEncoder2.Config, err = inferText(m.TextEncoder2.Weights, c.Name(), true, true); err != nil {
			return err
		}
		if x := m.UNet.Config.ProjectionClassEmbeddingsInput - m.TextEncoder2.Config.ProjectionDim; x > 0 && x%6 == 0 {
			m.UNet.Config.AdditionTimeEmbedDim = x / 6
		}
	}
	m.Assumed = append(m.Assumed, "heads and group sizes, which a single file does not hold: those of the published models")
	if err := c.fit(m); err != nil {
		return err
	}
	yaml, err := sidecar(s, c.Name())
	if err != nil {
		return err
	}
	return c.complete(m, o, yaml)
}

// fit drops what the configurations do not call for and checks the rest.
func (c checkpoint) fit(m *Model) error {
	for _, t := range []*Component[TextConfig]{m.TextEncoder, m.TextEncoder2} {
		if t == nil {
			continue
		}
		want := map[string]bool{}
		emit(func(name string, _ ...int) { want[name] = true }).text(&t.Config)
		var keep []Tensor
		for _, name := range t.Weights.order {
			if want[name] {
				keep = append(keep, t.Weights.byName[name])
			}
		}
		var err error
		if t.Weights, err = NewSet(keep...); err != nil {
			return err
		}
		if err := checkText(&t.Config, t.Weights, c.Name()); err != nil {
			return err
		}
	}
	return errors.Join(
		checkUNet(&m.UNet.Config, m.UNet.Weights, c.Name()),
		checkVAE(&m.VAE.Config, m.VAE.Weights, c.Name()))
}

// complete adds the tokenizers and the scheduler that are still missing.
func (c checkpoint) complete(m *Model, o options, yaml string) error {
	pads := map[bool]string{false: "<|endoftext|>", true: "!"}
	var err error
	for _, t := range []struct {
		into *(*Tokenizer)
		text *Component[TextConfig]
		open bool
	}{{&m.Tokenizer, m.TextEncoder, c.open1}, {&m.Tokenizer2, m.TextEncoder2, true}} {
		if t.text == nil || *t.into != nil {
			continue
		}
		if t.text.Config.VocabSize != clipVocabSize {
			return &MissingError{Where: c.Name(), What: "the tokenizer", Do: fmt.Sprintf("its vocabulary has %d entries where CLIP's has %d; give the folder of its configuration", t.text.Config.VocabSize, clipVocabSize)}
		}
		if *t.into, err = CLIPTokenizer(pads[t.open]); err != nil {
			return err
		}
	}
	if m.Scheduler != nil {
		return nil
	}
	p := c.prediction(m, o, yaml)
	if p.assumed != "" {
		m.Assumed = append(m.Assumed, p.assumed)
	}
	m.Scheduler, err = publishedScheduler(c.family, p)
	return err
}

// prediction says what a UNet was trained to predict.
type prediction struct {
	kind    string // "epsilon" or "v_prediction"
	zeroSNR bool
	assumed string // why, where it is a guess
}

// prediction tells what the UNet of a single file predicts. No shape shows it,
// so, in this order: the option; the file's modelspec.prediction_type; the
// empty tensors "v_pred" and "ztsnr" that makers of v-predicting XL models
// add; the original configuration beside the file (NAME.yaml with
// `parameterization: "v"`); and for Stable Diffusion 2, which was published
// both ways with the same shapes: epsilon for the inpainting and depth models
// and where the metadata or the file's name speaks of 512 pixels (the base
// models), else v. Stable Diffusion 1 and XL are epsilon.
func (c checkpoint) prediction(m *Model, o options, yaml string) prediction {
	_, ztsnr := c.byName["ztsnr"]
	switch spec := strings.ToLower(c.Metadata("modelspec.prediction_type")); {
	case o.prediction != "":
		return prediction{kind: o.prediction, zeroSNR: ztsnr}
	case spec == "v", spec == "v_prediction", spec == "v-prediction":
		return prediction{kind: "v_prediction", zeroSNR: ztsnr}
	case spec == "epsilon", spec == "eps":
		return prediction{kind: "epsilon", zeroSNR: ztsnr}
	}
	if _, ok := c.byName["v_pred"]; ok {
		return prediction{kind: "v_prediction", zeroSNR: ztsnr}
	}
	if yaml != "" {
		if strings.Contains(strings.ReplaceAll(yaml, "'", `"`), `parameterization: "v"`) {
			return prediction{kind: "v_prediction"}
		}
		return prediction{kind: "epsilon"}
	}
	if c.family != SD2 {
		return prediction{kind: "epsilon", zeroSNR: ztsnr}
	}
	name := strings.ToLower(filepath.Base(c.Name()))
	resolution := c.Metadata("modelspec.resolution")
	switch {
	case m.UNet.Config.InChannels != 4:
		return prediction{kind: "epsilon", assumed: "predicts epsilon, as the published inpainting and depth models of Stable Diffusion 2 do"}
	case strings.HasPrefix(resolution, "512"), resolution == "" && (strings.Contains(name, "512") || strings.Contains(name, "base")):
		return prediction{kind: "epsilon", assumed: "predicts epsilon, as the 512-pixel base models of Stable Diffusion 2 do (told by its name or metadata); if pictures are noise, set the prediction to v"}
	}
	return prediction{kind: "v_prediction", assumed: "predicts v, as the 768-pixel models of Stable Diffusion 2 do; if pictures are noise or burnt, set the prediction to epsilon"}
}

// publishedScheduler is the noise schedule that every Stable Diffusion was
// trained with (betas scaled linearly from 0.00085 to 0.012 over 1000 steps).
func publishedScheduler(family Family, p prediction) (*Scheduler, error) {
	class := "DDIMScheduler"
	fields := map[string]any{
		"num_train_timesteps": 1000,
		"beta_start":          0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
		"prediction_type": p.kind, "steps_offset": 1, "timestep_spacing": "leading",
		"clip_sample": false, "set_alpha_to_one": false,
	}
	if family == SDXL {
		class = "EulerDiscreteScheduler"
		fields["use_karras_sigmas"] = false
		fields["interpolation_type"] = "linear"
		delete(fields, "clip_sample")
		delete(fields, "set_alpha_to_one")
	}
	if p.zeroSNR {
		fields["rescale_betas_zero_snr"] = true
		fields["timestep_spacing"] = "trailing"
	}
	fields["_class_name"] = class
	b, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("weights: scheduler: %w", err)
	}
	return &Scheduler{Class: class, JSON: b}, nil
}

// sidecar is the original configuration NAME.yaml beside a file, "" if none.
func sidecar(s source, file string) (string, error) {
	name := strings.TrimSuffix(filepath.Base(file), ".safetensors") + ".yaml"
	b, err := s.text(name)
	if err != nil || !bytes.Contains(b, []byte("diffusion")) {
		return "", err
	}
	return string(b), nil
}
