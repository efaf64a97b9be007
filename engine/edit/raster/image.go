package raster

import (
	"image"
	"image/color"
)

// FromImage returns the pixels of img, nobody's yet: see Attribute. 8 bit
// components become 16 bit by v·257, and colours are multiplied by their alpha
// as Mul rounds. It panics where img is empty.
func FromImage(img image.Image) *Raster {
	b := img.Bounds()
	r := New(b.Dx(), b.Dy())
	for y := range r.h {
		row := r.EditPixels(y)
		switch m := img.(type) {
		case *image.NRGBA:
			src := m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range r.w {
				s := src[4*x : 4*x+4 : 4*x+4]
				store(row[4*x:], uint32(s[0])*257, uint32(s[1])*257, uint32(s[2])*257, uint32(s[3])*257)
			}
		case *image.NRGBA64:
			src := m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range r.w {
				s := src[8*x : 8*x+8 : 8*x+8]
				store(row[4*x:], uint32(s[0])<<8|uint32(s[1]), uint32(s[2])<<8|uint32(s[3]), uint32(s[4])<<8|uint32(s[5]), uint32(s[6])<<8|uint32(s[7]))
			}
		default:
			for x := range r.w {
				switch c := img.At(b.Min.X+x, b.Min.Y+y).(type) {
				case color.NRGBA:
					store(row[4*x:], uint32(c.R)*257, uint32(c.G)*257, uint32(c.B)*257, uint32(c.A)*257)
				case color.NRGBA64:
					store(row[4*x:], uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A))
				default:
					// Premultiplied as it comes.
					red, green, blue, a := c.RGBA()
					row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = uint16(min(red, a)), uint16(min(green, a)), uint16(min(blue, a)), uint16(a)
				}
			}
		}
	}
	return r
}

func store(dst []uint16, red, green, blue, a uint32) {
	dst[0], dst[1], dst[2], dst[3] = uint16(Mul(red, a)), uint16(Mul(green, a)), uint16(Mul(blue, a)), uint16(a)
}

// NRGBA64 returns the pixels with their colours divided by alpha. FromImage
// makes the same pixels of them again.
func (r *Raster) NRGBA64() *image.NRGBA64 {
	img := image.NewNRGBA64(image.Rect(0, 0, r.w, r.h))
	for y := range r.h {
		row, dst := r.Row(y), img.Pix[y*img.Stride:]
		for k := 0; k < len(row); k += 4 {
			a := uint32(row[k+3])
			for c := range 3 {
				v := Unpremultiply(uint32(row[k+c]), a)
				dst[2*(k+c)], dst[2*(k+c)+1] = byte(v>>8), byte(v)
			}
			dst[2*(k+3)], dst[2*(k+3)+1] = byte(a>>8), byte(a)
		}
	}
	return img
}
