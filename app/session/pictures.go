package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// readPicture reads a file that a request names, at the size that is
// generated. The first reading fills in the hash, later ones check it.
func readPicture(f *File, rep pattern.Repeat, size pattern.Size) (*pattern.Planes, error) {
	if f == nil {
		return nil, nil //nolint:nilnil // no file is no picture
	}
	raw := f.data
	if raw == nil {
		var err error
		if raw, err = os.ReadFile(f.Path); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(raw)
	got := hex.EncodeToString(sum[:])
	if f.SHA256 != "" && f.SHA256 != got {
		return nil, fmt.Errorf("%s is not the picture that the request was made with (sha256 %.12s…, now %.12s…)", f.Path, f.SHA256, got)
	}
	f.SHA256 = got
	img, _, err := file.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	p := pattern.PlanesOf(img)
	if p.Width != size.Width || p.Height != size.Height {
		if off := math.Abs(float64(p.Width)*float64(size.Height)/(float64(p.Height)*float64(size.Width)) - 1); off > 0.02 {
			return nil, usage("%s has %d x %d pixels, which is another shape than the %v that are generated; crop it or ask for its own size", f.Path, p.Width, p.Height, size)
		}
		if p, err = p.Resample(rep, size); err != nil {
			return nil, err
		}
		for i, v := range p.Data {
			p.Data[i] = min(max(v, 0), 1)
		}
	}
	return &p, nil
}

// luminance makes a mask of a picture: white is 1.
func luminance(p *pattern.Planes) *diffusion.Mask {
	n := p.Width * p.Height
	m := &diffusion.Mask{W: p.Width, H: p.Height, Pix: make([]float32, n)}
	for k := range n {
		m.Pix[k] = 0.2126*p.Data[k] + 0.7152*p.Data[n+k] + 0.0722*p.Data[2*n+k]
	}
	return m
}
