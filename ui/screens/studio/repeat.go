package studio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// layoutNames are what the layouts are called on the screen, in the order of
// pattern's kinds.
func layoutNames() []string {
	names := pattern.KindNames()
	words := map[string]string{
		"block": "Block", "half-drop": "Half-drop", "brick": "Brick", "mirror": "Mirror", "hex": "Hex",
		"x": "Border across", "y": "Border down", "none": "Placed, no repeat",
	}
	for i, n := range names {
		if w, ok := words[n]; ok {
			names[i] = w
		}
	}
	return names
}

// repeatPart is the layout and the size of the cell.
type repeatPart struct {
	screen             *Screen
	kind, by, unit     *widget.Select
	drop               *widget.Entry
	dropRow            fyne.CanvasObject
	width, height, dpi *widget.Entry
	pxWidth, pxHeight  *widget.Entry
	cloth, pixels      fyne.CanvasObject
	statement, problem *widget.Note
	offers             *fyne.Container
	offered            []viewmodel.Offer
}

func newRepeatPart(s *Screen) *repeatPart {
	p := &repeatPart{screen: s}
	edit := s.st.Edit
	p.kind = widget.NewSelect(s.desk, "How copies of the cell fill the plane", layoutNames(), func(i int) {
		edit(func(f *viewmodel.Form) {
			f.Repeat.Kind = pattern.Kind(i)
			if f.Repeat.D == 0 {
				f.Repeat.N, f.Repeat.D = 1, 2
			}
		})
	})
	p.drop = widget.NewFigures(s.desk, "By which part of the cell the next column, or row, is shifted", p.setDrop)
	p.dropRow = row("Drop", p.drop)
	p.by = widget.NewSelect(s.desk, "Decide the size by the cloth, or by pixels", []string{"Size on cloth", "Pixels"}, func(i int) {
		edit(func(f *viewmodel.Form) { f.Size.Physical = i == 0 })
	})
	p.unit = widget.NewSelect(s.desk, "The unit of lengths", []string{"cm", "in"}, func(i int) {
		edit(func(f *viewmodel.Form) { f.Inches = i == 1 })
	})
	p.width = widget.NewFigures(s.desk, "The width of the repeat on cloth", func(t string) {
		p.setLength(t, "width", func(f *viewmodel.Form, mm float64) { f.Size.WidthMM = mm })
	})
	p.height = widget.NewFigures(s.desk, "The height of the repeat on cloth; empty is what the layout has by itself", func(t string) {
		if strings.TrimSpace(t) == "" {
			edit(func(f *viewmodel.Form) { f.Size.HeightMM = 0 })
			return
		}
		p.setLength(t, "height", func(f *viewmodel.Form, mm float64) { f.Size.HeightMM = mm })
	})
	p.height.PlaceHolder = "auto"
	p.dpi = widget.NewFigures(s.desk, "Pixels per inch", func(t string) {
		v, err := strconv.ParseFloat(strings.TrimSpace(t), 64)
		if err != nil || v < 1 || v > 4800 {
			p.refuse("The resolution was not changed", fmt.Sprintf("%q is no number of DPI between 1 and 4800", t))
			return
		}
		edit(func(f *viewmodel.Form) { f.Size.DPI = v })
	})
	p.pxWidth = widget.NewFigures(s.desk, "The width of the cell in pixels", func(t string) {
		p.setPixels(t, func(f *viewmodel.Form, v int) { f.Size.Width = v })
	})
	p.pxHeight = widget.NewFigures(s.desk, "The height of the cell in pixels", func(t string) {
		p.setPixels(t, func(f *viewmodel.Form, v int) { f.Size.Height = v })
	})
	p.cloth = row("W × H", p.width, p.height)
	p.pixels = row("W × H", p.pxWidth, p.pxHeight)
	p.statement, p.problem = widget.NewNote(theme.Quiet, noteWidth), widget.NewNote(theme.Amber, noteWidth)
	p.offers = container.NewVBox()
	return p
}

func (p *repeatPart) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		p.kind, p.dropRow,
		container.NewBorder(nil, nil, nil, p.unit, p.by),
		p.cloth, p.pixels, row("DPI", p.dpi),
		p.statement, p.problem, p.offers,
	}
}

// refuse says why an entry is not taken, and shows what holds.
func (p *repeatPart) refuse(what, why string) {
	p.screen.st.Report(what, errors.New(why))
	p.force(p.screen.st.State())
}

func (p *repeatPart) setDrop(t string) {
	k := p.screen.st.State().Form.Repeat.Kind
	if k != pattern.HalfDrop && k != pattern.Brick {
		return
	}
	r, err := pattern.ParseRepeat(k.String(), strings.ReplaceAll(t, " ", ""))
	if err != nil {
		p.refuse("The drop was not changed", err.Error())
		return
	}
	p.screen.st.Edit(func(f *viewmodel.Form) {
		f.Repeat.N, f.Repeat.D = r.Drop()
	})
}

func (p *repeatPart) setLength(t, what string, set func(*viewmodel.Form, float64)) {
	f := p.screen.st.State().Form
	// What is shown is rounded: leaving a field untouched changes nothing.
	if t == p.shownLength(what, f) {
		return
	}
	mm, err := viewmodel.ParseLength(t, f.Inches)
	if err != nil {
		p.refuse("The "+what+" was not changed", err.Error())
		return
	}
	p.screen.st.Edit(func(f *viewmodel.Form) { set(f, mm) })
}

func (p *repeatPart) shownLength(what string, f viewmodel.Form) string {
	mm := f.Size.WidthMM
	if what == "height" {
		mm = f.Size.HeightMM
	}
	if mm == 0 {
		return ""
	}
	return viewmodel.LengthFigure(mm, f.Inches)
}

func (p *repeatPart) setPixels(t string, set func(*viewmodel.Form, int)) {
	v, err := strconv.Atoi(strings.TrimSpace(t))
	if err != nil || v < 1 || v > 1<<16 {
		p.refuse("The size was not changed", fmt.Sprintf("%q is no number of pixels between 1 and 65536", t))
		return
	}
	p.screen.st.Edit(func(f *viewmodel.Form) { set(f, v) })
}

// force shows what holds even in a field that has the focus.
func (p *repeatPart) force(st viewmodel.State) {
	f := st.Form
	n, d := f.Repeat.Drop()
	p.drop.Force(fmt.Sprintf("%d/%d", n, d))
	p.width.Force(p.shownLength("width", f))
	p.height.Force(p.shownLength("height", f))
	p.dpi.Force(strconv.FormatFloat(f.Size.DPI, 'f', -1, 64))
	p.pxWidth.Force(strconv.Itoa(f.Size.Width))
	p.pxHeight.Force(strconv.Itoa(f.Size.Height))
}

func (p *repeatPart) update(st viewmodel.State) {
	f := st.Form
	p.kind.Display(layoutNames(), int(f.Repeat.Kind))
	visible(p.dropRow, f.Repeat.Kind == pattern.HalfDrop || f.Repeat.Kind == pattern.Brick)
	n, d := f.Repeat.Drop()
	p.drop.Display(fmt.Sprintf("%d/%d", n, d))
	by, unit := 1, 0
	if f.Size.Physical {
		by = 0
	}
	if f.Inches {
		unit = 1
	}
	p.by.Display([]string{"Size on cloth", "Pixels"}, by)
	p.unit.Display([]string{"cm", "in"}, unit)
	visible(p.cloth, f.Size.Physical)
	visible(p.pixels, !f.Size.Physical)
	p.width.Display(p.shownLength("width", f))
	p.height.Display(p.shownLength("height", f))
	p.dpi.Display(strconv.FormatFloat(f.Size.DPI, 'f', -1, 64))
	p.pxWidth.Display(strconv.Itoa(f.Size.Width))
	p.pxHeight.Display(strconv.Itoa(f.Size.Height))
	p.statement.Set(planned(st))
	p.problem.Set(viewmodel.Sentences(append(st.Plan.Warnings, problem(st.Plan)...)))
	p.offer(st.Plan)
}

func problem(pl viewmodel.Plan) []string {
	if pl.Problem == "" {
		return nil
	}
	return []string{pl.Problem}
}

// planned says what the size becomes.
func planned(st viewmodel.State) string {
	pl := st.Plan
	if pl.Problem != "" || pl.Width == 0 {
		return ""
	}
	s := fmt.Sprintf("%d × %d px", pl.Width, pl.Height)
	if pl.WidthMM > 0 {
		s += fmt.Sprintf(" · %s × %s", viewmodel.Length(pl.WidthMM, st.Form.Inches), viewmodel.Length(pl.HeightMM, st.Form.Inches))
	}
	if len(pl.Statements) > 0 {
		s += "\n" + viewmodel.Sentences(pl.Statements)
	}
	return s
}

// offer shows a button for every size that the lattice allows instead.
func (p *repeatPart) offer(pl viewmodel.Plan) {
	same := len(pl.Offers) == len(p.offered)
	for i := 0; same && i < len(pl.Offers); i++ {
		same = pl.Offers[i] == p.offered[i]
	}
	if same {
		return
	}
	p.offered = pl.Offers
	p.offers.RemoveAll()
	for _, o := range pl.Offers {
		p.offers.Add(widget.NewButton(p.screen.desk, o.Label, nil, "Use this size and repeat", func() {
			p.screen.st.Take(o)
			p.force(p.screen.st.State())
		}))
	}
	visible(p.offers, len(pl.Offers) > 0)
	p.offers.Refresh()
}
