//go:build !amd64

package weights

// halfVectors tells whether widenHalf can run here.
func halfVectors() bool { return false }

// widenHalf and widenBrain are never called where halfVectors says no.
func widenHalf(dst *float32, src *byte, n int)  {}
func widenBrain(dst *float32, src *byte, n int) {}
