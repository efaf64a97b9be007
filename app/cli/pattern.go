package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
)

// libraryFlag adds --library to a command.
func libraryFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "library", "", "folder of the library (default: SELVAGE_LIBRARY, or the last one used)")
}

// shortHash is as much of a version's hash as people are shown.
func shortHash(h edit.Hash) string { return strings.TrimPrefix(h.String(), "sha256:")[:12] }

func (p *program) pattern() *cobra.Command {
	c := &cobra.Command{Use: "pattern", Short: "Begin patterns, list them, show their history and branches"}
	c.AddCommand(p.patternPalette(), p.patternLock(), p.patternCrop(), p.patternHeal(),
		p.patternNew(), p.patternInfo(), p.patternHistory(), p.patternBranch(), p.patternRename(), p.patternSeam(), p.patternAuthors(), p.patternValues(), p.patternList())
	c.RunE = func(*cobra.Command, []string) error {
		return usageError{errors.New("say what to do: selvage pattern new, info, history, branch, rename, seam, authors, palette, lock, crop, heal or list")}
	}
	return c
}

// inLibrary opens the library that --library, the environment or the last use names.
func (p *program) inLibrary(dir string) (*session.Session, *library.Library, error) {
	s, err := p.studio()
	if err != nil {
		return nil, nil, err
	}
	lib, err := s.Library(dir)
	return s, lib, err
}

// read opens a pattern, shows it and closes it.
func (p *program) read(c *cobra.Command, dir, ref string, show func(*session.Session, *session.Pattern) error) error {
	s, lib, err := p.inLibrary(dir)
	if err != nil {
		return err
	}
	pat, err := s.OpenPattern(c.Context(), lib, ref)
	if err != nil {
		return err
	}
	return errors.Join(show(s, pat), pat.Close())
}

// change opens a pattern for writing, changes it, saves it and closes it. An error
// leaves the pattern on the disk as it was.
func (p *program) change(c *cobra.Command, dir, ref string, do func(*session.Session, *session.Pattern) error) error {
	return p.changeNoted(c, dir, ref, new([]string), do)
}

// changeNoted is change, and tells the notes that do leaves.
func (p *program) changeNoted(c *cobra.Command, dir, ref string, notes *[]string, do func(*session.Session, *session.Pattern) error) error {
	s, lib, err := p.inLibrary(dir)
	if err != nil {
		return err
	}
	pat, err := s.EditPattern(c.Context(), lib, ref)
	if err != nil {
		return err
	}
	err = do(s, pat)
	if err == nil {
		err = pat.Save(c.Context())
	}
	if err = errors.Join(err, pat.Close()); err != nil {
		return err
	}
	return p.tellPattern(pat, *notes)
}

// tellPattern says where a pattern stands after a change.
func (p *program) tellPattern(pat *session.Pattern, notes []string) error {
	i := pat.Info()
	if p.json {
		p.line(map[string]any{"event": "done", "pattern": i.ID, "name": i.Name, "version": i.Version, "branch": i.Branch, "steps": i.Steps, "notes": notes})
		return nil
	}
	fmt.Fprintf(p.out, "%s  %s, step %d, version %s\n", i.Name, i.Branch, i.Steps, shortHash(i.Version))
	for _, n := range notes {
		fmt.Fprintf(p.out, "note: %s\n", n)
	}
	return nil
}

func (p *program) patternNew() *cobra.Command {
	var (
		n                   session.NewPattern
		dir, repeat, drop   string
		width, height, ways string
		from                importFlags
	)
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a pattern, empty or from a picture",
		Long: `Begin a pattern, empty or from a picture, and keep it in the library, which is made
where there is none.

The size on cloth comes first: --repeat-width takes a length such as 64cm or 25.25in,
a part of one such as 64cm/3, or a name:
` + widthList(),
		Example: `  selvage pattern new "Tulip trellis" --repeat half-drop --repeat-width 32cm --dpi 150
  selvage pattern new Tulips --from tulips.png --of 4
  selvage pattern new Bindweed --repeat-width rotary/4 --width 2048 --design-number B-1041`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			n.Name, n.Direction = args[0], edit.Direction(ways)
			var err error
			if c.Flags().Changed("repeat") || c.Flags().Changed("drop") {
				if n.Repeat, err = pattern.ParseRepeat(repeat, drop); err != nil {
					return usageError{err}
				}
			}
			for _, l := range []struct {
				text string
				to   *pattern.Length
			}{{width, &n.RepeatWidth}, {height, &n.RepeatHeight}} {
				if l.text != "" {
					if *l.to, err = session.ParseWidth(l.text); err != nil {
						return err
					}
				}
			}
			if err := from.parse(); err != nil {
				return err
			}
			return p.newPattern(c, dir, n, from.i)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	libraryFlag(c, &dir)
	f.StringVar(&repeat, "repeat", "block", "one of "+strings.Join(pattern.KindNames(), ", ")+" (default: what the picture says)")
	f.StringVar(&drop, "drop", "", "drop of a half-drop or brick as N/M (default 1/2)")
	f.StringVar(&width, "repeat-width", "", "physical width of the repeat")
	f.StringVar(&height, "repeat-height", "", "physical height of the repeat")
	f.IntVar(&n.Width, "width", 0, "pixels across")
	f.IntVar(&n.Height, "height", 0, "pixels down")
	f.Float64Var(&n.DPI, "dpi", 0, "pixels per inch (default 150 where a physical size is given)")
	f.StringVar(&ways, "direction", string(edit.OneWay), "how it can be cut: one-way, two-way or tossed")
	f.StringVar(&n.DesignNumber, "design-number", "", "the studio's number of the design")
	f.StringVar(&from.i.Path, "from", "", "picture to begin with: PNG, JPEG, TIFF, WebP, PSD or SVG")
	from.add(c)
	f.BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

func widthList() string {
	var b strings.Builder
	for _, w := range session.Widths() {
		fmt.Fprintf(&b, "  %-18s %-10v %s\n", w.Name, w.Length, w.For)
	}
	return strings.TrimRight(b.String(), "\n")
}

// newPattern makes a pattern, of a picture where one is named.
func (p *program) newPattern(c *cobra.Command, dir string, n session.NewPattern, from session.Import) error {
	s, err := p.studio()
	if err != nil {
		return err
	}
	var notes []string
	first := func(*session.Pattern) error { return nil }
	if from.Path != "" {
		m, err := s.ReadImport(c.Context(), from, file.Options{Width: n.Width, Height: n.Height, DPI: n.DPI})
		if err != nil {
			return err
		}
		m.Shape(&n)
		notes = m.Notes
		first = func(pat *session.Pattern) error {
			more, err := pat.Place(c.Context(), m)
			notes = append(notes, more...)
			return err
		}
	}
	lib, made, err := s.MakeLibrary(dir)
	if err != nil {
		return err
	}
	pat, sizes, err := s.NewPattern(c.Context(), lib, n, first)
	if err != nil {
		return err
	}
	notes = append(sizes, notes...)
	if made {
		notes = append(notes, "a library was made at "+lib.Dir())
	}
	return errors.Join(p.tellPattern(pat, notes), pat.Close())
}

func (p *program) patternInfo() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "info PATTERN", Short: "Show what a pattern is made of", Args: cobra.ExactArgs(1),
		Long: "Show what a pattern is made of. PATTERN is its name, its short id, or the hash of one of its versions.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.read(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error {
				i := pat.Info()
				if p.json {
					p.line(i)
					return nil
				}
				return p.printInfo(i)
			})
		},
	}
	libraryFlag(c, &dir)
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

func (p *program) printInfo(i session.PatternInfo) error {
	t := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	row("name", i.Name)
	row("id", i.ID)
	row("design number", i.DesignNumber)
	row("repeat", i.Repeat.String())
	row("size", fmt.Sprintf("%v x %v, %v px, %.0f DPI", i.Width, i.Height, i.Size, i.DPIX))
	row("direction", string(i.Direction))
	row("version", i.Version.String())
	row("branch", fmt.Sprintf("%s, step %d of %d in all", i.Branch, i.Steps, i.All))
	for _, l := range i.Layers {
		hidden := ""
		if l.Hidden {
			hidden = ", hidden"
		}
		row("layer", fmt.Sprintf("%s  %s, %s, %.0f %%%s", l.ID, l.Name, l.Blend, 100*l.Opacity, hidden))
	}
	for n, c := range i.Positions {
		row("position", strings.TrimSpace(fmt.Sprintf("%d  %s  %s  %s", n+1, c.Chip, c.Name, c.Code)))
	}
	if i.Lock != nil {
		cloth := "the ground is printed"
		if i.Lock.Cloth {
			cloth = "the ground is the cloth"
		}
		row("locked", fmt.Sprintf("%s; colour difference %.2f on average, %.2f at most (CIEDE2000)", cloth, i.Lock.MeanDelta, i.Lock.MaxDelta))
	}
	for _, w := range i.Colorways {
		row("colourway", w.Name+"  "+strings.Join(w.Chips, " "))
	}
	row("notes", strings.ReplaceAll(i.Notes, "\n", " / "))
	for _, m := range i.Missing {
		row("not shown", fmt.Sprintf("operation %d (%s) was made by a newer program", m.Ordinal, m.Kind))
	}
	return t.Flush()
}

func (p *program) patternHistory() *cobra.Command {
	var (
		dir string
		all bool
	)
	c := &cobra.Command{
		Use: "history PATTERN", Short: "List the operations that made a pattern", Args: cobra.ExactArgs(1),
		Long: `List the operations that made a pattern, on the branch where it stands. A star marks
the version that is shown; what follows it a redo brings back.`,
		RunE: func(c *cobra.Command, args []string) error {
			return p.read(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error {
				steps, err := pat.History(all)
				if err != nil {
					return err
				}
				t := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
				for _, s := range steps {
					if p.json {
						p.line(s)
						continue
					}
					mark, heads := "", ""
					if s.Current {
						mark = "*"
					}
					if len(s.Heads) > 0 {
						heads = "(" + strings.Join(s.Heads, ", ") + ")"
					}
					fmt.Fprintf(t, "%1s %d\t%s\t%s\t%s\t%s\t%s\n", mark, s.Number, shortHash(s.Version), s.Time.Format(time.DateTime), s.Kind, s.Actor, heads)
				}
				return t.Flush()
			})
		},
	}
	libraryFlag(c, &dir)
	c.Flags().BoolVar(&all, "all", false, "every branch, in the order in which things were done")
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object a line")
	return c
}

func (p *program) patternBranch() *cobra.Command {
	var (
		dir, at, rename string
		to              bool
	)
	c := &cobra.Command{
		Use: "branch PATTERN [NAME]", Short: "List branches, begin one, go to one, or rename one", Args: cobra.RangeArgs(1, 2),
		Long: `Without NAME, list the branches of a pattern. With it, begin a branch of that name
where the pattern stands, or --at a version, and go on there. --switch goes to one that
is there; --rename gives that one the name NAME.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if at != "" || rename != "" || to {
					return usageError{errors.New("--at, --switch and --rename need the NAME of a branch")}
				}
				return p.listBranches(c, dir, args[0])
			}
			if to && (at != "" || rename != "") || at != "" && rename != "" {
				return usageError{errors.New("--at, --switch and --rename exclude each other")}
			}
			return p.change(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error {
				switch {
				case to:
					return pat.Switch(c.Context(), args[1])
				case rename != "":
					return pat.RenameBranch(rename, args[1])
				case at != "":
					if err := checkout(c, pat, at); err != nil {
						return err
					}
				}
				return pat.Branch(args[1])
			})
		},
	}
	libraryFlag(c, &dir)
	c.Flags().StringVar(&at, "at", "", "version at which the new branch begins")
	c.Flags().BoolVar(&to, "switch", false, "go to the branch NAME instead of making it")
	c.Flags().StringVar(&rename, "rename", "", "branch that gets the name NAME")
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object a line")
	return c
}

// checkout goes to a version by the beginning of its hash.
func checkout(c *cobra.Command, pat *session.Pattern, at string) error {
	v, err := pat.Document().Find(at)
	if err != nil {
		return usageError{err}
	}
	return pat.Checkout(c.Context(), v)
}

func (p *program) listBranches(c *cobra.Command, dir, ref string) error {
	return p.read(c, dir, ref, func(_ *session.Session, pat *session.Pattern) error {
		i := pat.Info()
		for _, b := range i.Branches {
			current := b.Name == i.Branch
			if p.json {
				p.line(map[string]any{"branch": b.Name, "head": b.Head, "left": b.Left, "current": current})
				continue
			}
			mark, left := " ", ""
			if current {
				mark = "*"
			}
			if b.Left {
				left = "  (left behind by an edit after an undo)"
			}
			fmt.Fprintf(p.out, "%s %s  %s%s\n", mark, b.Name, shortHash(b.Head), left)
		}
		return nil
	})
}

func (p *program) patternRename() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "rename PATTERN NAME", Short: "Give a pattern another name", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return p.change(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error { return pat.Rename(args[1]) })
		},
	}
	libraryFlag(c, &dir)
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

func (p *program) patternSeam() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "seam PATTERN", Short: "Prove the seams of a pattern, or find them: exit 1 above the threshold", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.read(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error {
				report, err := pat.Seam(c.Context())
				if err != nil {
					return err
				}
				return p.tellSeam(report)
			})
		},
	}
	libraryFlag(c, &dir)
	c.Flags().BoolVar(&p.json, "json", false, "the report as JSON")
	return c
}

func (p *program) patternAuthors() *cobra.Command {
	var dir, overlay string
	c := &cobra.Command{
		Use: "authors PATTERN", Short: "Say who made what of a pattern: a person, a model, rules, others", Args: cobra.ExactArgs(1),
		Long: `Say who made what of a pattern: facts counted one by one, and never one percentage.
--overlay writes a picture in which every pixel has the colour of its author: blue a
person's, orange a model's, green drawn by rule, purple imported.`,
		RunE: func(c *cobra.Command, args []string) error {
			return p.read(c, dir, args[0], func(s *session.Session, pat *session.Pattern) error {
				facts, err := pat.Facts(c.Context(), pat.Document().Current())
				if err != nil {
					return err
				}
				if overlay != "" {
					if err := s.ExportOverlay(c.Context(), pat, overlay); err != nil {
						return err
					}
				}
				if p.json {
					p.line(facts)
					return nil
				}
				return p.printFacts(facts)
			})
		},
	}
	libraryFlag(c, &dir)
	c.Flags().StringVar(&overlay, "overlay", "", "picture of the authors, .png or .tif")
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

func (p *program) patternValues() *cobra.Command {
	var dir, out string
	c := &cobra.Command{
		Use: "values PATTERN --out FILE", Short: "Show a pattern in greys of the same lightness", Args: cobra.ExactArgs(1),
		Long: `Show a pattern in greys of the same lightness. Two colours that fall together there will
not carry a motif from across the room.`,
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usageError{errors.New("--out is missing: name the picture, such as values.png")}
			}
			return p.read(c, dir, args[0], func(s *session.Session, pat *session.Pattern) error {
				return s.ExportValues(c.Context(), pat, out)
			})
		},
	}
	libraryFlag(c, &dir)
	c.Flags().StringVar(&out, "out", "", "the picture, .png or .tif")
	return c
}

func (p *program) printFacts(f *edit.Facts) error {
	t := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	row := func(name string, n int64) { fmt.Fprintf(t, "%s\t%d\n", name, n) }
	fmt.Fprintln(t, "pixels that show are of")
	row("  a person", f.Pixels.Person)
	row("  a model", f.Pixels.Model)
	row("  drawn by rule", f.Pixels.Rule)
	row("  imported", f.Pixels.Import)
	row("  nobody", f.Pixels.Nobody)
	row("  nothing", f.Pixels.Open)
	fmt.Fprintln(t, "marks of hands")
	row("  strokes", int64(f.Strokes))
	row("  fills", int64(f.Fills))
	row("  shapes", int64(f.Shapes))
	row("  motifs drawn", int64(f.MotifsDrawn))
	fmt.Fprintln(t, "choices")
	for _, c := range f.Chosen {
		if c.OutOf > 0 {
			fmt.Fprintf(t, "  candidate of operation %d\tchosen out of %d\n", c.Operation, c.OutOf)
		}
	}
	row("  motifs lifted", int64(f.MotifsLifted))
	row("  motifs arranged", int64(f.MotifsArranged))
	row("  scatterings", int64(f.MotifsScattered))
	row("  recolourings", int64(f.Recolorings))
	row("  layout changes", int64(f.LayoutChanges))
	row("  compositions", int64(f.Compositions))
	fmt.Fprintln(t, "by a model or by rule")
	row("  regions repainted", int64(f.RegionsRepainted))
	row("  variations", int64(f.Variations))
	row("  enlargements", int64(f.Enlargements))
	row("  drawings by rule", int64(f.Drawings))
	for _, i := range f.Imports {
		said := strings.Join(slices.DeleteFunc([]string{i.Source, i.Author, i.Rights}, func(s string) bool { return s == "" }), ", ")
		fmt.Fprintf(t, "import of operation %d\t%s\n", i.Operation, said)
	}
	for _, k := range f.NotUnderstood {
		fmt.Fprintf(t, "not counted\t%s, an operation of a newer program\n", k)
	}
	return t.Flush()
}

func (p *program) tellSeam(report seam.Report) error {
	if p.json {
		p.line(report)
	} else {
		fmt.Fprintln(p.out, report.String())
	}
	if !report.Pass {
		return errFailed
	}
	return nil
}

func (p *program) patternList() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "list", Short: "List the patterns of the library", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			all, err := s.Patterns(c.Context(), lib)
			t := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			for _, one := range all {
				if p.json {
					p.line(one)
					continue
				}
				state := one.Problem
				if state == "" {
					state = fmt.Sprintf("%s, %d steps, %s", one.Branch, one.Steps, shortHash(one.Version))
				}
				fmt.Fprintf(t, "%s\t%s\t%s\n", one.ID[:8], one.Name, state)
			}
			return errors.Join(t.Flush(), err)
		},
	}
	libraryFlag(c, &dir)
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object a line")
	return c
}

// isLibraryUsage tells errors of names and versions that a person gave wrongly.
func isLibraryUsage(err error) bool {
	var (
		none      *library.NotFoundError
		ambiguous *library.AmbiguousError
		name      *library.NameError
		version   *edit.VersionError
		branch    *edit.BranchError
		parameter *edit.ParameterError
		kind      *edit.UnknownKindError
		folder    *library.NoLibraryError
	)
	return errors.As(err, &none) || errors.As(err, &ambiguous) || errors.As(err, &name) || errors.As(err, &version) ||
		errors.As(err, &branch) || errors.As(err, &parameter) || errors.As(err, &kind) || errors.As(err, &folder)
}
