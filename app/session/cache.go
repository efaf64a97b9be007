package session

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/engine/edit"
)

// mostSnapshots is how many bytes of snapshots a library keeps.
const mostSnapshots = 4 << 30

// snapshots are states of versions in a library's cache: a file for each, by its
// key. Whatever is lost or cut short is made again; engine/edit notices.
type snapshots struct{ dir string }

func (c snapshots) path(key edit.Hash) string {
	d := strings.TrimPrefix(key.String(), "sha256:")
	return filepath.Join(c.dir, d[:2], d)
}

// Load returns what was kept under key, nil where there is nothing.
func (c snapshots) Load(ctx context.Context, key edit.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path := c.path(key)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil //nolint:nilerr // a cache that cannot be read is an empty one
	}
	// The least recently used go first; where the time cannot be set, the oldest.
	now := time.Now()
	_ = os.Chtimes(path, now, now)
	return data, nil
}

// Has reports whether Load would find something.
func (c snapshots) Has(_ context.Context, key edit.Hash) (bool, error) {
	_, err := os.Stat(c.path(key))
	return err == nil, nil
}

// Keep puts data under key. It does not wait for the disk, and a full one is no
// error: nothing but time is lost.
func (c snapshots) Keep(ctx context.Context, key edit.Hash, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := c.path(key)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	c.keep(path, data)
	return nil
}

// keep writes a file under another name first; what goes wrong is no matter.
func (c snapshots) keep(path string, data []byte) {
	if os.MkdirAll(filepath.Dir(path), 0o777) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}

// tidy removes the least recently used snapshots beyond limit bytes, and what died
// while it was written.
func (c snapshots) tidy(limit int64) {
	type kept struct {
		path string
		size int64
		used time.Time
	}
	var (
		all  []kept
		held int64
	)
	// What cannot be listed is not removed, and disturbs nobody.
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // see above
		}
		info, err := d.Info()
		if err != nil {
			return nil //nolint:nilerr // it is gone already
		}
		if strings.HasPrefix(d.Name(), ".part-") && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
			return nil
		}
		all = append(all, kept{path, info.Size(), info.ModTime()})
		held += info.Size()
		return nil
	})
	slices.SortFunc(all, func(a, b kept) int { return cmp.Or(a.used.Compare(b.used), strings.Compare(a.path, b.path)) })
	for _, k := range all {
		if held <= limit {
			return
		}
		if os.Remove(k.path) == nil {
			held -= k.size
		}
	}
}
