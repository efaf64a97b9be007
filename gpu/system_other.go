//go:build !linux && !darwin && !windows

package gpu

func systemMemory() int64 { return 0 }

func processorName() string { return "" }

func adapters() (list []adapter, reason string) {
	return nil, "graphics adapters are not looked for on this system"
}
