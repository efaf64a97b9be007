package draw

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		prompt  string
		want    Spec
		unknown []string
		colors  []string
	}{
		{"small tulips, half-drop, two colours", Spec{Family: "tulips", Scale: Small, Layout: HalfDrop, Positions: 2}, nil, nil},
		{"Large DAISY, tossed; 3 inks", Spec{Family: "daisies", Scale: Large, Layout: Tossed, Positions: 3}, nil, nil},
		{"large flowers with small polka dots in a grid", Spec{Family: "flowers", Scale: Large, Secondary: "polka dots", Layout: Grid}, nil, nil},
		{"red tulips on a cream ground", Spec{Family: "tulips"}, nil, []string{"red", "cream"}},
		{"orange tulips", Spec{Family: "tulips"}, nil, []string{"orange"}},
		{"orange, dense", Spec{Family: "oranges", Density: Dense}, nil, nil},
		{"sparse fluffy hearts", Spec{Family: "hearts", Density: Sparse}, []string{"fluffy"}, nil},
		{"butterflies and leaves, line drawing", Spec{Family: "butterflies", Secondary: "leaves", Outline: Line}, nil, nil},
		{"large birds, stripe, one-way, two colours", Spec{Family: "birds", Scale: Large, Layout: Stripe, Direction: OneWay, Positions: 2}, nil, nil},
		{"a stripe in two inks", Spec{Family: "vertical stripes", Positions: 2}, nil, nil},
		{"with stars", Spec{Family: "stars"}, nil, nil},
		{"block-print paisley, monochrome", Spec{Family: "paisleys", Style: Block, Positions: 1}, nil, nil},
		{"", Spec{}, nil, nil},
		{"größe", Spec{}, []string{"größe"}, nil},
	} {
		got, err := Parse(c.prompt)
		if err != nil {
			t.Errorf("%q: %v", c.prompt, err)
			continue
		}
		if got.Spec != c.want || !slices.Equal(got.Unknown, c.unknown) || !slices.Equal(got.Colors, c.colors) {
			t.Errorf("%q: got %+v", c.prompt, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	var conflict *ConflictError
	for prompt, field := range map[string]string{
		"tulips in a grid, half-drop":   "layout",
		"small large tulips":            "scale",
		"tulips, two colours, 3 colors": "positions",
		"lilies and birds":              "family",
		"sparse dense stars":            "density",
	} {
		if _, err := Parse(prompt); !errors.As(err, &conflict) || conflict.Field != field || len(conflict.Values) != 2 {
			t.Errorf("%q: %v", prompt, err)
		}
	}
	var positions *PositionsError
	for prompt, n := range map[string]int{"tulips, eight colours": 8, "12 inks": 12, "250 colours": 250, "no colours": 0} {
		if _, err := Parse(prompt); !errors.As(err, &positions) || positions.Asked != n {
			t.Errorf("%q: %v", prompt, err)
		}
	}
	var length *LengthError
	if _, err := Parse(strings.Repeat("tulips ", 20000)); !errors.As(err, &length) {
		t.Error("a prompt of 140 kB was read")
	}
}

// TestEveryLayoutIsCalledByItsName: a layout's own name beside a motif is the layout.
func TestEveryLayoutIsCalledByItsName(t *testing.T) {
	for _, l := range []Layout{Grid, HalfDrop, Brick, Tossed, Stripe, Ogee, AllOver} {
		got, err := Parse("large birds, " + string(l) + ", flat, two colours")
		if want := (Spec{Family: "birds", Scale: Large, Layout: l, Outline: Flat, Positions: 2}); err != nil || got.Spec != want {
			t.Errorf("%s: %+v, %v", l, got.Spec, err)
		}
	}
}

func TestParseNotes(t *testing.T) {
	got, err := Parse("gingham, tossed, upright, outlined")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Notes) != 3 || got.Spec.Layout != "" || got.Spec.Outline != "" {
		t.Errorf("got %+v", got)
	}
}

// TestCaptionsAreTrue reads each caption back: all words known, and nothing
// said that the drawing does not have.
func TestCaptionsAreTrue(t *testing.T) {
	vocabulary := Vocabulary()
	rapid.Check(t, func(t *rapid.T) {
		sc, err := Random(rapid.Uint64().Draw(t, "seed")).Scene()
		if err != nil {
			t.Fatal(err)
		}
		spec := sc.Spec
		caption := Describe(spec, rapid.Uint64().Draw(t, "caption"))
		for _, w := range words(caption) {
			if !slices.Contains(vocabulary, w) {
				t.Fatalf("%q: %q is not in the vocabulary", caption, w)
			}
		}
		r, err := Parse(caption)
		if err != nil {
			t.Fatalf("%q: %v", caption, err)
		}
		if len(r.Unknown)+len(r.Colors)+len(r.Notes) > 0 {
			t.Fatalf("%q: %+v", caption, r)
		}
		said := r.Spec
		if said.Family != spec.Family {
			t.Fatalf("%q of %+v is read as %+v", caption, spec, said)
		}
		// What was left open is filled from the truth; the rest must agree.
		filled := spec
		set := func(dst *string, v string) {
			if v != "" {
				*dst = v
			}
		}
		layout, scale, density := string(filled.Layout), string(filled.Scale), string(filled.Density)
		set(&layout, string(said.Layout))
		set(&scale, string(said.Scale))
		set(&density, string(said.Density))
		direction, outline, style := string(filled.Direction), string(filled.Outline), string(filled.Style)
		set(&direction, string(said.Direction))
		set(&outline, string(said.Outline))
		set(&style, string(said.Style))
		set(&filled.Secondary, said.Secondary)
		filled.Layout, filled.Scale, filled.Density = Layout(layout), Scale(scale), Density(density)
		filled.Direction, filled.Outline, filled.Style = Direction(direction), Outline(outline), Style(style)
		if said.Positions != 0 {
			filled.Positions = said.Positions
		}
		if filled != spec {
			t.Fatalf("%q says %+v, but the drawing is %+v", caption, said, spec)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"small tulips, half-drop, two colours", "12 colours", "with with with", "\x00\xff", "ogee ogees ogee tiles", "rose rose"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, prompt string) {
		r, err := Parse(prompt)
		if err != nil {
			return
		}
		if err := r.Spec.Validate(); err != nil {
			t.Fatalf("%q gives a spec that is none: %v", prompt, err)
		}
		full := r.Spec.Complete(1)
		if r.Spec.Family != "" && full.Family != r.Spec.Family {
			t.Fatalf("%q: %+v became %+v", prompt, r.Spec, full)
		}
	})
}
