package file

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"math/bits"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"

	"github.com/selvage-studio/selvage/engine/pattern/icc"
)

// The TIFF reader is our own: golang.org/x/image/tiff, which was used before,
// knows neither planes that lie apart, nor CMYK, Lab, BigTIFF, 16 bit palettes,
// PackBits of more than one bit, nor JPEG inside, and takes memory by what a
// header says.

// tiffPicture is what a directory says of its pixels, checked.
type tiffPicture struct {
	f             *tiffFile
	width, height int
	bad           error // why its pixels cannot be read, nil if they can
	bits          int   // of a sample: 1, 2, 4, 8, 16 or 32
	samples       int   // of a pixel
	float, signed bool
	photometric   int
	compression   int
	predictor     int
	planar        bool // samples lie in planes of their own
	reversed      bool // bits of a byte from the lowest
	alpha         int
	space         string
	palette       []uint16 // 3 * 1<<bits values: all reds, greens, blues
	tables        []byte   // of JPEG

	// A block is a strip or a tile. Strips are as wide as the picture.
	blockW, blockH int
	across, down   int
	offsets, sizes entry
}

// maxBlock bounds one unpacked strip or tile beyond the picture's own size.
const maxBlock = 64 << 20

// tiffConfig reads the first directory. What is wrong beyond the size is kept as
// bad, so that a size that is too large is told first.
func tiffConfig(data []byte, s *said) (*tiffPicture, error) {
	f, err := openTIFF(data)
	if err != nil {
		return nil, err
	}
	dir, err := f.read(f.first)
	if err != nil {
		return nil, err
	}
	f.tell(dir, s)
	number := func(tag uint16, fallback int64) int64 { return f.number(dir[tag], 0, fallback) }
	p := &tiffPicture{f: f}
	w, h := number(tagWidth, 0), number(tagHeight, 0)
	if w > math.MaxInt32 || h > math.MaxInt32 {
		return nil, fmt.Errorf("it says that it is %d x %d pixels", w, h)
	}
	p.width, p.height = int(w), int(h)
	if w == 0 || h == 0 {
		return p, nil // the caller says so
	}
	p.bits, p.samples = int(number(tagBits, 1)), int(number(tagSamples, 1))
	if p.samples < 1 || p.samples > 64 {
		p.bad = fmt.Errorf("its pixels have %d samples", p.samples)
		return p, nil
	}
	for i := range min(dir[tagBits].count, int64(p.samples)) {
		if f.number(dir[tagBits], i, 0) != int64(p.bits) {
			p.bad = errors.New("its samples have different depths, which is not read")
			return p, nil
		}
	}
	switch number(tagSampleFormat, 1) {
	case 2:
		p.signed = true
	case 3:
		p.float = true
	}
	p.photometric, p.compression = int(number(tagPhotometric, 1)), int(number(tagCompression, 1))
	p.predictor, p.planar = int(number(tagPredictor, 1)), number(tagPlanar, 1) == 2 && p.samples > 1
	p.reversed = number(tagFillOrder, 1) == 2
	p.tables = dir[tagJPEGTables].data
	p.bad = p.meaning(dir, s)
	if p.bad == nil {
		p.bad = p.layout(dir)
	}
	if _, ok := dir[tagLayers]; ok {
		s.note("the layers that Photoshop keeps in this TIFF are not read, its flat picture is; save a PSD for the layers")
	}
	return p, nil
}

// meaning finds colour space, alpha and palette.
func (p *tiffPicture) meaning(dir map[uint16]entry, s *said) error {
	switch p.bits {
	case 1, 2, 4:
		if p.photometric > 3 || p.photometric == 2 || p.samples > 1 {
			return fmt.Errorf("samples of %d bits are read for grey and palettes only", p.bits)
		}
	case 8, 16:
	case 32:
		if !p.float && p.photometric > 2 {
			return errors.New("samples of 32 bits are read for grey and RGB only")
		}
	default:
		return fmt.Errorf("samples of %d bits are not read", p.bits)
	}
	if p.float && p.bits != 32 {
		return fmt.Errorf("floating samples of %d bits are not read; save it with 16 bit", p.bits)
	}
	switch p.photometric {
	case 0, 1:
		p.space = icc.Gray
	case 2:
		p.space = icc.RGB
	case 3:
		p.space = icc.RGB
		m := dir[tagColorMap]
		if n := int64(3) << p.bits; p.bits > 16 || m.kind != typeShort || m.count < n {
			return errors.New("its palette is missing or too short")
		}
		p.palette = make([]uint16, 3<<p.bits)
		narrow := true // some writers put 8 bit values there
		for i := range p.palette {
			p.palette[i] = p.f.order.Uint16(m.data[2*i:])
			narrow = narrow && p.palette[i] < 256
		}
		for i := range p.palette {
			if narrow {
				p.palette[i] *= 257
			}
		}
	case 5:
		p.space = icc.CMYK
		if p.f.number(dir[tagInkSet], 0, 1) != 1 {
			return errors.New("its inks are not CMYK; save it as CMYK or RGB, or each ink as a grey picture")
		}
	case 6:
		if p.compression != 7 {
			return errors.New("YCbCr is read in JPEG compression only; save it as RGB")
		}
		p.space = icc.RGB
	case 8, 9:
		p.space = icc.Lab
	default:
		return fmt.Errorf("colours of the kind %d are not read", p.photometric)
	}
	need := icc.Channels(p.space)
	if p.photometric == 3 {
		need = 1
	}
	if p.samples < need {
		return fmt.Errorf("its pixels have %d samples, where %s needs %d", p.samples, p.space, need)
	}
	if p.samples > need && p.photometric != 3 {
		switch p.f.number(dir[tagExtraSamples], 0, 0) {
		case 1:
			p.alpha = premultiplied
		case 2:
			p.alpha = straightAlpha
		default:
			s.note("a channel beside its colours is neither alpha nor named, and is left out")
		}
		if p.samples > need+1 {
			s.note("%d channels beside its colours are left out", p.samples-need-1)
		}
	}
	return nil
}

// layout finds the strips or tiles and checks that the file can hold them.
func (p *tiffPicture) layout(dir map[uint16]entry) error {
	f := p.f
	if tw, ok := dir[tagTileWidth]; ok {
		p.blockW, p.blockH = int(min(f.number(tw, 0, 0), math.MaxInt32)), int(min(f.number(dir[tagTileHeight], 0, 0), math.MaxInt32))
		p.offsets, p.sizes = dir[tagTileOffsets], dir[tagTileBytes]
	} else {
		p.blockW, p.blockH = p.width, int(min(f.number(dir[tagRowsPerStrip], 0, int64(p.height)), int64(p.height)))
		p.offsets, p.sizes = dir[tagStripOffsets], dir[tagStripBytes]
	}
	if p.blockW < 1 || p.blockH < 1 {
		return fmt.Errorf("its strips or tiles are %d x %d", p.blockW, p.blockH)
	}
	picture := float64(p.width) * float64(p.height)
	if area := float64(p.blockW) * float64(p.blockH); area > picture && area*float64(p.samples*max(p.bits/8, 1)) > maxBlock {
		return fmt.Errorf("its tiles of %d x %d are far larger than its %d x %d pixels", p.blockW, p.blockH, p.width, p.height)
	}
	p.across, p.down = (p.width+p.blockW-1)/p.blockW, (p.height+p.blockH-1)/p.blockH
	n := int64(p.across) * int64(p.down)
	if p.planar {
		n *= int64(p.samples)
	}
	if p.offsets.count < n {
		return fmt.Errorf("it names %d strips or tiles, and needs %d", p.offsets.count, n)
	}
	if p.sizes.count < n && (p.compression != 1 || p.sizes.count > 0) {
		return fmt.Errorf("it says the bytes of %d strips or tiles, and needs %d", p.sizes.count, n)
	}
	switch p.compression {
	case 1, 5, 7, 8, 32773, 32946:
	case 2, 3, 4:
		if p.bits != 1 || p.samples != 1 {
			return errors.New("its fax compression is for one bit only")
		}
		if p.compression == 2 {
			return errors.New("its compression (CCITT, modified Huffman) is not read; save it with LZW")
		}
	case 6:
		return errors.New("its compression (JPEG of 1992) is not read; save it with LZW")
	default:
		return fmt.Errorf("its compression %d is not read; save it with LZW or deflate", p.compression)
	}
	if p.compression == 7 && (p.bits != 8 || p.float) {
		return errors.New("its JPEG compression is of a depth that is not read")
	}
	switch p.predictor {
	case 1:
	case 2:
		if p.bits < 8 {
			return fmt.Errorf("differences of %d bit samples are not read", p.bits)
		}
	case 3:
		if !p.float {
			return errors.New("its predictor is for floating samples, which it has not")
		}
	default:
		return fmt.Errorf("its predictor %d is not read", p.predictor)
	}
	return nil
}

func (p *tiffPicture) describe() samples {
	s := samples{width: p.width, height: p.height, space: p.space, alpha: p.alpha, bits: 16}
	if p.bits <= 8 {
		s.bits = 8
	}
	if p.photometric == 3 {
		for _, v := range p.palette {
			if v != v>>8*257 {
				s.bits = 16
				return s
			}
		}
		s.bits = 8
	}
	return s
}

// decode unpacks the blocks, a row of them at a time, and gives rows as samples
// describes them.
func (p *tiffPicture) decode(ctx context.Context, take func(y, n int, px []uint16) error) error {
	in := p.describe()
	out := in.channels()
	planes := 1
	if p.planar {
		planes = p.samples
	}
	var band []uint16
	var raw []byte
	for row := range p.down {
		y := row * p.blockH
		n := min(p.blockH, p.height-y)
		for col := range p.across {
			for plane := range planes {
				if err := ctx.Err(); err != nil {
					return err
				}
				if p.planar && p.target(plane) < 0 {
					continue
				}
				i := int64(plane*p.down+row)*int64(p.across) + int64(col)
				var err error
				if raw, err = p.block(i, raw, n); err != nil {
					return fmt.Errorf("block %d: %w", i, err)
				}
				if band == nil { // not before a block was unpacked
					band = make([]uint16, n*p.width*out)
				}
				p.spread(band, raw, col, n, plane, out)
			}
		}
		if err := take(y, n, band[:n*p.width*out]); err != nil {
			return err
		}
	}
	return nil
}

// target is where sample i goes among those that are kept, or -1.
func (p *tiffPicture) target(i int) int {
	need := icc.Channels(p.space)
	if p.photometric == 3 {
		need = 1
	}
	if i < need || i == need && p.alpha != noAlpha {
		return i
	}
	return -1
}

// perBlock is how many samples of a pixel lie together.
func (p *tiffPicture) perBlock() int {
	if p.planar {
		return 1
	}
	return p.samples
}

// rowBytes is of an unpacked block.
func (p *tiffPicture) rowBytes() int { return (p.blockW*p.perBlock()*p.bits + 7) / 8 }

// block unpacks block i into buf, at least n rows of it.
func (p *tiffPicture) block(i int64, buf []byte, n int) ([]byte, error) {
	size := p.rowBytes() * p.blockH
	rows := p.blockH
	if p.blockW == p.width { // the last strip may be short
		rows = n
	}
	want := p.rowBytes() * rows
	at := p.f.number(p.offsets, i, -1)
	length := int64(want)
	if p.sizes.count > 0 {
		length = p.f.number(p.sizes, i, -1)
	}
	if at < 0 || length < 0 || at > int64(len(p.f.data)) || length > int64(len(p.f.data))-at {
		return nil, fmt.Errorf("its %d bytes at %d do not lie in the file", length, at)
	}
	src := p.f.data[at : at+length]
	if p.compression == 1 && len(src) < want {
		return nil, fmt.Errorf("it has %d bytes and needs %d", len(src), want)
	}
	// The most that a byte unpacks to: PackBits repeats 128 by two, deflate goes to
	// 1032, and LZW's longest codes of 12 bits stand for some 3800 bytes.
	if ratio := map[int]int{32773: 64, 8: 1032, 32946: 1032, 5: 2600}[p.compression]; ratio > 0 && want > ratio*(len(src)+8) {
		return nil, fmt.Errorf("its %d bytes cannot hold the %d that it says", len(src), want)
	}
	if cap(buf) < size {
		buf = make([]byte, size)
	}
	buf = buf[:want]
	if p.reversed && p.compression != 7 {
		flipped := make([]byte, len(src))
		for k, b := range src {
			flipped[k] = bits.Reverse8(b)
		}
		src = flipped
	}
	var err error
	switch p.compression {
	case 1:
		copy(buf, src)
	case 5:
		r := lzw.NewReader(bytes.NewReader(src), lzw.MSB, 8)
		_, err = io.ReadFull(r, buf)
		err = errors.Join(err, r.Close())
	case 8, 32946:
		var r io.ReadCloser
		if r, err = zlib.NewReader(bytes.NewReader(src)); err == nil {
			_, err = io.ReadFull(r, buf)
		}
	case 32773:
		err = unpackBits(buf, src)
	case 3, 4:
		format := ccitt.Group3
		if p.compression == 4 {
			format = ccitt.Group4
		}
		r := ccitt.NewReader(bytes.NewReader(src), ccitt.MSB, format, p.blockW, rows, &ccitt.Options{})
		_, err = io.ReadFull(r, buf)
		for k := range buf { // the package has white as 1; TIFF's codes have it as 0
			buf[k] = ^buf[k]
		}
	case 7:
		err = p.jpeg(buf, src, rows)
	}
	if err != nil {
		return nil, err
	}
	if p.predictor != 1 {
		for r := range rows {
			p.sum(buf[r*p.rowBytes() : (r+1)*p.rowBytes()])
		}
	}
	return buf, nil
}

// unpackBits is TIFF 6.0, section 9.
func unpackBits(dst, src []byte) error {
	for len(dst) > 0 {
		if len(src) < 2 {
			return io.ErrUnexpectedEOF
		}
		n := int(int8(src[0]))
		switch {
		case n >= 0:
			n = min(n+1, len(dst))
			if len(src) < 1+n {
				return io.ErrUnexpectedEOF
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
	return nil
}

// jpeg unpacks a block that is a JPEG stream (TIFF technical note 2), whose
// tables may stand in the directory.
func (p *tiffPicture) jpeg(dst, src []byte, rows int) error {
	if len(src) < 4 || src[0] != 0xff || src[1] != 0xd8 {
		return errors.New("it is no JPEG")
	}
	var stream []byte
	stream = append(stream, 0xff, 0xd8)
	if t := p.tables; len(t) >= 4 && t[0] == 0xff && t[1] == 0xd8 {
		stream = append(stream, bytes.TrimSuffix(t[2:], []byte{0xff, 0xd9})...)
	}
	if p.photometric != 6 && p.perBlock() >= 3 { // not YCbCr: Adobe's marker says so
		stream = append(stream, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0)
	}
	stream = append(stream, src[2:]...)
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(stream))
	if err != nil {
		return err
	}
	if cfg.Width < min(p.blockW, p.width) || cfg.Height < min(rows, p.height) || cfg.Width > p.blockW+64 || cfg.Height > p.blockH+64 {
		return fmt.Errorf("its JPEG is %d x %d", cfg.Width, cfg.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(stream))
	if err != nil {
		return err
	}
	s, err := samplesOf(img)
	if err != nil {
		return err
	}
	if s.channels() != p.perBlock() {
		return fmt.Errorf("its JPEG has %d components where %d belong", s.channels(), p.perBlock())
	}
	line := make([]uint16, s.width*s.channels())
	for y := range min(rows, s.height) {
		rowOf(line, img, y, false, s.channels())
		out := dst[y*p.rowBytes() : (y+1)*p.rowBytes()]
		for i := range min(len(out), len(line)) {
			out[i] = byte(line[i] >> 8)
			if _, cmyk := img.(*image.CMYK); cmyk {
				out[i] = ^out[i] // the package takes Adobe's inks to be inverted; TIFF's are not
			}
		}
	}
	return nil
}

// sum undoes the differences of one row.
func (p *tiffPicture) sum(row []byte) {
	n := p.perBlock()
	if p.predictor == 3 { // Adobe Photoshop TIFF Technical Note 3: bytes of a kind together
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
		count := len(row) / 4
		plain := make([]byte, len(row))
		for i := range count {
			v := uint32(row[i])<<24 | uint32(row[count+i])<<16 | uint32(row[2*count+i])<<8 | uint32(row[3*count+i])
			p.f.order.PutUint32(plain[4*i:], v)
		}
		copy(row, plain)
		return
	}
	switch o := p.f.order; p.bits {
	case 8:
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
	case 16:
		for i := 2 * n; i+1 < len(row); i += 2 {
			o.PutUint16(row[i:], o.Uint16(row[i:])+o.Uint16(row[i-2*n:]))
		}
	case 32:
		for i := 4 * n; i+3 < len(row); i += 4 {
			o.PutUint32(row[i:], o.Uint32(row[i:])+o.Uint32(row[i-4*n:]))
		}
	}
}

// spread puts the samples of a block where they belong in a band of n rows.
func (p *tiffPicture) spread(band []uint16, raw []byte, col, n, plane, out int) {
	x0 := col * p.blockW
	w := min(p.blockW, p.width-x0)
	each := p.perBlock()
	for y := range n {
		row := raw[y*p.rowBytes():]
		dst := band[(y*p.width+x0)*out:]
		for x := range w {
			for s := range each {
				i := s
				if p.planar {
					i = plane
				}
				if i = p.target(i); i < 0 {
					break
				}
				v := p.value(row, x*each+s)
				if p.photometric == 3 {
					size := len(p.palette) / 3
					for c := range 3 {
						dst[x*out+c] = p.palette[c*size+int(v)]
					}
					continue
				}
				dst[x*out+i] = p.scale(v, i)
			}
		}
	}
}

// value reads sample i of a row as it is stored.
func (p *tiffPicture) value(row []byte, i int) uint32 {
	switch p.bits {
	case 8:
		return uint32(row[i])
	case 16:
		return uint32(p.f.order.Uint16(row[2*i:]))
	case 32:
		return p.f.order.Uint32(row[4*i:])
	}
	per := 8 / p.bits
	return uint32(row[i/per]>>(8-p.bits*(i%per+1))) & (1<<p.bits - 1)
}

// scale brings a sample to 0..65535.
func (p *tiffPicture) scale(v uint32, channel int) uint16 {
	var out uint16
	switch p.bits {
	case 8:
		if p.signed && p.space != icc.Lab {
			v ^= 0x80
		}
		out = uint16(v) * 257
	case 16:
		if p.signed && p.space != icc.Lab {
			v ^= 0x8000
		}
		out = uint16(v)
	case 32:
		if p.float {
			f := float64(math.Float32frombits(v))
			if !(f > 0) {
				f = 0
			}
			out = uint16(min(f, 1)*65535 + 0.5)
		} else {
			out = uint16(v >> 16)
		}
	default:
		out = uint16(v * 65535 / (1<<p.bits - 1))
	}
	switch {
	case p.photometric == 0 && channel == 0:
		out = 65535 - out
	case p.photometric == 8 && channel > 0 && channel < 3:
		// CIE L*a*b* has signed a and b; 16 bit ones are 256ths.
		if p.bits == 16 {
			out = uint16(min(int64(out^0x8000)*65535/65280, 65535))
		} else {
			out = uint16(uint8(v)^0x80) * 257
		}
	case p.photometric == 9 && p.bits == 16 && channel < 3:
		// ICC L*a*b* in 16 bit is as version 2 encodes it: 100 is 0xff00.
		out = uint16(min(int64(out)*65535/65280, 65535))
	}
	return out
}

// asStored reads the pixels without any conversion: NRGBA of 8 bit or NRGBA64.
func (p *tiffPicture) asStored(ctx context.Context) (image.Image, error) {
	in := p.describe()
	k := &sink{samples: in, orientation: 1}
	if in.space == icc.Lab {
		k.convert = icc.LabToSRGB()
	}
	if err := p.decode(ctx, func(y, n int, px []uint16) error { return k.rows(ctx, y, n, px) }); err != nil {
		return nil, err
	}
	if in.bits == 16 {
		return k.img, nil
	}
	img := image.NewNRGBA(k.img.Rect)
	for i := range img.Pix {
		img.Pix[i] = k.img.Pix[2*i]
	}
	return img, nil
}
