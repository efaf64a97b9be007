package session_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/sessiontest"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// A request says on which device, and so in which precision, its picture was made. Made
// again where nobody chooses another device it takes the same one, and gives the same
// bytes; on another it says that the two are not the same.
func TestRequestSaysItsDevice(t *testing.T) {
	s := sessiontest.Open(t)
	generate := func(r session.Request) *session.Made {
		made, err := s.Generate(t.Context(), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	differs := func(m *session.Made) bool {
		return strings.Contains(strings.Join(m.Warnings, "\n"), "rounding differs")
	}
	r := quick(pattern.HalfDrop)
	r.Device = "cpu"
	first := generate(r)
	if first.Request.MadeOn != "cpu" || differs(first) {
		t.Errorf("made on %q, with %q", first.Request.MadeOn, first.Warnings)
	}
	again := first.Request
	again.Device = ""
	if second := generate(again); second.Request.MadeOn != "cpu" || differs(second) || !slices.Equal(second.Cell.Pix, first.Cell.Pix) {
		t.Errorf("made again on %q, with %q", second.Request.MadeOn, second.Warnings)
	}
	again.MadeOn = "another machine's"
	if third := generate(again); !differs(third) || third.Request.MadeOn == again.MadeOn {
		t.Errorf("made on %q instead of %q, with %q", third.Request.MadeOn, again.MadeOn, third.Warnings)
	}
}
