package certificate

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/ledger/identity"
)

// ContextURL names the context of the terms of a birth certificate.
const ContextURL = "https://github.com/selvage-studio/selvage/ns/birth/v1"

// The types and the context of Verifiable Credentials 2.0.
const (
	credentialsContext = "https://www.w3.org/ns/credentials/v2"
	credentialType     = "VerifiableCredential"
	birthType          = "BirthCertificate"
	handOnlyType       = "HandOnlyCertificate"
)

//go:embed context.json
var contextText []byte

// Context is the JSON-LD document that ContextURL names.
func Context() []byte { return bytes.Clone(contextText) }

// Credential is a certificate that is not signed yet.
type Credential struct {
	Birth Birth
	// ValidFrom is written as the credential's; zero stands for the time of signing.
	ValidFrom time.Time
}

// New makes a certificate of a birth, with the statements that belong to it. The
// error is a *BirthError.
func New(b Birth) (*Credential, error) {
	own := Statements(b.HandOnly())
	extra := slices.DeleteFunc(slices.Clone(b.Statements), func(s string) bool { return slices.Contains(own, s) })
	b.Statements = slices.Concat(own, extra)
	if err := b.check(); err != nil {
		return nil, err
	}
	return &Credential{Birth: b}, nil
}

// document is the credential without its proof.
type document struct {
	Context   []string `json:"@context"`
	Subject   Birth    `json:"credentialSubject"`
	Issuer    string   `json:"issuer"`
	Type      []string `json:"type"`
	ValidFrom Time     `json:"validFrom"`
}

// Document is the credential without a proof, for whoever signs it elsewhere: in
// canonical form. The error is a *BirthError or a *ProofError.
func (c *Credential) Document(issuer string, validFrom time.Time) ([]byte, error) {
	if err := c.Birth.check(); err != nil {
		return nil, err
	}
	kind := birthType
	if c.Birth.HandOnly() {
		kind = handOnlyType
	}
	return canonical(document{
		Context: []string{credentialsContext, ContextURL},
		Type:    []string{credentialType, kind},
		Issuer:  issuer, ValidFrom: At(validFrom), Subject: c.Birth,
	})
}

// Sign issues the certificate in the name of the key, which is an Ed25519 key. An empty
// method stands for Method of its did:key. The error is a *KeyError, *BirthError or
// *ProofError.
func Sign(c *Credential, key crypto.Signer, created time.Time, method string) ([]byte, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, &KeyError{fmt.Sprintf("eddsa-jcs-2022 takes an Ed25519 key, not a %T", key.Public())}
	}
	from := c.ValidFrom
	if from.IsZero() {
		from = created
	}
	text, err := c.Document(identity.DID(public), from)
	if err != nil {
		return nil, err
	}
	if text, err = AddProof(text, key, created, method); err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, &BirthError{Field: "credentialSubject", Reason: fmt.Sprintf("with it the certificate has %d bytes, more than %d", len(text), MaxSize)}
	}
	return text, nil
}

// Verified is a certificate that holds: its issuer signed every word of it.
type Verified struct {
	Proof
	Birth     Birth
	HandOnly  bool // a HandOnlyCertificate
	ValidFrom time.Time
}

// Verify judges a certificate: its proof, its form, that the issuer signed it, that
// what it discloses opens its commitments, that its inclusion proof leads to the head
// that it brings, and that it does not contradict itself. Who the issuer is, and who
// signed the head, is for the caller to know. The error is a *ProofError, *FormatError,
// *IssuerError or *BirthError.
func Verify(text []byte) (*Verified, error) {
	fields, proof, err := open(text)
	if err != nil {
		return nil, err
	}
	signed, err := canonical(fields)
	if err != nil {
		return nil, err
	}
	var d document
	decode := json.NewDecoder(bytes.NewReader(signed))
	decode.DisallowUnknownFields()
	if err := decode.Decode(&d); err != nil {
		return nil, &FormatError{Reason: err.Error()}
	}
	if !slices.Equal(d.Context, []string{credentialsContext, ContextURL}) {
		return nil, &FormatError{Reason: "its contexts are those of another version", Where: fmt.Sprint(d.Context)}
	}
	if len(d.Type) != 2 || d.Type[0] != credentialType || d.Type[1] != birthType && d.Type[1] != handOnlyType {
		return nil, &FormatError{Reason: "its type is " + birthType + " or " + handOnlyType, Where: fmt.Sprint(d.Type)}
	}
	if d.Issuer != proof.Signer {
		return nil, &IssuerError{d.Issuer, proof.Method}
	}
	if err := d.Subject.check(); err != nil {
		return nil, err
	}
	handOnly := d.Type[1] == handOnlyType
	if handOnly != d.Subject.HandOnly() {
		return nil, &BirthError{Field: "type", Reason: d.Type[1] + " is not what the rest of the certificate tells"}
	}
	// encoding/json takes keys in any case, and null for anything: whatever is not as it
	// would be written could be read in another way by another program.
	again, err := canonical(d)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, signed) {
		return nil, &FormatError{Reason: "it is not written in its one way"}
	}
	return &Verified{*proof, d.Subject, handOnly, d.ValidFrom.Time}, nil
}
