package c2pa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
)

// x5chain is the COSE header of the certificates (RFC 9360); older manifests write
// it by name.
const (
	x5chain     = int64(33)
	x5chainName = "x5chain"

	sigTst  = "sigTst"
	sigTst2 = "sigTst2"
)

// coseSignature is a COSE_Sign1 that was read.
type coseSignature struct {
	message *cose.Sign1Message
	chain   [][]byte // DER, the signer's own first
}

// parseCOSE reads a signature box. The error is a *faultError.
func parseCOSE(data []byte, l *log) (*coseSignature, error) {
	s := &coseSignature{message: cose.NewSign1Message()}
	if err := s.message.UnmarshalCBOR(data); err != nil {
		l.fail(codeSignatureMismatch, "Cose_Sign1", "the signature is no COSE_Sign1: %v", err)
		return nil, fault(FaultSignature, "the signature is no COSE_Sign1: %v", err)
	}
	protected, found := certificates(s.message.Headers.Protected, x5chain, x5chainName)
	unprotected, also := certificates(s.message.Headers.Unprotected, x5chainName)
	switch {
	case found && also:
		return nil, fault(FaultSignature, "the signature has two chains of certificates")
	case found:
		s.chain = protected
	case also:
		s.chain = unprotected
	}
	if len(s.chain) == 0 {
		return nil, fault(FaultSignature, "the signature has no certificates")
	}
	return s, nil
}

// certificates are the chain under the first of the keys.
func certificates(header map[any]any, keys ...any) (chain [][]byte, found bool) {
	for _, key := range keys {
		v, ok := header[key]
		if !ok {
			continue
		}
		switch v := v.(type) {
		case []byte:
			return [][]byte{v}, true
		case []any:
			for _, x := range v {
				if der, ok := x.([]byte); ok {
					chain = append(chain, der)
				}
			}
			return chain, len(chain) > 0
		}
		return nil, false
	}
	return nil, false
}

// signatureAlgorithm is an algorithm that C2PA 13.2 allows.
func (s *coseSignature) algorithm() (cose.Algorithm, bool) {
	alg, err := s.message.Headers.Protected.Algorithm()
	if err != nil {
		return 0, false
	}
	switch alg {
	case cose.AlgorithmES256, cose.AlgorithmES384, cose.AlgorithmES512,
		cose.AlgorithmPS256, cose.AlgorithmPS384, cose.AlgorithmPS512, cose.AlgorithmEdDSA:
		return alg, true
	default:
		return 0, false
	}
}

// derSignature says whether an ECDSA signature is in the form of X.509, where COSE
// wants the two numbers side by side.
func derSignature(sig []byte) bool {
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(sig, &pair)
	return err == nil && len(rest) == 0
}

// verify checks the signature over the claim.
func (s *coseSignature) verify(alg cose.Algorithm, claim []byte, key crypto.PublicKey) error {
	verifier, err := cose.NewVerifier(alg, key)
	if err != nil {
		return err
	}
	s.message.Payload = claim
	defer func() { s.message.Payload = nil }()
	return s.message.Verify(nil, verifier)
}

// fits says whether a key is of the curve that belongs to an algorithm.
func fits(alg cose.Algorithm, key crypto.PublicKey) error {
	curve := map[cose.Algorithm]elliptic.Curve{
		cose.AlgorithmES256: elliptic.P256(), cose.AlgorithmES384: elliptic.P384(), cose.AlgorithmES512: elliptic.P521(),
	}[alg]
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if curve != nil && key.Curve == curve {
			return nil
		}
	case ed25519.PublicKey:
		if alg == cose.AlgorithmEdDSA {
			return nil
		}
	case *rsa.PublicKey:
		if alg == cose.AlgorithmPS256 || alg == cose.AlgorithmPS384 || alg == cose.AlgorithmPS512 {
			return nil
		}
	}
	return errors.New("the key of the certificate is not one for the algorithm of the signature")
}

// publicKey is a certificate's key; RSA keys that are bound to PSS, which crypto/x509
// does not read, too.
func publicKey(cert *x509.Certificate) crypto.PublicKey {
	if cert.PublicKey != nil {
		return cert.PublicKey
	}
	var info struct {
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info); err != nil || !info.Algorithm.OID.Equal(oidRSAPSS()) {
		return nil
	}
	key, err := x509.ParsePKCS1PublicKey(info.Key.RightAlign())
	if err != nil {
		return nil
	}
	return key
}

func oidRSAPSS() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10} }

// countersigned is what a time stamp covers: the COSE countersignature structure
// over the claim (sigTst), or over the signature (sigTst2).
func (s *coseSignature) countersigned(payload []byte) ([]byte, error) {
	protected, err := s.message.Headers.MarshalProtected()
	if err != nil {
		return nil, err
	}
	return countersigned(protected, payload)
}

func countersigned(protected cbor.RawMessage, payload []byte) ([]byte, error) {
	return encode([]any{"CounterSignature", protected, []byte{}, payload})
}

// tokenHeader is the content of sigTst and sigTst2.
type tokenHeader struct {
	Tokens []struct {
		Val []byte `cbor:"val"`
	} `cbor:"tstTokens"`
}

// token is the time stamp of a signature and what it should cover; nil where there
// is none.
func (s *coseSignature) token(claim []byte) (token, covers []byte, err error) {
	for _, name := range []string{sigTst2, sigTst} {
		v, found := s.message.Headers.Unprotected[name]
		if !found {
			continue
		}
		raw, err := encode(v)
		if err != nil {
			return nil, nil, err
		}
		var h tokenHeader
		if err := decodeInto(raw, &h); err != nil {
			return nil, nil, err
		}
		if len(h.Tokens) != 1 {
			return nil, nil, errors.New("a signature has one time stamp or none")
		}
		payload := claim
		if name == sigTst2 {
			if payload, err = encode(s.message.Signature); err != nil {
				return nil, nil, err
			}
		}
		covers, err = s.countersigned(payload)
		return h.Tokens[0].Val, covers, err
	}
	return nil, nil, nil
}
