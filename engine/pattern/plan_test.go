package pattern

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestStride(t *testing.T) {
	for _, c := range [][3]int{{8, 3, 64}, {8, 2, 32}, {1, 0, 1}} {
		if got := Stride(c[0], c[1]); got != c[2] {
			t.Errorf("Stride(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

// TestLatticeShiftIsWholeAtEveryResolution is what the lattice is for.
func TestLatticeShiftIsWholeAtEveryResolution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		l := Lattice{r, 1 << rapid.IntRange(0, 6).Draw(t, "log stride")}
		s := l.Nearest(rapid.Float64Range(1, 4000).Draw(t, "w"), rapid.Float64Range(1, 4000).Draw(t, "h"))
		if !l.Fits(s) {
			t.Fatalf("%v stride %d: nearest size %v does not fit", r, l.Stride, s)
		}
		for k := 1; k <= l.Stride; k *= 2 {
			if _, _, exact := r.Shift(s.Width/k, s.Height/k); !exact || s.Width%k != 0 || s.Height%k != 0 {
				t.Fatalf("%v stride %d size %v: not whole at 1/%d", r, l.Stride, s, k)
			}
		}
	})
}

func TestOffersFitAndSurround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Lattice{genRepeat(t), 32}
		asked := Size{rapid.IntRange(0, 3000).Draw(t, "w"), rapid.IntRange(0, 3000).Draw(t, "h")}
		if asked == (Size{}) {
			return
		}
		err := l.Check(asked)
		var se *SizeError
		switch {
		case err == nil:
			if asked.Width > 0 && asked.Height > 0 && !l.Fits(asked) {
				t.Fatalf("%v passed", asked)
			}
		case !errors.As(err, &se):
			t.Fatalf("error is %T", err)
		default:
			if len(se.Offers) == 0 {
				t.Fatalf("%v on %v: no offers", asked, l.Repeat)
			}
			for _, o := range se.Offers {
				if !l.Fits(o) {
					t.Fatalf("%v on %v: offer %v does not fit", asked, l.Repeat, o)
				}
				if l.Check(o) != nil {
					t.Fatalf("offer %v is refused", o)
				}
				if !strings.Contains(err.Error(), o.String()) {
					t.Fatalf("message does not name %v: %v", o, err)
				}
			}
		}
	})
}

func TestWidth500OnADropOfAThird(t *testing.T) {
	_, err := Demand{Repeat: Repeat{HalfDrop, 1, 3}, Stride: 64, Width: 500}.Plan()
	var se *SizeError
	if !errors.As(err, &se) {
		t.Fatalf("error %v is no SizeError", err)
	}
	for _, want := range []string{"width 500", "half-drop 1/3", "multiple of 64", "192", "512 x 576", "448 x 384"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestPhysicalSizeDecidesThePixels(t *testing.T) {
	p, err := Demand{Repeat: Repeat{HalfDrop, 1, 2}, Stride: 64, RepeatWidth: 64 * Centimetre, DPI: 150, Factors: []int{2, 4}, Limit: 1024 * 1024}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Generated != (Size{960, 896}) && p.Generated != (Size{960, 1024}) {
		t.Errorf("generated %v", p.Generated)
	}
	if p.Picture.Width != 3840 || p.Enlarge != 4 || p.Width != 64*Centimetre {
		t.Errorf("picture %v, enlarged %g, width %v", p.Picture, p.Enlarge, p.Width)
	}
	if math.Abs(p.DPIX-3840/(640/25.4)) > 1e-9 || math.Abs(p.EffectiveDPI-p.DPIX/4) > 1e-9 {
		t.Errorf("DPI %g, effective %g", p.DPIX, p.EffectiveDPI)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "only a label") {
		t.Errorf("warnings %q", p.Warnings)
	}
	if len(p.Notes) == 0 || !strings.Contains(p.Notes[0], "3779.5") {
		t.Errorf("the rounding is not stated: %q", p.Notes)
	}
}

func TestGeneratedPixelsThatReachTheDPIAreNoLabel(t *testing.T) {
	p, err := Demand{Stride: 32, RepeatWidth: 10 * Centimetre, DPI: 150}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Generated != (Size{576, 576}) || len(p.Warnings) != 0 || p.Enlarge != 1 {
		t.Errorf("%+v", p)
	}
}

func TestScreensEnlargeToWhatIsWanted(t *testing.T) {
	p, err := Demand{Repeat: Repeat{Brick, 1, 3}, Stride: 32, RepeatWidth: 64 * Centimetre, DPI: 150, Native: 256, AnyEnlargement: true}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Picture.Width != 3780 || p.Picture.Width%3 != 0 || p.Generated.Width > 384 {
		t.Errorf("%+v", p)
	}
	if len(p.Warnings) != 1 {
		t.Errorf("256 samples over 64 cm are not 150 DPI of detail: %q", p.Warnings)
	}
}

func TestHexIsSampledOnTheGridAndResampled(t *testing.T) {
	for _, stride := range []int{32, 64} {
		p, err := Demand{Repeat: Repeat{Kind: Hex}, Stride: stride, RepeatWidth: 20 * Centimetre, DPI: 150}.Plan()
		if err != nil {
			t.Fatal(err)
		}
		if !(Lattice{Repeat{Kind: Hex}, stride}).Fits(p.Generated) {
			t.Errorf("stride %d: generated %v is off the lattice", stride, p.Generated)
		}
		if math.Abs(p.RatioError) > 2e-4 || p.Picture.Height%2 != 0 {
			t.Errorf("stride %d: picture %v is %g off", stride, p.Picture, p.RatioError)
		}
		if math.Abs(float64(p.Width/p.Height)-math.Sqrt(3)/2) > 1e-12 {
			t.Errorf("physical ratio %v : %v", p.Width, p.Height)
		}
		if math.Abs(p.DPIX/p.DPIY-1-p.RatioError) > 1e-9 {
			t.Errorf("densities %g and %g do not carry the ratio error %g", p.DPIX, p.DPIY, p.RatioError)
		}
	}
}

// TestPlansHold: whatever is asked, the plan is on the lattice, its numbers
// agree with each other, and nothing was rounded in silence.
func TestPlansHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Demand{Repeat: genRepeat(t), Stride: rapid.SampledFrom([]int{32, 64}).Draw(t, "stride")}
		if rapid.Bool().Draw(t, "physical") {
			d.RepeatWidth = Length(rapid.Float64Range(20, 1500).Draw(t, "mm"))
		}
		if rapid.Bool().Draw(t, "high") {
			d.RepeatHeight = Length(rapid.Float64Range(20, 1500).Draw(t, "mm high"))
		}
		if rapid.Bool().Draw(t, "dpi") {
			d.DPI = rapid.SampledFrom([]float64{72, 150, 300}).Draw(t, "DPI")
		}
		d.AnyEnlargement = rapid.Bool().Draw(t, "screens")
		if !d.AnyEnlargement && rapid.Bool().Draw(t, "factors") {
			d.Factors = []int{2, 4}
		}
		if rapid.Bool().Draw(t, "limited") {
			d.Limit = rapid.SampledFrom([]int{512 * 512, 1024 * 1024}).Draw(t, "limit")
		}
		p, err := d.Plan()
		if err != nil {
			var de *DemandError
			if !errors.As(err, &de) {
				t.Fatalf("%+v: %v", d, err)
			}
			return
		}
		if !d.Lattice().Fits(p.Generated) {
			t.Fatalf("%+v: generated %v is off the lattice", d, p.Generated)
		}
		if _, _, exact := d.Repeat.Shift(p.Picture.Width, p.Picture.Height); !exact {
			t.Fatalf("%+v: the picture's shift is not whole at %v", d, p.Picture)
		}
		if d.RepeatWidth > 0 && p.Width != d.RepeatWidth {
			t.Fatalf("width %v, asked %v", p.Width, d.RepeatWidth)
		}
		if got := p.Width.Pixels(p.DPIX); math.Abs(got-float64(p.Picture.Width)) > 1e-6 {
			t.Fatalf("%v at %g DPI is %g pixels, not %d", p.Width, p.DPIX, got, p.Picture.Width)
		}
		if p.EffectiveDPI > p.DPIX*(1.03) {
			t.Fatalf("effective %g above the file's %g", p.EffectiveDPI, p.DPIX)
		}
		if d.DPI > 0 && p.EffectiveDPI < 0.96*d.DPI && len(p.Warnings) == 0 {
			t.Fatalf("%g DPI asked, %g there, and no warning", d.DPI, p.EffectiveDPI)
		}
		if len(p.Notes) == 0 {
			t.Fatal("nothing is stated")
		}
	})
}

func TestContradictionsAreRefused(t *testing.T) {
	for _, d := range []Demand{
		{Width: -1}, {Width: 1 << 20}, {DPI: math.NaN()}, {DPI: -3}, {DPI: 1e9}, {RepeatWidth: -1}, {RepeatWidth: Length(math.NaN())},
		{RepeatWidth: 900 * Metre, DPI: 10000, AnyEnlargement: true}, {Repeat: Repeat{HalfDrop, 3, 2}},
	} {
		if _, err := d.Plan(); err == nil {
			t.Errorf("%+v passed", d)
		}
	}
}

func TestParseLength(t *testing.T) {
	for s, want := range map[string]Length{
		"64cm": 640, " 64 cm ": 640, "25.25in": 25.25 * 25.4, `25.25"`: 25.25 * 25.4, "640mm": 640, "0.7yd": 0.7 * 914.4,
		"1.5 Yards": 1.5 * 914.4, "0.64m": 640, "2ft": 609.6, "1inch": 25.4, "6.4e1cm": 640,
	} {
		got, err := ParseLength(s)
		if err != nil || math.Abs(float64(got-want)) > 1e-9 {
			t.Errorf("%q: %v, %v; want %v", s, float64(got), err, float64(want))
		}
	}
	for _, s := range []string{"", "64", "cm", "-3cm", "0cm", "nancm", "infmm", "6,4cm", "1e9m", "0x10cm", "1_0cm", "64 parsecs", "m"} {
		_, err := ParseLength(s)
		var le *LengthError
		if !errors.As(err, &le) {
			t.Errorf("%q: error %v", s, err)
		}
	}
}

func TestLengthStrings(t *testing.T) {
	for l, want := range map[Length]string{640: "64 cm", 3.25: "3.25 mm", 15000: "15 m", 641.35: "64.14 cm", 100: "10 cm"} {
		if got := l.String(); got != want {
			t.Errorf("%g: %q, want %q", float64(l), got, want)
		}
	}
}

func FuzzParseLength(f *testing.F) {
	f.Add("64cm")
	f.Add("0.7 yd")
	f.Fuzz(func(t *testing.T, s string) {
		if l, err := ParseLength(s); err == nil && (!(l > 0) || l > longest) {
			t.Fatalf("%q is %v", s, float64(l))
		}
	})
}
