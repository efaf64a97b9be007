package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/selvage-studio/selvage/gpu/library"
)

// openVINO puts the ONNX Runtime that computes through OpenVINO into the cache, and says
// how to use it. pip fetches the wheel and holds it to its hash; no Python is needed
// after that.
func openVINO(ctx context.Context) error {
	if p := runtime.GOOS + "/" + runtime.GOARCH; p != "linux/amd64" {
		return fmt.Errorf("%s is pinned for linux/amd64 alone, and this is %s; name a library of your own in %s", library.OpenVINOPackage, p, library.EnvLibrary)
	}
	path, err := library.OpenVINOLibrary()
	if err != nil {
		if err := fetchOpenVINO(ctx); err != nil {
			return err
		}
		if path, err = library.OpenVINOLibrary(); err != nil {
			return err
		}
	}
	fmt.Printf("export %s=%s\n", library.EnvLibrary, path)
	fmt.Fprintln(os.Stderr, "setup: with that line in the environment, `--device openvino:cpu-bf16` computes in bfloat16 through OpenVINO")
	return nil
}

func fetchOpenVINO(ctx context.Context) error {
	dir, err := library.OpenVINODir()
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(parent, ".setup-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	python, err := exec.LookPath("python3")
	if err != nil || exec.CommandContext(ctx, python, "-m", "pip", "--version").Run() != nil {
		return errors.New("python3 with pip is needed to fetch OpenVINO, and is not installed: install it (on Debian and Ubuntu: apt-get install python3-pip)")
	}
	wanted := filepath.Join(work, "requirements.txt")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", library.OpenVINOPackage, library.OpenVINOVersion, library.OpenVINOSHA256)
	if err := os.WriteFile(wanted, []byte(line), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "setup: fetching %s %s with pip (85 MB, 250 MB unpacked)\n", library.OpenVINOPackage, library.OpenVINOVersion)
	fresh := filepath.Join(work, "files")
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--no-deps", "--only-binary=:all:",
		"--platform", library.OpenVINOTag, "--implementation", "cp", "--python-version", library.OpenVINOPython,
		"--require-hashes", "--requirement", wanted, "--target", fresh)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pip install %s==%s: %w", library.OpenVINOPackage, library.OpenVINOVersion, err)
	}
	if err := os.Rename(fresh, dir); err != nil && !dirExists(dir) {
		return err
	}
	return nil
}
