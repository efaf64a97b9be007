package diffusion

import (
	"context"
	"errors"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// Upscaler enlarges the cell of a repeat by an RRDBNet without opening its
// seams.
type Upscaler struct {
	model  *weights.Model
	device Device
}

// NewUpscaler makes an upscaler of a model that has one.
func NewUpscaler(m *weights.Model, d Device) (*Upscaler, error) {
	if m.Upscaler == nil {
		return nil, fmt.Errorf("upscale: %s is no upscaler; name a Real-ESRGAN model (RRDBNet)", m.Name)
	}
	return &Upscaler{model: m, device: d}, nil
}

// Factor is by how much the upscaler enlarges: 2 or 4.
func (u *Upscaler) Factor() int { return u.model.Upscaler.Config.Scale }

// Tiles are halo samples larger on every side than what is kept of them. What
// lies further away than the halo changes a sample by less than one of 8 bit.
const (
	upscaleTile = 192
	upscaleHalo = 32
)

// Upscale enlarges a cell. The whole cell is taken at once, which is exact on
// the lattice, where the device has the memory; else tiles of the infinite
// plane, each with its surroundings. watch may be nil; it hears of tiles.
func (u *Upscaler) Upscale(ctx context.Context, cell *pattern.Planes, rep pattern.Repeat, watch func(done, of int)) (*pattern.Planes, error) {
	if watch == nil {
		watch = func(int, int) {}
	}
	if rep.Kind == pattern.Mirror {
		canvas := newPlanes(2*cell.Width, 2*cell.Height)
		reflect(canvas.Data, cell.Data, 3, cell.Height, cell.Width)
		big, err := u.Upscale(ctx, canvas, pattern.Repeat{}, watch)
		if err != nil {
			return nil, err
		}
		symmetrize(big.Data, 3, big.Height, big.Width)
		return &pattern.Planes{Width: big.Width / 2, Height: big.Height / 2, Data: quadrant(big.Data, 3, big.Height/2, big.Width/2)}, nil
	}
	if u.Factor() == 2 && (cell.Width%2 != 0 || cell.Height%2 != 0) {
		return nil, &RequestError{Field: "size", Reason: fmt.Sprintf("%d x %d pixels: this upscaler takes even sizes only", cell.Width, cell.Height)}
	}
	if _, _, exact := rep.Shift(cell.Width, cell.Height); !exact {
		return nil, &RequestError{Field: "repeat", Reason: fmt.Sprintf("the shift of a %v is no whole number of pixels in a cell of %d x %d", rep, cell.Width, cell.Height)}
	}
	watch(0, 1)
	big, err := u.run(ctx, cell, rep)
	var budget *gpu.BudgetError
	if errors.As(err, &budget) {
		return u.tiles(ctx, cell, rep, watch)
	}
	if err == nil {
		watch(1, 1)
	}
	return big, err
}

func (u *Upscaler) run(ctx context.Context, pic *pattern.Planes, rep pattern.Repeat) (*pattern.Planes, error) {
	m := u.model.Upscaler
	if rep.Kind == pattern.Hex {
		rep = pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	}
	spec, err := graph.Upscaler(m.Config, m.Weights, suited(u.device, graph.Options{Batch: 1, Height: pic.Height, Width: pic.Width, Repeat: rep}))
	if err != nil {
		return nil, err
	}
	prog, err := u.device.Load(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer prog.Release()
	out, err := prog.Run(ctx, map[string]*tensor.Dense{"image": floats(pic.Data, 1, 3, pic.Height, pic.Width)})
	if err != nil {
		return nil, err
	}
	big := &pattern.Planes{Width: pic.Width * m.Config.Scale, Height: pic.Height * m.Config.Scale, Data: out[graph.UpscalerOutput].Float32s()}
	if !finite(big.Data) {
		return nil, &NotANumberError{Stage: StageDecode}
	}
	for i, v := range big.Data {
		big.Data[i] = min(max(v, 0), 1)
	}
	return big, nil
}

// tiles enlarges one window of the plane after the other. Windows over an edge
// that does not wrap see the edge's own pixels beyond it.
func (u *Upscaler) tiles(ctx context.Context, cell *pattern.Planes, rep pattern.Repeat, watch func(done, of int)) (*pattern.Planes, error) {
	f := u.Factor()
	big := newPlanes(cell.Width*f, cell.Height*f)
	across, down := (cell.Width+upscaleTile-1)/upscaleTile, (cell.Height+upscaleTile-1)/upscaleTile
	side := upscaleTile + 2*upscaleHalo
	for n := range across * down {
		y0, x0 := n/across*upscaleTile, n%across*upscaleTile
		part, err := u.run(ctx, window(cell, rep, y0-upscaleHalo, x0-upscaleHalo, side, side), pattern.Repeat{Kind: pattern.None})
		if err != nil {
			return nil, err
		}
		h, w := min(upscaleTile, cell.Height-y0)*f, min(upscaleTile, cell.Width-x0)*f
		for c := range 3 {
			for i := range h {
				copy(big.Data[(c*big.Height+y0*f+i)*big.Width+x0*f:][:w], part.Data[(c*part.Height+upscaleHalo*f+i)*part.Width+upscaleHalo*f:])
			}
		}
		watch(n+1, across*down)
	}
	return big, nil
}

// window cuts h x w samples out of the plane of a cell, from (y0, x0) on.
func window(cell *pattern.Planes, rep pattern.Repeat, y0, x0, h, w int) *pattern.Planes {
	out := newPlanes(w, h)
	for i := range h {
		for j := range w {
			px, py := x0+j, y0+i
			if !rep.WrapsX() {
				px = min(max(px, 0), cell.Width-1)
			}
			if !rep.WrapsY() {
				py = min(max(py, 0), cell.Height-1)
			}
			x, y, _ := rep.Source(px, py, cell.Width, cell.Height)
			for c := range 3 {
				out.Data[(c*h+i)*w+j] = cell.Data[(c*cell.Height+y)*cell.Width+x]
			}
		}
	}
	return out
}
