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
// tokenizer pads with it), then, after normalization, at
//
//	<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
//
// and drops the white space between.
func (t *Tokenizer) pieces(text string) []piece {
	text = strings.ToValidUTF8(text, "\uFFFD")
	finder := newSpecials(text, t.cfg.BOS, t.cfg.EOS, t.cfg.Unknown, t.cfg.Pad)
	var out []piece
	spaced := true
	for from := 0; from < len(text); {
		at, token := finder.find(from)
		out, spaced = appendPlain(out, text[from:at], spaced)
		if token != "" {
			out = append(out, piece{text: token, special: true, spaced: spaced})
			spaced = false
		}
		from = at + len(token)
	}
	return out
}

// specials finds special tokens in a text, looking at every byte once for each
// of them.
type specials struct {
	text   string
	tokens []string
	next   []int // where each token was found next
}

func newSpecials(text string, tokens ...string) *specials {
	s := &specials{text: text}
	for _, t := range tokens {
		if t != "" && !slices.Contains(s.tokens, t) {
			s.tokens, s.next = append(s.tokens, t), append(s.next, -1)
		}
	}
	return s
}

// find returns the first special token that begins at from or later, the
// longest of several, or the end of the text and "".
func (s *specials) find(from int) (at int, token string) {
	at = len(s.text)
	for k, t := range s.tokens {
		if s.next[k] < from {
			i := strings.Index(s.text[from:], t)
			if i < 0 {
				i = len(s.text)
			}
			s.next[k] = from + i
		}
		if s.next[k] < at || s.next[k] == at && len(t) > len(token) && at < len(s.text) {
			at, token = s.next[k], t
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

// appendPlain splits a text without special tokens. spaced goes in as whether
// white space comes before it, and out as whether it ends in white space.
func appendPlain(out []piece, text string, spaced bool) ([]piece, bool) {
	s := lower(nfc(text))
	for s != "" {
		n := pieceLen(s)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s)
			s, spaced = s[size:], true
			continue
		}
		if marker := markerLen(s); marker > 0 {
			// Typed in capitals it is no special token, and byte level
			// splitting takes its brackets off.
			out = append(out, piece{text: s[:2], spaced: spaced}, piece{text: s[2 : marker-2]}, piece{text: s[marker-2 : marker]})
		} else {
			out = append(out, piece{text: s[:n], spaced: spaced})
		}
		s, spaced = s[n:], false
	}
	return out, spaced
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
