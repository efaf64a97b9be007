package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// Collect removes the contents of the library that nothing names any more, and what
// writers left that died. A pattern that cannot be read names what nobody knows:
// then nothing goes.
func (s *Session) Collect(ctx context.Context, lib *library.Library) (c blob.Collected, err error) {
	pen, err := lib.Write(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	roots, err := lib.Roots(library.Pattern)
	if err != nil {
		return c, err
	}
	live := map[blob.Hash]bool{}
	for _, r := range roots {
		doc, err := edit.Load(ctx, r.Document, content{lib.Blobs()})
		if err != nil {
			return c, fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
		named, err := doc.References(ctx, content{lib.Blobs()})
		if err != nil {
			return c, fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
		for _, h := range named {
			live[blob.Hash(h)] = true
		}
	}
	collections, err := s.Collections(lib)
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
