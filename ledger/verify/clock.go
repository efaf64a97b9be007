package verify

import (
	"fmt"
	"time"
)

// clockSlack is by how much clocks may differ before it is remarked.
const clockSlack = 5 * time.Minute

// clock is what the times of a log's entries say, read in their order.
type clock struct {
	latest   time.Time // the latest time so far
	latestAt int64     // the entry that states it
	back     int64     // the first entry that states an earlier time than one before it; 0 for none
	by       time.Duration
}

func (c *clock) add(index int64, at time.Time) {
	if at.After(c.latest) {
		c.latest, c.latestAt = at, index
	}
	if c.back == 0 && c.latest.Sub(at) > clockSlack {
		c.back, c.by = index, c.latest.Sub(at)
	}
}

func (j *judge) remark(c Code, l *log, index int64, format string, a ...any) {
	for _, r := range j.v.Remarks {
		if r.Code == c && r.Log == l.ID {
			return // the first one tells
		}
	}
	j.v.Remarks = append(j.v.Remarks, Problem{c, l.ID, index, fmt.Sprintf(format, a...)})
}

// clockBack remarks a clock that was put back. It is no proof of anything: clocks are wrong.
func (j *judge) clockBack(l *log) {
	if l.clock.back > 0 {
		j.remark(ClockBack, l, l.clock.back, "it states a time %v before that of an entry that stands before it", l.clock.by)
	}
}

// clockAhead remarks entries that state a later time than somebody else saw them at.
func (j *judge) clockAhead(l *log, s Seen) {
	if c := l.marks[s.Size].clock; c.latest.Sub(s.At) > clockSlack {
		j.remark(ClockAhead, l, c.latestAt, "it states the time %s, and %s saw it at %s", c.latest.UTC().Format(time.RFC3339), s.By, s.At.UTC().Format(time.RFC3339))
	}
}
