package xmp

import (
	"bytes"
	"encoding/binary"
)

const (
	jpegHeader    = "http://ns.adobe.com/xap/1.0/\x00"
	jpegExtension = "http://ns.adobe.com/xmp/extension/\x00"
	jpegEXIF      = "Exif\x00"
	markerSOS     = 0xda
	markerEOI     = 0xd9
	markerAPP0    = 0xe0
	markerAPP1    = 0xe1
	maxSegments   = 1 << 16
	// maxJPEG is the longest packet that one segment holds (XMP part 3, 1.1.3).
	maxJPEG = 65535 - 2 - len(jpegHeader)
)

type jpegFormat struct{}

type segment struct {
	marker byte
	span   // marker and fill bytes included
	head   []byte
}

// segments lists the segments before the first scan. head has the first bytes of
// those that may hold metadata.
func (f file) segments() ([]segment, error) {
	var out []segment
	for at := int64(2); ; {
		start := at
		b, err := f.read(at, 4)
		if err != nil {
			return nil, err
		}
		if b[0] != 0xff {
			return nil, f.bad(at, "here a segment should begin")
		}
		for b[1] == 0xff { // a fill byte
			at++
			if at-start > maxSegments {
				return nil, f.bad(start, "it has too many fill bytes")
			}
			if b, err = f.read(at, 4); err != nil {
				return nil, err
			}
		}
		marker := b[1]
		if marker == markerSOS || marker == markerEOI {
			return out, nil
		}
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 {
			return nil, f.bad(at, "a marker that does not belong before the picture")
		}
		length := int64(binary.BigEndian.Uint16(b[2:]))
		if length < 2 || length > f.size-at-2 {
			return nil, f.bad(at, "a segment is cut off")
		}
		s := segment{marker: marker, span: span{start, at + 2 + length - start}}
		if marker == markerAPP0 || marker == markerAPP1 {
			if s.head, err = f.read(at+4, min(length-2, int64(len(jpegExtension)))); err != nil {
				return nil, err
			}
		}
		if out = append(out, s); len(out) > maxSegments {
			return nil, f.bad(at, "it has too many segments")
		}
		at = s.end()
	}
}

func (s segment) is(header string) bool {
	return s.marker == markerAPP1 && bytes.HasPrefix(s.head, []byte(header))
}

func (jpegFormat) find(f file) ([]byte, error) {
	all, err := f.segments()
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.is(jpegHeader) {
			b, err := f.read(s.start, s.length)
			if err != nil {
				return nil, err
			}
			return b[bytes.Index(b, []byte(jpegHeader))+len(jpegHeader):], nil
		}
	}
	return nil, &NoneError{f.name}
}

func (jpegFormat) plan(f file, packet []byte) ([]piece, error) {
	if len(packet) > maxJPEG {
		return nil, &TooLargeError{f.name, int64(len(packet)), int64(maxJPEG)}
	}
	all, err := f.segments()
	if err != nil {
		return nil, err
	}
	begin, leading := int64(2), true
	var old []span
	for _, s := range all {
		if leading = leading && (s.marker == markerAPP0 || s.is(jpegEXIF)); leading {
			begin = s.end()
		}
		if s.is(jpegHeader) || s.is(jpegExtension) {
			old = append(old, s.span)
		}
	}
	data := []byte{0xff, markerAPP1}
	data = binary.BigEndian.AppendUint16(data, uint16(2+len(jpegHeader)+len(packet)))
	data = append(append(data, jpegHeader...), packet...)
	return append([]piece{{old: span{0, begin}}, {data: data}}, f.without(begin, old)...), nil
}
