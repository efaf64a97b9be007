package xmp_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/xmp"
)

func picture() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 21, 13))
	for i := range m.Pix {
		m.Pix[i] = byte(i*i) | 3
	}
	return m
}

// pictures has a plain file of each kind, and those of other programs.
func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"go.png": func(b *bytes.Buffer) error { return png.Encode(b, picture()) },
		"go.jpg": func(b *bytes.Buffer) error { return jpeg.Encode(b, picture(), nil) },
		"go.tif": func(b *bytes.Buffer) error { return tiff.Encode(b, picture(), nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		out[name] = b.Bytes()
	}
	for _, name := range []string{"unsigned.png", "unsigned.jpg", "unsigned.tif"} {
		b, err := os.ReadFile(filepath.Join("..", "c2pa", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	for _, big := range []bool{false, true} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			name := map[bool]string{true: "big-", false: "classic-"}[big] + order.String() + ".tif"
			out[name] = tiffFile(order, big)
		}
	}
	return out
}

// tiffFile is a picture of one black and white pixel, in any of the four ways.
func tiffFile(order binary.AppendByteOrder, big bool) []byte {
	out := []byte("II")
	if order.String() == binary.BigEndian.String() {
		out = []byte("MM")
	}
	word := func(v uint64) {
		if big {
			out = order.AppendUint64(out, v)
		} else {
			out = order.AppendUint32(out, uint32(v))
		}
	}
	if big {
		out = order.AppendUint16(order.AppendUint16(order.AppendUint16(out, 43), 8), 0)
		word(24)
		out = append(out, make([]byte, 8)...)
		out[16] = 0x80
	} else {
		out = order.AppendUint16(out, 42)
		word(16)
		out = append(out, make([]byte, 8)...)
		out[8] = 0x80
	}
	pixel := uint64(len(out) - 8)
	entries := []struct {
		tag   uint16
		value uint64
	}{{256, 1}, {257, 1}, {258, 1}, {259, 1}, {262, 1}, {273, pixel}, {277, 1}, {278, 1}, {279, 1}, {33432, 0}} // the last one comes after that of XMP
	if big {
		out = order.AppendUint64(out, uint64(len(entries)))
	} else {
		out = order.AppendUint16(out, uint16(len(entries)))
	}
	for _, e := range entries {
		typ := uint16(4)
		if e.tag == 33432 {
			typ = 2
		}
		out = order.AppendUint16(order.AppendUint16(out, e.tag), typ)
		word(1)
		field := order.AppendUint32(nil, uint32(e.value))
		out = append(out, append(field, make([]byte, 4)...)[:map[bool]int{true: 8, false: 4}[big]]...)
	}
	word(0)
	return out
}

func yes() *bool { b := true; return &b }

// everything has every field, and the letters that XML has to escape.
func everything() xmp.Fields {
	return xmp.Fields{
		Model: true, Person: true,
		AISystem: "Starter <α>", AISystemVersion: "1.0 & more", AIPrompt: "peonies on ink, “dense”\r\n\t]]> 牡丹", AIPromptWriter: "Ida Nørd",
		Label: &xmp.Label{Label: "1", ContentProducer: `Studio "Nord"`, ProduceID: "p-7f21ac"},
		Title: "Pæonia", Description: "A half-drop.", Creators: []string{"Ida Nørd", "Bo & Co"}, Rights: "© 2026 Studio Nord",
		Credit: "Studio Nord", Source: "Selvage", Instruction: "Lay straight.", DateCreated: "2026-05-04", CreatorTool: "Selvage 1.0.0",
		Marked: yes(), WebStatement: "https://nord.example/licence?a=1&b=2", UsageTerms: "By licence only.",
		DataMining: xmp.DataMiningSeeConstraints, OtherConstraints: "No training before 2030.",
		Licensors: []xmp.Licensor{
			{Name: "Studio Nord", ID: "did:key:z6Mk", URL: "https://nord.example/", Email: "l@nord.example", Telephone: "+45 1", City: "Aarhus", Country: "Denmark"},
			{Name: "Agent"},
		},
	}
}

func build(t testing.TB, f xmp.Fields) []byte {
	t.Helper()
	packet, err := xmp.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func embed(t testing.TB, file, packet []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := xmp.Embed(bytes.NewReader(file), int64(len(file)), &out, packet); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(t testing.TB, file []byte) []byte {
	t.Helper()
	packet, err := xmp.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func pixels(t testing.TB, name string, file []byte) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

func TestInEveryFormat(t *testing.T) {
	first, second := build(t, everything()), build(t, xmp.Fields{Person: true, Title: "Less"})
	for name, file := range pictures(t) {
		var none *xmp.NoneError
		if _, err := xmp.Read(bytes.NewReader(file), int64(len(file))); !errors.As(err, &none) {
			t.Errorf("%s, as it was: %v", name, err)
		}
		one := embed(t, file, first)
		if got := read(t, one); !bytes.Equal(got, first) {
			t.Errorf("%s: read %q", name, got)
		}
		two := embed(t, one, second)
		if got := read(t, two); !bytes.Equal(got, second) {
			t.Errorf("%s, replaced: read %q", name, got)
		}
		// A prompt that is withheld now may not be found in what was disclosed before.
		if bytes.Contains(two, []byte("Ida N")) || bytes.Contains(two, []byte("peonies")) || bytes.Count(two, []byte("W5M0MpCehi")) != 1 {
			t.Errorf("%s: the packet before is still there", name)
		}
		if three := embed(t, two, second); !bytes.Equal(three, two) {
			t.Errorf("%s: replaced by itself, %d bytes became %d", name, len(two), len(three))
		}
		if strings.HasPrefix(name, "big-") {
			continue // the decoder does not know BigTIFF; exiftool does, in another test
		}
		if want := pixels(t, name, file); !reflect.DeepEqual(pixels(t, name, one), want) || !reflect.DeepEqual(pixels(t, name, two), want) {
			t.Errorf("%s: the picture is another", name)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("a<&>\"' \t\n\réß牡]\u2028\U0001f337")))
	rapid.Check(t, func(t *rapid.T) {
		f := everything()
		v := reflect.ValueOf(&f).Elem()
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.String && v.Type().Field(i).Name != "DataMining" {
				v.Field(i).SetString(text.Draw(t, v.Type().Field(i).Name))
			}
		}
		f.Creators = rapid.SliceOfN(text, 1, 3).Draw(t, "creators")
		f.Licensors[0].Name = text.Draw(t, "licensor")
		f.Label.ProduceID = text.Draw(t, "id")
		f.DataMining = rapid.SampledFrom([]xmp.DataMining{"", xmp.NoTraining, xmp.SearchOnly}).Draw(t, "mining")
		packet, err := xmp.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := xmp.Parse(packet)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("wrote %+v\nread %+v, %v\n%s", f, got, err, packet)
		}
		again, err := xmp.Merge(packet, f)
		if err != nil || !bytes.Equal(again, packet) {
			t.Fatalf("merged with itself:\n%s\n%s, %v", packet, again, err)
		}
	})
}

// What others wrote is kept, and what would now be false is not.
func TestMerge(t *testing.T) {
	old := `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Other 1">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"` +
		` xmlns:own="https://github.com/selvage-studio/selvage/ns/1.0/" own:pattern="{&quot;pattern&quot;:&quot;peony&quot;}" xmp:Rating="4"` +
		` xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" I:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"` +
		` xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="ABC">` +
		`<I:AIPromptInformation>secret</I:AIPromptInformation><xmp:CreatorTool>Other</xmp:CreatorTool></rdf:Description>` +
		`<rdf:Description xmlns:z="http://z.example/a&amp;b#" xmlns:rdf2="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><z:list><rdf2:Bag><rdf2:li xml:lang="da">æ</rdf2:li>` +
		`<rdf2:li rdf2:parseType="Resource"><z:deep z:at="1">x</z:deep></rdf2:li></rdf2:Bag></z:list><bare>no namespace</bare></rdf:Description>` +
		`</rdf:RDF></x:xmpmeta>` + strings.Repeat(" \n", 1000) + `<?xpacket end="w"?>`
	packet, err := xmp.Merge([]byte(old), xmp.Fields{Person: true, CreatorTool: "Selvage"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(packet)
	for _, want := range []string{
		"<selvage:pattern>{&#34;pattern&#34;:&#34;peony&#34;}</selvage:pattern>", "<xmp:Rating>4</xmp:Rating>", "<xmp:CreatorTool>Selvage</xmp:CreatorTool>",
		"digitalsourcetype/digitalCreation", `<rdf:li xml:lang="da">æ</rdf:li>`, `="http://z.example/a&amp;b#"`, `rdf:parseType="Resource"`,
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%s is there %d times in\n%s", want, strings.Count(got, want), got)
		}
	}
	for _, gone := range []string{"secret", "trainedAlgorithmicMedia", "HasExtendedXMP", ">Other<", "no namespace"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s is still there in\n%s", gone, got)
		}
	}
	if again, err := xmp.Merge(packet, xmp.Fields{Person: true, CreatorTool: "Selvage"}); err != nil || !bytes.Equal(again, packet) {
		t.Errorf("merged again it is\n%s, %v", again, err)
	}
}

func TestSourceTypes(t *testing.T) {
	for want, f := range map[string]xmp.Fields{
		"trainedAlgorithmicMedia":              {Model: true},
		"compositeWithTrainedAlgorithmicMedia": {Model: true, Person: true},
		"digitalCreation":                      {Person: true},
		"algorithmicMedia":                     {Rule: true},
		"composite":                            {Rule: true, Person: true},
	} {
		if packet := string(build(t, f)); !strings.Contains(packet, ">http://cv.iptc.org/newscodes/digitalsourcetype/"+want+"<") {
			t.Errorf("%s is not in %s", want, packet)
		}
	}
	// The mark is there unless somebody asked for it not to be.
	unmarked := string(build(t, xmp.Fields{Model: true, Unmarked: true, AISystem: "Starter", Title: "x"}))
	if strings.Contains(unmarked, "Iptc4xmpExt") || !strings.Contains(unmarked, "title") {
		t.Errorf("unmarked: %s", unmarked)
	}
}

func TestRefused(t *testing.T) {
	for field, spoil := range map[string]func(*xmp.Fields){
		"Title":                     func(f *xmp.Fields) { f.Title = "a\x00b" },
		"Description":               func(f *xmp.Fields) { f.Description = "a\xff" },
		"AIPrompt":                  func(f *xmp.Fields) { f.AIPrompt = strings.Repeat("x", 65<<10) },
		"Creators[1]":               func(f *xmp.Fields) { f.Creators[1] = "\x1b[0m" },
		"Licensors[0].LicensorName": func(f *xmp.Fields) { f.Licensors[0].Name = "\ufffe" },
		"Licensors":                 func(f *xmp.Fields) { f.Licensors = make([]xmp.Licensor, 4) },
		"Model":                     func(f *xmp.Fields) { f.Model, f.Label = false, nil },
		"Label":                     func(f *xmp.Fields) { f.Unmarked = true },
		"Label.Label":               func(f *xmp.Fields) { f.Label.Label = "yes" },
		"DataMining":                func(f *xmp.Fields) { f.DataMining = "no" },
		"OtherConstraints":          func(f *xmp.Fields) { f.OtherConstraints = "" },
	} {
		f := everything()
		spoil(&f)
		var wrong *xmp.FieldError
		if _, err := xmp.Build(f); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var large *xmp.TooLargeError
	f := everything()
	f.AIPrompt, f.Description = strings.Repeat("x", 64<<10), "y"
	packet := build(t, f)
	jpg := pictures(t)["go.jpg"]
	if err := xmp.Embed(bytes.NewReader(jpg), int64(len(jpg)), &bytes.Buffer{}, packet); !errors.As(err, &large) || large.Format != "JPEG" {
		t.Errorf("a long packet in JPEG: %v", err)
	}
	if err := xmp.Embed(bytes.NewReader(jpg), int64(len(jpg)), &bytes.Buffer{}, make([]byte, xmp.MaxPacket+1)); !errors.As(err, &large) {
		t.Errorf("too long a packet: %v", err)
	}
	var packetError *xmp.PacketError
	for name, bad := range map[string]string{
		"nothing": "", "text": "hello", "HTML": "<html></html>", "a doctype": `<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta xmlns:x="adobe:ns:meta/"/>`,
		"a doctype before RDF": `<!DOCTYPE x><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>`,
		"deep RDF": `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + strings.Repeat("<rdf:Description>", 40) +
			strings.Repeat("</rdf:Description>", 40) + "</rdf:RDF>",
		"no RDF": `<x:xmpmeta xmlns:x="adobe:ns:meta/"/>`, "open": "<a><b></a>", "deep": strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"two": "<a/><b/>",
	} {
		if _, err := xmp.Parse([]byte(bad)); !errors.As(err, &packetError) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that is cut anywhere, or is something else, is refused with its own error.
func TestDamage(t *testing.T) {
	packet := build(t, everything())
	for name, file := range pictures(t) {
		file = embed(t, file, packet)
		for n := range len(file) {
			cut := file[:n]
			var bad *xmp.FormatError
			_, err := xmp.Read(bytes.NewReader(cut), int64(n))
			switch {
			case err == nil: // JPEG, cut behind its packet
				if !strings.HasSuffix(name, ".jpg") {
					t.Errorf("%s cut to %d bytes is read", name, n)
				}
			case !errors.As(err, &bad):
				t.Errorf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
	good := embed(t, pictures(t)["go.png"], packet)
	flipped := bytes.Replace(good, []byte("Pæonia"), []byte("Pæanio"), 1)
	var bad *xmp.FormatError
	if _, err := xmp.Read(bytes.NewReader(flipped), int64(len(flipped))); !errors.As(err, &bad) {
		t.Errorf("a packet with another check sum: %v", err)
	}
	for _, other := range []string{"", "GIF89a", "%PDF-1.7", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "II*\x00\xff\xff\xff\xff"} {
		if _, err := xmp.Read(strings.NewReader(other), int64(len(other))); !errors.As(err, &bad) {
			t.Errorf("%q: %v", other, err)
		}
	}
}

func seeds(f *testing.F) {
	packet := build(f, everything())
	for _, name := range []string{"go.png", "go.jpg", "classic-LittleEndian.tif", "big-BigEndian.tif"} {
		f.Add(embed(f, pictures(f)[name], packet))
	}
}

// Whatever takes a packet gives it back.
func FuzzEmbed(f *testing.F) {
	seeds(f)
	packet := build(f, xmp.Fields{Person: true, Title: "x"})
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _ = xmp.Read(bytes.NewReader(file), int64(len(file)))
		var out bytes.Buffer
		if xmp.Embed(bytes.NewReader(file), int64(len(file)), &out, packet) != nil {
			return
		}
		got, err := xmp.Read(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil || !bytes.Equal(got, packet) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func FuzzPacket(f *testing.F) {
	f.Add(build(f, everything()))
	f.Add([]byte(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:a="b:c" a:d="e"/></rdf:RDF>`))
	f.Fuzz(func(t *testing.T, packet []byte) {
		if _, err := xmp.Parse(packet); err != nil {
			return
		}
		merged, err := xmp.Merge(packet, xmp.Fields{Person: true})
		if err != nil {
			var large *xmp.TooLargeError
			if !errors.As(err, &large) {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			return
		}
		again, err := xmp.Merge(merged, xmp.Fields{Person: true})
		if err != nil || !bytes.Equal(again, merged) {
			t.Errorf("merged twice it is\n%s\nnot\n%s, %v", again, merged, err)
		}
	})
}
