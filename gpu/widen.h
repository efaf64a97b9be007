// Widening of stored half-precision weights to float, exact for every value.
#ifndef SELVAGE_GPU_WIDEN_H
#define SELVAGE_GPU_WIDEN_H

#include <stddef.h>
#include <stdint.h>

// The sources need no alignment: inside a safetensors file they have none.
void widen_f16(float *to, const unsigned char *from, size_t count);
void widen_bf16(float *to, const unsigned char *from, size_t count);

#endif
