package gpu

/*
#include "native.h"
#include "widen.h"
*/
import "C"

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// minExternal is the size in bytes from which ONNX Runtime takes a tensor by its
// address; smaller ones, which the inference of shapes may want to read, it wants
// for its own.
const minExternal = 128

// weightTensors are a program's weights as tensors of ONNX Runtime. Those that have
// the graph's type point at the owner's bytes; those that had to be widened own
// memory outside Go's heap, which goes as soon as ONNX Runtime has packed them its
// own way.
type weightTensors struct {
	native *native
	values []value // in the order of the spec's weights; nil once handed over
	extern []bool
	pinned runtime.Pinner
}

// release frees what has not been handed over, and lets go of the owner's bytes.
func (w *weightTensors) release() {
	for _, v := range w.values {
		w.native.releaseValue(v)
	}
	w.values = nil
	w.pinned.Unpin()
}

func newWeightTensors(ctx context.Context, n *native, weights []Weight) (_ *weightTensors, err error) {
	t := &weightTensors{native: n, values: make([]value, len(weights)), extern: make([]bool, len(weights))}
	defer func() {
		if err != nil {
			t.release()
		}
	}()
	var jobs []widening
	for i := range weights {
		w := &weights[i]
		size := w.size()
		t.extern[i] = size >= minExternal
		if w.GraphType() == w.Type {
			if size > 0 {
				t.pinned.Pin(&w.Data[0])
			}
			t.values[i], err = n.tensorOf(w.Data, w.Shape, w.Type, t.extern[i])
		} else {
			var to unsafe.Pointer
			if t.values[i], to, err = n.tensorOwning(size, w.Shape, Float32); err == nil {
				jobs = append(jobs, widening{w, to})
			}
		}
		if err != nil {
			return nil, fmt.Errorf("weight %q: %w", w.Name, err)
		}
	}
	return t, widenAll(ctx, jobs)
}

// widening is a weight on its way to float32.
type widening struct {
	from *Weight
	to   unsafe.Pointer // room for its elements as float32
}

// widenAll does the jobs with all cores. It stops early when ctx ends.
func widenAll(ctx context.Context, jobs []widening) error {
	const chunk = 256 << 10 // elements: small enough to share out, large enough to be cheap
	type piece struct{ job, from, count int }
	var pieces []piece
	for i, j := range jobs {
		n := len(j.from.Data) / 2
		for from := 0; from < n; from += chunk {
			pieces = append(pieces, piece{i, from, min(chunk, n-from)})
		}
	}
	files, err := openFiles(jobs)
	defer func() {
		for _, f := range files {
			_ = f.Close() // it was read only
		}
	}()
	if err != nil {
		return err
	}
	var next atomic.Int64
	var failed error
	var fail sync.Once
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(pieces)) {
		wg.Go(func() {
			buffer := make([]byte, 2*chunk)
			for i := next.Add(1) - 1; i < int64(len(pieces)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				p := pieces[i]
				j := jobs[p.job]
				src := j.from.Data[2*p.from : 2*(p.from+p.count)]
				if f := files[j.from.File]; f != nil {
					src = buffer[:len(src)]
					if _, err := f.ReadAt(src, j.from.Offset+2*int64(p.from)); err != nil {
						fail.Do(func() { failed = fmt.Errorf("weight %q: %w", j.from.Name, err) })
						return
					}
				}
				widen((*float32)(unsafe.Add(j.to, 4*p.from)), src, j.from.Type)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return failed
}

// openFiles opens the files of the weights. Reading them, rather than touching the
// pages of a map, keeps bytes that are wanted once out of the process's memory.
func openFiles(jobs []widening) (map[string]*os.File, error) {
	files := map[string]*os.File{}
	for _, j := range jobs {
		name := j.from.File
		if name == "" || files[name] != nil {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			return files, fmt.Errorf("weight %q: %w", j.from.Name, err)
		}
		files[name] = f
	}
	return files, nil
}

// widen turns the bytes of Float16 or BFloat16 elements into float32 at to.
func widen(to *float32, from []byte, t DType) {
	if len(from) == 0 {
		return
	}
	dst, src, count := (*C.float)(to), (*C.uchar)(&from[0]), C.size_t(len(from)/2)
	if t == BFloat16 {
		C.widen_bf16(dst, src, count)
	} else {
		C.widen_f16(dst, src, count)
	}
}
