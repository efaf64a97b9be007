// Package library says which ONNX Runtime library the gpu room runs on, what its
// files are for each platform, and where they lie on this machine.
//
// The set-up puts the files there (Dir, Files); gpu.Open asks for them (Find). The
// package has no cgo, so that the set-up can be built before there is a C compiler.
package library

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// The npm package that holds the library for every platform, pinned by hash.
const (
	Package       = "onnxruntime-node"
	Version       = "1.30.0"
	PackageSHA256 = "6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75"
)

// Environment variables that replace what the set-up does.
const (
	// EnvLibrary names a library file to load in place of the pinned one.
	EnvLibrary = "SELVAGE_ONNXRUNTIME"
	// EnvPackage names the pinned package's .tgz on this machine, for machines
	// without npm or without a network. Its hash is checked like any other's.
	EnvPackage = "SELVAGE_ONNXRUNTIME_PACKAGE"
)

// File is one file that the runtime needs on a platform.
type File struct {
	Member string // path inside the package
	Name   string // name on disk
	SHA256 string // lower-case hexadecimal
}

// Files lists what the platform needs, the library itself first; it is nil where
// the package has none. The arguments are as in runtime.GOOS and runtime.GOARCH.
func Files(goos, goarch string) []File {
	const root = "package/bin/napi-v6/"
	switch goos + "/" + goarch {
	case "linux/amd64":
		return []File{{root + "linux/x64/libonnxruntime.so.1", "libonnxruntime.so.1", "ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23"}}
	case "linux/arm64":
		return []File{{root + "linux/arm64/libonnxruntime.so.1", "libonnxruntime.so.1", "1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76"}}
	case "darwin/arm64":
		return []File{{root + "darwin/arm64/libonnxruntime.1.30.0.dylib", "libonnxruntime.1.dylib", "685d2be5dba1309c89d3a5324b7fd06a5c42f1a61bfea32d14c4cc28d072121d"}}
	case "windows/amd64":
		return []File{
			{root + "win32/x64/onnxruntime.dll", "onnxruntime.dll", "508c362f5673483dd3a086379c392795b2e42d10d5e6f3f90ebd7ac21c97af67"},
			{root + "win32/x64/DirectML.dll", "DirectML.dll", "234e8898778cdec88d3cb0539508273494082812c968699f3de665a018971625"},
			{root + "win32/x64/dxcompiler.dll", "dxcompiler.dll", "593d42df78c7f9cbd97c1374af107cfe20985759f98b77afc1448fe41ee3cc76"},
			{root + "win32/x64/dxil.dll", "dxil.dll", "cf9a3981263f8ec30c9905d136eeaf4b4573209c602198671b958ec86905dea8"},
		}
	case "windows/arm64":
		return []File{
			{root + "win32/arm64/onnxruntime.dll", "onnxruntime.dll", "6c3a2abf5c6aca11c48a0d338a91af309f2266f25ce2e4084e6a87bbcb0fbfd0"},
			{root + "win32/arm64/DirectML.dll", "DirectML.dll", "aaf72a9d55aa123e0708d957d30dd4fbeb7a2e335ec6257ed5ff4261a402b9ee"},
			{root + "win32/arm64/dxcompiler.dll", "dxcompiler.dll", "442a995492579e1048cf1f05a86ab00f476c46b7f9d0996e588884040a543bbe"},
			{root + "win32/arm64/dxil.dll", "dxil.dll", "859b6d638c5ca3df39e9cab2a602cb0f63d0e63d750f84bb2a9ec9031319b73e"},
		}
	}
	return nil
}

// Cache is the folder of everything that Selvage keeps and can fetch or make again:
// "selvage" in the user's cache folder. Where neither HOME nor XDG_CACHE_HOME is
// set, the home folder comes from the system's list of users.
func Cache() (string, error) {
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "selvage"), nil
	}
	u, err := user.Current()
	if err != nil || u.HomeDir == "" {
		return "", fmt.Errorf("no cache folder: HOME is not set, and the system names no home folder for user %d; set HOME or XDG_CACHE_HOME", os.Getuid())
	}
	return filepath.Join(u.HomeDir, ".cache", "selvage"), nil
}

// Dir is where the set-up keeps the pinned library of a platform. The folder is
// shared by all builds, and complete when it exists.
func Dir(goos, goarch string) (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "onnxruntime", Version, goos+"-"+goarch), nil
}

// MissingError says that there is no library to load. Path is where it was looked
// for, empty when the platform has no pinned library at all.
type MissingError struct {
	Path string
	Err  error // why Path could not be used, nil when the platform has none
}

func (e *MissingError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("no ONNX Runtime %s is published for %s/%s: build one, and name its file in %s", Version, runtime.GOOS, runtime.GOARCH, EnvLibrary)
	}
	return fmt.Sprintf("the ONNX Runtime library is missing (%v): run `make setup`, which fetches it with npm, or name an existing library file in %s", e.Err, EnvLibrary)
}

func (e *MissingError) Unwrap() error { return e.Err }

// Find returns the library to load: the file that EnvLibrary names, else the
// pinned one in the cache. The error is a *MissingError when there is none.
func Find() (string, error) {
	path := os.Getenv(EnvLibrary)
	if path == "" {
		files := Files(runtime.GOOS, runtime.GOARCH)
		if files == nil {
			return "", &MissingError{}
		}
		dir, err := Dir(runtime.GOOS, runtime.GOARCH)
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, files[0].Name)
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err != nil {
		return "", &MissingError{Path: path, Err: err}
	}
	return path, nil
}
