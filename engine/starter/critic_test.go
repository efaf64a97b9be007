package starter_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/draw/corpus"
	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

func processor(t testing.TB) *gpu.Queue {
	t.Helper()
	rt, err := gpu.Open(gpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	q, err := rt.Queue(t.Context(), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func critic(t testing.TB) *starter.Critic {
	t.Helper()
	c, err := starter.OpenCritic(processor(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheCriticSaysWhatPyTorchsSays: on the lattice of each vector, of its picture.
func TestTheCriticSaysWhatPyTorchsSays(t *testing.T) {
	var set struct {
		Cases []vector `json:"cases"`
	}
	var config graph.ClassifierConfig
	for path, into := range map[string]any{"testdata/diffusers/cases.json": &set, "model/critic/config.json": &config} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	file, err := weights.OpenFile("model/critic/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	tensors, err := weights.NewSet(file.Tensors()...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := diffusion.NewClassifier(config, tensors, processor(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range set.Cases {
		kind, drop, _ := strings.Cut(v.Repeat, " ")
		repeat, err := pattern.ParseRepeat(kind, drop)
		if err != nil {
			t.Fatal(err)
		}
		planes := pattern.PlanesOf(picture(t, filepath.Join("testdata/diffusers", v.Name+".png")))
		found, err := c.Classify(t.Context(), &planes, repeat)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Critic) != len(config.Answers) {
			t.Fatalf("%s: the vector answers %d questions of %d", v.Name, len(v.Critic), len(config.Answers))
		}
		for question, want := range v.Critic {
			for i, have := range found[question] {
				if math.Abs(have-want[i]) > 1e-3*(1+math.Abs(want[i])) {
					t.Errorf("%s: %s: %s has log probability %.5f, PyTorch says %.5f", v.Name, question, config.Answers[question][i], have, want[i])
				}
			}
		}
	}
}

// TestTheCriticKnowsDrawings: groups that the rules draw of other seeds are called what
// they are, and not what another drawing is.
func TestTheCriticKnowsDrawings(t *testing.T) {
	c := critic(t)
	l, _ := lineage(t)
	const n, size = 120, 128
	var stream bytes.Buffer
	_, err := corpus.Stream(t.Context(), &stream, corpus.Options{
		From: 1 << 50, N: n, Size: size, Families: l.Data.Chosen, Figures: l.Data.Figures, Group: l.Data.Group,
	})
	if err != nil {
		t.Fatal(err)
	}
	stream.Next(24)
	text := func() []byte { return stream.Next(int(binary.LittleEndian.Uint16(stream.Next(2)))) }
	right, wrong, asked, before := 0, 0, 0, ""
	for range n {
		text()
		var labels corpus.Labels
		if err := json.Unmarshal(text(), &labels); err != nil {
			t.Fatal(err)
		}
		pixels := stream.Next(3 * size * size)
		if labels.Style != draw.Clean || labels.Outline == draw.Line || labels.Family == before {
			continue
		}
		planes := pattern.Planes{Width: size, Height: size, Data: make([]float32, len(pixels))}
		for i, v := range pixels {
			planes.Data[i%3*size*size+i/3] = float32(v) / 255
		}
		for _, family := range []string{labels.Family, before} {
			o, err := c.Look(t.Context(), &planes, starter.Group{Size: pattern.Size{Width: size, Height: size}, Times: 1}, pattern.Repeat{}, starter.Asked{Family: family}, 0)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case o.Family < starter.Doubt || family == "":
			case family == labels.Family:
				right++
			default:
				wrong++
			}
		}
		asked, before = asked+1, labels.Family
	}
	t.Logf("of %d drawings %d are called what they are, %d what they are not", asked, right, wrong)
	if asked < n/3 || 100*right < 70*asked || 100*wrong > 8*asked {
		t.Errorf("of %d drawings %d are called what they are, %d what they are not", asked, right, wrong)
	}
}

// TestWhatTheCriticLooksFor: what the prompt says, as far as the critic has a name for it.
func TestWhatTheCriticLooksFor(t *testing.T) {
	c := critic(t)
	for _, test := range []struct {
		prompt string
		most   int
		want   starter.Asked
	}{
		{"small tulips, half-drop, two colours", 0, starter.Asked{Family: "tulips", Layout: "half-drop", Positions: 2}},
		{"small tulips, half-drop, five colours", 3, starter.Asked{Family: "tulips", Layout: "half-drop", Positions: 3}},
		{"stars", 3, starter.Asked{Family: "stars"}},
		{"paisleys, three colours", 0, starter.Asked{Positions: 3}}, // the model never saw any
		{"something nice", 0, starter.Asked{}},
		{"tulips, grid and half-drop", 0, starter.Asked{}},
	} {
		if have := c.Asked(color.FindWords(test.prompt).Rest, test.most); have != test.want {
			t.Errorf("%s, at most %d: %+v, want %+v", test.prompt, test.most, have, test.want)
		}
	}
}

// TestOpinions: what was asked for and is not there costs, and what was not asked for
// costs nothing.
func TestOpinions(t *testing.T) {
	sure := starter.Opinion{Family: 0.9, Layout: 1}
	for worse, o := range map[string]starter.Opinion{
		"another family": {Family: 0.1, Layout: 1}, "another layout": {Family: 0.9, Layout: 0.2}, "a position less": {Family: 0.9, Layout: 1, Missing: 1},
		"an edge that shows": {Family: 0.9, Layout: 1, Open: true},
	} {
		if o.Sure() || o.Score() >= sure.Score() {
			t.Errorf("%s: sure %v, score %v beside %v", worse, o.Sure(), o.Score(), sure.Score())
		}
	}
	if !sure.Sure() {
		t.Error("it is not sure of what is certain")
	}
}

// TestTriesHaveSeedsOfTheirOwn: the first is the seed, and those of seeds nearby do not meet.
func TestTriesHaveSeedsOfTheirOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		if starter.TrySeed(seed, 0) != seed {
			t.Fatal("the first try has another seed than was asked for")
		}
		seen := map[uint64]bool{}
		for s := range uint64(16) {
			for n := range starter.Tries {
				if k := starter.TrySeed(seed+s, n); seen[k] {
					t.Fatalf("try %d of seed %d has the seed of another", n, seed+s)
				} else {
					seen[k] = true
				}
			}
		}
	})
}
