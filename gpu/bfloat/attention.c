#include "ops.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define WITH_PAIRS __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

// The keys of a head are taken in stretches of so many: the scores of 32 queries against
// them are 64 KiB and stay in the core's cache.
enum { STRETCH = 512, STEPS = STRETCH / DEPTH };

// Attention of many heads without storing its scores: for 32 queries at a time, stretch
// by stretch of the keys, with a running maximum and sum (Milakov and Gimelshein, Online
// normalizer calculation for softmax, arXiv 1805.02867).
typedef struct {
  const kernel *k;
  const float *q, *keys, *values;
  float *y;
  int s, t, c, d;     // queries, keys, channels in all and of a head
  int steps;          // of 32 channels of a head
  int blocks;         // of 32 keys
  int wide;           // channels of a head in 16s
  size_t key_numbers; // of a head, packed
  size_t value_plane; // numbers of one part of a head's values, packed
  bfloat *packed;
  walk scores, sums;
  int strips, strip;
  atomic_int failed;
} attention;

static bfloat *head_keys(const attention *v, size_t head) {
  return v->packed + head * (v->key_numbers + v->k->parts * v->value_plane);
}

// pack_task packs a stretch of a head's keys and values.
static void pack_task(void *data, size_t t) {
  const attention *v = data;
  const size_t stretches = (v->t + STRETCH - 1) / STRETCH, head = t / stretches, from = t % stretches * STRETCH;
  const size_t at = head / v->k->heads * v->t * v->c + head % v->k->heads * v->d;
  const size_t until = from + STRETCH < (size_t)v->blocks * BLOCK ? from + STRETCH : (size_t)v->blocks * BLOCK;
  const size_t tile = (size_t)v->steps * v->k->parts * TILE;
  const run all = {0, 0, v->d};
  bfloat *keys = head_keys(v, head), *values = keys + v->key_numbers;
  for (size_t i = from; i < until; i += ROWS) {
    const int left = v->t - (int)i;
    if (left > 0)
      pack_right(v->keys + at + i * v->c, SINGLE, v->c, left < ROWS ? left : ROWS, v->d, v->k->parts, keys + i / ROWS * tile);
  }
  for (size_t i = from; i < until; i += 2) {
    const float *even = i < (size_t)v->t ? v->values + at + i * v->c : NULL, *odd = i + 1 < (size_t)v->t ? even + v->c : NULL;
    bfloat *to = values + i * v->wide;
    pack_pair(even, odd, &all, 1, v->wide, to, v->k->parts == 2 ? to + v->value_plane : NULL);
  }
}

// power is 2^x for x of at most 0, 1e-7 of it off: a polynomial of the fraction, from -1/2
// to 1/2, whose largest relative error was made as small as five coefficients allow.
WITH_PAIRS static inline __m512 power(__m512 x) {
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), f = _mm512_sub_ps(x, whole);
  __m512 p = _mm512_set1_ps(1.326472690e-3f);
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.671512661e-3f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.550733744e-2f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.402224208e-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.931469776e-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, whole);
}

static inline __mmask16 first(int n) { return n >= 16 ? 0xffff : n < 1 ? 0 : (__mmask16)((1u << n) - 1); }

WITH_PAIRS static inline __m512i rounded(__m512 x) { return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)); }

WITH_PAIRS static inline __m512 rest(__m512 x) {
  return _mm512_sub_ps(x, _mm512_castsi512_ps(_mm512_slli_epi32(rounded(x), 16)));
}

// weigh turns a row of count scores, which lie in blocks, into weights in tiles. It
// follows the row's maximum and sum, and returns by what the sums so far shrink.
WITH_PAIRS static float weigh(const float *scores, int count, float scale, int parts, bfloat *tiles, float *most, float *sum) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  __m512 peak = lowest, total = _mm512_setzero_ps();
  for (int j = 0; j < count; j += 16)
    peak = _mm512_max_ps(peak, _mm512_mask_loadu_ps(lowest, first(count - j), scores + j / BLOCK * BLOCK * BLOCK + j % BLOCK));
  const float high = _mm512_reduce_max_ps(peak) * scale, now = high > *most ? high : *most;
  const __m512 factor = _mm512_set1_ps(scale), bias = _mm512_set1_ps(-now);
  for (int j = 0; j < count; j += BLOCK) {
    const float *row = scores + j * BLOCK;
    const __mmask16 m = first(count - j), n = first(count - j - 16);
    const __m512 a = _mm512_maskz_mov_ps(m, power(_mm512_fmadd_ps(_mm512_maskz_loadu_ps(m, row), factor, bias)));
    const __m512 b = _mm512_maskz_mov_ps(n, power(_mm512_fmadd_ps(_mm512_maskz_loadu_ps(n, row + 16), factor, bias)));
    total = _mm512_add_ps(total, _mm512_add_ps(a, b));
    bfloat *to = tiles + j / DEPTH * parts * TILE;
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(b, a));
    if (parts == 2) _mm512_storeu_si512(to + TILE, (__m512i)_mm512_cvtne2ps_pbh(rest(b), rest(a)));
  }
  const float shrink = _mm512_cvtss_f32(power(_mm512_set1_ps(*most - now)));
  *sum = *sum * shrink + _mm512_reduce_add_ps(total);
  *most = now;
  return shrink;
}

// attend computes a block of 32 queries of a head. The room holds, one after the other:
// queries and weights in tiles, scores, and sums.
static void attend(const attention *v, size_t head, int row, bfloat *room) {
  const int parts = v->k->parts, rows = v->s - row < BLOCK ? v->s - row : BLOCK;
  const size_t from = (head / v->k->heads * v->s + row) * v->c + head % v->k->heads * v->d;
  const size_t query = (size_t)v->steps * parts * TILE, weight = (size_t)STEPS * parts * TILE, key = query;
  bfloat *q0 = room, *q1 = q0 + query, *w0 = q1 + query, *w1 = w0 + weight;
  float *scores = (float *)(w1 + weight), *sums = scores + BLOCK * STRETCH;
  float most[BLOCK], sum[BLOCK] = {0}, c[BLOCK * BLOCK] __attribute__((aligned(64)));
  const bfloat *keys = head_keys(v, head), *values = keys + v->key_numbers;
  const int tall = rows > ROWS;
  pack_left(v->q + from, SINGLE, v->c, tall ? ROWS : rows, v->d, 1, 0, parts, q0);
  if (tall) pack_left(v->q + from + (size_t)ROWS * v->c, SINGLE, v->c, rows - ROWS, v->d, 1, 0, parts, q1);
  for (int r = 0; r < BLOCK; r++) most[r] = -INFINITY;
  memset(sums, 0, sizeof(float) * BLOCK * v->wide);
  for (int at = 0; at < v->t; at += STRETCH) {
    const int count = v->t - at < STRETCH ? v->t - at : STRETCH, blocks = (count + BLOCK - 1) / BLOCK;
    for (int b = 0; b < blocks; b++) {
      const bfloat *right = keys + (size_t)(at + b * BLOCK) / ROWS * key;
      bfloat_block(&v->scores, q0, tall ? q1 : NULL, right, right + key, scores + b * BLOCK * BLOCK);
    }
    for (int r = 0; r < rows; r++) {
      bfloat *to = (r < ROWS ? w0 : w1) + r % ROWS * DEPTH;
      const float shrink = weigh(scores + r * BLOCK, count, v->k->scale * (float)M_LOG2E, parts, to, &most[r], &sum[r]);
      for (int i = 0; i < v->wide; i++) sums[r * v->wide + i] *= shrink;
    }
    walk w = v->sums;
    w.steps = blocks;
    for (int i = 0; i < v->wide; i += BLOCK) {
      const bfloat *right = values + (size_t)at * v->wide + 2 * i;
      const int n = v->wide - i < BLOCK ? v->wide - i : BLOCK;
      bfloat_block(&w, w0, tall ? w1 : NULL, right, n > ROWS ? right + 2 * ROWS : NULL, c);
      for (int r = 0; r < rows; r++)
        for (int j = 0; j < n; j++) sums[r * v->wide + i + j] += c[r * BLOCK + j];
    }
  }
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < v->d; i++) v->y[from + (size_t)r * v->c + i] = sums[r * v->wide + i] / sum[r];
}

static void block_task(void *data, size_t t) {
  attention *v = data;
  const size_t head = t / v->strips, parts = v->k->parts;
  const size_t numbers = 2 * (v->steps + STEPS) * parts * TILE + 2 * ((size_t)BLOCK * STRETCH + (size_t)BLOCK * v->wide);
  bfloat *room = ops_borrow(v->k, numbers);
  if (!room) {
    v->failed = 1;
    return;
  }
  const int strip = (int)(t % v->strips) * v->strip;
  bfloat_begin();
  for (int b = strip; b < strip + v->strip && b * BLOCK < v->s; b++) attend(v, head, b * BLOCK, room);
  bfloat_end();
  ops_return(v->k, room);
}

ort_result *attention_run(void *self, void *context) {
  const kernel *k = self;
  array q, keys, values;
  ort_result *s = ops_input(k, context, 0, &q);
  if (!s) s = ops_input(k, context, 1, &keys);
  if (!s) s = ops_input(k, context, 2, &values);
  if (s) return s;
  const int64_t c = q.shape[1];
  if (q.rank != 2 || keys.rank != 2 || values.rank != 2 || k->heads < 1 || k->batch < 1 || c % k->heads || keys.shape[1] != c ||
      values.shape[1] != c || values.shape[0] != keys.shape[0] || q.shape[0] % k->batch || keys.shape[0] % k->batch || keys.shape[0] < k->batch)
    return ops_fail(k->api, "an attention's inputs have shapes that do not go together");
  attention v = {.k = k, .q = q.data, .keys = keys.data, .values = values.data, .s = (int)(q.shape[0] / k->batch), .t = (int)(keys.shape[0] / k->batch), .c = (int)c, .d = (int)(c / k->heads)};
  v.steps = (v.d + DEPTH - 1) / DEPTH, v.blocks = (v.t + BLOCK - 1) / BLOCK, v.wide = (v.d + ROWS - 1) / ROWS * ROWS;
  v.key_numbers = (size_t)v.blocks * 2 * v.steps * k->parts * TILE, v.value_plane = (size_t)v.blocks * BLOCK * v.wide;
  if ((s = ops_output(k, context, q.shape, 2, &v.y))) return s;
  const size_t heads = (size_t)k->heads * k->batch, numbers = heads * (v.key_numbers + k->parts * v.value_plane);
  scratch room;
  if ((s = ops_scratch(k, context, numbers * sizeof(bfloat) + (v.steps + STEPS) * sizeof(size_t), &room))) return s;
  v.packed = room.data;
  size_t *offsets = (size_t *)(v.packed + numbers);
  for (int i = 0; i < v.steps; i++) offsets[i] = (size_t)i * k->parts * TILE;
  for (int i = 0; i < STEPS; i++) offsets[v.steps + i] = (size_t)i * DEPTH * v.wide;
  v.scores = (walk){.parts = k->parts, .steps = v.steps, .right_stride = 2 * ROWS, .right = offsets, .right_rest = TILE};
  v.sums = (walk){.parts = k->parts, .right_stride = 2 * v.wide, .right = offsets + v.steps, .right_rest = v.value_plane};
  const int blocks = (v.s + BLOCK - 1) / BLOCK;
  v.strips = 4 * k->cores / (int)heads < 1 ? 1 : 4 * k->cores / (int)heads;
  v.strip = (blocks + v.strips - 1) / v.strips;
  s = ops_parallel(k, context, pack_task, heads * ((v.t + STRETCH - 1) / STRETCH), &v);
  if (!s) s = ops_parallel(k, context, block_task, heads * v.strips, &v);
  if (!s && v.failed) s = ops_fail(k->api, "there is no memory for an attention's scores");
  ops_scratch_free(k, &room);
  return s;
}
#else
ort_result *attention_run(void *self, void *context) {
  (void)context;
  return ops_fail(((const kernel *)self)->api, "the processor has no tiles");
}
#endif
