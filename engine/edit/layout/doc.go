// Package layout changes how a cell lies on the plane: its repeat, its size and
// its place, by the lattice's own symmetries where those are enough, and by
// resampling where they are not. It also finds the repeat in a scan or a swatch
// and closes the seam of a picture that was never in repeat.
//
//	found, err := layout.Find(ctx, picture)            // vectors, kind, confidence
//	cell, err := layout.Cut(ctx, picture, found.Crop)  // upright, joined
//	source, size, turned := layout.Quarter(repeat, w, h, 1) // a half-drop becomes a brick
//	cell = layout.Rearrange(cell, size, source)
//	err = layout.Heal(ctx, cell, turned, layout.Healing{Method: layout.Patch, Width: 12})
//
// Everything but Find replays to the same bytes everywhere. Find uses floating
// point Fourier transforms; what it found is stored in the operation that uses
// it, and is not found again.
package layout
