#include "textflag.h"

// func addProduct4(c, a, b *float32, n, cols, k int)
//
// For every sixteen columns: eight registers hold the 4 x 16 sums, which start
// from c, and each step of k takes two vectors of b and one number of each row
// of a.
TEXT ·addProduct4(SB), NOSPLIT, $0-48
	MOVQ c+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ cols+32(FP), R8
	MOVQ k+40(FP), R9
	SHLQ $2, R8              // bytes of a row of b and c
	LEAQ (R9*4), R10         // bytes of a row of a
	LEAQ (DI)(R8*1), R11     // rows 1, 2, 3 of c
	LEAQ (DI)(R8*2), R12
	LEAQ (R11)(R8*2), R13

columns:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS (R11), Y2
	VMOVUPS 32(R11), Y3
	VMOVUPS (R12), Y4
	VMOVUPS 32(R12), Y5
	VMOVUPS (R13), Y6
	VMOVUPS 32(R13), Y7
	MOVQ SI, AX              // rows 0 and 2 of a
	LEAQ (SI)(R10*2), BX
	MOVQ DX, R15
	MOVQ R9, R14

steps:
	VMOVUPS (R15), Y8
	VMOVUPS 32(R15), Y9
	VBROADCASTSS (AX), Y10
	VBROADCASTSS (AX)(R10*1), Y11
	VBROADCASTSS (BX), Y12
	VBROADCASTSS (BX)(R10*1), Y13
	VFMADD231PS Y8, Y10, Y0
	VFMADD231PS Y9, Y10, Y1
	VFMADD231PS Y8, Y11, Y2
	VFMADD231PS Y9, Y11, Y3
	VFMADD231PS Y8, Y12, Y4
	VFMADD231PS Y9, Y12, Y5
	VFMADD231PS Y8, Y13, Y6
	VFMADD231PS Y9, Y13, Y7
	ADDQ $4, AX
	ADDQ $4, BX
	ADDQ R8, R15
	DECQ R14
	JNZ  steps

	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, (R11)
	VMOVUPS Y3, 32(R11)
	VMOVUPS Y4, (R12)
	VMOVUPS Y5, 32(R12)
	VMOVUPS Y6, (R13)
	VMOVUPS Y7, 32(R13)
	ADDQ $64, DI
	ADDQ $64, R11
	ADDQ $64, R12
	ADDQ $64, R13
	ADDQ $64, DX
	SUBQ $16, CX
	JNZ  columns
	VZEROUPPER
	RET
