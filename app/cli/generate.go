package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// generateFlags are the flags of `selvage generate` before they are a request.
type generateFlags struct {
	r                         session.Request
	from, out                 string
	repeat, drop              string
	repeatWidth, repeatHeight string
	loras                     []string
	palette                   string
	init, mask, control       string
	seed                      int64
	roll                      float64
	count                     int
	clean                     bool
	depth                     int
	library                   string
}

func (p *program) generate() *cobra.Command {
	f := &generateFlags{}
	c := &cobra.Command{
		Use:   "generate --prompt TEXT --out FILE",
		Short: "Make a seamless repeat from a prompt",
		Long: `Make a seamless repeat from a prompt.

FILE (.png, .tif) is the cell. The rectangle that lays straight and the seam
report are written beside it. A working file carries its complete request, from
which --from FILE makes the same picture again; --clean leaves it out.`,
		Example: `  selvage generate --prompt "red tulips on a cream ground" --repeat half-drop --out tulips.png
  selvage generate --prompt "block-print leaves" --model ~/models/sd15 --repeat-width 64cm --dpi 150 --out leaves.tif`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := f.request(c)
			if err != nil {
				return err
			}
			return p.runGenerate(c.Context(), f, r)
		},
	}
	n := c.Flags()
	n.SortFlags = false
	n.StringVar(&f.r.Prompt, "prompt", "", "what the pattern shows")
	n.StringVar(&f.r.Negative, "negative", "", "what it shall not show")
	n.StringVar(&f.r.Model, "model", "starter", "starter, an installed model, a diffusers folder or a .safetensors file")
	n.StringArrayVar(&f.loras, "lora", nil, "LoRA as FILE:WEIGHT; may be repeated")
	n.StringVar(&f.r.Sampler, "sampler", "", "one of "+strings.Join(diffusion.SamplerNames(), ", ")+" (default: the model's own)")
	n.IntVar(&f.r.Steps, "steps", 0, "steps of the sampler (default: the model's own)")
	n.Float64Var(&f.r.Guidance, "guidance", 0, "scale of guidance by the prompt (default: the model's own)")
	n.Float64Var(&f.r.Rescale, "guidance-rescale", 0, "0 to 1: pull the contrast of strong guidance back")
	n.IntVar(&f.r.ClipSkip, "clip-skip", 0, "layers of the text encoder to leave out")
	n.Int64Var(&f.seed, "seed", -1, "seed of the noise (default: random)")
	n.IntVar(&f.r.Tries, "tries", 0, "how often at most to sample until the model's critic finds what the prompt asks for; 1 takes the first sample (default: the model's own)")
	n.IntVar(&f.count, "count", 1, "how many pictures, with seeds that follow one another")
	n.StringVar(&f.repeat, "repeat", "block", "one of "+strings.Join(pattern.KindNames(), ", "))
	n.StringVar(&f.drop, "drop", "", "drop of a half-drop or brick as N/M (default 1/2)")
	n.IntVar(&f.r.Width, "width", 0, "pixels to generate across")
	n.IntVar(&f.r.Height, "height", 0, "pixels to generate down")
	n.StringVar(&f.repeatWidth, "repeat-width", "", "physical width of the repeat, such as 64cm or 25.25in")
	n.StringVar(&f.repeatHeight, "repeat-height", "", "physical height of the repeat")
	n.Float64Var(&f.r.DPI, "dpi", 0, "pixels per inch of the export (default 150)")
	n.StringVar(&f.r.Upscaler, "upscaler", "", "Real-ESRGAN model (RRDBNet x2 or x4) that enlarges to the physical size")
	n.StringVar(&f.palette, "palette", "", "chips as HEX,HEX,… with the ground first, for models that make screens")
	n.StringVar(&f.init, "init", "", "picture to start from")
	n.Float64Var(&f.r.Strength, "strength", 0.75, "how much of --init may change, above 0 to 1")
	n.StringVar(&f.mask, "mask", "", "picture whose white is painted anew in --init")
	n.StringVar(&f.r.ControlNet, "controlnet", "", "ControlNet folder or file")
	n.StringVar(&f.control, "control", "", "picture that the ControlNet follows")
	n.Float64Var(&f.r.ControlScale, "control-scale", 1, "how strongly the ControlNet steers")
	n.Float64Var(&f.roll, "roll", -1, "share of the steps that roll the plane before the others wrap, 0 to 1 (default: the model's own)")
	n.StringVar(&f.r.Device, "device", "", "device to run on, as selvage devices lists them (default: the best)")
	n.StringVar(&f.from, "from", "", "make the picture of a working file again; other flags change its request")
	n.StringVar(&f.out, "out", "", "file of the cell, .png or .tif")
	n.IntVar(&f.depth, "depth", 8, "bits per channel, 8 or 16")
	n.StringVar(&f.library, "library", "", "library whose ledger records the request and what came of it (default: SELVAGE_LIBRARY, or the last one used, if there is one)")
	n.BoolVar(&f.clean, "clean", false, "leave prompt, seed and the whole request out of the files")
	n.BoolVar(&p.json, "json", false, "one JSON object a line instead of progress and text")
	return c
}

// request turns flags into a request; flags that were given overrule --from.
func (f *generateFlags) request(c *cobra.Command) (session.Request, error) {
	r := f.r
	if !c.Flags().Changed("strength") {
		r.Strength = 0
	}
	if f.from != "" {
		saved, err := session.RequestFrom(f.from)
		if err != nil {
			return r, err
		}
		r = f.overrule(c, saved)
	} else if strings.TrimSpace(r.Prompt) == "" {
		return r, usageError{errors.New("--prompt is missing: say what the pattern shows, or name a working file with --from")}
	}
	if f.out == "" {
		return r, usageError{errors.New("--out is missing: name the file of the cell, such as tulips.png")}
	}
	changed := c.Flags().Changed
	if changed("repeat") || changed("drop") || f.from == "" {
		rep, err := pattern.ParseRepeat(f.repeat, f.drop)
		if err != nil {
			return r, usageError{err}
		}
		r.Repeat = session.Repeat{Repeat: rep}
	}
	for _, l := range []struct {
		text string
		to   *pattern.Length
	}{{f.repeatWidth, &r.RepeatWidth}, {f.repeatHeight, &r.RepeatHeight}} {
		if l.text != "" {
			v, err := pattern.ParseLength(l.text)
			if err != nil {
				return r, err
			}
			*l.to = v
		}
	}
	if f.loras != nil {
		r.LoRAs = nil
		for _, s := range f.loras {
			l, err := parseLoRA(s)
			if err != nil {
				return r, err
			}
			r.LoRAs = append(r.LoRAs, l)
		}
	}
	if f.palette != "" {
		r.Palette = strings.Split(f.palette, ",")
	}
	for _, file := range []struct {
		path string
		to   **session.File
	}{{f.init, &r.Init}, {f.mask, &r.Mask}, {f.control, &r.Control}} {
		if file.path != "" {
			*file.to = &session.File{Path: file.path}
		}
	}
	switch {
	case changed("seed") && f.seed >= 0:
		r.Seed = uint64(f.seed)
	case changed("seed"):
		return r, usageError{fmt.Errorf("--seed %d is negative", f.seed)}
	case f.from == "":
		r.Seed = uint64(rand.Uint32()) //nolint:gosec // a seed is no secret
	}
	if changed("roll") {
		r.Roll = &f.roll
	}
	if f.count < 1 {
		return r, usageError{fmt.Errorf("--count %d: at least one picture", f.count)}
	}
	if f.depth != 8 && f.depth != 16 {
		return r, usageError{fmt.Errorf("--depth %d: 8 or 16 bits per channel", f.depth)}
	}
	return r, nil
}

// overrule puts the flags that were given over a saved request.
func (f *generateFlags) overrule(c *cobra.Command, saved session.Request) session.Request {
	set := func(name string, put func()) {
		if c.Flags().Changed(name) {
			put()
		}
	}
	set("prompt", func() { saved.Prompt = f.r.Prompt })
	set("negative", func() { saved.Negative = f.r.Negative })
	set("model", func() { saved.Model, saved.ModelHash = f.r.Model, "" })
	set("sampler", func() { saved.Sampler = f.r.Sampler })
	set("steps", func() { saved.Steps = f.r.Steps })
	set("guidance", func() { saved.Guidance = f.r.Guidance })
	set("guidance-rescale", func() { saved.Rescale = f.r.Rescale })
	set("clip-skip", func() { saved.ClipSkip = f.r.ClipSkip })
	set("tries", func() { saved.Tries = f.r.Tries })
	set("width", func() { saved.Width = f.r.Width })
	set("height", func() { saved.Height = f.r.Height })
	set("dpi", func() { saved.DPI = f.r.DPI })
	set("upscaler", func() { saved.Upscaler = f.r.Upscaler })
	set("strength", func() { saved.Strength = f.r.Strength })
	set("controlnet", func() { saved.ControlNet = f.r.ControlNet })
	set("control-scale", func() { saved.ControlScale = f.r.ControlScale })
	set("device", func() { saved.Device = f.r.Device })
	return saved
}

// parseLoRA reads FILE:WEIGHT; FILE alone has the weight 1.
func parseLoRA(s string) (session.LoRA, error) {
	if i := strings.LastIndexByte(s, ':'); i > 0 {
		if w, err := strconv.ParseFloat(s[i+1:], 64); err == nil {
			return session.LoRA{Path: s[:i], Weight: w}, nil
		} else if !strings.HasSuffix(strings.ToLower(s), ".safetensors") {
			return session.LoRA{}, usageError{fmt.Errorf("--lora %s: the weight after the colon is no number", s)}
		}
	}
	return session.LoRA{Path: s, Weight: 1}, nil
}

// runGenerate makes and writes the pictures one after the other.
func (p *program) runGenerate(ctx context.Context, f *generateFlags, r session.Request) error {
	s, err := p.studio()
	if err != nil {
		return err
	}
	if err := session.Writable(f.out); err != nil {
		return err
	}
	lib, unrecorded, err := p.recordIn(ctx, s, f.library)
	if err != nil {
		return err
	}
	bar := newBar(p.err, p.json)
	defer bar.clear()
	for i := range f.count {
		one := r
		one.Seed += uint64(i)
		made, err := s.GenerateIn(ctx, lib, one, func(g session.Progress) {
			if p.json {
				p.line(map[string]any{
					"event": "progress", "image": i, "images": f.count, "stage": g.Stage,
					"step": g.Step, "steps": g.Steps, "fraction": g.Fraction,
				})
				return
			}
			bar.show(i, f.count, g)
		})
		if err != nil {
			return err
		}
		out := f.out
		if f.count > 1 {
			ext := filepath.Ext(out)
			out = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(out, ext), i+1, ext)
		}
		files, err := s.ExportIn(ctx, lib, made, out, session.ExportOptions{Depth: f.depth, Clean: f.clean})
		if err != nil {
			return err
		}
		bar.clear()
		made.Warnings = append(append(made.Warnings, files.Warnings...), unrecorded...)
		if p.json {
			p.line(doneEvent(i, f.count, made, files))
			continue
		}
		describe(p.out, made, files)
	}
	return nil
}

// recordIn is the library in which a generation is recorded: the one that is named, or the
// one that is usual, if there is one. That the usual one cannot be written keeps
// nobody from working, but is told.
func (p *program) recordIn(ctx context.Context, s *session.Session, dir string) (*library.Library, []string, error) {
	lib, err := s.Library(dir)
	var none *library.NoLibraryError
	if errors.As(err, &none) && dir == "" {
		return nil, nil, nil
	}
	if err == nil {
		err = s.CanWrite(ctx, lib)
	}
	if err == nil || dir != "" {
		return lib, nil, err
	}
	return nil, []string{fmt.Sprintf("this is not on record: %v", err)}, nil
}

func doneEvent(i, n int, made *session.Made, files session.Exported) map[string]any {
	return map[string]any{
		"event": "done", "image": i, "images": n, "request": made.Request, "plan": made.Plan,
		"seam": made.Seam, "palette": made.PaletteHex(), "unknown_words": made.UnknownWords,
		"warnings": made.Warnings, "statement": made.Statement(), "device": made.Device.ID,
		"files": files.Files, "seconds": made.Took.Seconds(), "compute_seconds": made.Compute.Seconds(),
		"asymmetry": made.Asymmetry, "choice": made.Choice,
	}
}

// describe tells a person what was made.
func describe(w io.Writer, made *session.Made, files session.Exported) {
	for _, f := range files.Files {
		fmt.Fprintf(w, "%s  %s\n", f.Path, f.What)
	}
	fmt.Fprintln(w, made.Statement())
	fmt.Fprintln(w, made.Seam.String())
	fmt.Fprintf(w, "seed %d, %s, %d steps, %.1f s on %s\n", made.Request.Seed, made.Request.Sampler, made.Request.Steps, made.Took.Seconds(), made.Device.Name)
	if c := made.Choice; c != nil && c.Tries > 1 {
		fmt.Fprintf(w, "try %d of %d was kept\n", c.Kept, c.Tries)
	}
	for _, warning := range made.Warnings {
		fmt.Fprintf(w, "note: %s\n", warning)
	}
}

// headless does what the first click in the window does: a prompt becomes an
// exported half-drop with its seam report.
func (p *program) headless(ctx context.Context, s *session.Session) error {
	dir, err := filepath.Abs("out")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("there is no place for the results: %w", err)
	}
	f := &generateFlags{out: filepath.Join(dir, "daisies.png"), count: 1, depth: 8}
	r := session.Request{
		Prompt: "medium red daisies, half-drop, on a cream ground, two colours", Model: "starter", Seed: 3,
		Repeat:      session.Repeat{Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}},
		RepeatWidth: 160 * pattern.Millimetre, DPI: 150,
	}
	p.session = s
	if err := p.runGenerate(ctx, f, r); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "The results are in %s\n", dir)
	return nil
}
