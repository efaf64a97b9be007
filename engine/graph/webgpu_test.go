package graph_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/gpu"
	"github.com/selvage-studio/selvage/gpu/library"
)

// TestMain names a Vulkan driver in software before any test: the loader reads
// its environment once. A driver that is named already stays.
func TestMain(m *testing.M) {
	if os.Getenv("VK_ICD_FILENAMES") == "" {
		if icd, err := library.SwiftShader(); err == nil {
			if err := os.Setenv("VK_ICD_FILENAMES", icd); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// TestWebGPUAgrees runs the networks on a GPU, if only one in software, in the
// form that is meant for one.
func TestWebGPUAgrees(t *testing.T) {
	if os.Getenv("VK_ICD_FILENAMES") == "" {
		_, err := library.SwiftShader()
		t.Skipf("there is no Vulkan driver to test with: %v", err)
	}
	rt, err := gpu.Open(gpu.Config{Budget: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	cpu, err := rt.Queue(t.Context(), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	web, err := rt.Queue(t.Context(), "webgpu:0")
	if err != nil {
		t.Fatal(err)
	}
	if web.Device().ID != "webgpu:0" {
		t.Skipf("WebGPU does not start: %v", web.Fallbacks())
	}
	// Each network alone is within 3e-6. The autoencoder comes out 1e-4 off when
	// others ran on the device before it. Kernels that are wrong are off by 5e-3
	// and more.
	const most = 5e-4
	for _, n := range networks() {
		if n.name == "controlnet" {
			continue // a UNet's half; SwiftShader takes its time
		}
		set := n.set(t)
		in := n.in(rand.New(rand.NewPCG(21, 22)))
		t.Run(n.name, func(t *testing.T) {
			o := n.options(pattern.Repeat{Kind: pattern.HalfDrop})
			o.Fused, o.Scores = false, 100_000
			spec, err := n.build(set, o)
			if err != nil {
				t.Fatal(err)
			}
			want := run(t, cpu, spec, in)
			got := run(t, web, spec, in)
			for name, y := range want {
				if d := apart(t, y, got[name]); d > most {
					t.Errorf("%s is %.2g off", name, d)
				}
			}
		})
	}
}
