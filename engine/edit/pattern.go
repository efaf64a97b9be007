package edit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Pattern is an open document with the state of its current version. It is not
// safe for use by several goroutines.
type Pattern struct {
	doc   *Document
	store Store
	set   Settings
	kept  []*kept // states of recent versions, the least recently used first
}

// Settings say how a pattern works; the zero value will do.
type Settings struct {
	// Cache keeps snapshots. Without one they are kept in memory only.
	Cache Cache
	// Work is the most work that is left between a snapshot and any version that
	// follows it; 0 is 40 ms. An operation that takes longer than that is followed
	// by a snapshot, so that to come to any version takes the loading of a snapshot
	// and no more work than this.
	Work time.Duration
	// Memory is how many bytes the states of versions other than the current one
	// may hold; 0 is the bytes of a full layer without its authors.
	Memory int64
	// Clock measures work; nil is time.Now. It decides what is kept, never what
	// comes out.
	Clock func() time.Time
}

const defaultWork = 40 * time.Millisecond

// New begins a pattern with its first operation, which is a *NewPattern.
func New(ctx context.Context, store Store, first *NewPattern, m Meta, set Settings) (*Pattern, error) {
	d := newDocument()
	d.branch = MainBranch
	p := &Pattern{doc: d, store: store, set: set}
	if _, err := p.Apply(ctx, first, m); err != nil {
		return nil, err
	}
	return p, nil
}

// Open opens a pattern from the record that Save returned. The state of the
// current version is made from the nearest snapshot, or from the operations and
// the blobs that they name; no model is needed.
func Open(ctx context.Context, store Store, rec []byte, set Settings) (*Pattern, error) {
	d, err := Load(ctx, rec, store)
	if err != nil {
		return nil, err
	}
	p := &Pattern{doc: d, store: store, set: set}
	if _, err := p.reach(ctx, d.current); err != nil {
		return nil, err
	}
	return p, nil
}

// Document is the tree of operations, to be read only.
func (p *Pattern) Document() *Document { return p.doc }

// State is the state of the current version, to be read only.
func (p *Pattern) State() *State { return p.kept[len(p.kept)-1].state }

// StateAt is the state of any version, to be read only. The errors are a
// *VersionError and a *ReplayError.
func (p *Pattern) StateAt(ctx context.Context, v Hash) (*State, error) {
	k, err := p.reach(ctx, v)
	if err != nil {
		return nil, err
	}
	s := k.state
	// The current state stays the most recently used.
	_, err = p.reach(ctx, p.doc.current)
	return s, err
}

// Apply does an operation on the current version, adds it to the document and
// goes to the version that it makes, whose name is returned. After an undo it
// begins another line of the tree. On an error nothing has changed.
//
// What op names by hash has to be in the store before.
func (p *Pattern) Apply(ctx context.Context, op Op, m Meta) (Hash, error) {
	v, err := p.ApplyAll(ctx, []Op{op}, m)
	var list *ListError
	if errors.As(err, &list) {
		return v, list.Err
	}
	return v, err
}

// ApplyAll does operations one after the other, all of them or none. The error
// is a *ListError where one of them cannot be done, and an *IncompleteError
// where the current version is not wholly known.
func (p *Pattern) ApplyAll(ctx context.Context, ops []Op, m Meta) (Hash, error) {
	all, err := p.attempt(ctx, ops)
	if err != nil {
		return Hash{}, err
	}
	for _, a := range all {
		s, err := p.doc.append(a.kind, a.params, m)
		if err != nil {
			return Hash{}, err
		}
		if s.Version != a.kept.version {
			return Hash{}, fmt.Errorf("edit: version %v was made as %v; this is an error of the program", s.Version, a.kept.version)
		}
		p.keep(a.kept)
	}
	return p.doc.current, p.trim(ctx)
}

// attempted is an operation that was done and is not part of the document yet.
type attempted struct {
	kind   string
	params []byte
	kept   *kept
}

// attempt does operations on copies of the current state.
func (p *Pattern) attempt(ctx context.Context, ops []Op) ([]attempted, error) {
	base := &kept{state: &State{}}
	if !p.doc.current.Zero() {
		var err error
		if base, err = p.reach(ctx, p.doc.current); err != nil {
			return nil, err
		}
		if len(base.state.Missing) > 0 {
			return nil, &IncompleteError{base.state.Missing}
		}
	}
	if room := MaxSteps - len(p.doc.steps); len(ops) > room {
		return nil, &RecordError{"steps", fmt.Sprintf("there is room for %d more only; begin a new pattern from this one", room)}
	}
	var all []attempted
	ordinal, version := uint32(1), p.doc.current
	if s, found := p.doc.Step(version); found {
		ordinal = s.Ordinal + 1
	}
	for i, op := range ops {
		// Before it is encoded as well: JSON would mend what is no UTF-8.
		err := op.Check()
		var params []byte
		if err == nil {
			params, err = EncodeOp(op)
		}
		if err == nil {
			// What is replayed is what is stored, not what the caller still holds.
			op, err = DecodeOp(op.Kind(), params)
		}
		if err == nil {
			err = op.Check()
		}
		if err != nil {
			return nil, &ListError{i + 1, ops[i].Kind(), err}
		}
		version = VersionOf(version, op.Kind(), params)
		if base, err = p.do(ctx, base, op, version, ordinal); err != nil {
			return nil, &ListError{i + 1, op.Kind(), err}
		}
		all = append(all, attempted{op.Kind(), params, base})
		ordinal++
	}
	return all, nil
}

// do applies one operation to a copy of base.
func (p *Pattern) do(ctx context.Context, base *kept, op Op, version Hash, ordinal uint32) (*kept, error) {
	now := p.set.Clock
	if now == nil {
		now = time.Now
	}
	start := now()
	s := base.state.Clone()
	if err := op.Apply(ctx, s, Inputs{Blobs: p.store, Ordinal: ordinal}); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	k := &kept{version: version, state: s, since: base.since + now().Sub(start)}
	if work := p.set.Work; k.since > work && (work > 0 || k.since > defaultWork) {
		k.since, k.due = 0, true
	}
	return k, nil
}

// Undo goes to the version before the current one; the error is an *EdgeError
// at the first.
func (p *Pattern) Undo(ctx context.Context) error { return p.move(ctx, p.doc.undo) }

// Redo goes one step on, to the version that the current branch leads to; the
// error is an *EdgeError at its head.
func (p *Pattern) Redo(ctx context.Context) error { return p.move(ctx, p.doc.redo) }

// Checkout goes to any version. The error is a *VersionError or a *ReplayError.
func (p *Pattern) Checkout(ctx context.Context, v Hash) error {
	return p.move(ctx, func() error { return p.doc.checkout(v) })
}

// Branch names a new branch that begins at the current version, and goes on on
// it. The error is a *BranchError.
func (p *Pattern) Branch(name string) error { return p.doc.begin(name) }

// RenameBranch gives a branch another name. The error is a *BranchError.
func (p *Pattern) RenameBranch(from, to string) error { return p.doc.rename(from, to) }

// Switch goes to the head of a branch. The error is a *BranchError or a
// *ReplayError.
func (p *Pattern) Switch(ctx context.Context, name string) error {
	return p.move(ctx, func() error {
		i, found := p.doc.find(name)
		if !found {
			return &BranchError{name, "there is none; branches are " + fmt.Sprint(p.names())}
		}
		p.doc.current, p.doc.branch = p.doc.branches[i].Head, name
		return nil
	})
}

func (p *Pattern) names() []string {
	var names []string
	for _, b := range p.doc.branches {
		names = append(names, b.Name)
	}
	return names
}

// move changes where the person is and reaches the state there, or stays.
func (p *Pattern) move(ctx context.Context, change func() error) error {
	current, branch := p.doc.current, p.doc.branch
	err := change()
	if err == nil {
		_, err = p.reach(ctx, p.doc.current)
	}
	if err != nil {
		p.doc.current, p.doc.branch = current, branch
		return err
	}
	return p.trim(ctx)
}

// Save is Document.Save with the pattern's store.
func (p *Pattern) Save(ctx context.Context) ([]byte, error) { return p.doc.Save(ctx, p.store) }

// Checkpoint stores the state of the current version among the blobs for good
// and names it in the document: for a version that another program, or an older
// version of this one, has to show without knowing all of its operations.
func (p *Pattern) Checkpoint(ctx context.Context) error {
	s := p.State()
	if len(s.Missing) > 0 {
		return &IncompleteError{s.Missing}
	}
	blob, err := storeState(ctx, p.store, s)
	if err != nil {
		return err
	}
	c := Checkpoint{p.doc.current, blob}
	if !slices.Contains(p.doc.checkpoints, c) {
		p.doc.checkpoints = append(p.doc.checkpoints, c)
	}
	return nil
}
