package prompt

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Segment is a part of a prompt with one weight.
type Segment struct {
	Text   string
	Weight float64
	// Break starts a new window; such a segment has no text.
	Break bool
}

// The limits of the notation.
const (
	// MaxDepth is how many brackets may be open at a time: 1.1 to the power of
	// it is more than MaxWeight.
	MaxDepth = 32
	// MaxWeight is the largest weight either side of zero. Images fall apart
	// long before.
	MaxWeight = 10
)

// WeightError says which brackets of a prompt go too far.
type WeightError struct {
	Text   string // the words, or the beginning of them
	Reason string
}

func (e *WeightError) Error() string {
	return fmt.Sprintf("prompt: %s at %q; write \\( and \\) for brackets that are no weights", e.Reason, excerpt(e.Text))
}

// excerpt is the beginning of a text.
func excerpt(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// The factors of plain brackets.
const (
	more = 1.1
	less = 1 / 1.1
)

// Parse reads the weights of a prompt, in time linear in its length. Segments
// that follow one another differ in weight. The only error is a WeightError.
func Parse(prompt string) ([]Segment, error) {
	p := parser{}
	for rest := prompt; rest != ""; {
		n, err := p.token(rest)
		if err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	for _, at := range p.round {
		p.multiply(at, more)
	}
	for _, at := range p.square {
		p.multiply(at, less)
	}
	for _, s := range p.out {
		if !s.Break && !(math.Abs(s.Weight) <= MaxWeight) {
			return nil, &WeightError{Text: s.Text, Reason: fmt.Sprintf("a weight of %.4g is beyond %d", s.Weight, MaxWeight)}
		}
	}
	return merged(p.out), nil
}

// parser holds the segments so far and where brackets were opened in them.
type parser struct {
	out           []Segment
	round, square []int
}

// token reads one token of the notation and returns its length in bytes.
func (p *parser) token(s string) (int, error) {
	switch s[0] {
	case '\\':
		if len(s) > 1 && strings.IndexByte(`()[]\`, s[1]) >= 0 {
			p.text(s[1:2])
			return 2, nil
		}
		return 1, nil // a lone one escapes nothing, and is dropped
	case '(', '[':
		if len(p.round)+len(p.square) == MaxDepth {
			return 0, &WeightError{Text: s, Reason: fmt.Sprintf("more than %d brackets are open", MaxDepth)}
		}
		if s[0] == '(' {
			p.round = append(p.round, len(p.out))
		} else {
			p.square = append(p.square, len(p.out))
		}
		return 1, nil
	case ')':
		p.round = p.closing(p.round, more, ")")
		return 1, nil
	case ']':
		p.square = p.closing(p.square, less, "]")
		return 1, nil
	case ':':
		weight, n, ok := explicit(s)
		switch {
		case !ok:
			p.text(":")
			return 1, nil
		case len(p.round) == 0:
			p.text(s[:n])
		default:
			p.round = p.closing(p.round, weight, "")
		}
		return n, nil
	}
	n := strings.IndexAny(s, `\()[]:`)
	if n < 0 {
		n = len(s)
	}
	p.words(s[:n])
	return n, nil
}

// closing multiplies what was added since the last of the open brackets; where
// none is open the sign is text.
func (p *parser) closing(open []int, factor float64, sign string) []int {
	if len(open) == 0 {
		p.text(sign)
		return open
	}
	p.multiply(open[len(open)-1], factor)
	return open[:len(open)-1]
}

func (p *parser) multiply(from int, factor float64) {
	for i := from; i < len(p.out); i++ {
		p.out[i].Weight *= factor
	}
}

func (p *parser) text(s string) { p.out = append(p.out, Segment{Text: s, Weight: 1}) }

// words adds a text, broken at the word BREAK.
func (p *parser) words(s string) {
	for {
		at := findBreak(s)
		if at < 0 {
			p.text(s)
			return
		}
		if before := strings.TrimRightFunc(s[:at], unicode.IsSpace); before != "" {
			p.text(before)
		}
		p.out = append(p.out, Segment{Weight: 1, Break: true})
		s = strings.TrimLeftFunc(s[at+len("BREAK"):], unicode.IsSpace)
		if s == "" {
			return
		}
	}
}

// findBreak returns where BREAK stands as a word of its own, -1 for nowhere.
func findBreak(s string) int {
	const word = "BREAK"
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return -1
		}
		at := from + i
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		after, _ := utf8.DecodeRuneInString(s[at+len(word):])
		if !inWord(before) && !inWord(after) {
			return at
		}
		from = at + len(word)
	}
}

// inWord says whether a rune belongs to a word; the rune of nothing does not.
func inWord(r rune) bool {
	return r != utf8.RuneError && (r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r))
}

// explicit reads ":1.2)", with white space around the number, at the beginning
// of s and returns its length.
func explicit(s string) (weight float64, n int, ok bool) {
	body := strings.TrimLeftFunc(s[1:], unicode.IsSpace)
	digits := 0
	for digits < len(body) && (body[digits] >= '0' && body[digits] <= '9' || body[digits] == '.' ||
		digits == 0 && (body[0] == '+' || body[0] == '-')) {
		digits++
	}
	end := strings.TrimLeftFunc(body[digits:], unicode.IsSpace)
	if digits == 0 || !strings.HasPrefix(end, ")") {
		return 0, 0, false
	}
	w, err := strconv.ParseFloat(body[:digits], 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, 0, false // such as 1.2.3
	}
	return w, len(s) - len(end) + 1, true
}

// merged joins neighbours of one weight.
func merged(in []Segment) []Segment {
	var out []Segment
	var texts []string // of the last of out
	flush := func() {
		if len(texts) > 0 {
			out[len(out)-1].Text = strings.Join(texts, "")
		}
		texts = texts[:0]
	}
	for _, s := range in {
		if s.Break {
			flush()
			out = append(out, Segment{Weight: 1, Break: true})
			continue
		}
		if len(texts) == 0 || out[len(out)-1].Weight != s.Weight {
			flush()
			out = append(out, Segment{Weight: s.Weight})
		}
		texts = append(texts, s.Text)
	}
	flush()
	return out
}
