package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Options say which ledger is opened, and how.
type Options struct {
	Dir      string // of the library
	Library  string // its id
	ReadOnly bool
	// Clock is record.Now where it is nil.
	Clock func() record.Time
	// Watermark may be nil: then a library that was rolled back is found out by witnesses only.
	Watermark Watermark
}

// Watermark keeps, outside the library, the last head that this device signed in it. Set is called after
// every commit, and may be as cheap as the loss of the last few is harmless: an older head still
// proves most roll-backs.
type Watermark interface {
	// Get is what Set was last given, ok only where there is something.
	Get(ctx context.Context, library, author, device string) (head record.HeadRef, ok bool, err error)
	Set(ctx context.Context, library, author, device string, head record.HeadRef) error
}

// Store is an open ledger. It is safe for concurrent use.
type Store struct {
	options Options
	path    string
	scratch string // folder of a copy that is read in place of the file, if any
	readers *sql.DB
	archive *archive.Archive

	// What follows is nil for reading.
	pen      *pen
	requests chan request
	turn     chan struct{} // holds something while somebody writes
	closing  chan struct{} // closed by Close: nothing is taken up any more
	stopped  chan struct{} // closed by the writer when it is done
	once     sync.Once
	tidying  sync.WaitGroup

	mu   sync.Mutex
	logs map[blob.Hash]*Log
}

const (
	// readersCount is how many readers are served at once.
	readersCount = 8
	// queueLength is how many callers may wait without being blocked.
	queueLength = 1024
)

// uri names a file as SQLite wants it.
func uri(path string, options url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options.Encode()}
	return u.String()
}

// Open opens the ledger in the folder of a library; for writing, it is made where there is none,
// and brought to this program's version. The error is an *OpenError.
func Open(ctx context.Context, o Options) (*Store, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, &OpenError{o.Dir, err}
	}
	if o.Clock == nil {
		o.Clock = record.Now
	}
	s := &Store{options: o, path: filepath.Join(dir, archive.FileName), logs: map[blob.Hash]*Log{}}
	if !o.ReadOnly {
		if err := s.openPen(ctx); err != nil {
			return nil, &OpenError{s.path, err}
		}
	}
	if err := s.openReaders(ctx); err != nil {
		return nil, &OpenError{s.path, errors.Join(err, s.closeFiles())}
	}
	if o.ReadOnly {
		return s, nil
	}
	if err := s.pen.loadTail(ctx, s.archive); err != nil {
		return nil, &OpenError{s.path, errors.Join(err, s.closeFiles())}
	}
	s.requests, s.turn = make(chan request, queueLength), make(chan struct{}, 1)
	s.closing, s.stopped = make(chan struct{}), make(chan struct{})
	go s.write()
	return s, nil
}

func (s *Store) openReaders(ctx context.Context) error {
	if _, err := os.Stat(s.path); err != nil {
		return err
	}
	path, options := s.path, url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {"10000"}}
	try := func() error {
		db, err := sql.Open("sqlite3", uri(path, options))
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(readersCount)
		db.SetMaxIdleConns(readersCount)
		if s.archive, err = archive.Open(ctx, db); err != nil {
			return errors.Join(err, db.Close())
		}
		s.readers = db
		return nil
	}
	err := try()
	if err == nil || !s.options.ReadOnly {
		return err
	}
	var foreign *archive.SchemaError
	if !errors.As(err, &foreign) || foreign.Err == nil {
		return err
	}
	// On a disk that cannot be written SQLite has nowhere to put the shared memory of a write-ahead log. Where
	// nothing stands in one, the file alone is the ledger; where something does, a copy is read.
	wal, statErr := os.Stat(s.path + "-wal")
	switch {
	case errors.Is(statErr, fs.ErrNotExist) || statErr == nil && wal.Size() == 0:
		options.Set("immutable", "1")
	case statErr != nil:
		return statErr
	default:
		if s.scratch, err = os.MkdirTemp("", "selvage-ledger-"); err != nil {
			return err
		}
		path = filepath.Join(s.scratch, archive.FileName)
		for _, suffix := range []string{"", "-wal"} {
			if err := copyFile(path+suffix, s.path+suffix); err != nil {
				return err
			}
		}
		options.Del("mode") // the copy's log is brought into it
	}
	return try()
}

func copyFile(to, from string) error {
	b, err := os.Open(from)
	if err != nil {
		return err
	}
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return errors.Join(err, b.Close())
	}
	_, err = w.ReadFrom(b)
	return errors.Join(err, w.Close(), b.Close())
}

// Archive reads what is acknowledged, beside whoever writes.
func (s *Store) Archive() *archive.Archive { return s.archive }

// Close waits for what is being written, refuses the rest, and closes the file.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		if s.requests != nil {
			close(s.closing)
			<-s.stopped
		}
		s.tidying.Wait()
		err = s.closeFiles()
	})
	return err
}

func (s *Store) closeFiles() error {
	var errs []error
	// The pen is the last to close, so that SQLite brings the write-ahead log into the file and removes it.
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.pen != nil {
		errs = append(errs, s.pen.close())
	}
	if s.scratch != "" {
		errs = append(errs, os.RemoveAll(s.scratch))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// syncDir brings the names in a folder to the disk, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrPermission) {
		err = nil // network file systems, and Windows
	}
	return errors.Join(err, d.Close())
}
