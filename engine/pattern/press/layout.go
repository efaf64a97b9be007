package press

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// LayoutKind is what of the plane a file shows.
type LayoutKind uint8

// The layouts.
const (
	Cell      LayoutKind = iota // the cell; only a program that knows drops can lay it
	Rectangle                   // the rectangle that lays straight
	Multiple                    // Across x Down of those rectangles, which lays straight too
	Piece                       // a piece of cloth, Width x Height, cut where it ends
)

// Layout is what of the plane a file shows.
type Layout struct {
	Kind          LayoutKind
	Across, Down  int            // of Multiple
	Width, Height pattern.Length // of Piece
}

// LayoutError reports a layout that is none, or that a repeat cannot have.
type LayoutError struct{ Text, Reason string }

func (e *LayoutError) Error() string {
	return fmt.Sprintf("layout %q %s; use cell, rectangle, multiples such as 2x3, or a piece of cloth such as 150cmx300cm", e.Text, e.Reason)
}

// ParseLayout reads "cell", "rectangle", multiples of the rectangle such as
// "2x3" (across, down), or a piece of cloth such as "150cmx3m" (width, length).
// The error is a *LayoutError.
func ParseLayout(s string) (Layout, error) {
	switch t := strings.ToLower(strings.ReplaceAll(s, " ", "")); t {
	case "cell":
		return Layout{Kind: Cell}, nil
	case "rectangle":
		return Layout{Kind: Rectangle}, nil
	default:
		a, b, ok := strings.Cut(strings.ReplaceAll(t, "×", "x"), "x")
		if !ok {
			return Layout{}, &LayoutError{s, "is not known"}
		}
		across, err1 := strconv.Atoi(a)
		down, err2 := strconv.Atoi(b)
		if err1 == nil && err2 == nil {
			l := Layout{Kind: Multiple, Across: across, Down: down}
			return l, l.check()
		}
		w, err1 := pattern.ParseLength(a)
		h, err2 := pattern.ParseLength(b)
		for _, err := range []error{err1, err2} {
			if err != nil {
				return Layout{}, &LayoutError{s, "is not known: " + err.Error()}
			}
		}
		return Layout{Kind: Piece, Width: w, Height: h}, nil
	}
}

// mostMultiples bounds the multiples of a side, which are for presentations and
// short prints; a long print is a piece.
const mostMultiples = 1000

func (l Layout) check() error {
	switch {
	case l.Kind > Piece:
		return &LayoutError{l.String(), "is not known"}
	case l.Kind == Multiple && (l.Across < 1 || l.Down < 1 || l.Across > mostMultiples || l.Down > mostMultiples):
		return &LayoutError{l.String(), fmt.Sprintf("has multiples that are not from 1 to %d", mostMultiples)}
	case l.Kind == Piece && (!(l.Width > 0) || !(l.Height > 0)):
		return &LayoutError{l.String(), "has no size"}
	}
	return nil
}

// String returns what ParseLayout reads.
func (l Layout) String() string {
	switch l.Kind {
	case Cell:
		return "cell"
	case Rectangle:
		return "rectangle"
	case Multiple:
		return fmt.Sprintf("%dx%d", l.Across, l.Down)
	case Piece:
		return fmt.Sprintf("%sx%s", strings.ReplaceAll(l.Width.String(), " ", ""), strings.ReplaceAll(l.Height.String(), " ", ""))
	default:
		return fmt.Sprintf("layout(%d)", uint8(l.Kind))
	}
}

// LaysStraight reports whether a printer who knows no drops can lay the file of
// a cell of repeat r edge to edge. A piece is cut where the cloth ends.
func (l Layout) LaysStraight(r pattern.Repeat) bool {
	switch l.Kind {
	case Rectangle, Multiple:
		return true
	case Cell:
		w, h := r.RectangleSize(1, 1)
		return w == 1 && h == 1
	default:
		return false
	}
}

// Layouts returns what is exported unless somebody asks for something else: the
// cell, and beside it the rectangle for every repeat whose cell does not lay
// straight.
func Layouts(r pattern.Repeat) []Layout {
	if l := (Layout{Kind: Cell}); l.LaysStraight(r) {
		return []Layout{l}
	}
	return []Layout{{Kind: Cell}, {Kind: Rectangle}}
}

// Window returns the window of the plane for a cell of size pixels at dpiX and
// dpiY, which only a piece needs. A *LayoutError says that the repeat leaves
// that window empty, as a border does above and below.
func (l Layout) Window(cell pattern.Size, r pattern.Repeat, dpiX, dpiY float64) (image.Rectangle, error) {
	if err := l.check(); err != nil {
		return image.Rectangle{}, err
	}
	w, h := r.RectangleSize(cell.Width, cell.Height)
	switch l.Kind {
	case Cell:
		w, h = cell.Width, cell.Height
	case Multiple:
		w, h = w*l.Across, h*l.Down
	case Piece:
		if !(dpiX > 0) || !(dpiY > 0) {
			return image.Rectangle{}, &LayoutError{l.String(), "is a physical size, and the pattern has none"}
		}
		pw, ph := l.Width.Pixels(dpiX), l.Height.Pixels(dpiY)
		if pw > maxSide || ph > maxSide {
			return image.Rectangle{}, &LayoutError{l.String(), fmt.Sprintf("is more than %d pixels a side at %.4g DPI", maxSide, max(dpiX, dpiY))}
		}
		w, h = max(int(math.Round(pw)), 1), max(int(math.Round(ph)), 1)
	case Rectangle:
	}
	if w > cell.Width && (r.Kind == pattern.AlongY || r.Kind == pattern.None) {
		return image.Rectangle{}, &LayoutError{l.String(), fmt.Sprintf("goes beside a %v pattern, which does not repeat across", r)}
	}
	if h > cell.Height && (r.Kind == pattern.AlongX || r.Kind == pattern.None) {
		return image.Rectangle{}, &LayoutError{l.String(), fmt.Sprintf("goes below a %v pattern, which does not repeat down", r)}
	}
	return image.Rect(0, 0, w, h), nil
}

// Apply lays the cell. dpiX and dpiY are the cell's; see Window for errors.
func (l Layout) Apply(cell *Picture, r pattern.Repeat, dpiX, dpiY float64) (*Picture, error) {
	if err := cell.check(); err != nil {
		return nil, err
	}
	win, err := l.Window(pattern.Size{Width: cell.Width, Height: cell.Height}, r, dpiX, dpiY)
	if err != nil {
		return nil, err
	}
	return lay(cell, r, win), nil
}

// lay returns the window of the plane, which r must not leave empty anywhere.
func lay(cell *Picture, r pattern.Repeat, win image.Rectangle) *Picture {
	if win == image.Rect(0, 0, cell.Width, cell.Height) {
		return cell
	}
	out := *cell
	out.Width, out.Height = win.Dx(), win.Dy()
	size := cell.Samples() * cell.Bits / 8
	out.Row = func(dst []byte, y int) {
		// A row of the plane takes from as many rows of the cell as a drop has
		// columns; each is read once.
		rows := map[int][]byte{}
		for x := win.Min.X; x < win.Max.X; {
			cx, cy, _ := r.Source(x, win.Min.Y+y, cell.Width, cell.Height)
			src := rows[cy]
			if src == nil {
				src = make([]byte, cell.RowBytes())
				cell.Row(src, cy)
				rows[cy] = src
			}
			to := dst[(x-win.Min.X)*size:]
			if r.Kind == pattern.Mirror && odd(x, cell.Width) {
				run := min(cx+1, win.Max.X-x)
				for k := range run {
					copy(to[k*size:(k+1)*size], src[(cx-k)*size:])
				}
				x += run
				continue
			}
			run := min(cell.Width-cx, win.Max.X-x)
			copy(to[:run*size], src[cx*size:])
			x += run
		}
	}
	return &out
}

// odd reports whether x lies in an odd copy of a side, counted from 0.
func odd(x, side int) bool {
	q := x / side
	if x < 0 && x%side != 0 {
		q--
	}
	return q&1 != 0
}
