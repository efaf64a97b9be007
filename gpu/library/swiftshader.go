package library

import (
	"fmt"
	"os"
	"path/filepath"
)

// SwiftShaderSystemDir is where Debian's chromium package installs SwiftShader.
const SwiftShaderSystemDir = "/usr/lib/chromium"

// SwiftShaderFiles are the Vulkan loader's description of the driver, and the driver.
func SwiftShaderFiles() []string {
	return []string{"vk_swiftshader_icd.json", "libvk_swiftshader.so"}
}

// SwiftShader finds the software Vulkan driver on which the WebGPU provider is
// tested, and returns the file that VK_ICD_FILENAMES has to name.
func SwiftShader() (string, error) {
	dirs := []string{SwiftShaderSystemDir}
	if cache, err := Cache(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "swiftshader"))
	}
	for _, dir := range dirs {
		if complete(dir) {
			return filepath.Join(dir, SwiftShaderFiles()[0]), nil
		}
	}
	return "", fmt.Errorf("SwiftShader is in none of %v; `make setup-test` fetches it where the system's package of chromium has it", dirs)
}

func complete(dir string) bool {
	for _, name := range SwiftShaderFiles() {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}
