package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

const (
	maxHeader = 100_000_000 // bytes; the reference implementation's limit
	maxRank   = 16          // dimensions of one tensor; models use four
)

// File is an open safetensors file: a table of named arrays over one stretch
// of bytes, which is mapped, not read.
//
// The format (github.com/huggingface/safetensors): eight bytes with the
// header's length, little-endian; the header, a JSON object; the data.
type File struct {
	name     string
	tensors  []Tensor // in the order of the data
	byName   map[string]int
	metadata map[string]string
	release  func() error
}

// OpenFile maps a safetensors file and checks its whole header. The tensors
// are windows of the mapping, valid until Close.
func OpenFile(path string) (*File, error) {
	m, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	f, err := ParseFile(path, m.data)
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	for i := range f.tensors {
		f.tensors[i].File = path
	}
	f.release = m.close
	return f, nil
}

// ParseFile reads a safetensors file that lies in memory already. name is for
// messages. The tensors are windows of data, without a copy; their File is
// empty and their Offset counts from the start of data.
//
// Refused, each with its reason: a header that is longer than the file or
// than 100 MB, names that occur twice, number formats that this program does
// not know, shapes whose product overflows, offsets that contradict the shape,
// overlap another tensor, leave bytes between tensors that belong to none
// (something could hide there) or end elsewhere than the file.
func ParseFile(name string, data []byte) (*File, error) {
	if err := sniff(name, data); err != nil {
		return nil, err
	}
	bad := func(key, format string, args ...any) error {
		return &FormatError{File: name, Key: key, Reason: fmt.Sprintf(format, args...)}
	}
	if len(data) < 8 {
		return nil, bad("", "has %d bytes; a safetensors file has at least 8: it was cut off or never written", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	switch {
	case n > maxHeader:
		return nil, bad("", "announces a header of %d bytes, more than the format's limit of %d: not a safetensors file, or a broken one", n, maxHeader)
	case n > uint64(len(data)-8):
		return nil, bad("", "announces a header of %d bytes and has %d: it was cut off; fetch it again", n, len(data)-8)
	case n < 2 || data[8] != '{':
		return nil, bad("", "does not begin with a safetensors header")
	}
	body := data[8+n:]
	f := &File{name: name, release: func() error { return nil }}
	if err := f.header(data[8:8+n], body, 8+int64(n)); err != nil {
		var fe *FormatError
		var ue *UnsupportedError
		if errors.As(err, &fe) || errors.As(err, &ue) {
			return nil, err
		}
		return nil, bad("", "%v", err)
	}
	return f, nil
}

// header fills the file's table. base is where body begins in the file.
func (f *File) header(head, body []byte, base int64) error {
	s := &scanner{b: head}
	// An entry takes some 100 bytes; the bound keeps a hostile header from
	// asking for more memory than it has bytes.
	f.byName = make(map[string]int, len(head)/96)
	type span struct {
		begin, end int64
		tensor     Tensor
	}
	spans := make([]span, 0, len(head)/96)
	err := s.object(func(name string) error {
		if name == "__metadata__" {
			if f.metadata != nil {
				return &FormatError{File: f.name, Key: name, Reason: "occurs twice in the header"}
			}
			f.metadata = map[string]string{}
			return s.object(func(k string) error {
				if _, ok := f.metadata[k]; ok {
					return &FormatError{File: f.name, Key: name, Reason: fmt.Sprintf("%q occurs twice in it", clip(k))}
				}
				v, err := s.str()
				f.metadata[k] = v
				return err
			})
		}
		if _, ok := f.byName[name]; ok {
			return &FormatError{File: f.name, Key: name, Reason: "occurs twice in the header"}
		}
		t, begin, end, err := f.entry(s, name)
		if err != nil {
			return err
		}
		if begin > end || end > int64(len(body)) {
			return &FormatError{File: f.name, Key: name, Reason: fmt.Sprintf("lies at bytes %d to %d of the data, of which there are %d: the file was cut off or is broken", begin, end, len(body))}
		}
		f.byName[name] = 0
		t.Data = body[begin:end:end]
		t.Offset = base + begin
		spans = append(spans, span{begin, end, t})
		return nil
	})
	if err != nil {
		return err
	}
	if s.space(); s.i != len(s.b) {
		return fmt.Errorf("has something after the end of its header's JSON, at byte %d", s.i)
	}
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var at int64
	f.tensors = make([]Tensor, len(spans))
	for i, sp := range spans {
		switch {
		case sp.begin < at:
			return &FormatError{File: f.name, Key: sp.tensor.Name, Reason: fmt.Sprintf("overlaps another tensor: it begins at byte %d, the one before ends at %d", sp.begin, at)}
		case sp.begin > at:
			return &FormatError{File: f.name, Key: sp.tensor.Name, Reason: fmt.Sprintf("begins at byte %d; bytes %d to %d belong to no tensor, which the format forbids", sp.begin, at, sp.begin)}
		}
		at = sp.end
		f.tensors[i] = sp.tensor
		f.byName[sp.tensor.Name] = i
	}
	if at != int64(len(body)) {
		return &FormatError{File: f.name, Reason: fmt.Sprintf("has %d bytes after its last tensor, which the format forbids", int64(len(body))-at)}
	}
	return nil
}

// entry reads {"dtype": ..., "shape": [...], "data_offsets": [b, e]}.
func (f *File) entry(s *scanner, name string) (t Tensor, begin, end int64, err error) {
	bad := func(format string, args ...any) error {
		return &FormatError{File: f.name, Key: name, Reason: fmt.Sprintf(format, args...)}
	}
	var dtype string
	var shape, offsets []int64
	var seen [3]bool
	mark := func(i int, field string) error {
		if seen[i] {
			return bad("has %s twice", field)
		}
		seen[i] = true
		return nil
	}
	err = s.object(func(field string) error {
		var err error
		switch field {
		case "dtype":
			if err = mark(0, field); err == nil {
				dtype, err = s.str()
			}
		case "shape":
			if err = mark(1, field); err == nil {
				shape, err = s.list(maxRank)
			}
		case "data_offsets":
			if err = mark(2, field); err == nil {
				offsets, err = s.list(2)
			}
		default:
			err = bad("has an unknown field %q", clip(field))
		}
		return err
	})
	switch {
	case err != nil:
		return t, 0, 0, err
	case !seen[0] || !seen[1] || len(offsets) != 2:
		return t, 0, 0, bad("lacks its dtype, shape or two data_offsets")
	}
	typ, err := parseDType(dtype)
	if err != nil {
		return t, 0, 0, &UnsupportedError{File: f.name, Key: name, Reason: err.Error()}
	}
	dims := make([]int, len(shape))
	for i, d := range shape {
		if d > math.MaxInt {
			return t, 0, 0, bad("has a dimension of %d", d)
		}
		dims[i] = int(d)
	}
	size, ok := byteSize(typ, dims)
	if !ok {
		return t, 0, 0, bad("has shape %v, whose product overflows", shape)
	}
	begin, end = offsets[0], offsets[1]
	if begin > end || end-begin != size {
		return t, 0, 0, bad("has shape %v in %s, which is %d bytes, and offsets %d to %d", shape, dtype, size, begin, end)
	}
	return Tensor{Name: name, Type: typ, Shape: dims}, begin, end, nil
}

// byteSize is the size of an array, false when it overflows 63 bits.
func byteSize(t DType, shape []int) (int64, bool) {
	n := uint64(t.Size())
	for _, d := range shape {
		hi, lo := bits.Mul64(n, uint64(d))
		if d < 0 || hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	return int64(n), true
}

// parseDType names the number formats of the safetensors format.
func parseDType(s string) (DType, error) {
	switch s {
	case "F32":
		return F32, nil
	case "F16":
		return F16, nil
	case "BF16":
		return BF16, nil
	case "F64":
		return F64, nil
	case "I64":
		return I64, nil
	case "I32":
		return I32, nil
	case "U8":
		return U8, nil
	case "BOOL":
		return Bool, nil
	case "F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4":
		return 0, fmt.Errorf("is stored as %s: weights of 8 bits or fewer lose too much to merge and compare exactly; use the fp16 or bf16 version of this model", s)
	}
	return 0, fmt.Errorf("is stored as %q; F32, F16, BF16, F64, I64, I32, U8 and BOOL can be read", clip(s))
}

// sniff recognises what people mistake for a safetensors file, so that the
// message names the real mistake.
func sniff(name string, data []byte) error {
	head := data[:min(len(data), 512)]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), // torch.save's zip
		len(head) > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && !looksLikeHeader(data): // bare pickle
		return &PickleError{File: name}
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return &FormatError{File: name, Reason: "is a git-lfs pointer, not the model itself: run \"git lfs pull\" in its folder, or download the file from its page"}
	case bytes.HasPrefix(head, []byte("GGUF")):
		return &UnsupportedError{File: name, Reason: "is a GGUF file (quantised weights); use the .safetensors version of this model"}
	}
	text := strings.ToLower(string(bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf")))
	if strings.HasPrefix(text, "<!doctype") || strings.HasPrefix(text, "<html") {
		return &FormatError{File: name, Reason: "is a web page, not a model: the download gave an error or a log-in page"}
	}
	return nil
}

// looksLikeHeader tells a safetensors file whose header length happens to
// begin with the bytes of a pickle.
func looksLikeHeader(data []byte) bool {
	return len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) <= maxHeader
}

// Name is the name or path that the file was opened by.
func (f *File) Name() string { return f.name }

// Tensors returns all tensors in the order of the data, under the names of
// the file.
func (f *File) Tensors() []Tensor { return slices.Clone(f.tensors) }

// Lookup returns the tensor of that name.
func (f *File) Lookup(name string) (Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

// Metadata returns an entry of the header's __metadata__, "" if there is none.
func (f *File) Metadata(key string) string { return f.metadata[key] }

// Close unmaps the file. Its tensors must not be used any more.
func (f *File) Close() error {
	release := f.release
	f.release = func() error { return nil }
	f.tensors, f.byName = nil, nil
	return release()
}
