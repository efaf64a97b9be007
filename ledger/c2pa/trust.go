package c2pa

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// Trust says whom a reader believes.
type Trust struct {
	// Roots are the authorities whose signers and time stamps are trusted. With
	// none, everybody is untrusted, which alone makes nothing invalid.
	Roots []*x509.Certificate
	// At is the time at which a signer's certificate must be valid where no trusted
	// time stamp says when it signed; zero for now.
	At time.Time
}

// PEMError reports a file of certificates that cannot be used.
type PEMError struct{ Reason string }

func (e *PEMError) Error() string { return "c2pa: " + e.Reason }

// ParseTrust reads roots from PEM. The error is a *PEMError.
func ParseTrust(text []byte) (Trust, error) {
	chain, err := parsePEM(text)
	return Trust{Roots: chain}, err
}

func parsePEM(text []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &PEMError{fmt.Sprintf("the certificate in block %d cannot be read: %v", n, err)}
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, &PEMError{"there is no certificate in it; it should have lines -----BEGIN CERTIFICATE-----"}
	}
	return out, nil
}

func (t Trust) now() time.Time {
	if t.At.IsZero() {
		return time.Now()
	}
	return t.At
}

// check says whether a chain, the signer first, hangs on a root. Where the time of
// signing is known, each certificate must have been valid then.
func (t Trust) check(chain []*x509.Certificate, signed *time.Time, purposes ...asn1.ObjectIdentifier) error {
	if len(t.Roots) == 0 {
		return errors.New("nobody is trusted")
	}
	if !allowedPurpose(chain[0], purposes) {
		return errors.New("the certificate is for another purpose")
	}
	for i, cert := range chain[1:] {
		if !signedBy(chain[i], cert) {
			return fmt.Errorf("the certificate of %s is not signed by the next one", chain[i].Subject)
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		cert := chain[i]
		if signed != nil && (signed.Before(cert.NotBefore) || signed.After(cert.NotAfter)) {
			return fmt.Errorf("the certificate of %s was not valid at the time of signing", cert.Subject)
		}
		for _, root := range t.Roots {
			if bytes.Equal(cert.RawIssuer, root.RawSubject) && signedBy(cert, root) {
				return nil
			}
		}
	}
	return errors.New("no trusted authority has issued the certificate")
}

// signedBy says whether the key of issuer signed a certificate.
func signedBy(cert, issuer *x509.Certificate) bool {
	if issuer.PublicKey == nil {
		with := *issuer
		with.PublicKey, with.PublicKeyAlgorithm = publicKey(issuer), x509.RSA
		issuer = &with
	}
	return issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
}
