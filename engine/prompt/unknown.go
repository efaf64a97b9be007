package prompt

import (
	"slices"
	"unicode/utf8"
)

// UnknownWords lists the words of a prompt that a model has never read, in
// lower case and in the order in which they appear. It is for models with a
// small vocabulary of their own, trained on all captions that the model saw: a
// word that was there often became one token, so a word of several tokens is
// unknown. known adds words that are known nevertheless, in lower case.
// Numbers and signs are no words; neither are single letters.
func (t *Tokenizer) UnknownWords(prompt string, known []string) []string {
	segments, err := Parse(prompt)
	if err != nil {
		segments = []Segment{{Text: prompt}}
	}
	var out []string
	seen := map[string]bool{}
	for _, w := range known {
		seen[w] = true
	}
	var ids []int64
	for _, s := range segments {
		for _, p := range t.pieces(s.Text) {
			r, size := utf8.DecodeRuneInString(p.text)
			if p.special || seen[p.text] || kindOf(r) != letter || size == len(p.text) {
				continue
			}
			seen[p.text] = true
			ids = t.appendPiece(ids[:0], p)
			if len(ids) > 1 || slices.Contains(ids, t.unknown) {
				out = append(out, p.text)
			}
		}
	}
	return out
}
