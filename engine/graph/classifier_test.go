package graph_test

import (
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/graph"
)

// TestClassifiersThatCannotBeBuilt: each fault is named by its field.
func TestClassifiersThatCannotBeBuilt(t *testing.T) {
	for field, spoil := range map[string]func(*graph.ClassifierConfig){
		"layers":  func(c *graph.ClassifierConfig) { c.Layers = nil },
		"names":   func(c *graph.ClassifierConfig) { c.Layers[1] = [3]int{8, 3, 4} },
		"seen":    func(c *graph.ClassifierConfig) { c.Seen = []int{2, 1} },
		"of 3":    func(c *graph.ClassifierConfig) { c.Seen = []int{3} },
		"hidden":  func(c *graph.ClassifierConfig) { c.Hidden = 0 },
		"answers": func(c *graph.ClassifierConfig) { c.Answers = nil },
		"layout":  func(c *graph.ClassifierConfig) { c.Answers["layout"] = nil },
	} {
		c := smallClassifier()
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := smallClassifier().Validate(); err != nil {
		t.Error(err)
	}
}
