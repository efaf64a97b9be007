package plane

import (
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// chequered returns a cell in which every pixel differs from all others.
func chequered(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{R: uint8(x), G: uint8(y), B: uint8(x*7 + y*13), A: 255})
		}
	}
	return m
}

func anyRepeat(t *rapid.T) pattern.Repeat {
	r := pattern.Repeat{Kind: pattern.Kind(rapid.IntRange(0, len(pattern.KindNames())-1).Draw(t, "kind"))}
	if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
		r.D = rapid.IntRange(2, 7).Draw(t, "d")
		r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
	}
	return r
}

// At whole enlargements every device pixel is the sample that pattern.Source
// names, on every layout: what the window shows is what the export lays.
func TestPaintLaysThePlaneAsPatternDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRepeat(t)
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
		zoom := rapid.SampledFrom([]int{1, 4, 7}).Draw(t, "zoom")
		x0, y0 := rapid.IntRange(-90, 90).Draw(t, "x0"), rapid.IntRange(-90, 90).Draw(t, "y0")
		cell := chequered(w, h)
		ground := color.NRGBA{9, 8, 7, 255}
		dst := image.NewRGBA(image.Rect(0, 0, 101, 67))
		Paint(dst, dst.Rect, New(cell, r), Camera{X: float64(x0), Y: float64(y0), Zoom: float64(zoom)}, Look{Ground: ground})
		for j := range 67 {
			for i := range 101 {
				want := ground
				if cx, cy, ok := r.Source(x0+floorDiv(i, zoom), y0+floorDiv(j, zoom), w, h); ok {
					want = cell.NRGBAAt(cx, cy)
				}
				got := dst.RGBAAt(i, j)
				if got != (color.RGBA{want.R, want.G, want.B, 255}) {
					t.Fatalf("%v of %d x %d at zoom %d: device pixel (%d, %d) is %v, the plane has %v", r, w, h, zoom, i, j, got, want)
				}
			}
		}
	})
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// Between samples a smooth picture stays smooth, across the edges of the cell
// as well: a jump there would be a seam that the pattern does not have.
func TestPaintJoinsTheEdgesOfTheCell(t *testing.T) {
	const side = 64
	wave := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			v := uint8(128 + 100*triangle(x, side)*triangle(y, side))
			wave.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
		}
	}
	for _, zoom := range []float64{0.2, 0.43, 0.9, 1.3, 2.7} {
		dst := image.NewRGBA(image.Rect(0, 0, 300, 40))
		Paint(dst, dst.Rect, New(wave, pattern.Repeat{}), Camera{X: -17.3, Y: 20.2, Zoom: zoom}, Look{})
		// The steepest slope is 100/16 a sample.
		most := int(100.0/16/zoom) + 3
		for i := 1; i < 300; i++ {
			d := int(dst.RGBAAt(i, 20).R) - int(dst.RGBAAt(i-1, 20).R)
			if d > most || -d > most {
				t.Errorf("zoom %g: device pixels %d and %d differ by %d, more than %d", zoom, i-1, i, d, most)
			}
		}
	}
}

// triangle is a wave of period n between -1 and 1.
func triangle(x, n int) float64 {
	v := float64(4*((x+n/8)%n)) / float64(n)
	if v > 2 {
		return v - 3
	}
	return 1 - v
}

func TestOnlyCopiesAreDimmed(t *testing.T) {
	cell := image.NewNRGBA(image.Rect(0, 0, 10, 10))
	fillNRGBA(cell, color.NRGBA{200, 100, 50, 255})
	dst := image.NewRGBA(image.Rect(0, 0, 30, 30))
	Paint(dst, dst.Rect, New(cell, pattern.Repeat{Kind: pattern.HalfDrop}), Camera{X: -10, Y: -10, Zoom: 1}, Look{Dim: 0.5, Ground: color.NRGBA{A: 255}})
	for y := range 30 {
		for x := range 30 {
			want := color.RGBA{100, 50, 25, 255}
			if x >= 10 && x < 20 && y >= 10 && y < 20 {
				want = color.RGBA{200, 100, 50, 255}
			}
			if got := dst.RGBAAt(x, y); got != want {
				t.Fatalf("(%d, %d) is %v, want %v", x, y, got, want)
			}
		}
	}
}

func fillNRGBA(m *image.NRGBA, c color.NRGBA) {
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			m.SetNRGBA(x, y, c)
		}
	}
}

func TestTheHairlineLiesOnTheCellsEdge(t *testing.T) {
	cell := image.NewNRGBA(image.Rect(0, 0, 10, 10))
	fillNRGBA(cell, color.NRGBA{128, 128, 128, 255})
	dst := image.NewRGBA(image.Rect(0, 0, 40, 40))
	Paint(dst, dst.Rect, New(cell, pattern.Repeat{}), Camera{X: -10, Y: -10, Zoom: 1}, Look{Edge: true, Hairline: 1})
	for y := range 40 {
		for x := range 40 {
			on := (x == 10 || x == 20) && y >= 10 && y <= 20 || (y == 10 || y == 20) && x >= 10 && x <= 20
			if drawn := dst.RGBAAt(x, y).R != 128; drawn != on {
				t.Errorf("(%d, %d): line %v, want %v", x, y, drawn, on)
			}
		}
	}
}

// A camera may look anywhere, at any zoom, at any cell, without a panic.
func TestPaintSurvivesAnyCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRepeat(t)
		cell := chequered(rapid.IntRange(0, 70).Draw(t, "w"), rapid.IntRange(0, 70).Draw(t, "h"))
		c := Camera{
			X:    rapid.Float64Range(-1e6, 1e6).Draw(t, "x"),
			Y:    rapid.Float64Range(-1e6, 1e6).Draw(t, "y"),
			Zoom: rapid.Float64Range(MinZoom, MaxZoom).Draw(t, "zoom"),
		}
		dst := image.NewRGBA(image.Rect(0, 0, 97, 31))
		Paint(dst, dst.Rect, New(cell, r), c, Look{Dim: 0.2, Edge: true})
	})
}

func TestZoomAtKeepsThePointUnderThePointer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Camera{X: rapid.Float64Range(-1e4, 1e4).Draw(t, "x"), Y: 5, Zoom: rapid.Float64Range(0.1, 8).Draw(t, "zoom")}
		i, j := rapid.Float64Range(0, 2000).Draw(t, "i"), rapid.Float64Range(0, 2000).Draw(t, "j")
		d := c.ZoomAt(rapid.Float64Range(0.1, 8).Draw(t, "to"), i, j)
		if dx, dy := d.X+i/d.Zoom-c.X-i/c.Zoom, d.Y+j/d.Zoom-c.Y-j/c.Zoom; dx*dx+dy*dy > 1e-12 {
			t.Fatalf("%v and %v show points (%g, %g) apart", c, d, dx, dy)
		}
	})
}

func BenchmarkPaint(b *testing.B) {
	plane := New(chequered(1024, 1024), pattern.Repeat{Kind: pattern.HalfDrop})
	for name, size := range map[string]image.Point{"1280x800": {1280, 800}, "1920x1200": {1920, 1200}} {
		b.Run(name, func(b *testing.B) {
			dst := image.NewRGBA(image.Rectangle{Max: size})
			for b.Loop() {
				Paint(dst, dst.Rect, plane, Camera{X: -300, Y: -200, Zoom: 0.6}, Look{Dim: 0.2, Edge: true})
			}
		})
	}
}
