package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/blob"
)

const limit = 1 << 20

func put(t testing.TB, s *blob.Store, content string) blob.Hash {
	t.Helper()
	h, err := s.PutBytes(t.Context(), []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// files lists every file of a store but the blobs' own folder names.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatIsPutIsGot(t *testing.T) {
	s := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	rapid.Check(t, func(r *rapid.T) {
		content := rapid.SliceOf(rapid.Byte()).Draw(r, "content")
		h, err := s.Put(context.Background(), bytes.NewReader(content))
		if err != nil {
			r.Fatal(err)
		}
		again, err := s.PutBytes(context.Background(), content)
		if err != nil || again != h || h != blob.Of(content) {
			r.Fatalf("put twice: %v and %v, %v", h, again, err)
		}
		got, err := s.Get(context.Background(), h, int64(len(content)))
		if err != nil || !bytes.Equal(got, content) {
			r.Fatalf("got %d bytes for %d, %v", len(got), len(content), err)
		}
		if !s.Has(h) {
			r.Fatal("it is got, but not there")
		}
	})
}

// The name is what sha256sum prints: nothing but a shell is needed to check it.
func TestAFileIsCalledByItsHash(t *testing.T) {
	dir := t.TempDir()
	s := blob.Open(dir)
	h := put(t, s, "abc")
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-4, one-block message sample
	if h.String() != "sha256:"+abc {
		t.Errorf("the hash of abc is %v", h)
	}
	want := filepath.Join(dir, "sha256", "ba", abc)
	if got := files(t, dir); !slices.Equal(got, []string{want}) || s.Path(h) != want {
		t.Errorf("there are %q", got)
	}
	st, err := os.Stat(want)
	if err != nil || st.Mode().Perm()&0o222 != 0 {
		t.Errorf("the file can be written over: %v, %v", st.Mode(), err)
	}
}

func TestDamageIsFoundAndMended(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"a changed bit": func(p string) error { return os.WriteFile(p, []byte("Rosebud"), 0o600) },
		"cut short":     func(p string) error { return os.WriteFile(p, []byte("rose"), 0o600) },
		"longer":        func(p string) error { return os.WriteFile(p, []byte("rosebuds"), 0o600) },
		"empty":         func(p string) error { return os.WriteFile(p, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			s := blob.Open(t.TempDir())
			h := put(t, s, "rosebud")
			path := s.Path(h)
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			var damaged *blob.DamagedError
			if got, err := s.Get(t.Context(), h, limit); !errors.As(err, &damaged) || damaged.Path != path || got != nil {
				t.Errorf("got %q, %v", got, err)
			}
			checked, err := s.Check(t.Context())
			if err != nil || len(checked.Damaged) != 1 || checked.Intact != 0 {
				t.Errorf("checked: %+v, %v", checked, err)
			}
			put(t, s, "rosebud")
			if got, err := s.Get(t.Context(), h, limit); err != nil || string(got) != "rosebud" {
				t.Errorf("after it was put again: %q, %v", got, err)
			}
		})
	}
}

func TestWhatIsNotABlob(t *testing.T) {
	dir := t.TempDir()
	s := blob.Open(dir)
	var none *blob.NotFoundError
	absent := blob.Of([]byte("absent"))
	if _, err := s.Get(t.Context(), absent, limit); !errors.As(err, &none) || none.Hash != absent {
		t.Errorf("what was never put: %v", err)
	}
	h := put(t, s, "rosebud")
	var large *blob.TooLargeError
	if _, err := s.Get(t.Context(), h, 6); !errors.As(err, &large) || large.Size != 7 {
		t.Errorf("7 bytes where 6 are allowed: %v", err)
	}
	// A folder, and a link out of the library, in the place of a content.
	var damaged *blob.DamagedError
	if err := os.MkdirAll(s.Path(absent), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), absent, limit); !errors.As(err, &damaged) {
		t.Errorf("a folder: %v", err)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("linked"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked := blob.Of([]byte("linked"))
	if err := os.MkdirAll(filepath.Dir(s.Path(linked)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, s.Path(linked)); err != nil {
		t.Skip(err)
	}
	if _, err := s.Get(t.Context(), linked, limit); !errors.As(err, &damaged) {
		t.Errorf("a link: %v", err)
	}
}

// failing gives some bytes and then an error.
type failing struct{ err error }

func (f *failing) Read(b []byte) (int, error) { return copy(b, "half"), f.err }

func TestNothingIsLeftOfWhatFailed(t *testing.T) {
	dir := t.TempDir()
	s := blob.Open(dir)
	broken := errors.New("the card was pulled out")
	_, err := s.Put(t.Context(), &failing{broken})
	var write *blob.WriteError
	if !errors.Is(err, broken) || errors.As(err, &write) {
		t.Errorf("a source that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Put(ctx, io.MultiReader(strings.NewReader("half"), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, nil
	}), strings.NewReader("rest")))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestCollection(t *testing.T) {
	dir := t.TempDir()
	first := blob.Open(dir)
	used, unused, again := put(t, first, "used"), put(t, first, "unused"), put(t, first, "again")
	// What a dead writer left, and a file of somebody else.
	dead, foreign := filepath.Join(dir, "new", "dead"), filepath.Join(dir, "sha256", "notes.txt")
	for _, p := range []string{dead, foreign} {
		if err := os.WriteFile(p, []byte("12345"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The next session puts one of them once more, and its record is on the way.
	s := blob.Open(dir)
	put(t, s, "again")
	young := put(t, s, "young")
	lost := blob.Of([]byte("lost"))
	reader, err := s.Reader(unused)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Collect(t.Context(), map[blob.Hash]bool{used: true, lost: true})
	if err != nil {
		t.Fatal(err)
	}
	if c.Kept != 3 || c.Removed != 1 || c.Left != 0 || c.Freed != int64(len("unused")+5) ||
		!slices.Equal(c.Missing, []blob.Hash{lost}) || !slices.Equal(c.Foreign, []string{foreign}) {
		t.Errorf("collected %+v", c)
	}
	for h, want := range map[blob.Hash]bool{used: true, unused: false, again: true, young: true} {
		if s.Has(h) != want {
			t.Errorf("%v is there: %v", h, !want)
		}
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Error("what a dead writer left is still there")
	}
	// Who was reading it reads on.
	if got, err := io.ReadAll(reader); err != nil || string(got) != "unused" {
		t.Errorf("an open reader: %q, %v", got, err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	// The session after it owes nothing to what was put before.
	c, err = blob.Open(dir).Collect(t.Context(), nil)
	if err != nil || c.Kept != 0 || c.Removed != 3 {
		t.Errorf("collected %+v, %v", c, err)
	}
}

// Readers of another store see every blob whole or not at all while one writer
// puts and collects.
func TestReadersBesideAWriter(t *testing.T) {
	dir := t.TempDir()
	w := blob.Open(dir)
	contents := make([][]byte, 8)
	for i := range contents {
		contents[i] = bytes.Repeat([]byte{byte(i)}, 50_000+i)
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			r := blob.Open(dir)
			for {
				for _, c := range contents {
					got, err := r.Get(context.Background(), blob.Of(c), limit)
					var none *blob.NotFoundError
					if err != nil && !errors.As(err, &none) || err == nil && !bytes.Equal(got, c) {
						t.Errorf("a reader got %d bytes, %v", len(got), err)
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 5 {
		for _, c := range contents {
			if _, err := w.PutBytes(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
		w = blob.Open(dir) // forgets what is young, as a new session does
		if c, err := w.Collect(t.Context(), nil); err != nil || c.Removed != len(contents) {
			t.Errorf("collected %+v, %v", c, err)
		}
	}
	close(done)
	group.Wait()
}

// Two writers of one process put the same content at once.
func TestTheSameContentTwiceAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := blob.Open(dir)
	content := bytes.Repeat([]byte("weft"), 30_000)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if h, err := s.PutBytes(context.Background(), content); err != nil || h != blob.Of(content) {
				t.Error(h, err)
			}
		})
	}
	group.Wait()
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("there are %q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(blob.Of(nil).String())
	f.Add("sha256:")
	f.Add("sha256:" + strings.Repeat("A", 64))
	f.Fuzz(func(t *testing.T, text string) {
		h, err := blob.Parse(text)
		var bad *blob.HashError
		if err != nil && !errors.As(err, &bad) || err == nil && h.String() != text {
			t.Errorf("%q is read as %v, %v", text, h, err)
		}
	})
}

// What a content is can be told without keeping it.
func TestAContentIsVerified(t *testing.T) {
	s := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	h := put(t, s, strings.Repeat("a long content ", 10_000))
	if err := s.Verify(t.Context(), h); err != nil {
		t.Error(err)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Verify(over, h); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it any more: %v", err)
	}
	var none *blob.NotFoundError
	if err := s.Verify(t.Context(), blob.Of(nil)); !errors.As(err, &none) {
		t.Errorf("a content that is not there: %v", err)
	}
	path := s.Path(h)
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("another"), 0o600)); err != nil {
		t.Fatal(err)
	}
	var damaged *blob.DamagedError
	if err := s.Verify(t.Context(), h); !errors.As(err, &damaged) {
		t.Errorf("a content that was swapped: %v", err)
	}
}

// What is erased is overwritten before its name goes, and what is listed is what is there.
func TestAContentIsErased(t *testing.T) {
	s := blob.Open(filepath.Join(t.TempDir(), "blobs"))
	if all, err := s.List(); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	secret, other := put(t, s, strings.Repeat("a secret ", 300_000)), put(t, s, "another")
	// Whoever holds the file by another name sees that it was overwritten.
	held := filepath.Join(t.TempDir(), "held")
	if err := os.Link(s.Path(secret), held); err != nil {
		t.Skip(err)
	}
	if err := s.Erase(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(held); err != nil || len(bytes.Trim(data, "\x00")) != 0 || len(data) != 9*300_000 {
		t.Errorf("%d bytes of it are left, %v", len(bytes.Trim(data, "\x00")), err)
	}
	if all, err := s.List(); err != nil || len(all) != 1 || all[0] != other || s.Has(secret) {
		t.Errorf("%v, %v", all, err)
	}
	var none *blob.NotFoundError
	if err := s.Erase(t.Context(), secret); !errors.As(err, &none) {
		t.Errorf("erased twice: %v", err)
	}
	if again := put(t, s, strings.Repeat("a secret ", 300_000)); !s.Has(again) {
		t.Error("it cannot be put again")
	}
}
