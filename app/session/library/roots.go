package library

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// This file is the index of a library while there is no ledger.db: one small file
// for the root of each pattern and collection. The log will be the truth instead,
// and the roots a fold over it; nothing outside of this file knows how they lie.

// Kind is what a root is the root of.
type Kind string

// The kinds of roots.
const (
	Pattern    Kind = "pattern"
	Collection Kind = "collection"
)

// Root is the one thing of a pattern or a collection that changes: everything else
// is content that it names.
type Root struct {
	Kind    Kind      `json:"kind"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
	// Document is the content that holds the state, with the hashes of what it
	// is made of.
	Document blob.Hash `json:"document"`
}

// Short is as much of the id as people are shown.
func (r Root) Short() string { return r.ID[:shortID] }

func (l *Library) rootDir(k Kind) string { return filepath.Join(l.dir, string(k)+"s") }

// Roots lists the patterns or the collections by name. A root that cannot be read
// does not hide the others: the error joins a *DamagedError for each.
func (l *Library) Roots(k Kind) ([]Root, error) {
	entries, err := os.ReadDir(l.rootDir(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var (
		roots []Root
		errs  []error
	)
	for _, e := range entries {
		id, found := strings.CutSuffix(e.Name(), ".json")
		if !found || !idPattern().MatchString(id) {
			continue // a file that is being written, or somebody else's
		}
		r, err := l.root(k, id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			errs = append(errs, err)
		default:
			roots = append(roots, r)
		}
	}
	slices.SortFunc(roots, func(a, b Root) int {
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return roots, errors.Join(errs...)
}

func (l *Library) root(k Kind, id string) (Root, error) {
	path := filepath.Join(l.rootDir(k), id+".json")
	var r Root
	if err := readJSON(path, &r); err != nil {
		return r, err
	}
	if r.ID != id || r.Kind != k || CheckName(r.Name) != nil {
		return r, &DamagedError{path, errors.New("it is the root of something else")}
	}
	return r, nil
}

// leastID is how much of an id tells which is meant.
const leastID = 4

// Find returns the root that ref names: by its name, in any case of letters, by
// its id, or by the beginning of its id. Errors are a *NotFoundError or an
// *AmbiguousError. A damaged root is only an error where it could be meant.
func (l *Library) Find(k Kind, ref string) (Root, error) {
	roots, damaged := l.Roots(k)
	var named, begun []Root
	for _, r := range roots {
		switch {
		case r.ID == ref:
			return r, nil
		case strings.EqualFold(r.Name, ref):
			named = append(named, r)
		case len(ref) >= leastID && strings.HasPrefix(r.ID, ref):
			begun = append(begun, r)
		}
	}
	for _, found := range [][]Root{named, begun} {
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return Root{}, &AmbiguousError{Kind: k, Ref: ref, Roots: found}
		}
	}
	return Root{}, errors.Join(&NotFoundError{Kind: k, Ref: ref}, damaged)
}

// Put writes a root, new or changed. Everything that it names has to be on the
// disk; when Put returns without an error, the root is as well. A name that
// another root has is a *NameError.
func (p *Pen) Put(r Root) error {
	if err := CheckName(r.Name); err != nil {
		return err
	}
	if !idPattern().MatchString(r.ID) || r.Kind != Pattern && r.Kind != Collection {
		return fmt.Errorf("library: %s %q has no id that NewID made", r.Kind, r.ID)
	}
	if !p.l.blobs.Has(r.Document) {
		return &blob.NotFoundError{Hash: r.Document}
	}
	roots, err := p.l.Roots(r.Kind)
	if err != nil {
		return err
	}
	for _, other := range roots {
		if other.ID != r.ID && strings.EqualFold(other.Name, r.Name) {
			return &NameError{r.Name, fmt.Sprintf("another %s (%s) is called so; choose another", r.Kind, other.Short())}
		}
	}
	dir := p.l.rootDir(r.Kind)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, r.ID+".json"), r)
}

// mostName is the longest name in letters.
const mostName = 120

// CheckName says what is wrong with a name: a *NameError.
func CheckName(name string) error {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return &NameError{name, "it is empty, or begins or ends with a space"}
	case !utf8.ValidString(name) || strings.IndexFunc(name, unicode.IsControl) >= 0:
		return &NameError{name, "it has characters that cannot be shown"}
	case utf8.RuneCountInString(name) > mostName:
		return &NameError{name, fmt.Sprintf("it is longer than %d letters", mostName)}
	case strings.HasPrefix(name, "sha256:"):
		return &NameError{name, "it would be read as a hash"}
	case strings.HasPrefix(name, "-"):
		return &NameError{name, "it would be read as a flag"}
	}
	return nil
}
