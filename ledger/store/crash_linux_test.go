//go:build linux

package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

const writerEnv = "SELVAGE_TEST_LEDGER_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		write(dir)
	}
	os.Exit(m.Run())
}

// write appends for ever, by several callers at once, and prints each batch when it is acknowledged: the hashes
// of its entries on one line. The line of what is about to be appended goes before it.
func write(dir string) {
	var out sync.Mutex
	say := func(word string, entries ...archive.Entry) {
		out.Lock()
		defer out.Unlock()
		line := word
		for _, e := range entries {
			line += " " + e.Hash.String()
		}
		fmt.Println(line)
	}
	die := func(err error) {
		say("error " + err.Error())
		os.Exit(1)
	}
	s, err := Open(context.Background(), Options{Dir: dir, Library: library})
	if err != nil {
		die(err)
	}
	l, err := s.Begin(context.Background(), owner("desk"))
	if err != nil {
		die(err)
	}
	for c := range 3 {
		go func() {
			for n := 0; ; n++ {
				drafts := make([]record.Draft, 1+rand.IntN(20))
				for i := range drafts {
					// Two entries of one batch say which batch they are of.
					drafts[i] = edit(fmt.Sprintf("batch %d of %d", n, os.Getpid()*10+c), i)
				}
				name, err := record.SealText(strings.Repeat("name ", rand.IntN(500)))
				if err != nil {
					die(err)
				}
				drafts[0].Body = &record.Note{Text: name, About: fmt.Sprint(len(drafts))}
				entries, _, err := l.Append(context.Background(), drafts...)
				if err != nil {
					die(err)
				}
				say("acknowledged", entries...)
			}
		}()
	}
	select {}
}

// whole says whether every batch of a library is there whole: its first entry says how many it has.
func whole(entries []archive.Entry) error {
	batches := map[string]int{}
	size := map[string]int{}
	for _, e := range entries[1:] {
		batch := e.Subjects[0]
		batches[batch]++
		if body, err := e.Decode(); err == nil {
			if n, ok := body.(*record.Note); ok {
				var want int
				if _, err := fmt.Sscan(n.About, &want); err != nil {
					return err
				}
				size[batch] = want
			}
		}
	}
	for batch, n := range batches {
		if size[batch] != n {
			return fmt.Errorf("%s has %d of %d entries", batch, n, size[batch])
		}
	}
	return nil
}

func killed(t *testing.T, rounds int) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[blob.Hash]bool{}
	for range rounds {
		c := exec.CommandContext(t.Context(), self)
		c.Env = append(os.Environ(), writerEnv+"="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for left := rand.IntN(12); ; left-- {
			line, err := lines.ReadString('\n')
			if errors.Is(err, io.EOF) {
				break // what the dead process was writing is no acknowledgement
			}
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Fields(line)
			if words[0] != "acknowledged" {
				t.Fatal("the writer says " + line)
			}
			for _, w := range words[1:] {
				h, err := blob.Parse(w)
				if err != nil {
					t.Fatal(err)
				}
				acknowledged[h] = true
			}
			if left == 0 {
				if err := c.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Wait(); err == nil {
			t.Fatal("the writer was not killed")
		}
	}
	s := open(t, Options{Dir: dir})
	entries := verify(t, s.Archive(), "desk")
	if len(entries) != 1 {
		t.Fatalf("there are %d logs", len(entries))
	}
	l := begin(t, s, "desk")
	there := entries[l.ID()]
	for _, e := range there {
		delete(acknowledged, e.Hash)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d entries that were acknowledged are lost", len(acknowledged))
	}
	if err := whole(there); err != nil {
		t.Error(err)
	}
	appendTo(t, l, edit("p", 0))
	t.Logf("%d rounds, %d entries", rounds, len(there))
}

func TestKilledAtAnyMoment(t *testing.T) { killed(t, 20) }

func TestSoakKilledAtAnyMoment(t *testing.T) {
	if os.Getenv("SELVAGE_SOAK") == "" {
		t.Skip("SELVAGE_SOAK is not set")
	}
	killed(t, 500)
}

// The power goes: of what was not synced any part may be missing, or written half. SQLite's write-ahead log is the only file
// that an acknowledgement waits for, so that it is cut, torn and blanked here at every frame and at many
// bytes between. What was acknowledged before that place is there whole, the rest whole or not at all, and the
// library verifies and goes on.
func TestUnsyncedBytesAreLost(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	type ack struct {
		hashes []blob.Hash
		wal    int64 // bytes of the log when they were acknowledged
	}
	var acks []ack
	for i := range 12 {
		drafts := []record.Draft{edit("p", i)}
		if i%4 == 3 {
			for j := range 300 {
				drafts = append(drafts, edit("q", 1000*i+j))
			}
		}
		drafts = append(drafts, saved(t, "p", strings.Repeat("a name ", 100*(i%3)), i+1))
		entries, _ := appendTo(t, l, drafts...)
		st, err := os.Stat(s.path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		a := ack{wal: st.Size()}
		for _, e := range entries {
			a.hashes = append(a.hashes, e.Hash)
		}
		acks = append(acks, a)
	}
	lost := t.TempDir()
	copyLedger(t, dir, lost)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(lost, archive.FileName))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(lost, archive.FileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	const header = 32
	frame := 24 + int(binary.BigEndian.Uint32(wal[8:]))
	var cuts []int
	for at := header; at <= len(wal); at += frame {
		cuts = append(cuts, at)
	}
	if len(cuts) < 40 {
		t.Fatalf("the write-ahead log has only %d frames", len(cuts))
	}
	for range 60 {
		cuts = append(cuts, rand.IntN(len(wal)))
	}
	for i, at := range cuts {
		torn := slices.Clone(wal)
		switch i % 3 {
		case 0: // the file ends here
			torn = torn[:at]
		case 1: // its length reached the disk, what stands in it did not
			clear(torn[at:])
		case 2: // something else stood there, and later sectors made it
			for j := at; j < min(at+512, len(torn)); j++ {
				torn[j] ^= 0x5a
			}
		}
		work := t.TempDir()
		for name, content := range map[string][]byte{"": file, "-wal": torn} {
			if err := os.WriteFile(filepath.Join(work, archive.FileName+name), content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(t.Context(), Options{Dir: work, Library: library})
		if err != nil {
			t.Fatalf("cut %d at %d: %v", i%3, at, err)
		}
		all, err := verified(s.Archive(), "desk")
		if err != nil {
			t.Fatalf("cut %d at %d: %v", i%3, at, err)
		}
		there := map[blob.Hash]bool{}
		for _, e := range all[l.ID()] {
			there[e.Hash] = true
		}
		for n, a := range acks {
			have := 0
			for _, h := range a.hashes {
				if there[h] {
					have++
				}
			}
			if have != 0 && have != len(a.hashes) || have == 0 && a.wal <= int64(at) {
				t.Fatalf("cut %d at %d: batch %d, which ends at %d, has %d of %d entries", i%3, at, n, a.wal, have, len(a.hashes))
			}
		}
		next, err := s.Begin(t.Context(), owner("desk"))
		if err != nil {
			t.Fatalf("cut %d at %d: %v", i%3, at, err)
		}
		if _, _, err := next.Append(t.Context(), edit("p", 99)); err != nil {
			t.Fatal(err)
		}
		if _, err := verified(s.Archive(), "desk"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// tmpfs mounts a disk of that size, where root does the test.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("a small disk can only be mounted by root: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// The disk becomes full in the middle of the work: it is said, nothing of the batch is there, and when there is room again the same
// program goes on.
func TestAFullDisk(t *testing.T) {
	dir := tmpfs(t, "4m")
	s := open(t, Options{Dir: dir})
	l := begin(t, s, "desk")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	drafts := make([]record.Draft, 200)
	for i := range drafts {
		drafts[i] = edit("p", i)
	}
	batches := 0
	var full *WriteError
	for range 200 {
		_, _, err := l.Append(t.Context(), drafts...)
		if err == nil {
			batches++
			continue
		}
		if !errors.As(err, &full) || !full.Full() || !strings.Contains(err.Error(), "no space") {
			t.Fatal(err)
		}
		break
	}
	if full == nil || batches < 2 {
		t.Fatalf("%d batches, %v", batches, full)
	}
	// It stays full, and says so each time.
	if _, _, err := l.Append(t.Context(), drafts...); !errors.As(err, &full) {
		t.Errorf("%v", err)
	}
	if got := len(verify(t, s.Archive(), "desk")[l.ID()]); got != 1+200*batches {
		t.Errorf("%d entries of %d batches", got, batches)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	appendTo(t, l, edit("p", 0))
	if got := len(verify(t, s.Archive(), "desk")[l.ID()]); got != 2+200*batches {
		t.Errorf("%d entries of %d batches and one", got, batches)
	}
}

// On a disk that cannot be written the library can be read: closed properly, or left behind by a
// process that died.
func TestADiskThatCannotBeWritten(t *testing.T) {
	for name, closed := range map[string]bool{"closed": true, "left behind": false} {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			s := open(t, Options{Dir: work})
			l := begin(t, s, "desk")
			appendTo(t, l, edit("p", 0), saved(t, "p", "Scallops", 1))
			if closed {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			dir := tmpfs(t, "4m")
			copyLedger(t, work, dir)
			if err := os.Remove(filepath.Join(dir, archive.FileName+"-shm")); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Skip("a disk cannot be made read-only here: ", err)
			}
			r := open(t, Options{Dir: dir, ReadOnly: true})
			if got := len(verify(t, r.Archive(), "desk")[l.ID()]); got != 3 {
				t.Errorf("%d entries", got)
			}
			var refused *OpenError
			if _, err := Open(t.Context(), Options{Dir: dir, Library: library}); !errors.As(err, &refused) {
				t.Errorf("it is opened for writing: %v", err)
			}
		})
	}
}
