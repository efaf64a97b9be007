package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
)

// said is a statement at its place.
type said struct {
	log   blob.Hash
	index int64
	at    time.Time
	st    identity.Statement
}

// statement gathers what entries say about people.
func (j *judge) statement(l *log, index int64, at record.Time, b record.Body) {
	text := Statement(b)
	if len(text) == 0 {
		return
	}
	st, err := identity.Parse(text)
	if err == nil && st.Library != j.v.Library {
		err = fmt.Errorf("it is one about the library %s", st.Library)
	}
	if err != nil {
		j.problem(StatementInvalid, l.ID, index, "%v", err)
		return
	}
	j.said = append(j.said, said{l.ID, index, at.At, st})
}

// Statement is the statement that a body carries, nil where it carries none.
func Statement(b record.Body) json.RawMessage {
	switch b := b.(type) {
	case *record.Library:
		return b.Statement
	case *record.Actor:
		return b.Statement
	case *record.Milestone:
		return b.Statement
	}
	return nil
}

// ordered puts statements in the order in which they count. Those of one log stand as they
// do there; of what comes next in each log, the earliest time is taken, and of equal ones
// the log with the smaller id.
func ordered(all []said) []said {
	next := map[blob.Hash][]said{}
	for _, s := range all {
		next[s.log] = append(next[s.log], s)
	}
	var logs []blob.Hash
	for id, list := range next {
		logs = append(logs, id)
		slices.SortStableFunc(list, func(a, b said) int { return cmp.Compare(a.index, b.index) })
	}
	slices.SortFunc(logs, func(a, b blob.Hash) int { return bytes.Compare(a[:], b[:]) })
	out := make([]said, 0, len(all))
	for len(out) < len(all) {
		best := -1
		for i, id := range logs {
			if len(next[id]) > 0 && (best < 0 || next[id][0].at.Before(next[logs[best]][0].at)) {
				best = i
			}
		}
		out = append(out, next[logs[best]][0])
		next[logs[best]] = next[logs[best]][1:]
	}
	return out
}

// apply makes a state of statements. One that does not hold yet is tried again when the others
// are done. What is left does not hold, for the reasons that come with it.
func apply(state *identity.State, all []said) (left []said, why []error) {
	left = ordered(all)
	for before := -1; len(left) > 0 && len(left) != before; {
		before = len(left)
		todo := left
		left, why = nil, nil
		for _, s := range todo {
			if err := state.Apply(s.st); err != nil {
				left, why = append(left, s), append(why, err)
			}
		}
	}
	return left, why
}

// people applies the statements and judges the devices of the logs by them.
func (j *judge) people() {
	left, why := apply(&j.v.People, j.said)
	for i, s := range left {
		j.problem(StatementInvalid, s.log, s.index, "%v", why[i])
	}
	for _, l := range j.inOrder() {
		if l.first == nil {
			continue
		}
		if err := j.v.People.Device(l.Author, l.Device, l.ID, l.Size); err != nil {
			j.problem(DeviceUnauthorised, l.ID, -1, "%v", err)
		}
	}
}
