package identity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Type says what a statement states.
type Type string

// The types. RULES.md says who has to sign each.
const (
	// Found makes the person the owner of a library that has none.
	Found Type = "found"
	// Authorise lets a device speak for the person.
	Authorise Type = "authorise-device"
	// Revoke takes that back: Trusted says up to where its logs are still believed.
	Revoke Type = "revoke-device"
	// Recovery names the key that may stand in when the person's own is lost.
	Recovery Type = "recovery"
	// Rotate puts Key in the place of the person's key.
	Rotate Type = "rotate"
	// Lost does so without the person's key.
	Lost Type = "lost"
	// Grant and Withdraw are about a role.
	Grant    Type = "grant-role"
	Withdraw Type = "withdraw-role"
	// Settings sets the rules of the library.
	Settings Type = "settings"
	// Approve says that a version has reached a milestone.
	Approve Type = "milestone"
)

// Role is what a person is in a library.
type Role string

// The roles. An owner may do what every other may.
const (
	Owner       Role = "owner"
	ArtDirector Role = "art-director"
	Designer    Role = "designer"
)

// Milestone is a state of a pattern that somebody stands for.
type Milestone string

// The milestones.
const (
	Concept  Milestone = "concept"
	Draft    Milestone = "draft"
	Review   Milestone = "review"
	Approved Milestone = "approved"
)

// Keys are a device's, by purpose.
type Keys struct {
	// C2PA is the SHA-256 of the public key of its certificate (SubjectPublicKeyInfo).
	C2PA blob.Hash `json:"c2pa"`
	// Credentials, Heads and Transport are did:keys.
	Credentials string `json:"credentials"`
	Heads       string `json:"heads"`
	Transport   string `json:"transport"`
}

// Trusted is a log of a device up to which it is believed.
type Trusted struct {
	Log  blob.Hash `json:"log"`
	Size int64     `json:"size"`
}

// Statement is something that a person says about people, keys or a pattern. Which
// fields there are depends on the type; the others are empty.
type Statement struct {
	At        string     `json:"at"` // UTC to the millisecond
	Device    *Keys      `json:"device,omitempty"`
	FourEyes  bool       `json:"four_eyes,omitempty"`
	Key       string     `json:"key,omitempty"` // did:key
	Library   string     `json:"library"`
	Milestone Milestone  `json:"milestone,omitempty"`
	Pattern   string     `json:"pattern,omitempty"`
	Person    string     `json:"person"` // did:key: whom it is about
	Proofs    []Proof    `json:"proofs,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Role      Role       `json:"role,omitempty"`
	Trusted   []Trusted  `json:"trusted,omitempty"`
	Type      Type       `json:"type"`
	V         int        `json:"v"`
	Version   *blob.Hash `json:"version,omitempty"`
}

// Proof is a signature over a statement.
type Proof struct {
	Key       string `json:"key"` // did:key
	Signature []byte `json:"signature"`
}

const (
	statementVersion = 1
	statementPrefix  = "selvage-statement-v1\n"
	timeLayout       = "2006-01-02T15:04:05.000Z"
	mostProofs       = 4
)

// signed is what a signature is over: a prefix that no other signed text has, and the
// statement without its proofs in canonical form.
func (s Statement) signed() ([]byte, error) {
	s.Proofs = nil
	text, err := record.Canonical(s)
	if err != nil {
		return nil, err
	}
	return append([]byte(statementPrefix), text...), nil
}

// With adds the signature of a key.
func (s Statement) With(key ed25519.PrivateKey) (Statement, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return s, &StatementError{"it is signed with an Ed25519 key"}
	}
	text, err := s.signed()
	if err != nil {
		return s, err
	}
	s.Proofs = append(slices.Clone(s.Proofs), Proof{DID(public), ed25519.Sign(key, text)})
	return s, nil
}

// StatementError reports what is no statement, or not one that its signers made.
type StatementError struct{ Reason string }

func (e *StatementError) Error() string { return "identity: no statement: " + e.Reason }

// Parse reads a statement in its one form and checks every signature. The error is a
// *StatementError; whether the signers may say it is State's.
func Parse(text []byte) (Statement, error) {
	var s Statement
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, &StatementError{err.Error()}
	}
	if again, err := record.Canonical(s); err != nil || !bytes.Equal(again, text) {
		return s, &StatementError{"it is not in canonical form"}
	}
	return s, s.check()
}

// Text is what Parse reads.
func (s Statement) Text() ([]byte, error) { return record.Canonical(s) }

func (s Statement) check() error {
	at, err := time.Parse(timeLayout, s.At)
	switch {
	case s.V != statementVersion:
		return &StatementError{fmt.Sprintf("its version is %d, this program knows %d", s.V, statementVersion)}
	case err != nil || at.Format(timeLayout) != s.At:
		return &StatementError{fmt.Sprintf("%.40q is no time", s.At)}
	case len(s.Proofs) == 0 || len(s.Proofs) > mostProofs:
		return &StatementError{fmt.Sprintf("it has %d signatures, not 1 to %d", len(s.Proofs), mostProofs)}
	}
	text, err := s.signed()
	if err != nil {
		return err
	}
	for i, p := range s.Proofs {
		key, err := ParseDID(p.Key)
		if err != nil {
			return &StatementError{err.Error()}
		}
		if !ed25519.Verify(key, text, p.Signature) {
			return &StatementError{"the signature of " + p.Key + " is not over it"}
		}
		if slices.ContainsFunc(s.Proofs[:i], func(q Proof) bool { return q.Key == p.Key }) {
			return &StatementError{"a key has signed it twice"}
		}
	}
	return s.shape()
}

// shape holds which fields a type has.
func (s Statement) shape() error {
	need := map[string]bool{
		"device": s.Type == Authorise, "key": s.Type == Rotate || s.Type == Lost || s.Type == Recovery || s.Type == Revoke,
		"role": s.Type == Grant || s.Type == Withdraw, "milestone": s.Type == Approve, "pattern": s.Type == Approve, "version": s.Type == Approve,
	}
	have := map[string]bool{
		"device": s.Device != nil, "key": s.Key != "", "role": s.Role != "", "milestone": s.Milestone != "", "pattern": s.Pattern != "", "version": s.Version != nil,
	}
	for field, needed := range need {
		if have[field] != needed {
			return &StatementError{fmt.Sprintf("a statement of the type %q and its %s", s.Type, field)}
		}
	}
	switch {
	case !slices.Contains([]Type{Found, Authorise, Revoke, Recovery, Rotate, Lost, Grant, Withdraw, Settings, Approve}, s.Type):
		return &StatementError{fmt.Sprintf("%.40q is no type", s.Type)}
	case len(s.Trusted) > 0 && s.Type != Revoke, s.FourEyes && s.Type != Settings:
		return &StatementError{fmt.Sprintf("a statement of the type %q has no such field", s.Type)}
	case s.Role != "" && !slices.Contains([]Role{Owner, ArtDirector, Designer}, s.Role):
		return &StatementError{fmt.Sprintf("%.40q is no role", s.Role)}
	case s.Milestone != "" && !slices.Contains([]Milestone{Concept, Draft, Review, Approved}, s.Milestone):
		return &StatementError{fmt.Sprintf("%.40q is no milestone", s.Milestone)}
	}
	for _, did := range []string{s.Person, s.Key} {
		if _, err := ParseDID(did); did != "" && err != nil {
			return &StatementError{err.Error()}
		}
	}
	if s.Device != nil {
		for _, did := range []string{s.Device.Heads, s.Device.Credentials, s.Device.Transport} {
			if _, err := ParseDID(did); err != nil {
				return &StatementError{err.Error()}
			}
		}
	}
	if s.Person == "" || s.Library == "" {
		return &StatementError{"it names no person or no library"}
	}
	return nil
}

// by reports whether a key signed it; Parse has checked how.
func (s Statement) by(did string) bool {
	return slices.ContainsFunc(s.Proofs, func(p Proof) bool { return p.Key == did })
}
