package edit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Role is what a pattern is in its collection.
type Role string

// The roles in a collection.
const (
	Hero       Role = "hero"       // the design that the others go with
	Coordinate Role = "coordinate" // goes beside it
	Blender    Role = "blender"    // small and quiet, from further away a texture
)

// Member is a pattern of a collection, by the name that the caller keeps
// patterns under.
type Member struct {
	Pattern string `json:"pattern"`
	Role    Role   `json:"role"`
}

// Collection is patterns that share a palette. It is a small record that the
// caller keeps, and replaces in a single step as it does a pattern's.
//
// A change of the palette recolours all members as one edit, all of them or
// none, across any crash: Change tries it on every member and writes down what
// each is to do; once the caller has put the record of that in place, the change
// has happened, and Settle does it to the members, now or after the crash.
//
//	err := c.Change(ctx, store, patterns, palette, recolor, meta)
//	rec, err := c.Encode()                // replace the collection's record by rec
//	err = c.Settle(ctx, store, patterns, func(name string, p *edit.Pattern) error {
//		rec, err := p.Save(ctx)           // replace the pattern's record by rec
//		...
//	})
//	rec, err = c.Encode()                 // and the collection's once more
//
// A collection that was opened with Pending set is settled before its members
// are edited. It is not safe for use by several goroutines.
type Collection struct {
	record collectionRecord
	extra  map[string]json.RawMessage
}

// CollectionFormat is the first member of a collection's record.
const CollectionFormat = "selvage collection 1"

type collectionRecord struct {
	Format  string   `json:"format"`
	Name    string   `json:"name"`
	Palette []Spot   `json:"palette"`
	Members []Member `json:"members"`
	Changes []Hash   `json:"changes"`
	Pending bool     `json:"pending"` // the last change has not reached every member
}

// PaletteChange is one change of a shared palette: a blob.
type PaletteChange struct {
	Meta
	From []Spot       `json:"from"`
	To   []Spot       `json:"to"`
	Done []MemberEdit `json:"edits"`
}

// MemberEdit is what a change does to one member.
type MemberEdit struct {
	Pattern string        `json:"pattern"`
	Parent  Hash          `json:"parent"`
	Version Hash          `json:"version"` // that the operations make of Parent
	Ops     []EditedByOps `json:"operations"`
}

// EditedByOps is one operation, in the form of a list of operations.
type EditedByOps struct {
	Kind   string          `json:"kind"`
	Params json.RawMessage `json:"params"`
}

// MaxMembers is the most patterns of a collection.
const MaxMembers = 500

const maxCollection = 4 << 20

// NewCollection makes an empty one.
func NewCollection(name string, palette []Spot) (*Collection, error) {
	c := &Collection{record: collectionRecord{Format: CollectionFormat, Name: name, Palette: slices.Clone(palette), Members: []Member{}, Changes: []Hash{}}}
	return c, c.check()
}

// DecodeCollection reads what Encode writes. The error is a *RecordError.
func DecodeCollection(rec []byte) (*Collection, error) {
	c := &Collection{}
	if len(rec) > maxCollection {
		return nil, &RecordError{"collection", fmt.Sprintf("it has %d bytes, more than %d", len(rec), maxCollection)}
	}
	canonical, err := Canonical(rec)
	if err == nil {
		err = errors.Join(json.Unmarshal(canonical, &c.record), json.Unmarshal(canonical, &c.extra))
	}
	if err != nil {
		return nil, &RecordError{"collection", err.Error()}
	}
	if c.record.Format != CollectionFormat {
		if strings.HasPrefix(c.record.Format, "selvage collection ") {
			return nil, &RecordError{"collection", fmt.Sprintf("its format is %q, made by a newer version; this one reads %q", c.record.Format, CollectionFormat)}
		}
		return nil, &RecordError{"collection", "it is no collection"}
	}
	if err := c.check(); err != nil {
		return nil, &RecordError{"collection", err.Error()}
	}
	for _, known := range []string{"format", "name", "palette", "members", "changes", "pending"} {
		delete(c.extra, known)
	}
	return c, nil
}

func (c *Collection) check() error {
	if err := checkText("name", c.record.Name, maxName); err != nil {
		return err
	}
	if err := (&SetPalette{c.record.Palette}).Check(); err != nil {
		return err
	}
	met := map[string]bool{}
	for _, m := range c.record.Members {
		switch {
		case m.Role != Hero && m.Role != Coordinate && m.Role != Blender:
			return &ParameterError{"role", fmt.Sprintf("%q is none; use hero, coordinate or blender", string(m.Role))}
		case m.Pattern == "" || len(m.Pattern) > 1000:
			return &ParameterError{"pattern", "names no pattern"}
		case met[m.Pattern]:
			return &ParameterError{"pattern", fmt.Sprintf("%s is in the collection twice", m.Pattern)}
		}
		met[m.Pattern] = true
	}
	if len(c.record.Members) > MaxMembers {
		return &ParameterError{"pattern", fmt.Sprintf("a collection has at most %d patterns", MaxMembers)}
	}
	if c.record.Pending && len(c.record.Changes) == 0 {
		return &ParameterError{"pending", "there is no change"}
	}
	return nil
}

// Encode is the record to keep.
func (c *Collection) Encode() ([]byte, error) {
	data, err := json.Marshal(c.record)
	if err == nil && len(c.extra) > 0 {
		all := map[string]json.RawMessage{}
		if err = json.Unmarshal(data, &all); err == nil {
			for name, value := range c.extra {
				all[name] = value
			}
			data, err = json.Marshal(all)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("edit: the collection cannot be stored: %w", err)
	}
	return Canonical(data)
}

// Name is the collection's.
func (c *Collection) Name() string { return c.record.Name }

// Palette is what the members share.
func (c *Collection) Palette() []Spot { return slices.Clone(c.record.Palette) }

// Members lists the patterns in the order in which they were added.
func (c *Collection) Members() []Member { return slices.Clone(c.record.Members) }

// Changes lists the changes of the palette, oldest first: blobs of
// PaletteChange. A store that collects what nobody needs keeps them.
func (c *Collection) Changes() []Hash { return slices.Clone(c.record.Changes) }

// Pending says that the last change has not reached every member.
func (c *Collection) Pending() bool { return c.record.Pending }

// Add takes a pattern in, or gives one that is there another role. The error is
// a *ParameterError.
func (c *Collection) Add(m Member) error {
	before := c.record.Members
	i := slices.IndexFunc(before, func(o Member) bool { return o.Pattern == m.Pattern })
	if i >= 0 {
		c.record.Members = slices.Clone(before)
		c.record.Members[i] = m
	} else {
		c.record.Members = append(slices.Clone(before), m)
	}
	if err := c.check(); err != nil {
		c.record.Members = before
		return err
	}
	return nil
}

// Remove takes a pattern out; the pattern itself stays as it is.
func (c *Collection) Remove(pattern string) error {
	if c.record.Pending {
		return errPending()
	}
	before := len(c.record.Members)
	c.record.Members = slices.DeleteFunc(slices.Clone(c.record.Members), func(m Member) bool { return m.Pattern == pattern })
	if len(c.record.Members) == before {
		return &ParameterError{"pattern", fmt.Sprintf("%s is not in the collection", pattern)}
	}
	return nil
}

func errPending() error {
	return &ParameterError{"collection", "its last change has not reached every pattern; settle it first"}
}

// MemberError reports the member that keeps a change from being made.
type MemberError struct {
	Pattern string
	Err     error
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("edit: pattern %s cannot follow the collection's palette, so none was changed: %v", e.Pattern, e.Err)
}

func (e *MemberError) Unwrap() error { return e.Err }

// Change gives the collection another palette and writes down what each member
// is to do, after trying it. patterns opens a member; recolor says by which
// operations it follows, none where it has nothing to follow with. No pattern is
// changed yet, see Settle, and on an error the collection is not either. The
// error is a *MemberError where a member cannot follow.
func (c *Collection) Change(ctx context.Context, store Store, patterns func(name string) (*Pattern, error), palette []Spot, recolor func(p *Pattern, from, to []Spot) ([]Op, error), m Meta) error {
	if c.record.Pending {
		return errPending()
	}
	if err := (&SetPalette{palette}).Check(); err != nil {
		return err
	}
	change := PaletteChange{Meta: m, From: c.record.Palette, To: slices.Clone(palette), Done: []MemberEdit{}}
	for _, member := range c.record.Members {
		edit, err := try(ctx, patterns, member.Pattern, func(p *Pattern) ([]Op, error) { return recolor(p, change.From, change.To) })
		if err != nil {
			return &MemberError{member.Pattern, err}
		}
		if edit != nil {
			change.Done = append(change.Done, *edit)
		}
	}
	data, err := json.Marshal(change)
	if err == nil {
		data, err = Canonical(data)
	}
	var blob Hash
	if err == nil {
		blob, err = store.Put(ctx, data)
	}
	if err != nil {
		return fmt.Errorf("edit: the change was not stored: %w", err)
	}
	c.record.Changes = append(c.record.Changes, blob)
	c.record.Palette, c.record.Pending = change.To, true
	return nil
}

// try does the operations on copies and says what they make.
func try(ctx context.Context, patterns func(string) (*Pattern, error), name string, ops func(*Pattern) ([]Op, error)) (*MemberEdit, error) {
	p, err := patterns(name)
	if err != nil {
		return nil, err
	}
	list, err := ops(p)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	made, err := p.attempt(ctx, list)
	if err != nil {
		return nil, err
	}
	edit := &MemberEdit{Pattern: name, Parent: p.doc.current, Version: made[len(made)-1].kept.version}
	for _, a := range made {
		edit.Ops = append(edit.Ops, EditedByOps{a.kind, a.params})
	}
	return edit, nil
}

// Settle does the pending change to every member that does not have it yet, and
// has save keep each. The members are then at the version that the change made.
// After an error it can be called again.
func (c *Collection) Settle(ctx context.Context, blobs Blobs, patterns func(name string) (*Pattern, error), save func(name string, p *Pattern) error) error {
	if !c.record.Pending {
		return nil
	}
	data, err := blobs.Blob(ctx, c.record.Changes[len(c.record.Changes)-1])
	if err != nil {
		return fmt.Errorf("edit: the collection's last change: %w", err)
	}
	var change PaletteChange
	if err := json.Unmarshal(data, &change); err != nil {
		return &RecordError{"change", err.Error()}
	}
	for _, edit := range change.Done {
		p, err := patterns(edit.Pattern)
		if err != nil {
			return &MemberError{edit.Pattern, err}
		}
		if _, has := p.doc.Step(edit.Version); has {
			continue
		}
		if err := p.follow(ctx, edit, change.Meta); err != nil {
			return &MemberError{edit.Pattern, err}
		}
		if err := save(edit.Pattern, p); err != nil {
			return &MemberError{edit.Pattern, err}
		}
	}
	c.record.Pending = false
	return nil
}

// follow does a member's part of a change.
func (p *Pattern) follow(ctx context.Context, edit MemberEdit, m Meta) error {
	if p.doc.current != edit.Parent {
		if err := p.Checkout(ctx, edit.Parent); err != nil {
			return err
		}
	}
	var ops []Op
	for _, o := range edit.Ops {
		op, err := DecodeOp(o.Kind, o.Params)
		if err != nil {
			return err
		}
		ops = append(ops, op)
	}
	v, err := p.ApplyAll(ctx, ops, m)
	if err == nil && v != edit.Version {
		return &RecordError{"change", fmt.Sprintf("its operations make %v, not %v as it says", v, edit.Version)}
	}
	return err
}
