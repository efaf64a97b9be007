package swatch

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf16"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Adobe Swatch Exchange, as its files are: "ASEF", version 1.0, the number of
// blocks; a block is a type, a length and its content, all big-endian. A colour is a
// name in UTF-16 (with its zero counted), a model of four letters, 32 bit floats and
// whether it is global, spot or process.
const (
	aseColor = 0x0001
	aseGroup = 0xc001
	aseEnd   = 0xc002
	aseSpot  = 1
)

func readASE(data []byte) ([]Chip, error) {
	bad := func(format string, arg ...any) ([]Chip, error) {
		return nil, &FormatError{ASE, fmt.Sprintf(format, arg...)}
	}
	if len(data) < 12 {
		return bad("it ends within its head")
	}
	n := binary.BigEndian.Uint32(data[8:])
	data = data[12:]
	var chips []Chip
	for block := range n {
		if len(data) < 2 {
			return bad("it ends before block %d of %d", block+1, n)
		}
		kind := binary.BigEndian.Uint16(data)
		if kind == aseEnd && len(data) < 6 {
			break // some writers leave the length of the last end away
		}
		if len(data) < 6 {
			return bad("it ends within the head of block %d", block+1)
		}
		size := binary.BigEndian.Uint32(data[2:])
		if uint64(size) > uint64(len(data)-6) {
			return bad("block %d says %d bytes, there are %d", block+1, size, len(data)-6)
		}
		content := data[6 : 6+size]
		data = data[6+size:]
		if kind != aseColor {
			continue // groups are chapters of a book; their colours follow in order
		}
		if len(chips) == MaxChips {
			return bad("more than %d colours", MaxChips)
		}
		c, err := aseChip(content)
		if err != nil {
			return bad("block %d: %v", block+1, err)
		}
		c.Position = len(chips) + 1
		chips = append(chips, c)
	}
	return chips, nil
}

func aseChip(b []byte) (Chip, error) {
	if len(b) < 2 {
		return Chip{}, fmt.Errorf("it has no name")
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+2*n+4 {
		return Chip{}, fmt.Errorf("its name of %d characters goes beyond it", n)
	}
	c := Chip{Name: text16(b[2 : 2+2*n])}
	model := string(b[2+2*n : 6+2*n])
	b = b[6+2*n:]
	var v [4]float64
	count := map[string]int{"RGB ": 3, "LAB ": 3, "CMYK": 4, "Gray": 1, "GRAY": 1}[model]
	if count == 0 {
		return Chip{}, fmt.Errorf("its colour model %q is unknown", model)
	}
	if len(b) < 4*count {
		return Chip{}, fmt.Errorf("its %s has %d bytes", model, len(b))
	}
	for i := range count {
		v[i] = float64(math.Float32frombits(binary.BigEndian.Uint32(b[4*i:])))
		if math.IsNaN(v[i]) || math.Abs(v[i]) > 1000 {
			return Chip{}, fmt.Errorf("component %d of its %s is %g", i+1, model, v[i])
		}
	}
	switch model {
	case "RGB ":
		c.Preview = color.ChipOf("", color.RGB{v[0], v[1], v[2]})
	case "LAB ":
		// Lightness is of 1 in Adobe's own files.
		c.Lab, c.Illuminant, c.Observer = &color.Lab{v[0] * 100, v[1], v[2]}, "D50", 2
		c.Preview = Preview(*c.Lab, "D50", 2)
	case "CMYK":
		c.Preview = ink(v[0], v[1], v[2], v[3])
	default:
		c.Preview = color.ChipOf("", color.RGB{v[0], v[0], v[0]})
	}
	return c.named(), nil
}

func writeASE(chips []Chip) []byte {
	be := binary.BigEndian
	out := be.AppendUint32([]byte("ASEF\x00\x01\x00\x00"), uint32(len(chips)))
	for _, c := range chips {
		name := append(utf16.Encode([]rune(c.title())), 0)
		b := be.AppendUint16(nil, uint16(len(name)))
		for _, u := range name {
			b = be.AppendUint16(b, u)
		}
		model, v := "RGB ", [3]float64{float64(c.Preview.R) / 255, float64(c.Preview.G) / 255, float64(c.Preview.B) / 255}
		if c.adobe() {
			model, v = "LAB ", [3]float64{c.Lab[0] / 100, c.Lab[1], c.Lab[2]}
		}
		b = append(b, model...)
		for _, f := range v {
			b = be.AppendUint32(b, math.Float32bits(float32(f)))
		}
		b = be.AppendUint16(b, aseSpot)
		out = be.AppendUint16(out, aseColor)
		out = be.AppendUint32(out, uint32(len(b)))
		out = append(out, b...)
	}
	return out
}

// text16 is big-endian UTF-16 up to its zero, cut to what a name may have.
func text16(b []byte) string {
	u := make([]uint16, 0, min(len(b)/2, maxName))
	for ; len(b) >= 2 && len(u) < maxName; b = b[2:] {
		v := binary.BigEndian.Uint16(b)
		if v == 0 {
			break
		}
		u = append(u, v)
	}
	return string(utf16.Decode(u))
}
