package timestamp

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // names certificates in ESSCertID (RFC 2634)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"github.com/digitorus/pkcs7"
	rfc3161 "github.com/digitorus/timestamp"
)

// maxDepth is how deep a token may be nested; those of authorities have about 12.
const maxDepth = 32

// The object identifiers of RFC 3161, 5652, 5035 and 5280 that are looked at.
func oidTSTInfo() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
}
func oidSignedData() asn1.ObjectIdentifier  { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2} }
func oidContentType() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3} }
func oidSigningCertificate() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
}
func oidSigningCertificateV2() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
}
func oidExtendedKeyUsage() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 37} }
func oidTimeStamping() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
}

// hashOf gives the hash function of an identifier, and false for one that is broken
// or unknown.
func hashOf(oid asn1.ObjectIdentifier) (crypto.Hash, bool) {
	switch oid.String() {
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256, true
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384, true
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512, true
	default:
		return 0, false
	}
}

// token is a time stamp whose signature holds; whether anybody trusts its signer is
// another question.
type token struct {
	signer *x509.Certificate
	others []*x509.Certificate // that came with it
	stamp  *rfc3161.Timestamp
}

// sound walks through DER, so that nothing reaches a recursive reader that is nested
// without end, and nothing reads past an end.
func sound(der []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	for len(der) > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if err != nil {
			return err
		}
		if v.IsCompound {
			if err := sound(v.Bytes, depth+1); err != nil {
				return err
			}
		}
		der = rest
	}
	return nil
}

// contentType reads what kind of content the CMS message says that it signs.
func contentType(der []byte) (asn1.ObjectIdentifier, error) {
	var info struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version int
			Digests asn1.RawValue
			Content struct {
				Type asn1.ObjectIdentifier
				Data asn1.RawValue `asn1:"optional,explicit,tag:0"`
			}
			Certificates asn1.RawValue `asn1:"optional,tag:0"`
			CRLs         asn1.RawValue `asn1:"optional,tag:1"`
			Signers      asn1.RawValue
		} `asn1:"explicit,tag:0"`
	}
	rest, err := asn1.Unmarshal(der, &info)
	switch {
	case err != nil:
		return nil, err
	case len(rest) > 0:
		return nil, fmt.Errorf("%d bytes follow the token", len(rest))
	case !info.Type.Equal(oidSignedData()):
		return nil, fmt.Errorf("it is no signed message but %v", info.Type)
	}
	return info.Content.Content.Type, nil
}

// openToken reads a token and checks its signature. The error is a *ResponseError, a
// *SignatureError, a *PurposeError or an *ExpiredError.
func openToken(der []byte) (t *token, err error) {
	// The libraries that read CMS run beyond the end of some broken messages.
	defer func() {
		if r := recover(); r != nil {
			t, err = nil, &ResponseError{fmt.Sprintf("it is broken: %v", r)}
		}
	}()
	if len(der) > MaxResponse {
		return nil, &ResponseError{fmt.Sprintf("it has %d bytes, more than %d", len(der), MaxResponse)}
	}
	if err := sound(der, 0); err != nil {
		return nil, &ResponseError{err.Error()}
	}
	kind, err := contentType(der)
	if err != nil {
		return nil, &ResponseError{err.Error()}
	}
	if !kind.Equal(oidTSTInfo()) {
		return nil, &ResponseError{fmt.Sprintf("what it signs is no time but %v", kind)}
	}
	message, err := pkcs7.Parse(der)
	if err != nil {
		return nil, &ResponseError{err.Error()}
	}
	if n := len(message.Signers); n != 1 {
		return nil, &ResponseError{fmt.Sprintf("it has %d signers instead of one", n)}
	}
	signer := message.GetOnlySigner()
	if signer == nil {
		return nil, &SignatureError{"", "the certificate of the authority did not come with it"}
	}
	name := authority(signer)
	if err := forTimeStamping(signer); err != nil {
		return nil, err
	}
	var stated struct {
		Version int
		Policy  asn1.ObjectIdentifier
		Imprint asn1.RawValue
		Serial  *big.Int
		Time    time.Time `asn1:"generalized"`
	}
	if _, err := asn1.Unmarshal(message.Content, &stated); err != nil {
		return nil, &ResponseError{"its time: " + err.Error()}
	}
	if stated.Version != 1 {
		return nil, &ResponseError{fmt.Sprintf("it has the version %d, where 1 is known", stated.Version)}
	}
	if err := inForce(signer, stated.Time.UTC()); err != nil {
		return nil, err
	}
	info := message.Signers[0]
	if _, fine := hashOf(info.DigestAlgorithm.Algorithm); !fine {
		return nil, &SignatureError{name, fmt.Sprintf("it is signed over the hash function %v, which is broken or unknown", info.DigestAlgorithm.Algorithm)}
	}
	seen := map[string][]byte{}
	for _, a := range info.AuthenticatedAttributes {
		if _, twice := seen[a.Type.String()]; twice {
			return nil, &SignatureError{name, fmt.Sprintf("the attribute %v is there twice", a.Type)}
		}
		seen[a.Type.String()] = a.Value.Bytes
	}
	var signed asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(seen[oidContentType().String()], &signed); err != nil || len(rest) > 0 || !signed.Equal(kind) {
		return nil, &SignatureError{name, "the signed attributes do not say that it is a time"}
	}
	if err := namesCertificate(seen, signer); err != nil {
		return nil, &SignatureError{name, err.Error()}
	}
	stamp, err := rfc3161.Parse(der)
	if err != nil {
		return nil, &SignatureError{name, err.Error()}
	}
	return &token{signer, message.Certificates, stamp}, nil
}

// namesCertificate says whether the signed attributes name the certificate, without
// which a certificate of the same key could stand in for it.
func namesCertificate(attributes map[string][]byte, c *x509.Certificate) error {
	type issuerSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	check := func(h crypto.Hash, want []byte, is issuerSerial) error {
		digest := h.New()
		digest.Write(c.Raw)
		if !bytes.Equal(digest.Sum(nil), want) || is.Serial != nil && is.Serial.Cmp(c.SerialNumber) != 0 {
			return fmt.Errorf("the signed attributes name another certificate")
		}
		return nil
	}
	if value, found := attributes[oidSigningCertificateV2().String()]; found {
		var v2 struct {
			Certs []struct {
				Hash   pkix.AlgorithmIdentifier `asn1:"optional"`
				Sum    []byte
				Issuer issuerSerial `asn1:"optional"`
			}
			Policies asn1.RawValue `asn1:"optional"`
		}
		if rest, err := asn1.Unmarshal(value, &v2); err != nil || len(rest) > 0 || len(v2.Certs) == 0 {
			return fmt.Errorf("its signing certificate (ESSCertIDv2) cannot be read")
		}
		h, fine := crypto.SHA256, true // the default
		if len(v2.Certs[0].Hash.Algorithm) > 0 {
			h, fine = hashOf(v2.Certs[0].Hash.Algorithm)
		}
		if !fine {
			return fmt.Errorf("it names its certificate with the hash function %v", v2.Certs[0].Hash.Algorithm)
		}
		return check(h, v2.Certs[0].Sum, v2.Certs[0].Issuer)
	}
	value, found := attributes[oidSigningCertificate().String()]
	if !found {
		return fmt.Errorf("the signed attributes do not name its certificate")
	}
	var v1 struct {
		Certs []struct {
			Sum    []byte
			Issuer issuerSerial `asn1:"optional"`
		}
		Policies asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(value, &v1); err != nil || len(rest) > 0 || len(v1.Certs) == 0 {
		return fmt.Errorf("its signing certificate (ESSCertID) cannot be read")
	}
	return check(crypto.SHA1, v1.Certs[0].Sum, v1.Certs[0].Issuer)
}
