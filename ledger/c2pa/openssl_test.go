package c2pa_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa"
)

// opensslAuthority is a time-stamp authority of OpenSSL, which is asked without a
// network: a query in a file, a reply in another.
type opensslAuthority struct {
	t    *testing.T
	dir  string
	root *x509.Certificate
}

const opensslConfig = `
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[stamp]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = here
[here]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
`

func (a *opensslAuthority) run(args ...string) {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), "openssl", args...)
	cmd.Dir = a.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		a.t.Fatalf("openssl %q: %v\n%s", args, err, out)
	}
}

func newOpenSSLAuthority(t *testing.T) *opensslAuthority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	a := &opensslAuthority{t: t, dir: t.TempDir()}
	for name, content := range map[string]string{"conf": opensslConfig, "serial": "01\n"} {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "3650",
		"-subj", "/O=Stamps/CN=Stamp root", "-config", "conf", "-extensions", "root")
	a.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=Stamps/CN=Stamper", "-config", "conf")
	a.run("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "7", "-days", "3650",
		"-extfile", "conf", "-extensions", "stamp", "-out", "tsa.pem")
	text, err := os.ReadFile(filepath.Join(a.dir, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if a.root, err = x509.ParseCertificate(block.Bytes); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *opensslAuthority) Stamp(_ context.Context, hash []byte) ([]byte, error) {
	a.run("ts", "-query", "-digest", hexOf(hash), "-sha256", "-cert", "-out", "query")
	a.run("ts", "-reply", "-config", "conf", "-section", "here", "-queryfile", "query", "-out", "reply")
	return os.ReadFile(filepath.Join(a.dir, "reply"))
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out []byte
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// A time stamp of OpenSSL is taken, believed with its root, and seen by c2pa-rs.
func TestOpenSSLStamps(t *testing.T) {
	s := newStudio(t, "ES256")
	a := newOpenSSLAuthority(t)
	signer := s.signer
	signer.Stamper = a
	files := map[string][]byte{}
	for _, ext := range formats() {
		data := sign(t, plain(t, ext), created(), signer)
		files["stamped."+ext] = data
		trust := s.trust()
		stamp := judge(t, data, trust).Active().Signature.Stamp
		if stamp == nil || !stamp.Valid || stamp.Trusted || stamp.Authority != "Stamper" {
			t.Errorf("%s: without its root the time stamp is %+v", ext, stamp)
		}
		trust.Roots = append(trust.Roots, a.root)
		r := judge(t, data, trust)
		if stamp = r.Active().Signature.Stamp; stamp == nil || !stamp.Trusted || r.State != c2pa.Valid || !r.Trusted {
			t.Errorf("%s: with its root the time stamp is %+v, and the file %s %q", ext, stamp, r.State, r.Failures)
		}
	}
	agree(t, files, nil)
	agree(t, files, &s)
}

// A certificate that ended is no matter where a trusted time stamp says that the
// claim was signed before; and it is one without.
func TestATimeStampOutlivesTheCertificate(t *testing.T) {
	s := newStudio(t, "Ed25519")
	signer := s.signer
	signer.Stamper = newStampAuthority(t, s)
	stamped, plainly := sign(t, plain(t, "png"), created(), signer), sign(t, plain(t, "png"), created(), s.signer)
	later := s.trust()
	later.At = signer.Chain[0].NotAfter.AddDate(1, 0, 0)
	if r := judge(t, stamped, later); r.State != c2pa.Valid || !r.Trusted {
		t.Errorf("stamped: %s %q", r.State, r.Failures)
	}
	if r := judge(t, plainly, later); r.State != c2pa.Invalid || len(r.Failures) != 1 || r.Failures[0] != "signingCredential.expired" {
		t.Errorf("not stamped: %s %q", r.State, r.Failures)
	}
}

// lying stamps something else than it is asked to.
type lying struct{ c2pa.TimeStamper }

func (l lying) Stamp(ctx context.Context, hash []byte) ([]byte, error) {
	return l.TimeStamper.Stamp(ctx, flip(hash, 0))
}

func TestAStampOfSomethingElseIsNone(t *testing.T) {
	s := newStudio(t, "ES256")
	signer := s.signer
	signer.Stamper = lying{newStampAuthority(t, s)}
	data := sign(t, plain(t, "png"), created(), signer)
	later := s.trust()
	later.At = signer.Chain[0].NotAfter.AddDate(1, 0, 0)
	r := judge(t, data, later)
	if stamp := r.Active().Signature.Stamp; stamp == nil || stamp.Valid || stamp.Trusted {
		t.Errorf("the time stamp is %+v", stamp)
	}
	if r.State != c2pa.Invalid || len(r.Failures) != 1 || r.Failures[0] != "signingCredential.expired" {
		t.Errorf("%s %q", r.State, r.Failures)
	}
}

// A root is believed for what it signed, and not for its name.
func TestARootOfTheSameNameIsAnother(t *testing.T) {
	s, other := newStudio(t, "ES256"), newStudio(t, "ES256")
	r := judge(t, sign(t, plain(t, "png"), created(), s.signer), other.trust())
	if r.State != c2pa.Valid || r.Trusted || len(r.Failures) != 1 {
		t.Errorf("%s %v %q", r.State, r.Trusted, r.Failures)
	}
}
