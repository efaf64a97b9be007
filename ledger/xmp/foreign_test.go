package xmp_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/xmp"
)

// What exiftool wrote is read, kept where it does not contradict, and leaves with the
// packet that it was in; its EXIF stays.
func TestAPacketOfExifTool(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool is not installed; make setup-test installs it")
	}
	dir := t.TempDir()
	files := pictures(t)
	args := []string{
		"-overwrite_original", "-q", "-EXIF:Artist=Somebody", "-XMP-dc:Title=Foreign", "-XMP-dc:Creator=A", "-XMP-dc:Creator=B",
		"-XMP-xmpRights:Marked=true", "-XMP-xmp:Rating=3", "-XMP-plus:LicensorName=Agent", "-XMP-plus:LicensorURL=https://a.example/",
		"-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "-XMP-xmpMM:DocumentID=xmp.did:1",
	}
	for name, file := range files {
		if strings.HasPrefix(name, "big-") || strings.HasPrefix(name, "classic-") {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, filepath.Join(dir, name))
	}
	if out, err := exec.CommandContext(t.Context(), "exiftool", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	merged := map[string][]byte{}
	for name, file := range files {
		foreign, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		old := read(t, foreign)
		fields, err := xmp.Parse(old)
		want := xmp.Fields{
			Model: true, Title: "Foreign", Creators: []string{"A", "B"}, Marked: yes(), Licensors: []xmp.Licensor{{Name: "Agent", URL: "https://a.example/"}},
		}
		if err != nil || !reflect.DeepEqual(fields, want) {
			t.Errorf("%s: %+v, %v in\n%s", name, fields, err, old)
		}
		packet, err := xmp.Merge(old, xmp.Fields{Person: true, Title: "Ours"})
		if err != nil {
			t.Fatal(err)
		}
		merged[name] = embed(t, foreign, packet)
		if bytes.Contains(merged[name], []byte("Foreign")) {
			t.Errorf("%s: the packet before is still there", name)
		}
		if !reflect.DeepEqual(pixels(t, name, merged[name]), pixels(t, name, file)) {
			t.Errorf("%s: the picture is another", name)
		}
	}
	if len(merged) != 6 {
		t.Errorf("%d files were looked at", len(merged))
	}
	for name, found := range askExifTool(t, merged, "-XMP:all", "-EXIF:Artist") {
		delete(found, "SourceFile")
		want := map[string]any{
			"XMP-dc:Title": "Ours", "XMP-dc:Creator": []any{"A", "B"}, "XMP-xmp:Rating": 3.0, "XMP-xmpMM:DocumentID": "xmp.did:1", "IFD0:Artist": "Somebody",
			"XMP-xmpRights:Marked": true, "XMP-iptcExt:DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation",
			"XMP-plus:Licensor": []any{map[string]any{"LicensorName": "Agent", "LicensorURL": "https://a.example/"}},
		}
		if !reflect.DeepEqual(found, want) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func pngChunk(kind, content string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	out = append(out, kind+content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+content)))
}

func deflate(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// afterIHDR puts chunks into a PNG.
func afterIHDR(file []byte, chunks ...[]byte) []byte {
	const begin = 8 + 25
	return bytes.Join([][]byte{file[:begin], bytes.Join(chunks, nil), file[begin:]}, nil)
}

// PNG may hold the packet compressed, and ImageMagick hides a copy of it elsewhere.
func TestOtherWaysOfPNG(t *testing.T) {
	plain := pictures(t)["go.png"]
	old := build(t, xmp.Fields{Title: "Old"})
	profile := pngChunk("zTXt", "Raw profile type xmp\x00\x00"+deflate(t, old))
	note := pngChunk("tEXt", "Comment\x00a note")
	file := afterIHDR(plain, note, pngChunk("iTXt", "XML:com.adobe.xmp\x00\x01\x00en\x00x\x00"+deflate(t, old)), profile)
	if got := read(t, file); !bytes.Equal(got, old) {
		t.Errorf("compressed, it is read as %q", got)
	}
	packet := build(t, xmp.Fields{Title: "New"})
	got := embed(t, file, packet)
	if !bytes.Equal(got, embed(t, afterIHDR(plain, note), packet)) {
		t.Errorf("what is left is %q", got)
	}
	bomb := pngChunk("iTXt", "XML:com.adobe.xmp\x00\x01\x00\x00\x00"+deflate(t, make([]byte, xmp.MaxPacket+1)))
	var large *xmp.TooLargeError
	if _, err := xmp.Read(bytes.NewReader(afterIHDR(plain, bomb)), int64(len(plain)+len(bomb))); !errors.As(err, &large) {
		t.Errorf("a bomb: %v", err)
	}
	for name, content := range map[string]string{
		"another method": "\x01\x01\x00\x00x", "no zlib": "\x01\x00\x00\x00x", "cut zlib": "\x01\x00\x00\x00" + deflate(t, old)[:40], "no keyword": "\x00\x00en", "nothing": "",
	} {
		c := pngChunk("iTXt", "XML:com.adobe.xmp\x00"+content)
		var bad *xmp.FormatError
		if _, err := xmp.Read(bytes.NewReader(afterIHDR(plain, c)), int64(len(plain)+len(c))); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A JPEG may have fill bytes, and a second part of a long packet.
func TestOtherWaysOfJPEG(t *testing.T) {
	plain := pictures(t)["go.jpg"]
	segment := func(content string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xff, 0xff, 0xe1}, uint16(2+len(content))), content...)
	}
	old := build(t, xmp.Fields{Title: "Old"})
	file := bytes.Join([][]byte{
		plain[:2], segment("http://ns.adobe.com/xap/1.0/\x00" + string(old)), segment("http://ns.adobe.com/xmp/extension/\x00Old, too"), segment("Exif\x00\x00MM\x00*"), plain[2:],
	}, nil)
	if got := read(t, file); !bytes.Equal(got, old) {
		t.Errorf("read as %q", got)
	}
	packet := build(t, xmp.Fields{Title: "New"})
	if got := embed(t, file, packet); bytes.Contains(got, []byte("Old")) || !bytes.Equal(read(t, got), packet) || !bytes.Contains(got, []byte("\xff\xff\xff\xe1\x00\x0cExif")) {
		t.Errorf("what is left is %q", got[:min(len(got), 900)])
	}
}

// In a TIFF the old packet may lie in the midst of what is pointed at: it becomes
// zeros. What is no packet is left alone, whatever the tag says.
func TestOtherWaysOfTIFF(t *testing.T) {
	for _, name := range []string{"go.tif", "classic-LittleEndian.tif", "classic-BigEndian.tif"} {
		plain := pictures(t)[name]
		old := embed(t, plain, build(t, xmp.Fields{Title: "Old"}))
		file := append(bytes.Clone(old), "something that others appended"...)
		packet := build(t, xmp.Fields{Title: "New"})
		got := embed(t, file, packet)
		if bytes.Contains(got, []byte("Old")) || !bytes.Contains(got, []byte("others appended")) || !bytes.Equal(read(t, got), packet) {
			t.Errorf("%s: what is left is %q", name, got)
		}
		if !reflect.DeepEqual(pixels(t, name, got), pixels(t, name, plain)) {
			t.Errorf("%s: the picture is another", name)
		}
	}
	// The tag points at the picture.
	plain := pictures(t)["go.tif"]
	old := build(t, xmp.Fields{Title: "Old"})
	file := embed(t, plain, old)
	at := bytes.Index(file, []byte{700 & 255, 700 >> 8, 1, 0})
	binary.LittleEndian.PutUint32(file[at+8:], 16)
	binary.LittleEndian.PutUint32(file[at+4:], 200)
	if got := embed(t, file, build(t, xmp.Fields{Title: "New"})); !reflect.DeepEqual(pixels(t, "pointing at the picture", got), pixels(t, "go.tif", plain)) {
		t.Error("the picture was taken for a packet")
	}
}
