package graph

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// ControlNet builds a ControlNetModel. Height and Width are those of the latent.
//
// Inputs: those of UNet, and
//   - control [B, conditioning_channels, S·H, S·W] in [0, 1], S = 2^(n-1) for n
//     conditioning_embedding_out_channels: 8 in published models
//   - conditioning_scale [1]
//
// Outputs: down_residual.i, one for each skip connection of the UNet from the
// image side inwards, and mid_residual, all multiplied by the scale.
func ControlNet(cfg weights.UNetConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	u := &unet{builder: newBuilder("controlnet", set, o), cfg: cfg}
	if err := u.check(); err != nil {
		return gpu.Spec{}, err
	}
	widths, channels := cfg.ConditioningEmbeddingOutChannels, cfg.ConditioningChannels
	if len(widths) == 0 || channels < 1 {
		return gpu.Spec{}, fmt.Errorf("graph: %s: the configuration lacks conditioning_embedding_out_channels or conditioning_channels", u.part)
	}
	u.inputs()
	s := 1 << (len(widths) - 1)
	control := u.half("control", []int{o.Batch, channels, s * o.Height, s * o.Width})
	scale := u.half("conditioning_scale", []int{1})
	if cfg.ControlNetChannelOrder == "bgr" {
		u.in("control")
		var planes []value
		for i := channels - 1; i >= 0; i-- {
			planes = append(planes, u.slice(control, 1, i, i+1))
		}
		control = u.concat(1, planes...)
	}
	x := u.conv3(u.latent, "conv_in", cfg.BlockOutChannels[0])
	u.tap("conv_in", x)
	x = u.add(x, u.controlEmbedding(control, widths))
	skips := u.down(x)
	x = u.mid(skips[len(skips)-1])
	u.tap("mid_block", x)
	for i, skip := range skips {
		r := u.conv1(skip, fmt.Sprintf("controlnet_down_blocks.%d", i), skip.shape[1])
		u.output(fmt.Sprintf("down_residual.%d", i), u.mul(r, scale))
	}
	r := u.conv1(x, "controlnet_mid_block", x.shape[1])
	u.output("mid_residual", u.mul(r, scale))
	return u.spec(u.title(1), func(string) bool { return true })
}

// controlEmbedding brings the picture down to the latent's size and to the width
// of the first block.
func (u *unet) controlEmbedding(x value, widths []int) value {
	const path = "controlnet_cond_embedding"
	x = u.silu(u.conv3(x, path+".conv_in", widths[0]))
	for i := range len(widths) - 1 {
		x = u.silu(u.conv3(x, fmt.Sprintf("%s.blocks.%d", path, 2*i), widths[i]))
		x = u.silu(u.conv(x, fmt.Sprintf("%s.blocks.%d", path, 2*i+1), widths[i+1], 3, 2, evenly(1), true))
	}
	x = u.conv3(x, path+".conv_out", u.cfg.BlockOutChannels[0])
	u.tap(path, x)
	return x
}
