package session

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/starter"
)

// ink turns the starter's screens into a picture of the plan's size, in the
// chips of the request's palette or the colours that its prompt names.
func (s *Session) ink(ctx context.Context, m *Made, planes *pattern.Planes) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	offered, err := offerOf(m.Request)
	if err != nil {
		return err
	}
	inked, err := starter.DefaultInking().Ink(planes, m.Repeat(), mostPositions(m.Request), m.Plan.Picture)
	if err != nil {
		return err
	}
	sep, held := inked.Separation, inked.Held
	m.Positions = nil
	for _, p := range held {
		m.Positions = append(m.Positions, starter.PositionName(p))
	}
	if n := len(m.Request.Palette); n > len(held) {
		m.Warnings = append(m.Warnings, fmt.Sprintf("the repeat came out in %d positions, so the last %d chips of the palette are not in it", len(held), n-len(held)))
	}
	if used := sep.Used(); used[starter.Ground] > 0.998 {
		m.Warnings = append(m.Warnings, "hardly anything but the ground came out; take another seed, or ask for larger or denser motifs")
	}
	palette := offered.of(held)
	m.Separation = sep
	m.ink(palette)
	return nil
}

// painter shows what a model has made so far: a picture as it is, screens in
// the chips that they will have.
func painter(r Request, screens bool, g starter.Group) (func(*pattern.Planes) *image.NRGBA, error) {
	if !screens {
		return func(p *pattern.Planes) *image.NRGBA { return p.NRGBA() }, nil
	}
	offered, err := offerOf(r)
	if err != nil {
		return nil, err
	}
	most := mostPositions(r)
	return func(p *pattern.Planes) *image.NRGBA {
		size := pattern.Size{Width: p.Width, Height: p.Height}
		inked, err := starter.DefaultInking().Ink(p, g.Repeat, most, size)
		if err != nil {
			return nil // a preview less; what is wrong shows in the picture itself
		}
		return g.FillPicture(inked.NRGBA(offered.of(inked.Held)))
	}, nil
}

// ink gives the separation its chips.
func (m *Made) ink(p color.Palette) {
	m.Palette = p
	m.Cell = m.Separation.NRGBA64(p)
}

// Reink returns the same repeat in another palette, the ground first. Screens
// do not change, and so neither does the seam's place; the request follows.
// The error is a *UsageError for a repeat that is no screens.
func (m *Made) Reink(p color.Palette) (*Made, error) {
	if m.Separation == nil {
		return nil, usage("this repeat is a picture, not screens: it has no palette to change")
	}
	if err := m.Separation.Check(p); err != nil {
		return nil, err
	}
	again := *m
	again.Request.Palette = hexes(p)
	again.ink(p)
	return &again, nil
}

// PaletteHex lists the chips as #rrggbb, the ground first.
func (m *Made) PaletteHex() []string { return hexes(m.Palette) }

func hexes(p color.Palette) []string {
	var out []string
	for _, c := range p {
		out = append(out, c.Hex())
	}
	return out
}

// offer is the chips that a request has for the positions of a repeat.
type offer struct {
	// given are the palette's own, in its order.
	given color.Palette
	// found are those that the prompt names, and what goes with them; the last
	// is for outlines.
	found color.Palette
}

// offerOf reads the palette of the request, or the colour words of its prompt; what
// both leave open is filled up with chips that go with them.
func offerOf(r Request) (c offer, err error) {
	words := color.FindWords(r.Prompt)
	if len(r.Palette) > 0 {
		if err := checkPalette(r.Palette); err != nil {
			return c, err
		}
		for _, h := range r.Palette {
			chip, err := color.ParseChip(h)
			if err != nil {
				return c, usage("palette: %v", err)
			}
			c.given = append(c.given, chip)
		}
		return c, nil
	}
	c.found = color.Complete(words, starter.Positions-1, r.Seed)
	c.found = append(c.found, c.found.Ink())
	return c, nil
}

// of returns a chip for each of the positions that a repeat has, in their order.
func (c offer) of(held []int) color.Palette {
	if len(c.given) > 0 {
		return c.given[:min(len(held), len(c.given))]
	}
	p := make(color.Palette, 0, len(held))
	for i, position := range held {
		if position == starter.Outline {
			// Against the chips that are really there.
			p = append(p, p.Ink())
			continue
		}
		p = append(p, c.found[i])
	}
	return p
}

// checkPalette says what is wrong with a palette before anything slow begins.
func checkPalette(hex []string) error {
	if n := len(hex); n < 2 || n > starter.Positions {
		return usage("a palette of %s: the starter model has %d positions (the ground, six more and outlines), so give 2 to %d chips with the ground first", counted(n, "chip"), starter.Positions, starter.Positions)
	}
	for _, h := range hex {
		if _, err := color.ParseChip(h); err != nil {
			return usage("palette: %v", err)
		}
	}
	return nil
}

// groupOf is what the model makes of the cell: a model of screens makes a group of
// motifs that fills it, unless it works on a picture that is there.
func groupOf(r Request, f facts, size pattern.Size) starter.Group {
	if !f.screens || r.Init != nil || r.Control != nil {
		return starter.Group{Size: size, Repeat: r.Repeat.Repeat, Times: 1}
	}
	return starter.GroupFor(r.Prompt, pattern.Lattice{Repeat: r.Repeat.Repeat, Stride: f.stride}, size)
}

// mostPositions is how many positions a repeat may have, the ground counted: what
// the prompt says, and no more than the palette has; 0 is as many as come out.
func mostPositions(r Request) int {
	most := len(r.Palette)
	if n := asked(r.Prompt); n > 0 && (most == 0 || n+1 < most) {
		most = n + 1
	}
	return most
}

// modelPrompt is the prompt as the model reads it, and the words of it that the
// model was never shown. The starter draws screens: colours are no business of
// its, neither those of the prompt nor the palette, so that a repeat stays the
// same in every palette.
func modelPrompt(r Request, screens bool) (read string, unknown []string, err error) {
	if !screens {
		return r.Prompt, nil, nil
	}
	return starter.Read(color.FindWords(r.Prompt).Rest)
}

// asked is how many positions beside the ground a prompt asks for, 0 where it
// does not say.
func asked(prompt string) int {
	said, err := draw.Parse(prompt)
	var positions *draw.PositionsError
	if errors.As(err, &positions) {
		return positions.Asked
	}
	return said.Spec.Positions
}

// counted is a number of things in words.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
