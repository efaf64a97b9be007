package swatch

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf16"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// The colour spaces of Photoshop's .aco (Adobe Photoshop File Formats
// Specification, "Color Swatches"). A file is version 1, which has no names,
// followed by version 2, which says the same with names.
const (
	acoRGB      = 0
	acoHSB      = 1
	acoCMYK     = 2
	acoLab      = 7
	acoGray     = 8
	acoWideCMYK = 9
)

func readACO(data []byte) ([]Chip, error) {
	chips, rest, err := acoTable(data)
	if err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint16(data) == 1 && len(rest) >= 4 && binary.BigEndian.Uint16(rest) == 2 {
		named, _, err := acoTable(rest)
		if err != nil {
			return nil, err
		}
		return named, nil
	}
	return chips, nil
}

// acoTable reads one version's table and returns what follows it.
func acoTable(data []byte) (chips []Chip, rest []byte, err error) {
	bad := func(format string, arg ...any) ([]Chip, []byte, error) {
		return nil, nil, &FormatError{ACO, fmt.Sprintf(format, arg...)}
	}
	be := binary.BigEndian
	version, n := be.Uint16(data), int(be.Uint16(data[2:]))
	data = data[4:]
	if n > MaxChips {
		return bad("%d colours; at most %d are read", n, MaxChips)
	}
	if n*10 > len(data) {
		return bad("it says %d colours and has %d bytes", n, len(data))
	}
	for i := range n {
		if len(data) < 10 {
			return bad("it ends before colour %d of %d", i+1, n)
		}
		var v [4]float64
		for k := range v {
			v[k] = float64(be.Uint16(data[2+2*k:]))
		}
		signed := func(k int) float64 { return float64(int16(be.Uint16(data[2+2*k:]))) }
		c, known := Chip{Position: i + 1}, true
		switch space := be.Uint16(data); space {
		case acoRGB:
			c.Preview = color.ChipOf("", color.RGB{v[0] / 65535, v[1] / 65535, v[2] / 65535})
		case acoHSB:
			c.Preview = color.ChipOf("", hsb(v[0]/65535, v[1]/65535, v[2]/65535))
		case acoCMYK:
			c.Preview = ink(1-v[0]/65535, 1-v[1]/65535, 1-v[2]/65535, 1-v[3]/65535)
		case acoWideCMYK:
			c.Preview = ink(v[0]/10000, v[1]/10000, v[2]/10000, v[3]/10000)
		case acoGray:
			// 10000 is full ink in Photoshop's own files.
			g := 1 - v[0]/10000
			c.Preview = color.ChipOf("", color.RGB{g, g, g})
		case acoLab:
			c.Lab, c.Illuminant, c.Observer = &color.Lab{v[0] / 100, signed(1) / 100, signed(2) / 100}, "D50", 2
			c.Preview = Preview(*c.Lab, "D50", 2)
		default:
			// Colours of named books carry nothing but a key into the book.
			known = false
		}
		data = data[10:]
		if version == 2 {
			if len(data) < 4 {
				return bad("it ends before the name of colour %d", i+1)
			}
			size := be.Uint32(data)
			if uint64(size)*2 > uint64(len(data)-4) {
				return bad("the name of colour %d says %d characters, there are %d bytes", i+1, size, len(data)-4)
			}
			c.Name = text16(data[4 : 4+2*size])
			data = data[4+2*size:]
		}
		if known {
			chips = append(chips, c.named())
		}
	}
	return chips, data, nil
}

// hsb converts hue, saturation and brightness, all of 1, to sRGB.
func hsb(h, s, b float64) color.RGB {
	part := func(k float64) float64 {
		k = math.Mod(k+h*6, 6)
		return b - b*s*max(0, min(k, 4-k, 1))
	}
	return color.RGB{part(5), part(3), part(1)}
}

func writeACO(chips []Chip) []byte {
	be := binary.BigEndian
	var out []byte
	for version := uint16(1); version <= 2; version++ {
		out = be.AppendUint16(be.AppendUint16(out, version), uint16(len(chips)))
		for _, c := range chips {
			space, v := uint16(acoRGB), [4]uint16{uint16(c.Preview.R) * 257, uint16(c.Preview.G) * 257, uint16(c.Preview.B) * 257}
			if c.adobe() {
				space = acoLab
				for i, f := range c.Lab {
					v[i] = uint16(int16(math.Round(f * 100)))
				}
			}
			out = be.AppendUint16(out, space)
			for _, u := range v {
				out = be.AppendUint16(out, u)
			}
			if version == 2 {
				name := append(utf16.Encode([]rune(c.title())), 0)
				out = be.AppendUint32(out, uint32(len(name)))
				for _, u := range name {
					out = be.AppendUint16(out, u)
				}
			}
		}
	}
	return out
}
