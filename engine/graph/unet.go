package graph

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// Eps of norms that no configuration holds.
const (
	transformerGroupEps = 1e-6
	layerNormEps        = 1e-5
	vaeEps              = 1e-6
)

// UNet builds a UNet2DConditionModel.
//
// Inputs, all float32 unless said otherwise, B = Batch, H, W = Height, Width:
//   - latent [B, in_channels, H, W], scaled as the scheduler wants it
//   - timestep [B], may be fractional
//   - context [B, Tokens, cross_attention_dim]
//   - text_embeds [B, P] and time_ids [B, 6] with addition_embed_type text_time,
//     6 being what is left of projection_class_embeddings_input_dim after P
//   - timestep_cond [B, time_cond_proj_dim] where the configuration has one
//   - down_residual.i and mid_residual with Options.Residuals
//   - wrap [1] with Options.WrapSwitch
//
// Output: sample [B, out_channels, H, W], the predicted noise or v.
func UNet(cfg weights.UNetConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	u := &unet{builder: newBuilder("unet", set, o), cfg: cfg}
	if err := u.check(); err != nil {
		return gpu.Spec{}, err
	}
	c := cfg.BlockOutChannels
	u.inputs()
	x := u.conv3(u.latent, "conv_in", c[0])
	u.tap("conv_in", x)
	skips := u.down(x)
	x = skips[len(skips)-1]
	x = u.mid(x)
	u.tap("mid_block", x)
	if o.Residuals {
		for i := range skips {
			skips[i] = u.add(skips[i], u.half("down_residual."+decimal(int64(i)), skips[i].shape))
		}
		x = u.add(x, u.half("mid_residual", x.shape))
	}
	x = u.up(x, skips)
	x = u.groupNorm(x, "conv_norm_out", cfg.NormNumGroups, cfg.NormEps, true)
	u.tap("conv_norm_out", x)
	u.output("sample", u.conv3(x, "conv_out", cfg.OutChannels))
	return u.spec(u.title(1), func(string) bool { return true })
}

// unet is a UNet or a ControlNet under construction.
type unet struct {
	*builder
	cfg     weights.UNetConfig
	latent  value
	context value // [B·Tokens, cross_attention_dim]
	temb    value // silu of the time embedding, [B, 4·c0]
}

// check refuses what no graph can be built for.
func (u *unet) check() error {
	if err := u.cfg.Validate(); err != nil {
		return fmt.Errorf("graph: %s: %w", u.part, err)
	}
	if err := u.opt.sized(u.part, 1<<(len(u.cfg.BlockOutChannels)-1)); err != nil {
		return err
	}
	if u.opt.Tokens < 1 || u.opt.Tokens > maxSide {
		return &OptionError{u.part, "Tokens", fmt.Sprintf("is %d; the context has between 1 and %d", u.opt.Tokens, maxSide)}
	}
	return nil
}

// inputs declares what UNet and ControlNet share and embeds the timestep.
func (u *unet) inputs() {
	n, c := u.opt.Batch, &u.cfg
	dim := c.CrossAttentionDim.At(0)
	u.latent = u.half("latent", []int{n, c.InChannels, u.opt.Height, u.opt.Width})
	t := u.input("timestep", float32Elem, n)
	context := u.half("context", []int{n, u.opt.Tokens, dim})
	u.in("context")
	u.context = u.reshape(context, n*u.opt.Tokens, dim)

	u.in("time_proj")
	width := 4 * c.BlockOutChannels[0]
	e := u.to(u.sinusoid(t, c.BlockOutChannels[0], c.FlipSinToCos, c.FreqShift), u.floatType())
	if d := c.TimeCondProjDim; d > 0 {
		cond := u.half("timestep_cond", []int{n, d})
		e = u.add(e, u.linear(cond, "time_embedding.cond_proj", c.BlockOutChannels[0], false))
	}
	e = u.mlp(e, "time_embedding", width)
	u.tap("time_embedding", e)
	if c.AdditionEmbedType == "text_time" {
		e = u.add(e, u.addition(n, width))
	}
	u.in("time_embedding")
	u.temb = u.silu(e)
}

func (u *unet) mlp(x value, path string, width int) value {
	x = u.linear(x, path+".linear_1", width, true)
	return u.linear(u.silu(x), path+".linear_2", width, true)
}

// addition embeds SDXL's pooled text and sizes.
func (u *unet) addition(n, width int) value {
	const ids = 6
	c := &u.cfg
	d := c.AdditionTimeEmbedDim
	p := c.ProjectionClassEmbeddingsInput - ids*d
	if d < 1 || p < 1 {
		u.fail(fmt.Errorf("graph: %s: projection_class_embeddings_input_dim %d leaves nothing for the text beside %d embeddings of %d", u.part, c.ProjectionClassEmbeddingsInput, ids, d))
		return u.fresh([]int{n, width}, u.floatType())
	}
	text := u.half("text_embeds", []int{n, p})
	times := u.input("time_ids", float32Elem, n, ids)
	u.in("add_time_proj")
	e := u.sinusoid(u.reshape(times, n*ids), d, c.FlipSinToCos, c.FreqShift)
	e = u.to(u.reshape(e, n, ids*d), u.floatType())
	e = u.mlp(u.concat(1, text, e), "add_embedding", width)
	u.tap("add_embedding", e)
	return e
}

// down runs the down blocks and returns every skip connection, x first.
func (u *unet) down(x value) []value {
	c := &u.cfg
	skips := []value{x}
	for i, kind := range c.DownBlockTypes {
		path := fmt.Sprintf("down_blocks.%d", i)
		out := c.BlockOutChannels[i]
		for j := range c.LayersPerBlock.At(i) {
			x = u.resnet(x, fmt.Sprintf("%s.resnets.%d", path, j), out)
			if kind == "CrossAttnDownBlock2D" {
				x = u.transformer(x, fmt.Sprintf("%s.attentions.%d", path, j), i)
			}
			skips = append(skips, x)
		}
		if i < len(c.DownBlockTypes)-1 {
			x = u.conv(x, path+".downsamplers.0.conv", out, 3, 2, evenly(1), true)
			u.tap(path+".downsamplers.0", x)
			skips = append(skips, x)
		}
		u.tap(path, x)
	}
	return skips
}

// mid runs the middle block.
func (u *unet) mid(x value) value {
	last := len(u.cfg.BlockOutChannels) - 1
	out := u.cfg.BlockOutChannels[last]
	x = u.resnet(x, "mid_block.resnets.0", out)
	x = u.transformer(x, "mid_block.attentions.0", last)
	return u.resnet(x, "mid_block.resnets.1", out)
}

// up runs the up blocks; each resnet takes the last of the skips that are left.
func (u *unet) up(x value, skips []value) value {
	c := &u.cfg
	n := len(c.UpBlockTypes)
	for i, kind := range c.UpBlockTypes {
		path := fmt.Sprintf("up_blocks.%d", i)
		mirror := n - 1 - i
		out := c.BlockOutChannels[mirror]
		for j := range c.LayersPerBlock.Reversed(i, n) + 1 {
			skip := skips[len(skips)-1]
			skips = skips[:len(skips)-1]
			u.in(path)
			x = u.resnet(u.concat(1, x, skip), fmt.Sprintf("%s.resnets.%d", path, j), out)
			if kind == "CrossAttnUpBlock2D" {
				x = u.transformer(x, fmt.Sprintf("%s.attentions.%d", path, j), mirror)
			}
		}
		if i < n-1 {
			x = u.upConv(x, path+".upsamplers.0.conv", out, true)
			u.tap(path+".upsamplers.0", x)
		}
		u.tap(path, x)
	}
	return x
}

// resnet is a ResnetBlock2D with the time embedding added between its
// convolutions.
func (u *unet) resnet(x value, path string, out int) value {
	c := &u.cfg
	y := u.groupNorm(x, path+".norm1", c.NormNumGroups, c.NormEps, true)
	y = u.conv3(y, path+".conv1", out)
	t := u.linear(u.temb, path+".time_emb_proj", out, true)
	y = u.add(y, u.reshape(t, t.shape[0], out, 1, 1))
	y = u.groupNorm(y, path+".norm2", c.NormNumGroups, c.NormEps, true)
	y = u.conv3(y, path+".conv2", out)
	if x.shape[1] != out {
		x = u.conv1(x, path+".conv_shortcut", out)
	}
	u.in(path)
	y = u.add(x, y)
	u.tap(path, y)
	return y
}

// transformer is a Transformer2DModel: self-attention, attention to the context
// and a gated feed-forward part, some times over. block is the index of the
// block in down order.
func (u *unet) transformer(x value, path string, block int) value {
	c := &u.cfg
	n, ch, h, w := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	heads, dim := c.Heads(block), c.CrossAttentionDim.At(block)
	if dim != u.context.shape[1] {
		u.fail(fmt.Errorf("graph: %s: cross_attention_dim differs between blocks, %v; one context cannot serve them", u.part, c.CrossAttentionDim))
		return x
	}
	y := u.groupNorm(x, path+".norm", c.NormNumGroups, transformerGroupEps, false)
	if !c.UseLinearProjection {
		y = u.conv1(y, path+".proj_in", ch)
	}
	u.in(path)
	y = u.reshape(u.transpose(u.reshape(y, n, ch, h*w), 0, 2, 1), n*h*w, ch)
	if c.UseLinearProjection {
		y = u.linear(y, path+".proj_in", ch, true)
	}
	for k := range c.TransformerLayersPerBlock.At(block) {
		p := fmt.Sprintf("%s.transformer_blocks.%d", path, k)
		z := u.layerNorm(y, p+".norm1", layerNormEps)
		y = u.add(u.crossAttention(z, z, p+".attn1", n, heads), y)
		z = u.layerNorm(y, p+".norm2", layerNormEps)
		y = u.add(u.crossAttention(z, u.context, p+".attn2", n, heads), y)
		z = u.layerNorm(y, p+".norm3", layerNormEps)
		// The stored projection holds the values first, then their gates.
		gate := u.unary("Gelu", u.linearPart(z, p+".ff.net.0.proj", 4*ch, true, 1, 2))
		z = u.mul(u.linearPart(z, p+".ff.net.0.proj", 4*ch, true, 0, 2), gate)
		y = u.add(u.linear(z, p+".ff.net.2", ch, true), y)
		u.tap(p, u.reshapeTap(p, y, n, h*w, ch))
	}
	if c.UseLinearProjection {
		y = u.linear(y, path+".proj_out", ch, true)
	}
	u.in(path)
	y = u.reshape(u.transpose(u.reshape(y, n, h*w, ch), 0, 2, 1), n, ch, h, w)
	if !c.UseLinearProjection {
		y = u.conv1(y, path+".proj_out", ch)
	}
	y = u.add(y, x)
	u.tap(path, y)
	return y
}

// crossAttention projects, attends and projects back; x and context are rows.
func (u *unet) crossAttention(x, context value, path string, n, heads int) value {
	ch := x.shape[1]
	q := u.linear(x, path+".to_q", ch, false)
	k := u.linear(context, path+".to_k", ch, false)
	v := u.linear(context, path+".to_v", ch, false)
	u.in(path)
	y := u.attention(q, k, v, n, heads, value{})
	return u.linear(y, path+".to_out.0", ch, true)
}

// reshapeTap gives rows the shape that the tap of a path has, where it is wanted.
func (b *builder) reshapeTap(path string, x value, shape ...int) value {
	if !b.taps[path] {
		return x
	}
	return b.reshape(x, shape...)
}
