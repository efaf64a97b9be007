package uitest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// Diary is a record of what a draughtsman drew and what a person took of it, in memory and in place of a
// ledger. What belongs to a pattern it tells by the prompt.
type Diary struct {
	mu     sync.Mutex
	acts   []entry
	broken string
}

type entry struct {
	prompt string
	viewmodel.Act
}

// first is when the first act was; each later one is a minute after.
func first() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }

func (d *Diary) write(prompt string, g viewmodel.ActGroup, what, words string, withheld bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.acts)
	d.acts = append(d.acts, entry{prompt, viewmodel.Act{
		ID: fmt.Sprint(n), Group: g, What: what, Words: words, Withheld: withheld, Who: "Anna", When: first().Add(time.Duration(n) * time.Minute),
	}})
}

// Break makes the record one that was tampered with.
func (d *Diary) Break(how string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = how
}

// Accepted implements viewmodel.Recorder.
func (d *Diary) Accepted(_ context.Context, r viewmodel.Result, of int) error {
	d.write(r.Request.Prompt, viewmodel.Choices, fmt.Sprintf("A candidate was taken, out of %d", of), "", false)
	return nil
}

// Discarded implements viewmodel.Recorder.
func (d *Diary) Discarded(_ context.Context, r viewmodel.Result) error {
	d.write(r.Request.Prompt, viewmodel.Choices, "A candidate was not wanted", "", true)
	return nil
}

// History implements viewmodel.Historian.
func (d *Diary) History(_ context.Context, r *viewmodel.Result) (viewmodel.History, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := viewmodel.History{Of: "the library"}
	if r != nil && !r.Example {
		h.Of = "this pattern"
	}
	for _, e := range slices.Backward(d.acts) {
		if h.Of == "the library" || e.prompt == r.Request.Prompt {
			h.Acts = append(h.Acts, e.Act)
		}
	}
	return h, nil
}

// Verify implements viewmodel.Historian.
func (d *Diary) Verify(context.Context) (viewmodel.Judgement, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	j := viewmodel.Judgement{Intact: d.broken == "", Entries: int64(len(d.acts))}
	if d.broken != "" {
		j.Problems = []string{d.broken}
	}
	return j, nil
}
