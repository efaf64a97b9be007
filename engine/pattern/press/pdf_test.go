package press

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// TestPDF: poppler finds a page of the true size, one image of every sample's
// depth and the right resolution, and gives back its pixels.
func TestPDF(t *testing.T) {
	ctx := context.Background()
	deep, clearer := sample(96, 64, 16, true, 1), sample(96, 64, 8, false, 2)
	palette := chips(5)
	index, err := FromIndex(locked(4, 96, 64, 5), 96, 64, palette)
	if err != nil {
		t.Fatal(err)
	}
	m := described(60)
	m.DPIY = 120
	dir := put(t, map[string]func(io.Writer) error{
		"flat.pdf":  func(w io.Writer) error { return WritePDF(ctx, w, deep.EightBit(), m) },
		"deep.pdf":  func(w io.Writer) error { return WritePDF(ctx, w, deep, m) },
		"clear.pdf": func(w io.Writer) error { return WritePDF(ctx, w, clearer, m) },
		"index.pdf": func(w io.Writer) error { return WritePDF(ctx, w, index, m) },
	})
	for name, p := range map[string]*Picture{"flat.pdf": deep.EightBit(), "deep.pdf": deep, "clear.pdf": clearer, "index.pdf": index} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			info := run(t, "pdfinfo", "-box", path)
			// 96 pixels at 60 DPI are 1.6 inches, 115.2 points; 64 at 120, 38.4.
			for _, part := range []string{"Pages:           1\n", "Page size:       115.2 x 38.4 pts", "R-1021 Rötlich", "effective 20.3 DPI"} {
				if !strings.Contains(info, part) {
					t.Errorf("pdfinfo has no %q:\n%s", part, info)
				}
			}
			list := strings.Split(strings.TrimSpace(run(t, "pdfimages", "-list", path)), "\n")
			f := strings.Fields(list[2])
			// page num type width height color comp bpc enc interp object ID x-ppi y-ppi
			space := "icc"
			if p.Model == Indexed {
				space = "index"
			}
			if f[3] != "96" || f[4] != "64" || f[5] != space || f[7] != fmt.Sprint(p.Bits) || f[12] != "60" || f[13] != "120" {
				t.Errorf("pdfimages: %s", list[2])
			}
			if p.Model == RGBA {
				if len(list) != 4 || !strings.Contains(list[3], "smask") {
					t.Errorf("no soft mask in\n%s", strings.Join(list, "\n"))
				}
			}
			// qpdf unpacks the samples; poppler keeps eight bits of sixteen.
			want := p
			if p.Model == RGBA {
				want = p.part(RGB, 0, 3)
				if got := run(t, "qpdf", "--show-object=9", "--filtered-stream-data", path); got != string(pixels(p.part(Gray, 3, 4))) {
					t.Error("qpdf finds another mask")
				}
			}
			if got := run(t, "qpdf", "--show-object=5", "--filtered-stream-data", path); got != string(pixels(want)) {
				t.Error("qpdf finds other samples")
			}
			run(t, "qpdf", "--check", path)
		})
	}
}

// TestLargePDF: a page beyond what a PDF's units reach states larger units.
func TestLargePDF(t *testing.T) {
	p := &Picture{Width: 60, Height: 3, Model: Gray, Bits: 8, Row: func(dst []byte, _ int) { clear(dst) }}
	data := write(t, func(w io.Writer) error { return WritePDF(context.Background(), w, p, Meta{DPIX: 0.2, DPIY: 0.2}) })
	// 60 pixels at 0.2 DPI are 300 inches, 21600 points.
	if !bytes.Contains(data, []byte("/MediaBox [0 0 14400 720] /TrimBox [0 0 14400 720] /UserUnit 1.5")) {
		t.Errorf("%.600s", data)
	}
	if err := WritePDF(context.Background(), io.Discard, p, Meta{}); err == nil {
		t.Error("a picture without size became a page")
	}
}

// TestPDFSeparates: Ghostscript separates a PDF of inks into screens of the
// positions' names, pixel for pixel.
func TestPDFSeparates(t *testing.T) {
	pos := inks(3)
	pos[1].Name = "rose (pâle) #2"
	s, err := NewSeparation(locked(3, 72, 72, 3), pattern.Size{Width: 72, Height: 72}, pattern.Repeat{}, pos)
	if err != nil {
		t.Fatal(err)
	}
	dir := put(t, map[string]func(io.Writer) error{"inks.pdf": func(w io.Writer) error {
		return WritePDF(context.Background(), w, s.Inks(), Meta{DPIX: 72, DPIY: 72})
	}})
	run(t, "gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-r72", "-sDEVICE=tiffsep", "-sOutputFile="+filepath.Join(dir, "out.tif"), filepath.Join(dir, "inks.pdf"))
	found := 0
	files, err := filepath.Glob(filepath.Join(dir, "out*.tif"))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pos {
		for _, f := range files {
			if !strings.Contains(f, strings.Fields(p.Name)[0]) || i != 1 && !strings.Contains(f, p.Name) {
				continue
			}
			img, err := tiff.Decode(bytes.NewReader(must(os.ReadFile(f))))
			if err != nil {
				t.Fatal(err)
			}
			found++
			if got := FromImage(img); got.Model != Gray || !bytes.Equal(pixels(got), pixels(s.Screen(i))) {
				t.Errorf("Ghostscript's screen of %s is another", p.Name)
			}
		}
	}
	if found != 3 {
		t.Errorf("%d screens in %q", found, files)
	}
}
