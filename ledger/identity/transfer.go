package identity

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
)

// exported is what leaves a device: what makes the person, not what makes the device.
type exported struct {
	Format             string
	Name               string
	Person, Recovery   []byte
	CertificateRootKey []byte
}

const exportFormat = "selvage identity export 1"

// Export writes the person as one file that passphrase locks (age, armoured). Whoever has
// both is the person: keep them apart.
func (i *Identity) Export(passphrase string, work int) ([]byte, error) {
	if passphrase == "" {
		return nil, &PassphraseError{"an empty passphrase locks nothing; choose another"}
	}
	secret, err := json.Marshal(exported{exportFormat, i.Name, i.secrets.Person, i.secrets.Recovery, i.secrets.CertificateRootKey})
	if err != nil {
		return nil, err
	}
	return lock(secret, passphrase, work)
}

// Import makes the person of an export at home on this device, which becomes a new
// device of theirs: it has to be authorised in each library, which the first act does.
// Errors are a *PassphraseError or an *ExistsError.
func Import(ctx context.Context, locked []byte, passphrase string, o Options) (*Identity, error) {
	secret, err := unlock(locked, passphrase)
	if err != nil {
		return nil, err
	}
	var x exported
	if err := json.Unmarshal(secret, &x); err != nil || x.Format != exportFormat || len(x.Person) != ed25519.SeedSize {
		return nil, fmt.Errorf("identity: the file holds no identity of a version that this program knows")
	}
	if o.Name == "" {
		o.Name = x.Name
	}
	return settle(ctx, o, secrets{Person: x.Person, Recovery: x.Recovery, CertificateRootKey: x.CertificateRootKey})
}
