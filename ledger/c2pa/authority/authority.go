package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/ledger/c2pa"
)

// Name is what a certificate calls its holder.
type Name struct {
	Organization string // the studio; it is what readers show, and must be there
	CommonName   string // the person, the desk or the purpose
	Country      string // two letters; may be empty
}

func (n Name) subject() pkix.Name {
	out := pkix.Name{Organization: []string{n.Organization}, CommonName: n.CommonName}
	if n.Country != "" {
		out.Country = []string{n.Country}
	}
	return out
}

const (
	// rootYears is how long a root is valid. What it signed can be checked no longer
	// than that without a time stamp, and licences last long.
	rootYears = 30
	// signerYears is how long a signing certificate is valid.
	signerYears = 2
	// early lets a certificate begin a little before it was made, for clocks that
	// are behind.
	early = time.Hour
)

// Root is an authority: its certificate and its key.
type Root struct {
	Certificate *x509.Certificate
	key         crypto.Signer
}

// Error reports a certificate that cannot be made.
type Error struct{ Reason string }

func (e *Error) Error() string { return "authority: " + e.Reason }

func serial() (*big.Int, error) {
	const bits = 159 // 20 octets at most, and positive (RFC 5280, 4.1.2.2)
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits))
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return n.Add(n, big.NewInt(1)), nil
}

// keyID is the SHA-256 of the public key, cut to 20 bytes (RFC 7093, 2, method 1).
func keyID(key crypto.PublicKey) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, &Error{fmt.Sprintf("the key cannot be used: %v", err)}
	}
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	h := sha256.Sum256(info.Key.Bytes)
	return h[:20], nil
}

func (n Name) check() error {
	if strings.TrimSpace(n.Organization) == "" {
		return &Error{"the name of the studio is empty; readers show it as the signer"}
	}
	if n.Country != "" && len(n.Country) != 2 {
		return &Error{fmt.Sprintf("the country %q has not two letters", n.Country)}
	}
	return nil
}

// NewRoot makes an authority with the key, ECDSA on P-256 or Ed25519, valid from now
// for 30 years. The error is an *Error, or the key's.
func NewRoot(key crypto.Signer, name Name, now time.Time) (*Root, error) {
	if err := name.check(); err != nil {
		return nil, err
	}
	id, err := keyID(key.Public())
	if err != nil {
		return nil, err
	}
	number, err := serial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: name.subject(),
		NotBefore: now.Add(-early).UTC(), NotAfter: now.AddDate(rootYears, 0, 0).UTC(),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		SubjectKeyId: id, AuthorityKeyId: id,
	}
	cert, err := create(template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Root{cert, key}, nil
}

// OpenRoot joins an authority's certificate with its key. The error is an *Error.
func OpenRoot(cert *x509.Certificate, key crypto.Signer) (*Root, error) {
	if !cert.IsCA || !samePublic(cert.PublicKey, key.Public()) {
		return nil, &Error{"the certificate is not an authority's, or the key is not its key"}
	}
	return &Root{cert, key}, nil
}

func create(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return cert, nil
}

// Issue makes the certificate of a key that signs manifests, valid from now for two
// years, with the profile of C2PA 14.5.1. The key must be another than the root's.
// The error is an *Error, or the root key's.
func (r *Root) Issue(public crypto.PublicKey, name Name, now time.Time) (*x509.Certificate, error) {
	if err := name.check(); err != nil {
		return nil, err
	}
	if samePublic(public, r.key.Public()) {
		return nil, &Error{"the key that signs manifests must be another than the root's"}
	}
	if name.subject().String() == r.Certificate.Subject.String() {
		return nil, &Error{"the signer must have another name than the root; say what it is for in CommonName"}
	}
	id, err := keyID(public)
	if err != nil {
		return nil, err
	}
	number, err := serial()
	if err != nil {
		return nil, err
	}
	end := now.AddDate(signerYears, 0, 0)
	if end.After(r.Certificate.NotAfter) {
		end = r.Certificate.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: name.subject(), NotBefore: now.Add(-early).UTC(), NotAfter: end.UTC(),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, SubjectKeyId: id,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{
			{1, 3, 6, 1, 5, 5, 7, 3, 36},    // documentSigning
			{1, 3, 6, 1, 4, 1, 62558, 2, 1}, // C2PA signing
		},
	}
	cert, err := create(template, r.Certificate, public, r.key)
	if err != nil {
		return nil, err
	}
	if err := c2pa.CheckCertificate(cert, now); err != nil {
		return nil, err
	}
	return cert, nil
}

func samePublic(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

// Fingerprint is the SHA-256 of a certificate's public key (its SPKI) in groups that
// can be read aloud and compared. It stays when the certificate is made anew with the
// same key.
func Fingerprint(cert *x509.Certificate) string {
	h := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	digits := strings.ToUpper(hex.EncodeToString(h[:]))
	const group = 4
	var b strings.Builder
	for i := 0; i < len(digits); i += group {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(digits[i : i+group])
	}
	return b.String()
}
