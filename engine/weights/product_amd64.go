package weights

import "golang.org/x/sys/cpu"

// vectors tells whether addProduct4 can run here.
func vectors() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// addProduct4 adds four rows of a product: c[4, cols] += a[4, k] @ b[k, cols],
// of which the first n columns are done; n is a multiple of 16, at least 16,
// and k at least 1. The rows of c and b are cols numbers long, those of a k.
//
//go:noescape
func addProduct4(c, a, b *float32, n, cols, k int)
