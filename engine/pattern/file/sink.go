package file

import (
	"context"
	"encoding/binary"
	"image"
	"runtime"
	"sync"

	"github.com/selvage-studio/selvage/engine/pattern/icc"
)

// How a file keeps alpha.
const (
	noAlpha       = 0
	straightAlpha = 1
	premultiplied = 2 // colours are multiplied by it
)

// samples describes pixels as a file has them: rows of width * channels values
// of 0 to 65535. The colours come first: CMYK with full ink at 65535, Lab as
// ICC version 4 encodes it, grey and RGB gamma-encoded. One alpha may follow.
type samples struct {
	width, height int
	space         string // icc.RGB, Gray, CMYK or Lab
	alpha         int
	bits          int // 8 or 16
}

func (s samples) colors() int { return icc.Channels(s.space) }

func (s samples) channels() int {
	if s.alpha != noAlpha {
		return s.colors() + 1
	}
	return s.colors()
}

// sink converts rows to sRGB and puts them upright into a picture.
type sink struct {
	samples
	img         *image.NRGBA64
	orientation int
	convert     *icc.Transform // nil where values are sRGB or grey already
}

// newSink prepares for pixels of that kind. What is converted, and what cannot
// be, becomes a note.
func newSink(in samples, profile []byte, orientation int, note func(string, ...any)) *sink {
	k := &sink{samples: in, orientation: max(orientation, 1)}
	k.convert = conversion(in.space, profile, note)
	if k.orientation > 1 {
		note("turned upright as its orientation %d says", k.orientation)
	}
	return k
}

// conversion finds the way to sRGB; nil where there is nothing to do or, for
// CMYK, nothing to go by.
func conversion(space string, profile []byte, note func(string, ...any)) *icc.Transform {
	if space == icc.Lab {
		note("converted from Lab to sRGB")
		return icc.LabToSRGB()
	}
	if len(profile) > 0 {
		p, err := icc.Parse(profile)
		switch {
		case err != nil:
			note("%v; its colours are read as if it had none", err)
		case p.Space != space:
			note("its profile %q is for %s and its pixels are %s; the profile is not used", p.Name(), p.Space, space)
		default:
			t, err := icc.ToSRGB(p, icc.RelativeColorimetric, true)
			if err != nil {
				note("%v; its colours are read as if it had none", err)
				break
			}
			if t.Identity() {
				return nil
			}
			note("converted from %q to sRGB (relative colorimetric, black point compensated)", p.Name())
			return t
		}
	}
	if space == icc.CMYK {
		note("its CMYK has no profile; the colours are a plain guess: set a profile where the file was made and save it again")
	}
	return nil
}

// rows takes n rows from row y on. It uses all cores; what comes out does not
// depend on how many.
func (k *sink) rows(ctx context.Context, y, n int, px []uint16) error {
	if k.img == nil { // not before there are pixels at all
		w, h := k.width, k.height
		if k.orientation >= 5 {
			w, h = h, w
		}
		k.img = image.NewNRGBA64(image.Rect(0, 0, w, h))
	}
	stride := k.width * k.channels()
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			var s scratch
			for i := worker; i < n && ctx.Err() == nil; i += workers {
				k.row(y+i, px[i*stride:(i+1)*stride], &s)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

type scratch struct {
	color, rgb []uint16
	out        []byte
}

func (k *sink) row(y int, px []uint16, s *scratch) {
	colors, channels := k.colors(), k.channels()
	if s.out == nil {
		s.color, s.rgb, s.out = make([]uint16, k.width*colors), make([]uint16, 3*k.width), make([]byte, 8*k.width)
	}
	for x := range k.width {
		p := px[x*channels : (x+1)*channels]
		c := s.color[x*colors : (x+1)*colors]
		copy(c, p)
		if k.alpha == premultiplied {
			a := uint32(p[colors])
			for i := range c {
				if a == 0 {
					c[i] = 0
				} else {
					c[i] = uint16(min((uint32(c[i])*65535+a/2)/a, 65535))
				}
			}
		}
	}
	switch {
	case k.convert != nil:
		k.convert.Row(s.rgb, s.color)
	case k.space == icc.RGB:
		copy(s.rgb, s.color)
	case k.space == icc.Gray:
		for x, v := range s.color {
			s.rgb[3*x], s.rgb[3*x+1], s.rgb[3*x+2] = v, v, v
		}
	case k.space == icc.CMYK:
		for x := range k.width {
			c := s.color[4*x : 4*x+4]
			for i := range 3 {
				s.rgb[3*x+i] = uint16((uint32(65535-c[i])*uint32(65535-c[3]) + 32767) / 65535)
			}
		}
	}
	for x := range k.width {
		a := uint16(65535)
		if k.alpha != noAlpha {
			a = px[x*channels+colors]
		}
		o := s.out[8*x : 8*x+8]
		binary.BigEndian.PutUint16(o, s.rgb[3*x])
		binary.BigEndian.PutUint16(o[2:], s.rgb[3*x+1])
		binary.BigEndian.PutUint16(o[4:], s.rgb[3*x+2])
		binary.BigEndian.PutUint16(o[6:], a)
	}
	w, h := k.width, k.height
	if k.orientation == 1 {
		copy(k.img.Pix[y*k.img.Stride:], s.out)
		return
	}
	for x := range w { // EXIF 2.32, 4.6.4 A
		var at int
		switch k.orientation {
		case 2:
			at = k.img.PixOffset(w-1-x, y)
		case 3:
			at = k.img.PixOffset(w-1-x, h-1-y)
		case 4:
			at = k.img.PixOffset(x, h-1-y)
		case 5:
			at = k.img.PixOffset(y, x)
		case 6:
			at = k.img.PixOffset(h-1-y, x)
		case 7:
			at = k.img.PixOffset(h-1-y, w-1-x)
		default:
			at = k.img.PixOffset(y, w-1-x)
		}
		copy(k.img.Pix[at:at+8], s.out[8*x:])
	}
}
