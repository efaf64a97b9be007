package canvas

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/plane"
	"github.com/selvage-studio/selvage/ui/theme"
)

// View is the widget that a repeat fills. Its methods belong to the drawing
// thread.
type View struct {
	widget.BaseWidget
	// Moved is called when the zoom changed.
	Moved func()

	raster *canvas.Raster
	pix    *image.RGBA

	ground, over *plane.Plane
	comparing    bool
	split        float64 // of the width, where the wipe stands
	splitting    bool

	camera plane.Camera
	placed bool // the camera was set for a plane
	fitted bool // it follows the size of the widget
	edge   bool
	dim    bool
}

// dimmed is how far copies of the cell lean towards the cloth.
const dimmed = 0.22

// NewView makes a view of bare cloth.
func NewView() *View {
	v := &View{split: 0.5, edge: true, dim: true}
	v.camera.Zoom = 1
	v.ExtendBaseWidget(v)
	v.raster = canvas.NewRaster(v.paint)
	return v
}

// Lay shows a plane; nil shows bare cloth. The camera stays as it is when the
// cell has the size of the one before, and is scaled so that the picture keeps
// its place when it has not.
func (v *View) Lay(p *plane.Plane) { v.LayOver(p, nil, false) }

// LayOver shows over in place of ground, or, when comparing, ground at the
// left of a wipe and over at its right. over may be nil.
func (v *View) LayOver(ground, over *plane.Plane, comparing bool) {
	comparing = comparing && ground != nil && over != nil
	if v.ground == ground && v.over == over && v.comparing == comparing {
		return
	}
	before := v.top()
	v.ground, v.over, v.comparing = ground, over, comparing
	v.follow(before, v.top())
	v.raster.Refresh()
	v.moved()
}

// top is the plane that decides size and figures.
func (v *View) top() *plane.Plane {
	if v.over != nil {
		return v.over
	}
	return v.ground
}

// follow keeps what is seen when the cell changes its size in pixels: a
// preview is smaller than the result that follows it.
func (v *View) follow(before, after *plane.Plane) {
	if after == nil {
		return
	}
	w, h := after.Size()
	if w == 0 || h == 0 {
		return
	}
	if !v.placed || v.fitted || before == nil {
		v.fit()
		return
	}
	bw, _ := before.Size()
	if bw == w || bw == 0 {
		return
	}
	k := float64(w) / float64(bw)
	v.camera = plane.Camera{X: v.camera.X * k, Y: v.camera.Y * k, Zoom: v.camera.Zoom / k}
}

// device returns device pixels per unit of the canvas, and the size in them.
func (v *View) device() (scale float64, w, h int) {
	scale = 1
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		scale = float64(c.Scale())
	}
	s := v.Size()
	return scale, int(math.Round(float64(s.Width) * scale)), int(math.Round(float64(s.Height) * scale))
}

func (v *View) fit() {
	p := v.top()
	_, vw, vh := v.device()
	if p == nil || vw == 0 || vh == 0 {
		return
	}
	w, h := p.Size()
	if w == 0 || h == 0 {
		return
	}
	v.camera = plane.Fitted(w, h, vw, vh)
	v.placed, v.fitted = true, true
}

// Fit shows the whole cell with some of its neighbours, and goes on doing so
// when the window changes its size.
func (v *View) Fit() {
	v.fit()
	v.raster.Refresh()
	v.moved()
}

// SetZoom shows the middle of the view at zoom device pixels per pixel of the
// cell.
func (v *View) SetZoom(zoom float64) {
	_, w, h := v.device()
	v.zoomAt(zoom, float64(w)/2, float64(h)/2)
}

// Zoom returns device pixels per pixel of the cell that is looked at.
func (v *View) Zoom() float64 { return v.camera.Zoom }

// Camera returns what is seen.
func (v *View) Camera() plane.Camera { return v.camera }

// ZoomBy zooms by a factor around the middle of the view.
func (v *View) ZoomBy(f float64) { v.SetZoom(v.camera.Zoom * f) }

func (v *View) zoomAt(zoom, i, j float64) {
	v.camera = v.camera.ZoomAt(zoom, i, j)
	v.fitted = false
	v.raster.Refresh()
	v.moved()
}

func (v *View) moved() {
	if v.Moved != nil {
		v.Moved()
	}
}

// Edge says whether the cell's edge is drawn.
func (v *View) Edge() bool { return v.edge }

// Dim says whether copies of the cell are dimmed.
func (v *View) Dim() bool { return v.dim }

// SetEdge draws the cell's edge, or not.
func (v *View) SetEdge(on bool) {
	v.edge = on
	v.raster.Refresh()
}

// SetDim dims the copies of the cell, or not.
func (v *View) SetDim(on bool) {
	v.dim = on
	v.raster.Refresh()
}

// paint is the raster's generator: w x h device pixels.
func (v *View) paint(w, h int) image.Image {
	if w <= 0 || h <= 0 {
		return image.NewRGBA(image.Rect(0, 0, 1, 1))
	}
	r := image.Rect(0, 0, w, h)
	if v.pix == nil || v.pix.Rect != r {
		v.pix = image.NewRGBA(r)
	}
	scale, _, _ := v.device()
	look := plane.Look{Ground: opaque(theme.Color(theme.Cloth)), Edge: v.edge, Hairline: max(1, int(scale))}
	if v.dim {
		look.Dim = dimmed
	}
	if !v.comparing {
		plane.Paint(v.pix, r, v.top(), v.camera, look)
		return v.pix
	}
	x := int(v.split * float64(w))
	left, right := r, r
	left.Max.X, right.Min.X = x, x
	plane.Paint(v.pix, left, v.ground, v.cameraFor(v.ground), look)
	plane.Paint(v.pix, right, v.over, v.camera, look)
	half := max(1, int(scale))
	bar := image.Rect(x-half, 0, x+half, h)
	plane.Paint(v.pix, bar, nil, v.camera, plane.Look{Ground: opaque(theme.Color(theme.PillText))})
	return v.pix
}

// cameraFor is the camera under which p's cell is as wide as that of the
// plane on top, so that a wipe compares the same part of both.
func (v *View) cameraFor(p *plane.Plane) plane.Camera {
	a, _ := v.top().Size()
	b, _ := p.Size()
	if a == b || a == 0 || b == 0 {
		return v.camera
	}
	k := float64(b) / float64(a)
	return plane.Camera{X: v.camera.X * k, Y: v.camera.Y * k, Zoom: v.camera.Zoom / k}
}

func opaque(c color.Color) color.NRGBA {
	n, _ := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = 0xff
	return n
}

// Split returns where the wipe stands, as a share of the width.
func (v *View) Split() float64 { return v.split }

// grip is how near the pointer has to be to take hold of the wipe.
const grip = 10

// Dragged implements fyne.Draggable: it pans, or moves the wipe.
func (v *View) Dragged(e *fyne.DragEvent) {
	width := v.Size().Width
	if v.comparing && !v.splitting {
		from := e.Position.X - e.Dragged.DX
		v.splitting = fyne.Max(from-float32(v.split)*width, float32(v.split)*width-from) <= grip
	}
	if v.splitting && width > 0 {
		v.split = min(max(float64(e.Position.X/width), 0), 1)
		v.raster.Refresh()
		return
	}
	scale, _, _ := v.device()
	v.camera = v.camera.Pan(float64(e.Dragged.DX)*scale, float64(e.Dragged.DY)*scale)
	v.fitted = false
	v.raster.Refresh()
}

// DragEnd implements fyne.Draggable.
func (v *View) DragEnd() { v.splitting = false }

// Scrolled implements fyne.Scrollable: the wheel zooms at the pointer, a
// notch by a sixth.
func (v *View) Scrolled(e *fyne.ScrollEvent) {
	const notch = 25 // what Fyne makes of one
	scale, _, _ := v.device()
	turns := float64(e.Scrolled.DY) / notch
	f := math.Pow(1.16, min(max(turns, -8), 8))
	v.zoomAt(v.camera.Zoom*f, float64(e.Position.X)*scale, float64(e.Position.Y)*scale)
}

// Cursor implements desktop.Cursorable.
func (v *View) Cursor() desktop.Cursor { return desktop.DefaultCursor }

// MinSize implements fyne.CanvasObject.
func (v *View) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	return fyne.NewSize(200, 160)
}

// Resize implements fyne.CanvasObject.
func (v *View) Resize(s fyne.Size) {
	if s == v.Size() {
		return
	}
	v.BaseWidget.Resize(s)
	if v.fitted || !v.placed {
		v.fit()
		v.moved()
	}
}

// CreateRenderer implements fyne.Widget.
func (v *View) CreateRenderer() fyne.WidgetRenderer { return &viewRenderer{v} }

type viewRenderer struct{ view *View }

// Destroy implements fyne.WidgetRenderer.
func (r *viewRenderer) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (r *viewRenderer) Layout(s fyne.Size) { r.view.raster.Resize(s) }

// MinSize implements fyne.WidgetRenderer.
func (r *viewRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 160) }

// Objects implements fyne.WidgetRenderer.
func (r *viewRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.view.raster} }

// Refresh implements fyne.WidgetRenderer.
func (r *viewRenderer) Refresh() { r.view.raster.Refresh() }
