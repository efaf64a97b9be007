package timestamp_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	rfc3161 "github.com/digitorus/timestamp"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/timestamp"
)

func ask(t testing.TB, hash blob.Hash) []byte {
	t.Helper()
	request, err := timestamp.NewRequest(hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// Authorities with other keys, hash functions and ways to name their certificate are
// believed with their root, and OpenSSL believes what we do.
func TestAuthoritiesOfOpenSSL(t *testing.T) {
	for name, c := range map[string]choice{
		"ECDSA":         {},
		"RSA":           {"KEY": "rsa", "SIGNERDIGEST": "sha512"},
		"ESSCertID":     {"ESSHASH": "sha1"},
		"ESSCertIDv2":   {"ESSHASH": "sha512"},
		"chain is said": {"ESSCHAIN": "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t, c)
			head := blob.Of([]byte("a head"))
			request := ask(t, head)
			before := time.Now().Add(-2 * time.Second)
			response := a.answer(request)
			stamp, err := timestamp.Judge(request, response, a.roots())
			if err != nil {
				t.Fatal(err)
			}
			if stamp.Authority != "Stamper" || stamp.Policy != "1.2.3.4.1" || stamp.Serial != "43" ||
				stamp.Accuracy != 1500*time.Millisecond || stamp.Time.Location() != time.UTC ||
				stamp.Time.Before(before) || stamp.Ends.Before(stamp.Time) {
				t.Errorf("stamp %+v", stamp)
			}
			again, err := timestamp.Verify(stamp.Token, head, a.roots(), stamp.Time)
			if err != nil || !again.Time.Equal(stamp.Time) || !bytes.Equal(again.Token, stamp.Token) {
				t.Errorf("kept, it is %+v, %v", again, err)
			}
			a.write("token", string(stamp.Token))
			out := a.run("ts", "-verify", "-in", "token", "-token_in", "-digest", strings.TrimPrefix(head.String(), "sha256:"),
				"-CAfile", "root.pem", "-untrusted", "between.pem")
			if !strings.Contains(out, "Verification: OK") {
				t.Errorf("OpenSSL says %s", out)
			}
			if text := a.run("ts", "-query", "-in", "query", "-text"); !strings.Contains(text, "sha256") || !strings.Contains(text, "Certificate required: yes") {
				t.Errorf("OpenSSL reads the request as %s", text)
			}
		})
	}
}

func TestNotForThisQuestion(t *testing.T) {
	a := newAuthority(t, nil)
	head, other := blob.Of([]byte("a head")), blob.Of([]byte("another"))
	request := ask(t, head)
	response := a.answer(request)

	var nonce *timestamp.NonceError
	if _, err := timestamp.Judge(ask(t, head), response, a.roots()); !errors.As(err, &nonce) || nonce.Got == "" {
		t.Errorf("an old answer: %v", err)
	}
	var imprint *timestamp.ImprintError
	if _, err := timestamp.Judge(ask(t, other), response, a.roots()); !errors.As(err, &imprint) || imprint.Got != head.String() || imprint.Want != other.String() {
		t.Errorf("another hash: %v", err)
	}
	var untrusted *timestamp.UntrustedError
	if _, err := timestamp.Judge(request, response, nil); !errors.As(err, &untrusted) || untrusted.Err != nil {
		t.Errorf("without roots: %v", err)
	}
	if _, err := timestamp.Judge(request, response, newAuthority(t, nil).roots()); !errors.As(err, &untrusted) || untrusted.Authority != "Stamper" {
		t.Errorf("with another root: %v", err)
	}
	stamp, err := timestamp.Judge(request, response, a.roots())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := timestamp.Verify(stamp.Token, other, a.roots(), stamp.Time); !errors.As(err, &imprint) {
		t.Errorf("kept, for another hash: %v", err)
	}
	var future *timestamp.FutureError
	if _, err := timestamp.Verify(stamp.Token, head, a.roots(), stamp.Time.Add(-time.Minute)); !errors.As(err, &future) {
		t.Errorf("from the future: %v", err)
	}
	if _, err := timestamp.Verify(stamp.Token, head, a.roots(), stamp.Ends.AddDate(10, 0, 0)); err != nil {
		t.Errorf("after the certificate ended: %v", err)
	}
	var answer *timestamp.ResponseError
	if _, err := timestamp.Judge(request, append(bytes.Clone(response), 0), a.roots()); !errors.As(err, &answer) {
		t.Errorf("with a byte behind: %v", err)
	}
	if _, err := timestamp.Verify(append(bytes.Clone(stamp.Token), 0x05, 0x00), head, a.roots(), stamp.Time); !errors.As(err, &answer) {
		t.Errorf("with a NULL behind: %v", err)
	}
}

// OpenSSL refuses a hash function that it was not told to accept.
func TestRefused(t *testing.T) {
	a := newAuthority(t, choice{"DIGESTS": "sha512"})
	request := ask(t, blob.Of(nil))
	var refused *timestamp.RefusedError
	if _, err := timestamp.Judge(request, a.answer(request), a.roots()); !errors.As(err, &refused) ||
		refused.Status != timestamp.Rejection || refused.Failure != "it does not know the hash function" || refused.Text == "" {
		t.Errorf("%v", err)
	}
}

// A certificate that had ended before the time stated vouches for nothing.
func TestExpired(t *testing.T) {
	a := newAuthority(t, choice{"DAYS": "-1"})
	request := ask(t, blob.Of(nil))
	var expired *timestamp.ExpiredError
	if _, err := timestamp.Judge(request, a.answer(request), a.roots()); !errors.As(err, &expired) || expired.Authority != "Stamper" || !expired.To.Before(expired.Time) {
		t.Errorf("%v", err)
	}
}

// peer is an authority in this process, which does what OpenSSL refuses to.
type peer struct {
	t       *testing.T
	rootKey ed25519.PrivateKey
	root    *x509.Certificate
	key     ed25519.PrivateKey
}

func certify(t *testing.T, template, issuer *x509.Certificate, public ed25519.PublicKey, key ed25519.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func noon() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }

func newPeer(t *testing.T, end time.Time) *peer {
	t.Helper()
	p := &peer{t: t, rootKey: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: noon().AddDate(-1, 0, 0), NotAfter: end,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	p.root = certify(t, template, template, p.rootKey.Public().(ed25519.PublicKey), p.rootKey)
	return p
}

func purposes(critical bool, oids ...asn1.ObjectIdentifier) []pkix.Extension {
	value, _ := asn1.Marshal(oids)
	return []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}}
}

func stamping() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8} }

func (p *peer) certificate(name string, usage x509.KeyUsage, extensions []pkix.Extension) *x509.Certificate {
	p.t.Helper()
	return certify(p.t, &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: noon().AddDate(0, -1, 0), NotAfter: noon().AddDate(1, 0, 0),
		BasicConstraintsValid: true, KeyUsage: usage, ExtraExtensions: extensions,
	}, p.root, p.key.Public().(ed25519.PublicKey), p.rootKey)
}

func (p *peer) answer(hash blob.Hash, nonce *big.Int, c *x509.Certificate) []byte {
	p.t.Helper()
	stamp := &rfc3161.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: hash[:], Time: noon(), SerialNumber: big.NewInt(1), Nonce: nonce,
		Policy: asn1.ObjectIdentifier{1, 2, 3}, AddTSACertificate: true, Accuracy: time.Second,
	}
	response, err := stamp.CreateResponseWithOpts(c, p.key, crypto.SHA256)
	if err != nil {
		p.t.Fatal(err)
	}
	return response
}

func TestCertificatesForOtherThings(t *testing.T) {
	p := newPeer(t, noon().AddDate(9, 0, 0))
	email := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	sign := x509.KeyUsageDigitalSignature
	nonce := bytes.Repeat([]byte{9}, 12)
	head := blob.Of([]byte("head"))
	request, err := timestamp.NewRequest(head, nonce)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		usage      x509.KeyUsage
		extensions []pkix.Extension
		fine       bool
	}{
		"as it should be":           {sign, purposes(true, stamping()), true},
		"not critical":              {sign, purposes(false, stamping()), false},
		"no purpose":                {sign, nil, false},
		"another purpose":           {sign, purposes(true, email), false},
		"two purposes":              {sign, purposes(true, stamping(), email), false},
		"a key for certificates":    {sign | x509.KeyUsageCertSign, purposes(true, stamping()), false},
		"a key for content as well": {sign | x509.KeyUsageContentCommitment, purposes(true, stamping()), true},
	} {
		_, err := timestamp.Judge(request, p.answer(head, new(big.Int).SetBytes(nonce), p.certificate("Peer", c.usage, c.extensions)), pool(p.root))
		var purpose *timestamp.PurposeError
		if c.fine != (err == nil) || err != nil && !errors.As(err, &purpose) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := p.certificate("Peer", sign, purposes(true, stamping()))
	var wrong *timestamp.NonceError
	if _, err := timestamp.Judge(request, p.answer(head, nil, good), pool(p.root)); !errors.As(err, &wrong) || wrong.Got != "" {
		t.Errorf("without a nonce: %v", err)
	}
	old := newPeer(t, noon().Add(-time.Hour))
	var expired *timestamp.ExpiredError
	if _, err := timestamp.Judge(request, old.answer(head, new(big.Int).SetBytes(nonce), old.certificate("Peer", sign, purposes(true, stamping()))), pool(old.root)); !errors.As(err, &expired) || expired.Authority != "Root" {
		t.Errorf("a root that had ended: %v", err)
	}
	// What is granted with modifications is granted.
	response := p.answer(head, new(big.Int).SetBytes(nonce), good)
	mods := bytes.Replace(response, []byte{2, 1, 0}, []byte{2, 1, 1}, 1)
	if _, err := timestamp.Judge(request, mods, pool(p.root)); err != nil || bytes.Equal(mods, response) {
		t.Errorf("with modifications: %v", err)
	}
}

// A certificate with the same key, issuer and serial number cannot stand in for the
// one that the signer named.
func TestASwappedCertificate(t *testing.T) {
	p := newPeer(t, noon().AddDate(9, 0, 0))
	one := p.certificate("Peer", x509.KeyUsageDigitalSignature, purposes(true, stamping()))
	two := p.certificate("Pear", x509.KeyUsageDigitalSignature, purposes(true, stamping()))
	head := blob.Of([]byte("head"))
	nonce := bytes.Repeat([]byte{9}, 12)
	request, _ := timestamp.NewRequest(head, nonce)
	response := p.answer(head, new(big.Int).SetBytes(nonce), one)
	swapped := bytes.Replace(response, one.Raw, two.Raw, 1)
	if len(one.Raw) != len(two.Raw) || bytes.Equal(swapped, response) {
		t.Fatal("nothing was swapped")
	}
	var signature *timestamp.SignatureError
	if _, err := timestamp.Judge(request, swapped, pool(p.root)); !errors.As(err, &signature) || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("%v", err)
	}
}

// Whatever byte is changed, a token says the same or nothing.
func TestDamage(t *testing.T) {
	a := newAuthority(t, nil)
	head := blob.Of([]byte("a head"))
	request := ask(t, head)
	stamp, err := timestamp.Judge(request, a.answer(request), a.roots())
	if err != nil {
		t.Fatal(err)
	}
	survived := 0
	for i := range stamp.Token {
		for _, bit := range []byte{1, 0x80} {
			damaged := bytes.Clone(stamp.Token)
			damaged[i] ^= bit
			got, err := timestamp.Verify(damaged, head, a.roots(), time.Time{})
			if err != nil {
				continue
			}
			survived++
			got.Token = stamp.Token
			if got.Time != stamp.Time || got.Serial != stamp.Serial || got.Policy != stamp.Policy || got.Authority != stamp.Authority || got.Ends != stamp.Ends {
				t.Errorf("byte %d: %+v", i, got)
			}
		}
	}
	// What nobody signed: the envelope's version and its list of hash functions.
	if survived > 64 {
		t.Errorf("%d changes of %d bytes went through", survived, len(stamp.Token))
	}
}

func TestRequests(t *testing.T) {
	var wrong *timestamp.RequestError
	for _, n := range []int{0, 7, 21} {
		if _, err := timestamp.NewRequest(blob.Hash{}, make([]byte, n)); !errors.As(err, &wrong) {
			t.Errorf("a nonce of %d bytes: %v", n, err)
		}
	}
	one, two := ask(t, blob.Hash{}), ask(t, blob.Hash{})
	if bytes.Equal(one, two) {
		t.Error("two questions are the same")
	}
	for _, bad := range [][]byte{nil, {0x30}, make([]byte, 2000), one[:20]} {
		if _, err := timestamp.Judge(bad, nil, nil); !errors.As(err, &wrong) {
			t.Errorf("request %x: %v", bad[:min(len(bad), 8)], err)
		}
	}
	var answer *timestamp.ResponseError
	deep := []byte{5, 0}
	for range 200 {
		deep, _ = asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: deep})
	}
	for _, bad := range [][]byte{nil, {0x30, 0x80}, make([]byte, timestamp.MaxResponse+1), deep} {
		if _, err := timestamp.Judge(one, bad, nil); !errors.As(err, &answer) {
			t.Errorf("response %x: %v", bad[:min(len(bad), 8)], err)
		}
		if _, err := timestamp.Verify(bad, blob.Hash{}, nil, time.Time{}); !errors.As(err, &answer) {
			t.Errorf("token %x: %v", bad[:min(len(bad), 8)], err)
		}
	}
	if _, err := timestamp.Verify(deep, blob.Hash{}, nil, time.Time{}); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("nested 200 deep: %v", err)
	}
}

// golden is a question, its answer by OpenSSL 3.0.19, and the root of that authority.
func golden(t testing.TB) (request, response []byte, roots *x509.CertPool) {
	t.Helper()
	var files [3][]byte
	for i, name := range []string{"query.der", "reply.der", "root.der"} {
		var err error
		if files[i], err = os.ReadFile(filepath.Join("testdata", name)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := x509.ParseCertificate(files[2])
	if err != nil {
		t.Fatal(err)
	}
	return files[0], files[1], pool(root)
}

func TestGolden(t *testing.T) {
	request, response, roots := golden(t)
	stamp, err := timestamp.Judge(request, response, roots)
	if err != nil || stamp.Time.Format(time.RFC3339) != "2026-11-27T11:11:52Z" || stamp.Serial != "43" {
		t.Errorf("%+v, %v", stamp, err)
	}
	again, err := timestamp.NewRequest(blob.Of([]byte("a head")), []byte("twelve bytes"))
	if err != nil || !bytes.Equal(again, request) {
		t.Errorf("the request is %x, %v", again, err)
	}
}

func FuzzJudge(f *testing.F) {
	request, response, roots := golden(f)
	head := blob.Of([]byte("a head"))
	stamp, err := timestamp.Judge(request, response, roots)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(response)
	f.Add(stamp.Token)
	f.Add([]byte{0x30, 5, 0x30, 3, 2, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, check := range []func() (timestamp.Stamp, error){
			func() (timestamp.Stamp, error) { return timestamp.Judge(request, data, roots) },
			func() (timestamp.Stamp, error) { return timestamp.Verify(data, head, roots, time.Time{}) },
		} {
			if got, err := check(); err == nil && (!got.Time.Equal(stamp.Time) || got.Serial != stamp.Serial) {
				t.Errorf("a time of its own: %+v", got)
			}
		}
	})
}
