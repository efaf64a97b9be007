package weights

// addProduct adds a product of two matrices: c[rows, cols] += a[rows, k] @
// b[k, cols], all row-major.
//
// Where the processor has vectors, a kernel of four rows by sixteen columns
// does the bulk; Go's compiler makes none, and a LoRA of rank 128 for SDXL is
// 6e11 operations.
func addProduct(c, a, b []float32, rows, cols, k int) {
	// A panel of this many columns of b, at the usual ranks, stays in the
	// second-level cache while all rows pass over it.
	const panel = 256
	done := 0
	if vectors() && k > 0 {
		done = cols &^ 15
		rows4 := rows &^ 3
		for at := 0; at < done; at += panel {
			n := min(panel, done-at)
			for r := 0; r < rows4; r += 4 {
				addProduct4(&c[r*cols+at], &a[r*k], &b[at], n, cols, k)
			}
		}
		addPlain(c, a, b, rows4, rows, 0, done, cols, k)
	}
	addPlain(c, a, b, 0, rows, done, cols, cols, k)
}

// addPlain is addProduct over a rectangle of c: rows r0 to r1, columns c0 to
// c1.
func addPlain(c, a, b []float32, r0, r1, c0, c1, cols, k int) {
	if c0 >= c1 {
		return
	}
	for r := r0; r < r1; r++ {
		row := c[r*cols+c0 : r*cols+c1]
		for i := range k {
			x := a[r*k+i]
			other := b[i*cols+c0 : i*cols+c1]
			other = other[:len(row)]
			for j := range row {
				row[j] += x * other[j]
			}
		}
	}
}
