package canvas

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/plane"
	"github.com/selvage-studio/selvage/ui/theme"
)

// quartered is a cell whose quarters have four colours.
func quartered(side int, a, b, c, d color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.SetNRGBA(x, y, [2][2]color.NRGBA{{a, b}, {c, d}}[y*2/side][x*2/side])
		}
	}
	return m
}

var (
	red    = color.NRGBA{200, 40, 40, 255}
	green  = color.NRGBA{40, 180, 60, 255}
	blue   = color.NRGBA{40, 60, 200, 255}
	yellow = color.NRGBA{220, 200, 60, 255}
)

// opened is a view of 400 x 300 in a window of the software painter.
func opened(t *testing.T) (*View, fyne.Window) {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(theme.Dark))
	v := NewView()
	v.SetDim(false)
	v.SetEdge(false)
	w := app.NewWindow("view")
	w.SetPadded(false)
	w.SetContent(v)
	w.Resize(fyne.NewSize(400, 300))
	t.Cleanup(w.Close)
	return v, w
}

// at is what the window shows at a point.
func at(w fyne.Window, x, y int) color.NRGBA {
	c, _ := color.NRGBAModel.Convert(w.Canvas().Capture().At(x, y)).(color.NRGBA)
	return c
}

func TestTheWindowShowsThePlaneOfTheRepeat(t *testing.T) {
	v, w := opened(t)
	half := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	v.Lay(plane.New(quartered(64, red, green, blue, yellow), half))
	c := v.Camera()
	if want := plane.Fitted(64, 64, 400, 300); c != want {
		t.Fatalf("the first picture is seen by %+v, want it fitted: %+v", c, want)
	}
	// The middle of every quarter of the cell, and of the cell at its right,
	// which hangs half a cell lower.
	for _, q := range []struct {
		x, y float64
		want color.NRGBA
	}{{16, 16, red}, {48, 16, green}, {16, 48, blue}, {48, 48, yellow}, {64 + 16, 48, red}, {64 + 16, 16, blue}} {
		x, y := int((q.x-c.X)*c.Zoom), int((q.y-c.Y)*c.Zoom)
		if got := at(w, x, y); got != q.want {
			t.Errorf("the plane's (%g, %g) shows %v, want %v", q.x, q.y, got, q.want)
		}
	}
}

func TestTheWheelZoomsAtThePointer(t *testing.T) {
	v, _ := opened(t)
	v.Lay(plane.New(quartered(64, red, green, blue, yellow), pattern.Repeat{}))
	moved := 0
	v.Moved = func() { moved++ }
	p := fyne.NewPos(130, 70)
	before := v.Camera()
	v.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, 50)})
	after := v.Camera()
	if math.Abs(after.Zoom/before.Zoom-1.16*1.16) > 1e-9 {
		t.Errorf("two notches zoom by %g", after.Zoom/before.Zoom)
	}
	point := func(c plane.Camera) (x, y float64) { return c.X + 130/c.Zoom, c.Y + 70/c.Zoom }
	bx, by := point(before)
	ax, ay := point(after)
	if math.Hypot(ax-bx, ay-by) > 1e-9 {
		t.Errorf("under the pointer was (%g, %g), now (%g, %g)", bx, by, ax, ay)
	}
	if moved != 1 {
		t.Errorf("the zoom was told %d times", moved)
	}
	for range 200 {
		v.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 250)})
	}
	if v.Zoom() != plane.MaxZoom {
		t.Errorf("the zoom grew to %g", v.Zoom())
	}
}

func TestDraggingPansAndEndsFitting(t *testing.T) {
	v, w := opened(t)
	v.Lay(plane.New(quartered(64, red, green, blue, yellow), pattern.Repeat{}))
	before := v.Camera()
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(50, 60)}, Dragged: fyne.NewDelta(30, -12)})
	v.DragEnd()
	c := v.Camera()
	if math.Abs(c.X-(before.X-30/c.Zoom)) > 1e-9 || math.Abs(c.Y-(before.Y+12/c.Zoom)) > 1e-9 {
		t.Errorf("dragging went from %+v to %+v", before, c)
	}
	w.Resize(fyne.NewSize(500, 420))
	if v.Camera() != c {
		t.Error("a view that was moved by hand moves with the window")
	}
	v.Fit()
	w.Resize(fyne.NewSize(300, 300))
	if want := plane.Fitted(64, 64, 300, 300); v.Camera() != want {
		t.Errorf("a fitted view does not follow the window: %+v, want %+v", v.Camera(), want)
	}
}

// A preview is smaller than the result that follows; what is looked at stays.
func TestAnotherSizeKeepsTheView(t *testing.T) {
	v, w := opened(t)
	half := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	v.Lay(plane.New(quartered(32, red, green, blue, yellow), half))
	v.SetZoom(5)
	var before [4]color.NRGBA
	points := [4]image.Point{{40, 50}, {200, 120}, {310, 250}, {390, 20}}
	for i, p := range points {
		before[i] = at(w, p.X, p.Y)
	}
	v.Lay(plane.New(quartered(128, red, green, blue, yellow), half))
	if math.Abs(v.Zoom()-1.25) > 1e-9 {
		t.Errorf("four times the pixels are seen at %g instead of a quarter of 5", v.Zoom())
	}
	for i, p := range points {
		if got := at(w, p.X, p.Y); far(got, before[i]) {
			t.Errorf("%v showed %v and shows %v", p, before[i], got)
		}
	}
}

// far says that two colours are not the same but for interpolation.
func far(a, b color.NRGBA) bool {
	d := func(a, b uint8) bool { return max(a, b)-min(a, b) > 24 }
	return d(a.R, b.R) || d(a.G, b.G) || d(a.B, b.B)
}

func TestTheWipeComparesTheSamePart(t *testing.T) {
	v, w := opened(t)
	ground := plane.New(quartered(64, red, red, red, red), pattern.Repeat{})
	over := plane.New(quartered(128, blue, blue, blue, blue), pattern.Repeat{})
	v.LayOver(ground, over, true)
	if l, r := at(w, 100, 150), at(w, 300, 150); l != red || r != blue {
		t.Fatalf("left of the wipe is %v, right of it %v", l, r)
	}
	drag := func(from, to float32) {
		v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(to, 150)}, Dragged: fyne.NewDelta(to-from, 0)})
		v.DragEnd()
	}
	camera := v.Camera()
	drag(202, 340)
	if math.Abs(v.Split()-0.85) > 1e-6 || v.Camera() != camera {
		t.Fatalf("the wipe went to %g", v.Split())
	}
	if got := at(w, 300, 150); got != red {
		t.Errorf("left of the moved wipe is %v", got)
	}
	drag(100, 110)
	if math.Abs(v.Split()-0.85) > 1e-6 || v.Camera() == camera {
		t.Error("a drag beside the wipe moved it, or did not pan")
	}
	v.LayOver(ground, nil, true)
	if got := at(w, 390, 150); got != red {
		t.Errorf("with nothing to compare the view shows %v", got)
	}
}

func TestBareClothIsShownBeforeThereIsAnything(t *testing.T) {
	v, w := opened(t)
	if got, want := at(w, 200, 150), opaque(theme.Color(theme.Cloth)); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	v.Fit()
	v.SetZoom(3)
	v.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -50)})
	v.Lay(plane.New(image.NewNRGBA(image.Rectangle{}), pattern.Repeat{}))
	if got, want := at(w, 200, 150), opaque(theme.Color(theme.Cloth)); got != want {
		t.Errorf("a cell without pixels shows %v", got)
	}
}
