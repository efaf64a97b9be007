package icc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// The profiles of Debian's packages icc-profiles-free, colord-data and
// libgs10-common, which packaging/setup installs for the tests.
const (
	free   = "/usr/share/color/icc/"
	colord = "/usr/share/color/icc/colord/"
	press  = "/usr/share/color/icc/ghostscript/"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the packages that packaging/setup -test installs are missing: ", err)
	}
	return data
}

func parse(t testing.TB, path string) *Profile {
	t.Helper()
	p, err := Parse(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// littleCMS converts pixels of 0..1 with transicc.
func littleCMS(t *testing.T, pixels [][]float64, scale float64, out int, args ...string) [][]float64 {
	t.Helper()
	if _, err := exec.LookPath("transicc"); err != nil {
		t.Skip("transicc is not installed")
	}
	var in strings.Builder
	for _, p := range pixels {
		for _, v := range p {
			fmt.Fprintf(&in, "%.6f ", v*scale)
		}
		in.WriteByte('\n')
	}
	cmd := exec.Command("transicc", append([]string{"-n", "-v0", "-c0"}, args...)...)
	cmd.Stdin = strings.NewReader(in.String())
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float64
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < out {
			continue
		}
		p := make([]float64, out)
		for i := range p {
			if p[i], err = strconv.ParseFloat(f[i], 64); err != nil {
				break
			}
		}
		if err == nil {
			all = append(all, p)
		}
	}
	if len(all) != len(pixels) {
		t.Fatalf("transicc answered %d lines for %d: %.200s", len(all), len(pixels), text)
	}
	return all
}

// colors are corners and others of a space with n channels.
func colors(n, count int) [][]float64 {
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	all := make([][]float64, 0, count)
	for i := range 1 << n {
		p := make([]float64, n)
		for c := range p {
			p[c] = float64(i >> c & 1)
		}
		all = append(all, p)
	}
	for len(all) < count {
		p := make([]float64, n)
		for c := range p {
			p[c] = rng.Float64()
		}
		all = append(all, p)
	}
	for _, p := range all {
		for c := range p { // on the 16 bit grid, which both take exactly
			p[c] = math.Round(p[c]*65535) / 65535
		}
	}
	return all
}

func transform(t *Transform, pixels [][]float64) [][]float64 {
	src := make([]uint16, 0, len(pixels)*t.In())
	for _, p := range pixels {
		for _, v := range p {
			src = append(src, uint16(math.Round(v*65535)))
		}
	}
	dst := make([]uint16, len(pixels)*t.Out())
	t.Row(dst, src)
	all := make([][]float64, len(pixels))
	for i := range all {
		for c := range t.Out() {
			all[i] = append(all[i], float64(dst[i*t.Out()+c])/65535)
		}
	}
	return all
}

func lab(p []float64, scale float64) color.Lab {
	return color.RGB{p[0] / scale, p[1] / scale, p[2] / scale}.Clamp().Linear().CIELAB()
}

// TestAgainstLittleCMS: every kind of profile to sRGB, with and without black
// point compensation, within 0.25 of CIEDE2000 everywhere and 0.04 on average.
func TestAgainstLittleCMS(t *testing.T) {
	for _, c := range []struct {
		path   string
		intent Intent
		black  bool
	}{
		{free + "compatibleWithAdobeRGB1998.icc", RelativeColorimetric, false},
		{free + "LStar-RGB.icc", RelativeColorimetric, false},
		{free + "CineonLog_M_Knee_10.icc", Perceptual, false},
		{free + "Gray.icc", RelativeColorimetric, false},
		{free + "Gray-CIE_L.icc", RelativeColorimetric, false},
		{colord + "ProPhotoRGB.icc", RelativeColorimetric, false},
		{colord + "ECI-RGBv2.icc", RelativeColorimetric, true},
		{colord + "SwappedRedAndGreen.icc", RelativeColorimetric, false},
		{press + "ps_cmyk.icc", RelativeColorimetric, false},
		{press + "default_cmyk.icc", Perceptual, false},
		{press + "default_cmyk.icc", RelativeColorimetric, false},
		{press + "default_cmyk.icc", RelativeColorimetric, true},
		{press + "default_cmyk.icc", Saturation, false},
	} {
		t.Run(fmt.Sprintf("%s-%d-%v", filepath.Base(c.path), c.intent, c.black), func(t *testing.T) {
			p := parse(t, c.path)
			tr, err := ToSRGB(p, c.intent, c.black)
			if err != nil {
				t.Fatal(err)
			}
			compareToSRGB(t, tr, c.path, c.intent, c.black, p.Space)
		})
	}
}

func compareToSRGB(t *testing.T, tr *Transform, path string, intent Intent, black bool, space string) {
	t.Helper()
	const mean, most = 0.04, 0.25
	pixels := colors(tr.In(), 700)
	scale := map[string]float64{RGB: 255, CMYK: 100, Gray: 255}[space]
	// Its built-in sRGB is of version 4, which would turn black point compensation
	// on for the perceptual intent.
	args := []string{"-i" + path, "-o" + free + "sRGB.icc", "-t" + strconv.Itoa(int(intent))}
	if black {
		args = append(args, "-b")
	}
	want := littleCMS(t, pixels, scale, 3, args...)
	got := transform(tr, pixels)
	var sum, worst float64
	var at int
	for i := range got {
		d := color.Delta2000(lab(got[i], 1), lab(want[i], 255))
		sum += d
		if d > worst {
			worst, at = d, i
		}
	}
	t.Logf("mean %.4f, most %.4f", sum/float64(len(got)), worst)
	if sum/float64(len(got)) > mean || worst > most {
		t.Errorf("mean %.3f (at most %g), most %.3f (at most %g) at %v: %v, Little CMS %v", sum/float64(len(got)), mean, worst, most, pixels[at], got[at], want[at])
	}
}

// TestToPressAgainstLittleCMS: sRGB to CMYK. The inks are compared: at most 0.3 %
// of an ink apart, and 0.03 % on average. Black point compensation is compared
// by what it is for, since Little CMS finds the press's black by another way.
func TestToPressAgainstLittleCMS(t *testing.T) {
	path := press + "default_cmyk.icc"
	p := parse(t, path)
	for _, intent := range []Intent{Perceptual, RelativeColorimetric, Saturation} {
		tr, err := FromSRGB(p, intent, false)
		if err != nil {
			t.Fatal(err)
		}
		pixels := colors(3, 700)
		want := littleCMS(t, pixels, 255, 4, "-i"+free+"sRGB.icc", "-o"+path, "-t"+strconv.Itoa(int(intent)))
		got := transform(tr, pixels)
		var sum, worst float64
		for i := range got {
			for c := range 4 {
				d := math.Abs(100*got[i][c] - want[i][c])
				sum, worst = sum+d/4, max(worst, d)
			}
		}
		t.Logf("intent %d: mean %.3f %%, most %.3f %%", intent, sum/700, worst)
		if sum/700 > 0.03 || worst > 0.3 {
			t.Errorf("intent %d: mean %.3f %%, most %.3f %% of an ink", intent, sum/700, worst)
		}
	}
}

// TestBlackPoint: with compensation dark greys that a press cannot tell apart
// stay apart, and white does not move.
func TestBlackPoint(t *testing.T) {
	p := parse(t, press+"default_cmyk.icc")
	to, err := FromSRGB(p, RelativeColorimetric, true)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ToSRGB(p, RelativeColorimetric, true)
	if err != nil {
		t.Fatal(err)
	}
	last := -1.0
	for _, v := range []float64{0, 0.04, 0.08, 0.12, 0.2, 0.4, 0.7, 1} {
		got := transform(back, transform(to, [][]float64{{v, v, v}}))[0]
		l := lab(got, 1)[0]
		if l < last+0.5 {
			t.Errorf("grey %g comes back as L %.2f, and a darker one as %.2f", v, l, last)
		}
		last = l
		if d := color.Delta2000(lab(got, 1), lab([]float64{v, v, v}, 1)); d > 3 {
			t.Errorf("grey %g comes back %.2f away", v, d)
		}
	}
	if last < 99 {
		t.Errorf("white comes back as L %.2f", last)
	}
}

// TestVersionFour reads lutAToBType and lutBToAType, in tables that linkicc made
// of a press's profile.
func TestVersionFour(t *testing.T) {
	if _, err := exec.LookPath("linkicc"); err != nil {
		t.Skip("linkicc is not installed")
	}
	read(t, press+"default_cmyk.icc")
	dir := t.TempDir()
	link := func(name string, from, to string) string {
		path := filepath.Join(dir, name)
		if out, err := exec.Command("linkicc", "-r4.3", "-t1", "-c2", "-b", "-o"+path, from, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte("mAB ")) {
			t.Fatal("linkicc wrote no table of version 4")
		}
		copy(data[12:], "prtr") // a link from ink to Lab is what a table from ink is
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := link("a2b.icc", press+"default_cmyk.icc", "*Lab4")
	p := parse(t, path)
	tr, err := ToSRGB(p, RelativeColorimetric, false)
	if err != nil {
		t.Fatal(err)
	}
	compareToSRGB(t, tr, path, RelativeColorimetric, false, CMYK)
}

// TestMatrixBothWays: what goes to an RGB space and comes back is what it was.
func TestMatrixBothWays(t *testing.T) {
	for _, path := range []string{colord + "ProPhotoRGB.icc", free + "compatibleWithAdobeRGB1998.icc"} {
		p := parse(t, path)
		to, err := FromSRGB(p, RelativeColorimetric, false)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ToSRGB(p, RelativeColorimetric, false)
		if err != nil {
			t.Fatal(err)
		}
		pixels := colors(3, 300)
		got := transform(back, transform(to, pixels))
		for i := range got {
			if d := color.Delta2000(lab(got[i], 1), lab(pixels[i], 1)); d > 0.2 {
				t.Errorf("%s: %v comes back as %v, %.2f away", path, pixels[i], got[i], d)
			}
		}
	}
}

func TestSRGBIsLeftAlone(t *testing.T) {
	for path, want := range map[string]bool{
		free + "sRGB.icc": true, colord + "sRGB.icc": true, press + "srgb.icc": true,
		free + "compatibleWithAdobeRGB1998.icc": false, colord + "SwappedRedAndGreen.icc": false,
	} {
		tr, err := ToSRGB(parse(t, path), RelativeColorimetric, true)
		if err != nil {
			t.Fatal(err)
		}
		if tr.Identity() != want {
			t.Errorf("%s: identity is %v", path, tr.Identity())
		}
	}
}

func TestRefused(t *testing.T) {
	var bad *ProfileError
	p := parse(t, colord+"x11-colors.icc")
	if _, err := ToSRGB(p, Perceptual, false); !errors.As(err, &bad) || !strings.Contains(err.Error(), "nmcl") {
		t.Errorf("named colours: %v", err)
	}
	for _, data := range [][]byte{nil, make([]byte, 131), make([]byte, 4000)} {
		if _, err := Parse(data); !errors.As(err, &bad) {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	}
	// A table that says it has 255⁴ points.
	data := bytes.Clone(read(t, press+"ps_cmyk.icc"))
	at := bytes.Index(data, []byte("mft2"))
	data[at+10] = 255
	p, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ToSRGB(p, Perceptual, false); !errors.As(err, &bad) {
		t.Errorf("a table beyond its bytes: %v", err)
	}
}

// FuzzParse: no bytes bring the parser or a conversion down.
func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	for _, path := range []string{free + "Gray.icc", press + "a98.icc", press + "gray_to_k.icc", press + "lab.icc"} {
		if data, err := os.ReadFile(path); err == nil {
			f.Add(data)
		}
	}
	head := make([]byte, 200)
	copy(head[12:], "mntrRGB XYZ ")
	copy(head[36:], "acsp")
	binary.BigEndian.PutUint32(head[128:], 1)
	copy(head[132:], "A2B0\x00\x00\x00\x90\x00\x00\x00\x38")
	copy(head[144:], "mAB \x00\x00\x00\x00\x03\x03")
	f.Add(head)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			return
		}
		p.Name()
		for _, intent := range []Intent{Perceptual, RelativeColorimetric} {
			if tr, err := ToSRGB(p, intent, true); err == nil {
				src := make([]uint16, 3*tr.In())
				for i := range src {
					src[i] = uint16(i * 21845)
				}
				tr.Row(make([]uint16, 3*tr.Out()), src)
			}
			if tr, err := FromSRGB(p, intent, true); err == nil {
				tr.Row(make([]uint16, tr.Out()), []uint16{0, 65535, 300})
			}
		}
	})
}
