package jumbf

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep superboxes may lie in each other, as in c2pa-rs.
const maxDepth = 32

const headerSize = 8

// UUID says of what kind a superbox is.
type UUID [16]byte

// Kind is the UUID that ISO/IEC 19566-5 and C2PA give to a four-letter kind, such
// as "c2pa" or "cbor".
func Kind(letters string) UUID {
	u := UUID{4: 0x00, 5: 0x11, 6: 0x00, 7: 0x10, 8: 0x80, 9: 0x00, 10: 0x00, 11: 0xaa, 12: 0x00, 13: 0x38, 14: 0x9b, 15: 0x71}
	copy(u[:4], letters)
	return u
}

// EmbeddedFile is the kind of a superbox that holds a file: a "bfdb" box with its
// media type, and a "bidb" box with its bytes.
func EmbeddedFile() UUID {
	return UUID{0x40, 0xcb, 0x0c, 0x32, 0xbb, 0x8a, 0x48, 0x9d, 0xa7, 0x0b, 0x2a, 0xd6, 0xf4, 0x7f, 0x43, 0x69}
}

// Box is a box that was read.
type Box struct {
	Type string // four letters: "jumb", "cbor", "json", …
	// Kind, Label and Salt are of the description box, and Children what follows
	// it; they are set for a superbox only.
	Kind     UUID
	Label    string
	Salt     []byte // nil where there is none
	Children []*Box
	// Payload is what follows the header. C2PA hashes the payload of a superbox.
	// It shares memory with what was parsed.
	Payload []byte
}

// Error reports bytes that are no JUMBF.
type Error struct {
	Offset int // bytes from the beginning of what was parsed
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("jumbf: at byte %d: %s", e.Offset, e.Reason) }

// Parse reads the superbox at the beginning of data. What follows it is ignored:
// containers pad. The error is a *Error.
func Parse(data []byte) (*Box, error) {
	b, _, err := parseSuper(data, 0, 0)
	return b, err
}

// header is the type of a box, the length of its header and of the whole box.
func header(data []byte, at int) (typ string, head, size int, err error) {
	rest := data[at:]
	if len(rest) < headerSize {
		return "", 0, 0, &Error{at, "the header of a box is cut off"}
	}
	typ, head = string(rest[4:8]), headerSize
	n := uint64(binary.BigEndian.Uint32(rest))
	if n == 1 {
		if len(rest) < 2*headerSize {
			return "", 0, 0, &Error{at, "the long header of a box is cut off"}
		}
		n, head = binary.BigEndian.Uint64(rest[8:]), 2*headerSize
	}
	if n < uint64(head) {
		return "", 0, 0, &Error{at, fmt.Sprintf("a box %q of %d bytes is shorter than its header", typ, n)}
	}
	if n > uint64(len(data)) {
		// A superbox may lie about its end: what is there is judged. Everything else
		// is found out when it is cut.
		n = uint64(len(data)) + 1
	}
	return typ, head, int(n), nil
}

func parseSuper(data []byte, at, depth int) (*Box, int, error) {
	if depth >= maxDepth {
		return nil, 0, &Error{at, fmt.Sprintf("boxes lie more than %d deep", maxDepth)}
	}
	typ, head, size, err := header(data, at)
	if err != nil {
		return nil, 0, err
	}
	if typ != "jumb" {
		return nil, 0, &Error{at, fmt.Sprintf("a superbox is expected, and a box %q found", typ)}
	}
	end := at + size
	b := &Box{Type: typ}
	pos, err := b.describe(data, at+head)
	if err != nil {
		return nil, 0, err
	}
	for pos < end && pos < len(data) {
		child, next, err := parseAny(data, pos, depth)
		if err != nil {
			return nil, 0, err
		}
		if child != nil {
			b.Children = append(b.Children, child)
		} else if next == end && next < len(data) {
			// Allowed by the standard, and refused by the validator that most people
			// use: it takes what follows for a part of this box.
			return nil, 0, &Error{pos, fmt.Sprintf("the box %q ends in a box of unknown type", b.Label)}
		}
		pos = next
	}
	if pos > end {
		return nil, 0, &Error{at, fmt.Sprintf("what lies in the box %q is longer than the box", b.Label)}
	}
	b.Payload = data[at+head : pos]
	return b, pos, nil
}

// parseAny reads one box; it is nil where nobody knows its type, as the standard
// asks for.
func parseAny(data []byte, at, depth int) (*Box, int, error) {
	typ, head, size, err := header(data, at)
	if err != nil {
		return nil, 0, err
	}
	if typ == "jumb" {
		return parseSuper(data, at, depth+1)
	}
	if size > len(data)-at {
		return nil, 0, &Error{at, fmt.Sprintf("a box %q is cut off", typ)}
	}
	next := at + size
	switch typ {
	case "json", "cbor", "free", "jp2c", "brob", "bfdb", "bidb":
	case "uuid":
		if size-head < len(UUID{}) {
			return nil, 0, &Error{at, "a uuid box is too short for a UUID"}
		}
	default:
		return nil, next, nil
	}
	return &Box{Type: typ, Payload: data[at+head : next]}, next, nil
}

const (
	requestable = 0x01
	labelled    = 0x02
	numbered    = 0x04
	hashed      = 0x08
	private     = 0x10
)

// describe reads the description box at the given place.
func (b *Box) describe(data []byte, at int) (next int, err error) {
	typ, head, size, err := header(data, at)
	if err != nil {
		return 0, err
	}
	if typ != "jumd" {
		return 0, &Error{at, fmt.Sprintf("a description box is expected, and a box %q found", typ)}
	}
	if size > len(data)-at {
		return 0, &Error{at, "a description box is cut off"}
	}
	next = at + size
	rest := data[at+head : next]
	if len(rest) < len(b.Kind)+2 {
		return 0, &Error{at, "a description box is too short"}
	}
	copy(b.Kind[:], rest)
	toggles := rest[len(b.Kind)]
	rest = rest[len(b.Kind)+1:]
	if toggles&(requestable|labelled) != requestable|labelled {
		return 0, &Error{at, "a superbox has no label, or cannot be asked for"}
	}
	zero := 0
	for zero < len(rest) && rest[zero] != 0 {
		zero++
	}
	if zero == len(rest) {
		return 0, &Error{at, "a label has no end"}
	}
	if zero == 0 {
		return 0, &Error{at, "a label is empty"}
	}
	if !utf8.Valid(rest[:zero]) {
		return 0, &Error{at, "a label is no text"}
	}
	b.Label, rest = string(rest[:zero]), rest[zero+1:]
	for _, field := range []struct {
		toggle byte
		size   int
	}{{numbered, 4}, {hashed, 32}} {
		if toggles&field.toggle == 0 {
			continue
		}
		if len(rest) < field.size {
			return 0, &Error{at, "a description box is too short for its fields"}
		}
		rest = rest[field.size:]
	}
	if toggles&private != 0 {
		typ, head, size, err := header(rest, 0)
		if err != nil || typ != "c2sh" || size > len(rest) {
			return 0, &Error{at, "the private box of a description is no salt"}
		}
		b.Salt, rest = rest[head:size], rest[size:]
	}
	if len(rest) > 0 {
		return 0, &Error{at, fmt.Sprintf("%d bytes too many in a description box", len(rest))}
	}
	return next, nil
}

// Child is the first child of a type, or nil.
func (b *Box) Child(typ string) *Box {
	for _, c := range b.Children {
		if c.Type == typ {
			return c
		}
	}
	return nil
}

// Content is the n-th child where it has the given type, or nil.
func (b *Box) Content(n int, typ string) *Box {
	if n < len(b.Children) && b.Children[n].Type == typ {
		return b.Children[n]
	}
	return nil
}
