// Package xmp writes what a picture says about itself into the picture, where other
// people's programs look for it: an XMP packet with the fields of IPTC Photo Metadata
// 2025.1, of PLUS and of XMP Rights.
//
//	packet, err := xmp.Merge(old, xmp.Fields{Model: true, Person: true, AISystem: "…"})
//	err = xmp.Embed(in, size, out, packet)
//	…
//	packet, err := xmp.Read(in, size)
//	fields, err := xmp.Parse(packet)
//
//	PNG   chunk iTXt "XML:com.adobe.xmp", after IHDR
//	JPEG  one segment APP1, after JFIF and EXIF
//	TIFF  tag 700 of the first page; BigTIFF too
//
// A picture in which a model took part says so, in a way that machines read
// (Iptc4xmpExt:DigitalSourceType): that is the zero value, and leaving it out has to
// be asked for. China's label of GB 45438-2025 is written where it is asked for. No
// mark is ever made on the picture itself.
//
// Merge keeps what others, or other rooms, wrote into the packet before, but for what
// would now be false. Embed leaves no trace of the packet that it replaces, which may
// have told more than the new one does. Pixels, profiles and everything else stay byte
// for byte; files are read through io.ReaderAt and never held whole.
//
// A C2PA manifest binds the file's bytes: the packet goes in first, the manifest last.
package xmp
