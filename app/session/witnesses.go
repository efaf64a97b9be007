package session

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/app/connect"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/timestamp"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/witness"
)

// Party is somebody else who is asked about heads: a witness, or a time-stamp authority.
// None is asked before a person named it.
type Party struct {
	URL string `json:"url"`
	// Key is the witness's, as C2SP signed-note writes it; "" makes it an authority.
	Key string `json:"key,omitempty"`
	// Roots is a file of PEM certificates that vouch for an authority; "" are the system's.
	Roots string `json:"roots,omitempty"`
}

// Witness reports whether the party is a witness.
func (p Party) Witness() bool { return p.Key != "" }

// AddParty names a party that may be asked from now on.
func (s *Session) AddParty(p Party) error {
	if p.Witness() {
		if _, err := tree.ParseWitness(p.Key); err != nil {
			return usage("%v", err)
		}
	}
	if p.Roots != "" {
		abs, err := filepath.Abs(p.Roots)
		if err != nil {
			return err
		}
		if _, err := rootsIn(abs); err != nil {
			return err
		}
		p.Roots = abs
	}
	set := s.settings()
	set.Parties = slices.DeleteFunc(set.Parties, func(q Party) bool { return q.URL == p.URL })
	set.Parties = append(set.Parties, p)
	return s.keep(set)
}

// RemoveParty forgets one.
func (s *Session) RemoveParty(address string) error {
	set := s.settings()
	n := len(set.Parties)
	set.Parties = slices.DeleteFunc(set.Parties, func(q Party) bool { return q.URL == address })
	if len(set.Parties) == n {
		return usage("%s is none of the witnesses and authorities that are asked", address)
	}
	return s.keep(set)
}

// Parties lists who may be asked.
func (s *Session) Parties() []Party { return s.settings().Parties }

func rootsIn(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, usage("%s holds no certificates in PEM form", path)
	}
	return pool, nil
}

// knownWitnesses are those whose cosignatures count.
func (s *Session) knownWitnesses() (all []*tree.Witness, err error) {
	for _, p := range s.Parties() {
		if !p.Witness() {
			continue
		}
		w, err := tree.ParseWitness(p.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// authorityRoots are the certificates that vouch for time stamps: the system's, and those that
// were named with an authority.
func (s *Session) authorityRoots() (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without any
	}
	for _, p := range s.Parties() {
		if p.Roots == "" {
			continue
		}
		text, err := os.ReadFile(p.Roots)
		if err != nil {
			return nil, err
		}
		pool.AppendCertsFromPEM(text)
	}
	return pool, nil
}

// Asked is what a party answered.
type Asked struct {
	Party Party
	Log   blob.Hash
	Size  int64
	At    time.Time // as it says
	Err   error     // nil where it answered; the question waits otherwise
}

// Ask asks every party about the latest head of the log of this device. What is not
// answered waits in the ledger, and is asked again with the next call.
func (s *Session) Ask(ctx context.Context, lib *library.Library) (all []Asked, err error) {
	parties := s.Parties()
	if len(parties) == 0 {
		return nil, usage("nobody is asked yet: name a witness or a time-stamp authority with selvage ledger witness add")
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	a := pen.Store().Archive()
	log, err := a.Log(ctx, pen.Log())
	if err != nil {
		return nil, err
	}
	head, err := a.LatestHead(ctx, log)
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		kind := archive.WantStamp
		if p.Witness() {
			kind = archive.WantCosignature
		}
		// It waits in the ledger before it goes out, so that it is not forgotten.
		if err := pen.Store().Want(ctx, log.ID, head.Size, kind, p.URL); err != nil {
			return all, err
		}
		one := Asked{Party: p, Log: log.ID, Size: head.Size}
		if p.Witness() {
			one.At, one.Err = s.askWitness(ctx, pen, log, head, p)
		} else {
			one.At, one.Err = s.askAuthority(ctx, pen, log, head, p)
		}
		if one.Err != nil {
			pending := archive.Pending{Log: log.ID, Size: head.Size, Kind: kind, Party: p.URL}
			if err := pen.Store().Tried(ctx, pending, fmt.Sprintf("%.300s", one.Err.Error())); err != nil {
				return all, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *Session) askWitness(ctx context.Context, pen *library.Pen, log archive.Log, head archive.Signed, p Party) (at time.Time, err error) {
	who, err := tree.ParseWitness(p.Key)
	if err != nil {
		return at, err
	}
	check, err := logKey(log)
	if err != nil {
		return at, err
	}
	a := pen.Store().Archive()
	old := tree.Head{Origin: head.Origin, Root: blob.Of(nil)}
	for range 2 {
		body, err := witness.Ask(ctx, a.Tiles(log), old, head.Note)
		if err != nil {
			return at, err
		}
		got, err := connect.Exchange{URL: strings.TrimSuffix(p.URL, "/") + witness.Path, Sends: witness.TextType, Statuses: witness.Statuses()}.Do(ctx, body)
		if err != nil {
			return at, err
		}
		_, c, err := witness.Judge(head.Note, witness.Answer{Status: got.Status, Body: got.Body}, check, who)
		var elsewhere *witness.ConflictError
		if errors.As(err, &elsewhere) && elsewhere.Size <= head.Size && elsewhere.Size != old.Size {
			root, err := tree.RootAt(ctx, a.Tiles(log), head.Head, elsewhere.Size)
			if err != nil {
				return at, err
			}
			old.Size, old.Root = elsewhere.Size, root
			continue
		}
		if errors.As(err, &elsewhere) {
			return at, fmt.Errorf("%s saw %d entries of this log, which has %d: an older copy of the library was put back", p.URL, elsewhere.Size, head.Size)
		}
		if err != nil {
			return at, err
		}
		return c.At, pen.Store().PutCosignature(ctx, log.ID, head.Size, p.URL, c.Line)
	}
	return at, fmt.Errorf("%s changes its mind about what it saw of the log; ask again", p.URL)
}

func (s *Session) askAuthority(ctx context.Context, pen *library.Pen, log archive.Log, head archive.Signed, p Party) (at time.Time, err error) {
	roots, err := s.authorityRoots()
	if err != nil {
		return at, err
	}
	question, err := timestamp.NewRequest(blob.Of([]byte(head.Text())), nil)
	if err != nil {
		return at, err
	}
	got, err := connect.Exchange{URL: p.URL, Sends: "application/timestamp-query", Takes: "application/timestamp-reply"}.Do(ctx, question)
	if err != nil {
		return at, err
	}
	stamp, err := timestamp.Judge(question, got.Body, roots)
	if err != nil {
		return at, err
	}
	return stamp.Time, pen.Store().PutStamp(ctx, log.ID, head.Size, p.URL, stamp.Token)
}

// Pending lists what was asked and not answered yet.
func (s *Session) Pending(ctx context.Context, lib *library.Library) (all []archive.Pending, err error) {
	err = lib.Read(ctx, func(a *archive.Archive) error {
		all, err = a.Pending(ctx)
		return err
	})
	return all, err
}

func logKey(l archive.Log) (note.Verifier, error) {
	key, err := identity.ParseDID(l.First.Device)
	if err != nil {
		return nil, err
	}
	return tree.LogKey(tree.Origin(l.ID), key)
}

// verifierKey writes the key of a log's heads as C2SP signed-note has it.
func verifierKey(l archive.Log) (string, error) {
	key, err := identity.ParseDID(l.First.Device)
	if err != nil {
		return "", err
	}
	return note.NewEd25519VerifierKey(tree.Origin(l.ID), key)
}

// WitnessKey is the key of this device as a witness of others' logs.
func (s *Session) WitnessKey(ctx context.Context, name string) (*tree.CosignatureKey, error) {
	me, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	public, sign := me.WitnessKey()
	w, err := tree.NewWitness(name, public)
	if err != nil {
		return nil, usage("%v", err)
	}
	return tree.NewCosignatureKey(w, sign, time.Now), nil
}

// StandWitness answers the logs of those keys at an address until ctx ends.
func (s *Session) StandWitness(ctx context.Context, key *tree.CosignatureKey, logs []string, listen string, ready func(address string)) error {
	known := map[string]note.Verifier{}
	for _, text := range logs {
		v, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return usage("%.80q is no key of a log: %v", text, err)
		}
		known[v.Name()] = v
	}
	w := witness.New(filepath.Join(s.cfg.DataDir, "witness"), key, func(origin string) (note.Verifier, bool) {
		v, ok := known[origin]
		return v, ok
	})
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: connect.Witnessing(w), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	ready(l.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = server.Shutdown(stop)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
