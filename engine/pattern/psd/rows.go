package psd

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"io"
)

// Channels returns how many values a pixel has that Rows gives: the colours and
// one alpha.
func (d *Document) Channels() int {
	if d.Mode == Indexed {
		return 4
	}
	return d.colors() + 1
}

// Rows unpacks the layer and calls take with n rows at a time, from row y of
// its Bounds on: Channels values a pixel, 0 to 65535, alpha last and not
// multiplied into the colours. CMYK is 65535 where the ink is full; Lab has
// L 0..100 and a, b -128..127 over the same. px is used again afterwards. Errors
// are *FormatError, that of ctx, and those of take.
func (l *Layer) Rows(ctx context.Context, take func(y, n int, px []uint16) error) error {
	d := l.doc
	w, h := l.Bounds.Dx(), l.Bounds.Dy()
	readers := make([]*rowReader, d.colors()+1)
	for i := range readers {
		id := i
		if i == d.colors() {
			id = -1
		}
		p, ok := l.planes[id]
		if !ok {
			if id >= 0 {
				return fail("layer %q lacks channel %d", l.Name, id)
			}
			continue
		}
		readers[i] = newRowReader(p, w, d)
	}
	var mask *rowReader
	if l.mask != nil {
		mask = newRowReader(l.mask.plane, l.mask.bounds.Dx(), d)
	}
	const band = 64
	channels := d.Channels()
	rows := min(band, h)
	px := make([]uint16, rows*w*channels)
	line := make([]uint16, w)
	var maskLine []uint16
	if mask != nil {
		maskLine = make([]uint16, l.mask.bounds.Dx())
	}
	maskAt := 0 // rows of the mask that were read
	for y := 0; y < h; y += band {
		n := min(band, h-y)
		for k := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			row := px[k*w*channels : (k+1)*w*channels]
			for i, r := range readers {
				if r == nil {
					for x := range w {
						row[x*channels+channels-1] = 65535
					}
					continue
				}
				if err := r.next(line); err != nil {
					return fail("layer %q, channel %d, row %d: %v", l.Name, i, y+k, err)
				}
				l.place(row, line, i, channels)
			}
			if mask == nil {
				continue
			}
			b := l.mask.bounds
			want := l.Bounds.Min.Y + y + k - b.Min.Y
			inside := want >= 0 && want < b.Dy()
			for inside && maskAt <= want {
				if err := mask.next(maskLine); err != nil {
					return fail("the mask of layer %q, row %d: %v", l.Name, maskAt, err)
				}
				maskAt++
			}
			for x := range w {
				v := l.mask.around
				if mx := l.Bounds.Min.X + x - b.Min.X; inside && mx >= 0 && mx < len(maskLine) {
					v = maskLine[mx]
				}
				a := &row[x*channels+channels-1]
				*a = uint16((uint32(*a)*uint32(v) + 32767) / 65535)
			}
		}
		if err := take(y, n, px[:n*w*channels]); err != nil {
			return err
		}
	}
	return nil
}

// place puts one channel of a row into its pixels.
func (l *Layer) place(row, line []uint16, i, channels int) {
	d := l.doc
	switch {
	case i == d.colors():
		for x, v := range line {
			row[x*channels+channels-1] = v
		}
	case d.Mode == Indexed:
		for x, v := range line {
			for c := range 3 {
				row[x*channels+c] = uint16(d.palette[256*c+int(v>>8)]) * 257
			}
		}
	case d.Mode == CMYK || d.Mode == Bitmap: // 0 is full ink, and a set bit is black
		for x, v := range line {
			row[x*channels+i] = 65535 - v
		}
	default:
		for x, v := range line {
			row[x*channels+i] = v
		}
	}
}

// rowReader unpacks one plane row by row.
type rowReader struct {
	p     plane
	large bool
	bits  int
	width int
	buf   []byte
	row   int
	z     io.Reader
	err   error
}

func newRowReader(p plane, width int, d *Document) *rowReader {
	r := &rowReader{p: p, large: d.large, bits: d.Bits, width: width, buf: make([]byte, (width*d.Bits+7)/8)}
	if p.packing >= 2 {
		r.z, r.err = zlib.NewReader(bytes.NewReader(p.data))
	}
	return r
}

var errShort = errors.New("its data end too early")

func (r *rowReader) next(dst []uint16) error {
	if r.err != nil {
		return r.err
	}
	switch r.p.packing {
	case 0:
		if len(r.p.data) < len(r.buf) {
			return errShort
		}
		copy(r.buf, r.p.data)
		r.p.data = r.p.data[len(r.buf):]
	case 1:
		n := r.p.count(r.row, r.large)
		if n > int64(len(r.p.data)) {
			return errShort
		}
		if !unpack(r.buf, r.p.data[:n]) {
			return errShort
		}
		r.p.data = r.p.data[n:]
	default:
		if _, err := io.ReadFull(r.z, r.buf); err != nil {
			return err
		}
		if r.p.packing == 3 {
			r.sum()
		}
	}
	r.row++
	switch r.bits {
	case 1:
		for x := range dst {
			dst[x] = uint16(r.buf[x/8]>>(7-x%8)&1) * 65535
		}
	case 8:
		for x := range dst {
			dst[x] = uint16(r.buf[x]) * 257
		}
	default:
		for x := range dst {
			dst[x] = binary.BigEndian.Uint16(r.buf[2*x:])
		}
	}
	return nil
}

// sum undoes the differences of a row.
func (r *rowReader) sum() {
	if r.bits == 16 {
		for i := 2; i+1 < len(r.buf); i += 2 {
			binary.BigEndian.PutUint16(r.buf[i:], binary.BigEndian.Uint16(r.buf[i:])+binary.BigEndian.Uint16(r.buf[i-2:]))
		}
		return
	}
	for i := 1; i < len(r.buf); i++ {
		r.buf[i] += r.buf[i-1]
	}
}

// unpack is PackBits: a count, and as many bytes or one that repeats.
func unpack(dst, src []byte) bool {
	for len(dst) > 0 {
		if len(src) < 2 {
			return false
		}
		n := int(int8(src[0]))
		switch {
		case n >= 0:
			n = min(n+1, len(dst))
			if len(src) < 1+n {
				return false
			}
			copy(dst, src[1:1+n])
			src, dst = src[1+n:], dst[n:]
		case n == -128:
			src = src[1:]
		default:
			n = min(1-n, len(dst))
			for k := range n {
				dst[k] = src[1]
			}
			src, dst = src[2:], dst[n:]
		}
	}
	return true
}
