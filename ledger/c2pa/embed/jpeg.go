package embed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// segment is a segment of a JPEG file, by its place.
type segment struct {
	marker byte
	// Range is the whole segment: the two bytes of the marker, the length, the
	// content. What is filled in between segments belongs to none.
	Range
}

const (
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP11 = 0xeb

	// jumbfHead is what an APP11 segment has before the bytes of the box: CI, En
	// and Z; a later one repeats the box's own header.
	jumbfHead     = 8
	jumbfContinue = 16

	maxSegments = 1 << 16
	// chunkSize is how much of a store goes into one segment, in bytes, as
	// c2pa-rs does it; the format allows a little more.
	chunkSize = 64000
)

// hasLength says whether a marker is followed by a length.
func hasLength(marker byte) bool {
	switch {
	case marker >= 0xe0 && marker <= 0xef, marker >= 0xc0 && marker <= 0xcf, marker == markerSOS:
		return true
	default:
		return marker == 0xfe || marker == 0xdb || marker == 0xdd || marker == 0xdc || marker == 0xde || marker == 0xdf || marker >= 0xf0 && marker <= 0xfd
	}
}

func badJPEG(at int64, reason string) error {
	return &Error{Format: JPEG, Problem: Malformed, Offset: at, Reason: reason}
}

// segments lists the segments to the first scan, SOS included, or to EOI, which is
// not. What follows the first scan never holds a store.
func segments(r io.ReaderAt, size int64) ([]segment, error) {
	var out []segment
	in := &byteReader{r: r, size: size, at: 2}
	for {
		b, err := in.next()
		if err != nil {
			return nil, err
		}
		if b != 0xff {
			continue
		}
		start := in.at - 1
		for b == 0xff {
			if b, err = in.next(); err != nil {
				return nil, err
			}
		}
		if b == markerEOI {
			return out, nil
		}
		s := segment{b, Range{start, in.at - start}}
		if hasLength(b) {
			hi, err := in.next()
			if err != nil {
				return nil, err
			}
			lo, err := in.next()
			if err != nil {
				return nil, err
			}
			length := int64(hi)<<8 | int64(lo)
			if length < 2 || in.at+length-2 > size {
				return nil, badJPEG(start, "a segment is cut off")
			}
			in.at += length - 2
			s.Length = in.at - start
		}
		if len(out) == maxSegments {
			return nil, badJPEG(start, "it has too many segments")
		}
		out = append(out, s)
		if b == markerSOS {
			return out, nil
		}
	}
}

// byteReader reads single bytes through a small window.
type byteReader struct {
	r      io.ReaderAt
	size   int64
	at     int64
	window []byte
	from   int64 // of the window
}

const windowSize = 4096

func (b *byteReader) next() (byte, error) {
	if b.at >= b.size {
		return 0, badJPEG(b.size, "it ends before its picture")
	}
	if b.at < b.from || b.at >= b.from+int64(len(b.window)) {
		b.window, b.from = make([]byte, min(windowSize, b.size-b.at)), b.at
		if err := readAt(b.r, b.window, b.at); err != nil {
			return 0, err
		}
	}
	c := b.window[b.at-b.from]
	b.at++
	return c, nil
}

// storeSegments picks the segments of the store, in the way of c2pa-rs: the first
// box labelled c2pa begins it, and segments with its instance number go on with it.
func storeSegments(r io.ReaderAt, list []segment) (data []byte, at []int, err error) {
	var instance []byte
	count := uint32(0)
	stores := 0
	for i, s := range list {
		if s.marker != markerAPP11 || s.Length <= 4+jumbfContinue {
			continue
		}
		if len(data) > maxStore {
			return nil, nil, badJPEG(s.Start, "the C2PA manifest store is too long")
		}
		b := make([]byte, s.Length)
		if err := readAt(r, b, s.Start); err != nil {
			return nil, nil, err
		}
		// Fill bytes before a marker are possible; the content ends with the segment.
		content := b[bytes.IndexByte(b, markerAPP11)+3:]
		if len(content) <= jumbfContinue {
			continue
		}
		switch number := content[2:4]; {
		case count > 0 && bytes.Equal(instance, number):
			if binary.BigEndian.Uint32(content[4:]) <= count {
				instance = nil
				continue
			}
			data = append(data, content[jumbfContinue:]...)
			at = append(at, i)
			count++
		case len(content) > 28 && string(content[24:28]) == "c2pa":
			if stores == 1 {
				return nil, nil, &Error{Format: JPEG, Problem: ManyManifests, Offset: s.Start, Reason: "a second C2PA manifest store"}
			}
			data = append(data, content[jumbfHead:]...)
			at = append(at, i)
			instance, count, stores = number, 1, 1
		}
	}
	return data, at, nil
}

func findJPEG(r io.ReaderAt, size int64) (*Found, error) {
	list, err := segments(r, size)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, badJPEG(2, "it has no segments")
	}
	data, at, err := storeSegments(r, list)
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		return nil, &Error{Format: JPEG, Problem: NoManifest}
	}
	found := &Found{Data: data, Range: Range{Start: list[at[0]].Start}}
	for _, i := range at {
		found.Range.Length += list[i].Length
	}
	return found, nil
}

func planJPEG(r io.ReaderAt, size int64, store int) (*Layout, error) {
	list, err := segments(r, size)
	if err != nil {
		return nil, err
	}
	_, old, err := storeSegments(r, list)
	if err != nil {
		return nil, err
	}
	// After JFIF and EXIF, which want to be first, and XMP.
	cut := int64(2)
	for i := 0; i < len(list) && (list[i].marker == markerAPP0 || list[i].marker == markerAPP1); i++ {
		cut = list[i].End()
	}
	if store < jumbfHead {
		return nil, fmt.Errorf("embed: a store of %d bytes is none", store)
	}
	l := &Layout{before: []piece{{old: Range{0, cut}}}, store: store, wrap: wrapJPEG}
	count := (store + chunkSize - 1) / chunkSize
	l.length = int64(store + count*(4+jumbfHead) + (count-1)*(jumbfContinue-jumbfHead))
	for _, i := range old {
		l.after = append(l.after, piece{old: Range{cut, list[i].Start - cut}})
		cut = list[i].End()
	}
	l.after = append(l.after, piece{old: Range{cut, size - cut}})
	return l, nil
}

func wrapJPEG(store []byte) []byte {
	var out []byte
	for i, at := uint32(1), 0; at < len(store); i++ {
		part := store[at:min(at+chunkSize, len(store))]
		length := 2 + jumbfHead + len(part)
		if i > 1 {
			length += jumbfContinue - jumbfHead
		}
		out = append(out, 0xff, markerAPP11, byte(length>>8), byte(length), 'J', 'P', 0x02, 0x11)
		out = binary.BigEndian.AppendUint32(out, i)
		if i > 1 {
			out = append(out, store[:jumbfContinue-jumbfHead]...)
		}
		out = append(out, part...)
		at += len(part)
	}
	return out
}

// segmentName is what a box hash calls a segment; empty for one that it leaves out.
func segmentName(marker byte) string {
	switch {
	case marker >= 0xe0 && marker <= 0xef:
		return fmt.Sprintf("APP%d", marker-0xe0)
	case marker >= 0xd0 && marker <= 0xd7:
		return fmt.Sprintf("RST%d", marker-0xd0)
	case marker >= 0xf0 && marker <= 0xfd:
		return fmt.Sprintf("JPG%d", marker-0xf0)
	case marker >= 0xc0 && marker <= 0xc2:
		return fmt.Sprintf("SOF%d", marker-0xc0)
	}
	switch marker {
	case markerSOI:
		return "SOI"
	case markerEOI:
		return "EOI"
	case markerSOS:
		return "SOS"
	case 0xfe:
		return "COM"
	case 0xc4:
		return "DHT"
	case 0xdb:
		return "DQT"
	case 0xdd:
		return "DRI"
	default:
		return ""
	}
}

// boxesJPEG goes through the whole file, scans included.
func boxesJPEG(r io.ReaderAt, size int64) ([]Box, error) {
	list, err := segments(r, size)
	if err != nil {
		return nil, err
	}
	_, at, err := storeSegments(r, list)
	if err != nil {
		return nil, err
	}
	store := map[int]bool{}
	for _, i := range at {
		store[i] = true
	}
	out := []Box{{"SOI", Range{0, 2}}}
	for i, s := range list {
		switch {
		case store[i] && i == at[0]:
			out = append(out, Box{storeBox, s.Range})
		case store[i]:
			out[len(out)-1].Range.Length += s.Length
		default:
			out = append(out, Box{segmentName(s.marker), s.Range})
		}
	}
	rest, err := scans(r, size, &out)
	if err != nil {
		return nil, err
	}
	return append(out, rest...), nil
}

// scans goes on behind the first SOS, the last of the boxes, whose length it
// completes, and lists what follows.
func scans(r io.ReaderAt, size int64, boxes *[]Box) ([]Box, error) {
	last := &(*boxes)[len(*boxes)-1]
	if last.Name != "SOS" {
		return nil, nil
	}
	var out []Box
	in := &byteReader{r: r, size: size, at: last.Range.End()}
	for {
		b, err := in.next()
		if err != nil {
			return nil, err
		}
		if b != 0xff {
			continue
		}
		if b, err = in.next(); err != nil {
			return nil, err
		}
		if b == 0 || b >= 0xd0 && b <= 0xd7 || b == 0xff {
			continue
		}
		start := in.at - 2
		last.Range.Length = start - last.Range.Start
		for {
			s := Box{segmentName(b), Range{start, 2}}
			if b != markerEOI && hasLength(b) {
				var length [2]byte
				if err := readAt(r, length[:], start+2); err != nil {
					return nil, cutJPEG(err)
				}
				s.Range.Length += int64(binary.BigEndian.Uint16(length[:]))
			}
			out = append(out, s)
			if len(out) > maxSegments {
				return nil, badJPEG(start, "it has too many segments")
			}
			if b == markerEOI {
				return out, nil
			}
			in.at = s.Range.End()
			if b == markerSOS {
				break
			}
			var marker [2]byte
			if err := readAt(r, marker[:], in.at); err != nil {
				return nil, cutJPEG(err)
			}
			if marker[0] != 0xff {
				return nil, badJPEG(in.at, "a segment is followed by none")
			}
			b, start = marker[1], in.at
		}
		last = &out[len(out)-1]
	}
}

func cutJPEG(err error) error {
	var end *endError
	if errors.As(err, &end) {
		return badJPEG(end.offset, "it ends before its picture")
	}
	return err
}
