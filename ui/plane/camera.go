package plane

import "math"

// Camera says which part of the plane is seen: device pixel (i, j) looks at
// the plane's point X + (i+½)/Zoom, Y + (j+½)/Zoom, in pixels of the cell.
type Camera struct {
	X, Y float64
	// Zoom is device pixels per pixel of the cell.
	Zoom float64
}

// The zooms that are allowed.
const (
	MinZoom = 1.0 / 64
	MaxZoom = 64
)

func clampZoom(z float64) float64 {
	if math.IsNaN(z) || z <= 0 {
		return 1
	}
	return min(max(z, MinZoom), MaxZoom)
}

// ZoomAt returns the camera with another zoom that shows the same point of
// the plane at device pixel (i, j).
func (c Camera) ZoomAt(zoom, i, j float64) Camera {
	zoom = clampZoom(zoom)
	return Camera{
		X:    c.X + i/c.Zoom - i/zoom,
		Y:    c.Y + j/c.Zoom - j/zoom,
		Zoom: zoom,
	}
}

// Pan returns the camera moved so that the plane follows by (dx, dy) device
// pixels.
func (c Camera) Pan(dx, dy float64) Camera {
	c.X -= dx / c.Zoom
	c.Y -= dy / c.Zoom
	return c
}

// Fitted returns the camera that shows a cell of w x h in the middle of a
// window of vw x vh device pixels, with enough of its neighbours around it to
// judge the repeat.
func Fitted(w, h, vw, vh int) Camera {
	const share = 0.62
	z := clampZoom(min(share*float64(vw)/float64(w), share*float64(vh)/float64(h)))
	return Centred(w, h, vw, vh, z)
}

// Centred returns the camera that shows the middle of a cell of w x h in the
// middle of a window of vw x vh device pixels.
func Centred(w, h, vw, vh int, zoom float64) Camera {
	zoom = clampZoom(zoom)
	return Camera{
		X:    float64(w)/2 - float64(vw)/2/zoom,
		Y:    float64(h)/2 - float64(vh)/2/zoom,
		Zoom: zoom,
	}
}
