package pattern

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// Source returns the sample of a cell of w x h that lies at (x, y) of the
// infinite plane; ok is false where the repeat leaves the plane empty (beside
// a border or a placed print).
//
// With s = n·h/d, the plane of a half-drop is P(x, y) = X[(y - s·q) mod h] at
// column x - w·q, q = floor(x/w): the cell to the right hangs s lower. A brick
// is the same with the axes exchanged. Where s is no whole number of samples,
// the shift of the q-th column is rounded, not the drop itself, so that d
// columns always close exactly; Shift tells whether that happens.
//
// Source panics only as an index out of range would: w and h must be positive.
func (r Repeat) Source(x, y, w, h int) (cx, cy int, ok bool) {
	switch r.Kind {
	case HalfDrop, Hex:
		q := FloorDiv(x, w)
		return x - q*w, mod(y-r.shifted(q, h), h), true
	case Brick:
		q := FloorDiv(y, h)
		return mod(x-r.shifted(q, w), w), y - q*h, true
	case Mirror:
		return reflect(x, w), reflect(y, h), true
	case AlongX:
		return mod(x, w), y, y >= 0 && y < h
	case AlongY:
		return x, mod(y, h), x >= 0 && x < w
	case None:
		return x, y, x >= 0 && x < w && y >= 0 && y < h
	default:
		return mod(x, w), mod(y, h), true
	}
}

// shifted is the shift of the q-th column or row for a side of length side,
// to the nearest sample, within one period.
func (r Repeat) shifted(q, side int) int {
	n, d := r.Drop()
	q = mod(q, d)
	return FloorDiv(2*n*q*side+d, 2*d)
}

// RectangleSize returns the size of the rectangle that lays straight for a
// cell of w x h: (d·w) x h for a drop n/d in lowest terms, w x (d·h) for a
// brick, 2w x 2h for a mirror, and the cell itself elsewhere. A hex counts as
// a drop of 1/2.
func (r Repeat) RectangleSize(w, h int) (rw, rh int) {
	_, d := r.Drop()
	switch r.Kind {
	case HalfDrop, Hex:
		return d * w, h
	case Brick:
		return w, d * h
	case Mirror:
		return 2 * w, 2 * h
	default:
		return w, h
	}
}

// Straight returns the repeat by which the rectangle of RectangleSize is laid:
// a block, or r itself for a border and a placed print.
func (r Repeat) Straight() Repeat {
	switch r.Kind {
	case AlongX, AlongY, None:
		return Repeat{Kind: r.Kind}
	default:
		return Repeat{Kind: Block}
	}
}

// Vectors returns the two shortest obvious vectors that carry the plane onto
// itself, in units of the cell's width and height: (1, n/d), (0, 1) for a
// half-drop. Along an axis that does not repeat the vector is zero.
func (r Repeat) Vectors() (a, b [2]float64) {
	n, d := r.Drop()
	drop := float64(n) / float64(d)
	switch r.Kind {
	case HalfDrop, Hex:
		return [2]float64{1, drop}, [2]float64{0, 1}
	case Brick:
		return [2]float64{1, 0}, [2]float64{drop, 1}
	case Mirror:
		return [2]float64{2, 0}, [2]float64{0, 2}
	case AlongX:
		return [2]float64{1, 0}, [2]float64{}
	case AlongY:
		return [2]float64{}, [2]float64{0, 1}
	case None:
		return [2]float64{}, [2]float64{}
	default:
		return [2]float64{1, 0}, [2]float64{0, 1}
	}
}

// Lay copies the window win of the plane into dst. cell holds h rows of w
// samples with channels values each, dst as many rows and samples as win has;
// for planar data, call it once for each plane with channels 1. Where the
// plane is empty, dst keeps the zero value.
func Lay[T any](cell []T, w, h, channels int, r Repeat, win image.Rectangle) ([]T, error) {
	if w <= 0 || h <= 0 || channels <= 0 || len(cell) != w*h*channels {
		return nil, fmt.Errorf("pattern: a cell of %d x %d with %d values a sample does not hold %d values", w, h, channels, len(cell))
	}
	dst := make([]T, win.Dx()*win.Dy()*channels)
	lay(dst, win.Dx()*channels, cell, w*channels, w, h, channels, r, win)
	return dst, nil
}

// lay is Lay over rows of dstStride and cellStride values.
func lay[T any](dst []T, dstStride int, cell []T, cellStride, w, h, channels int, r Repeat, win image.Rectangle) {
	for y := win.Min.Y; y < win.Max.Y; y++ {
		row := dst[(y-win.Min.Y)*dstStride:]
		for x := win.Min.X; x < win.Max.X; {
			cx, cy, ok := r.Source(x, y, w, h)
			if !ok {
				// Only a border or a placed print is empty anywhere, and then
				// every sample up to the cell's left edge is.
				if x < 0 && (r.Kind == AlongY || r.Kind == None && y >= 0) {
					x = min(0, win.Max.X)
					continue
				}
				break
			}
			at := (x - win.Min.X) * channels
			from := cell[cy*cellStride:]
			if r.Kind == Mirror && mod(FloorDiv(x, w), 2) == 1 {
				run := min(cx+1, win.Max.X-x)
				for k := range run {
					copy(row[at+k*channels:at+(k+1)*channels], from[(cx-k)*channels:])
				}
				x += run
				continue
			}
			run := min(w-cx, win.Max.X-x)
			copy(row[at:at+run*channels], from[cx*channels:])
			x += run
		}
	}
}

// Rectangle returns the rectangle of the plane that lays straight, rw x rh
// samples as RectangleSize says. Its own repeat is r.Straight().
func Rectangle[T any](cell []T, w, h, channels int, r Repeat) (rect []T, rw, rh int, err error) {
	rw, rh = r.RectangleSize(w, h)
	rect, err = Lay(cell, w, h, channels, r, image.Rect(0, 0, rw, rh))
	return rect, rw, rh, err
}

// LayImage is Lay for pictures. The result has win's size, its corner at
// (0, 0), and the cell's own pixel format where that is one of Go's packed
// formats; other formats become 16 bit NRGBA. An empty plane is transparent
// (or zero, in a format without alpha).
func LayImage(cell image.Image, r Repeat, win image.Rectangle) image.Image {
	b := cell.Bounds()
	out := image.Rect(0, 0, win.Dx(), win.Dy())
	if b.Empty() || out.Empty() {
		return image.NewNRGBA(out)
	}
	put := func(dst []uint8, dstStride int, src []uint8, srcStride, size int) {
		lay(dst, dstStride, src, srcStride, b.Dx(), b.Dy(), size, r, win)
	}
	switch c := cell.(type) {
	case *image.NRGBA:
		d := image.NewNRGBA(out)
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 4)
		return d
	case *image.RGBA:
		d := image.NewRGBA(out)
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 4)
		return d
	case *image.NRGBA64:
		d := image.NewNRGBA64(out)
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 8)
		return d
	case *image.RGBA64:
		d := image.NewRGBA64(out)
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 8)
		return d
	case *image.Gray:
		d := image.NewGray(out)
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 1)
		return d
	case *image.Gray16:
		d := image.NewGray16(out)
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 2)
		return d
	case *image.Paletted:
		d := image.NewPaletted(out, append(color.Palette(nil), c.Palette...))
		put(d.Pix, d.Stride, c.Pix[c.PixOffset(b.Min.X, b.Min.Y):], c.Stride, 1)
		return d
	default:
		n := image.NewNRGBA64(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(n, n.Bounds(), cell, b.Min, draw.Src)
		return LayImage(n, r, win)
	}
}

// RectangleImage returns the picture that lays straight; see Rectangle.
func RectangleImage(cell image.Image, r Repeat) image.Image {
	rw, rh := r.RectangleSize(cell.Bounds().Dx(), cell.Bounds().Dy())
	return LayImage(cell, r, image.Rect(0, 0, rw, rh))
}

// FloorDiv is a/b rounded down, which for numbers below zero is not Go's: the
// column of cells that a point of the plane lies in. b is not zero.
func FloorDiv[T int | int64](a, b T) T {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func mod(a, b int) int { return a - FloorDiv(a, b)*b }

// reflect folds a into [0, side) by reflections across both edges.
func reflect(a, side int) int {
	a = mod(a, 2*side)
	if a >= side {
		return 2*side - 1 - a
	}
	return a
}
