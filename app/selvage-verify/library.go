//go:build !js

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // reads ledger.db without cgo

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/verify"
)

type problemJSON struct {
	Code   verify.Code `json:"code"`
	Entry  string      `json:"entry"`
	Detail string      `json:"detail"`
}

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
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=ro"}).String())
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a, err := archive.Open(ctx, db)
	if err != nil {
		return found, err
	}
	o := verify.Options{Library: id, Contents: contents{blob.Open(filepath.Join(q.path, "blobs"))}, Deep: true, Authorities: t.pool}
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
	state := map[bool]string{true: "Valid", false: "Invalid"}[v.Intact()]
	for _, l := range v.Logs {
		found.lines = append(found.lines, fmt.Sprintf("log %v: %d entries, epoch %d of %s", l.ID, l.Size, l.Epoch, l.Author))
		for _, s := range l.Seen {
			found.lines = append(found.lines, fmt.Sprintf("  %s saw %d entries at %s", s.By, s.Size, s.At.Format("2006-01-02 15:04:05 MST")))
		}
	}
	found.lines = append(found.lines, fmt.Sprintf("%s: %d entries, %d signed heads, %d problems", map[bool]string{true: "intact", false: "not intact"}[v.Intact()], v.Entries, v.Heads, len(v.Problems)))
	found.json = map[string]any{"kind": "library", "state": state, "trusted": found.trusted, "library": v.Library, "entries": v.Entries, "heads": v.Heads, "problems": problems}
	return found, nil
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

// contents are the blobs of the library.
type contents struct{ *blob.Store }

// Verify implements verify.Contents.
func (c contents) Verify(ctx context.Context, h blob.Hash) (err error) {
	r, err := c.Reader(h)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return err
}
