package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
)

// TIFF tags that are written or read here (TIFF 6.0, 1992; the ICC profile's
// is from ICC.1, annex B).
const (
	tagWidth        = 256
	tagHeight       = 257
	tagBits         = 258
	tagCompression  = 259
	tagPhotometric  = 262
	tagDescription  = 270
	tagStripOffsets = 273
	tagSamples      = 277
	tagRowsPerStrip = 278
	tagStripBytes   = 279
	tagXResolution  = 282
	tagYResolution  = 283
	tagPlanar       = 284
	tagUnit         = 296
	tagSoftware     = 305
	tagPredictor    = 317
	tagExtraSamples = 338
	tagProfile      = 34675

	typeByte     = 1
	typeASCII    = 2
	typeShort    = 3
	typeLong     = 4
	typeRational = 5
	typeUndef    = 7
)

// stripBytes is how much of the picture, unpacked, a strip holds: TIFF 6.0
// advises 8 KiB, which is from another time.
const stripBytes = 256 << 10

// field is one entry of a TIFF directory.
type field struct {
	tag, kind uint16
	count     uint32
	data      []byte // little endian
}

func shorts(tag uint16, v ...uint16) field {
	f := field{tag: tag, kind: typeShort, count: uint32(len(v))}
	for _, x := range v {
		f.data = binary.LittleEndian.AppendUint16(f.data, x)
	}
	return f
}

func longs(tag uint16, v ...uint32) field {
	f := field{tag: tag, kind: typeLong, count: uint32(len(v))}
	for _, x := range v {
		f.data = binary.LittleEndian.AppendUint32(f.data, x)
	}
	return f
}

func text(tag uint16, s []byte) field {
	return field{tag: tag, kind: typeASCII, count: uint32(len(s) + 1), data: append(bytes.Clone(s), 0)}
}

// rational states v to a ten-thousandth.
func rational(tag uint16, v float64) field {
	f := longs(tag, uint32(math.Round(v*10000)), 10000)
	f.kind, f.count = typeRational, 1
	return f
}

// EncodeTIFF writes a baseline RGB TIFF: 16 bit for 16 bit pictures and 8 bit
// for others, with unassociated alpha unless everything is opaque, in strips
// packed by LZW after horizontal differencing: deflate packs better, but the
// RIPs of mills are old, and TIFF 6.0 itself has only LZW. It carries the resolution, the sRGB profile, and the request as
// ImageDescription ("selvage.request:" and JSON in ASCII).
func EncodeTIFF(w io.Writer, img image.Image, m Meta) error {
	if err := m.check(); err != nil {
		return err
	}
	img = straight(img)
	b := img.Bounds()
	width, height := b.Dx(), b.Dy()
	if width <= 0 || height <= 0 {
		return fmt.Errorf("file: a picture of %d x %d cannot be written", width, height)
	}
	p := packer{img: img, samples: 4, bytes: 1}
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		p.samples = 3
	}
	if _, ok := img.(*image.NRGBA64); ok {
		p.bytes = 2
	}
	rowBytes := width * p.samples * p.bytes
	rows := min(max(stripBytes/rowBytes, 1), height)
	strips := p.strips(rows)

	bits := slices.Repeat([]uint16{uint16(8 * p.bytes)}, p.samples)
	offsets, counts := make([]uint32, len(strips)), make([]uint32, len(strips))
	at := int64(8)
	for i, s := range strips {
		offsets[i], counts[i] = uint32(at), uint32(len(s))
		at += int64(len(s)+1) &^ 1
	}
	fields := []field{
		longs(tagWidth, uint32(width)), longs(tagHeight, uint32(height)), shorts(tagBits, bits...),
		shorts(tagCompression, 5), shorts(tagPhotometric, 2),
		longs(tagStripOffsets, offsets...), shorts(tagSamples, uint16(p.samples)), longs(tagRowsPerStrip, uint32(rows)), longs(tagStripBytes, counts...),
		shorts(tagPlanar, 1), text(tagSoftware, []byte(software)), shorts(tagPredictor, 2),
		{tag: tagProfile, kind: typeUndef, data: SRGBProfile()},
	}
	fields[len(fields)-1].count = uint32(len(fields[len(fields)-1].data))
	if m.DPIX > 0 {
		if m.DPIX*10000 > math.MaxUint32 || m.DPIY*10000 > math.MaxUint32 {
			return fmt.Errorf("file: %g DPI is more than a TIFF can state", max(m.DPIX, m.DPIY))
		}
		fields = append(fields, rational(tagXResolution, m.DPIX), rational(tagYResolution, m.DPIY), shorts(tagUnit, 2))
	}
	if p.samples == 4 {
		fields = append(fields, shorts(tagExtraSamples, 2))
	}
	if len(m.Request) > 0 {
		fields = append(fields, text(tagDescription, append([]byte(Keyword+":"), ascii(m.Request)...)))
	}
	dir, err := directory(at, fields)
	if err != nil {
		return err
	}

	head := binary.LittleEndian.AppendUint32([]byte("II\x2a\x00"), uint32(at))
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, s := range strips {
		if len(s)%2 == 1 {
			s = append(s, 0)
		}
		if _, err := w.Write(s); err != nil {
			return err
		}
	}
	_, err = w.Write(dir)
	return err
}

// directory lays out the fields, sorted by tag, for a directory that begins at
// byte at of the file.
func directory(at int64, fields []field) ([]byte, error) {
	slices.SortFunc(fields, func(a, b field) int { return int(a.tag) - int(b.tag) })
	le := binary.LittleEndian
	dir := le.AppendUint16(nil, uint16(len(fields)))
	var far []byte
	base := at + int64(2+12*len(fields)+4)
	for _, f := range fields {
		dir = le.AppendUint16(dir, f.tag)
		dir = le.AppendUint16(dir, f.kind)
		dir = le.AppendUint32(dir, f.count)
		if len(f.data) <= 4 {
			dir = append(dir, append(f.data, 0, 0, 0, 0)[:4]...)
			continue
		}
		dir = le.AppendUint32(dir, uint32(base+int64(len(far))))
		far = append(far, f.data...)
		if len(far)%2 == 1 {
			far = append(far, 0)
		}
	}
	if base+int64(len(far)) > math.MaxUint32 {
		return nil, fmt.Errorf("file: the picture needs more than the 4 GiB that a TIFF can hold; write a PNG, or a smaller size")
	}
	dir = append(dir, 0, 0, 0, 0) // no next directory
	return append(dir, far...), nil
}

// packer turns rows of a picture into strips.
type packer struct {
	img     image.Image
	samples int // 3 or 4
	bytes   int // of a sample
}

// strips packs the picture on all cores; the result does not depend on how many.
func (p *packer) strips(rows int) [][]byte {
	height := p.img.Bounds().Dy()
	n := (height + rows - 1) / rows
	out := make([][]byte, n)
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for k := range workers {
		wg.Go(func() {
			for i := k; i < n; i += workers {
				out[i] = p.strip(i*rows, min((i+1)*rows, height))
			}
		})
	}
	wg.Wait()
	return out
}

func (p *packer) strip(from, to int) []byte {
	var rows []byte
	for y := from; y < to; y++ {
		rows = append(rows, p.row(y)...)
	}
	return PackLZW(rows)
}

// row returns one row after horizontal differencing: every sample less the
// same one of the pixel to the left.
func (p *packer) row(y int) []byte {
	b := p.img.Bounds()
	w := b.Dx()
	out := make([]byte, w*p.samples*p.bytes)
	switch img := p.img.(type) {
	case *image.NRGBA:
		src := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
		for x := range w {
			for c := range p.samples {
				v := src[4*x+c]
				if x > 0 {
					v -= src[4*x-4+c]
				}
				out[x*p.samples+c] = v
			}
		}
	case *image.NRGBA64:
		src := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
		be, le := binary.BigEndian, binary.LittleEndian
		for x := range w {
			for c := range p.samples {
				v := be.Uint16(src[8*x+2*c:])
				if x > 0 {
					v -= be.Uint16(src[8*x-8+2*c:])
				}
				le.PutUint16(out[2*(x*p.samples+c):], v)
			}
		}
	}
	return out
}
