package viewmodel_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// The panel shows what is on record of the piece on view, follows it, and takes a judgement back as soon as
// there is something that was not judged.
func TestTheHistoryFollowsWhatIsShown(t *testing.T) {
	b := newBench(t, nil)
	b.until("the example is there", func(s viewmodel.State) bool { return s.Canvas != nil })
	if s := b.st.State(); !s.Record.Offered || s.Record.Open || len(s.Record.History.Acts) > 0 {
		t.Fatalf("%+v", s.Record)
	}
	b.st.Generate()
	b.until("a candidate", func(s viewmodel.State) bool { return len(s.Candidates) == 1 && len(s.Tasks) == 0 })
	b.st.ShowHistory(true)
	b.until("what is on record of the library", func(s viewmodel.State) bool { return len(s.Record.History.Acts) == 1 && !s.Record.Reading })
	st := b.st.State()
	b.st.View(st.Candidates[0].ID)
	st = b.until("what is on record of the candidate", func(s viewmodel.State) bool { return s.Record.History.Of == "this pattern" && !s.Record.Reading })
	if a := st.Record.Acts(); len(a) != 1 || a[0].Words != st.Candidates[0].Result.Request.Prompt || a[0].Group != viewmodel.Generations {
		t.Errorf("%+v", a)
	}

	b.st.VerifyRecord()
	st = b.until("the record is verified", func(s viewmodel.State) bool { return s.Record.Judged })
	if st.Record.State() != "record verified" || !strings.Contains(st.Record.Verdict(), "1 entries") {
		t.Errorf("%q, %q", st.Record.State(), st.Record.Verdict())
	}
	b.st.Accept(st.Viewing)
	st = b.until("the choice is listed", func(s viewmodel.State) bool { return len(s.Record.Acts()) == 2 && !s.Record.Reading })
	if st.Record.Judged || st.Record.State() != "not verified" || st.Record.Acts()[0].Group != viewmodel.Choices {
		t.Errorf("%+v", st.Record)
	}
	b.st.FilterHistory(viewmodel.Generations)
	st = b.until("the filter holds", func(s viewmodel.State) bool { return len(s.Record.Acts()) == 1 })
	if viewmodel.RecordTitle(st.Record) != "1 entry about this pattern" {
		t.Error(viewmodel.RecordTitle(st.Record))
	}

	b.d.Diary().Break("head.mismatch: somebody was here")
	b.st.VerifyRecord()
	st = b.until("it is found out", func(s viewmodel.State) bool { return s.Record.Judged })
	if st.Record.State() != "not intact" || !strings.Contains(st.Record.Verdict(), "head.mismatch") {
		t.Errorf("%q, %q", st.Record.State(), st.Record.Verdict())
	}
	b.st.ShowHistory(false)
	b.until("it is closed", func(s viewmodel.State) bool { return !s.Record.Open })
}

// broken is a record that cannot be read.
type broken struct{}

func (broken) History(context.Context, *viewmodel.Result) (viewmodel.History, error) {
	return viewmodel.History{}, errors.New("the disk is gone")
}

func (broken) Verify(context.Context) (viewmodel.Judgement, error) {
	return viewmodel.Judgement{}, errors.New("the disk is gone")
}

func TestAHistoryThatCannotBeRead(t *testing.T) {
	b := newBench(t, func(s *viewmodel.Services) { s.Historian = broken{} })
	b.st.ShowHistory(true)
	b.until("the reason is said", func(s viewmodel.State) bool { return s.Record.Problem == "the disk is gone" && !s.Record.Reading })
	b.st.VerifyRecord()
	st := b.until("that too", func(s viewmodel.State) bool { return !s.Record.Verifying && len(s.Notices) > 0 })
	if st.Record.Judged || st.Record.State() != "not verified" {
		t.Errorf("what could not be verified counts as verified: %+v", st.Record)
	}
	none := newBench(t, func(s *viewmodel.Services) { s.Historian = nil })
	none.st.ShowHistory(true)
	if s := none.st.State(); s.Record.Offered || s.Record.Open {
		t.Error("a history is offered where there is none")
	}
}
