package weights

import (
	"encoding/binary"
	"math"
	"runtime"
	"sync"
	"unsafe"
)

// Float32s returns the tensor's numbers as float32 in a new slice. Float16 and
// bfloat16 are widened exactly, float64 is rounded to nearest, whole numbers
// are converted. Large tensors are converted on all cores.
func Float32s(t Tensor) []float32 {
	dst := make([]float32, len(t.Data)/t.Type.Size())
	Widen(dst, t)
	return dst
}

// Widen is Float32s into a slice of the caller's: it fills dst with the
// tensor's first len(dst) numbers.
func Widen(dst []float32, t Tensor) {
	const chunk = 1 << 18
	if len(dst) <= 2*chunk {
		widen(dst, t.Type, t.Data)
		return
	}
	workers := runtime.GOMAXPROCS(0)
	per := (len(dst)/workers + 16) &^ 15
	size := t.Type.Size()
	var wg sync.WaitGroup
	for at := 0; at < len(dst); at += per {
		end := min(at+per, len(dst))
		wg.Go(func() { widen(dst[at:end], t.Type, t.Data[at*size:]) })
	}
	wg.Wait()
}

func widen(dst []float32, typ DType, src []byte) {
	if len(dst) == 0 {
		return
	}
	src = src[:len(dst)*typ.Size()]
	if n := len(dst) &^ 15; n > 0 && halfVectors() && (typ == F16 || typ == BF16) {
		if typ == F16 {
			widenHalf(&dst[0], &src[0], n)
		} else {
			widenBrain(&dst[0], &src[0], n)
		}
		dst, src = dst[n:], src[2*n:]
	}
	switch typ {
	case F32:
		if littleEndian() && len(dst) > 0 {
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), 4*len(dst)), src)
			return
		}
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = Float16(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case I64:
		for i := range dst {
			dst[i] = float32(int64(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case I32:
		for i := range dst {
			dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case U8:
		for i := range dst {
			dst[i] = float32(src[i])
		}
	case Bool:
		for i := range dst {
			if src[i] != 0 {
				dst[i] = 1
			} else {
				dst[i] = 0
			}
		}
	}
}

// littleEndian tells whether numbers lie in memory as in the files.
func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// Float16 widens an IEEE 754 half precision number, exactly. The exponent and
// fraction are moved to their places in a float32, and the product with 2^112
// corrects the exponent's bias; it also normalises subnormals, since float32
// has the range for them.
func Float16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	rest := uint32(h&0x7fff) << 13
	if h&0x7c00 == 0x7c00 { // infinity, or not a number
		return math.Float32frombits(sign | 0x7f800000 | rest&0x007fffff)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(rest)*0x1p112))
}

// ToFloat16 rounds to half precision, to nearest even; what is too large
// becomes infinite.
func ToFloat16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // not a number: keep it one
		return sign | 0x7e00
	case b >= 0x477ff000: // rounds to 65536 or more
		return sign | 0x7c00
	case b < 0x38800000: // below the smallest normal: adding 1/2 puts the
		// subnormal's bits at the end of the fraction, rounded
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	return sign | uint16((b-0x38000000+0xfff+(b>>13&1))>>13)
}

// ToBFloat16 rounds to bfloat16, to nearest even.
func ToBFloat16(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + (b >> 16 & 1)) >> 16)
}
