package record

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// saltSize makes guessing a short value from its commitment hopeless.
const saltSize = 32

// sealPrefix keeps a commitment from being the hash of anything else.
const sealPrefix = "selvage-commitment-v1\n"

// Sealed stands in an entry for a value that may be withheld: its commitment
// alone is written down. The zero value is written as null and commits to nothing.
type Sealed struct {
	Commitment blob.Hash
	opening    *Opening
}

// Opening is what a commitment was made of. Whoever has it can show the value.
type Opening struct {
	Commitment blob.Hash       `json:"commitment"`
	Salt       []byte          `json:"salt"`  // 32 bytes
	Value      json.RawMessage `json:"value"` // canonical
}

// Seal commits to a value under a fresh salt: SHA-256 over the text
// "selvage-commitment-v1" and a line feed, the 32 bytes of the salt, and the value
// in canonical form.
func Seal(value any) (Sealed, error) {
	text, err := Canonical(value)
	if err != nil {
		return Sealed{}, err
	}
	o := &Opening{Salt: make([]byte, saltSize), Value: text}
	if _, err := rand.Read(o.Salt); err != nil {
		return Sealed{}, fmt.Errorf("record: %w", err)
	}
	o.Commitment = commit(o.Salt, text)
	return Sealed{o.Commitment, o}, nil
}

// SealText is Seal of a text; an empty one needs no seal.
func SealText(text string) (Sealed, error) {
	if text == "" {
		return Sealed{}, nil
	}
	return Seal(text)
}

func commit(salt, value []byte) blob.Hash {
	h := sha256.New()
	h.Write([]byte(sealPrefix))
	h.Write(salt)
	h.Write(value)
	return blob.Hash(h.Sum(nil))
}

// Check says whether the opening is that of its commitment: an *OpeningError.
func (o *Opening) Check() error {
	switch {
	case len(o.Salt) != saltSize:
		return &OpeningError{o.Commitment, fmt.Sprintf("its salt has %d bytes instead of %d", len(o.Salt), saltSize)}
	case commit(o.Salt, o.Value) != o.Commitment:
		return &OpeningError{o.Commitment, "salt and value have another hash"}
	}
	return nil
}

// Text is the opened value where it is a text, and its JSON otherwise.
func (o *Opening) Text() string {
	var s string
	if json.Unmarshal(o.Value, &s) == nil {
		return s
	}
	return string(o.Value)
}

// OpeningError reports an opening that does not open its commitment.
type OpeningError struct {
	Commitment blob.Hash
	Reason     string
}

func (e *OpeningError) Error() string {
	return fmt.Sprintf("record: the opening of %v is not the one that was committed to: %s", e.Commitment, e.Reason)
}

// IsZero reports whether nothing is committed to.
func (s Sealed) IsZero() bool { return s.Commitment == blob.Hash{} }

// Opening is what was sealed, nil for what was read from a log.
func (s Sealed) Opening() *Opening { return s.opening }

type sealedJSON struct {
	Commit blob.Hash `json:"commit"`
}

// MarshalJSON writes the commitment.
func (s Sealed) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(sealedJSON{s.Commitment})
}

// UnmarshalJSON reads the commitment.
func (s *Sealed) UnmarshalJSON(b []byte) error {
	*s = Sealed{}
	if string(b) == "null" {
		return nil
	}
	var j sealedJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	s.Commitment = j.Commit
	return nil
}

// sealedIn finds every Sealed of a body.
func sealedIn(v reflect.Value, found func(Sealed)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			sealedIn(v.Elem(), found)
		}
	case reflect.Struct:
		if s, ok := v.Interface().(Sealed); ok {
			if !s.IsZero() {
				found(s)
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				sealedIn(v.Field(i), found)
			}
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k == reflect.Uint8 || k == reflect.String {
			return
		}
		for i := range v.Len() {
			sealedIn(v.Index(i), found)
		}
	default:
	}
}

// Commitments lists what a body commits to.
func Commitments(b Body) []Sealed {
	var all []Sealed
	sealedIn(reflect.ValueOf(b), func(s Sealed) { all = append(all, s) })
	return all
}
