package session

import (
	"context"
	"errors"
	"regexp"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// mostMarked is the largest content that is looked through for hashes: pages of
// operations and records of states are far smaller, pictures name nothing.
const mostMarked = 64 << 20

// Collect removes the contents of the library that nothing names any more, and what
// writers left that died. Whatever looks like a hash counts as one, in the roots and
// in every content that is JSON: so nothing is lost that only a newer program
// understands.
func (s *Session) Collect(ctx context.Context, lib *library.Library) (c blob.Collected, err error) {
	pen, err := lib.Write(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	live := map[blob.Hash]bool{}
	for _, k := range []library.Kind{library.Pattern, library.Collection} {
		roots, err := lib.Roots(k)
		if err != nil {
			// A root that cannot be read names what nobody knows: then nothing goes.
			return c, err
		}
		for _, r := range roots {
			if err := mark(ctx, lib.Blobs(), r.Document, live); err != nil {
				return c, err
			}
		}
	}
	return lib.Blobs().Collect(ctx, live)
}

// mark adds the hashes that text names, and those that they name in turn.
func mark(ctx context.Context, blobs *blob.Store, text []byte, live map[blob.Hash]bool) error {
	hash := regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	todo := [][]byte{text}
	for len(todo) > 0 {
		text, todo = todo[len(todo)-1], todo[:len(todo)-1]
		for _, m := range hash.FindAll(text, -1) {
			h, err := blob.Parse(string(m))
			if err != nil || live[h] || !blobs.Has(h) {
				continue // versions look like contents, but are none
			}
			live[h] = true
			inner, err := names(ctx, blobs, h)
			if err != nil {
				return err
			}
			if inner != nil {
				todo = append(todo, inner)
			}
		}
	}
	return nil
}

// names returns a content that may name others, nil for one that cannot.
func names(ctx context.Context, blobs *blob.Store, h blob.Hash) ([]byte, error) {
	r, err := blobs.Reader(h)
	if err != nil {
		return nil, err
	}
	var first [1]byte
	n, _ := r.Read(first[:]) // what is damaged is judged below
	if err := r.Close(); err != nil {
		return nil, err
	}
	if n == 0 || first[0] != '{' && first[0] != '[' || r.Size() > mostMarked {
		return nil, nil //nolint:nilnil // see above
	}
	return blobs.Get(ctx, h, mostMarked)
}
