//go:build !js

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // reads ledger.db without cgo

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// library judges a whole library, with its contents.
func library(ctx context.Context, q question, t trust) (found finding, err error) {
	id, err := libraryID(q.path)
	if err != nil {
		return found, err
	}
	path := filepath.Join(q.path, archive.FileName)
	if _, err := os.Stat(path); err != nil {
		return found, &nothingError{fmt.Sprintf("nothing has been recorded in %s: it has no %s", q.path, archive.FileName)}
	}
	db, gone, err := open(path)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, db.Close(), gone()) }()
	a, err := archive.Open(ctx, db)
	if err != nil {
		return found, err
	}
	o := verify.Options{Library: id, Contents: blob.Open(filepath.Join(q.path, "blobs")), Deep: true, Authorities: t.pool, Witnesses: t.witnesses, Cosigned: len(t.witnesses) > 0}
	for _, h := range q.heads {
		note, err := readAll(h, 1<<20)
		if err != nil {
			return found, err
		}
		o.Heads = append(o.Heads, note)
	}
	v, err := verify.Library(ctx, verify.Ledger(a), o)
	if err != nil {
		return found, err
	}
	found.intact, found.trusted = v.Intact(), owned(v, t)
	problems := []problemJSON{}
	for _, p := range v.Problems {
		problems = append(problems, problemJSON{p.Code, p.Entry(), p.Detail})
		found.lines = append(found.lines, p.String())
	}
	remarks := []problemJSON{}
	for _, p := range v.Remarks {
		remarks = append(remarks, problemJSON{p.Code, p.Entry(), p.Detail})
		found.lines = append(found.lines, "remark: "+p.String())
	}
	state := map[bool]string{true: "Valid", false: "Invalid"}[v.Intact()]
	seen := []seenJSON{}
	for _, l := range v.Logs {
		found.lines = append(found.lines, fmt.Sprintf("log %v: %d entries, epoch %d of %s", l.ID, l.Size, l.Epoch, l.Author))
		for _, s := range l.Seen {
			seen = append(seen, seenJSON{s.By, l.ID.String(), s.Size, s.At})
			found.lines = append(found.lines, fmt.Sprintf("  %s saw %d entries at %s", s.By, s.Size, s.At.Format("2006-01-02 15:04:05 MST")))
		}
	}
	found.lines = append(found.lines, fmt.Sprintf("%s: %d entries, %d signed heads, %d problems", map[bool]string{true: "intact", false: "not intact"}[v.Intact()], v.Entries, v.Heads, len(v.Problems)))
	found.json = map[string]any{"kind": "library", "state": state, "trusted": found.trusted, "library": v.Library, "entries": v.Entries, "heads": v.Heads, "problems": problems, "remarks": remarks, "seen": seen}
	return found, nil
}

// open reads a ledger and leaves its folder as it was found: SQLite would put files beside one
// with a write-ahead log, and fail where it cannot. Where something stands in that log, a copy
// is read, which gone removes.
func open(path string) (db *sql.DB, gone func() error, err error) {
	gone = func() error { return nil }
	query := url.Values{"mode": {"ro"}, "immutable": {"1"}}
	wal, err := os.Stat(path + "-wal")
	switch {
	case err == nil && wal.Size() > 0:
		dir, err := os.MkdirTemp("", "selvage-verify-")
		if err != nil {
			return nil, gone, err
		}
		gone = func() error { return os.RemoveAll(dir) }
		to := filepath.Join(dir, archive.FileName)
		if err := errors.Join(copyFile(to, path), copyFile(to+"-wal", path+"-wal")); err != nil {
			return nil, gone, errors.Join(err, gone())
		}
		path, query = to, url.Values{}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, gone, err
	}
	path = filepath.ToSlash(path)
	if filepath.IsAbs(path) && !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	db, err = sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String())
	return db, gone, err
}

func copyFile(to, from string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// owned reports whether somebody who is believed owns the library.
func owned(v *verify.Verdict, t trust) bool {
	for _, did := range v.People.People() {
		for _, r := range v.People.Roles(did) {
			if r == identity.Owner && t.person(did) {
				return true
			}
		}
	}
	return false
}

func libraryID(dir string) (string, error) {
	text, err := readAll(filepath.Join(dir, "library.json"), 1<<16)
	if err != nil {
		return "", &nothingError{fmt.Sprintf("%s is no library: %v", dir, err)}
	}
	var head struct{ Format, ID string }
	if err := json.Unmarshal(text, &head); err != nil || head.Format != "selvage library" || head.ID == "" {
		return "", &nothingError{fmt.Sprintf("%s is no library: its library.json does not say so", dir)}
	}
	return head.ID, nil
}
