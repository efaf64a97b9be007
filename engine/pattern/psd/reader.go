// Package psd reads and writes Photoshop's documents, PSD and their large form
// PSB, with their layers ("Adobe Photoshop File Formats Specification", 2019).
//
//	f, err := psd.Open(data)            // headers and records; no pixel is read
//	for _, l := range f.Layers {        // the lowest first
//		err := l.Rows(ctx, func(y, n int, px []uint16) error { ... })
//	}
//
// Open believes no length: every one is checked against the bytes that are
// there, and what a layer says of its size costs nothing until Rows is called,
// which keeps a few rows at a time. Masks of layers are multiplied into their
// alpha, groups become part of the name, "group/layer". What is drawn by
// Photoshop alone (effects, adjustment layers, vector masks) is said in Notes.
//
// Write is the other way; see Sheet.
package psd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
	"unicode/utf16"
)

// Mode is the colour mode of a document.
type Mode int

// The modes, as they are numbered in files.
const (
	Bitmap       Mode = 0
	Gray         Mode = 1
	Indexed      Mode = 2
	RGB          Mode = 3
	CMYK         Mode = 4
	Multichannel Mode = 7
	Duotone      Mode = 8
	Lab          Mode = 9
)

// Document is what a file holds, without its pixels. It keeps the file's bytes.
type Document struct {
	Width, Height int
	Bits          int  // of a sample in the file: 1, 8 or 16
	Mode          Mode // Bitmap and Duotone are given as Gray
	Layers        []*Layer
	Merged        *Layer // the picture that programs without layers show

	Profile    []byte // ICC, nil if there is none
	XMP        []byte
	DPIX, DPIY float64 // 0 if the file does not say
	Notes      []string

	large   bool
	palette []byte // 768 values: all reds, greens, blues
}

// Layer is one sheet of a document.
type Layer struct {
	Name    string // "group/layer" inside of a group
	Opacity uint16 // 65535 is full; what its groups and its fill opacity take is in it
	Blend   string // "normal", "multiply", …
	Hidden  bool   // or one of its groups is
	Clipped bool   // drawn only where the nearest layer below that is not clipped is
	Bounds  image.Rectangle
	Group   string // "" outside of groups

	doc     *Document
	merged  bool
	planes  map[int]plane // by the id of the channel
	mask    *maskPlane
	section int // of the divider that it is, 0 for a layer
	clutter bool
}

// plane is the packed samples of one channel.
type plane struct {
	packing int
	data    []byte
	rows    int // of the plane, for RLE's table
	counts  []byte
}

type maskPlane struct {
	plane
	bounds image.Rectangle
	around uint16 // outside of its bounds
}

// The bounds of what is read.
const (
	maxLayers = 8192
	maxSide   = 300_000 // PSB's
)

// FormatError reports bytes that are no PSD that is read.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string { return "psd: " + e.Reason }

func fail(format string, arg ...any) error { return &FormatError{fmt.Sprintf(format, arg...)} }

// cursor walks bytes; after the first want of bytes it is bad, and gives zeroes.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n int64) []byte {
	if n < 0 || n > int64(len(c.b)) {
		c.bad = true
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u8() int {
	if b := c.take(1); b != nil {
		return int(b[0])
	}
	return 0
}

func (c *cursor) u16() int {
	if b := c.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (c *cursor) u32() int64 {
	if b := c.take(4); b != nil {
		return int64(binary.BigEndian.Uint32(b))
	}
	return 0
}

// length is of 64 bits in a large document.
func (c *cursor) length(large bool) int64 {
	if !large {
		return c.u32()
	}
	if b := c.take(8); b != nil {
		if v := binary.BigEndian.Uint64(b); v <= math.MaxInt64 {
			return int64(v)
		}
		c.bad = true
	}
	return 0
}

func (c *cursor) rectangle() image.Rectangle {
	top, left, bottom, right := int32(c.u32()), int32(c.u32()), int32(c.u32()), int32(c.u32())
	return image.Rectangle{Min: image.Pt(int(left), int(top)), Max: image.Pt(int(right), int(bottom))}
}

// Open reads everything but the pixels. The error is a *FormatError.
func Open(data []byte) (*Document, error) {
	c := &cursor{b: data}
	if string(c.take(4)) != "8BPS" {
		return nil, fail("the bytes do not begin as a PSD does")
	}
	version := c.u16()
	c.take(6)
	channels, height, width := c.u16(), c.u32(), c.u32()
	d := &Document{Bits: c.u16(), Mode: Mode(c.u16()), large: version == 2}
	switch {
	case c.bad:
		return nil, fail("the header is cut short")
	case version != 1 && version != 2:
		return nil, fail("it is of the unknown version %d", version)
	case width < 1 || height < 1 || width > maxSide || height > maxSide:
		return nil, fail("it says that it is %d x %d pixels", width, height)
	case channels < 1 || channels > 56:
		return nil, fail("it says that it has %d channels", channels)
	}
	d.Width, d.Height = int(width), int(height)
	if err := d.checkMode(channels); err != nil {
		return nil, err
	}
	palette := c.take(c.u32())
	if d.Mode == Indexed {
		if len(palette) < 768 {
			return nil, fail("its palette has %d bytes and needs 768", len(palette))
		}
		d.palette = palette
	}
	d.resources(c.take(c.u32()))
	section := &cursor{b: c.take(c.length(d.large))}
	if c.bad {
		return nil, fail("its sections are longer than the file")
	}
	transparent, err := d.section(section)
	if err != nil {
		return nil, err
	}
	return d, d.merged(c, channels, transparent)
}

func (d *Document) note(format string, arg ...any) {
	if len(d.Notes) < 50 {
		d.Notes = append(d.Notes, fmt.Sprintf(format, arg...))
	}
}

func (d *Document) checkMode(channels int) error {
	switch d.Mode {
	case Bitmap:
		if d.Bits != 1 {
			return fail("a bitmap of %d bits is none", d.Bits)
		}
	case Gray, RGB, CMYK, Lab, Duotone:
		if d.Bits != 8 && d.Bits != 16 {
			return fail("samples of %d bits are not read; change the mode to 16 bit and save it again", d.Bits)
		}
	case Indexed:
		if d.Bits != 8 {
			return fail("a palette with %d bits is not read", d.Bits)
		}
	case Multichannel:
		return fail("it has spot channels and no colour mode; save each channel as a grey picture, or the whole as RGB")
	default:
		return fail("its colour mode %d is not read; save it as RGB", d.Mode)
	}
	if need := d.colors(); channels < need {
		return fail("it has %d channels, and its mode needs %d", channels, need)
	}
	if d.Mode == Duotone {
		d.note("its duotone inks are read as grey")
	}
	return nil
}

// colors is how many channels the mode has in the file.
func (d *Document) colors() int {
	switch d.Mode {
	case RGB, Lab:
		return 3
	case CMYK:
		return 4
	default:
		return 1
	}
}

// resources reads the image resources that matter here.
func (d *Document) resources(b []byte) {
	c := &cursor{b: b}
	for len(c.b) >= 12 && !c.bad {
		c.take(4)
		id := c.u16()
		if n := int64(c.u8()); true {
			c.take(n + (n+1)%2) // the name, padded with its length to an even number
		}
		n := c.u32()
		body := c.take(n)
		if n%2 == 1 && len(c.b) > 0 {
			c.take(1)
		}
		if c.bad {
			return
		}
		switch id {
		case 1005:
			if len(body) >= 16 {
				x, y := float64(binary.BigEndian.Uint32(body))/65536, float64(binary.BigEndian.Uint32(body[8:]))/65536
				if x > 0 && y > 0 { // per inch, whatever the unit for display is
					d.DPIX, d.DPIY = x, y
				}
			}
		case 1039:
			d.Profile = body
		case 1060:
			d.XMP = body
		}
	}
}

// section reads the layers. transparent says that the merged picture's first
// channel after its colours is its alpha.
func (d *Document) section(c *cursor) (transparent bool, err error) {
	if len(c.b) < 4 {
		return false, nil
	}
	info := c.take(c.length(d.large))
	if c.bad {
		return false, fail("its layers are longer than the file")
	}
	if len(info) >= 2 {
		return d.layers(&cursor{b: info})
	}
	// 16 bit documents keep them in a block behind the global mask.
	c.take(c.u32())
	for len(c.b) >= 12 && !c.bad {
		key, body, ok := d.block(c, 4)
		if !ok {
			break
		}
		if (key == "Lr16" || key == "Layr") && len(body) >= 2 {
			return d.layers(&cursor{b: body})
		}
		if key == "Mt16" {
			transparent = true
		}
	}
	return transparent, nil
}

// block reads one block of additional information, padded to a multiple of pad.
func (d *Document) block(c *cursor, pad int64) (key string, body []byte, ok bool) {
	signature := string(c.take(4))
	if signature != "8BIM" && signature != "8B64" {
		return "", nil, false
	}
	key = string(c.take(4))
	wide := false
	if d.large {
		switch key {
		case "LMsk", "Lr16", "Lr32", "Layr", "Mt16", "Mt32", "Mtrn", "Alph", "FMsk", "lnk2", "FEid", "FXid", "PxSD":
			wide = true
		}
	}
	n := c.length(wide)
	body = c.take(n)
	if rest := (pad - n%pad) % pad; !c.bad && rest <= int64(len(c.b)) {
		c.take(rest)
	}
	return key, body, !c.bad
}

func (d *Document) layers(c *cursor) (transparent bool, err error) {
	n := int(int16(c.u16()))
	if n < 0 {
		transparent, n = true, -n
	}
	if n > maxLayers || int64(n)*34 > int64(len(c.b)) {
		return false, fail("it says that it has %d layers, more than its bytes can hold", n)
	}
	type channel struct {
		id     int
		length int64
	}
	all := make([]*Layer, n)
	channels := make([][]channel, n)
	masks := make([]*maskPlane, n)
	for i := range all {
		l := &Layer{doc: d, Bounds: c.rectangle(), planes: map[int]plane{}}
		if dx, dy := l.Bounds.Dx(), l.Bounds.Dy(); dx < 0 || dy < 0 || dx > maxSide || dy > maxSide {
			return false, fail("layer %d says that it is %d x %d pixels", i+1, dx, dy)
		}
		count := c.u16()
		if count > 56 {
			return false, fail("layer %d says that it has %d channels", i+1, count)
		}
		for range count {
			id := int(int16(c.u16()))
			channels[i] = append(channels[i], channel{id, c.length(d.large)})
		}
		c.take(4)
		l.Blend = d.blend(string(c.take(4)))
		l.Opacity = uint16(c.u8()) * 257
		l.Clipped = c.u8() != 0
		l.Hidden = c.u8()&2 != 0
		c.take(1)
		extra := &cursor{b: c.take(c.u32())}
		if c.bad {
			return false, fail("the record of layer %d is longer than the file", i+1)
		}
		masks[i] = l.extra(extra)
		all[i] = l
	}
	for i, l := range all {
		for _, ch := range channels[i] {
			data := &cursor{b: c.take(ch.length)}
			if c.bad {
				return false, fail("channel %d of layer %q says %d bytes, more than are left", ch.id, l.Name, ch.length)
			}
			if ch.length < 2 {
				continue
			}
			p, width := plane{packing: data.u16(), rows: l.Bounds.Dy()}, l.Bounds.Dx()
			m := masks[i]
			if ch.id == -2 || ch.id == -3 {
				if m == nil || ch.id == -3 {
					continue
				}
				p.rows, width = m.bounds.Dy(), m.bounds.Dx()
			}
			if err := d.split(&p, data, 1); err != nil {
				return false, fail("channel %d of layer %q: %v", ch.id, l.Name, err)
			}
			if !p.holds(width, d.Bits) {
				return false, fail("layer %q says that it is %d x %d pixels, more than the %d bytes of its channel %d can hold", l.Name, width, p.rows, len(p.data), ch.id)
			}
			if ch.id == -2 {
				m.plane, l.mask = p, m
			} else {
				l.planes[ch.id] = p
			}
		}
	}
	for _, l := range all {
		for i := range d.colors() {
			if _, ok := l.planes[i]; !ok && !l.Bounds.Empty() {
				d.note("layer %q lacks channel %d and is left out", l.Name, i)
				l.Bounds = image.Rectangle{}
			}
		}
	}
	d.group(all)
	return transparent, nil
}

// split takes RLE's table of row lengths from the data, for n planes.
func (d *Document) split(p *plane, c *cursor, n int64) error {
	if p.packing < 0 || p.packing > 3 {
		return fmt.Errorf("its compression %d is unknown", p.packing)
	}
	if p.packing == 1 {
		p.counts = c.take(int64(p.rows) * d.countBytes() * n)
		if c.bad {
			return errors.New("its table of rows is longer than its data")
		}
	}
	p.data = c.b
	return nil
}

// holds tells whether the data can be what a plane of that width says. PackBits
// makes at most 128 bytes of two, deflate 1032 of one.
func (p *plane) holds(width, bits int) bool {
	size := int64(width*bits+7) / 8 * int64(p.rows)
	n := int64(len(p.data))
	switch p.packing {
	case 0:
		return size <= n
	case 1:
		return size <= 64*n
	default:
		return size <= 1032*n
	}
}

func (d *Document) countBytes() int64 {
	if d.large {
		return 4
	}
	return 2
}

// extra reads mask, name and blocks of a layer's record.
func (l *Layer) extra(c *cursor) *maskPlane {
	var m *maskPlane
	if mask := (&cursor{b: c.take(c.u32())}); len(mask.b) >= 18 {
		k := &maskPlane{bounds: mask.rectangle(), around: uint16(mask.u8()) * 257}
		flags := mask.u8()
		b := k.bounds
		if flags&2 == 0 && b.Dx() >= 0 && b.Dy() >= 0 && b.Dx() <= maxSide && b.Dy() <= maxSide {
			m = k
		}
	}
	c.take(c.u32()) // blending ranges
	n := int64(c.u8())
	l.Name = text(string(c.take(n)))
	if rest := (4 - (n+1)%4) % 4; rest <= int64(len(c.b)) {
		c.take(rest)
	}
	for len(c.b) >= 12 && !c.bad {
		key, body, ok := l.doc.block(c, 2)
		if !ok {
			break
		}
		switch key {
		case "luni":
			if len(body) >= 4 {
				u := make([]uint16, 0, 64)
				for k := int64(0); k < int64(binary.BigEndian.Uint32(body)) && 4+2*k+1 < int64(len(body)) && k < 256; k++ {
					u = append(u, binary.BigEndian.Uint16(body[4+2*k:]))
				}
				l.Name = text(strings.TrimRight(string(utf16.Decode(u)), "\x00"))
			}
		case "lsct", "lsdk":
			if len(body) >= 4 {
				l.section = int(min(binary.BigEndian.Uint32(body), 4))
			}
			if len(body) >= 12 {
				l.Blend = l.doc.blend(string(body[8:12]))
			}
		case "iOpa":
			if len(body) >= 1 {
				l.Opacity = uint16(uint32(l.Opacity) * uint32(body[0]) / 255)
			}
		case "lfx2", "lrFX", "lmfx":
			l.clutter = l.clutter || len(body) > 150 // shorter ones say that there is none
		case "vmsk", "vsms":
			l.doc.note("the vector mask of layer %q is not applied", l.Name)
		case "levl", "curv", "hue2", "expA", "vibA", "blnc", "brit", "blwh", "phfl", "mixr", "clrL", "grdm", "selc", "nvrt", "thrs", "post", "SoCo", "GdFl", "PtFl":
			l.doc.note("layer %q has no pixels of its own (an adjustment or a fill) and is left out; rasterise it to keep it", l.Name)
		}
	}
	return m
}

// text keeps a stranger's text to one line.
func text(s string) string {
	out := make([]rune, 0, 64)
	for _, r := range s {
		if len(out) == 255 {
			break
		}
		if r < ' ' || r == 0x7f || r == 0xfffd {
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}

// group takes the dividers out and gives their names to what they hold. A group
// lies between its own record, above, and a divider, below.
func (d *Document) group(all []*Layer) {
	type open struct {
		name    string
		opacity uint32
		hidden  bool
	}
	var stack []open
	kept := make([]*Layer, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		l := all[i]
		in := open{opacity: 65535}
		if len(stack) > 0 {
			in = stack[len(stack)-1]
		}
		switch l.section {
		case 1, 2:
			if l.mask != nil {
				d.note("the mask of group %q is not applied", l.Name)
			}
			if l.Blend != "normal" && l.Blend != passThrough {
				d.note("group %q blends by %s as a whole; its layers are kept one by one, so it may look different", l.Name, l.Blend)
			}
			if len(stack) < 100 {
				stack = append(stack, open{in.name + l.Name + "/", in.opacity * uint32(l.Opacity) / 65535, in.hidden || l.Hidden})
			} else {
				stack = append(stack, in)
			}
		case 3:
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		default:
			l.Group = strings.TrimSuffix(in.name, "/")
			l.Name = in.name + l.Name
			l.Opacity = uint16(uint32(l.Opacity) * in.opacity / 65535)
			l.Hidden = l.Hidden || in.hidden
			if l.clutter {
				d.note("the effects of layer %q are not drawn; rasterise its style to keep them", l.Name)
			}
			if l.Blend == passThrough {
				l.Blend = "normal"
			}
			kept = append(kept, l)
		}
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	d.Layers = kept
}

const passThrough = "pass-through"

// blend names a blend mode as W3C Compositing does. The ones that it has no name
// for become normal, with a note.
func (d *Document) blend(key string) string {
	switch key {
	case "norm", "":
		return "normal"
	case "mul ":
		return "multiply"
	case "scrn":
		return "screen"
	case "over":
		return "overlay"
	case "dark":
		return "darken"
	case "lite":
		return "lighten"
	case "div ":
		return "color-dodge"
	case "idiv":
		return "color-burn"
	case "hLit":
		return "hard-light"
	case "sLit":
		return "soft-light"
	case "diff":
		return "difference"
	case "smud":
		return "exclusion"
	case "pass":
		return passThrough
	}
	d.note("the blend mode %q is not known here; its layer blends normally", text(key))
	return "normal"
}

// merged finds the picture behind the layers.
func (d *Document) merged(c *cursor, channels int, transparent bool) error {
	m := &Layer{doc: d, merged: true, Blend: "normal", Opacity: math.MaxUint16, planes: map[int]plane{}, Bounds: image.Rect(0, 0, d.Width, d.Height)}
	d.Merged = m
	if len(c.b) < 2 {
		if len(d.Layers) == 0 {
			return fail("it has neither layers nor a picture")
		}
		return nil
	}
	p := plane{packing: c.u16(), rows: d.Height}
	if err := d.split(&p, c, int64(channels)); err != nil {
		if len(d.Layers) == 0 {
			return fail("its picture: %v", err)
		}
		return nil
	}
	rowBytes := int64(d.Width*d.Bits+7) / 8
	at := int64(0)
	for i := range channels {
		one := plane{packing: p.packing, rows: d.Height}
		switch p.packing {
		case 0:
			size := rowBytes * int64(d.Height)
			if at+size > int64(len(p.data)) {
				at = -1
				break
			}
			one.data = p.data[at : at+size]
			at += size
		case 1:
			n := int64(d.Height) * d.countBytes()
			one.counts = p.counts[int64(i)*n : int64(i+1)*n]
			size := int64(0)
			for r := range d.Height {
				size += one.count(r, d.large)
			}
			if at+size > int64(len(p.data)) {
				at = -1
				break
			}
			one.data = p.data[at : at+size]
			at += size
		default: // one stream for all channels, which is skipped into
			one.data = p.data
		}
		if at < 0 {
			if len(d.Layers) == 0 {
				return fail("channel %d of its picture is cut short", i)
			}
			return nil
		}
		if !one.holds(d.Width, d.Bits) {
			if len(d.Layers) == 0 {
				return fail("it says that it is %d x %d pixels, more than the %d bytes of its channel %d can hold", d.Width, d.Height, len(one.data), i)
			}
			return nil
		}
		id := i
		if i >= d.colors() {
			if i > d.colors() || !transparent {
				break
			}
			id = -1
		}
		m.planes[id] = one
		if p.packing >= 2 && i > 0 {
			if len(d.Layers) == 0 {
				return fail("its picture is zip-compressed without layers, which is not read; save it with compatibility turned on")
			}
			return nil
		}
	}
	return nil
}

func (p *plane) count(row int, large bool) int64 {
	if large {
		return int64(binary.BigEndian.Uint32(p.counts[4*row:]))
	}
	return int64(binary.BigEndian.Uint16(p.counts[2*row:]))
}
