// Package sheet draws the page that goes to a mill with a design: its number and
// name, the pattern in repeat with its lattice and vectors, warp and direction,
// positions with chips and codes, screens, resolution, a bar at true size, and
// the hash of what it describes.
//
//	err := set.Add("R-1021 spec.pdf", func(w io.Writer) error {
//		return sheet.Write(ctx, w, sheet.Spec{Number: "R-1021", ...})
//	})
//
// It is one page of PDF, A4 or Letter, with its fonts embedded, and the same
// bytes for the same Spec. The layout engine is go-pdf/fpdf; the fonts are the
// Go fonts of Bigelow & Holmes, under Go's own licence.
package sheet
