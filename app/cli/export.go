package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/icc"
	"github.com/selvage-studio/selvage/engine/pattern/press"
	"github.com/selvage-studio/selvage/engine/pattern/sheet"
)

// exportFlags are the flags of `selvage export` before they are options.
type exportFlags struct {
	o                           session.PatternExport
	dir, out, format            string
	layout, compression, intent string
	paper                       string
	traps, fallOn               []string
}

func formatNames() []string {
	var names []string
	for _, f := range slices.Sorted(maps.Keys(session.Formats())) {
		names = append(names, string(f))
	}
	return names
}

func (p *program) export() *cobra.Command {
	f := &exportFlags{}
	c := &cobra.Command{
		Use:   "export PATTERN --out FILE",
		Short: "Write a pattern as the files that a mill, a print service or another program takes",
		Long: `Write a pattern as the files that a mill, a print service or another program takes.

FILE is the cell. Where a cell does not lay straight, the rectangle that does is written
beside it, with the seam report. Files say by which pattern and version they were made,
so that they are known when they come back; --clean leaves that out.

Indexed files, separations and colourways need a palette that is locked. Screens meet in
butt joints unless --trap or --fall-on lays more.`,
		Example: `  selvage export "Tulip trellis" --out tulips.tif --dpi 300 --depth 16
  selvage export "Tulip trellis" --format separations --trap 0.3mm --out plates.tif
  selvage export "Tulip trellis" --colourway Night --layout 2x3 --out night.png
  selvage export "Tulip trellis" --format separations --fall-on outline:ground --out plates.tif`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.parse(); err != nil {
				return err
			}
			return p.read(c, f.dir, args[0], func(s *session.Session, pat *session.Pattern) error {
				files, err := s.ExportPattern(c.Context(), pat, f.out, f.o)
				if err != nil {
					return err
				}
				return p.tellExported(pat, files)
			})
		},
	}
	n := c.Flags()
	n.SortFlags = false
	libraryFlag(c, &f.dir)
	n.StringVar(&f.out, "out", "", "file of the cell, or the beginning of the files' names")
	n.StringVar(&f.format, "format", "", "one of "+strings.Join(formatNames(), ", ")+" (default: by the ending of --out)")
	n.Float64Var(&f.o.DPI, "dpi", 0, "pixels per inch (default: the pattern's own pixels)")
	n.StringVar(&f.o.Colorway, "colourway", "", "colourway by its name (default: the palette itself)")
	n.StringVar(&f.layout, "layout", "", "cell, rectangle, multiples such as 2x3, or a piece of cloth such as 150cmx3m")
	n.IntVar(&f.o.Depth, "depth", 8, "bits a channel, 8 or 16")
	n.StringVar(&f.compression, "compression", "lzw", "of TIFF files: lzw, deflate or none")
	n.IntVar(&f.o.Quality, "quality", 0, "of JPEG files, 1 to 100 (default 95)")
	n.Float64Var(&f.o.Tolerance, "tolerance", 0, "of SVG files: pixels that a curve may pass from the edge, 0.1 to 10 (default 0.5)")
	n.StringArrayVar(&f.traps, "trap", nil, "trap of all positions, 0.3mm, or of two, madder:indigo=0.3mm; may be repeated")
	n.StringArrayVar(&f.fallOn, "fall-on", nil, "OVER:UNDER lets one position print on another; may be repeated")
	n.BoolVar(&f.o.Marks, "marks", false, "registration marks and labels outside the repeat of separations")
	n.StringVar(&f.o.Profile, "profile", "", "ICC profile of the printer, for cmyk-tiff")
	n.StringVar(&f.intent, "intent", "relative", "how colours go into the profile: perceptual, relative or saturation")
	n.StringVar(&f.paper, "paper", "a4", "of a spec sheet: a4 or letter")
	n.StringVar(&f.o.Studio, "studio", "", "who hands the spec sheet over")
	n.StringVar(&f.o.Collection, "collection", "", "collection that the spec sheet names")
	n.StringVar(&f.o.Cloth, "cloth", "", "cloth that the spec sheet names")
	n.BoolVar(&f.o.Bare, "bare", false, "no birth certificate and no fields in the pictures")
	n.BoolVar(&f.o.Disclose, "disclose", false, "disclose prompts and seeds in the certificate, not only their commitments")
	n.BoolVar(&f.o.AIGC, "aigc-label", false, "add China's implicit label (GB 45438-2025) to what a model took part in")
	n.BoolVar(&f.o.Clean, "clean", false, "do not say by which pattern and version the files were made")
	n.BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

// parse turns the flags into options.
func (f *exportFlags) parse() error {
	if f.out == "" {
		return usageError{errors.New("--out is missing: name the file, such as tulips.tif")}
	}
	var err error
	if f.o.Format, err = session.ParseFormat(f.format, f.out); err != nil {
		return err
	}
	if f.layout != "" {
		l, err := press.ParseLayout(f.layout)
		if err != nil {
			return usageError{err}
		}
		f.o.Layout = &l
	}
	if f.o.Compression, err = press.ParseCompression(f.compression); err != nil {
		return usageError{err}
	}
	if f.o.Paper, err = sheet.ParsePaper(f.paper); err != nil {
		return usageError{err}
	}
	intents := map[string]icc.Intent{"perceptual": icc.Perceptual, "relative": icc.RelativeColorimetric, "saturation": icc.Saturation}
	intent, known := intents[f.intent]
	if !known {
		return usageError{fmt.Errorf("--intent %q: perceptual, relative or saturation", f.intent)}
	}
	f.o.Intent = intent
	for _, t := range f.traps {
		names, width, one := strings.Cut(t, "=")
		if !one {
			width = t
		}
		l, err := pattern.ParseLength(width)
		if err != nil {
			return err
		}
		if !one {
			f.o.Trap = l
			continue
		}
		between, err := parsePair("--trap", names)
		if err != nil {
			return err
		}
		f.o.Traps = append(f.o.Traps, session.PairTrap{Pair: between, Width: l})
	}
	for _, t := range f.fallOn {
		on, err := parsePair("--fall-on", t)
		if err != nil {
			return err
		}
		f.o.FallOn = append(f.o.FallOn, on)
	}
	return nil
}

// parsePair reads two positions, A:B.
func parsePair(flag, text string) (session.Pair, error) {
	a, b, two := strings.Cut(text, ":")
	if !two || a == "" || b == "" {
		return session.Pair{}, usageError{fmt.Errorf("%s %q: two positions with a colon between, such as outline:ground or 3:1", flag, text)}
	}
	return session.Pair{A: a, B: b}, nil
}

func (p *program) tellExported(pat *session.Pattern, files session.Exported) error {
	if p.json {
		i := pat.Info()
		p.line(map[string]any{"event": "done", "pattern": i.ID, "name": i.Name, "version": i.Version, "files": files.Files, "statement": files.Statement, "warnings": files.Warnings})
		return nil
	}
	for _, f := range files.Files {
		fmt.Fprintf(p.out, "%s  %s\n", f.Path, f.What)
	}
	if files.Statement != "" {
		fmt.Fprintln(p.out, files.Statement)
	}
	for _, w := range files.Warnings {
		fmt.Fprintf(p.out, "note: %s\n", w)
	}
	return nil
}
