package authority

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/selvage-studio/selvage/ledger/c2pa"
)

// Import reads a signer from PEM: the certificate and those above it in any order,
// and the private key (PKCS #8, or SEC 1 for ECDSA), in one file or in several that
// are joined. A root among them is left out. The error is an *Error that says what is
// not as it should be, or a *c2pa.SignerError where the certificate cannot sign.
func Import(text []byte, at time.Time) (c2pa.Signer, error) {
	var certs []*x509.Certificate
	var key crypto.Signer
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return c2pa.Signer{}, &Error{fmt.Sprintf("block %d is no certificate that can be read: %v", n, err)}
			}
			certs = append(certs, cert)
		case "PRIVATE KEY", "EC PRIVATE KEY":
			found, err := parseKey(block)
			if err != nil {
				return c2pa.Signer{}, &Error{fmt.Sprintf("block %d: %v", n, err)}
			}
			if key != nil {
				return c2pa.Signer{}, &Error{"there are two private keys; leave only the signing certificate's"}
			}
			key = found
		case "ENCRYPTED PRIVATE KEY":
			return c2pa.Signer{}, &Error{"the private key is encrypted; decrypt it first (openssl pkcs8 -in KEY -out PLAIN)"}
		case "RSA PRIVATE KEY":
			return c2pa.Signer{}, &Error{"the private key is RSA; it must be ECDSA on P-256 or Ed25519"}
		}
	}
	if key == nil {
		return c2pa.Signer{}, &Error{"there is no private key; a block -----BEGIN PRIVATE KEY----- is needed"}
	}
	chain, err := order(certs, key)
	if err != nil {
		return c2pa.Signer{}, err
	}
	signer := c2pa.Signer{Key: key, Chain: chain}
	return signer, signer.Check(at)
}

func parseKey(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "EC PRIVATE KEY" {
		key, err := x509.ParseECPrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the private key cannot be read: %w", err)
		}
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the private key cannot be read: %w", err)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a private key of type %T cannot sign", parsed)
	}
	return key, nil
}

// order sorts the certificates from the key's own upwards, without the root.
func order(certs []*x509.Certificate, key crypto.Signer) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, cert := range certs {
		if samePublic(cert.PublicKey, key.Public()) {
			chain = []*x509.Certificate{cert}
			break
		}
	}
	if chain == nil {
		return nil, &Error{fmt.Sprintf("none of the %d certificates is that of the private key", len(certs))}
	}
	for range certs {
		last := chain[len(chain)-1]
		for _, cert := range certs {
			self := string(cert.RawSubject) == string(cert.RawIssuer)
			if !self && string(cert.RawSubject) == string(last.RawIssuer) && last.CheckSignatureFrom(cert) == nil {
				chain = append(chain, cert)
				break
			}
		}
	}
	return chain, nil
}

// PEM writes certificates.
func PEM(certs ...*x509.Certificate) []byte {
	var out []byte
	for _, cert := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	return out
}
