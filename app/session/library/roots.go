package library

import (
	"encoding/json"
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
	// Revision counts how often the root was put.
	Revision int `json:"revision"`
	// Document is the record of the state: small, since what is large in it are
	// contents that it names by their hashes.
	Document json.RawMessage `json:"document"`
}

// Short is as much of the id as people are shown.
func (r Root) Short() string { return r.ID[:shortID] }

func (l *Library) rootDir(k Kind) string { return filepath.Join(l.dir, string(k)+"s") }

// Roots lists the patterns or the collections by name. A root that cannot be read
// does not hide the others: the error joins a *DamagedError for each.
func (l *Library) Roots(k Kind) ([]Root, error) {
	together, err := l.together()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(l.rootDir(k))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		id, found := strings.CutSuffix(e.Name(), ".json")
		if found && idPattern().MatchString(id) {
			ids = append(ids, id) // all else is being written, or somebody else's
		}
	}
	for _, r := range together {
		if r.Kind == k && !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	var (
		roots []Root
		errs  []error
	)
	for _, id := range ids {
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
	together, err := l.together()
	if err != nil {
		return r, err
	}
	err = readJSON(path, &r)
	for _, t := range together {
		if t.Kind == k && t.ID == id && t.Revision > r.Revision {
			return t, nil
		}
	}
	if err != nil {
		return r, err
	}
	if r.ID != id || r.Kind != k || len(r.Document) == 0 || CheckName(r.Name) != nil {
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

// Put writes roots, new ones with the revision 0, changed ones with the revision
// that they were read with, and returns them with the next. All of them are there
// when it returns without an error, and none otherwise, whatever happens meanwhile.
// Everything that they name has to be on the disk before. A name that another root
// has is a *NameError; a root that was put since by somebody else a *ConflictError.
func (p *Pen) Put(roots ...Root) ([]Root, error) {
	l := p.l
	l.mu.Lock()
	defer l.mu.Unlock()
	next := slices.Clone(roots)
	for i, r := range roots {
		if err := CheckName(r.Name); err != nil {
			return nil, err
		}
		if !idPattern().MatchString(r.ID) || r.Kind != Pattern && r.Kind != Collection || len(r.Document) == 0 {
			return nil, fmt.Errorf("library: %s %q has no id that NewID made, or no document", r.Kind, r.ID)
		}
		stored, err := l.root(r.Kind, r.ID)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if stored.Revision != r.Revision {
			return nil, &ConflictError{r}
		}
		if stored.Name != r.Name {
			if err := l.nameIsFree(r); err != nil {
				return nil, err
			}
		}
		next[i].Revision++
	}
	if len(next) == 1 {
		return next, l.write(next[0])
	}
	// The journal is the one step in which all of them change.
	if err := writeJSON(l.journal(), next); err != nil {
		return nil, err
	}
	return next, l.settle()
}

// write replaces one root.
func (l *Library) write(r Root) error {
	dir := l.rootDir(r.Kind)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, r.ID+".json"), r)
}

// journal holds roots that were put together, until each has its place.
func (l *Library) journal() string { return filepath.Join(l.dir, "together.json") }

func (l *Library) together() ([]Root, error) {
	var roots []Root
	err := readJSON(l.journal(), &roots)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return roots, err
}

// settle gives the roots of the journal their places, also those of a process that
// died over it. Callers have the pen and hold mu.
func (l *Library) settle() error {
	roots, err := l.together()
	if err != nil || roots == nil {
		return err
	}
	for _, r := range roots {
		if !idPattern().MatchString(r.ID) || r.Kind != Pattern && r.Kind != Collection {
			return &DamagedError{l.journal(), errors.New("it is no list of roots")}
		}
		var stored Root
		err := readJSON(filepath.Join(l.rootDir(r.Kind), r.ID+".json"), &stored)
		if err == nil && stored.Revision >= r.Revision {
			continue
		}
		if err := l.write(r); err != nil {
			return err
		}
	}
	return os.Remove(l.journal())
}

func (l *Library) nameIsFree(r Root) error {
	// A root that cannot be read keeps nobody from working; what it is called is
	// not known.
	roots, _ := l.Roots(r.Kind)
	for _, other := range roots {
		if other.ID != r.ID && strings.EqualFold(other.Name, r.Name) {
			return &NameError{r.Name, fmt.Sprintf("another %s (%s) is called so; choose another", r.Kind, other.Short())}
		}
	}
	return nil
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
