// Package file reads and writes pictures as studios and printers exchange
// them: PNG and TIFF with 8 or 16 bits, with their physical size and an sRGB
// profile, and in working files with the request that made them.
//
//	var set file.Set
//	defer set.Discard()
//	err := set.Add("rose.png", func(w io.Writer) error {
//		return file.EncodePNG(w, img, file.Meta{DPIX: 150, DPIY: 150, Request: request})
//	})
//	...
//	err = set.Commit() // all files appear, or none
//
// Nothing is half-written: every file grows under a temporary name in its own
// folder, reaches the disk, and is then renamed.
//
// Open reads what others made: PNG, JPEG (CMYK as well), TIFF of most kinds,
// WebP, PSD and PSB with their layers, and SVG drawn at the size that is asked.
// It comes upright and in sRGB with 16 bit, with what the file declares of its
// making (package origin) and notes of what was converted or left out:
//
//	d, err := file.Open(ctx, "rose.psd", file.Options{})
//	for _, layer := range d.Layers { ... } // the lowest first
//
// Decode and Read give the values of a picture as they are stored.
//
// None of them believes a header: a size that is too large, or that the file's
// own length cannot hold, is refused before memory is taken for it, and errors
// are typed: *FormatError and *TooLargeError.
package file
