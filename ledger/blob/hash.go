package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Hash is the SHA-256 of a content, written "sha256:" and 64 hexadecimal digits.
type Hash [sha256.Size]byte

// Of is the hash of content.
func Of(content []byte) Hash { return sha256.Sum256(content) }

// prefix begins the text of a hash.
const prefix = "sha256:"

// TextSize is the bytes of a hash's text.
const TextSize = len(prefix) + 2*sha256.Size

// Parse reads what String writes. The error is a *HashError.
func Parse(s string) (Hash, error) {
	digits, found := strings.CutPrefix(s, prefix)
	h, ok := parseDigits(digits)
	if !found || !ok {
		return Hash{}, &HashError{s}
	}
	return h, nil
}

// parseDigits reads lower-case digits only: a hash has one way to be written.
func parseDigits[T string | []byte](digits T) (h Hash, ok bool) {
	if len(digits) != hex.EncodedLen(len(h)) {
		return h, false
	}
	for i := range h {
		high, low := nibbles[digits[2*i]], nibbles[digits[2*i+1]]
		if high > 0xf || low > 0xf {
			return Hash{}, false
		}
		h[i] = high<<4 | low
	}
	return h, true
}

// nibbles are the values of digits; what is none has a larger one. Libraries hold hashes by the million.
//
//nolint:gochecknoglobals // a table
var nibbles = func() (values [256]byte) {
	for c := range values {
		values[c] = 0xff
	}
	for n, c := range []byte("0123456789abcdef") {
		values[c] = byte(n)
	}
	return values
}()

func (h Hash) String() string { return string(h.Append(make([]byte, 0, TextSize))) }

// Append appends String to b.
func (h Hash) Append(b []byte) []byte { return hex.AppendEncode(append(b, prefix...), h[:]) }

func (h Hash) digits() string { return hex.EncodeToString(h[:]) }

// MarshalText writes String.
func (h Hash) MarshalText() ([]byte, error) { return h.Append(nil), nil }

// UnmarshalText is Parse.
func (h *Hash) UnmarshalText(b []byte) error {
	digits, found := bytes.CutPrefix(b, []byte(prefix))
	parsed, ok := parseDigits(digits)
	if !found || !ok {
		return &HashError{string(b)}
	}
	*h = parsed
	return nil
}

// HashError reports a text that is no hash.
type HashError struct{ Text string }

func (e *HashError) Error() string {
	return fmt.Sprintf("blob: %.80q is no hash; write sha256: and 64 lower-case hexadecimal digits", e.Text)
}
