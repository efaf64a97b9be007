package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// trust is whom the caller believes.
type trust struct {
	roots  []*x509.Certificate
	pool   *x509.CertPool // of the same, nil where there are none
	people []string       // did:keys
	// witnesses have to have cosigned heads, where there are any.
	witnesses []*tree.Witness
}

func readTrust(named, witnesses []string) (t trust, err error) {
	for _, key := range witnesses {
		w, err := tree.ParseWitness(strings.TrimSpace(key))
		if err != nil {
			return t, fmt.Errorf("--witness %.80q: %w", key, err)
		}
		t.witnesses = append(t.witnesses, w)
	}
	for _, n := range named {
		if strings.HasPrefix(n, "did:") {
			if _, err := identity.ParseDID(n); err != nil {
				return t, err
			}
			t.people = append(t.people, n)
			continue
		}
		text, err := os.ReadFile(n)
		if err != nil {
			return t, err
		}
		parsed, err := c2pa.ParseTrust(text)
		if err != nil {
			return t, fmt.Errorf("%s: %w", n, err)
		}
		if t.pool == nil {
			t.pool = x509.NewCertPool()
		}
		for _, root := range parsed.Roots {
			t.roots = append(t.roots, root)
			t.pool.AddCert(root)
		}
	}
	return t, nil
}

// person reports whether one of the keys is believed.
func (t trust) person(dids ...string) bool {
	return slices.ContainsFunc(dids, func(d string) bool { return slices.Contains(t.people, d) })
}
