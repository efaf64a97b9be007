package xmp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// span is a range of bytes of a file.
type span struct{ start, length int64 }

func (s span) end() int64 { return s.start + s.length }

// piece is a range of the old file, or new bytes.
type piece struct {
	old  span
	data []byte
}

// format is a kind of picture file.
type format interface {
	// find reads the packet of a file, and is a *NoneError without one.
	find(f file) ([]byte, error)
	// plan lays out the file with the packet in the place of any that it has.
	plan(f file, packet []byte) ([]piece, error)
}

// file is what is read.
type file struct {
	r    io.ReaderAt
	size int64
	name string // of the format
}

func (f file) bad(at int64, reason string) error { return &FormatError{f.name, at, reason} }

// read reads n bytes, of which the caller has made sure that they are not too many.
func (f file) read(at int64, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > f.size || n > f.size-at {
		return nil, f.bad(min(max(at, 0), f.size), "the file ends here, and more was promised")
	}
	b := make([]byte, n)
	if n == 0 {
		return b, nil
	}
	got, err := f.r.ReadAt(b, at)
	switch {
	case int64(got) == n:
		return b, nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, f.bad(at+int64(got), "the file ends here, and more was promised")
	default:
		return nil, fmt.Errorf("xmp: %w", err)
	}
}

// detect tells the format by the first bytes.
func detect(r io.ReaderAt, size int64) (format, file, error) {
	f := file{r: r, size: size}
	head, err := f.read(0, min(size, 8))
	if err != nil {
		return nil, f, err
	}
	switch {
	case string(head) == pngSignature:
		f.name = "PNG"
		return pngFormat{}, f, nil
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		f.name = "JPEG"
		return jpegFormat{}, f, nil
	case bytes.HasPrefix(head, []byte("II*\x00")), bytes.HasPrefix(head, []byte("MM\x00*")),
		bytes.HasPrefix(head, []byte("II+\x00")), bytes.HasPrefix(head, []byte("MM\x00+")):
		f.name = "TIFF"
		return tiffFormat{}, f, nil
	default:
		return nil, f, &FormatError{Reason: fmt.Sprintf("it begins with %x", head)}
	}
}

// Read takes the packet out of a picture. The error is a *FormatError, *NoneError,
// *TooLargeError, or the reader's own.
func Read(in io.ReaderAt, size int64) ([]byte, error) {
	kind, f, err := detect(in, size)
	if err != nil {
		return nil, err
	}
	return kind.find(f)
}

// Embed writes the picture with the packet in it, in the place of any that it has. The
// error is a *FormatError, *TooLargeError, or that of reader or writer; what was
// written until then is of no use.
func Embed(in io.ReaderAt, size int64, out io.Writer, packet []byte) error {
	if len(packet) > MaxPacket {
		return &TooLargeError{Size: int64(len(packet)), Limit: MaxPacket}
	}
	kind, f, err := detect(in, size)
	if err != nil {
		return err
	}
	pieces, err := kind.plan(f, packet)
	if err != nil {
		return err
	}
	for _, p := range pieces {
		if _, err := out.Write(p.data); err != nil {
			return fmt.Errorf("xmp: %w", err)
		}
		n, err := io.Copy(out, io.NewSectionReader(in, p.old.start, p.old.length))
		if err != nil {
			return fmt.Errorf("xmp: %w", err)
		}
		if n != p.old.length {
			return f.bad(p.old.start+n, "the file ends here, and more was promised")
		}
	}
	return nil
}

// without lists what is left of the file between begin and its end when the spans,
// which are in order, are taken out.
func (f file) without(begin int64, out []span) []piece {
	var left []piece
	for _, s := range out {
		left = append(left, piece{old: span{begin, s.start - begin}})
		begin = s.end()
	}
	return append(left, piece{old: span{begin, f.size - begin}})
}
