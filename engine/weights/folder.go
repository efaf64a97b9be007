package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Open opens a model: a diffusers folder (with model_index.json, or with
// component folders alone), a folder of one component (ControlNet,
// AutoencoderKL, AutoencoderTiny, Real-ESRGAN's RRDBNet with its config.json),
// or a single .safetensors file (Stable Diffusion 1.x, 2.x, XL in the original
// layout, ControlNet, autoencoder, RRDBNet), recognised by its keys.
func Open(name string, opts ...Option) (*Model, error) {
	o, err := gather(opts)
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	held := &holdings{}
	held.users.Store(1)
	var m *Model
	var s source
	if st.IsDir() {
		s = newDiskSource(name, held)
		m, err = openFolder(s, o)
	} else {
		s = newDiskSource(filepath.Dir(name), held)
		m, err = openSingle(s, filepath.Base(name), o)
	}
	if err != nil {
		return nil, joinDrop(err, held)
	}
	m.held, m.read = held, *s.read
	m.Root = name
	m.Name = strings.TrimSuffix(filepath.Base(name), ".safetensors")
	if abs, err := filepath.Abs(name); err == nil && m.Name == "." {
		m.Name = filepath.Base(abs)
	}
	if m.Card.Name == "" {
		m.Card.Name = m.Name
	}
	return m, nil
}

// OpenFS opens a folder inside fsys, such as a model that is embedded in the
// program; name is what messages and Model.Name call it. The large files may
// be given with WithBlobs, so that no byte of them is copied:
//
//	//go:embed model_index.json */*.json tokenizer/merges.txt
//	var small embed.FS
//	//go:embed unet/diffusion_pytorch_model.safetensors
//	var unet []byte
//	m, err := weights.OpenFS(small, "starter", weights.WithBlobs(map[string][]byte{
//		"unet/diffusion_pytorch_model.safetensors": unet}))
func OpenFS(fsys fs.FS, name string, opts ...Option) (*Model, error) {
	o, err := gather(opts)
	if err != nil {
		return nil, err
	}
	held := &holdings{}
	held.users.Store(1)
	m, err := openFolder(source{root: name, fsys: fsys, blobs: o.blobs, held: held}, o)
	if err != nil {
		return nil, joinDrop(err, held)
	}
	m.held, m.Name = held, name
	if m.Card.Name == "" {
		m.Card.Name = name
	}
	return m, nil
}

// openFolder tells the kinds of folders apart.
func openFolder(s source, o options) (*Model, error) {
	card, err := readCard(s)
	if err != nil {
		return nil, err
	}
	if card.Open != "" {
		// A single file, with its card and what was said about it beside it.
		m, err := openSingle(s, card.Open, o)
		if err == nil {
			m.Card = card
		}
		return m, err
	}
	m, err := openFolderModel(s, o)
	if err != nil {
		return nil, err
	}
	if !s.exists("model_index.json") && !s.exists("config.json") && !s.exists(CardFile) && m.Card.Name != "" {
		card = m.Card // a single file's own words
	}
	m.Card = card
	m.Card.Kind, m.Card.Family = m.Kind, m.Family
	return m, nil
}

func openFolderModel(s source, o options) (*Model, error) {
	switch {
	case s.exists("model_index.json"), s.isDir("unet") && s.exists("unet/config.json"):
		return openPipeline(s, o)
	case s.exists("config.json"):
		return openComponent(s, o)
	}
	found, err := s.glob(".", ".safetensors")
	if err != nil {
		return nil, err
	}
	if len(found) == 1 {
		return openSingle(s, found[0], o)
	}
	if len(found) > 1 {
		return nil, &MissingError{Where: s.root, What: "a model_index.json or config.json", Do: "to open one of its files, name it: " + strings.Join(found, ", ")}
	}
	for _, ext := range []string{".ckpt", ".pt", ".pth", ".bin"} {
		if p, err := s.glob(".", ext); err == nil && len(p) > 0 {
			return nil, &PickleError{File: s.full(p[0])}
		}
	}
	return nil, &MissingError{Where: s.root, What: "a model (model_index.json, config.json or a .safetensors file)"}
}

// modelIndex is model_index.json. Components are [library, class].
type modelIndex struct {
	ClassName    string `json:"_class_name"`
	ForceZeros   *bool  `json:"force_zeros_for_empty_prompt"`
	UNet         []any  `json:"unet"`
	VAE          []any  `json:"vae"`
	TextEncoder  []any  `json:"text_encoder"`
	TextEncoder2 []any  `json:"text_encoder_2"`
	Tokenizer    []any  `json:"tokenizer"`
	Tokenizer2   []any  `json:"tokenizer_2"`
	ControlNet   []any  `json:"controlnet"`
}

// listed tells whether model_index.json names a component that is not null.
func listed(v []any) bool { return len(v) == 2 && v[1] != nil }

func openPipeline(s source, o options) (*Model, error) {
	m := &Model{Kind: Pipeline}
	var idx modelIndex
	b, err := s.text("model_index.json")
	if err != nil {
		return nil, err
	}
	if b != nil {
		if err := json.Unmarshal(b, &idx); err != nil {
			return nil, &ConfigError{File: s.full("model_index.json"), Reason: "is not a model index: " + err.Error()}
		}
		if !strings.HasPrefix(idx.ClassName, "StableDiffusion") && !strings.HasPrefix(idx.ClassName, "LatentConsistency") {
			return nil, &UnsupportedError{File: s.full("model_index.json"), Reason: fmt.Sprintf("is a %q; Stable Diffusion 1.x, 2.x and XL can be used", clip(idx.ClassName))}
		}
	} else {
		// No index: what is there is the model.
		there := func(dir string) []any {
			if s.exists(dir + "/config.json") {
				return []any{"", ""}
			}
			return nil
		}
		idx.UNet, idx.VAE, idx.TextEncoder, idx.TextEncoder2 = there("unet"), there("vae"), there("text_encoder"), there("text_encoder_2")
		if s.exists("tokenizer/vocab.json") {
			idx.Tokenizer = []any{"", ""}
		}
		if s.exists("tokenizer_2/vocab.json") {
			idx.Tokenizer2 = []any{"", ""}
		}
	}
	m.Pipeline = idx.ClassName
	m.ForceZerosForEmptyPrompt = idx.ForceZeros != nil && *idx.ForceZeros

	if listed(idx.UNet) {
		if m.UNet, err = readUNet(s, "unet", o, false); err != nil {
			return nil, err
		}
	}
	if listed(idx.ControlNet) && s.exists("controlnet/config.json") {
		if m.ControlNet, err = readUNet(s, "controlnet", o, true); err != nil {
			return nil, err
		}
	}
	if listed(idx.VAE) {
		if m.VAE, err = readVAE(s, "vae", o); err != nil {
			return nil, err
		}
	}
	if listed(idx.TextEncoder) {
		if m.TextEncoder, err = readText(s, "text_encoder", o); err != nil {
			return nil, err
		}
	}
	if listed(idx.TextEncoder2) {
		if m.TextEncoder2, err = readText(s, "text_encoder_2", o); err != nil {
			return nil, err
		}
	}
	if listed(idx.Tokenizer) {
		if m.Tokenizer, err = readTokenizer(s, "tokenizer"); err != nil {
			return nil, err
		}
	}
	if listed(idx.Tokenizer2) {
		if m.Tokenizer2, err = readTokenizer(s, "tokenizer_2"); err != nil {
			return nil, err
		}
	}
	if m.Scheduler, err = readScheduler(s, "scheduler/scheduler_config.json", o); err != nil {
		return nil, err
	}
	if m.UNet == nil {
		return nil, &MissingError{Where: s.root, What: "a unet"}
	}
	if m.TextEncoder == nil && m.TextEncoder2 != nil {
		return nil, &UnsupportedError{File: s.root, Reason: "has the second text encoder alone: an SDXL refiner, which continues another model's picture and cannot make one"}
	}
	m.Family = familyOf(m)
	return m, nil
}

// familyOf tells the family by the architecture.
func familyOf(m *Model) Family {
	u := m.UNet
	if u == nil {
		u = m.ControlNet
	}
	switch {
	case u == nil:
		return NoFamily
	case m.TextEncoder2 != nil, u.Config.AdditionEmbedType == "text_time":
		return SDXL
	case m.UNet != nil && u.Config.OutChannels != 4,
		m.VAE != nil && m.VAE.Config.LatentChannels != 4:
		return Custom
	case u.Config.UseLinearProjection:
		return SD2
	}
	return SD1
}

// openComponent opens a folder with one config.json.
func openComponent(s source, o options) (*Model, error) {
	b, err := s.text("config.json")
	if err != nil {
		return nil, err
	}
	var c struct {
		ClassName     string   `json:"_class_name"`
		Architectures []string `json:"architectures"`
		NumFeat       int      `json:"num_feat"`
		NumBlock      int      `json:"num_block"`
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, &ConfigError{File: s.full("config.json"), Reason: "is not a configuration: " + err.Error()}
	}
	m := &Model{}
	switch {
	case c.ClassName == "ControlNetModel":
		m.Kind = KindControlNet
		m.ControlNet, err = readUNet(s, ".", o, true)
	case c.ClassName == "AutoencoderTiny", c.ClassName == "AutoencoderKL":
		m.Kind = KindVAE
		m.VAE, err = readVAE(s, ".", o)
	case c.ClassName == "UNet2DConditionModel":
		m.Kind = Pipeline
		m.UNet, err = readUNet(s, ".", o, false)
	case c.ClassName == "" && c.NumFeat > 0 && c.NumBlock > 0:
		m.Kind = KindUpscaler
		m.Upscaler, err = readUpscaler(s, o)
	case len(c.Architectures) == 1 && strings.HasPrefix(c.Architectures[0], "CLIPTextModel"):
		m.Kind = Pipeline
		m.TextEncoder, err = readText(s, ".", o)
	default:
		what := c.ClassName
		if what == "" && len(c.Architectures) > 0 {
			what = c.Architectures[0]
		}
		return nil, &UnsupportedError{File: s.full("config.json"), Reason: fmt.Sprintf("describes a %q, which this program has no use for", clip(what))}
	}
	if err != nil {
		return nil, err
	}
	m.Family = familyOf(m)
	return m, nil
}

// readConfig reads dir/config.json into c, which holds the defaults.
func readConfig(s source, dir string, c any) (json.RawMessage, error) {
	name := path.Join(dir, "config.json")
	b, err := s.text(name)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, &MissingError{Where: s.full(dir), What: "config.json"}
	}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, &ConfigError{File: s.full(name), Reason: err.Error()}
	}
	return b, nil
}

func readUNet(s source, dir string, o options, control bool) (*Component[UNetConfig], error) {
	c := &Component[UNetConfig]{Config: defaultUNet()}
	check := checkUNet
	if control {
		check = checkControlNet
		c.Config.UpBlockTypes = nil
	}
	var err error
	if c.Raw, err = readConfig(s, dir, &c.Config); err != nil {
		return nil, err
	}
	where := s.full(path.Join(dir, "config.json"))
	if err := refuseVariants(c.Raw); err != nil {
		return nil, inFile(err, where)
	}
	if err := c.Config.Validate(); err != nil {
		return nil, inFile(err, where)
	}
	files, err := s.weightFiles(dir, o.variant)
	if err != nil {
		return nil, err
	}
	if c.Weights, err = collect(files, sameName); err != nil {
		return nil, err
	}
	return c, check(&c.Config, c.Weights, files[0].Name())
}

func readVAE(s source, dir string, o options) (*Component[VAEConfig], error) {
	c := &Component[VAEConfig]{Config: defaultVAE()}
	var err error
	if c.Raw, err = readConfig(s, dir, &c.Config); err != nil {
		return nil, err
	}
	where := s.full(path.Join(dir, "config.json"))
	if c.Config.ClassName == "AutoencoderTiny" {
		c.Config = defaultTiny()
		if err := json.Unmarshal(c.Raw, &c.Config); err != nil {
			return nil, &ConfigError{File: where, Reason: err.Error()}
		}
	}
	if err := c.Config.Validate(); err != nil {
		return nil, inFile(err, where)
	}
	files, err := s.weightFiles(dir, o.variant)
	if err != nil {
		return nil, err
	}
	if c.Weights, err = collect(files, vaeName); err != nil {
		return nil, err
	}
	c.Weights = linearAttention(c.Weights)
	return c, checkVAE(&c.Config, c.Weights, files[0].Name())
}

func readText(s source, dir string, o options) (*Component[TextConfig], error) {
	c := &Component[TextConfig]{Config: defaultText()}
	var err error
	if c.Raw, err = readConfig(s, dir, &c.Config); err != nil {
		return nil, err
	}
	where := s.full(path.Join(dir, "config.json"))
	if err := c.Config.Validate(); err != nil {
		return nil, inFile(err, where)
	}
	files, err := s.weightFiles(dir, o.variant)
	if err != nil {
		return nil, err
	}
	if c.Weights, err = collect(files, textName); err != nil {
		return nil, err
	}
	return c, checkText(&c.Config, c.Weights, files[0].Name())
}

func readUpscaler(s source, o options) (*Component[UpscalerConfig], error) {
	c := &Component[UpscalerConfig]{Config: UpscalerConfig{NumInCh: 3, NumOutCh: 3, Scale: 4, NumFeat: 64, NumBlock: 23, NumGrowCh: 32}}
	var err error
	if c.Raw, err = readConfig(s, ".", &c.Config); err != nil {
		return nil, err
	}
	if err := c.Config.Validate(); err != nil {
		return nil, inFile(err, s.full("config.json"))
	}
	files, err := s.weightFiles(".", o.variant)
	if err != nil {
		return nil, err
	}
	if c.Weights, err = collect(files, rrdbName); err != nil {
		return nil, err
	}
	return c, checkUpscaler(&c.Config, c.Weights, files[0].Name())
}

func readTokenizer(s source, dir string) (*Tokenizer, error) {
	t := &Tokenizer{}
	if !s.exists(path.Join(dir, "vocab.json")) && s.exists(path.Join(dir, "tokenizer.json")) {
		if err := t.fromJoint(s, path.Join(dir, "tokenizer.json")); err != nil {
			return nil, err
		}
	}
	for _, f := range []struct {
		name string
		into *[]byte
		must bool
	}{
		{"vocab.json", &t.Vocab, t.Vocab == nil},
		{"merges.txt", &t.Merges, t.Merges == nil},
		{"tokenizer_config.json", &t.Config, false},
		{"special_tokens_map.json", &t.SpecialTokensMap, false},
	} {
		b, err := s.text(path.Join(dir, f.name))
		if err != nil {
			return nil, err
		}
		if b == nil && f.must {
			return nil, &MissingError{Where: s.full(dir), What: f.name, Do: "the folder is not complete; fetch it again"}
		}
		if b != nil {
			*f.into = b
		}
	}
	return t, nil
}

// fromJoint takes vocabulary and merges out of a tokenizer.json, which newer
// transformers write in place of the two files. A merge is "a b" or ["a", "b"].
func (t *Tokenizer) fromJoint(s source, name string) error {
	b, err := s.text(name)
	if err != nil {
		return err
	}
	var joint struct {
		Model struct {
			Type   string            `json:"type"`
			Vocab  json.RawMessage   `json:"vocab"`
			Merges []json.RawMessage `json:"merges"`
		} `json:"model"`
	}
	if err := json.Unmarshal(b, &joint); err != nil {
		return &ConfigError{File: s.full(name), Reason: "is not a tokenizer: " + err.Error()}
	}
	if joint.Model.Type != "BPE" || len(joint.Model.Vocab) == 0 {
		return &ConfigError{File: s.full(name), Field: "model", Reason: fmt.Sprintf("is a %q tokenizer; CLIP's is BPE", clip(joint.Model.Type))}
	}
	lines := []byte("#version: 0.2\n")
	for i, raw := range joint.Model.Merges {
		var pair [2]string
		var line string
		switch {
		case json.Unmarshal(raw, &line) == nil:
		case json.Unmarshal(raw, &pair) == nil:
			line = pair[0] + " " + pair[1]
		default:
			return &ConfigError{File: s.full(name), Field: "merges", Reason: fmt.Sprintf("entry %d is no pair", i)}
		}
		if strings.ContainsAny(line, "\r\n") {
			return &ConfigError{File: s.full(name), Field: "merges", Reason: fmt.Sprintf("entry %d has a line break", i)}
		}
		lines = append(append(lines, line...), '\n')
	}
	t.Vocab, t.Merges = joint.Model.Vocab, lines
	return nil
}

// readScheduler reads a scheduler's configuration, nil when there is none.
func readScheduler(s source, name string, o options) (*Scheduler, error) {
	b, err := s.text(name)
	if err != nil || b == nil {
		return nil, err
	}
	// Published schedulers hold -Infinity, which Python writes and JSON lacks.
	b = PlainJSON(b)
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, &ConfigError{File: s.full(name), Reason: "is not a configuration: " + err.Error()}
	}
	sch := &Scheduler{JSON: b}
	if err := json.Unmarshal(fields["_class_name"], &sch.Class); err != nil {
		return nil, &ConfigError{File: s.full(name), Field: "_class_name", Reason: "is missing or no text"}
	}
	if o.prediction != "" {
		return sch.with("prediction_type", o.prediction)
	}
	return sch, nil
}

// with returns the scheduler with one field changed.
func (sch *Scheduler) with(field string, value any) (*Scheduler, error) {
	fields := map[string]any{}
	if err := json.Unmarshal(sch.JSON, &fields); err != nil {
		return nil, fmt.Errorf("weights: scheduler: %w", err)
	}
	fields[field] = value
	b, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("weights: scheduler: %w", err)
	}
	return &Scheduler{Class: sch.Class, JSON: b}, nil
}

// inFile puts the file into a configuration error that does not know it.
func inFile(err error, file string) error {
	var ce *ConfigError
	if errors.As(err, &ce) && ce.File == "" {
		ce.File = file
	}
	return err
}
