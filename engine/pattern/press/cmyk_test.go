package press

import (
	"bytes"
	"context"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/icc"
)

// TestCMYKComesBack: through a real profile into a TIFF, and back to sRGB in
// ImageMagick with the profile that the file carries, mild colours are what they
// were.
func TestCMYKComesBack(t *testing.T) {
	const path = "/usr/share/color/icc/ghostscript/default_cmyk.icc"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("Ghostscript's profiles are not installed; make setup-test installs them: ", err)
	}
	profile, err := icc.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	transform, err := icc.FromSRGB(profile, icc.RelativeColorimetric, false)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, 6, 6))
	for i := range 36 {
		copy(img.Pix[4*i:], []uint8{uint8(140 + 12*(i%6)), uint8(140 + 12*(i/6)), uint8(150 + i), 255})
	}
	p := FromImage(img)
	for _, bits := range []int{8, 16} {
		from := p
		if bits == 16 {
			from = FromPremultiplied(6, 6, 16, func(y int) []uint16 {
				row := make([]uint16, 24)
				for i := range row {
					row[i] = 257 * uint16(img.Pix[24*y+i])
				}
				return row
			})
		}
		inks, err := from.ToCMYK(transform)
		if err != nil {
			t.Fatal(err)
		}
		m := described(150)
		m.Profile = data
		dir := put(t, map[string]func(io.Writer) error{"cmyk.tif": func(w io.Writer) error { return WriteTIFF(context.Background(), w, inks, m, TIFF{}) }})
		file := filepath.Join(dir, "cmyk.tif")
		if got := run(t, "identify", "-format", "%[colorspace] %z", file); got != map[int]string{8: "CMYK 8", 16: "CMYK 16"}[bits] {
			t.Errorf("identify: %s", got)
		}
		e := exif(t, file)
		if e["ICC_Profile:ColorSpaceData"] != "CMYK" {
			t.Errorf("exiftool: %v", e["ICC_Profile:ColorSpaceData"])
		}
		srgb := filepath.Join(dir, "srgb.icc")
		if err := os.WriteFile(srgb, (Meta{}).profile(RGB), 0o600); err != nil {
			t.Fatal(err)
		}
		raw := []byte(run(t, "convert", file, "-intent", "Relative", "-profile", srgb, "-depth", "8", "rgb:-"))
		want := pixels(p)
		worst := 0.0
		for i := 0; i+2 < len(want); i += 3 {
			worst = max(worst, color.Delta2000(lab(raw[i:]), lab(want[i:])))
		}
		t.Logf("%d bits: worst ΔE2000 %.2f", bits, worst)
		if worst > 2.5 {
			t.Errorf("%d bits: colours come back %.2f off", bits, worst)
		}
	}
	// Files without a profile, or with another's, are refused.
	inks, err := p.ToCMYK(transform)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []Meta{{}, {Profile: (Meta{}).profile(RGB)}} {
		err := WriteTIFF(context.Background(), &bytes.Buffer{}, inks, m, TIFF{})
		if err == nil || !strings.Contains(err.Error(), "profile") {
			t.Errorf("%v", err)
		}
	}
}

func lab(px []byte) color.Lab {
	return color.RGB{float64(px[0]) / 255, float64(px[1]) / 255, float64(px[2]) / 255}.Linear().CIELAB()
}
