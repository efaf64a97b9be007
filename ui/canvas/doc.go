// Package canvas lays a repeat over the whole of a widget, as cloth would show
// it: the cell bright, its copies a little dimmed, an edge that can be hidden.
//
// A Plane is a cell made ready to be sampled at any enlargement; a Camera says
// which part of the infinite plane is seen; Paint joins the two into pixels,
// in parallel rows and without allocating. View is the Fyne widget around
// them: it pans, zooms at the pointer, fits, and compares two planes with a
// wipe.
//
//	v := canvas.NewView()
//	v.Show(canvas.NewPlane(cell, repeat), true)
//	v.SetScale(canvas.Fit, 0)
package canvas
