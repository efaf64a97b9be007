package theme

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	base "fyne.io/fyne/v2/theme"
)

// luminance and contrast are WCAG 2.2's relative luminance and contrast ratio.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func TestTextCanBeReadOnItsGround(t *testing.T) {
	for _, m := range []Mode{Dark, Light} {
		th := New(m)
		get := func(n fyne.ThemeColorName) color.Color { return th.Color(n, base.VariantDark) }
		for _, pair := range [][2]fyne.ThemeColorName{
			{base.ColorNameForeground, base.ColorNameBackground}, {base.ColorNameForeground, Panel},
			{base.ColorNameForeground, base.ColorNameInputBackground}, {base.ColorNameForeground, base.ColorNameButton},
			{Quiet, Panel}, {Quiet, base.ColorNameBackground}, {Amber, AmberGround}, {Green, GreenGround}, {Red, RedGround},
			{PillText, Pill}, {Quiet, BadgeGround},
		} {
			ground := get(pair[1])
			if got := contrast(get(pair[0]), ground); got < 4 {
				t.Errorf("%s: %s on %s has a contrast of %.1f, less than 4", m, pair[0], pair[1], got)
			}
		}
	}
}

// Colours are judged beside the studio's greys: a tint would shift them.
func TestGroundsAreNeutral(t *testing.T) {
	for _, m := range []Mode{Dark, Light} {
		for _, n := range []fyne.ThemeColorName{Cloth, Panel, base.ColorNameBackground, base.ColorNameInputBackground, base.ColorNameButton} {
			r, g, b, _ := New(m).Color(n, base.VariantLight).RGBA()
			if r != g || g != b {
				t.Errorf("%s: %s is no grey", m, n)
			}
		}
	}
}

func TestAModeOverridesTheSystem(t *testing.T) {
	for mode, want := range map[Mode][2]bool{System: {false, true}, Dark: {false, false}, Light: {true, true}, "nonsense": {false, true}} {
		for i, v := range []fyne.ThemeVariant{base.VariantDark, base.VariantLight} {
			if got := luminance(New(mode).Color(base.ColorNameBackground, v)) > 0.5; got != want[i] {
				t.Errorf("%s with the system's variant %d is light: %v", mode, v, got)
			}
		}
	}
}

func TestEverythingElseIsFynes(t *testing.T) {
	test.NewTempApp(t)
	th, d := New(System), base.DefaultTheme()
	if th.Color(base.ColorNameHyperlink, base.VariantDark) != d.Color(base.ColorNameHyperlink, base.VariantDark) {
		t.Error("a colour that the studio does not name is not Fyne's")
	}
	if th.Size(base.SizeNameHeadingText) != d.Size(base.SizeNameHeadingText) {
		t.Error("a size that the studio does not name is not Fyne's")
	}
	if th.Icon(base.IconNameCancel) == nil || th.Font(fyne.TextStyle{Monospace: true}) == nil {
		t.Error("icons or fonts are missing")
	}
}
