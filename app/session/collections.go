package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Collection is a collection of a library as it was read. Its members are patterns
// by their ids.
type Collection struct {
	*edit.Collection
	root library.Root
}

// Root is what the library keeps of the collection.
func (c *Collection) Root() library.Root { return c.root }

func readCollection(r library.Root) (*Collection, error) {
	c, err := edit.DecodeCollection(r.Document)
	if err != nil {
		return nil, fmt.Errorf("the collection %s cannot be opened: %w", r.Name, err)
	}
	return &Collection{c, r}, nil
}

// put writes the collection, together with patterns that change with it.
func (c *Collection) put(ctx context.Context, pen *library.Pen, acts []record.Draft, patterns ...library.Root) (err error) {
	r := c.root
	if r.Document, err = c.Encode(); err != nil {
		return err
	}
	put, err := pen.Put(ctx, acts, append(patterns, r)...)
	if err == nil {
		c.root = put[len(put)-1]
	}
	return err
}

// NewCollection makes an empty collection.
func (s *Session) NewCollection(ctx context.Context, lib *library.Library, name string) (c *Collection, err error) {
	if err := library.CheckName(name); err != nil {
		return nil, err
	}
	made, err := edit.NewCollection(name, nil)
	if err != nil {
		return nil, err
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	c = &Collection{made, library.Root{Kind: library.Collection, ID: library.NewID(), Name: name}}
	return c, c.put(ctx, pen, nil)
}

// Collections lists the collections of a library. What cannot be read is joined in
// the error, beside the list.
func (s *Session) Collections(ctx context.Context, lib *library.Library) ([]*Collection, error) {
	roots, err := lib.Roots(ctx, library.Collection)
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
func (s *Session) Collection(ctx context.Context, lib *library.Library, ref string) (*Collection, error) {
	r, err := lib.Find(ctx, library.Collection, ref)
	if err != nil {
		return nil, err
	}
	return readCollection(r)
}

// AddToCollection adds a pattern, or gives one that is there another role. The
// first brings its palette, if the collection has none.
func (s *Session) AddToCollection(ctx context.Context, lib *library.Library, ref, pattern string, role edit.Role) (c *Collection, err error) {
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	if c, err = s.Collection(ctx, lib, ref); err != nil {
		return nil, err
	}
	p, err := s.OpenPattern(ctx, lib, pattern)
	if err != nil {
		return nil, err
	}
	if len(c.Members()) == 0 && len(c.Palette()) == 0 && len(p.State().Positions) > 0 {
		again, err := edit.NewCollection(c.Name(), spotsOf(p.State().Positions))
		if err != nil {
			return nil, err
		}
		c.Collection = again
	}
	if err := c.Add(edit.Member{Pattern: p.root.ID, Role: role}); err != nil {
		return nil, err
	}
	return c, c.put(ctx, pen, nil)
}

// spotsOf are positions as operations write them. Those without a name are called
// by their number.
func spotsOf(positions []edit.Position) []edit.Spot {
	var out []edit.Spot
	for i, p := range positions {
		s := edit.Spot{
			Name: cmp.Or(p.Name, fmt.Sprintf("position %d", i+1)), Code: p.Code, Color: p.Chip.Hex(), Chip: p.Chip.Name, Illuminant: p.Illuminant,
		}
		if p.Lab != nil {
			lab := [3]float64(*p.Lab)
			s.Lab = &lab
		}
		out = append(out, s)
	}
	return out
}

// SetCollectionPalette changes colours of the shared palette by their names, and
// recolours all patterns of the collection that have them: as one edit, all of them
// or none. A name that is not there yet is added.
func (s *Session) SetCollectionPalette(ctx context.Context, lib *library.Library, ref string, set []edit.Spot) (c *Collection, err error) {
	for _, one := range set {
		if one.Name == "" {
			return nil, usage("a colour of a shared palette has a name: write NAME=#rrggbb")
		}
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	if c, err = s.Collection(ctx, lib, ref); err != nil {
		return nil, err
	}
	store := content{lib.Blobs()}
	members := map[string]*Pattern{}
	opened := func(id string) (*edit.Pattern, error) {
		p, err := s.OpenPattern(ctx, lib, id)
		if err != nil {
			return nil, err
		}
		members[id] = p
		return p.Pattern, nil
	}
	var (
		acts  []record.Draft
		roots []library.Root
	)
	save := func(id string, p *edit.Pattern) error {
		m := members[id]
		r := m.root
		if r.Document, err = p.Save(ctx); err != nil {
			return err
		}
		done, err := m.acts(ctx)
		if err != nil {
			return err
		}
		acts, roots = append(acts, done...), append(roots, r)
		return p.Flush(ctx)
	}
	// One that another program left half done comes first.
	if c.Pending() {
		if err := c.Settle(ctx, store, opened, save); err != nil {
			return nil, named(ctx, err, lib)
		}
		if err := c.put(ctx, pen, acts, roots...); err != nil {
			return nil, err
		}
		acts, roots = nil, nil
	}
	palette := c.Palette()
	for _, one := range set {
		i := slices.IndexFunc(palette, func(o edit.Spot) bool { return strings.EqualFold(o.Name, one.Name) })
		if i < 0 {
			palette = append(palette, one)
			continue
		}
		one.Name = palette[i].Name
		palette[i] = one
	}
	way := fmt.Sprintf("%s, change %d", c.Name(), len(c.Changes())+1)
	if err := c.Change(ctx, store, opened, palette, edit.FollowPalette(way), did()); err != nil {
		return nil, named(ctx, err, lib)
	}
	if err := c.Settle(ctx, store, opened, save); err != nil {
		return nil, named(ctx, err, lib)
	}
	return c, c.put(ctx, pen, acts, roots...)
}

// named tells which pattern it is that cannot follow.
func named(ctx context.Context, err error, lib *library.Library) error {
	var member *edit.MemberError
	if errors.As(err, &member) {
		if r, ferr := lib.Find(ctx, library.Pattern, member.Pattern); ferr == nil {
			return fmt.Errorf("the pattern %s: %w", r.Name, err)
		}
	}
	return err
}
