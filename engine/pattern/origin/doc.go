// Package origin reads where a picture says that it comes from: the parameters
// that image generators leave in what they make, and the pattern that an
// exported file was made of.
//
// Both are taken from a stranger's bytes. They are kept as declared by that file:
// anybody can write them with an editor of metadata, and a program that shows
// them says so.
//
//	var s origin.Scraps                       // filled by pattern/file while it walks a file
//	s.Add("parameters", text)                 // a PNG's tEXt, by its keyword
//	s.Comment(exifUserComment)                // EXIF
//	s.Packet(xmp)                             // XMP
//	s.Parameters()                            // *Parameters, or nil
//	s.Parent()                                // *Parent, or nil
//
// # Parent
//
// A file that leaves the program names the pattern and version it shows, so that
// it can come back from another program as an import whose parent is known: as
// a PNG's iTXt under ParentKeyword, and in XMP as the property selvage:pattern,
// which Photoshop, Affinity and others carry from file to file. The value is the
// same JSON in both.
package origin
