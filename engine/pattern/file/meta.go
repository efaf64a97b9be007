package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"math"
	"strings"
)

// Keyword names the request in a file: the keyword of a PNG's iTXt chunk, and
// the beginning of a TIFF's ImageDescription, followed by a colon.
const Keyword = "selvage.request"

// Meta is what a file says of its picture.
type Meta struct {
	// DPIX and DPIY are pixels per inch, 0 if the file says nothing of size.
	DPIX, DPIY float64

	// Request is the JSON of the request that made the picture. Whoever has
	// prompt and seed can make the design, so a file for others has none.
	Request []byte
}

// Clean returns m without the request.
func (m Meta) Clean() Meta {
	m.Request = nil
	return m
}

func (m Meta) check() error {
	if len(m.Request) > 0 && !json.Valid(m.Request) {
		return fmt.Errorf("file: the request to embed is not JSON")
	}
	if m.DPIX < 0 || m.DPIY < 0 || m.DPIX > maxDPI || m.DPIY > maxDPI || math.IsNaN(m.DPIX+m.DPIY) || (m.DPIX == 0) != (m.DPIY == 0) {
		return fmt.Errorf("file: %g x %g DPI is no resolution that a file can state", m.DPIX, m.DPIY)
	}
	return nil
}

const maxDPI = 1e6

// software is what files name as their maker.
const software = "Selvage"

// NoRequestError reports a file that carries no request.
type NoRequestError struct{ Path string }

func (e *NoRequestError) Error() string {
	return fmt.Sprintf("%s carries no request: it was exported clean, or made or saved by another program", e.Path)
}

// straight returns the picture as NRGBA or NRGBA64, whichever keeps its depth.
func straight(img image.Image) image.Image {
	b := image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy())
	switch src := img.(type) {
	case *image.NRGBA, *image.NRGBA64:
		return src
	case *image.RGBA64, *image.Gray16:
		dst := image.NewNRGBA64(b)
		draw.Draw(dst, b, img, img.Bounds().Min, draw.Src)
		return dst
	default:
		dst := image.NewNRGBA(b)
		draw.Draw(dst, b, img, img.Bounds().Min, draw.Src)
		return dst
	}
}

// ascii writes JSON with every character beyond ASCII as an escape, for fields
// that hold nothing else.
func ascii(data []byte) []byte {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil // check has seen that it is JSON
	}
	var out strings.Builder
	for _, r := range compact.String() {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return []byte(out.String())
}
