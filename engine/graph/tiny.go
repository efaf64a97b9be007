package graph

import (
	"fmt"
	"strings"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// tinyClamp is the magnitude that AutoencoderTiny's decoder squeezes latents to.
const tinyClamp = 3

// TinyEncoder builds the encoder of an AutoencoderTiny; Height and Width are in
// pixels.
//
// Input: image [B, in_channels, H, W] in [-1, 1]. Output: latent
// [B, latent_channels, h, w], unscaled.
func TinyEncoder(cfg weights.VAEConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	widths, blocks := cfg.EncoderBlockOutChannels, cfg.NumEncoderBlocks
	t := &tiny{newBuilder("tiny encoder", set, o), cfg}
	if err := t.check(1 << max(0, len(widths)-1)); err != nil {
		return gpu.Spec{}, err
	}
	x := t.picture("image", cfg.InChannels)
	x = t.mul(t.add(x, t.scalar(1)), t.scalar(0.5))
	at := 0
	next := func() string { at++; return fmt.Sprintf("encoder.layers.%d", at-1) }
	for i, w := range widths {
		if i == 0 {
			x = t.conv3(x, next(), w)
		} else {
			x = t.conv(x, next(), w, 3, 2, evenly(1), false)
		}
		for range blocks[i] {
			x = t.block(x, next(), w)
		}
	}
	x = t.conv3(x, next(), cfg.LatentChannels)
	t.output("latent", x)
	return t.spec(t.title(1), func(k string) bool { return !strings.HasPrefix(k, "decoder.") })
}

// TinyDecoder builds the decoder of an AutoencoderTiny; Height and Width are
// those of the latent.
//
// Input: latent [B, latent_channels, h, w], divided by the scaling factor.
// Output: image [B, out_channels, H, W], about [-1, 1], not clamped.
func TinyDecoder(cfg weights.VAEConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	widths, blocks := cfg.DecoderBlockOutChannels, cfg.NumDecoderBlocks
	t := &tiny{newBuilder("tiny decoder", set, o), cfg}
	if err := t.check(1); err != nil {
		return gpu.Spec{}, err
	}
	x := t.picture("latent", cfg.LatentChannels)
	x = t.mul(t.unary("Tanh", t.div(x, t.scalar(tinyClamp))), t.scalar(tinyClamp))
	// Layers are numbered as in a torch Sequential, activations and
	// enlargements among them.
	at := 0
	next := func() string { at++; return fmt.Sprintf("decoder.layers.%d", at-1) }
	x = t.unary("Relu", t.conv3(x, next(), widths[0]))
	next()
	scale := 1
	for i, w := range widths {
		for range blocks[i] {
			x = t.block(x, next(), w)
		}
		if i == len(widths)-1 {
			x = t.conv3(x, next(), cfg.OutChannels)
			break
		}
		next() // the enlargement, which Validate holds at two
		x = t.upConv(x, next(), w, false)
		scale *= 2
	}
	t.in("image")
	t.output("image", t.sub(t.mul(x, t.scalar(2)), t.scalar(1)))
	return t.spec(t.title(scale), func(k string) bool { return !strings.HasPrefix(k, "encoder.") })
}

type tiny struct {
	*builder
	cfg weights.VAEConfig
}

func (t *tiny) check(stride int) error {
	if err := t.cfg.Validate(); err != nil {
		return fmt.Errorf("graph: %s: %w", t.part, err)
	}
	if !t.cfg.Tiny() {
		return fmt.Errorf("graph: %s: the configuration is that of an %s", t.part, t.cfg.ClassName)
	}
	return t.opt.sized(t.part, stride)
}

// block is an AutoencoderTinyBlock: three convolutions beside a skip.
func (t *tiny) block(x value, path string, out int) value {
	y := t.unary("Relu", t.conv3(x, path+".conv.0", out))
	y = t.unary("Relu", t.conv3(y, path+".conv.2", out))
	y = t.conv3(y, path+".conv.4", out)
	if x.shape[1] != out {
		x = t.conv(x, path+".skip", out, 1, 1, margin{}, false)
	}
	t.in(path)
	y = t.unary("Relu", t.add(y, x))
	t.tap(path, y)
	return y
}
