package bundle

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Writer makes a bundle beside its place, and puts it there when it is whole.
type Writer struct {
	path string
	f    *os.File // nil once it is committed or discarded
	zip  *zip.Writer
}

// Create begins a bundle. A file that is there already is an fs.ErrExist: a bundle is evidence,
// and takes nobody's place.
func Create(path string) (*Writer, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, err
	}
	return &Writer{path: path, f: f, zip: zip.NewWriter(f)}, nil
}

// Add puts what r reads into the bundle. The name is a path with slashes.
func (w *Writer) Add(ctx context.Context, name string, r io.Reader) error {
	method := zip.Deflate
	if !packs(name) {
		method = zip.Store
	}
	// No times and no rights: the same contents make the same archive.
	to, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err != nil {
		return err
	}
	_, err = io.Copy(to, &until{ctx, r})
	return err
}

// AddFolder puts every plain file of a folder into the bundle, under a name. A folder that is not
// there is an empty one.
func (w *Writer) AddFolder(ctx context.Context, name, dir string) error {
	return filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && at == dir {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		return w.AddFile(ctx, path.Join(name, filepath.ToSlash(rel)), at)
	})
}

// AddFile puts a file into the bundle, under a name.
func (w *Writer) AddFile(ctx context.Context, name, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	return errors.Join(w.Add(ctx, name, f), f.Close())
}

// Commit ends the bundle and gives it its name once it is on the disk.
func (w *Writer) Commit() error {
	err := w.zip.Close()
	if err == nil {
		err = w.f.Sync()
	}
	if err != nil {
		return errors.Join(err, w.Discard())
	}
	err = w.f.Close()
	w.f = nil
	if err == nil {
		err = os.Rename(w.path+".part", w.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(w.path+".part"))
	}
	return nil
}

// Discard gives up what was not committed; afterwards it does nothing.
func (w *Writer) Discard() error {
	if w.f == nil {
		return nil
	}
	err := errors.Join(w.f.Close(), os.Remove(w.path+".part"))
	w.f = nil
	return err
}

// packs says whether a file is worth packing: pictures and contents are packed already.
func packs(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".db", ".json", ".tlog-proof", ".note", ".txt":
		return true
	}
	return false
}

// until ends a reading with its context.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
