// Package trace turns a locked picture, one position per pixel, into vectors:
//
//	err := trace.SVG(ctx, w, trace.Picture{Index: index, Width: 2048, Height: 2048, Repeat: r},
//		positions, trace.Options{Width: 640, Height: 640})
//
// # Shared borders
//
// The border between two positions is found once, on the cracks between pixels,
// and fitted once with Bézier curves; both positions use the same numbers, so
// that there is neither gap nor overlap. Where three positions meet the curves end
// in one point. Where a position touches itself across a corner, as a thin slanting
// line does, the rarer colour holds together.
//
// # The lattice
//
// Borders are followed over the lattice of the repeat and not over the picture's
// edge, which is therefore nowhere to be seen in them: a shape that crosses it is
// complete, laid at every translate that shows in the cell, and cut by a clip path
// alone. Borders that never close, such as those of a stripe, run on beyond the
// cell and are closed outside of it. Where a repeat has no lattice (mirror, the far
// sides of a border, a placed print), shapes run straight on beyond the edge, which
// is what its reflection continues.
//
// # Filling
//
// Each position is one path, filled by the even-odd rule: a point belongs to the
// position when an odd number of its borders lies around it.
package trace
