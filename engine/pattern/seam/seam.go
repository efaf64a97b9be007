package seam

import (
	"fmt"
	"image"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Report is the proof of one picture. The zero Edges of a placed print mean
// that there is nothing to join.
type Report struct {
	Repeat    string  `json:"repeat"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Edges     []Edge  `json:"edges"`
	Statistic float64 `json:"statistic"` // the worst edge's; 1 is like the lines inside
	Threshold float64 `json:"threshold"` // the worst edge's
	Pass      bool    `json:"pass"`
}

// Edge is one edge of the cell in the plane of the repeat. The left edge is
// the right one of the neighbour, and the top edge the lower one, except in a
// mirror, where all four are edges of their own.
type Edge struct {
	Name       string  `json:"name"`       // "right", "bottom", "left", "top"
	Neighbor   string  `json:"neighbor"`   // what lies across, for people
	Measure    string  `json:"measure"`    // the worst measure: "line", "step", "run of 32" or "channel of 32"
	Statistic  float64 `json:"statistic"`  // worst measure, edge against lines inside
	Threshold  float64 `json:"threshold"`  // above it the edge shows
	Percentile float64 `json:"percentile"` // lines inside whose measure is at most the edge's, in per cent
	Change     float64 `json:"change"`     // that measure at the edge, ΔE
	Inside     float64 `json:"inside"`     // its largest value inside, ΔE
	Pass       bool    `json:"pass"`
	WorstAt    Point   `json:"worst_at"`
}

// Point is a pixel of the cell.
type Point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// MinSide is the shortest side that can be judged along a wrapped axis.
const MinSide = 8

// TooSmallError reports a picture with fewer than MinSide samples along an
// axis that repeats.
type TooSmallError struct{ Width, Height int }

func (e *TooSmallError) Error() string {
	return fmt.Sprintf("seam: a picture of %d x %d is too small to judge; a side that repeats needs at least %d pixels", e.Width, e.Height, MinSide)
}

const (
	floor     = 1.0 // ΔE added to both sides: less cannot be seen
	allowance = 4.0 // how much stronger than inside a step that the whole line shares may be
	flattened = 1.5 // how much more than a cut a contour counts that is flattened against a calm edge
	shortRun  = 16  // samples
)

// Threshold is the largest statistic that still passes for an edge with n
// parallel lines inside of the cell. With few lines the largest of them says
// less about the next one, hence the second term.
//
// Measured with TestMeasuredRates and the like, at 64 to 128 pixels: pictures
// that wrap have a median of 0.5 to 0.95 by family, 99 in 100 are below 1.4
// (1.1 for noise and cloth), and 4 in 576 are above the threshold. Noise and
// cloth without wrapping are never below 4 and mostly between 10 and 50;
// cropped flowers are all above it, cropped dots in 96 of 100 (the rest have
// no dot on an edge, or only its rim). A block of noise that is taken for a
// half-drop is always found, one of dots in 3 of 4, again because the others
// have nothing on the edge. White noise cannot have a seam.
func Threshold(n int) float64 { return 1.3 + 6/float64(max(n, 1)) }

// Measure judges how the picture joins under r. The error is a *TooSmallError,
// or r's own.
func Measure(img image.Image, r pattern.Repeat) (Report, error) {
	if err := r.Validate(); err != nil {
		return Report{}, err
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	rep := Report{Repeat: r.String(), Width: w, Height: h, Edges: []Edge{}, Threshold: Threshold(max(w, h)), Pass: true}
	if r.Kind == pattern.None {
		return rep, nil
	}
	vertical, horizontal := r.Kind != pattern.AlongY, r.Kind != pattern.AlongX
	if vertical && w < MinSide || horizontal && h < MinSide || w < 1 || h < 1 {
		return Report{}, &TooSmallError{w, h}
	}
	cell := labOf(img)
	dx, dy, _ := r.Shift(w, h)
	if vertical {
		p := across(cell, w, h, r, false)
		// The edge goes on below the corner as the same edge, unless the next
		// row stands aside.
		round := r.Kind != pattern.AlongX && r.Kind != pattern.Brick
		name := "the next cell"
		if dy != 0 {
			name = fmt.Sprintf("the cell %d px lower", dy)
		}
		t := p.table(round)
		e, at := t.edge("right", name, w)
		if r.Kind != pattern.Mirror {
			if where, ok := e.weigh(p.channel(round)); ok {
				at = where
			}
		}
		rep.add(e, Point{w - 1, at})
		if r.Kind == pattern.Mirror {
			e, at := t.edge("left", name, 0)
			rep.add(e, Point{0, at})
		}
	}
	if horizontal {
		p := across(cell, w, h, r, true)
		round := r.Kind != pattern.AlongY && r.Kind != pattern.HalfDrop && r.Kind != pattern.Hex
		name := "the next cell"
		if dx != 0 {
			name = fmt.Sprintf("the cell %d px to the right", dx)
		}
		t := p.table(round)
		e, at := t.edge("bottom", name, h)
		if r.Kind != pattern.Mirror {
			if where, ok := e.weigh(p.channel(round)); ok {
				at = where
			}
		}
		rep.add(e, Point{at, h - 1})
		if r.Kind == pattern.Mirror {
			e, at := t.edge("top", name, 0)
			rep.add(e, Point{at, 0})
		}
	}
	return rep, nil
}

func (rep *Report) add(e Edge, at Point) {
	e.WorstAt, e.Pass = at, e.Statistic <= e.Threshold
	rep.Edges = append(rep.Edges, e)
	if len(rep.Edges) == 1 || e.Statistic/e.Threshold > rep.Statistic/rep.Threshold {
		rep.Statistic, rep.Threshold = e.Statistic, e.Threshold
	}
	rep.Pass = rep.Pass && e.Pass
}

// String is the report as text, a line for the whole and one for each edge.
func (rep Report) String() string {
	var s strings.Builder
	if len(rep.Edges) == 0 {
		fmt.Fprintf(&s, "seam: %s, %d x %d: nothing to join", rep.Repeat, rep.Width, rep.Height)
		return s.String()
	}
	verdict := "joins"
	if !rep.Pass {
		verdict = "DOES NOT JOIN"
	}
	fmt.Fprintf(&s, "seam %.2f (threshold %.2f): %s, %d x %d, %s", rep.Statistic, rep.Threshold, rep.Repeat, rep.Width, rep.Height, verdict)
	for _, e := range rep.Edges {
		mark := "ok"
		if !e.Pass {
			mark = "SHOWS"
		}
		fmt.Fprintf(&s, "\n  %-6s against %s: %.2f %s (%s: ΔE %.1f at the edge, at most %.1f inside; beyond %.0f %% of the lines), strongest at %d,%d",
			e.Name, e.Neighbor, e.Statistic, mark, e.Measure, e.Change, e.Inside, e.Percentile, e.WorstAt.X, e.WorstAt.Y)
	}
	return s.String()
}
