package timestamp_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// authority is a time-stamp authority of OpenSSL, with a root and an issuer between,
// that is asked without a network: a query in a file, a reply in another.
type authority struct {
	t    testing.TB
	dir  string
	root *x509.Certificate
}

const config = `
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
certs = between.pem
signer_key = tsa.key
signer_digest = SIGNERDIGEST
default_policy = 1.2.3.4.1
digests = DIGESTS
accuracy = secs:1, millisecs:500
ess_cert_id_alg = ESSHASH
ess_cert_id_chain = ESSCHAIN
`

// choice is what differs between authorities; each key of config has a default.
type choice map[string]string

func (a *authority) run(args ...string) string {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), "openssl", args...)
	cmd.Dir = a.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		a.t.Fatalf("openssl %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func (a *authority) write(name, content string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(content), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) read(name string) []byte {
	a.t.Helper()
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func newAuthority(t testing.TB, c choice) *authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed; make setup-test installs it")
	}
	a := &authority{t: t, dir: t.TempDir()}
	text := config
	for key, value := range map[string]string{"SIGNERDIGEST": "sha256", "DIGESTS": "sha256, sha512", "ESSHASH": "sha256", "ESSCHAIN": "no"} {
		if own, found := c[key]; found {
			value = own
		}
		text = strings.ReplaceAll(text, key, value)
	}
	a.write("conf", text)
	a.write("serial", "2A\n")
	key := []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}
	stampKey := key
	if c["KEY"] == "rsa" {
		stampKey = []string{"-newkey", "rsa:2048"}
	}
	req := func(key []string, args ...string) {
		a.run(append(append([]string{"req", "-nodes", "-config", "conf"}, key...), args...)...)
	}
	req(key, "-x509", "-keyout", "root.key", "-out", "root.pem", "-days", "3650", "-subj", "/O=Stamps/CN=Stamp root", "-extensions", "root")
	req(key, "-keyout", "between.key", "-out", "between.csr", "-subj", "/O=Stamps/CN=Stamp issuer")
	a.run("x509", "-req", "-in", "between.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "2", "-days", "3650",
		"-extfile", "conf", "-extensions", "root", "-out", "between.pem")
	req(stampKey, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=Stamps/CN=Stamper")
	days := "3650"
	if own, found := c["DAYS"]; found {
		days = own
	}
	a.run("x509", "-req", "-in", "tsa.csr", "-CA", "between.pem", "-CAkey", "between.key", "-set_serial", "7", "-days", days,
		"-extfile", "conf", "-extensions", "stamp", "-out", "tsa.pem")
	block, _ := pem.Decode(a.read("root.pem"))
	var err error
	if a.root, err = x509.ParseCertificate(block.Bytes); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) answer(request []byte) []byte {
	a.t.Helper()
	a.write("query", string(request))
	a.run("ts", "-reply", "-config", "conf", "-section", "here", "-queryfile", "query", "-out", "reply")
	return a.read("reply")
}

func (a *authority) roots() *x509.CertPool { return pool(a.root) }

func pool(roots ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range roots {
		p.AddCert(c)
	}
	return p
}
