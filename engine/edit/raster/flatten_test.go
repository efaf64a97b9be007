package raster

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"image"
	"image/color"
	"image/png"

	"pgregory.net/rapid"
)

// The formulas of W3C Compositing and Blending Level 1, section 10.1, in real
// numbers and in the words of the specification.
func specified(b Blend, cb, cs float64) float64 {
	multiply := func(a, b float64) float64 { return a * b }
	screen := func(a, b float64) float64 { return a + b - a*b }
	hard := func(cb, cs float64) float64 {
		if cs <= 0.5 {
			return multiply(cb, 2*cs)
		}
		return screen(cb, 2*cs-1)
	}
	switch b { //nolint:exhaustive // Normal is the last line
	case Multiply:
		return multiply(cb, cs)
	case Screen:
		return screen(cb, cs)
	case Overlay:
		return hard(cs, cb)
	case Darken:
		return math.Min(cb, cs)
	case Lighten:
		return math.Max(cb, cs)
	case ColorDodge:
		if cb == 0 {
			return 0
		} else if cs == 1 {
			return 1
		}
		return math.Min(1, cb/(1-cs))
	case ColorBurn:
		if cb == 1 {
			return 1
		} else if cs == 0 {
			return 0
		}
		return 1 - math.Min(1, (1-cb)/cs)
	case HardLight:
		return hard(cb, cs)
	case SoftLight:
		if cs <= 0.5 {
			return cb - (1-2*cs)*cb*(1-cb)
		}
		d := math.Sqrt(cb)
		if cb <= 0.25 {
			d = ((16*cb-12)*cb + 4) * cb
		}
		return cb + (2*cs-1)*(d-cb)
	case Difference:
		return math.Abs(cb - cs)
	case Exclusion:
		return cb + cs - 2*cb*cs
	}
	return cs
}

func TestBlendFunctionsAreTheSpecifications(t *testing.T) {
	edges := []uint32{0, 1, 2, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xfffe, Opaque}
	for _, b := range Blends() {
		worst := 0.0
		check := func(cb, cs uint32) {
			got := b.blendFunc()(cb, cs)
			want := specified(b, float64(cb)/Opaque, float64(cs)/Opaque) * Opaque
			worst = max(worst, math.Abs(float64(got)-want))
		}
		for _, cb := range edges {
			for _, cs := range edges {
				check(cb, cs)
			}
		}
		for cb := uint32(0); cb <= Opaque; cb += 97 {
			for cs := uint32(0); cs <= Opaque; cs += 193 {
				check(cb, cs)
			}
		}
		limit := 0.5001
		if b == SoftLight {
			limit = 1
		}
		if worst > limit {
			t.Errorf("%s is off by %g of 65535, more than %g", b, worst, limit)
		}
	}
}

// A pixel over a pixel, at any alpha and opacity, in every mode: within one of
// the formula in real numbers on the 16 bit colours.
func TestFlattenIsTheSpecifications(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pixel := func(name string) (p [4]uint16, c [3]float64) {
			a := rapid.OneOf(rapid.Just(uint32(Opaque)), rapid.Uint32Range(1, Opaque)).Draw(t, name+" alpha")
			for i := range c {
				p[i] = uint16(rapid.Uint32Range(0, a).Draw(t, name))
				c[i] = float64(Unpremultiply(uint32(p[i]), a)) / Opaque
			}
			p[3] = uint16(a)
			return p, c
		}
		under, cb := pixel("backdrop")
		upon, cs := pixel("source")
		blend := rapid.SampledFrom(Blends()).Draw(t, "blend")
		opacity := uint16(rapid.OneOf(rapid.Just(uint32(Opaque)), rapid.Uint32Range(1, Opaque)).Draw(t, "opacity"))
		one := func(p [4]uint16) *Raster {
			r := New(1, 1)
			copy(r.EditPixels(0), p[:])
			return r
		}
		out, err := Flatten(t.Context(), 1, 1, []Sheet{{one(under), Opaque, Normal}, {one(upon), opacity, blend}})
		if err != nil {
			t.Fatal(err)
		}
		got := out.At(0, 0)
		ab, as := float64(under[3])/Opaque, float64(upon[3])/Opaque*float64(opacity)/Opaque
		for i := range 3 {
			// Premultiplied terms from the stored components, which are exact.
			s, b := float64(upon[i])/Opaque*float64(opacity)/Opaque, float64(under[i])/Opaque
			want := s*(1-ab) + b*(1-as) + as*ab*specified(blend, cb[i], cs[i])
			if blend == Normal {
				want = s + b*(1-as)
			}
			if d := math.Abs(float64(got[i]) - want*Opaque); d > 2 {
				t.Errorf("%s: component %d is %d, want %.2f", blend, i, got[i], want*Opaque)
			}
			if got[i] > got[3] {
				t.Errorf("%s: component %d is above alpha", blend, i)
			}
		}
		if d := math.Abs(float64(got[3]) - (as+ab-as*ab)*Opaque); d > 1 {
			t.Errorf("%s: alpha is %d, want %.2f", blend, got[3], (as+ab-as*ab)*Opaque)
		}
	})
}

// ImageMagick composes the same two pictures in every mode that it has after the
// same specification.
func TestFlattenAgreesWithImageMagick(t *testing.T) {
	convert, err := exec.LookPath("convert")
	if err != nil {
		t.Skip("ImageMagick is not installed; make setup-test installs it")
	}
	names := map[Blend]string{
		Normal: "Over", Multiply: "Multiply", Screen: "Screen", Overlay: "Overlay", Darken: "Darken", Lighten: "Lighten",
		HardLight: "HardLight", SoftLight: "SoftLight", Difference: "Difference", Exclusion: "Exclusion",
		ColorDodge: "ColorDodge", ColorBurn: "ColorBurn",
	}
	const n = 32
	under, upon := image.NewNRGBA64(image.Rect(0, 0, n, n)), image.NewNRGBA64(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			u, v := uint16(x*Opaque/(n-1)), uint16(y*Opaque/(n-1))
			// Opaque below; from a half to opaque above.
			under.SetNRGBA64(x, y, color.NRGBA64{u, Opaque - u, u / 2, Opaque})
			upon.SetNRGBA64(x, y, color.NRGBA64{v, v / 3, Opaque - v, uint16(0x8000 + (x+y)*0x7fff/(2*n-2))})
		}
	}
	dir := t.TempDir()
	write := func(name string, img image.Image) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err == nil {
			err = png.Encode(f, img)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b := write("under.png", under), write("upon.png", upon)
	for blend, name := range names {
		path := filepath.Join(dir, name+".png")
		cmd := exec.CommandContext(t.Context(), convert, a, b, "-compose", name, "-composite", "-depth", "16", "PNG64:"+path)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		ours, err := Flatten(t.Context(), n, n, []Sheet{{FromImage(under), Opaque, Normal}, {FromImage(upon), Opaque, blend}})
		if err != nil {
			t.Fatal(err)
		}
		worst := 0
		for y := range n {
			for x := range n {
				r, g, bl, _ := theirs.At(x, y).RGBA()
				p := ours.At(x, y)
				for c, v := range []uint32{r, g, bl} {
					cb, cs := under.Pix[under.PixOffset(x, y)+2*c], upon.Pix[upon.PixOffset(x, y)+2*c]
					if blend == ColorDodge && cb == 0 && cs == 0xff {
						// White dodging black: version 6 follows SVG's drafts, where it is
						// white; the specification says black.
						continue
					}
					worst = max(worst, int(v)-int(p[c]), int(p[c])-int(v))
				}
			}
		}
		// Q16 ImageMagick rounds colours and quotients itself, some twice.
		limit := 8
		if blend == ColorDodge || blend == ColorBurn {
			limit = 24 // near a quotient's end a rounding of the colour counts often
		}
		if worst > limit {
			t.Errorf("%s differs from ImageMagick's %s by up to %d of 65535", blend, name, worst)
		}
	}
}

func TestAuthorsFollowWhatShows(t *testing.T) {
	model, person := Who{Op: 1, Model: 255}, Who{Op: 2, Person: 255}
	for _, c := range []struct {
		name   string
		alpha  uint16
		op     uint16
		blend  Blend
		expect Who
	}{
		{"an opaque stroke is all the person's", Opaque, Opaque, Normal, person},
		{"nothing painted changes nothing", 0, Opaque, Normal, model},
		{"half a stroke is half, the upper operation decides", 0x8000, Opaque, Normal, Who{Op: 2, Person: 128, Model: 127}},
		{"a quarter by the layer's opacity", Opaque, 0x4000, Normal, Who{Op: 1, Person: 64, Model: 191}},
		{"a glaze shows both", Opaque, Opaque, Multiply, Who{Op: 2, Person: 128, Model: 127}},
	} {
		low, high := New(2, 1), New(2, 1)
		copy(low.EditPixels(0), []uint16{1, 2, 3, Opaque, 1, 2, 3, Opaque})
		low.Attribute(model)
		copy(high.EditPixels(0), []uint16{0, 0, 0, c.alpha, 0, 0, 0, c.alpha})
		high.Attribute(person)
		out, err := Flatten(t.Context(), 2, 1, []Sheet{{low, Opaque, Normal}, {high, c.op, c.blend}})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.WhoAt(1, 0); got != c.expect {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.expect)
		}
	}
}

func TestSharesNeverExceedTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		who := func() Who {
			p := rapid.Uint8().Draw(t, "p")
			m := uint8(rapid.IntRange(0, 255-int(p)).Draw(t, "m"))
			r := uint8(rapid.IntRange(0, 255-int(p)-int(m)).Draw(t, "r"))
			return Who{1, p, m, r, 255 - p - m - r}
		}
		a, b := who(), who()
		w := over(a, b, rapid.Uint32Range(1, Opaque).Draw(t, "as"), rapid.Uint32Range(0, Opaque).Draw(t, "ab"), rapid.SampledFrom(Blends()).Draw(t, "blend"))
		if sum := int(w.Person) + int(w.Model) + int(w.Rule) + int(w.Import); sum != 255 {
			t.Errorf("the shares of %+v over %+v add up to %d", a, b, sum)
		}
	})
}

func TestOnlyChangedBandsAreComposedAgain(t *testing.T) {
	low, high := New(40, 200), New(40, 200)
	for y := range 200 {
		row, who := low.Edit(y)
		for x := range who {
			row[4*x], row[4*x+3], who[x] = uint16(x*y), Opaque, Who{Op: 1, Model: 255}
		}
	}
	var f Flattener
	stack := func() []Sheet { return []Sheet{{low, Opaque, Normal}, {high, 0x9000, Screen}} }
	first, changed, err := f.Flatten(t.Context(), 40, 200, stack())
	if err != nil || len(changed) != first.Bands() {
		t.Fatalf("first: %v, %v", changed, err)
	}
	for step, edit := range []func() []int{
		func() []int { return nil },
		func() []int { row, _ := high.Edit(70); row[3] = Opaque; return []int{2} },
		func() []int { row, _ := high.Edit(71); row[7] = Opaque; return []int{2} }, // in place
		func() []int { high = high.Clone(); high.EditPixels(199)[3] = 9; return []int{6} },
		func() []int { high.Clear(2); return []int{2} },
	} {
		want := edit()
		out, changed, err := f.Flatten(t.Context(), 40, 200, stack())
		if err != nil || len(changed) != len(want) || len(want) > 0 && changed[0] != want[0] {
			t.Errorf("step %d: composed %v, %v, want %v", step, changed, err, want)
		}
		fresh, err := Flatten(t.Context(), 40, 200, stack())
		if err != nil || fresh.Sum() != out.Sum() {
			t.Errorf("step %d: differs from a composition of everything: %v", step, err)
		}
	}
}

func TestImagesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(1, 1)
		a := rapid.Uint32Range(0, Opaque).Draw(t, "a")
		row := r.EditPixels(0)
		for c := range 3 {
			row[c] = uint16(rapid.Uint32Range(0, a).Draw(t, "c"))
		}
		row[3] = uint16(a)
		if FromImage(r.NRGBA64()).Sum() != r.Sum() {
			t.Errorf("%v came back as %v", r.At(0, 0), FromImage(r.NRGBA64()).At(0, 0))
		}
	})
}
