package authority_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/c2pa/authority"
)

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func edKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keyPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func studioRoot(t *testing.T, key crypto.Signer) *authority.Root {
	t.Helper()
	root, err := authority.NewRoot(key, authority.Name{Organization: "Studio Nord", CommonName: "Root", Country: "NO"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func issue(t *testing.T, root *authority.Root, public crypto.PublicKey) *x509.Certificate {
	t.Helper()
	cert, err := root.Issue(public, authority.Name{Organization: "Studio Nord", CommonName: "Signer"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// The certificates have the profile of the standard, and OpenSSL accepts the chain.
func TestCertificates(t *testing.T) {
	for name, keys := range map[string][2]crypto.Signer{
		"ES256":   {ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())},
		"Ed25519": {edKey(t), edKey(t)},
		"mixed":   {ecKey(t, elliptic.P256()), edKey(t)},
	} {
		t.Run(name, func(t *testing.T) {
			root := studioRoot(t, keys[0])
			cert := issue(t, root, keys[1].Public())
			if err := c2pa.CheckCertificate(cert, time.Now()); err != nil {
				t.Error(err)
			}
			if err := (c2pa.Signer{Key: keys[1], Chain: []*x509.Certificate{cert}}).Check(time.Now()); err != nil {
				t.Error(err)
			}
			var profile *c2pa.ProfileError
			if err := c2pa.CheckCertificate(root.Certificate, time.Now()); !errors.As(err, &profile) {
				t.Errorf("the root itself: %v", err)
			}
			if err := c2pa.CheckCertificate(cert, time.Now().AddDate(3, 0, 0)); !errors.As(err, &profile) || profile.Code != "signingCredential.expired" {
				t.Errorf("in three years: %v", err)
			}
			if !slices.Equal(cert.AuthorityKeyId, root.Certificate.SubjectKeyId) || len(cert.SubjectKeyId) == 0 || cert.Version != 3 || cert.IsCA {
				t.Error("the certificate is not tied to its root")
			}
			openssl, err := exec.LookPath("openssl")
			if err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			for file, c := range map[string]*x509.Certificate{"root.pem": root.Certificate, "cert.pem": cert} {
				if err := os.WriteFile(filepath.Join(dir, file), authority.PEM(c), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.CommandContext(t.Context(), openssl, "verify", "-x509_strict", "-purpose", "smimesign",
				"-CAfile", filepath.Join(dir, "root.pem"), filepath.Join(dir, "cert.pem")).CombinedOutput()
			if err != nil {
				t.Errorf("openssl: %s", out)
			}
		})
	}
}

func TestWhatARootRefuses(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	root := studioRoot(t, key)
	var bad *authority.Error
	if _, err := authority.NewRoot(key, authority.Name{CommonName: "nobody"}, time.Now()); !errors.As(err, &bad) {
		t.Errorf("a nameless studio: %v", err)
	}
	if _, err := authority.NewRoot(key, authority.Name{Organization: "x", Country: "Norway"}, time.Now()); !errors.As(err, &bad) {
		t.Errorf("a long country: %v", err)
	}
	if _, err := root.Issue(key.Public(), authority.Name{Organization: "x"}, time.Now()); !errors.As(err, &bad) {
		t.Errorf("its own key: %v", err)
	}
	if _, err := root.Issue(edKey(t).Public(), authority.Name{Organization: "Studio Nord", CommonName: "Root", Country: "NO"}, time.Now()); !errors.As(err, &bad) {
		t.Errorf("its own name: %v", err)
	}
	if _, err := authority.OpenRoot(root.Certificate, edKey(t)); !errors.As(err, &bad) {
		t.Errorf("another's key: %v", err)
	}
	again, err := authority.OpenRoot(root.Certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	issue(t, again, edKey(t).Public())
}

func TestImport(t *testing.T) {
	rootKey, key := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	root := studioRoot(t, rootKey)
	cert := issue(t, root, key.Public())
	other := issue(t, root, edKey(t).Public())
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sec1 := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	for name, text := range map[string][]byte{
		"in order":      slices.Concat(authority.PEM(cert), keyPEM(t, key)),
		"turned":        slices.Concat(keyPEM(t, key), authority.PEM(root.Certificate, other, cert)),
		"SEC 1":         slices.Concat(sec1, authority.PEM(cert)),
		"with comments": slices.Concat([]byte("subject=…\n"), authority.PEM(cert), []byte("\n"), keyPEM(t, key)),
	} {
		signer, err := authority.Import(text, time.Now())
		if err != nil || len(signer.Chain) != 1 || !signer.Chain[0].Equal(cert) || !key.Equal(signer.Key) {
			t.Errorf("%s: %d certificates, %v", name, len(signer.Chain), err)
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384 := ecKey(t, elliptic.P384())
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":              {nil, "no private key"},
		"only a certificate":   {authority.PEM(cert), "no private key"},
		"only a key":           {keyPEM(t, key), "none of the 0"},
		"another's key":        {slices.Concat(authority.PEM(cert), keyPEM(t, edKey(t))), "none of the 1"},
		"two keys":             {slices.Concat(authority.PEM(cert), keyPEM(t, key), keyPEM(t, rootKey)), "two private keys"},
		"the root":             {slices.Concat(authority.PEM(root.Certificate), keyPEM(t, rootKey)), "cannot sign"},
		"a broken certificate": {slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), keyPEM(t, key)), "no certificate"},
		"a broken key":         {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), "cannot be read"},
		"an encrypted key":     {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{1}}), "encrypted"},
		"an RSA key":           {slices.Concat(authority.PEM(issue(t, root, rsaKey.Public())), keyPEM(t, rsaKey)), "ECDSA on P-256"},
		"P-384":                {slices.Concat(authority.PEM(issue(t, root, p384.Public())), keyPEM(t, p384)), "P-256"},
	} {
		var bad *authority.Error
		var unfit *c2pa.SignerError
		_, err := authority.Import(c.text, time.Now())
		if !errors.As(err, &bad) && !errors.As(err, &unfit) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := authority.Import(slices.Concat(authority.PEM(cert), keyPEM(t, key)), time.Now().AddDate(5, 0, 0)); err == nil || !strings.Contains(err.Error(), "valid from") {
		t.Errorf("in five years: %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	key := edKey(t)
	one, two := studioRoot(t, key), studioRoot(t, key)
	got := authority.Fingerprint(one.Certificate)
	h := sha256.Sum256(one.Certificate.RawSubjectPublicKeyInfo)
	if strings.ReplaceAll(got, " ", "") != strings.ToUpper(hex.EncodeToString(h[:])) || len(strings.Fields(got)) != 16 {
		t.Errorf("the fingerprint is %q", got)
	}
	if authority.Fingerprint(two.Certificate) != got {
		t.Error("the same key has another fingerprint in another certificate")
	}
}
