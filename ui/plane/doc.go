// Package plane samples the infinite plane of a repeat for the screen: without
// a window, without a toolkit.
//
// A Plane is a cell made ready to be sampled at any enlargement; a Camera says
// which part of it is seen; Paint joins the two into pixels, in parallel rows
// and without allocating anything per pixel.
//
//	p := plane.New(cell, repeat)
//	plane.Paint(dst, dst.Rect, p, plane.Fitted(w, h, 1280, 800), plane.Look{Dim: 0.2})
//
// What it shows at a whole enlargement is, pixel for pixel, what
// pattern.Repeat.Source names: a test holds that for every layout.
package plane
