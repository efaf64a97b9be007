package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
)

func (p *program) devices() *cobra.Command {
	c := &cobra.Command{
		Use:   "devices",
		Short: "List what the engine can run on, the best first",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			all, err := s.Devices()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			for _, d := range all {
				if p.json {
					p.line(map[string]any{"id": d.ID, "provider": fmt.Sprint(d.Provider), "name": d.Name, "memory_bytes": d.Memory, "unavailable": d.Unavailable})
					continue
				}
				fmt.Fprintf(w, "%s\t%v\t%s\t%s\t%s\n", d.ID, d.Provider, d.Name, memory(d.Memory), d.Unavailable)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object a line")
	return c
}

func memory(n int64) string {
	if n <= 0 {
		return "memory not told"
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

func (p *program) seam() *cobra.Command {
	var kind, drop string
	c := &cobra.Command{
		Use:   "seam FILE --repeat KIND [--drop N/M]",
		Short: "Prove the seams of any picture, or find them: exit 1 above the threshold",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			rep, err := pattern.ParseRepeat(kind, drop)
			if err != nil {
				return usageError{err}
			}
			report, err := session.Seam(args[0], rep)
			if err != nil {
				return err
			}
			if p.json {
				p.line(report)
			} else {
				fmt.Fprintln(p.out, report.String())
			}
			if !report.Pass {
				return errFailed
			}
			return nil
		},
	}
	c.Flags().StringVar(&kind, "repeat", "block", "one of "+strings.Join(pattern.KindNames(), ", "))
	c.Flags().StringVar(&drop, "drop", "", "drop of a half-drop or brick as N/M (default 1/2)")
	c.Flags().BoolVar(&p.json, "json", false, "the report as JSON")
	return c
}

func (p *program) models() *cobra.Command {
	c := &cobra.Command{Use: "models", Short: "List, add, show and remove models"}
	list := &cobra.Command{
		Use: "list", Short: "List the models that can be named with --model", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			all, err := s.Models(c.Context())
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			for _, m := range all {
				if p.json {
					p.line(m)
					continue
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, m.Kind, m.Family, m.Note)
			}
			return w.Flush()
		},
	}
	show := &cobra.Command{
		Use: "show NAME", Short: "Print a model's card (licence, training data, hashes), and of the starter all that its training wrote down", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			card, err := s.Card(c.Context(), args[0])
			if err != nil {
				return err
			}
			lineage, err := s.Lineage(args[0])
			if err != nil {
				return err
			}
			if p.json {
				p.line(struct {
					weights.Card
					Lineage *starter.Lineage `json:"lineage,omitempty"`
				}{card, lineage})
				return nil
			}
			if err := printCard(p.out, card); err != nil || lineage == nil {
				return err
			}
			return printLineage(p.out, lineage)
		},
	}
	var name, sum string
	add := &cobra.Command{
		Use: "add FOLDER|FILE|https://…", Short: "Add a model: from a folder, a file or an https address", Args: cobra.ExactArgs(1),
		Long: "Add a model from a folder, a file or an https address. A download that broke is taken up where it stopped.",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			bar := newBar(p.err, p.json)
			defer bar.clear()
			m, err := s.AddModel(c.Context(), args[0], session.AddOptions{Name: name, SHA256: sum}, func(g session.Progress) {
				if p.json {
					p.line(map[string]any{"event": "progress", "stage": g.Stage, "fraction": g.Fraction})
					return
				}
				bar.show(0, 1, g)
			})
			if err != nil {
				return err
			}
			bar.clear()
			if p.json {
				p.line(map[string]any{"event": "done", "model": m})
				return nil
			}
			fmt.Fprintf(p.out, "%s  %s %s\n", m.Name, m.Kind, m.Family)
			for _, f := range m.Files {
				fmt.Fprintf(p.out, "sha256 %s  %s\n", f.SHA256, f.Path)
			}
			return nil
		},
	}
	add.Flags().StringVar(&name, "name", "", "name to use with --model (default: the file's own)")
	add.Flags().StringVar(&sum, "sha256", "", "hash that the downloaded file has to have")
	remove := &cobra.Command{
		Use: "remove NAME", Short: "Remove an added model", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			if err := s.RemoveModel(c.Context(), args[0]); err != nil {
				return err
			}
			if p.json {
				p.line(map[string]any{"event": "done", "removed": args[0]})
				return nil
			}
			fmt.Fprintf(p.out, "%s is removed\n", args[0])
			return nil
		},
	}
	for _, sub := range []*cobra.Command{list, show, add, remove} {
		sub.Flags().BoolVar(&p.json, "json", false, "one JSON object a line")
		c.AddCommand(sub)
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		return usageError{errors.New("say what to do: selvage models list, add, show or remove")}
	}
	return c
}

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := "built from source"
			if info, ok := debug.ReadBuildInfo(); ok {
				v = info.Main.Version
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						v += " " + s.Value
					}
				}
			}
			_, err := fmt.Fprintln(p.out, "selvage", v)
			return err
		},
	}
}

// printCard writes a model's card for a person.
func printCard(w io.Writer, c weights.Card) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	row("name", c.Name)
	row("kind", strings.TrimSpace(string(c.Kind)+" "+string(c.Family)))
	row("publisher", c.Publisher)
	row("source", c.Source)
	row("licence", strings.TrimSpace(c.Licence+"  "+c.LicenceURL))
	row("commercial use", string(c.CommercialUse))
	row("conditions", c.Conditions)
	row("trained on", c.TrainingData)
	row("base model", c.BaseModel)
	for _, f := range c.Files {
		row("sha256", fmt.Sprintf("%s  %s (%d bytes)", f.SHA256, f.Path, f.Size))
	}
	return t.Flush()
}
