package viewmodel

import (
	"fmt"
	"strings"
)

// Record is the history as its panel shows it.
type Record struct {
	// Offered says that there is a record to look at; Open that the panel is shown.
	Offered, Open bool
	// Reading is set until the history of what is shown now has been read.
	Reading bool
	Filter  ActGroup
	History History
	// Problem says why the history cannot be read.
	Problem string
	// Verifying is set while the record is judged, Judged once it was. Something that happens afterwards
	// takes the judgement away: it was of another record.
	Verifying, Judged bool
	Judgement         Judgement

	of    *Piece // of which it was read
	stale bool   // something happened since
	turn  uint64 // counts what was recorded
}

// Acts are those that the filter lets through.
func (r Record) Acts() []Act {
	var out []Act
	for _, a := range r.History.Acts {
		if r.Filter == Everything || a.Group == r.Filter {
			out = append(out, a)
		}
	}
	return out
}

// GroupNames are what the groups are called, in their order.
func GroupNames() []string {
	return []string{"Everything", "Generations", "Choices", "Edits", "Milestones and reviews", "Exports", "Others"}
}

// RecordTitle says what is listed, and how much of it.
func RecordTitle(r Record) string {
	if r.Reading {
		return "Reading…"
	}
	n := len(r.Acts())
	switch {
	case r.History.Of == "":
		return ""
	case n == 1:
		return "1 entry about " + r.History.Of
	}
	return fmt.Sprintf("%d entries about %s", n, r.History.Of)
}

// State says in two words what is known of the record.
func (r Record) State() string {
	switch {
	case r.Verifying:
		return "verifying"
	case !r.Judged:
		return "not verified"
	case r.Judgement.Intact:
		return "record verified"
	}
	return "not intact"
}

// Verdict explains the state in a sentence; empty before there is one.
func (r Record) Verdict() string {
	switch {
	case !r.Judged:
		return ""
	case r.Judgement.Intact:
		return fmt.Sprintf("All %d entries are what was signed.", r.Judgement.Entries)
	}
	return "The record is not what was signed. " + strings.Join(r.Judgement.Problems, "; ") + ". Put a back-up in its place."
}

type (
	historyShown    struct{ open bool }
	historyFiltered struct{ group ActGroup }
	historyReading  struct{}
	historyRead     struct {
		of      *Piece
		history History
		problem string
	}
	recorded  struct{}
	verifying struct{}
	judged    struct {
		turn      uint64
		judgement Judgement
		failed    bool
	}
)

func (historyShown) isEvent()    {}
func (historyFiltered) isEvent() {}
func (historyReading) isEvent()  {}
func (historyRead) isEvent()     {}
func (recorded) isEvent()        {}
func (verifying) isEvent()       {}
func (judged) isEvent()          {}

// happen reduces what concerns the record.
func (r Record) happen(e event) Record {
	switch e := e.(type) {
	case historyShown:
		r.Open = e.open && r.Offered
	case historyFiltered:
		r.Filter = e.group
	case historyReading:
		r.Reading, r.stale = true, false
	case historyRead:
		r.Reading, r.of, r.History, r.Problem = false, e.of, e.history, e.problem
	case recorded, arrived, kept:
		r.stale, r.Judged = true, false
		r.turn++
	case verifying:
		r.Verifying = true
	case judged:
		r.Verifying = false
		r.Judged = !e.failed && e.turn == r.turn
		r.Judgement = e.judgement
	}
	return r
}

// ShowHistory opens or closes the panel of the history.
func (s *Studio) ShowHistory(on bool) { s.apply(historyShown{on}) }

// FilterHistory chooses which acts are listed.
func (s *Studio) FilterHistory(g ActGroup) { s.apply(historyFiltered{g}) }

// readHistory begins to read the history where the panel is open and shows another one. The lock is held.
func (s *Studio) readHistory() {
	r := s.state.Record
	if s.closed || !r.Open || r.Reading || !r.stale && r.of != nil && same(r.of, s.state.Shown()) {
		return
	}
	s.state = reduce(s.state, historyReading{})
	of := s.state.Shown()
	if of == nil {
		of = &Piece{} // everything
	}
	s.work.Go(func() {
		var result *Result
		if of.ID != 0 {
			result = &of.Result
		}
		h, err := s.services.Historian.History(s.ctx, result)
		read := historyRead{of: of, history: h}
		if err != nil && s.ctx.Err() == nil {
			read.problem = err.Error()
		}
		s.apply(read)
	})
}

// same says whether a history was read of the piece on view.
func same(of, shown *Piece) bool {
	if shown == nil {
		return of.ID == 0
	}
	return of.ID == shown.ID
}

// VerifyRecord judges the record beside the window.
func (s *Studio) VerifyRecord() {
	st := s.State()
	if !st.Record.Offered || st.Record.Verifying {
		return
	}
	s.apply(verifying{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	turn := s.state.Record.turn
	s.work.Go(func() {
		j, err := s.services.Historian.Verify(s.ctx)
		s.apply(judged{turn, j, err != nil})
		if err != nil && s.ctx.Err() == nil {
			s.complain("The record could not be verified", err)
		}
	})
}
