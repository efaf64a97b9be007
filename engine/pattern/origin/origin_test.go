package origin

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func seedOf(v uint64) *uint64 { return &v }

// The texts are shaped as the programs' own sources write them.
const (
	automaticText = `damask, peony (gold:1.2), "quoted"
second line
Negative prompt: text, watermark
blurry
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 18446744073709551615, Size: 512x512, Model hash: 6ce0161689, Model: v1-5-pruned, Lora hashes: "petal: aa, leaf: bb", Version: v1.10.1`

	comfyText = `{"3": {"class_type": "KSampler", "is_changed": [NaN], "inputs": {"seed": 156680208700286, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl.safetensors"}},
"10": {"class_type": "LoraLoader", "inputs": {"lora_name": "x", "model": ["4", 0], "clip": ["4", 1]}},
"6": {"class_type": "CLIPTextEncode", "inputs": {"text": "toile de jouy", "clip": ["10", 1]}},
"7": {"class_type": "CLIPTextEncode", "inputs": {"text": ["12", 0], "clip": ["10", 1]}},
"12": {"class_type": "PrimitiveString", "inputs": {"value": "NaN text"}}}`

	comfyCustom = `{"13": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["25", 0], "guider": ["22", 0], "sampler": ["16", 0], "sigmas": ["17", 0]}},
"25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 5}},
"22": {"class_type": "BasicGuider", "inputs": {"model": ["12", 0], "conditioning": ["6", 0]}},
"12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
"6": {"class_type": "CLIPTextEncode", "inputs": {"text": "ikat", "clip": ["11", 0]}},
"16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
"17": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 4, "model": ["12", 0]}}}`

	invokeText = `{"app_version":"4.2.7","generation_mode":"sdxl_txt2img","positive_prompt":"batik","negative_prompt":"photo","seed":3391,"steps":30,"cfg_scale":7.5,"scheduler":"euler_a","model":{"key":"k","hash":"blake3:abc","name":"Juggernaut","base":"sdxl"}}`

	invokeOld = `{"model":"stable diffusion","model_weights":"sd-1.5","model_hash":"cc6c","app_id":"invoke-ai/InvokeAI","image":{"prompt":[{"prompt":"block print [faces]","weight":1.0}],"steps":50,"cfg_scale":7.5,"seed":42,"sampler":"k_lms"}}`
)

func TestParameters(t *testing.T) {
	for name, c := range map[string]struct {
		keyword, text string
		want          Parameters
	}{
		"automatic": {"parameters", automaticText, Parameters{
			Program: Automatic1111, Prompt: "damask, peony (gold:1.2), \"quoted\"\nsecond line", NegativePrompt: "text, watermark\nblurry",
			Seed: seedOf(18446744073709551615), Steps: 28, Sampler: "DPM++ 2M", Schedule: "Karras", GuidanceScale: 6.5, Model: "v1-5-pruned", ModelHash: "6ce0161689",
			Other: map[string]string{"Size": "512x512", "Lora hashes": "petal: aa, leaf: bb", "Version": "v1.10.1"},
		}},
		"comfy": {"prompt", comfyText, Parameters{
			Program: ComfyUI, Prompt: "toile de jouy", NegativePrompt: "NaN text", Seed: seedOf(156680208700286), Steps: 20, Sampler: "euler", Schedule: "normal", GuidanceScale: 8, Model: "sd_xl.safetensors",
		}},
		"comfy custom": {"prompt", comfyCustom, Parameters{
			Program: ComfyUI, Prompt: "ikat", Seed: seedOf(5), Steps: 4, Sampler: "euler", Schedule: "simple", Model: "flux.safetensors",
		}},
		"invoke": {"invokeai_metadata", invokeText, Parameters{
			Program: InvokeAI, Prompt: "batik", NegativePrompt: "photo", Seed: seedOf(3391), Steps: 30, Sampler: "euler_a", GuidanceScale: 7.5, Model: "Juggernaut", ModelHash: "blake3:abc",
		}},
		"invoke 2": {"sd-metadata", invokeOld, Parameters{
			Program: InvokeAI, Prompt: "block print", NegativePrompt: "faces", Seed: seedOf(42), Steps: 50, Sampler: "k_lms", GuidanceScale: 7.5, Model: "sd-1.5", ModelHash: "cc6c",
		}},
		"dream": {"Dream", `"a vine" -s 50 -S42 -C7.5 -A k_euler`, Parameters{
			Program: InvokeAI, Prompt: "a vine", Seed: seedOf(42), Steps: 50, Sampler: "k_euler", GuidanceScale: 7.5,
		}},
		"ours": {"selvage.request", `{"prompt":"chintz","seed":7,"steps":12}`, Parameters{
			Program: Selvage, Prompt: "chintz", Seed: seedOf(7), Steps: 12,
		}},
		"broken": {"prompt", `{"3": `, Parameters{Program: ComfyUI}},
	} {
		t.Run(name, func(t *testing.T) {
			var s Scraps
			s.Add("Comment", "no matter")
			s.Add(c.keyword, c.text)
			got := s.Parameters()
			if got == nil {
				t.Fatal("nothing was found")
			}
			if got.Raw[c.keyword] != c.text {
				t.Errorf("the raw text is %q", got.Raw)
			}
			c.want.Raw = got.Raw
			a, errA := json.Marshal(got)
			b, errB := json.Marshal(c.want)
			if errA != nil || errB != nil || string(a) != string(b) {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
	var s Scraps
	s.Add("Software", "GIMP")
	if got := s.Parameters(); got != nil {
		t.Errorf("a picture of no generator: %+v", got)
	}
}

// TestComment: EXIF's comment in every encoding that is met.
func TestComment(t *testing.T) {
	utf16 := func(s string, big bool) string {
		var b strings.Builder
		for _, r := range s {
			if big {
				b.WriteByte(byte(r >> 8))
				b.WriteByte(byte(r))
			} else {
				b.WriteByte(byte(r))
				b.WriteByte(byte(r >> 8))
			}
		}
		return b.String()
	}
	const text = "a Gärtner\nSteps: 3, Seed: 9"
	for name, c := range map[string]struct {
		data string
		big  bool
	}{
		"big":         {"UNICODE\x00" + utf16(text, true), true},
		"little":      {"UNICODE\x00" + utf16(text, false), false},
		"contradicts": {"UNICODE\x00" + utf16(text, true), false},
		"marked":      {"UNICODE\x00\xff\xfe" + utf16(text, false), true},
		"ascii":       {"ASCII\x00\x00\x00" + text + "\x00\x00", false},
		"json":        {"ASCII\x00\x00\x00" + `{"parameters":"a Gärtner\nSteps: 3, Seed: 9"}`, false},
	} {
		var s Scraps
		s.Comment([]byte(c.data), c.big)
		if p := s.Parameters(); p == nil || p.Prompt != "a Gärtner" || p.Steps != 3 || p.Seed == nil || *p.Seed != 9 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	var s Scraps
	s.Description("Prompt:" + comfyText + "\x00")
	if p := s.Parameters(); p == nil || p.Prompt != "toile de jouy" {
		t.Errorf("a description: %+v", p)
	}
}

// TestParentBothWays: every parent that is written is read back, from PNG's text
// and from XMP, as an attribute and as an element among other properties.
func TestParentBothWays(t *testing.T) {
	name := rapid.StringMatching(`[a-zA-Z0-9 "&<>'äöü-]{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		p := Parent{
			Pattern:  strings.TrimSpace(name.Draw(t, "pattern")),
			Version:  "sha256:" + strings.Repeat("ab", 32),
			Document: strings.TrimSpace(name.Draw(t, "document")),
		}
		var text, packet Scraps
		text.Add(ParentKeyword, string(p.Text()))
		packet.Packet(p.XMP())
		for _, s := range []*Scraps{&text, &packet} {
			if got := s.Parent(); got == nil || *got != p {
				t.Fatalf("%+v came back as %+v", p, got)
			}
		}
	})
	// As Adobe's toolkit rewrites it: an element, under a prefix of its own.
	var s Scraps
	s.Packet([]byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:ns1="` + Namespace + `"><xmp:CreatorTool>X</xmp:CreatorTool><ns1:pattern>{"pattern":"peony"}</ns1:pattern></rdf:Description></rdf:RDF></x:xmpmeta>`))
	if p := s.Parent(); p == nil || p.Pattern != "peony" {
		t.Errorf("an element: %+v", p)
	}
}

func FuzzScraps(f *testing.F) {
	for _, text := range []string{automaticText, comfyText, comfyCustom, invokeText, invokeOld, string(Parent{Pattern: "x"}.XMP())} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		for _, k := range []string{"parameters", "prompt", "invokeai_metadata", "sd-metadata", "Dream", "selvage.request", ParentKeyword} {
			var s Scraps
			s.Add(k, string(data))
			s.Parameters()
			s.Parent()
		}
		var s Scraps
		s.Comment(data, true)
		s.Description(string(data))
		s.Packet(data)
		s.Parameters()
		s.Parent()
	})
}
