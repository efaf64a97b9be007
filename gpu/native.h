// What ONNX Runtime's C API offers and the Go binding lacks. The API is a table of
// function pointers whose order is fixed for ever (functions are only added at its
// end), so that a function is called by its place in the table. native_test.go
// checks every place against the header that comes with the binding.
#ifndef SELVAGE_GPU_NATIVE_H
#define SELVAGE_GPU_NATIVE_H

#include <stddef.h>
#include <stdint.h>

typedef void *const *ort_api; // struct OrtApi, read as a table
typedef void ort_status;      // NULL is success
typedef void ort_handle;      // any of the API's opaque types

// Version of the API that we ask for, the binding's own.
#define ORT_API_VERSION_ASKED 24

// Places in the table.
enum {
  SLOT_CREATE_STATUS = 0,
  SLOT_GET_ERROR_CODE = 1,
  SLOT_GET_ERROR_MESSAGE = 2,
  SLOT_CREATE_ENV = 3,
  SLOT_RUN = 9,
  SLOT_SESSION_GET_INPUT_COUNT = 30,
  SLOT_SESSION_GET_OUTPUT_COUNT = 31,
  SLOT_SESSION_GET_INPUT_TYPE = 33,
  SLOT_SESSION_GET_INPUT_NAME = 36,
  SLOT_SESSION_GET_OUTPUT_NAME = 37,
  SLOT_CREATE_RUN_OPTIONS = 39,
  SLOT_RUN_OPTIONS_SET_TERMINATE = 46,
  SLOT_CREATE_TENSOR = 48,
  SLOT_CREATE_TENSOR_WITH_DATA = 49,
  SLOT_GET_TENSOR_MUTABLE_DATA = 51,
  SLOT_GET_TENSOR_ELEMENT_TYPE = 60,
  SLOT_GET_DIMENSIONS_COUNT = 61,
  SLOT_GET_DIMENSIONS = 62,
  SLOT_GET_TENSOR_TYPE_AND_SHAPE = 65,
  SLOT_CREATE_CPU_MEMORY_INFO = 69,
  SLOT_ALLOCATOR_FREE = 76,
  SLOT_GET_DEFAULT_ALLOCATOR = 78,
  SLOT_RELEASE_ENV = 92,
  SLOT_RELEASE_STATUS = 93,
  SLOT_RELEASE_MEMORY_INFO = 94,
  SLOT_RELEASE_SESSION = 95,
  SLOT_RELEASE_VALUE = 96,
  SLOT_RELEASE_RUN_OPTIONS = 97,
  SLOT_RELEASE_TYPE_INFO = 98,
  SLOT_RELEASE_TYPE_AND_SHAPE = 99,
  SLOT_GET_AVAILABLE_PROVIDERS = 125,
  SLOT_RELEASE_AVAILABLE_PROVIDERS = 126,
  SLOT_RELEASE_VALUE_INFO = 285,
  SLOT_RELEASE_GRAPH = 287,
  SLOT_RELEASE_MODEL = 288,
  SLOT_GET_MODEL_EDITOR = 291,
  SLOT_CREATE_TENSOR_WITH_DATA_AND_DELETER = 292,
  SLOT_SET_LOAD_CANCELLATION = 293,
  SLOT_GET_KEY_VALUE_PAIRS = 298,
  SLOT_GET_EP_DEVICES = 303,
  SLOT_HARDWARE_DEVICE_TYPE = 307,
  SLOT_HARDWARE_DEVICE_VENDOR_ID = 308,
  SLOT_HARDWARE_DEVICE_VENDOR = 309,
  SLOT_HARDWARE_DEVICE_ID = 310,
  SLOT_HARDWARE_DEVICE_METADATA = 311,
  SLOT_EP_DEVICE_EP_NAME = 312,
  SLOT_EP_DEVICE_DEVICE = 316,
};

// Places in the table of the model editor, a part of the API with a table of its own.
enum {
  EDITOR_CREATE_VALUE_INFO = 5,
  EDITOR_CREATE_GRAPH = 7,
  EDITOR_SET_GRAPH_INPUTS = 8,
  EDITOR_ADD_INITIALIZER = 10,
  EDITOR_CREATE_MODEL = 12,
  EDITOR_ADD_GRAPH = 13,
  EDITOR_CREATE_SESSION = 16,
  EDITOR_APPLY_MODEL = 18,
  EDITOR_FINALIZE = 19,
};

// ort_get_api calls OrtGetApiBase (the library's one export) and returns the table,
// or NULL when the library is older than the version asked for.
ort_api ort_get_api(void *get_api_base);

int ort_error_code(ort_api api, ort_status *s);
const char *ort_error_message(ort_api api, ort_status *s);
void ort_release(ort_api api, int slot, ort_handle *h);

ort_status *ort_create_env(ort_api api, const char *name, ort_handle **env);
ort_status *ort_available_providers(ort_api api, char ***names, int *count);
void ort_release_providers(ort_api api, char **names, int count);

ort_status *ort_cpu_memory_info(ort_api api, ort_handle **info);
ort_status *ort_tensor_over(ort_api api, ort_handle *info, void *data, size_t bytes,
                            const int64_t *shape, size_t rank, int type, ort_handle **value);
// ort_tensor_owning is ort_tensor_over for memory of ort_memory, which it frees when the
// tensor goes, wherever that is.
ort_status *ort_tensor_owning(ort_api api, void *data, size_t bytes, const int64_t *shape, size_t rank,
                              int type, ort_handle **value);
// ort_tensor_copy makes a tensor of ONNX Runtime's own memory with these contents.
ort_status *ort_tensor_copy(ort_api api, const void *data, size_t bytes, const int64_t *shape, size_t rank,
                            int type, ort_handle **value);
// ort_memory returns bytes of memory, aligned to 64 and given back to the system by
// ort_memory_free at once; NULL when there is none.
void *ort_memory(size_t bytes);
void ort_memory_free(void *p);

ort_status *ort_tensor_data(ort_api api, ort_handle *value, void **data);
ort_status *ort_tensor_info(ort_api api, ort_handle *value, ort_handle **info);
ort_status *ort_info_type(ort_api api, ort_handle *info, int *type);
ort_status *ort_info_rank(ort_api api, ort_handle *info, size_t *rank);
ort_status *ort_info_shape(ort_api api, ort_handle *info, int64_t *shape, size_t rank);

// A model whose weights arrive as tensors is made in three steps: a session of the model
// with the weights declared as inputs; a graph with tensors for them, and with those
// inputs that stay; and the session's end. Each takes over what it is given.
ort_status *ort_editor_session(ort_api api, ort_handle *env, const void *model, size_t bytes,
                               ort_handle *options, ort_handle **session);
ort_status *ort_editor_graph(ort_api api, ort_handle **graph);
ort_status *ort_editor_initializer(ort_api api, ort_handle *graph, const char *name, ort_handle *value, int external);
ort_status *ort_editor_inputs(ort_api api, ort_handle *graph, ort_handle *session, const char *const *names,
                              const size_t *indices, size_t count);
ort_status *ort_editor_apply(ort_api api, ort_handle *session, ort_handle *graph);
ort_status *ort_editor_finish(ort_api api, ort_handle *session, ort_handle *options);

ort_status *ort_cancel_load(ort_api api, ort_handle *options);

// ort_session_count and ort_session_name list a session's inputs (output 0) and
// outputs (output 1). A name is freed by ort_free.
ort_status *ort_session_count(ort_api api, ort_handle *session, int output, size_t *count);
ort_status *ort_session_name(ort_api api, ort_handle *session, int output, size_t i, char **name);
ort_status *ort_free(ort_api api, void *p);

ort_status *ort_create_run_options(ort_api api, ort_handle **options);
ort_status *ort_terminate(ort_api api, ort_handle *options);
ort_status *ort_run(ort_api api, ort_handle *session, ort_handle *options,
                    const char *const *input_names, ort_handle *const *inputs, size_t input_count,
                    const char *const *output_names, size_t output_count, ort_handle **outputs);

ort_status *ort_ep_devices(ort_api api, ort_handle *env, ort_handle *const **devices, size_t *count);
const char *ort_ep_name(ort_api api, ort_handle *ep_device);
const ort_handle *ort_ep_hardware(ort_api api, ort_handle *ep_device);
int ort_hardware_type(ort_api api, const ort_handle *hardware);
uint32_t ort_hardware_number(ort_api api, int slot, const ort_handle *hardware);
const char *ort_hardware_vendor(ort_api api, const ort_handle *hardware);
void ort_hardware_metadata(ort_api api, const ort_handle *hardware, const char *const **keys,
                           const char *const **values, size_t *count);

#endif
