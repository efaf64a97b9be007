package session

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// Pattern is an open pattern of a library. Changes are in memory until Save; close
// it. It is not safe for concurrent use.
type Pattern struct {
	*edit.Pattern
	lib   *library.Library
	root  library.Root
	pen   *library.Pen // nil where it was opened for reading
	cache snapshots
	// recorded is how many steps the ledger knows, and shown the version that it saw last.
	recorded int
	shown    edit.Hash
}

// NewPattern is what a pattern begins with. Zero values are free: a size in pixels
// follows from the physical size at 150 DPI, a physical size from the pixels.
type NewPattern struct {
	Name                      string
	Repeat                    pattern.Repeat
	RepeatWidth, RepeatHeight pattern.Length
	Width, Height             int // pixels
	DPI                       float64
	Direction                 edit.Direction
	DesignNumber              string
}

// newSide is the side in pixels of a pattern that nobody gave a size.
const newSide = 1024

// plan finds the pixels and the size on cloth.
func (n NewPattern) plan() (pattern.Plan, error) {
	d := pattern.Demand{
		Repeat: n.Repeat, Stride: 1, Width: n.Width, Height: n.Height,
		RepeatWidth: n.RepeatWidth, RepeatHeight: n.RepeatHeight, DPI: n.DPI, Native: newSide,
	}
	if n.DPI == 0 && (n.RepeatWidth > 0 || n.RepeatHeight > 0) && n.Width == 0 && n.Height == 0 {
		d.DPI = defaultDPI
	}
	return d.Plan()
}

// first is the operation that a document begins with.
func (n NewPattern) first() (*edit.NewPattern, pattern.Plan, error) {
	plan, err := n.plan()
	if err != nil {
		return nil, plan, err
	}
	kind, drop, _ := strings.Cut(n.Repeat.String(), " ")
	op := &edit.NewPattern{
		Width: plan.Picture.Width, Height: plan.Picture.Height, WidthMM: float64(plan.Width), HeightMM: float64(plan.Height),
		Repeat: kind, Drop: drop, Direction: n.Direction, DesignNumber: n.DesignNumber,
	}
	return op, plan, op.Check()
}

// NewPattern begins a pattern in the library and keeps it there, with its pen taken.
// then, where there is one, does its first edits before anything is kept: if it
// fails there is no pattern. Notes say what was rounded.
func (s *Session) NewPattern(ctx context.Context, lib *library.Library, n NewPattern, then func(*Pattern) error) (p *Pattern, notes []string, err error) {
	if err := library.CheckName(n.Name); err != nil {
		return nil, nil, usage("%v", err)
	}
	op, plan, err := n.first()
	if err != nil {
		return nil, nil, err
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, pen.Release())
			p = nil
		}
	}()
	if _, err := lib.Find(ctx, library.Pattern, n.Name); err == nil {
		return nil, nil, usage("there is a pattern called %q already; choose another name", n.Name)
	}
	p = openedPattern(lib, library.Root{Kind: library.Pattern, ID: library.NewID(), Name: n.Name})
	p.pen = pen
	if p.Pattern, err = edit.New(ctx, content{lib.Blobs()}, op, did(), p.settings()); err != nil {
		return nil, nil, err
	}
	if then != nil {
		if err = then(p); err != nil {
			return nil, nil, err
		}
	}
	err = p.Save(ctx)
	notes = append(notes, plan.Warnings...)
	notes = append(notes, fmt.Sprintf("the cell has %v px: %v x %v at %s DPI", plan.Picture, plan.Width, plan.Height, figure(plan.DPIX)))
	return p, notes, err
}

func openedPattern(lib *library.Library, root library.Root) *Pattern {
	return &Pattern{lib: lib, root: root, cache: snapshots{filepath.Join(lib.Cache(), "states")}}
}

func (p *Pattern) settings() edit.Settings { return edit.Settings{Cache: p.cache} }

// did says who does something now. Who that is becomes a matter of keys with the
// ledger; until then it is the name by which the system knows the person.
func did() edit.Meta {
	m := edit.Meta{Time: time.Now().UTC().Truncate(time.Millisecond), TimeSource: "local clock"}
	if u, err := user.Current(); err == nil {
		m.Actor = u.Username
	}
	return m
}

// OpenPattern opens a pattern for reading: by name, short id, or the hash of one of
// its versions, which it then shows. Errors are a *library.NotFoundError, a
// *library.AmbiguousError or those of engine/edit.
func (s *Session) OpenPattern(ctx context.Context, lib *library.Library, ref string) (*Pattern, error) {
	root, version, err := find(ctx, lib, ref)
	if err != nil {
		return nil, err
	}
	return open(ctx, lib, root, version, nil)
}

// EditPattern opens a pattern for writing; the error may be a *library.HeldError. A
// version's hash goes there, so that an edit begins a branch.
func (s *Session) EditPattern(ctx context.Context, lib *library.Library, ref string) (*Pattern, error) {
	// What does not exist is said first, whoever writes.
	if _, _, err := find(ctx, lib, ref); err != nil {
		return nil, err
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	// It may have changed before the pen was had.
	root, version, err := find(ctx, lib, ref)
	if err == nil {
		var p *Pattern
		if p, err = open(ctx, lib, root, version, pen); err == nil {
			return p, nil
		}
	}
	return nil, errors.Join(err, pen.Release())
}

func open(ctx context.Context, lib *library.Library, root library.Root, version edit.Hash, pen *library.Pen) (*Pattern, error) {
	p := openedPattern(lib, root)
	p.pen = pen
	var err error
	if p.Pattern, err = edit.Open(ctx, content{lib.Blobs()}, root.Document, p.settings()); err != nil {
		return nil, fmt.Errorf("the pattern %s cannot be opened: %w", root.Name, err)
	}
	p.recorded, p.shown = len(p.Document().Steps()), p.Document().Current()
	if !version.Zero() {
		err = p.Checkout(ctx, version)
	}
	return p, err
}

// find is the pattern that ref names, and the version where ref is a hash.
func find(ctx context.Context, lib *library.Library, ref string) (library.Root, edit.Hash, error) {
	root, err := lib.Find(ctx, library.Pattern, ref)
	var none *library.NotFoundError
	if err == nil || !errors.As(err, &none) || len(strings.TrimPrefix(ref, "sha256:")) < 8 {
		return root, edit.Hash{}, err
	}
	roots, listed := lib.Roots(ctx, library.Pattern)
	var (
		found   []library.Root
		version edit.Hash
	)
	for _, r := range roots {
		doc, lerr := edit.Load(ctx, r.Document, content{lib.Blobs()})
		if lerr != nil {
			listed = errors.Join(listed, lerr)
			continue
		}
		if v, ferr := doc.Find(ref); ferr == nil {
			found, version = append(found, r), v
		}
	}
	switch len(found) {
	case 0:
		return library.Root{}, edit.Hash{}, errors.Join(err, listed)
	case 1:
		return found[0], version, nil
	}
	// Two patterns that begin alike share versions until they part.
	return library.Root{}, edit.Hash{}, &library.AmbiguousError{Kind: library.Pattern, Ref: ref, Roots: found}
}

// Root is what the library keeps of the pattern.
func (p *Pattern) Root() library.Root { return p.root }

// Library is where the pattern lives.
func (p *Pattern) Library() *library.Library { return p.lib }

// Store is where the pattern's content lies: what an operation names by its hash is
// put here before.
func (p *Pattern) Store() edit.Store { return content{p.lib.Blobs()} }

// Do applies operations, all or none, in the name of the person who runs the
// program.
func (p *Pattern) Do(ctx context.Context, ops ...edit.Op) (edit.Hash, error) {
	return p.ApplyAll(ctx, ops, did())
}

// Save brings the pattern to the disk as it is now, in one step.
func (p *Pattern) Save(ctx context.Context) error {
	if p.pen == nil {
		return errors.New("session: the pattern was opened for reading")
	}
	record, err := p.Pattern.Save(ctx)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	acts, err := p.acts(ctx)
	if err != nil {
		return err
	}
	root := p.root
	version := blob.Hash(p.Document().Current())
	root.Document, root.Version = record, &version
	put, err := p.pen.Put(ctx, acts, root)
	if err != nil {
		return err
	}
	p.root = put[0]
	p.recorded, p.shown = len(p.Document().Steps()), p.Document().Current()
	// A snapshot that is not kept costs time and nothing else.
	if err := p.Flush(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	p.cache.tidy(mostSnapshots)
	return nil
}

// Rename gives the pattern another name, with the next Save.
func (p *Pattern) Rename(name string) error {
	if err := library.CheckName(name); err != nil {
		return err
	}
	p.root.Name = name
	return nil
}

// Close gives the pen back; what was not saved is lost.
func (p *Pattern) Close() error {
	if p.pen == nil {
		return nil
	}
	pen := p.pen
	p.pen = nil
	return pen.Release()
}

// PatternSummary is a pattern as a list shows it.
type PatternSummary struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
	Version edit.Hash `json:"version"`
	Branch  string    `json:"branch"`
	Steps   int       `json:"steps"`
	// Problem says why it cannot be opened.
	Problem string `json:"problem,omitempty"`
}

// Patterns lists the patterns of a library. One that cannot be read is listed with
// its problem; damaged roots are joined in the error, beside the list.
func (s *Session) Patterns(ctx context.Context, lib *library.Library) ([]PatternSummary, error) {
	roots, damaged := lib.Roots(ctx, library.Pattern)
	var all []PatternSummary
	for _, r := range roots {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one := PatternSummary{ID: r.ID, Name: r.Name, Created: r.Created, Changed: r.Changed}
		if doc, err := edit.Load(ctx, r.Document, content{lib.Blobs()}); err != nil {
			one.Problem = err.Error()
		} else {
			one.Version, one.Branch, one.Steps = doc.Current(), doc.Branch(), len(doc.Steps())
		}
		all = append(all, one)
	}
	return all, damaged
}
