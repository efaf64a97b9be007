package graph

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// Constants of RRDBNet that no configuration holds.
const (
	rrdbSlope    = 0.2 // of the leaky rectifier
	rrdbResidual = 0.2
)

// UpscalerOutput is the name of the upscaler's output: "image" is taken by its
// input, and a graph has each name once.
const UpscalerOutput = "upscaled"

// Upscaler builds an RRDBNet as Real-ESRGAN publishes it. Height and Width are
// those of the small picture.
//
// Input: image [B, num_in_ch, H, W] in [0, 1]. Output: image
// [B, num_out_ch, scale·H, scale·W], about [0, 1], not clamped,
// under the name UpscalerOutput.
func Upscaler(cfg weights.UpscalerConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	b := newBuilder("upscaler", set, o)
	if err := cfg.Validate(); err != nil {
		return gpu.Spec{}, fmt.Errorf("graph: %s: %w", b.part, err)
	}
	fold := 1 // pixels of a side that become channels first
	if cfg.Scale == 2 {
		fold = 2
	}
	if err := o.sized(b.part, fold); err != nil {
		return gpu.Spec{}, err
	}
	x := b.picture("image", cfg.NumInCh)
	if fold > 1 {
		x = b.unshuffle(x, fold)
	}
	first := b.conv3(x, "conv_first", cfg.NumFeat)
	b.tap("conv_first", first)
	x = first
	for i := range cfg.NumBlock {
		y := x
		for j := 1; j <= 3; j++ {
			y = b.dense(y, fmt.Sprintf("body.%d.rdb%d", i, j), cfg.NumFeat, cfg.NumGrowCh)
		}
		x = b.add(b.mul(y, b.scalar(rrdbResidual)), x)
	}
	b.tap("body", x)
	x = b.add(first, b.conv3(x, "conv_body", cfg.NumFeat))
	for _, up := range []string{"conv_up1", "conv_up2"} {
		x = b.leaky(b.upConv(x, up, cfg.NumFeat, true))
	}
	x = b.leaky(b.conv3(x, "conv_hr", cfg.NumFeat))
	b.output(UpscalerOutput, b.conv3(x, "conv_last", cfg.NumOutCh))
	return b.spec(b.title(1), func(string) bool { return true })
}

// dense is a residual dense block: every convolution sees all results before it.
func (b *builder) dense(x value, path string, width, grow int) value {
	const convs = 5
	seen := []value{x}
	for k := 1; k < convs; k++ {
		b.in(path)
		y := b.conv3(b.concat(1, seen...), fmt.Sprintf("%s.conv%d", path, k), grow)
		seen = append(seen, b.leaky(y))
	}
	b.in(path)
	y := b.conv3(b.concat(1, seen...), fmt.Sprintf("%s.conv%d", path, convs), width)
	return b.add(b.mul(y, b.scalar(rrdbResidual)), x)
}

func (b *builder) leaky(x value) value {
	return b.unary("LeakyRelu", x, floatAttr("alpha", rrdbSlope))
}

// unshuffle folds squares of f x f samples into channels, in the order
// c·f² + dy·f + dx.
func (b *builder) unshuffle(x value, f int) value {
	n, c, h, w := x.shape[0], x.shape[1], x.shape[2]/f, x.shape[3]/f
	x = b.reshape(x, n, c, h, f, w, f)
	return b.reshape(b.transpose(x, 0, 1, 3, 5, 2, 4), n, c*f*f, h, w)
}
