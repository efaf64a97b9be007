package press

import (
	"context"
	"fmt"
	"image"
	"io"

	"github.com/selvage-studio/selvage/engine/pattern/psd"
)

// Layer is a layer of a PSD.
type Layer struct {
	Name    string
	Opacity uint8  // 255 is opaque
	Blend   string // as engine/edit/raster names them; "" is normal
	Hidden  bool
	At      image.Point // of its upper left corner on the canvas
	Picture *Picture    // RGB, with or without alpha, grey or indexed
}

// WritePSD writes a Photoshop document: the picture, which every program shows,
// and the layers it is made of, the lowest first, as deep as the picture. A
// picture of inks becomes a multichannel document of named spot channels, and
// has no layers. Errors are *PictureError or *psd.WriteError.
func WritePSD(ctx context.Context, w io.Writer, p *Picture, layers []Layer, m Meta) error {
	if err := checked(p, m); err != nil {
		return err
	}
	if p.Model == CMYK {
		return &PictureError{"CMYK is written as TIFF, not as PSD"}
	}
	if p.Model != RGBA && p.Model != Inks {
		p = p.RGB()
	}
	sheet := psd.Sheet{Width: p.Width, Height: p.Height, Bits: p.Bits, Alpha: p.Model == RGBA,
		DPIX: m.DPIX, DPIY: m.DPIY, Profile: m.profile(p.Model), XMP: m.XMP()}
	if p.Model == Inks {
		sheet.Spots = Spots(p.Positions)
	}
	n, size := p.Samples(), p.Bits/8
	row, have := make([]byte, p.RowBytes()), -1
	sheet.Plane = func(dst []byte, channel, y int) {
		if have != y {
			p.Row(row, y)
			have = y
		}
		for x := range p.Width {
			copy(dst[x*size:(x+1)*size], row[(n*x+channel)*size:])
		}
		if p.Model == Inks {
			for i := range dst {
				dst[i] = ^dst[i] // a PSD has no ink as its largest value
			}
		}
	}
	for _, l := range layers {
		if err := l.Picture.check(); err != nil {
			return fmt.Errorf("layer %q: %w", l.Name, err)
		}
		if l.Picture.Model == CMYK || l.Picture.Model == Inks {
			return &PictureError{fmt.Sprintf("layer %q is of %v; a layer is in RGB", l.Name, l.Picture.Model)}
		}
		sheet.Layers = append(sheet.Layers, psd.SheetLayer{Name: l.Name, Opacity: l.Opacity, Blend: l.Blend, Hidden: l.Hidden,
			Bounds: image.Rectangle{Min: l.At, Max: l.At.Add(image.Pt(l.Picture.Width, l.Picture.Height))},
			Row:    l.Picture.straight(p.Bits)})
	}
	return psd.Write(ctx, w, sheet)
}

// straight returns rows of RGBA with so many bits.
func (p *Picture) straight(bits int) func(dst []byte, y int) {
	q := p
	if p.Model == Gray || p.Model == Indexed {
		q = p.RGB()
	}
	n, from, to := q.Samples(), q.Bits/8, bits/8
	return func(dst []byte, y int) {
		src := make([]byte, q.RowBytes())
		q.Row(src, y)
		for x := range q.Width {
			for c := range 4 {
				v := uint16(0xffff)
				if c < n {
					v = 257 * uint16(src[(n*x+c)*from])
					if from == 2 {
						v = uint16(src[2*(n*x+c)])<<8 | uint16(src[2*(n*x+c)+1])
					}
				}
				if to == 1 {
					dst[4*x+c] = eighth(v)
				} else {
					dst[8*x+2*c], dst[8*x+2*c+1] = byte(v>>8), byte(v)
				}
			}
		}
	}
}
