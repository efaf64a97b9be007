#include "pack.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

#define WITH_PAIRS __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

// load reads up to 16 stored numbers, and zeros where the mask has none.
WITH_PAIRS static inline __m512 load(const void *from, int type, size_t at, __mmask16 m) {
  if (type == SINGLE) return _mm512_maskz_loadu_ps(m, (const float *)from + at);
  const __m256i two = _mm256_maskz_loadu_epi16(m, (const bfloat *)from + at);
  if (type == HALF) return _mm512_cvtph_ps(two);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(two), 16));
}

static inline __mmask16 first(int n) { return n >= 16 ? 0xffff : n < 1 ? 0 : (__mmask16)((1u << n) - 1); }

// rounded is x as bfloat16, as wide as it was: its lower halves are zeros.
WITH_PAIRS static inline __m512i rounded(__m512 x) { return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)); }

WITH_PAIRS static inline __m512 without(__m512 x, __m512i part) {
  return _mm512_sub_ps(x, _mm512_castsi512_ps(_mm512_slli_epi32(part, 16)));
}

// store writes 32 numbers as a row of a tile, and their rests as one of the next tile.
WITH_PAIRS static inline void store(__m512 a, __m512 b, int parts, bfloat *to) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(b, a));
  if (parts == 2) _mm512_storeu_si512(to + TILE, (__m512i)_mm512_cvtne2ps_pbh(without(b, rounded(b)), without(a, rounded(a))));
}

// folded is tap t of the 2 x 2 that stand for the 3 x 3 at k, of 16 channels: see
// pack_left. Rows are added first, then columns.
WITH_PAIRS static inline __m512 folded(const float *k, __m512i channels, int fold, int t) {
  const int odd_row = (fold - 1) / 2, odd_column = (fold - 1) % 2, y = t / 2, x = t % 2;
  // The one tap that stays alone is the first of an even row and the last of an odd one.
  const int y0 = y == 0 ? 0 : odd_row ? 2 : 1, y1 = y == 0 ? (odd_row ? 1 : 0) : 2;
  const int x0 = x == 0 ? 0 : odd_column ? 2 : 1, x1 = x == 0 ? (odd_column ? 1 : 0) : 2;
  __m512 a = _mm512_i32gather_ps(channels, k + 3 * y0 + x0, 4), b = _mm512_i32gather_ps(channels, k + 3 * y0 + x1, 4);
  if (y1 != y0) {
    a = _mm512_add_ps(a, _mm512_i32gather_ps(channels, k + 3 * y1 + x0, 4));
    b = _mm512_add_ps(b, _mm512_i32gather_ps(channels, k + 3 * y1 + x1, 4));
  }
  return x1 != x0 ? _mm512_add_ps(a, b) : a;
}

WITH_PAIRS void pack_left(const void *rows, int type, size_t pitch, int count, int channels, int taps, int fold, int parts, bfloat *to) {
  const int blocks = (channels + DEPTH - 1) / DEPTH, out = fold ? 4 : taps;
  const __m512i step = _mm512_mullo_epi32(_mm512_set1_epi32(taps), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  float one[DEPTH * MOST_TAPS + 16] __attribute__((aligned(64)));
  for (int r = 0; r < count; r++)
    for (int b = 0; b < blocks; b++) {
      const size_t at = r * pitch + (size_t)b * DEPTH * taps;
      const int n = channels - b * DEPTH < DEPTH ? channels - b * DEPTH : DEPTH;
      bfloat *tile = to + (size_t)b * parts * TILE + r * DEPTH;
      if (taps == 1) {
        store(load(rows, type, at, first(n)), load(rows, type, at + 16, first(n - 16)), parts, tile);
        continue;
      }
      for (int i = 0; i < DEPTH * taps; i += 16) _mm512_store_ps(one + i, load(rows, type, at + i, first(n * taps - i)));
      for (int t = 0; t < out; t++, tile += (size_t)blocks * parts * TILE) {
        if (fold)
          store(folded(one, step, fold, t), folded(one + 16 * taps, step, fold, t), parts, tile);
        else
          store(_mm512_i32gather_ps(step, one + t, 4), _mm512_i32gather_ps(step, one + 16 * taps + t, 4), parts, tile);
      }
    }
}

WITH_PAIRS void pack_right(const void *rows, int type, size_t pitch, int count, int depth, int parts, bfloat *to) {
  const int blocks = (depth + DEPTH - 1) / DEPTH;
  const __m512i down = _mm512_mullo_epi32(_mm512_set1_epi32(ROWS), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  for (int r = 0; r < count; r++)
    for (int b = 0; b < blocks; b++) {
      const size_t at = r * pitch + (size_t)b * DEPTH;
      const int n = depth - b * DEPTH;
      const __m512 a = load(rows, type, at, first(n)), c = load(rows, type, at + 16, first(n - 16));
      bfloat *tile = to + (size_t)b * parts * TILE + 2 * r;
      _mm512_i32scatter_epi32(tile, down, (__m512i)_mm512_cvtne2ps_pbh(c, a), 4);
      if (parts == 2)
        _mm512_i32scatter_epi32(tile + TILE, down, (__m512i)_mm512_cvtne2ps_pbh(without(c, rounded(c)), without(a, rounded(a))), 4);
    }
}

// put writes up to 16 samples of two channels.
WITH_PAIRS static inline void put(__mmask16 m, __m512 even, __m512 odd, bfloat *to, bfloat *rest) {
  const __m512i a = rounded(even), b = rounded(odd);
  _mm512_mask_storeu_epi32(to, m, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
  if (!rest) return;
  const __m512i c = rounded(without(even, a)), d = rounded(without(odd, b));
  _mm512_mask_storeu_epi32(rest, m, _mm512_or_si512(c, _mm512_slli_epi32(d, 16)));
}

static void zero(bfloat *to, bfloat *rest, size_t from, size_t until) {
  memset(to + 2 * from, 0, (until - from) * 2 * sizeof(bfloat));
  if (rest) memset(rest + 2 * from, 0, (until - from) * 2 * sizeof(bfloat));
}

WITH_PAIRS void pack_pair(const float *even, const float *odd, const run *runs, int count, size_t width, bfloat *to, bfloat *rest) {
  if (!even) {
    zero(to, rest, 0, width);
    return;
  }
  size_t end = 0;
  for (int r = 0; r < count; r++) {
    const run u = runs[r];
    end = (size_t)(u.to + u.length);
    if (u.from < 0) {
      zero(to, rest, u.to, end);
      continue;
    }
    for (int i = 0; i < u.length; i += 16) {
      const __mmask16 m = first(u.length - i);
      const __m512 b = odd ? _mm512_maskz_loadu_ps(m, odd + u.from + i) : _mm512_setzero_ps();
      put(m, _mm512_maskz_loadu_ps(m, even + u.from + i), b, to + 2 * (u.to + i), rest ? rest + 2 * (u.to + i) : NULL);
    }
  }
  zero(to, rest, end, width);
}

WITH_PAIRS void pack_gather(const float *even, const float *odd, const int32_t *from, int count, size_t width, bfloat *to, bfloat *rest) {
  if (!even) {
    zero(to, rest, 0, width);
    return;
  }
  for (int i = 0; i < count; i += 16) {
    const __mmask16 m = first(count - i);
    const __m512i at = _mm512_maskz_loadu_epi32(m, from + i);
    const __mmask16 there = _mm512_mask_cmpge_epi32_mask(m, at, _mm512_setzero_si512());
    const __m512 none = _mm512_setzero_ps();
    const __m512 b = odd ? _mm512_mask_i32gather_ps(none, there, at, odd, 4) : none;
    put(m, _mm512_mask_i32gather_ps(none, there, at, even, 4), b, to + 2 * i, rest ? rest + 2 * i : NULL);
  }
  zero(to, rest, count, width);
}
#else
void pack_left(const void *rows, int type, size_t pitch, int count, int channels, int taps, int fold, int parts, bfloat *to) {
  (void)rows, (void)type, (void)pitch, (void)count, (void)channels, (void)taps, (void)fold, (void)parts, (void)to;
}
void pack_right(const void *rows, int type, size_t pitch, int count, int depth, int parts, bfloat *to) {
  (void)rows, (void)type, (void)pitch, (void)count, (void)depth, (void)parts, (void)to;
}
void pack_pair(const float *even, const float *odd, const run *runs, int count, size_t width, bfloat *to, bfloat *rest) {
  (void)even, (void)odd, (void)runs, (void)count, (void)width, (void)to, (void)rest;
}
void pack_gather(const float *even, const float *odd, const int32_t *from, int count, size_t width, bfloat *to, bfloat *rest) {
  (void)even, (void)odd, (void)from, (void)count, (void)width, (void)to, (void)rest;
}
#endif
