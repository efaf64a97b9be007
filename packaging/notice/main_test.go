package main

import (
	"os"
	"strings"
	"testing"
)

func TestNoticeNamesEveryModule(t *testing.T) {
	t.Chdir("../..")
	if err := run(t.Context(), "NOTICE", true); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fyne.io/fyne/v2", "onnxruntime_go", "OpenAI", "Microsoft"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("NOTICE does not name %s", want)
		}
	}
}
