package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

const library = "abcdefghijklmnopqrstuvwxyz"

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// logSigner is what ledger/identity makes of a device's key.
type logSigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

func (s *logSigner) Name() string                     { return s.name }
func (s *logSigner) KeyHash() uint32                  { return s.hash }
func (s *logSigner) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key, text), nil }

func public(device string) ed25519.PublicKey { return keyOf(device).Public().(ed25519.PublicKey) }

func verifier(t testing.TB, log blob.Hash, device string) note.Verifier {
	t.Helper()
	v, err := tree.LogKey(tree.Origin(log), public(device))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func owner(device string) Owner {
	return Owner{
		Author: "did:key:author", Device: "did:key:" + device, Key: public(device),
		Signer: func(origin string) (note.Signer, error) {
			v, err := tree.LogKey(origin, public(device))
			if err != nil {
				return nil, err
			}
			return &logSigner{origin, v.KeyHash(), keyOf(device)}, nil
		},
	}
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Library == "" {
		o.Library = library
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func begin(t testing.TB, s *Store, device string) *Log {
	t.Helper()
	l, err := s.Begin(context.Background(), owner(device))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// edit is a draft as most are.
func edit(pattern string, n int) record.Draft {
	before, after := blob.Of(fmt.Appendf(nil, "%s %d", pattern, n)), blob.Of(fmt.Appendf(nil, "%s %d", pattern, n+1))
	return record.Draft{
		Subjects: []string{pattern, after.String()},
		Body:     &record.Edit{Pattern: pattern, Operation: "paint.brush", Class: record.Drawn, Parent: before, Version: after},
	}
}

func saved(t testing.TB, id, name string, revision int) record.Draft {
	t.Helper()
	sealed, err := record.SealText(name)
	if err != nil {
		t.Fatal(err)
	}
	return record.Draft{Subjects: []string{id}, Body: &record.Saved{ID: id, Of: "pattern", Name: sealed, Revision: revision, Document: blob.Of([]byte(name))}}
}

func appendTo(t testing.TB, l *Log, drafts ...record.Draft) ([]archive.Entry, archive.Signed) {
	t.Helper()
	entries, head, err := l.Append(context.Background(), drafts...)
	if err != nil {
		t.Fatal(err)
	}
	return entries, head
}

// verify checks every log of a library as a stranger would who knows the devices' keys: each entry is one, each head is signed, and
// is that of the entries up to its size, and the last one covers all. It returns the entries by log.
func verify(t testing.TB, a *archive.Archive, devices ...string) map[blob.Hash][]archive.Entry {
	t.Helper()
	all, err := verified(a, devices...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func verified(a *archive.Archive, devices ...string) (map[blob.Hash][]archive.Entry, error) {
	ctx := context.Background()
	all := map[blob.Hash][]archive.Entry{}
	logs, err := a.Logs(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range logs {
		device := strings.TrimPrefix(l.First.Device, "did:key:")
		v, err := tree.LogKey(tree.Origin(l.ID), public(device))
		if err != nil {
			return nil, err
		}
		var edge tree.Edge
		roots := map[int64]blob.Hash{}
		for e, err := range a.Entries(ctx, l, 0, l.Size) {
			if err != nil {
				return nil, err
			}
			if err := openingsOf(ctx, a, e); err != nil {
				return nil, err
			}
			edge.Append(e.Hash, nil)
			roots[edge.Size()] = edge.Root()
			all[l.ID] = append(all[l.ID], e)
		}
		last := int64(0)
		for h, err := range a.Heads(ctx, l) {
			if err != nil {
				return nil, err
			}
			if _, _, err := tree.Open(h.Note, v); err != nil {
				return nil, err
			}
			if roots[h.Size] != h.Root {
				return nil, fmt.Errorf("the head of %d entries of %v has another root than they", h.Size, l.ID)
			}
			last = h.Size
		}
		if last != l.Size {
			return nil, fmt.Errorf("%v has %d entries, and its last head %d", l.ID, l.Size, last)
		}
		edgeAgain, err := a.Edge(ctx, l, l.Size)
		if err != nil || edgeAgain.Root() != edge.Root() {
			return nil, fmt.Errorf("the tiles of %v lead to another root: %w", l.ID, err)
		}
	}
	return all, nil
}

// openingsOf checks that what an entry commits to can be opened, or was erased.
func openingsOf(ctx context.Context, a *archive.Archive, e archive.Entry) error {
	body, err := e.Decode()
	if err != nil {
		return err
	}
	for _, c := range record.Commitments(body) {
		var erased *archive.ErasedError
		if _, err := a.Opening(ctx, c.Commitment); err != nil && !errors.As(err, &erased) {
			return err
		}
	}
	return nil
}

// dump is every row of the tables, as text.
func dump(t testing.TB, dir string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, archive.FileName)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	for _, table := range archive.Tables() {
		rows, err := db.Query(`SELECT * FROM ` + table.Name)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				if raw, ok := (*v.(*any)).([]byte); ok {
					b.WriteString(hex.EncodeToString(raw) + "|")
					continue
				}
				fmt.Fprintf(&b, "%v|", *v.(*any))
			}
			b.WriteString("\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		all[table.Name] = b.String()
	}
	return all
}

// memory is a watermark.
type memory struct {
	mu   sync.Mutex
	head map[string]record.HeadRef
	fail error
}

func (m *memory) Get(_ context.Context, library, author, device string) (record.HeadRef, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.head[library+author+device]
	return h, ok, nil
}

func (m *memory) Set(_ context.Context, library, author, device string, head record.HeadRef) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.head == nil {
		m.head = map[string]record.HeadRef{}
	}
	m.head[library+author+device] = head
	return nil
}

// ticking is a clock that goes on by a second with each look.
func ticking(from time.Time) func() record.Time {
	var mu sync.Mutex
	return func() record.Time {
		mu.Lock()
		defer mu.Unlock()
		from = from.Add(time.Second)
		return record.Time{At: from, Clock: record.LocalClock}
	}
}
