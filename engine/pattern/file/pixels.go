package file

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"github.com/selvage-studio/selvage/engine/pattern/icc"
)

// samplesOf says what rowOf will give for a picture that a decoder made.
func samplesOf(img image.Image) (samples, error) {
	s := samples{width: img.Bounds().Dx(), height: img.Bounds().Dy(), space: icc.RGB, bits: 8}
	switch img := img.(type) {
	case *image.Gray:
		s.space = icc.Gray
	case *image.Gray16:
		s.space, s.bits = icc.Gray, 16
	case *image.YCbCr, *image.RGBA:
	case *image.RGBA64:
		s.bits = 16
	case *image.NRGBA, *image.NYCbCrA:
		s.alpha = straightAlpha
	case *image.NRGBA64:
		s.alpha, s.bits = straightAlpha, 16
	case *image.CMYK:
		s.space = icc.CMYK
	case *image.Paletted:
		for _, c := range img.Palette {
			if _, _, _, a := c.RGBA(); a != 0xffff {
				s.alpha = straightAlpha
			}
		}
	default:
		return s, fmt.Errorf("pixels of the kind %T are not read", img)
	}
	return s, nil
}

// pour takes a decoded picture into a sink, band by band. limited says that YCbCr
// is in video's range, as WebP has it.
func pour(ctx context.Context, k *sink, img image.Image, limited bool) error {
	const band = 64
	px := make([]uint16, band*k.width*k.channels())
	stride := k.width * k.channels()
	for y := 0; y < k.height; y += band {
		n := min(band, k.height-y)
		for i := range n {
			rowOf(px[i*stride:(i+1)*stride], img, y+i, limited, k.channels())
		}
		if err := k.rows(ctx, y, n, px); err != nil {
			return err
		}
	}
	return nil
}

func rowOf(dst []uint16, img image.Image, y int, limited bool, channels int) {
	b := img.Bounds()
	y += b.Min.Y
	wide := func(src []uint8) {
		for i, v := range src {
			dst[i] = uint16(v) * 257
		}
	}
	switch img := img.(type) {
	case *image.Gray:
		wide(img.Pix[img.PixOffset(b.Min.X, y):][:b.Dx()])
	case *image.NRGBA:
		wide(img.Pix[img.PixOffset(b.Min.X, y):][:4*b.Dx()])
	case *image.CMYK:
		wide(img.Pix[img.PixOffset(b.Min.X, y):][:4*b.Dx()])
	case *image.RGBA: // opaque where a PNG comes as this
		src := img.Pix[img.PixOffset(b.Min.X, y):]
		for x := range b.Dx() {
			for c := range 3 {
				dst[3*x+c] = uint16(src[4*x+c]) * 257
			}
		}
	case *image.Gray16:
		words(dst, img.Pix[img.PixOffset(b.Min.X, y):][:2*b.Dx()])
	case *image.NRGBA64:
		words(dst, img.Pix[img.PixOffset(b.Min.X, y):][:8*b.Dx()])
	case *image.RGBA64:
		src := img.Pix[img.PixOffset(b.Min.X, y):]
		for x := range b.Dx() {
			words(dst[3*x:], src[8*x:8*x+6])
		}
	case *image.YCbCr:
		ycbcrRow(dst, img, y, limited, channels)
	case *image.NYCbCrA:
		ycbcrRow(dst, &img.YCbCr, y, limited, channels)
		for x := range b.Dx() {
			dst[4*x+3] = uint16(img.A[img.AOffset(b.Min.X+x, y)]) * 257
		}
	case *image.Paletted:
		for x := range b.Dx() {
			var c color.NRGBA64
			if i := int(img.Pix[img.PixOffset(b.Min.X+x, y)]); i < len(img.Palette) {
				c, _ = color.NRGBA64Model.Convert(img.Palette[i]).(color.NRGBA64)
			}
			copy(dst[channels*x:], []uint16{c.R, c.G, c.B, c.A}[:channels])
		}
	}
}

func words(dst []uint16, src []byte) {
	for i := 0; i+1 < len(src); i += 2 {
		dst[i/2] = uint16(src[i])<<8 | uint16(src[i+1])
	}
}

// ycbcrRow converts a row. Chroma that is kept for every second pixel is
// interpolated between its centres, as libjpeg and libwebp do: repeated, it
// would leave steps of two pixels along every coloured edge.
func ycbcrRow(dst []uint16, img *image.YCbCr, y int, limited bool, channels int) {
	b := img.Bounds()
	halfX := img.SubsampleRatio == image.YCbCrSubsampleRatio422 || img.SubsampleRatio == image.YCbCrSubsampleRatio420
	halfY := img.SubsampleRatio == image.YCbCrSubsampleRatio440 || img.SubsampleRatio == image.YCbCrSubsampleRatio420
	smooth := b.Min == (image.Point{}) && (halfX || halfY)
	chromaW, chromaH := b.Dx(), b.Dy()
	if halfX {
		chromaW = (chromaW + 1) / 2
	}
	if halfY {
		chromaH = (chromaH + 1) / 2
	}
	// nearest and farther say which samples a pixel lies between, three to one.
	between := func(v int, half bool, n int) (int, int) {
		if !half {
			return v, v
		}
		k := v / 2
		if v%2 == 0 {
			return k, max(k-1, 0)
		}
		return k, min(k+1, n-1)
	}
	y0, y1 := between(y, halfY, chromaH)
	at := func(plane []uint8, x0, x1 int) int32 {
		near := 3*int32(plane[y0*img.CStride+x0]) + int32(plane[y0*img.CStride+x1])
		far := 3*int32(plane[y1*img.CStride+x0]) + int32(plane[y1*img.CStride+x1])
		return 3*near + far // sixteenths
	}
	for x := range b.Dx() {
		var cb, cr int32
		if smooth {
			x0, x1 := between(x, halfX, chromaW)
			cb, cr = at(img.Cb, x0, x1), at(img.Cr, x0, x1)
		} else {
			o := img.COffset(b.Min.X+x, y)
			cb, cr = 16*int32(img.Cb[o]), 16*int32(img.Cr[o])
		}
		cb, cr = cb-16*128, cr-16*128
		l := int64(img.Y[img.YOffset(b.Min.X+x, y)])
		var r, g, bl int64 // in 2^20ths; chroma is in sixteenths, its factors in 2^16ths
		if limited {       // ITU-R BT.601 over 16..235, as RFC 6386, 9.2, has it
			l = (l - 16) * 1220542 // 255/219
			r = l + 104597*int64(cr)
			g = l - 25675*int64(cb) - 53279*int64(cr)
			bl = l + 132201*int64(cb)
		} else { // JFIF: full range
			l <<= 20
			r = l + 91881*int64(cr)
			g = l - 22554*int64(cb) - 46802*int64(cr)
			bl = l + 116130*int64(cb)
		}
		for i, v := range [3]int64{r, g, bl} {
			v = min(max((v+1<<19)>>20, 0), 255)
			dst[channels*x+i] = uint16(v) * 257
		}
	}
}
