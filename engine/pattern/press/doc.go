// Package press writes the files that a mill or a print service takes: PNG,
// JPEG, TIFF and PDF at true size, of the cell, of the rectangle that lays
// straight, of multiples and of lengths of cloth; indexed files with exactly a
// locked palette; separations with traps and marks; and CMYK through a profile.
//
// A Picture is asked for by rows, so that three metres of a half-drop take no
// more memory than its cell. Sources make pictures, Layout lays them, writers
// write them:
//
//	cell := press.FromImage(img)
//	layout, err := press.ParseLayout("2x3")
//	laid, err := layout.Apply(cell, repeat, size)
//	err = set.Add("rose.tif", func(w io.Writer) error {
//		return press.WriteTIFF(ctx, w, laid, meta, press.TIFF{})
//	})
//
// A Separation is an index plane with a position for every value. It is butt
// jointed until Trap and FallOn lay more; Screen and Inks give its pictures:
//
//	sep, err := press.NewSeparation(index, size, repeat, positions)
//	err = sep.Trap(ctx, dpiX, dpiY, traps)
//	err = press.WriteTIFF(ctx, w, sep.Inks(), meta, press.TIFF{})
//
// Files are the same bytes for the same input: no clock and no order of
// goroutines goes into them. Nothing is half-written when they are written
// through file.Set.
package press
