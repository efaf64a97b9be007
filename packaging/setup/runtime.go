package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/gpu/library"
)

// runtimeLibrary puts the ONNX Runtime files of the platform into the cache, unless
// EnvLibrary names a library, which then has to be there.
func runtimeLibrary(ctx context.Context, platform string) error {
	if path := os.Getenv(library.EnvLibrary); path != "" {
		_, err := library.Find()
		return err
	}
	goos, goarch, _ := strings.Cut(platform, "/")
	files := library.Files(goos, goarch)
	if files == nil {
		return fmt.Errorf("ONNX Runtime %s is not published for %s; build one, and name its file in %s", library.Version, platform, library.EnvLibrary)
	}
	dir, err := library.Dir(goos, goarch)
	if err != nil {
		return err
	}
	if verify(dir, files) == nil {
		return nil
	}
	return install(ctx, dir, files, library.PackageSHA256)
}

// install fills dir with the files of the package, which has the given hash.
func install(ctx context.Context, dir string, files []library.File, packageSHA256 string) error {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(parent, ".setup-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()

	tgz := os.Getenv(library.EnvPackage)
	if tgz == "" {
		if tgz, err = npmPack(ctx, work); err != nil {
			return err
		}
	}
	if err := checkFile(tgz, packageSHA256); err != nil {
		return err
	}
	fresh := filepath.Join(work, "files")
	if err := extract(tgz, fresh, files); err != nil {
		return err
	}
	if err := verify(fresh, files); err != nil {
		return err
	}
	return replace(fresh, dir, files)
}

// replace moves the complete folder fresh to dir, so that nobody ever sees half of
// it. A damaged folder that was there goes aside first; when another set-up was
// quicker, its folder stays.
func replace(fresh, dir string, files []library.File) error {
	err := os.Rename(fresh, dir)
	if err == nil || verify(dir, files) == nil {
		return nil
	}
	if !errors.Is(err, os.ErrExist) && !dirExists(dir) {
		return err
	}
	aside := fresh + ".damaged"
	if err := os.Rename(dir, aside); err != nil {
		return fmt.Errorf("%s is damaged and cannot be moved away: %w", dir, err)
	}
	return os.Rename(fresh, dir)
}

func dirExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// npmPack fetches the pinned package into dir and returns the file's path.
func npmPack(ctx context.Context, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm is needed to fetch ONNX Runtime %s, and is not installed: install it (on Debian and Ubuntu: apt-get install npm), or name an existing library file in %s, or the package %s-%s.tgz in %s",
			library.Version, library.EnvLibrary, library.Package, library.Version, library.EnvPackage)
	}
	fmt.Fprintf(os.Stderr, "setup: fetching %s %s with npm (110 MB)\n", library.Package, library.Version)
	cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--pack-destination", dir, library.Package+"@"+library.Version)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("npm pack %s@%s: %w; without a network, name an existing library file in %s", library.Package, library.Version, err, library.EnvLibrary)
	}
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return "", errors.New("npm pack said nothing about the file that it wrote")
	}
	return filepath.Join(dir, filepath.Base(lines[len(lines)-1])), nil
}

// extract writes the files' members of a .tgz into a new folder. Names come from
// our own table, so that nothing in the archive decides where anything is written.
func extract(tgz, dir string, files []library.File) error {
	f, err := os.Open(tgz)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", tgz, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	missing := make(map[string]string, len(files))
	for _, f := range files {
		missing[f.Member] = f.Name
	}
	for archive := tar.NewReader(z); len(missing) > 0; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s does not hold %v", tgz, missing)
		} else if err != nil {
			return fmt.Errorf("%s: %w", tgz, err)
		}
		name, wanted := missing[h.Name]
		if !wanted || h.Typeflag != tar.TypeReg {
			continue
		}
		if err := writeFile(filepath.Join(dir, name), archive); err != nil {
			return err
		}
		delete(missing, h.Name)
	}
	return nil
}

func writeFile(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// verify checks every file of dir against its hash.
func verify(dir string, files []library.File) error {
	for _, f := range files {
		if err := checkFile(filepath.Join(dir, f.Name), f.SHA256); err != nil {
			return err
		}
	}
	return nil
}

func checkFile(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%s has SHA-256 %s, not the pinned %s: it is damaged, or is not what it says", path, got, want)
	}
	return nil
}
