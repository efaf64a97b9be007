// Package screen is a picture as a printer has it: one coverage plane, a
// screen, for every position of a palette, instead of colours. Fields are the
// soft screens that a model makes; Fields.Separate turns them into clean ones
// at any size, and a Separation takes any palette of as many chips:
//
//	sep, err := fields.Separate(repeat, pattern.Size{Width: 2048, Height: 2048})
//	img := sep.NRGBA(palette)
//
// Another colourway is another palette on the same Separation.
package screen

import (
	"fmt"
	"image"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Separation is a set of screens that cover the cloth exactly: at every pixel
// the coverages of all positions sum to 255, no gap and no overlap (butt
// joints; traps are laid later).
type Separation struct {
	Width, Height int
	Coverage      [][]uint8 // by position, the ground first; Height rows of Width
}

// Used returns the share of the area that each position covers, 0 to 1.
func (s *Separation) Used() []float64 {
	out := make([]float64, len(s.Coverage))
	for p, plane := range s.Coverage {
		sum := 0
		for _, v := range plane {
			sum += int(v)
		}
		out[p] = float64(sum) / (255 * float64(max(len(plane), 1)))
	}
	return out
}

// PaletteError reports a palette that does not fit a separation.
type PaletteError struct{ Chips, Positions int }

func (e *PaletteError) Error() string {
	return fmt.Sprintf("a palette of %d chips does not fit %d positions; give one chip for each, the ground first", e.Chips, e.Positions)
}

// Check returns a *PaletteError unless p has a chip for every position.
func (s *Separation) Check(p color.Palette) error {
	if len(p) < len(s.Coverage) {
		return &PaletteError{len(p), len(s.Coverage)}
	}
	return nil
}

// encoder turns linear light into 16 bit sRGB by table. The table is dense
// enough that 8 bit chips come back exactly.
type encoder struct {
	linear [][3]float32 // by position
	table  []uint16
}

const encodeSteps = 1 << 16

func newEncoder(p color.Palette) *encoder {
	e := &encoder{table: make([]uint16, encodeSteps+1)}
	for i := range e.table {
		e.table[i] = uint16(color.Encode(float64(i)/encodeSteps)*65535 + 0.5)
	}
	for _, c := range p {
		l := c.RGB().Linear()
		e.linear = append(e.linear, [3]float32{float32(l[0]), float32(l[1]), float32(l[2])})
	}
	return e
}

// mix returns the pixel's colour in 16 bit sRGB, mixed in linear light, as
// light mixes at an edge that is finer than the eye.
func (e *encoder) mix(s *Separation, i int) (out [3]uint16) {
	var sum [3]float32
	for p, plane := range s.Coverage {
		if v := plane[i]; v > 0 {
			for c := range sum {
				sum[c] += float32(v) / 255 * e.linear[p][c]
			}
		}
	}
	for c, v := range sum {
		out[c] = e.table[int(min(v, 1)*encodeSteps+0.5)]
	}
	return out
}

// solid returns the position that covers pixel i alone, -1 if several share it.
func (s *Separation) solid(i int) int {
	for p, plane := range s.Coverage {
		switch plane[i] {
		case 255:
			return p
		case 0:
		default:
			return -1
		}
	}
	return -1
}

// NRGBA returns the picture in 8 bit sRGB. A pixel that one position covers
// has that chip exactly. The palette must pass Check; positions beyond it
// print nothing.
func (s *Separation) NRGBA(p color.Palette) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, s.Width, s.Height))
	e := newEncoder(s.fit(p))
	rows(s.Height, func(y int) {
		for i := y * s.Width; i < (y+1)*s.Width; i++ {
			px := img.Pix[4*i : 4*i+4]
			px[3] = 255
			if k := s.solid(i); k >= 0 && k < len(p) {
				px[0], px[1], px[2] = p[k].R, p[k].G, p[k].B
				continue
			}
			for c, v := range e.mix(s, i) {
				px[c] = uint8((uint32(v) + 128) / 257)
			}
		}
	})
	return img
}

// NRGBA64 is NRGBA in 16 bit.
func (s *Separation) NRGBA64(p color.Palette) *image.NRGBA64 {
	img := image.NewNRGBA64(image.Rect(0, 0, s.Width, s.Height))
	e := newEncoder(s.fit(p))
	rows(s.Height, func(y int) {
		for i := y * s.Width; i < (y+1)*s.Width; i++ {
			px := img.Pix[8*i : 8*i+8]
			px[6], px[7] = 255, 255
			var v [3]uint16
			if k := s.solid(i); k >= 0 && k < len(p) {
				v = [3]uint16{uint16(p[k].R) * 257, uint16(p[k].G) * 257, uint16(p[k].B) * 257}
			} else {
				v = e.mix(s, i)
			}
			for c := range v {
				px[2*c], px[2*c+1] = uint8(v[c]>>8), uint8(v[c])
			}
		}
	})
	return img
}

// fit makes p as long as there are positions, white for those it lacks.
func (s *Separation) fit(p color.Palette) color.Palette {
	out := append(color.Palette(nil), p...)
	for len(out) < len(s.Coverage) {
		out = append(out, color.Chip{Name: "white", R: 255, G: 255, B: 255})
	}
	return out
}

// Screen returns one position as a grey picture, black where it prints, as
// film and engravers have it.
func (s *Separation) Screen(position int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, s.Width, s.Height))
	for i, v := range s.Coverage[position] {
		img.Pix[i] = 255 - v
	}
	return img
}

// Rectangle returns the separation of the rectangle that lays straight.
func (s *Separation) Rectangle(r pattern.Repeat) (*Separation, error) {
	out := &Separation{Coverage: make([][]uint8, len(s.Coverage))}
	for p, plane := range s.Coverage {
		var err error
		out.Coverage[p], out.Width, out.Height, err = pattern.Rectangle(plane, s.Width, s.Height, 1, r)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
