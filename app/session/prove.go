package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/bundle"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Prove makes the tlog-proof file of an entry: its path to the log's latest head.
func (s *Session) Prove(ctx context.Context, lib *library.Library, ref string) (proof *tree.Proof, act Act, err error) {
	if act, err = s.EntryAt(ctx, lib, ref); err != nil {
		return nil, act, err
	}
	err = lib.Read(ctx, func(a *archive.Archive) error {
		proof, err = prove(ctx, a, act.Entry)
		return err
	})
	return proof, act, err
}

func prove(ctx context.Context, a *archive.Archive, e archive.Entry) (*tree.Proof, error) {
	log, err := a.Log(ctx, e.In)
	if err != nil {
		return nil, err
	}
	head, err := a.LatestHead(ctx, log)
	if err != nil {
		return nil, err
	}
	return proveUnder(ctx, a, log, head, e.Index)
}

// proveUnder is the path of an entry to a head.
func proveUnder(ctx context.Context, a *archive.Archive, log archive.Log, head archive.Signed, index int64) (*tree.Proof, error) {
	path, err := tree.Include(ctx, a.Tiles(log), head.Head, index)
	if err != nil {
		return nil, err
	}
	signed, err := a.Cosigned(ctx, log, head)
	if err != nil {
		return nil, err
	}
	return &tree.Proof{Index: index, Path: path, Head: signed}, nil
}

// Proved is what a bundle of proofs holds.
type Proved struct {
	Entries int
	// Heads are the logs' heads that the proofs lead to.
	Heads int
}

// ProvePattern writes one file with the proof of every entry about a pattern, and the heads that
// they lead to: for somebody who has not the library. What is sealed stays sealed.
func (s *Session) ProvePattern(ctx context.Context, lib *library.Library, ref, path string) (done Proved, err error) {
	if !strings.EqualFold(filepath.Ext(path), bundleExtension) {
		return done, usage("%s: the proofs of a pattern are one file that ends in %s", path, bundleExtension)
	}
	if _, err := os.Lstat(path); err == nil {
		return done, usage("%s is there already; name a file that is not", path)
	}
	root, err := lib.Find(ctx, library.Pattern, ref)
	if err != nil {
		return done, err
	}
	w, err := bundle.Create(path)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	err = lib.Read(ctx, func(a *archive.Archive) error {
		ends := map[blob.Hash]archive.Signed{} // one head for all proofs of a log, also while it grows
		for e, err := range a.History(ctx, root.ID, archive.OldestFirst) {
			if err != nil {
				return err
			}
			log, err := a.Log(ctx, e.In)
			if err != nil {
				return err
			}
			head, known := ends[e.In]
			if !known || e.Index >= head.Size {
				if head, err = a.LatestHead(ctx, log); err != nil {
					return err
				}
				ends[e.In] = head
			}
			proof, err := proveUnder(ctx, a, log, head, e.Index)
			if err != nil {
				return err
			}
			done.Entries++
			name := fmt.Sprintf("%06d-%s%s", done.Entries, e.Kind, tree.ProofExtension)
			if err := errors.Join(w.Add(ctx, name, bytes.NewReader(proof.Marshal())), w.Add(ctx, name+".json", bytes.NewReader(e.Text))); err != nil {
				return err
			}
		}
		for id, head := range ends {
			log, err := a.Log(ctx, id)
			if err != nil {
				return err
			}
			note, err := a.Cosigned(ctx, log, head)
			if err != nil {
				return err
			}
			done.Heads++
			if err := w.Add(ctx, "head-"+strings.TrimPrefix(id.String(), "sha256:")[:16]+".note", bytes.NewReader(note)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return done, err
	}
	if done.Entries == 0 {
		return done, usage("nothing is on record of %s", root.Name)
	}
	return done, w.Commit()
}
