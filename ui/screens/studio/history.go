package studio

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

const (
	historyWidth = 264
	actWidth     = historyWidth - marginLeft - marginRight
)

// history is the column beside the canvas that lists what is on record of the piece on view: who did what
// and when, what they wrote where it can be opened, and whether all of it is still what was signed.
type history struct {
	screen *Screen
	badge  *widget.Badge
	of     *widget.Line
	filter *widget.Select
	verify *widget.Button
	word   *widget.Note // the verdict
	none   *widget.Note
	rows   *fyne.Container
	shown  []viewmodel.Act
	scroll *container.Scroll
	object fyne.CanvasObject
}

func newHistory(s *Screen) *history {
	h := &history{
		screen: s, badge: widget.NewBadge("", theme.Quiet, theme.BadgeGround), of: widget.NewSmall("", theme.Quiet),
		word: widget.NewNote(theme.Quiet, actWidth), none: widget.NewNote(theme.Quiet, actWidth), rows: container.NewVBox(),
	}
	h.filter = widget.NewSelect(s.desk, "Which entries are listed", viewmodel.GroupNames(), func(i int) {
		s.st.FilterHistory(viewmodel.ActGroup(max(0, i)))
	})
	h.verify = button(s, "verify", "Verify", nil)
	shut := widget.NewButton(s.desk, "", base.CancelIcon(), "Close the history   H", func() { s.st.ShowHistory(false) })
	shut.Importance = fynewidget.LowImportance
	title := container.NewBorder(nil, nil, widget.NewLine("History", base.ColorNameForeground).Bold(), shut, container.NewHBox(layout.NewSpacer(), h.badge))
	head := container.NewVBox(title, h.of, container.NewBorder(nil, nil, nil, h.verify, h.filter), h.word, h.none)
	width := fynecanvas.NewRectangle(color.Transparent)
	width.SetMinSize(fyne.NewSize(historyWidth, 1))
	h.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 10, marginLeft, marginRight), h.rows))
	column := widget.Frame(container.New(layout.NewCustomPaddedLayout(6, 2, marginLeft, marginRight), head), nil, nil, nil, h.scroll)
	h.object = Panel(container.NewStack(width, widget.Frame(nil, nil, nil, newEdge(), column)))
	h.object.Hide()
	return h
}

// update draws what is on record.
func (h *history) update(st viewmodel.State) {
	r := st.Record
	if h.object.Visible() != r.Open {
		visible(h.object, r.Open)
		if h.screen.object != nil {
			h.screen.object.Refresh()
		}
	}
	if !r.Open {
		return
	}
	tone, ground := theme.Quiet, theme.BadgeGround
	switch {
	case r.Judged && r.Judgement.Intact:
		tone, ground = theme.Green, theme.GreenGround
	case r.Judged:
		tone, ground = theme.Red, theme.RedGround
	}
	h.badge.Set(r.State(), tone, ground)
	h.word.Set(r.Verdict())
	h.filter.Display(viewmodel.GroupNames(), int(r.Filter))
	h.verify.Set("Verify", fynewidget.MediumImportance, !r.Verifying)
	h.of.Set(viewmodel.RecordTitle(r), theme.Quiet)
	acts := r.Acts()
	switch {
	case r.Problem != "":
		h.none.Set("The history cannot be read: " + viewmodel.Sentence(r.Problem))
	case len(acts) == 0 && !r.Reading:
		h.none.Set("Nothing of this is on record.")
	default:
		h.none.Set("")
	}
	if sameActs(acts, h.shown) {
		return
	}
	h.shown = acts
	h.rows.RemoveAll()
	for _, a := range acts {
		h.rows.Add(actRow(a))
	}
	h.scroll.ScrollToTop()
	h.scroll.Refresh()
}

func sameActs(a, b []viewmodel.Act) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// actRow is one act: what, when and by whom, and the words where they can be opened.
func actRow(a viewmodel.Act) fyne.CanvasObject {
	what, words := widget.NewNote(base.ColorNameForeground, actWidth), widget.NewNote(theme.Quiet, actWidth)
	what.Set(a.What)
	switch {
	case a.Withheld:
		words.Set("(withheld)")
	case a.Words != "":
		words.Set("\u201c" + a.Words + "\u201d")
	}
	when := widget.NewFigure(a.When.Local().Format("2006-01-02 15:04:05"), theme.Quiet)
	who := widget.NewSmall(a.Who, theme.Quiet)
	who.Elide = true
	return container.NewVBox(what, words, container.NewBorder(nil, nil, when, nil, who), newEdge())
}
