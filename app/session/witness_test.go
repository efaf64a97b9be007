package session_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
)

// witnessed is a library with a pattern in it, and its log's key.
func witnessed(t *testing.T) (*session.Session, *library.Library, string) {
	t.Helper()
	s, lib, path := studio(t, 64, 64)
	p := begin(t, s, lib, path, session.NewPattern{Name: "Stripes"})
	if err := errors.Join(p.Save(t.Context()), p.Close()); err != nil {
		t.Fatal(err)
	}
	heads, err := s.Heads(t.Context(), lib)
	if err != nil || len(heads) != 1 {
		t.Fatalf("%v, %v", heads, err)
	}
	return s, lib, heads[0].Key
}

// Another device stands witness; while it is away the question waits, and a library that was
// rolled back since gets no cosignature and is found out by the head that was cosigned.
func TestAnotherDeviceStandsWitness(t *testing.T) {
	s, lib, key := witnessed(t)
	other, _, _ := studio(t, 64, 64)
	who, err := other.WitnessKey(t.Context(), "studio/laptop")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- other.StandWitness(ctx, who, []string{key}, "127.0.0.1:0", func(a string) { address <- a })
	}()
	url := "http://" + <-address
	if err := s.AddParty(session.Party{URL: url, Key: who.String()}); err != nil {
		t.Fatal(err)
	}
	ask := func() session.Asked {
		t.Helper()
		asked, err := s.Ask(t.Context(), lib)
		if err != nil || len(asked) != 1 {
			t.Fatalf("%+v, %v", asked, err)
		}
		return asked[0]
	}
	if a := ask(); a.Err != nil || a.At.IsZero() {
		t.Fatalf("%+v", a)
	}
	if err := s.Note(t.Context(), lib, "", "later"); err != nil {
		t.Fatal(err)
	}
	if a := ask(); a.Err != nil {
		t.Fatalf("a log that grew: %v", a.Err)
	}
	v, err := s.VerifyLedger(t.Context(), lib, session.VerifyOptions{}, nil)
	if err != nil || !v.Intact() || len(v.Logs) != 1 || len(v.Logs[0].Seen) != 1 || v.Logs[0].Seen[0].Size != v.Entries {
		t.Fatalf("%+v, %v", v, err)
	}
	heads, err := s.Heads(t.Context(), lib)
	if err != nil {
		t.Fatal(err)
	}
	cosigned := heads[0].Note

	// The witness is away.
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := s.Note(t.Context(), lib, "", "while it is away"); err != nil {
		t.Fatal(err)
	}
	if a := ask(); a.Err == nil {
		t.Error("nobody answered, and nobody said so")
	}
	pending, err := s.Pending(t.Context(), lib)
	if err != nil || len(pending) != 1 || pending[0].Kind != archive.WantCosignature || pending[0].Tries != 1 || pending[0].Error == "" {
		t.Errorf("%+v, %v", pending, err)
	}

	// Somebody puts an empty ledger in the place of this one.
	if err := lib.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(lib.Dir(), archive.FileName)); err != nil {
		t.Fatal(err)
	}
	if err := s.NewEpoch(t.Context(), lib, "the old one is not wanted any more"); err != nil {
		t.Fatal(err)
	}
	v, err = s.VerifyLedger(t.Context(), lib, session.VerifyOptions{Heads: [][]byte{cosigned}}, nil)
	if err != nil || v.Intact() {
		t.Errorf("what was cosigned is not missed: %+v, %v", v, err)
	}
}

// A real authority, OpenSSL's, stamps the head.
func TestAnAuthorityStampsTheHead(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed (make setup-test installs it)")
	}
	s, lib, _ := witnessed(t)
	dir := t.TempDir()
	run := func(stdin []byte, args ...string) []byte {
		t.Helper()
		c := exec.CommandContext(t.Context(), "openssl", args...)
		c.Dir, c.Stdin = dir, bytes.NewReader(stdin)
		var errs strings.Builder
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, errs.String())
		}
		return out
	}
	config := `[req]
distinguished_name = dn
prompt = no
[dn]
CN = A time-stamp authority
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[tsa]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
[ts]
default_tsa = one
[one]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
`
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "ts.cnf"), []byte(config), 0o600), os.WriteFile(filepath.Join(dir, "serial"), []byte("01\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	run(nil, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "30", "-config", "ts.cnf", "-extensions", "ca")
	run(nil, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-config", "ts.cnf")
	run(nil, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", "tsa.pem", "-days", "20", "-extfile", "ts.cnf", "-extensions", "tsa")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question bytes.Buffer
		if _, err := question.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "q.tsq"), question.Bytes(), 0o600); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(run(nil, "ts", "-reply", "-config", "ts.cnf", "-section", "one", "-queryfile", "q.tsq"))
	}))
	defer server.Close()
	if err := s.AddParty(session.Party{URL: server.URL, Roots: filepath.Join(dir, "root.pem")}); err != nil {
		t.Fatal(err)
	}
	asked, err := s.Ask(t.Context(), lib)
	if err != nil || len(asked) != 1 || asked[0].Err != nil {
		t.Fatalf("%+v, %v", asked, err)
	}
	v, err := s.VerifyLedger(t.Context(), lib, session.VerifyOptions{}, nil)
	if err != nil || !v.Intact() || len(v.Logs[0].Seen) != 1 || v.Logs[0].Seen[0].By != "A time-stamp authority" {
		t.Fatalf("%+v, %v", v, err)
	}
	// The word of an authority that nobody vouches for counts for nothing.
	if err := s.RemoveParty(server.URL); err != nil {
		t.Fatal(err)
	}
	v, err = s.VerifyLedger(t.Context(), lib, session.VerifyOptions{}, nil)
	if err != nil || !v.Intact() || len(v.Logs[0].Seen) != 0 {
		t.Errorf("a stamp of a stranger counts: %+v, %v", v, err)
	}
}
