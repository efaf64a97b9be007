package certificate

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
	"github.com/multiformats/go-multibase"

	"github.com/selvage-studio/selvage/ledger/identity"
)

// The names of the proof (W3C vc-data-integrity and vc-di-eddsa).
const (
	proofType    = "DataIntegrityProof"
	cryptosuite  = "eddsa-jcs-2022"
	proofPurpose = "assertionMethod"
)

// MaxSize is the longest document that is looked at, in bytes.
const MaxSize = 1 << 20

// Proof is a proof that holds.
type Proof struct {
	// Signer is the did:key, Method the key of it: the two are one thing said twice.
	Signer string
	Method string
	// Created is what the signer's clock said; zero where the proof says nothing.
	Created time.Time
}

// options is a proof as it is written.
type options struct {
	Context     json.RawMessage `json:"@context,omitempty"`
	Type        string          `json:"type"`
	Cryptosuite string          `json:"cryptosuite"`
	Created     string          `json:"created,omitempty"`
	Method      string          `json:"verificationMethod"`
	Purpose     string          `json:"proofPurpose"`
	ProofValue  string          `json:"proofValue,omitempty"`
}

// Method is the verification method of a did:key: the key, as a fragment of itself.
func Method(did string) string { return did + "#" + strings.TrimPrefix(did, "did:key:") }

// AddProof signs a JSON document that has no proof yet, for assertion, and returns it
// with the proof, in canonical form. An empty method stands for Method of the key's
// did:key. The error is a *KeyError or a *ProofError.
func AddProof(document []byte, key crypto.Signer, created time.Time, method string) ([]byte, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, &KeyError{fmt.Sprintf("eddsa-jcs-2022 takes an Ed25519 key, not a %T", key.Public())}
	}
	own := Method(identity.DID(public))
	if method == "" {
		method = own
	}
	if method != own {
		return nil, &KeyError{fmt.Sprintf("the key is %s, not %.120q", own, method)}
	}
	fields, err := parse(document)
	if err != nil {
		return nil, err
	}
	if _, found := fields["proof"]; found {
		return nil, &ProofError{Reason: "the document has a proof already"}
	}
	o := options{
		Context: fields["@context"], Type: proofType, Cryptosuite: cryptosuite, Created: At(created).String(),
		Method: method, Purpose: proofPurpose,
	}
	config, err := canonical(o)
	if err != nil {
		return nil, err
	}
	text, err := canonical(fields)
	if err != nil {
		return nil, err
	}
	message := toSign(config, text)
	signature, err := key.Sign(rand.Reader, message, crypto.Hash(0))
	if err != nil {
		return nil, &KeyError{err.Error()}
	}
	if !ed25519.Verify(public, message, signature) {
		return nil, &KeyError{"what signed is not the key that it says it is"}
	}
	if o.ProofValue, err = multibase.Encode(multibase.Base58BTC, signature); err != nil {
		return nil, &KeyError{err.Error()}
	}
	if fields["proof"], err = canonical(o); err != nil {
		return nil, err
	}
	return canonical(fields)
}

// CheckProof says whether the document's one proof holds, and whose it is. What the
// document says is another question. The error is a *ProofError.
func CheckProof(secured []byte) (*Proof, error) {
	_, p, err := open(secured)
	return p, err
}

// open is CheckProof and returns the document that was signed.
func open(secured []byte) (document map[string]json.RawMessage, p *Proof, err error) {
	fields, err := parse(secured)
	if err != nil {
		return nil, nil, err
	}
	text, found := fields["proof"]
	if !found {
		return nil, nil, &ProofError{Reason: "the document has none"}
	}
	delete(fields, "proof")
	var written map[string]json.RawMessage
	if json.Unmarshal(text, &written) != nil || written == nil {
		return nil, nil, &ProofError{Reason: "the proof is not one object"}
	}
	o, err := readOptions(written)
	if err != nil {
		return nil, nil, err
	}
	p = &Proof{Method: o.Method}
	var fragment string
	p.Signer, fragment, _ = strings.Cut(o.Method, "#")
	public, err := identity.ParseDID(p.Signer)
	if err != nil || fragment != strings.TrimPrefix(p.Signer, "did:key:") {
		return nil, nil, &ProofError{Reason: fmt.Sprintf("its key %.120q is no key of a did:key", o.Method)}
	}
	if o.Created != "" {
		if p.Created, err = time.Parse(time.RFC3339, o.Created); err != nil {
			return nil, nil, &ProofError{Reason: fmt.Sprintf("it was created at %.40q, which is no time", o.Created)}
		}
		p.Created = p.Created.UTC()
	}
	signature, err := readSignature(o.ProofValue)
	if err != nil {
		return nil, nil, err
	}
	// Steps 4 of vc-di-eddsa 3.3.2: the proof speaks for the document in its context.
	if context, said := written["@context"]; said {
		if !beginsWith(fields["@context"], context) {
			return nil, nil, &ProofError{Reason: "the document's @context does not begin with that of the proof"}
		}
		fields["@context"] = context
	}
	delete(written, "proofValue")
	config, err := canonical(written)
	if err != nil {
		return nil, nil, err
	}
	content, err := canonical(fields)
	if err != nil {
		return nil, nil, err
	}
	if !ed25519.Verify(public, toSign(config, content), signature) {
		return nil, nil, &ProofError{Reason: "it is not of " + p.Signer, Forged: true}
	}
	return fields, p, nil
}

// readOptions takes the proofs that are made here. One with other options, an end
// or a domain say, asks for checks that nobody would make.
func readOptions(written map[string]json.RawMessage) (o options, err error) {
	for name, value := range written {
		var into *string
		switch name {
		case "@context":
			continue
		case "type":
			into = &o.Type
		case "cryptosuite":
			into = &o.Cryptosuite
		case "created":
			into = &o.Created
		case "verificationMethod":
			into = &o.Method
		case "proofPurpose":
			into = &o.Purpose
		case "proofValue":
			into = &o.ProofValue
		default:
			return o, &ProofError{Reason: fmt.Sprintf("it has the option %.40q, which is not known here", name)}
		}
		if json.Unmarshal(value, into) != nil || *into == "" {
			return o, &ProofError{Reason: fmt.Sprintf("its %s is no text", name)}
		}
	}
	switch {
	case o.Type != proofType || o.Cryptosuite != cryptosuite:
		return o, &ProofError{Reason: fmt.Sprintf("it is a %.40q of %.40q, where %s of %s is known", o.Type, o.Cryptosuite, proofType, cryptosuite)}
	case o.Purpose != proofPurpose:
		return o, &ProofError{Reason: fmt.Sprintf("it was made for %.40q, not for %s", o.Purpose, proofPurpose)}
	}
	return o, nil
}

func readSignature(value string) ([]byte, error) {
	bad := &ProofError{Reason: "its proofValue is no Ed25519 signature in base58btc"}
	if len(value) > 100 || !strings.HasPrefix(value, "z") {
		return nil, bad
	}
	_, raw, err := multibase.Decode(value)
	if err != nil || len(raw) != ed25519.SignatureSize {
		return nil, bad
	}
	return raw, nil
}

// beginsWith says whether every context of the proof is the document's, in its order.
func beginsWith(document, proof json.RawMessage) bool {
	have, want := contexts(document), contexts(proof)
	return len(want) > 0 && len(have) >= len(want) && slices.Equal(have[:len(want)], want)
}

// contexts lists the texts of contexts, which are in canonical form.
func contexts(value json.RawMessage) []string {
	var many []json.RawMessage
	if json.Unmarshal(value, &many) != nil {
		many = []json.RawMessage{value}
	}
	var out []string
	for _, m := range many {
		out = append(out, string(m))
	}
	return out
}

// toSign is the hash of the proof's options and that of the document.
func toSign(config, document []byte) []byte {
	a, b := sha256.Sum256(config), sha256.Sum256(document)
	return append(a[:], b[:]...)
}

// parse reads a JSON object whose keys are each there once; the values are in
// canonical form. The error is a *ProofError.
func parse(document []byte) (map[string]json.RawMessage, error) {
	if len(document) > MaxSize {
		return nil, &ProofError{Reason: fmt.Sprintf("the document has %d bytes, more than %d", len(document), MaxSize)}
	}
	if !utf8.Valid(document) {
		return nil, &ProofError{Reason: "the document is not UTF-8"}
	}
	text, err := jcs.Transform(document)
	if err != nil {
		return nil, &ProofError{Reason: "the document is no JSON: " + err.Error()}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, &ProofError{Reason: "the document is no JSON object"}
	}
	return fields, nil
}

// canonical writes v as RFC 8785 has it.
func canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, &ProofError{Reason: err.Error()}
	}
	if text, err = jcs.Transform(text); err != nil {
		return nil, &ProofError{Reason: err.Error()}
	}
	return text, nil
}
