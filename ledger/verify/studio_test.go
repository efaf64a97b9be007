package verify_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/store"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/verify"
)

const (
	libraryID = "abcdefghijklmnopqrstuvwxyz"
	otherID   = "zyxwvutsrqponmlkjihgfedcba"
)

// studio is a library on the disk, and who works in it. Whoever has one has its keys:
// it is the adversary's as well.
type studio struct {
	t   testing.TB
	dir string
	id  string
	at  time.Time
}

func newStudio(t testing.TB, id string) *studio {
	t.Helper()
	s := &studio{t: t, dir: t.TempDir(), id: id, at: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	s.check(os.WriteFile(filepath.Join(s.dir, "library.json"), fmt.Appendf(nil, `{"format":"selvage library","version":1,"id":"%s"}`, id), 0o600))
	return s
}

func (s *studio) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// now is a clock that goes on by a second each time that it is looked at.
func (s *studio) now() record.Time {
	s.at = s.at.Add(time.Second)
	return record.Time{At: s.at, Clock: record.LocalClock}
}

// person is somebody whose keys are quick to unlock.
func person(t testing.TB, name string) *identity.Identity {
	t.Helper()
	me, err := identity.Create(t.Context(), identity.Options{
		Dir: filepath.Join(t.TempDir(), "identity"), Name: name, NoKeyStore: true, Work: 1,
		Passphrase: func(context.Context, bool) (string, error) { return "test", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return me
}

func (s *studio) owner(me *identity.Identity) store.Owner {
	key, err := identity.ParseDID(me.Keys().Heads)
	s.check(err)
	return store.Owner{Author: me.DID(), Device: me.Keys().Heads, Key: key, Signer: me.HeadSigner}
}

// with opens the library for writing, and closes it again.
func (s *studio) with(do func(*store.Store)) {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), store.Options{Dir: s.dir, Library: s.id, Clock: s.now})
	s.check(err)
	defer func() { s.check(st.Close()) }()
	do(st)
}

// write appends batches to somebody's log and returns its id.
func (s *studio) write(me *identity.Identity, epoch string, batches ...[]record.Draft) (id blob.Hash) {
	s.t.Helper()
	s.with(func(st *store.Store) {
		o := s.owner(me)
		o.NewEpoch = epoch
		l, err := st.Begin(s.t.Context(), o)
		s.check(err)
		for _, b := range batches {
			_, _, err := l.Append(s.t.Context(), b...)
			s.check(err)
		}
		id = l.ID()
	})
	return id
}

func (s *studio) say(st identity.Statement, err error) record.Draft {
	s.t.Helper()
	s.check(err)
	text, err := st.Text()
	s.check(err)
	name, err := record.SealText("Somebody")
	s.check(err)
	if st.Type == identity.Found {
		return record.Draft{Subjects: []string{st.Person}, Body: &record.Library{Statement: text}}
	}
	return record.Draft{Subjects: []string{st.Person}, Body: &record.Actor{Name: name, Statement: text}}
}

// founding is what the first pen of a library writes.
func (s *studio) founding(me *identity.Identity) []record.Draft {
	st := identity.Statement{Type: identity.Found, Library: s.id}
	found, err := me.Sign(st)
	all := []record.Draft{s.say(found, err)}
	recovery, err := me.RecoveryKey(s.id)
	all = append(all, s.say(recovery, err))
	return append(all, s.arrival(me))
}

func (s *studio) arrival(me *identity.Identity) record.Draft {
	auth, err := me.Authorisation(s.id)
	return s.say(auth, err)
}

func (s *studio) blobs() *blob.Store { return blob.Open(filepath.Join(s.dir, "blobs")) }

func (s *studio) put(content string) blob.Hash {
	h, err := s.blobs().PutBytes(s.t.Context(), []byte(content))
	s.check(err)
	return h
}

func edit(pattern string, n int) record.Draft {
	before, after := blob.Of(fmt.Appendf(nil, "%s %d", pattern, n)), blob.Of(fmt.Appendf(nil, "%s %d", pattern, n+1))
	return record.Draft{Subjects: []string{pattern, after.String()}, Body: &record.Edit{Pattern: pattern, Operation: "paint.brush", Class: record.Drawn, Parent: before, Version: after}}
}

func (s *studio) sealed(text string) record.Sealed {
	v, err := record.SealText(text)
	s.check(err)
	return v
}

// work is a morning's.
func (s *studio) work(pattern string) [][]record.Draft {
	prompt := record.Draft{Body: &record.Prompt{Prompt: s.sealed("roses on a trellis"), Negative: s.sealed("text"), Version: 1}}
	var edits []record.Draft
	for i := range 5 {
		edits = append(edits, edit(pattern, i))
	}
	document := s.put("the state of " + pattern)
	saved := record.Draft{Subjects: []string{pattern}, Body: &record.Saved{ID: pattern, Of: "pattern", Name: s.sealed("Roses"), Revision: 1, Document: document}}
	file := s.put("a sketch for " + pattern)
	brought := record.Draft{Subjects: []string{pattern}, Body: &record.Import{Author: s.sealed("Anna"), File: file, Name: s.sealed("sketch.png"), Origin: "person", Pattern: pattern, Rights: s.sealed("mine")}}
	return [][]record.Draft{{prompt}, {brought}, edits, {saved}}
}

// found makes a library of one person who has worked a morning.
func found(t testing.TB, id string) (*studio, *identity.Identity, blob.Hash) {
	t.Helper()
	s := newStudio(t, id)
	anna := person(t, "Anna")
	log := s.write(anna, "", append([][]record.Draft{s.founding(anna)}, s.work("roses")...)...)
	return s, anna, log
}

func (s *studio) db(do func(*sql.DB)) {
	s.t.Helper()
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(filepath.Join(s.dir, archive.FileName))}
	db, err := sql.Open("sqlite3", u.String())
	s.check(err)
	defer func() { s.check(db.Close()) }()
	do(db)
}

// exec does as somebody does who holds the file.
func (s *studio) exec(query string, args ...any) {
	s.t.Helper()
	s.db(func(db *sql.DB) {
		r, err := db.ExecContext(s.t.Context(), query, args...)
		s.check(err)
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			s.t.Fatalf("%s changed nothing (%v)", query, err)
		}
	})
}

func (s *studio) number(log blob.Hash) (n int64) {
	s.t.Helper()
	s.db(func(db *sql.DB) {
		s.check(db.QueryRowContext(s.t.Context(), `SELECT number FROM logs WHERE id = ?`, log[:]).Scan(&n))
	})
	return n
}

func (s *studio) texts(log blob.Hash) (texts [][]byte) {
	s.t.Helper()
	n := s.number(log)
	s.db(func(db *sql.DB) {
		rows, err := db.QueryContext(s.t.Context(), `SELECT text FROM entries WHERE place >> 40 = ? ORDER BY place`, n)
		s.check(err)
		defer func() { s.check(rows.Close()) }()
		for rows.Next() {
			var text []byte
			s.check(rows.Scan(&text))
			texts = append(texts, text)
		}
		s.check(rows.Err())
	})
	return texts
}

// lay puts texts in the place of a log's; heads stay.
func (s *studio) lay(log blob.Hash, texts [][]byte) {
	s.t.Helper()
	n := s.number(log)
	s.db(func(db *sql.DB) {
		_, err := db.ExecContext(s.t.Context(), `DELETE FROM entries WHERE place >> 40 = ?`, n)
		s.check(err)
		for i, text := range texts {
			_, err := db.ExecContext(s.t.Context(), `INSERT INTO entries(place, text) VALUES (?, ?)`, archive.Place(n, int64(i)), text)
			s.check(err)
		}
	})
}

// head signs the head of texts.
func (s *studio) head(log blob.Hash, texts [][]byte, signer func(string) (note.Signer, error)) []byte {
	s.t.Helper()
	var e tree.Edge
	for _, text := range texts {
		e.Append(record.Hash(text), nil)
	}
	key, err := signer(tree.Origin(log))
	s.check(err)
	signed, err := tree.Head{Origin: tree.Origin(log), Size: e.Size(), Root: e.Root(), Time: s.now()}.Sign(key)
	s.check(err)
	return signed
}

// resign writes a log anew, with one head over all of it.
func (s *studio) resign(log blob.Hash, texts [][]byte, signer func(string) (note.Signer, error)) {
	s.t.Helper()
	s.lay(log, texts)
	n := s.number(log)
	s.db(func(db *sql.DB) {
		for _, table := range []string{"heads", "cosignatures", "stamps"} {
			_, err := db.ExecContext(s.t.Context(), `DELETE FROM `+table+` WHERE place >> 40 = ?`, n)
			s.check(err)
		}
		_, err := db.ExecContext(s.t.Context(), `INSERT INTO heads(place, note) VALUES (?, ?)`, archive.Place(n, int64(len(texts))), s.head(log, texts, signer))
		s.check(err)
	})
}

// line writes a draft down as an entry of a log.
func (s *studio) line(log blob.Hash, d record.Draft) []byte {
	s.t.Helper()
	l, err := d.Encode(log, s.now())
	s.check(err)
	return l.Text
}

// latest is the newest head of a log as it would be kept elsewhere.
func (s *studio) latest(log blob.Hash) []byte {
	s.t.Helper()
	n := s.number(log)
	var signed []byte
	s.db(func(db *sql.DB) {
		s.check(db.QueryRowContext(s.t.Context(), `SELECT note FROM heads WHERE place >> 40 = ? ORDER BY place DESC LIMIT 1`, n).Scan(&signed))
	})
	return signed
}

func (s *studio) copy() *studio {
	c := &studio{t: s.t, dir: s.t.TempDir(), id: s.id, at: s.at}
	s.check(os.CopyFS(c.dir, os.DirFS(s.dir)))
	return c
}

// contents are a library's blobs, as app/session looks at them.
type contents struct{ *blob.Store }

func (c contents) Verify(ctx context.Context, h blob.Hash) error {
	_, err := c.Get(ctx, h, 1<<20)
	return err
}

func (s *studio) verdict(o verify.Options) *verify.Verdict {
	s.t.Helper()
	o.Library, o.Contents, o.Deep = s.id, contents{s.blobs()}, true
	var v *verify.Verdict
	s.db(func(db *sql.DB) {
		a, err := archive.Open(s.t.Context(), db)
		s.check(err)
		v, err = verify.Library(s.t.Context(), verify.Ledger(a), o)
		s.check(err)
	})
	return v
}

// codes lists the codes of problems, each once, in order.
func codes(all []verify.Problem) []string {
	list := []string{}
	for _, p := range all {
		list = append(list, string(p.Code))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// tower is a witness: somebody who stands by.
type tower struct {
	*tree.Witness
	key *tree.CosignatureKey
}

func newWitness(t testing.TB, name string, at time.Time) tower {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := tree.NewWitness(name, public)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }
	return tower{w, tree.NewCosignatureKey(w, sign, func() time.Time { return at })}
}

// line is the witness's signature of a head.
func (w tower) line(t testing.TB, signed []byte) string {
	t.Helper()
	h, err := tree.Read(signed)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Sign(&note.Note{Text: h.Text()}, w.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(n[len(h.Text())+1 : len(n)-1])
}

// cosign puts the witness's signature of a log's latest head beside it.
func (s *studio) cosign(log blob.Hash, w tower) []byte {
	s.t.Helper()
	signed := s.latest(log)
	h, err := tree.Read(signed)
	s.check(err)
	line := w.line(s.t, signed)
	s.with(func(st *store.Store) { s.check(st.PutCosignature(s.t.Context(), log, h.Size, w.Name(), line)) })
	both, err := tree.Cosign(signed, line)
	s.check(err)
	return both
}

// withID gives a signature line's signature under the key id of another line.
func withID(t testing.TB, forged, genuine string) string {
	t.Helper()
	sig := func(line string) []byte {
		raw, err := base64.StdEncoding.DecodeString(line[strings.LastIndex(line, " ")+1:])
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	f, g := sig(forged), sig(genuine)
	return base64.StdEncoding.EncodeToString(append(slices.Clone(g[:4]), f[4:]...))
}

// small makes the file as small as it can be.
func (s *studio) small() {
	s.t.Helper()
	s.db(func(db *sql.DB) {
		db.SetMaxOpenConns(1)
		for _, q := range []string{`PRAGMA journal_mode = DELETE`, `PRAGMA page_size = 512`, `VACUUM`} {
			_, err := db.ExecContext(s.t.Context(), q)
			s.check(err)
		}
	})
}
