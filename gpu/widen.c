#include "widen.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// half_bits turns IEEE 754 binary16 into binary32, bit for bit: subnormals are
// normalised, infinities stay, and NaNs keep their payload and become quiet.
static uint32_t half_bits(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, fraction = h & 0x3ff;
  if (exponent == 31) return sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0);
  if (exponent == 0) {
    if (fraction == 0) return sign;
    exponent = 1;
    while (!(fraction & 0x400)) {
      fraction <<= 1;
      exponent--;
    }
    fraction &= 0x3ff;
  }
  return sign | (exponent + 112) << 23 | fraction << 13;
}

static void widen_f16_plain(float *to, const unsigned char *from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint16_t h;
    memcpy(&h, from + 2 * i, 2);
    uint32_t bits = half_bits(h);
    memcpy(to + i, &bits, 4);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx,f16c"))) static size_t widen_f16_fast(float *to, const unsigned char *from, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + 2 * i))));
  return i;
}
#elif defined(__aarch64__)
static size_t widen_f16_fast(float *to, const unsigned char *from, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    uint16x4_t h;
    memcpy(&h, from + 2 * i, sizeof h);
    vst1q_f32(to + i, vcvt_f32_f16(vreinterpret_f16_u16(h)));
  }
  return i;
}
#endif

void widen_f16(float *to, const unsigned char *from, size_t count) {
  size_t done = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("f16c")) done = widen_f16_fast(to, from, count);
#elif defined(__aarch64__)
  done = widen_f16_fast(to, from, count);
#endif
  widen_f16_plain(to + done, from + 2 * done, count - done);
}

void widen_bf16(float *to, const unsigned char *from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint16_t h;
    memcpy(&h, from + 2 * i, 2);
    uint32_t bits = (uint32_t)h << 16;
    memcpy(to + i, &bits, 4);
  }
}
