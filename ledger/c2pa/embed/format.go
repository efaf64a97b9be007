package embed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Format is a kind of picture file.
type Format int

// The formats that carry a manifest here.
const (
	PNG Format = iota + 1
	JPEG
	TIFF
)

// MediaType is the format's name as in HTTP.
func (f Format) MediaType() string {
	switch f {
	case PNG:
		return "image/png"
	case JPEG:
		return "image/jpeg"
	case TIFF:
		return "image/tiff"
	default:
		return "application/octet-stream"
	}
}

func (f Format) String() string {
	switch f {
	case PNG:
		return "PNG"
	case JPEG:
		return "JPEG"
	case TIFF:
		return "TIFF"
	default:
		return fmt.Sprintf("Format(%d)", int(f))
	}
}

// Range is a range of bytes of a file.
type Range struct{ Start, Length int64 }

// End is the first byte after the range.
func (r Range) End() int64 { return r.Start + r.Length }

// Problem says what is wrong with a file.
type Problem int

// What can be wrong.
const (
	Unsupported   Problem = iota + 1 // none of the formats
	NoManifest                       // a sound file without a store
	ManyManifests                    // more than one store
	Malformed                        // not as the format wants it
	CutOff                           // it ends where more is promised
)

// Error reports a file that has no readable store, or cannot take one.
type Error struct {
	Format  Format // 0 where it is not known
	Problem Problem
	Offset  int64 // bytes, about where
	Reason  string
}

func (e *Error) Error() string {
	switch e.Problem {
	case Unsupported:
		return "embed: the file is neither PNG nor JPEG nor TIFF: " + e.Reason
	case NoManifest:
		return fmt.Sprintf("embed: the %v file carries no C2PA manifest", e.Format)
	default:
		return fmt.Sprintf("embed: the %v file is damaged at byte %d: %s", e.Format, e.Offset, e.Reason)
	}
}

// maxStore is the longest store that is read, in bytes.
const maxStore = 256 << 20

const pngSignature = "\x89PNG\r\n\x1a\n"

// Detect tells the format by the first bytes of the file. The error is a *Error,
// or the reader's own.
func Detect(r io.ReaderAt, size int64) (Format, error) {
	head := make([]byte, min(size, int64(len(pngSignature))))
	if err := readAt(r, head, 0); err != nil {
		return 0, err
	}
	switch {
	case string(head) == pngSignature:
		return PNG, nil
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		return JPEG, nil
	case len(head) >= 4 && (string(head[:4]) == "II*\x00" || string(head[:4]) == "MM\x00*" || string(head[:4]) == "II+\x00" || string(head[:4]) == "MM\x00+"):
		return TIFF, nil
	case size < int64(len(pngSignature)) && size > 0 && begun(string(head)):
		return 0, &Error{Problem: CutOff, Offset: size, Reason: "the file ends in its first bytes"}
	case len(head) == len(pngSignature) && alike(string(head), pngSignature) >= len(pngSignature)-2:
		return 0, &Error{Format: PNG, Problem: Malformed, Reason: "its signature is damaged"}
	case len(head) >= 4 && max(alike(string(head), "II*\x00"), alike(string(head), "MM\x00*")) == 3:
		return 0, badTIFF(0, "its signature is damaged")
	default:
		return 0, &Error{Problem: Unsupported, Reason: fmt.Sprintf("it begins with %x", head)}
	}
}

// begun says whether a few bytes may be the beginning of a PNG or TIFF file.
func begun(head string) bool {
	for _, whole := range []string{pngSignature, "II*\x00", "MM\x00*"} {
		if strings.HasPrefix(whole, head) {
			return true
		}
	}
	return false
}

// alike counts the bytes that are as in the signature.
func alike(head, signature string) (n int) {
	for i := range signature {
		if head[i] == signature[i] {
			n++
		}
	}
	return n
}

// endError is what a read beyond the end of the file gives.
type endError struct{ offset int64 }

func (e *endError) Error() string {
	return fmt.Sprintf("embed: the file ends before byte %d", e.offset)
}

// readAt fills b, or says that the file ends before.
func readAt(r io.ReaderAt, b []byte, at int64) error {
	if len(b) == 0 {
		return nil
	}
	n, err := r.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return &endError{at + int64(n)}
	default:
		return fmt.Errorf("embed: %w", err)
	}
}

// Found is a store that was found.
type Found struct {
	Data []byte // the store: JUMBF
	// Range is its container in the file: the chunk, the segments, or the bytes
	// that the tag points to.
	Range Range
}

// Find reads the store of a file. The error is a *Error, or the reader's own.
func Find(r io.ReaderAt, size int64, f Format) (*Found, error) {
	switch f {
	case PNG:
		return findPNG(r, size)
	case JPEG:
		return findJPEG(r, size)
	case TIFF:
		return findTIFF(r, size)
	default:
		return nil, &Error{Problem: Unsupported, Reason: f.String()}
	}
}

// Box is one piece of a file by the name that a box hash gives it (C2PA 18.7).
type Box struct {
	Name  string // "PNGh", "IHDR", "SOI", "APP0", …; "C2PA" for the store
	Range Range
}

// Boxes lists the pieces of a file for a box hash. TIFF has none. The error is a
// *Error, or the reader's own.
func Boxes(r io.ReaderAt, size int64, f Format) ([]Box, error) {
	switch f {
	case PNG:
		return boxesPNG(r, size)
	case JPEG:
		return boxesJPEG(r, size)
	default:
		return nil, &Error{Format: f, Problem: Malformed, Reason: "the format has no boxes to hash"}
	}
}

// Plan lays out the file with a store of the given length in the place of the one
// that it has, if any. The error is a *Error, or the reader's own.
func Plan(r io.ReaderAt, size int64, f Format, store int) (*Layout, error) {
	switch f {
	case PNG:
		return planPNG(r, size, store)
	case JPEG:
		return planJPEG(r, size, store)
	case TIFF:
		return planTIFF(r, size, store)
	default:
		return nil, &Error{Problem: Unsupported, Reason: f.String()}
	}
}
