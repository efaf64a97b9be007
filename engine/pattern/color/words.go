package color

import (
	"math"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words is what a prompt says about colour.
type Words struct {
	Ground   *Chip     // the ground's chip, nil if none is named
	Motifs   []Chip    // the other chips in order, each once
	Mentions []Mention // every colour in the text, in order
	Rest     string    // the prompt without its colours, for a model that knows none
}

// Mention is a colour in a text.
type Mention struct {
	Chip       Chip
	Ground     bool
	Start, End int // bytes of the text, modifiers included
}

// Names returns the words of the dictionary, sorted.
func Names() []string {
	d := dictionary()
	names := make([]string, 0, len(d))
	for n := range d {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Lookup returns the chip of a colour word with its modifiers, such as "sage",
// "dark green" or "very pale dusty pink". Case, hyphens and an ending
// "-coloured" do not matter.
func Lookup(s string) (Chip, bool) { return lookup(dictionary(), s) }

func lookup(dict map[string]uint32, s string) (Chip, bool) {
	toks := tokens(s)
	i := 0
	for i < len(toks) && isModifier(toks[i].text) {
		i++
	}
	for j := range i + 1 { // "dusty pink" has a chip of its own
		if c, n := match(dict, toks, j); n > 0 && j+n == len(toks) {
			return modify(c, toks[:j]), true
		}
	}
	return Chip{}, false
}

// token is a word of a prompt in lower case.
type token struct {
	text       string
	start, end int
	breakAfter bool // punctuation stands between this word and the next
	comma      bool // ... and it is a comma
}

func tokens(s string) []token {
	var out []token
	start := -1
	add := func(end int) {
		if start >= 0 {
			out = append(out, token{text: strings.ToLower(s[start:end]), start: start, end: end})
		}
		start = -1
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		word := unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '’'
		switch {
		case word:
			if start < 0 {
				start = i
			}
		default:
			add(i)
			if k := len(out) - 1; k >= 0 && !unicode.IsSpace(r) && r != '-' {
				out[k].breakAfter = true
				out[k].comma = r == ','
			}
		}
		i += n
	}
	add(len(s))
	return out
}

// longestName is the most words that a name in the dictionary has.
const longestName = 3

// match returns the chip whose name begins at toks[i] and how many words it
// takes, 0 if none does; the longest name wins.
func match(dict map[string]uint32, toks []token, i int) (Chip, int) {
	for n := min(longestName, len(toks)-i); n > 0; n-- {
		name := make([]string, n)
		whole := true
		for k := range n {
			name[k] = toks[i+k].text
			whole = whole && (k == n-1 || !toks[i+k].breakAfter)
		}
		if !whole {
			continue
		}
		for _, sep := range []string{" ", "-"} {
			text := strings.ReplaceAll(strings.Join(name, sep), "gray", "grey")
			v, ok := dict[text]
			if !ok && n == 1 && pluralColor(text) {
				text = strings.TrimSuffix(text, "s")
				v, ok = dict[text]
			}
			if ok {
				used := n
				if i+n < len(toks) && !toks[i+n-1].breakAfter && isColored(toks[i+n].text) {
					used++
				}
				return Chip{Name: text, R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v)}, used
			}
		}
	}
	return Chip{}, 0
}

func isColored(w string) bool {
	return w == "coloured" || w == "colored" || w == "colour" || w == "color"
}

// pluralColor tells "in blues and greens" from oranges, roses and olives.
func pluralColor(w string) bool {
	switch w {
	case "reds", "blues", "greens", "yellows", "pinks", "purples", "browns", "greys", "blacks", "whites", "creams", "golds", "teals", "mauves":
		return true
	}
	return false
}

func isModifier(w string) bool {
	switch w {
	case "light", "pale", "soft", "pastel", "dark", "deep", "rich", "bright", "vivid", "neon", "dusty", "muted", "faded",
		"smoky", "washed", "warm", "cool", "medium", "mid", "very":
		return true
	}
	return false
}

// modify applies modifiers in OKLab: lightness for light and dark, chroma for
// bright and dusty, a turn towards yellow or blue for warm and cool.
func modify(c Chip, mods []token) Chip {
	if len(mods) == 0 {
		return c
	}
	lab := c.OKLab()
	l, a, b := lab[0], lab[1], lab[2]
	name := ""
	very := 1.0
	for _, m := range mods {
		name += m.text + " "
		switch m.text {
		case "very":
			very = 1.6
			continue
		case "light":
			l += very * 0.4 * (1 - l) * min(1, 0.4+l)
			a, b = a*0.85, b*0.85
		case "pale", "pastel":
			l += very * 0.55 * (0.96 - l)
			a, b = a*0.6, b*0.6
		case "soft", "washed", "faded":
			l += very * 0.2 * (0.94 - l)
			a, b = a*0.75, b*0.75
		case "dark":
			l *= math.Pow(0.68, very)
			a, b = a*0.9, b*0.9
		case "deep", "rich":
			l *= math.Pow(0.8, very)
			a, b = a*1.05, b*1.05
		case "bright", "vivid", "neon":
			l += 0.08 * (1 - l)
			a, b = a*(1+0.25*very), b*(1+0.25*very)
		case "dusty", "muted", "smoky":
			l += 0.1 * (0.7 - l)
			a, b = a*math.Pow(0.62, very), b*math.Pow(0.62, very)
		case "warm":
			a, b = a+0.008*very, b+0.02*very
		case "cool":
			a, b = a-0.004*very, b-0.02*very
		}
		very = 1
	}
	return ChipOf(name+c.Name, inGamut(Lab{min(l, 1), a, b}))
}

// inGamut returns the gamma-encoded colour, its chroma taken back until sRGB
// holds it.
func inGamut(lab Lab) RGB {
	for range 40 {
		c := FromOKLab(lab)
		if min(c[0], c[1], c[2]) >= -1e-3 && max(c[0], c[1], c[2]) <= 1+1e-3 {
			break
		}
		lab[1], lab[2] = lab[1]*0.95, lab[2]*0.95
	}
	return FromOKLab(lab).Clamp().Encode()
}

// FindWords reads the colours of a prompt: motif colours in order, and the
// ground's after "on a … ground", before "background" and the like, or at the
// end of "on cream", or the second of "sage and cream stripes". Words that name a thing as often as a colour (rose,
// olive, coral) count only where the sentence makes them one.
func FindWords(prompt string) Words {
	dict, toks := dictionary(), tokens(prompt)
	role := make([]wordRole, len(toks))
	var w Words
	for i := 0; i < len(toks); {
		first, stop := i, i
		for stop < len(toks) && isModifier(toks[stop].text) && !toks[stop].breakAfter {
			stop++
		}
		chip, n := match(dict, toks, first) // "dusty pink" has a chip of its own
		for n == 0 && i < stop {
			i++
			chip, n = match(dict, toks, i)
		}
		if n == 0 {
			i = first + 1
			continue
		}
		end := i + n
		if !isColorHere(dict, toks, first, i, end, role) {
			i = end
			continue
		}
		m := Mention{Chip: modify(chip, toks[first:i]), Start: toks[first].start, End: toks[end-1].end}
		groundEnd := groundAfter(toks, first, end)
		m.Ground = groundEnd > 0 && w.Ground == nil
		for k := first; k < end; k++ {
			role[k] = colorWord
		}
		switch {
		case m.Ground:
			w.Ground = &m.Chip
			for k := end; k < groundEnd; k++ {
				role[k] = groundWord
			}
			for k := first - 1; k >= 0 && (!toks[k].breakAfter && leadsToGround(toks[k].text) || isGroundNoun(toks[k].text)); k-- {
				role[k] = groundWord
			}
		default:
			known := false
			for _, c := range w.Motifs {
				known = known || c.Name == m.Chip.Name
			}
			if !known {
				w.Motifs = append(w.Motifs, m.Chip)
			}
		}
		w.Mentions = append(w.Mentions, m)
		i = max(end, groundEnd)
	}
	w.Rest = rest(prompt, toks, role)
	w.fill(toks)
	return w
}

// fill takes the second of two colours for the ground in "sage and cream
// stripes", where nothing else is said of it: such designs leave none bare.
func (w *Words) fill(toks []token) {
	n := len(w.Mentions)
	if w.Ground != nil || n < 2 || len(w.Motifs) != n {
		return
	}
	for i := 1; i < len(toks); i++ {
		if toks[i-1].end == w.Mentions[n-1].End && !toks[i-1].breakAfter && isFilling(toks[i].text) {
			w.Mentions[n-1].Ground = true
			w.Ground, w.Motifs = &w.Mentions[n-1].Chip, w.Motifs[:n-1]
			return
		}
	}
}

// isFilling reports designs that cover the cloth in equal parts.
func isFilling(w string) bool {
	switch strings.TrimSuffix(w, "s") {
	case "stripe", "check", "gingham", "chevron", "zigzag", "plaid", "checkerboard", "harlequin", "houndstooth":
		return true
	}
	return false
}

// wordRole is what a word of the prompt turned out to be.
type wordRole uint8

const (
	plainWord  wordRole = iota
	colorWord           // a colour or its modifier
	groundWord          // part of "on a … ground"
)

// groundAfter returns the end of the words that make the colour in
// toks[first:end] the ground's, 0 if none do.
func groundAfter(toks []token, first, end int) int {
	last := end - 1
	if end < len(toks) && !toks[last].breakAfter && isGroundNoun(toks[end].text) {
		return end + 1
	}
	before := first - 1
	for before >= 0 && !toks[before].breakAfter && isArticle(toks[before].text) {
		before--
	}
	if before < 0 || toks[before].breakAfter {
		// "background: cream" or "cream, ..."
		if before >= 0 && before == first-1 && isGroundNoun(toks[before].text) {
			return end
		}
		return 0
	}
	if isGroundNoun(toks[before].text) {
		return end // "background cream"
	}
	if p := toks[before].text; p == "of" || p == "in" || p == "is" {
		if before > 0 && isGroundNoun(toks[before-1].text) && !toks[before-1].breakAfter {
			return end // "a ground of cream"
		}
		return 0
	}
	if p := toks[before].text; p != "on" && p != "against" && p != "over" {
		return 0
	}
	if end == len(toks) || toks[last].breakAfter || isLink(toks[end].text) {
		return end // "tulips on cream", "tulips on cream with dots"
	}
	return 0
}

func isGroundNoun(w string) bool {
	switch w {
	case "ground", "background", "backdrop", "base", "field", "backcloth", "canvas", "blotch":
		return true
	}
	return false
}

// leadsToGround reports the small words of "on a cream ground".
func leadsToGround(w string) bool {
	return isArticle(w) || w == "on" || w == "against" || w == "over" || w == "of" || w == "in" || w == "is"
}

func isArticle(w string) bool { return w == "a" || w == "an" || w == "the" }

func isLink(w string) bool {
	switch w {
	case "and", "with", "in", "on", "or", "plus", "for", "by", "under", "over", "between", "around", "against", "to":
		return true
	}
	return false
}

// isColorHere judges the match toks[at:end], whose modifiers begin at first.
func isColorHere(dict map[string]uint32, toks []token, first, at, end int, role []wordRole) bool {
	prev, next := "", ""
	if first > 0 && !toks[first-1].breakAfter {
		prev = toks[first-1].text
	}
	if end < len(toks) && !toks[end-1].breakAfter {
		next = toks[end].text
	}
	if prev == "no" || prev == "without" || prev == "not" {
		return false
	}
	word := toks[at].text
	weak, plant := isThing(word)
	if !weak || end-at > 1 {
		return word != "orange" || !isPartOfPlant(next)
	}
	if isPartOfPlant(next) || plant && (next == "leaf" || next == "leaves" || next == "flowers" || next == "flower") {
		return false
	}
	switch {
	case first < at, isGroundNoun(next):
		return true
	case prev == "in", prev == "on", prev == "against":
		return true
	case first > 1 && prev == "and" && role[first-2] == colorWord:
		return true
	case first > 0 && toks[first-1].comma && role[first-1] == colorWord:
		return true
	case next == "and" && end+1 < len(toks):
		if c, n := match(dict, toks, end+1); n > 0 {
			w, _ := isThing(c.Name)
			return !w
		}
		return false
	}
	return isMotif(next)
}

// isMotif reports a word for something drawn, before which a colour stands.
func isMotif(w string) bool {
	if strings.HasSuffix(w, "s") && len(w) > 3 {
		w = strings.TrimSuffix(w, "s")
	}
	switch w {
	case "flower", "tulip", "daisie", "daisy", "leaf", "leave", "star", "heart", "bird", "butterflie", "butterfly", "dot", "polka",
		"stripe", "chevron", "scallop", "check", "circle", "triangle", "square", "diamond", "floral", "paisley", "spot",
		"vine", "line", "wave", "feather", "fish", "shell", "swan", "cat", "dog", "moon", "sun", "outline", "motif", "shape":
		return true
	}
	return false
}

// isPartOfPlant reports words that make a plant of the colour before them:
// cherry blossom, orange grove.
func isPartOfPlant(w string) bool {
	if strings.HasSuffix(w, "es") && (w == "branches" || w == "bushes") {
		w = strings.TrimSuffix(w, "es")
	}
	switch strings.TrimSuffix(w, "s") {
	case "blossom", "tree", "branch", "grove", "sprig", "garden", "bush", "bud", "petal", "hip", "slice", "stem", "fruit", "bouquet",
		"wreath", "patch", "seed", "cone", "reef", "pot", "cup":
		return true
	}
	return false
}

// isThing reports words that name a thing as often as a colour, and whether
// the thing is a plant.
func isThing(w string) (thing, plant bool) {
	switch w {
	case "rose", "peach", "plum", "apricot", "cherry", "lemon", "lime", "melon", "pear", "apple", "olive", "fern", "ivy", "moss",
		"leaf", "grass", "sage", "mint", "lavender", "lilac", "hyacinth", "wisteria", "heather", "thistle", "primrose", "buttercup",
		"daffodil", "sunflower", "marigold", "poppy", "peony", "petal", "grape", "pumpkin", "tomato", "currant", "mulberry",
		"raspberry", "pistachio", "avocado", "celery", "wheat", "straw", "flax", "maize", "mushroom", "ginger", "chestnut", "walnut",
		"pine", "spruce", "juniper", "eucalyptus", "persimmon", "cantaloupe", "tangerine", "damson", "eggplant", "aubergine",
		"cornflower", "tobacco", "citron":
		return true, true
	case "peacock", "flamingo", "dove", "shrimp", "salmon", "coral", "canary", "cardinal", "cloud", "fog", "smoke", "storm", "sky",
		"ice", "lagoon", "pebble", "stone", "sand", "brick", "bone", "chalk", "china", "ink", "slate", "honey", "butter", "milk",
		"cinnamon", "paprika", "turmeric", "forest", "hunter", "bottle", "lead", "royal", "steel", "pearl", "powder", "wine",
		"natural", "ash", "midnight", "denim", "linen", "coffee", "chocolate", "cocoa", "caramel", "toffee", "biscuit", "oatmeal",
		"vanilla", "champagne", "bubblegum", "amber", "ruby", "sapphire", "emerald", "jade", "amethyst", "silver", "copper", "brass",
		"bronze", "parchment", "flint", "jet", "onyx", "steel-blue", "kelly", "eggshell", "camel", "fawn":
		return true, false
	}
	return false, false
}

// rest writes the plain words, without the links that led to colours alone.
func rest(prompt string, toks []token, role []wordRole) string {
	keep := make([]bool, len(toks))
	for i := range toks {
		keep[i] = role[i] == plainWord
	}
	// A link or an article goes when a colour follows it and no plain word does
	// before the next stop: "tulips in red and blue" is "tulips".
	for i := range toks {
		if i+1 == len(toks) || !keep[i] || toks[i].breakAfter || !isLink(toks[i].text) && !isArticle(toks[i].text) {
			continue
		}
		j := i + 1
		for j < len(toks) && (role[j] != plainWord || isLink(toks[j].text) || isArticle(toks[j].text)) && !toks[j].breakAfter {
			j++
		}
		if role[i+1] != plainWord && (j == len(toks) || role[j] != plainWord) {
			keep[i] = false
		}
		// "red and blue birds": the link between two colours.
		if i > 0 && role[i-1] == colorWord && i+1 < len(toks) && role[i+1] == colorWord {
			keep[i] = false
		}
	}
	var s strings.Builder
	comma := false
	for i, t := range toks {
		if t.breakAfter && !keep[i] && s.Len() > 0 {
			comma = true
		}
		if !keep[i] {
			continue
		}
		switch {
		case s.Len() == 0:
			if isLink(t.text) {
				continue // nothing is left that it could join
			}
		case comma:
			s.WriteString(", ")
		case keep[i-1] && prompt[toks[i-1].end:t.start] == "-":
			s.WriteByte('-')
		default:
			s.WriteByte(' ')
		}
		s.WriteString(prompt[t.start:t.end])
		comma = t.breakAfter
	}
	return s.String()
}
