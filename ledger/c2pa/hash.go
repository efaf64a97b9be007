package c2pa

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// algorithm is the hash that a manifest calls by name; nil for one that C2PA does
// not allow.
func algorithm(name string) hash.Hash {
	switch name {
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	default:
		return nil
	}
}

// digest hashes data; nil where nobody knows the algorithm.
func digest(alg string, data []byte) []byte {
	h := algorithm(alg)
	if h == nil {
		return nil
	}
	h.Write(data)
	return h.Sum(nil)
}

// equalHash says whether two hashes are equal; no hash equals nothing.
func equalHash(a, b []byte) bool { return len(a) > 0 && bytes.Equal(a, b) }
