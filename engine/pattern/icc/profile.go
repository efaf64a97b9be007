package icc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// The colour spaces of profiles, without the blanks that fill them to four
// letters (ICC.1:2010, table 19). Others are kept as they are written.
const (
	RGB  = "RGB"
	CMYK = "CMYK"
	Gray = "GRAY"
	Lab  = "Lab"
	XYZ  = "XYZ"
)

// The classes of profiles that convert between a device and the connection
// space (ICC.1:2010, table 18).
const (
	Input      = "scnr"
	Display    = "mntr"
	Output     = "prtr"
	ColorSpace = "spac"
)

// maxProfile bounds a profile's bytes; large presses have some 3 MB.
const maxProfile = 32 << 20

// ProfileError reports bytes that are no profile, a broken one, or one of a
// kind that is not converted.
type ProfileError struct {
	Name   string // of the profile, "" where it is not known
	Reason string
}

func (e *ProfileError) Error() string {
	if e.Name == "" {
		return "colour profile: " + e.Reason
	}
	return fmt.Sprintf("colour profile %q: %s", e.Name, e.Reason)
}

// Profile is a parsed colour profile. It is not changed once it is made.
type Profile struct {
	// Class is what the profile is of: Input, Display, Output, …
	Class string
	// Space is the device's colour space: RGB, CMYK, Gray, …
	Space string
	// Connection is XYZ or Lab.
	Connection string
	// Major is the major version of the format, 2 or 4 (5 is read as 4).
	Major int

	tags map[string][]byte
	name string
}

// Parse reads a profile's header and its table of tags. The error is a
// *ProfileError. The profile keeps data.
func Parse(data []byte) (*Profile, error) {
	be := binary.BigEndian
	switch {
	case len(data) < 132:
		return nil, &ProfileError{Reason: fmt.Sprintf("%d bytes are too few", len(data))}
	case len(data) > maxProfile:
		return nil, &ProfileError{Reason: fmt.Sprintf("%d bytes are too many", len(data))}
	case string(data[36:40]) != "acsp":
		return nil, &ProfileError{Reason: "its header lacks the signature"}
	}
	p := &Profile{
		Class:      trim(data[12:16]),
		Space:      trim(data[16:20]),
		Connection: trim(data[20:24]),
		Major:      int(data[8]),
		tags:       map[string][]byte{},
	}
	n := int64(be.Uint32(data[128:]))
	if n > 1000 || 132+12*n > int64(len(data)) {
		return nil, &ProfileError{Reason: fmt.Sprintf("%d tags do not fit", n)}
	}
	for i := range n {
		e := data[132+12*i:]
		off, size := int64(be.Uint32(e[4:])), int64(be.Uint32(e[8:]))
		if off+size > int64(len(data)) || size < 8 {
			continue // what a conversion needs of it is missed there
		}
		p.tags[string(e[:4])] = data[off : off+size]
	}
	p.name = p.description()
	return p, nil
}

func trim(b []byte) string { return string(bytes.TrimRight(b, " \x00")) }

// Name is the profile's description, or "" if it has none.
func (p *Profile) Name() string { return p.name }

// Channels returns how many values a pixel of a space has, 0 for an unknown one.
func Channels(space string) int {
	switch space {
	case Gray:
		return 1
	case RGB, Lab, XYZ, "CMY", "HSV", "HLS", "YCbr", "Yxy", "Luv":
		return 3
	case CMYK:
		return 4
	}
	if len(space) == 4 && space[1:] == "CLR" {
		switch c := space[0]; {
		case c >= '2' && c <= '9':
			return int(c - '0')
		case c >= 'A' && c <= 'F':
			return int(c-'A') + 10
		}
	}
	return 0
}

// description reads the tag desc, in either version's type.
func (p *Profile) description() string {
	be := binary.BigEndian
	d := p.tags["desc"]
	if len(d) < 12 {
		return ""
	}
	switch string(d[:4]) {
	case "desc": // version 2
		if k := int64(be.Uint32(d[8:])); k > 0 && 12+k <= int64(len(d)) {
			return printable(string(bytes.TrimRight(d[12:12+k], "\x00")))
		}
	case "mluc": // version 4: the first language
		if len(d) < 28 {
			return ""
		}
		k, at := int64(be.Uint32(d[20:])), int64(be.Uint32(d[24:]))
		if at+k > int64(len(d)) {
			return ""
		}
		var u []uint16
		for j := int64(0); j+1 < k && j < 256; j += 2 {
			u = append(u, be.Uint16(d[at+j:]))
		}
		return printable(string(utf16.Decode(u)))
	}
	return ""
}

// printable keeps a stranger's text fit for a message: one line, not long.
func printable(s string) string {
	out := make([]rune, 0, 64)
	for _, r := range s {
		if len(out) == 64 {
			break
		}
		if r < ' ' || r == 0x7f || r == 0xfffd {
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}

func (p *Profile) fail(format string, arg ...any) error {
	return &ProfileError{Name: p.name, Reason: fmt.Sprintf(format, arg...)}
}

// xyz reads a tag of the type XYZ.
func (p *Profile) xyz(tag string) ([3]float64, error) {
	d := p.tags[tag]
	if len(d) < 20 || string(d[:4]) != "XYZ " {
		return [3]float64{}, p.fail("it has no %s", tag)
	}
	var v [3]float64
	for i := range v {
		v[i] = s15Fixed16(d[8+4*i:])
	}
	return v, nil
}

func s15Fixed16(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }
