package weights

import "fmt"

// align is the alignment of tensors that are made in memory, in bytes: that of
// a cache line and of the widest vector registers.
const align = 64

// arena is memory outside Go's heap for tensors that are made, not mapped: a
// merged LoRA, a transposed matrix. The runtime that computes with weights
// keeps their addresses, which memory of Go's heap must not be used for, and
// gigabytes of weights would otherwise count in every garbage collection.
type arena struct {
	mem mapping
	at  int
}

// newArena makes an arena of n tensors with size bytes together.
func newArena(size int64, n int) (*arena, error) {
	total := size + int64(n)*align
	if total <= 0 || total != int64(int(total)) {
		return nil, fmt.Errorf("weights: cannot hold %d bytes", size)
	}
	mem, err := systemAlloc(int(total))
	if err != nil {
		return nil, fmt.Errorf("weights: no memory for %d MB of merged weights: %w", total>>20, err)
	}
	return &arena{mem: mem}, nil
}

// take returns size zero bytes, aligned.
func (a *arena) take(size int) []byte {
	b := a.mem.data[a.at : a.at+size : a.at+size]
	a.at = (a.at + size + align - 1) &^ (align - 1)
	return b
}
