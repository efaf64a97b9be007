package weights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlainJSONLeavesTextsAlone(t *testing.T) {
	in := `{"a": -Infinity, "b": [NaN, Infinity, -1], "c": "NaN and \"-Infinity\"", "d\\": 1}`
	want := `{"a": null, "b": [null, null, -1], "c": "NaN and \"-Infinity\"", "d\\": 1}`
	if got := string(PlainJSON([]byte(in))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// DPM++ and UniPC as diffusers saves them.
func TestAPublishedSchedulerHoldsInfinity(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(dir, os.DirFS("../starter/model")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "scheduler", "scheduler_config.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), "{", `{"lambda_min_clipped": -Infinity,`, 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	if !strings.Contains(string(m.Scheduler.JSON), `"lambda_min_clipped": null`) {
		t.Errorf("the scheduler is %s", m.Scheduler.JSON)
	}
}
