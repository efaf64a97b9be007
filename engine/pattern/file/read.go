package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"unicode/utf16"

	"golang.org/x/image/tiff"
)

// Info is what a file says of itself beside its pixels. It is taken from a
// stranger's bytes.
type Info struct {
	Format        string // "png", "jpeg" or "tiff"
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
}

func (e *TooLargeError) Error() string {
	s := "picture"
	if e.Path != "" {
		s = e.Path
	}
	if pixels := int64(e.Width) * int64(e.Height); e.Width <= maxSide && e.Height <= maxSide && pixels <= MaxPixels {
		return fmt.Sprintf("%s says that it is %d x %d pixels, more than its %d bytes can hold", s, e.Width, e.Height, e.Bytes)
	}
	return fmt.Sprintf("%s is %d x %d pixels; pictures of up to %d million pixels and %d a side are read", s, e.Width, e.Height, MaxPixels/1_000_000, maxSide)
}

// Read opens a PNG, JPEG or TIFF. See Decode.
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
	var (
		info Info
		cfg  image.Config
		err  error
	)
	// The most pixels that a byte of each format can stand for: deflate packs
	// 1032 to 1 and a pixel may be one bit; a JPEG block of 64 samples takes at
	// least two bits, and chroma may cover four of them.
	dense := int64(1032 * 8)
	switch {
	case bytes.HasPrefix(data, []byte(pngSignature)):
		if info, err = pngInfo(data); err != nil {
			return Info{}, &FormatError{Reason: "is a broken PNG", Err: err}
		}
		info.Format = "png"
		cfg, err = png.DecodeConfig(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		info = jpegInfo(data)
		info.Format = "jpeg"
		dense = 1024
		cfg, err = jpeg.DecodeConfig(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte("II\x2a\x00")), bytes.HasPrefix(data, []byte("MM\x00\x2a")):
		if info, err = tiffInfo(data); err != nil {
			return Info{}, &FormatError{Reason: "is a broken TIFF", Err: err}
		}
		info.Format = "tiff"
		err = guard(func() (err error) { cfg, err = tiff.DecodeConfig(bytes.NewReader(data)); return err })
	case len(data) == 0:
		return Info{}, &FormatError{Reason: "is empty"}
	default:
		return Info{}, &FormatError{Reason: "is neither PNG, JPEG nor TIFF"}
	}
	if err != nil {
		return Info{}, &FormatError{Reason: "cannot be read as " + info.Format, Err: err}
	}
	info.Width, info.Height = cfg.Width, cfg.Height
	if cfg.Width <= 0 || cfg.Height <= 0 {
		return Info{}, &FormatError{Reason: fmt.Sprintf("has no pixels (%d x %d)", cfg.Width, cfg.Height)}
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	if cfg.Width > maxSide || cfg.Height > maxSide || pixels > MaxPixels || pixels > dense*int64(len(data)) {
		return Info{}, &TooLargeError{Width: cfg.Width, Height: cfg.Height, Bytes: int64(len(data))}
	}
	return info, nil
}

// Decode reads a PNG, JPEG or TIFF from its bytes. Colours are taken as sRGB;
// Info.Profile tells whether the file says otherwise. Errors are *FormatError
// or *TooLargeError.
func Decode(data []byte) (image.Image, Info, error) {
	info, err := DecodeInfo(data)
	if err != nil {
		return nil, Info{}, err
	}
	var img image.Image
	err = guard(func() (err error) {
		switch info.Format {
		case "png":
			img, err = png.Decode(bytes.NewReader(data))
		case "jpeg":
			img, err = jpeg.Decode(bytes.NewReader(data))
		default:
			img, err = tiff.Decode(bytes.NewReader(data))
		}
		return err
	})
	if err != nil {
		return nil, Info{}, &FormatError{Reason: "cannot be read as " + info.Format, Err: err}
	}
	if b := img.Bounds(); b.Dx() != info.Width || b.Dy() != info.Height {
		return nil, Info{}, &FormatError{Reason: fmt.Sprintf("says %d x %d and holds %d x %d pixels", info.Width, info.Height, b.Dx(), b.Dy())}
	}
	return img, info, nil
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

// jpegInfo reads the density of a JFIF header and the first part of an ICC
// profile.
func jpegInfo(data []byte) Info {
	var info Info
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, n := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) {
			break
		}
		body := data[at+4 : at+2+n]
		if b, ok := bytes.CutPrefix(body, []byte("JFIF\x00")); ok && marker == 0xe0 && len(b) >= 7 {
			x, y := float64(binary.BigEndian.Uint16(b[3:])), float64(binary.BigEndian.Uint16(b[5:]))
			switch b[2] {
			case 1:
				info.DPIX, info.DPIY = x, y
			case 2:
				info.DPIX, info.DPIY = x*2.54, y*2.54
			}
		}
		if b, ok := bytes.CutPrefix(body, []byte("ICC_PROFILE\x00")); ok && marker == 0xe2 && len(b) > 2 {
			info.Profile = profileName(b[2:], "ICC")
		}
		at += 2 + n
	}
	return info
}

// profileName returns the description inside an ICC profile, or name if it has
// none that can be read.
func profileName(icc []byte, name string) string {
	be := binary.BigEndian
	if len(icc) < 132 {
		return name
	}
	n := int64(be.Uint32(icc[128:]))
	for i := int64(0); i < n && 132+12*i+12 <= int64(len(icc)); i++ {
		e := icc[132+12*i:]
		off, size := int64(be.Uint32(e[4:])), int64(be.Uint32(e[8:]))
		if string(e[:4]) != "desc" || off+size > int64(len(icc)) || size < 12 {
			continue
		}
		d := icc[off : off+size]
		switch string(d[:4]) {
		case "desc": // version 2
			if k := int64(be.Uint32(d[8:])); k > 0 && 12+k <= size {
				return printable(string(bytes.TrimRight(d[12:12+k], "\x00")))
			}
		case "mluc": // version 4: the first language
			if size >= 28 {
				k, at := int64(be.Uint32(d[20:])), int64(be.Uint32(d[24:]))
				if at+k <= size {
					var u []uint16
					for j := int64(0); j+1 < k; j += 2 {
						u = append(u, be.Uint16(d[at+j:]))
					}
					return printable(string(utf16.Decode(u)))
				}
			}
		}
	}
	return name
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
