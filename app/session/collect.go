package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// Collect removes the contents of the library that nothing names any more, and what
// writers left that died. A pattern that cannot be read names what nobody knows:
// then nothing goes.
func (s *Session) Collect(ctx context.Context, lib *library.Library) (c blob.Collected, err error) {
	pen, err := s.write(ctx, lib)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	roots, err := lib.Roots(ctx, library.Pattern)
	if err != nil {
		return c, err
	}
	live, err := inLedger(ctx, pen.Store().Archive())
	if err != nil {
		return c, err
	}
	for _, r := range roots {
		doc, err := edit.Load(ctx, r.Document, content{lib.Blobs()})
		if err != nil {
			return c, fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
		refs, err := doc.References(ctx, content{lib.Blobs()})
		if err != nil {
			return c, fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
		for _, h := range refs {
			live[blob.Hash(h)] = true
		}
	}
	collections, err := s.Collections(ctx, lib)
	if err != nil {
		return c, err
	}
	for _, one := range collections {
		for _, h := range one.Changes() {
			live[blob.Hash(h)] = true
		}
	}
	return lib.Blobs().Collect(ctx, live)
}

// inLedger is what the entries of a ledger need: pictures of candidates, files that came in,
// certificates, the states that are shown.
func inLedger(ctx context.Context, a *archive.Archive) (map[blob.Hash]bool, error) {
	logs, err := a.Logs(ctx)
	if err != nil {
		return nil, err
	}
	uses := verify.NewUses()
	for _, l := range logs {
		for e, err := range a.Entries(ctx, l, 0, l.Size) {
			if err != nil {
				return nil, err
			}
			body, err := e.Decode()
			if err != nil {
				return nil, err
			}
			uses.Add(body)
		}
	}
	return uses.Live(), nil
}
