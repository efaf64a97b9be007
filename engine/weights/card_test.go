package weights

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReadmeCard(t *testing.T) {
	for name, c := range map[string]struct {
		readme string
		want   Card
	}{
		"stable diffusion 1": {"---\nlicense: creativeml-openrail-m\ntags:\n- stable-diffusion\n- text-to-image\ninference: true\n---\n\n# Stable Diffusion v1-5 Model Card\n",
			Card{Name: "Stable Diffusion v1-5 Model Card", Licence: "creativeml-openrail-m", LicenceURL: "https://huggingface.co/spaces/CompVis/stable-diffusion-license", CommercialUse: Yes, Conditions: rail, TrainingData: "unknown"}},
		"quoted, lists": {"---\r\nlicense: \"mit\"  # free\r\ndatasets: [a/b, 'c']\r\nbase_model:\r\n  - x/y\r\n---\r\ntext",
			Card{Licence: "mit", LicenceURL: "https://opensource.org/license/mit", CommercialUse: Yes, TrainingData: "a/b, c", BaseModel: "x/y"}},
		"other, named": {"---\nlicense: other\nlicense_name: stabilityai-ai-community\nlicense_link: https://stability.ai/x\n---\n",
			Card{Licence: "stabilityai-ai-community", LicenceURL: "https://stability.ai/x", CommercialUse: Unknown, Conditions: "free below a yearly revenue of one million US dollars, after registration", TrainingData: "unknown"}},
		"not commercial": {"---\nlicense: cc-by-nc-4.0\ndatasets:\n- laion/laion2B\n- my/own\n---\n# M",
			Card{Name: "M", Licence: "cc-by-nc-4.0", LicenceURL: "https://creativecommons.org/licenses/by-nc/4.0/", CommercialUse: No, TrainingData: "laion/laion2B, my/own"}},
		"unheard of": {"---\nlicense: my-own-terms\n---\n", Card{Licence: "my-own-terms", CommercialUse: Unknown, TrainingData: "unknown"}},
		"no block":   {"# A model\nby us", Card{Name: "A model", Licence: "unknown", CommercialUse: Unknown, TrainingData: "unknown"}},
		"open block": {"---\nlicense: mit\n", Card{Licence: "unknown", CommercialUse: Unknown, TrainingData: "unknown"}},
		"nothing":    {"", Card{Licence: "unknown", CommercialUse: Unknown, TrainingData: "unknown"}},
	} {
		got := blankCard()
		got.frontMatter(c.readme)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

func TestLicenceNames(t *testing.T) {
	for name, want := range map[string]struct {
		id  string
		use Permission
	}{
		"CreativeML Open RAIL++-M License":                  {"openrail++", Yes},
		"CreativeML Open RAIL++-M License dated 2022-11-24": {"openrail++", Yes},
		"CreativeML Open RAIL-M":                            {"creativeml-openrail-m", Yes},
		"Apache 2.0":                                        {"apache-2.0", Yes},
		"MIT":                                               {"mit", Yes},
		"CC-BY-NC-SA-4.0":                                   {"cc-by-nc-sa-4.0", No},
		"Stability AI Community License":                    {"stabilityai-ai-community", Unknown},
		"Some Non-Commercial Thing":                         {"Some Non-Commercial Thing", No},
		"https://huggingface.co/spaces/CompVis/stable-diffusion-license": {"creativeml-openrail-m", Yes},
		"https://example.com/terms":                                      {"https://example.com/terms", Unknown},
		"sai-nc-community":                                               {"sai-nc-community", No},
	} {
		c := blankCard()
		c.SetLicence(name)
		if c.Licence != want.id || c.CommercialUse != want.use {
			t.Errorf("%s: %s, commercial %s; want %s, %s", name, c.Licence, c.CommercialUse, want.id, want.use)
		}
	}
}

// TestEveryLicence finds every known licence by its own identifier.
func TestEveryLicence(t *testing.T) {
	for _, l := range licences() {
		c := blankCard()
		c.SetLicence(l.id)
		if c.Licence != l.id || c.CommercialUse != l.commercial || c.Conditions != l.conditions {
			t.Errorf("%s was taken for %s", l.id, c.Licence)
		}
	}
}

func TestFileMetadataCard(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lora.safetensors")
	writeFile(t, file, encode(t, map[string]string{
		"modelspec.title": "Tulips", "modelspec.author": "A. Maker", "modelspec.license": "CreativeML Open RAIL++-M", "ss_sd_model_name": "sd_xl_base_1.0.safetensors", "ss_dataset_name": "None",
	}, random("lora_unet_output_blocks_1_1_transformer_blocks_0_attn2_to_k.lora_up.weight", 1280, 4), random("lora_unet_output_blocks_1_1_transformer_blocks_0_attn2_to_k.lora_down.weight", 4, 2048)))
	d, err := Describe(file)
	if err != nil {
		t.Fatal(err)
	}
	c := d.Card
	if c.Name != "Tulips" || c.Publisher != "A. Maker" || c.Licence != "openrail++" || c.CommercialUse != Yes || c.BaseModel != "sd_xl_base_1.0.safetensors" || c.TrainingData != "unknown" || c.Kind != KindLoRA || c.Family != SDXL || c.Open != "lora.safetensors" {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(d.Pieces, []Piece{{file, "lora.safetensors"}}) {
		t.Errorf("%v", d.Pieces)
	}
}

func TestCardRoundTrip(t *testing.T) {
	c := Card{Name: "x", Kind: Pipeline, Family: SD2, Licence: "mit", CommercialUse: Yes, TrainingData: "unknown", Open: "a.safetensors",
		Files: []FileHash{{"a.safetensors", 3, "aa"}, {"unet/config.json", 4, "bb"}}}
	b, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseCard(b)
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{
		`{`, `[]`, `{"commercial_use":"maybe"}`, `{"open":"../x"}`, `{"open":"/x"}`, `{"files":[{"path":"a/../../b"}]}`,
	} {
		var fe *FormatError
		if _, err := ParseCard([]byte(bad)); !errors.As(err, &fe) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestDescribeFolder lists what a folder needs, and nothing of the rest.
func TestDescribeFolder(t *testing.T) {
	dir := makeFolder(t, "sd2")
	want := listing(t, dir)
	writeFile(t, filepath.Join(dir, "README.md"), []byte("---\nlicense: openrail++\n---\n# Two\n"))
	writeFile(t, filepath.Join(dir, "LICENSE"), []byte("..."))
	want = append(want, "README.md", "LICENSE")
	slices.Sort(want)
	for _, extra := range []string{"unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.bin", "v2.ckpt", "unet/model.onnx", ".gitattributes", "safety_checker/model.safetensors"} {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(extra)), []byte("x"))
	}
	d, err := Describe(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range d.Pieces {
		got = append(got, p.To)
		if p.From != filepath.Join(dir, filepath.FromSlash(p.To)) {
			t.Errorf("%s comes from %s", p.To, p.From)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if d.Card.Name != "Two" || d.Card.Licence != "openrail++" || d.Card.Kind != Pipeline || d.Card.Family != SD2 {
		t.Errorf("%+v", d.Card)
	}
}

func TestHashFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	writeFile(t, file, []byte(strings.Repeat("a", 3<<20)))
	var seen int64
	size, _, err := HashFile(context.Background(), file, func(n int64) { seen += n })
	if err != nil || size != 3<<20 || seen != size {
		t.Errorf("%d (%d) %v", size, seen, err)
	}
	writeFile(t, file, []byte("abc"))
	if _, sum, err := HashFile(context.Background(), file, nil); err != nil || sum != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%s %v", sum, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := HashFile(ctx, file, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := HashFile(context.Background(), file+"0", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzCard(f *testing.F) {
	f.Add("---\nlicense: mit\ndatasets: [a, b]\n---\n# X")
	f.Add("---\nlicense: |\n  x\n- y\n---")
	f.Fuzz(func(t *testing.T, readme string) {
		c := blankCard()
		c.frontMatter(readme)
		b, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCard(b); err != nil {
			t.Fatalf("a card that was made cannot be read: %v", err)
		}
	})
}
