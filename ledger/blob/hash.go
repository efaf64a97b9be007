package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Hash is the SHA-256 of a content, written "sha256:" and 64 hexadecimal digits.
type Hash [sha256.Size]byte

// Of is the hash of content.
func Of(content []byte) Hash { return sha256.Sum256(content) }

// Parse reads what String writes. The error is a *HashError.
func Parse(s string) (Hash, error) {
	digits, found := strings.CutPrefix(s, "sha256:")
	h, ok := parseDigits(digits)
	if !found || !ok {
		return Hash{}, &HashError{s}
	}
	return h, nil
}

// parseDigits reads lower-case digits only: a hash has one way to be written.
func parseDigits(digits string) (h Hash, ok bool) {
	if len(digits) != hex.EncodedLen(len(h)) || strings.ToLower(digits) != digits {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(digits))
	return h, err == nil
}

func (h Hash) String() string { return "sha256:" + h.digits() }

func (h Hash) digits() string { return hex.EncodeToString(h[:]) }

// MarshalText writes String.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText is Parse.
func (h *Hash) UnmarshalText(b []byte) (err error) {
	*h, err = Parse(string(b))
	return err
}

// HashError reports a text that is no hash.
type HashError struct{ Text string }

func (e *HashError) Error() string {
	return fmt.Sprintf("blob: %.80q is no hash; write sha256: and 64 lower-case hexadecimal digits", e.Text)
}
