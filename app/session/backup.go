package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/bundle"
	"github.com/selvage-studio/selvage/ledger/store"
)

// Backup writes a copy of the library into a new folder, or into one file where the name ends in
// .zip, while it is used: the ledger as it is at one moment, and then every content.
func (s *Session) Backup(ctx context.Context, lib *library.Library, to string, report func(Progress)) (err error) {
	if !strings.EqualFold(filepath.Ext(to), bundleExtension) {
		return s.backup(ctx, lib, to, report)
	}
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return usage("%s is there already; name a file that is not", to)
	}
	dir, err := os.MkdirTemp(filepath.Dir(to), ".backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.copyLedger(ctx, lib, dir, report); err != nil {
		return err
	}
	w, err := bundle.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	if report != nil {
		report(Progress{Stage: "Copying contents", Fraction: 0.5})
	}
	for _, step := range []func() error{
		func() error { return w.AddFile(ctx, "library.json", filepath.Join(lib.Dir(), "library.json")) },
		func() error { return w.AddFile(ctx, archive.FileName, filepath.Join(dir, archive.FileName)) },
		func() error { return w.AddFolder(ctx, "blobs/sha256", filepath.Join(lib.Dir(), "blobs", "sha256")) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return w.Commit()
}

// bundleExtension ends the names of bundles.
const bundleExtension = ".zip"

// backup writes a copy of the library into a new folder.
func (s *Session) backup(ctx context.Context, lib *library.Library, dir string, report func(Progress)) (err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage("%s is there already; name a folder that is not", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := s.copyLedger(ctx, lib, dir, report); err != nil {
		return err
	}
	if report != nil {
		report(Progress{Stage: "Copying contents", Fraction: 0.5})
	}
	if err := copyTree(ctx, filepath.Join(lib.Dir(), "blobs", "sha256"), filepath.Join(dir, "blobs", "sha256")); err != nil {
		return err
	}
	// The name of a library comes last: before it the copy is none.
	return copyPlain(filepath.Join(lib.Dir(), "library.json"), filepath.Join(dir, "library.json"))
}

// copyLedger copies the ledger, closed, into a folder.
func (s *Session) copyLedger(ctx context.Context, lib *library.Library, dir string, report func(Progress)) (err error) {
	st, err := store.Open(ctx, store.Options{Dir: lib.Dir(), Library: lib.ID(), ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.Backup(ctx, filepath.Join(dir, archive.FileName), func(done, all int) {
		if report != nil {
			report(Progress{Stage: "Copying the ledger", Step: done, Steps: all, Fraction: float64(done) / float64(max(1, all)) / 2})
		}
	})
}

// Restore makes a library of a back-up, a folder or one file, in a new folder. The next one who writes begins a new
// epoch there.
func (s *Session) Restore(ctx context.Context, backup, dir string) (err error) {
	for _, path := range []*string{&backup, &dir} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if bundle.Is(backup) {
		packed := backup
		if backup, err = os.MkdirTemp(filepath.Dir(dir), ".restore-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(backup)) }()
		if _, err := bundle.Unpack(ctx, packed, backup); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(backup, "library.json")); err != nil {
			return usage("%s holds no back-up of a library", packed)
		}
	}
	if _, err := library.Open(backup); err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage("%s is there already; name a folder that is not", dir)
	}
	if err := store.Restore(ctx, filepath.Join(backup, archive.FileName), dir); err != nil {
		return err
	}
	if err := copyTree(ctx, filepath.Join(backup, "blobs", "sha256"), filepath.Join(dir, "blobs", "sha256")); err != nil {
		return err
	}
	return copyPlain(filepath.Join(backup, "library.json"), filepath.Join(dir, "library.json"))
}

func copyTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == from:
			return nil // a library without contents
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		return copyPlain(path, filepath.Join(to, rel))
	})
}
