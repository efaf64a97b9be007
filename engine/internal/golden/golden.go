// Package golden reads conformance vectors and compares results with them.
//
// A directory of vectors holds manifest.json, tiny models, LoRAs, and for each
// case a safetensors file of inputs and one of expected tensors. The packages
// of the engine share this reader: each runs the kinds that it owns,
//
//	func TestGolden(t *testing.T) {
//		golden.Run(t, golden.Graph, func(t *testing.T, s *golden.Suite, c golden.Case) (golden.Tensors, []string) {
//			in := s.Inputs(t, c)
//			… compute …
//			return got, order // order of computation, so that the first departing tap is named
//		})
//	}
//
// and TestGolden of this package makes sure that every kind of the manifest
// has an owner. SELVAGE_GOLDEN names the directory; without it the small copy
// in engine/testdata/golden is used.
package golden

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// Env is the environment variable that names a directory of vectors.
const Env = "SELVAGE_GOLDEN"

// Owner is the package that runs a kind of case.
type Owner string

// The owners. NotRun marks kinds that are for a trainer and are listed, but
// not run.
const (
	Graph     Owner = "engine/graph"
	Prompt    Owner = "engine/prompt"
	Diffusion Owner = "engine/diffusion"
	NotRun    Owner = "not run"
)

// OwnerOf says which package runs a kind; ok is false for kinds that nobody
// knows.
func OwnerOf(kind string) (o Owner, ok bool) {
	switch kind {
	case "text_encode", "lora_text_encode", "unet", "unet_batch2", "lora_unet",
		"vae_encode", "vae_decode", "tiny_encode", "tiny_decode", "upscale", "controlnet",
		"seamless_unet", "seamless_vae_decode", "seamless_vae_encode",
		"seamless_tiny_encode", "seamless_tiny_decode", "seamless_upscale", "seamless_controlnet":
		return Graph, true
	case "tokenize":
		return Prompt, true
	case "scheduler", "torch_randn", "txt2img", "lora_txt2img", "controlnet_txt2img",
		"img2img", "inpaint", "seamless_pipeline":
		return Diffusion, true
	case "grad", "adamw":
		return NotRun, true
	}
	return "", false
}

// Model is one entry of the manifest's models. Path and Config are relative to
// the suite's directory; Config names, for a single-file model, the folder that
// holds what the file does not (sizes, tokenizer, scheduler).
type Model struct {
	Path   string `json:"path"`
	Layout string `json:"layout"` // diffusers, ldm or realesrgan
	Family string `json:"family"` // sd1, sd2, sdxl, taesd, controlnet, rrdb
	Config string `json:"config"`
	Notes  string `json:"notes"`
}

// LoRA is a low-rank file of Params with its scale.
type LoRA struct {
	File  string  `json:"file"`
	Scale float64 `json:"scale"`
}

// Repeat is the lattice of a seamless case.
type Repeat struct {
	Kind string `json:"kind"`
	Drop []int  `json:"drop"`
}

// Case is one entry of the manifest's cases. Params is decoded by whoever runs
// the kind, with Case.Decode.
type Case struct {
	Name      string          `json:"name"`
	Kind      string          `json:"kind"`
	Model     string          `json:"model"`
	Inputs    string          `json:"inputs"`
	Expected  string          `json:"expected"`
	Params    json.RawMessage `json:"params"`
	RTol      float64         `json:"rtol"`
	ATol      float64         `json:"atol"`
	ATolUnit  string          `json:"atol_unit"`
	FP32vs64  float64         `json:"fp32_vs_fp64"`
	tolFactor float64
}

// Decode reads the parameters into a struct with json tags.
func (c Case) Decode(v any) error {
	if len(c.Params) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.Params, v); err != nil {
		return fmt.Errorf("golden: params of %s: %w", c.Name, err)
	}
	return nil
}

// Suite is a directory of vectors.
type Suite struct {
	Dir    string
	Models map[string]Model `json:"models"`
	Cases  []Case           `json:"cases"`
}

// Open reads the manifest of a directory.
func Open(dir string) (*Suite, error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	s := &Suite{Dir: dir}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("golden: %s: %w", filepath.Join(dir, "manifest.json"), err)
	}
	seen := make(map[string]bool, len(s.Cases))
	for i := range s.Cases {
		c := s.Cases[i]
		if c.Name == "" || seen[c.Name] {
			return nil, fmt.Errorf("golden: case %d has the name %q, which is empty or taken", i, c.Name)
		}
		seen[c.Name] = true
		if _, ok := s.Models[c.Model]; c.Model != "" && !ok {
			return nil, fmt.Errorf("golden: case %s names the model %q, which the manifest does not have", c.Name, c.Model)
		}
		if c.ATolUnit != "absolute" && c.ATolUnit != "tensor_max" {
			return nil, fmt.Errorf("golden: case %s has atol_unit %q; known are absolute and tensor_max", c.Name, c.ATolUnit)
		}
	}
	return s, nil
}

// Directory is where the vectors are: what SELVAGE_GOLDEN names, or
// testdata/golden in the nearest folder above that has it.
func Directory() (string, error) {
	if dir := os.Getenv(Env); dir != "" {
		return dir, nil
	}
	at, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("golden: %w", err)
	}
	for {
		dir := filepath.Join(at, "testdata", "golden")
		if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("golden: %w", err)
		}
		up := filepath.Dir(at)
		if up == at {
			return "", fmt.Errorf("golden: no testdata/golden above the working directory; set %s", Env)
		}
		at = up
	}
}

// Find opens the suite that Directory names; the test fails where there is
// none.
func Find(t testing.TB) *Suite {
	t.Helper()
	dir, err := Directory()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Path joins a path of the manifest to the directory.
func (s *Suite) Path(rel string) string { return filepath.Join(s.Dir, filepath.FromSlash(rel)) }

// Inputs reads the input tensors of a case; none where it has no file.
func (s *Suite) Inputs(t testing.TB, c Case) Tensors {
	t.Helper()
	if c.Inputs == "" {
		return Tensors{}
	}
	in, err := Read(s.Path(c.Inputs))
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return in
}

// Expected reads the expected tensors of a case.
func (s *Suite) Expected(t testing.TB, c Case) Tensors {
	t.Helper()
	want, err := Read(s.Path(c.Expected))
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return want
}

// Taps lists the names of the expected tensors that are intermediate values,
// sorted.
func (ts Tensors) Taps() []string {
	var names []string
	for n := range ts {
		if strings.HasPrefix(n, "tap/") {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names
}

// Run runs every case of the owner's kinds as a subtest. compute returns the
// tensors that it got and, in the order of computation, their names: the first
// of them that departs is named in the failure. Tensors beyond the expected
// ones are ignored.
func Run(t *testing.T, owner Owner, compute func(t *testing.T, s *Suite, c Case) (got Tensors, order []string)) {
	RunScaled(t, owner, 1, compute)
}

// RunScaled is Run with the tolerances multiplied, for a precision that states its own.
func RunScaled(t *testing.T, owner Owner, factor float64, compute func(t *testing.T, s *Suite, c Case) (got Tensors, order []string)) {
	s := Find(t)
	ran := 0
	for _, c := range s.Cases {
		if o, ok := OwnerOf(c.Kind); !ok || o != owner {
			continue
		}
		ran++
		t.Run(c.Kind+"/"+c.Name, func(t *testing.T) {
			got, order := compute(t, s, c)
			if t.Failed() || t.Skipped() {
				return
			}
			if err := c.Scaled(factor).Compare(s.Expected(t, c), got, order); err != nil {
				t.Error(err)
			}
		})
	}
	if ran == 0 {
		t.Errorf("no case of %s in %s", owner, s.Dir)
	}
}
