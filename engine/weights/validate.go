package weights

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Bounds on what a configuration may ask for, so that a hostile one cannot
// make a program of unbounded size. Published models stay far below.
const (
	maxBlocks   = 8
	maxLayers   = 64
	maxChannels = 1 << 16
)

// The defaults are those of diffusers 0.42 and transformers 5: a field that a
// configuration leaves out has this value.

func defaultUNet() UNetConfig {
	return UNetConfig{
		InChannels: 4, OutChannels: 4,
		BlockOutChannels:          []int{320, 640, 1280, 1280},
		DownBlockTypes:            []string{crossDown, crossDown, crossDown, plainDown},
		UpBlockTypes:              []string{plainUp, crossUp, crossUp, crossUp},
		MidBlockType:              crossMid,
		LayersPerBlock:            Ints{2},
		TransformerLayersPerBlock: Ints{1},
		AttentionHeadDim:          Ints{8},
		CrossAttentionDim:         Ints{1280},
		NormNumGroups:             32, NormEps: 1e-5,
		ActFn: "silu", FlipSinToCos: true,
		ResnetTimeScaleShift: "default",
		ConditioningChannels: 3, ConditioningEmbeddingOutChannels: []int{16, 32, 96, 256},
		ControlNetChannelOrder: "rgb",
	}
}

func defaultText() TextConfig {
	return TextConfig{
		VocabSize: 49408, HiddenSize: 512, IntermediateSize: 2048, ProjectionDim: 512,
		NumHiddenLayers: 12, NumAttentionHeads: 8, MaxPositionEmbeddings: 77,
		HiddenAct: "quick_gelu", LayerNormEps: 1e-5,
		PadTokenID: 1, BOSTokenID: 49406, EOSTokenID: 49407,
	}
}

func defaultVAE() VAEConfig {
	return VAEConfig{
		ClassName:  "AutoencoderKL",
		InChannels: 3, OutChannels: 3, BlockOutChannels: []int{64}, LayersPerBlock: 1,
		LatentChannels: 4, NormNumGroups: 32, ActFn: "silu", ScalingFactor: 0.18215,
		ForceUpcast: true,
	}
}

func defaultTiny() VAEConfig {
	return VAEConfig{
		ClassName:  "AutoencoderTiny",
		InChannels: 3, OutChannels: 3, LatentChannels: 4, ActFn: "relu", ScalingFactor: 1,
		EncoderBlockOutChannels: []int{64, 64, 64, 64}, DecoderBlockOutChannels: []int{64, 64, 64, 64},
		NumEncoderBlocks: []int{1, 3, 3, 3}, NumDecoderBlocks: []int{3, 3, 3, 1},
		UpsamplingScalingFactor: 2, LatentMagnitude: 3, LatentShift: 0.5,
	}
}

const (
	crossDown = "CrossAttnDownBlock2D"
	plainDown = "DownBlock2D"
	crossUp   = "CrossAttnUpBlock2D"
	plainUp   = "UpBlock2D"
	crossMid  = "UNetMidBlock2DCrossAttn"
)

// ask collects the first thing that is wrong with a configuration.
type ask struct{ err error }

func (a *ask) that(ok bool, field, format string, args ...any) {
	if a.err == nil && !ok {
		a.err = &ConfigError{Field: field, Reason: fmt.Sprintf(format, args...)}
	}
}

func (a *ask) within(field string, v, low, high int) {
	a.that(v >= low && v <= high, field, "is %d; between %d and %d can be used", v, low, high)
}

func (a *ask) channels(field string, v []int, least, most int) {
	a.that(len(v) >= least && len(v) <= most, field, "has %d blocks; between %d and %d can be used", len(v), least, most)
	for _, c := range v {
		a.within(field, c, 1, maxChannels)
	}
}

// Validate checks that the configuration describes a network that can be
// built; the error is a *ConfigError without its file.
func (c *UNetConfig) Validate() error {
	a := &ask{}
	n := len(c.BlockOutChannels)
	a.within("in_channels", c.InChannels, 1, maxChannels)
	a.within("out_channels", c.OutChannels, 1, maxChannels)
	a.channels("block_out_channels", c.BlockOutChannels, 1, maxBlocks)
	a.that(len(c.DownBlockTypes) == n, "down_block_types", "has %d entries for %d blocks", len(c.DownBlockTypes), n)
	for _, t := range c.DownBlockTypes {
		a.that(t == crossDown || t == plainDown, "down_block_types", "has a %q; %s and %s can be built", clip(t), crossDown, plainDown)
	}
	if len(c.UpBlockTypes) > 0 { // a ControlNet has none
		a.that(len(c.UpBlockTypes) == n, "up_block_types", "has %d entries for %d blocks", len(c.UpBlockTypes), n)
	}
	for _, t := range c.UpBlockTypes {
		a.that(t == crossUp || t == plainUp, "up_block_types", "has a %q; %s and %s can be built", clip(t), crossUp, plainUp)
	}
	a.that(c.MidBlockType == crossMid, "mid_block_type", "is %q; %s can be built", clip(c.MidBlockType), crossMid)
	a.that(c.ActFn == "silu" || c.ActFn == "swish", "act_fn", "is %q; silu can be built", clip(c.ActFn))
	a.that(c.ResnetTimeScaleShift == "default", "resnet_time_scale_shift", "is %q; default can be built", clip(c.ResnetTimeScaleShift))
	a.that(c.AdditionEmbedType == "" || c.AdditionEmbedType == "text_time", "addition_embed_type", "is %q; text_time can be built", clip(c.AdditionEmbedType))
	a.that(c.FreqShift == 0 && c.FlipSinToCos, "freq_shift", "or flip_sin_to_cos differ from every published Stable Diffusion")
	a.that(c.NormEps > 0 && c.NormEps < 1, "norm_eps", "is %g", c.NormEps)
	a.within("norm_num_groups", c.NormNumGroups, 1, maxChannels)
	a.within("time_cond_proj_dim", c.TimeCondProjDim, 0, maxChannels)
	if c.AdditionEmbedType == "text_time" {
		a.within("addition_time_embed_dim", c.AdditionTimeEmbedDim, 1, maxChannels)
		a.within("projection_class_embeddings_input_dim", c.ProjectionClassEmbeddingsInput, 1, maxChannels)
	}
	if a.err != nil {
		return a.err
	}
	for _, l := range []struct {
		field string
		v     Ints
		most  int
	}{
		{"layers_per_block", c.LayersPerBlock, maxLayers},
		{"transformer_layers_per_block", c.TransformerLayersPerBlock, maxLayers},
		{"cross_attention_dim", c.CrossAttentionDim, maxChannels},
	} {
		a.that(len(l.v) == 1 || len(l.v) == n, l.field, "has %d numbers for %d blocks", len(l.v), n)
		for _, x := range l.v {
			a.within(l.field, x, 1, l.most)
		}
	}
	for i, ch := range c.BlockOutChannels {
		a.that(ch%c.NormNumGroups == 0, "norm_num_groups", "%d does not divide the %d channels of block %d", c.NormNumGroups, ch, i)
		if h := c.Heads(i); i == n-1 || c.DownBlockTypes[i] == crossDown || len(c.UpBlockTypes) > 0 && c.UpBlockTypes[n-1-i] == crossUp {
			a.that(h > 0 && ch%max(h, 1) == 0, "attention_head_dim", "%d heads do not divide the %d channels of block %d", h, ch, i)
		}
	}
	a.that(slices.Contains([]string{"", "rgb", "bgr"}, c.ControlNetChannelOrder), "controlnet_conditioning_channel_order", "is %q; rgb and bgr can be built", clip(c.ControlNetChannelOrder))
	if len(c.ConditioningEmbeddingOutChannels) > 0 {
		a.channels("conditioning_embedding_out_channels", c.ConditioningEmbeddingOutChannels, 1, 16)
		a.within("conditioning_channels", c.ConditioningChannels, 1, maxChannels)
	}
	return a.err
}

// refuseVariants refuses a UNet whose configuration asks for something that
// UNetConfig does not hold, because no Stable Diffusion 1, 2 or XL has it.
func refuseVariants(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return &ConfigError{Reason: err.Error()}
	}
	for _, f := range []struct{ field, fine string }{
		{"class_embed_type", "null"},
		{"num_class_embeds", "null"},
		{"encoder_hid_dim", "null"},
		{"encoder_hid_dim_type", "null"},
		{"mid_block_only_cross_attention", "null"},
		{"mid_block_scale_factor", "1"},
		{"resnet_out_scale_factor", "1"},
		{"center_input_sample", "false"},
		{"only_cross_attention", "false"},
		{"dual_cross_attention", "false"},
		{"resnet_skip_time_act", "false"},
		{"class_embeddings_concat", "false"},
		{"cross_attention_norm", "null"},
		{"attention_type", `"default"`},
		{"time_embedding_type", `"positional"`},
		{"time_embedding_dim", "null"},
		{"time_embedding_act_fn", "null"},
		{"timestep_post_act", "null"},
		{"conv_in_kernel", "3"},
		{"conv_out_kernel", "3"},
		{"reverse_transformer_layers_per_block", "null"},
		{"downsample_padding", "1"},
		{"global_pool_conditions", "false"},
	} {
		v, ok := fields[f.field]
		s := strings.TrimSuffix(strings.TrimSpace(string(v)), ".0")
		if ok && s != f.fine && s != "null" {
			return &ConfigError{Field: f.field, Reason: fmt.Sprintf("is %s; only %s can be built", clip(s), f.fine)}
		}
	}
	return nil
}

// Validate checks that the configuration describes a network that can be
// built; the error is a *ConfigError without its file.
func (c *TextConfig) Validate() error {
	a := &ask{}
	a.within("vocab_size", c.VocabSize, 1, 1<<24)
	a.within("hidden_size", c.HiddenSize, 1, maxChannels)
	a.within("intermediate_size", c.IntermediateSize, 1, 1<<20)
	a.within("projection_dim", c.ProjectionDim, 0, maxChannels)
	a.within("num_hidden_layers", c.NumHiddenLayers, 1, maxLayers)
	a.within("num_attention_heads", c.NumAttentionHeads, 1, maxChannels)
	a.within("max_position_embeddings", c.MaxPositionEmbeddings, 1, maxChannels)
	a.that(c.NumAttentionHeads > 0 && c.HiddenSize%max(c.NumAttentionHeads, 1) == 0, "num_attention_heads", "%d does not divide the hidden size %d", c.NumAttentionHeads, c.HiddenSize)
	a.that(slices.Contains([]string{"quick_gelu", "gelu"}, c.HiddenAct), "hidden_act", "is %q; quick_gelu and gelu can be built", clip(c.HiddenAct))
	a.that(c.LayerNormEps > 0 && c.LayerNormEps < 1, "layer_norm_eps", "is %g", c.LayerNormEps)
	return a.err
}

// WithProjection tells whether it is a CLIPTextModelWithProjection, SDXL's
// second encoder.
func (c *TextConfig) WithProjection() bool {
	return slices.Contains(c.Architectures, "CLIPTextModelWithProjection")
}

// Validate checks that the configuration describes a network that can be
// built; the error is a *ConfigError without its file.
func (c *VAEConfig) Validate() error {
	a := &ask{}
	a.within("in_channels", c.InChannels, 1, maxChannels)
	a.within("out_channels", c.OutChannels, 1, maxChannels)
	a.within("latent_channels", c.LatentChannels, 1, maxChannels)
	a.that(c.ScalingFactor > 0, "scaling_factor", "is %g", c.ScalingFactor)
	if c.Tiny() {
		a.channels("encoder_block_out_channels", c.EncoderBlockOutChannels, 1, maxBlocks)
		a.channels("decoder_block_out_channels", c.DecoderBlockOutChannels, 1, maxBlocks)
		a.that(len(c.NumEncoderBlocks) == len(c.EncoderBlockOutChannels), "num_encoder_blocks", "has %d numbers for %d blocks", len(c.NumEncoderBlocks), len(c.EncoderBlockOutChannels))
		a.that(len(c.NumDecoderBlocks) == len(c.DecoderBlockOutChannels), "num_decoder_blocks", "has %d numbers for %d blocks", len(c.NumDecoderBlocks), len(c.DecoderBlockOutChannels))
		for _, v := range slices.Concat(c.NumEncoderBlocks, c.NumDecoderBlocks) {
			a.within("num_encoder_blocks", v, 0, maxLayers)
		}
		a.that(c.ActFn == "relu", "act_fn", "is %q; relu can be built", clip(c.ActFn))
		a.that(c.UpsamplingScalingFactor == 2, "upsampling_scaling_factor", "is %d; 2 can be built", c.UpsamplingScalingFactor)
		a.that(c.LatentMagnitude > 0, "latent_magnitude", "is %g", c.LatentMagnitude)
		return a.err
	}
	a.that(c.ClassName == "" || c.ClassName == "AutoencoderKL", "_class_name", "is %q; AutoencoderKL and AutoencoderTiny can be used", clip(c.ClassName))
	a.channels("block_out_channels", c.BlockOutChannels, 1, maxBlocks)
	a.within("layers_per_block", c.LayersPerBlock, 1, maxLayers)
	a.within("norm_num_groups", c.NormNumGroups, 1, maxChannels)
	a.that(c.ActFn == "silu" || c.ActFn == "swish", "act_fn", "is %q; silu can be built", clip(c.ActFn))
	if a.err != nil {
		return a.err
	}
	for i, ch := range c.BlockOutChannels {
		a.that(ch%c.NormNumGroups == 0, "norm_num_groups", "%d does not divide the %d channels of block %d", c.NormNumGroups, ch, i)
	}
	return a.err
}

// Validate checks that the configuration describes a network that can be
// built; the error is a *ConfigError without its file.
func (c *UpscalerConfig) Validate() error {
	a := &ask{}
	a.within("num_in_ch", c.NumInCh, 1, 64)
	a.within("num_out_ch", c.NumOutCh, 1, 64)
	a.that(c.Scale == 2 || c.Scale == 4, "scale", "is %d; 2 and 4 can be built", c.Scale)
	a.within("num_feat", c.NumFeat, 1, maxChannels)
	a.within("num_block", c.NumBlock, 1, maxLayers*4)
	a.within("num_grow_ch", c.NumGrowCh, 1, maxChannels)
	return a.err
}
