package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
)

func (p *program) authorship() *cobra.Command {
	var (
		out string
		o   session.ReportOptions
	)
	c := p.inLedger(&cobra.Command{
		Use: "report PATTERN --out FILE", Short: "Write the authorship report of a pattern, as .pdf or .html", Args: cobra.ExactArgs(1),
		Long: `Write who did what when, out of the ledger: prompts, candidates, edits before and after, who
made which pixels, milestones, the draft of a claim, and how to verify all of it. It is evidence, not
legal advice.`,
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		if out == "" {
			return usageError{errors.New("--out is missing: name the file, such as tulips.pdf or tulips.html")}
		}
		if err := s.Report(c.Context(), lib, args[0], out, o); err != nil {
			return err
		}
		if p.json {
			p.line(map[string]any{"event": "done", "report": out})
			return nil
		}
		fmt.Fprintf(p.out, "%s  the authorship report\n", out)
		return nil
	})
	c.Flags().StringVar(&out, "out", "", "the file")
	c.Flags().BoolVar(&o.Disclose, "disclose", false, "show prompts and seeds, not only their commitments")
	c.Flags().StringVar(&o.Statement, "statement", "", "your own words, for the first page")
	return c
}
