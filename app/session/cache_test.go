package session

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/engine/edit"
)

func TestSnapshotsThatWereUsedLastStay(t *testing.T) {
	c := snapshots{filepath.Join(t.TempDir(), "states")}
	data := bytes.Repeat([]byte("x"), 1000)
	var keys []edit.Hash
	old := time.Now().Add(-24 * time.Hour)
	for i := range 5 {
		k := edit.HashOf([]byte{byte(i)})
		keys = append(keys, k)
		if err := c.Keep(t.Context(), k, data); err != nil {
			t.Fatal(err)
		}
		at := old.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(c.path(k), at, at); err != nil {
			t.Fatal(err)
		}
	}
	dead := filepath.Join(c.dir, ".part-1")
	if err := os.WriteFile(dead, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(dead, old, old); err != nil {
		t.Fatal(err)
	}
	// The oldest is used again.
	if got, err := c.Load(t.Context(), keys[0]); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	c.tidy(2500)
	for i, want := range []bool{true, false, false, false, true} {
		if has, err := c.Has(t.Context(), keys[i]); err != nil || has != want {
			t.Errorf("snapshot %d is there: %v, want %v (%v)", i, has, want, err)
		}
	}
	if _, err := os.Stat(dead); err == nil {
		t.Error("what died while it was written is still there")
	}
	if got, err := c.Load(t.Context(), keys[1]); got != nil || err != nil {
		t.Errorf("one that is gone: %d bytes, %v", len(got), err)
	}
}
