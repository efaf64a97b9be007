package swatch

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// cxfSpace is the namespace of CxF3 (ISO 17972-1).
const cxfSpace = "http://colorexchangeformat.com/CxF3-core"

// cxfTags is the collection in which code and position are kept, since an object of
// CxF has only a name.
const cxfTags = "Selvage"

type cxfFile struct {
	XMLName     xml.Name `xml:"CxF"`
	Space       string   `xml:"xmlns,attr"`
	Information struct {
		Creator     string `xml:"Creator,omitempty"`
		Description string `xml:"Description,omitempty"`
	} `xml:"FileInformation"`
	Objects        []cxfObject        `xml:"Resources>ObjectCollection>Object"`
	Specifications []cxfSpecification `xml:"Resources>ColorSpecificationCollection>ColorSpecification"`
}

type cxfObject struct {
	Type string         `xml:"ObjectType,attr"`
	Name string         `xml:"Name,attr"`
	ID   string         `xml:"Id,attr"`
	Date string         `xml:"CreationDate"`
	Lab  []cxfLab       `xml:"ColorValues>ColorCIELab"`
	LCh  []cxfLCh       `xml:"ColorValues>ColorCIELCh"`
	XYZ  []cxfXYZ       `xml:"ColorValues>ColorCIEXYZ"`
	SRGB []cxfSRGB      `xml:"ColorValues>ColorSRGB"`
	Tags []cxfTagsGroup `xml:"TagCollection"`
}

type cxfLab struct {
	Specification string  `xml:"ColorSpecification,attr"`
	L             float64 `xml:"L"`
	A             float64 `xml:"A"`
	B             float64 `xml:"B"`
}

type cxfLCh struct {
	Specification string  `xml:"ColorSpecification,attr"`
	L             float64 `xml:"L"`
	C             float64 `xml:"C"`
	H             float64 `xml:"H"`
}

type cxfXYZ struct {
	Specification string  `xml:"ColorSpecification,attr"`
	X             float64 `xml:"X"`
	Y             float64 `xml:"Y"`
	Z             float64 `xml:"Z"`
}

type cxfSRGB struct {
	Specification string  `xml:"ColorSpecification,attr"`
	MaxRange      float64 `xml:"MaxRange,omitempty"`
	R             float64 `xml:"R"`
	G             float64 `xml:"G"`
	B             float64 `xml:"B"`
}

type cxfTagsGroup struct {
	Name string   `xml:"Name,attr"`
	Tags []cxfTag `xml:"Tag"`
}

type cxfTag struct {
	Name  string `xml:"Name,attr"`
	Value string `xml:"Value,attr"`
}

type cxfSpecification struct {
	ID         string `xml:"Id,attr"`
	Illuminant string `xml:"TristimulusSpec>Illuminant"`
	Observer   string `xml:"TristimulusSpec>Observer"`
	Method     string `xml:"TristimulusSpec>Method"`
	Measured   string `xml:"MeasurementSpec>MeasurementType"`
	Geometry   struct {
		Angle struct {
			Kind  string `xml:"SingleAngleConfiguration"`
			Light int    `xml:"IlluminationAngle"`
			Eye   int    `xml:"MeasurementAngle"`
		} `xml:"SingleAngle"`
	} `xml:"MeasurementSpec>GeometryChoice"`
}

func readCxF(data []byte) ([]Chip, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "us-ascii") {
			return in, nil
		}
		return nil, fmt.Errorf("its characters are %q; UTF-8 is read", label)
	}
	var f cxfFile
	if err := d.Decode(&f); err != nil {
		return nil, &FormatError{CxF, err.Error()}
	}
	// Parts of the standard have other namespaces; the core is what holds colours.
	if !strings.HasPrefix(f.XMLName.Space, "http://colorexchangeformat.com/") {
		return nil, &FormatError{CxF, fmt.Sprintf("its namespace %q is not that of CxF3", f.XMLName.Space)}
	}
	if len(f.Objects) > MaxChips {
		return nil, &FormatError{CxF, fmt.Sprintf("%d objects; at most %d are read", len(f.Objects), MaxChips)}
	}
	specs := map[string]cxfSpecification{}
	for _, s := range f.Specifications {
		specs[s.ID] = s
	}
	var chips []Chip
	for i, o := range f.Objects {
		c := Chip{Name: cut(o.Name)}
		seen := true
		measured := func(id string, lab color.Lab) {
			c.Lab, c.Illuminant, c.Observer = &lab, "D50", 2
			if s, ok := specs[id]; ok {
				if s.Illuminant != "" {
					c.Illuminant = cut(strings.TrimSpace(s.Illuminant))
				}
				if strings.HasPrefix(strings.TrimSpace(s.Observer), "10") {
					c.Observer = 10
				}
			}
			c.Preview = Preview(lab, c.Illuminant, c.Observer)
		}
		switch {
		case len(o.Lab) > 0:
			measured(o.Lab[0].Specification, color.Lab{o.Lab[0].L, o.Lab[0].A, o.Lab[0].B})
		case len(o.LCh) > 0:
			s, k := math.Sincos(o.LCh[0].H * math.Pi / 180)
			measured(o.LCh[0].Specification, color.Lab{o.LCh[0].L, o.LCh[0].C * k, o.LCh[0].C * s})
		case len(o.XYZ) > 0:
			x := o.XYZ[0]
			illuminant, observer := "D50", 2
			if s, ok := specs[x.Specification]; ok {
				illuminant = strings.TrimSpace(s.Illuminant)
				if strings.HasPrefix(strings.TrimSpace(s.Observer), "10") {
					observer = 10
				}
			}
			measured(x.Specification, labOf([3]float64{x.X / 100, x.Y / 100, x.Z / 100}, white(illuminant, observer)))
		default:
			seen = false
		}
		if c.Lab != nil {
			for _, v := range c.Lab {
				if math.IsNaN(v) || math.Abs(v) > 1000 {
					return nil, &FormatError{CxF, fmt.Sprintf("object %d (%s) has the impossible Lab %v", i+1, c.Name, *c.Lab)}
				}
			}
		}
		if len(o.SRGB) > 0 {
			s := o.SRGB[0]
			full := 255.
			if s.MaxRange > 0 {
				full = s.MaxRange
			}
			rgb := color.RGB{s.R / full, s.G / full, s.B / full}
			if bad := rgb[0] + rgb[1] + rgb[2]; math.IsNaN(bad) || math.IsInf(bad, 0) {
				return nil, &FormatError{CxF, fmt.Sprintf("object %d (%s) has no possible sRGB", i+1, c.Name)}
			}
			c.Preview, seen = color.ChipOf("", rgb), true
		}
		for _, g := range o.Tags {
			for _, t := range g.Tags {
				switch {
				case strings.EqualFold(t.Name, "Code"):
					c.Code = cut(t.Value)
				case g.Name == cxfTags && t.Name == "Position":
					c.Position, _ = strconv.Atoi(t.Value)
					c.Position = min(max(c.Position, 0), MaxChips)
				}
			}
		}
		if seen {
			if c.Position == 0 {
				c.Position = len(chips) + 1
			}
			chips = append(chips, c.named())
		}
	}
	return chips, nil
}

// labOf is the CIELAB of XYZ under a white.
func labOf(xyz, white [3]float64) color.Lab {
	f := func(i int) float64 {
		t := xyz[i] / white[i]
		if t > 216./24389 {
			return math.Cbrt(t)
		}
		return t*841/108 + 4./29
	}
	return color.Lab{116*f(1) - 16, 500 * (f(0) - f(1)), 200 * (f(1) - f(2))}
}

func writeCxF(chips []Chip, made time.Time) ([]byte, error) {
	f := cxfFile{Space: cxfSpace}
	f.Information.Creator = "Selvage"
	specs := map[string]string{}
	specify := func(illuminant string, observer int) string {
		if observer != 10 {
			observer = 2
		}
		key := fmt.Sprintf("%s/%d", illuminant, observer)
		if id, ok := specs[key]; ok {
			return id
		}
		id := fmt.Sprintf("CS%d", len(specs)+1)
		specs[key] = id
		s := cxfSpecification{ID: id, Illuminant: illuminant, Observer: fmt.Sprintf("%d_Degree", observer), Method: "E308_1nm", Measured: "Colorimetric_Reflectance"}
		s.Geometry.Angle.Kind, s.Geometry.Angle.Light, s.Geometry.Angle.Eye = "Annular", 45, 0
		f.Specifications = append(f.Specifications, s)
		return id
	}
	screen := specify("D65", 2)
	for i, c := range chips {
		position := c.Position
		if position == 0 {
			position = i + 1
		}
		name := cut(c.Name)
		if name == "" {
			name = c.Preview.Hex()
		}
		o := cxfObject{Type: "Standard", Name: name, ID: "c" + strconv.Itoa(i+1), Date: made.UTC().Format(time.RFC3339)}
		if c.Lab != nil {
			if !cxfIlluminant(c.Illuminant) {
				return nil, &FormatError{CxF, fmt.Sprintf("chip %d (%s): the illuminant %q has no name in CxF; D50, D65, A, C, F2, F7, F11, TL84 and others have", i+1, name, c.Illuminant)}
			}
			o.Lab = []cxfLab{{specify(c.Illuminant, c.Observer), c.Lab[0], c.Lab[1], c.Lab[2]}}
		}
		o.SRGB = []cxfSRGB{{screen, 255, float64(c.Preview.R), float64(c.Preview.G), float64(c.Preview.B)}}
		tags := cxfTagsGroup{Name: cxfTags, Tags: []cxfTag{{"Position", strconv.Itoa(position)}}}
		if c.Code != "" {
			tags.Tags = append(tags.Tags, cxfTag{"Code", cut(c.Code)})
		}
		o.Tags = []cxfTagsGroup{tags}
		f.Objects = append(f.Objects, o)
	}
	out, err := xml.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, errors.Join(&FormatError{CxF, "it cannot be written"}, err)
	}
	return append([]byte(xml.Header), append(out, '\n')...), nil
}

// cxfIlluminant reports whether CxF3 names an illuminant.
func cxfIlluminant(s string) bool {
	switch s {
	case "A", "B", "C", "D50", "D55", "D60", "D65", "D75", "E", "F2", "F3", "F7", "F9", "F10", "F11", "F12", "9300", "TL84", "TL83", "UL30", "UL35", "UL50":
		return true
	}
	return false
}
