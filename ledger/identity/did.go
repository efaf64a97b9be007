package identity

import (
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/multiformats/go-multibase"
)

// didPrefix begins every did:key; the multicodec of an Ed25519 public key is 0xed,
// written as an unsigned varint.
const didPrefix = "did:key:"

func ed25519Code() []byte { return []byte{0xed, 0x01} }

// DID writes an Ed25519 public key as a did:key (W3C CCG, The did:key Method v0.7):
// "did:key:" and the multibase base58btc of the multicodec and the 32 bytes.
func DID(key ed25519.PublicKey) string {
	text, err := multibase.Encode(multibase.Base58BTC, append(ed25519Code(), key...))
	if err != nil {
		panic(err) // base58btc is always there
	}
	return didPrefix + text
}

// ParseDID reads what DID writes. The error is a *DIDError.
func ParseDID(did string) (ed25519.PublicKey, error) {
	text, found := strings.CutPrefix(did, didPrefix)
	if !found || len(text) > 64 || !strings.HasPrefix(text, "z") {
		return nil, &DIDError{did}
	}
	_, raw, err := multibase.Decode(text)
	code := ed25519Code()
	if err != nil || len(raw) != len(code)+ed25519.PublicKeySize || raw[0] != code[0] || raw[1] != code[1] {
		return nil, &DIDError{did}
	}
	key := ed25519.PublicKey(raw[len(code):])
	if DID(key) != did {
		return nil, &DIDError{did}
	}
	return key, nil
}

// DIDError reports a text that is no did:key of an Ed25519 key.
type DIDError struct{ Text string }

func (e *DIDError) Error() string {
	return fmt.Sprintf("identity: %.90q is no did:key of an Ed25519 key; it begins with did:key:z6Mk", e.Text)
}
