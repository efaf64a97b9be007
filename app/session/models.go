package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// facts are what a plan and a request need to know of a model.
type facts struct {
	stride, native int
	// screens says that it makes screens, which enlarge by any factor and
	// take a palette.
	screens  bool
	factors  []int // of the upscaler that was named with it
	sampler  string
	steps    int
	guidance float64
	tries    int // that the model's critic chooses from
}

// factsOf reads a model's facts off its configuration.
func factsOf(m *weights.Model, upscaler *weights.Model) facts {
	f := facts{steps: 25, guidance: 7, native: 512, tries: 1}
	scale := 1 << max(len(m.VAE.Config.BlockOutChannels)-1, 0)
	f.stride = pattern.Stride(scale, len(m.UNet.Config.BlockOutChannels)-1)
	if n := m.UNet.Config.SampleSize; n > 0 {
		f.native = n * scale
	}
	if m.Name == starter.Name && m.Root == "" {
		f.screens, f.native = true, starter.Native
		f.sampler, f.steps, f.guidance, f.tries = starter.Sampler, starter.Steps, starter.Guidance, starter.Tries
	}
	if upscaler != nil {
		f.factors = []int{upscaler.Upscaler.Config.Scale}
	}
	return f
}

// knownFacts is factsOf for a request, remembered for every model that was
// asked for.
func (s *Session) knownFacts(r Request) (f facts, err error) {
	key := r.Model + "\x00" + r.Upscaler
	s.factsMu.Lock()
	defer s.factsMu.Unlock()
	if f, ok := s.facts[key]; ok {
		return f, nil
	}
	m, err := s.openModel(r.Model)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if m.UNet == nil || m.VAE == nil {
		return f, usage("%s is a %s, not a model that makes pictures", m.Name, m.Kind)
	}
	var up *weights.Model
	if r.Upscaler != "" {
		if up, err = s.openModel(r.Upscaler); err != nil {
			return f, err
		}
		defer func() { err = errors.Join(err, up.Close()) }()
		if up.Upscaler == nil {
			return f, usage("%s is a %s, not an upscaler", r.Upscaler, up.Kind)
		}
	}
	f = factsOf(m, up)
	s.facts[key] = f
	return f, nil
}

// openKey names the combination of models that a request needs on a device.
func (r Request) openKey(device string) string {
	b, err := json.Marshal([]any{device, r.Model, r.LoRAs, r.ControlNet, r.Upscaler})
	if err != nil {
		return fmt.Sprint(device, r.Model, r.LoRAs, r.ControlNet, r.Upscaler) // weights that are no numbers
	}
	return string(b)
}

// openModels opens everything that a request names. Callers hold mu.
func (s *Session) openModels(ctx context.Context, r Request, d *gpu.Queue) (o *opened, err error) {
	o = &opened{beside: d.Width()}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.close())
		}
	}()
	base, err := s.openModel(r.Model)
	if err != nil {
		return o, err
	}
	o.models = append(o.models, base)
	if base.UNet == nil {
		return o, usage("%s is a %s, not a model that makes pictures; name one with --model", base.Name, base.Kind)
	}
	o.model, o.hash = base, hashOf(base)
	if len(r.LoRAs) > 0 {
		var add []weights.LoRA
		for _, l := range r.LoRAs {
			path, err := s.find(l.Path)
			if err != nil {
				return o, err
			}
			add = append(add, weights.LoRA{Path: path, Scale: l.Weight})
		}
		merged, err := base.WithLoRAs(ctx, add)
		if err != nil {
			return o, err
		}
		o.models = append(o.models, merged)
		o.model = merged
	}
	var extras diffusion.Extras
	if r.ControlNet != "" {
		if extras.Control, err = s.openModel(r.ControlNet); err != nil {
			return o, err
		}
		o.models = append(o.models, extras.Control)
		if extras.Control.ControlNet == nil {
			return o, usage("%s is a %s, not a ControlNet", r.ControlNet, extras.Control.Kind)
		}
	}
	if r.Upscaler != "" {
		if o.upscaler, err = s.openModel(r.Upscaler); err != nil {
			return o, err
		}
		o.models = append(o.models, o.upscaler)
		if o.upscaler.Upscaler == nil {
			return o, usage("%s is a %s, not an upscaler", r.Upscaler, o.upscaler.Kind)
		}
	}
	if extras.Preview, err = s.previewer(o.model); err != nil {
		return o, err
	}
	if extras.Preview != nil {
		o.models = append(o.models, extras.Preview)
	}
	o.facts = factsOf(o.model, o.upscaler)
	if o.critic, err = openCritic(o.facts, d); err != nil {
		return o, err
	}
	o.pipeline, err = diffusion.New(o.model, d, extras)
	return o, err
}

// previewer opens the installed AutoencoderTiny that belongs to a model's
// latents, nil where there is none. Nothing in its files tells for which latents
// it was trained, so it goes by the name that it was published under: taesd for
// Stable Diffusion 1 and 2, taesdxl for XL.
func (s *Session) previewer(m *weights.Model) (*weights.Model, error) {
	want := map[weights.Family]string{weights.SD1: "taesd", weights.SD2: "taesd", weights.SDXL: "taesdxl"}[m.Family]
	if want == "" {
		return nil, nil //nolint:nilnil // previews are a linear map then
	}
	sh, err := s.shelf()
	if err != nil {
		return nil, err
	}
	e, err := sh.Find(want)
	if err != nil || e.ID != want {
		return nil, nil //nolint:nilnil,nilerr // not installed
	}
	tiny, err := weights.Open(e.Path())
	if err != nil {
		return nil, err
	}
	if tiny.VAE == nil || !tiny.VAE.Config.Tiny() || tiny.VAE.Config.LatentChannels != m.VAE.Config.LatentChannels {
		return nil, tiny.Close()
	}
	return tiny, nil
}

// openModel opens the starter, an installed model, or a path.
func (s *Session) openModel(name string) (*weights.Model, error) {
	if name == "" || name == starter.Name {
		return starter.Open()
	}
	path, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return weights.Open(path)
}

// hashOf is the SHA-256 over the hashes of a model's files in its card.
func hashOf(m *weights.Model) string { return hashOfFiles(m.Card.Files) }

func hashOfFiles(files []weights.FileHash) string {
	if len(files) == 0 {
		return ""
	}
	var lines []string
	for _, f := range files {
		lines = append(lines, f.SHA256+"  "+f.Path+"\n")
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(l))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// complete fills in what a request leaves to the model.
func (s *Session) complete(r Request, o *opened) (Request, error) {
	if r.Version > requestVersion {
		return r, usage("the request is of version %d, this program knows up to %d; take a newer Selvage", r.Version, requestVersion)
	}
	r.Version = requestVersion
	if r.Model == "" {
		r.Model = starter.Name
	}
	if r.ModelHash != "" && o.hash != "" && r.ModelHash != o.hash {
		return r, usage("the request was made with other weights (%.12s…) than %s has now (%.12s…), so it cannot give the same picture; name the model to use with --model", r.ModelHash, r.Model, o.hash)
	}
	r.ModelHash = o.hash
	if r.Sampler == "" {
		r.Sampler = o.facts.sampler
	}
	if r.Steps == 0 {
		r.Steps = o.facts.steps
	}
	if r.Guidance == 0 {
		r.Guidance = o.facts.guidance
	}
	if r.Tries == 0 {
		r.Tries = o.facts.tries
	}
	if err := checkTries(r, o); err != nil {
		return r, err
	}
	if r.Init != nil && r.Strength == 0 {
		r.Strength = 0.75
	}
	if !o.facts.screens && len(r.Palette) > 0 {
		return r, usage("--palette is for models that make screens, such as starter; %s makes pictures", r.Model)
	}
	if o.facts.screens && r.Upscaler != "" {
		return r, usage("the starter's screens enlarge to any size by themselves; leave --upscaler out")
	}
	if len(r.Palette) > 0 {
		if err := checkPalette(r.Palette); err != nil {
			return r, err
		}
	}
	if r.Repeat.Kind != pattern.None && r.Roll == nil {
		r.Roll = new(float64)
		*r.Roll = defaultRoll
	}
	return r, r.Repeat.Validate()
}

// defaultRoll wraps from the first step on: see the measurements in
// engine/DESIGN.md.
const defaultRoll = 0

// defaultDPI is what most digital printers of cloth take.
const defaultDPI = 150

// demand is what a request asks of a cell's size.
func (s *Session) demand(r Request, f facts) pattern.Demand {
	if r.DPI == 0 && (r.RepeatWidth > 0 || r.RepeatHeight > 0) && r.Width == 0 && r.Height == 0 {
		r.DPI = defaultDPI
	}
	return pattern.Demand{
		Repeat: r.Repeat.Repeat, Stride: f.stride, Width: r.Width, Height: r.Height,
		RepeatWidth: r.RepeatWidth, RepeatHeight: r.RepeatHeight, DPI: r.DPI,
		Native: f.native, Limit: 4 * f.native * f.native, Factors: f.factors, AnyEnlargement: f.screens,
	}
}

// work is a request in the engine's terms, with its pictures read, and the words
// of its prompt that a model of screens was never shown.
func (s *Session) work(r Request, o *opened, g starter.Group) (w diffusion.Request, unknown []string, err error) {
	size := g.Size
	prompt, unknown, err := modelPrompt(r, o.facts.screens)
	if err != nil {
		return w, nil, err
	}
	w = diffusion.Request{
		Prompt: prompt, Negative: r.Negative, Width: size.Width, Height: size.Height,
		Steps: r.Steps, Guidance: r.Guidance, Rescale: r.Rescale, Sampler: r.Sampler, ClipSkip: r.ClipSkip,
		Seed: r.Seed, Count: 1, Repeat: g.Repeat, Preview: 1, Strength: r.Strength, ControlScale: r.ControlScale,
	}
	if r.Roll != nil {
		w.RollUntil = *r.Roll
	}
	if w.Init, err = readPicture(r.Init, r.Repeat.Repeat, size); err != nil {
		return w, nil, fmt.Errorf("init: %w", err)
	}
	if w.Control, err = readPicture(r.Control, r.Repeat.Repeat, size); err != nil {
		return w, nil, fmt.Errorf("control: %w", err)
	}
	mask, err := readPicture(r.Mask, r.Repeat.Repeat, size)
	if err != nil {
		return w, nil, fmt.Errorf("mask: %w", err)
	}
	if mask != nil {
		w.Mask = luminance(mask)
	}
	if o.facts.screens && w.Init == nil && w.Control == nil {
		w.Alike, w.AlikeUntil = g.Places(prompt, o.pipeline.LatentScale()), starter.Alike
	}
	return w, unknown, nil
}
