package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/selvage-studio/selvage/gpu/library"
)

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// pack makes a .tgz of members and returns its bytes.
func pack(t *testing.T, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range members {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// aPackage writes a package with one library and another file to disk, and names it in
// the environment. It returns its hash and the files to install.
func aPackage(t *testing.T) (packageHash string, files []library.File) {
	t.Helper()
	members := map[string]string{"package/bin/lib.so": "the library", "package/bin/other.dll": "another", "package/README": "not wanted"}
	tgz := pack(t, members)
	path := filepath.Join(t.TempDir(), "p.tgz")
	if err := os.WriteFile(path, tgz, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(library.EnvPackage, path)
	return hash(tgz), []library.File{
		{Member: "package/bin/lib.so", Name: "lib.so", SHA256: hash([]byte("the library"))},
		{Member: "package/bin/other.dll", Name: "other.dll", SHA256: hash([]byte("another"))},
	}
}

func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %v, want %v", dir, got, want)
	}
}

func TestInstall(t *testing.T) {
	pack, files := aPackage(t)
	parent := filepath.Join(t.TempDir(), "a", "b")
	dir := filepath.Join(parent, "c")
	if err := install(t.Context(), dir, files, pack); err != nil {
		t.Fatal(err)
	}
	if err := verify(dir, files); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, "lib.so", "other.dll")
	onlyFiles(t, parent, "c") // no scaffolding is left

	// What was damaged is replaced.
	if err := os.WriteFile(filepath.Join(dir, "lib.so"), []byte("a bit less"), 0o600); err != nil {
		t.Fatal(err)
	}
	if verify(dir, files) == nil {
		t.Fatal("a damaged file passes")
	}
	if err := install(t.Context(), dir, files, pack); err != nil {
		t.Fatal(err)
	}
	if err := verify(dir, files); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, parent, "c")
}

func TestInstallAtOnce(t *testing.T) {
	pack, files := aPackage(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "c")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := install(t.Context(), dir, files, pack); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := verify(dir, files); err != nil {
		t.Error(err)
	}
	onlyFiles(t, parent, "c")
}

func TestInstallRefuses(t *testing.T) {
	pack, files := aPackage(t)
	for name, c := range map[string]struct {
		pack  string
		files []library.File
		says  string
	}{
		"a package of another hash": {hash(nil), files, "not the pinned"},
		"a file of another hash":    {pack, []library.File{{Member: files[0].Member, Name: "lib.so", SHA256: hash(nil)}}, "not the pinned"},
		"a file that is not there":  {pack, []library.File{{Member: "package/bin/none", Name: "none", SHA256: hash(nil)}}, "package/bin/none"},
	} {
		parent := t.TempDir()
		err := install(t.Context(), filepath.Join(parent, "c"), c.files, c.pack)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		onlyFiles(t, parent)
	}
}

func TestWithoutNpm(t *testing.T) {
	t.Setenv(library.EnvPackage, "")
	t.Setenv("PATH", t.TempDir())
	_, files := []byte(nil), library.Files("linux", "amd64")
	parent := t.TempDir()
	err := install(t.Context(), filepath.Join(parent, "c"), files, library.PackageSHA256)
	if err == nil {
		t.Fatal("installs out of nothing")
	}
	for _, word := range []string{"npm", "apt-get install npm", library.EnvLibrary, library.EnvPackage} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %s", err, word)
		}
	}
	onlyFiles(t, parent)
}

func TestOpenVINO(t *testing.T) {
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		if err := openVINO(t.Context()); err == nil || !strings.Contains(err.Error(), library.EnvLibrary) {
			t.Errorf("a system that it is not pinned for: %v", err)
		}
		return
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	if err := openVINO(t.Context()); err == nil || !strings.Contains(err.Error(), "apt-get install python3-pip") {
		t.Errorf("without Python: %v", err)
	}
	if _, err := library.OpenVINOLibrary(); err == nil || !strings.Contains(err.Error(), "make openvino") {
		t.Errorf("a library that is not there: %v", err)
	}
	// What is there is not fetched again.
	dir, err := library.OpenVINODir()
	if err != nil {
		t.Fatal(err)
	}
	lib := filepath.Join(dir, "onnxruntime", "capi", "libonnxruntime.so."+library.OpenVINOVersion)
	if err := os.MkdirAll(filepath.Dir(lib), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lib, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openVINO(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNamedLibrary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.so")
	t.Setenv(library.EnvLibrary, path)
	if err := runtimeLibrary(t.Context(), "linux/amd64"); err == nil || !strings.Contains(err.Error(), library.EnvLibrary) {
		t.Error("a named library that is not there:", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := runtimeLibrary(t.Context(), "linux/amd64"); err != nil {
		t.Error(err)
	}
}

func TestUnknownPlatform(t *testing.T) {
	t.Setenv(library.EnvLibrary, "")
	for _, p := range []string{"plan9/amd64", "darwin/amd64", "linux", ""} {
		if err := runtimeLibrary(t.Context(), p); err == nil || !strings.Contains(err.Error(), library.EnvLibrary) {
			t.Errorf("%q: %v", p, err)
		}
	}
}

// The set-up and what it needs build without a C compiler, for each other system.
func TestBuildsEverywhereWithoutCgo(t *testing.T) {
	for _, p := range []string{"darwin/arm64", "windows/amd64"} {
		goos, goarch, _ := strings.Cut(p, "/")
		if library.Files(goos, goarch) == nil {
			t.Errorf("%s has no library", p)
		}
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(t.TempDir(), "setup"), ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", p, err, out)
		}
	}
}

func TestMissingSystemPackages(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Debian and its kin have dpkg-query")
	}
	// A dpkg-query that has heard of gcc, and has half removed pkg-config.
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'ii  gcc'\necho 'rc  pkg-config'\nexit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "dpkg-query"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	missing := notInstalled(t.Context(), filepath.Join(dir, "dpkg-query"), []string{"gcc", "pkg-config", "libgl-dev"})
	if strings.Join(missing, " ") != "pkg-config libgl-dev" {
		t.Error(missing)
	}
	if len(buildPackages()) == 0 || len(testPackages()) == 0 {
		t.Error("no packages are wanted")
	}
	if os.Geteuid() == 0 {
		return // root would install them
	}
	t.Setenv("PATH", dir)
	if err := systemPackages(t.Context(), false); err == nil || !strings.Contains(err.Error(), "sudo apt-get install -y") {
		t.Error("whoever is not root is not told what to type:", err)
	}
}
