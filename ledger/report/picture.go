package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// picture is ready for a page: scaled, opaque, and encoded the shorter way.
type picture struct {
	Name   string // the same for the same bytes
	Type   string // PNG or JPEG
	Data   []byte
	Width  int
	Height int
}

// pictures prepares each picture once for each size.
type pictures struct {
	done map[pictureKey]*picture
}

type pictureKey struct {
	hash  blob.Hash
	limit int
}

// of scales p down to at most limit pixels on its longer side. A nil picture stays
// nil. The error is an *InputError.
func (ps *pictures) of(p *Picture, limit int, field string) (*picture, error) {
	if p == nil || len(p.Data) == 0 {
		return nil, nil
	}
	key := pictureKey{blob.Of(p.Data), limit}
	if known, ok := ps.done[key]; ok {
		return known, nil
	}
	made, err := prepare(p.Data, limit, field)
	if err != nil {
		return nil, err
	}
	ps.done[key] = made
	return made, nil
}

func prepare(data []byte, limit int, field string) (*picture, error) {
	config, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, &InputError{field, fmt.Sprintf("the picture is neither PNG nor JPEG: %v", err)}
	}
	if kind != "png" && kind != "jpeg" {
		return nil, &InputError{field, fmt.Sprintf("the picture is %s; hand in PNG or JPEG", kind)}
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > MaxPixels/config.Height {
		return nil, &InputError{field, fmt.Sprintf("a picture of %d x %d pixels is larger than a report takes; hand in a preview", config.Width, config.Height)}
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &InputError{field, fmt.Sprintf("the %s picture is damaged: %v", kind, err)}
	}
	w, h := config.Width, config.Height
	if long := max(w, h); long > limit {
		w, h = max(1, w*limit/long), max(1, h*limit/long)
	}
	// On white, as paper is: no reader has to know transparency.
	flat := image.NewRGBA(image.Rect(0, 0, w, h))
	stddraw.Draw(flat, flat.Bounds(), image.NewUniform(color.White), image.Point{}, stddraw.Src)
	if w == config.Width && h == config.Height {
		stddraw.Draw(flat, flat.Bounds(), src, src.Bounds().Min, stddraw.Over)
	} else {
		draw.CatmullRom.Scale(flat, flat.Bounds(), src, src.Bounds(), draw.Over, nil)
	}
	out := &picture{Width: w, Height: h}
	var p, j bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&p, flat); err != nil {
		return nil, err
	}
	if err := jpeg.Encode(&j, flat, &jpeg.Options{Quality: 88}); err != nil {
		return nil, err
	}
	out.Type, out.Data = "PNG", p.Bytes()
	if j.Len() < p.Len() {
		out.Type, out.Data = "JPEG", j.Bytes()
	}
	out.Name = blob.Of(out.Data).String()
	return out, nil
}
