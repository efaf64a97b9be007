// Package command lists everything that can be done in the studio, once: the
// shortcuts, the tooltips and the palette of Ctrl+K all read it.
//
//	r := command.New()
//	r.Add(command.Command{ID: "generate", Title: "Generate", Key: command.Ctrl("Enter"), Run: st.Generate})
//	r.Press(command.Ctrl("Enter")) // true
//	r.Match("gen")                 // best first
package command

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
)

// Key is a key with its modifiers. The zero value is no key.
type Key struct {
	// Name is "Enter", "Esc", "E", "+".
	Name             string
	Ctrl, Shift, Alt bool
}

// Ctrl returns a key with Control, which is Command on a Mac.
func Ctrl(name string) Key { return Key{Name: name, Ctrl: true} }

// Plain returns a key without modifiers. It is pressed only while no field is
// edited.
func Plain(name string) Key { return Key{Name: name} }

// String writes the key for people: "Ctrl+Enter".
func (k Key) String() string {
	if k.Name == "" {
		return ""
	}
	var s string
	if k.Ctrl {
		s += "Ctrl+"
	}
	if k.Alt {
		s += "Alt+"
	}
	if k.Shift {
		s += "Shift+"
	}
	return s + k.Name
}

// Command is one thing that can be done.
type Command struct {
	ID, Title string
	Key       Key
	Run       func()
	// Enabled says whether it can be done now; nil is always.
	Enabled func() bool
}

// Available says whether the command can be run now.
func (c Command) Available() bool { return c.Enabled == nil || c.Enabled() }

// Tip is the text of a tooltip: what it does, and its shortcut.
func (c Command) Tip() string {
	if k := c.Key.String(); k != "" {
		return c.Title + "   " + k
	}
	return c.Title
}

// Registry holds commands in the order in which they were added. It belongs
// to one goroutine.
type Registry struct {
	list []Command
	byID map[string]int
}

// New returns an empty registry.
func New() *Registry { return &Registry{byID: map[string]int{}} }

// Add adds a command. An ID, or a key, that is taken is an error of the
// program, and is returned so that a test finds it.
func (r *Registry) Add(c Command) error {
	if _, ok := r.byID[c.ID]; ok {
		return fmt.Errorf("command: %q is there twice", c.ID)
	}
	if c.Key.Name != "" {
		for _, o := range r.list {
			if o.Key == c.Key {
				return fmt.Errorf("command: %s is the key of %q and of %q", c.Key, o.ID, c.ID)
			}
		}
	}
	r.byID[c.ID] = len(r.list)
	r.list = append(r.list, c)
	return nil
}

// All returns every command.
func (r *Registry) All() []Command { return append([]Command(nil), r.list...) }

// Find returns the command with an ID.
func (r *Registry) Find(id string) (Command, bool) {
	i, ok := r.byID[id]
	if !ok {
		return Command{}, false
	}
	return r.list[i], true
}

// Run runs a command by its ID when it is available, and says whether it did.
func (r *Registry) Run(id string) bool {
	c, ok := r.Find(id)
	if !ok || !c.Available() {
		return false
	}
	c.Run()
	return true
}

// Press runs the command of a key, and says whether the key has one.
func (r *Registry) Press(k Key) bool {
	for _, c := range r.list {
		if c.Key == k && k.Name != "" {
			if c.Available() {
				c.Run()
			}
			return true
		}
	}
	return false
}

// Match returns the available commands whose title holds the letters of query
// in their order, best first: where words begin and letters stand together
// counts for more. An empty query matches all.
func (r *Registry) Match(query string) []Command {
	type hit struct {
		c     Command
		score int
	}
	var hits []hit
	for _, c := range r.list {
		if !c.Available() {
			continue
		}
		if s, ok := score(c.Title, query); ok {
			hits = append(hits, hit{c, s})
		}
	}
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].score > hits[j].score })
	out := make([]Command, len(hits))
	for i, h := range hits {
		out[i] = h.c
	}
	return out
}

// score rates how well query fits title.
func score(title, query string) (int, bool) {
	t, q := []rune(strings.ToLower(title)), strings.ToLower(strings.Join(strings.Fields(query), ""))
	total, at, last := 0, 0, -2
	for _, c := range q {
		for at < len(t) && t[at] != c {
			at++
		}
		if at == len(t) {
			return 0, false
		}
		switch {
		case at == last+1:
			total += 4
		case at == 0 || !unicode.IsLetter(t[at-1]):
			total += 3
		default:
			total++
		}
		last = at
		at++
	}
	return 8*total - len(t), true
}
