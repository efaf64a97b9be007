package edit

import (
	"context"
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit/paint"
)

// Stroke is an operation that a hand draws: *BrushStroke, *EraserStroke or
// *CloneStroke.
type Stroke interface {
	Op
	checkTool() error
	tool() (layer string, b paint.Brush, points *[]paint.Point)
	ink(s *State, start paint.Point) (paint.Ink, error)
}

// LiveStroke is a stroke while the hand moves. It paints on a state that is
// there to be looked at; Finish gives the operation, which, applied to the
// state as it was before, makes the same bytes.
//
//	look := state.Clone()
//	l, err := edit.BeginStroke(look, &edit.BrushStroke{Layer: "l1", Color: "#c03020", Brush: b}, in)
//	err = l.Add(ctx, paint.Point{X: 10, Y: 20, Pressure: 1}) // as they come
//	_, err = pattern.Apply(ctx, l.Finish(), meta)
//
// It is not safe for use by several goroutines, nor beside other edits of the state.
type LiveStroke struct {
	state *State
	op    Stroke
	in    Inputs
	live  *paint.Live
	dabs  float64
}

// BeginStroke begins op, whose points are still to come, on s. The error is a
// *ParameterError.
func BeginStroke(s *State, op Stroke, in Inputs) (*LiveStroke, error) {
	if err := op.checkTool(); err != nil {
		return nil, err
	}
	layer, _, points := op.tool()
	if _, err := s.Layer(layer); err != nil {
		return nil, err
	}
	*points = nil
	return &LiveStroke{state: s, op: op, in: in}, nil
}

// Add draws on to the points, and costs only the dabs on the way. The error is a
// *ParameterError about a point, which is then left out with those behind it, or
// ctx's: then Cancel the stroke.
func (l *LiveStroke) Add(ctx context.Context, add ...paint.Point) error {
	_, brush, points := l.op.tool()
	for _, p := range add {
		if err := checkStrokePoint(len(*points), p); err != nil {
			return err
		}
		p = p.Rounded()
		if n := len(*points); n > 0 && (*points)[n-1] == p {
			continue
		}
		if len(*points) == MaxPoints {
			return &ParameterError{"points", fmt.Sprintf("a stroke has at most %d points; begin another", MaxPoints)}
		}
		dabs := l.dabs
		if n := len(*points); n > 0 {
			dabs += paint.Dabs(brush, []paint.Point{(*points)[n-1], p})
		}
		if err := checkDabs(brush, dabs); err != nil {
			return err
		}
		if l.live == nil {
			if err := l.begin(p); err != nil {
				return err
			}
		}
		if err := l.live.Add(ctx, p); err != nil {
			return err
		}
		*points, l.dabs = append(*points, p), dabs
	}
	return nil
}

func (l *LiveStroke) begin(start paint.Point) error {
	layer, brush, _ := l.op.tool()
	t, err := l.state.target(layer, l.in)
	if err != nil {
		return err
	}
	ink, err := l.op.ink(l.state, start)
	if err != nil {
		return err
	}
	l.live = paint.Begin(t, brush, ink)
	return nil
}

// Finish returns the operation with its points; without any it is nil.
func (l *LiveStroke) Finish() Op {
	if l.live == nil {
		return nil
	}
	return l.op
}

// Cancel takes the stroke off the state's layer again.
func (l *LiveStroke) Cancel() {
	if l.live != nil {
		l.live.Cancel()
	}
}
