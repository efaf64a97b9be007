package press

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/psd"
)

// Compression is how the strips of a TIFF are packed.
type Compression uint8

// The compressions. LZW is the zero value: every RIP reads it, TIFF 6.0 itself
// has nothing better.
const (
	LZW     Compression = iota
	Deflate             // Adobe's code 8, smaller and slower
	Plain               // not packed
)

// ParseCompression reads "lzw", "deflate" or "none".
func ParseCompression(s string) (Compression, error) {
	switch strings.ToLower(s) {
	case "lzw":
		return LZW, nil
	case "deflate", "zip":
		return Deflate, nil
	case "none":
		return Plain, nil
	default:
		return 0, &PictureError{fmt.Sprintf("compression %q is not known; use lzw, deflate or none", s)}
	}
}

// TIFF is how a TIFF is written.
type TIFF struct{ Compression Compression }

// Tags of TIFF 6.0 (1992), of Adobe's supplements to it, and of ICC.1.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagDescription     = 270
	tagStripOffsets    = 273
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripBytes      = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagUnit            = 296
	tagSoftware        = 305
	tagPredictor       = 317
	tagColorMap        = 320
	tagInkSet          = 332
	tagInkNames        = 333
	tagNumberOfInks    = 334
	tagDotRange        = 336
	tagExtraSamples    = 338
	tagXMP             = 700
	tagPhotoshop       = 34377
	tagProfile         = 34675
	tagDocumentName    = 269
	unitInch           = 2
	inkSetCMYK         = 1
	inkSetOther        = 2
	unassociated       = 2
	photometricBlack   = 1
	photometricRGB     = 2
	photometricIndexed = 3
	photometricInks    = 5
)

// stripBytes is how much of the picture, unpacked, a strip holds.
const stripBytes = 256 << 10

// WriteTIFF writes a TIFF in strips, packed on all cores. Its bits are the
// picture's; alpha is unassociated; an indexed picture has its palette as
// ColorMap, which has 256 places, those beyond the palette black; CMYK and inks
// are photometric "separated", with InkSet and, for inks, NumberOfInks and
// InkNames, and Photoshop's own names and colours of spot channels beside them.
//
// Where w is an io.WriterAt, as the writers of file.Set are, memory does not
// grow with the file. A file of more than 4 GiB is a *PictureError.
func WriteTIFF(ctx context.Context, w io.Writer, p *Picture, m Meta, o TIFF) error {
	if err := checked(p, m); err != nil {
		return err
	}
	if p.Model == CMYK && len(m.Profile) == 0 {
		return &PictureError{"CMYK without a profile says nothing of its inks; give the profile it was made with"}
	}
	out := newSink(w)
	if err := out.write([]byte("II\x2a\x00\x00\x00\x00\x00")); err != nil {
		return err
	}
	t := strips{p: p, o: o, rows: min(max(stripBytes/p.RowBytes(), 1), p.Height)}
	var offsets, counts []uint32
	err := inOrder(ctx, (p.Height+t.rows-1)/t.rows, t.strip, func(s []byte) error {
		if out.n+int64(len(s)) > math.MaxUint32-maxDirectory {
			return &PictureError{fmt.Sprintf("%d x %d pixels need more than the 4 GiB that a TIFF can hold; use another compression, a smaller piece, or a PNG", p.Width, p.Height)}
		}
		offsets, counts = append(offsets, uint32(out.n)), append(counts, uint32(len(s)))
		if len(s)%2 == 1 {
			s = append(s, 0)
		}
		return out.write(s)
	})
	if err != nil {
		return err
	}
	fields := append(tiffFields(p, m), longs(tagStripOffsets, offsets...), longs(tagStripBytes, counts...),
		longs(tagRowsPerStrip, uint32(t.rows)), shorts(tagCompression, t.code()), shorts(tagPredictor, t.predictor()))
	at := out.n
	if err := out.write(directory(at, fields)); err != nil {
		return err
	}
	if err := out.patch(binary.LittleEndian.AppendUint32(nil, uint32(at)), 4); err != nil {
		return err
	}
	return out.close()
}

// maxDirectory is room for the directory and all that it points to.
const maxDirectory = 64 << 20

// tiffFields are the fields that do not follow from the strips.
func tiffFields(p *Picture, m Meta) []field {
	n := p.Samples()
	fields := []field{
		longs(tagWidth, uint32(p.Width)), longs(tagHeight, uint32(p.Height)),
		shorts(tagBits, slices.Repeat([]uint16{uint16(p.Bits)}, n)...), shorts(tagSamples, uint16(n)), shorts(tagPlanar, 1),
		text(tagSoftware, software), raw(tagXMP, typeByte, m.XMP()),
	}
	if m.Title != "" {
		fields = append(fields, text(tagDocumentName, m.Title))
	}
	if s := m.text(); s != "" {
		fields = append(fields, text(tagDescription, s))
	}
	if m.DPIX > 0 {
		fields = append(fields, rational(tagXResolution, m.DPIX), rational(tagYResolution, m.DPIY), shorts(tagUnit, unitInch))
	}
	if icc := m.profile(p.Model); icc != nil {
		fields = append(fields, raw(tagProfile, typeUndefined, icc))
	}
	switch p.Model {
	case Gray:
		fields = append(fields, shorts(tagPhotometric, photometricBlack))
	case RGB:
		fields = append(fields, shorts(tagPhotometric, photometricRGB))
	case RGBA:
		fields = append(fields, shorts(tagPhotometric, photometricRGB), shorts(tagExtraSamples, unassociated))
	case Indexed:
		var ramp [3 * 256]uint16
		for i, c := range p.Palette {
			ramp[i], ramp[256+i], ramp[512+i] = 257*uint16(c.R), 257*uint16(c.G), 257*uint16(c.B)
		}
		fields = append(fields, shorts(tagPhotometric, photometricIndexed), shorts(tagColorMap, ramp[:]...))
	case CMYK:
		fields = append(fields, shorts(tagPhotometric, photometricInks), shorts(tagInkSet, inkSetCMYK), shorts(tagNumberOfInks, 4))
	case Inks:
		names := make([]string, n)
		for i, pos := range p.Positions {
			names[i] = ascii(pos.label())
		}
		full := uint16(1<<p.Bits - 1)
		if n > 4 {
			// By the letter of TIFF 6.0 all samples are inks and none is extra;
			// libtiff takes separated pictures to have four and the rest for extra,
			// and warns where they are not declared, whatever InkSet says.
			fields = append(fields, shorts(tagExtraSamples, make([]uint16, n-4)...))
		}
		fields = append(fields, shorts(tagPhotometric, photometricInks), shorts(tagInkSet, inkSetOther), shorts(tagNumberOfInks, uint16(n)),
			text(tagInkNames, strings.Join(names, "\x00")), shorts(tagDotRange, 0, full),
			raw(tagPhotoshop, typeByte, psd.Resources(psd.SpotResources(Spots(p.Positions)))))
	}
	return fields
}

// strips packs a picture's rows.
type strips struct {
	p    *Picture
	o    TIFF
	rows int
}

func (t *strips) code() uint16 {
	switch t.o.Compression {
	case Deflate:
		return 8
	case Plain:
		return 1
	default:
		return 5
	}
}

// predictor is 2, horizontal differencing, where neighbours are numbers that
// lie near each other. Places in a palette are not, and inks are flat.
func (t *strips) predictor() uint16 {
	if t.o.Compression == Plain || t.p.Model == Indexed || t.p.Model == Inks || t.p.Model == Gray {
		return 1
	}
	return 2
}

// strip returns strip i, packed.
func (t *strips) strip(i int) []byte {
	n := t.p.RowBytes()
	from, to := i*t.rows, min((i+1)*t.rows, t.p.Height)
	data := make([]byte, (to-from)*n)
	for y := from; y < to; y++ {
		row := data[(y-from)*n : (y-from+1)*n]
		t.p.Row(row, y)
		if t.p.Bits == 16 {
			little(row)
		}
		if t.predictor() == 2 {
			t.difference(row)
		}
	}
	switch t.o.Compression {
	case Deflate:
		return deflated(data)
	case Plain:
		return data
	default:
		return file.PackLZW(data)
	}
}

// little turns 16 bit samples from big to little end first, in place.
func little(row []byte) {
	for i := 0; i+1 < len(row); i += 2 {
		row[i], row[i+1] = row[i+1], row[i]
	}
}

// difference leaves every sample less the same one of the pixel to the left.
func (t *strips) difference(row []byte) {
	n := t.p.Samples()
	if t.p.Bits == 8 {
		for i := len(row) - 1; i >= n; i-- {
			row[i] -= row[i-n]
		}
		return
	}
	le := binary.LittleEndian
	for i := len(row) - 2; i >= 2*n; i -= 2 {
		le.PutUint16(row[i:], le.Uint16(row[i:])-le.Uint16(row[i-2*n:]))
	}
}

// Types of a TIFF's fields.
const (
	typeByte      = 1
	typeASCII     = 2
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeUndefined = 7
)

// field is one entry of a TIFF directory.
type field struct {
	tag, kind uint16
	count     int
	data      []byte // little endian
}

func raw(tag, kind uint16, data []byte) field { return field{tag, kind, len(data), data} }

// text is ASCII by the letter of TIFF 6.0, and UTF-8 by custom.
func text(tag uint16, s string) field {
	return raw(tag, typeASCII, append([]byte(s), 0))
}

func shorts(tag uint16, v ...uint16) field {
	f := field{tag: tag, kind: typeShort, count: len(v)}
	for _, x := range v {
		f.data = binary.LittleEndian.AppendUint16(f.data, x)
	}
	return f
}

func longs(tag uint16, v ...uint32) field {
	f := field{tag: tag, kind: typeLong, count: len(v)}
	for _, x := range v {
		f.data = binary.LittleEndian.AppendUint32(f.data, x)
	}
	return f
}

// rational states v to a ten-thousandth.
func rational(tag uint16, v float64) field {
	f := longs(tag, uint32(math.Round(v*10000)), 10000)
	f.kind, f.count = typeRational, 1
	return f
}

// directory lays out the fields, sorted by tag, for a directory that begins at
// byte at.
func directory(at int64, fields []field) []byte {
	slices.SortFunc(fields, func(a, b field) int { return int(a.tag) - int(b.tag) })
	le := binary.LittleEndian
	dir := le.AppendUint16(nil, uint16(len(fields)))
	var far []byte
	base := at + int64(2+12*len(fields)+4)
	for _, f := range fields {
		dir = le.AppendUint16(dir, f.tag)
		dir = le.AppendUint16(dir, f.kind)
		dir = le.AppendUint32(dir, uint32(f.count))
		if len(f.data) <= 4 {
			dir = append(dir, append(bytes.Clone(f.data), 0, 0, 0, 0)[:4]...)
			continue
		}
		dir = le.AppendUint32(dir, uint32(base+int64(len(far))))
		far = append(far, f.data...)
		if len(far)%2 == 1 {
			far = append(far, 0)
		}
	}
	dir = append(dir, 0, 0, 0, 0) // no next directory
	return append(dir, far...)
}

// ascii replaces what lies beyond printable ASCII.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
