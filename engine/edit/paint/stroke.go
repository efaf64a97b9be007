package paint

import (
	"context"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Live is a stroke while it is drawn: every point that is added changes the
// target at once, and costs only the dabs between it and the one before. It is
// not safe for use by several goroutines, and nothing else may edit the target
// before the stroke is over.
type Live struct {
	walk  walk
	cover *coverage.Coverage
	paint *painter
}

// Begin starts a stroke. What the target holds now is what the stroke is mixed
// with; the target's raster shares it until it is painted on.
func Begin(t Target, b Brush, ink Ink) *Live {
	p := t.painter(ink, raster.Opaque)
	p.base = t.Pixels.Clone()
	return &Live{walk: walk{tip: newTip(b)}, cover: t.coverage(), paint: p}
}

// Add draws on to the points. After an error, which is ctx's, some of the dabs
// are drawn: Cancel the stroke.
func (l *Live) Add(ctx context.Context, points ...Point) error {
	for _, p := range points {
		if err := l.walk.to(p, func(d dab) error { return l.dab(ctx, d) }); err != nil {
			return err
		}
	}
	return nil
}

// dab covers and mixes at once what it covers.
func (l *Live) dab(ctx context.Context, d dab) error {
	return l.walk.tip.render(d, func(x, y int, amounts []uint16) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		press(l.cover, l.walk.tip.flow, d.cap, x, y, amounts, func(y, from, to int, row []uint16) {
			l.paint.lay(y, from, to, row)
		})
		return nil
	})
}

// Cancel takes the stroke back: the target is as it was when it began.
func (l *Live) Cancel() { *l.paint.Pixels = *l.paint.base.Clone() }

// Stroke draws a whole stroke; the outcome is that of the same points added to
// a Live one. The error is ctx's, and the target is then as it was.
func Stroke(ctx context.Context, t Target, b Brush, ink Ink, points []Point) error {
	c := t.coverage()
	w := walk{tip: newTip(b)}
	for _, p := range points {
		err := w.to(p, func(d dab) error {
			return w.tip.render(d, func(x, y int, amounts []uint16) error {
				press(c, w.tip.flow, d.cap, x, y, amounts, nil)
				return ctx.Err()
			})
		})
		if err != nil {
			return err
		}
	}
	Shape(t, c, ink, raster.Opaque)
	return nil
}

// press brings a row of a dab onto the cell: every pixel goes by flow from what
// is covered towards cap, and never back. met is told what changed, if it is
// not nil.
func press(c *coverage.Coverage, flow, limit uint32, x, y int, amounts []uint16, met func(y, from, to int, row []uint16)) {
	c.Run(x, y, len(amounts), func(s raster.Span) {
		from, to := coverage.Cells(s)
		row := c.Met(s.CY, from, to)
		at := s.CX
		for _, v := range amounts[s.X-x : s.X-x+s.N] {
			if was := uint32(row[at]); v != 0 && was < limit {
				row[at] = uint16(was + raster.Mul(limit-was, raster.Mul(uint32(v), flow)))
			}
			at += s.Step
		}
		if met != nil {
			met(s.CY, from, to, row)
		}
	})
}

// walk places the dabs of a stroke.
type walk struct {
	tip   *tip
	begun bool
	at    coverage.Point
	press uint32
	ahead float64 // the distance from at to the next dab, units
}

// to goes on to p and calls draw for each dab on the way.
func (w *walk) to(p Point, draw func(dab) error) error {
	end, pressure := coverage.At(p.X, p.Y), part16(p.Pressure)
	if !w.begun {
		w.begun, w.at, w.press = true, end, pressure
		d := w.tip.dab(end, pressure)
		w.ahead = w.tip.step(d)
		return draw(d)
	}
	dx, dy := float64(end.X-w.at.X), float64(end.Y-w.at.Y)
	length := math.Sqrt(float64(dx*dx) + float64(dy*dy))
	for w.ahead <= length && length > 0 {
		t := w.ahead / length
		at := coverage.Point{
			X: w.at.X + int64(math.Floor(float64(dx*t)+0.5)),
			Y: w.at.Y + int64(math.Floor(float64(dy*t)+0.5)),
		}
		k := uint32(math.Floor(float64(t*raster.Opaque) + 0.5))
		d := w.tip.dab(at, raster.Lerp(w.press, pressure, k))
		if err := draw(d); err != nil {
			return err
		}
		w.ahead += w.tip.step(d)
	}
	w.ahead -= length
	w.at, w.press = end, pressure
	return nil
}

// Dabs is how many dabs a stroke takes at most, by the distance that it goes.
func Dabs(b Brush, points []Point) float64 {
	// The closest dabs are those at the least pressure.
	size := b.Size * (1 - b.SizePressure)
	step := max(float64(closest)/coverage.One, size*b.Spacing)
	n := 1.0
	for i := 1; i < len(points); i++ {
		n += math.Sqrt(sq(points[i].X-points[i-1].X)+sq(points[i].Y-points[i-1].Y)) / step
	}
	return n
}

func sq(v float64) float64 { return float64(v * v) }
