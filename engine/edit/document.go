package edit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Step is one operation of a document, done on the version Parent.
type Step struct {
	Version Hash
	Parent  Hash // the zero Hash for the first
	// Ordinal counts from 1 at the first operation of the step's own stack, and
	// so depends on nothing but that stack: raster.Who.Op.
	Ordinal uint32
	Kind    string
	Params  json.RawMessage // canonical
	Meta    Meta

	raw []byte // the stored form while the step is in the record's tail
}

// Meta is what is kept of a step beside what it does. It is no part of the
// version: the same edits make the same version whoever does them whenever.
type Meta struct {
	Time time.Time `json:"time,omitzero"`
	// TimeSource says whose clock it was, such as "local clock".
	TimeSource string `json:"time_source,omitempty"`
	// Actor names who did it, as the caller names people and programs.
	Actor string `json:"actor,omitempty"`
}

// Known says whether this version of the program can do the operation.
func (s *Step) Known() bool {
	_, known := kinds()[s.Kind]
	return known
}

// Branch is a name for a line of the tree: all steps from the first to Head.
type Branch struct {
	Name string `json:"name"`
	Head Hash   `json:"head"`
	// Left marks a line that was named by the program when an undo was followed by
	// another edit: its name is that of the branch it belonged to, "~" and a number.
	// Nobody has worked on it since.
	Left bool `json:"left,omitempty"`
}

// Checkpoint is the stored state of a version, so that programs that do not know
// all of its operations can show it and go on from it.
type Checkpoint struct {
	Version Hash `json:"version"`
	State   Hash `json:"state"` // a blob
}

// Document is the tree of a pattern's operations, with names for its lines and
// the place where the person is. Steps are only ever added. It is not safe for
// use by several goroutines.
type Document struct {
	steps    []*Step // in the order in which they were made: a parent comes first
	index    map[Hash]*Step
	children map[Hash][]Hash

	branches    []Branch // sorted by name
	branch      string   // the current one
	current     Hash
	checkpoints []Checkpoint

	pages []page
	paged int // how many steps the pages hold; the rest is the record's tail
	extra map[string]json.RawMessage
}

// MainBranch is what the first line of a document is called.
const MainBranch = "main"

// MaxSteps is the most operations of a document.
const MaxSteps = 1 << 20

func newDocument() *Document {
	return &Document{index: map[Hash]*Step{}, children: map[Hash][]Hash{}}
}

// Current is the version that the person looks at.
func (d *Document) Current() Hash { return d.current }

// Branch is the branch that the next edit belongs to.
func (d *Document) Branch() string { return d.branch }

// Branches lists the lines of the tree by name. Every step lies on at least one.
func (d *Document) Branches() []Branch { return slices.Clone(d.branches) }

// Checkpoints lists the versions whose state is stored.
func (d *Document) Checkpoints() []Checkpoint { return slices.Clone(d.checkpoints) }

// Step finds a step by the version that it made.
func (d *Document) Step(v Hash) (*Step, bool) {
	s, found := d.index[v]
	return s, found
}

// Steps lists all steps in the order in which they were made. The list and what
// it points to are to be read only.
func (d *Document) Steps() []*Step { return d.steps }

// Children lists the versions that were made from v, oldest first.
func (d *Document) Children(v Hash) []Hash { return slices.Clone(d.children[v]) }

// History lists the steps that make version v, the first operation first. The
// error is a *VersionError.
func (d *Document) History(v Hash) ([]*Step, error) {
	s, found := d.index[v]
	if !found {
		return nil, &VersionError{v}
	}
	line := make([]*Step, s.Ordinal)
	for i := len(line) - 1; i >= 0; i-- {
		line[i] = s
		s = d.index[s.Parent]
	}
	return line, nil
}

// Find returns the version whose hash begins with the hexadecimal digits
// prefix, with or without "sha256:". The error says whether there is none or
// more than one.
func (d *Document) Find(prefix string) (Hash, error) {
	digits := strings.TrimPrefix(prefix, "sha256:")
	var found []Hash
	for _, s := range d.steps {
		if strings.HasPrefix(strings.TrimPrefix(s.Version.String(), "sha256:"), digits) {
			found = append(found, s.Version)
		}
	}
	switch {
	case len(digits) < 4:
		return Hash{}, fmt.Errorf("edit: %q is too short for a version; give at least four digits", prefix)
	case len(found) == 0:
		return Hash{}, fmt.Errorf("edit: the document has no version that begins with %q", prefix)
	case len(found) > 1:
		return Hash{}, fmt.Errorf("edit: %d versions begin with %q; give more digits", len(found), prefix)
	}
	return found[0], nil
}

// isAncestor says whether a lies on the line to b, b itself included.
func (d *Document) isAncestor(a, b Hash) bool {
	sa, sb := d.index[a], d.index[b]
	for sa != nil && sb != nil && sb.Ordinal > sa.Ordinal {
		sb = d.index[sb.Parent]
	}
	return sa != nil && sa == sb
}

// find is the place of a branch in d.branches.
func (d *Document) find(name string) (int, bool) {
	return slices.BinarySearchFunc(d.branches, name, func(b Branch, n string) int { return strings.Compare(b.Name, n) })
}

func (d *Document) setBranch(b Branch) {
	i, found := d.find(b.Name)
	if found {
		d.branches[i] = b
		return
	}
	d.branches = slices.Insert(d.branches, i, b)
}

// covered says whether some branch ends at v or goes on from it.
func (d *Document) covered(v Hash) bool {
	return slices.ContainsFunc(d.branches, func(b Branch) bool { return d.isAncestor(v, b.Head) })
}

// insert adds a step whose parent is known, without moving anything.
func (d *Document) insert(s *Step) {
	d.steps = append(d.steps, s)
	d.index[s.Version] = s
	d.children[s.Parent] = append(d.children[s.Parent], s.Version)
}

// append adds a step after the current version and goes to it. A step that is
// already there is gone to.
func (d *Document) append(kind string, params []byte, m Meta) (*Step, error) {
	v := VersionOf(d.current, kind, params)
	s, known := d.index[v]
	if !known {
		if len(d.steps) >= MaxSteps {
			return nil, &RecordError{"steps", fmt.Sprintf("there are %d already; begin a new pattern from this one", MaxSteps)}
		}
		s = &Step{Version: v, Parent: d.current, Ordinal: 1, Kind: kind, Params: params, Meta: m}
		if p := d.index[d.current]; p != nil {
			s.Ordinal = p.Ordinal + 1
		}
		raw, err := encodeStep(s)
		if err != nil {
			return nil, err
		}
		s.raw = raw
		d.insert(s)
	}
	d.advance(v)
	return s, nil
}

// advance goes to v, a child of the current version, on the current branch. The
// line that the branch leaves, if no other branch has it, gets a name of its own,
// and a name that was given so is taken back once the branch leads over its end.
func (d *Document) advance(v Hash) {
	d.current = v
	i, found := d.find(d.branch)
	if !found {
		d.setBranch(Branch{Name: d.branch, Head: v})
		return
	}
	old := d.branches[i].Head
	if d.isAncestor(v, old) {
		return // it is what a redo would have come to
	}
	// A line that somebody works on again is a branch like any other.
	d.branches[i].Head, d.branches[i].Left = v, false
	d.branches = slices.DeleteFunc(d.branches, func(b Branch) bool {
		return b.Left && d.isAncestor(b.Head, v)
	})
	if !d.covered(old) {
		d.leave(d.branch, old)
	}
}

// leave names a line that branch name does not lead to any more.
func (d *Document) leave(name string, head Hash) {
	base, _, _ := strings.Cut(name, "~")
	for n := 1; ; n++ {
		left := fmt.Sprintf("%s~%d", base, n)
		if _, taken := d.find(left); !taken {
			d.setBranch(Branch{Name: left, Head: head, Left: true})
			return
		}
	}
}

// undo moves to the parent of the current version.
func (d *Document) undo() error {
	s := d.index[d.current]
	if s == nil || s.Parent.Zero() {
		return &EdgeError{}
	}
	d.current = s.Parent
	return nil
}

// redo moves one step towards the head of the current branch.
func (d *Document) redo() error {
	i, found := d.find(d.branch)
	if !found {
		return &EdgeError{Redo: true}
	}
	s := d.index[d.branches[i].Head]
	if s == nil || s.Version == d.current || !d.isAncestor(d.current, s.Version) {
		return &EdgeError{Redo: true}
	}
	for s.Parent != d.current {
		s = d.index[s.Parent]
	}
	d.current = s.Version
	return nil
}

// checkout moves to any version, and to a branch that leads over it: the current
// one if it does, else the first by name that a person named, else the first.
func (d *Document) checkout(v Hash) error {
	if _, known := d.index[v]; !known {
		return &VersionError{v}
	}
	choice, named := "", false
	for _, b := range d.branches {
		if !d.isAncestor(v, b.Head) {
			continue
		}
		if b.Name == d.branch {
			choice = b.Name
			break
		}
		if choice == "" || !named && !b.Left {
			choice, named = b.Name, !b.Left
		}
	}
	d.current, d.branch = v, choice
	return nil
}

// nameBranch checks a name that a person gives.
func nameBranch(name string) error {
	switch {
	case name == "" || len(name) > 100 || !utf8.ValidString(name):
		return &BranchError{name, "a name has 1 to 100 bytes of text"}
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '~' || r == 0x7f }):
		return &BranchError{name, "~ and control characters are not for names"}
	}
	return nil
}

// begin makes a branch at the current version and goes to it.
func (d *Document) begin(name string) error {
	if err := nameBranch(name); err != nil {
		return err
	}
	if _, taken := d.find(name); taken {
		return &BranchError{name, "there is one already; switch to it or take another name"}
	}
	d.setBranch(Branch{Name: name, Head: d.current})
	d.branch = name
	return nil
}

// rename gives a branch another name; a line that the program named becomes one
// that a person named.
func (d *Document) rename(from, to string) error {
	if err := nameBranch(to); err != nil {
		return err
	}
	i, found := d.find(from)
	if !found {
		return &BranchError{from, "there is none"}
	}
	if _, taken := d.find(to); taken {
		return &BranchError{to, "there is one already"}
	}
	head := d.branches[i].Head
	d.branches = slices.Delete(d.branches, i, i+1)
	d.setBranch(Branch{Name: to, Head: head})
	if d.branch == from {
		d.branch = to
	}
	return nil
}
