package weights

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// layoutOf is the names and shapes of a set.
func layoutOf(ts []Tensor) map[string]string {
	out := map[string]string{}
	for _, t := range ts {
		b, _ := json.Marshal(t.Shape)
		out[t.Name] = t.Type.String() + string(b)
	}
	return out
}

func tensorsIn(s *Set) []Tensor {
	var out []Tensor
	for _, n := range s.Names() {
		t, _ := s.Lookup(n)
		out = append(out, t)
	}
	return out
}

// TestSingleFileNames opens files of the original layout and compares names,
// formats and shapes with the folder of the same model.
func TestSingleFileNames(t *testing.T) {
	for _, name := range []string{"sd1", "sd2", "sdxl"} {
		file := filepath.Join(t.TempDir(), name+".safetensors")
		ldm := nameList(t, name+"-ldm")
		writeFile(t, file, encode(t, nil, ldm...))
		// sd1's folder has no vocabulary here: the program's own is taken.
		m := mustOpen(t, file, WithConfig(filepath.Join("testdata", name)))
		want := nameList(t, name)
		for part, set := range parts(m) {
			if got, want := layoutOf(tensorsIn(set)), layoutOf(under(want, part+"/")); !reflect.DeepEqual(got, want) {
				for k, v := range want {
					if got[k] != v {
						t.Errorf("%s/%s: %q is %q, want %q", name, part, k, got[k], v)
					}
				}
				t.Errorf("%s/%s: %d weights, want %d", name, part, len(got), len(want))
			}
		}
		if string(m.Family) != name || m.Kind != Pipeline || m.Tokenizer == nil || m.Scheduler == nil {
			t.Errorf("%s: %v %v", name, m.Kind, m.Family)
		}
		// Spot checks of the contents: renamed only, a third of the joint
		// matrix, and the transposed one.
		find := func(name string) Tensor {
			return ldm[slices.IndexFunc(ldm, func(x Tensor) bool { return x.Name == name })]
		}
		x, _ := m.VAE.Weights.Lookup("decoder.up_blocks.3.resnets.0.conv1.weight")
		if y := find("first_stage_model.decoder.up.0.block.0.conv1.weight"); string(x.Data) != string(y.Data) {
			t.Errorf("%s: the decoder's last level is not level 0", name)
		}
		if name != "sd1" {
			te, prefix := m.TextEncoder, "cond_stage_model.model."
			if name == "sdxl" {
				te, prefix = m.TextEncoder2, "conditioner.embedders.1.model."
			}
			joint := find(prefix + "transformer.resblocks.1.attn.in_proj_weight")
			third := len(joint.Data) / 3
			for i, p := range []string{"q", "k", "v"} {
				x, _ := te.Weights.Lookup("text_model.encoder.layers.1.self_attn." + p + "_proj.weight")
				if string(x.Data) != string(joint.Data[i*third:(i+1)*third]) {
					t.Errorf("%s: %s_proj is another part of in_proj", name, p)
				}
				if b, err := os.ReadFile(x.File); err != nil || string(b[x.Offset:x.Offset+int64(third)]) != string(x.Data) {
					t.Errorf("%s: %s_proj does not lie where it says (%v)", name, p, err)
				}
			}
		}
		if name == "sdxl" {
			stored := Float32s(find("conditioner.embedders.1.model.text_projection"))
			x, _ := m.TextEncoder2.Weights.Lookup("text_projection.weight")
			v := Float32s(x)
			for r := range x.Shape[0] {
				for c := range x.Shape[1] {
					if v[r*x.Shape[1]+c] != stored[c*x.Shape[0]+r] {
						t.Fatalf("text_projection[%d,%d] is not transposed", r, c)
					}
				}
			}
		}
	}
}

// TestSingleFileFindsItsConfig opens a file with its folder beside it.
func TestSingleFileFindsItsConfig(t *testing.T) {
	dir := makeFolder(t, "sd2")
	file := filepath.Join(dir, "sd2-all.safetensors")
	writeFile(t, file, encode(t, nil, nameList(t, "sd2-ldm")...))
	m := mustOpen(t, file)
	if len(m.Assumed) == 0 || !strings.Contains(m.Assumed[0], dir) {
		t.Errorf("assumed %q", m.Assumed)
	}
	if got := m.UNet.Config.AttentionHeadDim; !slices.Equal(got, Ints{2, 3, 4, 6}) {
		t.Errorf("heads %v", got)
	}
	// A folder of another model is passed over, and then nothing says what the
	// heads are: published sizes do not fit this small model.
	other := filepath.Join(makeFolder(t, "sd1"), "all.safetensors")
	writeFile(t, other, encode(t, nil, nameList(t, "sd2-ldm")...))
	var ce *ConfigError
	if _, err := Open(other); !errors.As(err, &ce) {
		t.Errorf("sizes that nothing says: %v", err)
	}
	// Named outright, it is an error.
	var se *ShapeError
	if _, err := Open(file, WithConfig(filepath.Join("testdata", "sdxl"))); err == nil {
		t.Error("the configuration of another model was taken")
	}
	if _, err := Open(file, WithConfig(filepath.Join("testdata", "sd1"))); !errors.As(err, &se) && err == nil {
		t.Errorf("the configuration of another model: %v", err)
	}
}

// published are the configurations of the models as their publishers gave
// them, and the numbers of parameters that they are known to have.
func published() map[Family]struct {
	unet   UNetConfig
	text   TextConfig
	text2  *TextConfig
	vae    VAEConfig
	params map[string]int
} {
	unet := func(change func(*UNetConfig)) UNetConfig {
		c := defaultUNet()
		c.ConditioningEmbeddingOutChannels = nil
		change(&c)
		return c
	}
	vae := func(scale float64) VAEConfig {
		c := defaultVAE()
		c.BlockOutChannels, c.LayersPerBlock, c.ScalingFactor = []int{128, 256, 512, 512}, 2, scale
		return c
	}
	clipL := defaultText()
	clipL.HiddenSize, clipL.IntermediateSize, clipL.NumAttentionHeads, clipL.ProjectionDim = 768, 3072, 12, 768
	clipL.Architectures = []string{"CLIPTextModel"}
	clipH := clipL
	clipH.HiddenSize, clipH.IntermediateSize, clipH.NumAttentionHeads, clipH.ProjectionDim = 1024, 4096, 16, 1024
	clipH.NumHiddenLayers, clipH.HiddenAct = 23, "gelu"
	clipG := clipL
	clipG.HiddenSize, clipG.IntermediateSize, clipG.NumAttentionHeads, clipG.ProjectionDim = 1280, 5120, 20, 1280
	clipG.NumHiddenLayers, clipG.HiddenAct, clipG.Architectures = 32, "gelu", []string{"CLIPTextModelWithProjection"}
	type model = struct {
		unet   UNetConfig
		text   TextConfig
		text2  *TextConfig
		vae    VAEConfig
		params map[string]int
	}
	return map[Family]model{
		SD1: {unet(func(c *UNetConfig) { c.CrossAttentionDim = Ints{768} }), clipL, nil, vae(0.18215),
			map[string]int{"unet": 859520964, "vae": 83653863, "text_encoder": 123060480}},
		SD2: {unet(func(c *UNetConfig) {
			c.CrossAttentionDim, c.AttentionHeadDim, c.UseLinearProjection = Ints{1024}, Ints{5, 10, 20, 20}, true
		}), clipH, nil, vae(0.18215),
			map[string]int{"unet": 865910724, "vae": 83653863, "text_encoder": 340387840}},
		SDXL: {unet(func(c *UNetConfig) {
			c.CrossAttentionDim, c.AttentionHeadDim, c.UseLinearProjection = Ints{2048}, Ints{5, 10, 20}, true
			c.BlockOutChannels, c.TransformerLayersPerBlock = []int{320, 640, 1280}, Ints{1, 2, 10}
			c.DownBlockTypes, c.UpBlockTypes = []string{plainDown, crossDown, crossDown}, []string{crossUp, crossUp, plainUp}
			c.AdditionEmbedType, c.AdditionTimeEmbedDim, c.ProjectionClassEmbeddingsInput = "text_time", 256, 2816
		}), clipL, &clipG, vae(0.13025),
			map[string]int{"unet": 2567463684, "vae": 83653863, "text_encoder": 123060480, "text_encoder_2": 694659840}},
	}
}

// TestPublishedSizes counts the parameters that the configurations of the
// published models call for.
func TestPublishedSizes(t *testing.T) {
	count := func(walk func(emit)) int {
		n := 0
		walk(func(_ string, shape ...int) { n += Tensor{Shape: shape}.Len() })
		return n
	}
	for family, p := range published() {
		got := map[string]int{
			"unet":         count(func(e emit) { e.unet(&p.unet) }),
			"vae":          count(func(e emit) { e.vae(&p.vae) }),
			"text_encoder": count(func(e emit) { e.text(&p.text) }),
		}
		if p.text2 != nil {
			got["text_encoder_2"] = count(func(e emit) { e.text(p.text2) })
		}
		if !reflect.DeepEqual(got, p.params) {
			t.Errorf("%s: %v parameters, want %v", family, got, p.params)
		}
	}
	control := published()[SD1].unet
	control.ConditioningEmbeddingOutChannels = []int{16, 32, 96, 256}
	if n := count(func(e emit) { e.controlNet(&control) }); n != 361279120 {
		t.Errorf("ControlNet: %d parameters, want 361279120", n)
	}
	tiny := defaultTiny()
	if n := count(func(e emit) { e.tiny(&tiny) }); n != 2445063 {
		t.Errorf("AutoencoderTiny: %d parameters, want 2445063", n)
	}
	rrdb := UpscalerConfig{NumInCh: 3, NumOutCh: 3, Scale: 4, NumFeat: 64, NumBlock: 23, NumGrowCh: 32}
	if n := count(func(e emit) { e.rrdb(&rrdb) }); n != 16697987 {
		t.Errorf("RRDBNet: %d parameters, want 16697987", n)
	}
}

// originalFile writes a published model in the original layout, fp16, as a
// file with holes: nothing but its header is ever stored.
func originalFile(t testing.TB, family Family, change func(map[string][]int), metadata map[string]string, name string) string {
	t.Helper()
	p := published()[family]
	shapes := map[string][]int{}
	// The names come from those of diffusers, backwards.
	set := func(walk func(emit)) *Set {
		var ts []Tensor
		walk(func(name string, shape ...int) { ts = append(ts, Tensor{Name: name, Shape: slices.Clone(shape)}) })
		s, err := NewSet(ts...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	unet := set(func(e emit) { e.unet(&p.unet) })
	paths := originalPaths(unet)
	for _, x := range tensorsIn(unet) {
		cut := strings.LastIndexByte(x.Name, '.')
		module := originalName(paths, x.Name[:cut])
		if module == "" {
			t.Fatalf("%q has no original name", x.Name)
		}
		shapes[ldmUNet+module+x.Name[cut:]] = x.Shape
	}
	levels := len(p.vae.BlockOutChannels)
	for _, x := range tensorsIn(set(func(e emit) { e.vae(&p.vae) })) {
		shape := x.Shape
		if strings.Contains(x.Name, ".attentions.0.to_") && len(shape) == 2 {
			shape = append(shape, 1, 1)
		}
		shapes[ldmVAE+vaeBackwards(x.Name, levels)] = shape
	}
	text := func(c TextConfig, prefix string, open bool) {
		if open && family == SD2 {
			c.NumHiddenLayers++ // the layer that is never run
			c.Architectures, c.ProjectionDim = []string{"CLIPTextModelWithProjection"}, c.HiddenSize
		}
		for _, x := range tensorsIn(set(func(e emit) { e.text(&c) })) {
			name := x.Name
			if !open {
				shapes[prefix+name] = x.Shape
				continue
			}
			switch {
			case strings.Contains(name, ".k_proj.") || strings.Contains(name, ".v_proj."):
				continue
			case strings.Contains(name, ".q_proj."):
				x.Shape[0] *= 3
				name = strings.Replace(name, "self_attn.q_proj.", "attn.in_proj_", 1)
			case name == "text_projection.weight":
				name, x.Shape = "text_projection", []int{x.Shape[1], x.Shape[0]}
			}
			shapes[prefix+openBackwards().Replace(name)] = x.Shape
		}
	}
	switch family {
	case SD1:
		text(p.text, "cond_stage_model.transformer.", false)
	case SD2:
		text(p.text, "cond_stage_model.model.", true)
	default:
		text(p.text, "conditioner.embedders.0.transformer.", false)
		text(*p.text2, "conditioner.embedders.1.model.", true)
	}
	if change != nil {
		change(shapes)
	}
	path := filepath.Join(t.TempDir(), name)
	sparse(t, path, metadata, shapes)
	return path
}

func openBackwards() *strings.Replacer {
	return strings.NewReplacer(
		"text_model.embeddings.position_embedding.weight", "positional_embedding",
		"text_model.embeddings.token_embedding.", "token_embedding.",
		"text_model.final_layer_norm.", "ln_final.",
		"text_model.encoder.layers.", "transformer.resblocks.",
		"layer_norm1.", "ln_1.", "layer_norm2.", "ln_2.", "mlp.fc1.", "mlp.c_fc.", "mlp.fc2.", "mlp.c_proj.", "self_attn.out_proj.", "attn.out_proj.")
}

func vaeBackwards(name string, levels int) string {
	for i := range levels {
		from := string(rune('0' + i))
		name = strings.Replace(name, "decoder.up_blocks."+from+".", "decoder.up."+string(rune('0'+levels-1-i))+".", 1)
		name = strings.Replace(name, "encoder.down_blocks."+from+".", "encoder.down."+from+".", 1)
	}
	return strings.NewReplacer(
		"mid_block.resnets.0.", "mid.block_1.", "mid_block.resnets.1.", "mid.block_2.", ".resnets.", ".block.",
		"conv_shortcut.", "nin_shortcut.", "downsamplers.0.", "downsample.", "upsamplers.0.", "upsample.",
		"mid_block.attentions.0.group_norm.", "mid.attn_1.norm.", "mid_block.attentions.0.to_q.", "mid.attn_1.q.",
		"mid_block.attentions.0.to_k.", "mid.attn_1.k.", "mid_block.attentions.0.to_v.", "mid.attn_1.v.",
		"mid_block.attentions.0.to_out.0.", "mid.attn_1.proj_out.", "conv_norm_out.", "norm_out.").Replace(name)
}

// sparse writes an fp16 safetensors file of zeros.
func sparse(t testing.TB, path string, metadata map[string]string, shapes map[string][]int) {
	t.Helper()
	header := map[string]any{}
	if metadata != nil {
		header["__metadata__"] = metadata
	}
	at := int64(0)
	var names []string
	for name := range shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		size, _ := byteSize(F16, shapes[name])
		header[name] = map[string]any{"dtype": "F16", "shape": append([]int{}, shapes[name]...), "data_offsets": []int64{at, at + size}}
		at += size
	}
	b, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, raw(string(b), 0))
	if err := os.Truncate(path, int64(8+len(b))+at); err != nil {
		t.Skip("no files with holes here:", err)
	}
}

// TestPublishedShapes opens files of the published models' full shapes with
// nothing beside them, and compares what is inferred with what the publishers'
// configurations say.
func TestPublishedShapes(t *testing.T) {
	for family, p := range published() {
		m := mustOpen(t, originalFile(t, family, nil, nil, "model.safetensors"))
		if m.Family != family {
			t.Errorf("%s was taken for %s", family, m.Family)
		}
		got, want := m.UNet.Config, p.unet
		for i := range want.BlockOutChannels { // lists of equal numbers and one number are the same
			if got.Heads(i) != want.Heads(i) || got.LayersPerBlock.At(i) != want.LayersPerBlock.At(i) ||
				want.DownBlockTypes[i] == crossDown && got.TransformerLayersPerBlock.At(i) != want.TransformerLayersPerBlock.At(i) {
				t.Errorf("%s: block %d has %d heads, %d layers, %d transformers", family, i, got.Heads(i), got.LayersPerBlock.At(i), got.TransformerLayersPerBlock.At(i))
			}
		}
		for _, c := range []*UNetConfig{&got, &want} {
			c.AttentionHeadDim, c.LayersPerBlock, c.TransformerLayersPerBlock = nil, nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: inferred %+v, published %+v", family, got, want)
		}
		if !reflect.DeepEqual(m.TextEncoder.Config, p.text) {
			t.Errorf("%s: inferred %+v, published %+v", family, m.TextEncoder.Config, p.text)
		}
		if p.text2 != nil && !reflect.DeepEqual(m.TextEncoder2.Config, *p.text2) {
			t.Errorf("%s: inferred %+v, published %+v", family, m.TextEncoder2.Config, *p.text2)
		}
		v := m.VAE.Config
		if v.ScalingFactor != p.vae.ScalingFactor || !slices.Equal(v.BlockOutChannels, p.vae.BlockOutChannels) || v.LayersPerBlock != 2 || v.LatentChannels != 4 || !v.QuantConv() || !v.MidAttention() {
			t.Errorf("%s: inferred %+v", family, v)
		}
		if len(m.Assumed) == 0 {
			t.Errorf("%s: says nothing of what it assumed", family)
		}
		if m.Tokenizer == nil || (m.Tokenizer2 != nil) != (family == SDXL) {
			t.Errorf("%s: tokenizers", family)
		}
	}
}

// TestPrediction goes through the rule that is documented at prediction.
func TestPrediction(t *testing.T) {
	nine := func(s map[string][]int) { s[ldmUNet+"input_blocks.0.0.weight"] = []int{320, 9, 3, 3} }
	empty := func(names ...string) func(map[string][]int) {
		return func(s map[string][]int) {
			for _, n := range names {
				s[n] = []int{0}
			}
		}
	}
	for name, c := range map[string]struct {
		family   Family
		file     string
		change   func(map[string][]int)
		metadata map[string]string
		yaml     string
		option   string
		want     string
		zeroSNR  bool
		guessed  bool
	}{
		"sd1":               {SD1, "a.safetensors", nil, nil, "", "", "epsilon", false, false},
		"sdxl":              {SDXL, "a.safetensors", nil, nil, "", "", "epsilon", false, false},
		"sd2":               {SD2, "v2-1_768-ema-pruned.safetensors", nil, nil, "", "", "v_prediction", false, true},
		"sd2 base":          {SD2, "v2-1_512-ema-pruned.safetensors", nil, nil, "", "", "epsilon", false, true},
		"sd2 inpainting":    {SD2, "a.safetensors", nine, nil, "", "", "epsilon", false, true},
		"sd2 resolution":    {SD2, "a.safetensors", nil, map[string]string{"modelspec.resolution": "512x512"}, "", "", "epsilon", false, true},
		"sd2 not its name":  {SD2, "512.safetensors", nil, map[string]string{"modelspec.resolution": "768x768"}, "", "", "v_prediction", false, true},
		"sd2 says epsilon":  {SD2, "a.safetensors", nil, map[string]string{"modelspec.prediction_type": "epsilon"}, "", "", "epsilon", false, false},
		"sd2 yaml":          {SD2, "a.safetensors", nil, nil, "model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    linear_start: 0.00085\n", "", "epsilon", false, false},
		"sd1 yaml v":        {SD1, "a.safetensors", nil, nil, "model:\n  target: ldm.models.diffusion\n  params:\n    parameterization: \"v\"\n", "", "v_prediction", false, false},
		"sd1 says v":        {SD1, "a.safetensors", nil, map[string]string{"modelspec.prediction_type": "v"}, "", "", "v_prediction", false, false},
		"sdxl v":            {SDXL, "a.safetensors", empty("v_pred"), nil, "", "", "v_prediction", false, false},
		"sdxl v, zero snr":  {SDXL, "a.safetensors", empty("v_pred", "ztsnr"), nil, "", "", "v_prediction", true, false},
		"option":            {SD2, "a.safetensors", nil, nil, "", "epsilon", "epsilon", false, false},
		"option over all":   {SD2, "a.safetensors", nil, map[string]string{"modelspec.prediction_type": "v"}, "", "sample", "sample", false, false},
		"yaml of something": {SD2, "a.safetensors", nil, nil, "about: parameterization: \"v\"", "", "v_prediction", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			file := originalFile(t, c.family, c.change, c.metadata, c.file)
			if c.yaml != "" {
				writeFile(t, strings.TrimSuffix(file, ".safetensors")+".yaml", []byte(c.yaml))
			}
			var opts []Option
			if c.option != "" {
				opts = append(opts, WithPrediction(c.option))
			}
			m := mustOpen(t, file, opts...)
			var s struct {
				PredictionType string `json:"prediction_type"`
				ZeroSNR        bool   `json:"rescale_betas_zero_snr"`
			}
			if err := json.Unmarshal(m.Scheduler.JSON, &s); err != nil {
				t.Fatal(err)
			}
			guessed := slices.ContainsFunc(m.Assumed, func(a string) bool { return strings.HasPrefix(a, "predicts") })
			if s.PredictionType != c.want || s.ZeroSNR != c.zeroSNR || guessed != c.guessed {
				t.Errorf("%s, zero SNR %v, guessed %v; want %s, %v, %v", s.PredictionType, s.ZeroSNR, guessed, c.want, c.zeroSNR, c.guessed)
			}
		})
	}
}

// TestSingleFileRefuses opens what is nearly a checkpoint.
func TestSingleFileRefuses(t *testing.T) {
	drop := func(prefix string) func(map[string][]int) {
		return func(s map[string][]int) {
			for k := range s {
				if strings.HasPrefix(k, prefix) {
					delete(s, k)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		family Family
		change func(map[string][]int)
		as     any
		want   string
	}{
		"no text":        {SD1, drop("cond_stage_model."), &MissingError{}, "text encoder"},
		"no autoencoder": {SD1, drop("first_stage_model."), &MissingError{}, "autoencoder"},
		"no encoder":     {SD1, drop("first_stage_model.encoder."), &MissingError{}, "encoder"},
		"half a unet":    {SD1, drop(ldmUNet + "output_blocks.5"), nil, ""},
		"no middle":      {SD1, drop(ldmUNet + "middle_block."), &MissingError{}, "mid_block"},
		"refiner": {SDXL, func(s map[string][]int) {
			drop("conditioner.")(s)
			s["conditioner.embedders.0.model.ln_final.bias"] = []int{1280}
		}, &UnsupportedError{}, "refiner"},
		"edm":           {SDXL, func(s map[string][]int) { s["edm_mean"] = []int{4} }, &UnsupportedError{}, "EDM"},
		"extra in unet": {SD1, func(s map[string][]int) { s[ldmUNet+"input_blocks.1.0.strange.weight"] = []int{4} }, &UnsupportedError{}, "strange"},
		"in_proj": {SD2, func(s map[string][]int) {
			s["cond_stage_model.model.transformer.resblocks.3.attn.in_proj_bias"] = []int{3071}
		}, &FormatError{}, "q, k and v"},
		"text layer": {SD2, func(s map[string][]int) { s["cond_stage_model.model.transformer.resblocks.3.moe.weight"] = []int{3} }, &UnsupportedError{}, "moe"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Open(originalFile(t, c.family, c.change, nil, "a.safetensors"))
			if err == nil {
				_ = m.Close()
				t.Fatal("opened")
			}
			if c.as == nil {
				return
			}
			if target := reflect.New(reflect.TypeOf(c.as)); !errors.As(err, target.Interface()) {
				t.Errorf("%T (%v), want %T", err, err, c.as)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("message %q does not say %q", err, c.want)
			}
		})
	}
	for name, c := range map[string]struct {
		key  string
		want string
	}{
		"flux":              {"model.diffusion_model.double_blocks.0.img_attn.qkv.weight", "transformer"},
		"sd3":               {"model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight", "transformer"},
		"lora":              {"lora_unet_mid_block_attentions_0_proj_in.lora_up.weight", "LoRA"},
		"textual inversion": {"emb_params", "textual inversion"},
	} {
		file := filepath.Join(t.TempDir(), "a.safetensors")
		writeFile(t, file, encode(t, nil, NewTensor(c.key, []float32{1}, 1)))
		var ue *UnsupportedError
		if _, err := Open(file); !errors.As(err, &ue) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSingleControlNet opens a ControlNet in the original layout, whose names
// are the translation of diffusers' backwards.
func TestSingleControlNet(t *testing.T) {
	c := published()[SD1].unet
	c.UpBlockTypes = nil
	c.ConditioningEmbeddingOutChannels = []int{16, 32, 96, 256}
	var ts []Tensor
	emit(func(name string, shape ...int) {
		ts = append(ts, Tensor{Name: name, Shape: slices.Clone(shape)})
	}).controlNet(&c)
	set, err := NewSet(ts...)
	if err != nil {
		t.Fatal(err)
	}
	paths := originalPaths(set)
	hint := strings.NewReplacer("conv_in.", "0.", "blocks.0.", "2.", "blocks.1.", "4.", "blocks.2.", "6.", "blocks.3.", "8.", "blocks.4.", "10.", "blocks.5.", "12.", "conv_out.", "14.")
	original := map[string][]int{}
	for _, x := range ts {
		cut := strings.LastIndexByte(x.Name, '.')
		name := originalName(paths, x.Name[:cut]) + x.Name[cut:]
		if rest, ok := strings.CutPrefix(x.Name, "controlnet_cond_embedding."); ok {
			name = "input_hint_block." + hint.Replace(rest)
		} else if rest, ok := strings.CutPrefix(x.Name, "controlnet_down_blocks."); ok {
			i, tail, _ := strings.Cut(rest, ".")
			name = "zero_convs." + i + ".0." + tail
		} else if rest, ok := strings.CutPrefix(x.Name, "controlnet_mid_block."); ok {
			name = "middle_block_out.0." + rest
		}
		original[ldmControl+name] = x.Shape
	}
	file := filepath.Join(t.TempDir(), "control.safetensors")
	sparse(t, file, nil, original)
	m := mustOpen(t, file)
	if m.Kind != KindControlNet || m.Family != SD1 {
		t.Errorf("%v %v", m.Kind, m.Family)
	}
	if got, want := m.ControlNet.Config.ConditioningEmbeddingOutChannels, c.ConditioningEmbeddingOutChannels; !slices.Equal(got, want) {
		t.Errorf("inferred %v, want %v", got, want)
	}
	if m.ControlNet.Weights.Len() != len(ts) {
		t.Errorf("%d weights, want %d", m.ControlNet.Weights.Len(), len(ts))
	}
}

// FuzzSingle opens arbitrary files as models, beginning with the names of
// checkpoints. Whatever comes, there is an error or a model that closes.
func FuzzSingle(f *testing.F) {
	for _, name := range []string{"sd1-ldm", "sd2-ldm", "sdxl-ldm", "sd1-controlnet", "rrdb-x2", "taesd"} {
		var t testing.T
		for _, size := range []int{0, 2} {
			ts := emptyList(f, name)
			// A part of the names, with one or no number each: small seeds.
			kept := 0
			ts = slices.DeleteFunc(ts, func(x Tensor) bool {
				if strings.Contains(x.Name, "input_blocks.0.0.weight") || strings.Contains(x.Name, "conv_in.weight") || strings.Contains(x.Name, "rdb1.conv1.weight") {
					return false
				}
				kept++
				return kept%20 != 0
			})
			for i := range ts {
				shape := make([]int, len(ts[i].Shape))
				for j := range shape {
					shape[j] = size / 2
				}
				ts[i].Shape = shape
				ts[i].Data = make([]byte, ts[i].Len()*ts[i].Type.Size())
			}
			f.Add(encode(&t, nil, ts...))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		held := &holdings{}
		held.users.Store(1)
		s := source{root: "x", fsys: fstest.MapFS{}, blobs: map[string][]byte{"m.safetensors": b}, held: held}
		if m, err := openSingle(s, "m.safetensors", options{}); (m == nil) == (err == nil) {
			t.Fatalf("model %v, error %v", m, err)
		}
		if err := held.drop(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSingleVAE opens an autoencoder alone, in both namings.
func TestSingleVAE(t *testing.T) {
	var original []Tensor
	for _, x := range nameList(t, "sd2-ldm") {
		if strings.HasPrefix(x.Name, ldmVAE) {
			x.Name = strings.TrimPrefix(x.Name, ldmVAE)
			original = append(original, x)
		}
	}
	file := filepath.Join(t.TempDir(), "vae.safetensors")
	writeFile(t, file, encode(t, nil, original...))
	// 32 groups do not divide this small model's channels, and the message
	// says whose sizes were tried.
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "published") {
		t.Error(err)
	}
	p := published()[SD1].vae
	for _, name := range []func(string, int) string{vaeBackwards, func(n string, _ int) string { return n }} {
		shapes := map[string][]int{}
		emit(func(n string, shape ...int) { shapes[name(n, 4)] = slices.Clone(shape) }).vae(&p)
		file := filepath.Join(t.TempDir(), "vae.safetensors")
		sparse(t, file, nil, shapes)
		m := mustOpen(t, file)
		if m.Kind != KindVAE || !slices.Equal(m.VAE.Config.BlockOutChannels, p.BlockOutChannels) {
			t.Errorf("%v %+v", m.Kind, m.VAE.Config)
		}
	}
}
