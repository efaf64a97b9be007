package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/selvage-studio/selvage/engine/starter"
)

// printLineage writes for a person what the starter's training wrote down: enough
// to draw its corpus again and to train it again. The hashes of the weights stand
// in the card above.
func printLineage(w io.Writer, l *starter.Lineage) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	row := func(name, format string, values ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, values...))
	}
	row("", "")
	row("lineage", "%s", l.What)
	for _, d := range l.Data.Earlier {
		row("", "")
		row("corpus until step", "%d", d.Until)
		printCorpus(row, d)
		row("", "")
	}
	if len(l.Data.Earlier) > 0 {
		row("corpus after it", "")
	}
	printCorpus(row, l.Data)
	for _, name := range sorted(l.Architecture) {
		config, err := json.Marshal(l.Architecture[name])
		if err != nil {
			return err
		}
		row(name, "%d parameters; %s", l.Parameters[name], config)
	}
	row("hyperparameters", "%s", settings(l.Training.Plan))
	row("training", "%d steps, %d samples, %.2f hours, last loss %.3f", l.Training.Steps, l.Training.Samples, l.Training.Hours, l.Training.Loss)
	row("decoder", "%s", settings(l.Training.Autoencoder))
	for _, what := range sorted(l.Training.Critic) {
		var found []string
		for _, question := range sorted(l.Training.Critic[what]) {
			if s := l.Training.Critic[what][question]; s.Right != nil {
				found = append(found, fmt.Sprintf("%s of %.1f %% of %d", question, 100**s.Right, s.Asked))
			}
		}
		row("critic", "names, of %s that it never saw: %s", what, strings.Join(found, ", "))
	}
	for _, s := range l.Training.Sessions {
		rate := ""
		if s.Rate > 0 {
			rate = fmt.Sprintf(", rate %g of a plan of %d steps", s.Rate, s.Planned)
		}
		if s.Optimizer != "" {
			rate += ", by " + s.Optimizer
		}
		row("session", "from step %d, %s, %.0f minutes, %s%s", s.From, s.Began, s.Seconds/60, s.On, rate)
	}
	row("software", "%s", settings(l.Software))
	if err := t.Flush(); err != nil || l.Results.Evaluation == nil {
		return err
	}
	return printEvaluation(w, l.Results)
}

// printCorpus writes what has to be drawn again, and the hashes that it has to have.
func printCorpus(row func(name, format string, values ...any), d starter.Data) {
	row("corpus", "%s", d.What)
	row("drawing rules", "version %d", d.Rules)
	row("seeds", "%d to %d, %d x %d pixels, in %d families", d.FirstSeed, d.FirstSeed+uint64(max(d.Drawings, 1))-1, d.Size, d.Size, len(d.Chosen))
	if d.Group {
		row("groups", "each drawing as the group of motifs that fills it when it is repeated")
	}
	if d.Figures > 0 {
		row("figures", "%d forms of each motif in all", d.Figures)
	}
	row("passed over", "%s; %d drawings are left", d.PassedOver, d.Used)
	row("captions kept out", "%s", d.KeptOut)
	row("combinations held out", "%s", d.HeldOut)
	for _, name := range sorted(d.AlsoRead) {
		row("also read", "%s: %s", name, d.AlsoRead[name])
	}
	row("hash", "%s", d.Hash)
	row(fmt.Sprintf("first %d drawings", d.SliceCount), "sha256 %s", d.SliceSHA256)
	row("first block", "sha256 %s (%d drawings)", d.FirstBlock, d.Block)
	row("whole corpus", "sha256 %s (%d drawings)", d.Corpus, d.Drawings)
	for i, name := range sorted(d.Families) {
		title := ""
		if i == 0 {
			title = "drawings a family"
		}
		row(title, "%d %s", d.Families[name], name)
	}
}

// printEvaluation writes the judge's table.
func printEvaluation(w io.Writer, r starter.Results) error {
	e := r.Evaluation
	fmt.Fprintf(w, "\njudged by a classifier on %d prompts never trained on, guidance %g, %d steps, %.1f samples of each on average, of which the critic kept one:\n", e.Prompts, e.Guidance, e.Steps, max(1, e.Tries))
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	questions := []string{"family", "layout", "positions", "scale"}
	fmt.Fprintf(t, "\t%s\n", strings.Join([]string{"motif", "layout", "positions", "scale"}, "\t"))
	for _, name := range e.Order {
		cells := []string{name}
		for _, q := range questions {
			cell := "-"
			if s := e.Rows[name][q]; s.Right != nil {
				cell = fmt.Sprintf("%.0f %% of %d", 100**s.Right, s.Asked)
			}
			cells = append(cells, cell)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

// settings are names and values on one line, in the order of the names.
func settings[V any](m map[string]V) string {
	var out []string
	for _, name := range sorted(m) {
		out = append(out, fmt.Sprintf("%s %v", name, m[name]))
	}
	return strings.Join(out, ", ")
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
