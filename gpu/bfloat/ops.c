#include "ops.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CALL(api, place, result, ...) ((result(*)(__VA_ARGS__))(api)[place])

ort_result *ops_fail(ort_table api, const char *why) {
  const int fail = 1;
  return CALL(api, PLACE_CREATE_STATUS, ort_result *, int, const char *)(fail, why);
}

ort_result *ops_input(const kernel *k, void *context, size_t i, array *a) {
  memset(a, 0, sizeof *a);
  size_t count = 0;
  ort_result *s = CALL(k->api, PLACE_INPUT_COUNT, ort_result *, const void *, size_t *)(context, &count);
  if (s || i >= count) return s;
  void *value = NULL, *info = NULL;
  s = CALL(k->api, PLACE_INPUT, ort_result *, const void *, size_t, void **)(context, i, &value);
  if (s || !value) return s;
  s = CALL(k->api, PLACE_TENSOR_DATA, ort_result *, void *, const void **)(value, &a->data);
  if (!s) s = CALL(k->api, PLACE_TYPE_AND_SHAPE, ort_result *, const void *, void **)(value, &info);
  if (s) return s;
  size_t rank = 0;
  s = CALL(k->api, PLACE_DIMENSIONS_COUNT, ort_result *, const void *, size_t *)(info, &rank);
  if (!s && rank > 4) s = ops_fail(k->api, "an input has more than four axes");
  if (!s) s = CALL(k->api, PLACE_DIMENSIONS, ort_result *, const void *, int64_t *, size_t)(info, a->shape, rank);
  if (!s) s = CALL(k->api, PLACE_ELEMENT_TYPE, ort_result *, const void *, int *)(info, &a->type);
  a->rank = (int)rank;
  CALL(k->api, PLACE_RELEASE_TYPE_AND_SHAPE, void, void *)(info);
  return s;
}

ort_result *ops_output(const kernel *k, void *context, const int64_t *shape, size_t rank, float **data) {
  void *value = NULL;
  ort_result *s = CALL(k->api, PLACE_OUTPUT, ort_result *, void *, size_t, const int64_t *, size_t, void **)(context, 0, shape, rank, &value);
  if (s) return s;
  return CALL(k->api, PLACE_TENSOR_DATA, ort_result *, void *, float **)(value, data);
}

ort_result *ops_parallel(const kernel *k, void *context, void (*task)(void *, size_t), size_t count, void *data) {
  return CALL(k->api, PLACE_PARALLEL_FOR, ort_result *, const void *, void (*)(void *, size_t), size_t, size_t, void *)(
      context, task, count, 0, data);
}

ort_result *ops_scratch(const kernel *k, void *context, size_t bytes, scratch *s) {
  const size_t line = 64;
  memset(s, 0, sizeof *s);
  ort_result *e = CALL(k->api, PLACE_ALLOCATOR, ort_result *, const void *, const void *, void **)(context, k->memory, &s->allocator);
  if (e) return e;
  e = CALL(k->api, PLACE_ALLOCATE, ort_result *, void *, size_t, void **)(s->allocator, bytes + line, &s->raw);
  if (!e && !s->raw) e = ops_fail(k->api, "there is no memory for the scratch of a product");
  if (e) {
    ops_scratch_free(k, s);
    return e;
  }
  s->data = (void *)(((uintptr_t)s->raw + line - 1) & ~(uintptr_t)(line - 1));
  return NULL;
}

void ops_scratch_free(const kernel *k, scratch *s) {
  // Nothing can be done about memory that is not taken back.
  if (s->raw) (void)CALL(k->api, PLACE_FREE, ort_result *, void *, void *)(s->allocator, s->raw);
  if (s->allocator) CALL(k->api, PLACE_RELEASE_ALLOCATOR, void, void *)(s->allocator);
}

// A shelf holds the memory that tasks borrow, a place for every core.
struct place {
  atomic_flag taken;
  bfloat *_Atomic data;
  size_t numbers;
};

struct shelf {
  int count;
  struct place places[];
};

void ops_share(const kernel *k, size_t numbers, int out, int blocks, int *group, int *groups, int *strips) {
  const size_t cache = 512 << 10; // numbers, half of 2 MiB
  const int all = (out + BLOCK - 1) / BLOCK, tasks = k->cores > 1 ? 4 * k->cores : 1;
  int g = (int)(cache / numbers);
  if (g > all) g = all;
  // What is large is shared out by its weights alone.
  if (numbers > cache / 8 && g > all / tasks) g = all / tasks;
  if (g < 1) g = 1;
  *group = g;
  *groups = (all + g - 1) / g;
  *strips = (tasks + *groups - 1) / *groups;
  if (*strips > blocks) *strips = blocks;
}

// aligned is memory on a line of the cache; what malloc gave stands in front of it.
static bfloat *aligned(size_t numbers) {
  const size_t line = 64;
  char *raw = malloc(numbers * sizeof(bfloat) + 2 * line);
  if (!raw) return NULL;
  char *data = (char *)(((uintptr_t)raw + 2 * line - 1) & ~(uintptr_t)(line - 1));
  memcpy(data - sizeof raw, &raw, sizeof raw);
  return (bfloat *)data;
}

static void aligned_free(bfloat *data) {
  if (!data) return;
  char *raw;
  memcpy(&raw, (char *)data - sizeof raw, sizeof raw);
  free(raw);
}

bfloat *ops_borrow(const kernel *k, size_t numbers) {
  for (int i = 0; i < k->shelf->count; i++) {
    struct place *p = &k->shelf->places[i];
    if (atomic_flag_test_and_set(&p->taken)) continue;
    if (p->numbers < numbers) {
      aligned_free(p->data);
      p->data = aligned(numbers);
      p->numbers = p->data ? numbers : 0;
    }
    if (!p->data) atomic_flag_clear(&p->taken);
    return p->data;
  }
  return aligned(numbers); // two devices are at work
}

void ops_return(const kernel *k, bfloat *data) {
  for (int i = 0; i < k->shelf->count; i++)
    if (k->shelf->places[i].data == data) {
      atomic_flag_clear(&k->shelf->places[i].taken);
      return;
    }
  aligned_free(data);
}

// An operator is the table that ONNX Runtime sees, and what it is made of.
typedef struct {
  ort_operator table;
  ort_table api;
  const void *memory;
  struct shelf *shelf;
  int cores;
  const char *name;
  size_t inputs, stored; // of which one holds weights as they are stored
  size_t needed;         // inputs that may not be left out
  int convolution, attention;
} operator_;

static const char *op_name(const void *op) { return ((const operator_ *)op)->name; }
static const char *op_provider(const void *op) {
  (void)op;
  return NULL; // the processor's
}
static int op_input_type(const void *op, size_t i) {
  const int any = 0;
  return i == ((const operator_ *)op)->stored ? any : SINGLE;
}
static size_t op_input_count(const void *op) { return ((const operator_ *)op)->inputs; }
static int op_output_type(const void *op, size_t i) {
  (void)op, (void)i;
  return SINGLE;
}
static size_t op_output_count(const void *op) {
  (void)op;
  return 1;
}
static void op_destroy(void *k) { free(k); }
static int op_input_kind(const void *op, size_t i) { return i >= ((const operator_ *)op)->needed; } // 1: may be left out
static int op_zero(const void *op, size_t i) {
  (void)op, (void)i;
  return 0;
}
static int op_version(const void *op) {
  (void)op;
  return 1;
}

static ort_result *op_create(const void *self, ort_table api, const void *info, void **out) {
  const operator_ *op = self;
  kernel *k = calloc(1, sizeof *k);
  if (!k) return ops_fail(api, "there is no memory for a kernel");
  k->api = op->api, k->memory = op->memory, k->shelf = op->shelf, k->cores = op->cores;
  int64_t n = 0;
  ort_result *s = NULL;
#define INT(attribute, field)                                                                                        \
  if (!s) {                                                                                                          \
    s = CALL(api, PLACE_ATTRIBUTE_INT, ort_result *, const void *, const char *, int64_t *)(info, attribute, &n);    \
    k->field = (int)n;                                                                                               \
  }
#define INTS(attribute, field, many)                                                                                 \
  if (!s) {                                                                                                          \
    size_t size = many;                                                                                              \
    s = CALL(api, PLACE_ATTRIBUTE_INTS, ort_result *, const void *, const char *, int64_t *, size_t *)(              \
        info, attribute, k->field, &size);                                                                           \
  }
  INT("parts", parts)
  INT("out", out)
  if (op->convolution) {
    INT("kernel", kernel)
    INT("stride", stride)
    INT("fold", fold)
    INTS("pads", pads, 4)
    INTS("wraps", wraps, 2)
    INTS("shift", shift, 2)
  }
  if (op->attention) {
    INT("heads", heads)
    INT("batch", batch)
    if (!s) s = CALL(api, PLACE_ATTRIBUTE_FLOAT, ort_result *, const void *, const char *, float *)(info, "scale", &k->scale);
  }
  if (s) {
    free(k);
    return s;
  }
  *out = k;
  return NULL;
}

static operator_ *op_new(ort_table api, const void *memory, struct shelf *shelf, const char *name, ort_result *(*run)(void *, void *)) {
  operator_ *op = calloc(1, sizeof *op);
  if (!op) return NULL;
  op->api = api, op->memory = memory, op->shelf = shelf, op->cores = shelf->count, op->name = name;
  op->table = (ort_operator){
      .version = OPERATOR_API, .name = op_name, .provider = op_provider, .input_type = op_input_type, .input_count = op_input_count,
      .output_type = op_output_type, .output_count = op_output_count, .destroy = op_destroy, .input_kind = op_input_kind,
      .output_kind = op_zero, .input_memory = op_zero, .create = op_create, .run = run, .first_version = op_version, .last_version = op_version};
  return op;
}

ort_result *ops_domain(ort_table api, const void *memory, int cores, void **domain) {
  ort_result *s = CALL(api, PLACE_CREATE_DOMAIN, ort_result *, const char *, void **)("selvage.bfloat", domain);
  if (s) return s;
  struct shelf *shelf = calloc(1, sizeof *shelf + cores * sizeof(struct place));
  if (!shelf) return ops_fail(api, "there is no memory for the operators");
  shelf->count = cores;
  operator_ *conv = op_new(api, memory, shelf, "Conv", conv_run), *linear = op_new(api, memory, shelf, "Linear", linear_run);
  operator_ *attention = op_new(api, memory, shelf, "Attention", attention_run);
  if (!conv || !linear || !attention) return ops_fail(api, "there is no memory for the operators");
  conv->inputs = 4, conv->stored = 1, conv->needed = 2, conv->convolution = 1;
  linear->inputs = 3, linear->stored = 1, linear->needed = 2;
  attention->inputs = attention->needed = 3, attention->stored = 3, attention->attention = 1;
  s = CALL(api, PLACE_DOMAIN_ADD, ort_result *, void *, const void *)(*domain, conv);
  if (!s) s = CALL(api, PLACE_DOMAIN_ADD, ort_result *, void *, const void *)(*domain, linear);
  if (!s) s = CALL(api, PLACE_DOMAIN_ADD, ort_result *, void *, const void *)(*domain, attention);
  return s;
}

ort_result *ops_add(ort_table api, void *options, void *domain) {
  return CALL(api, PLACE_ADD_DOMAIN, ort_result *, void *, void *)(options, domain);
}
