package verify

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
)

// said is a statement at its place.
type said struct {
	log   *log
	index int64
	st    identity.Statement
}

// statement gathers what entries say about people.
func (j *judge) statement(l *log, index int64, at record.Time, b record.Body) {
	text := Statement(b)
	if len(text) == 0 {
		return
	}
	st, err := identity.Parse(text)
	if err != nil {
		j.problem(StatementInvalid, l.ID, index, "%v", err)
		return
	}
	j.said = append(j.said, said{l, index, st})
	j.times = append(j.times, at)
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

// people applies the statements and judges the devices of the logs by them.
func (j *judge) people() {
	order := make([]int, len(j.said))
	for i := range order {
		order[i] = i
	}
	// Each log's statements stand in its order; between logs their times decide.
	slices.SortStableFunc(order, func(a, b int) int {
		if j.said[a].log == j.said[b].log {
			return cmp.Compare(j.said[a].index, j.said[b].index)
		}
		return j.times[a].At.Compare(j.times[b].At)
	})
	refused := map[int]error{}
	for {
		var left []int
		for _, i := range order {
			if err := j.v.People.Apply(j.said[i].st); err != nil {
				refused[i] = err
				left = append(left, i)
			}
		}
		if len(left) == len(order) || len(left) == 0 {
			order = left
			break
		}
		order = left
	}
	for _, i := range order {
		j.problem(StatementInvalid, j.said[i].log.ID, j.said[i].index, "%v", refused[i])
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
