package prompt

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is a part of a text that is merged by itself.
type piece struct {
	text    string // normalized, or the special token
	special bool
	// spaced says that the piece starts the text or follows white space.
	spaced bool
}

// pieces splits a text: first at special tokens, which are recognised in the
// text as it was typed (so that "!" is the padding, not the mark, where a
// tokenizer pads with it), then, after normalization, at special tokens of any
// case and at
//
//	<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
//
// and drops the white space between.
func (t *Tokenizer) pieces(text string) []piece {
	s := splitter{spaced: true}
	s.split(strings.ToValidUTF8(text, "\uFFFD"), t.typed, func(plain string) {
		s.split(lower(nfc(plain)), t.folded, s.words)
	})
	return s.out
}

// splitter collects the pieces of a text.
type splitter struct {
	out    []piece
	spaced bool // white space, or nothing, comes before the next piece
}

// split adds the special tokens of a text and hands what lies between to plain.
func (s *splitter) split(text string, tokens []special, plain func(string)) {
	finder := finder{text: text, tokens: tokens, next: make([]int, len(tokens))}
	for k := range finder.next {
		finder.next[k] = -1
	}
	for from := 0; from < len(text); {
		at, token := finder.find(from)
		if at > from {
			plain(text[from:at])
		}
		if at < len(text) {
			s.out = append(s.out, piece{text: token.name, special: true, spaced: s.spaced})
			s.spaced = false
		}
		from = at + len(token.spelled)
	}
}

// special is a special token as it is spelled in a text.
type special struct{ name, spelled string }

// specials returns the special tokens of a configuration: those that are
// looked for as they are, and those in lower case.
func specials(c Config) (typed, folded []special) {
	var seen []string
	for _, name := range []string{c.BOS, c.EOS, c.Unknown, c.Pad} {
		switch {
		case name == "" || slices.Contains(seen, name):
		case slices.Contains(c.AnyCase, name):
			folded = append(folded, special{name, lower(nfc(name))})
		default:
			typed = append(typed, special{name, name})
		}
		seen = append(seen, name)
	}
	return typed, folded
}

// finder finds special tokens in a text, looking at every byte once for each of
// them.
type finder struct {
	text   string
	tokens []special
	next   []int // where each token was found next
}

// find returns the first special token that begins at from or later, the
// longest of several; at the end of the text there is none.
func (f *finder) find(from int) (at int, token special) {
	at = len(f.text)
	for k, t := range f.tokens {
		if f.next[k] < from {
			i := strings.Index(f.text[from:], t.spelled)
			if i < 0 {
				i = len(f.text)
			}
			f.next[k] = from + i
		}
		if n := f.next[k]; n < at || n == at && at < len(f.text) && len(t.spelled) > len(token.spelled) {
			at, token = n, t
		}
	}
	return at, token
}

// lower is Rust's lower case of a text, letter by letter: the final sigma is
// no exception, and the only letter that becomes two is the dotted I.
func lower(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		if r == 'İ' {
			b.WriteString("i\u0307")
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// words adds the pieces of a normalized text without special tokens.
func (s *splitter) words(text string) {
	for text != "" {
		n := pieceLen(text)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text)
			text, s.spaced = text[size:], true
			continue
		}
		if marker := markerLen(text); marker > 0 {
			// Spelled in capitals it is no special token, and byte level
			// splitting takes its brackets off.
			s.out = append(s.out, piece{text: text[:2], spaced: s.spaced}, piece{text: text[2 : marker-2]}, piece{text: text[marker-2 : marker]})
		} else {
			s.out = append(s.out, piece{text: text[:n], spaced: s.spaced})
		}
		text, s.spaced = text[n:], false
	}
}

// markerLen is the length of a lower-cased marker at the beginning of s, else 0.
func markerLen(s string) int {
	for _, m := range [...]string{"<|startoftext|>", "<|endoftext|>"} {
		if strings.HasPrefix(s, m) {
			return len(m)
		}
	}
	return 0
}

// pieceLen is the length of the piece at the beginning of s in bytes, 0 for
// white space.
func pieceLen(s string) int {
	if n := markerLen(s); n > 0 {
		return n
	}
	if s[0] == '\'' {
		for _, c := range [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
			if strings.HasPrefix(s, c) {
				return len(c)
			}
		}
	}
	first, size := utf8.DecodeRuneInString(s)
	kind := kindOf(first)
	if kind == space {
		return 0
	}
	if kind == number {
		return size
	}
	n := size
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if kindOf(r) != kind {
			break
		}
		n += size
	}
	return n
}

type kind int

const (
	mark kind = iota
	letter
	number
	space
)

func kindOf(r rune) kind {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return mark
}
