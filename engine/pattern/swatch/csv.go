package swatch

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// columns are the heads of the table as it is written.
func columns() []string {
	return []string{"position", "name", "code", "L", "a", "b", "illuminant", "observer", "srgb"}
}

// readCSV reads a table with a head line. Commas, semicolons or tabs separate; the
// columns may come in any order and be fewer, but there must be srgb or L, a and b.
func readCSV(data []byte) ([]Chip, error) {
	data = bytes.TrimPrefix(data, []byte(bom))
	bad := func(format string, arg ...any) ([]Chip, error) {
		return nil, &FormatError{CSV, fmt.Sprintf(format, arg...)}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, &FormatError{"", "these bytes are none of .ase, .aco, CxF and CSV"}
	}
	head, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.LazyQuotes = -1, true, true
	r.Comma = ','
	for _, sep := range []rune{';', '\t'} {
		if bytes.ContainsRune(head, sep) {
			r.Comma = sep
		}
	}
	names, err := r.Read()
	if err != nil {
		return bad("it has no head line: %v", err)
	}
	at := map[string]int{}
	for i, n := range names {
		n = strings.ToLower(strings.TrimSpace(n))
		switch n {
		case "hex", "rgb", "colour", "color":
			n = "srgb"
		case "lab_l", "l*", "cie_l":
			n = "l"
		case "lab_a", "a*", "cie_a":
			n = "a"
		case "lab_b", "b*", "cie_b":
			n = "b"
		}
		if _, twice := at[n]; !twice {
			at[n] = i
		}
	}
	_, hasRGB := at["srgb"]
	_, hasL := at["l"]
	_, hasA := at["a"]
	_, hasB := at["b"]
	hasLab := hasL && hasA && hasB
	if !hasRGB && !hasLab {
		return bad("its head line has neither srgb (or hex) nor L, a and b")
	}
	var chips []Chip
	for line := 2; ; line++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return chips, nil
		} else if err != nil {
			return bad("%v", err)
		}
		field := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if len(chips) == MaxChips {
			return bad("more than %d colours", MaxChips)
		}
		c := Chip{Position: len(chips) + 1, Name: cut(field("name")), Code: cut(field("code"))}
		if s := field("position"); s != "" {
			if c.Position, err = strconv.Atoi(s); err != nil || c.Position < 1 || c.Position > MaxChips {
				return bad("line %d: %q is no position", line, s)
			}
		}
		if hasLab && field("l") != "" {
			var lab color.Lab
			for i, n := range []string{"l", "a", "b"} {
				s := field(n)
				if r.Comma != ',' {
					s = strings.Replace(s, ",", ".", 1) // spreadsheets of half of Europe
				}
				if lab[i], err = strconv.ParseFloat(s, 64); err != nil || math.IsNaN(lab[i]) || math.Abs(lab[i]) > 1000 {
					return bad("line %d: %q is no %s of CIELAB", line, s, n)
				}
			}
			c.Lab, c.Illuminant, c.Observer = &lab, "D50", 2
			if s := field("illuminant"); s != "" {
				c.Illuminant = cut(s)
			}
			switch s := field("observer"); strings.TrimRight(s, "°") {
			case "", "2":
			case "10":
				c.Observer = 10
			default:
				return bad("line %d: %q is no observer; 2 and 10 are", line, s)
			}
			c.Preview = Preview(lab, c.Illuminant, c.Observer)
		}
		switch s := field("srgb"); {
		case s != "":
			if c.Preview, err = color.ParseHex(s); err != nil {
				return bad("line %d: %v", line, err)
			}
		case c.Lab == nil:
			return bad("line %d has no colour", line)
		}
		chips = append(chips, c.named())
	}
}

func writeCSV(chips []Chip) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(columns()) // a Buffer takes everything; Flush reports the rest
	for i, c := range chips {
		position := c.Position
		if position == 0 {
			position = i + 1
		}
		row := []string{strconv.Itoa(position), cut(c.Name), cut(c.Code), "", "", "", "", "", c.Preview.Hex()}
		if c.Lab != nil {
			for k, v := range c.Lab {
				row[3+k] = strconv.FormatFloat(v, 'g', -1, 64)
			}
			observer := c.Observer
			if observer != 10 {
				observer = 2
			}
			row[6], row[7] = c.Illuminant, strconv.Itoa(observer)
		}
		_ = w.Write(row)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, errors.Join(&FormatError{CSV, "it cannot be written"}, err)
	}
	return out.Bytes(), nil
}
