package weights

import "golang.org/x/sys/cpu"

// halfVectors tells whether widenHalf can run here. Every processor with AVX2
// converts half precision too.
func halfVectors() bool { return cpu.X86.HasAVX2 && cpu.X86.HasAVX && cpu.X86.HasFMA }

// widenHalf widens n half precision numbers, n a multiple of 16, at least 16.
//
//go:noescape
func widenHalf(dst *float32, src *byte, n int)

// widenBrain widens n bfloat16 numbers, n a multiple of 16, at least 16.
//
//go:noescape
func widenBrain(dst *float32, src *byte, n int)
