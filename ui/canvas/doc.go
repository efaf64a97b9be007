// Package canvas is the widget that a repeat fills: it pans by dragging, zooms
// at the pointer, fits, shows true scale, and compares two planes with a wipe.
// What is painted comes from ui/plane.
//
//	v := canvas.NewView()
//	v.Lay(p)              // a *plane.Plane; nil shows bare cloth
//	v.SetZoom(1) // or Fit, or TrueScale
package canvas
