package press

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"hash/adler32"
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
	if err := deflateRows(ctx, idat, p); err != nil {
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

// deflateRows writes the picture's rows, filtered as PNG has them, as one zlib
// stream (RFC 1950). Bands of rows are packed on all cores, each ended on a whole
// byte, which the next goes on from; the bands are always the same.
func deflateRows(ctx context.Context, w io.Writer, p *Picture) error {
	if _, err := w.Write([]byte{0x78, 0x9c}); err != nil {
		return err
	}
	rows := max(bandBytes/(p.RowBytes()+1), 1)
	bands := (p.Height + rows - 1) / rows
	sums := make([]uint32, bands)
	sum, done := uint32(1), 0
	err := inOrder(ctx, bands, func(i int) []byte {
		from, to := i*rows, min((i+1)*rows, p.Height)
		f := newFilter(p, from)
		plain := adler32.New()
		var out bytes.Buffer
		z, err := flate.NewWriter(&out, level)
		if err != nil {
			return nil // the level is one of those that there are
		}
		for y := from; y < to; y++ {
			row := f.row(y)
			_, _ = plain.Write(row) // a hash does not fail, nor does a bytes.Buffer
			_, _ = z.Write(row)
		}
		sums[i] = plain.Sum32()
		if i < bands-1 {
			_ = z.Flush()
		} else {
			_ = z.Close()
		}
		return out.Bytes()
	}, func(band []byte) error {
		n := (min((done+1)*rows, p.Height) - done*rows) * (p.RowBytes() + 1)
		sum = joined(sum, sums[done], n)
		done++
		_, err := w.Write(band)
		return err
	})
	if err != nil {
		return err
	}
	_, err = w.Write(binary.BigEndian.AppendUint32(nil, sum))
	return err
}

// level is of deflate: on a locked palette of 2048 x 2048 it takes half the time of
// the usual 6 and one twentieth more room.
const level = 4

// bandBytes is how much of a picture, unpacked, a band holds.
const bandBytes = 1 << 20

// joined returns the Adler-32 of two runs of bytes from those of each, the
// second n bytes long. Its halves are sums modulo 65521: of the bytes, and of
// that sum after each byte.
func joined(first, second uint32, n int) uint32 {
	const mod = 65521
	a1, b1, a2, b2 := uint64(first&0xffff), uint64(first>>16), uint64(second&0xffff), uint64(second>>16)
	a := (a1 + a2 + mod - 1) % mod
	b := (b1 + b2 + uint64(n%mod)*(a1+mod-1)) % mod
	return uint32(b<<16 | a)
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

// newFilter returns a filter for rows in order from first.
func newFilter(p *Picture, first int) *filter {
	n := p.RowBytes()
	f := &filter{p: p, back: max(p.Samples()*p.Bits/8, 1), last: make([]byte, n), now: make([]byte, n), plain: p.Model == Indexed || p.Model == Inks}
	f.row0 = make([]byte, n+1)
	for i := range f.tries {
		f.tries[i] = make([]byte, n+1)
		f.tries[i][0] = [...]byte{1, 2, 4}[i] // sub, up, Paeth
	}
	if first > 0 && !f.plain {
		p.Row(f.last, first-1)
	}
	return f
}

// row returns row y filtered, by the filter that leaves the least sum of
// differences.
func (f *filter) row(y int) []byte {
	f.p.Row(f.now, y)
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
	f.last, f.now = f.now, f.last
	return f.tries[best]
}

// try fills tries[i]: what a row leaves of the pixel to the left, of that above,
// and of Paeth's choice between those and their corner.
func (f *filter) try(i int) {
	out, now, last, back := f.tries[i][1:], f.now, f.last, f.back
	switch i {
	case 0:
		copy(out, now[:back])
		for k := back; k < len(now); k++ {
			out[k] = now[k] - now[k-back]
		}
	case 1:
		for k := range now {
			out[k] = now[k] - last[k]
		}
	default:
		for k := range back {
			out[k] = now[k] - last[k]
		}
		for k := back; k < len(now); k++ {
			out[k] = now[k] - paeth(now[k-back], last[k], last[k-back])
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
