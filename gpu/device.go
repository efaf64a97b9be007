package gpu

import (
	"context"

	ort "github.com/yalue/onnxruntime_go"
)

// Device is something that runs programs.
type Device struct {
	ID          string // "cpu", "webgpu:0", …: what a person chooses by
	Provider    string // ONNX Runtime's name of the execution provider
	Name        string // the hardware's, as far as the system tells
	Memory      int64  // bytes of memory of its own, or shared with the system; 0 unknown
	Unavailable string // why it cannot be used, "" when it can
}

func discover(n *native) ([]Device, error) {
	if _, err := n.providers(); err != nil {
		return nil, err
	}
	return []Device{{ID: "cpu", Provider: "CPUExecutionProvider", Name: "CPU"}}, nil
}

func defaultBudget(d Device) int64 { return 64 << 30 }

func (d Device) appendTo(o *ort.SessionOptions) error { return nil }

func (w *worker) probe(ctx context.Context) error { return nil }
