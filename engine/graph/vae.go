package graph

import (
	"fmt"
	"strings"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// Range that AutoencoderKL clamps the logarithm of its variance to.
const (
	leastLogvar = -30
	mostLogvar  = 20
)

// VAEEncoder builds the encoder of an AutoencoderKL. Height and Width are those
// of the picture, in pixels.
//
// Input: image [B, in_channels, H, W] in [-1, 1]. Outputs: mean and logvar
// [B, latent_channels, h, w], unscaled, h = H/2^(levels-1).
func VAEEncoder(cfg weights.VAEConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	v := &vae{newBuilder("vae encoder", set, o), cfg}
	if err := v.check(1 << max(0, len(cfg.BlockOutChannels)-1)); err != nil {
		return gpu.Spec{}, err
	}
	c := cfg.BlockOutChannels
	x := v.picture("image", cfg.InChannels)
	x = v.conv3(x, "encoder.conv_in", c[0])
	v.tap("encoder.conv_in", x)
	for i, out := range c {
		path := fmt.Sprintf("encoder.down_blocks.%d", i)
		for j := range cfg.LayersPerBlock {
			x = v.resnet(x, fmt.Sprintf("%s.resnets.%d", path, j), out)
		}
		if i < len(c)-1 {
			// One column to the right and one row below, nothing before.
			x = v.conv(x, path+".downsamplers.0.conv", out, 3, 2, margin{bottom: 1, right: 1}, true)
		}
		v.tap(path, x)
	}
	x = v.mid(x, "encoder.mid_block")
	x = v.groupNorm(x, "encoder.conv_norm_out", cfg.NormNumGroups, vaeEps, true)
	x = v.conv3(x, "encoder.conv_out", 2*cfg.LatentChannels)
	v.tap("encoder", x)
	if cfg.QuantConv() {
		x = v.conv1(x, "quant_conv", 2*cfg.LatentChannels)
	}
	v.in("latent_dist")
	v.output("mean", v.slice(x, 1, 0, cfg.LatentChannels))
	logvar := v.slice(x, 1, cfg.LatentChannels, 2*cfg.LatentChannels)
	logvar = v.node("Clip", []value{logvar, v.scalar(leastLogvar), v.scalar(mostLogvar)}, logvar.shape, logvar.typ)
	v.output("logvar", logvar)
	return v.spec(v.title(1), func(k string) bool {
		return strings.HasPrefix(k, "encoder.") || strings.HasPrefix(k, "quant_conv.") || !strings.Contains(k, "decoder.") && !strings.HasPrefix(k, "post_quant_conv.")
	})
}

// VAEDecoder builds the decoder of an AutoencoderKL. Height and Width are those
// of the latent.
//
// Input: latent [B, latent_channels, h, w], already divided by the scaling
// factor. Output: image [B, out_channels, H, W], about [-1, 1], not clamped.
func VAEDecoder(cfg weights.VAEConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	v := &vae{newBuilder("vae decoder", set, o), cfg}
	if err := v.check(1); err != nil {
		return gpu.Spec{}, err
	}
	c := cfg.BlockOutChannels
	x := v.picture("latent", cfg.LatentChannels)
	if cfg.PostQuantConv() {
		x = v.conv1(x, "post_quant_conv", cfg.LatentChannels)
	}
	x = v.conv3(x, "decoder.conv_in", c[len(c)-1])
	v.tap("decoder.conv_in", x)
	x = v.mid(x, "decoder.mid_block")
	for i := range c {
		path := fmt.Sprintf("decoder.up_blocks.%d", i)
		out := c[len(c)-1-i]
		for j := range cfg.LayersPerBlock + 1 {
			x = v.resnet(x, fmt.Sprintf("%s.resnets.%d", path, j), out)
		}
		if i < len(c)-1 {
			x = v.upConv(x, path+".upsamplers.0.conv", out, true)
		}
		v.tap(path, x)
	}
	x = v.groupNorm(x, "decoder.conv_norm_out", cfg.NormNumGroups, vaeEps, true)
	x = v.conv3(x, "decoder.conv_out", cfg.OutChannels)
	v.output("image", x)
	return v.spec(v.title(1<<(len(c)-1)), func(k string) bool {
		return strings.HasPrefix(k, "decoder.") || strings.HasPrefix(k, "post_quant_conv.") || !strings.Contains(k, "encoder.") && !strings.HasPrefix(k, "quant_conv.")
	})
}

type vae struct {
	*builder
	cfg weights.VAEConfig
}

func (v *vae) check(stride int) error {
	if err := v.cfg.Validate(); err != nil {
		return fmt.Errorf("graph: %s: %w", v.part, err)
	}
	if v.cfg.Tiny() {
		return fmt.Errorf("graph: %s: the configuration is that of an AutoencoderTiny", v.part)
	}
	return v.opt.sized(v.part, stride)
}

// picture declares an NCHW float32 input of the options' size in the graph's type.
func (b *builder) picture(name string, channels int) value {
	x := b.input(name, float32Elem, b.opt.Batch, channels, b.opt.Height, b.opt.Width)
	b.in(name)
	return b.to(x, b.floatType())
}

func (v *vae) resnet(x value, path string, out int) value {
	y := v.groupNorm(x, path+".norm1", v.cfg.NormNumGroups, vaeEps, true)
	y = v.conv3(y, path+".conv1", out)
	y = v.groupNorm(y, path+".norm2", v.cfg.NormNumGroups, vaeEps, true)
	y = v.conv3(y, path+".conv2", out)
	if x.shape[1] != out {
		x = v.conv1(x, path+".conv_shortcut", out)
	}
	v.in(path)
	y = v.add(x, y)
	v.tap(path, y)
	return y
}

func (v *vae) mid(x value, path string) value {
	out := x.shape[1]
	x = v.resnet(x, path+".resnets.0", out)
	if v.cfg.MidAttention() {
		x = v.selfAttention(x, path+".attentions.0")
	}
	x = v.resnet(x, path+".resnets.1", out)
	v.tap(path, x)
	return x
}

// selfAttention lets every sample of the plane see every other, with one head.
func (v *vae) selfAttention(x value, path string) value {
	n, c, h, w := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	y := v.groupNorm(x, path+".group_norm", v.cfg.NormNumGroups, vaeEps, false)
	y = v.reshape(v.transpose(v.reshape(y, n, c, h*w), 0, 2, 1), n*h*w, c)
	q := v.linear(y, path+".to_q", c, true)
	k := v.linear(y, path+".to_k", c, true)
	z := v.linear(y, path+".to_v", c, true)
	v.in(path)
	y = v.attention(q, k, z, n, 1, value{})
	y = v.linear(y, path+".to_out.0", c, true)
	v.in(path)
	y = v.reshape(v.transpose(v.reshape(y, n, h*w, c), 0, 2, 1), n, c, h, w)
	y = v.add(y, x)
	v.tap(path, y)
	return y
}
