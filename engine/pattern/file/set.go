package file

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Set is a group of files that appear together or not at all. The zero value
// is ready. It is not safe for use by several goroutines at once.
type Set struct {
	staged []staged
}

type staged struct{ temp, path string }

// WriteError reports a file that could not be written; nothing of it is left.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string {
	if isFull(e.Err) {
		return fmt.Sprintf("%s was not written: no space is left on its disk; free some, or choose another folder (nothing half-written was left)", e.Path)
	}
	return fmt.Sprintf("%s was not written: %v", e.Path, e.Err)
}

func (e *WriteError) Unwrap() error { return e.Err }

// Full reports whether the disk was full.
func (e *WriteError) Full() bool { return isFull(e.Err) }

// Add writes a file under a temporary name beside path and brings it to the
// disk. Nothing is left of it when write fails. The error is a *WriteError.
//
// The writer is an io.WriterAt as well: a format whose beginning says where its
// end lies, such as TIFF, mends what it wrote before, and needs no memory for a
// file of many gigabytes.
func (s *Set) Add(path string, write func(io.Writer) error) error {
	for _, f := range s.staged {
		if f.path == path {
			return &WriteError{path, errors.New("the same name is written twice")}
		}
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return &WriteError{path, errors.New("there is a folder of that name")}
	}
	f, err := create(path)
	if err != nil {
		return &WriteError{path, err}
	}
	temp := f.Name()
	buf := &mendable{Writer: bufio.NewWriterSize(f, 1<<20), file: f}
	err = write(buf)
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		if rerr := os.Remove(temp); rerr != nil {
			err = errors.Join(err, rerr)
		}
		return &WriteError{path, err}
	}
	s.staged = append(s.staged, staged{temp, path})
	return nil
}

// mendable is a buffered file that also takes bytes at places already written.
type mendable struct {
	*bufio.Writer
	file *os.File
}

// WriteAt writes p over what lies at off, and leaves where Write goes on.
func (m *mendable) WriteAt(p []byte, off int64) (int, error) {
	if err := m.Flush(); err != nil {
		return 0, err
	}
	return m.file.WriteAt(p, off)
}

// create opens a new file beside path under a hidden name of its own. Unlike
// os.CreateTemp it leaves the permissions to the user's mask.
func create(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for range 16 {
		var r [6]byte
		if _, err := rand.Read(r[:]); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(filepath.Join(dir, "."+base+"."+hex.EncodeToString(r[:])+".part"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("no free temporary name in %q", dir)
}

// Commit gives all files their names. If one cannot be renamed, those that
// have not been are removed, and the error is a *WriteError; renames within a
// folder fail only when someone changes the folder meanwhile.
func (s *Set) Commit() error {
	var dirs []string
	for len(s.staged) > 0 {
		f := s.staged[0]
		if err := os.Rename(f.temp, f.path); err != nil {
			return &WriteError{f.path, errors.Join(err, s.discard())}
		}
		s.staged = s.staged[1:]
		if dir := filepath.Dir(f.path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if err := syncDir(dir); err != nil {
			return &WriteError{dir, err}
		}
	}
	return nil
}

// Discard removes what was added and not committed. After Commit it does
// nothing, so it can be deferred.
func (s *Set) Discard() error { return s.discard() }

func (s *Set) discard() error {
	var errs []error
	for _, f := range s.staged {
		if err := os.Remove(f.temp); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	s.staged = nil
	return errors.Join(errs...)
}

// Encode returns what Set.Add needs to write a picture: PNG or TIFF, by the
// ending of path. Another ending is a *FormatError.
func Encode(path string, img image.Image, m Meta) (func(io.Writer) error, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png":
		return func(w io.Writer) error { return EncodePNG(w, img, m) }, nil
	case ".tif", ".tiff":
		return func(w io.Writer) error { return EncodeTIFF(w, img, m) }, nil
	default:
		return nil, &FormatError{Path: path, Reason: "ends in no format that is written; use .png, .tif or .tiff"}
	}
}

// Write writes one picture, PNG or TIFF by the ending of its name.
func Write(path string, img image.Image, m Meta) error {
	encode, err := Encode(path, img, m)
	if err != nil {
		return err
	}
	var s Set
	if err := s.Add(path, encode); err != nil {
		return err
	}
	return s.Commit()
}
