package file

import (
	"encoding/binary"
	"fmt"
	"math"
)

// directory entries of a TIFF that was read; the same structure is EXIF's.
type entry struct {
	kind  uint16
	count int64
	data  []byte // count values of the kind, as they lie in the file
}

// tiffFile is the frame of a TIFF or an EXIF block.
type tiffFile struct {
	data  []byte
	order binary.ByteOrder
	big   bool // BigTIFF: offsets of 64 bit
	first int64
}

// maxEntries bounds what is read of a directory.
const maxEntries = 4096

// openTIFF reads the header.
func openTIFF(data []byte) (*tiffFile, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes are no TIFF", len(data))
	}
	f := &tiffFile{data: data, order: binary.LittleEndian}
	switch string(data[:2]) {
	case "II":
	case "MM":
		f.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("it names no byte order")
	}
	switch v := f.order.Uint16(data[2:]); v {
	case 42:
		f.first = int64(f.order.Uint32(data[4:]))
	case 43:
		if len(data) < 16 || f.order.Uint16(data[4:]) != 8 {
			return nil, fmt.Errorf("its header of a BigTIFF is broken")
		}
		f.big, f.first = true, f.offset(data[8:])
	default:
		return nil, fmt.Errorf("it is of the unknown version %d", v)
	}
	return f, nil
}

// offset reads an offset; one beyond all files is -1.
func (f *tiffFile) offset(b []byte) int64 {
	if !f.big {
		return int64(f.order.Uint32(b))
	}
	v := f.order.Uint64(b)
	if v > math.MaxInt64/4 {
		return -1
	}
	return int64(v)
}

func kindSize(kind uint16) int64 {
	switch kind {
	case 1, 2, 6, 7:
		return 1
	case 3, 8:
		return 2
	case 4, 9, 11, 13:
		return 4
	case 5, 10, 12, 16, 17, 18:
		return 8
	}
	return 0
}

// read reads the directory at byte at. Entries that do not lie in the file are
// left out; what needs them misses them by name.
func (f *tiffFile) read(at int64) (map[uint16]entry, error) {
	head, each, inline := int64(2), int64(12), int64(4)
	if f.big {
		head, each, inline = 8, 20, 8
	}
	size := int64(len(f.data))
	if at < 8 || at+head > size {
		return nil, fmt.Errorf("a directory lies at byte %d of %d", at, size)
	}
	n := int64(f.order.Uint16(f.data[at:]))
	if f.big {
		n = f.offset(f.data[at:])
	}
	if n < 0 || n > maxEntries || at+head+each*n > size {
		return nil, fmt.Errorf("a directory of %d entries does not fit", n)
	}
	dir := make(map[uint16]entry, n)
	for i := range n {
		e := f.data[at+head+each*i:][:each]
		tag, kind := f.order.Uint16(e), f.order.Uint16(e[2:])
		unit := kindSize(kind)
		count := int64(f.order.Uint32(e[4:]))
		if f.big {
			count = f.offset(e[4:])
		}
		value := e[each-inline:]
		if unit == 0 || count < 0 || count > size {
			continue
		}
		if unit*count > inline {
			off := f.offset(value)
			if off < 0 || off > size || unit*count > size-off {
				continue
			}
			value = f.data[off:]
		}
		if _, twice := dir[tag]; !twice {
			dir[tag] = entry{kind, count, value[:unit*count]}
		}
	}
	return dir, nil
}

// number reads value i of an entry of whole numbers, or fallback.
func (f *tiffFile) number(e entry, i int64, fallback int64) int64 {
	if i >= e.count {
		return fallback
	}
	switch e.kind {
	case 1, 7:
		return int64(e.data[i])
	case 3:
		return int64(f.order.Uint16(e.data[2*i:]))
	case 4, 13:
		return int64(f.order.Uint32(e.data[4*i:]))
	case 16, 18:
		if v := f.order.Uint64(e.data[8*i:]); v < math.MaxInt64/4 {
			return int64(v)
		}
	}
	return fallback
}

// rational reads a value of two whole numbers, or 0.
func (f *tiffFile) rational(e entry) float64 {
	if e.kind != 5 || e.count != 1 {
		return 0
	}
	if d := f.order.Uint32(e.data[4:]); d > 0 {
		return float64(f.order.Uint32(e.data)) / float64(d)
	}
	return 0
}

// The tags that are read beside those that are written (TIFF 6.0; EXIF 2.32).
const (
	tagFillOrder    = 266
	tagOrientation  = 274
	tagColorMap     = 320
	tagTileWidth    = 322
	tagTileHeight   = 323
	tagTileOffsets  = 324
	tagTileBytes    = 325
	tagInkSet       = 332
	tagSampleFormat = 339
	tagJPEGTables   = 347
	tagSubsampling  = 530
	tagXMP          = 700
	tagMake         = 271
	tagModel        = 272
	tagResources    = 34377
	tagExif         = 34665
	tagUserComment  = 37510
	tagLayers       = 37724
)

// tell takes from a directory what it says of the picture beside the pixels.
func (f *tiffFile) tell(dir map[uint16]entry, s *said) {
	scale := 0.0
	switch f.number(dir[tagUnit], 0, 2) {
	case 2:
		scale = 1
	case 3: // per centimetre
		scale = 2.54
	}
	if x, y := f.rational(dir[tagXResolution])*scale, f.rational(dir[tagYResolution])*scale; x > 0 && y > 0 && x <= maxDPI && y <= maxDPI {
		s.dpiX, s.dpiY = x, y
	}
	if o := f.number(dir[tagOrientation], 0, 1); o >= 1 && o <= 8 {
		s.orientation = int(o)
	}
	if e, ok := dir[tagProfile]; ok {
		s.icc = e.data
	}
	if e, ok := dir[tagXMP]; ok {
		s.scraps.Packet(e.data)
	}
	for _, tag := range []uint16{tagDescription, tagMake, tagModel} {
		if e := dir[tag]; e.kind == typeASCII && e.count <= maxText {
			s.description(string(e.data))
		}
	}
	if e := dir[tagUserComment]; e.count > 8 && e.count <= maxText {
		s.scraps.Comment(e.data, f.order == binary.BigEndian)
	}
	if e, ok := dir[tagExif]; ok {
		// One level: a directory that names itself is not followed round.
		if sub, err := f.read(f.number(e, 0, 0)); err == nil {
			if e := sub[tagUserComment]; e.count > 8 && e.count <= maxText {
				s.scraps.Comment(e.data, f.order == binary.BigEndian)
			}
		}
	}
}

// exif reads a block as JPEG, PNG and WebP carry it.
func (s *said) exif(data []byte) {
	f, err := openTIFF(data)
	if err != nil {
		return
	}
	dir, err := f.read(f.first)
	if err != nil {
		return
	}
	f.tell(dir, s)
}
