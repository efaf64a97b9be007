package weights

import (
	"fmt"
	"strconv"
)

// shapes looks dimensions up in a set and remembers the first that is missing.
type shapes struct {
	set  *Set
	file string
	err  error
}

// dim is dimension i of a tensor of the given rank, 1 and an error kept when
// there is no such tensor.
func (s *shapes) dim(name string, rank, i int) int {
	t, ok := s.set.byName[name]
	switch {
	case s.err != nil:
	case !ok:
		s.err = &MissingError{Where: s.file, What: fmt.Sprintf("the weight %q", name), Do: "the file is not complete, or of an architecture that this program does not know"}
	case len(t.Shape) != rank || t.Shape[i] < 1:
		s.err = &FormatError{File: s.file, Key: name, Reason: fmt.Sprintf("has shape %v where %d dimensions belong", t.Shape, rank)}
	default:
		return t.Shape[i]
	}
	return 1
}

// count is how many of prefix0suffix, prefix1suffix, ... there are.
func (s *shapes) count(prefix, suffix string, most int) int {
	for n := range most {
		if !s.set.Has(prefix + strconv.Itoa(n) + suffix) {
			return n
		}
	}
	return most
}

// inferUNet derives a configuration from the shapes of a UNet or ControlNet in
// diffusers' naming. What no shape shows is that of the published models: 32
// groups, 8 heads in a Stable Diffusion 1, heads of 64 channels in 2 and XL.
func inferUNet(set *Set, file string, family Family, control bool) (UNetConfig, error) {
	s := &shapes{set: set, file: file}
	c := defaultUNet()
	c.InChannels = s.dim("conv_in.weight", 4, 1)
	n := s.count("down_blocks.", ".resnets.0.conv1.weight", maxBlocks)
	if s.err == nil && n == 0 {
		s.dim("down_blocks.0.resnets.0.conv1.weight", 4, 0)
	}
	c.BlockOutChannels, c.DownBlockTypes, c.UpBlockTypes = nil, nil, nil
	c.LayersPerBlock, c.TransformerLayersPerBlock, c.AttentionHeadDim = nil, nil, nil
	c.CrossAttentionDim = nil
	attention := func(at string) bool { return set.Has(at + ".proj_in.weight") }
	for i := range n {
		b := "down_blocks." + strconv.Itoa(i)
		ch := s.dim(b+".resnets.0.conv1.weight", 4, 0)
		c.BlockOutChannels = append(c.BlockOutChannels, ch)
		c.LayersPerBlock = append(c.LayersPerBlock, s.count(b+".resnets.", ".conv1.weight", maxLayers))
		if att := b + ".attentions.0"; attention(att) {
			c.DownBlockTypes = append(c.DownBlockTypes, crossDown)
			c.TransformerLayersPerBlock = append(c.TransformerLayersPerBlock, s.count(att+".transformer_blocks.", ".norm1.weight", maxLayers))
		} else {
			c.DownBlockTypes = append(c.DownBlockTypes, plainDown)
			c.TransformerLayersPerBlock = append(c.TransformerLayersPerBlock, 1)
		}
		heads := 8
		if family != SD1 {
			heads = ch / 64
		}
		c.AttentionHeadDim = append(c.AttentionHeadDim, heads)
	}
	const mid = "mid_block.attentions.0"
	c.CrossAttentionDim = Ints{s.dim(mid+".transformer_blocks.0.attn2.to_k.weight", 2, 1)}
	if n > 0 {
		c.TransformerLayersPerBlock[n-1] = s.count(mid+".transformer_blocks.", ".norm1.weight", maxLayers)
	}
	if t, ok := set.Lookup(mid + ".proj_in.weight"); ok {
		c.UseLinearProjection = len(t.Shape) == 2
	}
	if set.Has("add_embedding.linear_1.weight") {
		c.AdditionEmbedType = "text_time"
		c.AdditionTimeEmbedDim = 256
		c.ProjectionClassEmbeddingsInput = s.dim("add_embedding.linear_1.weight", 2, 1)
	}
	if set.Has("time_embedding.cond_proj.weight") {
		c.TimeCondProjDim = s.dim("time_embedding.cond_proj.weight", 2, 1)
	}
	if control {
		const emb = "controlnet_cond_embedding."
		c.ConditioningChannels = s.dim(emb+"conv_in.weight", 4, 1)
		c.ConditioningEmbeddingOutChannels = []int{s.dim(emb+"conv_in.weight", 4, 0)}
		for i := 1; i < s.count(emb+"blocks.", ".weight", 32); i += 2 {
			c.ConditioningEmbeddingOutChannels = append(c.ConditioningEmbeddingOutChannels, s.dim(emb+"blocks."+strconv.Itoa(i)+".weight", 4, 0))
		}
	} else {
		c.ConditioningEmbeddingOutChannels = nil
		c.OutChannels = s.dim("conv_out.weight", 4, 0)
		for i := range n {
			if attention("up_blocks." + strconv.Itoa(i) + ".attentions.0") {
				c.UpBlockTypes = append(c.UpBlockTypes, crossUp)
			} else {
				c.UpBlockTypes = append(c.UpBlockTypes, plainUp)
			}
		}
	}
	if s.err != nil {
		return c, s.err
	}
	return c, inferred(c.Validate(), file)
}

// inferVAE derives a configuration from the shapes of an AutoencoderKL in
// diffusers' naming; scaling factors are the published ones.
func inferVAE(set *Set, file string, family Family) (VAEConfig, error) {
	s := &shapes{set: set, file: file}
	c := defaultVAE()
	c.InChannels = s.dim("encoder.conv_in.weight", 4, 1)
	c.OutChannels = s.dim("decoder.conv_out.weight", 4, 0)
	c.LatentChannels = s.dim("decoder.conv_in.weight", 4, 1)
	c.BlockOutChannels = nil
	for i := range s.count("encoder.down_blocks.", ".resnets.0.conv1.weight", maxBlocks) {
		c.BlockOutChannels = append(c.BlockOutChannels, s.dim("encoder.down_blocks."+strconv.Itoa(i)+".resnets.0.conv1.weight", 4, 0))
	}
	c.LayersPerBlock = s.count("encoder.down_blocks.0.resnets.", ".conv1.weight", maxLayers)
	quant, post, att := set.Has("quant_conv.weight"), set.Has("post_quant_conv.weight"), set.Has("decoder.mid_block.attentions.0.to_q.weight")
	c.UseQuantConv, c.UsePostQuantConv, c.MidBlockAddAttn = &quant, &post, &att
	if family == SDXL {
		c.ScalingFactor = 0.13025
	}
	if s.err != nil {
		return c, s.err
	}
	return c, inferred(c.Validate(), file)
}

// inferText derives a configuration from the shapes of a text encoder in
// diffusers' naming. Heads are 64 wide in every published CLIP text encoder;
// the first activation is that of OpenAI's, gelu that of OpenCLIP's.
func inferText(set *Set, file string, open, projection bool) (TextConfig, error) {
	s := &shapes{set: set, file: file}
	c := defaultText()
	const emb = "text_model.embeddings."
	c.VocabSize = s.dim(emb+"token_embedding.weight", 2, 0)
	c.HiddenSize = s.dim(emb+"token_embedding.weight", 2, 1)
	c.MaxPositionEmbeddings = s.dim(emb+"position_embedding.weight", 2, 0)
	c.NumHiddenLayers = s.count("text_model.encoder.layers.", ".mlp.fc1.weight", maxLayers)
	c.IntermediateSize = s.dim("text_model.encoder.layers.0.mlp.fc1.weight", 2, 0)
	c.NumAttentionHeads = c.HiddenSize / 64
	c.BOSTokenID, c.EOSTokenID = c.VocabSize-2, c.VocabSize-1
	c.Architectures = []string{"CLIPTextModel"}
	c.ProjectionDim = c.HiddenSize
	if open {
		c.HiddenAct = "gelu"
	}
	if projection {
		c.Architectures = []string{"CLIPTextModelWithProjection"}
		c.ProjectionDim = s.dim("text_projection.weight", 2, 0)
	}
	if s.err != nil {
		return c, s.err
	}
	return c, inferred(c.Validate(), file)
}

// inferUpscaler derives the arguments of an RRDBNet from its shapes. A net
// whose first convolution takes 12 channels unshuffles its picture: scale 2.
func inferUpscaler(set *Set, file string) (UpscalerConfig, error) {
	s := &shapes{set: set, file: file}
	c := UpscalerConfig{
		NumFeat:   s.dim("conv_first.weight", 4, 0),
		NumInCh:   s.dim("conv_first.weight", 4, 1),
		NumOutCh:  s.dim("conv_last.weight", 4, 0),
		NumGrowCh: s.dim("body.0.rdb1.conv1.weight", 4, 0),
		NumBlock:  s.count("body.", ".rdb1.conv1.weight", maxLayers*4),
		Scale:     4,
	}
	if s.err != nil {
		return c, s.err
	}
	switch c.NumInCh {
	case c.NumOutCh:
	case 4 * c.NumOutCh:
		c.Scale, c.NumInCh = 2, c.NumOutCh
	default:
		return c, &UnsupportedError{File: file, Key: "conv_first.weight", Reason: fmt.Sprintf("takes %d channels for %d that come out; upscaling by 2 and by 4 can be built", c.NumInCh, c.NumOutCh)}
	}
	return c, inferred(c.Validate(), file)
}

// inferred puts the reason before an error of sizes that were inferred.
func inferred(err error, file string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s gives no sizes, and those of the published models do not fit it; give the folder of its configuration: %w", file, err)
}
