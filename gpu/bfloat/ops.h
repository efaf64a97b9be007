// The operators that compute by kernel.h, as ONNX Runtime's custom operators.
#ifndef SELVAGE_BFLOAT_OPS_H
#define SELVAGE_BFLOAT_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "pack.h"

// ONNX Runtime's C API, read as a table: see native.h in the room above.
typedef void *const *ort_table;
typedef void ort_result; // NULL is success

// Places in the table, and in that of a custom operator; ops_test.go compares them
// with the header that comes with the binding.
enum {
  PLACE_CREATE_STATUS = 0,
  PLACE_CREATE_DOMAIN = 26,
  PLACE_DOMAIN_ADD = 27,
  PLACE_ADD_DOMAIN = 28,
  PLACE_TENSOR_DATA = 51,
  PLACE_ELEMENT_TYPE = 60,
  PLACE_DIMENSIONS_COUNT = 61,
  PLACE_DIMENSIONS = 62,
  PLACE_TYPE_AND_SHAPE = 65,
  PLACE_ALLOCATE = 75,
  PLACE_FREE = 76,
  PLACE_ATTRIBUTE_FLOAT = 85,
  PLACE_ATTRIBUTE_INT = 86,
  PLACE_INPUT_COUNT = 88,
  PLACE_INPUT = 90,
  PLACE_OUTPUT = 91,
  PLACE_RELEASE_TYPE_AND_SHAPE = 99,
  PLACE_RELEASE_ALLOCATOR = 132,
  PLACE_ATTRIBUTE_INTS = 163,
  PLACE_ALLOCATOR = 253,
  PLACE_PARALLEL_FOR = 274,
};

// The version of the API that the table of an operator is of.
enum { OPERATOR_API = 24 };

// struct OrtCustomOp.
typedef struct {
  uint32_t version;
  void *create_kernel;
  const char *(*name)(const void *op);
  const char *(*provider)(const void *op);
  int (*input_type)(const void *op, size_t i);
  size_t (*input_count)(const void *op);
  int (*output_type)(const void *op, size_t i);
  size_t (*output_count)(const void *op);
  void *compute;
  void (*destroy)(void *kernel);
  int (*input_kind)(const void *op, size_t i);
  int (*output_kind)(const void *op, size_t i);
  int (*input_memory)(const void *op, size_t i);
  void *variadic[4];
  ort_result *(*create)(const void *op, ort_table api, const void *info, void **kernel);
  ort_result *(*run)(void *kernel, void *context);
  void *infer;
  int (*first_version)(const void *op);
  int (*last_version)(const void *op);
  void *inplace[4];
} ort_operator;

// ops_domain makes a domain of the operators, for a process that has so many cores.
// memory is the description of the host's memory; both live as long as the process.
ort_result *ops_domain(ort_table api, const void *memory, int cores, void **domain);

// ops_add lets a session's options know the domain.
ort_result *ops_add(ort_table api, void *options, void *domain);

// A kernel: an operator of a graph, with its attributes.
typedef struct {
  ort_table api;
  const void *memory;
  struct shelf *shelf;
  int cores;
  int parts, out, kernel, stride, fold, heads, batch;
  float scale;
  int64_t pads[4];  // top, left, bottom, right
  int64_t wraps[2]; // across, down
  int64_t shift[2]; // of the neighbour across, and of the one below: samples
} kernel;

// An array that an operator is given.
typedef struct {
  const void *data; // NULL where it is left out
  int64_t shape[4];
  int rank;
  int type; // ONNX's number
} array;

ort_result *ops_fail(ort_table api, const char *why);
ort_result *ops_input(const kernel *k, void *context, size_t i, array *a);
ort_result *ops_output(const kernel *k, void *context, const int64_t *shape, size_t rank, float **data);
ort_result *ops_parallel(const kernel *k, void *context, void (*task)(void *, size_t), size_t count, void *data);

// scratch is memory of the session's for one run of a kernel, aligned to 64.
typedef struct {
  void *allocator, *raw;
  void *data;
} scratch;

ort_result *ops_scratch(const kernel *k, void *context, size_t bytes, scratch *s);
void ops_scratch_free(const kernel *k, scratch *s);

// ops_share shares a product out: weights of out rows, 32 of which are so many numbers
// in tiles, against blocks of 32. A group of weights fits a core's cache, so that the
// other side is read once for all of it; groups times strips are enough tasks for the
// cores, and a strip costs that its group is put into tiles once more.
void ops_share(const kernel *k, size_t numbers, int out, int blocks, int *group, int *groups, int *strips);

// ops_borrow lends a task memory for weights in tiles, which it gives back. The memory
// is the process's and stays warm: a few MB for every core. NULL when there is none.
bfloat *ops_borrow(const kernel *k, size_t numbers);
void ops_return(const kernel *k, bfloat *p);

ort_result *conv_run(void *kernel, void *context);
ort_result *linear_run(void *kernel, void *context);
ort_result *attention_run(void *kernel, void *context);

#endif
