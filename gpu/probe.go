package gpu

import (
	"context"
	"errors"
	"fmt"
	"math"

	ort "github.com/yalue/onnxruntime_go"
	"gorgonia.org/tensor"
)

// probeModel is an ONNX model of one operator: y = x·x for x of shape [2,2]. It is
// written by hand, as a message's fields in their order.
const probeModel = "" +
	"\x08\x09" + // ir_version 9
	"\x42\x02\x10\x12" + // opset_import {version 18}
	"\x3a\x43" + // graph, 67 bytes
	"\x0a\x11" + "\x0a\x01x\x0a\x01x\x12\x01y\x22\x06MatMul" + // node
	"\x12\x04test" + // name
	"\x5a\x13" + "\x0a\x01x" + probeType + // input x
	"\x62\x13" + "\x0a\x01y" + probeType // output y

// probeType is the type of both: float32 of shape [2,2].
const probeType = "\x12\x0e\x0a\x0c\x08\x01\x12\x08\x0a\x02\x08\x02\x0a\x02\x08\x02"

// probe sees that the device really computes: it runs one product of matrices with no
// way back to the processor, and looks at the result.
func (w *worker) probe(ctx context.Context) error {
	if w.device.Provider == providerCPU {
		return nil
	}
	fail := func(err error) error { return &DeviceError{Device: w.device, Err: err} }
	p, err := w.compile(ctx, &Spec{Name: "probe", Model: []byte(probeModel)}, func(o *ort.SessionOptions) error {
		return o.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1")
	})
	if err != nil {
		return fail(err)
	}
	defer p.free()
	x := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))
	out, err := (&Program{w: w, p: p}).run(ctx, map[string]*tensor.Dense{"x": x})
	if err != nil {
		return fail(err)
	}
	y, ok := out["y"].Data().([]float32)
	if !ok || len(y) != 4 {
		return fail(errors.New("the probe's result has another shape than it should"))
	}
	for i, want := range []float32{7, 10, 15, 22} {
		if math.Abs(float64(y[i]-want)) > 0.1 { // half precision is near enough
			return fail(fmt.Errorf("it computes wrongly: the product of two matrices came out as %v", y))
		}
	}
	return nil
}
