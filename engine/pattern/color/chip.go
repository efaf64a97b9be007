package color

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Chip is one colour of a palette: a name and 8 bit sRGB.
type Chip struct {
	Name string // "madder", or the hex text where nobody named it
	R    uint8
	G    uint8
	B    uint8
}

// HexError reports a text that is no colour.
type HexError struct{ Text string }

func (e *HexError) Error() string {
	return fmt.Sprintf("colour %q is neither a hex value such as #e4c590 nor a known colour word", e.Text)
}

// ParseHex reads "#e4c590", "e4c590" or "#fc9". The error is a *HexError.
func ParseHex(s string) (Chip, error) {
	t := strings.TrimPrefix(strings.TrimSpace(s), "#")
	if len(t) == 3 {
		t = string([]byte{t[0], t[0], t[1], t[1], t[2], t[2]})
	}
	if len(t) != 6 {
		return Chip{}, &HexError{s}
	}
	var v [6]uint8
	for i := range v {
		switch c := t[i]; {
		case c >= '0' && c <= '9':
			v[i] = c - '0'
		case c >= 'a' && c <= 'f':
			v[i] = c - 'a' + 10
		case c >= 'A' && c <= 'F':
			v[i] = c - 'A' + 10
		default:
			return Chip{}, &HexError{s}
		}
	}
	c := Chip{R: v[0]<<4 | v[1], G: v[2]<<4 | v[3], B: v[4]<<4 | v[5]}
	c.Name = c.Hex()
	return c, nil
}

// ParseChip reads a hex value or a colour word of the dictionary, with its
// modifiers ("dusty pink"). The error is a *HexError.
func ParseChip(s string) (Chip, error) {
	if c, err := ParseHex(s); err == nil {
		return c, nil
	}
	if c, ok := Lookup(s); ok {
		return c, nil
	}
	return Chip{}, &HexError{s}
}

// Hex returns "#rrggbb".
func (c Chip) Hex() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// String returns the name with its value, such as "madder #a83232".
func (c Chip) String() string {
	if c.Name == "" || c.Name == c.Hex() {
		return c.Hex()
	}
	return c.Name + " " + c.Hex()
}

// RGB returns the chip as gamma-encoded components.
func (c Chip) RGB() RGB { return RGB{float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255} }

// OKLab returns the chip in OKLab.
func (c Chip) OKLab() Lab { return c.RGB().Linear().OKLab() }

// ChipOf rounds a gamma-encoded colour to 8 bits; components out of range are
// clamped.
func ChipOf(name string, c RGB) Chip {
	c = c.Clamp()
	chip := Chip{Name: name, R: uint8(c[0]*255 + 0.5), G: uint8(c[1]*255 + 0.5), B: uint8(c[2]*255 + 0.5)}
	if name == "" {
		chip.Name = chip.Hex()
	}
	return chip
}

type chipJSON struct {
	Name string `json:"name"`
	Hex  string `json:"hex"`
}

// MarshalJSON writes {"name": "madder", "hex": "#a83232"}.
func (c Chip) MarshalJSON() ([]byte, error) { return json.Marshal(chipJSON{c.Name, c.Hex()}) }

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Chip) UnmarshalJSON(data []byte) error {
	var j chipJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	got, err := ParseHex(j.Hex)
	if err != nil {
		return err
	}
	if j.Name != "" {
		got.Name = j.Name
	}
	*c = got
	return nil
}

// Palette is a chip for every position, the ground first and the ink of
// outlines, where there is one, last.
type Palette []Chip

// ParsePalette reads hex values or colour words, separated by commas, the
// ground first.
func ParsePalette(s string) (Palette, error) {
	var p Palette
	for part := range strings.SplitSeq(s, ",") {
		c, err := ParseChip(part)
		if err != nil {
			return nil, err
		}
		p = append(p, c)
	}
	if len(p) > MaxPositions {
		return nil, fmt.Errorf("a palette of %d colours is too long; screens and inks end at %d", len(p), MaxPositions)
	}
	return p, nil
}

// MaxPositions is the longest palette: more spot colours than any mill prints.
const MaxPositions = 24

// String lists the chips, separated by commas.
func (p Palette) String() string {
	names := make([]string, len(p))
	for i, c := range p {
		names[i] = c.String()
	}
	return strings.Join(names, ", ")
}
