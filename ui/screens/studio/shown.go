package studio

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// newSwatchLayout sets chips into lines of at most eight.
func newSwatchLayout(n int) fyne.Layout { return layout.NewGridLayout(max(1, min(n, 8))) }

// shownPart is what is known of the piece on view.
type shownPart struct {
	prompt, statement, seam, warnings *widget.Note
	badge                             *widget.Badge
	seed                              *widget.Line
	reuse                             *widget.Button
	head                              fyne.CanvasObject
	none                              *widget.Note
}

func newShownPart(s *Screen) *shownPart {
	p := &shownPart{
		prompt:    widget.NewNote(base.ColorNameForeground, noteWidth),
		statement: widget.NewNote(theme.Quiet, noteWidth), seam: widget.NewNote(theme.Quiet, noteWidth), warnings: widget.NewNote(theme.Amber, noteWidth),
		badge: widget.NewBadge("", theme.Green, theme.GreenGround), seed: widget.NewFigure("", theme.Quiet),
		none: widget.NewNote(theme.Quiet, noteWidth),
	}
	p.reuse = button(s, "reuse", "Use its settings", nil)
	p.head = container.NewHBox(p.badge, layout.NewSpacer(), p.seed)
	p.none.Set("Nothing yet.")
	return p
}

func (p *shownPart) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{p.none, p.head, p.prompt, p.statement, p.seam, p.warnings, p.reuse}
}

func (p *shownPart) update(st viewmodel.State) {
	piece := st.Shown()
	on := piece != nil
	visible(p.none, !on)
	visible(p.head, on)
	visible(p.reuse, on)
	if !on {
		for _, n := range []*widget.Note{p.prompt, p.statement, p.seam, p.warnings} {
			n.Set("")
		}
		return
	}
	r := piece.Result
	if r.Seam.OK {
		p.badge.Set("seam proved", theme.Green, theme.GreenGround)
	} else {
		p.badge.Set("seam shows", theme.Amber, theme.AmberGround)
	}
	p.seed.Set(fmt.Sprintf("seed %d", r.Request.Seed), theme.Quiet)
	p.prompt.Set(r.Request.Prompt)
	p.statement.Set(viewmodel.Sentence(r.Statement))
	p.seam.Set(viewmodel.Sentence(r.Seam.Statement))
	p.warnings.Set(viewmodel.Sentences(r.Warnings))
}
