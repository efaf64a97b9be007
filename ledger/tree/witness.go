package tree

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// cosignatureType is that of an Ed25519 cosignature among the types of C2SP
// signed-note.
const cosignatureType = 0x04

// Witness checks the cosignatures of one witness: somebody who says that, as of a time,
// a head was the largest that he saw of a log, and went on from all before it. It is
// a note.Verifier.
type Witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// WitnessError reports what is no witness's key or cosignature.
type WitnessError struct{ Reason string }

func (e *WitnessError) Error() string { return "tree: no witness: " + e.Reason }

// NewWitness is the witness of a name, which has no spaces and no plus sign in it, and
// a key. The error is a *WitnessError.
func NewWitness(name string, key ed25519.PublicKey) (*Witness, error) {
	if name == "" || !utf8.ValidString(name) || strings.IndexFunc(name, unicode.IsSpace) >= 0 || strings.ContainsAny(name, "+\x00") {
		return nil, &WitnessError{fmt.Sprintf("%.80q is no name for a key", name)}
	}
	if len(key) != ed25519.PublicKeySize {
		return nil, &WitnessError{fmt.Sprintf("a key has %d bytes, not %d", ed25519.PublicKeySize, len(key))}
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), append([]byte{cosignatureType}, key...)...))
	return &Witness{name, binary.BigEndian.Uint32(sum[:4]), bytes.Clone(key)}, nil
}

// ParseWitness reads a witness's key as C2SP signed-note writes it: name, key id and key
// with a plus sign between. The error is a *WitnessError.
func ParseWitness(key string) (*Witness, error) {
	parts := strings.SplitN(key, "+", 3)
	if len(key) > maxLine || len(parts) != 3 {
		return nil, &WitnessError{"its key has the form NAME+ID+KEY"}
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) == 0 {
		return nil, &WitnessError{"its key is no base64"}
	}
	if raw[0] != cosignatureType {
		return nil, &WitnessError{fmt.Sprintf("its key is of type %d; what is known is type %d, Ed25519 cosignatures", raw[0], cosignatureType)}
	}
	w, err := NewWitness(parts[0], raw[1:])
	if err != nil {
		return nil, err
	}
	if w.String() != key {
		return nil, &WitnessError{"its id is not that of its key"}
	}
	return w, nil
}

// String is what ParseWitness reads.
func (w *Witness) String() string {
	id := binary.BigEndian.AppendUint32(nil, w.hash)
	return w.name + "+" + hex.EncodeToString(id) + "+" + base64.StdEncoding.EncodeToString(append([]byte{cosignatureType}, w.key...))
}

// Name is the key's name.
func (w *Witness) Name() string { return w.name }

// KeyHash is the key's id.
func (w *Witness) KeyHash() uint32 { return w.hash }

// Verify is note.Verifier's.
func (w *Witness) Verify(text, signature []byte) bool {
	at, ok := cosigned(signature)
	return ok && ed25519.Verify(w.key, cosignedText(at, text), signature[8:])
}

// cosigned is the time in a signature.
func cosigned(signature []byte) (uint64, bool) {
	if len(signature) != 8+ed25519.SignatureSize {
		return 0, false
	}
	at := binary.BigEndian.Uint64(signature)
	return at, at <= math.MaxInt64
}

func cosignedText(at uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), text...)
}

// Cosignature is that a witness signed a head.
type Cosignature struct {
	Witness string
	ID      uint32    // of the key
	At      time.Time // UTC to the second, by the witness's clock
	Line    string    // as it stands in the note, without its line feed
}

func cosignature(s note.Signature) (Cosignature, error) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) < 4 {
		return Cosignature{}, &WitnessError{"its signature is no base64"}
	}
	at, ok := cosigned(raw[4:])
	if !ok {
		return Cosignature{}, &WitnessError{"its signature is no Ed25519 cosignature"}
	}
	line := "— " + s.Name + " " + s.Base64
	return Cosignature{s.Name, s.Hash, time.Unix(int64(at), 0).UTC(), line}, nil
}

// Cosign adds lines of signatures, as witnesses answer with them, to a signed note. A line that
// is there already is not added twice. The error is a *HeadError.
func Cosign(text []byte, lines ...string) ([]byte, error) {
	b := bytes.Clone(text)
	for _, l := range lines {
		l = strings.TrimSuffix(l, "\n")
		if bytes.Contains(b, []byte("\n"+l+"\n")) {
			continue
		}
		b = append(b, l+"\n"...)
	}
	if _, err := Read(b); err != nil {
		return nil, err
	}
	return b, nil
}

// Cosigners reads who of the witnesses cosigned a head, whoever's log it is: the log's own signature is
// not looked at. A wrong line of a witness who is known is an error, beside the others' lines.
func Cosigners(text []byte, witnesses ...*Witness) (seen []Cosignature, err error) {
	if _, err := Read(text); err != nil {
		return nil, err
	}
	for _, w := range witnesses {
		n, wrong := note.Open(text, note.VerifierList(w))
		var unverified *note.UnverifiedNoteError
		switch {
		case errors.As(wrong, &unverified):
			continue // it has not signed it
		case wrong != nil:
			err = errors.Join(err, &HeadError{"the signature of " + w.Name(), wrong})
			continue
		}
		for _, s := range n.Sigs {
			if c, wrong := cosignature(s); wrong == nil {
				seen = append(seen, c)
			}
		}
	}
	return seen, err
}

// CosignatureKey makes cosignatures: for a device of one's own that stands witness, and
// for the studio. It is a note.Signer.
type CosignatureKey struct {
	*Witness
	sign  func(message []byte) ([]byte, error)
	clock func() time.Time
}

// NewCosignatureKey signs with the Ed25519 key that sign stands for. Whoever uses it
// has checked before that the head goes on from all that this key signed of the log.
func NewCosignatureKey(w *Witness, sign func(message []byte) ([]byte, error), clock func() time.Time) *CosignatureKey {
	return &CosignatureKey{w, sign, clock}
}

// Sign is note.Signer's.
func (k *CosignatureKey) Sign(text []byte) ([]byte, error) {
	now := k.clock().Unix()
	if now < 0 {
		return nil, &WitnessError{"its clock stands before 1970"}
	}
	signature, err := k.sign(cosignedText(uint64(now), text))
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(now)), signature...), nil
}
