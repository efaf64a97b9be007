package embed

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"unicode/utf8"
)

// chunk is a chunk of a PNG file, by its place.
type chunk struct {
	name string
	Range
}

const (
	pngStore    = "caBX"
	pngOverhead = 12      // length, name, checksum
	maxChunks   = 1 << 20 // more than any picture has
)

// chunks lists the chunks to IEND.
func chunks(r io.ReaderAt, size int64) ([]chunk, error) {
	bad := func(at int64, reason string) error {
		return &Error{Format: PNG, Problem: Malformed, Offset: at, Reason: reason}
	}
	if size < int64(len(pngSignature)) {
		return nil, &Error{Format: PNG, Problem: CutOff, Offset: size, Reason: "it ends in its signature"}
	}
	var out []chunk
	for at := int64(len(pngSignature)); ; {
		var head [8]byte
		if err := readAt(r, head[:], at); err != nil {
			var end *endError
			if errors.As(err, &end) {
				return nil, bad(at, "it ends before IEND")
			}
			return nil, err
		}
		length := int64(binary.BigEndian.Uint32(head[:]))
		c := chunk{string(head[4:]), Range{at, length + pngOverhead}}
		if c.End() > size {
			return nil, bad(at, "a chunk is cut off")
		}
		if !utf8.ValidString(c.name) {
			return nil, bad(at, "the name of a chunk is no text")
		}
		if len(out) == maxChunks {
			return nil, bad(at, "it has too many chunks")
		}
		out = append(out, c)
		if c.name == "IEND" {
			return out, nil
		}
		at = c.End()
	}
}

// stored is the chunk of the store.
func stored(list []chunk) (c chunk, found bool, err error) {
	for _, x := range list {
		if x.name != pngStore {
			continue
		}
		if found {
			return c, true, &Error{Format: PNG, Problem: ManyManifests, Offset: x.Start, Reason: "a second C2PA manifest store"}
		}
		c, found = x, true
	}
	return c, found, nil
}

func findPNG(r io.ReaderAt, size int64) (*Found, error) {
	list, err := chunks(r, size)
	if err != nil {
		return nil, err
	}
	c, found, err := stored(list)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &Error{Format: PNG, Problem: NoManifest}
	}
	if c.Length > maxStore {
		return nil, &Error{Format: PNG, Problem: Malformed, Offset: c.Start, Reason: "the C2PA manifest store is too long"}
	}
	data := make([]byte, c.Length-pngOverhead)
	if err := readAt(r, data, c.Start+8); err != nil {
		return nil, err
	}
	return &Found{data, c.Range}, nil
}

func boxesPNG(r io.ReaderAt, size int64) ([]Box, error) {
	list, err := chunks(r, size)
	if err != nil {
		return nil, err
	}
	out := []Box{{"PNGh", Range{0, int64(len(pngSignature))}}}
	for _, c := range list {
		name := c.name
		if name == pngStore {
			name = storeBox
		}
		out = append(out, Box{name, c.Range})
	}
	return out, nil
}

// storeBox is what a box hash calls the store.
const storeBox = "C2PA"

func planPNG(r io.ReaderAt, size int64, store int) (*Layout, error) {
	list, err := chunks(r, size)
	if err != nil {
		return nil, err
	}
	old, found, err := stored(list)
	if err != nil {
		return nil, err
	}
	if list[0].name != "IHDR" {
		return nil, &Error{Format: PNG, Problem: Malformed, Offset: list[0].Start, Reason: "it does not begin with IHDR"}
	}
	if int64(store) > 1<<31-1 {
		return nil, &Error{Format: PNG, Problem: Malformed, Reason: "the C2PA manifest store is longer than a chunk can be"}
	}
	// Right after IHDR, where every reader looks, and before what may be edited.
	cut := list[0].End()
	l := &Layout{before: []piece{{old: Range{0, cut}}}, length: int64(store) + pngOverhead, store: store, wrap: wrapPNG}
	if found {
		l.after = append(l.after, piece{old: Range{cut, old.Start - cut}})
		cut = old.End()
	}
	l.after = append(l.after, piece{old: Range{cut, size - cut}})
	return l, nil
}

func wrapPNG(store []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, len(store)+pngOverhead), uint32(len(store)))
	out = append(append(out, pngStore...), store...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}
