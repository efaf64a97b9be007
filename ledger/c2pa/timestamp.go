package c2pa

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// Stamped is a time stamp (RFC 3161) that was read.
type Stamped struct {
	Time      time.Time // as the authority says
	Authority string    // the common name of its certificate
	// Valid reports that it covers the signature; Trusted that a trusted authority
	// gave it, too.
	Valid, Trusted bool
}

func oidTimeStamping() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8} }
func oidSigningTime() asn1.ObjectIdentifier  { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5} }

// maxToken is the longest time stamp that is looked at, in bytes. The library descends
// into a message as deep as it goes.
const maxToken = 256 << 10

// guarded calls a library that runs beyond the end of some broken messages, and makes
// an error of that.
func guarded(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it is broken: %v", r)
		}
	}()
	return call()
}

// openToken takes the token out of a response where it is one.
func openToken(data []byte) ([]byte, error) {
	var response struct {
		Status asn1.RawValue
		Token  asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(data, &response); err == nil && len(rest) == 0 &&
		response.Status.Tag == asn1.TagSequence && len(response.Token.FullBytes) > 0 {
		data = response.Token.FullBytes
	}
	if len(data) > maxToken {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(data), maxToken)
	}
	return data, guarded(func() error {
		_, err := pkcs7.Parse(data)
		return err
	})
}

// verifyToken checks a time stamp over what it should cover. Nothing about a time
// stamp makes a manifest invalid, but for the certificate of its authority, which is
// held to the profile like a signer's: so does c2pa-rs. It is nil where the time
// cannot be relied upon.
func verifyToken(token, covers []byte, trust Trust, checkTrust bool, l *log) (*Stamped, *time.Time) {
	malformed := func(err error) (*Stamped, *time.Time) {
		l.inform(codeTimeStampMalformed, "", "the time stamp cannot be read: %v", err)
		return nil, nil
	}
	token, err := openToken(token)
	if err != nil {
		return malformed(err)
	}
	envelope, err := pkcs7.Parse(token)
	if err != nil {
		return malformed(err)
	}
	signer := envelope.GetOnlySigner()
	if signer == nil {
		l.inform(codeTimeStampUntrusted, "", "the time stamp lacks the certificate of its authority")
		return nil, nil
	}
	var stamp *timestamp.Timestamp
	err = guarded(func() (err error) {
		stamp, err = timestamp.Parse(token)
		return err
	})
	if err != nil {
		l.inform(codeTimeStampUntrusted, "", "the time stamp is not signed by its authority: %v", err)
		return nil, nil
	}
	out := &Stamped{Time: stamp.Time.UTC(), Authority: signer.Subject.CommonName}
	var signed time.Time
	if err := envelope.UnmarshalSignedAttribute(oidSigningTime(), &signed); err == nil {
		out.Time = signed.UTC()
	}
	if out.Time.Before(signer.NotBefore.Add(-stamp.Accuracy)) || out.Time.After(signer.NotAfter.Add(stamp.Accuracy)) {
		l.inform(codeTimeStampOutsideValidity, "", "the authority's certificate was not valid at the time that it states")
		return out, nil
	}
	if !stamp.HashAlgorithm.Available() {
		l.inform(codeTimeStampUntrusted, "", "the time stamp hashes with an unknown algorithm")
		return out, nil
	}
	h := stamp.HashAlgorithm.New()
	h.Write(covers)
	if !equalHash(h.Sum(nil), stamp.HashedMessage) {
		l.inform(codeTimeStampMismatch, "", "the time stamp is of something else")
		return out, nil
	}
	out.Valid = true
	l.pass(codeTimeStampValidated, "", "the time stamp covers the signature")
	if checkTrust {
		if err := checkAuthority(envelope.Certificates, signer, out.Time, trust, l); err != nil {
			l.inform(codeTimeStampUntrusted, "", "the time stamp's authority is not trusted: %v", err)
			return out, nil
		}
	}
	out.Trusted = checkTrust
	l.pass(codeTimeStampTrusted, "", "the time stamp is trusted")
	return out, &out.Time
}

func checkAuthority(certs []*x509.Certificate, signer *x509.Certificate, at time.Time, trust Trust, l *log) error {
	if err := checkProfile(signer, at, oidTimeStamping()); err != nil {
		var profile *ProfileError
		if errors.As(err, &profile) {
			l.fail(profile.Code, "", "the time stamp's authority: %s", profile.Reason)
		}
		return err
	}
	chain := []*x509.Certificate{signer}
	for range certs {
		last := chain[len(chain)-1]
		next := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
			return !slices.ContainsFunc(chain, c.Equal) && signedBy(last, c)
		})
		if next < 0 {
			break
		}
		chain = append(chain, certs[next])
	}
	return trust.check(chain, &at, oidTimeStamping())
}
