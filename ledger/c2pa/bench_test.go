package c2pa_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa"
)

// largeTIFF writes a TIFF of one strip of 50 MB into a file.
func largeTIFF(b *testing.B) *os.File {
	b.Helper()
	const side = 4082 // three bytes a pixel
	f, err := os.Create(filepath.Join(b.TempDir(), "large.tif"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	w := bufio.NewWriterSize(f, 1<<20)
	order := binary.LittleEndian
	entries := [][4]uint32{
		{256, 3, 1, side}, {257, 3, 1, side}, {258, 3, 1, 8}, {259, 3, 1, 1}, {262, 3, 1, 2}, {273, 4, 1, 8 + 2 + 9*12 + 4},
		{277, 3, 1, 3}, {278, 3, 1, side}, {279, 4, 1, side * side * 3},
	}
	head := append([]byte("II"), 42, 0, 8, 0, 0, 0)
	head = order.AppendUint16(head, uint16(len(entries)))
	for _, e := range entries {
		head = order.AppendUint16(order.AppendUint16(head, uint16(e[0])), uint16(e[1]))
		head = order.AppendUint32(order.AppendUint32(head, e[2]), e[3])
	}
	if _, err := w.Write(order.AppendUint32(head, 0)); err != nil {
		b.Fatal(err)
	}
	noise := rand.NewChaCha8([32]byte{1})
	if _, err := io.CopyN(w, noise, side*side*3); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkSign50MB signs a TIFF of 50 MB into another file. It should take less than
// one and a half times what BenchmarkHashTwice50MB takes.
func BenchmarkSign50MB(b *testing.B) {
	s := newStudio(b, "ES256")
	f := largeTIFF(b)
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	out, err := os.Create(filepath.Join(b.TempDir(), "signed.tif"))
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := out.Seek(0, io.SeekStart); err != nil {
			b.Fatal(err)
		}
		if err := c2pa.Sign(b.Context(), f, info.Size(), out, created(), s.signer); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHashTwice50MB is the measure of BenchmarkSign50MB.
func BenchmarkHashTwice50MB(b *testing.B) {
	f := largeTIFF(b)
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		for range 2 {
			h := sha256.New()
			if _, err := io.CopyBuffer(struct{ io.Writer }{h}, io.NewSectionReader(f, 0, info.Size()), make([]byte, 1<<20)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRead50MB judges a signed TIFF of 50 MB.
func BenchmarkRead50MB(b *testing.B) {
	s := newStudio(b, "ES256")
	f := largeTIFF(b)
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	var signed bytes.Buffer
	if err := c2pa.Sign(b.Context(), f, info.Size(), &signed, created(), s.signer); err != nil {
		b.Fatal(err)
	}
	in := bytes.NewReader(signed.Bytes())
	b.SetBytes(in.Size())
	for b.Loop() {
		if r, err := c2pa.Read(b.Context(), in, in.Size(), s.trust()); err != nil || r.State != c2pa.Valid {
			b.Fatal(r, err)
		}
	}
}
