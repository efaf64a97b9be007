package pattern

import (
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

// genRepeat draws any repeat, with any drop where the layout has one.
func genRepeat(t *rapid.T) Repeat {
	r := Repeat{Kind: Kind(rapid.IntRange(0, int(None)).Draw(t, "kind"))}
	if r.Kind == HalfDrop || r.Kind == Brick {
		r.D = rapid.IntRange(2, 7).Draw(t, "d")
		r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
	}
	return r
}

func genCell(t *rapid.T) (cell []int, w, h int) {
	w = rapid.IntRange(1, 13).Draw(t, "w")
	h = rapid.IntRange(1, 13).Draw(t, "h")
	cell = make([]int, w*h)
	for i := range cell {
		cell[i] = i + 1
	}
	return cell, w, h
}

// at reads the plane through Source; zero where it is empty.
func at(cell []int, w, h int, r Repeat, x, y int) int {
	cx, cy, ok := r.Source(x, y, w, h)
	if !ok {
		return 0
	}
	return cell[cy*w+cx]
}

// TestSourceAgainstDefinition checks the plane against the definition of the
// twisted torus, written down a second time and without the closed form: walk
// to the cell, one neighbour at a time.
func TestSourceAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		_, d := r.Drop()
		w := rapid.IntRange(1, 5).Draw(t, "w") * d
		h := rapid.IntRange(1, 5).Draw(t, "h") * d
		x := rapid.IntRange(-40, 60).Draw(t, "x")
		y := rapid.IntRange(-40, 60).Draw(t, "y")
		dx, dy, exact := r.Shift(w, h)
		if !exact {
			t.Fatalf("%v at %d x %d should be exact", r, w, h)
		}
		gx, gy, ok := r.Source(x, y, w, h)
		wx, wy, inside := x, y, true
		switch r.Kind {
		case None, AlongX, AlongY:
		default:
			for range 1000 {
				switch {
				case r.Kind == Mirror && wx < 0:
					wx = -1 - wx
				case r.Kind == Mirror && wx >= w:
					wx = 2*w - 1 - wx
				case r.Kind == Mirror && wy < 0:
					wy = -1 - wy
				case r.Kind == Mirror && wy >= h:
					wy = 2*h - 1 - wy
				case wx < 0 && r.Kind != Brick:
					wx, wy = wx+w, wy+dy
				case wx >= w && r.Kind != Brick:
					wx, wy = wx-w, wy-dy
				case wy < 0:
					wx, wy = wx+dx, wy+h
				case wy >= h:
					wx, wy = wx-dx, wy-h
				case wx < 0:
					wx += w
				case wx >= w:
					wx -= w
				}
			}
		}
		switch r.Kind {
		case AlongX:
			inside, wx = y >= 0 && y < h, ((x%w)+w)%w
		case AlongY:
			inside, wy = x >= 0 && x < w, ((y%h)+h)%h
		case None:
			inside = x >= 0 && x < w && y >= 0 && y < h
		default:
		}
		if ok != inside || ok && (gx != wx || gy != wy) {
			t.Fatalf("%v %dx%d at (%d,%d): got (%d,%d) %v, want (%d,%d) %v", r, w, h, x, y, gx, gy, ok, wx, wy, inside)
		}
	})
}

func TestLayEqualsSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		cell, w, h := genCell(t)
		x0 := rapid.IntRange(-50, 50).Draw(t, "x0")
		y0 := rapid.IntRange(-50, 50).Draw(t, "y0")
		win := image.Rect(x0, y0, x0+rapid.IntRange(0, 60).Draw(t, "dx"), y0+rapid.IntRange(0, 60).Draw(t, "dy"))
		got, err := Lay(cell, w, h, 1, r, win)
		if err != nil {
			t.Fatal(err)
		}
		for y := win.Min.Y; y < win.Max.Y; y++ {
			for x := win.Min.X; x < win.Max.X; x++ {
				if g, want := got[(y-win.Min.Y)*win.Dx()+x-win.Min.X], at(cell, w, h, r, x, y); g != want {
					t.Fatalf("%v %dx%d at (%d,%d): %d, want %d", r, w, h, x, y, g, want)
				}
			}
		}
	})
}

// TestRectangleLaysStraight: the rectangle, laid straight, is the plane, also
// where the drop is no whole number of samples.
func TestRectangleLaysStraight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		cell, w, h := genCell(t)
		rect, rw, rh, err := Rectangle(cell, w, h, 1, r)
		if err != nil {
			t.Fatal(err)
		}
		s := r.Straight()
		for range 50 {
			x := rapid.IntRange(-100, 100).Draw(t, "x")
			y := rapid.IntRange(-100, 100).Draw(t, "y")
			if g, want := at(rect, rw, rh, s, x, y), at(cell, w, h, r, x, y); g != want {
				t.Fatalf("%v %dx%d: rectangle %dx%d gives %d at (%d,%d), the plane %d", r, w, h, rw, rh, g, x, y, want)
			}
		}
	})
}

func TestVectorsCarryThePlaneOntoItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		_, d := r.Drop()
		w, h := 3*d, 5*d
		cell := make([]int, w*h)
		for i := range cell {
			cell[i] = i + 1
		}
		a, b := r.Vectors()
		x := rapid.IntRange(-50, 50).Draw(t, "x")
		y := rapid.IntRange(-50, 50).Draw(t, "y")
		for _, v := range [][2]float64{a, b} {
			if g, want := at(cell, w, h, r, x+int(v[0]*float64(w)+.5), y+int(v[1]*float64(h)+.5)), at(cell, w, h, r, x, y); g != want {
				t.Fatalf("%v: vector %v leads from %d to %d", r, v, want, g)
			}
		}
	})
}

func TestRectangleSize(t *testing.T) {
	for _, c := range []struct {
		r      Repeat
		rw, rh int
	}{
		{Repeat{}, 10, 12},
		{Repeat{Kind: HalfDrop}, 20, 12},
		{Repeat{HalfDrop, 2, 6}, 30, 12},
		{Repeat{HalfDrop, 2, 3}, 30, 12},
		{Repeat{Brick, 1, 4}, 10, 48},
		{Repeat{Kind: Mirror}, 20, 24},
		{Repeat{Kind: Hex}, 20, 12},
		{Repeat{Kind: AlongX}, 10, 12},
		{Repeat{Kind: None}, 10, 12},
	} {
		if rw, rh := c.r.RectangleSize(10, 12); rw != c.rw || rh != c.rh {
			t.Errorf("%v: rectangle of 10 x 12 is %d x %d, want %d x %d", c.r, rw, rh, c.rw, c.rh)
		}
	}
}

// TestLayImageFormats: every format keeps its type and its pixels.
func TestLayImageFormats(t *testing.T) {
	b := image.Rect(3, 2, 3+4, 2+6) // not at the origin
	pal := image.NewPaletted(b, color.Palette{color.Black, color.White, color.NRGBA{9, 80, 7, 255}})
	images := []interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		image.NewNRGBA(b), image.NewRGBA(b), image.NewNRGBA64(b), image.NewRGBA64(b), image.NewGray(b), image.NewGray16(b), pal, image.NewCMYK(b),
	}
	r := Repeat{HalfDrop, 1, 3}
	for _, img := range images {
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				img.Set(x, y, color.NRGBA{uint8(x * 30), uint8(y * 20), uint8(x * y), 255})
			}
		}
		got := LayImage(img, r, image.Rect(-5, -7, 8, 9))
		if got.Bounds() != image.Rect(0, 0, 13, 16) {
			t.Fatalf("%T: bounds %v", img, got.Bounds())
		}
		for y := range 16 {
			for x := range 13 {
				cx, cy, _ := r.Source(x-5, y-7, 4, 6)
				gr, gg, gb, ga := got.At(x, y).RGBA()
				wr, wg, wb, wa := img.At(b.Min.X+cx, b.Min.Y+cy).RGBA()
				if gr != wr || gg != wg || gb != wb || ga != wa {
					t.Fatalf("%T at (%d,%d): %v, want %v", img, x, y, got.At(x, y), img.At(b.Min.X+cx, b.Min.Y+cy))
				}
			}
		}
	}
}

func TestLayRefusesWrongLength(t *testing.T) {
	if _, err := Lay(make([]int, 5), 2, 3, 1, Repeat{}, image.Rect(0, 0, 1, 1)); err == nil {
		t.Fatal("a cell of 5 values passed for 2 x 3")
	}
}

func BenchmarkLay(b *testing.B) {
	cell := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	b.SetBytes(1920 * 1080 * 4)
	for b.Loop() {
		LayImage(cell, Repeat{HalfDrop, 1, 2}, image.Rect(-900, -500, 1020, 580))
	}
}
