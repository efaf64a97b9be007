package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/image/tiff"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/c2pa/authority"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/store"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/verify"
)

const benchLibrary = "abcdefghijklmnopqrstuvwxyz"

// benchPerson is a person whose device keeps a ledger.
type benchPerson struct{ person, device ed25519.PrivateKey }

func newBenchPerson() (p benchPerson, err error) {
	if _, p.person, err = ed25519.GenerateKey(rand.Reader); err == nil {
		_, p.device, err = ed25519.GenerateKey(rand.Reader)
	}
	return p, err
}

type headSigner struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s headSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func (p benchPerson) owner() store.Owner {
	public := ed25519.PublicKey(p.device[ed25519.SeedSize:])
	return store.Owner{
		Author: identity.DID(ed25519.PublicKey(p.person[ed25519.SeedSize:])), Device: identity.DID(public), Key: public,
		Signer: func(origin string) (note.Signer, error) {
			v, err := tree.LogKey(origin, public)
			return headSigner{v, p.device}, err
		},
	}
}

// introduction founds the library and authorises the device, so that the ledger verifies.
func (p benchPerson) introduction() ([]record.Draft, error) {
	public := identity.DID(ed25519.PublicKey(p.device[ed25519.SeedSize:]))
	me := identity.DID(ed25519.PublicKey(p.person[ed25519.SeedSize:]))
	var drafts []record.Draft
	for _, st := range []identity.Statement{
		{Type: identity.Found}, {Type: identity.Authorise, Device: &identity.Keys{Heads: public, Credentials: public, Transport: public}},
	} {
		st.V, st.At, st.Library, st.Person = 1, "2026-11-27T10:00:00.000Z", benchLibrary, me
		signed, err := st.With(p.person)
		if err != nil {
			return nil, err
		}
		text, err := signed.Text()
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, record.Draft{Body: &record.Actor{Statement: text}})
	}
	return drafts, nil
}

func benchEdit(pattern string, n int) record.Draft {
	version := blob.Of([]byte(fmt.Sprint(n)))
	return record.Draft{Subjects: []string{pattern, version.String()}, Body: &record.Edit{Class: record.Drawn, Operation: "brush.stroke", Parent: blob.Of(nil), Pattern: pattern, Version: version}}
}

// ledger measures what being on record costs.
func (b *bench) ledger(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp(b.cache, "ledger-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := newBenchPerson()
	if err != nil {
		return err
	}
	b.printf("| | |\n|---|---|\n")
	if err := b.oneEntry(ctx, dir, p); err != nil {
		return err
	}
	if err := b.million(ctx, filepath.Join(dir, "million"), p); err != nil {
		return err
	}
	if err := b.signing(ctx, dir); err != nil {
		return err
	}
	b.printf("\nA bare insert is a row of the same size in a table of its own, go-sqlite3, WAL, synchronous=FULL, in turn with ours; a bare row stands in such a table, a thousand to a transaction. Goals: at most 1.3 of it; " +
		"100,000 entries a second; a million open in 1 s, are verified in 8 s, a history in 20 ms; signing under 1.5 of hashing twice.\n")
	return nil
}

func (b *bench) oneEntry(ctx context.Context, dir string, p benchPerson) (err error) {
	s, err := store.Open(ctx, store.Options{Dir: dir, Library: benchLibrary})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	log, err := s.Begin(ctx, p.owner())
	if err != nil {
		return err
	}
	bare, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "bare.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	bare.SetMaxOpenConns(1)
	if _, err := bare.ExecContext(ctx, `CREATE TABLE t(n INTEGER PRIMARY KEY, text BLOB)`); err != nil {
		return err
	}
	line, err := benchEdit("p", 0).Encode(log.ID(), record.Now())
	if err != nil {
		return err
	}
	var ours, theirs []time.Duration
	for n := range 2000 {
		began := time.Now()
		if _, err := bare.ExecContext(ctx, `INSERT INTO t(text) VALUES (?)`, line.Text); err != nil {
			return err
		}
		middle := time.Now()
		if _, _, err := log.Append(ctx, benchEdit("p", n)); err != nil {
			return err
		}
		theirs, ours = append(theirs, middle.Sub(began)), append(ours, time.Since(middle))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	for _, q := range []int{50, 99} {
		o, t := ours[len(ours)*q/100], theirs[len(theirs)*q/100]
		b.printf("| one acknowledged entry over a bare insert, p%d | %.2f (%.2f ms over %.2f ms) |\n", q, float64(o)/float64(t), ms(o), ms(t))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// batches fills a log that has from entries up to size: the first half by one
// caller, who waits for each batch, the second by four at once. A bare insert of
// the same rows is measured between them.
func (b *bench) batches(ctx context.Context, log *store.Log, from, size, batch int) error {
	fill := func(from, to, callers int) (float64, error) {
		var at atomic.Int64
		at.Store(int64(from))
		began := time.Now()
		g, ctx := errgroup.WithContext(ctx)
		for range callers {
			g.Go(func() error {
				for {
					n := int(at.Add(int64(batch))) - batch
					if n >= to {
						return nil
					}
					drafts := make([]record.Draft, min(batch, to-n))
					for i := range drafts {
						drafts[i] = benchEdit(fmt.Sprint("pattern ", (n+i)/batch), n+i)
					}
					if _, _, err := log.Append(ctx, drafts...); err != nil {
						return err
					}
				}
			})
		}
		err := g.Wait()
		return float64(to-from) / time.Since(began).Seconds(), err
	}
	one, err := fill(from, size/2, 1)
	if err != nil {
		return err
	}
	bare, err := b.bareBatches(ctx, log, 100, batch)
	if err != nil {
		return err
	}
	four, err := fill(size/2, size, 4)
	if err != nil {
		return err
	}
	b.printf("| entries a second in batches of %d, one caller; four at once | %.0f; %.0f |\n", batch, one, four)
	b.printf("| bare rows a second in batches of %d, one caller | %.0f |\n", batch, bare)
	return nil
}

// bareBatches is how many rows a second SQLite takes with nothing around it.
func (b *bench) bareBatches(ctx context.Context, log *store.Log, count, batch int) (rate float64, err error) {
	dir, err := os.MkdirTemp(b.cache, "bare-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "bare.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE t(n INTEGER PRIMARY KEY, text BLOB)`); err != nil {
		return 0, err
	}
	line, err := benchEdit("pattern 500", 0).Encode(log.ID(), record.Now())
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for range count {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		insert, err := tx.PrepareContext(ctx, `INSERT INTO t(text) VALUES (?)`)
		if err != nil {
			return 0, errors.Join(err, tx.Rollback())
		}
		for range batch {
			if _, err := insert.ExecContext(ctx, line.Text); err != nil {
				return 0, errors.Join(err, tx.Rollback())
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return float64(count*batch) / time.Since(began).Seconds(), nil
}

func (b *bench) million(ctx context.Context, dir string, p benchPerson) error {
	const size, batch = 1_000_000, 1000
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Library: benchLibrary})
	if err != nil {
		return err
	}
	log, err := s.Begin(ctx, p.owner())
	if err != nil {
		return errors.Join(err, s.Close())
	}
	drafts, err := p.introduction()
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if _, _, err := log.Append(ctx, drafts...); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := b.batches(ctx, log, 1+len(drafts), size, batch); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return err
	}
	began := time.Now()
	if s, err = store.Open(ctx, store.Options{Dir: dir, Library: benchLibrary}); err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Begin(ctx, p.owner()); err != nil {
		return err
	}
	b.printf("| a library of a million entries opens for writing, ms | %.0f |\n", ms(time.Since(began)))
	began = time.Now()
	n := 0
	for _, err := range s.Archive().History(ctx, "pattern 500", archive.NewestFirst) {
		if err != nil {
			return err
		}
		n++
	}
	b.printf("| history of a pattern in it, %d entries, ms | %.0f |\n", n, ms(time.Since(began)))
	began = time.Now()
	v, err := verify.Library(ctx, verify.Ledger(s.Archive()), verify.Options{Library: benchLibrary})
	if err != nil {
		return err
	}
	if !v.Intact() || v.Entries != size {
		return fmt.Errorf("the ledger of the benchmark does not verify: %d entries, %v", v.Entries, v.Problems)
	}
	b.printf("| it is verified whole, s | %.1f |\n", time.Since(began).Seconds())
	return nil
}

// signing measures a manifest in a TIFF of 50 MB against hashing the file twice.
func (b *bench) signing(ctx context.Context, dir string) error {
	// Noise, which is as large in a file as it is: 50 MB.
	img := image.NewNRGBA(image.Rect(0, 0, 3600, 3600))
	if _, err := rand.Read(img.Pix); err != nil {
		return err
	}
	path := filepath.Join(dir, "large.tif")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := tiff.Encode(f, img, nil); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	signer, err := benchSigner()
	if err != nil {
		return err
	}
	manifest := c2pa.Manifest{
		Title: "bench", Generator: c2pa.Generator{Name: "Selvage", Version: "bench"}, Actions: []c2pa.Action{{Action: c2pa.Created, SourceType: c2pa.DigitalCreation}},
	}
	var sign, hash []time.Duration
	for range 5 {
		began := time.Now()
		for range 2 {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
			if _, err := io.Copy(sha256.New(), f); err != nil {
				return err
			}
		}
		hash = append(hash, time.Since(began))
		out, err := os.Create(filepath.Join(dir, "signed.tif"))
		if err != nil {
			return err
		}
		began = time.Now()
		err = c2pa.Sign(ctx, f, size, out, manifest, signer)
		sign = append(sign, time.Since(began))
		if err = errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	slices.Sort(sign)
	slices.Sort(hash)
	b.printf("| signing a TIFF of %d MB over hashing it twice | %.2f |\n", size>>20, float64(sign[2])/float64(hash[2]))
	return nil
}

func benchSigner() (c2pa.Signer, error) {
	keys := make([]*ecdsa.PrivateKey, 2)
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return c2pa.Signer{}, err
		}
	}
	root, err := authority.NewRoot(keys[0], authority.Name{Organization: "Bench", CommonName: "Bench Root"}, time.Now())
	if err != nil {
		return c2pa.Signer{}, err
	}
	leaf, err := root.Issue(keys[1].Public(), authority.Name{Organization: "Bench", CommonName: "Bench"}, time.Now())
	return c2pa.Signer{Key: keys[1], Chain: []*x509.Certificate{leaf}}, err
}
