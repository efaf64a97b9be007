package edit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Hash is the SHA-256 of a content, written "sha256:" and 64 hexadecimal digits.
type Hash [sha256.Size]byte

// HashOf is the hash of data.
func HashOf(data []byte) Hash { return sha256.Sum256(data) }

// ParseHash reads what String writes. The error is a *HashError.
func ParseHash(s string) (Hash, error) {
	digits, found := strings.CutPrefix(s, "sha256:")
	b, err := hex.DecodeString(digits)
	if !found || err != nil || len(b) != sha256.Size {
		return Hash{}, &HashError{s}
	}
	return Hash(b), nil
}

func (h Hash) String() string { return "sha256:" + hex.EncodeToString(h[:]) }

// MarshalText writes String.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText is ParseHash.
func (h *Hash) UnmarshalText(b []byte) (err error) {
	*h, err = ParseHash(string(b))
	return err
}

// HashError reports a text that is no hash.
type HashError struct{ Text string }

func (e *HashError) Error() string {
	return fmt.Sprintf("edit: %q is no hash; write sha256: and 64 hexadecimal digits", e.Text)
}
