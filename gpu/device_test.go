package gpu

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSurvey(t *testing.T) {
	everywhere := []string{providerCPU}
	amd := hardware{provider: providerDirectML, kind: hardwareGPU, vendorID: 0x1002, vendor: "AMD",
		metadata: map[string]string{"Description": "Radeon RX 7600", "DxgiAdapterNumber": "0", "DxgiVideoMemory": "8176 MB"}}
	intel := hardware{provider: providerDirectML, kind: hardwareGPU, vendorID: 0x8086, deviceID: 0x9a49, vendor: "Intel",
		metadata: map[string]string{"DxgiAdapterNumber": "1", "DxgiVideoMemory": "128 MB"}}
	nvidia := hardware{provider: providerCUDA, kind: hardwareGPU, vendorID: 0x10de, deviceID: 0x2684, vendor: "NVIDIA", metadata: map[string]string{"pci_bus_id": "0000:01:00.0"}}
	processor := hardware{provider: providerCPU, metadata: map[string]string{}}
	none := func() ([]adapter, string) { return nil, "no driver" }
	unknown := func() ([]adapter, string) { return nil, "" }
	discrete := func() ([]adapter, string) {
		return []adapter{{name: "Radeon", kind: discreteAdapter, memory: 8 << 30}, {name: "llvmpipe", kind: softwareAdapter}}, ""
	}
	software := func() ([]adapter, string) {
		return []adapter{{name: "SwiftShader", kind: softwareAdapter, memory: 2 << 30}}, ""
	}
	for name, c := range map[string]struct {
		built    []string
		hardware []hardware
		adapters func() ([]adapter, string)
		beside   []string
		want     string
	}{
		"a bare processor":           {everywhere, []hardware{processor}, none, nil, "cpu"},
		"Linux with a Radeon":        {[]string{providerCUDA, providerWebGPU, providerCPU}, nil, discrete, nil, "webgpu:0 cpu"},
		"Linux without a driver":     {[]string{providerWebGPU, providerCPU}, nil, none, nil, "cpu webgpu:0!"},
		"Linux with SwiftShader":     {[]string{providerWebGPU, providerCPU}, nil, software, nil, "cpu webgpu:0"},
		"Linux, CUDA brought along":  {[]string{providerCUDA, providerWebGPU, providerCPU}, []hardware{nvidia, nvidia}, discrete, []string{"cuda"}, "cuda:0 webgpu:0 cpu"},
		"CUDA in a container":        {[]string{providerCUDA, providerCPU}, nil, none, []string{"cuda"}, "cuda:0 cpu"},
		"Windows with two adapters":  {[]string{providerDirectML, providerWebGPU, providerCPU}, []hardware{processor, amd, amd, intel}, unknown, nil, "webgpu:0 directml:0 directml:1 cpu"},
		"Windows without an adapter": {[]string{providerDirectML, providerWebGPU, providerCPU}, []hardware{processor}, unknown, nil, "cpu webgpu:0!"},
		"a Mac":                      {[]string{providerCoreML, providerWebGPU, providerCPU}, nil, discrete, nil, "webgpu:0 coreml cpu"},
		"OpenVINO brought along":     {[]string{providerOpenVINO, providerCPU}, []hardware{intel}, none, []string{"openvino"}, "cpu openvino:cpu openvino:cpu-bf16 openvino:gpu"},
		"OpenVINO only in name":      {[]string{providerOpenVINO, providerCPU}, nil, none, nil, "cpu"},
	} {
		list := survey(c.built, false, c.hardware, c.adapters, func(p string) bool { return strings.Contains(fmt.Sprint(c.beside), p) })
		var got []string
		for _, d := range list {
			if d.Unavailable != "" {
				d.ID += "!"
			}
			got = append(got, d.ID)
			if d.Name == "" || d.Provider == "" {
				t.Errorf("%s: %+v lacks a name", name, d)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	list := survey([]string{providerDirectML, providerCPU}, false, []hardware{amd, intel}, unknown, nil)
	if d := list[0]; d.Name != "Radeon RX 7600" || d.Memory != 8176<<20 || d.number != 0 {
		t.Errorf("%+v", d)
	}
	if d := list[1]; !strings.Contains(d.Name, "Intel") || d.Memory != 128<<20 || d.number != 1 {
		t.Errorf("%+v", d)
	}
}

func TestMemoryOfHardware(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "8192 MB": 8 << 30, "1024": 1024, "x MB": 0, "-1 MB": 0, "99999999999999 MB": 0} {
		if got := (hardware{metadata: map[string]string{"DxgiVideoMemory": text}}).memory(); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

func TestDefaultBudget(t *testing.T) {
	for _, c := range []struct {
		d    Device
		want int64
	}{
		{Device{ID: "cpu", Provider: providerCPU, Memory: 16 << 30}, 12 << 30},
		{Device{ID: "cuda:0", Provider: providerCUDA, Memory: 10 << 30}, 9 << 30},
	} {
		if got := defaultBudget(c.d); got != c.want {
			t.Errorf("%s: %d, want %d", c.d.ID, got, c.want)
		}
	}
	if got := defaultBudget(Device{Provider: providerWebGPU}); got <= 0 || (systemMemory() > 0 && got != systemMemory()/2) {
		t.Error("an adapter whose memory is unknown has the budget", got)
	}
}

func TestDevicesOfThisMachine(t *testing.T) {
	list := openTest(t, Config{}).Devices()
	var cpu Device
	for _, d := range list {
		if d.ID == "cpu" {
			cpu = d
		}
	}
	if cpu.Unavailable != "" || cpu.Name == "" || cpu.Memory <= 0 {
		t.Errorf("%+v", cpu)
	}
}

// A device that does not start is passed over, and the reason is told.
func TestFallback(t *testing.T) {
	rt := openTest(t, Config{})
	rt.devices = append([]Device{
		{ID: "unplugged", Provider: providerWebGPU, Unavailable: "somebody took it"},
		{ID: "imaginary", Provider: "NoSuchProvider"},
	}, Device{ID: "cpu", Provider: providerCPU})
	q, err := rt.Queue(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if q.Device().ID != "cpu" || len(q.Fallbacks()) != 2 {
		t.Fatal(q.Device(), q.Fallbacks())
	}
	for i, want := range []string{"somebody took it", "NoSuchProvider"} {
		var device *DeviceError
		if f := q.Fallbacks()[i]; !errors.As(f.Err, &device) || !strings.Contains(f.Err.Error(), want) || device.Device.ID != f.Device.ID {
			t.Errorf("%+v does not say %q", f, want)
		}
	}
	runProduct(t, loadTest(t, q, product("a", 4, 2)), 4, 2)

	q, err = rt.Queue(t.Context(), "imaginary")
	if err != nil || q.Device().ID != "cpu" || len(q.Fallbacks()) != 2 || q.Fallbacks()[0].Device.ID != "imaginary" {
		t.Error(q, err)
	}
	if q, err = rt.Queue(t.Context(), "cpu"); err != nil || len(q.Fallbacks()) != 0 {
		t.Error("the asked-for device starts, and yet", q.Fallbacks(), err)
	}
	var unknown *UnknownDeviceError
	if _, err := rt.Queue(t.Context(), "gpu9"); !errors.As(err, &unknown) || len(unknown.Known) != 3 {
		t.Error(err)
	}
	rt.devices = rt.devices[:2]
	var device *DeviceError
	if _, err := rt.Queue(t.Context(), ""); !errors.As(err, &device) || !strings.Contains(err.Error(), "took it") || !strings.Contains(err.Error(), "NoSuchProvider") {
		t.Error("when nothing starts, the error is", err)
	}
}

// A device that is lost while it works answers with that from then on, and the next
// one is taken by who asks anew.
func TestLostDevice(t *testing.T) {
	rt := openTest(t, Config{})
	rt.devices = []Device{{ID: "wobbly", Provider: providerCPU, Name: "wobbly"}, {ID: "cpu", Provider: providerCPU}}
	q, err := rt.Queue(t.Context(), "")
	if err != nil || q.Device().ID != "wobbly" {
		t.Fatal(q, err)
	}
	p := loadTest(t, q, product("a", 4, 2))
	words := &RuntimeError{Op: "run", Code: CodeFail, Message: "WebGPU device lost (2): Device was lost."}
	var device *DeviceError
	if err := q.w.judge(t.Context(), words); !errors.As(err, &device) || !device.Lost {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), ones(4)); !errors.As(err, &device) || !device.Lost || device.Device.ID != "wobbly" {
		t.Error("a program on a lost device:", err)
	}
	if _, err := q.Load(t.Context(), product("b", 4, 2)); !errors.As(err, &device) || !device.Lost {
		t.Error("a load on a lost device:", err)
	}
	if err := q.Err(); !errors.As(err, &device) || !device.Lost {
		t.Error("the queue of a lost device says", err)
	}
	next, err := rt.Queue(t.Context(), "")
	if err != nil || next.Device().ID != "cpu" || len(next.Fallbacks()) != 1 || next.Err() != nil {
		t.Fatal(next, err)
	}
	if deviceIsLost("Non-zero status code returned while running MatMul node: shape mismatch") {
		t.Error("any error is taken for a lost device")
	}
}
