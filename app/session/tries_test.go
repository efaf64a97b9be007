package session_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// TestTheCriticChoosesAmongTries: what it is not sure of is tried again, with the same
// outcome whenever it is asked for; what it cannot judge is made once.
func TestTheCriticChoosesAmongTries(t *testing.T) {
	s := open(t)
	r := quick(pattern.Block)
	r.Prompt, r.Tries = "birds, brick, three colours", 3 // in three steps hardly anything is a bird
	var stages []string
	last := 0.0
	made, err := s.Generate(t.Context(), r, func(p session.Progress) {
		stages = append(stages, p.Stage)
		if p.Fraction < last {
			t.Errorf("%s goes back from %.3f to %.3f", p.Stage, last, p.Fraction)
		}
		last = p.Fraction
	})
	if err != nil {
		t.Fatal(err)
	}
	c := made.Choice
	if c == nil || c.Tries != 3 || c.Kept < 1 || c.Kept > 3 || c.Asked.Family != "birds" || c.Asked.Layout != "brick" || c.Asked.Positions != 3 {
		t.Fatalf("%+v", c)
	}
	if !strings.Contains(strings.Join(stages, "\n"), "try 3 of 3") {
		t.Errorf("no stage tells of the third try: %q", stages)
	}
	if !strings.Contains(strings.Join(made.Warnings, "\n"), "out of 3 samples this is the best, and the model's own critic misses birds") {
		t.Errorf("nobody is told that no birds came out: %q", made.Warnings)
	}
	again, err := s.Generate(t.Context(), made.Request, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Cell.Pix, made.Cell.Pix) || again.Choice.Kept != c.Kept {
		t.Error("the same request has another outcome")
	}
	// Each of the tries alone is a request of its own, and none is liked better than the one that was kept.
	r.Tries = 1
	first, err := s.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if first.Choice.Opinion.Score() > c.Opinion.Score() {
		t.Errorf("the first sample has %v, the one that was kept %v", first.Choice.Opinion, c.Opinion)
	}
	if same := bytes.Equal(first.Cell.Pix, made.Cell.Pix); same != (c.Kept == 1) {
		t.Errorf("try %d was kept, and is the first: %v", c.Kept, same)
	}
	r.Tries, r.Prompt = 0, "something nice"
	free, err := s.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if free.Choice != nil {
		t.Errorf("%+v was chosen of what nobody can judge", free.Choice)
	}
	var usage *session.UsageError
	for _, n := range []int{-1, 65} {
		r.Tries = n
		if _, err := s.Generate(t.Context(), r, nil); !errors.As(err, &usage) {
			t.Errorf("%d tries: %v", n, err)
		}
	}
	r.Tries, r.Model = 2, starterFolder(t) // the same weights as somebody's model, whose critic nobody knows
	if _, err := s.Generate(t.Context(), r, nil); !errors.As(err, &usage) || !strings.Contains(err.Error(), "no critic") {
		t.Errorf("two tries without a critic: %v", err)
	}
}
