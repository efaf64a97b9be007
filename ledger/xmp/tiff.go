package xmp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

const (
	tagXMP        = 700
	typeByte      = 1
	typeUndefined = 7
	maxEntries    = 4096
)

type tiffFormat struct{}

// directory is the first of a TIFF file.
type directory struct {
	span
	order   binary.ByteOrder
	add     binary.AppendByteOrder
	big     bool
	pointer int64 // where its offset is written
	entries [][]byte
	next    []byte
}

// word is the size of an offset, in bytes.
func (d *directory) word() int64 {
	if d.big {
		return 8
	}
	return 4
}

// align is the next multiple of a word.
func (d *directory) align(v int64) int64 { return (v + d.word() - 1) / d.word() * d.word() }

func (d *directory) offset(b []byte) int64 {
	if d.big {
		return int64(min(d.order.Uint64(b), math.MaxInt64))
	}
	return int64(d.order.Uint32(b))
}

func (d *directory) appendOffset(b []byte, v int64) []byte {
	if d.big {
		return d.add.AppendUint64(b, uint64(v))
	}
	return d.add.AppendUint32(b, uint32(v))
}

func (d *directory) tag(entry []byte) uint16 { return d.order.Uint16(entry) }

// value is where the bytes of an entry lie, for types of one byte.
func (d *directory) value(f file, i int) (typ uint16, at span, err error) {
	e := d.entries[i]
	count := d.offset(e[4:])
	at = span{d.start + int64(len(d.entries[0])*i) + 4 + d.word(), count}
	if d.big {
		at.start += 8
	} else {
		at.start += 2
	}
	if count > d.word() {
		at.start = d.offset(e[4+d.word():])
	}
	if at.start > f.size || count > f.size-at.start {
		return 0, at, f.bad(d.start, "the packet does not lie in the file")
	}
	return d.order.Uint16(e[2:]), at, nil
}

func (f file) directory() (*directory, error) {
	head, err := f.read(0, 8)
	if err != nil {
		return nil, err
	}
	d := &directory{order: binary.LittleEndian, add: binary.LittleEndian, pointer: 4}
	if head[0] == 'M' {
		d.order, d.add = binary.BigEndian, binary.BigEndian
	}
	countSize, entrySize := int64(2), int64(12)
	if d.order.Uint16(head[2:]) == 43 {
		if d.order.Uint16(head[4:]) != 8 || d.order.Uint16(head[6:]) != 0 {
			return nil, f.bad(4, "a BigTIFF whose offsets have not 8 bytes")
		}
		d.big, d.pointer = true, 8
		countSize, entrySize = 8, 20
	}
	b, err := f.read(d.pointer, d.word())
	if err != nil {
		return nil, err
	}
	d.start = d.offset(b)
	if b, err = f.read(d.start, countSize); err != nil {
		return nil, err
	}
	count := uint64(d.order.Uint16(b))
	if d.big {
		count = d.order.Uint64(b)
	}
	if count == 0 || count > maxEntries {
		return nil, f.bad(d.start, fmt.Sprintf("its first directory has %d entries", count))
	}
	if b, err = f.read(d.start+countSize, int64(count)*entrySize+d.word()); err != nil {
		return nil, err
	}
	d.length = countSize + int64(len(b))
	for range count {
		d.entries = append(d.entries, b[:entrySize])
		b = b[entrySize:]
	}
	d.next = b
	return d, nil
}

// packet finds the entry of the packet, -1 if there is none.
func (d *directory) packet() int {
	return slices.IndexFunc(d.entries, func(e []byte) bool { return d.tag(e) == tagXMP })
}

func (tiffFormat) find(f file) ([]byte, error) {
	d, err := f.directory()
	if err != nil {
		return nil, err
	}
	i := d.packet()
	if i < 0 {
		return nil, &NoneError{f.name}
	}
	typ, at, err := d.value(f, i)
	if err != nil {
		return nil, err
	}
	if typ != typeByte && typ != typeUndefined {
		return nil, f.bad(d.start, fmt.Sprintf("the tag of the packet has the type %d", typ))
	}
	if at.length > MaxPacket {
		return nil, &TooLargeError{Size: at.length, Limit: MaxPacket}
	}
	return f.read(at.start, at.length)
}

// plan writes the first directory anew behind the file, and the packet behind it; the
// file's other bytes stay where they are, since they are pointed at. The bytes of the
// old packet become zeros.
func (tiffFormat) plan(f file, packet []byte) ([]piece, error) {
	d, err := f.directory()
	if err != nil {
		return nil, err
	}
	keep := f.size
	var zero span
	if i := d.packet(); i >= 0 {
		typ, at, err := d.value(f, i)
		if err != nil {
			return nil, err
		}
		if (typ == typeByte || typ == typeUndefined) && at.length <= MaxPacket {
			old, err := f.read(at.start, at.length)
			if err != nil {
				return nil, err
			}
			// Only what is a packet: an entry could point at the picture.
			if _, err := readTree(old); err == nil && at.start >= 8+d.word() && (at.end() <= d.start || at.start >= d.end()) {
				zero = at
				if at.end() == f.size && at.start == d.align(d.end()) && d.start == d.align(d.start) {
					// What an earlier plan appended goes: between directory and packet is no room
					// for anything else.
					keep, zero = d.start, span{}
				}
			}
		}
	}
	at := d.align(keep)
	entries := slices.DeleteFunc(slices.Clone(d.entries), func(e []byte) bool { return d.tag(e) == tagXMP })
	length := int64(len(entries)+1)*int64(len(d.entries[0])) + d.word()
	if d.big {
		length += 8
	} else {
		length += 2
	}
	begin := d.align(at + length)
	if !d.big && begin+int64(len(packet)) > math.MaxUint32 {
		return nil, &TooLargeError{f.name, int64(len(packet)), math.MaxUint32}
	}
	own := d.add.AppendUint16(d.add.AppendUint16(nil, tagXMP), typeByte)
	own = d.appendOffset(own, int64(len(packet)))
	if int64(len(packet)) <= d.word() {
		own = append(append(own, packet...), make([]byte, d.word()-int64(len(packet)))...)
	} else {
		own = d.appendOffset(own, begin)
	}
	place := slices.IndexFunc(entries, func(e []byte) bool { return d.tag(e) > tagXMP })
	if place < 0 {
		place = len(entries)
	}
	tail := make([]byte, at-keep, begin-keep+int64(len(packet)))
	if d.big {
		tail = d.add.AppendUint64(tail, uint64(len(entries)+1))
	} else {
		tail = d.add.AppendUint16(tail, uint16(len(entries)+1))
	}
	tail = append(tail, bytes.Join(slices.Insert(entries, place, own), nil)...)
	tail = append(tail, d.next...)
	tail = append(tail, make([]byte, begin-keep-int64(len(tail)))...)
	tail = append(tail, packet...)

	after := d.pointer + d.word()
	pieces := []piece{{old: span{0, d.pointer}}, {data: d.appendOffset(nil, at)}}
	if zero.length > 0 {
		pieces = append(pieces, piece{old: span{after, zero.start - after}}, piece{data: make([]byte, zero.length)})
		after = zero.end()
	}
	return append(pieces, piece{old: span{after, keep - after}}, piece{data: tail}), nil
}
