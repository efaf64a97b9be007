package tone

import (
	"context"
	"image"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Values is the value check: the picture in greys of the same lightness (the L of
// OKLab), laid on white where it is transparent. Two colours that fall together
// here will not carry a motif from across the room.
func Values(ctx context.Context, r *raster.Raster) (*image.Gray, error) {
	img := image.NewGray(image.Rect(0, 0, r.Width(), r.Height()))
	light, curve := light8(), newCurve()
	err := rows(ctx, r.Height(), func(_, y int) {
		row, dst := r.Row(y), img.Pix[y*img.Stride:][:r.Width()]
		last, grey := uint32(0xffffff), uint8(255)
		for x := range dst {
			v := uint32(0xffffff)
			if row != nil {
				under := raster.Opaque - uint32(row[4*x+3])
				v = eight(uint32(row[4*x])+under)<<16 | eight(uint32(row[4*x+1])+under)<<8 | eight(uint32(row[4*x+2])+under)
			}
			if v != last {
				l := ok8(light, v)[0]
				last, grey = v, uint8(eight(curve.encode(float64(float64(l*l)*l))))
			}
			dst[x] = grey
		}
	})
	return img, err
}

// Value is one chip's grey in the value check.
func Value(c color.Chip) uint8 {
	l := ok8(light8(), code(c))[0]
	return uint8(eight(newCurve().encode(float64(float64(l*l) * l))))
}
