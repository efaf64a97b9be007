#include "kernel.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cpuid.h>

#define WITH_PAIRS __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define WITH_TILES __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16")))

int bfloat_permit(void) {
  // The number of the call and of the state that it permits, from Linux's asm/prctl.h.
  const int request_permission = 0x1023, tile_data = 18;
  unsigned a, b, c, d;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) return 0;
  const unsigned pairs = 1u << 5, tiles = 1u << 24 | 1u << 22; // CPUID 7.1 EAX, 7.0 EDX
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & pairs)) return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & tiles) != tiles) return 0;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

// The first palette: eight tiles of 16 rows of 64 bytes.
static const struct {
  uint8_t palette, start, zero[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} layout __attribute__((aligned(64))) = {1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

WITH_TILES void bfloat_begin(void) { _tile_loadconfig(&layout); }
WITH_TILES void bfloat_end(void) { _tile_release(); }

// The kernels are written once for a whole block and its halves and quarter, which the
// compiler makes of them where the flags are constants.
#define ALWAYS inline __attribute__((always_inline))

#define MULTIPLY()                      \
  do {                                  \
    _tile_dpbf16ps(0, 4, 6);            \
    if (wide) _tile_dpbf16ps(1, 4, 7);  \
    if (tall) _tile_dpbf16ps(2, 5, 6);  \
    if (tall && wide) _tile_dpbf16ps(3, 5, 7); \
  } while (0)

WITH_TILES static ALWAYS void tiles(const walk *w, const bfloat *l0, const bfloat *l1, const bfloat *r0, const bfloat *r1,
                                    float *c, const int tall, const int wide, const int rest) {
  const size_t stride = w->right_stride * sizeof(bfloat), row = DEPTH * sizeof(bfloat);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int s = 0; s < w->steps; s++) {
    const size_t at = w->right[s];
    _tile_loadd(4, l0, row);
    if (tall) _tile_loadd(5, l1, row);
    if (rest) {
      const size_t low = at + w->right_rest;
      _tile_loadd(6, r0 + low, stride);
      if (wide) _tile_loadd(7, r1 + low, stride);
      MULTIPLY();
    }
    _tile_loadd(6, r0 + at, stride);
    if (wide) _tile_loadd(7, r1 + at, stride);
    MULTIPLY();
    if (rest) {
      _tile_loadd(4, l0 + TILE, row);
      if (tall) _tile_loadd(5, l1 + TILE, row);
      MULTIPLY();
    }
    l0 += rest ? 2 * TILE : TILE;
    if (tall) l1 += rest ? 2 * TILE : TILE;
  }
  const size_t out = BLOCK * sizeof(float);
  _tile_stored(0, c, out);
  if (wide) _tile_stored(1, c + ROWS, out);
  if (tall) _tile_stored(2, c + ROWS * BLOCK, out);
  if (tall && wide) _tile_stored(3, c + ROWS * BLOCK + ROWS, out);
}

WITH_TILES void bfloat_block(const walk *w, const bfloat *l0, const bfloat *l1, const bfloat *r0, const bfloat *r1, float *c) {
  if (w->parts == 2) {
    if (l1 && r1) tiles(w, l0, l1, r0, r1, c, 1, 1, 1);
    else if (l1) tiles(w, l0, l1, r0, r1, c, 1, 0, 1);
    else if (r1) tiles(w, l0, l1, r0, r1, c, 0, 1, 1);
    else tiles(w, l0, l1, r0, r1, c, 0, 0, 1);
    return;
  }
  if (l1 && r1) tiles(w, l0, l1, r0, r1, c, 1, 1, 0);
  else if (l1) tiles(w, l0, l1, r0, r1, c, 1, 0, 0);
  else if (r1) tiles(w, l0, l1, r0, r1, c, 0, 1, 0);
  else tiles(w, l0, l1, r0, r1, c, 0, 0, 0);
}

WITH_PAIRS void bfloat_split(const float *from, size_t n, bfloat *to, bfloat *rest) {
  for (size_t i = 0; i < n; i += 16) {
    const __mmask16 m = n - i >= 16 ? 0xffff : (__mmask16)((1u << (n - i)) - 1);
    const __m512 x = _mm512_maskz_loadu_ps(m, from + i);
    const __m256i high = (__m256i)_mm512_cvtneps_pbh(x);
    _mm256_mask_storeu_epi16(to + i, m, high);
    if (!rest) continue;
    const __m512 back = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
    _mm256_mask_storeu_epi16(rest + i, m, (__m256i)_mm512_cvtneps_pbh(_mm512_sub_ps(x, back)));
  }
}
#else
int bfloat_permit(void) { return 0; }
void bfloat_begin(void) {}
void bfloat_end(void) {}
void bfloat_block(const walk *w, const bfloat *l0, const bfloat *l1, const bfloat *r0, const bfloat *r1, float *c) {
  (void)w, (void)l0, (void)l1, (void)r0, (void)r1, (void)c;
}
void bfloat_split(const float *from, size_t n, bfloat *to, bfloat *rest) { (void)from, (void)n, (void)to, (void)rest; }
#endif
