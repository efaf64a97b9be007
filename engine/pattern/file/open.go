package file

import (
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/selvage-studio/selvage/engine/pattern/drawing"
	"github.com/selvage-studio/selvage/engine/pattern/icc"
	"github.com/selvage-studio/selvage/engine/pattern/origin"
	"github.com/selvage-studio/selvage/engine/pattern/psd"
)

// Document is a picture that came from another program: upright, in sRGB.
type Document struct {
	Format        string // "png", "jpeg", "tiff", "webp", "psd" or "svg"
	Width, Height int
	DPIX, DPIY    float64 // 0 if the file does not say
	Bits          int     // of a channel in the file: 8 or 16
	Profile       string  // the colour profile that it had, "" for none

	// Layers lie one on another, the lowest first. A picture without layers has
	// one without a name.
	Layers []Layer

	// Notes say what was converted, and what was left out.
	Notes []string

	// Generation is what the file declares that it was generated with, Parent
	// what it says that it was exported from, Request the one that we embedded;
	// nil where it does not say.
	Generation *origin.Parameters
	Parent     *origin.Parent
	Request    []byte
}

// Layer is one sheet of a document.
type Layer struct {
	Name    string // "group/layer" for a layer in a group
	Opacity uint16 // 65535 is full
	Blend   string // "normal", "multiply", … as W3C Compositing names them
	Hidden  bool
	// Bounds is where Image lies on the canvas; it may reach beyond. Image has the
	// same bounds.
	Bounds image.Rectangle
	Image  *image.NRGBA64
}

// Options bound what is read, and say how large a drawing becomes. The zero
// value is fit for use.
type Options struct {
	// MaxPixels is the largest picture; all layers together may have four times as
	// many. 0 stands for the constant MaxPixels.
	MaxPixels int64
	// Width and Height in pixels are what an SVG is drawn at; where one is 0 it
	// follows the drawing's proportions, where both are, DPI tells.
	Width, Height int
	// DPI is for an SVG with a size of its own; 0 stands for 300.
	DPI float64
}

// Open reads a picture from a file: PNG, JPEG, TIFF, WebP, PSD, PSB or SVG.
// Errors are *FormatError and *TooLargeError, those of reading the file, and
// that of ctx.
func Open(ctx context.Context, path string, o Options) (*Document, error) {
	data, err := load(path)
	if err != nil {
		return nil, err
	}
	d, err := OpenBytes(ctx, data, o)
	return d, named(err, path)
}

// OpenBytes is Open for bytes. See there.
func OpenBytes(ctx context.Context, data []byte, o Options) (*Document, error) {
	if o.MaxPixels <= 0 {
		o.MaxPixels = MaxPixels
	}
	switch sniff(data) {
	case "psd":
		return openPSD(ctx, data, o)
	case "svg":
		return openSVG(ctx, data, o)
	}
	h, err := examine(data, o.MaxPixels)
	if err != nil {
		return nil, err
	}
	if h.tiff != nil {
		in := h.tiff.describe()
		k := newSink(in, h.icc, h.orientation, h.note)
		err := h.tiff.decode(ctx, func(y, n int, px []uint16) error { return k.rows(ctx, y, n, px) })
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &FormatError{Reason: "cannot be read as tiff", Err: err}
		}
		return h.document(in.bits, k.img), nil
	}
	img, err := h.decode(ctx, data)
	if err != nil {
		return nil, err
	}
	in, err := samplesOf(img)
	if err != nil {
		return nil, &FormatError{Reason: "cannot be read as " + h.format, Err: err}
	}
	k := newSink(in, h.icc, h.orientation, h.note)
	if err := pour(ctx, k, img, h.format == "webp"); err != nil {
		return nil, err
	}
	return h.document(in.bits, k.img), nil
}

// document is a picture of one layer.
func (h *header) document(bits int, img *image.NRGBA64) *Document {
	d := h.said.document(h.format, img.Rect.Dx(), img.Rect.Dy(), bits)
	d.Layers = []Layer{{Opacity: math.MaxUint16, Blend: "normal", Bounds: img.Rect, Image: img}}
	if h.orientation >= 5 {
		d.DPIX, d.DPIY = d.DPIY, d.DPIX
	}
	return d
}

func (s *said) document(format string, w, h, bits int) *Document {
	return &Document{
		Format: format, Width: w, Height: h, DPIX: s.dpiX, DPIY: s.dpiY, Bits: bits, Profile: s.profile(), Notes: s.notes,
		Generation: s.scraps.Parameters(), Parent: s.scraps.Parent(), Request: s.request,
	}
}

// openPSD keeps the layers.
func openPSD(ctx context.Context, data []byte, o Options) (*Document, error) {
	f, err := psd.Open(data)
	if err != nil {
		return nil, &FormatError{Reason: "cannot be read", Err: err}
	}
	if err := checkSize(f.Width, f.Height, len(data), 1<<40, o.MaxPixels); err != nil {
		return nil, err
	}
	s := &said{icc: f.Profile, dpiX: f.DPIX, dpiY: f.DPIY}
	for _, n := range f.Notes {
		s.note("%s", n)
	}
	s.scraps.Packet(f.XMP)
	space := map[psd.Mode]string{psd.RGB: icc.RGB, psd.CMYK: icc.CMYK, psd.Gray: icc.Gray, psd.Indexed: icc.RGB, psd.Lab: icc.Lab}[f.Mode]
	in := samples{space: space, alpha: straightAlpha, bits: min(f.Bits, 16)}
	convert := conversion(space, f.Profile, s.note)
	d := &Document{}
	left := 4 * o.MaxPixels
	read := func(l *psd.Layer) (*image.NRGBA64, error) {
		b := l.Bounds
		in := in
		in.width, in.height = b.Dx(), b.Dy()
		if left -= int64(in.width) * int64(in.height); in.width > maxSide || in.height > maxSide || left < 0 {
			return nil, &TooLargeError{Width: in.width, Height: in.height, Bytes: int64(len(data)), MaxPixels: o.MaxPixels}
		}
		k := &sink{samples: in, orientation: 1, convert: convert}
		err := l.Rows(ctx, func(y, n int, px []uint16) error {
			return k.rows(ctx, y, n, px)
		})
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, &FormatError{Reason: "cannot be read", Err: err}
		}
		k.img.Rect = b
		return k.img, nil
	}
	var base *Layer // what clipped layers are clipped to
	var baseGroup string
	for _, l := range f.Layers {
		if !l.Clipped {
			base, baseGroup = nil, l.Group
		}
		if l.Bounds.Empty() {
			continue
		}
		img, err := read(l)
		if err != nil {
			return nil, err
		}
		if l.Clipped && l.Group == baseGroup {
			if base == nil {
				s.note("layer %q is clipped to one without pixels, and is left out", l.Name)
				continue
			}
			clip(img, base.Image)
			l.Hidden = l.Hidden || base.Hidden
			s.note("layer %q was clipped to the one below, %q; its alpha holds that now", l.Name, base.Name)
		}
		one := Layer{Name: l.Name, Opacity: l.Opacity, Blend: l.Blend, Hidden: l.Hidden, Bounds: l.Bounds, Image: img}
		d.Layers = append(d.Layers, one)
		if !l.Clipped {
			base = &one
		}
	}
	if len(d.Layers) == 0 {
		img, err := read(f.Merged)
		if err != nil {
			return nil, err
		}
		d.Layers = []Layer{{Opacity: math.MaxUint16, Blend: "normal", Bounds: img.Rect, Image: img}}
	}
	out := s.document("psd", f.Width, f.Height, min(f.Bits, 16))
	out.Layers = d.Layers
	return out, nil
}

// clip multiplies the alpha of img by that of base, where they lie on the canvas.
func clip(img, base *image.NRGBA64) {
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			by := uint32(0)
			if (image.Point{X: x, Y: y}).In(base.Rect) {
				by = uint32(binary.BigEndian.Uint16(base.Pix[base.PixOffset(x, y)+6:]))
			}
			a := img.Pix[img.PixOffset(x, y)+6:]
			binary.BigEndian.PutUint16(a, uint16((uint32(binary.BigEndian.Uint16(a))*by+32767)/65535))
		}
	}
}

// openSVG draws at the size that is asked for.
func openSVG(ctx context.Context, data []byte, o Options) (*Document, error) {
	g, err := drawing.Parse(data)
	if err != nil {
		return nil, &FormatError{Reason: "cannot be read", Err: err}
	}
	dpi := o.DPI
	if dpi == 0 {
		dpi = 300
	}
	w, h := g.Fit(o.Width, o.Height, dpi)
	if err := checkSize(w, h, len(data), 1<<40, o.MaxPixels); err != nil {
		return nil, err
	}
	img, err := g.Draw(ctx, w, h)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &FormatError{Reason: "cannot be read", Err: err}
	}
	s := &said{}
	for _, n := range g.Notes() {
		s.note("%s", n)
	}
	if o.Width == 0 && o.Height == 0 {
		s.dpiX, s.dpiY = dpi, dpi
	} else if iw, ih := g.Inches(); iw > 0 && ih > 0 {
		s.dpiX, s.dpiY = float64(w)/iw, float64(h)/ih
	}
	s.scraps.Packet(data)
	d := s.document("svg", w, h, 8)
	d.Layers = []Layer{{Opacity: math.MaxUint16, Blend: "normal", Bounds: img.Rect, Image: img}}
	return d, nil
}

// Flatten lays the visible layers one on another, each by plain alpha: what a
// layer's blend mode would do is not done. Its size is the canvas.
func (d *Document) Flatten() *image.NRGBA64 {
	canvas := image.Rect(0, 0, d.Width, d.Height)
	if len(d.Layers) == 1 && d.Layers[0].Bounds == canvas && d.Layers[0].Opacity == math.MaxUint16 && !d.Layers[0].Hidden {
		return d.Layers[0].Image
	}
	out := image.NewRGBA64(canvas)
	for _, l := range d.Layers {
		if l.Hidden {
			continue
		}
		draw.DrawMask(out, l.Bounds.Intersect(canvas), l.Image, l.Bounds.Intersect(canvas).Min, image.NewUniform(color.Alpha16{A: l.Opacity}), image.Point{}, draw.Over)
	}
	flat := image.NewNRGBA64(canvas)
	draw.Draw(flat, canvas, out, image.Point{}, draw.Src)
	return flat
}
