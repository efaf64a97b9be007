package weights

import (
	"slices"
	"strconv"
	"strings"
)

// The original ("LDM") layout numbers a UNet's blocks through: input_blocks.i
// and output_blocks.i, each a short list of modules. diffusers groups them by
// level. Which number belongs to which level follows from the modules that
// each block has, so no configuration is needed:
//
//	input_blocks.0.0      conv_in
//	input_blocks.i.0      a resnet, or (".op") the downsampler that ends a level
//	input_blocks.i.1      the attention after that resnet
//	middle_block.0, 1, 2  resnet, attention, resnet
//	output_blocks.i.0     a resnet; .1 attention or upsampler, .2 upsampler
//
// unetPaths maps the module paths ("input_blocks.4.1") to those of diffusers
// ("down_blocks.1.attentions.0").
func unetPaths(names []string) map[string]string {
	type block struct{ res, att, op, up1, up2 bool }
	blocks := func(kind string) []block {
		var out []block
		for _, name := range names {
			rest, ok := strings.CutPrefix(name, kind+".")
			if !ok {
				continue
			}
			num, rest, _ := strings.Cut(rest, ".")
			i, err := strconv.Atoi(num)
			if err != nil || i < 0 || i >= maxBlocks*maxLayers {
				continue
			}
			for len(out) <= i {
				out = append(out, block{})
			}
			b := &out[i]
			b.res = b.res || strings.HasPrefix(rest, "0.in_layers.")
			b.op = b.op || strings.HasPrefix(rest, "0.op.")
			b.att = b.att || strings.HasPrefix(rest, "1.transformer_blocks.")
			b.up1 = b.up1 || strings.HasPrefix(rest, "1.conv.")
			b.up2 = b.up2 || strings.HasPrefix(rest, "2.conv.")
		}
		return out
	}
	paths := map[string]string{
		"input_blocks.0.0": "conv_in",
		"middle_block.0":   "mid_block.resnets.0",
		"middle_block.1":   "mid_block.attentions.0",
		"middle_block.2":   "mid_block.resnets.1",
		"time_embed.0":     "time_embedding.linear_1",
		"time_embed.2":     "time_embedding.linear_2",
		"label_emb.0.0":    "add_embedding.linear_1",
		"label_emb.0.2":    "add_embedding.linear_2",
		"out.0":            "conv_norm_out",
		"out.2":            "conv_out",
		"time_embed_cond":  "time_embedding.cond_proj",
	}
	level, layer := 0, 0
	at := func(side, module string, n int) string {
		return side + "_blocks." + strconv.Itoa(level) + "." + module + "." + strconv.Itoa(n)
	}
	for i, b := range blocks("input_blocks") {
		in := "input_blocks." + strconv.Itoa(i)
		switch {
		case b.op:
			paths[in+".0.op"] = at("down", "downsamplers", 0) + ".conv"
			level, layer = level+1, 0
		case b.res:
			paths[in+".0"] = at("down", "resnets", layer)
			if b.att {
				paths[in+".1"] = at("down", "attentions", layer)
			}
			layer++
		}
	}
	level, layer = 0, 0
	for i, b := range blocks("output_blocks") {
		out := "output_blocks." + strconv.Itoa(i)
		paths[out+".0"] = at("up", "resnets", layer)
		if b.att {
			paths[out+".1"] = at("up", "attentions", layer)
		}
		layer++
		if b.up1 || b.up2 {
			n := ".1.conv"
			if b.up2 {
				n = ".2.conv"
			}
			paths[out+n] = at("up", "upsamplers", 0) + ".conv"
			level, layer = level+1, 0
		}
	}
	return paths
}

// resnetParts are the names inside a resnet, original and diffusers'.
func resnetParts() [][2]string {
	return [][2]string{
		{"in_layers.0", "norm1"},
		{"in_layers.2", "conv1"},
		{"emb_layers.1", "time_emb_proj"},
		{"out_layers.0", "norm2"},
		{"out_layers.3", "conv2"},
		{"skip_connection", "conv_shortcut"},
	}
}

// unetName translates one name of the original layout (without
// "model.diffusion_model.") by the paths; "" when it is unknown.
func unetName(paths map[string]string, name string) string {
	// The longest module path that is known.
	for cut := strings.LastIndexByte(name, '.'); cut > 0; cut = strings.LastIndexByte(name[:cut], '.') {
		to, ok := paths[name[:cut]]
		if !ok {
			continue
		}
		rest := name[cut+1:]
		if !strings.Contains(to, ".resnets.") {
			return to + "." + rest
		}
		for _, p := range resnetParts() {
			if tail, ok := strings.CutPrefix(rest, p[0]+"."); ok {
				return to + "." + p[1] + "." + tail
			}
		}
		return ""
	}
	return ""
}

// controlPaths is unetPaths with the modules that only a ControlNet has.
func controlPaths(names []string) map[string]string {
	paths := unetPaths(names)
	last := 0
	for _, name := range names {
		switch parts := strings.Split(name, "."); {
		case len(parts) == 3 && parts[0] == "input_hint_block":
			if i, err := strconv.Atoi(parts[1]); err == nil {
				last = max(last, i)
			}
		case len(parts) == 4 && parts[0] == "zero_convs":
			paths["zero_convs."+parts[1]+".0"] = "controlnet_down_blocks." + parts[1]
		}
	}
	for i := 2; i < min(last, 64); i += 2 { // odd ones are activations
		paths["input_hint_block."+strconv.Itoa(i)] = "controlnet_cond_embedding.blocks." + strconv.Itoa(i/2-1)
	}
	paths["input_hint_block.0"] = "controlnet_cond_embedding.conv_in"
	paths["input_hint_block."+strconv.Itoa(last)] = "controlnet_cond_embedding.conv_out"
	paths["middle_block_out.0"] = "controlnet_mid_block"
	return paths
}

// vaeLevels is the number of decoder levels in names of the original layout.
func vaeLevels(names []string) int {
	n := 0
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, "decoder.up."); ok {
			num, _, _ := strings.Cut(rest, ".")
			if i, err := strconv.Atoi(num); err == nil && i < maxBlocks {
				n = max(n, i+1)
			}
		}
	}
	return n
}

// vaeOriginalName translates an autoencoder's name from the original layout,
// where the decoder's levels are numbered from the image; "" when unknown.
func vaeOriginalName(name string, levels int) string {
	if strings.HasPrefix(name, "quant_conv.") || strings.HasPrefix(name, "post_quant_conv.") {
		return name
	}
	side, rest, ok := strings.Cut(name, ".")
	if !ok || side != "encoder" && side != "decoder" {
		return ""
	}
	parts := strings.Split(rest, ".")
	resnet := func(prefix string, tail []string) string {
		if len(tail) != 2 {
			return ""
		}
		if tail[0] == "nin_shortcut" {
			tail = []string{"conv_shortcut", tail[1]}
		}
		return prefix + "." + strings.Join(tail, ".")
	}
	switch {
	case len(parts) == 2 && (parts[0] == "conv_in" || parts[0] == "conv_out"):
		return name
	case len(parts) == 2 && parts[0] == "norm_out":
		return side + ".conv_norm_out." + parts[1]
	case len(parts) == 4 && parts[0] == "mid" && parts[1] == "attn_1":
		to, ok := map[string]string{"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}[parts[2]]
		if !ok {
			return ""
		}
		return side + ".mid_block.attentions.0." + to + "." + parts[3]
	case len(parts) == 4 && parts[0] == "mid" && parts[1] == "block_1":
		return resnet(side+".mid_block.resnets.0", parts[2:])
	case len(parts) == 4 && parts[0] == "mid" && parts[1] == "block_2":
		return resnet(side+".mid_block.resnets.1", parts[2:])
	case len(parts) < 5 || parts[0] != "down" && parts[0] != "up":
		return ""
	}
	level, err := strconv.Atoi(parts[1])
	if err != nil || level < 0 {
		return ""
	}
	to := side + ".down_blocks."
	if parts[0] == "up" {
		to = side + ".up_blocks."
		level = levels - 1 - level
	}
	to += strconv.Itoa(level)
	switch {
	case parts[2] == "block" && len(parts) == 6:
		return resnet(to+".resnets."+parts[3], parts[4:])
	case parts[2] == "downsample" && parts[3] == "conv":
		return to + ".downsamplers.0.conv." + parts[4]
	case parts[2] == "upsample" && parts[3] == "conv":
		return to + ".upsamplers.0.conv." + parts[4]
	}
	return ""
}

// openCLIPNames are the module names of an OpenCLIP text transformer.
func openCLIPNames() [][2]string {
	return [][2]string{
		{"ln_1", "layer_norm1"},
		{"ln_2", "layer_norm2"},
		{"mlp.c_fc", "mlp.fc1"},
		{"mlp.c_proj", "mlp.fc2"},
		{"attn.out_proj", "self_attn.out_proj"},
	}
}

// openCLIP translates the tensors of an OpenCLIP text encoder, whose names
// come without their prefix. Its q, k and v are one matrix, of which each
// becomes a window; text_projection is stored transposed, so that it is the
// one tensor that is copied.
func openCLIP(file string, ts []Tensor, held *holdings) ([]Tensor, error) {
	var out []Tensor
	put := func(t Tensor, name string) {
		t.Name = name
		out = append(out, t)
	}
	for _, t := range ts {
		switch t.Name {
		case "positional_embedding":
			put(t, "text_model.embeddings.position_embedding.weight")
			continue
		case "token_embedding.weight":
			put(t, "text_model.embeddings.token_embedding.weight")
			continue
		case "ln_final.weight", "ln_final.bias":
			put(t, "text_model.final_layer_norm"+strings.TrimPrefix(t.Name, "ln_final"))
			continue
		case "text_projection":
			tr, err := transposed(file, t, held)
			if err != nil {
				return nil, err
			}
			put(tr, "text_projection.weight")
			continue
		case "text_projection.weight":
			put(t, t.Name)
			continue
		}
		rest, ok := strings.CutPrefix(t.Name, "transformer.resblocks.")
		if !ok {
			continue // logit_scale, position_ids, attn_mask
		}
		num, part, _ := strings.Cut(rest, ".")
		layer := "text_model.encoder.layers." + num + "."
		if kind, ok := strings.CutPrefix(part, "attn.in_proj_"); ok && (kind == "weight" || kind == "bias") {
			if len(t.Shape) == 0 || t.Shape[0]%3 != 0 {
				return nil, &FormatError{File: file, Key: t.Name, Reason: "does not divide into q, k and v"}
			}
			third := len(t.Data) / 3
			for i, p := range [...]string{"q_proj.", "k_proj.", "v_proj."} {
				w := t
				w.Shape = slices.Clone(t.Shape)
				w.Shape[0] /= 3
				w.Data = t.Data[i*third : (i+1)*third : (i+1)*third]
				w.Offset = t.Offset + int64(i*third)
				put(w, layer+"self_attn."+p+kind)
			}
			continue
		}
		known := false
		for _, p := range openCLIPNames() {
			if tail, ok := strings.CutPrefix(part, p[0]+"."); ok {
				put(t, layer+p[1]+"."+tail)
				known = true
			}
		}
		if !known {
			return nil, &UnsupportedError{File: file, Key: t.Name, Reason: "is no part of the OpenCLIP text encoder that this program knows"}
		}
	}
	return out, nil
}

// transposed is the matrix t with rows and columns exchanged, in memory.
func transposed(file string, t Tensor, held *holdings) (Tensor, error) {
	if len(t.Shape) != 2 {
		return t, &FormatError{File: file, Key: t.Name, Reason: "is not a matrix"}
	}
	rows, cols, size := t.Shape[0], t.Shape[1], t.Type.Size()
	mem, err := newArena(int64(len(t.Data)), 1)
	if err != nil {
		return t, err
	}
	held.also(mem.mem.close)
	data := mem.take(len(t.Data))
	for r := range rows {
		for c := range cols {
			copy(data[(c*rows+r)*size:(c*rows+r+1)*size], t.Data[(r*cols+c)*size:])
		}
	}
	return Tensor{Name: t.Name, Type: t.Type, Shape: []int{cols, rows}, Data: data}, nil
}
