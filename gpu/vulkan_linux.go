package gpu

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// What of vulkan.h is needed to name adapters: the structures as its specification
// lays them out, for a 64-bit machine.
struct vk_instance_info {
  uint32_t type; // 1
  const void *next;
  uint32_t flags;
  const void *application;
  uint32_t layers;
  const char *const *layer_names;
  uint32_t extensions;
  const char *const *extension_names;
};

struct vk_properties {
  uint32_t api, driver, vendor, device, type;
  char name[256];
  char rest[2048]; // more than limits and features of any version take
};

struct vk_memory {
  uint32_t type_count;
  struct { uint32_t flags, heap; } types[32];
  uint32_t heap_count;
  struct { uint64_t size; uint32_t flags; } heaps[16];
};

struct adapter {
  char name[256];
  uint32_t type, vendor, device;
  uint64_t memory;
};

// vulkan_adapters fills in at most max adapters and returns their number, or -1 where
// there is no Vulkan loader, -2 where it finds no driver.
static int vulkan_adapters(struct adapter *out, int max) {
  void *lib = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!lib) return -1;
  int (*create)(const struct vk_instance_info *, const void *, void **) = dlsym(lib, "vkCreateInstance");
  void (*destroy)(void *, const void *) = dlsym(lib, "vkDestroyInstance");
  int (*enumerate)(void *, uint32_t *, void **) = dlsym(lib, "vkEnumeratePhysicalDevices");
  void (*properties)(void *, struct vk_properties *) = dlsym(lib, "vkGetPhysicalDeviceProperties");
  void (*memory)(void *, struct vk_memory *) = dlsym(lib, "vkGetPhysicalDeviceMemoryProperties");
  if (!create || !destroy || !enumerate || !properties || !memory) return -1;
  struct vk_instance_info info = {.type = 1};
  void *instance = NULL;
  if (create(&info, NULL, &instance) != 0) return -2;
  void *devices[16];
  uint32_t count = 16;
  int found = 0;
  if (enumerate(instance, &count, devices) >= 0) {
    for (uint32_t i = 0; i < count && found < max; i++, found++) {
      struct vk_properties p;
      struct vk_memory m;
      properties(devices[i], &p);
      memory(devices[i], &m);
      struct adapter *a = &out[found];
      memcpy(a->name, p.name, sizeof a->name);
      a->name[sizeof a->name - 1] = 0;
      a->type = p.type;
      a->vendor = p.vendor;
      a->device = p.device;
      a->memory = 0;
      for (uint32_t h = 0; h < m.heap_count && h < 16; h++)
        if ((m.heaps[h].flags & 1) && m.heaps[h].size > a->memory) a->memory = m.heaps[h].size; // device-local
    }
  }
  destroy(instance, NULL);
  return found ? found : -2;
}
*/
import "C"

import "slices"

// adapters lists the graphics adapters that WebGPU may run on, the one that it would
// take first, which is the most powerful. reason says why there is none.
func adapters() (list []adapter, reason string) {
	var found [8]C.struct_adapter
	n := C.vulkan_adapters(&found[0], C.int(len(found)))
	switch n {
	case -1:
		return nil, "the Vulkan loader is not installed (on Debian and Ubuntu: apt-get install libvulkan1)"
	case -2:
		return nil, "no Vulkan driver is installed for a graphics adapter of this machine"
	}
	for _, a := range found[:n] {
		kind := []adapterKind{otherAdapter, integratedAdapter, discreteAdapter, virtualAdapter, softwareAdapter}[min(a._type, 4)]
		list = append(list, adapter{name: C.GoString(&a.name[0]), kind: kind, vendorID: uint32(a.vendor), memory: int64(a.memory)})
	}
	slices.SortStableFunc(list, func(a, b adapter) int { return int(b.kind - a.kind) })
	return list, ""
}
