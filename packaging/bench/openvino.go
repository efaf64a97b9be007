package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"github.com/selvage-studio/selvage/gpu/library"
)

// throughOpenVINO is mine on the ONNX Runtime that computes through OpenVINO.
func (b *bench) throughOpenVINO(ctx context.Context, args ...string) (figures, error) {
	path, err := library.OpenVINOLibrary()
	if err != nil {
		return figures{}, err
	}
	return processWith(ctx, []string{library.EnvLibrary + "=" + path}, b.self, append([]string{"ours"}, args...)...)
}

// writeSample keeps an output for apart.
func writeSample(path string, v []float32) error {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return os.WriteFile(path, b, 0o600)
}

// apart is the relative root mean square distance of the output in one file from that
// in another.
func apart(exact, other string) (float64, error) {
	a, err := os.ReadFile(exact)
	if err != nil {
		return 0, err
	}
	b, err := os.ReadFile(other)
	if err != nil {
		return 0, err
	}
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("%s and %s hold %d and %d bytes", exact, other, len(a), len(b))
	}
	var off, size float64
	for i := 0; i+4 <= len(a); i += 4 {
		x := float64(math.Float32frombits(binary.LittleEndian.Uint32(a[i:])))
		y := float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
		off += (x - y) * (x - y)
		size += x * x
	}
	return math.Sqrt(off / size), nil
}
