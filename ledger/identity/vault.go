package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/zalando/go-keyring"
)

// keyringService is what the program is called in the system's key store.
const keyringService = "Selvage"

// mostSecret bounds a locked file.
const mostSecret = 1 << 20

// PassphraseError reports a passphrase that does not open what it should, or that
// nobody could be asked for.
type PassphraseError struct{ Reason string }

func (e *PassphraseError) Error() string { return "identity: " + e.Reason }

// vault is where secrets lie.
type vault interface {
	load(ctx context.Context) ([]byte, error) // fs.ErrNotExist where there are none
	store(ctx context.Context, secret []byte) error
}

// systemVault is the system's key store: Secret Service, Keychain, Windows' own.
type systemVault struct{ user string }

func (v systemVault) load(context.Context) ([]byte, error) {
	text, err := keyring.Get(keyringService, v.user)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("identity: the system's key store: %w", err)
	}
	return base64.StdEncoding.DecodeString(text)
}

func (v systemVault) store(_ context.Context, secret []byte) error {
	if err := keyring.Set(keyringService, v.user, base64.StdEncoding.EncodeToString(secret)); err != nil {
		return fmt.Errorf("identity: the system's key store: %w", err)
	}
	return nil
}

// works tries the key store, since a system may have its name and no store behind it.
func (v systemVault) works() bool {
	const probe = "probe"
	if keyring.Set(keyringService, v.user+" "+probe, probe) != nil {
		return false
	}
	got, err := keyring.Get(keyringService, v.user+" "+probe)
	return errors.Join(err, keyring.Delete(keyringService, v.user+" "+probe)) == nil && got == probe
}

// fileVault is a file that a passphrase locks.
type fileVault struct {
	path string
	ask  func(ctx context.Context, again bool) (string, error)
	work int // log2 of scrypt's cost, 0 is age's own
}

func (v fileVault) load(ctx context.Context) ([]byte, error) {
	locked, err := os.ReadFile(v.path)
	if err != nil {
		return nil, err
	}
	passphrase, err := v.passphrase(ctx, false)
	if err != nil {
		return nil, err
	}
	return unlock(locked, passphrase)
}

func (v fileVault) store(ctx context.Context, secret []byte) error {
	passphrase, err := v.passphrase(ctx, true)
	if err != nil {
		return err
	}
	locked, err := lock(secret, passphrase, v.work)
	if err != nil {
		return err
	}
	return replace(v.path, locked)
}

func (v fileVault) passphrase(ctx context.Context, again bool) (string, error) {
	if v.ask == nil {
		return "", &PassphraseError{"this system has no key store, and nobody can be asked for a passphrase; set SELVAGE_PASSPHRASE, or SELVAGE_PASSPHRASE_FILE to a file that holds it"}
	}
	passphrase, err := v.ask(ctx, again)
	if err == nil && passphrase == "" {
		err = &PassphraseError{"an empty passphrase locks nothing; choose another"}
	}
	return passphrase, err
}

// lock encrypts for a passphrase, in age's armoured form.
func lock(secret []byte, passphrase string, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, &PassphraseError{err.Error()}
	}
	if work > 0 {
		to.SetWorkFactor(work)
	}
	var b bytes.Buffer
	shell := armor.NewWriter(&b)
	w, err := age.Encrypt(shell, to)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	_, err = w.Write(secret)
	if err = errors.Join(err, w.Close(), shell.Close()); err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return b.Bytes(), nil
}

// unlock is lock's way back. The error is a *PassphraseError.
func unlock(locked []byte, passphrase string) ([]byte, error) {
	if len(locked) > mostSecret {
		return nil, &PassphraseError{"the file is too long to hold keys"}
	}
	by, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, &PassphraseError{err.Error()}
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(locked)), by)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, &PassphraseError{"the passphrase is not the one that locked it"}
	}
	if err != nil {
		return nil, &PassphraseError{"the file is not one that was locked: " + err.Error()}
	}
	secret, err := io.ReadAll(io.LimitReader(r, mostSecret))
	if err != nil {
		return nil, &PassphraseError{"the file is damaged: " + err.Error()}
	}
	return secret, nil
}

// replace puts a file in its place in one step, readable to its owner alone.
func replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
