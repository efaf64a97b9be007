// Package pattern holds what a surface pattern is made of, in pixels: the
// repeat that carries a cell over the plane, the sizes that a repeat allows,
// and the physical size that cloth and paper are ordered in. Pixels go in and
// pixels come out; no model, no device and no person is known here.
//
// A cell of W x H samples and a Repeat describe an infinite plane. Source
// answers which sample of the cell lies at a point of it, Lay copies any
// window of it, and Rectangle cuts the rectangle that a printer who knows
// nothing of drops can lay straight:
//
//	r, err := pattern.ParseRepeat("half-drop", "1/3")
//	straight := pattern.RectangleImage(cell, r) // 3W x H
//
// Demand.Plan turns a wish ("64 cm wide at 150 DPI") into the cell that a
// network can make exactly, and says what was rounded, what will be enlarged
// and how much detail the print will have.
//
// The subjects around it have packages of their own: pattern/color for colour
// spaces, palettes and colour words, pattern/seam for the proof that a repeat
// joins, pattern/file for PNG and TIFF with size, profile and request.
package pattern
