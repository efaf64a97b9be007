// Package drawing reads SVG as designers' programs write it, and draws it at any
// size.
//
//	d, err := drawing.Parse(data)
//	w, h := d.Fit(0, 0, 300)           // its own size at 300 DPI
//	img, err := d.Draw(ctx, w, h)
//	d.Notes()                          // what was left out
//
// Drawn are paths and basic shapes, strokes with dashes, joins and caps, groups,
// use and symbol, transforms, nested viewports, linear and radial gradients,
// patterns, clip paths, masks, opacity, embedded PNG and JPEG pictures, and style
// sheets of plain selectors (SVG 1.1, second edition; CSS 2.1). Left out, with a
// note, are text (its fonts are not here: convert it to outlines), filters,
// markers, blend modes, scripts, animation and whatever lies outside of the file.
//
// # Bounds
//
// An SVG is a program, and can be an endless one. Its bytes, depth, number of
// elements, length of entities, and how many elements are drawn in all (use
// multiplies them) are bounded, a reference that leads back to itself is
// refused, and every loop asks the context.
//
// # Why not a library
//
// github.com/srwiley/oksvg, which Fyne brings along, has no clip paths, masks or
// patterns, follows use without end, and panics over some numbers; the clip
// path is what Illustrator puts around every swatch. Strokes come from its
// sister package rasterx, which is sound.
package drawing
