package library

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Kind is what a root is the root of.
type Kind string

// The kinds of roots.
const (
	Pattern    Kind = "pattern"
	Collection Kind = "collection"
)

// Root is the one thing of a pattern or a collection that changes: everything else
// is content that it names. It is what the newest entry of the ledger says.
type Root struct {
	Kind    Kind
	ID      string
	Name    string
	Created time.Time // when the first was recorded
	Changed time.Time // when this one was
	// Revision counts how often the root was put.
	Revision int
	// Version is the pattern's current one, where there is one.
	Version *blob.Hash
	// Document is the record of the state: small, since what is large in it are
	// contents that it names by their hashes.
	Document json.RawMessage
}

// Short is as much of the id as people are shown.
func (r Root) Short() string { return r.ID[:shortID] }

// mostDocument is the most bytes of a document's record. It takes some ten kilobytes.
const mostDocument = 33 << 20

// Roots lists the patterns or the collections by name. A root that cannot be read
// does not hide the others: the error joins a *DamagedError for each.
func (l *Library) Roots(ctx context.Context, k Kind) (roots []Root, err error) {
	err = l.Read(ctx, func(a *archive.Archive) error {
		found, err := a.Roots(ctx, string(k))
		if err != nil {
			return err
		}
		var errs []error
		for _, f := range found {
			r, shown, err := l.root(ctx, a, f)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				errs = append(errs, &DamagedError{fmt.Sprintf("the %s %s in %s", k, f.ID[:min(shortID, len(f.ID))], l.dir), err})
			case shown:
				roots = append(roots, r)
			}
		}
		return errors.Join(errs...)
	})
	slices.SortFunc(roots, func(a, b Root) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return roots, err
}

// root reads a root; shown is false for one that was removed.
func (l *Library) root(ctx context.Context, a *archive.Archive, f archive.Root) (r Root, shown bool, err error) {
	e, saved, err := a.State(ctx, f)
	if err != nil || saved.Removed {
		return r, false, err
	}
	if !idPattern().MatchString(saved.ID) {
		return r, false, fmt.Errorf("%.40q is no id", saved.ID)
	}
	r = Root{Kind: Kind(saved.Of), ID: saved.ID, Revision: saved.Revision, Version: saved.Version, Changed: e.Time.At, Created: e.Time.At}
	if r.Name, err = l.opened(ctx, a, saved); err != nil {
		return r, false, err
	}
	for first, err := range a.History(ctx, saved.ID, archive.OldestFirst) {
		if err != nil {
			return r, false, err
		}
		r.Created = first.Time.At
		break
	}
	r.Document, err = l.blobs.Get(ctx, saved.Document, mostDocument)
	return r, err == nil, err
}

// opened is the name of a root. Where it was erased, or withheld from a copy, the id has
// to do.
func (l *Library) opened(ctx context.Context, a *archive.Archive, saved *record.Saved) (string, error) {
	o, err := a.Opening(ctx, saved.Name.Commitment)
	var (
		none   *archive.NotFoundError
		erased *archive.ErasedError
	)
	switch {
	case errors.As(err, &none) || errors.As(err, &erased):
		return saved.ID[:shortID], nil
	case err != nil:
		return "", err
	}
	return o.Text(), CheckName(o.Text())
}

// leastID is how much of an id tells which is meant.
const leastID = 4

// Find returns the root that ref names: by its name, in any case of letters, by
// its id, or by the beginning of its id. Errors are a *NotFoundError or an
// *AmbiguousError. A damaged root is only an error where it could be meant.
func (l *Library) Find(ctx context.Context, k Kind, ref string) (Root, error) {
	roots, damaged := l.Roots(ctx, k)
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

// Put records acts and the roots that follow from them, new ones with the revision 0, changed
// ones with the revision that they were read with, and returns the roots with the next. All of it is
// there when it returns without an error, and nothing otherwise, whatever happens meanwhile.
// Everything that they name has to be on the disk before. A name that another root
// has is a *NameError; a root that was put since by somebody else a *ConflictError.
func (p *Pen) Put(ctx context.Context, acts []record.Draft, roots ...Root) ([]Root, error) {
	p.l.putting.Lock()
	defer p.l.putting.Unlock()
	a := p.l.store.Archive()
	next := slices.Clone(roots)
	drafts := slices.Clone(acts)
	for i, r := range roots {
		if err := CheckName(r.Name); err != nil {
			return nil, err
		}
		if !idPattern().MatchString(r.ID) || r.Kind != Pattern && r.Kind != Collection || len(r.Document) == 0 {
			return nil, fmt.Errorf("library: %s %q has no id that NewID made, or no document", r.Kind, r.ID)
		}
		if err := p.fits(ctx, a, r); err != nil {
			return nil, err
		}
		next[i].Revision++
		d, err := p.saved(ctx, next[i])
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	entries, err := p.Record(ctx, drafts...)
	if err != nil {
		return nil, err
	}
	for i := range next {
		next[i].Changed = entries[len(acts)+i].Time.At
		if next[i].Revision == 1 {
			next[i].Created = next[i].Changed
		}
	}
	return next, nil
}

// fits says whether a root goes on from what is there.
func (p *Pen) fits(ctx context.Context, a *archive.Archive, r Root) error {
	found, err := a.Roots(ctx, string(r.Kind))
	if err != nil {
		return err
	}
	var held int
	for _, f := range found {
		if f.ID == r.ID {
			held = f.Revision
		}
	}
	if held != r.Revision {
		return &ConflictError{r}
	}
	// A root that cannot be read keeps nobody from working; what it is called is
	// not known.
	others, _ := p.l.Roots(ctx, r.Kind)
	for _, other := range others {
		if other.ID != r.ID && strings.EqualFold(other.Name, r.Name) {
			return &NameError{r.Name, fmt.Sprintf("another %s (%s) is called so; choose another", r.Kind, other.Short())}
		}
	}
	return nil
}

// saved is the entry of a root, whose document it puts among the contents.
func (p *Pen) saved(ctx context.Context, r Root) (record.Draft, error) {
	h, err := p.l.blobs.PutBytes(ctx, r.Document)
	if err != nil {
		return record.Draft{}, err
	}
	name, err := record.SealText(r.Name)
	if err != nil {
		return record.Draft{}, err
	}
	return record.Draft{
		Subjects: []string{r.ID},
		Body:     &record.Saved{Document: h, ID: r.ID, Name: name, Of: string(r.Kind), Revision: r.Revision, Version: r.Version},
	}, nil
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
