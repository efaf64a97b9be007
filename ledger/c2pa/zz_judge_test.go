package c2pa_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa"
)

func TestZZJudge(t *testing.T) {
	dir := os.Getenv("ZZDIR")
	if dir == "" {
		t.Skip()
	}
	out := map[string]any{}
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		x := filepath.Ext(e.Name())
		if x != ".png" && x != ".jpg" && x != ".tif" {
			continue
		}
		r := judge(t, read(t, filepath.Join(dir, e.Name())), c2pa.Trust{})
		f := r.Failures
		if f == nil {
			f = []string{}
		}
		out[e.Name()] = map[string]any{"state": r.State, "failures": f, "manifests": r.Manifests, "detail": r.Detail}
	}
	b, _ := json.Marshal(out)
	os.WriteFile(os.Getenv("ZZOUT"), b, 0o644)
}
