package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Folders of a store.
const (
	hashDir = "sha256"
	newDir  = "new"
)

// Store is a folder of blobs. It is safe for concurrent use, also by several
// processes, of which one may write.
type Store struct {
	dir string

	// mu is held for reading by every Put from its first byte to its name, and
	// for writing by Collect, which therefore never sees a file of this store
	// under new/ that is still growing.
	mu sync.RWMutex
	// young are the blobs that this store was given: their records may not be
	// written yet, so Collect leaves them.
	youngMu sync.Mutex
	young   map[Hash]bool
}

// Open is the store in dir. Nothing is created before the first Put.
func Open(dir string) *Store { return &Store{dir: dir, young: map[Hash]bool{}} }

// Path is where the content of h lies, if it is there.
func (s *Store) Path(h Hash) string {
	d := h.digits()
	return filepath.Join(s.dir, hashDir, d[:2], d)
}

// Put keeps the content of r and returns its hash once it is on the disk. The
// error is a *WriteError, that of ctx, or that of r; after it nothing is left.
func (s *Store) Put(ctx context.Context, r io.Reader) (Hash, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, err := s.create()
	if err != nil {
		return Hash{}, &WriteError{s.dir, err}
	}
	temp := f.Name()
	drop := func(err error) error {
		return errors.Join(err, f.Close(), os.Remove(temp))
	}
	sum := sha256.New()
	from := &source{ctx: ctx, r: r}
	if _, err := io.Copy(io.MultiWriter(f, sum), from); err != nil {
		err = drop(err)
		if from.err != nil {
			return Hash{}, err
		}
		return Hash{}, &WriteError{s.dir, err}
	}
	h := Hash(sum.Sum(nil))
	if s.check(h) == nil {
		if err := drop(nil); err != nil {
			return Hash{}, &WriteError{s.dir, err}
		}
		s.keep(h)
		return h, nil
	}
	if err := f.Sync(); err != nil {
		return Hash{}, &WriteError{s.dir, drop(err)}
	}
	if err := f.Close(); err != nil {
		return Hash{}, &WriteError{s.dir, errors.Join(err, os.Remove(temp))}
	}
	if err := s.name(temp, h); err != nil {
		return Hash{}, &WriteError{s.dir, errors.Join(err, remove(temp))}
	}
	s.keep(h)
	return h, nil
}

// PutBytes is Put of bytes, which costs no writing where they are there already.
func (s *Store) PutBytes(ctx context.Context, content []byte) (Hash, error) {
	h := Of(content)
	if err := ctx.Err(); err != nil {
		return Hash{}, err
	}
	s.mu.RLock()
	known := s.check(h) == nil
	if known {
		s.keep(h)
	}
	s.mu.RUnlock()
	if known {
		return h, nil
	}
	return s.Put(ctx, bytes.NewReader(content))
}

// source reads for Put: it stops when ctx is done, and remembers whose fault an
// error was.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (s *Store) keep(h Hash) {
	s.youngMu.Lock()
	s.young[h] = true
	s.youngMu.Unlock()
}

// create opens a new file under new/ that only its writer may open.
func (s *Store) create() (*os.File, error) {
	dir := filepath.Join(s.dir, newDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var r [12]byte
	if _, err := rand.Read(r[:]); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, hex.EncodeToString(r[:])), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// name gives a file that is on the disk its place.
func (s *Store) name(temp string, h Hash) error {
	path := s.Path(h)
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		// The folder's own name has to outlast a power cut as well.
		for _, d := range []string{filepath.Dir(dir), s.dir, filepath.Dir(s.dir)} {
			if err := syncDir(d); err != nil {
				return err
			}
		}
	}
	// Read-only, so that nobody saves over it by mistake.
	if err := os.Chmod(temp, 0o444); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(dir)
}

// Has reports whether there is a content of that hash; it does not read it.
func (s *Store) Has(h Hash) bool {
	st, err := os.Lstat(s.Path(h))
	return err == nil && st.Mode().IsRegular()
}

// Get returns the content of h, verified. A content of more than limit bytes is a
// *TooLargeError before memory is taken for it; one that is not there a
// *NotFoundError, one that is not what its name says a *DamagedError.
func (s *Store) Get(ctx context.Context, h Hash, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := s.Reader(h)
	if err != nil {
		return nil, err
	}
	if r.size > limit {
		return nil, errors.Join(&TooLargeError{Hash: h, Size: r.size, Limit: limit}, r.Close())
	}
	content := make([]byte, r.size)
	_, err = io.ReadFull(r, content)
	if err == nil {
		// The end is where the hash is judged, and where more bytes would show.
		var one [1]byte
		if _, err = r.Read(one[:]); errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = r.damaged("it became shorter while it was read")
	}
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return content, nil
}

// Erase destroys the content of h: it is overwritten where it lies, brought to the disk, and removed. What
// a disk keeps of sectors that were written over, and copies that left the library, it does not reach. A
// content that is not there is a *NotFoundError. Whoever erases records that he did.
func (s *Store) Erase(ctx context.Context, h Hash) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := s.Path(h)
	st, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &NotFoundError{h}
	}
	if err != nil {
		return &WriteError{s.dir, err}
	}
	if st.Mode().IsRegular() {
		if err := overwrite(path, st.Size()); err != nil {
			return &WriteError{s.dir, err}
		}
	}
	if err := os.Remove(path); err != nil {
		return &WriteError{s.dir, err}
	}
	s.youngMu.Lock()
	delete(s.young, h)
	s.youngMu.Unlock()
	if err := syncDir(filepath.Dir(path)); err != nil {
		return &WriteError{s.dir, err}
	}
	return nil
}

// overwrite puts zeros over a file of that size.
func overwrite(path string, size int64) error {
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	zeros := make([]byte, min(size, 1<<20))
	for at := int64(0); err == nil && at < size; at += int64(len(zeros)) {
		_, err = f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// List gives the hashes of the contents that are there, in the order of their names.
func (s *Store) List() (all []Hash, err error) {
	err = filepath.WalkDir(filepath.Join(s.dir, hashDir), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if h, wrong := Parse("sha256:" + d.Name()); wrong == nil {
			all = append(all, h)
		}
		return nil
	})
	return all, err
}

// Verify reads the content of h and compares it with its hash: a *NotFoundError where there is
// none, a *DamagedError where it is another.
func (s *Store) Verify(ctx context.Context, h Hash) (err error) {
	r, err := s.Reader(h)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	_, err = io.Copy(io.Discard, &source{ctx: ctx, r: r})
	return err
}

// Reader opens the content of h. Read ends with io.EOF only where all of it had
// the hash, and with a *DamagedError otherwise: do not trust a part before that.
func (s *Store) Reader(h Hash) (*Reader, error) {
	path := s.Path(h)
	f, err := openPlain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFoundError{h}
	}
	if st, lerr := os.Lstat(path); err != nil && lerr == nil && !st.Mode().IsRegular() {
		return nil, &DamagedError{Hash: h, Path: path, Reason: "it is no plain file"}
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob: %w", err), f.Close())
	}
	r := &Reader{f: f, hash: h, path: path, size: st.Size(), sum: sha256.New()}
	if !st.Mode().IsRegular() {
		return nil, errors.Join(r.damaged("it is no plain file"), f.Close())
	}
	return r, nil
}

// Reader reads one content and judges it at its end. Close it.
type Reader struct {
	f    *os.File
	hash Hash
	path string
	size int64
	sum  hash.Hash
}

// Size is the content's bytes as the disk counts them.
func (r *Reader) Size() int64 { return r.size }

// Read is io.Reader's; see Store.Reader.
func (r *Reader) Read(b []byte) (int, error) {
	n, err := r.f.Read(b)
	r.sum.Write(b[:n])
	if errors.Is(err, io.EOF) {
		if got := Hash(r.sum.Sum(nil)); got != r.hash {
			return n, r.damaged("its content has the hash " + got.String())
		}
	}
	return n, err
}

func (r *Reader) damaged(reason string) error {
	return &DamagedError{Hash: r.hash, Path: r.path, Reason: reason}
}

// Close closes the file.
func (r *Reader) Close() error { return r.f.Close() }

// remove is os.Remove of a file that may be gone.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
