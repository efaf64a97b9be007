package xmp

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	pngKeyword   = "XML:com.adobe.xmp\x00"
	// pngProfile is where ImageMagick hides packets that it copies.
	pngProfile = "Raw profile type xmp\x00"
	chunkFrame = 12 // length, type and CRC
	maxChunks  = 1 << 20
)

type pngFormat struct{}

type chunk struct {
	kind string
	span // frame included
}

// chunks lists the chunks up to IEND.
func (f file) chunks() ([]chunk, error) {
	var out []chunk
	for at := int64(len(pngSignature)); ; {
		head, err := f.read(at, 8)
		if err != nil {
			return nil, err
		}
		c := chunk{string(head[4:]), span{at, int64(binary.BigEndian.Uint32(head)) + chunkFrame}}
		if c.length > f.size-at {
			return nil, f.bad(at, "a chunk is cut off")
		}
		if len(out) == 0 && (c.kind != "IHDR" || c.length != 13+chunkFrame) {
			return nil, f.bad(at, "it does not begin with IHDR")
		}
		if out = append(out, c); len(out) > maxChunks {
			return nil, f.bad(at, "it has too many chunks")
		}
		if c.kind == "IEND" {
			return out, nil
		}
		at = c.end()
	}
}

// keyword says whether a chunk of text has the keyword, which ends in a zero byte.
func (f file) keyword(c chunk, keyword string) (bool, error) {
	if c.length < int64(chunkFrame+len(keyword)) {
		return false, nil
	}
	b, err := f.read(c.start+8, int64(len(keyword)))
	return string(b) == keyword, err
}

// packets lists the chunks that hold XMP, and those that hold a copy of it.
func (f file) packets(all []chunk) (packets, copies []chunk, err error) {
	for _, c := range all {
		var own, old bool
		switch c.kind {
		case "iTXt":
			if own, err = f.keyword(c, pngKeyword); err != nil {
				return nil, nil, err
			}
			fallthrough
		case "tEXt", "zTXt":
			if old, err = f.keyword(c, pngProfile); err != nil {
				return nil, nil, err
			}
		}
		if own {
			packets = append(packets, c)
		}
		if own || old {
			copies = append(copies, c)
		}
	}
	return packets, copies, nil
}

func (pngFormat) find(f file) ([]byte, error) {
	all, err := f.chunks()
	if err != nil {
		return nil, err
	}
	packets, _, err := f.packets(all)
	if err != nil {
		return nil, err
	}
	if len(packets) == 0 {
		return nil, &NoneError{f.name}
	}
	c := packets[0]
	if c.length > MaxPacket+1024 {
		return nil, &TooLargeError{Size: c.length, Limit: MaxPacket}
	}
	b, err := f.read(c.start, c.length)
	if err != nil {
		return nil, err
	}
	content, sum := b[4:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(content) != sum {
		return nil, f.bad(c.start, "the chunk with the packet has another check sum")
	}
	content = content[4+len(pngKeyword):]
	if len(content) < 2 {
		return nil, f.bad(c.start, "the chunk with the packet is cut off")
	}
	compressed, method := content[0], content[1]
	// Language and translated keyword.
	rest := content[2:]
	for range 2 {
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			return nil, f.bad(c.start, "the chunk with the packet is cut off")
		}
		rest = rest[end+1:]
	}
	if compressed == 0 {
		return rest, nil
	}
	if method != 0 {
		return nil, f.bad(c.start, fmt.Sprintf("the packet is compressed by the method %d", method))
	}
	return f.inflate(rest, c.start)
}

func (f file) inflate(b []byte, at int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, f.bad(at, "the packet cannot be decompressed: "+err.Error())
	}
	out, err := io.ReadAll(io.LimitReader(z, MaxPacket+1))
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, f.bad(at, "the packet cannot be decompressed: "+err.Error())
	}
	if len(out) > MaxPacket {
		return nil, &TooLargeError{Size: int64(len(out)), Limit: MaxPacket}
	}
	return out, nil
}

func (pngFormat) plan(f file, packet []byte) ([]piece, error) {
	all, err := f.chunks()
	if err != nil {
		return nil, err
	}
	_, old, err := f.packets(all)
	if err != nil {
		return nil, err
	}
	content := "iTXt" + pngKeyword + strings.Repeat("\x00", 4) + string(packet)
	data := binary.BigEndian.AppendUint32(nil, uint32(len(content)-4))
	data = append(data, content...)
	data = binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE([]byte(content)))
	begin := all[0].end()
	spans := make([]span, 0, len(old))
	for _, c := range old {
		spans = append(spans, c.span)
	}
	return append([]piece{{old: span{0, begin}}, {data: data}}, f.without(begin, spans)...), nil
}
