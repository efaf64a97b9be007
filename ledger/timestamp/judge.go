package timestamp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// Stamp is a time that a trusted authority signed.
type Stamp struct {
	Time     time.Time // UTC, as the authority states
	Accuracy time.Duration
	Policy   string // object identifier
	Serial   string // decimal
	// Authority is the common name of its certificate, or its whole name without one.
	Authority string
	// Ends is when its certificate ends; a new stamp over Token is due before.
	Ends time.Time
	// Token is what to keep: it is the proof.
	Token []byte
}

// Judge says whether the response answers the request, and is signed by an authority
// that one of the roots vouches for. The error is a *RequestError, *ResponseError,
// *RefusedError, *NonceError, *ImprintError, *SignatureError, *PurposeError,
// *ExpiredError or *UntrustedError.
func Judge(request, response []byte, roots *x509.CertPool) (Stamp, error) {
	hash, nonce, err := readRequest(request)
	if err != nil {
		return Stamp{}, err
	}
	der, err := readResponse(response)
	if err != nil {
		return Stamp{}, err
	}
	t, err := openToken(der)
	if err != nil {
		return Stamp{}, err
	}
	if err := t.covers(hash); err != nil {
		return Stamp{}, err
	}
	if got := t.stamp.Nonce; got == nil {
		return Stamp{}, &NonceError{Want: nonce.Text(16)}
	} else if got.Cmp(nonce) != 0 {
		return Stamp{}, &NonceError{Want: nonce.Text(16), Got: got.Text(16)}
	}
	if err := t.trusted(roots); err != nil {
		return Stamp{}, err
	}
	return t.result(der), nil
}

// Verify judges a token that was kept: whether it is for the hash, and whether its
// authority is trusted. It may not state a time after at; the zero time lets that be.
// The errors are those of Judge, and a *FutureError.
func Verify(tokenDER []byte, hash blob.Hash, roots *x509.CertPool, at time.Time) (Stamp, error) {
	t, err := openToken(tokenDER)
	if err != nil {
		return Stamp{}, err
	}
	if err := t.covers(hash); err != nil {
		return Stamp{}, err
	}
	if err := t.trusted(roots); err != nil {
		return Stamp{}, err
	}
	s := t.result(tokenDER)
	if !at.IsZero() && s.Time.Add(-s.Accuracy).After(at) {
		return Stamp{}, &FutureError{s.Time, at.UTC()}
	}
	return s, nil
}

// readResponse takes the token out of a response that has one.
func readResponse(der []byte) ([]byte, error) {
	if len(der) > MaxResponse {
		return nil, &ResponseError{fmt.Sprintf("it has %d bytes, more than %d", len(der), MaxResponse)}
	}
	var r struct {
		Status struct {
			Status  int
			Text    []string       `asn1:"optional,utf8"`
			Failure asn1.BitString `asn1:"optional"`
		}
		Token asn1.RawValue `asn1:"optional"`
	}
	rest, err := asn1.Unmarshal(der, &r)
	switch {
	case err != nil:
		return nil, &ResponseError{err.Error()}
	case len(rest) > 0:
		return nil, &ResponseError{fmt.Sprintf("%d bytes follow it", len(rest))}
	}
	if s := Status(r.Status.Status); s != Granted && s != GrantedWithMods {
		return nil, &RefusedError{s, failure(r.Status.Failure), strings.Join(r.Status.Text, " ")}
	}
	if len(r.Token.FullBytes) == 0 {
		return nil, &ResponseError{"it has no token"}
	}
	return r.Token.FullBytes, nil
}

func (t *token) covers(hash blob.Hash) error {
	if t.stamp.HashAlgorithm == crypto.SHA256 && bytes.Equal(t.stamp.HashedMessage, hash[:]) {
		return nil
	}
	name := strings.ToLower(strings.ReplaceAll(t.stamp.HashAlgorithm.String(), "-", ""))
	return &ImprintError{Want: hash.String(), Got: fmt.Sprintf("%s:%x", name, t.stamp.HashedMessage)}
}

// trusted looks for a chain to a root that was valid at the time stated.
func (t *token) trusted(roots *x509.CertPool) error {
	name := authority(t.signer)
	// Without a pool crypto/x509 would ask the system's.
	if roots == nil {
		return &UntrustedError{Authority: name}
	}
	between := x509.NewCertPool()
	for _, c := range t.others {
		between.AddCert(c)
	}
	_, err := t.signer.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: between,
		CurrentTime:   t.stamp.Time,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &ExpiredError{authority(invalid.Cert), t.stamp.Time.UTC(), invalid.Cert.NotBefore.UTC(), invalid.Cert.NotAfter.UTC()}
	default:
		return &UntrustedError{name, err}
	}
}

func (t *token) result(der []byte) Stamp {
	return Stamp{
		Time:      t.stamp.Time.UTC(),
		Accuracy:  min(max(t.stamp.Accuracy, 0), maxAccuracy),
		Policy:    t.stamp.Policy.String(),
		Serial:    t.stamp.SerialNumber.String(),
		Authority: authority(t.signer),
		Ends:      t.signer.NotAfter.UTC(),
		Token:     bytes.Clone(der),
	}
}

// maxAccuracy is the least exact that a time is held to be; what an authority states
// beyond that is held against its clock.
const maxAccuracy = time.Hour

func authority(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

// inForce says whether a certificate was valid at a time.
func inForce(c *x509.Certificate, at time.Time) error {
	if at.Before(c.NotBefore) || at.After(c.NotAfter) {
		return &ExpiredError{authority(c), at, c.NotBefore.UTC(), c.NotAfter.UTC()}
	}
	return nil
}

// forTimeStamping holds a certificate to RFC 3161, 2.3.
func forTimeStamping(c *x509.Certificate) error {
	wrong := func(reason string) error { return &PurposeError{authority(c), reason} }
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidExtendedKeyUsage()) {
			continue
		}
		var purposes []asn1.ObjectIdentifier
		if rest, err := asn1.Unmarshal(e.Value, &purposes); err != nil || len(rest) > 0 {
			return wrong("its purposes cannot be read")
		}
		switch {
		case len(purposes) != 1 || !purposes[0].Equal(oidTimeStamping()):
			return wrong("it has other purposes")
		case !e.Critical:
			return wrong("its purpose is not marked critical")
		case c.KeyUsage&^(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0:
			return wrong("its key is for more than signatures")
		}
		return nil
	}
	return wrong("it states no purpose")
}
