package press

import "encoding/binary"

// Transform converts colours into inks: n pixels of RGB to n of CMYK, samples
// of 0 to 65535, of which 65535 is full ink. Row may be called from several
// goroutines at once.
type Transform interface {
	Row(dst, src []uint16)
}

// ToCMYK returns the picture in inks through a transform from sRGB; what is
// transparent lies over white. Its files need the Profile of the transform in
// their Meta.
func (p *Picture) ToCMYK(t Transform) (*Picture, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.Model == CMYK || p.Model == Inks {
		return nil, &PictureError{"only a picture in colours can be converted to CMYK, not one of " + p.Model.String()}
	}
	from := p.RGB()
	out := &Picture{Width: p.Width, Height: p.Height, Model: CMYK, Bits: p.Bits}
	be := binary.BigEndian
	out.Row = func(dst []byte, y int) {
		src := make([]byte, from.RowBytes())
		from.Row(src, y)
		rgb, inks := make([]uint16, 3*p.Width), make([]uint16, 4*p.Width)
		for i := range rgb {
			if p.Bits == 8 {
				rgb[i] = 257 * uint16(src[i])
			} else {
				rgb[i] = be.Uint16(src[2*i:])
			}
		}
		t.Row(inks, rgb)
		for i, v := range inks {
			if p.Bits == 8 {
				dst[i] = eighth(v)
			} else {
				be.PutUint16(dst[2*i:], v)
			}
		}
	}
	return out, nil
}
