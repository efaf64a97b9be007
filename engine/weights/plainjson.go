package weights

import "bytes"

// PlainJSON replaces Python's words for non-finite numbers, outside of
// strings, by null.
func PlainJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	quoted := false
	for i := 0; i < len(b); {
		if quoted {
			n := 1
			if b[i] == '\\' && i+1 < len(b) {
				n = 2
			}
			quoted = b[i] != '"'
			out = append(out, b[i:i+n]...)
			i += n
			continue
		}
		if word := nonFiniteWord(b[i:]); word > 0 {
			out = append(out, "null"...)
			i += word
			continue
		}
		quoted = b[i] == '"'
		out = append(out, b[i])
		i++
	}
	return out
}

// nonFiniteWord returns the length of the word that b begins with, 0 for others.
func nonFiniteWord(b []byte) int {
	for _, w := range []string{"-Infinity", "Infinity", "NaN"} {
		if bytes.HasPrefix(b, []byte(w)) {
			return len(w)
		}
	}
	return 0
}
