//go:build linux

package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/selvage-studio/selvage/ledger/blob"
)

const writerEnv = "SELVAGE_TEST_BLOB_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		write(dir)
		return
	}
	os.Exit(m.Run())
}

// write puts contents for ever and prints the hash of each when it is acknowledged.
func write(dir string) {
	s := blob.Open(dir)
	r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	for {
		content := make([]byte, r.IntN(400_000))
		for j := range content {
			content[j] = byte(r.Uint32())
		}
		h, err := s.PutBytes(context.Background(), content)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(h)
	}
}

// A writer is killed at random moments, 20 times over in one store. What it
// acknowledged is there, and nothing of what it did not is there in part.
func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged []blob.Hash
	growing := 0
	for range 20 {
		c := exec.CommandContext(t.Context(), self)
		c.Env = append(os.Environ(), writerEnv+"="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for left := 1 + rand.IntN(6); lines.Scan(); left-- {
			h, err := blob.Parse(lines.Text())
			if err != nil {
				t.Fatalf("the writer says %s", lines.Text())
			}
			acknowledged = append(acknowledged, h)
			if left == 0 {
				// The rest of the pipe counts as well.
				if err := c.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Wait(); err == nil {
			t.Fatal("the writer was not killed")
		}
		left, err := os.ReadDir(filepath.Join(dir, "new"))
		if err != nil {
			t.Fatal(err)
		}
		growing = len(left) // of all rounds: nobody sweeps
	}
	s := blob.Open(dir)
	for _, h := range acknowledged {
		if _, err := s.Get(t.Context(), h, limit); err != nil {
			t.Errorf("it was acknowledged: %v", err)
		}
	}
	checked, err := s.Check(t.Context())
	if err != nil || len(checked.Damaged) > 0 {
		t.Errorf("checked: %+v, %v", checked, err)
	}
	t.Logf("%d were acknowledged, %d are there, %d grew while their writer was killed", len(acknowledged), checked.Intact, growing)
	live := map[blob.Hash]bool{}
	for _, h := range acknowledged {
		live[h] = true
	}
	if _, err := s.Collect(t.Context(), live); err != nil {
		t.Error(err)
	}
	for _, f := range files(t, dir) {
		if h, err := blob.Parse("sha256:" + filepath.Base(f)); err != nil || !live[h] {
			t.Errorf("%s is left of what was not acknowledged", f)
		}
	}
}

func TestAFullDiskIsSaidAndNothingIsLeft(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("a small disk can only be mounted by root: ", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	s := blob.Open(filepath.Join(dir, "blobs"))
	kept := put(t, s, "kept")
	_, err := s.Put(t.Context(), bytes.NewReader(make([]byte, 1<<20)))
	var write *blob.WriteError
	if !errors.As(err, &write) || !write.Full() || !strings.Contains(err.Error(), "no space") {
		t.Errorf("a full disk: %v", err)
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("there are %q", got)
	}
	if _, err := s.Get(t.Context(), kept, limit); err != nil {
		t.Error(err)
	}
	// What fits still fits.
	put(t, s, strings.Repeat("x", 100_000))
}
