package raster

// Blend is how a layer's colours meet those below it.
type Blend string

// The blend modes, as W3C Compositing and Blending Level 1 and PDF 32000-1 name
// and define them.
const (
	Normal     Blend = "normal"
	Multiply   Blend = "multiply"
	Screen     Blend = "screen"
	Overlay    Blend = "overlay"
	Darken     Blend = "darken"
	Lighten    Blend = "lighten"
	ColorDodge Blend = "color-dodge"
	ColorBurn  Blend = "color-burn"
	HardLight  Blend = "hard-light"
	SoftLight  Blend = "soft-light"
	Difference Blend = "difference"
	Exclusion  Blend = "exclusion"
)
