package gpu

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

// ONNX Runtime's names of its execution providers.
const (
	providerCPU      = "CPUExecutionProvider"
	providerWebGPU   = "WebGpuExecutionProvider"
	providerDirectML = "DmlExecutionProvider"
	providerCoreML   = "CoreMLExecutionProvider"
	providerCUDA     = "CUDAExecutionProvider"
	providerOpenVINO = "OpenVINOExecutionProvider"
)

// Device is something that runs programs.
type Device struct {
	ID          string // "cpu", "webgpu:0", …: what a person chooses by
	Provider    string // ONNX Runtime's name of the execution provider
	Name        string // the hardware's, as far as the system tells
	Memory      int64  // bytes of memory of its own, or the system's where it shares that; 0 unknown
	Unavailable string // why it cannot be used, "" when it can
	// Parts is 0, or on how many bfloat16 numbers it takes a number in graphs that are
	// built from the operators of gpu/bfloat, which then it alone runs.
	Parts int

	number  int               // the provider's own number of it
	options map[string]string // the provider's, beside the number
	rank    int               // lower is better
}

// adapterKind orders graphics adapters by power.
type adapterKind int

const (
	softwareAdapter adapterKind = iota // draws with the processor
	otherAdapter
	virtualAdapter
	integratedAdapter
	discreteAdapter
)

// adapter is a graphics adapter as the system describes it.
type adapter struct {
	name     string
	kind     adapterKind
	vendorID uint32
	memory   int64
}

// The order of devices, best first: what a person has brought a library for, then
// graphics adapters by the provider that serves most of them, then the processor.
// Software that imitates an adapter comes last; it is for tests.
const (
	rankCUDA = iota
	rankWebGPU
	rankDirectML
	rankCoreML
	rankTwoParts
	rankCPU
	rankOnePart
	rankOpenVINO
	rankSoftware
	rankUnavailable
)

// discover lists the devices of the library's providers.
func discover(n *native, libraryPath string) ([]Device, error) {
	built, err := n.providers()
	if err != nil {
		return nil, err
	}
	hardware, err := n.hardware()
	if err != nil {
		return nil, err
	}
	beside := func(provider string) bool { return besideLibrary(libraryPath, provider) }
	return survey(built, n.operators != nil, hardware, adapters, beside), nil
}

// survey is discover without the machine: built are the library's providers, tiles says
// that the processor multiplies tiles of bfloat16, hardware is what the library sees, adapters asks the system, and beside says whether a provider that
// is a library of its own lies beside ONNX Runtime's.
func survey(built []string, tiles bool, hardware []hardware, adapters func() ([]adapter, string), beside func(string) bool) []Device {
	memory := systemMemory()
	list := []Device{{ID: "cpu", Provider: providerCPU, Name: processor(), Memory: memory, rank: rankCPU}}
	if tiles {
		list = append(list,
			Device{ID: "cpu:bf16x2", Provider: providerCPU, Name: processor() + ", two bfloat16 a number", Memory: memory, Parts: 2, rank: rankTwoParts},
			Device{ID: "cpu:bf16", Provider: providerCPU, Name: processor() + ", bfloat16", Memory: memory, Parts: 1, rank: rankOnePart})
	}
	for _, provider := range built {
		switch provider {
		case providerWebGPU:
			list = append(list, webgpuDevice(hardware, adapters))
		case providerDirectML:
			list = append(list, directMLDevices(hardware)...)
		case providerCoreML:
			list = append(list, Device{ID: "coreml", Provider: provider, Name: processor() + " neural engine and graphics", Memory: memory, rank: rankCoreML})
		case providerCUDA:
			if beside("cuda") {
				list = append(list, cudaDevices(hardware)...)
			}
		case providerOpenVINO:
			if beside("openvino") {
				list = append(list, openVINODevices(hardware, memory)...)
			}
		}
	}
	for i := range list {
		if list[i].Unavailable != "" {
			list[i].rank += rankUnavailable
		}
	}
	slices.SortStableFunc(list, func(a, b Device) int { return cmp.Compare(a.rank, b.rank) })
	return list
}

func processor() string {
	if name := processorName(); name != "" {
		return name
	}
	return "processor (" + runtime.GOARCH + ")"
}

// besideLibrary looks for a provider's own library in the folder of ONNX Runtime's.
// Builds name providers that are not in the same package.
func besideLibrary(libraryPath, provider string) bool {
	name := map[string]string{
		"windows": "onnxruntime_providers_" + provider + ".dll",
		"darwin":  "libonnxruntime_providers_" + provider + ".dylib",
	}[runtime.GOOS]
	if name == "" {
		name = "libonnxruntime_providers_" + provider + ".so"
	}
	_, err := os.Stat(filepath.Join(filepath.Dir(libraryPath), name))
	return err == nil
}

// webgpuDevice is the one device of WebGPU: the provider takes the most powerful
// adapter by itself, and has but one in a process.
func webgpuDevice(hardware []hardware, adapters func() ([]adapter, string)) Device {
	d := Device{ID: "webgpu:0", Provider: providerWebGPU, Name: "graphics adapter", rank: rankWebGPU,
		options: map[string]string{"powerPreference": "high-performance"}}
	found, reason := adapters()
	switch {
	case len(found) > 0:
		d.Name, d.Memory = found[0].name, found[0].memory
		if found[0].kind == softwareAdapter {
			d.rank = rankSoftware
		}
		return d
	case reason != "":
		d.Unavailable = reason
		return d
	}
	for _, h := range hardware {
		if h.kind == hardwareGPU {
			d.Name, d.Memory = h.name(), h.memory()
			return d
		}
	}
	d.Unavailable = "this machine has no graphics adapter"
	return d
}

// directMLDevices are the adapters in the order of DirectX, which is DirectML's.
func directMLDevices(hardware []hardware) []Device {
	var list []Device
	for _, h := range hardware {
		if h.kind != hardwareGPU {
			continue
		}
		number := len(list)
		if n, err := strconv.Atoi(h.metadata["DxgiAdapterNumber"]); err == nil {
			number = n
		}
		if slices.ContainsFunc(list, func(d Device) bool { return d.number == number }) {
			continue // the same adapter, under another provider
		}
		list = append(list, Device{ID: fmt.Sprintf("directml:%d", number), Provider: providerDirectML, Name: h.name(), Memory: h.memory(), number: number, rank: rankDirectML})
	}
	return list
}

// cudaDevices are the adapters of NVIDIA.
func cudaDevices(hardware []hardware) []Device {
	const nvidia = 0x10de
	var list []Device
	seen := map[string]bool{}
	for _, h := range hardware {
		// One adapter appears once for every provider that could run it.
		bus := h.metadata["pci_bus_id"] + h.metadata["LUID"]
		if h.kind != hardwareGPU || h.vendorID != nvidia || (bus != "" && seen[bus]) {
			continue
		}
		seen[bus] = true
		list = append(list, Device{ID: fmt.Sprintf("cuda:%d", len(list)), Provider: providerCUDA, Name: h.name(), Memory: h.memory(), number: len(list), rank: rankCUDA})
	}
	if len(list) == 0 {
		// A container may hide the adapter's place on the bus and still pass it on.
		list = append(list, Device{ID: "cuda:0", Provider: providerCUDA, Name: "NVIDIA graphics adapter", rank: rankCUDA})
	}
	return list
}

// openVINODevices are the processor in single precision, and in bfloat16, which is
// about twice as fast on processors that have it and a hundred times less exact; and
// Intel's graphics.
func openVINODevices(hardware []hardware, memory int64) []Device {
	config := func(device, precision string) map[string]string {
		more := ""
		if precision == "bf16" {
			// Its compiler of small graphs refuses attention of some sizes in bfloat16
			// (2025.4); without it a UNet is 9 % slower.
			more = `,"SNIPPETS_MODE":"DISABLE"`
		}
		return map[string]string{"device_type": device, "load_config": fmt.Sprintf(`{%q:{"INFERENCE_PRECISION_HINT":%q%s}}`, device, precision, more)}
	}
	list := []Device{
		{ID: "openvino:cpu", Provider: providerOpenVINO, Name: processor(), Memory: memory, rank: rankOpenVINO, options: config("CPU", "f32")},
		{ID: "openvino:cpu-bf16", Provider: providerOpenVINO, Name: processor() + ", bfloat16", Memory: memory, rank: rankOpenVINO, options: config("CPU", "bf16")},
	}
	const intel = 0x8086
	for _, h := range hardware {
		if h.kind == hardwareGPU && h.vendorID == intel {
			list = append(list, Device{ID: "openvino:gpu", Provider: providerOpenVINO, Name: h.name(), Memory: h.memory(), rank: rankOpenVINO, options: config("GPU", "f32")})
			break
		}
	}
	return list
}

// ONNX Runtime's OrtHardwareDeviceType.
const hardwareGPU = 1

// name is the hardware's name as far as ONNX Runtime knows it.
func (h hardware) name() string {
	if name := strings.TrimSpace(h.metadata["Description"]); name != "" {
		return name
	}
	vendor := h.vendor
	if vendor == "" {
		vendor = fmt.Sprintf("vendor %04x", h.vendorID)
	}
	return fmt.Sprintf("%s graphics adapter %04x", vendor, h.deviceID)
}

// memory is the hardware's own memory in bytes, 0 where it is not told. Windows tells
// it as a number of mebibytes with the unit: "8192 MB".
func (h hardware) memory() int64 {
	f := strings.Fields(h.metadata["DxgiVideoMemory"])
	if len(f) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0
	}
	if len(f) > 1 && strings.EqualFold(f[1], "MB") {
		n <<= 20
	}
	return n
}

// defaultBudget is the part of a device's memory that programs may take: nine tenths
// of an adapter's own, three quarters of what is shared with everything else on the
// machine, and half of the machine's where the adapter's is unknown.
func defaultBudget(d Device) int64 {
	switch {
	case d.Memory > 0 && d.shares():
		return d.Memory / 4 * 3
	case d.Memory > 0:
		return d.Memory / 10 * 9
	}
	if m := systemMemory(); m > 0 {
		return m / 2
	}
	return 4 << 30
}

// shares says that the device works in the system's memory.
func (d Device) shares() bool {
	return d.Provider == providerCPU || d.Provider == providerCoreML || strings.HasPrefix(d.ID, "openvino:cpu") || (d.Provider == providerWebGPU && runtime.GOOS == "darwin")
}

// appendTo puts the device's provider into a session's options.
func (d Device) appendTo(o *ort.SessionOptions) error {
	switch d.Provider {
	case providerCPU:
		return nil
	case providerWebGPU:
		return o.AppendExecutionProvider("WebGPU", d.options)
	case providerCoreML:
		return o.AppendExecutionProviderCoreMLV2(map[string]string{"ModelFormat": "MLProgram", "MLComputeUnits": "ALL", "RequireStaticInputShapes": "1"})
	case providerDirectML:
		// DirectML demands both.
		if err := o.SetMemPattern(false); err != nil {
			return err
		}
		if err := o.SetExecutionMode(ort.ExecutionModeSequential); err != nil {
			return err
		}
		return o.AppendExecutionProviderDirectML(d.number)
	case providerCUDA:
		c, err := ort.NewCUDAProviderOptions()
		if err != nil {
			return err
		}
		defer func() { _ = c.Destroy() }()
		if err := c.Update(map[string]string{"device_id": strconv.Itoa(d.number)}); err != nil {
			return err
		}
		return o.AppendExecutionProviderCUDA(c)
	case providerOpenVINO:
		return o.AppendExecutionProviderOpenVINO(d.options)
	}
	return fmt.Errorf("no way to start the provider %s is known", d.Provider)
}
