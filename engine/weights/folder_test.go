package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

func TestOpenFolders(t *testing.T) {
	for name, want := range map[string]struct {
		family   Family
		pipeline string
		parts    int
	}{
		"sd1":  {SD1, "StableDiffusionPipeline", 3},
		"sd2":  {SD2, "StableDiffusionPipeline", 3},
		"sdxl": {SDXL, "StableDiffusionXLPipeline", 4},
	} {
		m := mustOpen(t, makeFolder(t, name))
		if m.Kind != Pipeline || m.Family != want.family || m.Pipeline != want.pipeline || len(parts(m)) != want.parts {
			t.Errorf("%s: %v %v %v with %d parts", name, m.Kind, m.Family, m.Pipeline, len(parts(m)))
		}
		if m.Tokenizer == nil || m.Scheduler == nil || (m.Tokenizer2 == nil) != (name != "sdxl") {
			t.Errorf("%s: tokenizers or scheduler are missing", name)
		}
		if m.ForceZerosForEmptyPrompt != (name == "sdxl") {
			t.Errorf("%s: ForceZerosForEmptyPrompt is %v", name, m.ForceZerosForEmptyPrompt)
		}
	}
}

func TestOpenComponents(t *testing.T) {
	for name, kind := range map[string]Kind{
		"sd1-controlnet": KindControlNet, "taesd": KindVAE, "rrdb-x2": KindUpscaler, "rrdb-x4": KindUpscaler,
	} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
			t.Fatal(err)
		}
		file := encode(t, nil, nameList(t, name)...)
		writeFile(t, filepath.Join(dir, "diffusion_pytorch_model.safetensors"), file)
		m := mustOpen(t, dir)
		if m.Kind != kind || len(parts(m)) != 1 {
			t.Errorf("%s: %v with %d parts", name, m.Kind, len(parts(m)))
		}
		if kind != KindUpscaler {
			continue
		}
		// The file alone, recognised by its names, with the names that a
		// training checkpoint has.
		var wrapped []Tensor
		for _, x := range nameList(t, name) {
			x.Name = "params_ema." + x.Name
			wrapped = append(wrapped, x)
		}
		alone := filepath.Join(t.TempDir(), "x.safetensors")
		writeFile(t, alone, encode(t, nil, wrapped...))
		if got := mustOpen(t, alone).Upscaler.Config; got != m.Upscaler.Config {
			t.Errorf("%s: inferred %+v, its configuration says %+v", name, got, m.Upscaler.Config)
		}
	}
}

// TestOldESRGANNames checks the translation of the first ESRGAN's names.
func TestOldESRGANNames(t *testing.T) {
	for in, want := range map[string]string{
		"RRDB_trunk.3.RDB2.conv5.bias": "body.3.rdb2.conv5.bias",
		"trunk_conv.weight":            "conv_body.weight",
		"upconv1.weight":               "conv_up1.weight",
		"HRconv.bias":                  "conv_hr.bias",
		"conv_last.bias":               "conv_last.bias",
	} {
		if got := rrdbName(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

// TestVariantsAndShards opens the same UNet from the files that diffusers may
// have saved it in.
func TestVariantsAndShards(t *testing.T) {
	dir := makeFolder(t, "sd1")
	want := mustOpen(t, dir).UNet.Weights
	unet := filepath.Join(dir, "unet")
	plain := filepath.Join(unet, "diffusion_pytorch_model.safetensors")
	fp16 := filepath.Join(unet, "diffusion_pytorch_model.fp16.safetensors")
	same := func(what string, opts ...Option) {
		t.Helper()
		compareSets(t, what, mustOpen(t, dir, opts...).UNet.Weights, want)
	}
	if err := os.Rename(plain, fp16); err != nil {
		t.Fatal(err)
	}
	same("fp16 variant")
	same("fp16 variant asked for", WithVariant("fp16"))
	b, err := os.ReadFile(fp16)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, plain, []byte("not a model"))
	same("fp16 variant before the plain file", WithVariant("fp16"))
	if _, err := Open(dir); err == nil {
		t.Error("the plain file was not taken")
	}
	if err := errors.Join(os.Remove(plain), os.Remove(fp16)); err != nil {
		t.Fatal(err)
	}

	f, err := ParseFile("f", b)
	if err != nil {
		t.Fatal(err)
	}
	ts := f.Tensors()
	index := map[string]string{}
	half := len(ts) / 2
	names := []string{"diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors"}
	for i, x := range ts {
		index[x.Name] = names[min(i/half, 1)]
	}
	writeFile(t, filepath.Join(unet, names[0]), encode(t, nil, ts[:half]...))
	writeFile(t, filepath.Join(unet, names[1]), encode(t, nil, ts[half:]...))
	put := func(m map[string]string) {
		t.Helper()
		b, err := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": m})
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(unet, "diffusion_pytorch_model.safetensors.index.json"), b)
	}
	put(index)
	same("shards")
	for what, change := range map[string]func(map[string]string){
		"outside the folder":  func(m map[string]string) { m["conv_in.weight"] = "../vae/diffusion_pytorch_model.safetensors" },
		"an absolute path":    func(m map[string]string) { m["conv_in.weight"] = filepath.Join(unet, names[0]) },
		"a missing shard":     func(m map[string]string) { m["conv_in.weight"] = "nowhere.safetensors" },
		"the wrong shard":     func(m map[string]string) { m[ts[0].Name] = names[1] },
		"a missing tensor":    func(m map[string]string) { m["nothing"] = names[1] },
		"nothing in the list": func(m map[string]string) { clear(m) },
	} {
		broken := map[string]string{}
		for k, v := range index {
			broken[k] = v
		}
		change(broken)
		put(broken)
		if m, err := Open(dir); err == nil {
			t.Errorf("opened an index with %s", what)
			_ = m.Close()
		}
	}
}

func compareSets(t *testing.T, what string, got, want *Set) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Errorf("%s: %d weights, want %d", what, got.Len(), want.Len())
	}
	for _, n := range want.Names() {
		x, ok := got.Lookup(n)
		y, _ := want.Lookup(n)
		if !ok || x.Type != y.Type || !reflect.DeepEqual(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data) {
			t.Errorf("%s: %q differs (there: %v): %v %v, want %v %v", what, n, ok, x.Type, x.Shape, y.Type, y.Shape)
		}
	}
}

// TestOldNames opens a folder as it was published before diffusers renamed the
// autoencoder's attention, and with a text encoder without its prefix.
func TestOldNames(t *testing.T) {
	dir := makeFolder(t, "sd1")
	want := mustOpen(t, dir)
	rewrite := func(file string, rename func(Tensor) Tensor) {
		t.Helper()
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseFile(file, b)
		if err != nil {
			t.Fatal(err)
		}
		var ts []Tensor
		for _, x := range f.Tensors() {
			ts = append(ts, rename(x))
		}
		writeFile(t, file+".new", encode(t, nil, ts...))
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	old := strings.NewReplacer(".to_q.", ".query.", ".to_k.", ".key.", ".to_v.", ".value.", ".to_out.0.", ".proj_attn.")
	other := t.TempDir()
	if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	renamed := 0
	rewrite(filepath.Join(other, "vae", "diffusion_pytorch_model.safetensors"), func(x Tensor) Tensor {
		if n := old.Replace(x.Name); n != x.Name {
			x.Name = n
			renamed++
		}
		return x
	})
	if renamed != 16 {
		t.Fatalf("%d names of attention, want 16", renamed)
	}
	rewrite(filepath.Join(other, "text_encoder", "model.safetensors"), func(x Tensor) Tensor {
		x.Name = strings.TrimPrefix(x.Name, "text_model.")
		return x
	})
	got := mustOpen(t, other)
	for part, set := range parts(want) {
		compareSets(t, part, parts(got)[part], set)
	}
}

// TestJointTokenizer opens a folder whose tokenizer is one file.
func TestJointTokenizer(t *testing.T) {
	dir := makeFolder(t, "sd2")
	want := mustOpen(t, dir).Tokenizer
	vocab := map[string]int{}
	if err := json.Unmarshal(want.Vocab, &vocab); err != nil {
		t.Fatal(err)
	}
	remove(t, dir, "tokenizer/vocab.json")
	remove(t, dir, "tokenizer/merges.txt")
	lines := strings.Split(strings.TrimSpace(string(want.Merges)), "\n")[1:]
	var pairs [][]string
	for _, l := range lines {
		pairs = append(pairs, strings.Split(l, " "))
	}
	for name, merges := range map[string]any{"lines": lines, "pairs": pairs} {
		b, err := json.Marshal(map[string]any{"model": map[string]any{"type": "BPE", "vocab": vocab, "merges": merges}})
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "tokenizer", "tokenizer.json"), b)
		got := mustOpen(t, dir).Tokenizer
		have := map[string]int{}
		if err := json.Unmarshal(got.Vocab, &have); err != nil || !reflect.DeepEqual(have, vocab) {
			t.Errorf("%s: %d entries (%v), want %d", name, len(have), err, len(vocab))
		}
		if strings.TrimSpace(string(got.Merges)) != strings.TrimSpace(string(want.Merges)) {
			t.Errorf("%s: the merges differ", name)
		}
	}
	for _, bad := range []string{`{`, `{}`, `{"model":{"type":"WordPiece","vocab":{}}}`, `{"model":{"type":"BPE","vocab":{},"merges":[1]}}`, `{"model":{"type":"BPE","vocab":{},"merges":["a\nb"]}}`} {
		writeFile(t, filepath.Join(dir, "tokenizer", "tokenizer.json"), []byte(bad))
		var ce *ConfigError
		if _, err := Open(dir); !errors.As(err, &ce) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestOpenFSCopiesNothing(t *testing.T) {
	dir := makeFolder(t, "sd2")
	const large = "unet/diffusion_pytorch_model.safetensors"
	blob, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(large)))
	if err != nil {
		t.Fatal(err)
	}
	small := fstest.MapFS{}
	for _, name := range listing(t, dir) {
		if name == large {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		small[name] = &fstest.MapFile{Data: b}
	}
	m, err := OpenFS(small, "embedded", WithBlobs(map[string][]byte{large: blob}))
	if err != nil {
		t.Fatal(err)
	}
	want := mustOpen(t, dir)
	for part, set := range parts(want) {
		compareSets(t, part, parts(m)[part], set)
	}
	w, _ := m.UNet.Weights.Lookup("conv_in.weight")
	if &w.Data[0] != &blob[w.Offset] || w.File != "" {
		t.Error("the blob was copied")
	}
	if m.Name != "embedded" || m.Card.Name != "embedded" {
		t.Errorf("it is called %q, %q", m.Name, m.Card.Name)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestFolderRefuses breaks a good folder in many ways.
func TestFolderRefuses(t *testing.T) {
	unet := func(change func(map[string]any)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { editJSON(t, filepath.Join(dir, "unet", "config.json"), change) }
	}
	set := func(k string, v any) func(t *testing.T, dir string) {
		return unet(func(m map[string]any) { m[k] = v })
	}
	for name, c := range map[string]struct {
		breakIt func(t *testing.T, dir string)
		as      any
		want    string
	}{
		"no unet weights": {func(t *testing.T, dir string) {
			remove(t, dir, "unet/diffusion_pytorch_model.safetensors")
		}, &MissingError{}, ".safetensors file"},
		"pickle only": {func(t *testing.T, dir string) {
			remove(t, dir, "unet/diffusion_pytorch_model.safetensors")
			writeFile(t, filepath.Join(dir, "unet", "diffusion_pytorch_model.bin"), []byte("PK\x03\x04"))
		}, &PickleError{}, "pickle"},
		"pickle in disguise": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors"), []byte("PK\x03\x04 and more"))
		}, &PickleError{}, "pickle"},
		"no vocabulary":       {func(t *testing.T, dir string) { remove(t, dir, "tokenizer/vocab.json") }, &MissingError{}, "vocab.json"},
		"no unet config":      {func(t *testing.T, dir string) { remove(t, dir, "unet/config.json") }, &MissingError{}, "config.json"},
		"wider":               {set("block_out_channels", []int{16, 24, 32, 96}), &ShapeError{}, "96"},
		"deeper":              {set("layers_per_block", 3), &MissingError{}, "resnets.2"},
		"shallower":           {set("layers_per_block", 1), &ShapeError{}, ""},
		"more text":           {set("cross_attention_dim", 768), &ShapeError{}, "attn2"},
		"a weight too many":   {set("addition_embed_type", nil), nil, ""},
		"endless layers":      {set("layers_per_block", 1<<40), &ConfigError{}, "layers_per_block"},
		"endless blocks":      {set("block_out_channels", make([]int, 1000)), &ConfigError{}, "block_out_channels"},
		"no heads":            {set("attention_head_dim", 0), &ConfigError{}, "attention_head_dim"},
		"seven heads":         {set("attention_head_dim", 7), &ConfigError{}, "attention_head_dim"},
		"odd groups":          {set("norm_num_groups", 5), &ConfigError{}, "norm_num_groups"},
		"no groups":           {set("norm_num_groups", 0), &ConfigError{}, "norm_num_groups"},
		"negative channels":   {set("in_channels", -4), &ConfigError{}, "in_channels"},
		"unknown block":       {set("down_block_types", []string{"KDownBlock2D", "DownBlock2D", "DownBlock2D", "DownBlock2D"}), &ConfigError{}, "KDownBlock2D"},
		"class embedding":     {set("class_embed_type", "timestep"), &ConfigError{}, "class_embed_type"},
		"text as a number":    {set("cross_attention_dim", "wide"), &ConfigError{}, "config.json"},
		"too few heads given": {set("attention_head_dim", []int{2, 2}), &ConfigError{}, "attention_head_dim"},
		"not JSON":            {func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "vae", "config.json"), []byte("{")) }, &ConfigError{}, "vae"},
		"other pipeline": {func(t *testing.T, dir string) {
			editJSON(t, filepath.Join(dir, "model_index.json"), func(m map[string]any) { m["_class_name"] = "FluxPipeline" })
		}, &UnsupportedError{}, "FluxPipeline"},
		"quantised": {func(t *testing.T, dir string) {
			file := filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors")
			var ts []Tensor
			for _, x := range under(nameList(t, "sd2"), "unet/") {
				if x.Name == "conv_in.weight" {
					x = fill(Tensor{Name: x.Name, Type: I64, Shape: x.Shape})
				}
				ts = append(ts, x)
			}
			writeFile(t, file, encode(t, nil, ts...))
		}, &UnsupportedError{}, "whole numbers"},
		"a weight nobody asked for": {func(t *testing.T, dir string) {
			file := filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors")
			ts := append(under(nameList(t, "sd2"), "unet/"), NewTensor("motion_modules.0.weight", []float32{1}, 1))
			writeFile(t, file, encode(t, nil, ts...))
		}, &UnsupportedError{}, "motion_modules"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := makeFolder(t, "sd2")
			c.breakIt(t, dir)
			m, err := Open(dir)
			if c.as == nil {
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Close(); err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("opened")
			}
			if target := reflect.New(reflect.TypeOf(c.as)); !errors.As(err, target.Interface()) {
				t.Errorf("%T (%v), want %T", err, err, c.as)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("message %q does not say %q", err, c.want)
			}
		})
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
		t.Fatal(err)
	}
}

func editJSON(t *testing.T, file string, change func(map[string]any)) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, b)
}

func TestOpenNothing(t *testing.T) {
	dir := t.TempDir()
	var missing *MissingError
	if _, err := Open(dir); !errors.As(err, &missing) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	writeFile(t, filepath.Join(dir, "a.ckpt"), []byte("\x80\x02}q"))
	var pickle *PickleError
	if _, err := Open(dir); !errors.As(err, &pickle) {
		t.Errorf("a folder with a pickle: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "a.ckpt")); !errors.As(err, &pickle) {
		t.Errorf("a pickle: %v", err)
	}
	writeFile(t, filepath.Join(dir, "a.safetensors"), encode(t, nil, NewTensor("x", []float32{1}, 1)))
	writeFile(t, filepath.Join(dir, "b.safetensors"), encode(t, nil, NewTensor("x", []float32{1}, 1)))
	if _, err := Open(dir); !errors.As(err, &missing) || !strings.Contains(err.Error(), "b.safetensors") {
		t.Errorf("two files: %v", err)
	}
	var unsupported *UnsupportedError
	if _, err := Open(filepath.Join(dir, "a.safetensors")); !errors.As(err, &unsupported) {
		t.Errorf("no model: %v", err)
	}
	if _, err := Open(dir, WithPrediction("x0")); err == nil {
		t.Error("an unknown prediction")
	}
}

// FuzzConfig gives the UNet's configuration arbitrary JSON. What passes
// Validate must describe a network of bounded size.
func FuzzConfig(f *testing.F) {
	for _, name := range []string{"sd1", "sd2", "sdxl"} {
		b, err := os.ReadFile(filepath.Join("testdata", name, "unet", "config.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"layers_per_block":64,"transformer_layers_per_block":64}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := defaultUNet()
		if json.Unmarshal(b, &c) != nil || refuseVariants(b) != nil || c.Validate() != nil || len(c.UpBlockTypes) == 0 {
			return
		}
		n := 0
		emit(func(string, ...int) { n++ }).unet(&c)
		if n > 4_000_000 {
			t.Fatalf("%d weights", n)
		}
	})
}
