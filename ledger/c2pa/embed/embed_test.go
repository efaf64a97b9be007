package embed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"golang.org/x/image/tiff"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
)

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 20, 12))
	for i := range m.Pix {
		m.Pix[i] = byte(i*i) | 3
	}
	m.Set(3, 4, color.White)
	return m
}

func encoded(t testing.TB, f embed.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch f {
	case embed.PNG:
		err = png.Encode(&b, picture())
	case embed.JPEG:
		err = jpeg.Encode(&b, picture(), nil)
	case embed.TIFF:
		err = tiff.Encode(&b, picture(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entry is one entry of a TIFF directory whose value fits into it.
type entry struct {
	tag, typ uint16
	count    uint64
	value    uint64
}

// tiffFile writes a TIFF by hand: directories one after the other, then data.
func tiffFile(order binary.AppendByteOrder, big bool, pages ...[]entry) []byte {
	mark := map[bool]string{true: "II", false: "MM"}[order.String() == binary.LittleEndian.String()]
	out := []byte(mark)
	word := func(b []byte, v uint64) []byte {
		if big {
			return order.AppendUint64(b, v)
		}
		return order.AppendUint32(b, uint32(v))
	}
	at := uint64(8)
	if big {
		out = order.AppendUint16(order.AppendUint16(order.AppendUint16(out, 43), 8), 0)
		at = 16
	} else {
		out = order.AppendUint16(out, 42)
	}
	out = word(out, at)
	for i, p := range pages {
		size := uint64(2 + 12*len(p) + 4)
		if big {
			size = uint64(8 + 20*len(p) + 8)
			out = order.AppendUint64(out, uint64(len(p)))
		} else {
			out = order.AppendUint16(out, uint16(len(p)))
		}
		for _, e := range p {
			out = word(order.AppendUint16(order.AppendUint16(out, e.tag), e.typ), e.count)
			if e.typ == 3 {
				value := order.AppendUint16(nil, uint16(e.value))
				n := 4
				if big {
					n = 8
				}
				out = append(append(out, value...), make([]byte, n-2)...)
			} else {
				out = word(out, e.value)
			}
		}
		at += size
		next := at
		if i == len(pages)-1 {
			next = 0
		}
		out = word(out, next)
	}
	return append(out, bytes.Repeat([]byte{0xab}, 64)...)
}

func page(more ...entry) []entry {
	list := slices.Concat([]entry{{256, 3, 1, 8}, {257, 3, 1, 8}, {262, 3, 1, 1}, {65000, 4, 1, 7}}, more)
	slices.SortFunc(list, func(a, b entry) int { return int(a.tag) - int(b.tag) })
	return list
}

// files are files of every kind that a store is put into.
func files(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range []embed.Format{embed.PNG, embed.JPEG, embed.TIFF} {
		out[f.String()] = encoded(t, f)
	}
	for name, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
		for _, big := range []bool{false, true} {
			kind := name
			if big {
				kind += " big"
			}
			out[kind] = tiffFile(order, big, page())
			out[kind+" of three pages"] = tiffFile(order, big, page(), page(), page())
			out[kind+" of odd length"] = append(tiffFile(order, big, page()), 1)
		}
	}
	return out
}

// store is what looks enough like one to be found.
func store(n int, fill byte) []byte {
	head := []byte{0, 0, 0, 0, 'j', 'u', 'm', 'b', 0, 0, 0, 30, 'j', 'u', 'm', 'd', 'c', '2', 'p', 'a'}
	out := slices.Concat(head, bytes.Repeat([]byte{fill}, max(0, n-len(head))))
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

func put(t interface{ Fatal(...any) }, ctx testing.TB, file, s []byte) []byte {
	in := bytes.NewReader(file)
	f, err := embed.Detect(in, in.Size())
	if err != nil {
		t.Fatal(err)
	}
	l, err := embed.Plan(in, in.Size(), f, len(s))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := l.Write(ctx.Context(), in, &out, s); err != nil {
		t.Fatal(err)
	}
	// What the layout hashes is the file without the range that it says.
	h, want := sha256.New(), sha256.New()
	if err := l.Hash(ctx.Context(), in, h); err != nil {
		t.Fatal(err)
	}
	x := l.Exclusion()
	want.Write(out.Bytes()[:x.Start])
	want.Write(out.Bytes()[x.End():])
	if !bytes.Equal(h.Sum(nil), want.Sum(nil)) {
		t.Fatal("the hash is not of what was written", x, out.Len())
	}
	found, err := embed.Find(bytes.NewReader(out.Bytes()), int64(out.Len()), f)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(found.Data, s) || found.Range != x {
		t.Fatal("found", len(found.Data), "of", len(s), "bytes at", found.Range, "for", x)
	}
	return out.Bytes()
}

// A store of any length is found where it was put, and putting another in its place
// leaves nothing of it, and the file no longer than putting it in at once.
func TestAStoreIsPutInAndReplaced(t *testing.T) {
	for name, file := range files(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				size := rapid.OneOf(rapid.IntRange(64, 400), rapid.SampledFrom([]int{63_999, 64_000, 64_001, 128_000, 128_001, 200_000}))
				first, second := store(size.Draw(r, "first"), 1), store(size.Draw(r, "second"), 2)
				once := put(r, t, file, first)
				twice, direct := put(r, t, once, second), put(r, t, file, second)
				if !bytes.Equal(twice, direct) {
					r.Fatalf("%d bytes after a replacement, %d without", len(twice), len(direct))
				}
			})
		})
	}
}

// The pictures are read as before by programs that know nothing of C2PA.
func TestThePictureStays(t *testing.T) {
	for _, f := range []embed.Format{embed.PNG, embed.JPEG, embed.TIFF} {
		before, _, err := image.Decode(bytes.NewReader(encoded(t, f)))
		if err != nil {
			t.Fatal(err)
		}
		after, _, err := image.Decode(bytes.NewReader(put(t, t, encoded(t, f), store(150_000, 9))))
		if err != nil {
			t.Fatal(f, err)
		}
		for y := range 12 {
			for x := range 20 {
				if before.At(x, y) != after.At(x, y) {
					t.Fatalf("%v: pixel %d,%d is %v", f, x, y, after.At(x, y))
				}
			}
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	pngs, jpegs, tiffs := encoded(t, embed.PNG), encoded(t, embed.JPEG), tiffFile(binary.LittleEndian, false, page())
	twice := put(t, t, pngs, store(80, 1))
	in := bytes.NewReader(twice)
	found, err := embed.Find(in, in.Size(), embed.PNG)
	if err != nil {
		t.Fatal(err)
	}
	chunk := twice[found.Range.Start:found.Range.End()]
	for name, c := range map[string]struct {
		data    []byte
		problem embed.Problem
	}{
		"nothing":                  {nil, embed.Unsupported},
		"a text":                   {[]byte("rosebud, rosebud"), embed.Unsupported},
		"a PNG without":            {pngs, embed.NoManifest},
		"a JPEG without":           {jpegs, embed.NoManifest},
		"a TIFF without":           {tiffs, embed.NoManifest},
		"a PNG cut off":            {pngs[:len(pngs)-20], embed.Malformed},
		"a PNG of its signature":   {pngs[:7], embed.CutOff},
		"a PNG with two":           {slices.Concat(twice[:found.Range.End()], chunk, twice[found.Range.End():]), embed.ManyManifests},
		"a JPEG cut off":           {jpegs[:100], embed.Malformed},
		"a TIFF of its header":     {tiffs[:8], embed.CutOff},
		"a TIFF of three bytes":    {tiffs[:3], embed.CutOff},
		"a TIFF cut in its pages":  {tiffs[:20], embed.CutOff},
		"a TIFF in a circle":       {circle(tiffs), embed.Malformed},
		"a TIFF with a text":       {tiffFile(binary.LittleEndian, false, page(entry{52545, 2, 64, 8})), embed.Malformed},
		"a TIFF beyond its end":    {tiffFile(binary.LittleEndian, false, page(entry{52545, 7, 1 << 30, 8})), embed.Malformed},
		"a big TIFF beyond sense":  {tiffFile(binary.BigEndian, true, page(entry{52545, 7, 1 << 62, 1 << 62})), embed.Malformed},
		"a TIFF of a thousand kin": {tiffFile(binary.LittleEndian, false, page(entry{330, 4, 1 << 20, 8})), embed.Malformed},
	} {
		in := bytes.NewReader(c.data)
		f, err := embed.Detect(in, in.Size())
		if err == nil {
			_, err = embed.Find(in, in.Size(), f)
		}
		var bad *embed.Error
		if !errors.As(err, &bad) || bad.Problem != c.problem {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// circle lets the first page be followed by itself.
func circle(data []byte) []byte {
	out := bytes.Clone(data)
	binary.LittleEndian.PutUint32(out[8+2+4*12:], 8)
	return out
}

func TestTheBoxesCoverTheFile(t *testing.T) {
	for _, f := range []embed.Format{embed.PNG, embed.JPEG} {
		data := put(t, t, encoded(t, f), store(70_000, 3))
		boxes, err := embed.Boxes(bytes.NewReader(data), int64(len(data)), f)
		if err != nil {
			t.Fatal(err)
		}
		at, stores := int64(0), 0
		for _, b := range boxes {
			if b.Range.Start != at {
				t.Errorf("%v: %s begins at %d, and what was before ended at %d", f, b.Name, b.Range.Start, at)
			}
			at = b.Range.End()
			if b.Name == "C2PA" {
				stores++
			}
		}
		if at != int64(len(data)) || stores != 1 {
			t.Errorf("%v: the boxes end at %d of %d, with %d stores", f, at, len(data), stores)
		}
	}
}
