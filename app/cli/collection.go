package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
)

func (p *program) collection() *cobra.Command {
	c := &cobra.Command{Use: "collection", Short: "Collections: a hero, coordinates and blenders that share a palette"}
	c.AddCommand(p.collectionNew(), p.collectionAdd(), p.collectionPalette(), p.collectionList(), p.collectionInfo())
	c.RunE = func(*cobra.Command, []string) error {
		return usageError{errors.New("say what to do: selvage collection new, add, palette, list or info")}
	}
	return c
}

// collectionFlags adds the flags that every command of collections has.
func (p *program) collectionFlags(c *cobra.Command, dir *string) *cobra.Command {
	libraryFlag(c, dir)
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object a line")
	return c
}

func (p *program) collectionNew() *cobra.Command {
	var dir string
	return p.collectionFlags(&cobra.Command{
		Use: "new NAME", Short: "Begin a collection", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			lib, _, err := s.MakeLibrary(dir)
			if err != nil {
				return err
			}
			made, err := s.NewCollection(c.Context(), lib, args[0])
			if err != nil {
				return err
			}
			return p.tellCollection(c.Context(), s, dir, made)
		},
	}, &dir)
}

func (p *program) collectionAdd() *cobra.Command {
	var dir, role string
	c := p.collectionFlags(&cobra.Command{
		Use: "add COLLECTION PATTERN", Short: "Add a pattern, or give it another role", Args: cobra.ExactArgs(2),
		Long: `Add a pattern to a collection, or give one that is there another role. The first brings
its palette along, if the collection has none.`,
		RunE: func(c *cobra.Command, args []string) error {
			s, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			done, err := s.AddToCollection(c.Context(), lib, args[0], args[1], edit.Role(role))
			if err != nil {
				return err
			}
			return p.tellCollection(c.Context(), s, dir, done)
		},
	}, &dir)
	c.Flags().StringVar(&role, "as", string(edit.Coordinate), "its role: hero, coordinate or blender")
	return c
}

func (p *program) collectionPalette() *cobra.Command {
	var (
		dir string
		set []string
	)
	c := p.collectionFlags(&cobra.Command{
		Use: "palette COLLECTION [--set NAME=#rrggbb]...", Short: "Show or change the palette that the patterns share", Args: cobra.ExactArgs(1),
		Long: `Show the palette that the patterns of a collection share. With --set, change colours of
it, and recolour all patterns that have them: as one edit, all of them or none.`,
		Example: `  selvage collection palette Spring --set "indigo=#20304f" --set "madder=#8f2d31"`,
		RunE: func(c *cobra.Command, args []string) error {
			s, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			if len(set) == 0 {
				found, err := s.Collection(c.Context(), lib, args[0])
				if err != nil {
					return err
				}
				for _, one := range found.Palette() {
					if p.json {
						p.line(one)
						continue
					}
					fmt.Fprintln(p.out, strings.TrimSpace(one.Color+"  "+one.Name+"  "+one.Code))
				}
				return nil
			}
			var colours []edit.Spot
			for _, text := range set {
				name, hex, two := strings.Cut(text, "=")
				if !two {
					return usageError{fmt.Errorf("--set %q: NAME=#rrggbb", text)}
				}
				colours = append(colours, edit.Spot{Name: strings.TrimSpace(name), Color: strings.ToLower(strings.TrimSpace(hex))})
			}
			done, err := s.SetCollectionPalette(c.Context(), lib, args[0], colours)
			if err != nil {
				return err
			}
			return p.tellCollection(c.Context(), s, dir, done)
		},
	}, &dir)
	c.Flags().StringArrayVar(&set, "set", nil, "colour to change, NAME=#rrggbb; may be repeated")
	return c
}

func (p *program) collectionList() *cobra.Command {
	var dir string
	return p.collectionFlags(&cobra.Command{
		Use: "list", Short: "List the collections of the library", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			all, err := s.Collections(c.Context(), lib)
			for _, one := range all {
				r := one.Root()
				if p.json {
					p.line(map[string]any{"id": r.ID, "name": r.Name, "members": len(one.Members()), "colours": len(one.Palette())})
					continue
				}
				fmt.Fprintf(p.out, "%s  %s  %d patterns, %d colours\n", r.Short(), r.Name, len(one.Members()), len(one.Palette()))
			}
			return err
		},
	}, &dir)
}

func (p *program) collectionInfo() *cobra.Command {
	var dir string
	return p.collectionFlags(&cobra.Command{
		Use: "info COLLECTION", Short: "Show what is in a collection", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			found, err := s.Collection(c.Context(), lib, args[0])
			if err != nil {
				return err
			}
			return p.tellCollection(c.Context(), s, dir, found)
		},
	}, &dir)
}

// tellCollection shows a collection with its patterns by name.
func (p *program) tellCollection(ctx context.Context, s *session.Session, dir string, c *session.Collection) error {
	lib, err := s.Library(dir)
	if err != nil {
		return err
	}
	r := c.Root()
	type member struct {
		Pattern string    `json:"pattern"`
		Name    string    `json:"name"`
		Role    edit.Role `json:"role"`
	}
	members := []member{}
	for _, m := range c.Members() {
		name := "not in this library any more"
		if root, err := lib.Find(ctx, library.Pattern, m.Pattern); err == nil {
			name = root.Name
		}
		members = append(members, member{m.Pattern, name, m.Role})
	}
	if p.json {
		p.line(map[string]any{"event": "done", "collection": r.ID, "name": r.Name, "members": members, "palette": c.Palette(), "changes": c.Changes()})
		return nil
	}
	fmt.Fprintf(p.out, "%s  %s\n", r.Name, r.Short())
	for _, m := range members {
		fmt.Fprintf(p.out, "  %-10s  %s\n", m.Role, m.Name)
	}
	for _, one := range c.Palette() {
		fmt.Fprintln(p.out, strings.TrimRight("  "+one.Color+"     "+one.Name+"  "+one.Code, " "))
	}
	return nil
}
