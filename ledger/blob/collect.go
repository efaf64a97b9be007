package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Collected says what a collection did.
type Collected struct {
	Kept    int   // blobs that are in use, or were put by this store
	Removed int   // blobs that nobody uses
	Freed   int64 // bytes, with those that dead writers left
	// Left are unused blobs that could not be removed, because somebody has them
	// open on a system that minds; the next collection finds them again.
	Left int
	// Missing are hashes in use of which there is no content.
	Missing []Hash
	// Foreign are files that are no blobs; they are left alone.
	Foreign []string
}

// Collect removes the blobs that are not in live, and what writers left that died.
// Only the process that writes the library may call it. A reader that has a blob
// open keeps it to the end. Blobs that were put by this store stay, whatever live
// says, since their records may be on the way.
func (s *Store) Collect(ctx context.Context, live map[Hash]bool) (Collected, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c Collected
	seen := map[Hash]bool{}
	for f, err := range s.files(ctx) {
		switch {
		case err != nil:
			return c, err
		case f.foreign:
			c.Foreign = append(c.Foreign, f.path)
		case live[f.hash] || s.young[f.hash]:
			seen[f.hash] = true
			c.Kept++
		default:
			if err := remove(f.path); err != nil {
				c.Left++
				continue
			}
			c.Removed++
			c.Freed += f.size
		}
	}
	for h := range live {
		if !seen[h] {
			c.Missing = append(c.Missing, h)
		}
	}
	freed, err := s.sweep(ctx)
	c.Freed += freed
	return c, err
}

// sweep removes what dead writers left under new/. Callers hold mu, so no writer
// of this store is alive.
func (s *Store) sweep(ctx context.Context) (freed int64, err error) {
	dir := filepath.Join(s.dir, newDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("blob: %w", err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return freed, err
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && remove(filepath.Join(dir, e.Name())) == nil {
			freed += info.Size()
		}
	}
	return freed, nil
}

// Checked says what Check found.
type Checked struct {
	Intact  int
	Bytes   int64
	Damaged []*DamagedError
}

// Check reads every blob and compares it with its name.
func (s *Store) Check(ctx context.Context) (Checked, error) {
	var c Checked
	for f, err := range s.files(ctx) {
		if err != nil {
			return c, err
		}
		if f.foreign {
			continue
		}
		err := s.check(f.hash)
		var (
			damaged *DamagedError
			gone    *NotFoundError
		)
		switch {
		case errors.As(err, &damaged):
			c.Damaged = append(c.Damaged, damaged)
		case errors.As(err, &gone):
			// Collected since it was listed.
		case err != nil:
			return c, err
		default:
			c.Intact++
			c.Bytes += f.size
		}
	}
	return c, nil
}

// check reads one content through.
func (s *Store) check(h Hash) error {
	r, err := s.Reader(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// held is one file under sha256/.
type held struct {
	hash    Hash
	path    string
	size    int64
	foreign bool // not named as a blob would be
}

// files lists what is there, in the order of the hashes.
func (s *Store) files(ctx context.Context) iter.Seq2[held, error] {
	return func(yield func(held, error) bool) {
		root := filepath.Join(s.dir, hashDir)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if d.IsDir() {
				return nil
			}
			f := held{path: path, foreign: true}
			if h, ok := parseDigits(d.Name()); ok && s.Path(h) == path {
				info, err := d.Info()
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				if err != nil {
					return err
				}
				f = held{hash: h, path: path, size: info.Size()}
			}
			if !yield(f, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(held{}, fmt.Errorf("blob: %w", err))
		}
	}
}
