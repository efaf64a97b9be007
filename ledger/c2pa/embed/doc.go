// Package embed finds a C2PA manifest store in a picture file, and puts one in.
//
//	PNG   one chunk caBX, after IHDR
//	JPEG  APP11 segments (JPEG XT), after the leading APP0 and APP1
//	TIFF  the tag 52545 of type UNDEFINED, in the last directory; BigTIFF too
//
// Files are read through io.ReaderAt and never held whole: a picture of 50 MB costs
// the memory of its directory. Find returns the store and the range of bytes that
// is its container. Plan says how the file with a store of a given length will be
// laid out: ranges of the old file and a few new bytes around one gap, the range
// that the data hash leaves out. A Layout is hashed, and later written, in one pass
// each. A store that was there before is not copied.
//
// The pictures themselves are not looked at: XMP, profiles and pixels stay byte for
// byte where they are in the order of the file.
package embed
