package session

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/app/connect"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/witness"
)

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
