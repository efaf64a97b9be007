// Package draw makes repeats by rule: no model, no pictures of anybody, only
// geometry and a seed.
//
// A Spec says what to draw (family, layout, scale, density, ...), Scene builds
// the vectors, and a Scene gives Screens (one coverage plane per position) at
// any size and an SVG:
//
//	spec := draw.Random(7)
//	scene, err := spec.Scene()
//	screens, err := scene.Screens(256, 256)
//	caption := draw.Describe(spec, 7)
//
// Everything is seamless by construction: a path is rasterised once and its
// coverage is laid down on the torus of the repeat, so that what leaves the
// cell at one edge comes in at the other, shifted as the lattice says.
//
// # The same bytes for ever
//
// A spec gives the same bytes on every platform as long as Version stays the
// same. The generator is written here, sines come from a polynomial written
// here, every product that meets a sum is rounded by an explicit float64
// conversion (which forbids fused multiply-add; a test reads the arm64
// assembly to be sure), and coordinates are snapped to 1/256 pixel before an
// integer rasteriser sees them. Golden hashes in the tests hold it.
package draw

// Version numbers the drawing rules. It rises whenever any spec would give
// other bytes than before.
const Version = 1
