package weights

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// isLoRAKey tells whether a tensor of that name belongs to a LoRA.
func isLoRAKey(name string) bool {
	for _, part := range [...]string{".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", "_lora.down.", "_lora.up.", ".lora.down.", ".lora.up.", ".lora_linear_layer.", ".hada_w1_a", ".lokr_w1", ".dora_scale"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// loraPart is what one tensor of a LoRA is.
type loraPart int

const (
	partDown  loraPart = iota // [r, in] or [r, in, kh, kw]
	partUp                    // [out, r] or [out, r, 1, 1]
	partMid                   // [r, r, kh, kw]: the core of a Tucker decomposition
	partAlpha                 // a scalar
)

// suffix is an ending of a name, and what it means.
type suffix struct {
	text string
	part loraPart
}

// loraSuffixes are the endings of all namings.
func loraSuffixes() []suffix {
	return []suffix{
		{".lora_down.weight", partDown}, {".lora_up.weight", partUp}, {".lora_mid.weight", partMid}, // kohya
		{".lora_A.weight", partDown}, {".lora_B.weight", partUp}, // PEFT
		{".lora_A.default.weight", partDown}, {".lora_B.default.weight", partUp},
		{".lora_linear_layer.down.weight", partDown}, {".lora_linear_layer.up.weight", partUp}, // older diffusers, text encoder
		{".lora.down.weight", partDown}, {".lora.up.weight", partUp}, // older diffusers
		{"_lora.down.weight", partDown}, {"_lora.up.weight", partUp}, // attention processors
		{".alpha", partAlpha},
	}
}

// otherChange is a mark in the names of changes that are no plain LoRA.
type otherChange struct{ mark, what string }

func otherChanges() []otherChange {
	return []otherChange{
		{".dora_scale", "a DoRA, which rescales the rows of the merged weight"},
		{".lora_magnitude_vector", "a DoRA, which rescales the rows of the merged weight"},
		{".hada_", "a LoHa (product of two low-rank matrices, element by element)"},
		{".lokr_", "a LoKr (Kronecker product)"},
		{".oft_", "an orthogonal fine-tuning"},
		{".diff", "a full difference of weights"},
		{".on_input", "an (IA)^3"},
	}
}

// splitLoRAKey takes a name apart into the path of the module that it changes,
// as the file spells it, and its part.
func splitLoRAKey(name string) (module string, part loraPart, err error) {
	for _, o := range otherChanges() {
		if strings.Contains(name, o.mark) {
			return "", 0, fmt.Errorf("belongs to %s; LoRA and LoCon files can be used", o.what)
		}
	}
	for _, s := range loraSuffixes() {
		if m, ok := strings.CutSuffix(name, s.text); ok && m != "" {
			return m, s.part, nil
		}
	}
	return "", 0, fmt.Errorf("is no name of a LoRA that this program knows")
}

// target is a weight of a model: which component, and its name there.
type target struct {
	part string // "unet", "text_encoder" or "text_encoder_2", as diffusers calls it
	name string
}

// loraNames finds the weight that a module path of a LoRA means.
type loraNames struct {
	exact map[string]target // paths with dots, "unet.down_blocks.0..."
	flat  map[string]target // kohya's, "lora_unet_down_blocks_0_..."
}

func newLoRANames(m *Model) loraNames {
	n := loraNames{exact: map[string]target{}, flat: map[string]target{}}
	put := func(part, path, weight string, flats ...string) {
		t := target{part, weight}
		n.exact[part+"."+path] = t
		for _, f := range flats {
			n.flat[f+strings.ReplaceAll(path, ".", "_")] = t
		}
	}
	if m.UNet != nil {
		original := originalPaths(m.UNet.Weights)
		for _, w := range m.UNet.Weights.order {
			module, ok := strings.CutSuffix(w, ".weight")
			if !ok {
				continue
			}
			put("unet", module, w, "lora_unet_")
			if o := originalName(original, module); o != "" {
				n.flat["lora_unet_"+strings.ReplaceAll(o, ".", "_")] = target{"unet", w}
			}
		}
	}
	text := func(part string, c *Component[TextConfig], flats ...string) {
		if c == nil {
			return
		}
		for _, w := range c.Weights.order {
			if module, ok := strings.CutSuffix(w, ".weight"); ok {
				put(part, module, w, flats...)
				// Some write the path inside the text model.
				if short, ok := strings.CutPrefix(module, "text_model."); ok {
					put(part, short, w, flats...)
				}
			}
		}
	}
	text("text_encoder", m.TextEncoder, "lora_te_", "lora_te1_")
	text("text_encoder_2", m.TextEncoder2, "lora_te2_")
	return n
}

// find returns the weight that a module path means.
func (n loraNames) find(module string) (target, bool) {
	if strings.HasPrefix(module, "lora_") {
		t, ok := n.flat[module]
		return t, ok
	}
	path := strings.TrimPrefix(module, "base_model.model.")
	// An attention processor's path is "….attn1.processor.to_q".
	if before, after, ok := strings.Cut(path, ".processor."); ok {
		path = before + "." + after
	}
	if strings.HasSuffix(path, ".to_out") {
		path += ".0"
	}
	for _, prefix := range [...]string{"", "unet."} {
		if t, ok := n.exact[prefix+path]; ok {
			return t, true
		}
	}
	return target{}, false
}

// originalPaths maps the module paths of a UNet in diffusers' naming to those
// of the original layout: the inverse of unetPaths, which kohya's trainer uses
// to name what it changes in an SDXL UNet.
func originalPaths(set *Set) map[string]string {
	out := map[string]string{}
	for original, diffusers := range unetPaths(nil) {
		out[diffusers] = original
	}
	s := &shapes{set: set}
	walk := func(side, kind string, first int, sampler string) {
		i := first
		for level := range s.count(side+"_blocks.", ".resnets.0.conv1.weight", maxBlocks) {
			b := side + "_blocks." + strconv.Itoa(level)
			layers := s.count(b+".resnets.", ".conv1.weight", maxLayers)
			resampled := set.Has(b + "." + sampler + ".0.conv.weight")
			for j := range layers {
				at := kind + "." + strconv.Itoa(i)
				out[b+".resnets."+strconv.Itoa(j)] = at + ".0"
				next := ".1"
				if att := b + ".attentions." + strconv.Itoa(j); set.Has(att + ".norm.weight") {
					out[att] = at + ".1"
					next = ".2"
				}
				if side == "up" && resampled && j == layers-1 {
					out[b+".upsamplers.0.conv"] = at + next + ".conv"
				}
				i++
			}
			if side == "down" && resampled {
				out[b+".downsamplers.0.conv"] = kind + "." + strconv.Itoa(i) + ".0.op"
				i++
			}
		}
	}
	walk("down", "input_blocks", 1, "downsamplers")
	walk("up", "output_blocks", 0, "upsamplers")
	return out
}

// originalName is the module's path in the original layout, "" when it has
// none.
func originalName(paths map[string]string, module string) string {
	for cut := len(module); cut > 0; cut = strings.LastIndexByte(module[:cut], '.') {
		to, ok := paths[module[:cut]]
		if !ok {
			continue
		}
		rest := strings.TrimPrefix(module[cut:], ".")
		if rest == "" {
			return to
		}
		if strings.Contains(module[:cut], ".resnets.") {
			for _, p := range resnetParts() {
				if rest == p[1] {
					return to + "." + p[0]
				}
			}
			return ""
		}
		return to + "." + rest
	}
	return ""
}

// adapterMetadata is what newer diffusers write beside a LoRA's weights, as
// JSON with keys "unet.lora_alpha", "text_encoder.r", ...
type adapterMetadata map[string]json.RawMessage

func readAdapterMetadata(f *File) (adapterMetadata, error) {
	text := f.Metadata("lora_adapter_metadata")
	if text == "" {
		return nil, nil
	}
	var m adapterMetadata
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, &FormatError{File: f.Name(), Key: "__metadata__", Reason: "lora_adapter_metadata is not JSON: " + err.Error()}
	}
	return m, nil
}

// alpha is the alpha of a module, and whether the scale is alpha/sqrt(rank);
// 0 when the metadata does not say.
func (a adapterMetadata) alpha(part, module string) (alpha float64, root bool) {
	_ = json.Unmarshal(a[part+".use_rslora"], &root) // absent means false
	var pattern map[string]float64
	if json.Unmarshal(a[part+".alpha_pattern"], &pattern) == nil {
		for k, v := range pattern {
			if module == k || strings.HasSuffix(module, "."+k) {
				return v, root
			}
		}
	}
	if json.Unmarshal(a[part+".lora_alpha"], &alpha) != nil {
		return 0, root
	}
	return alpha, root
}
