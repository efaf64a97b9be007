package drawing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os/exec"
	"strings"
	"testing"
)

const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `

// drawings are one for each thing that is drawn, as others write it.
func drawings() map[string]string {
	return map[string]string{
		"paths":     head + `viewBox="0 0 100 100" width="100" height="100"><path d="M10 10h30v30h-30zM50,10 c10-20 30,20 40 0s-5.5.5-10 30T60 60Q50 70 50.5.5" fill="#c33"/><path fill-rule="evenodd" d="M50 60 L80 95 L40 70 L90 70 L55 95Z" fill="navy"/><path d="M10 60 a15 10 30 1 0 20 10 a5,5 0 01-10 10z" fill="rgb(20%,60%,40%)"/></svg>`,
		"strokes":   head + `viewBox="0 0 100 100" width="100" height="100"><g fill="none" stroke="#124" stroke-width="6"><path d="M10 30L30 10L50 30" stroke-linejoin="miter"/><path d="M60 30L75 10L90 30" stroke-linejoin="round" stroke-linecap="round"/><path d="M10 60L30 40L50 60" stroke-linejoin="bevel" stroke-linecap="square"/><path d="M60 60c0-30 30-30 30 0" stroke-dasharray="8 4 2" stroke-dashoffset="3"/><ellipse cx="30" cy="80" rx="20" ry="12" stroke-width="3"/><path d="M60 75l30 .5l-30 5" stroke-miterlimit="20" stroke-width="2"/></g></svg>`,
		"shapes":    head + `viewBox="0 0 100 100" width="100" height="100"><rect x="5" y="5" width="40" height="30" rx="8" ry="4" fill="teal" stroke="gold" stroke-width="3"/><circle cx="70" cy="25" r="18" fill="#f0a8" /><line x1="5" y1="50" x2="95" y2="60" stroke="black" stroke-width="2"/><polyline points="5,70 30,95 55,70" fill="none" stroke="red" stroke-width="3"/><polygon points="65,70 95,70 80,95" fill="purple" fill-opacity=".5"/></svg>`,
		"transform": head + `viewBox="0 0 100 100" width="100" height="100"><g transform="translate(50 50) rotate(30) scale(1.5 .8) skewX(10)"><rect x="-20" y="-20" width="40" height="40" fill="#28a" stroke="#000" stroke-width="4"/></g><use href="#d" x="60"/><defs><g id="d" fill="inherit"><circle cx="15" cy="15" r="10"/></g></defs><use xlink:href="#d" fill="orange" transform="matrix(1 0 0 1 0 70)"/></svg>`,
		"gradients": head + `viewBox="0 0 100 100" width="100" height="100"><defs><linearGradient id="a"><stop offset="0" stop-color="red"/><stop offset=".5" stop-color="#0f0" stop-opacity=".5"/><stop offset="100%" stop-color="blue"/></linearGradient><linearGradient id="b" xlink:href="#a" gradientUnits="userSpaceOnUse" x1="10" y1="60" x2="30" y2="70" spreadMethod="reflect"/><radialGradient id="c" cx=".5" cy=".5" r=".5" fx=".3" fy=".4"><stop offset="0" style="stop-color:white"/><stop offset="1" style="stop-color:#404"/></radialGradient></defs><rect x="5" y="5" width="90" height="30" fill="url(#a)"/><rect x="5" y="40" width="40" height="50" fill="url(#b)"/><circle cx="72" cy="68" r="24" fill="url(#c)"/></svg>`,
		"clip":      head + `viewBox="0 0 100 100" width="100" height="100"><clipPath id="k"><circle cx="40" cy="40" r="30"/><rect x="60" y="60" width="30" height="30"/></clipPath><clipPath id="i" clip-path="url(#k)"><path d="M0 0H100V50H0z"/></clipPath><g clip-path="url(#k)"><rect width="100" height="100" fill="#888"/><g clip-path="url(#i)"><rect width="100" height="100" fill="crimson"/></g></g></svg>`,
		"mask":      head + `viewBox="0 0 100 100" width="100" height="100"><linearGradient id="g"><stop offset="0"/><stop offset="1" stop-color="white"/></linearGradient><mask id="m" maskUnits="userSpaceOnUse" x="0" y="0" width="100" height="100"><rect width="100" height="60" fill="url(#g)"/></mask><rect width="100" height="100" fill="darkgreen" mask="url(#m)"/><g opacity=".4"><circle cx="40" cy="75" r="20" fill="red"/><circle cx="60" cy="75" r="20" fill="blue"/></g></svg>`,
		"pattern":   head + `viewBox="0 0 100 100" width="100" height="100"><pattern id="p" width="20" height="20" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="20" height="20" fill="#fed"/><circle cx="10" cy="10" r="6" fill="#a33"/></pattern><rect x="5" y="5" width="90" height="90" fill="url(#p)"/></svg>`,
		"style":     head + `viewBox="0 0 100 100" width="100" height="100"><style>/* of Illustrator */ .cls-1{fill:#e6399b;} .cls-2, #z {fill:none;stroke:#231f20;stroke-miterlimit:10;stroke-width:2px} rect.cls-1{opacity:.5}</style><rect class="cls-1" x="5" y="5" width="40" height="40"/><circle class="cls-1" cx="70" cy="30" r="20"/><path class="cls-2" d="M10 60h80"/><path id="z" d="M10 80h80" style="stroke:green"/></svg>`,
		"symbol":    head + `viewBox="0 0 100 100" width="100" height="100"><symbol id="s" viewBox="0 0 10 10"><rect width="10" height="10" fill="#def"/><path d="M0 0L10 10" stroke="#000"/></symbol><use href="#s" x="10" y="10" width="30" height="60"/><svg x="50" y="20" width="40" height="40" viewBox="0 0 4 4"><circle cx="2" cy="2" r="2.5" fill="#963"/></svg></svg>`,
		"aspect":    head + `viewBox="0 0 50 100" width="100" height="100" preserveAspectRatio="xMinYMid meet"><rect width="50" height="100" fill="olive"/></svg>`,
	}
}

// TestAgainstLibrsvg: what is drawn is what librsvg draws: on average within half
// a step of 255, and few pixels of edges more than 24 apart.
func TestAgainstLibrsvg(t *testing.T) {
	if _, err := exec.LookPath("rsvg-convert"); err != nil {
		t.Skip("rsvg-convert is not installed")
	}
	for name, text := range drawings() {
		t.Run(name, func(t *testing.T) {
			const size = 300
			cmd := exec.Command("rsvg-convert", "-w", fmt.Sprint(size), "-h", fmt.Sprint(size))
			cmd.Stdin = strings.NewReader(text)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			want, err := png.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Draw(t.Context(), size, size)
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			far := 0
			for y := range size {
				for x := range size {
					worst := 0.0
					p, q := premultiplied(want, x, y), premultiplied(got, x, y)
					for c := range p {
						diff := math.Abs(p[c] - q[c])
						sum += diff
						worst = max(worst, diff)
					}
					if worst > 24 {
						far++
					}
				}
			}
			mean := sum / (4 * size * size)
			t.Logf("mean %.3f of 255, %d pixels far", mean, far)
			if mean > 0.5 || far > 250 {
				t.Errorf("mean %.3f of 255, %d pixels more than 24 apart", mean, far)
			}
		})
	}
}

func premultiplied(img image.Image, x, y int) [4]float64 {
	r, g, b, a := img.At(x, y).RGBA()
	return [4]float64{float64(r) / 257, float64(g) / 257, float64(b) / 257, float64(a) / 257}
}

// TestEdgesAreExact: coverage is the area, to within the arithmetic.
func TestEdgesAreExact(t *testing.T) {
	d, err := Parse([]byte(head + `width="4" height="4"><rect x="0.25" y="0.5" width="2.5" height="2.25"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	img, err := d.Draw(t.Context(), 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	across, down := []float64{0.75, 1, 0.75, 0}, []float64{0.5, 1, 0.75, 0}
	for y := range 4 {
		for x := range 4 {
			if got, want := float64(img.NRGBA64At(x, y).A)/65535, across[x]*down[y]; math.Abs(got-want) > 1e-4 {
				t.Errorf("pixel %d,%d is covered %.4f, want %.4f", x, y, got, want)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string][2]int{
		`width="64mm" height="32mm" viewBox="0 0 2 1">`:   {756, 378},
		`width="1in" height="72pt">`:                      {300, 300},
		`viewBox="0 0 96 48">`:                            {300, 150},
		`width="100%" height="100%" viewBox="0 0 96 96">`: {300, 300},
		`width="2.54cm" height="6pc">`:                    {300, 300},
	} {
		d, err := Parse([]byte(head + text + "</svg>"))
		if err != nil {
			t.Fatal(err)
		}
		if w, h := d.Fit(0, 0, 300); w != want[0] || h != want[1] {
			t.Errorf("%s: %d x %d, want %v", text, w, h, want)
		}
	}
	d, err := Parse([]byte(head + `viewBox="0 0 20 10"></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	if w, h := d.Fit(500, 0, 300); w != 500 || h != 250 {
		t.Errorf("%d x %d", w, h)
	}
}

func TestNotes(t *testing.T) {
	d, err := Parse([]byte(head + `viewBox="0 0 9 9"><text>hello</text><g filter="url(#f)"/><image href="http://example.com/a.png"/><path marker-end="url(#m)"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(d.Notes(), "\n")
	for _, word := range []string{"text", "filters", "linked", "markers"} {
		if !strings.Contains(notes, word) {
			t.Errorf("no note of %s in %q", word, notes)
		}
	}
}

// TestEmbeddedPicture: an embedded PNG fills its place.
func TestEmbeddedPicture(t *testing.T) {
	const red = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
	d, err := Parse([]byte(head + `viewBox="0 0 10 10"><image x="2" y="2" width="6" height="6" xlink:href="data:image/png;base64,` + red + `"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	img, err := d.Draw(t.Context(), 10, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.NRGBA64At(5, 5); got != (color.NRGBA64{R: 65535, A: 65535}) {
		t.Errorf("inside it is %v", got)
	}
	if got := img.NRGBA64At(1, 5); got.A != 0 {
		t.Errorf("outside it is %v", got)
	}
}

func TestEndless(t *testing.T) {
	for name, body := range map[string]string{
		"use":     `<g id="a"><use href="#a"/></g>`,
		"pattern": `<pattern id="p" width="1" height="1"><rect width="5" height="5" fill="url(#p)"/></pattern><rect width="9" height="9" fill="url(#p)"/>`,
		"mask":    `<mask id="m"><rect width="9" height="9" mask="url(#m)"/></mask><rect width="9" height="9" mask="url(#m)"/>`,
		"clip":    `<clipPath id="c" clip-path="url(#c)"><rect width="9" height="9"/></clipPath><rect width="9" height="9" clip-path="url(#c)"/>`,
	} {
		d, err := Parse([]byte(head + `width="9" height="9">` + body + `</svg>`))
		if err != nil {
			t.Fatal(err)
		}
		var fe *FormatError
		if _, err := d.Draw(t.Context(), 9, 9); !errors.As(err, &fe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Gradients that lead round end as if they had no stops.
	d, err := Parse([]byte(head + `width="9" height="9"><linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/><rect width="9" height="9" fill="url(#a)"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Draw(t.Context(), 9, 9); err != nil {
		t.Error(err)
	}
	// Dashes without number become a solid line.
	d, err = Parse([]byte(head + `width="9" height="9"><path d="M0 4H1e9" stroke="red" stroke-dasharray="1e-9"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Draw(t.Context(), 9, 9); err != nil {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	d, err = Parse([]byte(drawings()["paths"]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Draw(ctx, 9, 9); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzDraw(f *testing.F) {
	for _, text := range drawings() {
		f.Add([]byte(text))
	}
	f.Add([]byte(head + `><path d="M0 0a1 1 0 0011e9 5e-9z" stroke="red" stroke-width="1e12"/></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		d, err := Parse(data)
		if err != nil {
			return
		}
		w, h := d.Fit(0, 0, 300)
		if w < 1 || h < 1 {
			t.Fatalf("%d x %d", w, h)
		}
		img, err := d.Draw(t.Context(), 40, 30)
		var fe *FormatError
		if err != nil && !errors.As(err, &fe) {
			t.Fatal(err)
		}
		if err == nil && img.Rect != image.Rect(0, 0, 40, 30) {
			t.Fatal(img.Rect)
		}
	})
}
