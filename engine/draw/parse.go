package draw

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Request is what a prompt says of a drawing.
type Request struct {
	// Spec holds what was said; open fields are empty, for Complete to fill.
	Spec Spec
	// Unknown are the words that mean nothing here, in their order.
	Unknown []string
	// Colors are colour words, left to the palette.
	Colors []string
	// Notes say what was understood but does not apply to the family.
	Notes []string
}

// ConflictError says that a prompt asks for two things at once.
type ConflictError struct {
	Field  string
	Values []string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("draw: the prompt asks for more than one %s: %s; keep one of them", e.Field, strings.Join(e.Values, " and "))
}

// LengthError says that a prompt is longer than any drawing needs.
type LengthError struct{ Bytes int }

func (e *LengthError) Error() string {
	return fmt.Sprintf("draw: the prompt has %d bytes; say it in at most %d", e.Bytes, maxPrompt)
}

const maxPrompt = 4096

// Parse reads a prompt such as "small tulips, half-drop, two colours". Words
// that it does not know are named in the result, not an error; *ConflictError,
// *PositionsError and *LengthError are.
func Parse(prompt string) (Request, error) {
	if len(prompt) > maxPrompt {
		return Request{}, &LengthError{len(prompt)}
	}
	p := parser{phrases: phrases(), said: map[string][]string{}}
	p.read(words(prompt))
	return p.request()
}

// aliases are words of prompts that captions do not use.
func aliases() map[string]string {
	return map[string]string{
		"floral": "flowers", "florals": "flowers", "flowery": "flowers",
		"stripes": "vertical stripes", "stripe": "vertical stripes", "striped": "vertical stripes", "stripy": "vertical stripes", "pinstripes": "vertical stripes",
		"zigzag": "chevrons", "zigzags": "chevrons", "zig-zag": "chevrons", "herringbone": "chevrons",
		"checked": "checks", "chequered": "checks", "checkered": "checks", "chessboard": "checks",
		"dotted": "polka dots", "spotted": "polka dots", "spotty": "polka dots", "dotty": "polka dots",
		"botanical": "leaves", "leafy": "leaves", "boteh": "paisleys", "starfish": "stars", "wavy": "waves",
		"fronds": "ferns", "half moons": "moons", "sun": "suns", "geometric": "triangles",
		"fishscale": "scallops", "clamshells": "scallops", "woven": "basketweave", "key pattern": "greek key",
	}
}

// ambiguous are names of families that are also colours when another family
// is named.
func ambiguous() []string {
	return []string{"orange", "lemon", "cherry", "rose", "strawberry", "apple"}
}

// singular is the name of one of a family.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "leaves"):
		return strings.TrimSuffix(name, "leaves") + "leaf"
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "lotuses"):
		return strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "s"):
		return strings.TrimSuffix(name, "s")
	}
	return name
}

// names lists what a family is called.
func (f *family) names() []string {
	out := append([]string{f.name}, f.also...)
	for _, n := range append([]string{f.name}, f.also...) {
		if s := singular(n); s != n {
			out = append(out, s)
		}
	}
	return out
}

// meaning is what a phrase says.
type meaning struct{ field, value string }

// phrases maps each phrase, its words joined by single spaces, to its meaning.
func phrases() map[string]meaning {
	out := map[string]meaning{}
	add := func(phrase, field, value string) {
		key := strings.Join(words(phrase), " ")
		if _, ok := out[key]; !ok {
			out[key] = meaning{field, value}
		}
	}
	// The first meaning stays: "ogee" is the layout, "ogees" the family.
	for _, t := range append(layoutTerms(), otherTerms()...) {
		add(t.phrase, t.field, t.value)
	}
	all := families()
	for i := range all {
		for _, n := range all[i].names() {
			add(n, "family", all[i].name)
		}
	}
	for _, s := range Secondaries() {
		for _, n := range familyByName(s).names() {
			for _, form := range []string{"with small %s", "with little %s", "and small %s", "and little %s", "with %s between", "with tiny %s", "with %s", "and %s", "plus %s"} {
				add(fmt.Sprintf(form, n), "secondary", s)
			}
		}
	}
	for n, w := range numberWords() {
		for _, number := range []string{w, strconv.Itoa(n)} {
			for _, noun := range []string{"colour", "colours", "color", "colors", "coloured", "ink", "inks", "screen", "screens", "position", "positions", "chips"} {
				add(number+" "+noun, "positions", strconv.Itoa(n))
				add(number+"-"+noun, "positions", strconv.Itoa(n))
			}
		}
	}
	for _, one := range []string{"single colour", "single color", "monochrome", "one-colour", "one-color"} {
		add(one, "positions", "1")
	}
	for a, f := range aliases() {
		add(a, "family", f)
	}
	for _, c := range strings.Fields("red orange yellow green blue purple violet pink brown black white grey gray beige cream ivory gold golden silver navy teal turquoise aqua mint lime olive khaki maroon burgundy crimson scarlet coral salmon peach apricot rust terracotta ochre mustard lilac lavender mauve plum magenta fuchsia indigo cobalt charcoal sand tan taupe sage emerald cyan dark light pale bright pastel") {
		add(c, "color", c)
	}
	for _, c := range strings.Fields("a an the of on in and with at to for ground background pattern patterns repeat repeats print design motif motifs fabric wallpaper very some layout style simple") {
		add(c, "", "")
	}
	return out
}

type parser struct {
	phrases map[string]meaning
	said    map[string][]string // field to values, in order
	req     Request
	maybe   []string // ambiguous words
	stripe  bool     // the word "stripe" by itself
}

// longest is the number of words of the longest phrase.
const longest = 5

func (p *parser) read(w []string) {
	for len(w) > 0 {
		n := min(longest, len(w))
		for ; n > 0; n-- {
			if m, ok := p.phrases[strings.Join(w[:n], " ")]; ok {
				p.hear(m, w[:n])
				break
			}
		}
		if n == 0 {
			p.unknown(w)
			n = 1
		}
		w = w[n:]
	}
}

// unknown names a word; a number before a noun of colours is a count that no
// drawing has.
func (p *parser) unknown(w []string) {
	if n, err := strconv.Atoi(w[0]); err == nil && len(w) > 1 {
		if m := p.phrases["one "+w[1]]; m.field == "positions" {
			p.said["positions"] = append(p.said["positions"], strconv.Itoa(n))
			return
		}
	}
	p.req.Unknown = append(p.req.Unknown, w[0])
}

func (p *parser) hear(m meaning, w []string) {
	if len(w) == 1 {
		if w[0] == "stripe" {
			p.stripe = true
			return
		}
		for _, a := range ambiguous() {
			if w[0] == a {
				p.maybe = append(p.maybe, a)
				return
			}
		}
	}
	switch m.field {
	case "":
	case "color":
		p.req.Colors = append(p.req.Colors, m.value)
	default:
		for _, v := range p.said[m.field] {
			if v == m.value {
				return
			}
		}
		p.said[m.field] = append(p.said[m.field], m.value)
	}
}

func (p *parser) request() (Request, error) {
	p.nameFamilies()
	one := func(field string) (string, error) {
		v := p.said[field]
		if len(v) > 1 {
			return "", &ConflictError{Field: field, Values: v}
		}
		if len(v) == 1 {
			return v[0], nil
		}
		return "", nil
	}
	s := &p.req.Spec
	values := map[string]string{}
	fields := []string{"family", "layout", "scale", "density", "direction", "secondary", "outline", "style", "positions"}
	for _, f := range fields {
		v, err := one(f)
		if err != nil {
			return p.req, err
		}
		values[f] = v
	}
	s.Family, s.Secondary = values["family"], values["secondary"]
	s.Layout, s.Scale, s.Density = Layout(values["layout"]), Scale(values["scale"]), Density(values["density"])
	s.Direction, s.Outline, s.Style = Direction(values["direction"]), Outline(values["outline"]), Style(values["style"])
	if v := values["positions"]; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > MaxPositions {
			return p.req, &PositionsError{Asked: n}
		}
		s.Positions = n
	}
	p.note()
	sort.Strings(p.req.Notes)
	return p.req, nil
}

// nameFamilies settles which family is the main one: a second one lies
// between where it can, what may be a colour is one when there is a motif, and a
// stripe is how motifs lie when there are some.
func (p *parser) nameFamilies() {
	if p.stripe {
		meant := "stripe layout"
		if len(p.said["family"]) == 0 && len(p.said["secondary"]) == 0 && len(p.maybe) == 0 {
			meant = "stripes"
		}
		p.hear(p.phrases[meant], nil)
	}
	for _, a := range p.maybe {
		if len(p.said["family"]) == 0 && len(p.said["secondary"]) == 0 {
			p.said["family"] = append(p.said["family"], p.phrases[a].value)
		} else {
			p.req.Colors = append(p.req.Colors, a)
		}
	}
	if len(p.said["family"]) == 0 && len(p.said["secondary"]) > 0 && p.said["secondary"][0] != NoSecondary {
		p.said["family"], p.said["secondary"] = p.said["secondary"][:1], p.said["secondary"][1:]
	}
	f := p.said["family"]
	if len(f) == 2 && len(p.said["secondary"]) == 0 {
		for _, s := range Secondaries() {
			if f[1] == s {
				p.said["family"], p.said["secondary"] = f[:1], f[1:]
				return
			}
		}
	}
}

// note says what does not apply to the family.
func (p *parser) note() {
	s := &p.req.Spec
	f := familyByName(s.Family)
	if f == nil {
		return
	}
	add := func(format string, a ...any) { p.req.Notes = append(p.req.Notes, fmt.Sprintf(format, a...)) }
	if f.field && s.Layout != "" {
		add("%s cover the cloth by themselves: the layout %q was left out", f.name, s.Layout)
		s.Layout = ""
	}
	if (f.field || f.round) && s.Direction != "" {
		add("%s look alike from every side: %q was left out", f.name, s.Direction)
		s.Direction = ""
	}
	if f.field && !f.windows && s.Secondary != "" && s.Secondary != NoSecondary {
		add("%s leave no room for other motifs: %q was left out", f.name, s.Secondary)
		s.Secondary = ""
	}
	if f.field && !f.outlines && s.Outline != "" && s.Outline != Flat {
		add("%s have no line work: %q was left out", f.name, s.Outline)
		s.Outline = ""
	}
	if s.Outline == Outlined && s.Positions == 1 {
		add("outlines take a position of their own: with one position only the lines are drawn")
	}
}
