package timestamp

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"

	rfc3161 "github.com/digitorus/timestamp"

	"github.com/selvage-studio/selvage/ledger/blob"
)

const (
	minNonce = 8 // bytes
	maxNonce = 20
)

// NewRequest asks for the time of a hash, and for the authority's certificate to come
// with it. The nonce of 8 to 20 bytes is what the answer has to repeat; nil makes a
// fresh one of 16. The error is a *RequestError.
func NewRequest(hash blob.Hash, nonce []byte) ([]byte, error) {
	if nonce == nil {
		nonce = make([]byte, 16)
		if _, err := rand.Read(nonce); err != nil {
			return nil, &RequestError{err.Error()}
		}
	}
	if len(nonce) < minNonce || len(nonce) > maxNonce {
		return nil, &RequestError{fmt.Sprintf("a nonce has %d to %d bytes, this one %d", minNonce, maxNonce, len(nonce))}
	}
	request := rfc3161.Request{
		HashAlgorithm: crypto.SHA256,
		HashedMessage: hash[:],
		Certificates:  true,
		Nonce:         new(big.Int).SetBytes(nonce),
	}
	der, err := request.Marshal()
	if err != nil {
		return nil, &RequestError{err.Error()}
	}
	return der, nil
}

// readRequest reads what NewRequest writes.
func readRequest(der []byte) (hash blob.Hash, nonce *big.Int, err error) {
	const limit = 1024
	if len(der) > limit {
		return hash, nil, &RequestError{fmt.Sprintf("it has %d bytes, more than %d", len(der), limit)}
	}
	r, err := rfc3161.ParseRequest(der)
	switch {
	case err != nil:
		return hash, nil, &RequestError{err.Error()}
	case r.HashAlgorithm != crypto.SHA256 || len(r.HashedMessage) != sha256.Size:
		return hash, nil, &RequestError{"it is not for a SHA-256"}
	case r.Nonce == nil:
		return hash, nil, &RequestError{"it has no nonce, so that an old answer could not be told from a new one"}
	}
	return blob.Hash(r.HashedMessage), r.Nonce, nil
}
