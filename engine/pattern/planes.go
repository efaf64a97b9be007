package pattern

import (
	"image"
	"image/color"
	"image/draw"
)

// Planes are pixels as a network has them: for each of three components R, G
// and B one plane of Height rows of Width values, gamma-encoded sRGB from 0 to
// 1; values beyond are allowed until a picture is made of them.
type Planes struct {
	Width, Height int
	Data          []float32 // 3 * Height * Width
}

// NRGBA rounds the planes to 8 bit, opaque.
func (p Planes) NRGBA() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	n := p.Width * p.Height
	for i := range n {
		for c := range 3 {
			img.Pix[4*i+c] = uint8(clamp01(p.Data[c*n+i])*255 + 0.5)
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// NRGBA64 rounds the planes to 16 bit, opaque.
func (p Planes) NRGBA64() *image.NRGBA64 {
	img := image.NewNRGBA64(image.Rect(0, 0, p.Width, p.Height))
	n := p.Width * p.Height
	for i := range n {
		for c := range 3 {
			v := uint16(clamp01(p.Data[c*n+i])*65535 + 0.5)
			img.Pix[8*i+2*c], img.Pix[8*i+2*c+1] = uint8(v>>8), uint8(v)
		}
		img.Pix[8*i+6], img.Pix[8*i+7] = 255, 255
	}
	return img
}

// clamp01 takes NaN for zero.
func clamp01(v float32) float32 {
	if v > 0 {
		return min(v, 1)
	}
	return 0
}

// PlanesOf returns a picture's colours; what is transparent is laid over white,
// which is what paper does.
func PlanesOf(img image.Image) Planes {
	b := img.Bounds()
	p := Planes{Width: b.Dx(), Height: b.Dy()}
	n := p.Width * p.Height
	p.Data = make([]float32, 3*n)
	if src, ok := img.(*image.NRGBA); ok && src.Opaque() {
		for y := range p.Height {
			row := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.Width {
				for c := range 3 {
					p.Data[c*n+y*p.Width+x] = float32(row[4*x+c]) / 255
				}
			}
		}
		return p
	}
	over := image.NewRGBA64(image.Rect(0, 0, p.Width, p.Height))
	draw.Draw(over, over.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(over, over.Bounds(), img, b.Min, draw.Over)
	for i := range n {
		for c := range 3 {
			p.Data[c*n+i] = float32(uint16(over.Pix[8*i+2*c])<<8|uint16(over.Pix[8*i+2*c+1])) / 65535
		}
	}
	return p
}

// Resample brings the planes to another size over the plane of r; see Resample.
func (p Planes) Resample(r Repeat, to Size) (Planes, error) {
	data, err := Resample(p.Data, 3, p.Width, p.Height, r, to)
	return Planes{to.Width, to.Height, data}, err
}
