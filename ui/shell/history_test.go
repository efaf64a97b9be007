package shell

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/selvage-studio/selvage/ui/command"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// The history opens by a key, lists who did what, and says whether the record holds.
func TestTheHistoryIsOpened(t *testing.T) {
	b := open(t)
	texts := func() map[string]bool {
		all := map[string]bool{}
		b.all(func(o fyne.CanvasObject) {
			switch w := o.(type) {
			case *widget.Note:
				all[w.Text()] = true
			case *widget.Line:
				all[w.Text()] = true
			case *widget.Badge:
				all[w.Text()] = true
			}
		})
		return all
	}
	b.st.Generate()
	b.settle()
	b.st.Accept(b.st.State().Candidates[0].ID)
	b.until("the choice is on record", func() bool { return b.st.State().Canvas.Letter == "A" })
	if !b.sh.commands.Press(command.Plain("H")) {
		t.Fatal("there is no command for the history")
	}
	b.until("what is on record is on the screen", func() bool { return texts()["A candidate was taken, out of 1"] })
	all := texts()
	for _, want := range []string{"History", "not verified", "2 entries about this pattern", "Anna", "Drawn by rule, as it was asked for", "\u201c" + b.st.State().Form.Prompt + "\u201d"} {
		if !all[want] {
			t.Errorf("%q is not on the screen", want)
		}
	}
	b.sh.commands.Run("verify")
	b.until("it is verified", func() bool { return texts()["record verified"] })
	b.st.FilterHistory(viewmodel.Choices)
	b.until("only choices are listed", func() bool {
		return !texts()["Drawn by rule, as it was asked for"] && texts()["1 entry about this pattern"]
	})
	b.sh.commands.Press(command.Plain("H"))
	b.until("it is closed", func() bool { return !b.sh.state.Record.Open })
}
