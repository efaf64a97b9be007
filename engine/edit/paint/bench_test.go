package paint_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	at := func(p int) float64 { return float64(times[len(times)*p/100].Microseconds()) / 1000 }
	b.ReportMetric(at(50), "p50-ms")
	b.ReportMetric(at(95), "p95-ms")
	b.ReportMetric(at(99), "p99-ms")
}

func canvas() *raster.Raster {
	r := raster.New(4096, 4096)
	for y := range 4096 {
		row := r.EditPixels(y)
		for i := range row {
			row[i] = 65535
		}
	}
	r.Attribute(raster.Who{Op: 1, Model: 255})
	return r
}

// BenchmarkDab is one dab of a stroke as it is drawn: strokes of 60 points, each a
// dab further, on a cell of 4096 x 4096 that is shared with the version before.
// The first dabs of a stroke copy their bands, and that is counted.
func BenchmarkDab(b *testing.B) {
	for name, brush := range map[string]paint.Brush{
		"soft": {Size: 100, Hardness: 0.3, Opacity: 0.8, Flow: 0.5, Spacing: 0.1},
		"hard": {Size: 100, Hardness: 1, Opacity: 1, Flow: 1, Spacing: 0.1},
	} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			ground := canvas()
			times := make([]time.Duration, 0, b.N)
			var live *paint.Live
			var last paint.Point
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if i%60 == 0 {
					to := paint.Target{Pixels: ground.Clone(), Repeat: pattern.Repeat{Kind: pattern.HalfDrop}, Who: hand}
					live = paint.Begin(to, brush, paint.Solid(red))
				}
				p := paint.Point{X: float64(i%60)*10 + float64(i*37%4096), Y: float64(i*i*13%5000) + float64(i%60)*3, Pressure: 1}
				if i%60 != 0 {
					// Ten pixels from where the last one was, which is one dab.
					last = paint.Point{X: last.X + 8.6, Y: last.Y + 5.2, Pressure: 1}
					p = last
				}
				last = p
				if err := live.Add(ctx, p); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			report(b, times)
		})
	}
}

// BenchmarkSingleDab is a stroke of one dab, as an operation: every band that it
// meets is copied, every time.
func BenchmarkSingleDab(b *testing.B) {
	ground := canvas()
	brush := paint.Brush{Size: 100, Hardness: 0.3, Opacity: 0.8, Flow: 0.5, Spacing: 0.1}
	times := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		to := paint.Target{Pixels: ground.Clone(), Repeat: pattern.Repeat{Kind: pattern.HalfDrop}, Who: hand}
		start := time.Now()
		if err := paint.Stroke(context.Background(), to, brush, paint.Solid(red), []paint.Point{{X: float64(i * 977 % 4096), Y: float64(i * 1777 % 4096), Pressure: 1}}); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	report(b, times)
}

// BenchmarkWhole is what covers all of a cell of 2048 x 2048.
func BenchmarkWhole(b *testing.B) {
	ground := raster.New(2048, 2048)
	ground.Attribute(raster.Who{Op: 1, Model: 255})
	size, repeat := pattern.Size{Width: 2048, Height: 2048}, pattern.Repeat{Kind: pattern.HalfDrop}
	stops := []paint.Stop{{Color: red}, {Offset: 1, Color: paint.Color{0, 0, 65535, 30000}}}
	for name, ink := range map[string]func() paint.Ink{
		"fill": func() paint.Ink { return paint.Solid(red) },
		"linear": func() paint.Ink {
			return paint.Gradient{End: coverage.At(900, 1500), Stops: stops, OKLab: true}.Ink(size, repeat)
		},
		"radial": func() paint.Ink {
			return paint.Gradient{Radial: true, End: coverage.At(900, 500), Stops: stops, OKLab: true}.Ink(size, repeat)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				paint.Fill(paint.Target{Pixels: ground.Clone(), Repeat: repeat, Who: hand}, nil, ink(), 50000)
			}
		})
	}
}
