package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/command"
	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/widget"
)

// palette is where every command can be found by typing.
type palette struct {
	shell *Shell
	query *widget.Entry
	rows  *fyne.Container
	pop   *fynewidget.PopUp
	found []command.Command
	at    int
}

const (
	paletteWidth = 460
	paletteRows  = 11
)

func newPalette(s *Shell) *palette {
	p := &palette{shell: s, rows: container.NewVBox()}
	desk := &widget.Desk{Shortcut: func(sc fyne.Shortcut) bool {
		if sc.ShortcutName() == shortcutOf(command.Ctrl("K")).ShortcutName() {
			p.hide()
			return true
		}
		return false
	}}
	p.query = widget.NewEntry(desk, 1, "What do you want to do?", "")
	p.query.OnChanged = func(string) { p.find() }
	p.query.OnSubmitted = func(string) { p.run(p.at) }
	p.query.Typed = p.typed
	return p
}

// shown says whether the palette is open.
func (p *palette) shown() bool { return p.pop != nil && p.pop.Visible() }

func (p *palette) toggle() {
	if p.shown() {
		p.hide()
		return
	}
	c := p.shell.win.Canvas()
	p.query.Force("")
	p.find()
	height := canvas.NewRectangle(color.Transparent)
	height.SetMinSize(fyne.NewSize(paletteWidth, 1))
	p.pop = fynewidget.NewPopUp(container.NewVBox(height, p.query, p.rows), c)
	p.pop.ShowAtPosition(fyne.NewPos((c.Size().Width-paletteWidth)/2, 64))
	c.Focus(p.query)
}

func (p *palette) hide() {
	if p.pop != nil {
		p.pop.Hide()
		p.pop = nil
	}
}

// typed takes the keys that choose a row.
func (p *palette) typed(k fyne.KeyName) bool {
	switch k {
	case fyne.KeyUp:
		p.choose(p.at - 1)
	case fyne.KeyDown:
		p.choose(p.at + 1)
	case fyne.KeyEscape:
		p.hide()
	default:
		return false
	}
	return true
}

func (p *palette) find() {
	p.found = p.shell.commands.Match(p.query.Text)
	if len(p.found) > paletteRows {
		p.found = p.found[:paletteRows]
	}
	p.rows.RemoveAll()
	for i, c := range p.found {
		p.rows.Add(newPaletteRow(p, i, c))
	}
	p.choose(0)
	if p.pop != nil {
		p.pop.Resize(p.pop.MinSize())
	}
}

func (p *palette) choose(i int) {
	if n := len(p.found); n > 0 {
		p.at = (i + n) % n
	} else {
		p.at = -1
	}
	for _, o := range p.rows.Objects {
		o.Refresh()
	}
}

// run closes the palette and then runs a command, since that may open
// something of its own.
func (p *palette) run(i int) {
	if i < 0 || i >= len(p.found) {
		return
	}
	c := p.found[i]
	p.hide()
	p.shell.commands.Run(c.ID)
}

// paletteRow is one command with its shortcut.
type paletteRow struct {
	fynewidget.BaseWidget
	palette *palette
	index   int
	command command.Command
}

func newPaletteRow(p *palette, i int, c command.Command) *paletteRow {
	r := &paletteRow{palette: p, index: i, command: c}
	r.ExtendBaseWidget(r)
	return r
}

// Tapped implements fyne.Tappable.
func (r *paletteRow) Tapped(*fyne.PointEvent) { r.palette.run(r.index) }

// MouseIn implements desktop.Hoverable.
func (r *paletteRow) MouseIn(*desktop.MouseEvent) { r.palette.choose(r.index) }

// MouseMoved implements desktop.Hoverable.
func (r *paletteRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (r *paletteRow) MouseOut() {}

// CreateRenderer implements fyne.Widget.
func (r *paletteRow) CreateRenderer() fyne.WidgetRenderer {
	back := canvas.NewRectangle(color.Transparent)
	back.CornerRadius = 4
	title := widget.NewLine(r.command.Title, base.ColorNameForeground)
	key := widget.NewFigure(r.command.Key.String(), theme.Quiet)
	row := container.NewPadded(container.NewBorder(nil, nil, title, key))
	return &paletteRowRenderer{row: r, back: back, content: row}
}

type paletteRowRenderer struct {
	row     *paletteRow
	back    *canvas.Rectangle
	content *fyne.Container
}

// Destroy implements fyne.WidgetRenderer.
func (r *paletteRowRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *paletteRowRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.content.Resize(s)
}

// MinSize implements fyne.WidgetRenderer.
func (r *paletteRowRenderer) MinSize() fyne.Size { return r.content.MinSize() }

// Objects implements fyne.WidgetRenderer.
func (r *paletteRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.content}
}

// Refresh implements fyne.WidgetRenderer.
func (r *paletteRowRenderer) Refresh() {
	r.back.FillColor = color.Transparent
	if r.row.palette.at == r.row.index {
		r.back.FillColor = theme.Color(base.ColorNameSelection)
	}
	r.back.Refresh()
}
