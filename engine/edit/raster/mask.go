package raster

// Mask is a coverage for every pixel of a cell: 0 is outside, 65535 inside. It
// is not changed once it is made, so that states can share it.
type Mask struct {
	W, H int
	Pix  []uint16 // H rows of W
}

// NewMask returns an empty mask.
func NewMask(w, h int) *Mask { return &Mask{W: w, H: h, Pix: make([]uint16, w*h)} }

// Row returns row y, or nil where m is nil: everything is selected.
func (m *Mask) Row(y int) []uint16 {
	if m == nil {
		return nil
	}
	return m.Pix[y*m.W : (y+1)*m.W]
}
