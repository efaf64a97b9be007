//go:build !amd64

package weights

// vectors tells whether addProduct4 can run here.
func vectors() bool { return false }

// addProduct4 is never called where vectors says no.
func addProduct4(c, a, b *float32, n, cols, k int) {}
