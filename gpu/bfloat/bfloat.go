// Package bfloat computes convolutions and linear layers on processors that multiply
// tiles of bfloat16 numbers (Intel's AMX), as operators of ONNX Runtime, whose own
// provider of the processor has no such products on x86.
//
// A number of single precision is taken as one bfloat16 number, with 8 bits, or as the
// sum of two, with 16 (Parts). In the second case a product is three: the two rests
// with each other are left out. Sums are in single precision in both. Measured against
// double precision the first is some 3e-3 off, the second some 1e-5 and as good as
// exact beside weights that are stored in half precision, which two parts hold to the
// last bit.
//
// Weights are read where and as they lie, a mapped file of half precision included: the
// core that needs 32 rows of them puts these into tiles in its own cache. So there is
// nothing to load and no second copy. What else goes in and out of an operator is in
// single precision and in ONNX's usual order; the margin of a convolution, which the
// infinite plane of a repeat continues, is made where the input is put into tiles.
//
// Operators, in the domain Domain; weights are float32, float16 or bfloat16:
//
//	Conv(x [n,c,h,w], weights [out,c,k,k], bias [out]?, wrap [1]?)
//	    kernel (at most 3), stride, pads (top, left, bottom, right), wraps (across,
//	    down: 0 or 1), shift (of the cell below to the right, of the cell to the right
//	    downwards), fold, parts, out. The margin is the plane's along axes that wrap,
//	    and zeros along others and wherever the input wrap is 0. fold is 0, or 1 + 2·(odd
//	    rows) + (odd columns): the kernel of 2 x 2 that stands for the stored one of
//	    3 x 3 on a plane that was doubled by the nearest sample.
//	Linear(x [n,in], weights [out,in], bias [out]?)
//	    parts, out
//	Attention(q [batch·s,c], k [batch·t,c], v [batch·t,c])
//	    heads, batch, scale, parts, out (c): softmax(scale·q·kᵀ)·v in each head
package bfloat

/*
#cgo CFLAGS: -O3
#include "ops.h"
*/
import "C"

import "unsafe"

// Domain is the operators' domain in a graph.
const Domain = "selvage.bfloat"

// Permit asks the system for the processor's tiles, for the whole process, and says
// whether there are such.
func Permit() bool { return C.bfloat_permit() == 1 }

// Status is an OrtStatus, which who has the table of the API reads and frees.
type Status = unsafe.Pointer

// MostKernel is the largest side of a kernel that Conv takes.
const MostKernel = 3

// Operators makes the domain of the operators for a process with so many cores. api is ONNX Runtime's table, memory its
// description of the host's memory, and both live as long as the process, as the
// domain does.
func Operators(api, memory unsafe.Pointer, cores int) (domain unsafe.Pointer, s Status) {
	s = C.ops_domain(C.ort_table(api), memory, C.int(cores), &domain)
	return domain, s
}

// Add lets a session's options know the domain.
func Add(api, options, domain unsafe.Pointer) Status {
	return C.ops_add(C.ort_table(api), options, domain)
}
