package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// MaxSize is the most bytes that a value in canonical form may have.
const MaxSize = 1 << 20

// mostDepth bounds how deep an entry may nest.
const mostDepth = 16

// CanonicalError reports bytes that are not the one way to write an entry down.
type CanonicalError struct {
	At     int // byte
	Reason string
}

func (e *CanonicalError) Error() string {
	return fmt.Sprintf("record: not canonical JSON at byte %d: %s", e.At, e.Reason)
}

// Canonical writes v as RFC 8785 has it. Numbers have to be integers; the error
// is a *CanonicalError or that of encoding/json.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	// Structs whose fields stand in order are canonical already, nearly always.
	if CheckCanonical(text) == nil {
		return text, nil
	}
	sorted, err := jcs.Transform(text)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return sorted, CheckCanonical(sorted)
}

// CheckCanonical says whether text is one JSON value in canonical form: a
// *CanonicalError with the place where it departs.
func CheckCanonical(text []byte) error {
	if len(text) > MaxSize {
		return &CanonicalError{MaxSize, fmt.Sprintf("it has more than %d bytes", MaxSize)}
	}
	s := scanner{text: text}
	err := s.value(0)
	if err == nil && s.at != len(text) {
		err = s.fail("something follows the value")
	}
	return err
}

// mostInteger is the largest integer that a double, and any JavaScript, holds exactly.
const mostInteger = 1<<53 - 1

// scanner walks canonical JSON once and keeps nothing.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) fail(reason string) error { return &CanonicalError{s.at, reason} }

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// skip walks over a literal where it stands here.
func (s *scanner) skip(literal string) bool {
	rest := s.text[s.at:]
	if len(rest) < len(literal) || string(rest[:len(literal)]) != literal {
		return false
	}
	s.at += len(literal)
	return true
}

func (s *scanner) value(depth int) error {
	if depth > mostDepth {
		return s.fail("it nests too deep")
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, err := s.str()
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.fail("no value begins here")
}

func (s *scanner) word(w string) error {
	if !s.skip(w) {
		return s.fail("no value begins here")
	}
	return nil
}

// number takes integers that a double holds exactly, in their shortest form.
func (s *scanner) number() error {
	begin := s.at
	if s.peek() == '-' {
		s.at++
	}
	first, n := s.at, int64(0)
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		n = n*10 + int64(c-'0')
		s.at++
		if s.at-first > 16 {
			return s.fail("the number is larger than 2^53-1; write it as a text")
		}
	}
	switch digits := s.at - first; {
	case digits == 0:
		return s.fail("a number without digits")
	case digits > 1 && s.text[first] == '0', n == 0 && first > begin:
		return s.fail("the number has a shorter form")
	case n > mostInteger:
		return s.fail("the number is larger than 2^53-1; write it as a text")
	}
	if c := s.peek(); c == '.' || c == 'e' || c == 'E' {
		return s.fail("numbers are integers; write a fraction as a decimal text")
	}
	return nil
}

func (s *scanner) array(depth int) error {
	s.at++
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		if err := s.value(depth + 1); err != nil {
			return err
		}
		c := s.peek()
		if c != ',' && c != ']' {
			return s.fail("an array goes on with , or ends with ]")
		}
		s.at++
		if c == ']' {
			return nil
		}
	}
}

func (s *scanner) object(depth int) error {
	s.at++
	if s.peek() == '}' {
		s.at++
		return nil
	}
	var last []byte
	for first := true; ; first = false {
		begin := s.at
		if s.peek() != '"' {
			return s.fail("a key begins with a quotation mark")
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		if !first && !before(last, key) {
			s.at = begin
			return s.fail("keys stand in the order of RFC 8785, each once")
		}
		last = key
		if s.peek() != ':' {
			return s.fail("a key is followed by a colon")
		}
		s.at++
		if err := s.value(depth + 1); err != nil {
			return err
		}
		c := s.peek()
		if c != ',' && c != '}' {
			return s.fail("an object goes on with , or ends with }")
		}
		s.at++
		if c == '}' {
			return nil
		}
	}
}

// before compares keys as RFC 8785 does, by UTF-16 code units. They are given as
// written; ASCII, which all of our keys are, compares as it stands.
func before(a, b []byte) bool {
	if ascii(a) && ascii(b) {
		return bytes.Compare(a, b) < 0
	}
	var ta, tb string
	if json.Unmarshal(quoted(a), &ta) != nil || json.Unmarshal(quoted(b), &tb) != nil {
		return false
	}
	ua, ub := utf16.Encode([]rune(ta)), utf16.Encode([]rune(tb))
	for i := range min(len(ua), len(ub)) {
		if ua[i] != ub[i] {
			return ua[i] < ub[i]
		}
	}
	return len(ua) < len(ub)
}

func quoted(b []byte) []byte { return append(append([]byte{'"'}, b...), '"') }

// ascii also excludes escapes, which compare by what they stand for.
func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c == '\\' {
			return false
		}
	}
	return true
}

// str walks a text in its shortest form and returns what stands between the marks.
func (s *scanner) str() ([]byte, error) {
	s.at++
	begin := s.at
	for {
		if s.at += plain(s.text[s.at:]); s.at == len(s.text) {
			return nil, s.fail("a text without its end")
		}
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[begin : s.at-1], nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < 0x20:
			return nil, s.fail("a control character is written as an escape")
		default:
			r, n := utf8.DecodeRune(s.text[s.at:])
			if r == utf8.RuneError && n == 1 {
				return nil, s.fail("a text that is not UTF-8")
			}
			s.at += n
		}
	}
}

// escape takes the escapes that have no shorter form.
func (s *scanner) escape() error {
	if s.at+1 >= len(s.text) {
		return s.fail("a text without its end")
	}
	switch s.text[s.at+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		s.at += 2
		return nil
	case 'u':
		const width = len(`\u0000`)
		if s.at+width > len(s.text) {
			return s.fail("a text without its end")
		}
		hex := s.text[s.at+2 : s.at+width]
		low := bytes.IndexByte([]byte("0123456789abcdef"), hex[3])
		if !bytes.HasPrefix(hex, []byte("00")) || hex[2] != '0' && hex[2] != '1' || low < 0 {
			return s.fail("an escape that has a shorter form")
		}
		switch c := (hex[2]-'0')<<4 | byte(low); c {
		case '\b', '\t', '\n', '\f', '\r':
			return s.fail("an escape that has a shorter form")
		}
		s.at += width
		return nil
	}
	return s.fail("an escape that has a shorter form")
}
