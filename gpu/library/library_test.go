package library

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestFilesOfEveryPlatform(t *testing.T) {
	for platform, first := range map[string]string{
		"linux/amd64": "libonnxruntime.so.1", "linux/arm64": "libonnxruntime.so.1", "darwin/arm64": "libonnxruntime.1.dylib",
		"windows/amd64": "onnxruntime.dll", "windows/arm64": "onnxruntime.dll",
	} {
		goos, goarch, _ := strings.Cut(platform, "/")
		files := Files(goos, goarch)
		if len(files) == 0 || files[0].Name != first {
			t.Errorf("%s: %v", platform, files)
		}
		names := map[string]bool{}
		for _, f := range files {
			if b, err := hex.DecodeString(f.SHA256); err != nil || len(b) != 32 || f.SHA256 != strings.ToLower(f.SHA256) {
				t.Errorf("%s: %s has the hash %q", platform, f.Name, f.SHA256)
			}
			names[f.Name] = true
		}
		if goos == "windows" && (!names["DirectML.dll"] || !names["dxcompiler.dll"] || !names["dxil.dll"]) {
			t.Errorf("%s lacks what DirectML and WebGPU need: %v", platform, names)
		}
	}
	if Files("darwin", "amd64") != nil {
		t.Error("the package has no library for Macs with Intel's processor")
	}
}

func TestCacheWithoutHome(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the list of users is asked where there is one")
	}
	want, err := Cache()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(want, "selvage") {
		t.Error(want)
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	got, err := Cache()
	if err != nil || !filepath.IsAbs(got) || !strings.HasSuffix(got, filepath.Join(".cache", "selvage")) {
		t.Error(got, err)
	}
	t.Setenv("XDG_CACHE_HOME", "/somewhere")
	if got, err := Cache(); err != nil || got != "/somewhere/selvage" {
		t.Error(got, err)
	}
}

func TestFind(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	t.Setenv("LocalAppData", cache)
	t.Setenv(EnvLibrary, "")
	var missing *MissingError
	if _, err := Find(); !errors.As(err, &missing) || !strings.Contains(err.Error(), EnvLibrary) {
		t.Error("finds a library in an empty cache:", err)
	}
	mine := filepath.Join(cache, "mine")
	t.Setenv(EnvLibrary, mine)
	if _, err := Find(); !errors.As(err, &missing) || missing.Path != mine || !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := os.Mkdir(mine, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(); !errors.As(err, &missing) {
		t.Error("a folder is taken for a library:", err)
	}
	if err := os.Remove(mine); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := Find(); err != nil || path != mine {
		t.Error(path, err)
	}
}
