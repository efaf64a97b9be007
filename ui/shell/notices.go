package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// notices is the bar under the top: what failed, what to know, what was done.
// It never takes the focus.
type notices struct {
	shell  *Shell
	shown  []uint64
	object *fyne.Container
}

func newNotices(s *Shell) *notices { return &notices{shell: s, object: widget.Stacked()} }

func (n *notices) update(st viewmodel.State) {
	same := len(st.Notices) == len(n.shown)
	for i := 0; same && i < len(n.shown); i++ {
		same = n.shown[i] == st.Notices[i].ID
	}
	if same {
		return
	}
	n.shown = nil
	n.object.RemoveAll()
	for _, notice := range st.Notices {
		n.shown = append(n.shown, notice.ID)
		n.object.Add(n.line(notice))
	}
	n.object.Refresh()
	n.shell.win.Content().Refresh()
}

// line is one notice: a mark in its colour, the text, the offer, the cross.
func (n *notices) line(notice viewmodel.Notice) fyne.CanvasObject {
	tone, ground := theme.Quiet, theme.BadgeGround
	switch notice.Level {
	case viewmodel.Warning:
		tone, ground = theme.Amber, theme.AmberGround
	case viewmodel.Failure:
		tone, ground = theme.Red, theme.RedGround
	default:
	}
	if notice.Level == viewmodel.News {
		tone = base.ColorNameForeground
	}
	text := widget.NewNote(tone, 0)
	text.Set(viewmodel.Sentence(notice.Text))
	buttons := container.NewHBox()
	if notice.Action != "" {
		buttons.Add(widget.NewButton(n.shell.desk, notice.Action, nil, notice.Action, func() { n.shell.act(notice) }))
	}
	cross := widget.NewButton(n.shell.desk, "", base.CancelIcon(), "Dismiss", func() { n.shell.st.Dismiss(notice.ID) })
	cross.Importance = fynewidget.LowImportance
	buttons.Add(cross)
	back := widget.NewGround(ground)
	edge := canvas.NewRectangle(color.Transparent)
	edge.SetMinSize(fyne.NewSize(1, 30))
	return container.NewStack(back, edge, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 8),
		container.NewBorder(nil, nil, nil, container.NewVBox(buttons), container.New(layout.NewCustomPaddedLayout(8, 6, 2, 8), text))))
}
