package jumbf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		label := rapid.StringMatching(`[a-z]{1,9}(\.[a-z]{1,9}){0,2}`).Draw(r, "label")
		var salt []byte
		if rapid.Bool().Draw(r, "salted") {
			salt = rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "salt")
		}
		data := rapid.SliceOf(rapid.Byte()).Draw(r, "data")
		inner := jumbf.Super(jumbf.Kind("cbor"), label, salt, jumbf.Content("cbor", data))
		file := jumbf.Super(jumbf.EmbeddedFile(), "file", nil, jumbf.File("image/png", data)...)
		outer := jumbf.Super(jumbf.Kind("c2as"), "c2pa.assertions", nil, inner, file)
		b, err := jumbf.Parse(append(outer, 0, 0, 0)) // containers pad
		if err != nil {
			r.Fatal(err)
		}
		if b.Kind != jumbf.Kind("c2as") || b.Label != "c2pa.assertions" || len(b.Children) != 2 || !bytes.Equal(b.Payload, outer[8:]) {
			r.Fatalf("read %+v", b)
		}
		got := b.Children[0]
		if got.Label != label || !bytes.Equal(got.Salt, salt) || !bytes.Equal(got.Content(0, "cbor").Payload, data) || !bytes.Equal(got.Payload, inner[8:]) {
			r.Fatalf("read %+v for %q", got, label)
		}
		if f := b.Children[1]; !bytes.Equal(f.Child("bidb").Payload, data) || !bytes.Equal(f.Content(0, "bfdb").Payload, []byte("\x00image/png\x00")) {
			r.Fatalf("read %+v", f)
		}
	})
}

func TestWhatIsNoJUMBF(t *testing.T) {
	good := jumbf.Super(jumbf.Kind("c2pa"), "c2pa", nil, jumbf.Content("cbor", []byte{1}))
	deep := jumbf.Content("cbor", nil)
	for range 40 {
		deep = jumbf.Super(jumbf.Kind("c2pa"), "x", nil, deep)
	}
	change := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	long := bytes.Clone(good)
	binary.BigEndian.PutUint32(long[len(long)-9:], 1<<31)
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"four bytes":          good[:4],
		"no superbox":         change(4, 'x'),
		"no description":      change(12, 'x'),
		"shorter than itself": change(3, 7),
		"no label":            change(32, 0x00),
		"an empty label":      change(33, 0),
		"a label without end": append(append([]byte{}, good[:8]...), 0, 0, 0, 26, 'j', 'u', 'm', 'd', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 'x'),
		"a label of no text":  change(33, 0xff),
		"a salt that is none": change(32, 0x13),
		"a box cut off":       long,
		"forty deep":          deep,
		"a box in its child":  change(3, good[3]-1),
	} {
		var bad *jumbf.Error
		if b, err := jumbf.Parse(data); !errors.As(err, &bad) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(jumbf.Super(jumbf.Kind("c2pa"), "c2pa", []byte("salt"), jumbf.Content("cbor", []byte{1}), jumbf.Content("what", []byte{1})))
	f.Add(jumbf.Super(jumbf.EmbeddedFile(), "file", nil, jumbf.File("image/png", []byte{1})...))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := jumbf.Parse(data)
		var bad *jumbf.Error
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if err == nil && len(b.Payload) > len(data) {
			t.Fatal("more was read than is there")
		}
	})
}
