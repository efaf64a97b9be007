package weights

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func loraFile(t *testing.T, metadata map[string]string, ts ...Tensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lora.safetensors")
	writeFile(t, path, encode(t, metadata, ts...))
	return path
}

// withAlphas replaces the made-up alphas by usual ones.
func withAlphas(ts []Tensor, alpha float32) []Tensor {
	for i, x := range ts {
		if strings.HasSuffix(x.Name, ".alpha") {
			data := make([]byte, x.Type.Size())
			narrow(data, x.Type, []float32{alpha})
			ts[i].Data = data
		}
	}
	return ts
}

// wantMerged is the formula in float64: w + sum of scale*alpha/rank*(up@down).
func wantMerged(w Tensor, up, down []Tensor, factors []float64) []float64 {
	base := Float32s(w)
	out := make([]float64, len(base))
	for i, x := range base {
		out[i] = float64(x)
	}
	rows := w.Shape[0]
	cols := len(base) / rows
	for n := range up {
		u, d := Float32s(up[n]), Float32s(down[n])
		rank := down[n].Shape[0]
		for i := range rows {
			for j := range cols {
				var s float64
				for k := range rank {
					s += float64(u[i*rank+k]) * float64(d[k*cols+j])
				}
				out[i*cols+j] += factors[n] * s
			}
		}
	}
	return out
}

func near(t *testing.T, what string, got Tensor, want []float64) {
	t.Helper()
	if got.Type != F32 || got.File != "" {
		t.Errorf("%s: is %v in file %q", what, got.Type, got.File)
	}
	for i, v := range Float32s(got) {
		if math.Abs(float64(v)-want[i]) > 1e-6*(1+math.Abs(want[i])) {
			t.Fatalf("%s: element %d is %g, want %g", what, i, v, want[i])
		}
	}
}

// TestLoRANamings merges a file of every naming and checks that each of its
// modules changed the right weight by the right amount, and nothing else.
func TestLoRANamings(t *testing.T) {
	for _, c := range []struct {
		lora, model string
		changed     int    // weights
		key, weight string // one module in the file's naming, and its weight
	}{
		{"sd1-kohya", "sd1", 260, "lora_unet_down_blocks_1_resnets_0_conv1.lora_up.weight", "down_blocks.1.resnets.0.conv1.weight"},
		{"sd1-peft", "sd1", 222, "unet.up_blocks.1.resnets.0.conv2.lora_B.weight", "up_blocks.1.resnets.0.conv2.weight"},
		{"sd1-attnproc", "sd1", 128, "unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_out_lora.up.weight", "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0.weight"},
		{"sdxl-kohya", "sdxl", 387, "lora_unet_output_blocks_1_1_transformer_blocks_2_ff_net_0_proj.lora_up.weight", "up_blocks.0.attentions.1.transformer_blocks.2.ff.net.0.proj.weight"},
		{"sdxl-peft", "sdxl", 344, "unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_k.lora_B.weight", "down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_k.weight"},
	} {
		t.Run(c.lora, func(t *testing.T) {
			m := mustOpen(t, makeFolder(t, c.model))
			ts := withAlphas(nameList(t, "lora-"+c.lora), 3)
			path := loraFile(t, nil, ts...)
			var last, total int64
			merged, err := m.WithLoRAs(context.Background(), []LoRA{{path, 0.8}}, MergeProgress(func(d, n int64) {
				if d <= last || d > n {
					t.Errorf("progress %d of %d after %d", d, n, last)
				}
				last, total = d, n
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer merged.Close()
			if last != total || total == 0 {
				t.Errorf("progress ended at %d of %d", last, total)
			}
			changed := 0
			before := parts(m)
			for part, set := range parts(merged) {
				for _, name := range set.Names() {
					x, _ := set.Lookup(name)
					y, _ := before[part].Lookup(name)
					if &x.Data[0] != &y.Data[0] {
						changed++
						if slices.Equal(Float32s(x), Float32s(y)) {
							t.Errorf("%s %q was merged and is the same", part, name)
						}
					}
				}
			}
			if changed != c.changed {
				t.Errorf("%d weights changed, want %d", changed, c.changed)
			}
			find := func(key string) Tensor {
				i := slices.IndexFunc(ts, func(x Tensor) bool { return x.Name == key })
				if i < 0 {
					t.Fatalf("no %q", key)
				}
				return ts[i]
			}
			up := find(c.key)
			down := find(strings.NewReplacer("lora_up", "lora_down", "lora_B", "lora_A", "_lora.up", "_lora.down").Replace(c.key))
			w, _ := m.UNet.Weights.Lookup(c.weight)
			got, _ := merged.UNet.Weights.Lookup(c.weight)
			factor := 0.8
			if strings.HasSuffix(c.lora, "kohya") {
				factor = 0.8 * 3 / float64(down.Shape[0])
			}
			near(t, c.weight, got, wantMerged(w, []Tensor{up}, []Tensor{down}, []float64{factor}))
		})
	}
}

// TestNamesBothWays translates every module of a UNet to the original layout
// and back.
func TestNamesBothWays(t *testing.T) {
	for family, p := range published() {
		var ts []Tensor
		emit(func(name string, shape ...int) { ts = append(ts, Tensor{Name: name}) }).unet(&p.unet)
		set, err := NewSet(ts...)
		if err != nil {
			t.Fatal(err)
		}
		there := originalPaths(set)
		var names []string
		for _, x := range ts {
			cut := strings.LastIndexByte(x.Name, '.')
			names = append(names, originalName(there, x.Name[:cut])+x.Name[cut:])
		}
		back := unetPaths(names)
		for i, x := range ts {
			if got := unetName(back, names[i]); got != x.Name {
				t.Errorf("%s: %q became %q became %q", family, x.Name, names[i], got)
			}
		}
	}
}

func smallModel(t *testing.T) *Model { return mustOpen(t, makeFolder(t, "sd2")) }

const (
	someLinear = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q" // [48, 48]
	someConv   = "mid_block.resnets.0.conv1"                              // [48, 48, 3, 3]
)

func random(name string, shape ...int) Tensor {
	return fill(Tensor{Name: name, Type: F32, Shape: shape})
}

// TestSeveralLoRAs adds three changes of one weight, one of them negative and
// of a model that has changes already.
func TestSeveralLoRAs(t *testing.T) {
	m := smallModel(t)
	var files []string
	var up, down []Tensor
	for i, rank := range []int{1, 4, 7} {
		u := random("unet."+someConv+".lora_B.weight", 48, rank, 1, 1)
		d := random("unet."+someConv+".lora_A.weight", rank, 48, 3, 3)
		u.Data[i] ^= 1
		up, down = append(up, u), append(down, d)
		files = append(files, loraFile(t, nil, u, d))
	}
	two, err := m.WithLoRAs(context.Background(), []LoRA{{files[0], 1.5}, {files[1], -0.5}})
	if err != nil {
		t.Fatal(err)
	}
	three, err := two.WithLoRAs(context.Background(), []LoRA{{files[2], 0.25}})
	if err != nil {
		t.Fatal(err)
	}
	w, _ := m.UNet.Weights.Lookup(someConv + ".weight")
	want2 := wantMerged(w, up[:2], down[:2], []float64{1.5, -0.5})
	want3 := wantMerged(w, up, down, []float64{1.5, -0.5, 0.25})
	// The models may be closed in any order; what is left stays readable.
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	got, _ := two.UNet.Weights.Lookup(someConv + ".weight")
	near(t, "two", got, want2)
	if err := errors.Join(two.Close(), two.Close()); err != nil {
		t.Fatal(err)
	}
	got, _ = three.UNet.Weights.Lookup(someConv + ".weight")
	near(t, "three", got, want3)
	untouched, _ := three.UNet.Weights.Lookup("conv_in.weight")
	if !finite(Float32s(untouched)) {
		t.Error("a shared weight is gone")
	}
	if err := three.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLoRATucker merges a convolution with a core between its matrices.
func TestLoRATucker(t *testing.T) {
	m := smallModel(t)
	const r = 3
	flat := "lora_unet_" + strings.ReplaceAll(someConv, ".", "_")
	up := random(flat+".lora_up.weight", 48, r, 1, 1)
	down := random(flat+".lora_down.weight", r, 48, 1, 1)
	mid := random(flat+".lora_mid.weight", r, r, 3, 3)
	alpha := NewTensor(flat+".alpha", []float32{6})
	merged, err := m.WithLoRAs(context.Background(), []LoRA{{loraFile(t, nil, up, down, mid, alpha), 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Close()
	w, _ := m.UNet.Weights.Lookup(someConv + ".weight")
	want := wantMerged(w, nil, nil, nil)
	u, d, c := Float32s(up), Float32s(down), Float32s(mid)
	for o := range 48 {
		for in := range 48 {
			for k := range 9 {
				for a := range r {
					for b := range r {
						want[(o*48+in)*9+k] += 2 * float64(u[o*r+a]) * float64(c[(a*r+b)*9+k]) * float64(d[b*48+in])
					}
				}
			}
		}
	}
	got, _ := merged.UNet.Weights.Lookup(someConv + ".weight")
	near(t, "tucker", got, want)
}

// TestLoRAAlphas goes through the places where alpha may stand.
func TestLoRAAlphas(t *testing.T) {
	m := smallModel(t)
	up, down := random("unet."+someLinear+".lora_B.weight", 48, 4), random("unet."+someLinear+".lora_A.weight", 4, 48)
	w, _ := m.UNet.Weights.Lookup(someLinear + ".weight")
	for name, c := range map[string]struct {
		metadata string
		alpha    *Tensor
		want     float64
	}{
		"none":           {"", nil, 1},
		"tensor":         {"", ptr(NewTensor("unet."+someLinear+".alpha", []float32{2}, 1)), 0.5},
		"metadata":       {`{"unet.lora_alpha": 8, "unet.r": 4}`, nil, 2},
		"tensor first":   {`{"unet.lora_alpha": 8}`, ptr(NewTensor("unet."+someLinear+".alpha", []float32{2})), 0.5},
		"pattern":        {`{"unet.lora_alpha": 8, "unet.alpha_pattern": {"transformer_blocks.0.attn1.to_q": 12}}`, nil, 3},
		"other encoder":  {`{"text_encoder.lora_alpha": 8}`, nil, 1},
		"root of rank":   {`{"unet.lora_alpha": 8, "unet.use_rslora": true}`, nil, 4},
		"null in a file": {`{"unet.lora_alpha": null}`, nil, 1},
	} {
		ts := []Tensor{up, down}
		if c.alpha != nil {
			ts = append(ts, *c.alpha)
		}
		metadata := map[string]string{"format": "pt"}
		if c.metadata != "" {
			metadata["lora_adapter_metadata"] = c.metadata
		}
		merged, err := m.WithLoRAs(context.Background(), []LoRA{{loraFile(t, metadata, ts...), 1}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, _ := merged.UNet.Weights.Lookup(someLinear + ".weight")
		near(t, name, got, wantMerged(w, []Tensor{up}, []Tensor{down}, []float64{c.want}))
		if err := merged.Close(); err != nil {
			t.Error(err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestLoRAPaths goes through the spellings of one module's path.
func TestLoRAPaths(t *testing.T) {
	m := mustOpen(t, makeFolder(t, "sdxl"))
	names := newLoRANames(m)
	for path, want := range map[string]target{
		"unet.conv_in":                                                     {"unet", "conv_in.weight"},
		"conv_in":                                                          {"unet", "conv_in.weight"},
		"base_model.model.conv_in":                                         {"unet", "conv_in.weight"},
		"base_model.model.unet.conv_in":                                    {"unet", "conv_in.weight"},
		"lora_unet_conv_in":                                                {"unet", "conv_in.weight"},
		"lora_unet_input_blocks_0_0":                                       {"unet", "conv_in.weight"},
		"lora_unet_label_emb_0_2":                                          {"unet", "add_embedding.linear_2.weight"},
		"lora_unet_time_embed_0":                                           {"unet", "time_embedding.linear_1.weight"},
		"lora_unet_out_2":                                                  {"unet", "conv_out.weight"},
		"lora_unet_input_blocks_3_0_op":                                    {"unet", "down_blocks.0.downsamplers.0.conv.weight"},
		"lora_unet_output_blocks_2_2_conv":                                 {"unet", "up_blocks.0.upsamplers.0.conv.weight"},
		"lora_unet_middle_block_0_in_layers_2":                             {"unet", "mid_block.resnets.0.conv1.weight"},
		"lora_unet_mid_block_resnets_0_conv1":                              {"unet", "mid_block.resnets.0.conv1.weight"},
		"text_encoder.text_model.encoder.layers.0.mlp.fc1":                 {"text_encoder", "text_model.encoder.layers.0.mlp.fc1.weight"},
		"text_encoder.encoder.layers.0.mlp.fc1":                            {"text_encoder", "text_model.encoder.layers.0.mlp.fc1.weight"},
		"base_model.model.text_encoder_2.text_projection":                  {"text_encoder_2", "text_projection.weight"},
		"lora_te1_text_model_encoder_layers_0_self_attn_q_proj":            {"text_encoder", "text_model.encoder.layers.0.self_attn.q_proj.weight"},
		"lora_te_text_model_encoder_layers_0_self_attn_q_proj":             {"text_encoder", "text_model.encoder.layers.0.self_attn.q_proj.weight"},
		"lora_te2_text_model_encoder_layers_3_self_attn_q_proj":            {"text_encoder_2", "text_model.encoder.layers.3.self_attn.q_proj.weight"},
		"mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q": {"unet", "mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight"},
		"unet.mid_block.attentions.0.transformer_blocks.2.attn1.to_out":    {"unet", "mid_block.attentions.0.transformer_blocks.2.attn1.to_out.0.weight"},
		"lora_unet_middle_block_1_transformer_blocks_2_attn1_to_out_0":     {"unet", "mid_block.attentions.0.transformer_blocks.2.attn1.to_out.0.weight"},
		"lora_unet_mid_block_attentions_0_transformer_blocks_2_ff_net_2":   {"unet", "mid_block.attentions.0.transformer_blocks.2.ff.net.2.weight"},
		"lora_unet_input_blocks_4_0_skip_connection":                       {"unet", "down_blocks.1.resnets.0.conv_shortcut.weight"},
		"lora_unet_output_blocks_8_0_emb_layers_1":                         {"unet", "up_blocks.2.resnets.2.time_emb_proj.weight"},
		"unet.up_blocks.0.attentions.2.transformer_blocks.1.ff.net.0.proj": {"unet", "up_blocks.0.attentions.2.transformer_blocks.1.ff.net.0.proj.weight"},
		"lora_unet_output_blocks_2_1_transformer_blocks_1_ff_net_0_proj":   {"unet", "up_blocks.0.attentions.2.transformer_blocks.1.ff.net.0.proj.weight"},
		"lora_unet_down_blocks_1_attentions_1_transformer_blocks_1_norm1":  {"unet", "down_blocks.1.attentions.1.transformer_blocks.1.norm1.weight"},
		"unet.down_blocks.1.attentions.1.proj_in":                          {"unet", "down_blocks.1.attentions.1.proj_in.weight"},
		"lora_unet_input_blocks_5_1_proj_in":                               {"unet", "down_blocks.1.attentions.1.proj_in.weight"},
		"text_encoder_2.text_model.encoder.layers.3.self_attn.out_proj":    {"text_encoder_2", "text_model.encoder.layers.3.self_attn.out_proj.weight"},
		"text_encoder_2.text_model.embeddings.position_embedding":          {"text_encoder_2", "text_model.embeddings.position_embedding.weight"},
	} {
		if got, ok := names.find(path); !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", path, got, ok, want)
		}
	}
	for _, path := range []string{"", "unet", "conv_out.conv", "text_encoder_3.x", "lora_unet_", "lora_te3_text_model_encoder_layers_0_mlp_fc1", "lora_unet_input_blocks_99_0"} {
		if got, ok := names.find(path); ok {
			t.Errorf("%q is %v", path, got)
		}
	}
}

// TestLoRARefuses gives files that do not go with the model.
func TestLoRARefuses(t *testing.T) {
	m := smallModel(t)
	u, d := "unet."+someLinear+".lora_B.weight", "unet."+someLinear+".lora_A.weight"
	nan := random(d, 4, 48)
	copy(nan.Data[8:], []byte{0, 0, 0xc0, 0x7f})
	const other = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k"
	for name, c := range map[string]struct {
		ts   []Tensor
		want []string // in the message
	}{
		"unknown key":     {[]Tensor{random(u, 48, 4), random(d, 4, 48), random("unet.foo.bias", 3)}, []string{"unet.foo.bias", "no name of a LoRA"}},
		"unknown module":  {[]Tensor{random("unet.foo.lora_A.weight", 4, 48), random("unet.foo.lora_B.weight", 48, 4)}, []string{"unet.foo.lora_A.weight", "[4 48]", "does not have"}},
		"no up":           {[]Tensor{random(d, 4, 48)}, []string{d, "no up"}},
		"no down":         {[]Tensor{random(u, 48, 4)}, []string{u, "no down"}},
		"alpha alone":     {[]Tensor{NewTensor("unet."+someLinear+".alpha", []float32{1})}, []string{"neither"}},
		"inputs":          {[]Tensor{random(u, 48, 4), random(d, 4, 40)}, []string{d, "[4 40]", "[48 48]", "inputs"}},
		"outputs":         {[]Tensor{random(u, 40, 4), random(d, 4, 48)}, []string{u, "[40 4]", "[48 48]", "outputs"}},
		"ranks":           {[]Tensor{random(u, 48, 4), random(d, 5, 48)}, []string{u, "rank", "5"}},
		"no rank":         {[]Tensor{random(u, 48, 0), random(d, 0, 48)}, []string{"rank 0"}},
		"scalar":          {[]Tensor{random(u), random(d, 4, 48)}, []string{"neither a matrix"}},
		"kernel":          {[]Tensor{random("unet."+someConv+".lora_B.weight", 48, 4, 1, 1), random("unet."+someConv+".lora_A.weight", 4, 48, 1, 1)}, []string{"kernel"}},
		"core":            {[]Tensor{random(u, 48, 4), random(d, 4, 48), random("unet."+someLinear+".lora_mid.weight", 4, 3)}, []string{"does not match"}},
		"whole numbers":   {[]Tensor{random(u, 48, 4), fill(Tensor{Name: d, Type: I64, Shape: []int{4, 48}})}, []string{"I64"}},
		"not finite":      {[]Tensor{random(u, 48, 4), nan}, []string{d, "finite"}},
		"alpha a vector":  {[]Tensor{random(u, 48, 4), random(d, 4, 48), random("unet."+someLinear+".alpha", 2)}, []string{"alpha", "one finite"}},
		"changed twice":   {[]Tensor{random(u, 48, 4), random(d, 4, 48), random("lora_unet_"+strings.ReplaceAll(someLinear, ".", "_")+".lora_up.weight", 48, 4), random("lora_unet_"+strings.ReplaceAll(someLinear, ".", "_")+".lora_down.weight", 4, 48)}, []string{"same weight"}},
		"two downs":       {[]Tensor{random(u, 48, 4), random(d, 4, 48), random("unet."+someLinear+".lora.down.weight", 4, 48)}, []string{"same part"}},
		"a norm":          {[]Tensor{random("unet.conv_norm_out.lora_B.weight", 16, 4), random("unet.conv_norm_out.lora_A.weight", 4, 16)}, []string{"neither a matrix nor"}},
		"for sd1":         {[]Tensor{random(other+".lora_B.weight", 48, 4), random(other+".lora_A.weight", 4, 768)}, []string{"768", "Stable Diffusion 1", "24"}},
		"for sdxl, kohya": {[]Tensor{random("lora_unet_input_blocks_8_1_transformer_blocks_9_attn2_to_k.lora_up.weight", 1280, 8), random("lora_unet_input_blocks_8_1_transformer_blocks_9_attn2_to_k.lora_down.weight", 8, 2048)}, []string{"2048", "Stable Diffusion XL"}},
		"dora":            {[]Tensor{random(u, 48, 4), random(d, 4, 48), random("unet."+someLinear+".dora_scale", 48, 1)}, []string{"DoRA"}},
		"loha":            {[]Tensor{random("lora_unet_conv_in.hada_w1_a", 48, 4)}, []string{"LoHa"}},
		"lokr":            {[]Tensor{random("lora_unet_conv_in.lokr_w1", 4, 4)}, []string{"LoKr"}},
		"nothing":         {nil, []string{"no tensors"}},
	} {
		t.Run(name, func(t *testing.T) {
			merged, err := m.WithLoRAs(context.Background(), []LoRA{{loraFile(t, nil, c.ts...), 1}})
			if err == nil {
				t.Fatal(errors.Join(errors.New("merged"), merged.Close()))
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("message %q does not say %q", err, w)
				}
			}
			var le *LoRAError
			if len(c.ts) > 0 && (!errors.As(err, &le) || le.Key == "") {
				t.Errorf("%T: %v", err, err)
			}
		})
	}
	good := loraFile(t, nil, random(u, 48, 4), random(d, 4, 48))
	for _, scale := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := m.WithLoRAs(context.Background(), []LoRA{{good, scale}}); err == nil {
			t.Errorf("merged with scale %g", scale)
		}
	}
	var pickle *PickleError
	writeFile(t, good+".pt", []byte("PK\x03\x04"))
	if _, err := m.WithLoRAs(context.Background(), []LoRA{{good + ".pt", 1}}); !errors.As(err, &pickle) {
		t.Errorf("a pickle: %v", err)
	}
	// With scale 0 it is checked, and changes nothing.
	same, err := m.WithLoRAs(context.Background(), []LoRA{{good, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := tensorsIn(m.UNet.Weights), tensorsIn(same.UNet.Weights); &a[0].Data[0] != &b[0].Data[0] {
		t.Error("scale 0 copied")
	}
	if err := same.Close(); err != nil {
		t.Error(err)
	}
}

// TestLoRACancelled ends the merge at every weight and checks that nothing is
// held any more.
func TestLoRACancelled(t *testing.T) {
	m := smallModel(t)
	var ts []Tensor
	for i, n := range []string{"to_q", "to_k", "to_v"} {
		base := strings.TrimSuffix(someLinear, "to_q") + n
		ts = append(ts, random("unet."+base+".lora_B.weight", 48, i+1), random("unet."+base+".lora_A.weight", i+1, 48))
	}
	path := loraFile(t, nil, ts...)
	for at := int64(0); at < 3; at++ {
		ctx, cancel := context.WithCancel(context.Background())
		if at == 0 {
			cancel()
		}
		n := int64(0)
		_, err := m.WithLoRAs(ctx, []LoRA{{path, 1}}, MergeProgress(func(_, _ int64) {
			if n++; n == at {
				cancel()
			}
		}))
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %d: %v", at, err)
		}
		if users := m.held.users.Load(); users != 1 {
			t.Fatalf("%d users of the model's files are left", users)
		}
	}
}

// TestMergeRounded keeps the stored format.
func TestMergeRounded(t *testing.T) {
	m := smallModel(t)
	path := loraFile(t, nil, random("unet."+someLinear+".lora_B.weight", 48, 4), random("unet."+someLinear+".lora_A.weight", 4, 48))
	exact, err := m.WithLoRAs(context.Background(), []LoRA{{path, 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer exact.Close()
	rounded, err := m.WithLoRAs(context.Background(), []LoRA{{path, 1}}, MergeRounded())
	if err != nil {
		t.Fatal(err)
	}
	defer rounded.Close()
	a, _ := exact.UNet.Weights.Lookup(someLinear + ".weight")
	b, _ := rounded.UNet.Weights.Lookup(someLinear + ".weight")
	if b.Type != F16 {
		t.Fatalf("rounded to %v", b.Type)
	}
	x, y := Float32s(a), Float32s(b)
	for i := range x {
		if y[i] != Float16(ToFloat16(x[i])) {
			t.Fatalf("%g was rounded to %g", x[i], y[i])
		}
	}
}

// FuzzLoRA gives arbitrary files to the merge: an error or a model that closes,
// and numbers that are not finite never pass.
func FuzzLoRA(f *testing.F) {
	ts := []Tensor{random("unet."+someLinear+".lora_B.weight", 48, 1), random("unet."+someLinear+".lora_A.weight", 1, 48), NewTensor("unet."+someLinear+".alpha", []float32{1})}
	var t testing.T
	f.Add(encode(&t, nil, ts...))
	f.Add(encode(&t, map[string]string{"lora_adapter_metadata": `{"unet.lora_alpha":1e300}`}, ts...))
	set, err := NewSet(random(someLinear+".weight", 48, 48))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := ParseFile("f", b)
		if err != nil {
			return
		}
		m := &Model{UNet: &Component[UNetConfig]{Weights: set}, held: &holdings{}}
		m.held.users.Store(1)
		changes, err := readLoRA(file, newLoRANames(m), m)
		if err != nil {
			return
		}
		by := map[target][]change{}
		var order []target
		for _, c := range changes {
			c.change.scale = 1
			order = append(order, c.target)
			by[c.target] = append(by[c.target], c.change)
		}
		out, err := m.merge(context.Background(), order, by, merging{})
		if err != nil {
			return
		}
		w, _ := out.UNet.Weights.Lookup(someLinear + ".weight")
		for _, c := range by[target{"unet", w.Name}] {
			if !finite(Float32s(c.up)) || !finite(Float32s(c.down)) {
				t.Fatal("merged what is not finite")
			}
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestMergeShapes merges products of many shapes through the banded path.
func TestMergeShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 70).Draw(t, "rows"), rapid.IntRange(1, 3000).Draw(t, "cols")
		rank := rapid.IntRange(1, 9).Draw(t, "rank")
		w, up, down := random("w.weight", rows, cols), random("u", rows, rank), random("d", rank, cols)
		mem, err := newArena(int64(4*rows*cols), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := mem.mem.close(); err != nil {
				t.Error(err)
			}
		}()
		got, err := mergeOne(context.Background(), mem, w, []change{{up: up, down: down, alpha: 2, scale: -0.5}}, merging{})
		if err != nil {
			t.Fatal(err)
		}
		want := wantMerged(w, []Tensor{up}, []Tensor{down}, []float64{-1 / float64(rank)})
		for i, v := range Float32s(got) {
			if math.Abs(float64(v)-want[i]) > 1e-5 {
				t.Fatalf("[%d] = %g, want %g", i, v, want[i])
			}
		}
	})
}

// BenchmarkMerge merges a LoRA into matrices of the sizes of SDXL's deepest
// level.
func BenchmarkMerge(b *testing.B) {
	w, up, down := random("w", 10240, 1280), random("u", 10240, 64), random("d", 64, 1280)
	mem, err := newArena(int64(len(w.Data)), 1)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = mem.mem.close() }()
	b.SetBytes(int64(len(w.Data)))
	for b.Loop() {
		mem.at = 0
		if _, err := mergeOne(context.Background(), mem, w, []change{{up: up, down: down, alpha: 64, scale: 1}}, merging{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestGoldenLoRAs merges every LoRA of the conformance vectors. What they make
// of the model is compared by the graph's own tests.
func TestGoldenLoRAs(t *testing.T) {
	dir := goldenDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "loras", "*.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatal("no LoRAs", err)
	}
	for _, file := range files {
		model, _, _ := strings.Cut(filepath.Base(file), "-")
		m := mustOpen(t, filepath.Join(dir, "models", model))
		merged, err := m.WithLoRAs(context.Background(), []LoRA{{file, 1}})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := merged.Close(); err != nil {
			t.Error(err)
		}
		for _, other := range []string{"sd1", "sd2", "sdxl"} {
			if other == model {
				continue
			}
			var le *LoRAError
			if _, err := mustOpen(t, filepath.Join(dir, "models", other)).WithLoRAs(context.Background(), []LoRA{{file, 1}}); !errors.As(err, &le) {
				t.Errorf("%s into %s: %v", file, other, err)
			} else {
				t.Log(err)
			}
		}
	}
}
