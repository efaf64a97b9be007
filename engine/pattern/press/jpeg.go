package press

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// JPEG is how a JPEG is written.
type JPEG struct {
	// Quality is 1 to 100 on the scale of the Independent JPEG Group; 0 is 95.
	Quality int
}

const (
	defaultQuality = 95
	jpegSide       = 65535 // a frame header has 16 bits for a side
	segment        = 65533 // bytes that a segment carries, besides its length
)

// WriteJPEG writes a baseline JPEG (ITU-T T.81) row by row. Colours are not
// subsampled (4:4:4), since a print shows every soft edge of a thin line; for
// that alone it does not use Go's own encoder, which always subsamples. What is
// not grey or RGB of 8 bits is made so, and transparency laid over white. The
// transform is in integers: the same bytes everywhere.
//
// It carries JFIF's density (whole dots per inch) and Exif's (exact), the
// profile, and title, description and identity as XMP.
func WriteJPEG(ctx context.Context, w io.Writer, p *Picture, m Meta, o JPEG) error {
	if err := checked(p, m); err != nil {
		return err
	}
	switch {
	case p.Model == CMYK || p.Model == Inks:
		return &PictureError{fmt.Sprintf("a JPEG of %v is read differently by every program; write a TIFF", p.Model)}
	case p.Width > jpegSide || p.Height > jpegSide:
		return &PictureError{fmt.Sprintf("%d x %d pixels are more than the %d a side that a JPEG can hold; write a TIFF or a PNG", p.Width, p.Height, jpegSide)}
	case o.Quality < 0 || o.Quality > 100:
		return &PictureError{fmt.Sprintf("quality %d is not from 1 to 100", o.Quality)}
	case o.Quality == 0:
		o.Quality = defaultQuality
	}
	p = p.EightBit()
	if p.Model != Gray {
		p = p.RGB()
	}
	e := newEncoder(w, p, o.Quality)
	e.header(m)
	if err := e.scan(ctx); err != nil {
		return err
	}
	return e.w.Flush()
}

// encoder holds the first error in w, as bufio does, and what a scan needs.
type encoder struct {
	w     *bufio.Writer
	p     *Picture
	n     int          // components: 1 or 3
	quant [2][64]uint8 // in zigzag order
	code  [4]codes     // DC and AC of luminance, DC and AC of chrominance
	dc    [3]int32     // of the block before
	bits  uint32
	held  int // bits not yet written
	dct   [8][8]int32
	order [64]uint8
}

// codes give a symbol its code and the code's length.
type codes struct {
	code [256]uint16
	size [256]uint8
}

func newEncoder(w io.Writer, p *Picture, quality int) *encoder {
	e := &encoder{w: bufio.NewWriter(w), p: p, n: p.Samples(), dct: basis(), order: zigzag()}
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	for t := range e.quant {
		for i, v := range annexKQuantisation(t) {
			e.quant[t][i] = uint8(min(max((int(v)*scale+50)/100, 1), 255))
		}
	}
	for t := range e.code {
		counts, values := annexKHuffman(t)
		code, k := 0, 0
		for length := 1; length <= 16; length++ {
			for range counts[length-1] {
				e.code[t].code[values[k]], e.code[t].size[values[k]] = uint16(code), uint8(length)
				code++
				k++
			}
			code <<= 1
		}
	}
	return e
}

// put writes a segment; what is too long for one is left out by the callers.
func (e *encoder) put(marker byte, data ...[]byte) {
	n := 2
	for _, d := range data {
		n += len(d)
	}
	_, _ = e.w.Write([]byte{0xff, marker, byte(n >> 8), byte(n)}) // the error stays in e.w
	for _, d := range data {
		_, _ = e.w.Write(d)
	}
}

func (e *encoder) header(m Meta) {
	be := binary.BigEndian
	_, _ = e.w.Write([]byte{0xff, 0xd8}) // the error stays in e.w
	jfif := []byte("JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")
	if x, y := math.Round(m.DPIX), math.Round(m.DPIY); x >= 1 && y >= 1 && x <= math.MaxUint16 && y <= math.MaxUint16 {
		jfif[7] = 1 // dots per inch
		be.PutUint16(jfif[8:], uint16(x))
		be.PutUint16(jfif[10:], uint16(y))
	}
	e.put(0xe0, jfif)
	if m.DPIX > 0 {
		e.put(0xe1, []byte("Exif\x00\x00II\x2a\x00\x08\x00\x00\x00"),
			directory(8, []field{rational(tagXResolution, m.DPIX), rational(tagYResolution, m.DPIY), shorts(tagUnit, unitInch), text(tagSoftware, software)}))
	}
	const xmpName = "http://ns.adobe.com/xap/1.0/\x00"
	if xmp := m.XMP(); len(xmp)+len(xmpName) <= segment {
		e.put(0xe1, []byte(xmpName), xmp)
	}
	if icc := m.profile(e.p.Model); icc != nil {
		const name = "ICC_PROFILE\x00"
		part := segment - len(name) - 2
		parts := (len(icc) + part - 1) / part
		for i := 0; i < parts && parts < 256; i++ {
			e.put(0xe2, []byte(name), []byte{byte(i + 1), byte(parts)}, icc[i*part:min((i+1)*part, len(icc))])
		}
	}
	tables := (e.n + 1) / 2
	for t := range tables {
		e.put(0xdb, []byte{byte(t)}, e.quant[t][:])
	}
	frame := []byte{8, byte(e.p.Height >> 8), byte(e.p.Height), byte(e.p.Width >> 8), byte(e.p.Width), byte(e.n)}
	scan := []byte{byte(e.n)}
	for c := range e.n {
		t := byte(min(c, 1))
		frame = append(frame, byte(c+1), 0x11, t)
		scan = append(scan, byte(c+1), t<<4|t)
	}
	e.put(0xc0, frame)
	for t := range 2 * tables {
		counts, values := annexKHuffman(t)
		e.put(0xc4, []byte{byte(t&1<<4 | t>>1)}, counts, values)
	}
	e.put(0xda, append(scan, 0, 63, 0))
}

// scan writes the blocks, eight rows at a time.
func (e *encoder) scan(ctx context.Context) error {
	rows := make([][]byte, 8)
	for i := range rows {
		rows[i] = make([]byte, e.p.RowBytes())
	}
	for y := 0; y < e.p.Height; y += 8 {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range rows {
			// Beyond the last row lies the last row again.
			if y+i < e.p.Height {
				e.p.Row(rows[i], y+i)
			} else {
				copy(rows[i], rows[i-1])
			}
		}
		for x := 0; x < e.p.Width; x += 8 {
			e.blocks(rows, x)
		}
		if _, err := e.w.Write(nil); err != nil {
			return err
		}
	}
	if e.held > 0 {
		e.emit(1<<(8-e.held)-1, 8-e.held) // ones fill the last byte
	}
	_, err := e.w.Write([]byte{0xff, 0xd9})
	return err
}

// blocks writes the blocks of all components that begin at column x.
func (e *encoder) blocks(rows [][]byte, x int) {
	var b [3][64]int32
	for i, row := range rows {
		for k := range 8 {
			px := row[min(x+k, e.p.Width-1)*e.n:]
			at := 8*i + k
			if e.n == 1 {
				b[0][at] = int32(px[0]) - 128
				continue
			}
			// JFIF's YCbCr to 16 bits behind the point, centred on zero.
			r, g, bl := int32(px[0]), int32(px[1]), int32(px[2])
			b[0][at] = (19595*r+38470*g+7471*bl+1<<15)>>16 - 128
			b[1][at] = (-11056*r - 21712*g + 32768*bl + 1<<15 - 1) >> 16
			b[2][at] = (32768*r - 27440*g - 5328*bl + 1<<15 - 1) >> 16
		}
	}
	for c := range e.n {
		e.block(&b[c], c)
	}
}

// zigzag is the order of T.81, figure A.6: the place in the block, rows of
// eight, of every coefficient in turn.
func zigzag() (order [64]uint8) {
	x, y := 0, 0
	for i := range order {
		order[i] = uint8(8*y + x)
		switch {
		case (x+y)%2 == 0 && x == 7, (x+y)%2 == 1 && y < 7 && x == 0:
			y++
		case (x+y)%2 == 0 && y == 0, (x+y)%2 == 1 && y == 7:
			x++
		case (x+y)%2 == 0:
			x, y = x+1, y-1
		default:
			x, y = x-1, y+1
		}
	}
	return order
}

// cosines are cos(kπ/16)/2, and for k = 4 the √⅛ of the constant term as well,
// to 13 bits behind the point.
func cosines() [8]int32 { return [8]int32{4096, 4017, 3784, 3406, 2896, 2276, 1567, 799} }

// basis returns the eight rows of the orthonormal cosine transform, 13 bits
// behind the point.
func basis() (m [8][8]int32) {
	cos := cosines()
	for u := range 8 {
		for x := range 8 {
			k := (2*x + 1) * u % 32 // of π/16
			sign := int32(1)
			if k > 16 {
				k = 32 - k
			}
			if k > 8 {
				k, sign = 16-k, -1
			}
			switch {
			case u == 0:
				m[u][x] = cos[4]
			case k == 8:
			default:
				m[u][x] = sign * cos[k]
			}
		}
	}
	return m
}

// block transforms, quantises and writes one block of component c.
func (e *encoder) block(b *[64]int32, c int) {
	var mid, out [64]int32
	for y := range 8 {
		row := b[8*y : 8*y+8]
		for u := range 8 {
			k := &e.dct[u]
			s := row[0]*k[0] + row[1]*k[1] + row[2]*k[2] + row[3]*k[3] + row[4]*k[4] + row[5]*k[5] + row[6]*k[6] + row[7]*k[7]
			mid[8*y+u] = (s + 1<<8) >> 9 // 4 bits behind the point are left
		}
	}
	for u := range 8 {
		for v := range 8 {
			k := &e.dct[v]
			out[8*v+u] = mid[u]*k[0] + mid[8+u]*k[1] + mid[16+u]*k[2] + mid[24+u]*k[3] + mid[32+u]*k[4] + mid[40+u]*k[5] + mid[48+u]*k[6] + mid[56+u]*k[7]
		}
	}
	t := min(c, 1)
	run := 0
	for i, at := range e.order {
		// 17 bits behind the point; halves away from zero.
		q := int32(e.quant[t][i]) << 17 >> 1
		v := out[at]
		if v < 0 {
			v = -((-v + q) / (2 * q))
		} else {
			v = (v + q) / (2 * q)
		}
		if i == 0 {
			e.symbol(2*t, 0, v-e.dc[c])
			e.dc[c] = v
			continue
		}
		if v == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			e.huff(2*t+1, 0xf0)
		}
		e.symbol(2*t+1, run, v)
		run = 0
	}
	if run > 0 {
		e.huff(2*t+1, 0)
	}
}

// symbol writes a run of zeros and a value: the value's length in bits as a
// code, and then its bits, less one where it is negative.
func (e *encoder) symbol(table, run int, v int32) {
	a, low := v, v
	if v < 0 {
		a, low = -v, v-1
	}
	n := 0
	for ; a > 0; a >>= 1 {
		n++
	}
	e.huff(table, uint8(run<<4|n))
	if n > 0 {
		e.emit(uint32(low)&(1<<n-1), n)
	}
}

func (e *encoder) huff(table int, s uint8) {
	e.emit(uint32(e.code[table].code[s]), int(e.code[table].size[s]))
}

// emit writes n bits, at most 16, and a zero byte after every 255.
func (e *encoder) emit(v uint32, n int) {
	e.bits = e.bits<<n | v
	e.held += n
	for ; e.held >= 8; e.held -= 8 {
		b := byte(e.bits >> (e.held - 8))
		_ = e.w.WriteByte(b) // the error stays in e.w
		if b == 0xff {
			_ = e.w.WriteByte(0)
		}
	}
}
