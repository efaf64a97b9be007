package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (p *program) library() *cobra.Command {
	c := &cobra.Command{Use: "library", Short: "Check and tidy the library"}
	c.AddCommand(p.libraryInfo(), p.libraryCheck(), p.libraryCollect())
	c.RunE = func(*cobra.Command, []string) error {
		return usageError{errors.New("say what to do: selvage library info, check or collect")}
	}
	return c
}

func (p *program) libraryInfo() *cobra.Command {
	var dir string
	return p.collectionFlags(&cobra.Command{
		Use: "info", Short: "Say which library is used", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			if p.json {
				p.line(map[string]string{"library": lib.ID(), "folder": lib.Dir()})
				return nil
			}
			fmt.Fprintf(p.out, "%s  %s\n", lib.ID(), lib.Dir())
			return nil
		},
	}, &dir)
}

func (p *program) libraryCheck() *cobra.Command {
	var dir string
	return p.collectionFlags(&cobra.Command{
		Use: "check", Short: "Read every content and compare it with its hash: exit 1 where one is damaged", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			checked, err := lib.Blobs().Check(c.Context())
			if err != nil {
				return err
			}
			for _, d := range checked.Damaged {
				if p.json {
					p.line(map[string]any{"damaged": d.Hash, "path": d.Path, "reason": d.Reason})
					continue
				}
				fmt.Fprintln(p.out, d.Error())
			}
			if p.json {
				p.line(map[string]any{"event": "done", "intact": checked.Intact, "bytes": checked.Bytes, "damaged": len(checked.Damaged)})
			} else {
				fmt.Fprintf(p.out, "%d contents are intact (%d bytes), %d are damaged\n", checked.Intact, checked.Bytes, len(checked.Damaged))
			}
			if len(checked.Damaged) > 0 {
				return errFailed
			}
			return nil
		},
	}, &dir)
}

func (p *program) libraryCollect() *cobra.Command {
	var dir string
	return p.collectionFlags(&cobra.Command{
		Use: "collect", Short: "Remove contents that no pattern needs, and what broken-off writes left", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, lib, err := p.inLibrary(dir)
			if err != nil {
				return err
			}
			done, err := s.Collect(c.Context(), lib)
			if err != nil {
				return err
			}
			if p.json {
				p.line(map[string]any{"event": "done", "kept": done.Kept, "removed": done.Removed, "freed_bytes": done.Freed, "missing": done.Missing, "foreign": done.Foreign})
				return nil
			}
			fmt.Fprintf(p.out, "%d contents are kept, %d were removed, %d bytes are free again\n", done.Kept, done.Removed, done.Freed)
			for _, h := range done.Missing {
				fmt.Fprintf(p.out, "note: a pattern needs %v, which is not there; take it from a back-up\n", h)
			}
			return nil
		},
	}, &dir)
}
