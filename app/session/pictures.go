package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"math"
	"os"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// readPicture reads a file that a request names, at the size that is
// generated. The first reading fills in the hash, later ones check it.
func readPicture(f *File, rep pattern.Repeat, size pattern.Size) (*diffusion.Picture, error) {
	if f == nil {
		return nil, nil
	}
	raw, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	got := hex.EncodeToString(sum[:])
	if f.SHA256 != "" && f.SHA256 != got {
		return nil, fmt.Errorf("%s is not the picture that the request was made with (sha256 %.12s…, now %.12s…)", f.Path, f.SHA256, got)
	}
	f.SHA256 = got
	pic, err := file.Read(f.Path)
	if err != nil {
		return nil, err
	}
	cell := pattern.ToNRGBA64(pic.Image)
	if b := cell.Bounds(); b.Dx() != size.Width || b.Dy() != size.Height {
		if off := math.Abs(float64(b.Dx())*float64(size.Height)/(float64(b.Dy())*float64(size.Width)) - 1); off > 0.02 {
			return nil, usage("%s has %d x %d pixels, which is another shape than the %v that are generated; crop it or ask for its own size", f.Path, b.Dx(), b.Dy(), size)
		}
		if cell, err = pattern.Resample(cell, rep, size); err != nil {
			return nil, err
		}
	}
	return fromImage(cell), nil
}

func fromImage(img *image.NRGBA64) *diffusion.Picture {
	b := img.Bounds()
	pic := diffusion.NewPicture(b.Dx(), b.Dy())
	n := pic.W * pic.H
	for y := range pic.H {
		for x := range pic.W {
			c := img.NRGBA64At(b.Min.X+x, b.Min.Y+y)
			k := y*pic.W + x
			pic.Pix[k] = float32(c.R) / 65535
			pic.Pix[n+k] = float32(c.G) / 65535
			pic.Pix[2*n+k] = float32(c.B) / 65535
		}
	}
	return pic
}

func nrgba64(pic *diffusion.Picture) *image.NRGBA64 {
	out := image.NewNRGBA64(image.Rect(0, 0, pic.W, pic.H))
	n := pic.W * pic.H
	for k := range n {
		for c := range 3 {
			v := uint16(pic.Pix[c*n+k]*65535 + 0.5)
			out.Pix[8*k+2*c], out.Pix[8*k+2*c+1] = byte(v>>8), byte(v)
		}
		out.Pix[8*k+6], out.Pix[8*k+7] = 0xff, 0xff
	}
	return out
}

func nrgba(pic *diffusion.Picture) *image.NRGBA {
	if pic == nil {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, pic.W, pic.H))
	n := pic.W * pic.H
	for k := range n {
		for c := range 3 {
			out.Pix[4*k+c] = byte(pic.Pix[c*n+k]*255 + 0.5)
		}
		out.Pix[4*k+3] = 0xff
	}
	return out
}

// luminance makes a mask of a picture: white is 1.
func luminance(pic *diffusion.Picture) *diffusion.Mask {
	n := pic.W * pic.H
	m := &diffusion.Mask{W: pic.W, H: pic.H, Pix: make([]float32, n)}
	for k := range n {
		m.Pix[k] = 0.2126*pic.Pix[k] + 0.7152*pic.Pix[n+k] + 0.0722*pic.Pix[2*n+k]
	}
	return m
}
