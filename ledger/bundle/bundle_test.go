package bundle_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/bundle"
)

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	if err := errors.Join(os.MkdirAll(filepath.Join(from, "sha256", "ab"), 0o777), os.WriteFile(filepath.Join(from, "sha256", "ab", "abc"), []byte("content"), 0o600)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "one.zip")
	write := func(to string) {
		t.Helper()
		w, err := bundle.Create(to)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(w.Add(t.Context(), "library.json", strings.NewReader("{}")), w.AddFolder(t.Context(), "blobs", from), w.AddFolder(t.Context(), "none", filepath.Join(dir, "none")))
		if err = errors.Join(err, w.Commit(), w.Discard()); err != nil {
			t.Fatal(err)
		}
	}
	write(path)
	write(filepath.Join(dir, "two.zip"))
	one, err := os.ReadFile(path)
	two, err2 := os.ReadFile(filepath.Join(dir, "two.zip"))
	if err != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("the same contents make two archives: %v, %v", err, err2)
	}
	if _, err := bundle.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a bundle takes another's place: %v", err)
	}
	if !bundle.Is(path) || bundle.Is(filepath.Join(from, "sha256", "ab", "abc")) || bundle.Is(dir) {
		t.Error("bundles are not told from other files")
	}
	to := filepath.Join(dir, "to")
	names, err := bundle.Unpack(t.Context(), path, to)
	if err != nil || !slices.Equal(names, []string{"library.json", "blobs/sha256/ab/abc"}) {
		t.Fatalf("%v, %v", names, err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "blobs", "sha256", "ab", "abc")); err != nil || string(text) != "content" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWhatIsGivenUpLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "one.zip")
	w, err := bundle.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := w.Add(ctx, "a", strings.NewReader("b")); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on: %v", err)
	}
	if err := w.Discard(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// An archive is what a stranger made.
func TestHostileArchives(t *testing.T) {
	type entry struct {
		zip.FileHeader
		text string
	}
	pack := func(entries ...entry) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, e := range entries {
			w, err := z.CreateHeader(&e.FileHeader)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	named := func(names ...string) []byte {
		var all []entry
		for _, n := range names {
			all = append(all, entry{zip.FileHeader{Name: n}, "x"})
		}
		return pack(all...)
	}
	link := zip.FileHeader{Name: "link"}
	link.SetMode(fs.ModeSymlink | 0o777)
	good := pack(entry{zip.FileHeader{Name: "a"}, "a content that is flipped"})
	flipped := bytes.Replace(good, []byte("flipped"), []byte("flopped"), 1)
	for name, archive := range map[string][]byte{
		"no archive": []byte("PK\x03\x04 and more"), "cut short": good[:len(good)-30], "flipped": flipped, "a link": pack(entry{link, "/etc/passwd"}),
		"upwards": named("../a"), "absolute": named("/a"), "a drive": named("C:/a"), "backslashes": named("a\\..\\b"), "twice": named("a", "A"), "a dot": named("a/./b"),
		"a bomb": pack(entry{zip.FileHeader{Name: "a", Method: zip.Deflate}, strings.Repeat("\x00", 100<<20)}),
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.zip")
		if err := os.WriteFile(path, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		var wrong *bundle.Error
		if names, err := bundle.Unpack(t.Context(), path, filepath.Join(dir, "in")); !errors.As(err, &wrong) {
			t.Errorf("%s: %v, %v", name, names, err)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) > 2 {
			t.Errorf("%s: it wrote %v, %v", name, all, err)
		}
	}
}
