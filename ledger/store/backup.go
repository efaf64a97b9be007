package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"github.com/selvage-studio/selvage/ledger/archive"
)

// Progress is told how far a back-up is, in pages of the file.
type Progress func(done, all int)

// pagesAtOnce is how many pages are copied between two looks at the context.
const pagesAtOnce = 2048

func isBusy(err error) bool {
	var q sqlite3.Error
	return errors.As(err, &q) && (q.Code == sqlite3.ErrBusy || q.Code == sqlite3.ErrLocked)
}

// Backup copies the ledger as it is now into a new file, while it is used: one state of it, whatever is written
// meanwhile. The file is whole or not there, needs no file beside it, and is marked: a library that is
// made of it goes on in new epochs, each of which names the last head that the copy has, so that no place of a log is
// ever signed twice. The contents that the entries name are not in it: copy the folder of the blobs afterwards,
// which never changes what it has. progress may be nil. The error is a *WriteError, or an fs.ErrExist.
func (s *Store) Backup(ctx context.Context, file string, progress Progress) error {
	if _, err := os.Lstat(file); err == nil {
		return &WriteError{file, fs.ErrExist}
	}
	part := file + ".part"
	err := s.copyTo(ctx, part, progress)
	if err == nil {
		err = s.markCopy(ctx, part)
	}
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, file)
	}
	if err == nil {
		err = syncDir(filepath.Dir(file))
	}
	if err == nil {
		return nil
	}
	for _, left := range []string{part, part + "-journal", part + "-wal", part + "-shm"} {
		if again := os.Remove(left); again != nil && !errors.Is(again, fs.ErrNotExist) {
			err = errors.Join(err, again)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &WriteError{file, err}
}

func (s *Store) copyTo(ctx context.Context, part string, progress Progress) (err error) {
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	to, err := sql.Open("sqlite3", uri(part, url.Values{}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	from, err := s.readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	// What is read in one transaction is one state, and the copying never begins anew.
	if _, err := from.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	defer func() {
		_, end := from.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		err = errors.Join(err, end)
	}()
	var tables int
	if err := from.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	dest, err := to.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dest.Close()) }()
	return dest.Raw(func(d any) error {
		return from.Raw(func(f any) error { return copyPages(ctx, d, f, progress) })
	})
}

func copyPages(ctx context.Context, dest, from any, progress Progress) (err error) {
	d, ok := dest.(*sqlite3.SQLiteConn)
	f, also := from.(*sqlite3.SQLiteConn)
	if !ok || !also {
		return driver.ErrBadConn
	}
	b, err := d.Backup("main", f, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		end, err := b.Step(pagesAtOnce)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
		if end {
			return nil
		}
	}
}

// markCopy closes every log of a copy, and makes it one file.
func (s *Store) markCopy(ctx context.Context, part string) (err error) {
	db, err := sql.Open("sqlite3", uri(part, url.Values{"_synchronous": {"FULL"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, `PRAGMA journal_mode = DELETE`); err != nil {
		return err
	}
	now := s.options.Clock()
	_, err = conn.ExecContext(ctx, `UPDATE logs SET closed = ? WHERE closed IS NULL`, fmt.Sprintf("restored from a back-up of %s", now.At.UTC().Format("2006-01-02T15:04:05Z")))
	return err
}

// Restore puts a back-up into the folder of a library that has no ledger, or has lost it. What an old ledger left beside itself
// there is removed: SQLite would read it into the new one. The error is an *OpenError where the file is no ledger,
// and a *WriteError otherwise, with fs.ErrExist where there is a ledger: whoever means to replace it moves it away.
func Restore(ctx context.Context, file, dir string) error {
	path := filepath.Join(dir, archive.FileName)
	db, err := sql.Open("sqlite3", uri(file, url.Values{"mode": {"ro"}}))
	if err != nil {
		return &OpenError{file, err}
	}
	_, err = archive.Open(ctx, db)
	if err = errors.Join(err, db.Close()); err != nil {
		return &OpenError{file, err}
	}
	if _, err := os.Lstat(path); err == nil {
		return &WriteError{path, fs.ErrExist}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return &WriteError{path, err}
	}
	part := path + ".part"
	for _, left := range []string{path + "-wal", path + "-shm", path + "-journal", part} {
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &WriteError{path, err}
		}
	}
	err = copyFile(part, file)
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return &WriteError{path, err}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
