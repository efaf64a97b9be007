package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// raw makes a file of a header's text and data.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestParseRefuses(t *testing.T) {
	const ok = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for name, c := range map[string]struct {
		file []byte
		want string // in the message
		as   any    // type of the error
	}{
		"empty":             {nil, "has 0 bytes", &FormatError{}},
		"too short":         {[]byte{1, 2, 3}, "cut off", &FormatError{}},
		"header too long":   {raw(`{`+ok+`}`, 8)[:20], "cut off", &FormatError{}},
		"header over limit": {append([]byte{255, 255, 255, 255, 255, 255, 255, 255}, "{}"...), "limit", &FormatError{}},
		"no object":         {raw(`[]`, 0), "does not begin", &FormatError{}},
		"half a header":     {raw(`{"a":{"dtype":"F32"`, 8), "middle of its JSON", &FormatError{}},
		"after the header":  {raw(`{} {}`, 0), "after the end", &FormatError{}},
		"truncated data":    {raw(`{`+ok+`}`, 7), "cut off", &FormatError{}},
		"trailing data":     {raw(`{`+ok+`}`, 9), "after its last tensor", &FormatError{}},
		"same name":         {raw(`{`+ok+`,`+ok+`}`, 8), "occurs twice", &FormatError{}},
		"same name escaped": {raw(`{`+ok+`,"\u0061":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "occurs twice", &FormatError{}},
		"same metadata":     {raw(`{"__metadata__":{"x":"1","x":"2"},`+ok+`}`, 8), "occurs twice", &FormatError{}},
		"metadata twice":    {raw(`{"__metadata__":{},"__metadata__":{},`+ok+`}`, 8), "occurs twice", &FormatError{}},
		"metadata a number": {raw(`{"__metadata__":{"x":1}}`, 0), "belongs", &FormatError{}},
		"dtype twice":       {raw(`{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8), "dtype twice", &FormatError{}},
		"no shape":          {raw(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), "lacks", &FormatError{}},
		"one offset":        {raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}`, 8), "lacks", &FormatError{}},
		"three offsets":     {raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}`, 8), "more than 2", &FormatError{}},
		"unknown field":     {raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8), "unknown field", &FormatError{}},
		"unknown dtype":     {raw(`{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}`, 8), "F31", &UnsupportedError{}},
		"eight bits":        {raw(`{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}`, 8), "fp16", &UnsupportedError{}},
		"shape overflows":   {raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, 8), "overflows", &FormatError{}},
		"overflow and zero": {raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}`, 0), "overflows", &FormatError{}},
		"shape and offsets": {raw(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "12 bytes", &FormatError{}},
		"backwards":         {raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[8,0]}}`, 8), "offsets 8 to 0", &FormatError{}},
		"negative":          {raw(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), "whole number", &FormatError{}},
		"fraction":          {raw(`{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}`, 8), "not whole", &FormatError{}},
		"exponent":          {raw(`{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}`, 8), "not whole", &FormatError{}},
		"leading zero":      {raw(`{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}`, 8), "leading zero", &FormatError{}},
		"number too large":  {raw(`{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}`, 8), "too large", &FormatError{}},
		"offsets too large": {raw(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}`, 8), "cut off", &FormatError{}},
		"too many dims":     {raw(`{"a":{"dtype":"U8","shape":[`+strings.Repeat("1,", 16)+`1],"data_offsets":[0,1]}}`, 1), "more than 16", &FormatError{}},
		"overlap":           {raw(`{`+ok+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), "overlaps", &FormatError{}},
		"same bytes":        {raw(`{`+ok+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "overlaps", &FormatError{}},
		"gap":               {raw(`{`+ok+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}`, 20), "belong to no tensor", &FormatError{}},
		"not UTF-8":         {raw("{\"a\xff\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1), "UTF-8", &FormatError{}},
		"control character": {raw("{\"a\n\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1), "control character", &FormatError{}},
		"torch zip":         {append([]byte("PK\x03\x04"), make([]byte, 60)...), "pickle", &PickleError{}},
		"bare pickle":       {[]byte("\x80\x02}q\x00(X\x05\x00\x00\x00model"), "pickle", &PickleError{}},
		"git-lfs pointer":   {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), "git lfs pull", &FormatError{}},
		"web page":          {[]byte("\n<!DOCTYPE html><html><body>log in</body></html>"), "web page", &FormatError{}},
		"gguf":              {[]byte("GGUF\x03\x00\x00\x00\x00\x00\x00\x00"), "GGUF", &UnsupportedError{}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := ParseFile("evil.safetensors", c.file)
			if err == nil {
				t.Fatalf("accepted: %v", f.Tensors())
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "evil.safetensors") {
				t.Errorf("message %q does not say %q and the file", err, c.want)
			}
			if target := reflect.New(reflect.TypeOf(c.as)); !errors.As(err, target.Interface()) {
				t.Errorf("%T, want %T", err, c.as)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want int
	}{
		"nothing":          {raw(`{}`, 0), 0},
		"white space":      {raw(" { } \n"[1:], 0), 0},
		"padded header":    {raw(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}      `, 1), 1},
		"scalar and empty": {raw(`{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"shape":[0,3],"dtype":"F32","data_offsets":[4,4]}}`, 4), 2},
		"other order":      {raw(`{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 3), 2},
	} {
		f, err := ParseFile(name, c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if len(f.Tensors()) != c.want {
			t.Errorf("%s: %d tensors, want %d", name, len(f.Tensors()), c.want)
		}
	}
	// A header length that begins like a pickle.
	h := `{"__metadata__":{"x":"`
	h += strings.Repeat("y", 0x280-len(h)-3) + `"}}`
	if len(h) != 0x280 {
		t.Fatal(len(h))
	}
	if _, err := ParseFile("h", raw(h, 0)); err != nil {
		t.Error(err)
	}
}

// tensorsOf draws tensors of every format and unusual names.
func tensorsOf(t *rapid.T) []Tensor {
	names := rapid.SliceOfNDistinct(rapid.String(), 0, 6, rapid.ID[string]).Draw(t, "names")
	var out []Tensor
	for _, name := range names {
		if name == "__metadata__" {
			continue
		}
		x := Tensor{
			Name:  name,
			Type:  rapid.SampledFrom([]DType{F32, F16, BF16, F64, I64, I32, U8, Bool}).Draw(t, "type"),
			Shape: rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape"),
		}
		size, _ := byteSize(x.Type, x.Shape)
		x.Data = rapid.SliceOfN(rapid.Byte(), int(size), int(size)).Draw(t, "data")
		out = append(out, x)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := tensorsOf(t)
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		var b bytes.Buffer
		if err := Write(&b, metadata, ts...); err != nil {
			t.Fatal(err)
		}
		f, err := ParseFile("f", b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Tensors()) != len(ts) {
			t.Fatalf("%d tensors, wrote %d", len(f.Tensors()), len(ts))
		}
		for _, want := range ts {
			got, ok := f.Lookup(want.Name)
			if !ok || got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("%q: got %v %v, wrote %v %v", want.Name, got.Type, got.Shape, want.Type, want.Shape)
			}
			if at := b.Bytes()[got.Offset:]; !bytes.HasPrefix(at, want.Data) {
				t.Fatalf("%q does not lie at its offset", want.Name)
			}
		}
		for k, v := range metadata {
			if f.Metadata(k) != v {
				t.Fatalf("metadata %q is %q, wrote %q", k, f.Metadata(k), v)
			}
		}
	})
}

func TestWriteRefuses(t *testing.T) {
	one := NewTensor("a", []float32{1}, 1)
	for name, ts := range map[string][]Tensor{
		"same name":  {one, one},
		"metadata":   {NewTensor("__metadata__", nil, 0)},
		"wrong size": {{Name: "a", Type: F32, Shape: []int{2}, Data: make([]byte, 4)}},
	} {
		if err := Write(&bytes.Buffer{}, nil, ts...); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// FuzzParse gives the parser arbitrary bytes. What it accepts must be sound:
// every tensor inside the file, none over another, and the header as
// encoding/json reads it.
func FuzzParse(f *testing.F) {
	f.Add(raw(`{}`, 0))
	f.Add(raw(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"b\u00e9":{"dtype":"I64","shape":[],"data_offsets":[12,20]}}`, 20))
	f.Add(raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, 8))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\x80\x02}q"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := ParseFile("f", b)
		if err != nil {
			return
		}
		n := binary.LittleEndian.Uint64(b)
		var header map[string]json.RawMessage
		if err := json.Unmarshal(b[8:8+n], &header); err != nil {
			t.Fatalf("accepted a header that is no JSON: %v", err)
		}
		delete(header, "__metadata__")
		if len(header) != len(file.Tensors()) {
			t.Fatalf("%d tensors of %d entries", len(file.Tensors()), len(header))
		}
		at := int64(8 + n)
		for _, x := range file.Tensors() {
			var e struct {
				DType   string
				Shape   []int
				Offsets []int64 `json:"data_offsets"`
			}
			if err := json.Unmarshal(header[x.Name], &e); err != nil {
				t.Fatalf("%q: %v", x.Name, err)
			}
			if e.DType != x.Type.String() || !slices.Equal(e.Shape, x.Shape) {
				t.Fatalf("%q is %v %v, the header says %v %v", x.Name, x.Type, x.Shape, e.DType, e.Shape)
			}
			if x.Offset != at || x.Len()*x.Type.Size() != len(x.Data) {
				t.Fatalf("%q lies at %d, not %d, with %d bytes", x.Name, x.Offset, at, len(x.Data))
			}
			at += int64(len(x.Data))
			Float32s(x)
		}
		if at != int64(len(b)) {
			t.Fatalf("%d bytes belong to nothing", int64(len(b))-at)
		}
	})
}

// TestHostileHeaderMemory checks that a header cannot make the parser take
// more memory than a small multiple of its size.
func TestHostileHeaderMemory(t *testing.T) {
	h := `{"a":{"dtype":"U8","shape":[` + strings.Repeat("1,", 1<<20)
	b := raw(h, 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := ParseFile("f", b); err == nil {
		t.Fatal("accepted")
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4*uint64(len(b)) {
		t.Errorf("took %d bytes for a header of %d", got, len(b))
	}
}

func TestOpenFileMaps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	want := NewTensor("w", []float32{1, -2.5, 3}, 3)
	writeFile(t, path, encode(t, nil, want))
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := f.Lookup("w")
	if got.File != path || !bytes.Equal(got.Data, want.Data) {
		t.Errorf("%+v", got)
	}
	if v := Float32s(got); !slices.Equal(v, []float32{1, -2.5, 3}) {
		t.Error(v)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Error(err)
	}
	if _, err := OpenFile(filepath.Dir(path)); err == nil {
		t.Error("opened a folder")
	}
	writeFile(t, path+"0", nil)
	if _, err := OpenFile(path + "0"); err == nil {
		t.Error("opened an empty file")
	}
	if _, err := OpenFile(path + "1"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
