package witness_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/witness"
)

// grown is a log in memory.
type grown struct {
	leaves []blob.Hash
	origin string
	signer note.Signer
	check  note.Verifier
}

func newLog(t *testing.T, seed byte) *grown {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	origin := tree.Origin(blob.Of([]byte{seed}))
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no Ed25519 key")
	}
	check, err := tree.LogKey(origin, public)
	if err != nil {
		t.Fatal(err)
	}
	return &grown{origin: origin, check: check, signer: signer{check, key}}
}

type signer struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func (g *grown) grow(texts ...string) {
	for _, text := range texts {
		g.leaves = append(g.leaves, record.Hash([]byte(text)))
	}
}

func (g *grown) head(t *testing.T) (tree.Head, []byte) {
	t.Helper()
	var e tree.Edge
	for _, l := range g.leaves {
		e.Append(l, nil)
	}
	h := tree.Head{Origin: g.origin, Size: e.Size(), Root: e.Root(), Time: record.Now()}
	signed, err := h.Sign(g.signer)
	if err != nil {
		t.Fatal(err)
	}
	return h, signed
}

// Tile makes small tiles out of the leaves.
func (g *grown) Tile(_ context.Context, want tree.Tile) ([]byte, error) {
	if want.Level > 0 {
		return nil, errors.New("the tests' logs are small")
	}
	var b []byte
	for i := range want.Width {
		h := g.leaves[int(want.Index)*tree.TileWidth+i]
		b = append(b, h[:]...)
	}
	return b, nil
}

func stand(t *testing.T, logs ...*grown) (*witness.Witness, *tree.Witness, string) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{99}, 32))
	public, _ := key.Public().(ed25519.PublicKey)
	who, err := tree.NewWitness("device.example/w", public)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	sign := tree.NewCosignatureKey(who, func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }, func() time.Time { return at })
	dir := t.TempDir()
	return witness.New(dir, sign, func(origin string) (note.Verifier, bool) {
		for _, g := range logs {
			if g.origin == origin {
				return g.check, true
			}
		}
		return nil, false
	}), who, dir
}

func TestAWitnessSignsWhatGrows(t *testing.T) {
	g := newLog(t, 1)
	w, who, _ := stand(t, g)
	old := tree.Head{Origin: g.origin, Root: blob.Of(nil)}
	for i := range 4 {
		g.grow(fmt.Sprint("entry ", i), "another")
		h, signed := g.head(t)
		body, err := witness.Ask(t.Context(), g, old, signed)
		if err != nil {
			t.Fatal(err)
		}
		cosigned, c, err := witness.Judge(signed, w.Add(body), g.check, who)
		if err != nil {
			t.Fatal(err)
		}
		if _, seen, err := tree.Open(cosigned, g.check, who); err != nil || len(seen) != 1 || seen[0] != c {
			t.Fatalf("%v %v", seen, err)
		}
		old = h
	}
}

func TestAWitnessRefusesAnotherHistory(t *testing.T) {
	g := newLog(t, 1)
	w, who, dir := stand(t, g)
	g.grow("a", "b", "c")
	none := tree.Head{Origin: g.origin, Root: blob.Of(nil)}
	h, signed := g.head(t)
	add := func(old tree.Head, signed []byte) error {
		t.Helper()
		body, err := witness.Ask(t.Context(), g, old, signed)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = witness.Judge(signed, w.Add(body), g.check, who)
		return err
	}
	if err := add(none, signed); err != nil {
		t.Fatal(err)
	}
	// A witness that was started anew remembers.
	w, _, _ = stand(t, g)
	w = reopened(t, w, dir, g)

	var c *witness.ConflictError
	g.grow("d")
	_, later := g.head(t)
	if err := add(none, later); !errors.As(err, &c) || c.Size != 3 {
		t.Errorf("it should say where it stands: %v", err)
	}
	// Rolled back to two entries, and written anew from there.
	g.leaves = g.leaves[:2]
	g.grow("x", "y")
	_, forged := g.head(t)
	body := []byte(fmt.Sprintf("old 3\n\n%s", forged))
	var refused *witness.RefusedError
	if _, _, err := witness.Judge(forged, w.Add(body), g.check, who); !errors.As(err, &refused) || refused.Status != 422 {
		t.Errorf("another history is signed: %v", err)
	}
	g.leaves = g.leaves[:3]
	_, forged = g.head(t)
	if err := add(h, forged); !errors.As(err, &refused) {
		t.Errorf("another history of the same size is signed: %v", err)
	}
}

func reopened(t *testing.T, _ *witness.Witness, dir string, g *grown) *witness.Witness {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{99}, 32))
	public, _ := key.Public().(ed25519.PublicKey)
	who, err := tree.NewWitness("device.example/w", public)
	if err != nil {
		t.Fatal(err)
	}
	sign := tree.NewCosignatureKey(who, func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }, time.Now)
	return witness.New(dir, sign, func(string) (note.Verifier, bool) { return g.check, true })
}

func TestWhatAWitnessAnswers(t *testing.T) {
	g, other := newLog(t, 1), newLog(t, 2)
	w, _, _ := stand(t, g)
	g.grow("a")
	other.grow("a")
	_, signed := g.head(t)
	_, strange := other.head(t)
	badly := bytes.Replace(signed, []byte(g.origin+" "), []byte("somebody "), 1)
	for _, c := range []struct {
		name   string
		body   string
		status int
	}{
		{"nothing", "", 400},
		{"no old size", "\n\n" + string(signed), 400},
		{"an old size of two forms", "old 01\n\n" + string(signed), 400},
		{"an old size beyond", "old 9\n\n" + string(signed), 400},
		{"no head", "old 0\n\nhead", 400},
		{"too long a proof", "old 1\n" + strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64) + "\n" + string(signed), 400},
		{"a proof of no hashes", "old 1\nAAAA\n\n" + string(signed), 400},
		{"a log that is not known", "old 0\n\n" + string(strange), 404},
		{"a head that nobody signed", "old 0\n\n" + string(badly), 403},
		{"a proof from nothing", "old 0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + string(signed), 422},
		{"another size", "old 1\n\n" + string(signed), 409},
		{"what is right", "old 0\n\n" + string(signed), 200},
		{"the same once more", "old 1\n\n" + string(signed), 200},
	} {
		if a := w.Add([]byte(c.body)); a.Status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, a.Status, a.Body, c.status)
		}
	}
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte("old 0\n\nselvage-ledger/00\n1\nAAAA\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		g := newLog(t, 1)
		w, _, _ := stand(t, g)
		if a := w.Add(body); a.Status == 200 {
			t.Fatalf("%q is signed", body)
		}
	})
}
