package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Role is what a pattern is in a collection.
type Role string

// The roles.
const (
	Hero       Role = "hero"       // the design that the collection is about
	Coordinate Role = "coordinate" // goes with it
	Blender    Role = "blender"    // small and quiet, between the others
)

// Member is a pattern of a collection.
type Member struct {
	Pattern string `json:"pattern"` // its id
	Role    Role   `json:"role"`
}

// Shared is a colour that the patterns of a collection share.
type Shared struct {
	Name  string `json:"name"`
	Code  string `json:"code,omitempty"`
	Color string `json:"color"` // "#rrggbb"
}

// Change is one change of the shared palette, which recoloured all members.
type Change struct {
	Meta edit.Meta `json:"meta"`
	From []Shared  `json:"from"`
	To   []Shared  `json:"to"`
	// Versions are those that it made, by the ids of the patterns.
	Versions map[string]edit.Hash `json:"versions"`
}

// collection is the document of a collection's root.
type collection struct {
	Format  string   `json:"format"`
	Members []Member `json:"members"`
	Palette []Shared `json:"palette"`
	Changes []Change `json:"changes,omitempty"`
}

const collectionFormat = "selvage collection 1"

// Collection is a collection of a library as it was read.
type Collection struct {
	root library.Root
	collection
}

// Root is what the library keeps of the collection.
func (c *Collection) Root() library.Root { return c.root }

func readCollection(r library.Root) (*Collection, error) {
	c := &Collection{root: r}
	if err := json.Unmarshal(r.Document, &c.collection); err != nil || c.Format != collectionFormat {
		return nil, fmt.Errorf("the collection %s cannot be read: its format is %q, this program knows %q", r.Name, c.Format, collectionFormat)
	}
	return c, nil
}

// document is the root with the collection as it is now.
func (c *Collection) document() (library.Root, error) {
	r := c.root
	text, err := json.Marshal(c.collection)
	r.Document, r.Changed = text, time.Now().UTC()
	return r, err
}

// NewCollection makes an empty collection.
func (s *Session) NewCollection(ctx context.Context, lib *library.Library, name string) (c *Collection, err error) {
	if err := library.CheckName(name); err != nil {
		return nil, err
	}
	pen, err := lib.Write(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	c = &Collection{
		root:       library.Root{Kind: library.Collection, ID: library.NewID(), Name: name, Created: time.Now().UTC()},
		collection: collection{Format: collectionFormat, Members: []Member{}, Palette: []Shared{}},
	}
	return c, c.put(pen)
}

func (c *Collection) put(pen *library.Pen) error {
	r, err := c.document()
	if err != nil {
		return err
	}
	put, err := pen.Put(r)
	if err == nil {
		c.root = put[0]
	}
	return err
}

// Collections lists the collections of a library.
func (s *Session) Collections(lib *library.Library) ([]*Collection, error) {
	roots, err := lib.Roots(library.Collection)
	var all []*Collection
	for _, r := range roots {
		c, cerr := readCollection(r)
		if cerr != nil {
			err = errors.Join(err, cerr)
			continue
		}
		all = append(all, c)
	}
	return all, err
}

// Collection finds a collection by name or short id.
func (s *Session) Collection(lib *library.Library, ref string) (*Collection, error) {
	r, err := lib.Find(library.Collection, ref)
	if err != nil {
		return nil, err
	}
	return readCollection(r)
}

// AddToCollection adds a pattern, or gives one that is there another role. The
// first brings its palette, if the collection has none.
func (s *Session) AddToCollection(ctx context.Context, lib *library.Library, ref, pattern string, role Role) (c *Collection, err error) {
	switch role {
	case Hero, Coordinate, Blender:
	default:
		return nil, usage("a pattern is a hero, a coordinate or a blender in a collection, not %q", role)
	}
	pen, err := lib.Write(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	if c, err = s.Collection(lib, ref); err != nil {
		return nil, err
	}
	p, err := s.OpenPattern(ctx, lib, pattern)
	if err != nil {
		return nil, err
	}
	m := Member{Pattern: p.root.ID, Role: role}
	if i := slices.IndexFunc(c.Members, func(o Member) bool { return o.Pattern == m.Pattern }); i >= 0 {
		c.Members[i] = m
	} else {
		c.Members = append(c.Members, m)
	}
	if len(c.Palette) == 0 {
		c.Palette = sharedOf(p.State().Positions)
	}
	return c, c.put(pen)
}

// sharedOf is a palette as a collection keeps it. Positions without a name are
// called by their number.
func sharedOf(positions []edit.Position) []Shared {
	out := make([]Shared, 0, len(positions))
	for i, p := range positions {
		out = append(out, Shared{Name: cmpOr(p.Name, fmt.Sprintf("position %d", i+1)), Code: p.Code, Color: p.Chip.Hex()})
	}
	return out
}

// SetCollectionPalette changes colours of the shared palette by their names, and
// recolours all patterns of the collection that have them: as one edit, all of them
// or none. A name that is not there yet is added.
func (s *Session) SetCollectionPalette(ctx context.Context, lib *library.Library, ref string, set []Shared) (c *Collection, err error) {
	for _, one := range set {
		if _, err := color.ParseHex(one.Color); err != nil || !strings.HasPrefix(one.Color, "#") || one.Name == "" {
			return nil, usage("the colour %s=%s: write NAME=#rrggbb", one.Name, one.Color)
		}
	}
	pen, err := lib.Write(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	if c, err = s.Collection(lib, ref); err != nil {
		return nil, err
	}
	change := Change{Meta: did(), From: slices.Clone(c.Palette), Versions: map[string]edit.Hash{}}
	renew := map[string]Shared{} // by the colour that it had
	for _, one := range set {
		i := slices.IndexFunc(c.Palette, func(o Shared) bool { return strings.EqualFold(o.Name, one.Name) })
		if i < 0 {
			c.Palette = append(c.Palette, one)
			continue
		}
		renew[c.Palette[i].Color] = one
		c.Palette[i].Color, c.Palette[i].Code = one.Color, one.Code
	}
	change.To = slices.Clone(c.Palette)
	var roots []library.Root
	for _, m := range c.Members {
		r, version, err := s.recolored(ctx, lib, pen, m.Pattern, renew, change.Meta)
		if err != nil {
			return nil, err
		}
		if r != nil {
			roots = append(roots, *r)
			change.Versions[m.Pattern] = version
		}
	}
	c.Changes = append(c.Changes, change)
	r, err := c.document()
	if err != nil {
		return nil, err
	}
	put, err := pen.Put(append(roots, r)...)
	if err != nil {
		return nil, err
	}
	c.root = put[len(put)-1]
	return c, nil
}

// recolored is the root of a pattern in other chips, nil where it has none of them.
func (s *Session) recolored(ctx context.Context, lib *library.Library, pen *library.Pen, id string, renew map[string]Shared, m edit.Meta) (*library.Root, edit.Hash, error) {
	root, version, err := find(ctx, lib, id)
	if err != nil {
		return nil, version, err
	}
	p, err := open(ctx, lib, root, edit.Hash{}, pen)
	if err != nil {
		return nil, version, err
	}
	p.pen = nil // it is the caller's
	ops, err := recolorings(p.State(), renew)
	if err != nil {
		return nil, version, fmt.Errorf("the pattern %s: %w", root.Name, err)
	}
	if len(ops) == 0 {
		return nil, version, nil
	}
	if version, err = p.ApplyAll(ctx, ops, m); err != nil {
		return nil, version, fmt.Errorf("the pattern %s: %w", root.Name, err)
	}
	if root.Document, err = p.Pattern.Save(ctx); err != nil {
		return nil, version, err
	}
	root.Changed = time.Now().UTC()
	return &root, version, p.Flush(ctx)
}

// recolorings are the operations that give a pattern the chips of renew for those
// that it has, by their colours. One is recoloured when nothing else has its new
// colour any more; where they change places, a colourway changes them at once.
func recolorings(s *edit.State, renew map[string]Shared) ([]edit.Op, error) {
	chips := make([]string, len(s.Positions))
	todo := map[int]Shared{}
	for i, p := range s.Positions {
		chips[i] = p.Chip.Hex()
		if to, found := renew[chips[i]]; found && to.Color != chips[i] {
			todo[i] = to
		}
	}
	var ops []edit.Op
	for len(todo) > 0 {
		before := len(todo)
		for i := range chips {
			to, open := todo[i]
			if !open || slices.Contains(chips, to.Color) {
				continue
			}
			ops = append(ops, &edit.Recolor{From: chips[i], To: to.Color})
			chips[i] = to.Color
			delete(todo, i)
		}
		if len(todo) < before {
			continue
		}
		if s.Locked == nil {
			return nil, usage("colours that change places need a locked palette; lock it with the operation color.lock")
		}
		for i, to := range todo {
			chips[i] = to.Color
		}
		const name = "shared palette"
		ops = append(ops, &edit.SetColorway{Name: name, Chips: slices.Clone(chips)}, &edit.ApplyColorway{Name: name}, &edit.RemoveColorway{Name: name})
		break
	}
	if len(ops) == 0 {
		return nil, nil
	}
	if s.Selection != nil {
		// A shared palette is of the whole pattern.
		ops = append([]edit.Op{&edit.ClearSelection{}}, ops...)
	}
	return ops, nil
}
