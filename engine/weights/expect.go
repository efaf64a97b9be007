package weights

import (
	"fmt"
	"slices"
	"strconv"
)

// emit receives a tensor that a configuration calls for.
type emit func(name string, shape ...int)

func (e emit) linear(name string, out, in int, bias bool) {
	e(name+".weight", out, in)
	if bias {
		e(name+".bias", out)
	}
}

func (e emit) conv(name string, out, in, k int) {
	e(name+".weight", out, in, k, k)
	e(name+".bias", out)
}

func (e emit) norm(name string, n int) {
	e(name+".weight", n)
	e(name+".bias", n)
}

// resnet is a ResnetBlock2D; temb 0 for none.
func (e emit) resnet(name string, in, out, temb int) {
	e.norm(name+".norm1", in)
	e.conv(name+".conv1", out, in, 3)
	if temb > 0 {
		e.linear(name+".time_emb_proj", out, temb, true)
	}
	e.norm(name+".norm2", out)
	e.conv(name+".conv2", out, out, 3)
	if in != out {
		e.conv(name+".conv_shortcut", out, in, 1)
	}
}

// transformer is a Transformer2DModel of ch channels.
func (e emit) transformer(name string, ch, cross, layers int, linear bool) {
	e.norm(name+".norm", ch)
	proj := func(n string) {
		if linear {
			e.linear(n, ch, ch, true)
		} else {
			e.conv(n, ch, ch, 1)
		}
	}
	proj(name + ".proj_in")
	for i := range layers {
		b := name + ".transformer_blocks." + strconv.Itoa(i)
		for _, a := range [...]struct {
			name string
			kv   int
		}{{".attn1", ch}, {".attn2", cross}} {
			e.linear(b+a.name+".to_q", ch, ch, false)
			e.linear(b+a.name+".to_k", ch, a.kv, false)
			e.linear(b+a.name+".to_v", ch, a.kv, false)
			e.linear(b+a.name+".to_out.0", ch, ch, true)
		}
		e.linear(b+".ff.net.0.proj", 8*ch, ch, true)
		e.linear(b+".ff.net.2", ch, 4*ch, true)
		for _, n := range [...]string{".norm1", ".norm2", ".norm3"} {
			e.norm(b+n, ch)
		}
	}
	proj(name + ".proj_out")
}

// unetHead is what a UNet and a ControlNet share: the embeddings, the down
// blocks and the middle.
func (e emit) unetHead(c *UNetConfig) {
	n := len(c.BlockOutChannels)
	first, temb := c.BlockOutChannels[0], 4*c.BlockOutChannels[0]
	e.conv("conv_in", first, c.InChannels, 3)
	e.linear("time_embedding.linear_1", temb, first, true)
	e.linear("time_embedding.linear_2", temb, temb, true)
	if c.TimeCondProjDim > 0 {
		e.linear("time_embedding.cond_proj", first, c.TimeCondProjDim, false)
	}
	if c.AdditionEmbedType == "text_time" {
		e.linear("add_embedding.linear_1", temb, c.ProjectionClassEmbeddingsInput, true)
		e.linear("add_embedding.linear_2", temb, temb, true)
	}
	in := first
	for i, out := range c.BlockOutChannels {
		b := "down_blocks." + strconv.Itoa(i)
		for j := range c.LayersPerBlock.At(i) {
			e.resnet(b+".resnets."+strconv.Itoa(j), in, out, temb)
			if c.DownBlockTypes[i] == crossDown {
				e.transformer(b+".attentions."+strconv.Itoa(j), out, c.CrossAttentionDim.At(i), c.TransformerLayersPerBlock.At(i), c.UseLinearProjection)
			}
			in = out
		}
		if i < n-1 {
			e.conv(b+".downsamplers.0.conv", out, out, 3)
		}
	}
	e.resnet("mid_block.resnets.0", in, in, temb)
	e.transformer("mid_block.attentions.0", in, c.CrossAttentionDim.At(n-1), c.TransformerLayersPerBlock.At(n-1), c.UseLinearProjection)
	e.resnet("mid_block.resnets.1", in, in, temb)
}

func (e emit) unet(c *UNetConfig) {
	e.unetHead(c)
	n := len(c.BlockOutChannels)
	temb := 4 * c.BlockOutChannels[0]
	prev := c.BlockOutChannels[n-1]
	for i := range n {
		b := "up_blocks." + strconv.Itoa(i)
		out := c.BlockOutChannels[n-1-i]
		skip := c.BlockOutChannels[max(n-2-i, 0)]
		layers := c.LayersPerBlock.Reversed(i, n) + 1
		for j := range layers {
			in := out
			if j == 0 {
				in = prev
			}
			if j == layers-1 {
				in += skip
			} else {
				in += out
			}
			e.resnet(b+".resnets."+strconv.Itoa(j), in, out, temb)
			if c.UpBlockTypes[i] == crossUp {
				e.transformer(b+".attentions."+strconv.Itoa(j), out, c.CrossAttentionDim.Reversed(i, n), c.TransformerLayersPerBlock.Reversed(i, n), c.UseLinearProjection)
			}
		}
		if i < n-1 {
			e.conv(b+".upsamplers.0.conv", out, out, 3)
		}
		prev = out
	}
	e.norm("conv_norm_out", c.BlockOutChannels[0])
	e.conv("conv_out", c.OutChannels, c.BlockOutChannels[0], 3)
}

func (e emit) controlNet(c *UNetConfig) {
	e.unetHead(c)
	n := len(c.BlockOutChannels)
	emb := c.ConditioningEmbeddingOutChannels
	e.conv("controlnet_cond_embedding.conv_in", emb[0], c.ConditioningChannels, 3)
	for i := range len(emb) - 1 {
		e.conv("controlnet_cond_embedding.blocks."+strconv.Itoa(2*i), emb[i], emb[i], 3)
		e.conv("controlnet_cond_embedding.blocks."+strconv.Itoa(2*i+1), emb[i+1], emb[i], 3)
	}
	e.conv("controlnet_cond_embedding.conv_out", c.BlockOutChannels[0], emb[len(emb)-1], 3)
	k := 0
	zero := func(ch int) {
		e.conv("controlnet_down_blocks."+strconv.Itoa(k), ch, ch, 1)
		k++
	}
	zero(c.BlockOutChannels[0])
	for i, ch := range c.BlockOutChannels {
		for range c.LayersPerBlock.At(i) {
			zero(ch)
		}
		if i < n-1 {
			zero(ch)
		}
	}
	last := c.BlockOutChannels[n-1]
	e.conv("controlnet_mid_block", last, last, 1)
}

func (e emit) text(c *TextConfig) {
	d := c.HiddenSize
	e("text_model.embeddings.token_embedding.weight", c.VocabSize, d)
	e("text_model.embeddings.position_embedding.weight", c.MaxPositionEmbeddings, d)
	for i := range c.NumHiddenLayers {
		l := "text_model.encoder.layers." + strconv.Itoa(i)
		e.norm(l+".layer_norm1", d)
		for _, p := range [...]string{".q_proj", ".k_proj", ".v_proj", ".out_proj"} {
			e.linear(l+".self_attn"+p, d, d, true)
		}
		e.norm(l+".layer_norm2", d)
		e.linear(l+".mlp.fc1", c.IntermediateSize, d, true)
		e.linear(l+".mlp.fc2", d, c.IntermediateSize, true)
	}
	e.norm("text_model.final_layer_norm", d)
	if c.WithProjection() {
		e("text_projection.weight", c.ProjectionDim, d)
	}
}

func (e emit) vae(c *VAEConfig) {
	if c.Tiny() {
		e.tiny(c)
		return
	}
	n := len(c.BlockOutChannels)
	last := c.BlockOutChannels[n-1]
	mid := func(side string) {
		e.resnet(side+".mid_block.resnets.0", last, last, 0)
		if c.MidAttention() {
			a := side + ".mid_block.attentions.0"
			e.norm(a+".group_norm", last)
			for _, p := range [...]string{".to_q", ".to_k", ".to_v", ".to_out.0"} {
				e.linear(a+p, last, last, true)
			}
		}
		e.resnet(side+".mid_block.resnets.1", last, last, 0)
	}
	in := c.BlockOutChannels[0]
	e.conv("encoder.conv_in", in, c.InChannels, 3)
	for i, out := range c.BlockOutChannels {
		b := "encoder.down_blocks." + strconv.Itoa(i)
		for j := range c.LayersPerBlock {
			e.resnet(b+".resnets."+strconv.Itoa(j), in, out, 0)
			in = out
		}
		if i < n-1 {
			e.conv(b+".downsamplers.0.conv", out, out, 3)
		}
	}
	mid("encoder")
	e.norm("encoder.conv_norm_out", last)
	e.conv("encoder.conv_out", 2*c.LatentChannels, last, 3)
	e.conv("decoder.conv_in", last, c.LatentChannels, 3)
	mid("decoder")
	in = last
	for i := range n {
		b := "decoder.up_blocks." + strconv.Itoa(i)
		out := c.BlockOutChannels[n-1-i]
		for j := range c.LayersPerBlock + 1 {
			e.resnet(b+".resnets."+strconv.Itoa(j), in, out, 0)
			in = out
		}
		if i < n-1 {
			e.conv(b+".upsamplers.0.conv", out, out, 3)
		}
	}
	e.norm("decoder.conv_norm_out", c.BlockOutChannels[0])
	e.conv("decoder.conv_out", c.OutChannels, c.BlockOutChannels[0], 3)
	if c.QuantConv() {
		e.conv("quant_conv", 2*c.LatentChannels, 2*c.LatentChannels, 1)
	}
	if c.PostQuantConv() {
		e.conv("post_quant_conv", c.LatentChannels, c.LatentChannels, 1)
	}
}

// tiny is an AutoencoderTiny, whose layers are numbered through, layers
// without weights (activation, upsampling) included.
func (e emit) tiny(c *VAEConfig) {
	block := func(name string, in, out int) {
		e.conv(name+".conv.0", out, in, 3)
		e.conv(name+".conv.2", out, out, 3)
		e.conv(name+".conv.4", out, out, 3)
		if in != out {
			e(name+".skip.weight", out, in, 1, 1)
		}
	}
	k := 0
	next := func(side string) string {
		k++
		return side + ".layers." + strconv.Itoa(k-1)
	}
	for i, ch := range c.EncoderBlockOutChannels {
		if i == 0 {
			e.conv(next("encoder"), ch, c.InChannels, 3)
		} else {
			e(next("encoder")+".weight", ch, ch, 3, 3)
		}
		for range c.NumEncoderBlocks[i] {
			block(next("encoder"), ch, ch)
		}
	}
	e.conv(next("encoder"), c.LatentChannels, c.EncoderBlockOutChannels[len(c.EncoderBlockOutChannels)-1], 3)
	k = 0
	n := len(c.DecoderBlockOutChannels)
	e.conv(next("decoder"), c.DecoderBlockOutChannels[0], c.LatentChannels, 3)
	k++ // activation
	for i, ch := range c.DecoderBlockOutChannels {
		for range c.NumDecoderBlocks[i] {
			block(next("decoder"), ch, ch)
		}
		if i < n-1 {
			k++ // upsampling
			e(next("decoder")+".weight", ch, ch, 3, 3)
		} else {
			e.conv(next("decoder"), c.OutChannels, ch, 3)
		}
	}
}

func (e emit) rrdb(c *UpscalerConfig) {
	in := c.NumInCh
	if c.Scale == 2 {
		in *= 4 // pixel_unshuffle(2)
	}
	f, g := c.NumFeat, c.NumGrowCh
	e.conv("conv_first", f, in, 3)
	for i := range c.NumBlock {
		for r := 1; r <= 3; r++ {
			b := fmt.Sprintf("body.%d.rdb%d.conv", i, r)
			for k := 1; k <= 4; k++ {
				e.conv(b+strconv.Itoa(k), g, f+(k-1)*g, 3)
			}
			e.conv(b+"5", f, f+4*g, 3)
		}
	}
	for _, n := range [...]string{"conv_body", "conv_up1", "conv_up2", "conv_hr"} {
		e.conv(n, f, f, 3)
	}
	e.conv("conv_last", c.NumOutCh, f, 3)
}

// check compares a set with what its configuration calls for. extra decides
// about a tensor that the configuration does not call for; nil accepts it.
func check(set *Set, file string, walk func(emit), extra func(name string) error) error {
	var err error
	wanted := 0
	var names map[string]bool
	if extra != nil {
		names = make(map[string]bool, set.Len())
	}
	walk(func(name string, shape ...int) {
		if err != nil {
			return
		}
		wanted++
		t, ok := set.byName[name]
		switch {
		case !ok:
			err = &MissingError{Where: file, What: fmt.Sprintf("the weight %q", name), Do: "the file is not complete, or its configuration belongs to another model"}
		case !slices.Equal(t.Shape, shape):
			err = &ShapeError{File: file, Key: name, Have: t.Shape, Want: shape}
		case t.Type > F64:
			err = &UnsupportedError{File: file, Key: name, Reason: "holds whole numbers (" + t.Type.String() + ") where weights belong; it may be a quantised model: use its fp16 version"}
		}
		if names != nil {
			names[name] = true
		}
	})
	if err != nil || extra == nil || wanted == set.Len() {
		return err
	}
	for _, name := range set.order {
		if !names[name] {
			if err := extra(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// strange refuses a weight that a UNet of this configuration does not have:
// leaving it out would give pictures that its maker did not mean.
func strange(file string) func(string) error {
	return func(name string) error {
		return &UnsupportedError{File: file, Key: name, Reason: "is a weight that its configuration does not call for; the model belongs to an architecture that this program does not know"}
	}
}

func checkUNet(c *UNetConfig, set *Set, file string) error {
	return check(set, file, func(e emit) { e.unet(c) }, strange(file))
}

func checkControlNet(c *UNetConfig, set *Set, file string) error {
	return check(set, file, func(e emit) { e.controlNet(c) }, strange(file))
}

func checkVAE(c *VAEConfig, set *Set, file string) error {
	return check(set, file, func(e emit) { e.vae(c) }, nil)
}

func checkText(c *TextConfig, set *Set, file string) error {
	return check(set, file, func(e emit) { e.text(c) }, nil)
}

func checkUpscaler(c *UpscalerConfig, set *Set, file string) error {
	return check(set, file, func(e emit) { e.rrdb(c) }, strange(file))
}
