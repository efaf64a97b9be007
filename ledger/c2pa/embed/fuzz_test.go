package embed_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
)

// fuzz lets a format read anything: it finds a store that lies in the file, or says
// with a *Error what is wrong; and where a store can be put in, it is found again.
func fuzz(f *testing.F, format embed.Format, ext string) {
	for _, name := range []string{"unsigned", "es256", "ed25519-truncated"} {
		data, err := os.ReadFile(filepath.Join("..", "testdata", name+ext))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		var bad *embed.Error
		found, err := embed.Find(in, in.Size(), format)
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("%T %v", err, err)
		}
		if err == nil && (found.Range.Start < 0 || found.Range.Start >= in.Size()) {
			t.Fatalf("a store at %+v of %d bytes", found.Range, in.Size())
		}
		_, _ = embed.Boxes(in, in.Size(), format)
		store := append([]byte{0, 0, 0, 100, 'j', 'u', 'm', 'b', 0, 0, 0, 30, 'j', 'u', 'm', 'd', 'c', '2', 'p', 'a'}, make([]byte, 80)...)
		layout, err := embed.Plan(in, in.Size(), format, len(store))
		if err != nil {
			if !errors.As(err, &bad) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		var out bytes.Buffer
		if err := layout.Write(t.Context(), in, &out, store); err != nil {
			t.Fatal(err)
		}
		if err := layout.Hash(t.Context(), in, io.Discard); err != nil {
			t.Fatal(err)
		}
		again, err := embed.Find(bytes.NewReader(out.Bytes()), int64(out.Len()), format)
		if err != nil || !bytes.Equal(again.Data, store) {
			// A file that tells two stories about itself may.
			if !errors.As(err, &bad) && err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzPNG(f *testing.F)  { fuzz(f, embed.PNG, ".png") }
func FuzzJPEG(f *testing.F) { fuzz(f, embed.JPEG, ".jpg") }
func FuzzTIFF(f *testing.F) { fuzz(f, embed.TIFF, ".tif") }
