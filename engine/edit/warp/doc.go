// Package warp brings pixels to other places and sizes in arithmetic that is
// the same everywhere: windows of the plane of a repeat, a kernel to sample
// them between pixels, and a resize of a whole cell.
//
//	win := warp.Lay(layer, repeat, image.Rect(-40, 0, 200, 160))
//	s := warp.NewSampler(win, 1/0.5, 1/0.5) // for a picture of half the size
//	pixel := s.At(12.25, 80.5)
//
//	small, err := warp.Resize(ctx, layer, repeat, pattern.Size{Width: 1024, Height: 1024})
//
// Positions are continuous: the pixel (0, 0) reaches from 0 to 1 and its middle
// is at (0.5, 0.5). Kernels widen where a picture shrinks, so that what gets
// finer than a pixel is averaged and does not flicker. Weights are computed in
// float64 with every product rounded before it is added, and turned into whole
// numbers of 2^-20 that add up to exactly one; all sums are integers. A kernel
// on the middle of a pixel gives back that pixel's bytes.
//
// Colours are mixed as they are stored, premultiplied and gamma-encoded, as
// other programs do it by default. Authors do not mix: a new pixel has the
// author of the pixel that its middle falls on.
package warp
