package embed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// The tags that are looked at (TIFF 6.0; EXIF; C2PA A.3.6).
const (
	tagSubIFDs = 330
	tagEXIF    = 34665
	tagGPS     = 34853
	tagStore   = 52545

	typeUndefined = 7

	maxPages   = 1 << 14
	maxEntries = 1 << 14
	maxSubIFDs = 1 << 12
)

// tiff is what a TIFF file says of itself in its header.
type tiff struct {
	r     io.ReaderAt
	size  int64
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
	big   bool
	first int64 // offset of the first directory
}

// entry is one entry of a directory.
type entry struct {
	tag, typ uint16
	count    uint64
	raw      []byte // 12 or 20 bytes, as they are
	offset   int64  // of the value, where it lies elsewhere
}

// directory is one directory (a page, or part of one).
type directory struct {
	Range
	entries []entry
	next    int64
	pointer int64 // where the offset of this directory is written
}

func (d directory) get(tag uint16) (entry, bool) {
	// The last one counts where a tag is there twice, as in c2pa-rs.
	for _, e := range slices.Backward(d.entries) {
		if e.tag == tag {
			return e, true
		}
	}
	return entry{}, false
}

func badTIFF(at int64, reason string) error {
	return &Error{Format: TIFF, Problem: Malformed, Offset: at, Reason: reason}
}

// read reads n bytes; a file that ends before is cut off.
func (t *tiff) read(at int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if at < 0 || at > t.size-int64(n) {
		return nil, &Error{Format: TIFF, Problem: CutOff, Offset: at, Reason: fmt.Sprintf("%d bytes are expected here, and the file has %d", n, t.size)}
	}
	if err := readAt(t.r, b, at); err != nil {
		var end *endError
		if errors.As(err, &end) {
			return nil, &Error{Format: TIFF, Problem: CutOff, Offset: end.offset, Reason: "the file ends here"}
		}
		return nil, err
	}
	return b, nil
}

// word is the size of an offset: 4 bytes, or 8.
func (t *tiff) word() int {
	if t.big {
		return 8
	}
	return 4
}

func (t *tiff) offset(b []byte) int64 {
	if t.big {
		return int64(min(t.order.Uint64(b), math.MaxInt64))
	}
	return int64(t.order.Uint32(b))
}

func (t *tiff) appendOffset(b []byte, at int64) []byte {
	if t.big {
		return t.order.AppendUint64(b, uint64(at))
	}
	return t.order.AppendUint32(b, uint32(at))
}

func openTIFF(r io.ReaderAt, size int64) (*tiff, error) {
	t := &tiff{r: r, size: size, order: binary.LittleEndian}
	head, err := t.read(0, 8)
	if err != nil {
		return nil, err
	}
	switch string(head[:2]) {
	case "II":
	case "MM":
		t.order = binary.BigEndian
	default:
		return nil, badTIFF(0, "it says neither II nor MM")
	}
	switch version := t.order.Uint16(head[2:]); version {
	case 42:
		t.first = t.offset(head[4:])
	case 43:
		t.big = true
		if t.order.Uint16(head[4:]) != 8 || t.order.Uint16(head[6:]) != 0 {
			return nil, badTIFF(4, "a BigTIFF whose offsets have not 8 bytes")
		}
		long, err := t.read(8, 8)
		if err != nil {
			return nil, err
		}
		t.first = t.offset(long)
	default:
		return nil, badTIFF(2, fmt.Sprintf("its version is %d", version))
	}
	return t, nil
}

// headerPointer is where the offset of the first directory is written.
func (t *tiff) headerPointer() int64 { return int64(t.word()) }

// directory reads the directory at the given place.
func (t *tiff) directory(at, pointer int64) (directory, error) {
	countSize, entrySize := 2, 12
	if t.big {
		countSize, entrySize = 8, 20
	}
	b, err := t.read(at, countSize)
	if err != nil {
		return directory{}, err
	}
	count := uint64(t.order.Uint16(b))
	if t.big {
		count = t.order.Uint64(b)
	}
	if count > maxEntries {
		if count > uint64(t.size)/uint64(entrySize) {
			return directory{}, &Error{Format: TIFF, Problem: CutOff, Offset: at, Reason: fmt.Sprintf("a directory of %d entries does not fit the file", count)}
		}
		return directory{}, badTIFF(at, fmt.Sprintf("a directory has %d entries", count))
	}
	b, err = t.read(at+int64(countSize), int(count)*entrySize+t.word())
	if err != nil {
		return directory{}, err
	}
	d := directory{Range: Range{at, int64(countSize + len(b))}, pointer: pointer}
	for range count {
		e := entry{tag: t.order.Uint16(b), typ: t.order.Uint16(b[2:]), raw: b[:entrySize]}
		if t.big {
			e.count, e.offset = t.order.Uint64(b[4:]), t.offset(b[12:])
		} else {
			e.count, e.offset = uint64(t.order.Uint32(b[4:])), t.offset(b[8:])
		}
		d.entries = append(d.entries, e)
		b = b[entrySize:]
	}
	d.next = t.offset(b)
	return d, nil
}

// pages reads the chain of directories; what hangs on one is read too, so that a
// file that was cut is found out.
func (t *tiff) pages() ([]directory, error) {
	var out []directory
	seen := map[int64]bool{}
	for at, pointer := t.first, t.headerPointer(); ; {
		if seen[at] {
			return nil, badTIFF(at, "its directories go in a circle")
		}
		if len(out) == maxPages {
			return nil, badTIFF(at, "it has too many pages")
		}
		seen[at] = true
		d, err := t.directory(at, pointer)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
		for _, tag := range []uint16{tagEXIF, tagGPS} {
			if e, found := d.get(tag); found {
				if _, err := t.directory(e.offset, 0); err != nil {
					return nil, err
				}
			}
		}
		if err := t.subIFDs(d); err != nil {
			return nil, err
		}
		if d.next == 0 {
			return out, nil
		}
		pointer = d.End() - int64(t.word())
		at = d.next
	}
}

func (t *tiff) subIFDs(d directory) error {
	e, found := d.get(tagSubIFDs)
	if !found || e.count == 0 {
		return nil
	}
	if e.count > uint64(t.size)/4 || e.count > maxSubIFDs {
		return badTIFF(d.Start, fmt.Sprintf("a page has %d pages below it", e.count))
	}
	width := 4
	if t.big && (e.typ == 16 || e.typ == 18) {
		width = 8
	}
	b := e.raw[len(e.raw)-t.word():]
	if int(e.count)*width > len(b) {
		var err error
		if b, err = t.read(e.offset, int(e.count)*width); err != nil {
			return err
		}
	}
	for i := range int(e.count) {
		at := int64(t.order.Uint32(b[i*width:]))
		if width == 8 {
			at = t.offset(b[i*width:])
		}
		if _, err := t.directory(at, 0); err != nil {
			return err
		}
	}
	return nil
}

// storePage is the page whose tag holds the store: the last one, or for the sake of
// older files the first.
func storePage(pages []directory) (page int, e entry, found bool) {
	last := len(pages) - 1
	if e, found = pages[last].get(tagStore); found {
		return last, e, true
	}
	if e, found = pages[0].get(tagStore); found {
		return 0, e, true
	}
	return last, e, false
}

func findTIFF(r io.ReaderAt, size int64) (*Found, error) {
	t, err := openTIFF(r, size)
	if err != nil {
		return nil, err
	}
	pages, err := t.pages()
	if err != nil {
		return nil, err
	}
	page, e, found := storePage(pages)
	if !found {
		return nil, &Error{Format: TIFF, Problem: NoManifest}
	}
	if e.typ != typeUndefined {
		return nil, badTIFF(pages[page].Start, fmt.Sprintf("the tag of the C2PA manifest store has the type %d", e.typ))
	}
	if e.count > uint64(size) || e.offset > size-int64(e.count) || e.count > maxStore {
		return nil, badTIFF(e.offset, "the C2PA manifest store does not lie in the file")
	}
	data, err := t.read(e.offset, int(e.count))
	if err != nil {
		return nil, err
	}
	return &Found{data, Range{e.offset, int64(e.count)}}, nil
}

// planTIFF writes the last directory anew behind the file, and the store behind it;
// the file's other bytes stay where they are, since they are pointed at.
func planTIFF(r io.ReaderAt, size int64, store int) (*Layout, error) {
	t, err := openTIFF(r, size)
	if err != nil {
		return nil, err
	}
	pages, err := t.pages()
	if err != nil {
		return nil, err
	}
	page, old, found := storePage(pages)
	d := pages[page]
	keep := size
	if found && d.End() <= old.offset && old.offset-d.End() < 16 && old.offset+int64(old.count) == size {
		// What an earlier Plan appended goes: nothing else lies there.
		keep = d.Start
	}
	align := int64(t.word())
	at := (keep + align - 1) / align * align
	entries := slices.DeleteFunc(slices.Clone(d.entries), func(e entry) bool { return e.tag == tagStore })
	length := int64(2 + 12*(len(entries)+1) + 4)
	if t.big {
		length = int64(8 + 20*(len(entries)+1) + 8)
	}
	begin := (at + length + align - 1) / align * align
	if !t.big && begin+int64(store) > math.MaxUint32 {
		return nil, badTIFF(size, "with a C2PA manifest it would pass 4 GB; write it as BigTIFF")
	}
	tail := make([]byte, at-keep, begin-keep)
	if t.big {
		tail = t.order.AppendUint64(tail, uint64(len(entries)+1))
	} else {
		tail = t.order.AppendUint16(tail, uint16(len(entries)+1))
	}
	own := t.order.AppendUint16(t.order.AppendUint16(nil, tagStore), typeUndefined)
	own = t.appendOffset(t.appendOffset(own, int64(store)), begin)
	place := slices.IndexFunc(entries, func(e entry) bool { return e.tag > tagStore })
	if place < 0 {
		place = len(entries)
	}
	for _, e := range slices.Insert(entries, place, entry{raw: own}) {
		tail = append(tail, e.raw...)
	}
	tail = t.appendOffset(tail, d.next)
	tail = append(tail, make([]byte, begin-keep-int64(len(tail)))...)

	pointer := t.appendOffset(nil, at)
	return &Layout{
		before: []piece{
			{old: Range{0, d.pointer}},
			{data: pointer},
			{old: Range{d.pointer + align, keep - d.pointer - align}},
			{data: tail},
		},
		length: int64(store),
		store:  store,
		wrap:   func(store []byte) []byte { return store },
	}, nil
}
