package color

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func genRGB(t *rapid.T) RGB {
	f := rapid.Float64Range(0, 1)
	return RGB{f.Draw(t, "r"), f.Draw(t, "g"), f.Draw(t, "b")}
}

func TestSpacesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genRGB(t)
		for _, back := range []RGB{c.Linear().Encode(), FromOKLab(c.Linear().OKLab()).Encode()} {
			for i := range c {
				if math.Abs(back[i]-c[i]) > 2e-6 {
					t.Fatalf("%v became %v", c, back)
				}
			}
		}
		if d := DeltaOK(c.Linear().OKLab(), c.Linear().OKLab()); d != 0 {
			t.Fatalf("distance to itself %g", d)
		}
	})
}

func TestKnownValues(t *testing.T) {
	near := func(name string, got, want Lab, tol float64) {
		t.Helper()
		for i := range got {
			if math.Abs(got[i]-want[i]) > tol {
				t.Errorf("%s: %v, want %v", name, got, want)
				return
			}
		}
	}
	white, red := RGB{1, 1, 1}, RGB{1, 0, 0}
	near("OKLab of white", white.OKLab(), Lab{1, 0, 0}, 1e-4)
	near("OKLab of red", red.OKLab(), Lab{0.62796, 0.22486, 0.12585}, 1e-4)
	near("CIELAB of white", white.CIELAB(), Lab{100, 0, 0}, 1e-2)
	near("CIELAB of red", red.CIELAB(), Lab{53.24, 80.09, 67.20}, 2e-2)
	if v := Linear(0.5); math.Abs(v-0.214041) > 1e-6 {
		t.Errorf("Linear(0.5) = %g", v)
	}
}

// TestDelta2000 uses pairs from Table 1 of Sharma, Wu and Dalal (2005), chosen
// for the branches of the formula.
func TestDelta2000(t *testing.T) {
	for _, c := range []struct {
		p, q Lab
		want float64
	}{
		{Lab{50, 2.6772, -79.7751}, Lab{50, 0, -82.7485}, 2.0425},
		{Lab{50, 3.1571, -77.2803}, Lab{50, 0, -82.7485}, 2.8615},
		{Lab{50, -1.3802, -84.2814}, Lab{50, 0, -82.7485}, 1.0000},
		{Lab{50, 0, 0}, Lab{50, -1, 2}, 2.3669},
		{Lab{50, 2.49, -0.001}, Lab{50, -2.49, 0.0009}, 7.1792},
		{Lab{50, 2.49, -0.001}, Lab{50, -2.49, 0.0011}, 7.2195},
		{Lab{50, -0.001, 2.49}, Lab{50, 0.0009, -2.49}, 4.8045},
		{Lab{50, -0.001, 2.49}, Lab{50, 0.0011, -2.49}, 4.7461},
		{Lab{50, 2.5, 0}, Lab{50, 0, -2.5}, 4.3065},
		{Lab{50, 2.5, 0}, Lab{73, 25, -18}, 27.1492},
		{Lab{50, 2.5, 0}, Lab{61, -5, 29}, 22.8977},
		{Lab{60.2574, -34.0099, 36.2677}, Lab{60.4626, -34.1751, 39.4387}, 1.2644},
		{Lab{22.7233, 20.0904, -46.694}, Lab{23.0331, 14.973, -42.5619}, 2.0373},
		{Lab{90.8027, -2.0831, 1.441}, Lab{91.1528, -1.6435, 0.0447}, 1.4441},
		{Lab{2.0776, 0.0795, -1.135}, Lab{0.9033, -0.0636, -0.5514}, 0.9082},
	} {
		if got := Delta2000(c.p, c.q); math.Abs(got-c.want) > 5e-5 {
			t.Errorf("%v to %v: %.4f, want %.4f", c.p, c.q, got, c.want)
		}
		if a, b := Delta2000(c.p, c.q), Delta2000(c.q, c.p); math.Abs(a-b) > 1e-9 {
			t.Errorf("%v to %v: %g there, %g back", c.p, c.q, a, b)
		}
	}
}

func TestHex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Chip{R: rapid.Uint8().Draw(t, "r"), G: rapid.Uint8().Draw(t, "g"), B: rapid.Uint8().Draw(t, "b")}
		got, err := ParseHex(c.Hex())
		if err != nil || got.R != c.R || got.G != c.G || got.B != c.B {
			t.Fatalf("%v: %v, %v", c, got, err)
		}
		if again := ChipOf("", got.RGB()); again.Hex() != got.Hex() {
			t.Fatalf("%v became %v", got, again)
		}
	})
	if c, err := ParseHex("#fC9"); err != nil || c.Hex() != "#ffcc99" {
		t.Errorf("#fC9: %v, %v", c, err)
	}
	for _, s := range []string{"", "#", "12345", "1234567", "gggggg", "#ff", "ééé"} {
		_, err := ParseHex(s)
		var he *HexError
		if !errors.As(err, &he) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestPaletteText(t *testing.T) {
	p, err := ParsePalette("cream, #a8342f,dusty pink")
	if err != nil || len(p) != 3 || p[0].Name != "cream" || p[1].Hex() != "#a8342f" || p[2].Name != "dusty pink" {
		t.Fatalf("%v, %v", p, err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Palette
	if err := json.Unmarshal(data, &back); err != nil || !slices.Equal(back, p) {
		t.Errorf("%s gives %v, %v", data, back, err)
	}
	for _, s := range []string{"", "cream,,red", "quux", strings.Repeat("red,", 40) + "red"} {
		if _, err := ParsePalette(s); err == nil {
			t.Errorf("%q passed", s)
		}
	}
}

func TestDictionary(t *testing.T) {
	names := Names()
	if len(names) < 150 {
		t.Errorf("%d words", len(names))
	}
	for _, n := range names {
		c, ok := Lookup(n)
		if !ok || c.Name != strings.ReplaceAll(n, "gray", "grey") {
			t.Errorf("%q is found as %v, %v", n, c, ok)
		}
		if n != strings.ToLower(n) || len(strings.Fields(n)) > longestName {
			t.Errorf("%q cannot be found in a prompt", n)
		}
	}
	if c, ok := Lookup("Sky-Blue"); !ok || c.Name != "sky blue" {
		t.Errorf("Sky-Blue: %v, %v", c, ok)
	}
	if a, _ := Lookup("dark green"); a.OKLab()[0] >= 0.5 {
		t.Errorf("dark green is %v", a)
	}
	light, _ := Lookup("light blue")
	plain, _ := Lookup("blue")
	if light.OKLab()[0] <= plain.OKLab()[0] {
		t.Errorf("light blue %v is no lighter than blue %v", light, plain)
	}
	if _, ok := Lookup("tulips"); ok {
		t.Error("tulips is a colour")
	}
}

func TestFindWords(t *testing.T) {
	for _, c := range []struct{ prompt, ground, motifs, rest string }{
		{"red tulips on a cream ground", "cream", "red", "tulips"},
		{"half-drop of madder poppies, indigo leaves, on sage", "sage", "madder indigo", "half-drop of poppies, leaves"},
		{"navy background with white stars and dusty pink hearts", "navy", "white dusty_pink", "stars and hearts"},
		{"rose garden on cream", "cream", "", "rose garden"},
		{"oranges and lemons", "", "", "oranges and lemons"},
		{"olive branches on a pale blue ground", "pale_blue", "", "olive branches"},
		{"tulips in red and dark green", "", "red dark_green", "tulips"},
		{"sage and cream stripes", "cream", "sage", "stripes"},
		{"coral birds on off-white", "off-white", "coral", "birds"},
		{"lavender", "", "", "lavender"},
		{"red and blue birds", "", "red blue", "birds"},
		{"polka dots, no red", "", "", "polka dots, no red"},
		{"Burnt Orange daisies on a deep teal background", "deep_teal", "burnt_orange", "daisies"},
		{"background: navy, gold stars", "navy", "gold", "stars"},
		{"cream-coloured ground with teal scallops", "cream", "teal", "scallops"},
		{"tulips in sage and rose", "", "sage rose", "tulips"},
		{"red birds on green leaves", "", "red green", "birds on leaves"},
		{"white on white", "white", "white", ""},
		{"Large daisies two colours", "", "", "Large daisies two colours"},
		{"", "", "", ""},
	} {
		w := FindWords(c.prompt)
		ground := ""
		if w.Ground != nil {
			ground = w.Ground.Name
		}
		names := make([]string, 0, len(w.Motifs))
		for _, m := range w.Motifs {
			names = append(names, strings.ReplaceAll(m.Name, " ", "_"))
		}
		if got := strings.ReplaceAll(ground, " ", "_"); got != c.ground {
			t.Errorf("%q: ground %q, want %q", c.prompt, got, c.ground)
		}
		if got := strings.Join(names, " "); got != c.motifs {
			t.Errorf("%q: motifs %q, want %q", c.prompt, got, c.motifs)
		}
		if w.Rest != c.rest {
			t.Errorf("%q: rest %q, want %q", c.prompt, w.Rest, c.rest)
		}
	}
}

// FuzzFindWords: any text is read without harm, and mentions lie inside it.
func FuzzFindWords(f *testing.F) {
	f.Add("red tulips on a cream ground")
	f.Add("very very pale dusty -- pink,, on on a an the ground")
	f.Add("\xff\xfe red \x80")
	f.Fuzz(func(t *testing.T, s string) {
		w := FindWords(s)
		end := 0
		for _, m := range w.Mentions {
			if m.Start < end || m.End <= m.Start || m.End > len(s) {
				t.Fatalf("%q: mention at %d to %d", s, m.Start, m.End)
			}
			end = m.End
		}
		if len(w.Rest) > 2*len(s) {
			t.Fatalf("%q: rest %q", s, w.Rest)
		}
	})
}

func TestCompleteKeepsWhatIsNamed(t *testing.T) {
	names := Names()
	rapid.Check(t, func(t *rapid.T) {
		w := Words{}
		if rapid.Bool().Draw(t, "has ground") {
			c, _ := Lookup(rapid.SampledFrom(names).Draw(t, "ground"))
			w.Ground = &c
		}
		for _, n := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(t, "motifs") {
			c, _ := Lookup(n)
			w.Motifs = append(w.Motifs, c)
		}
		n := rapid.IntRange(1, 9).Draw(t, "n")
		seed := rapid.Uint64().Draw(t, "seed")
		p := Complete(w, n, seed)
		if len(p) != n {
			t.Fatalf("%d chips, want %d", len(p), n)
		}
		if w.Ground != nil && p[0] != *w.Ground {
			t.Fatalf("ground %v, want %v", p[0], *w.Ground)
		}
		for i, c := range w.Motifs {
			if i+1 < n && p[i+1] != c {
				t.Fatalf("position %d is %v, want %v", i+1, p[i+1], c)
			}
		}
		if !slices.Equal(p, Complete(w, n, seed)) {
			t.Fatal("the same seed gives another palette")
		}
	})
}

func TestDefaultsStandApart(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(300) {
		p := Default(5, seed)
		seen[p.String()] = true
		for i, c := range p {
			if d := append(p[:i:i], p[i+1:]...).distance(c); d < 0.05 {
				t.Errorf("seed %d: %v is only %g from another chip of %v", seed, c, d, p)
			}
		}
		if d := p[:4].distance(p[:4].Ink()); d < apart {
			t.Errorf("seed %d: outlines are only %g from a chip of %v", seed, d, p)
		}
	}
	if len(seen) < len(sets()) {
		t.Errorf("300 seeds reach %d of %d palettes", len(seen), len(sets()))
	}
}
