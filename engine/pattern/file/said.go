package file

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/icc"
	"github.com/selvage-studio/selvage/engine/pattern/origin"
)

// said is what a file says of its picture beside the pixels.
type said struct {
	dpiX, dpiY  float64
	orientation int    // as EXIF numbers it, 1 to 8; 0 is not said
	icc         []byte // the profile, nil if there is none
	iccName     string // of a profile that only has a name
	request     []byte
	scraps      origin.Scraps
	notes       []string
}

func (s *said) note(format string, arg ...any) {
	if n := fmt.Sprintf(format, arg...); !slices.Contains(s.notes, n) && len(s.notes) < 50 {
		s.notes = append(s.notes, n)
	}
}

// profile is the name of the colour profile, "" if there is none.
func (s *said) profile() string {
	if s.icc == nil {
		return s.iccName
	}
	return profileName(s.icc, cmp.Or(s.iccName, "ICC"))
}

// profileName returns the description inside an ICC profile, or name if it has
// none that can be read.
func profileName(data []byte, name string) string {
	p, err := icc.Parse(data)
	if err != nil {
		return printable(name)
	}
	return cmp.Or(p.Name(), printable(name))
}

// description takes a text that stands for itself.
func (s *said) description(text string) {
	text = strings.TrimRight(text, "\x00")
	if j, ok := strings.CutPrefix(text, Keyword+":"); ok && s.request == nil {
		s.request = []byte(j)
		s.scraps.Add(Keyword, j)
		return
	}
	s.scraps.Description(text)
}

func (s *said) info(format string) Info {
	return Info{Format: format, DPIX: s.dpiX, DPIY: s.dpiY, Profile: s.profile(), Request: s.request}
}

// jpegSaid walks the segments before the first scan.
func jpegSaid(data []byte) *said {
	s := &said{}
	type part struct {
		number byte
		data   []byte
	}
	var profile []part
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, n := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xff { // a filler
			at++
			continue
		}
		if marker == 0xda || n < 2 || at+2+n > len(data) {
			break
		}
		body := data[at+4 : at+2+n]
		if b, ok := bytes.CutPrefix(body, []byte("JFIF\x00")); ok && marker == 0xe0 && len(b) >= 7 {
			x, y := float64(binary.BigEndian.Uint16(b[3:])), float64(binary.BigEndian.Uint16(b[5:]))
			switch b[2] {
			case 1:
				s.dpiX, s.dpiY = x, y
			case 2:
				s.dpiX, s.dpiY = x*2.54, y*2.54
			}
		}
		if b, ok := bytes.CutPrefix(body, []byte("ICC_PROFILE\x00")); ok && marker == 0xe2 && len(b) > 2 {
			profile = append(profile, part{b[0], b[2:]})
		}
		if b, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			s.exif(b)
		}
		if b, ok := bytes.CutPrefix(body, []byte("http://ns.adobe.com/xap/1.0/\x00")); ok && marker == 0xe1 {
			s.scraps.Packet(b)
		}
		at += 2 + n
	}
	slices.SortStableFunc(profile, func(a, b part) int { return int(a.number) - int(b.number) })
	for _, p := range profile {
		s.icc = append(s.icc, p.data...)
	}
	return s
}

// webpSaid walks the chunks of a RIFF file.
func webpSaid(data []byte) (*said, error) {
	s := &said{}
	rest := data[12:]
	for len(rest) >= 8 {
		n := int64(binary.LittleEndian.Uint32(rest[4:]))
		if n > int64(len(rest)-8) {
			return s, fmt.Errorf("chunk %q says %d bytes, and %d are left", rest[:4], n, len(rest)-8)
		}
		body := rest[8 : 8+n]
		switch string(rest[:4]) {
		case "ICCP":
			s.icc = body
		case "EXIF":
			s.exif(bytes.TrimPrefix(body, []byte("Exif\x00\x00")))
		case "XMP ":
			s.scraps.Packet(body)
		case "ANIM":
			return s, fmt.Errorf("it is an animation; save one frame of it as a picture")
		}
		rest = rest[min(8+n+n&1, int64(len(rest))):]
	}
	return s, nil
}
