package studio

import (
	"fmt"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// promptPart is what is asked for, of which model, and how far it has come.
type promptPart struct {
	screen           *Screen
	prompt, negative *widget.Entry
	model            *widget.Select
	firstLook        *widget.Badge
	note             *widget.Note
	generate, cancel *widget.Button
	bar              *widget.Bar
	stage            *widget.Line
	progress         fyne.CanvasObject
	init             *widget.Line
	strength         *widget.Slider
	strengthRow      labelled
	initBox          fyne.CanvasObject
	noteRow          fyne.CanvasObject
}

func newPromptPart(s *Screen) *promptPart {
	p := &promptPart{screen: s}
	edit := s.st.Edit
	p.prompt = widget.NewEntry(s.desk, 3, "What shall the pattern show?", "The prompt   P")
	p.prompt.OnChanged = func(t string) { edit(func(f *viewmodel.Form) { f.Prompt = t }) }
	p.negative = widget.NewEntry(s.desk, 1, "Negative prompt", "What the pattern shall not show")
	p.negative.OnChanged = func(t string) { edit(func(f *viewmodel.Form) { f.Negative = t }) }
	p.model = widget.NewSelect(s.desk, "The model that makes the pattern", nil, func(i int) {
		if models := s.state.Models; i >= 0 && i < len(models) {
			// Steps, guidance and sampler are the new model's own.
			edit(func(f *viewmodel.Form) { f.Model, f.Steps, f.Guidance, f.Sampler = models[i].ID, 0, 0, "" })
		}
	})
	p.model.PlaceHolder = "No model"
	p.firstLook = widget.NewBadge("first look", theme.Amber, theme.AmberGround)
	p.note = widget.NewNote(theme.Quiet, noteWidth)
	p.noteRow = p.note
	p.generate = button(s, "generate", "Generate", nil)
	p.generate.Importance = fynewidget.HighImportance
	p.cancel = button(s, "cancel", "Cancel", nil)
	p.bar = widget.NewBar()
	p.stage = widget.NewSmall("", theme.Quiet)
	p.stage.Elide = true
	p.progress = container.NewVBox(p.bar, p.stage)
	p.progress.Hide()
	p.init = widget.NewSmall("", base.ColorNameForeground)
	p.init.Elide = true
	remove := widget.NewButton(s.desk, "", base.CancelIcon(), "Do not start from this picture", func() {
		edit(func(f *viewmodel.Form) { f.Init = "" })
	})
	remove.Importance = fynewidget.LowImportance
	p.strength = widget.NewSlider(s.desk, 0.05, 1, 0.05, "How far to leave the picture", func(v float64) {
		edit(func(f *viewmodel.Form) { f.Strength = v })
	})
	p.strengthRow = newLabelled("Strength", p.strength)
	p.initBox = container.NewVBox(container.NewBorder(nil, nil, nil, remove, p.init), p.strengthRow.object)
	p.initBox.Hide()
	return p
}

// button makes a button for a command.
func button(s *Screen, id, text string, icon fyne.Resource) *widget.Button {
	c, _ := s.commands.Find(id)
	return widget.NewButton(s.desk, text, icon, c.Tip(), func() { s.commands.Run(id) })
}

func (p *promptPart) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		p.prompt, p.negative,
		container.NewBorder(nil, nil, nil, p.firstLook, p.model),
		p.noteRow, p.initBox,
		container.NewBorder(nil, nil, nil, p.cancel, p.generate),
		p.progress,
	}
}

func (p *promptPart) update(st viewmodel.State) {
	f := st.Form
	p.prompt.Display(f.Prompt)
	p.negative.Display(f.Negative)
	names := make([]string, len(st.Models))
	chosen := -1
	m, ok := st.Model()
	for i, o := range st.Models {
		names[i] = o.Name
		if ok && o.ID == m.ID {
			chosen = i
		}
	}
	p.model.Display(names, chosen)
	visible(p.firstLook, m.FirstLook)
	p.note.Set(viewmodel.Sentence(m.Note))
	visible(p.initBox, f.Init != "")
	p.init.Set("From "+filepath.Base(f.Init), base.ColorNameForeground)
	p.strength.Display(f.Strength)
	p.strengthRow.show(fmt.Sprintf("%.2f", f.Strength))

	t, running := st.Running()
	label := "Generate"
	if running {
		label = "Queue"
	}
	if f.Count > 1 {
		label = fmt.Sprintf("%s %d", label, f.Count)
	}
	p.generate.Set(label, fynewidget.HighImportance, st.Plan.Problem == "" || len(st.Plan.Offers) > 0)
	p.cancel.Set("Cancel", fynewidget.MediumImportance, running && !t.Cancelling)
	visible(p.progress, running)
	p.bar.Set(t.Fraction)
	line := t.StageLine()
	if n := len(st.Tasks) - 1; n > 0 {
		line += fmt.Sprintf(" · %d waiting", n)
	}
	p.stage.Set(line, theme.Quiet)
}
