package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// importFlags are what is stated of a picture that comes in.
type importFlags struct {
	i      session.Import
	origin string
	at     string
}

func (f *importFlags) add(c *cobra.Command) {
	n := c.Flags()
	n.StringVar(&f.origin, "origin", "", "whose it is: person, model, rule or import (default: what one of the program's own files says, else import)")
	n.StringVar(&f.i.Author, "author", "", "who made it, as far as is known")
	n.StringVar(&f.i.Rights, "rights", "", "by what right it is used: own work, a licence, public domain")
	n.IntVar(&f.i.Candidates, "of", 0, "out of how many candidates it was chosen")
}

// parse checks what was stated.
func (f *importFlags) parse() error {
	switch o := edit.Origin(f.origin); o {
	case "", edit.ByPerson, edit.ByModel, edit.ByRule, edit.ByImport:
		f.i.Origin = o
	default:
		return usageError{fmt.Errorf("--origin %q: person, model, rule or import", f.origin)}
	}
	if f.i.Candidates < 0 {
		return usageError{fmt.Errorf("--of %d: how many there were to choose from", f.i.Candidates)}
	}
	if f.at == "" {
		return nil
	}
	x, y, two := strings.Cut(f.at, ",")
	var at [2]int
	for k, text := range []string{x, y} {
		v, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || !two {
			return usageError{fmt.Errorf("--at %q: two whole numbers with a comma between, pixels of the cell", f.at)}
		}
		at[k] = v
	}
	f.i.At = &at
	return nil
}

func (p *program) importPicture() *cobra.Command {
	var (
		f        importFlags
		dir, ref string
	)
	c := &cobra.Command{
		Use:   "import FILE --pattern PATTERN",
		Short: "Bring a picture into a pattern: PNG, JPEG, TIFF, WebP, PSD or SVG",
		Long: `Bring a picture into a pattern, a layer for each of its layers. PNG, JPEG, TIFF, WebP,
PSD and SVG are read, upright and in sRGB; the file itself is kept in the library.

State whose it is: the record says for every pixel who made it. A file that was exported
from a pattern of this program names its parent; one that a program generated says with
what, which is kept as its own statement.`,
		Example: `  selvage import retouched.psd --pattern "Tulip trellis" --origin person --author "A. Weaver" --rights "own work"
  selvage import candidate-3.png --pattern "Tulip trellis" --of 4`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if ref == "" {
				return usageError{errors.New("--pattern is missing: name the pattern, or begin one with selvage pattern new --from FILE")}
			}
			if err := f.parse(); err != nil {
				return err
			}
			f.i.Path = args[0]
			var notes []string
			return p.changeNoted(c, dir, ref, &notes, func(s *session.Session, pat *session.Pattern) error {
				size := pat.State().Size
				m, err := s.ReadImport(c.Context(), f.i, file.Options{Width: size.Width, Height: size.Height})
				if err != nil {
					return err
				}
				more, err := pat.Place(c.Context(), m)
				notes = append(notes, m.Notes...)
				notes = append(notes, more...)
				return err
			})
		},
	}
	n := c.Flags()
	n.SortFlags = false
	libraryFlag(c, &dir)
	n.StringVar(&ref, "pattern", "", "pattern that it comes into")
	f.add(c)
	n.StringVar(&f.at, "at", "", "X,Y: where the picture's corner lies on the plane (default: it is the whole cell)")
	n.StringVar(&f.i.Name, "name", "", "name of the layer (default: the file's)")
	n.StringVar(&f.i.Above, "above", "", "id of the layer that it lies on (default: on top)")
	n.BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}
