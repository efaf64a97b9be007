package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/edit"
)

// mostOps is the largest list of operations in bytes.
const mostOps = 256 << 20

func (p *program) edit() *cobra.Command {
	var (
		dir, ops, at string
		undo, redo   int
		kinds        bool
		schema       bool
	)
	c := &cobra.Command{
		Use:   "edit PATTERN --ops FILE",
		Short: "Apply operations to a pattern, undo and redo them",
		Long: `Apply a list of operations to a pattern: all of them, or none.

FILE is JSON, or - for standard input:

  [{"kind": "pattern.notes", "params": {"notes": "for the spring book"}}, …]

--kinds lists the kinds of operations, --schema says what each takes. Lengths are pixels of the cell unless their name
ends in _mm, colours are "#rrggbb", opacity and hardness go from 0 to 1, angles are
degrees. After an undo, or in an older version (--checkout, or PATTERN as a hash), new
operations begin a branch: nothing is deleted.

--checkout comes first, then --undo, then --redo, then the operations.`,
		Example: `  selvage edit "Tulip trellis" --ops strokes.json
  selvage edit "Tulip trellis" --undo 2
  selvage edit "Tulip trellis" --checkout 1f3a9c20 --ops other.json`,
		Args: func(c *cobra.Command, args []string) error {
			if kinds || schema {
				return cobra.NoArgs(c, args)
			}
			return cobra.ExactArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if kinds {
				for _, k := range edit.Kinds() {
					if p.json {
						p.line(map[string]string{"kind": k})
						continue
					}
					fmt.Fprintln(p.out, k)
				}
				return nil
			}
			if schema {
				_, err := p.out.Write(edit.Schema())
				return err
			}
			if undo < 0 || redo < 0 {
				return usageError{errors.New("--undo and --redo take how many steps, from 1")}
			}
			if ops == "" && at == "" && undo == 0 && redo == 0 {
				return usageError{errors.New("nothing to do: give --ops FILE, --undo N, --redo N or --checkout VERSION")}
			}
			var list []edit.Op
			if ops != "" {
				text, err := p.readOps(c.Context(), ops)
				if err != nil {
					return err
				}
				if list, err = edit.ParseList(text); err != nil {
					return usageError{err}
				}
			}
			return p.change(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error {
				if at != "" {
					if err := checkout(c, pat, at); err != nil {
						return err
					}
				}
				for range undo {
					if err := pat.Undo(c.Context()); err != nil {
						return err
					}
				}
				for range redo {
					if err := pat.Redo(c.Context()); err != nil {
						return err
					}
				}
				if len(list) == 0 {
					return nil
				}
				_, err := pat.Do(c.Context(), list...)
				return err
			})
		},
	}
	f := c.Flags()
	f.SortFlags = false
	libraryFlag(c, &dir)
	f.StringVar(&ops, "ops", "", "JSON list of operations, - for standard input")
	f.IntVar(&undo, "undo", 0, "go back by so many steps")
	f.IntVar(&redo, "redo", 0, "go on by so many steps of the branch")
	f.StringVar(&at, "checkout", "", "go to a version, by the beginning of its hash")
	f.BoolVar(&kinds, "kinds", false, "list the kinds of operations instead")
	f.BoolVar(&schema, "schema", false, "print the JSON Schema of a list of operations instead")
	f.BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

// readOps reads a file of operations, or standard input, until ctx is done: a
// terminal may never say anything.
func (p *program) readOps(ctx context.Context, path string) ([]byte, error) {
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		text, err := p.slurp(path)
		done <- read{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *program) slurp(path string) (text []byte, err error) {
	from := p.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		from = f
	}
	if text, err = io.ReadAll(io.LimitReader(from, mostOps+1)); err != nil {
		return nil, err
	}
	if len(text) > mostOps {
		return nil, usageError{fmt.Errorf("%s has more than %d MiB of operations; apply them in parts", path, mostOps>>20)}
	}
	return text, nil
}
