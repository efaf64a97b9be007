package raster

import (
	"crypto/sha256"
)

// ShareBand makes band i that of another raster, both of which keep it until one
// of them edits it; neither may be edited at the same time. It reports false,
// and does nothing, where the two bands are not of one size.
func (r *Raster) ShareBand(i int, from *Raster, band int) bool {
	if r.w != from.w || r.rows(i) != from.rows(band) {
		return false
	}
	r.bands[i] = from.bands[band]
	// Neither owns the shared band any longer.
	r.token, from.token = new(int), new(int)
	return true
}

// KnownSum is BandSum where that is known already; a transparent band's is.
func (r *Raster) KnownSum(i int) (sum [sha256.Size]byte, known bool) {
	b := r.bands[i]
	if b == nil {
		return sha256.Sum256([]byte{bandEmpty}), true
	}
	if s := b.sum.Load(); s != nil {
		return *s, true
	}
	return sum, false
}

// RestoreBand is SetBand for content whose SHA-256 the caller has checked to be
// sum, which BandSum then is without hashing again. Content that AppendBand
// would have written differently is refused.
func (r *Raster) RestoreBand(i int, data []byte, sum [sha256.Size]byte) error {
	if err := r.SetBand(i, data); err != nil {
		return err
	}
	b := r.bands[i]
	if b == nil {
		return nil
	}
	if again := r.form(i); again != data[0] {
		return &BandError{i, "it is not in the form in which bands are stored"}
	}
	b.sum.Store(&sum)
	return nil
}

// Memory adds to seen the bands that r holds and returns the bytes of those that
// were not in it: over several rasters it counts what they share once.
func (r *Raster) Memory(seen map[any]struct{}) int64 {
	var n int64
	for _, b := range r.bands {
		if b == nil {
			continue
		}
		if _, met := seen[b]; met {
			continue
		}
		seen[b] = struct{}{}
		n += int64(2*len(b.pix) + whoBytes*len(b.who))
	}
	return n
}
