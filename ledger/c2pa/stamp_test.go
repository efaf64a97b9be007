package c2pa_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// stampAuthority is a time-stamp authority in this process. The one of OpenSSL is
// asked in another test.
type stampAuthority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	at   time.Time
}

func newStampAuthority(t testing.TB, s studio) *stampAuthority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	eku, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: "Time of Nord", Organization: []string{"Studio Nord"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: eku}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, s.root.Certificate, key.Public(), s.rootKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &stampAuthority{key, cert, time.Now()}
}

func (a *stampAuthority) Stamp(_ context.Context, hash []byte) ([]byte, error) {
	stamp := &timestamp.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: hash, Time: a.at, SerialNumber: big.NewInt(1),
		Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1}, AddTSACertificate: true, Accuracy: time.Second,
	}
	return stamp.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
}
