package file

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// SRGBProfile returns an ICC version 2 display profile of sRGB (ICC.1:2001-04):
// the primaries of IEC 61966-2-1 adapted to D50 by the Bradford transform, and
// its transfer curve as 1024 samples. Version 2, since the RIPs of textile
// printers are old. The bytes are always the same.
func SRGBProfile() []byte {
	type tag struct {
		sig  string
		data []byte
	}
	curve := curveTag()
	const name = "sRGB IEC61966-2.1"
	tags := []tag{
		{"desc", descTag(name)},
		{"cprt", append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...)},
		{"wtpt", xyzTag(0.9642, 1, 0.8249)},
		{"rXYZ", xyzTag(0.43607, 0.22249, 0.01392)},
		{"gXYZ", xyzTag(0.38515, 0.71687, 0.09708)},
		{"bXYZ", xyzTag(0.14307, 0.06061, 0.71410)},
		{"rTRC", curve},
		{"gTRC", curve},
		{"bTRC", curve},
	}
	head := 128 + 4 + 12*len(tags)
	var table, body bytes.Buffer
	be := binary.BigEndian
	table.Write(be.AppendUint32(nil, uint32(len(tags))))
	curveAt := 0
	for _, t := range tags {
		at := head + body.Len()
		if &t.data[0] == &curve[0] && curveAt > 0 {
			at = curveAt // the three curves share their data
		} else {
			body.Write(t.data)
			for body.Len()%4 != 0 {
				body.WriteByte(0)
			}
			if &t.data[0] == &curve[0] {
				curveAt = at
			}
		}
		table.WriteString(t.sig)
		table.Write(be.AppendUint32(nil, uint32(at)))
		table.Write(be.AppendUint32(nil, uint32(len(t.data))))
	}
	h := make([]byte, 128)
	be.PutUint32(h[0:], uint32(head+body.Len()))
	be.PutUint32(h[8:], 0x02400000) // version 2.4
	copy(h[12:], "mntrRGB XYZ ")
	for i, v := range []uint16{2026, 1, 1, 0, 0, 0} { // a fixed date: the same bytes every time
		be.PutUint16(h[24+2*i:], v)
	}
	copy(h[36:], "acsp")
	copy(h[68:], xyzTag(0.9642, 1, 0.8249)[8:]) // illuminant D50
	return slices.Concat(h, table.Bytes(), body.Bytes())
}

func fixed(v float64) uint32 { return uint32(int32(math.Round(v * 65536))) }

func xyzTag(x, y, z float64) []byte {
	out := []byte("XYZ \x00\x00\x00\x00")
	for _, v := range []float64{x, y, z} {
		out = binary.BigEndian.AppendUint32(out, fixed(v))
	}
	return out
}

func curveTag() []byte {
	const n = 1024
	out := []byte("curv\x00\x00\x00\x00")
	out = binary.BigEndian.AppendUint32(out, n)
	for i := range n {
		out = binary.BigEndian.AppendUint16(out, uint16(math.Round(65535*color.Linear(float64(i)/(n-1)))))
	}
	return out
}

// descTag is a textDescriptionType: ASCII, and empty Unicode and Macintosh
// parts.
func descTag(s string) []byte {
	out := []byte("desc\x00\x00\x00\x00")
	out = binary.BigEndian.AppendUint32(out, uint32(len(s)+1))
	out = append(out, s...)
	return append(out, make([]byte, 1+4+4+2+1+67)...)
}
