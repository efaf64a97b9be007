package edit

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"
)

// MaxParams is the most bytes that the parameters of one operation may have: a
// lasso of a hundred thousand points fits, a picture does not belong there.
const MaxParams = 4 << 20

// Canonical returns JSON in the one form that is hashed: RFC 8785. What is not
// JSON in UTF-8, names a member twice or holds a number beyond a float64 is
// refused.
func Canonical(data []byte) ([]byte, error) {
	c, err := jcs.Transform(data)
	if err != nil {
		return nil, fmt.Errorf("edit: the JSON has no canonical form: %w", err)
	}
	return c, nil
}

// VersionOf is the name of what an operation makes of the version parent, the
// zero Hash where there is none: the SHA-256 of the line "selvage version 1\n",
// the 32 bytes of parent, and the canonical form of {"kind": kind, "params":
// params}. params has to be canonical already.
func VersionOf(parent Hash, kind string, params []byte) Hash {
	name, err := json.Marshal(kind)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	if name, err = Canonical(name); err != nil {
		panic(err) // and Marshal has made it valid UTF-8
	}
	h := sha256.New()
	h.Write([]byte("selvage version 1\n"))
	h.Write(parent[:])
	fmt.Fprintf(h, `{"kind":%s,"params":%s}`, name, params)
	return Hash(h.Sum(nil))
}

// Zero says that the hash names nothing.
func (h Hash) Zero() bool { return h == Hash{} }
