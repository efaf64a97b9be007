#include "ops.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// A convolution is a product of its weights, rows of channels and taps, and its input,
// channels and taps down and samples across. Where the kernel moves by one sample the
// taps are no copies: the plane with its margin is packed once, flat, and a tap is an
// offset in it. Sums that would begin in the margin are computed and left out.
typedef struct {
  const kernel *k;
  const float *x;
  const char *weights; // as stored, in rows of so many numbers
  int type, row;
  const float *bias;
  float *y;
  int n, c, h, w;      // input
  int oh, ow;          // output
  int wide;            // of a flat row: the plane's with its margin, or the output's
  int flat;            // samples across, with those that are left out
  int taps, blocks;    // of 32 channels
  size_t width;        // of a packed row
  size_t plane;        // numbers of one part of a packed picture
  bfloat *packed;
  const run *runs;
  int run_count;
  const int32_t *gather; // taps x oh·ow
  walk walk;
  int group; // blocks of 32 channels that are computed together
  int strips, groups, strip;
  atomic_int failed;
} conv;

// sample is where a sample of the infinite plane lies in the cell, -1 for zeros.
static int32_t sample(const kernel *k, int h, int w, int i, int j, int open) {
  const int across = j < 0 ? -1 : j >= w ? 1 : 0, down = i < 0 ? -1 : i >= h ? 1 : 0;
  if (across && (!k->wraps[0] || open)) return -1;
  if (down && (!k->wraps[1] || open)) return -1;
  i -= down * h + across * (int)k->shift[1];
  j -= across * w + down * (int)k->shift[0];
  if (k->wraps[1]) i = (i % h + h) % h;
  if (k->wraps[0]) j = (j % w + w) % w;
  return i < 0 || i >= h || j < 0 || j >= w ? -1 : i * w + j;
}

// pack_task packs pair number t of all pictures' rows.
static void pack_task(void *data, size_t t) {
  const conv *v = data;
  const size_t rows = (size_t)v->blocks * (DEPTH / 2), copies = v->gather ? v->taps : 1;
  const size_t picture = t / (rows * copies), tap = t / rows % copies, pair = t % rows;
  const size_t c = 2 * pair, size = (size_t)v->h * v->w;
  const float *even = c < (size_t)v->c ? v->x + (picture * v->c + c) * size : NULL;
  const float *odd = c + 1 < (size_t)v->c ? even + size : NULL;
  bfloat *to = v->packed + picture * v->k->parts * v->plane + (tap * rows + pair) * v->width * 2;
  bfloat *rest = v->k->parts == 2 ? to + v->plane : NULL;
  if (v->gather)
    pack_gather(even, odd, v->gather + tap * v->oh * v->ow, v->oh * v->ow, v->width, to, rest);
  else
    pack_pair(even, odd, v->runs, v->run_count, v->width, to, rest);
}

// put writes a block's sums to the rows of the output that they belong to.
static void put(const conv *v, const float *c, float *y, int channel, int flat) {
  const int rows = v->k->out - channel < BLOCK ? v->k->out - channel : BLOCK;
  for (int at = 0; at < BLOCK && flat + at < v->flat;) {
    const int i = (flat + at) / v->wide, j = (flat + at) % v->wide;
    int n = v->wide - j < BLOCK - at ? v->wide - j : BLOCK - at;
    const int there = v->ow - j < n ? v->ow - j : n;
    if (i >= v->oh) return;
    for (int r = 0; r < rows && there > 0; r++) {
      const float b = v->bias ? v->bias[channel + r] : 0;
      float *to = y + ((size_t)(channel + r) * v->oh + i) * v->ow + j;
      const float *from = c + r * BLOCK + at;
      for (int q = 0; q < there; q++) to[q] = from[q] + b;
    }
    at += n;
  }
}

// block_task computes a group of channels of a strip of samples.
static void block_task(void *data, size_t t) {
  conv *v = data;
  const int begin = (int)(t / v->strips) * v->group * BLOCK, strip = (int)(t % v->strips);
  const int end = begin + v->group * BLOCK < v->k->out ? begin + v->group * BLOCK : v->k->out;
  const size_t tiles = (size_t)v->walk.steps * v->k->parts * TILE;
  const int per = (v->flat + BLOCK - 1) / BLOCK, last = (strip + 1) * v->strip < per * v->n ? (strip + 1) * v->strip : per * v->n;
  if (strip * v->strip >= last) return;
  bfloat *weights = ops_borrow(v->k, (size_t)v->group * (BLOCK / ROWS) * tiles);
  if (!weights) {
    v->failed = 1;
    return;
  }
  for (int c = begin; c < end; c += ROWS) {
    const size_t from = (size_t)c * v->row * (v->type == SINGLE ? sizeof(float) : sizeof(bfloat));
    pack_left(v->weights + from, v->type, v->row, end - c < ROWS ? end - c : ROWS, v->c, v->row / v->c, v->k->fold, v->k->parts,
              weights + (c - begin) / ROWS * tiles);
  }
  float sums[BLOCK * BLOCK] __attribute__((aligned(64)));
  bfloat_begin();
  for (int b = strip * v->strip; b < last; b++) {
    const int picture = b / per, flat = b % per * BLOCK;
    const bfloat *right = v->packed + picture * v->k->parts * v->plane + 2 * (size_t)flat;
    for (int c = begin; c < end; c += BLOCK) {
      const bfloat *left = weights + (c - begin) / ROWS * tiles;
      bfloat_block(&v->walk, left, c + ROWS < end ? left + tiles : NULL, right, flat + ROWS < v->flat ? right + 2 * ROWS : NULL, sums);
      put(v, sums, v->y + (size_t)picture * v->k->out * v->oh * v->ow, c, flat);
    }
  }
  bfloat_end();
  ops_return(v->k, weights);
}

// plan_rows lists the runs of the plane with its margin. There are at most three of
// each row, and five of a row that is shifted.
static int plan_rows(const conv *v, int open, run *runs) {
  const kernel *k = v->k;
  int count = 0;
  for (int i = 0; i < v->h + k->pads[0] + k->pads[2]; i++)
    for (int j = 0; j < v->wide; j++) {
      const int from = sample(k, v->h, v->w, i - (int)k->pads[0], j - (int)k->pads[1], open);
      run *last = runs + count - 1;
      if (count > 0 && (from < 0 ? last->from < 0 : last->from >= 0 && from == last->from + last->length))
        last->length++;
      else
        runs[count++] = (run){i * v->wide + j, from, 1};
    }
  return count;
}

static void plan_gather(const conv *v, int open, int32_t *from) {
  const kernel *k = v->k;
  for (int t = 0; t < v->taps; t++)
    for (int i = 0; i < v->oh; i++)
      for (int j = 0; j < v->ow; j++)
        *from++ = sample(k, v->h, v->w, i * k->stride + t / k->kernel - (int)k->pads[0], j * k->stride + t % k->kernel - (int)k->pads[1], open);
}

// odd makes a packed row's lines an odd number, so that rows do not meet in the cache.
static size_t odd(size_t samples) { return ((samples + ROWS - 1) / ROWS | 1) * ROWS; }

ort_result *conv_run(void *self, void *context) {
  const kernel *k = self;
  array x, w, bias, wrap;
  ort_result *s = ops_input(k, context, 0, &x);
  if (!s) s = ops_input(k, context, 1, &w);
  if (!s) s = ops_input(k, context, 2, &bias);
  if (!s) s = ops_input(k, context, 3, &wrap);
  if (s) return s;
  if (x.rank != 4) return ops_fail(k->api, "a convolution's input has not four axes");
  conv v = {.k = k, .x = x.data, .weights = w.data, .type = w.type, .bias = bias.data, .n = (int)x.shape[0], .c = (int)x.shape[1], .h = (int)x.shape[2], .w = (int)x.shape[3]};
  const int high = v.h + (int)(k->pads[0] + k->pads[2]), wide = v.w + (int)(k->pads[1] + k->pads[3]);
  v.oh = (high - k->kernel) / k->stride + 1, v.ow = (wide - k->kernel) / k->stride + 1;
  v.taps = k->kernel * k->kernel, v.row = v.c * (k->fold ? MOST_TAPS : v.taps), v.blocks = (v.c + DEPTH - 1) / DEPTH;
  const int steps = v.taps * v.blocks;
  const int64_t shape[4] = {v.n, k->out, v.oh, v.ow};
  if (v.oh < 1 || v.ow < 1) return ops_fail(k->api, "a convolution's plane is smaller than its kernel");
  if (v.taps > MOST_TAPS || (v.type != SINGLE && v.type != HALF && v.type != BFLOAT) || w.rank != 4 || w.shape[0] != k->out ||
      w.shape[1] * w.shape[2] * w.shape[3] != v.row)
    return ops_fail(k->api, "a convolution's weights have another shape or type than it takes");
  if ((s = ops_output(k, context, shape, 4, &v.y))) return s;

  const int open = wrap.data && *(const float *)wrap.data == 0, moves = k->stride > 1;
  v.wide = moves ? v.ow : wide;
  v.flat = (v.oh - 1) * v.wide + v.ow;
  v.width = odd((moves ? (size_t)v.oh * v.ow : (size_t)high * wide) + BLOCK);
  const size_t rows = (size_t)v.blocks * (DEPTH / 2), copies = moves ? v.taps : 1;
  v.plane = copies * rows * v.width * 2;
  const size_t numbers = v.plane * k->parts * v.n;
  const size_t plan = moves ? sizeof(int32_t) * v.taps * v.oh * v.ow : sizeof(run) * ((size_t)high * 5 + (size_t)wide + 8) * 2;
  scratch room;
  if ((s = ops_scratch(k, context, numbers * sizeof(bfloat) + steps * sizeof(size_t) + plan, &room))) return s;
  v.packed = room.data;
  size_t *offsets = (size_t *)(v.packed + numbers);
  for (int t = 0, i = 0; t < v.taps; t++)
    for (int b = 0; b < v.blocks; b++, i++)
      offsets[i] = moves ? 2 * v.width * (size_t)i * (DEPTH / 2)
                         : 2 * (v.width * (size_t)b * (DEPTH / 2) + (size_t)(t / k->kernel) * wide + t % k->kernel);
  if (moves) {
    int32_t *from = (int32_t *)(offsets + steps);
    plan_gather(&v, open, from);
    v.gather = from;
  } else {
    run *runs = (run *)(offsets + steps);
    v.run_count = plan_rows(&v, open, runs);
    v.runs = runs;
  }
  v.walk = (walk){.parts = k->parts, .steps = steps, .right_stride = 2 * v.width, .right = offsets, .right_rest = v.plane};
  const int blocks = (v.flat + BLOCK - 1) / BLOCK * v.n;
  ops_share(k, (size_t)2 * steps * k->parts * TILE, k->out, blocks, &v.group, &v.groups, &v.strips);
  v.strip = (blocks + v.strips - 1) / v.strips;
  s = ops_parallel(k, context, pack_task, rows * copies * v.n, &v);
  if (!s) s = ops_parallel(k, context, block_task, (size_t)v.groups * v.strips, &v);
  if (!s && v.failed) s = ops_fail(k->api, "there is no memory for a convolution's weights");
  ops_scratch_free(k, &room);
  return s;
}
