package certificate_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/certificate"
)

type peerAnswer struct {
	Verify map[string]string          `json:"verify"` // empty where it holds
	Terms  map[string]string          `json:"terms"`  // empty where all are defined
	Issue  map[string]json.RawMessage `json:"issue"`
}

func askPeer(t *testing.T, verify, issue map[string]json.RawMessage) peerAnswer {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	folder := filepath.Join(cache, "selvage", "peers", "digitalbazaar-vc-7.3.0")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Skip("the independent verifier of credentials is not installed; make setup-test installs it")
	}
	input, err := json.Marshal(map[string]any{"verify": verify, "issue": issue, "seed": hex.EncodeToString(maker().Seed())})
	if err != nil {
		t.Fatal(err)
	}
	context := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(context, certificate.Context(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "vc.mjs"), folder, certificate.ContextURL, context)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("node: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var a peerAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return a
}

// An independent verifier accepts what is issued here, knows every term by our context,
// and refuses what was changed; what it issues is accepted here.
func TestAnIndependentVerifierAgrees(t *testing.T) {
	births := map[string]certificate.Birth{"with a model": withModel(t), "by hand": byHand()}
	verify, issue := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for name, b := range births {
		c, err := certificate.New(b)
		if err != nil {
			t.Fatal(err)
		}
		text, err := certificate.Sign(c, maker(), noon(), "")
		if err != nil {
			t.Fatal(err)
		}
		verify[name] = text
		verify[name+", damaged"] = change(t, text, func(v map[string]any) { subject(v)["device"] = "another" })
		verify[name+", an unknown term"] = resign(t, text, func(v map[string]any) { subject(v)["percentHuman"] = "99" })
		if issue[name], err = c.Document(makerDID(), noon()); err != nil {
			t.Fatal(err)
		}
	}
	a := askPeer(t, verify, issue)
	for name := range verify {
		if damaged := strings.HasSuffix(name, "damaged"); damaged != (a.Verify[name] != "") {
			t.Errorf("%s: the peer says %q", name, a.Verify[name])
		}
		if unknown := strings.HasSuffix(name, "term"); unknown != (a.Terms[name] != "") {
			t.Errorf("%s: JSON-LD says %q", name, a.Terms[name])
		}
	}
	for name := range births {
		v, err := certificate.Verify(a.Issue[name])
		if err != nil {
			t.Errorf("%s: what the peer issued: %v\n%s", name, err, a.Issue[name])
			continue
		}
		if v.Signer != makerDID() || !v.Created.Equal(noon()) || v.HandOnly != (name == "by hand") {
			t.Errorf("%s: %+v", name, v)
		}
		// Ed25519 and RFC 8785 leave no choice: the two sign the same bytes.
		if text := verify[name]; !bytes.Equal(canonical(t, a.Issue[name]), canonical(t, text)) {
			t.Errorf("%s: the peer wrote\n%s\nand we\n%s", name, a.Issue[name], text)
		}
	}
}

// canonical is near enough to RFC 8785 to compare: sorted keys, no space.
func canonical(t *testing.T, text []byte) []byte {
	return change(t, text, func(map[string]any) {})
}
