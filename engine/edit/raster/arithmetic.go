package raster

// Mul is a·b/65535, rounded to nearest, for values of 0 to 65535.
func Mul(a, b uint32) uint32 {
	t := a*b + 0x8000
	return (t + t>>16) >> 16
}

// Lerp goes from a to b by t of 65535, rounded to nearest.
func Lerp(a, b, t uint32) uint32 {
	// Both products together, so that there is one rounding: at most 65535² + 2^15.
	v := a*(Opaque-t) + b*t + 0x8000
	return (v + v>>16) >> 16
}

// Unpremultiply divides a component by its alpha: 0 to 65535.
func Unpremultiply(c, a uint32) uint32 {
	if a == 0 {
		return 0
	}
	return min(Opaque, (c*Opaque+a/2)/a)
}
