package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
	chips "github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/ledger/xmp"
)

// DrawRequest is everything that decides a repeat drawn by rule. Rules,
// numbered by draw.Version, draw the same seed the same for ever.
type DrawRequest struct {
	Rules  int    `json:"rules"`
	Prompt string `json:"prompt,omitempty"`
	Seed   uint64 `json:"seed"`
	// Repeat overrules the layout's own; its zero value with Layout false
	// leaves it to the drawing.
	Repeat      *Repeat        `json:"repeat,omitempty"`
	Width       int            `json:"width,omitempty"`
	Height      int            `json:"height,omitempty"`
	RepeatWidth pattern.Length `json:"repeat_width_mm,omitempty"`
	DPI         float64        `json:"dpi,omitempty"`
	// Palette is chips as #rrggbb, ground first.
	Palette []string `json:"palette,omitempty"`
}

// Drawn is one repeat drawn by rule: no model's work, and no person's.
type Drawn struct {
	Request    DrawRequest
	Spec       draw.Spec
	Caption    string
	Plan       pattern.Plan
	Separation *screen.Separation
	Palette    chips.Palette
	Seam       seam.Report
	Unknown    []string
	Notes      []string

	scene *draw.Scene
}

// drawnSide is the side in pixels of a drawing that nobody gave a size.
const drawnSide = 1024

// Draw draws a repeat by rule. Errors of the request are a *UsageError or one
// of engine/draw's and engine/pattern's own.
func (s *Session) Draw(ctx context.Context, r DrawRequest) (*Drawn, error) {
	if r.Rules > draw.Version {
		return nil, usage("it was drawn by rules of version %d, this program has version %d; take a newer Selvage", r.Rules, draw.Version)
	}
	if r.Rules != 0 && r.Rules < draw.Version {
		return nil, usage("it was drawn by rules of version %d; this program draws by version %d, which is another picture; leave --from out to draw it anew", r.Rules, draw.Version)
	}
	r.Rules = draw.Version
	said, err := r.said()
	if err != nil {
		return nil, err
	}
	d := &Drawn{Request: r, Spec: said.Spec.Complete(r.Seed), Unknown: said.Unknown, Notes: said.Notes}
	if err := d.Spec.Validate(); err != nil {
		return nil, usage("%v", err)
	}
	demand := pattern.Demand{
		Repeat: d.Spec.Repeat, Stride: 1, Width: r.Width, Height: r.Height, RepeatWidth: r.RepeatWidth, DPI: r.DPI, Native: drawnSide,
	}
	if r.RepeatWidth > 0 && r.DPI == 0 {
		demand.DPI = defaultDPI
	}
	if d.Plan, err = demand.Plan(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.scene, err = d.Spec.Scene(); err != nil {
		return nil, err
	}
	planes, err := d.scene.Screens(d.Plan.Picture.Width, d.Plan.Picture.Height)
	if err != nil {
		return nil, err
	}
	d.Spec = d.scene.Spec
	d.Caption = draw.Describe(d.Spec, r.Seed)
	d.Separation = &screen.Separation{Width: planes.W, Height: planes.H, Coverage: append([][]uint8{planes.Ground}, planes.Planes...)}
	if d.Palette, err = drawnPalette(r, planes.Ink, len(planes.Planes)); err != nil {
		return nil, err
	}
	d.Seam, err = seam.Measure(d.Separation.NRGBA64(d.Palette), d.Spec.Repeat)
	return d, err
}

// said is what the request asks of a drawing, with its repeat.
func (r DrawRequest) said() (said draw.Request, err error) {
	said, err = draw.Parse(r.Prompt)
	if err != nil {
		return said, usage("%v", err)
	}
	switch {
	case r.Repeat != nil:
		said.Spec.Repeat = r.Repeat.Repeat
	case said.Spec.Layout == draw.HalfDrop:
		// Who asks for a half-drop means the repeat, not motifs that are set so
		// inside of a block.
		said.Spec.Repeat = pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	case said.Spec.Layout == draw.Brick:
		said.Spec.Repeat = pattern.Repeat{Kind: pattern.Brick, N: 1, D: 2}
	}
	return said, nil
}

// drawnPalette is a chip for the ground and every position of a drawing: those
// of the request, then colours that the prompt names, then chips that go with
// them; line work gets an ink that stands off from all others.
func drawnPalette(r DrawRequest, ink, positions int) (chips.Palette, error) {
	n := positions + 1
	words := chips.FindWords(r.Prompt)
	if len(r.Palette) > 0 {
		words = chips.Words{}
		for i, h := range r.Palette {
			c, err := chips.ParseChip(h)
			if err != nil {
				return nil, usage("palette: %v", err)
			}
			if i == 0 {
				words.Ground = &c
			} else {
				words.Motifs = append(words.Motifs, c)
			}
		}
		if len(r.Palette) < 2 {
			return nil, usage("a palette of one chip: give at least the ground and one more")
		}
	}
	p := chips.Complete(words, n, r.Seed)
	if given := len(r.Palette); ink >= 0 && given < n {
		p[ink+1] = append(chips.Palette(nil), p[:ink+1]...).Ink()
	}
	return p, nil
}

// Statement says what was drawn, by what rules, and how large it is.
func (d *Drawn) Statement() string {
	return fmt.Sprintf("Drawn by rule (rules %d, seed %d): %s. %v, %v px, %v x %v at %s DPI; no model and no person drew it.",
		draw.Version, d.Request.Seed, d.Caption, d.Spec.Repeat, d.Plan.Picture, d.Plan.Width, d.Plan.Height, figure(d.Plan.DPIX))
}

// Warnings are what the request could not have.
func (d *Drawn) Warnings() []string {
	var out []string
	for _, w := range d.Unknown {
		out = append(out, fmt.Sprintf("the rules do not know the word %q, so it had no effect", w))
	}
	return append(append(out, d.Notes...), d.Plan.Warnings...)
}

// ExportDrawn writes a drawing as Export does; a path that ends in .svg gets
// the vectors instead.
func (s *Session) ExportDrawn(ctx context.Context, d *Drawn, path string, o ExportOptions) (out Exported, err error) {
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		palette := make([]color.RGBA, len(d.Palette))
		for i, c := range d.Palette {
			palette[i] = color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xff}
		}
		text, err := d.scene.SVG(palette)
		if err != nil {
			return out, err
		}
		var set file.Set
		err = set.Add(path, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
		if err == nil {
			err = set.Commit()
		}
		if err != nil {
			return out, errors.Join(err, set.Discard())
		}
		return Exported{Files: []ExportedFile{{Path: path, What: "the vectors of one cell, " + d.Spec.Repeat.String()}}}, nil
	}
	return sheet{
		cell: d.Separation.NRGBA64(d.Palette), repeat: d.Spec.Repeat, plan: d.Plan, seam: d.Seam,
		request: d.Request, statement: d.Statement(), warnings: d.Warnings(),
		says: xmp.Fields{Rule: true, CreatorTool: Software(), DataMining: xmp.NoTraining},
	}.export(ctx, path, o)
}

// DrawnFrom reads the request out of the file of a drawing.
func DrawnFrom(path string) (DrawRequest, error) {
	var r DrawRequest
	text, err := file.ReadRequest(path)
	var none *file.NoRequestError
	if errors.As(err, &none) {
		return r, usage("%v", err)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s carries a request that cannot be read: %w", path, err)
	}
	if r.Rules == 0 {
		return r, usage("%s was generated, not drawn by rule; selvage generate --from %s makes it again", path, path)
	}
	return r, nil
}
