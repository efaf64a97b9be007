package library

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/store"
)

// formatVersion is raised when an older program would misread a library.
const formatVersion = 1

// Extension ends the name of a library's folder.
const Extension = ".selvage"

// Library is an open library. It is safe for concurrent use, and so are several of
// them in one folder, in one process or in many.
type Library struct {
	dir   string
	id    string
	blobs *blob.Store

	mu     sync.Mutex
	lock   *flock.Flock // while somebody has a pen
	store  *store.Store // likewise
	pens   int
	reader *store.Store // while nobody here has a pen; opened when it is needed

	// signed is told of every batch that is on record, with the pen that wrote it.
	signed func(ctx context.Context, p *Pen, entries []archive.Entry)

	putting sync.Mutex // held from looking at the roots to changing them
}

// head is library.json.
type head struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	ID      string `json:"id"`
}

const headFormat = "selvage library"

// Open opens the library in dir for reading. Errors are a *NoLibraryError, a
// *VersionError or a *DamagedError.
func Open(dir string) (*Library, error) {
	path := filepath.Join(dir, "library.json")
	var h head
	err := readJSON(path, &h)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NoLibraryError{dir}
	}
	if err != nil {
		return nil, err
	}
	switch {
	case h.Format != headFormat || !idPattern().MatchString(h.ID) || h.Version < 1:
		return nil, &DamagedError{path, errors.New("it does not say what a library says")}
	case h.Version > formatVersion:
		return nil, &VersionError{dir, h.Version}
	}
	return &Library{dir: dir, id: h.ID, blobs: blob.Open(filepath.Join(dir, "blobs"))}, nil
}

// Create makes an empty library of dir, which may be an empty folder or none. A
// library that is there already is opened.
func Create(dir string) (*Library, error) {
	if l, err := Open(dir); err == nil {
		return l, nil
	} else if none := (*NoLibraryError)(nil); !errors.As(err, &none) {
		return nil, err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is a folder of something else; name a new one, such as %s", dir, filepath.Join(dir, "Studio"+Extension))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	err := writeJSON(filepath.Join(dir, "library.json"), head{Format: headFormat, Version: formatVersion, ID: NewID()})
	if err != nil {
		return nil, err
	}
	return Open(dir)
}

// Dir is the library's folder.
func (l *Library) Dir() string { return l.dir }

// ID never changes, wherever the folder is moved.
func (l *Library) ID() string { return l.id }

// Blobs is the content of the library.
func (l *Library) Blobs() *blob.Store { return l.blobs }

// OnSigned has f told of every batch from now on, by whoever records it, once it is on the disk. It
// is called before Record returns, and keeps nobody from working: what it has to say goes elsewhere.
func (l *Library) OnSigned(f func(ctx context.Context, p *Pen, entries []archive.Entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signed = f
}

// Read hands the ledger to look, beside whoever writes it. A library that nobody wrote to
// yet has none: then look is not called.
func (l *Library) Read(ctx context.Context, look func(*archive.Archive) error) error {
	a, err := l.archive(ctx)
	if err != nil || a == nil {
		return err
	}
	return look(a)
}

func (l *Library) archive(ctx context.Context) (*archive.Archive, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.store != nil {
		return l.store.Archive(), nil
	}
	if l.reader == nil {
		if _, err := os.Stat(filepath.Join(l.dir, archive.FileName)); errors.Is(err, fs.ErrNotExist) {
			return nil, nil //nolint:nilnil // there is nothing to read yet
		}
		s, err := store.Open(ctx, store.Options{Dir: l.dir, Library: l.id, ReadOnly: true})
		if err != nil {
			return nil, err
		}
		l.reader = s
	}
	return l.reader.Archive(), nil
}

// Close ends the reading. Pens are given back by those who have them.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reader == nil {
		return nil
	}
	err := l.reader.Close()
	l.reader = nil
	return err
}

// Cache is a folder for what can be made again.
func (l *Library) Cache() string { return filepath.Join(l.dir, "cache") }

// NewID returns an id that nobody else has: 26 letters and digits, 130 bits.
func NewID() string { return strings.ToLower(rand.Text()) }

// shortID is how much of an id people are shown.
const shortID = 8

func idPattern() *regexp.Regexp { return regexp.MustCompile(`^[a-z2-7]{26}$`) }

// mostJSON is the most bytes that a file of the folder may have.
const mostJSON = 1 << 20

// readJSON reads a file that a program of this kind wrote. The error is that of
// opening it or a *DamagedError.
func readJSON(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(f, mostJSON+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return &DamagedError{path, err}
	}
	if len(text) > mostJSON {
		return &DamagedError{path, fmt.Errorf("it has more than %d bytes", mostJSON)}
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &DamagedError{path, err}
	}
	return nil
}

// writeJSON replaces a file in one step.
func writeJSON(path string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var set file.Set
	err = set.Add(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err == nil {
		err = set.Commit()
	}
	return errors.Join(err, set.Discard())
}
