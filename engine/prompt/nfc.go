package prompt

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nfc composes a text (Unicode Standard Annex 15). x/text does so as well, but
// breaks up runs of more than 30 combining marks with a joiner that the
// reference does not insert; such texts take the long way.
func nfc(text string) string {
	if norm.NFC.IsNormalString(text) {
		return text
	}
	if !longMarks(text) {
		return norm.NFC.String(text)
	}
	return compose(decompose(text))
}

// longMarks says whether a run of combining marks may be too long for x/text.
func longMarks(text string) bool {
	run := 0
	for _, r := range text {
		p := norm.NFD.PropertiesString(string(r))
		if p.CCC() == 0 && p.LeadCCC() == 0 {
			run = 0
			continue
		}
		// A letter may itself decompose into up to three marks.
		if run += 3; run > 30 {
			return true
		}
	}
	return false
}

// classed is a rune with its canonical combining class.
type classed struct {
	r     rune
	class uint8
}

// decompose takes a text apart and puts marks into their canonical order.
func decompose(text string) []classed {
	var out []classed
	for _, r := range text {
		whole := string(r)
		if d := norm.NFD.PropertiesString(whole).Decomposition(); d != nil {
			whole = string(d)
		}
		for _, part := range whole {
			out = append(out, classed{part, norm.NFD.PropertiesString(string(part)).CCC()})
		}
	}
	for i := 0; i < len(out); {
		if out[i].class == 0 {
			i++
			continue
		}
		j := i
		for j < len(out) && out[j].class != 0 {
			j++
		}
		slices.SortStableFunc(out[i:j], func(a, b classed) int { return int(a.class) - int(b.class) })
		i = j
	}
	return out
}

// compose joins marks with the starter before them, unless one of the same
// class stands between.
func compose(in []classed) string {
	out := make([]classed, 0, len(in))
	starter := -1
	for _, c := range in {
		if starter >= 0 {
			adjacent := len(out)-1 == starter
			blocked := !adjacent && out[len(out)-1].class >= c.class
			if r, ok := pair(out[starter].r, c.r); ok && !blocked {
				out[starter].r = r
				continue
			}
		}
		if c.class == 0 {
			starter = len(out)
		}
		out = append(out, c)
	}
	b := make([]byte, 0, 2*len(out))
	for _, c := range out {
		b = utf8.AppendRune(b, c.r)
	}
	return string(b)
}

// pair composes two runes into one where Unicode has it.
func pair(a, b rune) (rune, bool) {
	joined := norm.NFC.String(string([]rune{a, b}))
	r, size := utf8.DecodeRuneInString(joined)
	return r, size == len(joined)
}
