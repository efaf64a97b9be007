package session

import (
	"context"
	"fmt"
	"image"

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
	sep, err := starter.DefaultInking().Ink(planes.Data, planes.Width, planes.Height, m.Repeat(), m.Plan.Picture)
	if err != nil {
		return err
	}
	palette, err := paletteOf(m.Request)
	if err != nil {
		return err
	}
	m.Separation = sep
	m.ink(palette)
	return nil
}

// painter shows what a model has made so far: a picture as it is, screens in
// the chips that they will have.
func painter(r Request, screens bool) (func(*pattern.Planes) *image.NRGBA, error) {
	if !screens {
		return func(p *pattern.Planes) *image.NRGBA { return p.NRGBA() }, nil
	}
	palette, err := paletteOf(r)
	if err != nil {
		return nil, err
	}
	return func(p *pattern.Planes) *image.NRGBA {
		size := pattern.Size{Width: p.Width, Height: p.Height}
		sep, err := starter.DefaultInking().Ink(p.Data, p.Width, p.Height, r.Repeat.Repeat, size)
		if err != nil {
			return nil // a preview less; what is wrong shows in the picture itself
		}
		return sep.NRGBA(palette)
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

// paletteOf is the chips for the starter's positions: those of the request, or
// the colour words of the prompt; what both leave open is filled up with
// chips that go with them.
func paletteOf(r Request) (color.Palette, error) {
	words := color.FindWords(r.Prompt)
	if len(r.Palette) == 0 {
		p := color.Complete(words, starter.Positions-1, r.Seed)
		return append(p, p.Ink()), nil
	}
	if err := checkPalette(r.Palette); err != nil {
		return nil, err
	}
	var given color.Palette
	for _, h := range r.Palette {
		c, err := color.ParseChip(h)
		if err != nil {
			return nil, usage("palette: %v", err)
		}
		given = append(given, c)
	}
	if len(given) >= starter.Positions {
		return given, nil
	}
	ground := given[0]
	p := color.Complete(color.Words{Ground: &ground, Motifs: given[1:]}, starter.Positions-1, r.Seed)
	// A chip that was given twice is meant twice.
	copy(p, given)
	return append(p[:starter.Positions-1], p.Ink()), nil
}

// checkPalette says what is wrong with a palette before anything slow begins.
func checkPalette(hex []string) error {
	if n := len(hex); n < 2 || n > starter.Positions {
		return usage("a palette of %d chips: the starter model has %d positions (ground, first, second, third, outline), so give 2 to %d chips with the ground first", n, starter.Positions, starter.Positions)
	}
	for _, h := range hex {
		if _, err := color.ParseChip(h); err != nil {
			return usage("palette: %v", err)
		}
	}
	return nil
}

// PositionName names position i of the starter's palette.
func PositionName(i int) string {
	names := []string{"Ground", "First", "Second", "Third", "Outline"}
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("Position %d", i)
	}
	return names[i]
}

// modelPrompt is the prompt as the model reads it: the starter draws screens,
// and colours are no business of its.
func modelPrompt(r Request, screens bool) string {
	if !screens {
		return r.Prompt
	}
	return color.FindWords(r.Prompt).Rest
}
