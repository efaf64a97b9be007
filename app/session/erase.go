package session

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Erasure is what an erasure destroyed, and what it left.
type Erasure struct {
	// Openings that held the text: the one that was named, and others of the same words.
	Openings []blob.Hash
	// Contents that held it in clear: files that came in, certificates that disclosed it, documents that
	// nothing needs any more.
	Contents []blob.Hash
	// Left are places where it still stands, each with the reason.
	Left []Remains
}

// Remains is a content in which an erased text still stands.
type Remains struct {
	Content blob.Hash
	Why     string
}

// shortest is the least bytes of a text that is looked for by itself. What is shorter, such as a seed, stands in many
// places where it means something else.
const shortest = 8

// Erase destroys what a commitment was made of, for good, and records that: the opening, other openings that
// hold the same text, and the contents in which it stands. Documents do not hold what is sealed; one of an
// early version of the program may, and is left, and told, since a pattern would go with it.
func (s *Session) Erase(ctx context.Context, lib *library.Library, commitment blob.Hash, reason string) (done Erasure, err error) {
	pen, err := s.write(ctx, lib)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	a := pen.Store().Archive()
	opening, err := a.Opening(ctx, commitment)
	if err != nil {
		return done, err
	}
	text := opening.Text()
	if done.Openings, err = sameWords(ctx, a, commitment, text); err != nil {
		return done, err
	}
	var hits []blob.Hash
	if len(text) >= shortest {
		if hits, err = inClear(ctx, lib.Blobs(), text); err != nil {
			return done, err
		}
	}
	needed, err := documents(ctx, lib)
	if err != nil {
		return done, err
	}
	for _, h := range hits {
		if name, ok := needed[h]; ok {
			done.Left = append(done.Left, Remains{h, fmt.Sprintf("it is the document of %s, from an early version of the program; the text goes only with the pattern", name)})
			continue
		}
		done.Contents = append(done.Contents, h)
	}
	// It is on record before it is gone: what is missing then has been said.
	var acts []record.Draft
	for _, h := range slices.Concat(done.Openings, done.Contents) {
		acts = append(acts, record.Draft{Subjects: []string{h.String()}, Body: &record.Erased{Commitment: h, Reason: reason}})
	}
	if _, err := pen.Record(ctx, acts...); err != nil {
		return done, err
	}
	// What was said is done, also where the person has gone.
	ctx = context.WithoutCancel(ctx)
	for _, h := range done.Openings {
		err = errors.Join(err, pen.Store().Erase(ctx, h))
	}
	for _, h := range done.Contents {
		err = errors.Join(err, lib.Blobs().Erase(ctx, h))
	}
	// What can be made again may hold anything.
	return done, errors.Join(err, os.RemoveAll(filepath.Join(lib.Cache(), "states")))
}

// sameWords are the openings that hold a text: the one of the commitment first, then each that is the text or has it as
// a value, and the whole requests that a prompt or a seed belongs to.
func sameWords(ctx context.Context, a *archive.Archive, commitment blob.Hash, text string) ([]blob.Hash, error) {
	all := []blob.Hash{commitment}
	add := func(h blob.Hash) {
		if h != (blob.Hash{}) && !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	var words blob.Hash // the entry of the prompt, where it is one
	for _, kind := range []record.Kind{record.KindPrompt, record.KindRequested} {
		for e, err := range a.OfKind(ctx, kind, archive.OldestFirst) {
			if err != nil {
				return nil, err
			}
			body, err := e.Decode()
			if err != nil {
				continue
			}
			switch b := body.(type) {
			case *record.Prompt:
				if b.Prompt.Commitment == commitment || b.Negative.Commitment == commitment {
					words = e.Hash
				}
			case *record.Requested:
				if b.Seed.Commitment == commitment || words != (blob.Hash{}) && b.Prompt == words {
					if _, err := a.Opening(ctx, b.Request.Commitment); err == nil {
						add(b.Request.Commitment)
					}
				}
			}
		}
	}
	if len(text) < shortest {
		return all, nil
	}
	token, err := record.Canonical(text)
	if err != nil {
		return nil, err
	}
	for o, err := range a.Openings(ctx) {
		if err == nil && bytes.Contains(o.Value, token) {
			add(o.Commitment)
		} else if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// inClear are the contents in which a text stands, as it is or as JSON or XML writes it.
func inClear(ctx context.Context, blobs *blob.Store, text string) (hits []blob.Hash, err error) {
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	var marked bytes.Buffer
	if err := xml.EscapeText(&marked, []byte(text)); err != nil {
		return nil, err
	}
	canonical, err := record.Canonical(text)
	if err != nil {
		return nil, err
	}
	needles := [][]byte{[]byte(text), bytes.Trim(quoted, `"`), bytes.Trim(canonical, `"`), marked.Bytes()}
	all, err := blobs.List()
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := os.Open(blobs.Path(h))
		if err != nil {
			return nil, err
		}
		found, err := holds(r, needles)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		if found {
			hits = append(hits, h)
		}
	}
	return hits, nil
}

// holds says whether one of the needles stands in what r reads.
func holds(r io.Reader, needles [][]byte) (bool, error) {
	longest := 0
	for _, n := range needles {
		longest = max(longest, len(n))
	}
	buf := make([]byte, 0, 1<<20+longest)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if len(buf) == cap(buf) || err != nil {
			for _, needle := range needles {
				if bytes.Contains(buf, needle) {
					return true, nil
				}
			}
			// A needle may stand across two pieces.
			keep := min(longest, len(buf))
			buf = append(buf[:0], buf[len(buf)-keep:]...)
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// documents are the contents that the patterns of a library are read from, with the pattern's name: records and
// pages, not the files and pictures that they name.
func documents(ctx context.Context, lib *library.Library) (map[blob.Hash]string, error) {
	roots, err := lib.Roots(ctx, library.Pattern)
	if err != nil {
		return nil, err
	}
	collections, err := lib.Roots(ctx, library.Collection)
	if err != nil {
		return nil, err
	}
	needed := map[blob.Hash]string{}
	for _, r := range collections {
		needed[blob.Of(r.Document)] = r.Name
	}
	for _, r := range roots {
		needed[blob.Of(r.Document)] = r.Name
		doc, err := edit.Load(ctx, r.Document, content{lib.Blobs()})
		if err != nil {
			return nil, fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
		refs, err := doc.References(ctx, content{lib.Blobs()})
		if err != nil {
			return nil, fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
		for _, h := range refs {
			head := make([]byte, 1)
			f, err := os.Open(lib.Blobs().Path(blob.Hash(h)))
			if errors.Is(err, os.ErrNotExist) {
				continue // it was erased
			}
			if err != nil {
				return nil, err
			}
			_, err = io.ReadFull(f, head)
			if err := f.Close(); err != nil {
				return nil, err
			}
			if err == nil && head[0] == '{' {
				needed[blob.Hash(h)] = r.Name
			}
		}
	}
	return needed, nil
}
