package studio

import (
	"fmt"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// colorPart is the palette: chips that ink the screens of what is on view at
// once, and the next result when they are kept.
type colorPart struct {
	screen             *Screen
	row                *fyne.Container
	swatches           []*widget.Swatch
	chosen             int // which chip is being changed, -1 for none
	name               *widget.Line
	hex                *widget.Entry
	hue, sat, light    *widget.Slider
	hueRow, satRow, lt labelled
	editor             fyne.CanvasObject
	keep               *widget.Check
	note               *widget.Note
	chips              []viewmodel.Position
	h, s, l            float64 // of the chosen chip: a grey has no hue of its own
	// sent is the chip that was asked for last; until it comes back, older
	// ones that were still being inked do not move the sliders.
	sent    color.NRGBA
	pending bool
}

func newColorPart(s *Screen) *colorPart {
	p := &colorPart{screen: s, chosen: -1}
	p.row = container.NewGridWithColumns(1)
	p.name = widget.NewSmall("", theme.Quiet)
	p.hex = widget.NewFigures(s.desk, "The chip as #rrggbb", func(t string) {
		if p.chosen < 0 || p.chosen >= len(p.chips) || t == widget.Hex(p.chips[p.chosen].Chip) {
			return
		}
		c, err := widget.ParseHex(t)
		if err != nil {
			s.st.Report("The chip was not changed", err)
			p.hex.Force(widget.Hex(p.chips[p.chosen].Chip))
			return
		}
		p.h, p.s, p.l = widget.HSL(c)
		p.send(c)
	})
	slider := func(high, step float64, tip string, set func(float64)) *widget.Slider {
		return widget.NewSlider(s.desk, 0, high, step, tip, func(v float64) {
			if p.chosen < 0 {
				return
			}
			set(v)
			p.send(widget.FromHSL(p.h, p.s, p.l))
		})
	}
	p.hue = slider(360, 1, "Hue", func(v float64) { p.h = v })
	p.sat = slider(1, 0.01, "Saturation", func(v float64) { p.s = v })
	p.light = slider(1, 0.01, "Lightness", func(v float64) { p.l = v })
	p.hueRow, p.satRow, p.lt = newLabelled("Hue", p.hue), newLabelled("Saturation", p.sat), newLabelled("Lightness", p.light)
	p.editor = container.NewVBox(
		container.NewGridWithColumns(2, p.name, p.hex), p.hueRow.object, p.satRow.object, p.lt.object)
	p.editor.Hide()
	p.keep = widget.NewCheck(s.desk, "Keep for the next result", "Ink the next result with these chips; otherwise the prompt's colour words choose",
		func(on bool) {
			s.st.Edit(func(f *viewmodel.Form) {
				f.KeepPalette = on
				if on {
					f.Palette = viewmodel.Palette(p.chips)
				}
			})
		})
	p.note = widget.NewNote(theme.Quiet, noteWidth)
	return p
}

func (p *colorPart) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{p.row, p.editor, p.keep, p.note}
}

func (p *colorPart) update(st viewmodel.State) {
	p.chips = st.Chips()
	if p.chosen >= len(p.chips) {
		p.chosen = -1
	}
	p.place()
	visible(p.row, len(p.chips) > 0)
	visible(p.keep, len(p.chips) > 0)
	visible(p.editor, p.chosen >= 0)
	p.keep.Display(st.Form.KeepPalette)
	switch shown := st.Shown(); {
	case len(p.chips) == 0 && shown != nil:
		p.note.Set("This model makes pictures, not screens: its colours come from the prompt.")
	default:
		p.note.Set("")
	}
	p.showEditor(false)
}

func (p *colorPart) send(c color.NRGBA) {
	p.sent, p.pending = c, true
	p.screen.st.SetChip(p.chosen, c)
}

// place shows as many swatches as there are chips.
func (p *colorPart) place() {
	if len(p.swatches) != len(p.chips) {
		p.swatches = nil
		var objects []fyne.CanvasObject
		for i := range p.chips {
			w := widget.NewSwatch(p.screen.desk, "", color.NRGBA{}, func() { p.choose(i) })
			p.swatches = append(p.swatches, w)
			objects = append(objects, w)
		}
		p.row.Layout = newSwatchLayout(len(objects))
		p.row.Objects = objects
		p.row.Refresh()
	}
	for i, c := range p.chips {
		p.swatches[i].Set(c.Name, c.Chip, i == p.chosen)
	}
}

// choose opens the editor for a chip, or closes it again.
func (p *colorPart) choose(i int) {
	if p.chosen == i {
		i = -1
	}
	p.chosen, p.pending = i, false
	if i >= 0 {
		p.h, p.s, p.l = widget.HSL(p.chips[i].Chip)
	}
	p.place()
	visible(p.editor, i >= 0)
	p.showEditor(true)
}

// showEditor writes the chosen chip into the editor. A chip that is what the
// sliders say leaves them alone: rounding would make them creep.
func (p *colorPart) showEditor(force bool) {
	if p.chosen < 0 {
		return
	}
	c := p.chips[p.chosen]
	if c.Chip == p.sent {
		p.pending = false
	}
	if !p.pending && widget.FromHSL(p.h, p.s, p.l) != c.Chip {
		p.h, p.s, p.l = widget.HSL(c.Chip)
	}
	p.name.Set(c.Name, theme.Quiet)
	if force {
		p.hex.Force(widget.Hex(c.Chip))
	} else {
		p.hex.Display(widget.Hex(c.Chip))
	}
	p.hue.Display(math.Round(p.h))
	p.sat.Display(p.s)
	p.light.Display(p.l)
	p.hueRow.show(fmt.Sprintf("%.0f°", p.h))
	p.satRow.show(fmt.Sprintf("%.0f %%", 100*p.s))
	p.lt.show(fmt.Sprintf("%.0f %%", 100*p.l))
}
