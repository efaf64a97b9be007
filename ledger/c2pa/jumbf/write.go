package jumbf

import (
	"encoding/binary"
	"slices"
)

// maxBox is the longest box whose length is written in 32 bits.
const maxBox = 1<<32 - 1

// Content writes a box of the given type around the parts.
func Content(typ string, parts ...[]byte) []byte {
	n := headerSize
	for _, p := range parts {
		n += len(p)
	}
	var out []byte
	if n <= maxBox {
		out = binary.BigEndian.AppendUint32(make([]byte, 0, n), uint32(n))
		out = append(out, typ...)
	} else {
		out = append(binary.BigEndian.AppendUint32(make([]byte, 0, n+headerSize), 1), typ...)
		out = binary.BigEndian.AppendUint64(out, uint64(n+headerSize))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Describe writes a description box; salt may be nil.
func Describe(kind UUID, label string, salt []byte) []byte {
	toggles := byte(requestable | labelled)
	if salt != nil {
		toggles |= private
	}
	body := slices.Concat(kind[:], []byte{toggles}, []byte(label), []byte{0})
	if salt != nil {
		body = append(body, Content("c2sh", salt)...)
	}
	return Content("jumd", body)
}

// Super writes a superbox around boxes that are written already.
func Super(kind UUID, label string, salt []byte, boxes ...[]byte) []byte {
	return Content("jumb", append([][]byte{Describe(kind, label, salt)}, boxes...)...)
}

// File writes the boxes of an embedded file, to be put into a superbox of kind
// EmbeddedFile.
func File(mediaType string, data []byte) [][]byte {
	return [][]byte{
		Content("bfdb", []byte{0}, []byte(mediaType), []byte{0}),
		Content("bidb", data),
	}
}
