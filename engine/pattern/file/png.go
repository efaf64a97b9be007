package file

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math"
	"unicode/utf8"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	metreInInch  = 0.0254
)

// EncodePNG writes a PNG: 16 bit for 16 bit pictures and 8 bit for others,
// without alpha where everything is opaque. It carries pHYs (whole pixels a
// metre: 150 DPI become 5906), the sRGB profile as iCCP and the request as
// iTXt. There is no sRGB chunk, since the specification allows one of the two.
func EncodePNG(w io.Writer, img image.Image, m Meta) error {
	if err := m.check(); err != nil {
		return err
	}
	var extra bytes.Buffer
	chunk(&extra, "iCCP", append([]byte("sRGB IEC61966-2.1\x00\x00"), deflated(SRGBProfile())...))
	if m.DPIX > 0 {
		b := binary.BigEndian.AppendUint32(nil, perMetre(m.DPIX))
		b = binary.BigEndian.AppendUint32(b, perMetre(m.DPIY))
		chunk(&extra, "pHYs", append(b, 1))
	}
	chunk(&extra, "tEXt", []byte("Software\x00"+software))
	if len(m.Request) > 0 {
		// Keyword, not compressed, no language, no translated keyword.
		chunk(&extra, "iTXt", append([]byte(Keyword+"\x00\x00\x00\x00\x00"), m.Request...))
	}
	enc := png.Encoder{CompressionLevel: png.DefaultCompression}
	const afterHeader = len(pngSignature) + 12 + 13 // signature and IHDR
	return enc.Encode(&inserter{w: w, after: afterHeader, extra: extra.Bytes()}, straight(img))
}

func perMetre(dpi float64) uint32 { return uint32(math.Round(dpi / metreInInch)) }

func deflated(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, err := z.Write(b)
	if cerr := z.Close(); err != nil || cerr != nil {
		return nil // a bytes.Buffer does not fail
	}
	return out.Bytes()
}

func chunk(out *bytes.Buffer, kind string, data []byte) {
	body := append([]byte(kind), data...)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	out.Write(body)
	out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

// inserter puts extra into a stream, after that many bytes.
type inserter struct {
	w     io.Writer
	after int
	extra []byte
}

func (i *inserter) Write(p []byte) (int, error) {
	done := 0
	if i.after > 0 || i.extra != nil {
		k := min(i.after, len(p))
		n, err := i.w.Write(p[:k])
		i.after -= n
		if err != nil {
			return n, err
		}
		done = k
		if i.after > 0 {
			return done, nil
		}
		if _, err := i.w.Write(i.extra); err != nil {
			return done, err
		}
		i.extra = nil
	}
	n, err := i.w.Write(p[done:])
	return done + n, err
}

// pngSaid walks the chunks before and after the picture. A broken chunk ends
// the walk with an error.
func pngSaid(data []byte) (*said, error) {
	s := &said{}
	rest := data[len(pngSignature):]
	budget := maxText // of unpacked text, over all chunks
	for len(rest) >= 12 {
		n := int64(binary.BigEndian.Uint32(rest))
		if n > int64(len(rest)-12) {
			return s, fmt.Errorf("chunk %q says %d bytes, and %d are left", rest[4:8], n, len(rest)-12)
		}
		kind, body := string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		switch kind {
		case "pHYs":
			if len(body) == 9 && body[8] == 1 {
				s.dpiX = float64(binary.BigEndian.Uint32(body)) * metreInInch
				s.dpiY = float64(binary.BigEndian.Uint32(body[4:])) * metreInInch
			}
		case "iCCP":
			if name, packed, ok := bytes.Cut(body, []byte{0}); ok && len(packed) > 1 && s.icc == nil {
				if icc, err := inflated(packed[1:], maxText); err == nil {
					s.icc, s.iccName = icc, string(name)
				}
			}
		case "sRGB":
			s.iccName = "sRGB"
		case "gAMA":
			if len(body) == 4 {
				if g := binary.BigEndian.Uint32(body); g < 44000 || g > 47000 {
					s.note("the file states a gamma of %.3g without a profile; it is read as sRGB", 100000/float64(max(g, 1)))
				}
			}
		case "eXIf":
			s.exif(body)
		case "iTXt", "tEXt", "zTXt":
			keyword, text, ok := textChunk(kind, body, budget)
			if !ok {
				continue
			}
			budget -= len(text)
			switch keyword {
			case Keyword:
				if s.request == nil && kind == "iTXt" {
					s.request = []byte(text)
				}
			case "XML:com.adobe.xmp":
				s.scraps.Packet([]byte(text))
				continue
			}
			s.scraps.Add(keyword, text)
		case "IEND":
			return s, nil
		}
	}
	return s, nil
}

// textChunk reads one of PNG's three kinds of text (PNG, third edition, 11.3.3).
func textChunk(kind string, body []byte, budget int) (keyword, text string, ok bool) {
	key, rest, ok := bytes.Cut(body, []byte{0})
	if !ok || len(key) > 79 {
		return "", "", false
	}
	packed := false
	switch kind {
	case "zTXt":
		if len(rest) < 1 {
			return "", "", false
		}
		packed, rest = true, rest[1:]
	case "iTXt":
		if len(rest) < 2 {
			return "", "", false
		}
		packed = rest[0] == 1
		if _, rest, ok = bytes.Cut(rest[2:], []byte{0}); !ok { // language
			return "", "", false
		}
		if _, rest, ok = bytes.Cut(rest, []byte{0}); !ok { // translated keyword
			return "", "", false
		}
	}
	if packed {
		var err error
		if rest, err = inflated(rest, budget); err != nil {
			return "", "", false
		}
	}
	if len(rest) > budget {
		return "", "", false
	}
	if kind != "iTXt" && !utf8.Valid(rest) { // Latin-1 by the specification, UTF-8 by many writers
		r := make([]rune, len(rest))
		for i, b := range rest {
			r[i] = rune(b)
		}
		return string(key), string(r), true
	}
	return string(key), string(rest), true
}

// inflated unpacks a profile or a text, at most that much of it.
func inflated(packed []byte, most int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(most)+1))
	if err == nil && len(out) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return out, err
}

const maxText = 8 << 20
