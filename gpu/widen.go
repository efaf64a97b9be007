package gpu

/*
#cgo CFLAGS: -O3
#include "widen.h"
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// block is memory of C, outside Go's heap.
type block struct {
	p    unsafe.Pointer
	size int64
}

func newBlock(size int64) (block, error) {
	p := C.malloc(C.size_t(max(size, 1)))
	if p == nil {
		return block{}, fmt.Errorf("the system has no %s of memory left", Bytes(size))
	}
	return block{p, size}, nil
}

func (b block) free() { C.free(b.p) }

// floats is the part of the block that begins offset bytes in.
func (b block) bytes(offset, n int64) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(b.p, offset)), n)
}

// widenAll widens each source to float32 at its place in the block, with all cores;
// sources[i] begins at offsets[i] bytes. It stops early when ctx ends.
func widenAll(ctx context.Context, to block, sources []*Weight, offsets []int64) error {
	const chunk = 1 << 20 // elements: small enough to share out, large enough to be cheap
	type piece struct{ weight, from, count int }
	var pieces []piece
	for i, w := range sources {
		n := len(w.Data) / w.Type.Size()
		for from := 0; from < n; from += chunk {
			pieces = append(pieces, piece{i, from, min(chunk, n-from)})
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(pieces)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(pieces)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				p := pieces[i]
				w := sources[p.weight]
				dst := (*C.float)(unsafe.Add(to.p, offsets[p.weight]+4*int64(p.from)))
				src := (*C.uchar)(&w.Data[2*p.from])
				if w.Type == BFloat16 {
					C.widen_bf16(dst, src, C.size_t(p.count))
				} else {
					C.widen_f16(dst, src, C.size_t(p.count))
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
