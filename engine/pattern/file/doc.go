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
// Decode reads PNG, JPEG and TIFF that others made. It believes no header: a
// size that is too large, or that the file's own length cannot hold, is refused
// before memory is taken for it.
package file
