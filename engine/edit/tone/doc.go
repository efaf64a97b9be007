// Package tone is the colour of a pattern as a mill counts it: the few colours
// that a picture is made of, the lock that makes every pixel one of them, and
// the changes of one colour into another that leave edges and shading alone.
//
//	found, err := tone.Extract(ctx, r, repeat, tone.Extraction{Count: 12})
//	lock, err := tone.Lock(ctx, r, repeat, tone.Locking{Chips: found.Chips(), Specks: 3})
//	lock.Write(r)                         // only the bands that differ
//	index, err := tone.Index(r, chips)    // one byte a pixel: its position
//
// # Edges
//
// A pixel between two areas is no colour of its own: it is a share of one and a
// share of the other. A ramp is a pixel whose neighbours on opposite sides (in one
// of four directions, up to reach pixels far, over the lattice) lead steadily to
// two other colours, with the pixel's colour close to the line between the two.
// Extraction does not count ramps, a lock gives them to one of their two ends
// and never to a third chip, and recolouring moves their share alone.
//
// # Arithmetic
//
// A lock and a recolouring are replayed, so their arithmetic is integers, tables
// and float64 with every product rounded before it is added; work is divided among
// processors so that no result depends on the order. Decisions are taken on
// colours of 8 bit, as chips are; what is written keeps 16.
package tone
