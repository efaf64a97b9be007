package press

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/selvage-studio/selvage/engine/pattern/origin"
)

const metreInInch = 0.0254

// WritePNG writes a PNG (ISO/IEC 15948) row by row: grey, RGB, with alpha, or
// with a palette of exactly the picture's colours; other models are a
// *PictureError. It carries pHYs (whole pixels a metre, which is all that a PNG
// can state: 150 DPI become 5906), the profile, and title, description and
// identity as iTXt and XMP.
func WritePNG(ctx context.Context, w io.Writer, p *Picture, m Meta) error {
	if err := checked(p, m); err != nil {
		return err
	}
	var kind byte
	switch p.Model {
	case Gray:
	case RGB:
		kind = 2
	case Indexed:
		kind = 3
	case RGBA:
		kind = 6
	default:
		return &PictureError{fmt.Sprintf("a PNG holds no %v; write a TIFF", p.Model)}
	}
	be := binary.BigEndian
	var head bytes.Buffer
	head.WriteString("\x89PNG\r\n\x1a\n")
	ihdr := be.AppendUint32(nil, uint32(p.Width))
	ihdr = be.AppendUint32(ihdr, uint32(p.Height))
	chunk(&head, "IHDR", append(ihdr, byte(p.Bits), kind, 0, 0, 0))
	if icc := m.profile(p.Model); icc != nil {
		chunk(&head, "iCCP", append([]byte("ICC profile\x00\x00"), deflated(icc)...))
	}
	if p.Model == Indexed {
		var plte []byte
		for _, c := range p.Palette {
			plte = append(plte, c.R, c.G, c.B)
		}
		chunk(&head, "PLTE", plte)
	}
	if m.DPIX > 0 {
		phys := be.AppendUint32(nil, perMetre(m.DPIX))
		phys = be.AppendUint32(phys, perMetre(m.DPIY))
		chunk(&head, "pHYs", append(phys, 1))
	}
	for _, t := range [...]struct{ keyword, text string }{
		{"Software", software}, {"Title", m.Title}, {"Description", m.Description},
		{origin.ParentKeyword, string(m.Pattern)}, {"XML:com.adobe.xmp", string(m.XMP())},
	} {
		if t.text != "" {
			// Not compressed, no language, no translated keyword.
			chunk(&head, "iTXt", append([]byte(t.keyword+"\x00\x00\x00\x00\x00"), t.text...))
		}
	}
	if _, err := w.Write(head.Bytes()); err != nil {
		return err
	}
	idat := bufio.NewWriterSize(chunks{w}, 256<<10)
	z := zlib.NewWriter(idat)
	f := newFilter(p)
	for y := range p.Height {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := z.Write(f.row(y)); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := idat.Flush(); err != nil {
		return err
	}
	var end bytes.Buffer
	chunk(&end, "IEND", nil)
	_, err := w.Write(end.Bytes())
	return err
}

func checked(p *Picture, m Meta) error {
	if err := p.check(); err != nil {
		return err
	}
	if err := m.check(); err != nil {
		return err
	}
	return m.fits(p.Model)
}

func perMetre(dpi float64) uint32 { return uint32(math.Round(dpi / metreInInch)) }

func deflated(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, err := z.Write(b)
	if cerr := z.Close(); err != nil || cerr != nil {
		return nil // a bytes.Buffer does not fail
	}
	return out.Bytes()
}

func chunk(out *bytes.Buffer, kind string, data []byte) {
	sum := crc32.NewIEEE()
	_, _ = sum.Write([]byte(kind)) // a hash does not fail
	_, _ = sum.Write(data)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	out.WriteString(kind)
	out.Write(data)
	out.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
}

// chunks makes an IDAT chunk of every write.
type chunks struct{ w io.Writer }

func (c chunks) Write(p []byte) (int, error) {
	var b bytes.Buffer
	chunk(&b, "IDAT", p)
	if _, err := c.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// filter makes the rows of a PNG, which PDF uses as well: a byte that names the
// filter, and the row after it.
type filter struct {
	p         *Picture
	back      int // bytes of a pixel
	row0      []byte
	last, now []byte
	tries     [3][]byte
	plain     bool // places in a palette are not numbers that lie near each other
}

func newFilter(p *Picture) *filter {
	n := p.RowBytes()
	f := &filter{p: p, back: max(p.Samples()*p.Bits/8, 1), last: make([]byte, n), now: make([]byte, n), plain: p.Model == Indexed || p.Model == Inks}
	f.row0 = make([]byte, n+1)
	for i := range f.tries {
		f.tries[i] = make([]byte, n+1)
		f.tries[i][0] = [...]byte{1, 2, 4}[i] // sub, up, Paeth
	}
	return f
}

// row returns row y filtered, by the filter that leaves the least sum of
// differences. Rows are asked for in order from 0.
func (f *filter) row(y int) []byte {
	if y == 0 {
		clear(f.last)
	}
	f.p.Row(f.now, y)
	defer func() { f.last, f.now = f.now, f.last }()
	if f.plain {
		copy(f.row0[1:], f.now)
		return f.row0
	}
	best, least := 0, math.MaxInt
	for i := range f.tries {
		f.try(i)
		sum := 0
		for _, v := range f.tries[i][1:] {
			sum += abs(int(int8(v)))
		}
		if sum < least {
			best, least = i, sum
		}
	}
	return f.tries[best]
}

func (f *filter) try(i int) {
	out := f.tries[i][1:]
	for k, v := range f.now {
		var left, corner byte
		if k >= f.back {
			left, corner = f.now[k-f.back], f.last[k-f.back]
		}
		switch i {
		case 0:
			out[k] = v - left
		case 1:
			out[k] = v - f.last[k]
		default:
			out[k] = v - paeth(left, f.last[k], corner)
		}
	}
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	default:
		return c
	}
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
