package gpu

import (
	"fmt"
	"os"
	"testing"

	"github.com/selvage-studio/selvage/gpu/library"
)

// The Vulkan loader reads its environment once, so that SwiftShader is chosen for all
// tests, before any of them. A driver that is named already stays, for who wants to
// run the tests of WebGPU on a real adapter.
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
