package weights

import (
	"encoding/json"
	"fmt"
)

// Ints is a configuration value that files write either as one number or as a
// list, one per block.
type Ints []int

// UnmarshalJSON accepts a number, a list of numbers or null.
func (v *Ints) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*v = nil
		return nil
	}
	var one int
	if json.Unmarshal(b, &one) == nil {
		*v = Ints{one}
		return nil
	}
	var many []int
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("config: want a number or a list of numbers, have %.40s", b)
	}
	*v = many
	return nil
}

// At returns the value of block i; one number counts for every block. It
// returns 0 where there is none.
func (v Ints) At(i int) int {
	switch {
	case len(v) == 0 || i < 0:
		return 0
	case len(v) == 1:
		return v[0]
	case i < len(v):
		return v[i]
	}
	return 0
}

// Reversed returns the value of block i counted from the last of n, as the up
// blocks take the values of the down blocks.
func (v Ints) Reversed(i, n int) int { return v.At(n - 1 - i) }

// UNetConfig is the config.json of a UNet2DConditionModel or, with the fields
// at its end, of a ControlNetModel. Defaults are those of diffusers 0.42.
type UNetConfig struct {
	SampleSize                       int      `json:"sample_size"`
	InChannels                       int      `json:"in_channels"`
	OutChannels                      int      `json:"out_channels"`
	BlockOutChannels                 []int    `json:"block_out_channels"`
	DownBlockTypes                   []string `json:"down_block_types"`
	UpBlockTypes                     []string `json:"up_block_types"`
	MidBlockType                     string   `json:"mid_block_type"`
	LayersPerBlock                   Ints     `json:"layers_per_block"`
	TransformerLayersPerBlock        Ints     `json:"transformer_layers_per_block"`
	AttentionHeadDim                 Ints     `json:"attention_head_dim"` // the number of heads, in spite of its name
	NumAttentionHeads                Ints     `json:"num_attention_heads"`
	CrossAttentionDim                Ints     `json:"cross_attention_dim"`
	UseLinearProjection              bool     `json:"use_linear_projection"`
	UpcastAttention                  bool     `json:"upcast_attention"`
	NormNumGroups                    int      `json:"norm_num_groups"`
	NormEps                          float64  `json:"norm_eps"`
	ActFn                            string   `json:"act_fn"`
	FlipSinToCos                     bool     `json:"flip_sin_to_cos"`
	FreqShift                        float64  `json:"freq_shift"`
	AdditionEmbedType                string   `json:"addition_embed_type"`
	AdditionTimeEmbedDim             int      `json:"addition_time_embed_dim"`
	ProjectionClassEmbeddingsInput   int      `json:"projection_class_embeddings_input_dim"`
	ResnetTimeScaleShift             string   `json:"resnet_time_scale_shift"`
	TimeCondProjDim                  int      `json:"time_cond_proj_dim"`                    // LCM guidance embedding; 0 for none
	ConditioningChannels             int      `json:"conditioning_channels"`                 // ControlNet
	ConditioningEmbeddingOutChannels []int    `json:"conditioning_embedding_out_channels"`   // ControlNet
	ControlNetChannelOrder           string   `json:"controlnet_conditioning_channel_order"` // ControlNet
}

// TextConfig is the config.json of a CLIPTextModel or CLIPTextModelWithProjection.
type TextConfig struct {
	Architectures         []string `json:"architectures"`
	VocabSize             int      `json:"vocab_size"`
	HiddenSize            int      `json:"hidden_size"`
	IntermediateSize      int      `json:"intermediate_size"`
	ProjectionDim         int      `json:"projection_dim"`
	NumHiddenLayers       int      `json:"num_hidden_layers"`
	NumAttentionHeads     int      `json:"num_attention_heads"`
	MaxPositionEmbeddings int      `json:"max_position_embeddings"`
	HiddenAct             string   `json:"hidden_act"`
	LayerNormEps          float64  `json:"layer_norm_eps"`
	BOSTokenID            int      `json:"bos_token_id"`
	EOSTokenID            int      `json:"eos_token_id"`
	PadTokenID            int      `json:"pad_token_id"`
}

// VAEConfig is the config.json of an AutoencoderKL or an AutoencoderTiny;
// ClassName tells which.
type VAEConfig struct {
	ClassName        string  `json:"_class_name"`
	InChannels       int     `json:"in_channels"`
	OutChannels      int     `json:"out_channels"`
	BlockOutChannels []int   `json:"block_out_channels"`
	LayersPerBlock   int     `json:"layers_per_block"`
	LatentChannels   int     `json:"latent_channels"`
	NormNumGroups    int     `json:"norm_num_groups"`
	ActFn            string  `json:"act_fn"`
	ScalingFactor    float64 `json:"scaling_factor"`
	ShiftFactor      float64 `json:"shift_factor"`
	ForceUpcast      bool    `json:"force_upcast"`
	UseQuantConv     *bool   `json:"use_quant_conv"`      // AutoencoderKL; absent means true
	UsePostQuantConv *bool   `json:"use_post_quant_conv"` // likewise
	MidBlockAddAttn  *bool   `json:"mid_block_add_attention"`
	// AutoencoderTiny.
	EncoderBlockOutChannels []int   `json:"encoder_block_out_channels"`
	DecoderBlockOutChannels []int   `json:"decoder_block_out_channels"`
	NumEncoderBlocks        []int   `json:"num_encoder_blocks"`
	NumDecoderBlocks        []int   `json:"num_decoder_blocks"`
	UpsamplingScalingFactor int     `json:"upsampling_scaling_factor"`
	LatentMagnitude         float64 `json:"latent_magnitude"`
	LatentShift             float64 `json:"latent_shift"`
}

// Tiny tells whether it is an AutoencoderTiny.
func (c *VAEConfig) Tiny() bool { return c.ClassName == "AutoencoderTiny" }

// QuantConv tells whether an AutoencoderKL has a 1x1 convolution after its
// encoder. An absent field means yes, as in diffusers; likewise below.
func (c *VAEConfig) QuantConv() bool { return yes(c.UseQuantConv) }

// PostQuantConv tells whether an AutoencoderKL has a 1x1 convolution before
// its decoder.
func (c *VAEConfig) PostQuantConv() bool { return yes(c.UsePostQuantConv) }

// MidAttention tells whether an AutoencoderKL has attention in its middle.
func (c *VAEConfig) MidAttention() bool { return yes(c.MidBlockAddAttn) }

func yes(b *bool) bool { return b == nil || *b }

// Heads is the number of attention heads of down block i; the up blocks count
// from the other end, the middle takes the last.
func (c *UNetConfig) Heads(i int) int {
	if len(c.NumAttentionHeads) > 0 {
		return c.NumAttentionHeads.At(i)
	}
	return c.AttentionHeadDim.At(i)
}

// UpscalerConfig is the config.json of an RRDBNet as Real-ESRGAN publishes it.
type UpscalerConfig struct {
	NumInCh   int `json:"num_in_ch"`
	NumOutCh  int `json:"num_out_ch"`
	Scale     int `json:"scale"` // 2 or 4
	NumFeat   int `json:"num_feat"`
	NumBlock  int `json:"num_block"`
	NumGrowCh int `json:"num_grow_ch"`
}
