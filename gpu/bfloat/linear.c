#include "ops.h"

#include <stdatomic.h>

// A linear layer is a product of its input, rows of features, and its weights.
typedef struct {
  const kernel *k;
  const float *x;
  const char *weights; // as stored
  int type;
  const float *bias;
  float *y;
  int rows, depth;
  bfloat *packed;
  walk walk;
  int group; // blocks of 32 columns that are computed together
  int strips, groups, strip;
  atomic_int failed;
} linear;

static void pack_task(void *data, size_t t) {
  const linear *v = data;
  const int row = (int)t * ROWS, count = v->rows - row < ROWS ? v->rows - row : ROWS;
  pack_left(v->x + (size_t)row * v->depth, SINGLE, v->depth, count, v->depth, 1, 0, v->k->parts, v->packed + t * v->walk.steps * v->k->parts * TILE);
}

// block_task computes a group of columns of a strip of rows.
static void block_task(void *data, size_t t) {
  linear *v = data;
  const int begin = (int)(t / v->strips) * v->group * BLOCK, strip = (int)(t % v->strips), out = v->k->out;
  const int end = begin + v->group * BLOCK < out ? begin + v->group * BLOCK : out;
  const size_t tiles = (size_t)v->walk.steps * v->k->parts * TILE;
  if (strip * v->strip * BLOCK >= v->rows) return;
  bfloat *weights = ops_borrow(v->k, (size_t)v->group * (BLOCK / ROWS) * tiles);
  if (!weights) {
    v->failed = 1;
    return;
  }
  for (int c = begin; c < end; c += ROWS) {
    const size_t from = (size_t)c * v->depth * (v->type == SINGLE ? sizeof(float) : sizeof(bfloat));
    pack_right(v->weights + from, v->type, v->depth, end - c < ROWS ? end - c : ROWS, v->depth, v->k->parts, weights + (c - begin) / ROWS * tiles);
  }
  float sums[BLOCK * BLOCK] __attribute__((aligned(64)));
  bfloat_begin();
  for (int b = strip * v->strip; b < (strip + 1) * v->strip && b * BLOCK < v->rows; b++) {
    const int row = b * BLOCK, rows = v->rows - row < BLOCK ? v->rows - row : BLOCK;
    const bfloat *left = v->packed + row / ROWS * tiles;
    for (int c = begin; c < end; c += BLOCK) {
      const bfloat *right = weights + (c - begin) / ROWS * tiles;
      bfloat_block(&v->walk, left, rows > ROWS ? left + tiles : NULL, right, c + ROWS < end ? right + tiles : NULL, sums);
      for (int i = 0; i < rows; i++) {
        float *to = v->y + (size_t)(row + i) * out + c;
        for (int j = 0; j < BLOCK && c + j < end; j++) to[j] = sums[i * BLOCK + j] + (v->bias ? v->bias[c + j] : 0);
      }
    }
  }
  bfloat_end();
  ops_return(v->k, weights);
}

ort_result *linear_run(void *self, void *context) {
  const kernel *k = self;
  array x, w, bias;
  ort_result *s = ops_input(k, context, 0, &x);
  if (!s) s = ops_input(k, context, 1, &w);
  if (!s) s = ops_input(k, context, 2, &bias);
  if (s) return s;
  if (x.rank != 2) return ops_fail(k->api, "a linear layer's input has not two axes");
  linear v = {.k = k, .x = x.data, .weights = w.data, .type = w.type, .bias = bias.data, .rows = (int)x.shape[0], .depth = (int)x.shape[1]};
  const int steps = (v.depth + DEPTH - 1) / DEPTH;
  const int64_t shape[2] = {v.rows, k->out};
  if ((v.type != SINGLE && v.type != HALF && v.type != BFLOAT) || w.rank != 2 || w.shape[0] != k->out || w.shape[1] != v.depth)
    return ops_fail(k->api, "a linear layer's weights have another shape or type than it takes");
  if ((s = ops_output(k, context, shape, 2, &v.y))) return s;
  const size_t tiles = (size_t)(v.rows + ROWS - 1) / ROWS, numbers = tiles * steps * k->parts * TILE;
  scratch room;
  if ((s = ops_scratch(k, context, numbers * sizeof(bfloat) + steps * sizeof(size_t), &room))) return s;
  v.packed = room.data;
  size_t *offsets = (size_t *)(v.packed + numbers);
  for (int i = 0; i < steps; i++) offsets[i] = (size_t)i * k->parts * TILE;
  v.walk = (walk){.parts = k->parts, .steps = steps, .right_stride = 2 * ROWS, .right = offsets, .right_rest = TILE};
  const int blocks = (v.rows + BLOCK - 1) / BLOCK;
  ops_share(k, (size_t)2 * steps * k->parts * TILE, k->out, blocks, &v.group, &v.groups, &v.strips);
  v.strip = (blocks + v.strips - 1) / v.strips;
  s = ops_parallel(k, context, pack_task, tiles, &v);
  if (!s) s = ops_parallel(k, context, block_task, (size_t)v.groups * v.strips, &v);
  if (!s && v.failed) s = ops_fail(k->api, "there is no memory for a linear layer's weights");
  ops_scratch_free(k, &room);
  return s;
}
