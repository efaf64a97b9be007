package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Options say where an identity lives.
type Options struct {
	// Dir holds what is public about it, and the locked file where the system has no
	// key store. It is no library's.
	Dir string
	// Name is what a new person is called; it is needed for a new one alone.
	Name string
	// Passphrase is asked for one where a file is locked with it; again says that it is
	// a new one, which a person types twice. nil asks nobody.
	Passphrase func(ctx context.Context, again bool) (string, error)
	// NoKeyStore keeps away from the system's key store.
	NoKeyStore bool
	// Work is log2 of the cost of a passphrase's lock, 0 the usual one (a second).
	Work int
}

// Environment variables that name a passphrase where nobody can be asked.
const (
	PassphraseEnv     = "SELVAGE_PASSPHRASE"
	PassphraseFileEnv = "SELVAGE_PASSPHRASE_FILE"
)

// EnvPassphrase returns the passphrase that the environment names; found is false where it
// names none.
func EnvPassphrase() (passphrase string, found bool, err error) {
	if p, ok := os.LookupEnv(PassphraseEnv); ok {
		return p, true, nil
	}
	path, ok := os.LookupEnv(PassphraseFileEnv)
	if !ok {
		return "", false, nil
	}
	passphrase, err = ReadPassphrase(path)
	return passphrase, true, err
}

// ReadPassphrase is the one that a file holds, without the line feed at its end.
func ReadPassphrase(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimRight(string(text), "\r\n"), err
}

// public is identity.json: what may be known without the keys.
type public struct {
	Format string `json:"format"`
	Name   string `json:"name"`
	Person string `json:"person"`
	Device Keys   `json:"device"`
	// Where says where the secrets lie: system or file.
	Where string `json:"where"`
}

const (
	publicFormat = "selvage identity 1"
	publicFile   = "identity.json"
	secretFile   = "identity.age"
	whereSystem  = "system"
	whereFile    = "file"
)

// secrets are the keys. Seeds are Ed25519's; the others are PKCS #8.
type secrets struct {
	Person, Recovery []byte // seeds
	// Former are seeds that were the person's before, the oldest first: libraries
	// that were not open when they changed still have to be told.
	Former                             [][]byte `json:",omitempty"`
	Heads, Credentials, Transport      []byte   // seeds
	CertificateKey, CertificateRootKey []byte   // PKCS #8, ECDSA on P-256
}

// Identity is a person on this device, with the keys at hand.
type Identity struct {
	public
	dir     string
	secrets secrets
}

// NoneError reports that nobody has an identity on this device yet.
type NoneError struct{ Dir string }

func (e *NoneError) Error() string {
	return "identity: nobody has an identity on this device yet; selvage identity create --name NAME makes one"
}

// Known returns what is public about the identity in dir, without any key: a
// *NoneError where there is none.
func Known(dir string) (name, person string, device Keys, err error) {
	p, err := known(dir)
	return p.Name, p.Person, p.Device, err
}

func known(dir string) (p public, err error) {
	text, err := os.ReadFile(filepath.Join(dir, publicFile))
	if errors.Is(err, fs.ErrNotExist) {
		return p, &NoneError{dir}
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Format != publicFormat {
		return p, fmt.Errorf("identity: %s is damaged, or a later program's; take it from a back-up, or import the identity again", filepath.Join(dir, publicFile))
	}
	return p, nil
}

// Open returns the identity in o.Dir with its keys: a *NoneError where there is none, a
// *PassphraseError where its lock does not open.
func Open(ctx context.Context, o Options) (*Identity, error) {
	p, err := known(o.Dir)
	if err != nil {
		return nil, err
	}
	i := &Identity{public: p, dir: o.Dir}
	secret, err := i.vault(o).load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("identity: the keys of %s are gone from where they were kept; import the identity from its export", p.Person)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(secret, &i.secrets); err != nil {
		return nil, fmt.Errorf("identity: the keys of %s cannot be read: %w", p.Person, err)
	}
	return i, i.check()
}

// check holds the keys against what is public.
func (i *Identity) check() error {
	for _, k := range []struct {
		seed []byte
		did  string
	}{{i.secrets.Person, i.Person}, {i.secrets.Heads, i.Device.Heads}, {i.secrets.Credentials, i.Device.Credentials}, {i.secrets.Transport, i.Device.Transport}} {
		if len(k.seed) != ed25519.SeedSize || didOf(ed25519.NewKeyFromSeed(k.seed)) != k.did {
			return fmt.Errorf("identity: the keys that were found are not those of %s; import the identity from its export", i.Person)
		}
	}
	return nil
}

func (i *Identity) vault(o Options) vault {
	if i.Where == whereSystem {
		return systemVault{i.dir}
	}
	return fileVault{filepath.Join(o.Dir, secretFile), o.Passphrase, o.Work}
}

// ExistsError reports an identity that is in the way of a new one.
type ExistsError struct{ Person string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("identity: this device has the identity %s already; export it, and move its folder away first", e.Person)
}

// Create makes a new person with a first device, and keeps the keys.
func Create(ctx context.Context, o Options) (*Identity, error) {
	if strings.TrimSpace(o.Name) == "" {
		return nil, errors.New("identity: a person has a name; give it with --name")
	}
	var s secrets
	for _, seed := range []*[]byte{&s.Person, &s.Recovery} {
		*seed = make([]byte, ed25519.SeedSize)
		if _, err := rand.Read(*seed); err != nil {
			return nil, err
		}
	}
	root, err := newCertificateKey()
	if err != nil {
		return nil, err
	}
	s.CertificateRootKey = root
	return settle(ctx, o, s)
}

// settle gives a person a new device and keeps everything.
func settle(ctx context.Context, o Options, s secrets) (*Identity, error) {
	if p, err := known(o.Dir); err == nil {
		return nil, &ExistsError{p.Person}
	} else if none := (*NoneError)(nil); !errors.As(err, &none) {
		return nil, err
	}
	for _, seed := range []*[]byte{&s.Heads, &s.Credentials, &s.Transport} {
		*seed = make([]byte, ed25519.SeedSize)
		if _, err := rand.Read(*seed); err != nil {
			return nil, err
		}
	}
	var err error
	if s.CertificateKey, err = newCertificateKey(); err != nil {
		return nil, err
	}
	i := &Identity{dir: o.Dir, secrets: s}
	leaf, _, err := i.Certificate()
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(leaf.Public())
	if err != nil {
		return nil, err
	}
	i.public = public{
		Format: publicFormat, Name: o.Name, Person: didOf(ed25519.NewKeyFromSeed(s.Person)), Where: whereFile,
		Device: Keys{
			C2PA: sha256.Sum256(spki), Heads: didOf(ed25519.NewKeyFromSeed(s.Heads)),
			Credentials: didOf(ed25519.NewKeyFromSeed(s.Credentials)), Transport: didOf(ed25519.NewKeyFromSeed(s.Transport)),
		},
	}
	if !o.NoKeyStore && (systemVault{i.dir}).works() {
		i.Where = whereSystem
	}
	return i, i.keep(ctx, o)
}

func now() string { return time.Now().UTC().Format(timeLayout) }

func newCertificateKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

func didOf(key ed25519.PrivateKey) string {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return ""
	}
	return DID(public)
}

// DID is the person's.
func (i *Identity) DID() string { return i.Person }

// PersonName is what the person is called.
func (i *Identity) PersonName() string { return i.Name }

// Keys are the device's, by purpose.
func (i *Identity) Keys() Keys { return i.Device }

// Folder is where what is public about the identity lies, and certificates may.
func (i *Identity) Folder() string { return i.dir }

// Kept says where the keys are, in words for a person.
func (i *Identity) Kept() string {
	if i.Where == whereSystem {
		return "in the system's key store"
	}
	return "in " + filepath.Join(i.dir, secretFile) + ", locked with a passphrase"
}

// Sign completes a statement of the person's about themselves (Person, At and V where they
// are empty) and signs it with the person's key.
func (i *Identity) Sign(s Statement) (Statement, error) {
	s.V = statementVersion
	if s.Person == "" {
		s.Person = i.Person
	}
	if s.At == "" {
		s.At = now()
	}
	return s.With(ed25519.NewKeyFromSeed(i.secrets.Person))
}

// Authorisation lets this device speak for the person in a library.
func (i *Identity) Authorisation(library string) (Statement, error) {
	keys := i.Device
	return i.Sign(Statement{Type: Authorise, Library: library, Device: &keys})
}

// RecoveryKey names the key that may stand in for the person's own in a library.
func (i *Identity) RecoveryKey(library string) (Statement, error) {
	return i.Sign(Statement{Type: Recovery, Library: library, Key: didOf(ed25519.NewKeyFromSeed(i.secrets.Recovery))})
}

// HeadSigner signs the heads of a log: the name of the key is the log's origin.
func (i *Identity) HeadSigner(origin string) (note.Signer, error) {
	key := ed25519.NewKeyFromSeed(i.secrets.Heads)
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("identity: no Ed25519 key")
	}
	text, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return headSigner{v, key}, nil
}

// headSigner signs as golang.org/x/mod/sumdb/note has it, without writing the key
// down as a text.
type headSigner struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s headSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// WitnessKey signs cosignatures on logs of others with the device's key for heads; the
// texts of the two kinds of signature begin differently.
func (i *Identity) WitnessKey() (ed25519.PublicKey, func(message []byte) ([]byte, error)) {
	key := ed25519.NewKeyFromSeed(i.secrets.Heads)
	public, _ := key.Public().(ed25519.PublicKey)
	return public, func(message []byte) ([]byte, error) { return ed25519.Sign(key, message), nil }
}

// Credentials signs credentials.
func (i *Identity) Credentials() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(i.secrets.Credentials)
}

// Transport is the device's key between peers.
func (i *Identity) Transport() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(i.secrets.Transport) }

// Certificate returns the keys of the device's C2PA certificate and of the person's own
// authority that issues it, both ECDSA on P-256.
func (i *Identity) Certificate() (leaf, root crypto.Signer, err error) {
	for _, k := range []struct {
		der []byte
		to  *crypto.Signer
	}{{i.secrets.CertificateKey, &leaf}, {i.secrets.CertificateRootKey, &root}} {
		key, err := x509.ParsePKCS8PrivateKey(k.der)
		if err != nil {
			return nil, nil, fmt.Errorf("identity: the certificate's key: %w", err)
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, nil, errors.New("identity: the certificate's key cannot sign")
		}
		*k.to = signer
	}
	return leaf, root, nil
}
