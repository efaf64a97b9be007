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

// pngInfo walks the chunks before and after the picture for resolution,
// profile and request. A broken chunk ends the walk with an error.
func pngInfo(data []byte) (Info, error) {
	var info Info
	rest := data[len(pngSignature):]
	for len(rest) >= 12 {
		n := int64(binary.BigEndian.Uint32(rest))
		if n > int64(len(rest)-12) {
			return info, fmt.Errorf("chunk %q says %d bytes, and %d are left", rest[4:8], n, len(rest)-12)
		}
		kind, body := string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		switch kind {
		case "pHYs":
			if len(body) == 9 && body[8] == 1 {
				info.DPIX = float64(binary.BigEndian.Uint32(body)) * metreInInch
				info.DPIY = float64(binary.BigEndian.Uint32(body[4:])) * metreInInch
			}
		case "iCCP":
			if name, packed, ok := bytes.Cut(body, []byte{0}); ok && len(packed) > 1 {
				if icc, err := inflated(packed[1:]); err == nil {
					info.Profile = profileName(icc, string(name))
				}
			}
		case "sRGB":
			info.Profile = "sRGB"
		case "iTXt":
			if text, ok := international(body); ok {
				info.Request = text
			}
		case "IEND":
			return info, nil
		}
	}
	return info, nil
}

// international returns the text of an iTXt chunk with our keyword.
func international(body []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(body, []byte(Keyword+"\x00"))
	if !ok || len(rest) < 2 {
		return nil, false
	}
	packed := rest[0] == 1
	_, rest, ok = bytes.Cut(rest[2:], []byte{0}) // language
	if !ok {
		return nil, false
	}
	_, rest, ok = bytes.Cut(rest, []byte{0}) // translated keyword
	if !ok {
		return nil, false
	}
	if packed {
		text, err := inflated(rest)
		return text, err == nil
	}
	return bytes.Clone(rest), true
}

// inflated unpacks a profile or a text, at most maxText of it.
func inflated(packed []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, maxText+1))
	if err == nil && len(out) > maxText {
		err = fmt.Errorf("more than %d bytes", maxText)
	}
	return out, err
}

const maxText = 8 << 20
