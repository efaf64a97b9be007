package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"

	"golang.org/x/image/webp"

	"github.com/selvage-studio/selvage/engine/pattern/drawing"
)

// Info is what a file says of itself beside its pixels. It is taken from a
// stranger's bytes.
type Info struct {
	Format        string // "png", "jpeg", "tiff" or "webp"
	Width, Height int
	DPIX, DPIY    float64 // 0 if the file does not say
	Profile       string  // name of the colour profile, "" if there is none
	Request       []byte  // the request that we embedded, nil if there is none
}

// MaxPixels is the largest picture that is read: 16384 x 16384.
const MaxPixels = 1 << 28

// maxSide and maxFile bound what is looked at at all.
const (
	maxSide = 1 << 17
	maxFile = 4 << 30
)

// FormatError reports a file that is no picture we read, or a broken one.
type FormatError struct {
	Path   string // "" when the bytes came from no file
	Reason string
	Err    error // may be nil
}

func (e *FormatError) Error() string {
	s := "picture"
	if e.Path != "" {
		s = e.Path
	}
	s += ": " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FormatError) Unwrap() error { return e.Err }

// TooLargeError reports a picture whose header asks for more than we take, or
// for more than the file can hold.
type TooLargeError struct {
	Path          string
	Width, Height int
	Bytes         int64 // of the file
	MaxPixels     int64 // that are read
}

func (e *TooLargeError) Error() string {
	s := "picture"
	if e.Path != "" {
		s = e.Path
	}
	if pixels := int64(e.Width) * int64(e.Height); e.Width <= maxSide && e.Height <= maxSide && pixels <= e.MaxPixels {
		return fmt.Sprintf("%s says that it is %d x %d pixels, more than its %d bytes can hold", s, e.Width, e.Height, e.Bytes)
	}
	return fmt.Sprintf("%s is %d x %d pixels; pictures of up to %d million pixels and %d a side are read", s, e.Width, e.Height, e.MaxPixels/1_000_000, maxSide)
}

// Read opens a PNG, JPEG, TIFF or WebP. See Decode.
func Read(path string) (image.Image, Info, error) {
	data, err := load(path)
	if err != nil {
		return nil, Info{}, err
	}
	img, info, err := Decode(data)
	return img, info, named(err, path)
}

// ReadInfo reads only what a file says of itself.
func ReadInfo(path string) (Info, error) {
	data, err := load(path)
	if err != nil {
		return Info{}, err
	}
	info, err := DecodeInfo(data)
	return info, named(err, path)
}

// ReadRequest returns the request that a file carries, or a *NoRequestError.
func ReadRequest(path string) ([]byte, error) {
	info, err := ReadInfo(path)
	if err != nil {
		return nil, err
	}
	if len(info.Request) == 0 {
		return nil, &NoRequestError{path}
	}
	return info.Request, nil
}

func load(path string) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	if st.IsDir() {
		return nil, &FormatError{Path: path, Reason: "is a folder, not a picture"}
	}
	if st.Size() > maxFile {
		return nil, &FormatError{Path: path, Reason: fmt.Sprintf("has %d bytes, more than any picture that is read", st.Size())}
	}
	data, err = io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	return data, nil
}

func named(err error, path string) error {
	var fe *FormatError
	var te *TooLargeError
	switch {
	case errors.As(err, &fe):
		fe.Path = path
	case errors.As(err, &te):
		te.Path = path
	}
	return err
}

// DecodeInfo reads what the bytes of a picture say of it, and checks that they
// can hold what they say. Errors are *FormatError or *TooLargeError.
func DecodeInfo(data []byte) (Info, error) {
	h, err := examine(data, MaxPixels)
	if err != nil {
		return Info{}, err
	}
	return h.info(), nil
}

// header is what is known of a picture before its pixels are read.
type header struct {
	*said
	format        string
	width, height int
	tiff          *tiffPicture
}

func (h *header) info() Info {
	i := h.said.info(h.format)
	i.Width, i.Height = h.width, h.height
	return i
}

// examine reads the header of a PNG, JPEG, TIFF or WebP.
func examine(data []byte, maxPixels int64) (*header, error) {
	var (
		h   header
		cfg image.Config
		err error
	)
	// The most pixels that a byte of each format can stand for: deflate packs
	// 1032 to 1 and a pixel may be one bit; a JPEG block of 64 samples takes at
	// least two bits, and chroma may cover four of them. A lossless WebP of one
	// colour takes no bits at all for its pixels.
	dense := int64(1032 * 8)
	switch h.format = sniff(data); h.format {
	case "png":
		if h.said, err = pngSaid(data); err != nil {
			return nil, &FormatError{Reason: "is a broken PNG", Err: err}
		}
		cfg, err = png.DecodeConfig(bytes.NewReader(data))
		if err == nil { // which has read the header: depth and kind of colour
			dense = 1032 * 8 / (int64(data[24]) * [7]int64{1, 1, 3, 1, 2, 1, 4}[min(data[25], 6)])
		}
	case "jpeg":
		h.said = jpegSaid(data)
		dense = 1024
		cfg, err = jpeg.DecodeConfig(bytes.NewReader(data))
	case "webp":
		if h.said, err = webpSaid(data); err != nil {
			return nil, &FormatError{Reason: "is a WebP that is not read", Err: err}
		}
		dense = 1 << 16
		err = guard(func() (err error) { cfg, err = webp.DecodeConfig(bytes.NewReader(data)); return err })
	case "tiff":
		h.said = &said{}
		if h.tiff, err = tiffConfig(data, h.said); err != nil {
			return nil, &FormatError{Reason: "is a broken TIFF", Err: err}
		}
		cfg.Width, cfg.Height = h.tiff.width, h.tiff.height
	case "":
		if len(data) == 0 {
			return nil, &FormatError{Reason: "is empty"}
		}
		return nil, &FormatError{Reason: "is neither PNG, JPEG, TIFF, WebP, PSD nor SVG"}
	default:
		return nil, &FormatError{Reason: "is " + strings.ToUpper(h.format) + ", which is imported as layers, and is no plain picture"}
	}
	if err != nil {
		return nil, &FormatError{Reason: "cannot be read as " + h.format, Err: err}
	}
	h.width, h.height = cfg.Width, cfg.Height
	if err := checkSize(cfg.Width, cfg.Height, len(data), dense, maxPixels); err != nil {
		return nil, err
	}
	if h.tiff != nil && h.tiff.bad != nil {
		return nil, &FormatError{Reason: "cannot be read as tiff", Err: h.tiff.bad}
	}
	return &h, nil
}

// checkSize refuses what has no pixels, too many, or more than its bytes can hold.
func checkSize(w, h, size int, dense, maxPixels int64) error {
	if w <= 0 || h <= 0 {
		return &FormatError{Reason: fmt.Sprintf("has no pixels (%d x %d)", w, h)}
	}
	pixels := int64(w) * int64(h)
	if w > maxSide || h > maxSide || pixels > maxPixels || pixels/dense > int64(size) {
		return &TooLargeError{Width: w, Height: h, Bytes: int64(size), MaxPixels: maxPixels}
	}
	return nil
}

// sniff tells the format by its first bytes; "" is an unknown one.
func sniff(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte(pngSignature)):
		return "png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "jpeg"
	case bytes.HasPrefix(data, []byte("II\x2a\x00")), bytes.HasPrefix(data, []byte("MM\x00\x2a")),
		bytes.HasPrefix(data, []byte("II\x2b\x00")), bytes.HasPrefix(data, []byte("MM\x00\x2b")):
		return "tiff"
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return "webp"
	case bytes.HasPrefix(data, []byte("8BPS\x00")):
		return "psd"
	case drawing.Is(data):
		return "svg"
	}
	return ""
}

// Decode reads a PNG, JPEG, TIFF or WebP from its bytes, with the values that it
// has: no profile and no orientation are applied, and 8 bit stay 8 bit. What
// others made is better opened with OpenBytes. Errors are *FormatError or
// *TooLargeError.
func Decode(data []byte) (image.Image, Info, error) {
	h, err := examine(data, MaxPixels)
	if err != nil {
		return nil, Info{}, err
	}
	img, err := h.decode(context.Background(), data)
	if err != nil {
		return nil, Info{}, err
	}
	return img, h.info(), nil
}

// decode unpacks the pixels as they are.
func (h *header) decode(ctx context.Context, data []byte) (image.Image, error) {
	var img image.Image
	in := &watched{ctx, bytes.NewReader(data)}
	err := guard(func() (err error) {
		switch h.format {
		case "png":
			img, err = png.Decode(in)
		case "jpeg":
			img, err = jpeg.Decode(in)
		case "webp":
			img, err = webp.Decode(in)
		default:
			img, err = h.tiff.asStored(ctx)
		}
		return err
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &FormatError{Reason: "cannot be read as " + h.format, Err: err}
	}
	if b := img.Bounds(); b.Dx() != h.width || b.Dy() != h.height {
		return nil, &FormatError{Reason: fmt.Sprintf("says %d x %d and holds %d x %d pixels", h.width, h.height, b.Dx(), b.Dy())}
	}
	return img, nil
}

// watched stops a decoder when nobody waits for it any more.
type watched struct {
	ctx context.Context //nolint:containedctx // it lives as long as one call
	r   io.Reader
}

func (w *watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// guard turns a decoder's panic over hostile bytes into an error.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the decoder gave up: %v", r)
		}
	}()
	return f()
}

// printable keeps a stranger's text fit for a message: one line, not long.
func printable(s string) string {
	out := make([]rune, 0, 64)
	for _, r := range s {
		if len(out) == 64 {
			break
		}
		if r < ' ' || r == 0x7f || r == 0xfffd {
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}
