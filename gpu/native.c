#include "native.h"

#include <stdlib.h>
#include <string.h>

#if !defined(_WIN32)
#include <sys/mman.h>
#endif

#define CALL_IN(table, slot, result, ...) ((result(*)(__VA_ARGS__))(table)[slot])
#define CALL(slot, result, ...) CALL_IN(api, slot, result, __VA_ARGS__)

typedef struct {
  const void *(*get_api)(uint32_t version);
  const char *(*get_version_string)(void);
} ort_api_base;

ort_api ort_get_api(void *get_api_base) {
  const ort_api_base *base = ((const ort_api_base *(*)(void))get_api_base)();
  return base ? (ort_api)base->get_api(ORT_API_VERSION_ASKED) : NULL;
}

int ort_error_code(ort_api api, ort_status *s) {
  return CALL(SLOT_GET_ERROR_CODE, int, const ort_status *)(s);
}

const char *ort_error_message(ort_api api, ort_status *s) {
  return CALL(SLOT_GET_ERROR_MESSAGE, const char *, const ort_status *)(s);
}

void ort_release(ort_api api, int slot, ort_handle *h) {
  CALL(slot, void, ort_handle *)(h);
}

ort_status *ort_create_env(ort_api api, const char *name, ort_handle **env) {
  const int level_error = 3;
  return CALL(SLOT_CREATE_ENV, ort_status *, int, const char *, ort_handle **)(level_error, name, env);
}

ort_status *ort_available_providers(ort_api api, char ***names, int *count) {
  return CALL(SLOT_GET_AVAILABLE_PROVIDERS, ort_status *, char ***, int *)(names, count);
}

void ort_release_providers(ort_api api, char **names, int count) {
  ort_status *s = CALL(SLOT_RELEASE_AVAILABLE_PROVIDERS, ort_status *, char **, int)(names, count);
  if (s) ort_release(api, SLOT_RELEASE_STATUS, s);
}

// deleter_memory_info is what our own allocator, see below, says of its memory.
static ort_handle *deleter_memory_info;

ort_status *ort_cpu_memory_info(ort_api api, ort_handle **info) {
  const int device_allocator = 0, default_memory = 0;
  ort_status *s = CALL(SLOT_CREATE_CPU_MEMORY_INFO, ort_status *, int, int, ort_handle **)(device_allocator, default_memory, info);
  if (!s) deleter_memory_info = *info;
  return s;
}

ort_status *ort_tensor_over(ort_api api, ort_handle *info, void *data, size_t bytes,
                            const int64_t *shape, size_t rank, int type, ort_handle **value) {
  return CALL(SLOT_CREATE_TENSOR_WITH_DATA, ort_status *, const ort_handle *, void *, size_t,
              const int64_t *, size_t, int, ort_handle **)(info, data, bytes, shape, rank, type, value);
}

static ort_status *default_allocator(ort_api api, ort_handle **allocator) {
  return CALL(SLOT_GET_DEFAULT_ALLOCATOR, ort_status *, ort_handle **)(allocator);
}

// Memory begins with a header of 64 bytes that holds its whole size, which the system
// wants to know when it is given back.
enum { HEADER = 64 };

void *ort_memory(size_t bytes) {
  size_t size = bytes + HEADER;
#if defined(_WIN32)
  char *p = malloc(size);
  if (!p) return NULL;
#else
  char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (p == MAP_FAILED) return NULL;
#if defined(MADV_HUGEPAGE)
  // Fewer page faults: most of the time of filling large weights goes there.
  if (size >= 4 << 20) madvise(p, size, MADV_HUGEPAGE);
#endif
#endif
  memcpy(p, &size, sizeof size);
  return p + HEADER;
}

void ort_memory_free(void *data) {
  if (!data) return;
  char *p = (char *)data - HEADER;
#if defined(_WIN32)
  free(p);
#else
  size_t size;
  memcpy(&size, p, sizeof size);
  munmap(p, size);
#endif
}

// struct OrtAllocator, as far as a deleter fills it.
struct allocator {
  uint32_t version;
  void *(*alloc)(struct allocator *self, size_t size);
  void (*free)(struct allocator *self, void *p);
  const ort_handle *(*info)(const struct allocator *self);
  void *reserve, *get_stats, *alloc_on_stream, *later[4];
};

static void *deleter_alloc(struct allocator *self, size_t size) {
  (void)self;
  return ort_memory(size);
}

static void deleter_free(struct allocator *self, void *p) {
  (void)self;
  ort_memory_free(p);
}

static const ort_handle *deleter_info(const struct allocator *self) {
  (void)self;
  return deleter_memory_info;
}

static struct allocator deleter = {ORT_API_VERSION_ASKED, deleter_alloc, deleter_free, deleter_info, 0, 0, 0, {0}};

ort_status *ort_tensor_owning(ort_api api, void *data, size_t bytes, const int64_t *shape, size_t rank,
                              int type, ort_handle **value) {
  return CALL(SLOT_CREATE_TENSOR_WITH_DATA_AND_DELETER, ort_status *, struct allocator *, void *, size_t,
              const int64_t *, size_t, int, ort_handle **)(&deleter, data, bytes, shape, rank, type, value);
}

ort_status *ort_tensor_copy(ort_api api, const void *data, size_t bytes, const int64_t *shape, size_t rank,
                            int type, ort_handle **value) {
  ort_handle *allocator = NULL;
  ort_status *s = default_allocator(api, &allocator);
  if (s) return s;
  s = CALL(SLOT_CREATE_TENSOR, ort_status *, ort_handle *, const int64_t *, size_t, int, ort_handle **)(
      allocator, shape, rank, type, value);
  if (s) return s;
  void *to = NULL;
  s = ort_tensor_data(api, *value, &to);
  if (!s && bytes > 0) memcpy(to, data, bytes);
  return s;
}

ort_status *ort_tensor_data(ort_api api, ort_handle *value, void **data) {
  return CALL(SLOT_GET_TENSOR_MUTABLE_DATA, ort_status *, ort_handle *, void **)(value, data);
}

ort_status *ort_tensor_info(ort_api api, ort_handle *value, ort_handle **info) {
  return CALL(SLOT_GET_TENSOR_TYPE_AND_SHAPE, ort_status *, const ort_handle *, ort_handle **)(value, info);
}

ort_status *ort_info_type(ort_api api, ort_handle *info, int *type) {
  return CALL(SLOT_GET_TENSOR_ELEMENT_TYPE, ort_status *, const ort_handle *, int *)(info, type);
}

ort_status *ort_info_rank(ort_api api, ort_handle *info, size_t *rank) {
  return CALL(SLOT_GET_DIMENSIONS_COUNT, ort_status *, const ort_handle *, size_t *)(info, rank);
}

ort_status *ort_info_shape(ort_api api, ort_handle *info, int64_t *shape, size_t rank) {
  return CALL(SLOT_GET_DIMENSIONS, ort_status *, const ort_handle *, int64_t *, size_t)(info, shape, rank);
}

static ort_api editor(ort_api api) {
  return CALL(SLOT_GET_MODEL_EDITOR, ort_api, void)();
}

ort_status *ort_editor_session(ort_api api, ort_handle *env, const void *model, size_t bytes,
                               ort_handle *options, ort_handle **session) {
  return CALL_IN(editor(api), EDITOR_CREATE_SESSION, ort_status *, const ort_handle *, const void *, size_t,
                 const ort_handle *, ort_handle **)(env, model, bytes, options, session);
}

ort_status *ort_editor_graph(ort_api api, ort_handle **graph) {
  return CALL_IN(editor(api), EDITOR_CREATE_GRAPH, ort_status *, ort_handle **)(graph);
}

ort_status *ort_editor_initializer(ort_api api, ort_handle *graph, const char *name, ort_handle *value, int external) {
  return CALL_IN(editor(api), EDITOR_ADD_INITIALIZER, ort_status *, ort_handle *, const char *, ort_handle *, _Bool)(
      graph, name, value, external);
}

static ort_status *input_info(ort_api api, ort_handle *session, const char *name, size_t index, ort_handle **info) {
  ort_handle *type = NULL;
  ort_status *s = CALL(SLOT_SESSION_GET_INPUT_TYPE, ort_status *, const ort_handle *, size_t, ort_handle **)(session, index, &type);
  if (s) return s;
  s = CALL_IN(editor(api), EDITOR_CREATE_VALUE_INFO, ort_status *, const char *, const ort_handle *, ort_handle **)(name, type, info);
  ort_release(api, SLOT_RELEASE_TYPE_INFO, type);
  return s;
}

ort_status *ort_editor_inputs(ort_api api, ort_handle *graph, ort_handle *session, const char *const *names,
                              const size_t *indices, size_t count) {
  ort_handle **infos = calloc(count + 1, sizeof *infos);
  if (!infos) return CALL(SLOT_CREATE_STATUS, ort_status *, int, const char *)(1, "out of memory");
  ort_status *s = NULL;
  size_t made = 0;
  for (; made < count && !s; made++) s = input_info(api, session, names[made], indices[made], &infos[made]);
  if (!s)
    s = CALL_IN(editor(api), EDITOR_SET_GRAPH_INPUTS, ort_status *, ort_handle *, ort_handle **, size_t)(graph, infos, count);
  else
    for (size_t i = 0; i + 1 < made; i++) ort_release(api, SLOT_RELEASE_VALUE_INFO, infos[i]);
  free(infos);
  return s;
}

ort_status *ort_editor_apply(ort_api api, ort_handle *session, ort_handle *graph) {
  ort_handle *model = NULL;
  ort_status *s = CALL_IN(editor(api), EDITOR_CREATE_MODEL, ort_status *, const char *const *, const int *, size_t, ort_handle **)(
      NULL, NULL, 0, &model);
  if (s) {
    ort_release(api, SLOT_RELEASE_GRAPH, graph);
    return s;
  }
  s = CALL_IN(editor(api), EDITOR_ADD_GRAPH, ort_status *, ort_handle *, ort_handle *)(model, graph);
  if (s)
    ort_release(api, SLOT_RELEASE_GRAPH, graph);
  else
    s = CALL_IN(editor(api), EDITOR_APPLY_MODEL, ort_status *, ort_handle *, ort_handle *)(session, model);
  ort_release(api, SLOT_RELEASE_MODEL, model);
  return s;
}

ort_status *ort_editor_finish(ort_api api, ort_handle *session, ort_handle *options) {
  return CALL_IN(editor(api), EDITOR_FINALIZE, ort_status *, ort_handle *, const ort_handle *, ort_handle *)(session, options, NULL);
}

ort_status *ort_cancel_load(ort_api api, ort_handle *options) {
  return CALL(SLOT_SET_LOAD_CANCELLATION, ort_status *, ort_handle *, _Bool)(options, 1);
}

ort_status *ort_session_count(ort_api api, ort_handle *session, int output, size_t *count) {
  return CALL(output ? SLOT_SESSION_GET_OUTPUT_COUNT : SLOT_SESSION_GET_INPUT_COUNT, ort_status *,
              const ort_handle *, size_t *)(session, count);
}

ort_status *ort_session_name(ort_api api, ort_handle *session, int output, size_t i, char **name) {
  ort_handle *allocator = NULL;
  ort_status *s = default_allocator(api, &allocator);
  if (s) return s;
  return CALL(output ? SLOT_SESSION_GET_OUTPUT_NAME : SLOT_SESSION_GET_INPUT_NAME, ort_status *,
              const ort_handle *, size_t, ort_handle *, char **)(session, i, allocator, name);
}

ort_status *ort_free(ort_api api, void *p) {
  ort_handle *allocator = NULL;
  ort_status *s = default_allocator(api, &allocator);
  if (s) return s;
  return CALL(SLOT_ALLOCATOR_FREE, ort_status *, ort_handle *, void *)(allocator, p);
}

ort_status *ort_create_run_options(ort_api api, ort_handle **options) {
  return CALL(SLOT_CREATE_RUN_OPTIONS, ort_status *, ort_handle **)(options);
}

ort_status *ort_terminate(ort_api api, ort_handle *options) {
  return CALL(SLOT_RUN_OPTIONS_SET_TERMINATE, ort_status *, ort_handle *)(options);
}

ort_status *ort_run(ort_api api, ort_handle *session, ort_handle *options,
                    const char *const *input_names, ort_handle *const *inputs, size_t input_count,
                    const char *const *output_names, size_t output_count, ort_handle **outputs) {
  return CALL(SLOT_RUN, ort_status *, ort_handle *, const ort_handle *, const char *const *,
              ort_handle *const *, size_t, const char *const *, size_t, ort_handle **)(
      session, options, input_names, inputs, input_count, output_names, output_count, outputs);
}

ort_status *ort_ep_devices(ort_api api, ort_handle *env, ort_handle *const **devices, size_t *count) {
  return CALL(SLOT_GET_EP_DEVICES, ort_status *, const ort_handle *, ort_handle *const **, size_t *)(env, devices, count);
}

const char *ort_ep_name(ort_api api, ort_handle *ep_device) {
  return CALL(SLOT_EP_DEVICE_EP_NAME, const char *, const ort_handle *)(ep_device);
}

const ort_handle *ort_ep_hardware(ort_api api, ort_handle *ep_device) {
  return CALL(SLOT_EP_DEVICE_DEVICE, const ort_handle *, const ort_handle *)(ep_device);
}

int ort_hardware_type(ort_api api, const ort_handle *hardware) {
  return CALL(SLOT_HARDWARE_DEVICE_TYPE, int, const ort_handle *)(hardware);
}

uint32_t ort_hardware_number(ort_api api, int slot, const ort_handle *hardware) {
  return CALL(slot, uint32_t, const ort_handle *)(hardware);
}

const char *ort_hardware_vendor(ort_api api, const ort_handle *hardware) {
  return CALL(SLOT_HARDWARE_DEVICE_VENDOR, const char *, const ort_handle *)(hardware);
}

void ort_hardware_metadata(ort_api api, const ort_handle *hardware, const char *const **keys,
                           const char *const **values, size_t *count) {
  *count = 0;
  const ort_handle *pairs = CALL(SLOT_HARDWARE_DEVICE_METADATA, const ort_handle *, const ort_handle *)(hardware);
  if (pairs)
    CALL(SLOT_GET_KEY_VALUE_PAIRS, void, const ort_handle *, const char *const **, const char *const **, size_t *)(
        pairs, keys, values, count);
}
