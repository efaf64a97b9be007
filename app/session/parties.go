package session

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Party is somebody else who is asked about heads: a witness, or a time-stamp authority.
// None is asked before a person named it.
type Party struct {
	URL string `json:"url"`
	// Key is the witness's, as C2SP signed-note writes it; "" makes it an authority.
	Key string `json:"key,omitempty"`
	// Roots is a file of PEM certificates that vouch for an authority; "" are the system's.
	Roots string `json:"roots,omitempty"`
}

// Witness reports whether the party is a witness.
func (p Party) Witness() bool { return p.Key != "" }

// wanted is what the party is asked for.
func (p Party) wanted() archive.Wanted {
	if p.Witness() {
		return archive.WantCosignature
	}
	return archive.WantStamp
}

// AddParty names a party that may be asked from now on.
func (s *Session) AddParty(p Party) error {
	if p.Witness() {
		if _, err := tree.ParseWitness(p.Key); err != nil {
			return usage("%v", err)
		}
	}
	if p.Roots != "" {
		abs, err := filepath.Abs(p.Roots)
		if err != nil {
			return err
		}
		if _, err := rootsIn(abs); err != nil {
			return err
		}
		p.Roots = abs
	}
	set := s.settings()
	set.Parties = slices.DeleteFunc(set.Parties, func(q Party) bool { return q.URL == p.URL })
	set.Parties = append(set.Parties, p)
	return s.keep(set)
}

// RemoveParty forgets one.
func (s *Session) RemoveParty(address string) error {
	set := s.settings()
	n := len(set.Parties)
	set.Parties = slices.DeleteFunc(set.Parties, func(q Party) bool { return q.URL == address })
	if len(set.Parties) == n {
		return usage("%s is none of the witnesses and authorities that are asked", address)
	}
	return s.keep(set)
}

// Parties lists who may be asked.
func (s *Session) Parties() []Party { return s.settings().Parties }

func rootsIn(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, usage("%s holds no certificates in PEM form", path)
	}
	return pool, nil
}

// knownWitnesses are those whose cosignatures count.
func (s *Session) knownWitnesses() (all []*tree.Witness, err error) {
	for _, p := range s.Parties() {
		if !p.Witness() {
			continue
		}
		w, err := tree.ParseWitness(p.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// authorityRoots are the certificates that vouch for time stamps: the system's, and those that
// were named with an authority.
func (s *Session) authorityRoots() (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without any
	}
	for _, p := range s.Parties() {
		if p.Roots == "" {
			continue
		}
		text, err := os.ReadFile(p.Roots)
		if err != nil {
			return nil, err
		}
		pool.AppendCertsFromPEM(text)
	}
	return pool, nil
}
