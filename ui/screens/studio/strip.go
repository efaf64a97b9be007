package studio

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// strip is the staging strip: what was generated, and waits for a person.
type strip struct {
	screen  *Screen
	count   *widget.Line
	hint    *widget.Line
	accept  *widget.Button
	discard *widget.Button
	row     *fyne.Container
	scroll  *container.Scroll
	least   fyne.Size // of row when it was laid out last
	cards   map[uint64]*widget.Card
	order   []uint64
	object  fyne.CanvasObject
}

func newStrip(s *Screen) *strip {
	t := &strip{screen: s, cards: map[uint64]*widget.Card{}}
	t.count = widget.NewFigure("", theme.Quiet)
	t.hint = widget.NewSmall("", theme.Quiet)
	t.hint.Elide = true
	button := func(id, text string, icon fyne.Resource) *widget.Button {
		c, _ := s.commands.Find(id)
		b := widget.NewButton(s.desk, text, icon, c.Tip(), func() { s.commands.Run(id) })
		return b
	}
	t.accept = button("accept", "Accept", base.ConfirmIcon())
	t.discard = button("discard", "Discard", base.CancelIcon())
	head := container.NewBorder(nil, nil,
		container.NewHBox(widget.NewLine("Candidates", base.ColorNameForeground).Bold(), t.count),
		container.NewHBox(t.discard, t.accept), t.hint)
	t.row = container.NewHBox()
	t.scroll = container.NewHScroll(t.row)
	t.scroll.SetMinSize(fyne.NewSize(200, widget.CardSide+46))
	t.object = Panel(container.New(layout.NewCustomPaddedLayout(5, 2, 10, 10), container.NewBorder(head, nil, nil, nil, t.scroll)))
	return t
}

func (t *strip) update(st viewmodel.State) {
	var order []uint64
	seen := map[uint64]bool{}
	show := func(id uint64, tip string, picture image.Image, title, note string) {
		c := t.cards[id]
		if c == nil {
			c = widget.NewCard(t.screen.desk, tip, func() { t.look(id) })
			t.cards[id] = c
		}
		c.Set(picture, title, note, st.Viewing == id)
		order = append(order, id)
		seen[id] = true
	}
	for _, c := range st.Candidates {
		title := c.Letter
		if !c.Result.Seam.OK {
			title += fmt.Sprintf(" · %s", c.Result.Seam)
		}
		show(c.ID, "Look at "+c.Letter+" on the canvas", c.Thumb, title, fmt.Sprint(c.Result.Request.Seed))
	}
	for _, k := range st.Tasks {
		if k.Kind != viewmodel.Generating {
			continue
		}
		// A nil *image.NRGBA in an image.Image is no nil.
		var picture image.Image
		if k.Preview != nil {
			picture = k.Preview
		}
		title, note := "Waiting", ""
		if k.Running {
			title, note = k.Stage, viewmodel.TimeLeft(k.TimeLeft)
			if k.Step > 0 {
				title = fmt.Sprintf("%d of %d", k.Step, k.Steps)
			}
			if k.Cancelling {
				title = "Cancelling"
			}
		}
		show(k.ID, "Watch it on the canvas while it grows", picture, title, note)
	}
	for id := range t.cards {
		if !seen[id] {
			delete(t.cards, id)
		}
	}
	t.place(order)
	if least := t.row.MinSize(); least != t.least {
		t.least = least
		t.row.Refresh()
	}
	n := len(st.Candidates)
	t.count.Set(counted(n), theme.Quiet)
	t.hint.Set(hint(st), theme.Quiet)
	_, viewed := st.Candidate(st.Viewing)
	accent := fynewidget.MediumImportance
	if viewed {
		accent = fynewidget.HighImportance
	}
	t.accept.Set("Accept", accent, viewed)
	t.discard.Set("Discard", fynewidget.MediumImportance, viewed)
}

func counted(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// hint says what a person can do next.
func hint(st viewmodel.State) string {
	switch {
	case len(st.Candidates) == 0 && len(st.Tasks) == 0:
		return "What is generated waits here until you accept or discard it."
	case st.Viewing == 0 && len(st.Candidates) > 0:
		return "Choose one to look at it on the canvas."
	default:
		return ""
	}
}

// place puts the cards into the row, and shows the newest.
func (t *strip) place(order []uint64) {
	same := len(order) == len(t.order)
	for i := 0; same && i < len(order); i++ {
		same = order[i] == t.order[i]
	}
	if same {
		return
	}
	grown := len(order) > len(t.order)
	t.order = order
	t.row.RemoveAll()
	for _, id := range order {
		t.row.Add(t.cards[id])
	}
	t.row.Refresh()
	if grown {
		t.scroll.ScrollToOffset(fyne.NewPos(t.row.MinSize().Width, 0))
	}
	t.scroll.Refresh()
}

// look shows a candidate on the canvas, or the canvas again when it is shown
// already.
func (t *strip) look(id uint64) {
	if t.screen.state.Viewing == id {
		id = 0
	}
	t.screen.st.View(id)
}
