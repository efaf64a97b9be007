package press

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"sync/atomic"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Model is what the samples of a picture mean.
type Model uint8

// The models. Colours are sRGB unless the file's profile says otherwise; alpha
// is straight (not multiplied into the colours).
const (
	Gray    Model = iota // 1 sample, 0 black
	RGB                  // 3 samples
	RGBA                 // 4 samples
	Indexed              // 1 sample of 8 bits, a place in Palette
	CMYK                 // 4 samples, 0 no ink
	Inks                 // one sample for each of Positions, 0 no ink
)

// String returns the name of the model as messages use it.
func (m Model) String() string {
	if names := [...]string{"grey", "RGB", "RGB with alpha", "indexed", "CMYK", "inks"}; int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("model(%d)", uint8(m))
}

// Picture is a picture that is asked for row by row, in any order and as often
// as a format needs.
type Picture struct {
	Width, Height int
	Model         Model
	Bits          int           // of a sample: 8 or 16
	Palette       color.Palette // of Indexed
	Positions     []Position    // of Inks

	// Row fills dst, RowBytes long, with row y: samples pixel by pixel, 16 bit
	// ones big end first. It may be called from several goroutines at once.
	Row func(dst []byte, y int)
}

// Samples returns how many samples a pixel has.
func (p *Picture) Samples() int {
	switch p.Model {
	case RGB:
		return 3
	case RGBA, CMYK:
		return 4
	case Inks:
		return len(p.Positions)
	default:
		return 1
	}
}

// RowBytes returns the length of a row.
func (p *Picture) RowBytes() int { return p.Width * p.Samples() * p.Bits / 8 }

// PictureError reports a picture that no file can hold.
type PictureError struct{ Reason string }

func (e *PictureError) Error() string { return "press: " + e.Reason }

// maxSide is the longest side, in pixels, that is written: 33 m at 300 DPI is
// beyond any print order and within all arithmetic here.
const maxSide = 1 << 20

func (p *Picture) check() error {
	switch {
	case p == nil || p.Row == nil:
		return &PictureError{"a picture without rows cannot be written"}
	case p.Width <= 0 || p.Height <= 0 || p.Width > maxSide || p.Height > maxSide:
		return &PictureError{fmt.Sprintf("a picture of %d x %d pixels cannot be written; a side is from 1 to %d", p.Width, p.Height, maxSide)}
	case p.Bits != 8 && p.Bits != 16:
		return &PictureError{fmt.Sprintf("samples of %d bits cannot be written, only 8 and 16", p.Bits)}
	case p.Model == Indexed && (p.Bits != 8 || len(p.Palette) == 0 || len(p.Palette) > 256):
		return &PictureError{fmt.Sprintf("an indexed picture has 8 bits and 1 to 256 colours, not %d bits and %d colours", p.Bits, len(p.Palette))}
	case p.Model == Inks && (len(p.Positions) == 0 || len(p.Positions) > maxInks):
		return &PictureError{fmt.Sprintf("a picture of %d inks cannot be written; a file holds from 1 to %d", len(p.Positions), maxInks)}
	}
	return nil
}

// maxInks is what Photoshop opens in one file, less the alpha that it may add.
const maxInks = 55

// FromImage returns the rows of a picture in memory: 16 bit for 16 bit
// formats, 8 bit for others, without alpha where everything is opaque. A
// paletted picture of opaque colours stays indexed.
func FromImage(img image.Image) *Picture {
	b := img.Bounds()
	p := &Picture{Width: b.Dx(), Height: b.Dy(), Model: RGBA, Bits: 8}
	opaque := false
	if o, ok := img.(interface{ Opaque() bool }); ok {
		opaque = o.Opaque()
	}
	if opaque {
		p.Model = RGB
	}
	n := p.Samples()
	switch src := img.(type) {
	case *image.NRGBA:
		p.Row = func(dst []byte, y int) {
			row := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.Width {
				copy(dst[n*x:n*x+n], row[4*x:])
			}
		}
	case *image.NRGBA64:
		p.Bits = 16
		p.Row = func(dst []byte, y int) {
			row := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.Width {
				copy(dst[2*n*x:2*n*x+2*n], row[8*x:])
			}
		}
	case *image.Gray:
		p.Model = Gray
		p.Row = func(dst []byte, y int) {
			copy(dst[:p.Width], src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.Gray16:
		p.Model, p.Bits = Gray, 16
		p.Row = func(dst []byte, y int) {
			copy(dst[:2*p.Width], src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.Paletted:
		if !opaque || len(src.Palette) > 256 {
			return straightened(img, false)
		}
		p.Model = Indexed
		for _, c := range src.Palette {
			r, g, b, _ := c.RGBA()
			p.Palette = append(p.Palette, color.Chip{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8)})
		}
		p.Row = func(dst []byte, y int) {
			copy(dst[:p.Width], src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.RGBA64:
		return straightened(img, true)
	default:
		return straightened(img, false)
	}
	return p
}

// straightened is FromImage for formats that multiply alpha in, or that are rare.
func straightened(img image.Image, deep bool) *Picture {
	b := image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy())
	var dst draw.Image = image.NewNRGBA(b)
	if deep {
		dst = image.NewNRGBA64(b)
	}
	draw.Draw(dst, b, img, img.Bounds().Min, draw.Src)
	return FromImage(dst)
}

// FromPremultiplied returns the picture of w x h pixels whose rows are 16 bit
// RGBA with alpha multiplied in, as the edit room keeps them, rounded to bits.
// row is called from several goroutines at once, and what it returns is only
// read. It has alpha only if a pixel is not opaque.
func FromPremultiplied(w, h, bits int, row func(y int) []uint16) *Picture {
	p := &Picture{Width: w, Height: h, Model: RGB, Bits: bits}
	for y := 0; y < h && p.Model == RGB; y++ {
		src := row(y)
		for x := range w {
			if src[4*x+3] != 65535 {
				p.Model = RGBA
				break
			}
		}
	}
	n := p.Samples()
	p.Row = func(dst []byte, y int) {
		src := row(y)
		for x := range w {
			px := src[4*x : 4*x+4]
			a := uint32(px[3])
			for c := range n {
				v := uint32(px[c])
				if c < 3 && a != 65535 {
					if a == 0 {
						v = 0
					} else {
						v = min((v*65535+a/2)/a, 65535)
					}
				}
				if bits == 16 {
					binary.BigEndian.PutUint16(dst[2*(n*x+c):], uint16(v))
				} else {
					dst[n*x+c] = eighth(uint16(v))
				}
			}
		}
	}
	return p
}

// eighth rounds 16 bits to 8.
func eighth(v uint16) uint8 { return uint8((uint32(v)*255 + 32767) / 65535) }

// FromIndex returns the indexed picture of an index plane: h rows of w places
// in the palette. A place beyond the palette is a *PictureError, so that what
// is written has exactly the palette's colours.
func FromIndex(index []uint8, w, h int, palette color.Palette) (*Picture, error) {
	if w <= 0 || h <= 0 || len(index) != w*h {
		return nil, &PictureError{fmt.Sprintf("an index plane of %d values is no picture of %d x %d pixels", len(index), w, h)}
	}
	if err := within(index, w, len(palette), false); err != nil {
		return nil, err
	}
	p := &Picture{Width: w, Height: h, Model: Indexed, Bits: 8, Palette: palette}
	p.Row = func(dst []byte, y int) { copy(dst[:w], index[y*w:]) }
	return p, p.check()
}

// within reports the first place of an index plane that has no position.
func within(index []uint8, w, positions int, bare bool) error {
	for i, v := range index {
		if v == Bare && positions <= Bare {
			if bare {
				continue
			}
			return &PictureError{fmt.Sprintf("pixel %d,%d is transparent, and an indexed file has only the palette's colours; fill the ground first", i%w, i/w)}
		}
		if int(v) >= positions {
			return &PictureError{fmt.Sprintf("pixel %d,%d has position %d, and there are %d; lock the pattern to its palette anew", i%w, i/w, int(v)+1, positions)}
		}
	}
	return nil
}

// Watched returns the picture with a report of how many of its rows have been
// asked for, which is how far a writer is: from 1 to of, each once, and from
// several goroutines at once. Formats that go over a picture twice are at the end
// when they begin again.
func (p *Picture) Watched(report func(rows, of int)) *Picture {
	out := *p
	var asked atomic.Int64
	out.Row = func(dst []byte, y int) {
		p.Row(dst, y)
		if n := int(asked.Add(1)); n <= p.Height {
			report(n, p.Height)
		}
	}
	return &out
}

// EightBit returns the picture rounded to 8 bits a sample.
func (p *Picture) EightBit() *Picture {
	if p.Bits == 8 {
		return p
	}
	out := *p
	out.Bits = 8
	out.Row = func(dst []byte, y int) {
		wide := make([]byte, p.RowBytes())
		p.Row(wide, y)
		for i := range wide[:len(wide)/2] {
			dst[i] = eighth(binary.BigEndian.Uint16(wide[2*i:]))
		}
	}
	return &out
}

// Opaque returns the picture without alpha, laid over white as it would be
// over paper. The mix is of the encoded values, as every viewer mixes them.
func (p *Picture) Opaque() *Picture {
	if p.Model != RGBA {
		return p
	}
	out := *p
	out.Model = RGB
	out.Row = func(dst []byte, y int) {
		src := make([]byte, p.RowBytes())
		p.Row(src, y)
		for x := range p.Width {
			for c := range 3 {
				if p.Bits == 8 {
					a, v := uint32(src[4*x+3]), uint32(src[4*x+c])
					dst[3*x+c] = uint8((v*a + 255*(255-a) + 127) / 255)
					continue
				}
				a, v := uint64(binary.BigEndian.Uint16(src[8*x+6:])), uint64(binary.BigEndian.Uint16(src[8*x+2*c:]))
				binary.BigEndian.PutUint16(dst[2*(3*x+c):], uint16((v*a+65535*(65535-a)+32767)/65535))
			}
		}
	}
	return &out
}

// RGB returns the picture in colours without alpha: an indexed one through its
// palette, a grey one as equal parts. Inks and CMYK stay what they are, since
// their colours are not known here.
func (p *Picture) RGB() *Picture {
	if p.Model != Gray && p.Model != Indexed {
		return p.Opaque()
	}
	out := *p
	out.Model, out.Palette = RGB, nil
	size := p.Bits / 8
	out.Row = func(dst []byte, y int) {
		src := make([]byte, p.RowBytes())
		p.Row(src, y)
		for x := range p.Width {
			if p.Model == Indexed {
				c := p.Palette[src[x]]
				dst[3*x], dst[3*x+1], dst[3*x+2] = c.R, c.G, c.B
				continue
			}
			for c := range 3 {
				copy(dst[(3*x+c)*size:(3*x+c+1)*size], src[x*size:])
			}
		}
	}
	return &out
}

// Image reads the picture into memory, as 8 or 16 bit NRGBA.
func (p *Picture) Image() image.Image {
	q := p
	if p.Model == Gray || p.Model == Indexed {
		q = p.RGB()
	}
	n, size := q.Samples(), q.Bits/8
	rect := image.Rect(0, 0, q.Width, q.Height)
	row := make([]byte, q.RowBytes())
	put := func(pix []byte, y int) {
		q.Row(row, y)
		for x := range q.Width {
			px := pix[(y*q.Width+x)*4*size:]
			for i := range size {
				px[3*size+i] = 255
			}
			copy(px[:4*size], row[x*n*size:(x+1)*n*size])
		}
	}
	if size == 1 {
		img := image.NewNRGBA(rect)
		for y := range q.Height {
			put(img.Pix, y)
		}
		return img
	}
	img := image.NewNRGBA64(rect)
	for y := range q.Height {
		put(img.Pix, y)
	}
	return img
}
