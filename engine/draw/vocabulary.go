package draw

import "strings"

// term is a phrase of captions and prompts and what it says of a Spec.
type term struct {
	phrase string
	field  string // family, layout, scale, density, direction, secondary, outline, style, positions
	value  string
	listen bool // understood in prompts, but not used in captions
}

func layoutTerms() []term {
	return []term{
		{"grid", "layout", string(Grid), false},
		{"in a grid", "layout", string(Grid), false},
		{"in straight rows", "layout", string(Grid), false},
		{"straight repeat", "layout", string(Grid), true},
		{"square repeat", "layout", string(Grid), true},
		{"half-drop", "layout", string(HalfDrop), false},
		{"half drop", "layout", string(HalfDrop), false},
		{"in a half-drop", "layout", string(HalfDrop), false},
		{"drop repeat", "layout", string(HalfDrop), true},
		{"brick", "layout", string(Brick), false},
		{"half-brick", "layout", string(Brick), false},
		{"in a brick layout", "layout", string(Brick), false},
		{"tossed", "layout", string(Tossed), false},
		{"scattered", "layout", string(Tossed), false},
		{"random layout", "layout", string(Tossed), true},
		{"in stripes", "layout", string(Stripe), false},
		{"in columns", "layout", string(Stripe), false},
		{"stripe layout", "layout", string(Stripe), false},
		{"ogee", "layout", string(Ogee), false},
		{"in an ogee", "layout", string(Ogee), false},
		{"in an ogee net", "layout", string(Ogee), false},
		{"all-over", "layout", string(AllOver), false},
		{"all over", "layout", string(AllOver), false},
		{"allover", "layout", string(AllOver), true},
		{"with fillers", "layout", string(AllOver), true},
	}
}

func otherTerms() []term {
	return []term{
		{"small", "scale", string(Small), false},
		{"tiny", "scale", string(Small), false},
		{"little", "scale", string(Small), false},
		{"ditsy", "scale", string(Small), false},
		{"mini", "scale", string(Small), true},
		{"medium", "scale", string(Medium), false},
		{"medium-sized", "scale", string(Medium), false},
		{"mid-sized", "scale", string(Medium), true},
		{"large", "scale", string(Large), false},
		{"big", "scale", string(Large), false},
		{"oversized", "scale", string(Large), false},
		{"huge", "scale", string(Large), true},
		{"giant", "scale", string(Large), true},
		{"sparse", "density", string(Sparse), false},
		{"airy", "density", string(Sparse), false},
		{"widely spaced", "density", string(Sparse), false},
		{"evenly spaced", "density", string(Regular), false},
		{"regular spacing", "density", string(Regular), false},
		{"dense", "density", string(Dense), false},
		{"close together", "density", string(Dense), false},
		{"tightly packed", "density", string(Dense), false},
		{"packed", "density", string(Dense), true},
		{"crowded", "density", string(Dense), true},
		{"one-way", "direction", string(OneWay), false},
		{"upright", "direction", string(OneWay), false},
		{"two-way", "direction", string(TwoWay), false},
		{"turned up and down", "direction", string(TwoWay), false},
		{"multi-directional", "direction", string(Multi), false},
		{"turned every way", "direction", string(Multi), false},
		{"four-way", "direction", string(Multi), true},
		{"flat", "outline", string(Flat), false},
		{"without outlines", "outline", string(Flat), false},
		{"no outlines", "outline", string(Flat), true},
		{"outlined", "outline", string(Outlined), false},
		{"with outlines", "outline", string(Outlined), false},
		{"line drawing", "outline", string(Line), false},
		{"lines only", "outline", string(Line), false},
		{"line art", "outline", string(Line), true},
		{"block-print", "style", string(Block), false},
		{"block printed", "style", string(Block), false},
		{"with rough edges", "style", string(Block), false},
		{"ikat", "style", string(Ikat), false},
		{"ikat-like", "style", string(Ikat), false},
		{"with feathered edges", "style", string(Ikat), false},
		{"clean edges", "style", string(Clean), true},
		{"no secondary motifs", "secondary", NoSecondary, true},
	}
}

func numberWords() []string {
	return []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
}

// positionTerms are the ways to say how many positions there are.
func positionTerms(n int) []string {
	if n == 1 {
		return []string{"one colour", "single colour", "one ink"}
	}
	w := numberWords()[n]
	return []string{w + " colours", w + " inks", w + " screens"}
}

func secondaryTerms(name string) []string {
	return []string{"with small " + name, "with little " + name, "and small " + name, "with " + name + " between"}
}

// Vocabulary lists every word that captions and prompts are made of, without
// colours, in order of first use.
func Vocabulary() []string {
	seen := map[string]bool{}
	var out []string
	add := func(phrase string) {
		for _, w := range words(phrase) {
			if !seen[w] {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	for _, f := range families() {
		add(f.name)
		for _, a := range f.also {
			add(a)
		}
	}
	for _, t := range append(layoutTerms(), otherTerms()...) {
		add(t.phrase)
	}
	for n := 1; n <= MaxPositions; n++ {
		for _, p := range positionTerms(n) {
			add(p)
		}
	}
	for _, s := range Secondaries() {
		for _, p := range secondaryTerms(s) {
			add(p)
		}
	}
	return out
}

// words splits into lower-case words; hyphens stay inside words.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r >= 0x80
		return !letter && r != '-' && r != '\''
	})
}
