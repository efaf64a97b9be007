package starter

import (
	"image"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Group is what the model makes of a repeat. It learned groups of a few motifs,
// each half as wide as Native, of which a whole number along each side fill a
// picture of Native pixels: one where the motifs are large, more the smaller
// they are. Repeating is no business of a model's.
type Group struct {
	Size   pattern.Size   // in pixels, as the model makes it
	Repeat pattern.Repeat // how groups lie beside each other
	Times  int            // how many lie along each side of the cell
}

// GroupFor is the group of a cell of a size, which lies on the grid of the
// model's stride, for a prompt. It is half as wide and high as the cell is sampled;
// where half is off the grid it is as large as the cell, and fewer fill it.
func GroupFor(prompt string, cell pattern.Lattice, size pattern.Size) Group {
	times := 2
	if said, err := draw.Parse(prompt); err == nil {
		times = said.Spec.Groups()
	}
	g := Group{Size: pattern.Size{Width: size.Width / 2, Height: size.Height / 2}, Times: times, Repeat: within(cell.Repeat, times)}
	if 2*g.Size.Width == size.Width && 2*g.Size.Height == size.Height && (pattern.Lattice{Repeat: g.Repeat, Stride: cell.Stride}).Check(g.Size) == nil {
		return g
	}
	g.Size, g.Times = size, (times+1)/2
	g.Repeat = within(cell.Repeat, g.Times)
	return g
}

// within is how so many groups along each side of a cell lie, for the cell to
// repeat as it does.
func within(cell pattern.Repeat, times int) pattern.Repeat {
	if times == 1 {
		return cell
	}
	block := pattern.Repeat{Kind: pattern.Block}
	switch cell.Kind {
	case pattern.AlongX, pattern.AlongY, pattern.None:
		return block // the cloth ends at the cell's edge, and not at the group's
	case pattern.Mirror:
		return cell
	default:
	}
	if n, d := cell.Drop(); times*n%d == 0 {
		return block // by whole groups
	}
	return cell
}

// FillPicture is Fill for a picture of the group, of any size on its lattice.
func (g Group) FillPicture(p *image.NRGBA) *image.NRGBA {
	if g.Times == 1 {
		return p
	}
	pw, ph := p.Rect.Dx(), p.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, g.Times*pw, g.Times*ph))
	for y := range g.Times * ph {
		for x := range g.Times * pw {
			cx, cy, _ := g.Repeat.Source(x, y, pw, ph)
			copy(out.Pix[y*out.Stride+4*x:][:4], p.Pix[cy*p.Stride+4*cx:])
		}
	}
	return out
}

// Fill is the cell that the group fills: the group Times times along each side.
func (g Group) Fill(p *pattern.Planes) *pattern.Planes {
	if g.Times == 1 {
		return p
	}
	w, h := g.Times*p.Width, g.Times*p.Height
	channels := len(p.Data) / (p.Width * p.Height)
	out := *p
	out.Width, out.Height, out.Data = w, h, make([]float32, channels*w*h)
	for y := range h {
		for x := range w {
			cx, cy, _ := g.Repeat.Source(x, y, p.Width, p.Height)
			for c := range channels {
				out.Data[(c*h+y)*w+x] = p.Data[(c*p.Height+cy)*p.Width+cx]
			}
		}
	}
	return &out
}
