// Package icc reads colour profiles and converts between them and sRGB, 16 bit
// a channel. It is what makes a picture from a scanner, a camera or a print shop
// the colours it was meant to be, and what makes CMYK for a press.
//
//	p, err := icc.Parse(data)                        // bytes from a stranger's file
//	t, err := icc.ToSRGB(p, icc.RelativeColorimetric, true)
//	t.Row(dst, src)                                  // t.Out() and t.In() values a pixel
//
// Profiles of versions 2 and 4 (ICC.1:2001-04 and ICC.1:2010, which is ISO
// 15076-1) are read: RGB matrix profiles, grey profiles, and tables of the types
// lut8, lut16, lutAToB and lutBToA with up to 15 channels. Named colours, device
// links and the floating tables of version 4.4 (multiProcessElements) are not;
// where a profile has those beside its ordinary tables, the ordinary ones serve.
//
// Between profiles everything is float64, CIE XYZ under D50 with Y of the white
// at 1, and nothing is clipped until the target. Conversions are not used in
// replay: a stranger's picture is converted once, when it comes in.
//
// The tests compare with Little CMS, colour by colour: see the bounds there.
//
// Refused: a binding to Little CMS would bring cgo into rooms that are built for
// other systems without it, and a copy of it in WebAssembly a runtime for code
// that this needs a thousand lines for.
package icc
