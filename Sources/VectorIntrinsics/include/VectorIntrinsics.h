// What Swift cannot say about vector registers, for whatever instruction set the importing module is compiled for.
//
// Every function is `static inline`: it is compiled inside the Swift module that calls it, with that module's
// instruction set, in debug builds too. The constants are macros, so that Swift sees literals.

#ifndef VECTOR_INTRINSICS_H
#define VECTOR_INTRINSICS_H

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// MARK: The instruction set

/// The instruction sets that kernels are compiled for, from the narrowest to the widest.
#define ISA_GENERIC 0
#define ISA_NEON 1
#define ISA_SSE2 2
#define ISA_AVX2 3
#define ISA_AVX512 4

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__FMA__)
#define ISA_LEVEL 4
#define ISA_NAME "avx512"
#elif defined(__AVX2__) && defined(__FMA__)
#define ISA_LEVEL 3
#define ISA_NAME "avx2"
#elif defined(__x86_64__)
#define ISA_LEVEL 2
#define ISA_NAME "sse2"
#elif defined(__aarch64__)
#define ISA_LEVEL 1
#define ISA_NAME "neon"
#else
#define ISA_LEVEL 0
#define ISA_NAME "generic"
#endif

/// Floats in a vector register.
#if ISA_LEVEL == 4
#define LANE_COUNT 16
#elif ISA_LEVEL == 3
#define LANE_COUNT 8
#else
#define LANE_COUNT 4
#endif

/// Rows of a register tile of two vectors a row: with a row of B and an element of A it fills the register file.
/// 32 registers hold 14 rows, 16 registers hold 6.
#if ISA_LEVEL == 4 || ISA_LEVEL == 1
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif

/// Rows and columns of a register tile of dot products, whose operands are both vectors.
#if ISA_LEVEL == 4 || ISA_LEVEL == 1
#define DOT_TILE 5
#else
#define DOT_TILE 3
#endif

// MARK: Vectors

/// A vector register of floats.
typedef float Lanes __attribute__((ext_vector_type(LANE_COUNT)));
/// Signed integers of the same width, one a lane.
typedef int LaneIntegers __attribute__((ext_vector_type(LANE_COUNT)));
/// Bytes, one a lane.
typedef unsigned char LaneBytes __attribute__((ext_vector_type(LANE_COUNT)));
/// Doubles, one a lane: two registers.
typedef double WideLanes __attribute__((ext_vector_type(LANE_COUNT)));

/// Returns the lanes at `pointer`, which need not be aligned.
static inline __attribute__((always_inline)) Lanes lanes_load(const float *_Nonnull pointer) {
  Lanes lanes;
  __builtin_memcpy(&lanes, pointer, sizeof lanes);
  return lanes;
}

/// Stores lanes at `pointer`, which need not be aligned.
static inline __attribute__((always_inline)) void lanes_store(float *_Nonnull pointer, Lanes lanes) {
  __builtin_memcpy(pointer, &lanes, sizeof lanes);
}

/// Returns the first `count` lanes at `pointer`, 0 ≤ count ≤ LANE_COUNT, and zeros; reads nothing beyond.
static inline __attribute__((always_inline)) Lanes lanes_load_partial(const float *_Nonnull pointer, long count) {
#if ISA_LEVEL == 4
  return (Lanes)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1u), pointer);
#elif ISA_LEVEL == 3
  __m256i indices = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return (Lanes)_mm256_maskload_ps(pointer, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), indices));
#else
  Lanes lanes = 0;
  for (long i = 0; i < LANE_COUNT; i++)
    if (i < count) lanes[i] = pointer[i];
  return lanes;
#endif
}

/// Stores the first `count` lanes, 0 ≤ count ≤ LANE_COUNT, at `pointer`; writes nothing beyond.
static inline __attribute__((always_inline)) void lanes_store_partial(
    float *_Nonnull pointer, Lanes lanes, long count) {
#if ISA_LEVEL == 4
  _mm512_mask_storeu_ps(pointer, (__mmask16)((1u << count) - 1u), (__m512)lanes);
#elif ISA_LEVEL == 3
  __m256i indices = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  _mm256_maskstore_ps(pointer, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), indices), (__m256)lanes);
#else
  for (long i = 0; i < LANE_COUNT; i++)
    if (i < count) pointer[i] = lanes[i];
#endif
}

/// Returns lanes that all hold `value`.
static inline __attribute__((always_inline)) Lanes lanes_broadcast(float value) { return (Lanes)value; }

/// Returns sum + a · b: fused, with one rounding, where the instruction set can; with two elsewhere.
static inline __attribute__((always_inline)) Lanes lanes_multiply_add(Lanes sum, Lanes a, Lanes b) {
#if ISA_LEVEL == 4
  return (Lanes)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sum);
#elif ISA_LEVEL == 3
  return (Lanes)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sum);
#elif ISA_LEVEL == 1
  return __builtin_elementwise_fma(a, b, sum);
#else
  return sum + a * b;
#endif
}

/// Returns the square root of each lane, rounded once.
static inline __attribute__((always_inline)) Lanes lanes_square_root(Lanes lanes) {
  return __builtin_elementwise_sqrt(lanes);
}

/// Returns the magnitude of each lane.
static inline __attribute__((always_inline)) Lanes lanes_magnitude(Lanes lanes) {
  return (Lanes)((LaneIntegers)lanes & 0x7fffffff);
}

/// Returns `lanes`, and zeros in place of negative ones; NaN stays NaN.
static inline __attribute__((always_inline)) Lanes lanes_not_negative(Lanes lanes) {
  return (Lanes)((LaneIntegers)lanes & ~(LaneIntegers)(lanes < (Lanes)0));
}

/// Returns sum + lanes², in double precision.
static inline __attribute__((always_inline)) WideLanes wide_lanes_add_squares(WideLanes sum, Lanes lanes) {
  // The squares are exact, so it does not matter whether they are fused with the addition.
  WideLanes wide = __builtin_convertvector(lanes, WideLanes);
  return sum + wide * wide;
}

/// Returns a + b.
static inline __attribute__((always_inline)) WideLanes wide_lanes_add(WideLanes a, WideLanes b) { return a + b; }

/// Returns the sum of all lanes, in their order.
static inline __attribute__((always_inline)) double wide_lanes_sum(WideLanes lanes) {
  double sum = 0;
  for (long i = 0; i < LANE_COUNT; i++) sum += lanes[i];
  return sum;
}

/// Returns `lanes` where `integers` equal `value`, and zeros elsewhere.
static inline __attribute__((always_inline)) Lanes lanes_where_equal(Lanes lanes, LaneIntegers integers, int value) {
  return (Lanes)((LaneIntegers)lanes & (integers == value));
}

/// Returns the sum of all lanes, halves first.
static inline __attribute__((always_inline)) float lanes_sum(Lanes lanes) {
#if LANE_COUNT == 16
  typedef float Half __attribute__((ext_vector_type(8)));
  Half half = lanes.lo + lanes.hi;
#else
#define half lanes
#endif
#if LANE_COUNT >= 8
  typedef float Quarter __attribute__((ext_vector_type(4)));
  Quarter quarter = half.lo + half.hi;
#else
#define quarter lanes
#endif
  return (quarter.x + quarter.z) + (quarter.y + quarter.w);
#undef half
#undef quarter
}

/// Returns the first `count` bytes at `pointer`, 0 ≤ count ≤ LANE_COUNT, as integers, and zeros; reads nothing beyond.
static inline __attribute__((always_inline)) LaneIntegers lanes_load_bytes(
    const unsigned char *_Nonnull pointer, long count) {
#if ISA_LEVEL == 4
  return (LaneIntegers)_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1u), pointer));
#else
  LaneBytes bytes = 0;
  if (count == LANE_COUNT) {
    __builtin_memcpy(&bytes, pointer, sizeof bytes);
  } else {
    for (long i = 0; i < LANE_COUNT; i++)
      if (i < count) bytes[i] = pointer[i];
  }
  return __builtin_convertvector(bytes, LaneIntegers);
#endif
}

/// Stores the low bytes of the first `count` lanes, 0 ≤ count ≤ LANE_COUNT, at `pointer`; writes nothing beyond.
static inline __attribute__((always_inline)) void lanes_store_bytes(
    unsigned char *_Nonnull pointer, LaneIntegers lanes, long count) {
#if ISA_LEVEL == 4
  _mm512_mask_cvtepi32_storeu_epi8(pointer, (__mmask16)((1u << count) - 1u), (__m512i)lanes);
#else
  LaneBytes bytes = __builtin_convertvector(lanes, LaneBytes);
  if (count == LANE_COUNT) {
    __builtin_memcpy(pointer, &bytes, sizeof bytes);
  } else {
    for (long i = 0; i < LANE_COUNT; i++)
      if (i < count) pointer[i] = bytes[i];
  }
#endif
}

/// Asks for the cache line at `pointer`, to be written.
static inline __attribute__((always_inline)) void prefetch_to_write(const float *_Nonnull pointer) {
  __builtin_prefetch(pointer, 1, 3);
}

// MARK: Transposition

/// Transposes a LANE_COUNT × LANE_COUNT block: target[j][i] = source[i][j].
///
/// `sourceStep` and `targetStep` are elements between rows. Columns of the source beyond `columns` are not read, rows
/// beyond `rows` are taken as zeros; all LANE_COUNT elements of the first `columns` rows of the target are written.
static inline __attribute__((always_inline)) void lanes_transpose(
    const float *_Nonnull source, long sourceStep, long rows, long columns, float *_Nonnull target, long targetStep) {
  Lanes r[LANE_COUNT];
  // The rows must end up in registers, so every loop over them has to go.
  _Pragma("clang loop unroll(full)") for (long i = 0; i < LANE_COUNT; i++) {
    r[i] = i < rows ? (columns == LANE_COUNT ? lanes_load(source + i * sourceStep)
                                             : lanes_load_partial(source + i * sourceStep, columns))
                    : (Lanes)0;
  }
  // Butterflies: exchange the off-diagonal blocks of size 1, 2, 4, … between pairs of rows.
#define EXCHANGE(distance, low, high)                                              \
  _Pragma("clang loop unroll(full)") for (long i = 0; i < LANE_COUNT; i++)         \
    if (!(i & (distance))) {                                                       \
      Lanes a = r[i], b = r[i + (distance)];                                       \
      r[i] = low;                                                                  \
      r[i + (distance)] = high;                                                    \
    }
#if LANE_COUNT == 4
  EXCHANGE(1, __builtin_shufflevector(a, b, 0, 4, 2, 6), __builtin_shufflevector(a, b, 1, 5, 3, 7))
  EXCHANGE(2, __builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7))
#elif LANE_COUNT == 8
  EXCHANGE(1, __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14),
           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
  EXCHANGE(2, __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13),
           __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
  EXCHANGE(4, __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11),
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#else
  EXCHANGE(1, __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
           __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
  EXCHANGE(2, __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
           __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  EXCHANGE(4, __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  EXCHANGE(8, __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
           __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#endif
#undef EXCHANGE
  _Pragma("clang loop unroll(full)") for (long j = 0; j < LANE_COUNT; j++)
    if (j < columns) lanes_store(target + j * targetStep, r[j]);
}

// MARK: The machine

/// Whether this machine and its operating system run code for `level`, one of the ISA_ constants.
static inline int isa_is_supported(int level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (level) {
  case ISA_SSE2: return 1;
  case ISA_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
  case ISA_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
  default: return 0;
  }
#elif defined(__aarch64__)
  return level == ISA_NEON;
#else
  return level == ISA_GENERIC;
#endif
}

#endif
