package psd

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"
	"unicode/utf16"
)

// Sheet is a document to write: a picture in RGB with layers, or one of named
// spot channels.
type Sheet struct {
	Width, Height int
	Bits          int // of a sample: 8 or 16

	// Alpha tells that the composite picture has a fourth channel.
	Alpha bool

	// Spots makes a multichannel document of these inks, which has no layers.
	Spots []Spot

	// Layers lie on each other, the lowest first; there may be none.
	Layers []SheetLayer

	// Plane fills dst with row y of one channel of the composite picture, what
	// a program shows that knows no layers: red, green, blue and alpha, straight,
	// or one of Spots, of which 0 is full ink and the largest value none. 16 bit
	// samples have their big end first.
	Plane func(dst []byte, channel, y int)

	DPIX, DPIY float64 // 0 if the file says nothing of size
	Profile    []byte  // ICC; nil for none
	XMP        []byte  // a packet; nil for none
}

// SheetLayer is a layer to write.
type SheetLayer struct {
	Name    string
	Opacity uint8  // 255 is opaque
	Blend   string // "normal", "multiply", ...; what PSD has no key for is an error
	Hidden  bool
	Bounds  image.Rectangle // on the canvas, and beyond it

	// Row fills dst with row y of the layer, counted from the top of Bounds: RGBA
	// with straight alpha, as deep as the sheet.
	Row func(dst []byte, y int)
}

// Spot is an ink of a multichannel document.
type Spot struct {
	Name    string
	R, G, B uint8       // sRGB, for the screen
	Lab     *[3]float64 // CIELAB, where it is known
}

// WriteError reports a sheet that a PSD cannot hold.
type WriteError struct{ Reason string }

func (e *WriteError) Error() string { return "psd: " + e.Reason }

const (
	largestSide  = 30000
	mostChannels = 56
	mostLayers   = 8000
)

func (s *Sheet) check() error {
	switch {
	case s.Width <= 0 || s.Height <= 0 || s.Width > largestSide || s.Height > largestSide:
		return &WriteError{fmt.Sprintf("%d x %d pixels do not fit a PSD, whose sides are from 1 to %d; write a TIFF", s.Width, s.Height, largestSide)}
	case s.Bits != 8 && s.Bits != 16:
		return &WriteError{fmt.Sprintf("samples of %d bits are not written, only 8 and 16", s.Bits)}
	case s.Plane == nil:
		return &WriteError{"a document without its composite picture shows nothing in most programs"}
	case len(s.Spots) > mostChannels:
		return &WriteError{fmt.Sprintf("%d spot channels are more than the %d of a PSD", len(s.Spots), mostChannels)}
	case len(s.Spots) > 0 && (len(s.Layers) > 0 || s.Alpha):
		return &WriteError{"a document of spot channels has neither layers nor alpha"}
	case len(s.Layers) > mostLayers:
		return &WriteError{fmt.Sprintf("%d layers are more than the %d of a PSD", len(s.Layers), mostLayers)}
	}
	for _, l := range s.Layers {
		if _, ok := blendKey(l.Blend); !ok {
			return &WriteError{fmt.Sprintf("layer %q has the blend mode %q, for which a PSD has no key; flatten it", l.Name, l.Blend)}
		}
		if l.Row == nil || l.Bounds.Dx() < 0 || l.Bounds.Dy() < 0 || l.Bounds.Dx() > largestSide || l.Bounds.Dy() > largestSide {
			return &WriteError{fmt.Sprintf("layer %q has no rows, or bounds %v that do not fit a PSD", l.Name, l.Bounds)}
		}
	}
	return nil
}

// blendKey returns the key of a blend mode (Adobe Photoshop File Formats
// Specification, layer records); an empty name is normal.
func blendKey(name string) (string, bool) {
	switch name {
	case "", "normal":
		return "norm", true
	case "dissolve":
		return "diss", true
	case "multiply":
		return "mul ", true
	case "screen":
		return "scrn", true
	case "overlay":
		return "over", true
	case "darken":
		return "dark", true
	case "lighten":
		return "lite", true
	case "color-dodge":
		return "div ", true
	case "color-burn":
		return "idiv", true
	case "hard-light":
		return "hLit", true
	case "soft-light":
		return "sLit", true
	case "difference":
		return "diff", true
	case "exclusion":
		return "smud", true
	case "hue":
		return "hue ", true
	case "saturation":
		return "sat ", true
	case "color":
		return "colr", true
	case "luminosity":
		return "lum ", true
	default:
		return "", false
	}
}

func (s *Sheet) channels() int {
	switch {
	case len(s.Spots) > 0:
		return len(s.Spots)
	case s.Alpha:
		return 4
	default:
		return 3
	}
}

// Write writes the document as Photoshop's PSD, version 1. Layers are held in
// memory packed, and the composite picture as long as it is no larger than half a
// gigabyte.
// A sheet that does not fit is a *WriteError.
func Write(ctx context.Context, w io.Writer, s Sheet) error {
	if err := s.check(); err != nil {
		return err
	}
	be := binary.BigEndian
	mode := uint16(3) // RGB
	if len(s.Spots) > 0 {
		mode = 7 // multichannel
	}
	head := append([]byte("8BPS"), 0, 1, 0, 0, 0, 0, 0, 0)
	head = be.AppendUint16(head, uint16(s.channels()))
	head = be.AppendUint32(head, uint32(s.Height))
	head = be.AppendUint32(head, uint32(s.Width))
	head = be.AppendUint16(head, uint16(s.Bits))
	head = be.AppendUint16(head, mode)
	head = be.AppendUint32(head, 0) // no colour mode data
	resources := Resources(s.resources())
	head = be.AppendUint32(head, uint32(len(resources)))
	if _, err := w.Write(append(head, resources...)); err != nil {
		return err
	}
	layers, err := s.layers(ctx)
	if err != nil {
		return err
	}
	if _, err := w.Write(layers); err != nil {
		return err
	}
	return s.composite(ctx, w)
}

// Resource is an image resource: an id and its data.
type Resource struct {
	ID   uint16
	Data []byte
}

// Image resources that are written (Adobe Photoshop File Formats
// Specification, image resource IDs).
const (
	resourceResolution   = 1005
	resourceNames        = 1006
	resourceDisplay      = 1007
	resourceProfile      = 1039
	resourceUnicodeNames = 1045
	resourceAlphaIDs     = 1053
	resourceXMP          = 1060
	resourceDisplayFloat = 1077
)

func (s *Sheet) resources() []Resource {
	var out []Resource
	if s.DPIX > 0 && s.DPIY > 0 {
		be := binary.BigEndian
		var d []byte
		for _, v := range []float64{s.DPIX, s.DPIY} {
			d = be.AppendUint32(d, uint32(math.Round(min(v, 32767)*65536)))
			d = be.AppendUint16(d, 1) // per inch
			d = be.AppendUint16(d, 2) // sides are shown in cm
		}
		out = append(out, Resource{resourceResolution, d})
	}
	out = append(out, SpotResources(s.Spots)...)
	if len(s.Profile) > 0 {
		out = append(out, Resource{resourceProfile, s.Profile})
	}
	if len(s.XMP) > 0 {
		out = append(out, Resource{resourceXMP, s.XMP})
	}
	return out
}

// SpotResources returns the resources that name spot channels and give them
// their colours. Photoshop reads them in a TIFF as well.
func SpotResources(spots []Spot) []Resource {
	if len(spots) == 0 {
		return nil
	}
	be := binary.BigEndian
	var pascal, names, ids, display []byte
	displayFloat := be.AppendUint32(nil, 1) // its version
	for i, s := range spots {
		pascal = append(pascal, pascalString(s.Name, 1)...)
		names = append(names, unicodeString(s.Name, true)...)
		ids = be.AppendUint32(ids, uint32(i+1))
		entry := s.color()
		entry = be.AppendUint16(entry, 100) // opacity, for the screen
		entry = append(entry, 2)            // a spot channel
		display = append(append(display, entry...), 0)
		displayFloat = append(displayFloat, entry...)
	}
	return []Resource{{resourceNames, pascal}, {resourceDisplay, display}, {resourceUnicodeNames, names}, {resourceAlphaIDs, ids}, {resourceDisplayFloat, displayFloat}}
}

// color is a colour structure: a space and four values.
func (s Spot) color() []byte {
	be := binary.BigEndian
	if s.Lab != nil {
		out := be.AppendUint16(nil, 7) // CIELAB in hundredths
		for _, v := range *s.Lab {
			out = be.AppendUint16(out, uint16(int16(math.Round(min(max(v, -128), 127)*100))))
		}
		return append(out, 0, 0)
	}
	out := be.AppendUint16(nil, 0)
	for _, v := range []uint8{s.R, s.G, s.B} {
		out = be.AppendUint16(out, 257*uint16(v))
	}
	return append(out, 0, 0)
}

// Resources lays resources out as an image resources section without its
// length, which is also what the tag 34377 of a TIFF holds.
func Resources(list []Resource) []byte {
	var out []byte
	for _, r := range list {
		out = append(out, "8BIM"...)
		out = binary.BigEndian.AppendUint16(out, r.ID)
		out = append(out, 0, 0) // no name
		out = binary.BigEndian.AppendUint32(out, uint32(len(r.Data)))
		out = append(out, r.Data...)
		if len(r.Data)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out
}

// pascalString is a length, at most 255 bytes of ASCII, and zeros up to a
// multiple of pad.
func pascalString(s string, pad int) []byte {
	out := []byte{0}
	for _, r := range s {
		if len(out) == 256 {
			break
		}
		if r < ' ' || r > '~' {
			r = '?'
		}
		out = append(out, byte(r))
	}
	out[0] = byte(len(out) - 1)
	for len(out)%pad != 0 {
		out = append(out, 0)
	}
	return out
}

// unicodeString is a count of UTF-16 units and the units; a list of channel
// names ends each with a zero.
func unicodeString(s string, ended bool) []byte {
	units := utf16.Encode([]rune(s))
	if ended {
		units = append(units, 0)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(units)))
	for _, u := range units {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return out
}

// layers returns the layer and mask information section with its length.
func (s *Sheet) layers(ctx context.Context) ([]byte, error) {
	be := binary.BigEndian
	if len(s.Layers) == 0 {
		return be.AppendUint32(nil, 0), nil
	}
	count := int16(len(s.Layers))
	if s.Alpha {
		count = -count // the composite's fourth channel is its transparency
	}
	info := be.AppendUint16(nil, uint16(count))
	var data []byte
	for _, l := range s.Layers {
		record, channels, err := s.layer(ctx, l)
		if err != nil {
			return nil, err
		}
		info = append(info, record...)
		data = append(data, channels...)
		if len(data) > math.MaxInt32 {
			return nil, &WriteError{"the layers are more than the 2 GB that a PSD can hold; write a TIFF, or fewer layers"}
		}
	}
	info = append(info, data...)
	for len(info)%4 != 0 {
		info = append(info, 0)
	}
	var section []byte
	if s.Bits == 8 {
		section = be.AppendUint32(section, uint32(len(info)))
		section = append(section, info...)
		section = be.AppendUint32(section, 0) // no global mask
	} else {
		// Deep layers lie in a block of their own, behind an empty one.
		section = append(section, 0, 0, 0, 0, 0, 0, 0, 0)
		section = append(section, "8BIMLr16"...)
		section = be.AppendUint32(section, uint32(len(info)))
		section = append(section, info...)
	}
	return append(be.AppendUint32(nil, uint32(len(section))), section...), nil
}

// layer returns a layer's record and the data of its channels.
func (s *Sheet) layer(ctx context.Context, l SheetLayer) (record, data []byte, err error) {
	be := binary.BigEndian
	w, h, size := l.Bounds.Dx(), l.Bounds.Dy(), s.Bits/8
	planes := make([][]byte, 4)
	for c := range planes {
		planes[c] = make([]byte, w*h*size)
	}
	row := make([]byte, 4*w*size)
	for y := range h {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		l.Row(row, y)
		for x := range w {
			for c, plane := range planes {
				copy(plane[(y*w+x)*size:(y*w+x+1)*size], row[(4*x+c)*size:])
			}
		}
	}
	for _, v := range []int{l.Bounds.Min.Y, l.Bounds.Min.X, l.Bounds.Max.Y, l.Bounds.Max.X} {
		record = be.AppendUint32(record, uint32(int32(v)))
	}
	record = be.AppendUint16(record, 4)
	for _, c := range []int{3, 0, 1, 2} {
		id := int16(c)
		if c == 3 {
			id = -1 // transparency
		}
		packed := packRows(planes[c], w, h)
		if size == 2 {
			packed = packDeep(planes[c], w)
		}
		record = be.AppendUint16(record, uint16(id))
		record = be.AppendUint32(record, uint32(len(packed)))
		data = append(data, packed...)
	}
	key, _ := blendKey(l.Blend) // check has seen it
	record = append(append(record, "8BIM"...), key...)
	flags := byte(8) // the next bit means what it says
	if l.Hidden {
		flags |= 2
	}
	record = append(record, l.Opacity, 0, flags, 0)
	extra := append([]byte{0, 0, 0, 0, 0, 0, 0, 0}, pascalString(l.Name, 4)...) // neither mask nor blending ranges
	name := unicodeString(l.Name, false)
	for len(name)%4 != 0 {
		name = append(name, 0)
	}
	extra = append(extra, "8BIMluni"...)
	extra = be.AppendUint32(extra, uint32(len(name)))
	extra = append(extra, name...)
	record = be.AppendUint32(record, uint32(len(extra)))
	return append(record, extra...), data, nil
}

// packRows packs a plane of 8 bits: compression 1, the length of every row, and
// the rows by PackBits.
func packRows(plane []byte, w, h int) []byte {
	out := make([]byte, 2+2*h)
	out[1] = 1
	for y := range h {
		before := len(out)
		out = packBits(out, plane[y*w:(y+1)*w])
		binary.BigEndian.PutUint16(out[2+2*y:], uint16(len(out)-before))
	}
	return out
}

// packDeep packs a plane of 16 bits as Photoshop does: compression 3, deflate
// after differencing along the rows.
func packDeep(plane []byte, w int) []byte {
	be := binary.BigEndian
	var out bytes.Buffer
	out.Write([]byte{0, 3})
	z := zlib.NewWriter(&out)
	for at := 0; at < len(plane); at += 2 * w {
		row := plane[at : at+2*w]
		for i := len(row) - 2; i >= 2; i -= 2 {
			be.PutUint16(row[i:], be.Uint16(row[i:])-be.Uint16(row[i-2:]))
		}
		_, _ = z.Write(row) // a bytes.Buffer does not fail
	}
	_ = z.Close()
	return out.Bytes()
}

// packBits appends data packed as TIFF 6.0, section 9, has it.
func packBits(out, data []byte) []byte {
	for i := 0; i < len(data); {
		run := 1
		for i+run < len(data) && run < 128 && data[i+run] == data[i] {
			run++
		}
		if run > 1 {
			out = append(out, byte(1-run), data[i])
			i += run
			continue
		}
		from := i
		for i < len(data) && i-from < 128 && (i+2 >= len(data) || data[i] != data[i+1] || data[i] != data[i+2]) {
			i++
		}
		out = append(out, byte(i-from-1))
		out = append(out, data[from:i]...)
	}
	return out
}

// heldComposite is the largest composite picture, in bytes, that is packed in
// memory: row by row of the picture, which is how pictures are quick to make.
const heldComposite = 512 << 20

// composite writes the image data section: the lengths of all rows, channel by
// channel, and then the rows.
func (s *Sheet) composite(ctx context.Context, w io.Writer) error {
	if s.Width*s.Height*s.channels()*s.Bits/8 > heldComposite {
		return s.compositeTwice(ctx, w)
	}
	n := s.channels()
	row := make([]byte, s.Width*s.Bits/8)
	lengths, data := make([]byte, 2+2*n*s.Height), make([][]byte, n)
	lengths[1] = 1
	for y := range s.Height {
		if err := ctx.Err(); err != nil {
			return err
		}
		for c := range n {
			s.Plane(row, c, y)
			before := len(data[c])
			data[c] = packBits(data[c], row)
			binary.BigEndian.PutUint16(lengths[2+2*(c*s.Height+y):], uint16(len(data[c])-before))
		}
	}
	for _, part := range append([][]byte{lengths}, data...) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// compositeTwice is composite with no more than a row in memory: every row is
// asked for and packed once for its length and once for itself.
func (s *Sheet) compositeTwice(ctx context.Context, w io.Writer) error {
	n := s.channels()
	row := make([]byte, s.Width*s.Bits/8)
	var packed []byte
	lengths := []byte{0, 1}
	for c := range n {
		for y := range s.Height {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.Plane(row, c, y)
			packed = packBits(packed[:0], row)
			lengths = binary.BigEndian.AppendUint16(lengths, uint16(len(packed)))
		}
	}
	if _, err := w.Write(lengths); err != nil {
		return err
	}
	for c := range n {
		for y := range s.Height {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.Plane(row, c, y)
			packed = packBits(packed[:0], row)
			if _, err := w.Write(packed); err != nil {
				return err
			}
		}
	}
	return nil
}
