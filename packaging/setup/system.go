package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// buildPackages are the Debian packages that cgo and the window need.
func buildPackages() []string {
	return []string{"gcc", "libc6-dev", "pkg-config", "libgl-dev", "libx11-dev", "libxcursor-dev", "libxrandr-dev", "libxinerama-dev", "libxi-dev", "libxxf86vm-dev"}
}

// testPackages are what the tests need besides: a display without a screen, OpenGL
// drawn by the processor, the loader for Vulkan, and other people's programs that
// read what Selvage exports.
func testPackages() []string {
	return []string{
		"xvfb", "xdotool", "libgl1-mesa-dri", "libvulkan1",
		"libimage-exiftool-perl", "libtiff-tools", "imagemagick", "poppler-utils", "ghostscript", "qpdf", "python3-psd-tools", "openssl",
		"liblcms2-utils", "icc-profiles-free", "colord-data", "libgs-common", "librsvg2-bin", "potrace", "python3-venv", "gnome-keyring", "dbus",
	}
}

// systemPackages installs the missing packages on Debian and its kin when it runs
// as root, and otherwise says what to type. Elsewhere it does nothing: the README
// names what each system needs.
func systemPackages(ctx context.Context, tests bool) error {
	dpkg, err := exec.LookPath("dpkg-query")
	if err != nil {
		return nil //nolint:nilerr // a system without dpkg has other packages
	}
	want := buildPackages()
	if tests {
		want = append(want, testPackages()...)
	}
	missing := notInstalled(ctx, dpkg, want)
	if len(missing) == 0 {
		return nil
	}
	install := append([]string{"install", "-y", "--no-install-recommends"}, missing...)
	if os.Geteuid() != 0 {
		return fmt.Errorf("these system packages are missing, and installing them takes root. Type:\n\tsudo apt-get update && sudo apt-get %s", strings.Join(install, " "))
	}
	fmt.Fprintln(os.Stderr, "setup: installing", strings.Join(missing, " "))
	for _, args := range [][]string{{"update", "-q"}, append([]string{"-q"}, install...)} {
		if err := aptGet(ctx, "", args...); err != nil {
			return err
		}
	}
	if still := notInstalled(ctx, dpkg, missing); len(still) > 0 {
		return fmt.Errorf("apt-get said that all went well, yet these packages are missing: %s", strings.Join(still, " "))
	}
	return nil
}

// notInstalled returns those of the packages that dpkg does not call installed.
func notInstalled(ctx context.Context, dpkg string, packages []string) []string {
	// dpkg-query fails when one of the names is unknown, and still lists the rest.
	out, _ := exec.CommandContext(ctx, dpkg, append([]string{"-W", "-f=${db:Status-Abbrev} ${Package}\n"}, packages...)...).Output()
	have := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "ii" {
			have[f[1]] = true
		}
	}
	var missing []string
	for _, p := range packages {
		if !have[p] {
			missing = append(missing, p)
		}
	}
	return missing
}

// aptGet runs apt-get in dir, never asking anybody, with its talk on stderr.
func aptGet(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w", strings.Join(args, " "), err)
	}
	return nil
}
