package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/selvage-studio/selvage/gpu/library"
)

// swiftShaderPackage is the Debian package that has SwiftShader.
const swiftShaderPackage = "chromium-common"

// swiftShader puts SwiftShader, a Vulkan driver that draws with the processor, where
// the WebGPU tests look for it. It is a part of Debian's package chromium-common, which
// is unpacked and not installed: two files of it are wanted, and no root is needed.
// Where there is no such package (Ubuntu's is a wrapper without it; other systems),
// the tests of WebGPU skip and say so, which is no failure of the set-up.
func swiftShader(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		return nil
	}
	if _, err := library.SwiftShader(); err == nil {
		return nil
	}
	cache, err := library.Cache()
	if err != nil {
		return err
	}
	if err := fetchSwiftShader(ctx, filepath.Join(cache, "swiftshader")); err != nil {
		fmt.Fprintf(os.Stderr, "setup: no SwiftShader, so the tests of WebGPU will skip: %v\n", err)
	}
	return nil
}

func fetchSwiftShader(ctx context.Context, dir string) error {
	for _, tool := range []string{"apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not installed", tool)
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".setup-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	fmt.Fprintln(os.Stderr, "setup: fetching SwiftShader out of the package", swiftShaderPackage)
	// As root apt downloads as a user of its own, who may not write here; it warns, and
	// downloads as root. A machine that has never updated its lists knows no package.
	err = aptGet(ctx, work, "-q", "download", swiftShaderPackage)
	if err != nil && os.Geteuid() == 0 {
		if err = aptGet(ctx, work, "-q", "update"); err == nil {
			err = aptGet(ctx, work, "-q", "download", swiftShaderPackage)
		}
	}
	if err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("apt-get download %s left %d packages", swiftShaderPackage, len(debs))
	}
	tree := filepath.Join(work, "tree")
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--extract", debs[0], tree)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("dpkg-deb --extract %s: %w", debs[0], err)
	}
	fresh := filepath.Join(work, "files")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return err
	}
	for _, name := range library.SwiftShaderFiles() {
		if err := os.Rename(filepath.Join(tree, library.SwiftShaderSystemDir, name), filepath.Join(fresh, name)); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, dir); err != nil && !dirExists(dir) {
		return err
	}
	return nil
}
