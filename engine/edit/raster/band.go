package raster

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// The forms that a band is stored in.
const (
	bandEmpty   = 0 // transparent, nobody's
	bandUniform = 1 // pixels, one author for all
	bandMixed   = 2 // pixels, an author for each
)

const whoBytes = 8

// BandError reports bytes that are no band of this raster.
type BandError struct {
	Band   int
	Reason string
}

func (e *BandError) Error() string {
	return fmt.Sprintf("raster: band %d: %s; the stored pixels are damaged", e.Band, e.Reason)
}

// AppendBand appends band i in its stored form: one byte that names the form,
// then the authors (one, or one a pixel: uint32 operation, then the shares of
// person, model, rule and import), then the pixels, all little-endian and row by
// row. Authors that are all the same are always written as one, so that equal
// bands have equal bytes.
func (r *Raster) AppendBand(dst []byte, i int) []byte {
	b := r.bands[i]
	who, all := []Who(nil), Who{}
	switch r.form(i) {
	case bandEmpty:
		return append(dst, bandEmpty)
	case bandUniform:
		if all = b.uniform; b.who != nil {
			all = b.who[0]
		}
	default:
		who = b.who
	}
	dst = slices.Grow(dst, 1+whoBytes*max(1, len(who))+2*len(b.pix))
	if who == nil {
		dst = appendWho(append(dst, bandUniform), all)
	} else {
		dst = append(dst, bandMixed)
		for _, w := range who {
			dst = appendWho(dst, w)
		}
	}
	for _, v := range b.pix {
		dst = append(dst, byte(v), byte(v>>8))
	}
	return dst
}

// form is the one that band i is stored in.
func (r *Raster) form(i int) byte {
	b := r.bands[i]
	if b == nil {
		return bandEmpty
	}
	all := b.uniform
	if b.who != nil {
		if all = b.who[0]; slices.ContainsFunc(b.who, func(w Who) bool { return w != all }) {
			return bandMixed
		}
	}
	if all == (Who{}) && !slices.ContainsFunc(b.pix, func(v uint16) bool { return v != 0 }) {
		return bandEmpty
	}
	return bandUniform
}

func appendWho(dst []byte, w Who) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, w.Op)
	return append(dst, w.Person, w.Model, w.Rule, w.Import)
}

// SetBand replaces band i by what AppendBand wrote. The error is a *BandError,
// and the band is then as it was.
func (r *Raster) SetBand(i int, data []byte) error {
	if i < 0 || i >= len(r.bands) {
		return &BandError{i, fmt.Sprintf("there are %d bands", len(r.bands))}
	}
	if len(data) == 0 {
		return &BandError{i, "it is empty"}
	}
	n := r.rows(i) * r.w
	form, data := data[0], data[1:]
	whos := map[byte]int{bandEmpty: 0, bandUniform: 1, bandMixed: n}
	want, known := whos[form]
	if !known {
		return &BandError{i, fmt.Sprintf("form %d is unknown", form)}
	}
	size := whoBytes * want
	if form != bandEmpty {
		size += 8 * n
	}
	if len(data) != size {
		return &BandError{i, fmt.Sprintf("%d bytes where %d belong", len(data), size)}
	}
	if form == bandEmpty {
		r.bands[i] = nil
		return nil
	}
	b := &band{token: r.token, pix: make([]uint16, 4*n)}
	tooMuch := false
	read := func(k int) Who {
		d := data[whoBytes*k:]
		tooMuch = tooMuch || int(d[4])+int(d[5])+int(d[6])+int(d[7]) > 255
		return Who{binary.LittleEndian.Uint32(d), d[4], d[5], d[6], d[7]}
	}
	if form == bandUniform {
		b.uniform = read(0)
	} else {
		b.who = make([]Who, n)
		for k := range b.who {
			b.who[k] = read(k)
		}
	}
	if tooMuch {
		return &BandError{i, "the shares of a pixel's authors exceed the whole"}
	}
	data = data[whoBytes*want:]
	for k := range n {
		v := binary.LittleEndian.Uint64(data[8*k:])
		pixel := (*[4]uint16)(b.pix[4*k:])
		pixel[0], pixel[1], pixel[2], pixel[3] = uint16(v), uint16(v>>16), uint16(v>>32), uint16(v>>48)
		if a := pixel[3]; pixel[0] > a || pixel[1] > a || pixel[2] > a {
			return &BandError{i, fmt.Sprintf("pixel %d has more colour than its alpha allows", k)}
		}
	}
	r.bands[i] = b
	return nil
}
