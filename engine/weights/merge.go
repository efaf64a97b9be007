package weights

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync"
	"unsafe"
)

// merge makes the changed weights and the model that has them.
func (m *Model) merge(ctx context.Context, order []target, changes map[target][]change, o merging) (*Model, error) {
	var size, total int64
	for _, t := range order {
		w, _ := m.weight(t)
		n := int64(w.Len())
		total += n
		if o.stored {
			size += n * int64(w.Type.Size())
		} else {
			size += 4 * n
		}
	}
	held := &holdings{}
	held.users.Store(1)
	m.held.users.Add(1)
	held.also(m.held.drop)
	out := m.derived(held)
	if len(order) == 0 {
		return out, nil
	}
	mem, err := newArena(size, len(order))
	if err != nil {
		return nil, joinDrop(err, held)
	}
	held.also(mem.mem.close)
	made := map[string][]Tensor{}
	var done int64
	for _, t := range order {
		w, _ := m.weight(t)
		merged, err := mergeOne(ctx, mem, w, changes[t], o)
		if err != nil {
			return nil, joinDrop(err, held)
		}
		made[t.part] = append(made[t.part], merged)
		done += int64(w.Len())
		if o.progress != nil {
			o.progress(done, total)
		}
	}
	if ts := made["unet"]; ts != nil {
		out.UNet = &Component[UNetConfig]{Config: m.UNet.Config, Raw: m.UNet.Raw, Weights: m.UNet.Weights.With(ts...)}
	}
	if ts := made["text_encoder"]; ts != nil {
		out.TextEncoder = &Component[TextConfig]{Config: m.TextEncoder.Config, Raw: m.TextEncoder.Raw, Weights: m.TextEncoder.Weights.With(ts...)}
	}
	if ts := made["text_encoder_2"]; ts != nil {
		out.TextEncoder2 = &Component[TextConfig]{Config: m.TextEncoder2.Config, Raw: m.TextEncoder2.Raw, Weights: m.TextEncoder2.Weights.With(ts...)}
	}
	return out, nil
}

// mergeOne computes w plus its changes into mem.
func mergeOne(ctx context.Context, mem *arena, w Tensor, changes []change, o merging) (Tensor, error) {
	rows := w.Shape[0]
	cols := w.Len() / max(rows, 1)
	type product struct {
		up, down []float32 // [rows, r] scaled, [r, cols]
		rank     int
	}
	products := make([]product, len(changes))
	for i, c := range changes {
		p := product{up: Float32s(c.up), rank: c.rank()}
		var err error
		if p.down, err = c.inner(); err != nil {
			return Tensor{}, err
		}
		f := c.factor()
		for j := range p.up {
			p.up[j] = float32(f * float64(p.up[j]))
		}
		if !finite(p.up) {
			return Tensor{}, &LoRAError{File: c.file, Key: c.up.Name, Have: c.up.Shape, Reason: fmt.Sprintf("holds numbers that are not finite, or its scale of %g makes them so", f)}
		}
		products[i] = p
	}
	out := Tensor{Name: w.Name, Type: F32, Shape: w.Shape}
	if o.stored {
		out.Type = w.Type
	}
	out.Data = mem.take(w.Len() * out.Type.Size())

	// Bands of rows of about 64k numbers: they stay in a core's cache while
	// all products are added to them.
	band := max(4, (1<<16/max(cols, 1))&^3)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (rows+band-1)/band) {
		wg.Go(func() {
			acc := make([]float32, band*cols)
			for r0 := range next {
				n := min(band, rows-r0)
				a := acc[:n*cols]
				at := r0 * cols
				widen(a, w.Type, w.Data[at*w.Type.Size():])
				for _, p := range products {
					addProduct(a, p.up[r0*p.rank:], p.down, n, cols, p.rank)
				}
				narrow(out.Data[at*out.Type.Size():], out.Type, a)
			}
		})
	}
	var err error
feed:
	for r0 := 0; r0 < rows; r0 += band {
		select {
		case next <- r0:
		case <-ctx.Done():
			err = fmt.Errorf("weights: merging LoRAs: %w", ctx.Err())
			break feed
		}
	}
	close(next)
	wg.Wait()
	return out, err
}

// inner is the change's right matrix, [r, in*kh*kw]: its down matrix, or with
// a Tucker core mid[i, j, k] the sum over j of mid[i, j, k] * down[j, in].
func (c change) inner() ([]float32, error) {
	down := Float32s(c.down)
	bad := c.down
	ok := finite(down)
	if ok && c.mid.Data != nil {
		mid := Float32s(c.mid)
		ok, bad = finite(mid), c.mid
		r := c.rank()
		in, k := len(down)/r, len(mid)/(r*r)
		out := make([]float32, r*in*k)
		for i := range r {
			for j := range r {
				for x := range in {
					d := down[j*in+x]
					for y := range k {
						out[(i*in+x)*k+y] += mid[(i*r+j)*k+y] * d
					}
				}
			}
		}
		down = out
	}
	if !ok {
		return nil, &LoRAError{File: c.file, Key: bad.Name, Have: bad.Shape, Reason: "holds numbers that are not finite"}
	}
	return down, nil
}

// narrow stores numbers in a format, rounding to nearest even.
func narrow(dst []byte, typ DType, src []float32) {
	switch typ { //nolint:exhaustive // weights are never whole numbers: check refuses them
	case F32:
		if littleEndian() && len(src) > 0 {
			copy(dst, unsafe.Slice((*byte)(unsafe.Pointer(&src[0])), 4*len(src)))
			return
		}
		for i, x := range src {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
		}
	case F16:
		for i, x := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], ToFloat16(x))
		}
	case BF16:
		for i, x := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], ToBFloat16(x))
		}
	case F64:
		for i, x := range src {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(float64(x)))
		}
	}
}
