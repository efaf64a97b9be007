package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/selvage-studio/selvage/app/session"
)

// bar is one line of progress on a terminal, rewritten in place. On anything
// else it says nothing.
type bar struct {
	w     io.Writer
	began time.Time
	shown bool
}

func newBar(w io.Writer, quiet bool) *bar {
	f, ok := w.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(f.Fd())) {
		return &bar{}
	}
	return &bar{w: w, began: time.Now()}
}

const barWidth = 24

func (b *bar) show(image, images int, g session.Progress) {
	if b.w == nil {
		return
	}
	whole := (float64(image) + g.Fraction) / float64(images)
	full := int(whole * barWidth)
	line := fmt.Sprintf("\r\x1b[K%s%s %3.0f %%  %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), whole*100, g.Stage)
	if images > 1 {
		line += fmt.Sprintf("  picture %d of %d", image+1, images)
	}
	if g.Steps > 0 {
		line += fmt.Sprintf("  step %d of %d", g.Step, g.Steps)
	}
	if spent := time.Since(b.began); whole > 0.05 {
		line += fmt.Sprintf("  %s left", (time.Duration(float64(spent) * (1 - whole) / whole)).Round(time.Second))
	}
	fmt.Fprint(b.w, line)
	b.shown = true
}

func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}
