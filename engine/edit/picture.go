package edit

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// PictureError reports content that is no stored picture.
type PictureError struct{ Reason string }

func (e *PictureError) Error() string { return "edit: picture: " + e.Reason }

// EncodePicture writes a picture in the form in which operations name pictures:
// a PNG of 8 bits a component where that holds it exactly, of 16 otherwise, so
// that any program can look into a library. DecodePicture gives the same pixels
// back. Where it came from, and in which colours its file had it, is not kept
// here: colours are sRGB.
func EncodePicture(r *raster.Raster) ([]byte, error) {
	var buf bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&buf, smallest(r)); err != nil {
		return nil, fmt.Errorf("edit: picture: %w", err)
	}
	return buf.Bytes(), nil
}

// smallest is the picture of r with as few bytes a pixel as hold it.
func smallest(r *raster.Raster) image.Image {
	wide := r.NRGBA64()
	for i := 0; i < len(wide.Pix); i += 2 {
		// 8 bits hold v·257, whose two bytes are the same.
		if wide.Pix[i] != wide.Pix[i+1] {
			return wide
		}
	}
	img := image.NewNRGBA(wide.Rect)
	for i := range img.Pix {
		img.Pix[i] = wide.Pix[2*i]
	}
	return img
}

// deflateMost is how many bytes one byte of a deflate stream can stand for.
const deflateMost = 1032

// DecodePicture reads what EncodePicture writes, and any other PNG, whose
// colours it takes as sRGB whatever its chunks say. Authors are nobody; see
// raster.Raster.Attribute. Sizes are checked before memory is taken. The error
// is a *PictureError.
func DecodePicture(data []byte) (*raster.Raster, error) {
	size, err := PictureSize(data)
	if err != nil {
		return nil, err
	}
	// A row of one bit a pixel is the least that a PNG holds.
	if least := int64(size.Height) * int64((size.Width+7)/8); least > int64(len(data))*deflateMost {
		return nil, &PictureError{fmt.Sprintf("%d bytes cannot hold %v pixels", len(data), size)}
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &PictureError{err.Error()}
	}
	return raster.FromImage(img), nil
}

// PictureSize is the size that a stored picture says it has. The error is a
// *PictureError.
func PictureSize(data []byte) (pattern.Size, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return pattern.Size{}, &PictureError{err.Error()}
	}
	size := pattern.Size{Width: c.Width, Height: c.Height}
	if err := checkSize(size); err != nil {
		var p *ParameterError
		errors.As(err, &p)
		return pattern.Size{}, &PictureError{p.Reason}
	}
	return size, nil
}
