// Package synthesis fills a hole of a cell from the rest of it, with no model:
// every new pixel is a copy of one that was there, author and all.
//
//	err := synthesis.Fill(ctx, layer, repeat, hole, synthesis.Options{Seed: 7})
//
// # The method
//
// From coarse to fine, two steps take turns: for each patch that touches the
// hole, find the most similar patch outside of it; then let all patches over a
// pixel vote on its colour (Y. Wexler, E. Shechtman, M. Irani, "Space-time
// completion of video", IEEE Transactions on Pattern Analysis and Machine
// Intelligence 29(3), 2007). Similar patches are found as in C. Barnes, E.
// Shechtman, A. Finkelstein, D. Goldman, "PatchMatch: a randomized
// correspondence algorithm for structural image editing", ACM Transactions on
// Graphics 28(3), 2009: a good match is passed to the neighbours, and improved
// by looking around it at random. The last vote does not average: it takes the
// vote that is nearest to the average, so that flat inks stay flat, a locked
// palette stays locked, and every pixel has one source.
//
// Patches wrap on the lattice. Everything is integers but for the weights of
// the votes, which are in exact's arithmetic, and the random numbers come from
// a PCG with the seed given: the same seed gives the same bytes everywhere.
package synthesis
