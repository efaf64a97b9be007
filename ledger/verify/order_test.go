package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// TestTheOrderOfStatements: each log's own order stands, also where its clock went back; between
// logs the earliest time is next, and of equal ones the smaller id.
func TestTheOrderOfStatements(t *testing.T) {
	at := func(log byte, index int64, minute int) said {
		return said{log: blob.Hash{log}, index: index, at: time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC)}
	}
	for _, c := range []struct {
		all  []said
		want string
	}{
		{[]said{at(1, 1, 9), at(2, 1, 3)}, "2#1 1#1"},
		{[]said{at(2, 1, 3), at(1, 1, 3)}, "1#1 2#1"},
		{[]said{at(1, 2, 1), at(1, 1, 5), at(2, 1, 4), at(2, 2, 6)}, "2#1 1#1 1#2 2#2"},
	} {
		var got []string
		for _, s := range ordered(c.all) {
			got = append(got, fmt.Sprintf("%d#%d", s.log[0], s.index))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v instead of %s", got, c.want)
		}
	}
}
