// The ways in which matrices are laid out for kernel.h, and how they get there.
#ifndef SELVAGE_BFLOAT_PACK_H
#define SELVAGE_BFLOAT_PACK_H

#include "kernel.h"

// The types that weights are stored in, by ONNX's numbers.
enum { SINGLE = 1, HALF = 10, BFLOAT = 16 };

// MOST_TAPS is how many taps the kernels of a convolution may have.
enum { MOST_TAPS = 9 };

// pack_left writes up to 16 rows of a left matrix, each of channels x taps numbers with
// the taps of a channel together and so many numbers after the last one (pitch), as tiles: all channels by 32 for the first tap, then
// for the next. Channels beyond the last are zeros, rows beyond the last undefined.
// fold is 0, or 1 to 4 for one of the four kernels of 2 x 2 taps that stand for a kernel
// of 3 x 3 on a plane that was doubled: 1 + 2·(odd rows) + (odd columns).
void pack_left(const void *rows, int type, size_t pitch, int count, int channels, int taps, int fold, int parts, bfloat *to);

// pack_right writes up to 16 rows of a transposed right matrix, each of depth numbers,
// as tiles; columns beyond the last are undefined.
void pack_right(const void *rows, int type, size_t pitch, int count, int depth, int parts, bfloat *to);

// run is a stretch of a plane that lies together in another; a negative from is zeros.
typedef struct {
  int to, from, length;
} run;

// pack_pair writes two channels, NULL for zeros, as a pair of rows of a right matrix of
// width numbers, following the runs, and zeros behind them. rest is NULL with one part.
void pack_pair(const float *even, const float *odd, const run *runs, int count, size_t width, bfloat *to, bfloat *rest);

// pack_gather is pack_pair for samples that do not lie together.
void pack_gather(const float *even, const float *odd, const int32_t *from, int count, size_t width, bfloat *to, bfloat *rest);

#endif
