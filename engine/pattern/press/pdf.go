package press

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// largestPage is the longest side of a page, in its units of 1/72 inch; a
// larger one states larger units (ISO 32000-1, annex C.2 and 14.11.2).
const largestPage = 14400

// WritePDF writes one page that is exactly as large as the picture, which fills
// it without loss: 8 or 16 bits a sample, in the colours of its profile, with
// its palette, alpha as a soft mask, inks as DeviceN with the names of their
// positions. It is written here and not by a library, since those at hand take
// the picture into memory whole, halve its depth and drop its profile.
//
// A picture without resolution is a *PictureError: a page has a size.
func WritePDF(ctx context.Context, w io.Writer, p *Picture, m Meta) error {
	if err := checked(p, m); err != nil {
		return err
	}
	if m.DPIX == 0 {
		return &PictureError{"a PDF at true size needs the size of the pattern; give its repeat in mm"}
	}
	if p.Model == CMYK && len(m.Profile) == 0 {
		return &PictureError{"CMYK without a profile says nothing of its inks; give the profile it was made with"}
	}
	d := &pdf{w: bufio.NewWriterSize(w, 256<<10)}
	width, height := float64(p.Width)/m.DPIX*72, float64(p.Height)/m.DPIY*72
	unit := max(math.Ceil(max(width, height)/largestPage*10)/10, 1)
	width, height = width/unit, height/unit

	d.printf("%%PDF-1.6\n%%\xe2\xe3\xcf\xd3\n")
	const (
		catalog = 1 + iota
		pages
		page
		content
		picture
		info
		xmp
		space // what the colour space needs
		mask
		length // of picture
		maskLength
		objects
	)
	d.at = make([]int64, objects)
	d.object(catalog, fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R /Metadata %d 0 R >>", pages, xmp))
	d.object(pages, fmt.Sprintf("<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", page))
	box := fmt.Sprintf("[0 0 %s %s]", number(width), number(height))
	units := ""
	if unit > 1 {
		units = " /UserUnit " + number(unit)
	}
	d.object(page, fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox %s /TrimBox %s%s /Contents %d 0 R /Resources << /XObject << /P %d 0 R >> >> >>", pages, box, box, units, content, picture))
	d.stream(content, "", []byte(fmt.Sprintf("q %s 0 0 %s 0 0 cm /P Do Q", number(width), number(height))))
	colors := d.space(p, m, space)
	d.object(info, fmt.Sprintf("<< /Title %s /Subject %s /Creator %s >>", pdfText(m.Title), pdfText(m.Description), pdfText(software)))
	d.stream(xmp, "/Type /Metadata /Subtype /XML", m.XMP())

	masked := ""
	samples := p
	if p.Model == RGBA {
		masked = fmt.Sprintf(" /SMask %d 0 R", mask)
		samples = p.part(RGB, 0, 3)
		if err := d.image(ctx, mask, maskLength, p.part(Gray, 3, 4), "/DeviceGray", ""); err != nil {
			return err
		}
	}
	if err := d.image(ctx, picture, length, samples, colors, masked); err != nil {
		return err
	}
	return d.trailer(catalog, info)
}

// part returns some samples of every pixel, as a picture of its own.
func (p *Picture) part(model Model, from, to int) *Picture {
	out := *p
	out.Model = model
	size := p.Bits / 8
	out.Row = func(dst []byte, y int) {
		src := make([]byte, p.RowBytes())
		p.Row(src, y)
		n, k := p.Samples()*size, (to-from)*size
		for x := range p.Width {
			copy(dst[k*x:k*x+k], src[n*x+from*size:])
		}
	}
	return &out
}

// pdf writes objects and keeps where they lie. The first error stays in w.
type pdf struct {
	w  *bufio.Writer
	n  int64
	at []int64 // by number; 0 for an object that is not used
}

func (d *pdf) printf(format string, a ...any) {
	n, _ := fmt.Fprintf(d.w, format, a...)
	d.n += int64(n)
}

func (d *pdf) object(id int, body string) {
	d.at[id] = d.n
	d.printf("%d 0 obj\n%s\nendobj\n", id, body)
}

func (d *pdf) stream(id int, dict string, data []byte) {
	d.object(id, fmt.Sprintf("<< /Length %d %s >>\nstream\n%s\nendstream", len(data), dict, data))
}

// Write counts what a packed picture takes.
func (d *pdf) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.n += int64(n)
	return n, err
}

// image writes the samples, packed as a PNG's are; their length follows as an
// object of its own, since it is not known before.
func (d *pdf) image(ctx context.Context, id, length int, p *Picture, space, more string) error {
	d.at[id] = d.n
	d.printf("%d 0 obj\n<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent %d%s /Interpolate false /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors %d /BitsPerComponent %d /Columns %d >> /Length %d 0 R >>\nstream\n",
		id, p.Width, p.Height, space, p.Bits, more, p.Samples(), p.Bits, p.Width, length)
	from := d.n
	if err := deflateRows(ctx, d, p); err != nil {
		return err
	}
	size := d.n - from
	d.printf("\nendstream\nendobj\n")
	d.object(length, strconv.FormatInt(size, 10))
	return nil
}

// space writes the object that the samples' colour space needs, a profile or a
// tint function, and returns the space.
func (d *pdf) space(p *Picture, m Meta, object int) string {
	base, n := "/DeviceRGB", 3
	switch p.Model {
	case Gray:
		return "/DeviceGray"
	case Inks:
		d.tint(object, p.Positions)
		names := make([]string, len(p.Positions))
		for i, pos := range p.Positions {
			names[i] = pdfName(pos.label())
		}
		return fmt.Sprintf("[/DeviceN [%s] /DeviceRGB %d 0 R]", strings.Join(names, " "), object)
	case CMYK:
		base, n = "/DeviceCMYK", 4
	case RGB, RGBA, Indexed:
	}
	d.stream(object, fmt.Sprintf("/N %d /Alternate %s /Filter /FlateDecode", n, base), deflated(m.profile(p.Model)))
	base = fmt.Sprintf("[/ICCBased %d 0 R]", object)
	if p.Model != Indexed {
		return base
	}
	var table strings.Builder
	for _, c := range p.Palette {
		fmt.Fprintf(&table, "%02x%02x%02x", c.R, c.G, c.B)
	}
	return fmt.Sprintf("[/Indexed %s %d <%s>]", base, len(p.Palette)-1, table.String())
}

// trailer writes the table of objects and ends the file.
func (d *pdf) trailer(catalog, info int) error {
	at := d.n
	d.printf("xref\n0 %d\n0000000000 65535 f\r\n", len(d.at))
	for _, o := range d.at[1:] {
		if o == 0 {
			d.printf("0000000000 00000 f\r\n")
			continue
		}
		d.printf("%010d 00000 n\r\n", o)
	}
	d.printf("trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(d.at), catalog, info, at)
	if d.n > 9_999_999_999 {
		return &PictureError{"the picture needs more than the 10 GB that a PDF's table of objects can reach"}
	}
	return d.w.Flush()
}

// number writes a PDF number to a ten-thousandth of a point.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*10000)/10000, 'f', -1, 64)
}

// pdfText is a text string: UTF-16 with its mark, in hex.
func pdfText(s string) string {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return fmt.Sprintf("<%x>", b)
}

// tint writes the function that shows inks on a screen: each takes away from
// white what its chip lacks of it. Only DeviceN's preview depends on it, not
// what a RIP separates.
func (d *pdf) tint(id int, positions []Position) {
	var f strings.Builder
	f.WriteString("{1 1 1")
	for i := len(positions) - 1; i >= 0; i-- {
		// On the stack lie this ink's tint and red, green and blue. Each is
		// multiplied by 1 + tint·(chip-1), and the tint dropped.
		c := positions[i].Chip
		for _, v := range []uint8{c.B, c.G, c.R} {
			fmt.Fprintf(&f, " 3 index %s mul 1 add mul 3 1 roll", number(float64(v)/255-1))
		}
		f.WriteString(" 4 -1 roll pop")
	}
	f.WriteString("}")
	d.stream(id, fmt.Sprintf("/FunctionType 4 /Domain [%s] /Range [0 1 0 1 0 1]", strings.TrimSpace(strings.Repeat("0 1 ", len(positions)))), []byte(f.String()))
}

// pdfName writes a name; bytes that are no regular characters become #xx.
func pdfName(s string) string {
	var b strings.Builder
	b.WriteByte('/')
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || strings.IndexByte("#/%()<>[]{}", c) >= 0 {
			fmt.Fprintf(&b, "#%02x", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
