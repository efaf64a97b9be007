// Package motif lifts a motif out of its ground, and turns, scales, recolours
// and scatters it on the plane of a repeat.
//
//	ground := motif.Ground(layer)
//	mask, err := motif.Mask(ctx, layer, ground, 0.04)
//	piece, err := region.At(ctx, mask, repeat, image.Pt(300, 40), 2)
//	lifted, err := motif.Matte(ctx, layer, repeat, piece, mask, ground, 2)
//	turned, err := motif.Turn(ctx, lifted, motif.Placement{...})
//	motif.Place(other, repeat, turned)
//
// A motif is a window of the plane (warp.Window) with soft alpha and colours of
// its own: what the ground gave to the pixels of its edge is taken out, so that
// it lies on any other ground without a halo. Moving it moves the authors of
// its pixels with it; that it was arranged is what the operation records.
package motif
