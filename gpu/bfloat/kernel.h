// Products of matrices in bfloat16 with sums in single precision, on processors whose
// AMX multiplies tiles of them.
#ifndef SELVAGE_BFLOAT_KERNEL_H
#define SELVAGE_BFLOAT_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef uint16_t bfloat;

// A tile holds 16 rows of 32 numbers of the left matrix, or 16 pairs of rows of 16
// numbers of the right one, the two of a pair beside each other: 1 KiB.
enum { TILE = 512, ROWS = 16, DEPTH = 32, BLOCK = 32 };

// bfloat_permit asks the system for AMX's tiles, for the whole process. It returns 1
// where the processor has them and the process may use them, and 0 elsewhere.
int bfloat_permit(void);

// walk says how the tiles of a product lie. The left matrix's follow each other in the
// order of the steps; the right one's lie at offsets.
typedef struct {
  int parts;           // 1: numbers are bfloat16. 2: each is the sum of two, see split
  int steps;           // of 32 in the inner dimension
  size_t right_stride; // numbers from one pair of rows to the next
  const size_t *right; // of every step: numbers from the first tile
  size_t right_rest;   // numbers from the first part to the second
} walk;

// bfloat_block computes a block of 32 x 32 sums, c, from two tiles of rows of the left
// matrix and two of columns of the right one; those of the second that are NULL leave
// their quarters of c undefined. With two parts the product of the two rests, 2^-16 of
// the whole, is left out.
void bfloat_block(const walk *w, const bfloat *left0, const bfloat *left1, const bfloat *right0,
                  const bfloat *right1, float *c);

// bfloat_begin and bfloat_end stand around the blocks that a thread computes.
void bfloat_begin(void);
void bfloat_end(void);

// split writes n numbers as bfloat16, rounded to even, and what is left of each, again
// as bfloat16, to rest, unless that is NULL.
void bfloat_split(const float *from, size_t n, bfloat *to, bfloat *rest);

#endif
