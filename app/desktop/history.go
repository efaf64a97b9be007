package desktop

import (
	"context"
	"fmt"
	"strings"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// mostTold is how many entries the window lists.
const mostTold = 300

// History implements viewmodel.Historian: of what was made in this library, and else of the library.
func (v *services) History(ctx context.Context, r *viewmodel.Result) (out viewmodel.History, err error) {
	lib, err := v.record()
	if err != nil {
		return out, err
	}
	var of *session.Recorded
	if r != nil {
		if m, ok := r.Origin.(*session.Made); ok && m.Recorded != nil && m.Recorded.Library == lib.Dir() {
			of = m.Recorded
		}
	}
	out.Of = "the library"
	if of != nil {
		out.Of = "this pattern"
	}
	acts, err := v.session.History(ctx, lib, of, mostTold)
	if err != nil {
		return out, err
	}
	for _, a := range acts {
		out.Acts = append(out.Acts, told(a))
	}
	return out, nil
}

func told(a session.Told) viewmodel.Act {
	act := viewmodel.Act{ID: a.Hash.String(), Group: groupOf(a.Kind), Who: shortKey(a.Who), When: a.Time.At}
	if what := a.Sentence(); what != "" {
		act.What = strings.ToUpper(what[:1]) + what[1:]
	}
	act.Words, act.Withheld = a.Words()
	return act
}

// shortKey is a name, or the beginning of a key of somebody who gave none.
func shortKey(who string) string {
	if strings.HasPrefix(who, "did:key:") && len(who) > 20 {
		return who[:20] + "…"
	}
	return who
}

func groupOf(k record.Kind) viewmodel.ActGroup {
	switch k {
	case record.KindPrompt, record.KindRequested, record.KindFinished, record.KindModel:
		return viewmodel.Generations
	case record.KindAccepted, record.KindRejected:
		return viewmodel.Choices
	case record.KindEdit, record.KindRevert, record.KindImport, record.KindSaved:
		return viewmodel.Edits
	case record.KindMilestone, record.KindReview:
		return viewmodel.Milestones
	case record.KindExport, record.KindDisclosure:
		return viewmodel.Exports
	default:
		return viewmodel.Others
	}
}

// Verify implements viewmodel.Historian.
func (v *services) Verify(ctx context.Context) (out viewmodel.Judgement, err error) {
	lib, err := v.record()
	if err != nil {
		return out, err
	}
	verdict, err := v.session.VerifyLedger(ctx, lib, session.VerifyOptions{Deep: true}, nil)
	if err != nil {
		return out, err
	}
	out.Intact, out.Entries = verdict.Intact(), verdict.Entries
	for _, p := range verdict.Problems {
		out.Problems = append(out.Problems, fmt.Sprintf("%s: %s", p.Code, p.Detail))
	}
	return out, nil
}
