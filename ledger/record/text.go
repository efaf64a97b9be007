package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode/utf8"
)

// plain is how many bytes at the beginning of a text stand for themselves in JSON: no control character, no quotation
// mark, no backslash, and all of them ASCII. It goes by eight bytes, and may stop early, but never within the last seven.
func plain(text []byte) (n int) {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	// lacks has the high bit of each byte of x that is zero; a byte above one may be wrong, and none is then passed over.
	lacks := func(x uint64) uint64 { return (x - ones) &^ x }
	for ; len(text)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(text[n:])
		if (x|(x-' '*ones)&^x|lacks(x^'"'*ones)|lacks(x^'\\'*ones))&highs != 0 {
			break
		}
	}
	for n < len(text) && text[n] >= ' ' && text[n] < utf8.RuneSelf && text[n] != '"' && text[n] != '\\' {
		n++
	}
	return n
}

// appendText writes a text in the one way of RFC 8785. What is not UTF-8 becomes U+FFFD, byte by byte.
func appendText(b []byte, text string) []byte {
	b = append(b, '"')
	for len(text) > 0 {
		n := plainText(text)
		b, text = append(b, text[:n]...), text[n:]
		if text == "" {
			break
		}
		if c := text[0]; c < utf8.RuneSelf {
			b, text = appendEscape(b, c), text[1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		b, text = utf8.AppendRune(b, r), text[n:]
	}
	return append(b, '"')
}

// plainText is plain of a text that is not looked at by eight bytes: those that are written are short.
func plainText(text string) (n int) {
	for n < len(text) && text[n] >= ' ' && text[n] < utf8.RuneSelf && text[n] != '"' && text[n] != '\\' {
		n++
	}
	return n
}

func appendEscape(b []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\t':
		return append(b, `\t`...)
	case '\n':
		return append(b, `\n`...)
	case '\f':
		return append(b, `\f`...)
	case '\r':
		return append(b, `\r`...)
	default:
		return append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
	}
}

// unescape is the text that stands between two quotation marks, in canonical form.
func unescape(written []byte) (string, error) {
	if bytes.IndexByte(written, '\\') < 0 {
		return string(written), nil
	}
	var text string
	err := json.Unmarshal(quoted(written), &text)
	return text, err
}
