package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxText bounds configuration and vocabulary files.
const maxText = 64 << 20

// source is a folder that a model is read from: a directory on disk, or an
// fs.FS with some large files as bytes. Paths are slash-separated and relative.
type source struct {
	root  string // what messages call it; on disk the directory
	fsys  fs.FS
	disk  bool
	blobs map[string][]byte
	held  *holdings
	read  *[]Piece // on disk, every file that was read
}

func newDiskSource(dir string, held *holdings) source {
	return source{root: dir, fsys: os.DirFS(dir), disk: true, held: held, read: new([]Piece)}
}

// elsewhere is another folder on disk for the same model.
func (s source) elsewhere(dir string) source {
	s.root, s.fsys, s.disk, s.blobs = dir, os.DirFS(dir), true, nil
	return s
}

// note remembers that a file was read.
func (s source) note(name string) {
	if s.read != nil {
		*s.read = append(*s.read, Piece{From: s.full(name), To: name})
	}
}

// full is the name of a file in messages, and on disk its path.
func (s source) full(name string) string {
	if s.disk {
		return filepath.Join(s.root, filepath.FromSlash(name))
	}
	return path.Join(s.root, name)
}

// reads is how many files were read so far; forget goes back to that number.
func (s source) reads() int { return len(*s.read) }

func (s source) forget(n int) { *s.read = (*s.read)[:n] }

func (s source) exists(name string) bool {
	if _, ok := s.blobs[name]; ok {
		return true
	}
	st, err := fs.Stat(s.fsys, name)
	return err == nil && !st.IsDir()
}

func (s source) isDir(name string) bool {
	st, err := fs.Stat(s.fsys, name)
	return err == nil && st.IsDir()
}

// text reads a small file, nil when there is none.
func (s source) text(name string) ([]byte, error) {
	if b, ok := s.blobs[name]; ok {
		return b, nil
	}
	st, err := fs.Stat(s.fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("weights: %w", err)
	case st.Size() > maxText:
		return nil, &FormatError{File: s.full(name), Reason: fmt.Sprintf("has %d bytes; such a file has at most %d", st.Size(), maxText)}
	}
	b, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	s.note(name)
	return b, nil
}

// open opens a safetensors file and keeps it until the model is closed.
func (s source) open(name string) (*File, error) {
	var f *File
	var err error
	if b, ok := s.blobs[name]; ok {
		f, err = ParseFile(s.full(name), b)
	} else if s.disk {
		f, err = OpenFile(s.full(name))
	} else {
		f, err = s.load(name)
	}
	if err != nil {
		return nil, err
	}
	s.held.also(f.Close)
	s.note(name)
	return f, nil
}

// load reads a file of an fs.FS into memory of its own.
func (s source) load(name string) (*File, error) {
	r, err := s.fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	defer func() { _ = r.Close() }() // it was only read
	st, err := r.Stat()
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	mem, err := newArena(st.Size(), 1)
	if err != nil {
		return nil, err
	}
	s.held.also(mem.mem.close)
	b := mem.take(int(st.Size()))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("weights: reading %s: %w", s.full(name), err)
	}
	return ParseFile(s.full(name), b)
}

// glob lists the files of a folder whose names end so, sorted.
func (s source) glob(dir, suffix string) ([]string, error) {
	var out []string
	for name := range s.blobs {
		if path.Dir(name) == path.Clean(dir) && strings.HasSuffix(name, suffix) {
			out = append(out, name)
		}
	}
	entries, err := fs.ReadDir(s.fsys, path.Clean(dir))
	if err != nil && (len(out) == 0 || !errors.Is(err, fs.ErrNotExist)) {
		return nil, fmt.Errorf("weights: %w", err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if !e.IsDir() && strings.HasSuffix(e.Name(), suffix) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}
