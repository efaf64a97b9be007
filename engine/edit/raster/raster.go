// Package raster is the pixels of one layer of a cell, and the arithmetic that
// every operation of the studio is made of: 16 bit, premultiplied, in bands that
// copies share until one of them is written to, with the record of who decided
// each pixel beside it.
//
//	r := raster.New(2048, 2048)
//	before := r.Clone()              // costs nothing but a list of bands
//	row, who := r.Edit(40)           // copies one band of 32 rows
//	for i := range row { ... }
//	changed := raster.Diff(before, r) // [1]
//
// # Arithmetic
//
// Everything here is integers, so that an operation gives the same bytes on
// every platform. Code that replays and needs fractions uses float64 with
// + - * / and math.Sqrt alone, and writes float64(a*b) + c where a product is
// added to something: an explicit conversion keeps a compiler from fusing the
// two roundings into one (Go specification, floating-point operators). The
// transcendental functions of package math differ between platforms; package
// raster/exact has those that do not.
//
// # Colour
//
// Components are gamma-encoded sRGB, as every file and mill has them and as the
// blend modes of other programs expect, 0 to 65535, multiplied by alpha.
package raster

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync/atomic"
)

// BandRows is the height of a band: what a small edit copies, hashes and
// stores anew.
const BandRows = 32

// Opaque is full coverage.
const Opaque = 0xffff

// Who says whose a pixel is. The four shares are of 255 and add up to at most
// that; what is missing is nobody's, as a plain fill of the program is.
type Who struct {
	Op     uint32 // ordinal of the operation that last decided the pixel, 0 for none
	Person uint8  // a hand's
	Model  uint8  // a model's
	Rule   uint8  // drawn by rule
	Import uint8  // an imported picture's stated author's
}

// Raster is the pixels of a layer. The zero value has no size; see New. It is
// not safe for use by several goroutines while one of them edits; different
// clones may be used at once.
type Raster struct {
	w, h  int
	token *int // whose bands with the same token may be written in place
	bands []*band
}

// band is BandRows rows (fewer at the bottom). nil stands for a transparent
// band that nobody decided.
type band struct {
	token   *int
	pix     []uint16
	who     []Who // nil where all of it is uniform
	uniform Who
	// sum is BandSum's, once somebody asked. Clones that share the band may ask at
	// the same time.
	sum atomic.Pointer[[sha256.Size]byte]
	// edits counts how often it was handed out for writing, so that a composition
	// that was made of it is known to be stale.
	edits uint64
}

// New returns a transparent raster of w x h pixels. It panics unless both are
// positive; sizes from outside are checked where they come in.
func New(w, h int) *Raster {
	if w <= 0 || h <= 0 {
		panic(fmt.Sprintf("raster: size %d x %d", w, h))
	}
	return &Raster{w: w, h: h, token: new(int), bands: make([]*band, (h+BandRows-1)/BandRows)}
}

// Width is in pixels.
func (r *Raster) Width() int { return r.w }

// Height is in pixels.
func (r *Raster) Height() int { return r.h }

// Bands is how many bands there are.
func (r *Raster) Bands() int { return len(r.bands) }

// Clone returns a copy that shares every band until one of the two is edited.
// It may not run beside an edit of r.
func (r *Raster) Clone() *Raster {
	c := *r
	c.bands = append([]*band(nil), r.bands...)
	// Neither owns the shared bands any longer.
	r.token, c.token = new(int), new(int)
	return &c
}

// rows is the number of rows in band i.
func (r *Raster) rows(i int) int { return min(BandRows, r.h-i*BandRows) }

// Row returns the pixels of row y, R G B A for each, to be read only; nil where
// the whole band is transparent.
func (r *Raster) Row(y int) []uint16 {
	b := r.bands[y/BandRows]
	if b == nil {
		return nil
	}
	at := y % BandRows * r.w * 4
	return b.pix[at : at+r.w*4 : at+r.w*4]
}

// At returns one pixel. Row is for loops.
func (r *Raster) At(x, y int) [4]uint16 {
	row := r.Row(y)
	if row == nil {
		return [4]uint16{}
	}
	return [4]uint16(row[4*x : 4*x+4])
}

// WhoAt returns whose pixel it is.
func (r *Raster) WhoAt(x, y int) Who {
	b := r.bands[y/BandRows]
	switch {
	case b == nil:
		return Who{}
	case b.who == nil:
		return b.uniform
	}
	return b.who[y%BandRows*r.w+x]
}

// WhoRow returns whose the pixels of row y are, to be read only: either all of
// them in row, or, with row nil, one value for all.
func (r *Raster) WhoRow(y int) (row []Who, all Who) {
	b := r.bands[y/BandRows]
	switch {
	case b == nil:
		return nil, Who{}
	case b.who == nil:
		return nil, b.uniform
	}
	at := y % BandRows * r.w
	return b.who[at : at+r.w : at+r.w], Who{}
}

// own makes band i writable in place and returns it.
func (r *Raster) own(i int) *band {
	b := r.bands[i]
	switch {
	case b == nil:
		b = &band{token: r.token, pix: make([]uint16, r.rows(i)*r.w*4)}
		r.bands[i] = b
	case b.token != r.token:
		c := &band{token: r.token, pix: append([]uint16(nil), b.pix...), uniform: b.uniform}
		if b.who != nil {
			c.who = append([]Who(nil), b.who...)
		}
		b = c
		r.bands[i] = b
	}
	b.sum.Store(nil)
	b.edits++
	return b
}

// EditPixels returns row y for writing, its authors left as they are: for what
// is a choice and no authorship, such as recolouring.
func (r *Raster) EditPixels(y int) []uint16 {
	b := r.own(y / BandRows)
	at := y % BandRows * r.w * 4
	return b.pix[at : at+r.w*4 : at+r.w*4]
}

// Edit returns row y for writing, with whose its pixels are.
func (r *Raster) Edit(y int) (row []uint16, who []Who) {
	i := y / BandRows
	b := r.own(i)
	if b.who == nil {
		b.who = make([]Who, r.rows(i)*r.w)
		for k := range b.who {
			b.who[k] = b.uniform
		}
		b.uniform = Who{}
	}
	at := y % BandRows * r.w
	return b.pix[4*at : 4*(at+r.w) : 4*(at+r.w)], b.who[at : at+r.w : at+r.w]
}

// Attribute makes every pixel of the raster w's, as it is for a picture that
// came whole from one source.
func (r *Raster) Attribute(w Who) {
	for i := range r.bands {
		b := r.own(i)
		b.who, b.uniform = nil, w
	}
}

// Clear makes band i transparent and nobody's.
func (r *Raster) Clear(i int) { r.bands[i] = nil }

// Diff lists the bands in which two rasters of one size differ; bands that they
// share cost nothing.
func Diff(a, b *Raster) []int {
	var changed []int
	for i := range a.bands {
		if a.bands[i] != b.bands[i] && a.BandSum(i) != b.BandSum(i) {
			changed = append(changed, i)
		}
	}
	return changed
}

// BandSum is the SHA-256 of band i: its size, pixels and authors, little-endian.
// It is kept until the band is edited.
func (r *Raster) BandSum(i int) [sha256.Size]byte {
	b := r.bands[i]
	if b != nil {
		if sum := b.sum.Load(); sum != nil {
			return *sum
		}
	}
	sum := sha256.Sum256(r.AppendBand(nil, i))
	if b != nil {
		b.sum.Store(&sum)
	}
	return sum
}

// Sum is the SHA-256 over the size and the sums of all bands: two rasters with
// the same sum have the same pixels and authors.
func (r *Raster) Sum() [sha256.Size]byte {
	h := sha256.New()
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(r.w))
	binary.LittleEndian.PutUint32(head[4:], uint32(r.h))
	h.Write(head[:])
	for i := range r.bands {
		s := r.BandSum(i)
		h.Write(s[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}
