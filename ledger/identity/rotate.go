package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"path/filepath"
	"slices"
)

// Rotate gives the person a new key and keeps it. A library learns of it by the
// statements of Succession, the next time that it is written to.
func (i *Identity) Rotate(ctx context.Context, o Options) error {
	next := *i
	next.secrets.Former = slices.Concat(i.secrets.Former, [][]byte{i.secrets.Person})
	next.secrets.Person = make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(next.secrets.Person); err != nil {
		return err
	}
	next.Person = didOf(ed25519.NewKeyFromSeed(next.secrets.Person))
	if err := next.keep(ctx, o); err != nil {
		return err
	}
	*i = next
	return nil
}

// keep stores the keys, and then what is public about them.
func (i *Identity) keep(ctx context.Context, o Options) error {
	secret, err := json.Marshal(i.secrets)
	if err != nil {
		return err
	}
	if err := i.vault(o).store(ctx, secret); err != nil {
		return err
	}
	text, err := json.MarshalIndent(i.public, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(i.dir, publicFile), append(text, '\n'))
}

// Succession makes the statements that lead from a key that the person had to the one
// they have; none where known is the present one, or was never theirs.
func (i *Identity) Succession(library, known string) ([]Statement, error) {
	var all []Statement
	chain := slices.Concat(i.secrets.Former, [][]byte{i.secrets.Person})
	for n := range len(chain) - 1 {
		old, next := ed25519.NewKeyFromSeed(chain[n]), ed25519.NewKeyFromSeed(chain[n+1])
		if len(all) == 0 && didOf(old) != known {
			continue
		}
		s := Statement{Type: Rotate, Library: library, Person: didOf(old), Key: didOf(next), V: statementVersion, At: now()}
		for _, key := range []ed25519.PrivateKey{old, next} {
			var err error
			if s, err = s.With(key); err != nil {
				return nil, err
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// Replace makes the statement that puts this person in the place of a key that is lost. The
// signature of the recovery key, which an export holds, is on it where it is the
// same person's; else an owner has to add theirs.
func (i *Identity) Replace(library, lost string) (Statement, error) {
	s := Statement{Type: Lost, Library: library, Person: lost, Key: i.Person, V: statementVersion, At: now()}
	s, err := s.With(ed25519.NewKeyFromSeed(i.secrets.Person))
	if err != nil {
		return s, err
	}
	return s.With(ed25519.NewKeyFromSeed(i.secrets.Recovery))
}
