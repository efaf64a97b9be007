package c2pa

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
)

// seeds are the stores of the smallest files, with their claims and signatures.
func seeds(f *testing.F) (stores [][]byte, manifests []*manifest) {
	for _, name := range []string{"es256.png", "ed25519.png", "peer/ps256.png", "peer/v1.png", "peer/middle.png"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		found, err := embed.Find(bytes.NewReader(data), int64(len(data)), embed.PNG)
		if err != nil {
			f.Fatal(err)
		}
		stores = append(stores, found.Data)
		s, err := readStore(found.Data, &log{})
		if err != nil {
			f.Fatal(err)
		}
		manifests = append(manifests, s.manifests...)
	}
	return stores, manifests
}

func FuzzClaim(f *testing.F) {
	_, manifests := seeds(f)
	for _, m := range manifests {
		f.Add(m.claimBytes)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseClaim(data); err == nil && c.version != 1 && c.version != 2 {
			t.Errorf("a claim of version %d", c.version)
		}
	})
}

func FuzzAssertion(f *testing.F) {
	_, manifests := seeds(f)
	for _, m := range manifests {
		for _, a := range m.assertions {
			f.Add(a.label, a.data)
		}
	}
	f.Add("c2pa.ingredient.v3", []byte{0xa1, 0x6c, 'r', 'e', 'l', 'a', 't', 'i', 'o', 'n', 's', 'h', 'i', 'p', 0x67, 'i', 'n', 'p', 'u', 't', 'T', 'o'})
	f.Fuzz(func(_ *testing.T, label string, data []byte) {
		a := &assertion{label: label, content: "cbor", data: data}
		a.base, a.version, a.instance = splitLabel(label)
		_ = a.value()
		_, _ = a.actions()
		_, _, _ = a.dataHash()
		_, _ = a.boxHash()
		if in, err := a.ingredient(); err == nil {
			_ = in.known()
		}
	})
}

func FuzzCOSE(f *testing.F) {
	_, manifests := seeds(f)
	for _, m := range manifests {
		f.Add(m.signature)
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		sig, err := parseCOSE(data, &log{})
		if err != nil {
			return
		}
		if cert, _, err := loose(sig.chain[0]); err == nil {
			_ = checkProfile(cert, cert.NotBefore)
			if alg, ok := sig.algorithm(); ok {
				_ = sig.verify(alg, []byte("claim"), publicKey(cert))
			}
		}
		if token, covers, err := sig.token([]byte("claim")); err == nil && token != nil {
			verifyToken(token, covers, Trust{}, true, &log{})
		}
	})
}

func FuzzTimeStamp(f *testing.F) {
	token, err := os.ReadFile(filepath.Join("testdata", "token.der"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add([]byte{0x30, 0x80})
	f.Add([]byte{0x30, 0x03, 0x06, 0x01, 0x01})
	f.Fuzz(func(_ *testing.T, data []byte) {
		verifyToken(data, []byte("covers"), Trust{}, true, &log{})
	})
}

// The store is put into a file whose binding it breaks; what matters is that there is
// a verdict.
func FuzzStore(f *testing.F) {
	stores, _ := seeds(f)
	for _, s := range stores {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &log{}
		s, err := readStore(data, l)
		if err != nil {
			return
		}
		file := bytes.NewReader(data)
		v := &validation{log: l, ctx: context.Background(), store: s, in: file, size: file.Size(), format: embed.PNG, signers: map[string]*Signature{}}
		if err := v.run(); err == nil {
			r := &Report{}
			r.describe(v)
			r.judge(v)
			if r.State == Valid {
				t.Error("a store without a file is held valid")
			}
		}
	})
}
