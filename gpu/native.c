#include "native.h"

#define CALL(slot, result, ...) ((result(*)(__VA_ARGS__))api[slot])

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

ort_status *ort_cpu_memory_info(ort_api api, ort_handle **info) {
  const int device_allocator = 0, default_memory = 0;
  return CALL(SLOT_CREATE_CPU_MEMORY_INFO, ort_status *, int, int, ort_handle **)(device_allocator, default_memory, info);
}

ort_status *ort_tensor_over(ort_api api, ort_handle *info, void *data, size_t bytes,
                            const int64_t *shape, size_t rank, int type, ort_handle **value) {
  return CALL(SLOT_CREATE_TENSOR_WITH_DATA, ort_status *, const ort_handle *, void *, size_t,
              const int64_t *, size_t, int, ort_handle **)(info, data, bytes, shape, rank, type, value);
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

ort_status *ort_add_external_initializers(ort_api api, ort_handle *options, const char *const *names,
                                          ort_handle *const *values, size_t count) {
  return CALL(SLOT_ADD_EXTERNAL_INITIALIZERS, ort_status *, ort_handle *, const char *const *,
              ort_handle *const *, size_t)(options, names, values, count);
}

ort_status *ort_cancel_load(ort_api api, ort_handle *options) {
  return CALL(SLOT_SET_LOAD_CANCELLATION, ort_status *, ort_handle *, _Bool)(options, 1);
}

ort_status *ort_session_count(ort_api api, ort_handle *session, int output, size_t *count) {
  return CALL(output ? SLOT_SESSION_GET_OUTPUT_COUNT : SLOT_SESSION_GET_INPUT_COUNT, ort_status *,
              const ort_handle *, size_t *)(session, count);
}

static ort_status *default_allocator(ort_api api, ort_handle **allocator) {
  return CALL(SLOT_GET_DEFAULT_ALLOCATOR, ort_status *, ort_handle **)(allocator);
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

ort_status *ort_run_config(ort_api api, ort_handle *options, const char *key, const char *value) {
  return CALL(SLOT_ADD_RUN_CONFIG_ENTRY, ort_status *, ort_handle *, const char *, const char *)(options, key, value);
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
