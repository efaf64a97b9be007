package session

import (
	"context"
	"errors"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/ledger/identity"
)

// identityOptions say where the person's keys are.
func (s *Session) identityOptions() identity.Options {
	o := identity.Options{
		Dir: filepath.Join(s.cfg.DataDir, "identity"), Name: s.cfg.PersonName, Passphrase: s.cfg.Passphrase,
		NoKeyStore: s.cfg.NoKeyStore, Work: s.cfg.PassphraseWork,
	}
	passphrase, found, err := identity.EnvPassphrase()
	if found || err != nil {
		// Whoever names a passphrase wants it used, and a machine that runs by itself has
		// no key store that anybody opened.
		o.NoKeyStore = true
		o.Passphrase = func(context.Context, bool) (string, error) { return passphrase, err }
	}
	return o
}

// Identity is who works on this device, with the keys: made on first use.
func (s *Session) Identity(ctx context.Context) (*identity.Identity, error) {
	s.meMu.Lock()
	defer s.meMu.Unlock()
	if s.me != nil {
		return s.me, nil
	}
	o := s.identityOptions()
	me, err := identity.Open(ctx, o)
	var none *identity.NoneError
	if errors.As(err, &none) {
		if o.Name == "" {
			o.Name = systemName()
		}
		me, err = identity.Create(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	s.me = me
	return me, nil
}

// unlocked says whether the keys are at hand without asking anybody.
func (s *Session) unlocked() bool {
	s.meMu.Lock()
	defer s.meMu.Unlock()
	return s.me != nil
}

// systemName is what the system calls the person.
func systemName() string {
	u, err := user.Current()
	if err != nil {
		return "Designer"
	}
	if name, _, _ := strings.Cut(u.Name, ","); strings.TrimSpace(name) != "" {
		return strings.TrimSpace(name)
	}
	return u.Username
}

// CreateIdentity makes an identity of that name: an *identity.ExistsError where there is one.
func (s *Session) CreateIdentity(ctx context.Context, name string) (*identity.Identity, error) {
	s.meMu.Lock()
	defer s.meMu.Unlock()
	o := s.identityOptions()
	o.Name = name
	me, err := identity.Create(ctx, o)
	if err == nil {
		s.me = me
	}
	return me, err
}

// ImportIdentity takes the person of an export in.
func (s *Session) ImportIdentity(ctx context.Context, locked []byte, passphrase string) (*identity.Identity, error) {
	s.meMu.Lock()
	defer s.meMu.Unlock()
	o := s.identityOptions()
	o.Name = ""
	me, err := identity.Import(ctx, locked, passphrase, o)
	if err == nil {
		s.me = me
	}
	return me, err
}

// ExportIdentity writes the person as a file that passphrase locks.
func (s *Session) ExportIdentity(ctx context.Context, passphrase string) ([]byte, error) {
	me, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	return me.Export(passphrase, s.cfg.PassphraseWork)
}

// RotateIdentity gives the person a new key; each library learns of it when it is next
// written to.
func (s *Session) RotateIdentity(ctx context.Context) (*identity.Identity, error) {
	me, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	return me, me.Rotate(ctx, s.identityOptions())
}
