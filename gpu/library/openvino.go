package library

import (
	"fmt"
	"os"
	"path/filepath"
)

// The package of PyPI that holds an ONNX Runtime with OpenVINO, pinned by hash. It is
// for those who want bfloat16 on a processor that computes in it: EnvLibrary then
// names OpenVINOLibrary.
const (
	OpenVINOPackage = "onnxruntime-openvino"
	OpenVINOVersion = "1.24.1"
	OpenVINOPython  = "3.11" // whose wheel is taken; its libraries need no Python
	OpenVINOTag     = "manylinux_2_28_x86_64"
	OpenVINOSHA256  = "3007c803634cc69c6d52af1dea7ce729d9bb62b9a11070fd2f959119199007a8"
)

// OpenVINODir is where the set-up unpacks the package. It is complete when it exists.
func OpenVINODir() (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, OpenVINOPackage, OpenVINOVersion), nil
}

// OpenVINOLibrary is the library file in OpenVINODir.
func OpenVINOLibrary() (string, error) {
	dir, err := OpenVINODir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "onnxruntime", "capi", "libonnxruntime.so."+OpenVINOVersion)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("ONNX Runtime with OpenVINO is not in %s: `make openvino` fetches it", dir)
	}
	return path, nil
}
