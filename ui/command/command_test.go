package command

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func titles(cs []Command) []string {
	var t []string
	for _, c := range cs {
		t = append(t, c.Title)
	}
	return t
}

func TestMatchPutsTheLikeliestFirst(t *testing.T) {
	r := New()
	off := Command{ID: "off", Title: "Generate a lot", Enabled: func() bool { return false }}
	for _, c := range []Command{
		{ID: "a", Title: "Discard candidate"}, {ID: "b", Title: "Generate"}, {ID: "c", Title: "Zoom to true scale"},
		{ID: "d", Title: "Change theme"}, off,
	} {
		if err := r.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string][]string{
		"gen":  {"Generate"},
		"ts":   {"Zoom to true scale"},
		"CAND": {"Discard candidate"},
		"ge":   {"Generate", "Change theme"},
		"xq":   nil,
	} {
		if got := titles(r.Match(query)); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if n := len(r.Match("")); n != 4 {
		t.Errorf("an empty query finds %d of 4 available commands", n)
	}
}

func TestPressRunsOnlyWhatIsAvailable(t *testing.T) {
	r := New()
	ran, on := 0, false
	if err := r.Add(Command{ID: "x", Key: Ctrl("E"), Run: func() { ran++ }, Enabled: func() bool { return on }}); err != nil {
		t.Fatal(err)
	}
	if !r.Press(Ctrl("E")) || ran != 0 {
		t.Error("a key whose command is not available is taken, and does nothing")
	}
	on = true
	if !r.Press(Ctrl("E")) || !r.Run("x") || ran != 2 {
		t.Error("an available command did not run")
	}
	if r.Press(Plain("E")) || r.Press(Key{}) || r.Run("y") {
		t.Error("a key or ID without a command ran something")
	}
}

func TestAddRefusesWhatIsTaken(t *testing.T) {
	r := New()
	if err := r.Add(Command{ID: "x", Key: Ctrl("E")}); err != nil {
		t.Fatal(err)
	}
	if r.Add(Command{ID: "x"}) == nil {
		t.Error("the same ID twice")
	}
	if r.Add(Command{ID: "y", Key: Ctrl("E")}) == nil {
		t.Error("the same key twice")
	}
	if err := r.Add(Command{ID: "z"}); err != nil {
		t.Error(err)
	}
	if err := r.Add(Command{ID: "w"}); err != nil {
		t.Errorf("two commands without a key: %v", err)
	}
}

func TestATitleMatchesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringMatching(`[A-Za-z ]{1,30}`).Draw(t, "title")
		if _, ok := score(title, title); !ok {
			t.Fatalf("%q does not match itself", title)
		}
	})
}

func TestTipsSayTheShortcut(t *testing.T) {
	if got := (Command{Title: "Export", Key: Key{Name: "E", Ctrl: true, Shift: true}}).Tip(); got != "Export   Ctrl+Shift+E" {
		t.Errorf("tip is %q", got)
	}
	if got := (Command{Title: "Export"}).Tip(); got != "Export" {
		t.Errorf("tip is %q", got)
	}
}
